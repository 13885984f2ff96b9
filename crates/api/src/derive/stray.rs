//! Which of an owner's sessions can still change, as it is kept with them.
//!
//! What can change is nearly always the newest: the sessions that start with or after the last final
//! one, and events without a session that came before the grace was over. All else is a stray, and
//! listed.

use dwell_sessionizer::{Input, Pooled, Walk};
use dwell_store::table::session::SessionRecord;
use dwell_store::table::stray::Stray;

use super::Compiled;

/// Of more strays none is listed, but [`MANY`].
const MOST: usize = 256;

/// Stands for more strays than are listed.
pub(super) const MANY: Stray = Stray {
    time_ms: i64::MIN,
    is_session: false,
    until_ms: i64::MIN,
};

/// When an event without a session is final, UTC ms (sessions, section 4.2).
pub(super) fn waits_until_ms(compiled: &Compiled, event: &Input) -> i64 {
    event.time_ms.max(event.arrival_ms) + compiled.definition.grace_ms()
}

/// The strays among the sessions of a walk and the events in its pool, and on each of the sessions
/// whether it outlives its expiry. `last_final_ms` is the latest start of the final sessions that were
/// not walked; `newest_ms` is the newest arrival of all of the owner's events.
pub(super) fn strays_of(
    compiled: &Compiled,
    events: &[Input],
    walked: &Walk,
    pooled: &Pooled,
    (last_final_ms, newest_ms): (i64, i64),
    sessions: &mut [SessionRecord],
) -> Vec<Stray> {
    let mut last_final_ms = last_final_ms;
    for (session, found) in sessions.iter_mut().zip(&walked.sessions) {
        let is_live = pooled.sessions.binary_search(&found.first_event).is_ok();
        session.outlives_expiry = is_live && session.expires_at_ms <= newest_ms;
        if !is_live {
            last_final_ms = last_final_ms.max(session.started_at_ms);
        }
    }
    let mut last_arrivals_ms: Vec<i64> = vec![i64::MIN; walked.sessions.len()];
    for (event, session) in events.iter().zip(&walked.session_of) {
        if let Some(last_ms) = session.map(|session| &mut last_arrivals_ms[session as usize]) {
            *last_ms = event.arrival_ms.max(*last_ms);
        }
    }
    let wait_ms = compiled.definition.late_after_ms();
    let mut strays = Vec::new();
    let all = walked.sessions.iter().zip(&*sessions).zip(last_arrivals_ms);
    for ((found, session), last_arrival_ms) in all {
        let is_live = pooled.sessions.binary_search(&found.first_event).is_ok();
        if is_live && session.started_at_ms < last_final_ms {
            let until_ms = match (session.outlives_expiry, session.is_late_born) {
                (false, _) => i64::MIN,
                (true, false) => session.expires_at_ms,
                (true, true) => session.expires_at_ms.max(last_arrival_ms + wait_ms),
            };
            strays.push(Stray {
                time_ms: session.started_at_ms,
                is_session: true,
                until_ms,
            });
        }
    }
    let waiting = pooled.waiting.iter().map(|place| &events[*place as usize]);
    strays.extend(waiting.filter_map(|event| {
        let is_late = !compiled
            .rules
            .takes_in_time(event.time_ms, event.arrival_ms);
        let until_ms = waits_until_ms(compiled, event);
        (is_late && until_ms > newest_ms).then_some(Stray {
            time_ms: event.time_ms,
            is_session: false,
            until_ms,
        })
    }));
    in_order(strays)
}

/// Strays as they are stored. Of two of one kind and time the one that is final last is told, and of
/// sessions that none is known to be.
pub(super) fn in_order(mut strays: Vec<Stray>) -> Vec<Stray> {
    strays.sort_unstable();
    strays.dedup_by(|next, stray| {
        let is_same = (next.time_ms, next.is_session) == (stray.time_ms, stray.is_session);
        if is_same {
            stray.until_ms = match stray.is_session {
                true => i64::MIN,
                false => stray.until_ms.max(next.until_ms),
            };
        }
        is_same
    });
    match strays.len() > MOST {
        true => vec![MANY],
        false => strays,
    }
}
