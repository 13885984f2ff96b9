//! Definitions from JSON, with errors that name the field by its path.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::error::Category;

use super::{Definition, DefinitionError};

/// Reads a definition without checking its ranges.
pub(super) fn definition(json: &str) -> Result<Definition, DefinitionError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let read = OfMap::<Unchecked>::deserialize(tracked).map(|read| read.0.0);
    read.and_then(|definition| deserializer.end().map(|()| definition))
        .map_err(|error| {
            let path = match track.path().to_string() {
                path if path == "." || error.classify() != Category::Data => String::new(),
                path => path,
            };
            DefinitionError::new(path, problem(&error))
        })
}

fn problem(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    match error.classify() {
        Category::Data => text.to_owned(),
        Category::Syntax | Category::Eof | Category::Io => {
            format!("this is not valid JSON: {text}, {place}")
        }
    }
}

/// A definition whose ranges nobody has checked.
pub(super) struct Unchecked(pub(super) Definition);

impl<'de> Deserialize<'de> for Unchecked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Definition::deserialize(deserializer).map(Self)
    }
}

/// What is written as a map in braces. Serde alone also takes a list of the fields' values in their
/// order, in which a value ends up in a field that nobody named.
pub(super) struct OfMap<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OfMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Braces<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Braces<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map in braces")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Braces(PhantomData)).map(Self)
    }
}

/// A map.
pub(super) fn map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    OfMap::deserialize(deserializer).map(|read| read.0)
}

/// A map or null.
pub(super) fn optional_map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let read = Option::<OfMap<T>>::deserialize(deserializer)?;
    Ok(read.map(|read| read.0))
}

/// A list of maps.
pub(super) fn maps<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let read = Vec::<OfMap<T>>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|read| read.0).collect())
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
