//! A stream taken as it arrived: a pool of events whose sessions are live, and sessions that freeze
//! (sessions, section 4).
//!
//! The live sessions are always the walk of section 3 over the pool, but an arriving event walks
//! only what it changes. After each event of the pool the walk's [`Course`] is kept: all that it
//! needs to know to go on. An event is put between two others, takes up the course of the one
//! before it, and walks on until the course is as it was; from there on the walk decides as it did,
//! as far as nothing else that closes the session differs either. What a session gathers beside
//! its course is worked out once, when it freezes or at the end.
//!
//! So an event costs a few steps and searches wherever it falls, even in a session of all events.
//! It costs more where it changes more: all of a session where it brings the first known user to
//! it, or all sessions of a chain of maximum lengths, one after the other.
//!
//! A walk can go on from where it stood: final sessions never change and the live ones follow from
//! the pool, so the events of the pool alone, put in as they are, and the final sessions right before
//! them make it what it was. What the batches were is not known here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::mem::replace;

use dwell_model::definition::Role;
use dwell_model::session::expires_at_ms;
use dwell_model::{Session, StartReason};

use crate::arrived::Arrived;
use crate::current::{Current, in_foreground_after};
use crate::limits::Closing;
use crate::places::{AtPlaces, Places};
use crate::rules::StreamRules;
use crate::switch::Known;
use crate::walk::{Stream, reason_to_part};
use crate::{Before, Input, Pooled, Stood, Walk};

/// The pool of one stream, and the buffers of all; places are those of the stream in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    places: Places,
    /// The sessions of the pool, by the place of their first event: each has the members from there
    /// to the next one's.
    live: AtPlaces<Live>,
    /// Of every event of the stream.
    standings: Vec<Standing>,
    /// Of every event of the pool that stands in or after a live session.
    courses: Vec<Course>,
    /// The members' ranks of arrival.
    arrived: Arrived,
    /// The place of every rank of arrival, and the rank of every place.
    by_arrival: Vec<u32>,
    ranks: Vec<u32>,
    /// Events without a session, and some that have found one since, by the moment of leaving.
    leaving: BinaryHeap<Reverse<(i64, u32)>>,
    /// Final sessions by the place of their first event, as they would close by themselves.
    frozen: AtPlaces<(Closing, Known)>,
    members: Vec<u32>,
    /// What was in the pool when all had arrived; none before.
    pooled: Option<Pooled>,
    step_count: u64,
}

/// A session of the walk over the pool.
#[derive(Clone, Copy, Debug)]
struct Live {
    /// By section 3.2; of the first one it does not count.
    reason: StartReason,
    /// What closes it whatever comes.
    latest: Closing,
}

/// An event's place in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Outside: it has not arrived, has left, or its session is final.
    Outside,
    /// In a live session.
    Member,
    /// Without a session.
    Without,
}

/// What the walk knows of its newest session after an event, beside what closes that whatever
/// comes. Two walks with the same course and the same latest closing go on alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    last_extending: u32,
    /// Only where it parts sessions, else 0, so that courses do not differ by what has no effect.
    known: Known,
    /// Only where the foreground holds, likewise.
    in_foreground: bool,
}

impl Course {
    const NONE: Self = Self {
        last_extending: 0,
        known: Known {
            user: 0,
            source_session: 0,
        },
        in_foreground: false,
    };

    /// Of a session that an event starts.
    fn start(rules: &StreamRules, place: u32, event: &Input) -> Self {
        Self::NONE.join(rules, place, event)
    }

    /// After the session has taken an event in.
    fn join(self, rules: &StreamRules, place: u32, event: &Input) -> Self {
        if !event.role.extends() {
            return self;
        }
        let first_of = |parts: bool, known: u32, new: u32| match parts && known == 0 {
            true => new,
            false => known,
        };
        let Known {
            user,
            source_session,
        } = self.known;
        Self {
            last_extending: place,
            known: Known {
                user: first_of(rules.splits_users, user, event.user),
                source_session: first_of(
                    rules.splits_source_sessions,
                    source_session,
                    event.source_session,
                ),
            },
            in_foreground: rules.limits.foreground_holds
                && in_foreground_after(event.role, self.in_foreground),
        }
    }

    /// What closes the session, were there none after it.
    fn closing(self, rules: &StreamRules, events: &[Input], latest: Closing) -> Closing {
        let last = &events[self.last_extending as usize];
        rules
            .limits
            .closing_after(last.role, last.time_ms, self.in_foreground, latest)
    }
}

impl Pool {
    /// See [`crate::Walker::step_count`].
    pub(crate) fn step_count(&self) -> u64 {
        self.step_count
    }

    /// See [`crate::Walker::pooled`].
    pub(crate) fn pooled(&self) -> Option<&Pooled> {
        self.pooled.as_ref()
    }

    /// Forgets what was in the pool of the stream before.
    pub(crate) fn forget_pooled(&mut self) {
        self.pooled = None;
    }

    /// The sessions of one stream as of its last arrival, into an empty `walk`.
    pub(crate) fn settle(&mut self, stream: &mut Stream<'_>, events: &[Input], walk: &mut Walk) {
        self.resume(stream, events, &[], Before::default(), walk);
    }

    /// As [`Pool::settle`], from where some of the events stood; without a word on them, all arrive.
    pub(crate) fn resume(
        &mut self,
        stream: &mut Stream<'_>,
        events: &[Input],
        stood: &[Stood],
        before: Before,
        walk: &mut Walk,
    ) {
        let stood = |place: u32| stood.get(place as usize).copied().unwrap_or(Stood::Not);
        self.reset(events, |place| {
            matches!(stood(place), Stood::Not | Stood::InPool)
        });
        walk.session_of.resize(events.len(), None);
        let mut settling = Settling {
            rules: stream.rules,
            stream,
            events,
            pool: self,
            walk,
            before,
        };
        settling.recall_final(stood);
        for rank in 0..settling.pool.by_arrival.len() {
            let place = settling.pool.by_arrival[rank];
            // The live sessions are the walk over the pool, however that came about.
            if stood(place) == Stood::Not {
                let now_ms = events[place as usize].arrival_ms;
                if !before.is_held {
                    settling.freeze_until(now_ms);
                }
                settling.leave_until(now_ms);
            }
            settling.arrive(place);
        }
        settling.finish();
        walk.put_in_order();
    }

    fn reset(&mut self, events: &[Input], comes: impl Fn(u32) -> bool) {
        self.places.reset(events.len());
        self.live.reset(events.len());
        self.standings.clear();
        self.standings.resize(events.len(), Standing::Outside);
        self.courses.clear();
        self.courses.resize(events.len(), Course::NONE);
        self.arrived.reset(events.len());
        self.leaving.clear();
        self.frozen.reset(events.len());
        self.by_arrival.clear();
        let is_kept = |place: &u32| events[*place as usize].role != Role::Ignored && comes(*place);
        self.by_arrival
            .extend((0..events.len() as u32).filter(is_kept));
        // Stable: ties stay in order.
        self.by_arrival
            .sort_by_key(|place| events[*place as usize].arrival_ms);
        self.ranks.clear();
        self.ranks.resize(events.len(), 0);
        for (rank, place) in (0..).zip(&self.by_arrival) {
            self.ranks[*place as usize] = rank;
        }
    }

    /// The first place of the pool from `place` on.
    fn next_from(&self, place: u32) -> Option<u32> {
        self.places.next_from(place)
    }

    /// The course after the last event before `place`; there is a live session before it.
    fn course_before(&self, place: u32) -> Course {
        let before = self.places.last_before(place);
        before.map_or(Course::NONE, |before| self.courses[before as usize])
    }

    /// The live session after the one that starts at `first`.
    fn live_after(&self, first: u32) -> Option<(u32, Live)> {
        self.live.next_from(first + 1)
    }
}

/// One stream that is being settled.
struct Settling<'a, 's, 'r> {
    rules: &'r StreamRules,
    stream: &'s mut Stream<'r>,
    events: &'a [Input],
    pool: &'s mut Pool,
    walk: &'s mut Walk,
    before: Before,
}

impl Settling<'_, '_, '_> {
    fn event(&self, place: u32) -> &Input {
        &self.events[place as usize]
    }

    /// Final sessions out of their events, as far as the ones after them need to know them.
    fn recall_final(&mut self, stood: impl Fn(u32) -> Stood) {
        let mut finals: BTreeMap<u32, (u32, Current)> = BTreeMap::new();
        for place in 0..self.events.len() as u32 {
            let Stood::Final(session) = stood(place) else {
                continue;
            };
            let event = &self.events[place as usize];
            match finals.get_mut(&session) {
                Some((_, known)) => known.join(self.rules, place, event),
                None => {
                    let latest = self.stream.latest_closing(event.time_ms);
                    let (rules, reason) = (self.rules, StartReason::First);
                    let known = Current::start(rules, place, event, reason, latest);
                    finals.insert(session, (place, known));
                }
            }
        }
        for (first, known) in finals.into_values() {
            let known = (known.closing(), known.known());
            self.pool.frozen.insert(first, known);
        }
    }

    /// Sessions freeze from the front, while the moment of the first one has come.
    fn freeze_until(&mut self, now_ms: i64) {
        while let Some((first, live)) = self.pool.live.next_from(0) {
            let next = self.pool.live_after(first);
            if !self.freezes(first, live, next, now_ms) {
                return;
            }
            let reason = self.reason_of_front(first);
            self.take_front(first, Live { reason, ..live }, next);
        }
    }

    /// Whether the freezing moment of a session has come (sessions, section 4.3).
    fn freezes(&mut self, first: u32, live: Live, next: Option<(u32, Live)>, now_ms: i64) -> bool {
        let until = next.map_or(self.events.len() as u32, |(next, _)| next);
        let course = self.pool.course_before(until);
        let ended_at_ms = self.event(course.last_extending).time_ms;
        let closing = course.closing(self.rules, self.events, live.latest);
        let closes_at_ms = match next {
            Some((next, _)) => closing.at_ms.min(self.event(next).time_ms),
            None => closing.at_ms,
        };
        if expires_at_ms(closes_at_ms, ended_at_ms, self.rules.grace_ms) > now_ms {
            return false;
        }
        let arrived = self.pool.arrived.between(first, until);
        let place_of = |rank: u32| self.pool.by_arrival[rank as usize];
        let (first_arrived, last_arrived) = (place_of(arrived.first), place_of(arrived.last));
        let waits_until_ms = self.event(last_arrived).arrival_ms + self.rules.late_born_wait_ms;
        waits_until_ms <= now_ms || !self.is_late_born(first_arrived)
    }

    /// Whether an event arrived when a single `activity` event of its time would have expired.
    fn is_late_born(&mut self, first_arrived: u32) -> bool {
        let event = self.event(first_arrived);
        let (time_ms, arrival_ms) = (event.time_ms, event.arrival_ms);
        if self.rules.takes_in_time(time_ms, arrival_ms) {
            return false;
        }
        let latest = self.stream.latest_closing(time_ms);
        let limits = &self.rules.limits;
        let closing = limits.closing_after(Role::Activity, time_ms, false, latest);
        arrival_ms >= expires_at_ms(closing.at_ms, time_ms, self.rules.grace_ms)
    }

    /// Why the first live session started: by the newest final one before it (sessions, section
    /// 4.4).
    fn reason_of_front(&self, first: u32) -> StartReason {
        let last_final = self.before.last_final.map(|last| {
            let closing = Closing {
                at_ms: last.closes_at_ms,
                reason: last.close_reason,
            };
            let known = Known {
                user: last.user,
                source_session: 0,
            };
            (closing, known)
        });
        let newest = self.pool.frozen.last_before(first);
        match newest.map(|(_, known)| known).or(last_final) {
            None => StartReason::First,
            Some((closing, known)) => reason_to_part(self.rules, closing, known, self.event(first))
                .unwrap_or(StartReason::Late),
        }
    }

    /// Takes the first live session and its members out of the pool: it is final.
    fn take_front(&mut self, first: u32, live: Live, next: Option<(u32, Live)>) {
        let pool = &mut *self.pool;
        let until = next.map_or(self.events.len() as u32, |(next, _)| next);
        let is_member = |place: &u32| pool.standings[*place as usize] == Standing::Member;
        let members = pool.places.between(first, until).filter(is_member);
        pool.members.clear();
        pool.members.extend(members);

        let event = &self.events[first as usize];
        let mut session = Current::start(self.rules, first, event, live.reason, live.latest);
        let number = self.walk.sessions.len() as u32;
        for &place in &pool.members {
            if place != first {
                session.join(self.rules, place, &self.events[place as usize]);
            }
            self.walk.session_of[place as usize] = Some(number);
            pool.places.remove(place);
            pool.standings[place as usize] = Standing::Outside;
            pool.arrived.remove(place);
        }
        pool.live.remove(first);
        pool.frozen
            .insert(first, (session.closing(), session.known()));
        let next = next.map(|(next, live)| (self.events[next as usize].time_ms, live.reason));
        let session = session.finish(self.rules, next);
        let late_born = self.is_late_born(session.first_arrived);
        let session = Session {
            late_born,
            ..session
        };
        self.walk.sessions.push(session);
    }

    /// Events without a session leave when the grace is over for them too.
    fn leave_until(&mut self, now_ms: i64) {
        while let Some(Reverse((at_ms, place))) = self.pool.leaving.peek().copied()
            && at_ms <= now_ms
        {
            self.pool.leaving.pop();
            if self.pool.standings[place as usize] == Standing::Without {
                self.pool.places.remove(place);
                self.pool.standings[place as usize] = Standing::Outside;
            }
        }
    }

    /// An event joins the pool, and what it changes is walked anew.
    fn arrive(&mut self, place: u32) {
        // The walk that is made, and the latest closing of the walk as it was.
        let mut current = self.before(place);
        let mut latest_as_it_was = current.map(|(latest, _)| latest);
        self.pool.places.insert(place);
        let mut at = place;
        loop {
            self.pool.step_count += 1;
            let event = &self.events[at as usize];
            let part = current.map_or(Some(StartReason::First), |(latest, course)| {
                let closing = course.closing(self.rules, self.events, latest);
                reason_to_part(self.rules, closing, course.known, event)
            });
            match (part, &mut current) {
                (None, Some((_, course))) => {
                    *course = course.join(self.rules, at, event);
                    // A session that started here is now the rest of this one.
                    if let Some(absorbed) = self.pool.live.remove(at) {
                        latest_as_it_was = Some(absorbed.latest);
                    }
                    self.stand(at, Standing::Member);
                }
                (Some(reason), _) if event.role.starts() => {
                    if let Some(live) = self.pool.live.get_mut(at) {
                        // From here on all is as it was, but for the reason.
                        live.reason = reason;
                        return;
                    }
                    let latest = self.stream.latest_closing(event.time_ms);
                    current = Some((latest, Course::start(self.rules, at, event)));
                    self.pool.live.insert(at, Live { reason, latest });
                    self.stand(at, Standing::Member);
                }
                _ => self.stand(at, Standing::Without),
            }
            let mut next = at + 1;
            if let Some((latest, course)) = current {
                let course_as_it_was = replace(&mut self.pool.courses[at as usize], course);
                if let Some(latest_as_it_was) = latest_as_it_was
                    && at != place
                    && course == course_as_it_was
                {
                    if latest == latest_as_it_was {
                        return;
                    }
                    // All before the earlier of the two is decided as it was.
                    let apart_ms = latest.at_ms.min(latest_as_it_was.at_ms);
                    let rest = &self.events[next as usize..];
                    next += rest.partition_point(|event| event.time_ms < apart_ms) as u32;
                    let live = self.pool.live.next_from(at + 1);
                    if live.is_some_and(|(first, _)| first < next) {
                        return;
                    }
                    current = Some((latest, self.pool.course_before(next)));
                }
            }
            if at == place && self.pool.standings[at as usize] == Standing::Without {
                return;
            }
            match self.pool.next_from(next) {
                None => return,
                Some(next) => at = next,
            }
        }
    }

    /// The newest live session before a place: what closes it whatever comes, and its course there.
    fn before(&self, place: u32) -> Option<(Closing, Course)> {
        let (_, live) = self.pool.live.last_before(place)?;
        Some((live.latest, self.pool.course_before(place)))
    }

    fn stand(&mut self, place: u32, standing: Standing) {
        let pool = &mut *self.pool;
        if replace(&mut pool.standings[place as usize], standing) == standing {
            return;
        }
        if standing == Standing::Member {
            pool.arrived.insert(place, pool.ranks[place as usize]);
        } else {
            pool.arrived.remove(place);
            let event = &self.events[place as usize];
            let from_ms = event.time_ms.max(event.arrival_ms);
            let leaving = (from_ms + self.rules.grace_ms, place);
            pool.leaving.push(Reverse(leaving));
        }
    }

    /// All that has arrived is in; what is live stays as it is.
    fn finish(&mut self) {
        let pool = &mut *self.pool;
        let all = self.events.len() as u32;
        let waits = |place: &u32| pool.standings[*place as usize] == Standing::Without;
        pool.pooled = Some(Pooled {
            sessions: pool.live.places().between(0, all).collect(),
            waiting: pool.places.between(0, all).filter(waits).collect(),
        });
        let mut is_front = true;
        while let Some((first, live)) = self.pool.live.next_from(0) {
            let reason = match replace(&mut is_front, false) {
                true => self.reason_of_front(first),
                false => live.reason,
            };
            let next = self.pool.live_after(first);
            self.take_front(first, Live { reason, ..live }, next);
        }
    }
}
