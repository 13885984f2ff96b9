//! Points in time as sources write them, to and from UTC milliseconds.

use crate::zone::{Local, Zone};

/// The earliest time that an event can have: 1980-01-01T00:00:00Z.
pub const EARLIEST_MS: i64 = 315_532_800_000;

const DAY_MS: i64 = 86_400_000;

/// Reads a timestamp text: RFC 3339, a space or `t` for the `T` allowed; without an offset it is local
/// time in `zone`, the earlier one where a clock change makes it stand twice. A text of digits is read
/// as a number. Digits after the milliseconds are cut off.
///
/// `None` where it is none of these.
pub fn parse_text(text: &str, zone: Zone) -> Option<i64> {
    if let Some(ms) = parse_usual(text.as_bytes()) {
        return Some(ms);
    }
    let text = text.trim();
    if let Some(ms) = parse_rfc3339(text.as_bytes(), zone) {
        return Some(ms);
    }
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    (is_number && !text.is_empty())
        .then(|| parse_number(text))
        .flatten()
}

/// Reads a timestamp number: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds,
/// else nanoseconds since 1970. Fractions count; what is below a millisecond is cut off.
///
/// `None` where it is no number or beyond all years.
pub fn parse_number(number: &str) -> Option<i64> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let whole: i128 = match all_digits(integer) && all_digits(fraction) && !integer.is_empty() {
        true if integer.len() <= 30 => integer.parse().ok()?,
        true => return None,
        // Written with an exponent: exact up to 2^53, which is past any time in ms.
        false => {
            let value: f64 = number.parse().ok()?;
            if !value.is_finite() || value.abs() >= 1e30 {
                return None;
            }
            return milliseconds(value.trunc() as i128, value.fract());
        }
    };
    let fraction: f64 = match fraction.is_empty() {
        true => 0.0,
        // Nine digits are more than a millisecond needs; cut, never rounded.
        false => format!("0.{}", &fraction[..fraction.len().min(9)])
            .parse()
            .ok()?,
    };
    match negative {
        true => milliseconds(-whole, -fraction),
        false => milliseconds(whole, fraction),
    }
}

fn milliseconds(whole: i128, fraction: f64) -> Option<i64> {
    let magnitude = whole.abs();
    let ms = if magnitude < 100_000_000_000 {
        // A tiny part of a millisecond guards .123 against becoming 122.999….
        whole * 1_000 + (fraction * 1_000.0 + 1e-7 * fraction.signum()).trunc() as i128
    } else if magnitude < 100_000_000_000_000 {
        whole
    } else if magnitude < 100_000_000_000_000_000 {
        whole.div_euclid(1_000)
    } else {
        whole.div_euclid(1_000_000)
    };
    i64::try_from(ms).ok()
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub fn days_of_date(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, in eras of 400.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date (year, month, day) of days since 1970-01-01.
pub fn date_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// RFC 3339 in UTC, with milliseconds only where there are some: `2026-11-20T14:58:20Z`.
pub fn format_utc(utc_ms: i64) -> String {
    format!("{}Z", format_clock(utc_ms, 'T'))
}

/// Local date and time without an offset: `2026-11-20 15:58:20`.
pub fn format_local(utc_ms: i64, zone: Zone) -> String {
    format_clock(zone.local_ms_at(utc_ms), ' ')
}

fn format_clock(ms: i64, separator: char) -> String {
    let (year, month, day) = date_of_days(ms.div_euclid(DAY_MS));
    let of_day = ms.rem_euclid(DAY_MS);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, millisecond) = (of_day / 1_000 % 60, of_day % 1_000);
    let seconds = match millisecond {
        0 => format!("{second:02}"),
        _ => format!("{second:02}.{millisecond:03}"),
    };
    format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{seconds}")
}

/// What [`parse_rfc3339`] gives for the one spelling that nearly all programs write,
/// `2026-11-20T14:58:20Z` with milliseconds or without, in a quarter of its time.
fn parse_usual(text: &[u8]) -> Option<i64> {
    const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
    let mut clock = *SHAPE;
    match text.len() {
        24 => clock.copy_from_slice(text),
        20 if text[19] == b'Z' => clock[..19].copy_from_slice(&text[..19]),
        _ => return None,
    }
    let mut is_usual = true;
    for (byte, shape) in clock.iter_mut().zip(SHAPE) {
        // A digit becomes its value, and what stands between digits 0.
        *byte ^= shape;
        is_usual &= *byte <= if *shape == b'0' { 9 } else { 0 };
    }
    let two = |at: usize| i64::from(clock[at]) * 10 + i64::from(clock[at + 1]);
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let is_time = is_usual && is_date(year, month, day) && is_clock(hour, minute, second);
    let days = days_of_date(year, month, day);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    is_time.then(|| seconds * 1_000 + two(20) * 10 + i64::from(clock[22]))
}

fn is_date(year: i64, month: i64, day: i64) -> bool {
    (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day)
}

fn is_clock(hour: i64, minute: i64, second: i64) -> bool {
    // A leap second is the first instant of the next minute.
    hour <= 23 && minute <= 59 && second <= 60
}

fn parse_rfc3339(text: &[u8], zone: Zone) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?.iter().try_fold(0, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, allowed: &[u8]| text.get(at).is_some_and(|b| allowed.contains(b));
    let shape = is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":");
    if !shape {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !is_date(year, month, day) || !is_clock(hour, minute, second) {
        return None;
    }
    let mut at = 19;
    let mut millisecond = 0;
    if is(at, b".,") {
        let digits = text[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits == 0 {
            return None;
        }
        for place in 0..3 {
            let digit = if place < digits {
                i64::from(text[at + 1 + place] - b'0')
            } else {
                0
            };
            millisecond = millisecond * 10 + digit;
        }
        at += 1 + digits;
    }
    let seconds = days_of_date(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let local_ms = seconds * 1_000 + millisecond;
    if is(at, b" ") && text.len() > at + 1 {
        // “2021-03-26 10:50:33 +01:00” and “… UTC”
        at += 1;
    }
    match &text[at..] {
        b"" => Some(match zone.utc_of_local(local_ms) {
            Local::Single(ms) | Local::Gap(ms) | Local::Fold(ms, _) => ms,
        }),
        b"Z" | b"z" | b"UTC" => Some(local_ms),
        [sign @ (b'+' | b'-'), _, ..] => {
            let (hours, minutes) = match text.len() - at {
                3 => (number(at + 1, at + 3)?, 0),
                5 => (number(at + 1, at + 3)?, number(at + 3, at + 5)?),
                6 if is(at + 3, b":") => (number(at + 1, at + 3)?, number(at + 4, at + 6)?),
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset_ms = (hours * 60 + minutes) * 60_000;
            Some(if *sign == b'+' {
                local_ms - offset_ms
            } else {
                local_ms + offset_ms
            })
        }
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A skew below this is noise of the network, and larger ones are rounded to a multiple of it.
const SKEW_STEP_MS: i64 = 300_000;

/// The skew that is added to a device's time by when the server got an event and when the device sent
/// it (sessions, section 1): none under 5 minutes either way, else the nearest multiple of 5 minutes, and
/// of two that are as near the one further from 0. 0 where one of the two is not known.
pub fn skew_ms(received_at_ms: Option<i64>, sent_at_ms: Option<i64>) -> i64 {
    let Some((received_at_ms, sent_at_ms)) = received_at_ms.zip(sent_at_ms) else {
        return 0;
    };
    let skew_ms = received_at_ms - sent_at_ms;
    match skew_ms.abs() {
        0..SKEW_STEP_MS => 0,
        size => skew_ms.signum() * ((size + SKEW_STEP_MS / 2) / SKEW_STEP_MS * SKEW_STEP_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_with_and_without_offset() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let cases = [
            ("2026-03-10T10:00:00Z", Some(1_773_136_800_000)),
            ("2026-03-10t10:00:00z", Some(1_773_136_800_000)),
            ("2026-03-10 11:00:00", Some(1_773_136_800_000)),
            ("2026-03-10T11:00:00.999999999", Some(1_773_136_800_999)),
            ("2026-03-10T10:00:00.5Z", Some(1_773_136_800_500)),
            ("2026-03-10T15:30:00+05:30", Some(1_773_136_800_000)),
            ("2026-03-10T15:30:00+0530", Some(1_773_136_800_000)),
            ("2026-03-10 10:00:00 UTC", Some(1_773_136_800_000)),
            ("2026-03-10 10:00:00 +00:00", Some(1_773_136_800_000)),
            ("1773136800", Some(1_773_136_800_000)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_800_000)),
            // Put forward at 02:00 to 03:00: as far after the gap's start.
            ("2026-03-29T02:30:00", Some(1_774_747_800_000)),
            // Put back at 03:00 to 02:00: the earlier one.
            ("2026-10-25T02:30:00", Some(1_792_888_200_000)),
            ("2026-02-29T10:00:00Z", None),
            ("2026-13-01T10:00:00Z", None),
            ("2026-03-10", None),
            ("2026-03-10T24:00:00Z", None),
            ("20/11/26 14.02", None),
            ("", None),
            ("yesterday", None),
            ("2026-03-10T10:00:00.Z", None),
            ("2026-03-10T10:00:00+5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_text(text, berlin), expected, "{text}");
        }
    }

    #[test]
    fn the_usual_spelling_is_read_as_any_other() {
        let usual = |text: &[u8]| {
            let ms = parse_usual(text);
            if ms.is_some() {
                let shown = String::from_utf8_lossy(text);
                assert_eq!(ms, parse_rfc3339(text, Zone::UTC), "{shown}");
            }
            ms
        };
        for days in (-719_528..2_932_897).step_by(13) {
            let ms = days * DAY_MS + days.rem_euclid(86_400) * 1_000 + days.rem_euclid(1_000);
            assert_eq!(usual(format_utc(ms).as_bytes()), Some(ms), "{ms}");
        }
        let mut other_count = 0;
        for text in ["2024-02-29T23:59:58Z", "2026-10-31T19:00:00.123Z"] {
            for at in 0..text.len() {
                for byte in 0..=u8::MAX {
                    let mut other = text.as_bytes().to_vec();
                    other[at] = byte;
                    other_count += i32::from(usual(&other).is_some());
                }
                usual(&text.as_bytes()[..at]);
            }
        }
        assert!(other_count > 100, "{other_count}");
        for text in [
            "2026-02-29T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-03-10T24:00:00Z",
            "2026-03-10T10:60:00.000Z",
            "2026-03-10T10:00:61.000Z",
            "2026-03-10T10:00:00.00Z",
            "2026-03-10T10:00:00.000z",
        ] {
            assert_eq!(usual(text.as_bytes()), None, "{text}");
        }
        assert_eq!(usual(b"2016-12-31T23:59:60Z"), Some(1_483_228_800_000));
    }

    #[test]
    fn numbers_are_read_by_their_size() {
        let cases = [
            ("1773136800", Some(1_773_136_800_000)),
            ("1773136800.1234", Some(1_773_136_800_123)),
            ("1773136800.29", Some(1_773_136_800_290)),
            ("1773136800123", Some(1_773_136_800_123)),
            ("1773136800123.9", Some(1_773_136_800_123)),
            ("1773136800123456", Some(1_773_136_800_123)),
            ("1773136800123456789", Some(1_773_136_800_123)),
            ("1.773136800123e12", Some(1_773_136_800_123)),
            ("99999999999", Some(99_999_999_999_000)),
            ("100000000000", Some(100_000_000_000)),
            ("-1", Some(-1_000)),
            ("-1.5", Some(-1_500)),
            ("1e400", None),
            ("99999999999999999999999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_number(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_and_days_are_inverse() {
        for days in (-800_000..800_000).step_by(17) {
            let (year, month, day) = date_of_days(days);
            assert_eq!(days_of_date(year, month, day), days, "{year}-{month}-{day}");
        }
        assert_eq!(date_of_days(0), (1970, 1, 1));
        assert_eq!(format_utc(1_773_136_800_123), "2026-03-10T10:00:00.123Z");
    }

    #[test]
    fn skew_is_ignored_under_five_minutes_and_else_rounded_to_the_nearest_five() {
        let minutes = 60_000;
        let cases = [
            (0, 0),
            (5 * minutes - 1, 0),
            (5 * minutes, 5 * minutes),
            (7 * minutes + 29_999, 5 * minutes),
            (7 * minutes + 30_000, 10 * minutes),
            (7 * minutes + 30_001, 10 * minutes),
            (1_441 * minutes, 1_440 * minutes),
        ];
        for (skew, expected) in cases {
            assert_eq!(skew_ms(Some(skew), Some(0)), expected, "{skew}");
            assert_eq!(skew_ms(Some(7), Some(7 + skew)), -expected, "-{skew}");
        }
    }
}
