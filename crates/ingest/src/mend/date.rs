//! Dates as people and spreadsheets write them: `20/11/26 14.02`, `Nov 20, 2026 2:02 PM`. Which number is
//! the day has to be said.
//!
//! It must not know rows.

use dwell_model::Zone;
use dwell_model::time::{date_of_days, days_of_date};
use dwell_model::zone::Local;

/// In which order a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// 20/11/26
    DayFirst,
    /// 11/20/26
    MonthFirst,
    /// 2026/11/20; the year has four digits.
    YearFirst,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A text that is read from its beginning.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !is(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip(&mut self, any: &str) -> bool {
        !self.take_while(|c| any.contains(c)).is_empty()
    }

    fn digits(&mut self) -> Option<&'a str> {
        Some(self.take_while(|c| c.is_ascii_digit())).filter(|digits| !digits.is_empty())
    }

    /// A number of at most so many digits.
    fn number(&mut self, most: usize) -> Option<i64> {
        let digits = self.digits().filter(|digits| digits.len() <= most)?;
        digits.parse().ok()
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|c| c.is_ascii_alphabetic())
    }
}

/// UTC ms of a date, with a time of day or at the day's beginning. One that tells no offset is local time in
/// `zone`, the earlier one where a clock change makes it stand twice; or so many minutes ahead of UTC.
pub(super) fn read_date(
    text: &str,
    order: DateOrder,
    zone: Zone,
    offset_minutes: Option<i64>,
) -> Option<i64> {
    let mut text = Cursor(text.trim());
    let day = date(&mut text, order)?;
    let clock_ms = clock(&mut text)?;
    let local_ms = day * 86_400_000 + clock_ms;
    text.skip(" ");
    let told = match text.0 {
        "" => offset_minutes,
        rest => Some(offset(rest)?),
    };
    Some(match told {
        Some(minutes) => local_ms - minutes * 60_000,
        None => match zone.utc_of_local(local_ms) {
            Local::Single(ms) | Local::Gap(ms) | Local::Fold(ms, _) => ms,
        },
    })
}

/// Days since 1970.
fn date(text: &mut Cursor<'_>, order: DateOrder) -> Option<i64> {
    const BETWEEN: &str = "/.- ,";
    let weekday = text.0;
    let word = text.word().to_ascii_lowercase();
    match word.get(..3).is_some_and(|begin| WEEKDAYS.contains(&begin)) {
        true => _ = text.skip("., "),
        false => text.0 = weekday,
    }
    let mut parts = [Part::Number("", 0); 3];
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 && !text.skip(BETWEEN) {
            return None;
        }
        *part = Part::read(text)?;
    }
    let (year, month, day) = match order {
        DateOrder::DayFirst => (parts[2].year()?, parts[1].month()?, parts[0].day()?),
        DateOrder::MonthFirst => (parts[2].year()?, parts[0].month()?, parts[1].day()?),
        DateOrder::YearFirst if !parts[0].is_long() => return None,
        DateOrder::YearFirst => (parts[0].year()?, parts[1].month()?, parts[2].day()?),
    };
    let days = days_of_date(year, month, day);
    (date_of_days(days) == (year, month, day)).then_some(days)
}

/// A part of a date.
#[derive(Clone, Copy)]
enum Part<'a> {
    Number(&'a str, i64),
    Month(i64),
}

impl<'a> Part<'a> {
    fn read(text: &mut Cursor<'a>) -> Option<Self> {
        if let Some(digits) = text.digits() {
            return Some(Self::Number(digits, digits.parse().ok()?));
        }
        let word = text.word().to_ascii_lowercase();
        let begin = word.get(..3)?;
        let month = MONTHS.iter().position(|month| *month == begin)?;
        Some(Self::Month(month as i64 + 1))
    }

    fn is_long(self) -> bool {
        matches!(self, Self::Number(digits, _) if digits.len() == 4)
    }

    fn day(self) -> Option<i64> {
        match self {
            Self::Number(digits, day) if digits.len() <= 2 && (1..=31).contains(&day) => Some(day),
            _ => None,
        }
    }

    fn month(self) -> Option<i64> {
        match self {
            Self::Month(month) => Some(month),
            Self::Number(digits, month) if digits.len() <= 2 && (1..=12).contains(&month) => {
                Some(month)
            }
            Self::Number(..) => None,
        }
    }

    /// Two digits are of 1970 to 2069.
    fn year(self) -> Option<i64> {
        match self {
            Self::Number(digits, year) => match digits.len() {
                4 => Some(year),
                2 if year < 70 => Some(2000 + year),
                2 => Some(1900 + year),
                _ => None,
            },
            Self::Month(_) => None,
        }
    }
}

/// Ms since midnight; 0 where the text ends.
fn clock(text: &mut Cursor<'_>) -> Option<i64> {
    if text.0.is_empty() {
        return Some(0);
    }
    if !text.skip("Tt ,") {
        return None;
    }
    if text.0.is_empty() {
        return Some(0);
    }
    let mut hour = text.number(2)?;
    let (mut minute, mut second, mut ms) = (0, 0, 0);
    if text.skip(":.h") {
        minute = text.number(2)?;
        if text.skip(":.") {
            second = text.number(2)?;
            if text.skip(".,") {
                let digits = text.digits()?;
                let cut = digits.get(..3).unwrap_or(digits);
                ms = cut.parse::<i64>().ok()? * 10_i64.pow(3 - cut.len() as u32);
            }
        }
    }
    let before = text.0;
    text.skip(" ");
    let half = text
        .take_while(|c| c.is_ascii_alphabetic() || c == '.')
        .to_ascii_lowercase();
    match half.replace('.', "").as_str() {
        half @ ("am" | "pm") if (1..=12).contains(&hour) => {
            hour = hour % 12 + if half == "pm" { 12 } else { 0 };
        }
        _ => text.0 = before,
    }
    let is_clock = hour <= 23 && minute <= 59 && second <= 60;
    is_clock.then_some(((hour * 60 + minute) * 60 + second) * 1_000 + ms)
}

/// Minutes ahead of UTC: `Z`, `UTC`, `GMT`, `+02`, `+0200`, `+02:00`.
pub(super) fn offset(text: &str) -> Option<i64> {
    if ["z", "utc", "gmt"].contains(&text.to_ascii_lowercase().as_str()) {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match (rest.len(), rest.split_once(':')) {
        (5, Some(parts)) => parts,
        (2, None) => (rest, "00"),
        (4, None) if rest.is_ascii() => rest.split_at(2),
        _ => return None,
    };
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|_| is_number)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use dwell_model::time::format_utc;

    use super::*;

    fn read(text: &str, order: DateOrder) -> Option<String> {
        read_date(text, order, Zone::UTC, None).map(format_utc)
    }

    #[test]
    fn dates_are_read_in_the_order_that_is_said() {
        use DateOrder::{DayFirst, MonthFirst, YearFirst};
        let at = Some("2026-11-20T14:02:00Z");
        let cases = [
            ("20/11/26 14.02", DayFirst, at),
            ("20.11.2026 14:02", DayFirst, at),
            ("20-11-2026T14:02:00", DayFirst, at),
            ("20 Nov 2026, 2:02 pm", DayFirst, at),
            ("Fri, 20 Nov 2026 14:02:00 GMT", DayFirst, at),
            ("20/11/2026 16:02:00 +0200", DayFirst, at),
            ("11/20/26 2:02 PM", MonthFirst, at),
            ("November 20, 2026 2:02 p.m.", MonthFirst, at),
            ("2026/11/20 14:02", YearFirst, at),
            ("2026-11-20 14:02Z", YearFirst, at),
            ("20.11.2026", DayFirst, Some("2026-11-20T00:00:00Z")),
            (
                "1/2/70 0:00:00.5",
                DayFirst,
                Some("1970-02-01T00:00:00.500Z"),
            ),
            (
                "12/31/99 12:00 AM",
                MonthFirst,
                Some("1999-12-31T00:00:00Z"),
            ),
            ("11/20/26 14.02", DayFirst, None),
            ("20/11/26 14.02", MonthFirst, None),
            ("20/11/26 14.02", YearFirst, None),
            ("29/02/2026", DayFirst, None),
            ("31/04/2026", DayFirst, None),
            ("20/11/2026 25:00", DayFirst, None),
            ("20/11/2026 13:00 pm", DayFirst, None),
            ("20/11", DayFirst, None),
            ("20/11/026", DayFirst, None),
            ("soon", DayFirst, None),
            ("", DayFirst, None),
            ("20/11/2026 14:02 Mars", DayFirst, None),
            ("20/11/2026 14:02 +2", DayFirst, None),
        ];
        for (text, order, expected) in cases {
            assert_eq!(read(text, order).as_deref(), expected, "{text} {order:?}");
        }
    }

    #[test]
    fn a_date_without_an_offset_is_local_or_so_far_ahead_of_utc() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let read = |text, zone, offset| read_date(text, DateOrder::DayFirst, zone, offset);
        let at = read("20/11/26 13:02", Zone::UTC, None);
        assert_eq!(read("20/11/26 14:02", berlin, None), at);
        assert_eq!(read("20/11/26 16:02", berlin, Some(180)), at);
        assert_eq!(read("20/11/26 13:02 Z", berlin, Some(180)), at);
    }

    #[test]
    fn no_text_makes_reading_panic() {
        let pieces = [
            "20", "/", ".", "Nov", " ", ":", "ü", "+02", "pm", "T", "2026", "",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        let text = format!("{a}{b}{c}{d}");
                        let _ = read(&text, DateOrder::DayFirst);
                        let _ = read(&format!("20/11/26 {text}"), DateOrder::DayFirst);
                        let _ = offset(&text);
                    }
                }
            }
        }
    }
}
