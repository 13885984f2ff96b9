//! Which of an owner's sessions can still change, as it is kept with them.
//!
//! What can change is nearly always the newest: the sessions that start with or after the last final
//! one, and events without a session of the last few days. What lies elsewhere is a stray, and its
//! time is listed.

use dwell_model::Definition;
use dwell_sessionizer::{Input, Pooled, Walk};
use dwell_store::table::session::SessionRecord;

/// Of more strays none is listed, but [`MANY`].
const MOST: usize = 256;

/// Stands for more strays than are listed.
pub(super) const MANY: i64 = i64::MIN;

/// Before this, UTC ms, an event without a session that is not final is a stray, where no session
/// that can change is earlier. Of events that come in time none is.
pub(super) fn waits_from_ms(definition: &Definition, newest_arrival_ms: i64) -> i64 {
    newest_arrival_ms.saturating_sub(2 * definition.grace_ms())
}

/// When an event without a session is final, UTC ms (sessions, section 4.2).
pub(super) fn waits_until_ms(definition: &Definition, event: &Input) -> i64 {
    event.time_ms.max(event.arrival_ms) + definition.grace_ms()
}

/// The strays of an owner, times in UTC ms, and on each of the walk's sessions whether it outlives its
/// expiry. `last_final_ms` is the latest start of the final sessions that were not walked; `events`
/// have the newest arrival of all among them.
pub(super) fn strays_of(
    definition: &Definition,
    events: &[Input],
    walked: &Walk,
    pooled: &Pooled,
    last_final_ms: i64,
    sessions: &mut [SessionRecord],
) -> Vec<i64> {
    let newest_ms = events.iter().map(|event| event.arrival_ms).max();
    let newest_ms = newest_ms.unwrap_or(i64::MIN);
    let mut last_final_ms = last_final_ms;
    let mut live_ms: Vec<i64> = Vec::with_capacity(pooled.sessions.len());
    for (session, found) in sessions.iter_mut().zip(&walked.sessions) {
        let is_live = pooled.sessions.binary_search(&found.first_event).is_ok();
        session.outlives_expiry = is_live && session.expires_at_ms <= newest_ms;
        match is_live {
            true => live_ms.push(session.started_at_ms),
            false => last_final_ms = last_final_ms.max(session.started_at_ms),
        }
    }
    let is_newest = |start_ms: &&i64| **start_ms >= last_final_ms;
    let from_ms = live_ms.iter().filter(is_newest).min().copied();
    let from_ms = from_ms.unwrap_or(i64::MAX);
    let from_ms = from_ms.min(waits_from_ms(definition, newest_ms));
    live_ms.retain(|start_ms| *start_ms < last_final_ms);
    let waiting = pooled.waiting.iter().map(|place| &events[*place as usize]);
    let waiting = waiting.filter(|event| waits_until_ms(definition, event) > newest_ms);
    let mut strays = live_ms;
    strays.extend(
        waiting
            .map(|event| event.time_ms)
            .filter(|time_ms| *time_ms < from_ms),
    );
    strays.sort_unstable();
    strays.dedup();
    match strays.len() > MOST {
        true => vec![MANY],
        false => strays,
    }
}
