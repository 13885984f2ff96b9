//! Session definitions: what a person may write down about sessions, read strictly and checked
//! (sessions, section 2).
//!
//! How sessions are found is not known here: that is the sessionizer's.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::session::words;
use crate::{StartKind, Zone};

mod condition;
mod gameplay;
mod preset;
mod read;
mod wording;

pub use condition::{Condition, Operator};
pub use gameplay::Gameplay;
pub use preset::{PRESETS, Preset, PresetKind};
pub use wording::{limit_words, range_words};

/// How one application's events are grouped into sessions.
///
/// JSON comes in through [`Definition::from_json`], or as a part of a larger document through
/// serde; both refuse what [`Definition::validate`] refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
// `remote` keeps what is derived as plain functions, so that the trait below can check the result.
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Definition {
    /// Its name inside the application, 1 to 100 characters. Session ids depend on it.
    pub name: String,
    /// Whose events form one stream.
    #[serde(default)]
    pub scope: Scope,
    /// What the source's own session ids are good for.
    #[serde(default)]
    pub session_ids: SessionIds,
    /// When a session closes by itself.
    #[serde(default, deserialize_with = "read::map")]
    pub limits: Limits,
    /// Where a pause of exactly the timeout belongs.
    #[serde(default)]
    pub gap_at_timeout: GapAtTimeout,
    /// How long after its closing a session takes late events.
    #[serde(default = "default_grace_seconds", deserialize_with = "read::seconds")]
    pub grace_seconds: i64,
    /// The first rule that matches an event gives its role.
    #[serde(default, deserialize_with = "read::maps")]
    pub roles: Vec<RoleRule>,
    /// The role of an event that no rule matches.
    #[serde(default)]
    pub default_role: Role,
    /// Which events are bets and wins, where sessions are of gameplay.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read::optional_map"
    )]
    pub gameplay: Option<Gameplay>,
}

/// When a session closes by itself. Absent is no limit; at least one of inactivity and day is
/// there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// So long without an extending event.
    #[serde(deserialize_with = "read::optional_seconds")]
    pub inactivity_seconds: Option<i64>,
    /// So long in the background, where that is shorter.
    #[serde(deserialize_with = "read::optional_seconds")]
    pub background_seconds: Option<i64>,
    /// So long after its start, whatever happens.
    #[serde(deserialize_with = "read::optional_seconds")]
    pub max_length_seconds: Option<i64>,
    /// When a new local day begins in this zone.
    pub day_in: Option<Zone>,
    /// While the app is in the foreground, inactivity does not close a session.
    #[serde(deserialize_with = "read::flag")]
    pub foreground_holds: bool,
}

/// The first rule whose event and conditions match gives an event its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// The event's exact name.
    pub event: String,
    /// All of these hold.
    #[serde(
        rename = "where",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "read::maps"
    )]
    pub conditions: Vec<Condition>,
    /// What such an event does.
    pub role: Role,
    /// The start kind of the session that such an event starts; absent, the role's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_kind: Option<StartKind>,
}

words! {
    /// Whose events form one stream.
    #[derive(Default)]
    pub enum Scope {
        /// A device's; of an event without a device, the user's.
        #[default]
        Device = "device",
        /// A user's.
        User = "user",
    }
}

words! {
    /// What the source's own session ids are good for.
    #[derive(Default)]
    pub enum SessionIds {
        /// Nothing.
        #[default]
        Ignore = "ignore",
        /// Another id than the session's also starts a new one.
        Prefer = "prefer",
        /// A stream of its own for each of them, in which only the maximum length and 24 h without
        /// activity part sessions.
        Trust = "trust",
    }
}

words! {
    /// Where a pause of exactly the timeout belongs.
    #[derive(Default)]
    pub enum GapAtTimeout {
        /// The event after it starts a new session.
        #[default]
        New = "new",
        /// It stays in the session: inactivity, background and maximum length are 1 ms longer.
        Same = "same",
    }
}

words! {
    /// What an event does to sessions.
    #[derive(Default)]
    pub enum Role {
        /// Starts and extends.
        #[default]
        Activity = "activity",
        /// Extends only.
        Extend = "extend",
        /// Neither; it counts in the session that is valid at its time.
        Passive = "passive",
        /// Always starts a new one.
        Start = "start",
        /// Starts and extends: the app came to the foreground.
        Foreground = "foreground",
        /// Extends: the app went to the background.
        Background = "background",
        /// Extends and closes the session at its own time.
        End = "end",
        /// Never in a session.
        Ignored = "ignored",
    }
}

impl Role {
    /// Whether its event can start a session.
    pub const fn starts(self) -> bool {
        matches!(self, Self::Activity | Self::Start | Self::Foreground)
    }

    /// Whether its event extends the session that it is in.
    pub const fn extends(self) -> bool {
        !matches!(self, Self::Passive | Self::Ignored)
    }

    /// The place among events of one time (sessions, section 3): a launch comes first, an end last.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Start => 0,
            Self::Foreground => 1,
            Self::Activity | Self::Extend | Self::Passive | Self::Ignored => 2,
            Self::Background => 3,
            Self::End => 4,
        }
    }

    /// The start kind of a session that its event starts, where nothing else gives one.
    pub const fn start_kind(self) -> StartKind {
        match self {
            Self::Start => StartKind::Cold,
            Self::Foreground => StartKind::Warm,
            _ => StartKind::None,
        }
    }
}

/// Roles of the events that say who a user is, unless a definition says otherwise: by a rule that
/// matches, or by another `default_role` than `activity` (sessions, section 7).
pub const USER_EVENT_ROLES: [(&str, Role); 3] = [
    ("reset", Role::End),
    ("identify", Role::Extend),
    ("alias", Role::Extend),
];

/// Allowed `limits.inactivity_seconds`.
pub const INACTIVITY_SECONDS: RangeInclusive<i64> = 60..=86_400;
/// Allowed `limits.background_seconds`; inactivity, where it is set, is the upper end.
pub const BACKGROUND_SECONDS: RangeInclusive<i64> = 0..=86_400;
/// Allowed `limits.max_length_seconds`.
pub const MAX_LENGTH_SECONDS: RangeInclusive<i64> = 60..=604_800;
/// The longest maximum length beside `limits.foreground_holds`.
pub const MAX_LENGTH_SECONDS_HELD: i64 = 86_400;
/// Allowed `grace_seconds`.
pub const GRACE_SECONDS: RangeInclusive<i64> = 0..=86_400;
/// Allowed characters in a name.
pub const NAME_CHARACTERS: RangeInclusive<usize> = 1..=100;
/// What inactivity counts as inside a source session that is trusted (sessions, section 2).
const TRUSTED_INACTIVITY_SECONDS: i64 = 86_400;
/// Lateness begins here where a definition has no inactivity (sessions, section 9).
const LATE_AFTER_MS: i64 = 1_800_000;

const fn default_grace_seconds() -> i64 {
    *GRACE_SECONDS.end()
}

/// What is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct DefinitionError {
    /// The field, for example `limits.inactivity_seconds` or `roles[2].where[0].value`; empty where
    /// the whole is meant.
    pub path: String,
    /// What is wrong, and what is allowed, in words.
    pub problem: String,
}

impl DefinitionError {
    fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
        }
    }
}

impl Definition {
    /// Reads a definition from JSON; unknown fields are refused, absent ones have their defaults.
    ///
    /// # Errors
    /// The first field that is wrong, with the range that is allowed.
    pub fn from_json(json: &str) -> Result<Self, DefinitionError> {
        let definition = read::definition(json)?;
        definition.validate()?;
        Ok(definition)
    }

    /// The definition as JSON on one line, every field that has a default written out. Equal
    /// definitions give equal texts.
    pub fn to_json(&self) -> String {
        // Writing to memory cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same, indented for people.
    pub fn to_json_pretty(&self) -> String {
        // Writing to memory cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The definition that a new application gets: the preset `visit`.
    pub fn standard() -> Self {
        preset::visit(Zone::UTC)
    }

    /// `limits.inactivity_seconds`, in ms.
    pub fn inactivity_ms(&self) -> Option<i64> {
        self.limits
            .inactivity_seconds
            .map(|seconds| self.duration_ms(seconds))
    }

    /// `limits.background_seconds`, in ms, where it is shorter than the inactivity: only then does
    /// it shorten the wait.
    pub fn background_ms(&self) -> Option<i64> {
        let seconds = self.limits.background_seconds?;
        let shortens = self
            .limits
            .inactivity_seconds
            .is_none_or(|wait| seconds < wait);
        shortens.then(|| self.duration_ms(seconds))
    }

    /// `limits.max_length_seconds`, in ms.
    pub fn max_length_ms(&self) -> Option<i64> {
        self.limits
            .max_length_seconds
            .map(|seconds| self.duration_ms(seconds))
    }

    /// `grace_seconds`, in ms.
    pub fn grace_ms(&self) -> i64 {
        self.grace_seconds * 1_000
    }

    /// An event whose arrival is at least this long after its time is late (sessions, section 9).
    pub fn late_after_ms(&self) -> i64 {
        self.inactivity_ms().unwrap_or(LATE_AFTER_MS)
    }

    /// The inactivity of a stream of one source session, under `session_ids: trust` (sessions,
    /// section 2), in ms.
    pub fn trusted_inactivity_ms(&self) -> i64 {
        self.duration_ms(TRUSTED_INACTIVITY_SECONDS)
    }

    /// A limit in ms: the one place that knows `gap_at_timeout`.
    fn duration_ms(&self, seconds: i64) -> i64 {
        match self.gap_at_timeout {
            GapAtTimeout::New => seconds * 1_000,
            GapAtTimeout::Same => seconds * 1_000 + 1,
        }
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first field that is wrong, with the range that is allowed.
    pub fn validate(&self) -> Result<(), DefinitionError> {
        let characters = self.name.trim().chars().count();
        if !NAME_CHARACTERS.contains(&characters) || self.name.trim() != self.name {
            let problem = match characters {
                0 => "it is empty, 1 to 100 characters allowed".to_owned(),
                1..=100 => "it begins or ends with white space".to_owned(),
                _ => format!("it has {characters} characters, 1 to 100 allowed"),
            };
            return Err(DefinitionError::new("name", problem));
        }
        self.limits.validate()?;
        check_range("grace_seconds", Some(self.grace_seconds), GRACE_SECONDS, "")?;
        for (index, rule) in self.roles.iter().enumerate() {
            rule.validate().map_err(|error| DefinitionError {
                path: format!("roles[{index}].{}", error.path),
                ..error
            })?;
        }
        if let Some(gameplay) = &self.gameplay {
            gameplay.validate()?;
        }
        Ok(())
    }
}

impl Limits {
    fn validate(&self) -> Result<(), DefinitionError> {
        if self.inactivity_seconds.is_none() && self.day_in.is_none() {
            return Err(DefinitionError::new(
                "limits",
                "at least one of inactivity_seconds and day_in is needed",
            ));
        }
        check_range(
            "limits.inactivity_seconds",
            self.inactivity_seconds,
            INACTIVITY_SECONDS,
            "",
        )?;
        let (background_end, why) = match self.inactivity_seconds {
            Some(inactivity) => (inactivity, ", up to inactivity_seconds"),
            None => (*BACKGROUND_SECONDS.end(), ""),
        };
        check_range(
            "limits.background_seconds",
            self.background_seconds,
            *BACKGROUND_SECONDS.start()..=background_end,
            why,
        )?;
        check_range(
            "limits.max_length_seconds",
            self.max_length_seconds,
            MAX_LENGTH_SECONDS,
            "",
        )?;
        let is_bounded = self
            .max_length_seconds
            .is_some_and(|seconds| seconds <= MAX_LENGTH_SECONDS_HELD);
        if self.foreground_holds && !is_bounded {
            return Err(DefinitionError::new(
                "limits.foreground_holds",
                "it needs max_length_seconds, 60 to 86,400 (1 min to 24 h)",
            ));
        }
        Ok(())
    }
}

impl RoleRule {
    fn validate(&self) -> Result<(), DefinitionError> {
        if self.event.trim().is_empty() {
            return Err(DefinitionError::new("event", "it is empty"));
        }
        for (index, condition) in self.conditions.iter().enumerate() {
            condition.validate().map_err(|error| DefinitionError {
                path: format!("where[{index}].{}", error.path),
                ..error
            })?;
        }
        Ok(())
    }
}

impl Serialize for Definition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Definition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let definition = read::map::<_, read::Unchecked>(deserializer)?.0;
        definition.validate().map_err(serde::de::Error::custom)?;
        Ok(definition)
    }
}

fn check_range(
    path: &str,
    value: Option<i64>,
    range: RangeInclusive<i64>,
    why: &str,
) -> Result<(), DefinitionError> {
    match value {
        Some(value) if !range.contains(&value) => {
            let words = range_words(&range);
            let [value, low, high] = [value, *range.start(), *range.end()].map(grouped);
            let problem =
                format!("{value} is out of range, {low} to {high} allowed ({words}{why})");
            Err(DefinitionError::new(path, problem))
        }
        _ => Ok(()),
    }
}

/// A number with commas between its thousands: 86,400.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
