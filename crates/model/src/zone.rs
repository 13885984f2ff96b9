//! Time zones: offsets, local dates and the starts of days. The one place that knows chrono-tz, so
//! that newer zone data can be put in here.

use std::fmt;

use chrono::{Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The version of the zone data in use.
pub const ZONE_DATA_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

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
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
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
        chrono::DateTime::from_timestamp(utc_ms.div_euclid(SECOND_MS), 0).map_or(0, |utc| {
            let offset = self.0.offset_from_utc_datetime(&utc.naive_utc());
            i64::from(offset.fix().local_minus_utc()) * SECOND_MS
        })
    }

    /// The zone's abbreviation at an instant: CET, or +03 where it has no letters.
    pub fn abbreviation_at(self, utc_ms: i64) -> String {
        chrono::DateTime::from_timestamp(utc_ms.div_euclid(SECOND_MS), 0)
            .and_then(|utc| {
                let offset = self.0.offset_from_utc_datetime(&utc.naive_utc());
                offset.abbreviation().map(str::to_owned)
            })
            .unwrap_or_default()
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
mod tests {
    use super::*;
    use crate::time::{days_of_date, format_utc, parse_text};

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn utc(text: &str) -> i64 {
        parse_text(text, Zone::UTC).unwrap()
    }

    #[test]
    fn the_next_day_starts_at_the_first_instant_of_a_later_local_date() {
        // zone, instant, start of the next local day
        let cases = [
            ("UTC", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"),
            ("UTC", "2026-03-10T23:59:59.999Z", "2026-03-11T00:00:00Z"),
            (
                "Europe/Rome",
                "2026-03-10T22:59:59.999Z",
                "2026-03-10T23:00:00Z",
            ),
            (
                "Europe/Rome",
                "2026-03-10T23:00:00Z",
                "2026-03-11T23:00:00Z",
            ),
            // Days of 23 and 25 hours.
            (
                "Europe/Rome",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                "Europe/Rome",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            // No midnight: 00:00 was put forward to 01:00.
            (
                "Africa/Cairo",
                "2025-04-24T21:59:59.999Z",
                "2025-04-24T22:00:00Z",
            ),
            (
                "Africa/Cairo",
                "2025-04-24T22:00:00Z",
                "2025-04-25T21:00:00Z",
            ),
            // Two midnights: 01:00 was put back to 00:00; the day starts at the first.
            (
                "America/Havana",
                "2025-11-02T03:59:59.999Z",
                "2025-11-02T04:00:00Z",
            ),
            (
                "America/Havana",
                "2025-11-02T04:00:00Z",
                "2025-11-03T05:00:00Z",
            ),
            (
                "America/Havana",
                "2025-11-02T05:00:00Z",
                "2025-11-03T05:00:00Z",
            ),
            // No 2011-12-30: the 29th is followed by the 31st.
            (
                "Pacific/Apia",
                "2011-12-29T10:00:00Z",
                "2011-12-30T10:00:00Z",
            ),
            (
                "Pacific/Apia",
                "2011-12-30T09:59:59.999Z",
                "2011-12-30T10:00:00Z",
            ),
            (
                "Pacific/Apia",
                "2011-12-30T10:00:00Z",
                "2011-12-31T10:00:00Z",
            ),
            // 00:01 went back to 23:01 of the day before: that day ends a second time.
            (
                "America/St_Johns",
                "2006-10-29T02:29:59Z",
                "2006-10-29T02:30:00Z",
            ),
            (
                "America/St_Johns",
                "2006-10-29T02:30:30Z",
                "2006-10-30T03:30:00Z",
            ),
            (
                "America/St_Johns",
                "2006-10-29T02:31:00Z",
                "2006-10-29T03:30:00Z",
            ),
            (
                "America/St_Johns",
                "2006-10-29T03:29:59.999Z",
                "2006-10-29T03:30:00Z",
            ),
            (
                "America/St_Johns",
                "2006-10-29T03:30:00Z",
                "2006-10-30T03:30:00Z",
            ),
        ];
        for (name, from, expected) in cases {
            let found = zone(name).next_day_start_after(utc(from));
            assert_eq!(format_utc(found), expected, "{name} after {from}");
        }
    }

    #[test]
    fn next_day_starts_equal_a_search_minute_by_minute() {
        const MINUTE_MS: i64 = 60_000;
        // Zones and years of clock changes at midnight, across midnight, by half an hour or two
        // hours, of skipped dates and of changes of the standard offset.
        let cases = [
            ("Africa/Cairo", 2025),
            ("Africa/Casablanca", 2024),
            ("America/Asuncion", 2024),
            ("America/Caracas", 2016),
            ("America/Havana", 2025),
            ("America/Nuuk", 2023),
            ("America/Sao_Paulo", 2018),
            ("America/Scoresbysund", 2024),
            ("America/St_Johns", 2006),
            ("Antarctica/Troll", 2024),
            ("Asia/Amman", 2022),
            ("Asia/Beirut", 2023),
            ("Asia/Gaza", 2024),
            ("Asia/Kathmandu", 1985),
            ("Asia/Pyongyang", 2018),
            ("Asia/Tehran", 2021),
            ("Atlantic/Azores", 2024),
            ("Australia/Lord_Howe", 2024),
            ("Europe/Dublin", 2024),
            ("Pacific/Apia", 2011),
            ("Pacific/Kiritimati", 1994),
            ("Pacific/Kwajalein", 1993),
        ];
        for (name, year) in cases {
            let zone = zone(name);
            let from = days_of_date(year, 1, 1) * DAY_MS;
            let minutes = (days_of_date(year + 1, 1, 3) * DAY_MS - from) / MINUTE_MS;
            let dates: Vec<LocalDate> = (0..minutes)
                .map(|minute| zone.local_date_at(from + minute * MINUTE_MS))
                .collect();
            // Every third minute around a clock change, every 61st elsewhere; no clock changed
            // inside one.
            let offset_at = |minute: usize| zone.offset_ms_at(from + minute as i64 * MINUTE_MS);
            let changes_near = |minute: usize| {
                offset_at(minute.saturating_sub(1_440)) != offset_at(minute + 2 * 1_440)
            };
            let tried = (0..dates.len() - 3 * 1_440)
                .filter(|minute| minute % 61 == 0 || (minute % 3 == 0 && changes_near(*minute)));
            for minute in tried {
                let later = (minute..)
                    .find(|later| dates[*later] > dates[minute])
                    .unwrap();
                let expected = from + later as i64 * MINUTE_MS;
                for within_ms in [0, 59_999] {
                    let utc_ms = from + minute as i64 * MINUTE_MS + within_ms;
                    assert_eq!(
                        format_utc(zone.next_day_start_after(utc_ms)),
                        format_utc(expected),
                        "{name} after {}",
                        format_utc(utc_ms)
                    );
                }
            }
        }
    }

    #[test]
    fn a_local_time_is_one_instant_or_two_or_none() {
        let cases = [
            (
                "UTC",
                "2026-03-29T02:30:00Z",
                Local::Single(utc("2026-03-29T02:30:00Z")),
            ),
            (
                "Europe/Berlin",
                "2026-03-29T01:59:59Z",
                Local::Single(utc("2026-03-29T00:59:59Z")),
            ),
            (
                "Europe/Berlin",
                "2026-03-29T02:30:00Z",
                Local::Gap(utc("2026-03-29T01:30:00Z")),
            ),
            (
                "Europe/Berlin",
                "2026-03-29T03:00:00Z",
                Local::Single(utc("2026-03-29T01:00:00Z")),
            ),
            (
                "Europe/Berlin",
                "2026-10-25T02:30:00Z",
                Local::Fold(utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z")),
            ),
            (
                "Africa/Cairo",
                "2025-04-25T00:30:00Z",
                Local::Gap(utc("2025-04-24T22:30:00Z")),
            ),
            (
                "Pacific/Apia",
                "2011-12-31T00:00:00Z",
                Local::Single(utc("2011-12-30T10:00:00Z")),
            ),
            (
                "America/St_Johns",
                "2006-10-28T23:30:00Z",
                Local::Fold(utc("2006-10-29T02:00:00Z"), utc("2006-10-29T03:00:00Z")),
            ),
        ];
        for (name, local, expected) in cases {
            // The local time is written as if it were UTC.
            assert_eq!(
                zone(name).utc_of_local(utc(local)),
                expected,
                "{name} {local}"
            );
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_unknown_ones_refused() {
        assert_eq!(zone("europe/BERLIN").name(), "Europe/Berlin");
        assert_eq!(zone("Etc/UTC").offset_ms_at(0), 0);
        assert_eq!(
            Zone::parse("Mars/Olympus"),
            Err(UnknownZone("Mars/Olympus".to_owned()))
        );
        assert_eq!(
            zone("Europe/Berlin").abbreviation_at(utc("2026-07-01T00:00:00Z")),
            "CEST"
        );
    }
}
