//! What trying a definition is answered with: figures of both definitions, added up over any number
//! of columns.

use dwell_model::{Definition, Zone};

use super::columns::Columns;
use super::compare::{Comparison, Fate};
use super::curve::{Pauses, Points};
use super::example::{self, Best, Example, Sides};
use super::find::Found;
use super::memory::Plan;
use super::{ExampleChoice, RuleChange, SessionFigures};

/// What is asked of every comparison.
pub(super) struct Question<'a> {
    pub(super) now: &'a Definition,
    pub(super) tried: &'a Definition,
    pub(super) zone: Zone,
    pub(super) examples: ExampleChoice,
    pub(super) plan: &'a Plan,
    pub(super) points: &'a Points,
}

/// Figures so far.
pub(super) struct Figures {
    event_count: u64,
    person_count: u64,
    now: Side,
    tried: Side,
    same: u64,
    split: u64,
    merged: u64,
    otherwise: u64,
    changed_person_count: u64,
    best: Best,
    pub(super) pauses: Pauses,
}

/// Figures of one definition.
#[derive(Default)]
struct Side {
    lengths_ms: Vec<i64>,
    person_days: u64,
    one_event_count: u64,
    late_count: u64,
    late_attached_count: u64,
}

impl Figures {
    pub(super) fn new(question: &Question<'_>) -> Self {
        Self {
            event_count: 0,
            person_count: 0,
            now: Side::default(),
            tried: Side::default(),
            same: 0,
            split: 0,
            merged: 0,
            otherwise: 0,
            changed_person_count: 0,
            best: Best::default(),
            pauses: Pauses::new(question.points.clone()),
        }
    }

    /// Adds what the sessions of both definitions over the same columns say; pauses are noted
    /// before.
    pub(super) fn note(
        &mut self,
        question: &Question<'_>,
        columns: &Columns,
        now: &Found,
        tried: &Found,
    ) {
        self.event_count += columns.event_count() as u64;
        self.person_count += columns.people.len() as u64;
        self.now.note(columns, now, question.now);
        self.tried.note(columns, tried, question.tried);
        let comparison = Comparison::new(now, tried);
        for fate in &comparison.fates {
            *match fate {
                Fate::Same => &mut self.same,
                Fate::Split => &mut self.split,
                Fate::Merged => &mut self.merged,
                Fate::Otherwise => &mut self.otherwise,
            } += 1;
        }
        let sides = Sides {
            columns,
            now,
            tried,
            comparison: &comparison,
        };
        let days = example::compare_days(question, &sides);
        self.now.person_days += days.now_count;
        self.tried.person_days += days.tried_count;
        self.changed_person_count += days.changed_person_count;
        self.best.add(days.best);
    }

    /// Adds the figures of other columns.
    pub(super) fn add(&mut self, other: Self) {
        self.event_count += other.event_count;
        self.person_count += other.person_count;
        self.now.add(other.now);
        self.tried.add(other.tried);
        self.same += other.same;
        self.split += other.split;
        self.merged += other.merged;
        self.otherwise += other.otherwise;
        self.changed_person_count += other.changed_person_count;
        self.best.add(other.best);
        self.pauses.add(&other.pauses);
    }

    /// The answer, and the examples whose people are still to be named.
    pub(super) fn finish(self) -> (RuleChange, Vec<Example>) {
        let change = RuleChange {
            event_count: self.event_count,
            person_count: self.person_count,
            now: self.now.finish(),
            tried: self.tried.finish(),
            same: self.same,
            split: self.split,
            merged: self.merged,
            otherwise: self.otherwise,
            changed_person_count: self.changed_person_count,
            examples: Vec::new(),
            curve: self.pauses.curve(),
            seconds: 0.0,
        };
        (change, self.best.examples())
    }
}

impl Side {
    fn note(&mut self, columns: &Columns, found: &Found, definition: &Definition) {
        let late_after_ms = definition.late_after_ms();
        let lateness_ms = columns.arrivals_ms.iter().zip(&columns.times_ms);
        self.late_count += lateness_ms
            .filter(|(arrival_ms, time_ms)| **arrival_ms - **time_ms >= late_after_ms)
            .count() as u64;
        self.lengths_ms.reserve(found.sessions.len());
        for session in &found.sessions {
            self.lengths_ms
                .push(session.ended_at_ms - session.started_at_ms);
            self.one_event_count += u64::from(session.event_count == 1);
            if !session.late_born {
                self.late_attached_count += u64::from(session.late_count);
            }
        }
    }

    fn add(&mut self, mut other: Self) {
        self.lengths_ms.append(&mut other.lengths_ms);
        self.person_days += other.person_days;
        self.one_event_count += other.one_event_count;
        self.late_count += other.late_count;
        self.late_attached_count += other.late_attached_count;
    }

    fn finish(mut self) -> SessionFigures {
        let session_count = self.lengths_ms.len() as u64;
        SessionFigures {
            session_count,
            median_length_ms: median(&mut self.lengths_ms),
            sessions_per_person_day: (self.person_days > 0)
                .then(|| session_count as f64 / self.person_days as f64),
            one_event_count: self.one_event_count,
            late_count: self.late_count,
            late_attached_count: self.late_attached_count,
        }
    }
}

/// The value in the middle; of an even number the mean of the two there, cut to whole ones.
fn median(values: &mut [i64]) -> Option<i64> {
    if values.is_empty() {
        return None;
    }
    let (middle, is_even) = (values.len() / 2, values.len().is_multiple_of(2));
    let (below, upper, _) = values.select_nth_unstable(middle);
    let upper = *upper;
    Some(match below.iter().max() {
        Some(lower) if is_even => lower + (upper - lower) / 2,
        _ => upper,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_there() {
        let cases = [
            (vec![], None),
            (vec![5], Some(5)),
            (vec![9, 0], Some(4)),
            (vec![9, 1, 3], Some(3)),
            (vec![7, 100, 1, 3], Some(5)),
        ];
        for (mut values, expected) in cases {
            assert_eq!(median(&mut values), expected, "{values:?}");
        }
    }
}
