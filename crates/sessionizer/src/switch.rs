//! When an event belongs to somebody else: another known user, another session of the source
//! (sessions, section 3.2).

use dwell_model::{Session, StartReason};

use crate::{Input, Rules};

/// Why an extending event cannot be in `session` though that is valid at its time. A session knows
/// the user and the source session of its first extending event that has one.
#[inline]
pub(crate) fn reason_to_switch(
    rules: &Rules,
    session: &Session,
    event: &Input,
) -> Option<StartReason> {
    if rules.splits_users && differ(event.user, session.user) {
        return Some(StartReason::UserSwitched);
    }
    if rules.splits_source_sessions && differ(event.source_session, session.source_session) {
        return Some(StartReason::SessionId);
    }
    None
}

/// Both are known and they differ.
#[inline]
fn differ(a: u32, b: u32) -> bool {
    a != b && a != 0 && b != 0
}
