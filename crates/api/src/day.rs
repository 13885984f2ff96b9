//! Sessions by local day: how many, of how many people, and how long these were there. A session
//! belongs to the day of its start, and one that is still open to none.

use std::num::NonZero;
use std::thread;

use dwell_model::Zone;
use dwell_model::time::date_of_days;
use dwell_store::read::session_columns::{PersonRows, SessionColumns};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::person::answer;
use crate::workspace::{Workspace, as_of, find_application, find_definition, parse_zone};

/// Asks for the days of a definition's sessions.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct DaysRequest {
    /// Application.
    pub application: String,
    /// Definition; blank is the application's first.
    pub definition: String,
    /// IANA zone of the days.
    pub zone: String,
    /// Whether the middle of single sessions is wanted too.
    pub with_single: bool,
    /// Moment as of which sessions are open, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
}

/// Sessions by day.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Days {
    /// Every day from the first session's to the last one's.
    pub days: Vec<Day>,
    /// Sessions that are still open: they are in no day.
    pub active_count: u64,
}

/// One local day.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Day {
    /// The local date, `2026-11-20`.
    pub date: String,
    /// First instant, UTC ms.
    pub from_ms: i64,
    /// Sessions that start on it.
    pub session_count: u64,
    /// People with such a session.
    pub person_count: u64,
    /// The sum of their lengths.
    pub duration_ms: i64,
    /// The middle of what the sessions of each person last together; null without any.
    pub median_person_ms: Option<f64>,
    /// The middle of the lengths of single sessions; null without any, or where it is not wanted.
    pub median_session_ms: Option<f64>,
}

/// Fewer sessions are summed up by one thread.
const THREADS_FROM: usize = 100_000;

/// Sessions by local day. `tell` hears how many of all sessions are read, where they are not in memory
/// yet.
///
/// # Errors
/// Where there is no such application, definition or zone, the file cannot be read, or on cancel.
pub fn days(
    workspace: &Workspace,
    request: &DaysRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Days> {
    let zone = parse_zone(&request.zone)?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let as_of_ms = as_of(reader, &application, request.as_of_ms)?;
        let mut hear = |done, all| {
            tell(done, all);
            cancel.flow()
        };
        let days = reader.session_columns(compiled.definition_id, &mut hear, |columns| {
            sum_up(columns, zone, as_of_ms, request.with_single)
        })?;
        days.ok_or_else(ApiError::cancelled)
    })
}

/// What a day's sessions last.
#[derive(Clone, Default)]
struct Lengths {
    session_count: u64,
    sessions: Vec<i64>,
    people: Vec<i64>,
}

/// Lengths by day, from a first day on.
struct Lasting {
    days: Vec<Lengths>,
    active_count: u64,
}

fn sum_up(columns: &SessionColumns, zone: Zone, as_of_ms: i64, with_single: bool) -> Days {
    let threads = match columns.session_count() < THREADS_FROM {
        true => 1,
        false => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let people = columns.people();
    let share = people.len().div_ceil(threads).max(1);
    let starts = starts_of_days(columns, zone);
    let parts: Vec<Lasting> = in_threads(people.chunks(share), |people| {
        lasting(columns, people, &starts, as_of_ms, with_single)
    });
    let active_count = parts.iter().map(|part| part.active_count).sum();
    let mut by_day: Vec<Vec<Lengths>> = vec![Vec::new(); starts.len()];
    for part in parts {
        for (day, lengths) in by_day.iter_mut().zip(part.days) {
            day.push(lengths);
        }
    }
    let mut days: Vec<(usize, Vec<Lengths>)> = by_day.into_iter().enumerate().collect();
    let share = days.len().div_ceil(threads).max(1);
    let told = in_threads(days.chunks_mut(share), |days| {
        let days = days.iter_mut();
        let told = days.map(|(index, lengths)| day_of(zone, starts[*index], lengths));
        told.collect::<Vec<Day>>()
    });
    Days {
        days: told.into_iter().flatten().collect(),
        active_count,
    }
}

/// Works on each part in a thread of its own, the first one in this one; answers in their order.
fn in_threads<P: Send, T: Send>(
    parts: impl Iterator<Item = P>,
    work: impl Fn(P) -> T + Sync,
) -> Vec<T> {
    let mut parts = parts;
    let Some(first) = parts.next() else {
        return Vec::new();
    };
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let mut answers = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(answer) => answers.push(answer),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        answers
    })
}

/// The first instants of the days from the first session's to the last one's.
fn starts_of_days(columns: &SessionColumns, zone: Zone) -> Vec<i64> {
    let rows = || columns.people().iter().map(|of| &of.rows);
    let firsts = rows().filter_map(|rows| rows.clone().next());
    let lasts = rows().filter_map(|rows| rows.clone().next_back());
    let start_ms = |row: usize| columns.started_at_ms[row];
    let (Some(first_ms), Some(last_ms)) = (firsts.map(start_ms).min(), lasts.map(start_ms).max())
    else {
        return Vec::new();
    };
    let mut start_ms = zone
        .start_of_day(zone.local_date_at(first_ms))
        .unwrap_or(first_ms);
    let mut starts = Vec::new();
    while start_ms <= last_ms {
        starts.push(start_ms);
        start_ms = zone.next_day_start_after(start_ms);
    }
    starts
}

/// What the sessions of some people last, by day.
fn lasting(
    columns: &SessionColumns,
    people: &[PersonRows],
    starts: &[i64],
    as_of_ms: i64,
    with_single: bool,
) -> Lasting {
    let row_count: usize = people.iter().map(|of| of.rows.len()).sum();
    let usual = row_count / starts.len().max(1) * 3 / 2;
    let lengths = || Lengths {
        session_count: 0,
        sessions: Vec::with_capacity(if with_single { usual } else { 0 }),
        people: Vec::with_capacity(usual),
    };
    let mut days: Vec<Lengths> = starts.iter().map(|_| lengths()).collect();
    let mut active_count = 0;
    let end_of = |day: usize| starts.get(day + 1).copied().unwrap_or(i64::MAX);
    for of in people {
        // A person's sessions of one day stand together.
        let (mut day, mut end_ms, mut sum_ms) = (0, i64::MIN, None);
        for row in of.rows.clone() {
            if as_of_ms < columns.closes_at_ms[row] {
                active_count += 1;
                continue;
            }
            let start_ms = columns.started_at_ms[row];
            if start_ms >= end_ms {
                if let Some(sum_ms) = sum_ms.take() {
                    days[day].people.push(sum_ms);
                }
                day = day_at(starts, start_ms);
                end_ms = end_of(day);
            }
            let length_ms = columns.duration_ms[row];
            days[day].session_count += 1;
            if with_single {
                days[day].sessions.push(length_ms);
            }
            *sum_ms.get_or_insert(0) += length_ms;
        }
        if let Some(sum_ms) = sum_ms {
            days[day].people.push(sum_ms);
        }
    }
    Lasting { days, active_count }
}

/// The day of a moment: where it would be if all days had 24 hours, or near.
fn day_at(starts: &[i64], at_ms: i64) -> usize {
    let near = (at_ms - starts[0]) / 86_400_000;
    let mut day = (near as usize).min(starts.len() - 1);
    while starts[day] > at_ms {
        day -= 1;
    }
    while starts
        .get(day + 1)
        .is_some_and(|start_ms| *start_ms <= at_ms)
    {
        day += 1;
    }
    day
}

fn day_of(zone: Zone, start_ms: i64, lengths: &mut [Lengths]) -> Day {
    let (mut session_count, mut sessions, mut people) = (0, Vec::new(), Vec::new());
    for part in lengths {
        session_count += part.session_count;
        append(&mut sessions, &mut part.sessions);
        append(&mut people, &mut part.people);
    }
    let (year, month, day) = date_of_days(zone.local_date_at(start_ms));
    Day {
        date: format!("{year:04}-{month:02}-{day:02}"),
        from_ms: start_ms,
        session_count,
        person_count: people.len() as u64,
        duration_ms: people.iter().sum(),
        median_person_ms: median(&mut people),
        median_session_ms: median(&mut sessions),
    }
}

/// Moves all to the end, or as they are where there is nothing yet.
fn append(all: &mut Vec<i64>, more: &mut Vec<i64>) {
    match all.is_empty() {
        true => *all = std::mem::take(more),
        false => all.append(more),
    }
}

/// The middle, or the mean of the two middles.
fn median(values: &mut [i64]) -> Option<f64> {
    let half = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let is_even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable(half);
    let middle = *middle as f64;
    Some(match (is_even, below.iter().max()) {
        (true, Some(other)) => f64::midpoint(*other as f64, middle),
        _ => middle,
    })
}
