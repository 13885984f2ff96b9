//! Section 3 of the rules once more, as slowly and as close to its words as possible: everything is
//! worked out anew from the events for every event. It shares nothing with the walk but nouns.

use std::cell::RefCell;
use std::collections::HashMap;

use dwell_model::definition::{GapAtTimeout, Role, Scope, SessionIds};
use dwell_model::{Definition, EndReason, Session, StartReason, Zone};
use dwell_sessionizer::{Input, Rules, Walk, Walker};

const HOUR_MS: i64 = 3_600_000;

/// A session as the list of its events.
struct Naive {
    start_reason: StartReason,
    /// Indices into the stream, passive events too.
    members: Vec<usize>,
}

/// The rules over one stream.
pub(crate) struct Model<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) events: &'a [Input],
}

fn starts(role: Role) -> bool {
    [Role::Activity, Role::Start, Role::Foreground].contains(&role)
}

fn extends(role: Role) -> bool {
    starts(role) || [Role::Extend, Role::Background, Role::End].contains(&role)
}

impl Model<'_> {
    /// All sessions and who is in them.
    pub(crate) fn walk(&self) -> Walk {
        let mut sessions: Vec<Naive> = Vec::new();
        for (index, event) in self.events.iter().enumerate() {
            if event.role == Role::Ignored {
                continue;
            }
            match self.reason(sessions.last(), event) {
                None => sessions.last_mut().unwrap().members.push(index),
                Some(start_reason) if starts(event.role) => {
                    sessions.push(Naive {
                        start_reason,
                        members: vec![index],
                    });
                }
                Some(_) => {}
            }
        }
        let mut session_of = vec![None; self.events.len()];
        for (number, session) in sessions.iter().enumerate() {
            for index in &session.members {
                session_of[*index] = Some(number as u32);
            }
        }
        let finished = (0..sessions.len())
            .map(|number| self.finish(&sessions[number], sessions.get(number + 1)))
            .collect();
        Walk {
            sessions: finished,
            session_of,
        }
    }

    /// Rule 2.
    fn reason(&self, current: Option<&Naive>, event: &Input) -> Option<StartReason> {
        let Some(current) = current else {
            return Some(StartReason::First);
        };
        if event.role == Role::Start {
            return Some(StartReason::Forced);
        }
        if self.last_extending(current).role == Role::End {
            return Some(StartReason::Ended);
        }
        let (closes_at_ms, reason) = self.closes_at(current).expect("some limit is set");
        if event.time_ms >= closes_at_ms {
            let same_word = StartReason::parse(reason.as_str());
            return Some(same_word.expect("limits have the same word on both sides"));
        }
        let scope_is_device = self.definition.scope == Scope::Device;
        if scope_is_device && extends(event.role) && event.user != 0 {
            let known = self.first_known(current, |event| event.user);
            if known != 0 && known != event.user {
                return Some(StartReason::UserSwitched);
            }
        }
        let prefers = self.definition.session_ids == SessionIds::Prefer;
        if prefers && extends(event.role) && event.source_session != 0 {
            let known = self.first_known(current, |event| event.source_session);
            if known != 0 && known != event.source_session {
                return Some(StartReason::SessionId);
            }
        }
        None
    }

    /// Rule 1, without the start of the next session.
    fn closes_at(&self, session: &Naive) -> Option<(i64, EndReason)> {
        let last = self.last_extending(session);
        if last.role == Role::End {
            return Some((last.time_ms, EndReason::Ended));
        }
        let started_at_ms = self.events[session.members[0]].time_ms;
        // In the order of ties.
        let mut candidates = Vec::new();
        if let Some(zone) = self.definition.limits.day_in {
            candidates.push((day_end(zone, started_at_ms), EndReason::Midnight));
        }
        if let Some(seconds) = self.definition.limits.max_length_seconds {
            candidates.push((started_at_ms + self.ms(seconds), EndReason::MaxLength));
        }
        let held = self.definition.limits.foreground_holds && self.in_foreground(session);
        if let Some((wait_ms, reason)) = self.wait(last.role)
            && !held
        {
            candidates.push((last.time_ms + wait_ms, reason));
        }
        let earliest = candidates.iter().map(|(at_ms, _)| *at_ms).min()?;
        candidates.into_iter().find(|(at_ms, _)| *at_ms == earliest)
    }

    /// The wait after a last extending event of this role.
    fn wait(&self, role: Role) -> Option<(i64, EndReason)> {
        let inactivity = self.definition.limits.inactivity_seconds;
        let background = self.definition.limits.background_seconds;
        match (role, background, inactivity) {
            (Role::Background, Some(background), None) => {
                Some((self.ms(background), EndReason::Background))
            }
            (Role::Background, Some(background), Some(inactivity)) if background < inactivity => {
                Some((self.ms(background), EndReason::Background))
            }
            (_, _, Some(inactivity)) => Some((self.ms(inactivity), EndReason::Timeout)),
            (_, _, None) => None,
        }
    }

    /// A `start` or `foreground` since the last `background` or `end` of the session.
    fn in_foreground(&self, session: &Naive) -> bool {
        let last_of = |roles: [Role; 2]| {
            session
                .members
                .iter()
                .rposition(|index| roles.contains(&self.events[*index].role))
        };
        let there = last_of([Role::Start, Role::Foreground]);
        let gone = last_of([Role::Background, Role::End]);
        there.is_some() && there > gone
    }

    fn finish(&self, session: &Naive, next: Option<&Naive>) -> Session {
        let extending = self.extending(session);
        let members = &session.members;
        let event = |index: usize| &self.events[index];
        let (first, last) = (extending[0], extending[extending.len() - 1]);
        let (mut closes_at_ms, mut close_reason) =
            self.closes_at(session).expect("some limit is set");
        if let Some(next) = next {
            let next_start_ms = event(next.members[0]).time_ms;
            if next_start_ms < closes_at_ms {
                closes_at_ms = next_start_ms;
                close_reason = EndReason::parse(next.start_reason.as_str()).expect("same words");
            }
        }
        let gaps = || {
            extending.windows(2).map(|pair| {
                let gap_ms = event(pair[1]).time_ms - event(pair[0]).time_ms;
                (event(pair[0]).role == Role::Background, gap_ms)
            })
        };
        let late_after_ms = self
            .definition
            .limits
            .inactivity_seconds
            .map_or(1_800_000, |s| self.ms(s));
        let late = members.iter().filter(|index| {
            let event = event(**index);
            event.arrival_ms - event.time_ms >= late_after_ms
        });
        let grace_ms = self.definition.grace_seconds * 1_000;
        Session {
            started_at_ms: event(first).time_ms,
            ended_at_ms: event(last).time_ms,
            closes_at_ms,
            expires_at_ms: (closes_at_ms + grace_ms).min(event(last).time_ms + 48 * HOUR_MS),
            start_reason: session.start_reason,
            close_reason,
            start_kind: event(first).start_kind,
            late_born: false,
            event_count: members.len() as u32,
            late_count: late.count() as u32,
            engaged_ms: gaps()
                .filter(|gap| !gap.0)
                .map(|gap| gap.1.min(300_000))
                .sum(),
            background_ms: gaps().filter(|gap| gap.0).map(|gap| gap.1).sum(),
            first_event: first as u32,
            last_extending: last as u32,
            first_arrived: *members
                .iter()
                .min_by_key(|index| (event(**index).arrival_ms, **index))
                .expect("a session has an event") as u32,
            user: self.first_known(session, |event| event.user),
            source_session: self.first_known(session, |event| event.source_session),
        }
    }

    fn extending(&self, session: &Naive) -> Vec<usize> {
        let is_extending = |index: &usize| extends(self.events[*index].role);
        session
            .members
            .iter()
            .copied()
            .filter(is_extending)
            .collect()
    }

    fn last_extending(&self, session: &Naive) -> &Input {
        let extending = self.extending(session);
        &self.events[*extending.last().expect("what starts a session extends it")]
    }

    fn first_known(&self, session: &Naive, known: impl Fn(&Input) -> u32) -> u32 {
        let extending = self.extending(session).into_iter();
        extending
            .map(|index| known(&self.events[index]))
            .find(|known| *known != 0)
            .unwrap_or(0)
    }

    fn ms(&self, seconds: i64) -> i64 {
        seconds * 1_000 + i64::from(self.definition.gap_at_timeout == GapAtTimeout::Same)
    }

    /// The instants at which the session that is newest after all events would close by each of its
    /// limits: around these, streams get interesting.
    pub(crate) fn limits_of_newest(&self) -> Vec<i64> {
        let walk = self.walk();
        let Some(newest) = walk.sessions.last() else {
            return Vec::new();
        };
        let limits = &self.definition.limits;
        let after = |from_ms: i64, seconds: Option<i64>| seconds.map(|s| from_ms + self.ms(s));
        [
            after(newest.ended_at_ms, limits.inactivity_seconds),
            after(newest.ended_at_ms, limits.background_seconds),
            after(newest.started_at_ms, limits.max_length_seconds),
            limits
                .day_in
                .map(|zone| day_end(zone, newest.started_at_ms)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The first instant after `utc_ms` whose local date is later, found minute by minute (clocks
/// change on whole minutes).
fn day_end(zone: Zone, utc_ms: i64) -> i64 {
    thread_local! {
        static KNOWN: RefCell<HashMap<(Zone, i64), i64>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        *known.entry((zone, utc_ms)).or_insert_with(|| {
            let date = zone.local_date_at(utc_ms);
            let next_minute = utc_ms.div_euclid(60_000) + 1;
            let later = (next_minute..).find(|minute| zone.local_date_at(minute * 60_000) > date);
            later.expect("days end") * 60_000
        })
    })
}

/// Compares the walk with the model, and holds what is true of every walk.
#[track_caller]
pub(crate) fn compare(
    walker: &mut Walker<'_>,
    definition: &Definition,
    events: &[Input],
    note: &str,
) {
    let found = walker.walk(events);
    let expected = Model { definition, events }.walk();
    if *found != expected {
        let json = definition.to_json();
        panic!("{note}{json}\nevents {events:#?}\nfound {found:#?}\nexpected {expected:#?}");
    }
    for session in &found.sessions {
        assert!(session.duration_ms() >= 0, "{note}a negative length");
        assert!(
            session.closes_at_ms >= session.ended_at_ms,
            "{note}closed before its end"
        );
        assert!(
            session.expires_at_ms >= session.closes_at_ms,
            "{note}final before its closing"
        );
        assert_ne!(
            session.close_reason,
            EndReason::Open,
            "{note}open is never stored"
        );
    }
    for pair in found.sessions.windows(2) {
        assert!(
            pair[0].closes_at_ms <= pair[1].started_at_ms,
            "{note}sessions overlap"
        );
    }
}

/// As [`compare`], for one stream.
#[track_caller]
pub(crate) fn compare_once(definition: &Definition, events: &[Input], note: &str) {
    compare(
        &mut Walker::new(&Rules::new(definition)),
        definition,
        events,
        note,
    );
}
