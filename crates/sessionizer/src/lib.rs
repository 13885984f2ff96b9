//! Sessions from a definition and one stream's events. Pure: no input or output, no clock, no names
//! of users; `now` and zones are arguments, users and source sessions are interned numbers.
//!
//! [`Rules`] compiles a definition, [`Walker`] finds the sessions of streams by it, [`explain`]
//! says in words why a session started and ended. Each rule family has its file: `roles`,
//! `limits`, `day`, `switch`; `walk` asks them in the order of sessions, section 3.2, and `current`
//! is what a session gathers while it is walked. `arrivals` takes the events as they arrived, where
//! some are late (section 4), with `arrived` for who of a session came first and last; `trust`
//! parts a stream by the sessions of its source. [`gameplay`] makes game sessions of the bets and
//! wins inside one (section 8).

use std::cmp::Ordering;

use dwell_model::definition::Role;
use dwell_model::{EndReason, Session, StartKind};

mod arrivals;
mod arrived;
mod current;
mod day;
pub mod explain;
pub mod gameplay;
mod limits;
mod places;
mod roles;
mod rules;
mod switch;
mod trust;
mod walk;

pub use rules::Rules;
pub use walk::{Walker, sessions, walk};

/// What the walk needs of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// When it happened, UTC.
    pub time_ms: i64,
    /// When it arrived, UTC.
    pub arrival_ms: i64,
    /// What it does, by [`Rules::role_of`]. `ignored` events may be there or be left out.
    pub role: Role,
    /// The start kind of a session that it would start, by [`Rules::role_of`].
    pub start_kind: StartKind,
    /// Its user's number; 0 is unknown.
    pub user: u32,
    /// The number of the session that the source believes in; 0 is none.
    pub source_session: u32,
}

impl Input {
    /// The order of a stream: by time, role rank and `event_id` as UTF-8 bytes (sessions, section
    /// 3).
    pub fn in_order(&self, event_id: &str, other: &Self, other_event_id: &str) -> Ordering {
        (self.time_ms, self.role.rank(), event_id.as_bytes()).cmp(&(
            other.time_ms,
            other.role.rank(),
            other_event_id.as_bytes(),
        ))
    }
}

/// One stream's sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// By the place of their first event. Those of one walk never overlap; late ones can overlap
    /// final ones, and those of several source sessions each other.
    pub sessions: Vec<Session>,
    /// For each event the index of its session; none for an event that is in no session.
    pub session_of: Vec<Option<u32>>,
}

/// Where an event stood before others arrived, all of them later than it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stood {
    /// Nowhere: it arrives.
    Not,
    /// In the pool: in a live session, or without one and not final.
    InPool,
    /// In a final session, of whatever number.
    Final(u32),
    /// Without a session for good, or in a final session that does not count any more.
    Past,
}

/// What else stood before others arrived, of which no event is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// The newest final session before all events that are told, where one of those is the first that
    /// is not final.
    pub last_final: Option<LastFinal>,
    /// A session before all that are told can still change when the last event arrives: none is final
    /// by then.
    pub is_held: bool,
}

/// A final session, as far as the reason of the next one depends on it; the source's session does not
/// part the two.
#[derive(Clone, Copy, Debug)]
pub struct LastFinal {
    /// When it would close by itself, UTC ms.
    pub closes_at_ms: i64,
    /// What would close it then.
    pub close_reason: EndReason,
    /// The user that it knows; 0 is none.
    pub user: u32,
}

/// What is in the pool of a stream as of its last arrival. Places are those of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pooled {
    /// The first event of each live session, ascending.
    pub sessions: Vec<u32>,
    /// The events without a session that can still be in one, ascending.
    pub waiting: Vec<u32>,
}

impl Walk {
    /// Puts the sessions by the place of their first event.
    fn put_in_order(&mut self) {
        let first_event = |session: &Session| session.first_event;
        if self.sessions.is_sorted_by_key(first_event) {
            return;
        }
        let mut order: Vec<u32> = (0..self.sessions.len() as u32).collect();
        order.sort_unstable_by_key(|session| first_event(&self.sessions[*session as usize]));
        let mut rank = vec![0; order.len()];
        for (place, session) in (0..).zip(&order) {
            rank[*session as usize] = place;
        }
        self.sessions.sort_unstable_by_key(first_event);
        for session in self.session_of.iter_mut().flatten() {
            *session = rank[*session as usize];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_time_stand_by_rank_and_then_by_the_bytes_of_their_ids() {
        let at = |time_ms, role| Input {
            time_ms,
            arrival_ms: 0,
            role,
            start_kind: StartKind::None,
            user: 0,
            source_session: 0,
        };
        // Each against the ids' order, but for the middle rank, where only the ids count.
        let ordered = [
            (at(1, Role::Start), "z"),
            (at(1, Role::Foreground), "y"),
            (at(1, Role::Passive), "B"),
            (at(1, Role::Activity), "a"),
            (at(1, Role::Ignored), "b"),
            (at(1, Role::Extend), "é"),
            (at(1, Role::Background), "0"),
            (at(1, Role::End), ""),
            (at(2, Role::Start), ""),
        ];
        for (i, (a, a_id)) in ordered.iter().enumerate() {
            for (j, (b, b_id)) in ordered.iter().enumerate() {
                assert_eq!(
                    a.in_order(a_id, b, b_id),
                    i.cmp(&j),
                    "{a_id} against {b_id}"
                );
            }
        }
    }
}
