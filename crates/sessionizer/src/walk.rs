//! One stream walked once, in order (sessions, section 3).

use dwell_model::definition::Role;
use dwell_model::{EndReason, StartReason};

use crate::current::Current;
use crate::day::DayEnds;
use crate::limits::NEVER_MS;
use crate::switch::reason_to_switch;
use crate::{Input, Rules, Walk};

/// Walks any number of streams by the same rules; what it allocates and what it learns of local
/// days serves them all.
#[derive(Clone, Debug)]
pub struct Walker<'r> {
    rules: &'r Rules,
    day_ends: Option<DayEnds>,
    walk: Walk,
}

/// The sessions of one stream; [`Walker`] is the same for many.
pub fn walk(rules: &Rules, events: &[Input]) -> Walk {
    let mut walker = Walker::new(rules);
    walker.walk(events);
    walker.walk
}

impl<'r> Walker<'r> {
    /// A walker by these rules.
    pub fn new(rules: &'r Rules) -> Self {
        Self {
            rules,
            day_ends: rules.day_in.map(DayEnds::new),
            walk: Walk::default(),
        }
    }

    /// The sessions of one stream, whose events stand in order (see [`Input::in_order`]).
    pub fn walk(&mut self, events: &[Input]) -> &Walk {
        let rules = self.rules;
        self.walk.sessions.clear();
        self.walk.session_of.clear();
        self.walk.session_of.reserve(events.len());
        let mut current: Option<Current> = None;
        for (index, event) in (0..).zip(events) {
            if event.role == Role::Ignored {
                self.walk.session_of.push(None);
                continue;
            }
            let reason = match &mut current {
                None => StartReason::First,
                Some(current) => match reason_to_part(rules, current, event) {
                    Some(reason) => reason,
                    None => {
                        current.join(rules, index, event);
                        let newest = self.walk.sessions.len() as u32;
                        self.walk.session_of.push(Some(newest));
                        continue;
                    }
                },
            };
            if !event.role.starts() {
                self.walk.session_of.push(None);
                continue;
            }
            let day_end_ms = self
                .day_ends
                .as_mut()
                .map_or(NEVER_MS, |days| days.after(event.time_ms));
            let latest = rules.limits.latest_closing(event.time_ms, day_end_ms);
            let next = Current::start(rules, index, event, reason, latest);
            if let Some(before) = current.replace(next) {
                let finished = before.finish(rules, Some((event.time_ms, reason)));
                self.walk.sessions.push(finished);
            }
            self.walk
                .session_of
                .push(Some(self.walk.sessions.len() as u32));
        }
        self.walk
            .sessions
            .extend(current.map(|last| last.finish(rules, None)));
        &self.walk
    }
}

/// Why an event cannot join the newest session, by the order of sessions, section 3.2.
#[inline]
fn reason_to_part(rules: &Rules, current: &Current, event: &Input) -> Option<StartReason> {
    let session = &current.session;
    if event.role == Role::Start {
        return Some(StartReason::Forced);
    }
    if event.time_ms >= session.closes_at_ms {
        return Some(match session.close_reason {
            EndReason::Ended => StartReason::Ended,
            EndReason::Midnight => StartReason::Midnight,
            EndReason::MaxLength => StartReason::MaxLength,
            EndReason::Background => StartReason::Background,
            // The newest session has no next one that could have closed it.
            _ => StartReason::Timeout,
        });
    }
    if event.role.extends() {
        reason_to_switch(rules, session, event)
    } else {
        None
    }
}
