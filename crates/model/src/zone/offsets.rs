//! The offsets of one zone over time, read from TZif data: the one place that knows jiff. Which
//! zones there are, and what a local day is, is not known here.

use std::mem;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneTransition};

/// TZif data that nobody can read, with what is wrong about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the data of a time zone: {0}")]
pub struct MalformedZoneData(pub String);

/// 2100-01-01: changes before it are listed, which is faster than asking for the rule each time.
const LISTED_UNTIL_MS: i64 = 4_102_444_800_000;

/// The offsets of one zone.
pub(super) struct Offsets {
    /// Where each span begins, in UTC ms; the first begins before everything.
    from_ms: Box<[i64]>,
    spans: Box<[Span]>,
    /// The data, with the rule that holds after its last change.
    zone: TimeZone,
}

struct Span {
    offset_ms: i64,
    abbreviation: Box<str>,
}

impl Offsets {
    /// Reads TZif data (RFC 9636).
    pub(super) fn read(tzif: &[u8]) -> Result<Self, MalformedZoneData> {
        let zone =
            TimeZone::tzif("", tzif).map_err(|error| MalformedZoneData(error.to_string()))?;
        let first = zone.to_offset_info(Timestamp::MIN);
        let mut from_ms = vec![i64::MIN];
        let mut spans = vec![Span::new(first.offset().seconds(), first.abbreviation())];
        let listed = changes_after(&zone, Timestamp::MIN)
            .take_while(|change| change.timestamp().as_millisecond() < LISTED_UNTIL_MS);
        for change in listed {
            from_ms.push(change.timestamp().as_millisecond());
            spans.push(Span::new(change.offset().seconds(), change.abbreviation()));
        }
        Ok(Self {
            from_ms: from_ms.into(),
            spans: spans.into(),
            zone,
        })
    }

    /// Local time minus UTC at an instant.
    pub(super) fn offset_ms_at(&self, utc_ms: i64) -> i64 {
        match utc_ms < LISTED_UNTIL_MS {
            true => self.span_at(utc_ms).offset_ms,
            false => i64::from(self.zone.to_offset(instant(utc_ms)).seconds()) * 1_000,
        }
    }

    /// The abbreviation at an instant.
    pub(super) fn abbreviation_at(&self, utc_ms: i64) -> String {
        match utc_ms < LISTED_UNTIL_MS {
            true => self.span_at(utc_ms).abbreviation.to_string(),
            false => {
                let info = self.zone.to_offset_info(instant(utc_ms));
                info.abbreviation().to_owned()
            }
        }
    }

    /// When something changes after the first instant, up to the last one, in order.
    pub(super) fn changes_between(&self, after_ms: i64, to_ms: i64) -> impl Iterator<Item = i64> {
        changes_after(&self.zone, instant(after_ms))
            .map(|change| change.timestamp().as_millisecond())
            .take_while(move |at_ms| *at_ms <= to_ms)
    }

    fn span_at(&self, utc_ms: i64) -> &Span {
        let after = self.from_ms.partition_point(|from_ms| *from_ms <= utc_ms);
        &self.spans[after - 1]
    }
}

impl Span {
    fn new(offset_seconds: i32, abbreviation: &str) -> Self {
        Self {
            offset_ms: i64::from(offset_seconds) * 1_000,
            abbreviation: abbreviation.into(),
        }
    }
}

/// The changes after an instant, in order.
fn changes_after(
    zone: &TimeZone,
    instant: Timestamp,
) -> impl Iterator<Item = TimeZoneTransition<'_>> {
    // Of data without a rule jiff repeats the last change for ever.
    zone.following(instant).scan(instant, |last, change| {
        let before = mem::replace(last, change.timestamp());
        (change.timestamp() > before).then_some(change)
    })
}

/// The instant, or the nearest one of the years -9999 to 9999.
fn instant(utc_ms: i64) -> Timestamp {
    let nearest = match utc_ms < 0 {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    };
    Timestamp::from_millisecond(utc_ms).unwrap_or(nearest)
}
