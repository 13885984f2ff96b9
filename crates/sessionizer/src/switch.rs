//! When an event belongs to somebody else: another known user, another session of the source
//! (sessions, section 3.2).

use dwell_model::StartReason;

use crate::Input;
use crate::rules::StreamRules;

/// Whose a session is: the user and the source session of its first extending event that has one;
/// 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) user: u32,
    pub(crate) source_session: u32,
}

/// Why an extending event cannot be in a session though that is valid at its time.
#[inline]
pub(crate) fn reason_to_switch(
    rules: &StreamRules,
    known: Known,
    event: &Input,
) -> Option<StartReason> {
    if rules.splits_users && differ(event.user, known.user) {
        return Some(StartReason::UserSwitched);
    }
    if rules.splits_source_sessions && differ(event.source_session, known.source_session) {
        return Some(StartReason::SessionId);
    }
    None
}

/// Both are known and they differ.
#[inline]
fn differ(a: u32, b: u32) -> bool {
    a != b && a != 0 && b != 0
}
