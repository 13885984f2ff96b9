//! The newest session of the walk, and what it gathers from its events (sessions, sections 3.3 to
//! 3.5 and the late mark of section 9).

use dwell_model::definition::Role;
use dwell_model::session::expires_at_ms;
use dwell_model::{Session, StartReason};

use crate::Input;
use crate::limits::Closing;
use crate::rules::StreamRules;
use crate::switch::Known;

/// A gap between neighbouring events counts as engaged up to this.
const ENGAGED_GAP_MS: i64 = 300_000;

/// A session that may still take events. `closes_at_ms` and `close_reason` of `session` are those
/// of the events so far; `expires_at_ms` is set when it is finished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current {
    pub(crate) session: Session,
    /// What closes it whatever comes.
    latest: Closing,
    first_arrival_ms: i64,
    /// Its last extending event is a `background`.
    after_background: bool,
    /// A `start` or `foreground` came since its last `background`.
    in_foreground: bool,
}

impl Current {
    /// The session that an event starts; `latest` is what closes it whatever comes.
    pub(crate) fn start(
        rules: &StreamRules,
        index: u32,
        event: &Input,
        reason: StartReason,
        latest: Closing,
    ) -> Self {
        let in_foreground = in_foreground_after(event.role, false);
        let closing = rules
            .limits
            .closing_after(event.role, event.time_ms, in_foreground, latest);
        let session = Session {
            started_at_ms: event.time_ms,
            ended_at_ms: event.time_ms,
            closes_at_ms: closing.at_ms,
            expires_at_ms: closing.at_ms,
            start_reason: reason,
            close_reason: closing.reason,
            start_kind: event.start_kind,
            late_born: false,
            event_count: 1,
            late_count: u32::from(is_late(rules, event)),
            engaged_ms: 0,
            background_ms: 0,
            first_event: index,
            last_extending: index,
            first_arrived: index,
            user: event.user,
            source_session: event.source_session,
        };
        let first_arrival_ms = event.arrival_ms;
        Self {
            session,
            latest,
            first_arrival_ms,
            after_background: false,
            in_foreground,
        }
    }

    /// What would close it now, were there no session after it.
    #[inline]
    pub(crate) fn closing(&self) -> Closing {
        Closing {
            at_ms: self.session.closes_at_ms,
            reason: self.session.close_reason,
        }
    }

    /// Whose it is.
    #[inline]
    pub(crate) fn known(&self) -> Known {
        Known {
            user: self.session.user,
            source_session: self.session.source_session,
        }
    }

    /// Takes an event in.
    #[inline]
    pub(crate) fn join(&mut self, rules: &StreamRules, index: u32, event: &Input) {
        let session = &mut self.session;
        session.event_count += 1;
        session.late_count += u32::from(is_late(rules, event));
        if event.arrival_ms < self.first_arrival_ms {
            self.first_arrival_ms = event.arrival_ms;
            session.first_arrived = index;
        }
        if !event.role.extends() {
            return;
        }
        let gap_ms = event.time_ms - session.ended_at_ms;
        match self.after_background {
            true => session.background_ms += gap_ms,
            false => session.engaged_ms += gap_ms.min(ENGAGED_GAP_MS),
        }
        session.ended_at_ms = event.time_ms;
        session.last_extending = index;
        if session.user == 0 {
            session.user = event.user;
        }
        if session.source_session == 0 {
            session.source_session = event.source_session;
        }
        self.after_background = event.role == Role::Background;
        self.in_foreground = in_foreground_after(event.role, self.in_foreground);
        let closing =
            rules
                .limits
                .closing_after(event.role, event.time_ms, self.in_foreground, self.latest);
        session.closes_at_ms = closing.at_ms;
        session.close_reason = closing.reason;
    }

    /// The session as it stays; `next` is the start of the one after it and its reason.
    pub(crate) fn finish(
        mut self,
        rules: &StreamRules,
        next: Option<(i64, StartReason)>,
    ) -> Session {
        let session = &mut self.session;
        if let Some((next_start_ms, reason)) = next
            && next_start_ms < session.closes_at_ms
            && let Some(reason) = reason.closing()
        {
            session.closes_at_ms = next_start_ms;
            session.close_reason = reason;
        }
        session.expires_at_ms =
            expires_at_ms(session.closes_at_ms, session.ended_at_ms, rules.grace_ms);
        self.session
    }
}

/// Whether a `start` or `foreground` came since the last `background` or `end` of the session.
#[inline]
pub(crate) fn in_foreground_after(role: Role, before: bool) -> bool {
    match role {
        Role::Start | Role::Foreground => true,
        Role::Background | Role::End => false,
        _ => before,
    }
}

fn is_late(rules: &StreamRules, event: &Input) -> bool {
    event.arrival_ms - event.time_ms >= rules.late_after_ms
}
