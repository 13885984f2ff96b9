//! A person's days: lanes with sessions to scale. All zone arithmetic of the window is here.

use dwell_model::time::{date_of_days, days_of_date};
use dwell_model::zone::LocalDate;
use dwell_model::{State, Zone};
use dwell_store::Reader;
use dwell_store::table::session::SessionRecord;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::derive::Compiled;
use crate::error::{ApiError, Result};
use crate::event::events_of;
use crate::person::{PersonKey, answer, find};
use crate::session::StateName;
use crate::workspace::{Workspace, as_of, find_application, find_definition, parse_zone};

/// Asks for a stretch of days.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct TimelineRequest {
    /// Application.
    pub application: String,
    /// Definition; blank is the application's first.
    pub definition: String,
    /// Who.
    pub person: PersonKey,
    /// IANA zone whose days are shown.
    pub zone: String,
    /// How many days, 1 to 62.
    pub day_count: u32,
    /// The newest day shown, `2026-11-20`; null is the day of the last activity.
    pub last_day: Option<String>,
    /// Moment as of which states are told, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
}

/// Days, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Timeline {
    /// The zone.
    pub zone: String,
    /// Its offset at the newest day in words: “UTC+1”, “UTC-3:30”.
    pub offset: String,
    /// Lanes.
    pub days: Vec<DayLane>,
    /// `last_day` of the stretch before; null where nothing is older.
    pub earlier: Option<String>,
    /// `last_day` of the stretch after; null where nothing is newer.
    pub later: Option<String>,
    /// The moment as of which states are told, UTC ms.
    pub as_of_ms: i64,
}

/// One local day.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct DayLane {
    /// `2026-11-20`.
    pub date: String,
    /// First instant of the day, UTC ms.
    pub starts_at_ms: i64,
    /// First instant of the next day, UTC ms.
    pub ends_at_ms: i64,
    /// Whether the moment as of which states are told lies in it.
    pub is_today: bool,
    /// Place of that moment on the lane, 0 to 1; null on other days.
    pub now_at: Option<f64>,
    /// Sessions that overlap it, by start.
    pub sessions: Vec<SessionBlock>,
    /// Sessions that start on it.
    pub session_count: u32,
    /// Sum of the durations of the sessions that start on it.
    pub duration_ms: i64,
}

/// A session on a lane. Places are parts of the local day by the clock on the wall, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct SessionBlock {
    /// Id.
    pub session_id: String,
    /// Left edge.
    pub left: f64,
    /// Right edge, never left of `left`.
    pub right: f64,
    /// Whether it began on an earlier day.
    pub continues_before: bool,
    /// Whether it goes on after this day.
    pub continues_after: bool,
    /// UTC ms.
    pub started_at_ms: i64,
    /// UTC ms.
    pub ended_at_ms: i64,
    /// As of the moment asked for.
    pub state: StateName,
    /// cold, warm or none.
    pub start_kind: String,
    /// Whether it was born after its own grace.
    pub is_late_born: bool,
    /// Events.
    pub event_count: u32,
    /// Places of late events, 0 to 1; at most 20.
    pub late_at: Vec<f64>,
    /// Pause since the end of the session before it on this lane; null for the first.
    pub pause_ms: Option<i64>,
}

const DAY_MS: i64 = 86_400_000;
/// A block shows at most so many late events.
const LATE_MARKS: usize = 20;

/// A person's days.
///
/// # Errors
/// Where what the request names does not exist or is wrong, or the file cannot be read.
pub fn show(workspace: &Workspace, request: &TimelineRequest) -> Result<Timeline> {
    if !(1..=62).contains(&request.day_count) {
        return Err(ApiError::bad_input("A timeline shows 1 to 62 days."));
    }
    let zone = parse_zone(&request.zone)?;
    let asked = request.last_day.as_deref().map(parse_date).transpose()?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let person = find(reader, &application, &request.person)?;
        let as_of_ms = as_of(reader, &application, request.as_of_ms)?;
        let last_seen_ms = reader
            .person(person)?
            .map_or(as_of_ms, |found| found.last_seen_ms);
        let newest_date = zone.local_date_at(last_seen_ms);
        let last_date = asked.unwrap_or(newest_date);
        let dates = (0..i64::from(request.day_count)).map(|back| last_date - back);
        // A date that the zone skipped has no lane.
        let spans: Vec<(LocalDate, i64, i64)> = dates
            .filter_map(|date| {
                let start = zone.start_of_day(date)?;
                Some((date, start, zone.next_day_start_after(start)))
            })
            .collect();
        let (Some((_, _, to_ms)), Some((_, from_ms, _))) = (spans.first(), spans.last()) else {
            return Err(ApiError::bad_input("The zone skipped that day."));
        };
        let (from_ms, to_ms) = (*from_ms, *to_ms);
        let definition_id = compiled.definition_id;
        let records = reader.sessions_of_person(definition_id, person, from_ms, to_ms)?;
        let mut late = FxHashMap::default();
        for record in records.iter().filter(|record| record.late_count > 0) {
            late.insert(record.session_id, late_times(reader, &compiled, record)?);
        }
        let lane = |(date, starts_at_ms, ends_at_ms): (LocalDate, i64, i64)| {
            let day = Day {
                zone,
                date,
                starts_at_ms,
                ends_at_ms,
            };
            day.lane(&records, &late, as_of_ms)
        };
        let (older, newer) = reader.sessions_beyond(definition_id, person, from_ms, to_ms)?;
        let day_count = i64::from(request.day_count);
        Ok(Timeline {
            zone: zone.name().to_owned(),
            offset: offset_words(zone.offset_ms_at(to_ms - 1)),
            days: spans.into_iter().map(lane).collect(),
            earlier: older.map(|ms| format_date(zone.local_date_at(ms))),
            later: newer.map(|ms| {
                // So that the next session stands at the bottom, but never past the last activity.
                format_date((zone.local_date_at(ms) + day_count - 1).min(newest_date))
            }),
            as_of_ms,
        })
    })
}

/// The times of a session's late events.
fn late_times(
    reader: &Reader<'_>,
    compiled: &Compiled,
    record: &SessionRecord,
) -> Result<Vec<i64>> {
    let late_after_ms = compiled.definition.late_after_ms();
    let mut times = Vec::new();
    for event in events_of(reader, compiled, record)? {
        let event = &event.stored.event;
        if event.arrival_ms - event.time_ms >= late_after_ms {
            times.push(event.time_ms);
        }
    }
    Ok(times)
}

/// A local day to be drawn.
struct Day {
    zone: Zone,
    date: LocalDate,
    starts_at_ms: i64,
    ends_at_ms: i64,
}

impl Day {
    /// A moment's place on the lane by the clock on the wall, 0 to 1.
    fn place(&self, utc_ms: i64) -> f64 {
        if utc_ms >= self.ends_at_ms {
            return 1.0;
        }
        let of_day = self.zone.local_ms_at(utc_ms) - self.date * DAY_MS;
        (of_day as f64 / DAY_MS as f64).clamp(0.0, 1.0)
    }

    fn holds(&self, utc_ms: i64) -> bool {
        (self.starts_at_ms..self.ends_at_ms).contains(&utc_ms)
    }

    fn lane(
        &self,
        records: &[SessionRecord],
        late: &FxHashMap<Uuid, Vec<i64>>,
        as_of_ms: i64,
    ) -> DayLane {
        let here: Vec<&SessionRecord> = records
            .iter()
            .filter(|record| {
                record.started_at_ms < self.ends_at_ms && record.ended_at_ms >= self.starts_at_ms
            })
            .collect();
        let starting = || {
            here.iter()
                .filter(|record| self.holds(record.started_at_ms))
        };
        let mut sessions: Vec<SessionBlock> = Vec::with_capacity(here.len());
        for record in &here {
            let left = self.place(record.started_at_ms.max(self.starts_at_ms));
            let late_here = late.get(&record.session_id).into_iter().flatten();
            sessions.push(SessionBlock {
                session_id: record.session_id.to_string(),
                left,
                right: self.place(record.ended_at_ms).max(left),
                continues_before: record.started_at_ms < self.starts_at_ms,
                continues_after: record.ended_at_ms >= self.ends_at_ms,
                started_at_ms: record.started_at_ms,
                ended_at_ms: record.ended_at_ms,
                state: State::at(as_of_ms, record.closes_at_ms, record.expires_at_ms).into(),
                start_kind: record.start_kind.to_string(),
                is_late_born: record.is_late_born,
                event_count: record.event_count,
                late_at: late_here
                    .filter(|time_ms| self.holds(**time_ms))
                    .take(LATE_MARKS)
                    .map(|time_ms| self.place(*time_ms))
                    .collect(),
                pause_ms: sessions
                    .last()
                    .map(|before| (record.started_at_ms - before.ended_at_ms).max(0)),
            });
        }
        let is_today = self.holds(as_of_ms);
        DayLane {
            date: format_date(self.date),
            starts_at_ms: self.starts_at_ms,
            ends_at_ms: self.ends_at_ms,
            is_today,
            now_at: is_today.then(|| self.place(as_of_ms)),
            session_count: starting().count() as u32,
            duration_ms: starting().map(|r| r.ended_at_ms - r.started_at_ms).sum(),
            sessions,
        }
    }
}

/// “UTC+1”, “UTC-3:30”, “UTC”.
fn offset_words(offset_ms: i64) -> String {
    let minutes = offset_ms.abs() / 60_000;
    let sign = if offset_ms < 0 { '-' } else { '+' };
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

fn format_date(date: LocalDate) -> String {
    let (year, month, day) = date_of_days(date);
    format!("{year:04}-{month:02}-{day:02}")
}

fn parse_date(text: &str) -> Result<LocalDate> {
    let date = || {
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let date = days_of_date(year, month, day);
        ((1..=9999).contains(&year) && date_of_days(date) == (year, month, day)).then_some(date)
    };
    date().ok_or_else(|| {
        ApiError::bad_input(format!("“{text}” is no date; dates look like 2026-11-20."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse_date("1970-01-02"), Ok(1));
        for bad in [
            "",
            "2026-02-30",
            "2026-13-01",
            "20/11/26",
            "2026-1",
            "x-1-1",
            "0-1-1",
        ] {
            assert!(parse_date(bad).is_err(), "{bad}");
        }
        assert_eq!(offset_words(-12_600_000), "UTC-3:30");
        assert_eq!(offset_words(3_600_000), "UTC+1");
        assert_eq!(offset_words(0), "UTC");
    }
}
