//! One stream walked once, in order (sessions, section 3), and the one door to all ways of finding
//! sessions.

use dwell_model::definition::Role;
use dwell_model::{EndReason, StartReason};

use crate::arrivals::Pool;
use crate::current::Current;
use crate::day::DayEnds;
use crate::limits::{Closing, NEVER_MS};
use crate::rules::StreamRules;
use crate::switch::{Known, reason_to_switch};
use crate::trust::Parts;
use crate::{Before, Input, Pooled, Rules, Stood, Walk};

/// Finds the sessions of any number of streams by the same rules; what it allocates and what it
/// learns of local days serves them all.
#[derive(Clone, Debug)]
pub struct Walker<'r> {
    rules: &'r Rules,
    plain: Stream<'r>,
    parts: Parts,
    pool: Pool,
    walk: Walk,
}

/// The sessions of one stream as of its last arrival; [`Walker::sessions`] is the same for many.
pub fn sessions(rules: &Rules, events: &[Input]) -> Walk {
    let mut walker = Walker::new(rules);
    walker.sessions(events);
    walker.walk
}

/// One stream's sessions were nothing ever final; [`Walker::walk`] is the same for many.
pub fn walk(rules: &Rules, events: &[Input]) -> Walk {
    let mut walker = Walker::new(rules);
    walker.walk(events);
    walker.walk
}

/// How sessions are found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// All events in order, whenever they arrived.
    InOrder,
    /// One arrival after the other.
    ByArrival,
    /// In order where that gives the same, else by arrival.
    Shortest,
}

impl<'r> Walker<'r> {
    /// A walker by these rules.
    pub fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            plain: Stream::new(&rules.plain),
            parts: Parts::default(),
            pool: Pool::default(),
            walk: Walk::default(),
        }
    }

    /// The sessions of one stream as of its last arrival (sessions, sections 2 to 4). The events
    /// stand in order (see [`Input::in_order`]).
    pub fn sessions(&mut self, events: &[Input]) -> &Walk {
        self.find(events, Way::Shortest)
    }

    /// The sessions of one stream were nothing ever final: those of sessions, section 3 over all
    /// events, which stand in order. Trusted source sessions are walked one by one here too.
    pub fn walk(&mut self, events: &[Input]) -> &Walk {
        self.find(events, Way::InOrder)
    }

    /// As [`Walker::sessions`], one arrival after the other even where a single walk would give the
    /// same: by this, tests hold the short way to the long one.
    pub fn settle(&mut self, events: &[Input]) -> &Walk {
        self.find(events, Way::ByArrival)
    }

    /// The sessions of one stream from where it stood when others of its events had arrived: those
    /// that were live and those that are new. The events stand in order; they are those that were in
    /// the pool, those that arrive now, each later than all of the stream before, and the events of
    /// some final sessions: for each event that can start a session those of the newest one before it
    /// in order. There can be any others too; source sessions are not trusted.
    pub fn resume(&mut self, events: &[Input], stood: &[Stood], before: Before) -> &Walk {
        let (pool, walk) = (&mut self.pool, &mut self.walk);
        walk.sessions.clear();
        walk.session_of.clear();
        pool.resume(&mut self.plain, events, stood, before, walk);
        &self.walk
    }

    /// What was in the pool when all events of the last stream had arrived. `None` where it was walked
    /// in order: there the sessions that expire after the last arrival are live. Of trusted source
    /// sessions it tells nothing.
    pub fn pooled(&self) -> Option<&Pooled> {
        self.pool.pooled()
    }

    /// How many times events were walked one arrival after the other since the walker was made: a
    /// measure of work that is the same on every machine.
    pub fn step_count(&self) -> u64 {
        self.pool.step_count()
    }

    fn find(&mut self, events: &[Input], way: Way) -> &Walk {
        let (pool, walk) = (&mut self.pool, &mut self.walk);
        walk.sessions.clear();
        walk.session_of.clear();
        pool.forget_pooled();
        match &self.rules.trusted {
            None => self.plain.find(events, way, pool, walk),
            Some(trusted) => {
                let plain = &mut self.plain;
                self.parts.find(trusted, plain, events, way, pool, walk);
            }
        }
        &self.walk
    }
}

/// Streams of one kind: their rules and what is known of their days.
#[derive(Clone, Debug)]
pub(crate) struct Stream<'r> {
    pub(crate) rules: &'r StreamRules,
    day_ends: Option<DayEnds>,
}

impl<'r> Stream<'r> {
    pub(crate) fn new(rules: &'r StreamRules) -> Self {
        Self {
            rules,
            day_ends: rules.day_in.map(DayEnds::new),
        }
    }

    /// The sessions of one stream, into an empty `walk`.
    pub(crate) fn find(&mut self, events: &[Input], way: Way, pool: &mut Pool, walk: &mut Walk) {
        let is_in_order = match way {
            Way::InOrder => true,
            Way::ByArrival => false,
            // A few events at once: to stop at the first would cost more than it spares.
            Way::Shortest => events.chunks(64).all(|events| {
                let is_in_time = |event: &Input| {
                    self.rules.takes_in_time(event.time_ms, event.arrival_ms)
                        | (event.role == Role::Ignored)
                };
                events
                    .iter()
                    .fold(true, |all, event| all & is_in_time(event))
            }),
        };
        match is_in_order {
            true => self.walk(events, walk),
            false => pool.settle(self, events, walk),
        }
    }

    /// What closes a session that starts here whatever comes.
    pub(crate) fn latest_closing(&mut self, started_at_ms: i64) -> Closing {
        let day_end_ms = self
            .day_ends
            .as_mut()
            .map_or(NEVER_MS, |days| days.after(started_at_ms));
        self.rules.limits.latest_closing(started_at_ms, day_end_ms)
    }

    fn walk(&mut self, events: &[Input], walk: &mut Walk) {
        let rules = self.rules;
        walk.session_of.reserve(events.len());
        let mut current: Option<Current> = None;
        for (index, event) in (0..).zip(events) {
            if event.role == Role::Ignored {
                walk.session_of.push(None);
                continue;
            }
            let reason = match &mut current {
                None => StartReason::First,
                Some(current) => {
                    match reason_to_part(rules, current.closing(), current.known(), event) {
                        Some(reason) => reason,
                        None => {
                            current.join(rules, index, event);
                            walk.session_of.push(Some(walk.sessions.len() as u32));
                            continue;
                        }
                    }
                }
            };
            if !event.role.starts() {
                walk.session_of.push(None);
                continue;
            }
            let latest = self.latest_closing(event.time_ms);
            let next = Current::start(rules, index, event, reason, latest);
            if let Some(before) = current.replace(next) {
                let finished = before.finish(rules, Some((event.time_ms, reason)));
                walk.sessions.push(finished);
            }
            walk.session_of.push(Some(walk.sessions.len() as u32));
        }
        walk.sessions
            .extend(current.map(|last| last.finish(rules, None)));
    }
}

/// Why an event cannot join a session with this closing of its own, by the order of sessions,
/// section 3.2.
#[inline]
pub(crate) fn reason_to_part(
    rules: &StreamRules,
    closing: Closing,
    known: Known,
    event: &Input,
) -> Option<StartReason> {
    if event.role == Role::Start {
        return Some(StartReason::Forced);
    }
    if event.time_ms >= closing.at_ms {
        return Some(match closing.reason {
            EndReason::Ended => StartReason::Ended,
            EndReason::Midnight => StartReason::Midnight,
            EndReason::MaxLength => StartReason::MaxLength,
            EndReason::Background => StartReason::Background,
            // Its own closing knows no next session that could have closed it.
            _ => StartReason::Timeout,
        });
    }
    if event.role.extends() {
        reason_to_switch(rules, known, event)
    } else {
        None
    }
}
