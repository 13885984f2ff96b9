//! A definition made ready for the walk.

use std::borrow::Borrow;

use dwell_model::definition::{Definition, Role, Scope, SessionIds};
use dwell_model::session::LATEST_REOPENING_MS;
use dwell_model::{Properties, StartKind, Zone};

use crate::limits::Limits;
use crate::roles::Roles;

/// A compiled definition; made once, used for any number of streams by any number of threads.
#[derive(Clone, Debug)]
pub struct Rules {
    roles: Roles,
    /// Of a stream with all limits.
    pub(crate) plain: StreamRules,
    /// Of the events that name a source session, where those are trusted.
    pub(crate) trusted: Option<TrustedRules>,
}

/// What holds inside one stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamRules {
    pub(crate) limits: Limits,
    pub(crate) day_in: Option<Zone>,
    /// Another known user starts a new session.
    pub(crate) splits_users: bool,
    /// Another source session starts a new session.
    pub(crate) splits_source_sessions: bool,
    pub(crate) grace_ms: i64,
    pub(crate) late_after_ms: i64,
    /// A late-born session stays live for so long after its latest arrival (sessions, section 4.3).
    pub(crate) late_born_wait_ms: i64,
    /// An event that arrives less than this after its time comes to no frozen session.
    in_time_ms: i64,
}

/// A stream of one source session (sessions, section 2, `session_ids`).
#[derive(Clone, Debug)]
pub(crate) struct TrustedRules {
    pub(crate) stream: StreamRules,
    /// The configured inactivity: it only decides when such a session is shown as closed.
    pub(crate) shown_wait_ms: Option<i64>,
}

impl Rules {
    /// Compiles a valid definition.
    pub fn new(definition: &Definition) -> Self {
        let limits = Limits::new(definition);
        let plain = StreamRules {
            limits,
            day_in: definition.limits.day_in,
            splits_users: definition.scope == Scope::Device,
            splits_source_sessions: definition.session_ids == SessionIds::Prefer,
            grace_ms: definition.grace_ms(),
            late_after_ms: definition.late_after_ms(),
            late_born_wait_ms: definition.late_after_ms(),
            in_time_ms: in_time_ms(definition, limits),
        };
        let trusted = (definition.session_ids == SessionIds::Trust).then(|| {
            let limits = Limits::trusted(definition);
            let stream = StreamRules {
                limits,
                day_in: None,
                late_born_wait_ms: definition.trusted_inactivity_ms(),
                in_time_ms: in_time_ms(definition, limits),
                ..plain.clone()
            };
            TrustedRules {
                stream,
                shown_wait_ms: definition.inactivity_ms(),
            }
        });
        Self {
            roles: Roles::new(definition),
            plain,
            trusted,
        }
    }

    /// The role of an event, and the start kind of a session that it would start. `properties` is
    /// called only where [`Rules::needs_properties`] says so.
    pub fn role_of<P: Borrow<Properties>>(
        &self,
        name: &str,
        properties: impl FnOnce() -> P,
    ) -> (Role, StartKind) {
        self.roles.role_of(name, properties)
    }

    /// Whether the role of events of this name depends on their properties. Where it does not, one
    /// answer of [`Rules::role_of`] holds for all of them.
    pub fn needs_properties(&self, name: &str) -> bool {
        self.roles.needs_properties(name)
    }

    /// Whether an event of this time and arrival comes so early that no session that it could touch
    /// is frozen. Where this holds for all events of a stream (ignored ones do not count), its
    /// sessions are those of sessions, section 3 over all events, and [`Walker::sessions`] is
    /// [`Walker::walk`].
    ///
    /// It is the bound of sessions, section 4: less than the grace, and where there is a day and no
    /// inactivity at most 48 h less the longest day.
    ///
    /// [`Walker::sessions`]: crate::Walker::sessions
    /// [`Walker::walk`]: crate::Walker::walk
    #[inline]
    pub fn takes_in_time(&self, time_ms: i64, arrival_ms: i64) -> bool {
        let trusted = self.trusted.as_ref();
        self.plain.takes_in_time(time_ms, arrival_ms)
            && trusted.is_none_or(|trusted| trusted.stream.takes_in_time(time_ms, arrival_ms))
    }
}

impl StreamRules {
    /// As [`Rules::takes_in_time`], for this stream alone.
    #[inline]
    pub(crate) fn takes_in_time(&self, time_ms: i64, arrival_ms: i64) -> bool {
        arrival_ms - time_ms < self.in_time_ms
    }
}

/// The bound of [`Rules::takes_in_time`].
///
/// Let a session be frozen when an event of time `t` arrives, less than the bound after `t`. Either
/// the session's closing + grace has passed, so that it had closed before `t`; or 48 h after its
/// last event have, so that `t` is at least `longest_open` after that, by when it had closed too.
/// So the event is after the session in order, it neither belongs to it nor cuts it short. An event
/// that left the pool without a session likewise lies before `t`. All that section 3 would see and
/// the pool does not is thus settled, and no reason is `late`.
fn in_time_ms(definition: &Definition, limits: Limits) -> i64 {
    let until_reopening_ends_ms = LATEST_REOPENING_MS - limits.longest_open_ms();
    // Times are whole ms: `< bound + 1` is `<= bound`.
    definition.grace_ms().min(until_reopening_ends_ms + 1)
}
