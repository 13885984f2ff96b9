//! Days of people under both definitions: how many there are, whose change, and the ones to show.
//!
//! A session belongs to the day on which it starts. A day changes by the sessions that are there
//! under one definition only: no session of the same person under the other one holds exactly their
//! events from the same start to the same end.

use std::ops::Range;

use dwell_store::Owner;

use super::columns::Columns;
use super::compare::{Comparison, Fate};
use super::figures::Question;
use super::find::{Found, FoundSession};
use super::why::words_of_change;
use super::{ExampleChoice, Span};

/// Examples that are shown.
pub(super) const EXAMPLES: usize = 20;

/// The sessions of both definitions over the same columns.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) columns: &'a Columns,
    pub(super) now: &'a Found,
    pub(super) tried: &'a Found,
    pub(super) comparison: &'a Comparison,
}

/// A day of somebody, to be shown.
pub(super) struct Example {
    rank: Rank,
    pub(super) owner: Owner,
    /// Days since 1970.
    pub(super) date: i64,
    /// First instants of the day and of the next one, UTC.
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    pub(super) now: Vec<Span>,
    pub(super) tried: Vec<Span>,
    pub(super) why: String,
}

/// Less is shown first: by changes and date where those are asked for, then by the id's hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    fewer_changes: i64,
    earlier_date: i64,
    hash: u64,
    owner: Owner,
}

/// The best examples so far.
#[derive(Default)]
pub(super) struct Best(Vec<Example>);

impl Best {
    pub(super) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(|example| example.rank);
        self.0.truncate(EXAMPLES);
    }

    pub(super) fn examples(self) -> Vec<Example> {
        self.0
    }
}

/// What the days of the people in some columns say.
pub(super) struct Days {
    /// Days on which somebody has sessions in use.
    pub(super) now_count: u64,
    /// Days on which somebody has tried sessions.
    pub(super) tried_count: u64,
    pub(super) changed_person_count: u64,
    pub(super) best: Best,
}

/// A session on its day.
#[derive(Clone, Copy)]
struct Entry {
    person: u32,
    date: i32,
    is_tried: bool,
    is_changed: bool,
    session: u32,
}

/// Counts the days of all people under both definitions, and finds those to show.
pub(super) fn compare_days(question: &Question<'_>, sides: &Sides<'_>) -> Days {
    let mut entries = entries(question, sides);
    entries.sort_unstable_by_key(|entry| (entry.person, entry.date, entry.is_tried, entry.session));
    let mut days = Days {
        now_count: 0,
        tried_count: 0,
        changed_person_count: 0,
        best: Best::default(),
    };
    let mut candidates: Vec<(Rank, i32, Range<usize>)> = Vec::new();
    let mut from = 0;
    for of_person in entries.chunk_by(|a, b| a.person == b.person) {
        let mut best_day: Option<(usize, i32)> = None;
        for of_day in of_person.chunk_by(|a, b| a.date == b.date) {
            days.now_count += u64::from(of_day.iter().any(|entry| !entry.is_tried));
            days.tried_count += u64::from(of_day.iter().any(|entry| entry.is_tried));
            let changed_count = of_day.iter().filter(|entry| entry.is_changed).count();
            best_day = best_day.max(Some((changed_count, of_day[0].date)));
        }
        let range = from..from + of_person.len();
        from = range.end;
        let Some((changed_count, date)) = best_day else {
            continue;
        };
        days.changed_person_count += u64::from(changed_count > 0);
        let person = &sides.columns.people[of_person[0].person as usize];
        let hash = question.plan.hash_of(person.owner);
        let (fewer_changes, earlier_date) = match question.examples {
            ExampleChoice::Most if changed_count == 0 => continue,
            ExampleChoice::Most => (-(changed_count as i64), -i64::from(date)),
            ExampleChoice::Random => (0, 0),
        };
        let rank = Rank {
            fewer_changes,
            earlier_date,
            hash,
            owner: person.owner,
        };
        candidates.push((rank, date, range));
    }
    if candidates.len() > EXAMPLES {
        candidates.select_nth_unstable_by_key(EXAMPLES, |(rank, ..)| *rank);
        candidates.truncate(EXAMPLES);
    }
    let examples = candidates
        .into_iter()
        .filter_map(|(rank, date, range)| example(question, sides, rank, date, &entries[range]));
    days.best.add(Best(examples.collect()));
    days
}

/// Every session of both definitions.
fn entries(question: &Question<'_>, sides: &Sides<'_>) -> Vec<Entry> {
    let Sides {
        now,
        tried,
        comparison,
        ..
    } = sides;
    let has_moved = |a: &FoundSession, b: &FoundSession| {
        (a.person, a.started_at_ms, a.ended_at_ms) != (b.person, b.started_at_ms, b.ended_at_ms)
    };
    let entry = |found: &FoundSession, session: usize, is_tried: bool, is_changed: bool| Entry {
        person: found.person,
        // Times lie between 1980 and a day after today.
        date: question.zone.local_date_at(found.started_at_ms) as i32,
        is_tried,
        is_changed,
        session: session as u32,
    };
    let of_now = now.sessions.iter().enumerate().map(|(session, found)| {
        let is_changed = comparison.fates[session] != Fate::Same
            || has_moved(
                found,
                &tried.sessions[comparison.tried_of[session] as usize],
            );
        entry(found, session, false, is_changed)
    });
    let of_tried = tried.sessions.iter().enumerate().map(|(session, found)| {
        let is_changed = !comparison.is_known[session]
            || has_moved(found, &now.sessions[comparison.now_of[session] as usize]);
        entry(found, session, true, is_changed)
    });
    of_now.chain(of_tried).collect()
}

/// One day of somebody; `entries` are all of that person.
fn example(
    question: &Question<'_>,
    sides: &Sides<'_>,
    rank: Rank,
    date: i32,
    entries: &[Entry],
) -> Option<Example> {
    let date = i64::from(date);
    let from_ms = question.zone.start_of_day(date)?;
    let to_ms = question.zone.next_day_start_after(from_ms);
    let spans = |is_tried: bool, found: &Found| -> Vec<Span> {
        let mut spans: Vec<Span> = (entries.iter())
            .filter(|entry| entry.is_tried == is_tried)
            .map(|entry| &found.sessions[entry.session as usize])
            .filter(|session| lies_in(session, from_ms, to_ms))
            .map(|session| Span {
                from_ms: session.started_at_ms.max(from_ms),
                to_ms: session.ended_at_ms.min(to_ms),
            })
            .collect();
        spans.sort_unstable_by_key(|span| (span.from_ms, span.to_ms));
        spans
    };
    let of_day = |is_tried: bool| -> Vec<u32> {
        let of_day = entries
            .iter()
            .filter(|entry| entry.is_tried == is_tried && i64::from(entry.date) == date);
        of_day.map(|entry| entry.session).collect()
    };
    let is_changed = entries
        .iter()
        .any(|entry| entry.is_changed && i64::from(entry.date) == date);
    let why = match is_changed {
        true => words_of_change(question, sides, &of_day(false), &of_day(true)),
        false => "No change".to_owned(),
    };
    Some(Example {
        rank,
        owner: rank.owner,
        date,
        from_ms,
        to_ms,
        now: spans(false, sides.now),
        tried: spans(true, sides.tried),
        why,
    })
}

/// Whether a session lies in a day, if only in part; one that ends as the day begins does not.
fn lies_in(session: &FoundSession, from_ms: i64, to_ms: i64) -> bool {
    session.started_at_ms < to_ms
        && (session.ended_at_ms > from_ms || session.started_at_ms >= from_ms)
}
