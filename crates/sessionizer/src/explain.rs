//! Sessions in words with the real numbers, in one place for the window and the command line
//! (sessions, sections 2 to 4 and 9): why one started and ended, why an event is in none, what a
//! late event did, what would have to be different for two to be one, and how ours compare with
//! the source's. Nothing is looked up here: what is told of is given.

use dwell_model::definition::{Scope, SessionIds};
use dwell_model::{Definition, EndReason, Session, StartKind, StartReason, Zone};

mod event;
mod late;
mod merge;
mod session;
mod source;
pub mod words;

pub use event::{EventQuestion, ToldEvent, why_in_none};
pub use late::{Effect, LateNote, LateQuestion, late_note};
pub use merge::{AppState, Barrier, Change, Joining, Loose, Pair, joining, joining_words};
pub use session::explain;
pub use source::{
    Comparison, Counts, Difference, Kind, LISTED, Ours, Part, Source, SourceEvent, Tally,
};

/// A session as a person is told about it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The time of its first extending event, UTC ms.
    pub started_at_ms: i64,
    /// The time of its last extending event, UTC ms.
    pub ended_at_ms: i64,
    /// The first instant that it does not cover, UTC ms.
    pub closes_at_ms: i64,
    /// From here on it takes no late event, UTC ms.
    pub expires_at_ms: i64,
    /// Why it started.
    pub start_reason: StartReason,
    /// What gave `closes_at_ms` its value; never `open`.
    pub close_reason: EndReason,
    /// Cold, warm or none.
    pub start_kind: StartKind,
    /// The name of the event that started it.
    pub starting_event: &'a str,
    /// The name of its last extending event.
    pub last_event: &'a str,
    /// The user that it knows, as people read it.
    pub user: Option<&'a str>,
    /// The source's session that it knows.
    pub source_session: Option<&'a str>,
    /// Whether it was born after its own grace (sessions, section 4.3).
    pub late_born: bool,
    /// When its events arrived, where that is known.
    pub arrivals: Option<Arrivals>,
}

/// When a session's events arrived, UTC ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrivals {
    /// The event that started it.
    pub starting_ms: i64,
    /// The one that arrived first.
    pub first_ms: i64,
    /// The one that arrived last.
    pub latest_ms: i64,
}

impl<'a> Told<'a> {
    /// Of a session of the walk, with the names of its first and its last extending event. Who it
    /// is of and when it arrived are filled in by whoever knows.
    pub fn of(session: &Session, starting_event: &'a str, last_event: &'a str) -> Self {
        Self {
            started_at_ms: session.started_at_ms,
            ended_at_ms: session.ended_at_ms,
            closes_at_ms: session.closes_at_ms,
            expires_at_ms: session.expires_at_ms,
            start_reason: session.start_reason,
            close_reason: session.close_reason,
            start_kind: session.start_kind,
            starting_event,
            last_event,
            user: None,
            source_session: None,
            late_born: session.late_born,
            arrivals: None,
        }
    }

    /// From when on it takes no event, as far as its own times say; sessions before it in its
    /// stream can put that off (sessions, sections 4.2 and 4.3).
    pub fn final_at_ms(&self, definition: &Definition) -> i64 {
        match self.arrivals {
            Some(arrivals) if self.late_born => {
                let wait_ms = match self.named_by_source(definition) {
                    Some(_) => definition.trusted_inactivity_ms(),
                    None => definition.late_after_ms(),
                };
                self.expires_at_ms.max(arrivals.latest_ms + wait_ms)
            }
            _ => self.expires_at_ms,
        }
    }

    /// When and by what it closes in truth. A session that the source names is shown as closed
    /// after the configured inactivity already (`session_ids: trust`).
    fn own_closing(&self, definition: &Definition) -> (i64, EndReason) {
        let shown = (self.closes_at_ms, self.close_reason);
        if self.named_by_source(definition).is_none() || self.close_reason != EndReason::Timeout {
            return shown;
        }
        let by_pause_ms = self.ended_at_ms + definition.trusted_inactivity_ms();
        match definition.max_length_ms() {
            Some(length_ms) if self.started_at_ms + length_ms <= by_pause_ms => {
                (self.started_at_ms + length_ms, EndReason::MaxLength)
            }
            _ => (by_pause_ms, EndReason::Timeout),
        }
    }

    /// The source's name for it, where that alone makes the session (`session_ids: trust`).
    fn named_by_source(&self, definition: &Definition) -> Option<&'a str> {
        match definition.session_ids {
            SessionIds::Trust => self.source_session,
            SessionIds::Ignore | SessionIds::Prefer => None,
        }
    }
}

/// Whose stream a session is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A device's.
    Device,
    /// A user's: scope `user`, or events without a device.
    User,
}

impl Owner {
    /// “this device”; “this user, on any device” where the definition says so.
    fn words(self, definition: &Definition) -> &'static str {
        match (self, definition.scope) {
            (Self::Device, _) => "this device",
            (Self::User, Scope::Device) => "this user",
            (Self::User, Scope::User) => "this user, on any device",
        }
    }
}

/// What is asked about a session.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The definition that made the session.
    pub definition: &'a Definition,
    /// Whose stream it is in.
    pub owner: Owner,
    /// The session that is explained.
    pub session: Told<'a>,
    /// The one before it in its stream, where there is one.
    pub previous: Option<Told<'a>>,
    /// The one after it in its stream, where there is one.
    pub next: Option<Told<'a>>,
    /// As of when.
    pub now_ms: i64,
    /// The zone of all times but those of local midnights elsewhere.
    pub zone: Zone,
}

/// Whole sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why it started, and whether the start was cold or warm.
    pub started: String,
    /// Why it ended and until when it takes late events; or when it will close.
    pub ended: String,
}

#[cfg(test)]
mod tests;
