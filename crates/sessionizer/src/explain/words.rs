//! Durations, limits and times as people read them.

use std::fmt;

use dwell_model::Zone;
pub use dwell_model::definition::limit_words;
use dwell_model::time::date_of_days;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A duration by its two largest units, cut and not rounded: `31m 43s`, `2h 45m`, `1d 3h`, `0s`;
/// below a second in milliseconds: `450 ms`.
pub fn duration_words(duration_ms: i64) -> String {
    if duration_ms < 0 {
        return format!("-{}", duration_words(duration_ms.saturating_neg()));
    }
    if (1..SECOND_MS).contains(&duration_ms) {
        return format!("{duration_ms} ms");
    }
    let units = [
        ("d", DAY_MS),
        ("h", HOUR_MS),
        ("m", MINUTE_MS),
        ("s", SECOND_MS),
    ];
    let largest = units
        .iter()
        .position(|(_, unit_ms)| duration_ms >= *unit_ms);
    let Some(largest) = largest else {
        return "0s".to_owned();
    };
    let (name, unit_ms) = units[largest];
    let whole = format!("{}{name}", duration_ms / unit_ms);
    match units.get(largest + 1) {
        Some((next, next_ms)) if duration_ms % unit_ms >= *next_ms => {
            format!("{whole} {}{next}", duration_ms % unit_ms / next_ms)
        }
        _ => whole,
    }
}

/// A whole number of seconds in every unit that it needs, for a limit that somebody is to type: `31
/// min 6 s`, `26 h 3 min`, `59 s`.
pub fn exact_words(seconds: i64) -> String {
    let units = [(3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in units {
        if left >= unit {
            parts.push(format!("{} {name}", left / unit));
            left %= unit;
        }
    }
    match parts.is_empty() {
        true => "0 s".to_owned(),
        false => parts.join(" "),
    }
}

/// “Another user, u2,” or “Another user”.
pub(super) fn seen(what: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{what}, {name},"),
        None => what.to_owned(),
    }
}

pub(super) fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A limit with its name: “30 min timeout”, or the name alone where the definition does not (or no
/// longer) have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit<'a> {
    seconds: Option<i64>,
    name: &'a str,
}

impl<'a> Limit<'a> {
    pub(super) fn new(seconds: Option<i64>, name: &'a str) -> Self {
        Self { seconds, name }
    }

    /// “30 min”, or “the timeout”.
    pub(super) fn length(&self) -> String {
        self.seconds
            .map_or_else(|| format!("the {}", self.name), limit_words)
    }

    /// How long it was passed by: “31m 5s”, or “just over 30m” where the two read the same.
    pub(super) fn passed_words(&self, duration_ms: i64) -> String {
        let over_ms = self
            .seconds
            .map(|seconds| duration_ms - seconds * SECOND_MS);
        let words = duration_words(duration_ms);
        match over_ms {
            Some(over_ms) if over_ms > 0 && words == duration_words(duration_ms - over_ms) => {
                format!("just over {words}")
            }
            _ => words,
        }
    }

    /// “longer than the 30 min timeout”, or “exactly the 30 min timeout”.
    pub(super) fn passed_by(&self, duration_ms: i64) -> String {
        match self
            .seconds
            .map(|seconds| duration_ms == seconds * SECOND_MS)
        {
            Some(true) => format!("exactly the {self}"),
            _ => format!("longer than the {self}"),
        }
    }
}

impl fmt::Display for Limit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            Some(seconds) => write!(f, "{} {}", limit_words(seconds), self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Writes times in one zone, beside a day that the reader knows.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zone: Zone,
    day_of_ms: i64,
}

impl Clock {
    /// Times of the local day of `day_of_ms` need no date.
    pub fn new(zone: Zone, day_of_ms: i64) -> Self {
        Self { zone, day_of_ms }
    }

    pub(super) fn day_of_ms(&self) -> i64 {
        self.day_of_ms
    }

    /// To the second, cut and not rounded, as everything beside it in the window: `11:53:51`, on another
    /// day `Sat 21 Nov 11:53:51`, in another year `Thu 1 Jan 2026 00:10:00`.
    pub fn at(&self, utc_ms: i64) -> String {
        let second = self
            .zone
            .local_ms_at(utc_ms)
            .div_euclid(SECOND_MS)
            .rem_euclid(60);
        format!(
            "{}{}:{second:02}",
            self.day(utc_ms),
            time_of_day(self.zone, utc_ms)
        )
    }

    /// As [`Clock::at`], with the milliseconds: `11:53:51.042`.
    pub(super) fn exactly(&self, utc_ms: i64) -> String {
        format!("{}.{:03}", self.at(utc_ms), utc_ms.rem_euclid(SECOND_MS))
    }

    /// As [`Clock::at`], to the minute on another day: `Sat 21 Nov 12:23`.
    pub fn about(&self, utc_ms: i64) -> String {
        match self.day(utc_ms).is_empty() {
            true => self.at(utc_ms),
            false => self.dated(utc_ms),
        }
    }

    /// To the minute, always with the day: `Sat 21 Nov 12:23`.
    pub fn dated(&self, utc_ms: i64) -> String {
        format!("{} {}", self.date(utc_ms), time_of_day(self.zone, utc_ms))
    }

    /// Nothing on the known day, else the date and a space.
    fn day(&self, utc_ms: i64) -> String {
        match self.zone.local_date_at(utc_ms) == self.zone.local_date_at(self.day_of_ms) {
            true => String::new(),
            false => format!("{} ", self.date(utc_ms)),
        }
    }

    /// `Sat 21 Nov`, with the year where it is another one than the known day's.
    fn date(&self, utc_ms: i64) -> String {
        const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let days = self.zone.local_date_at(utc_ms);
        let (year, month, day) = date_of_days(days);
        let (known_year, ..) = date_of_days(self.zone.local_date_at(self.day_of_ms));
        let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
        let month = MONTHS[(month - 1).rem_euclid(12) as usize];
        match year == known_year {
            true => format!("{weekday} {day} {month}"),
            false => format!("{weekday} {day} {month} {year}"),
        }
    }
}

/// The local time to the minute: `12:23`.
pub fn time_of_day(zone: Zone, utc_ms: i64) -> String {
    let of_day_ms = zone.local_ms_at(utc_ms).rem_euclid(DAY_MS);
    format!(
        "{:02}:{:02}",
        of_day_ms / HOUR_MS,
        of_day_ms / MINUTE_MS % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use dwell_model::time::parse_text;

    #[test]
    fn durations_are_told_by_their_two_largest_units() {
        let cases = [
            (0, "0s"),
            (1, "1 ms"),
            (450, "450 ms"),
            (999, "999 ms"),
            (1_000, "1s"),
            (1_999, "1s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (61_000, "1m 1s"),
            (31 * MINUTE_MS + 43_000, "31m 43s"),
            (HOUR_MS + 59_999, "1h"),
            (2 * HOUR_MS + 45 * MINUTE_MS + 59_000, "2h 45m"),
            (DAY_MS, "1d"),
            (27 * HOUR_MS + MINUTE_MS, "1d 3h"),
            (400 * DAY_MS, "400d"),
            (-90_000, "-1m 30s"),
            (i64::MIN, "-106751991167d 7h"),
        ];
        for (duration_ms, expected) in cases {
            assert_eq!(duration_words(duration_ms), expected, "{duration_ms}");
        }
    }

    #[test]
    fn a_limit_to_be_typed_says_every_unit() {
        let cases = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (1_866, "31 min 6 s"),
            (3_601, "1 h 1 s"),
            (93_780, "26 h 3 min"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(exact_words(seconds), expected);
        }
    }

    #[test]
    fn a_time_says_its_day_where_that_is_not_the_known_one() {
        let utc = |text: &str| parse_text(text, Zone::UTC).unwrap();
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let clock = Clock::new(berlin, utc("2026-11-20T10:22:08Z"));
        let cases = [
            ("2026-11-20T10:53:51Z", "11:53:51", "11:53:51"),
            ("2026-11-20T10:53:51.907Z", "11:53:51", "11:53:51"),
            (
                "2026-11-20T23:00:00Z",
                "Sat 21 Nov 00:00:00",
                "Sat 21 Nov 00:00",
            ),
            (
                "2026-11-19T22:59:59Z",
                "Thu 19 Nov 23:59:59",
                "Thu 19 Nov 23:59",
            ),
            (
                "2027-01-01T11:23:51Z",
                "Fri 1 Jan 2027 12:23:51",
                "Fri 1 Jan 2027 12:23",
            ),
        ];
        for (time, at, about) in cases {
            assert_eq!(clock.at(utc(time)), at);
            assert_eq!(clock.about(utc(time)), about);
        }
    }
}
