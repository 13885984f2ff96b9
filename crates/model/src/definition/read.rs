//! Definitions from JSON, with errors that name the field by its path.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::error::Category;

use super::{Definition, DefinitionError, SessionIds};

/// Reads a definition without checking its ranges.
pub(super) fn definition(json: &str) -> Result<Definition, DefinitionError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let read = Definition::deserialize(tracked);
    read.and_then(|definition| deserializer.end().map(|()| definition))
        .map_err(|error| {
            let path = match track.path().to_string() {
                path if path == "." || error.classify() != Category::Data => String::new(),
                path => path,
            };
            DefinitionError::new(path.clone(), problem(&path, &error))
        })
}

fn problem(path: &str, error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.classify() {
        Category::Data if path == "gameplay" => "it is not supported by this version".to_owned(),
        Category::Data => text.to_owned(),
        Category::Syntax | Category::Eof | Category::Io => {
            format!("this is not valid JSON: {text}, {place}")
        }
    }
}

/// Whole seconds.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    WholeSeconds::deserialize(deserializer).map(|seconds| seconds.0)
}

/// Whole seconds or null.
pub(super) fn optional_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Option::<WholeSeconds>::deserialize(deserializer).map(|seconds| seconds.map(|s| s.0))
}

/// A boolean; null is false.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<bool>::deserialize(deserializer).map(|flag| flag.unwrap_or(false))
}

/// What the definition of this version can say; `trust` has its own words.
pub(super) fn session_ids<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SessionIds, D::Error> {
    let word = String::deserialize(deserializer)?;
    SessionIds::parse(&word).ok_or_else(|| match word.as_str() {
        "trust" => D::Error::custom("trust is not supported by this version"),
        _ => D::Error::unknown_variant(&word, &["ignore", "prefer"]),
    })
}

struct WholeSeconds(i64);

impl<'de> Deserialize<'de> for WholeSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = WholeSeconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of seconds")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<WholeSeconds, E> {
                Ok(WholeSeconds(seconds))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<WholeSeconds, E> {
                i64::try_from(seconds)
                    .map(WholeSeconds)
                    .map_err(|_| not_whole(seconds))
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<WholeSeconds, E> {
                // Programs that know no integers write 1800.0.
                let is_whole = seconds.fract() == 0.0 && seconds.abs() < 1e15;
                is_whole
                    .then_some(WholeSeconds(seconds as i64))
                    .ok_or_else(|| not_whole(seconds))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

fn not_whole<E: Error>(number: impl fmt::Display) -> E {
    E::custom(format_args!(
        "{number} is not a whole number of seconds that can be used"
    ))
}
