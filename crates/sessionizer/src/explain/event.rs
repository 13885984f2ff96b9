//! Why an event is in no session (sessions, sections 2 to 4).

use dwell_model::definition::{Role, Scope, SessionIds};
use dwell_model::{Definition, EndReason, Zone};

use super::Told;
use super::session::place_in;
use super::words::{Clock, Limit, duration_words};

/// An event as a person is told about it.
#[derive(Clone, Copy, Debug)]
pub struct ToldEvent<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its role in the definition.
    pub role: Role,
    /// When it happened, UTC ms.
    pub time_ms: i64,
    /// When it arrived, UTC ms.
    pub arrival_ms: i64,
    /// Its user, as people read it.
    pub user: Option<&'a str>,
    /// The session that the source believes in.
    pub source_session: Option<&'a str>,
}

/// What is asked about an event that is in no session.
#[derive(Clone, Copy, Debug)]
pub struct EventQuestion<'a> {
    /// The definition.
    pub definition: &'a Definition,
    /// The event.
    pub event: ToldEvent<'a>,
    /// The newest session of its stream that started at or before its time, where there is one.
    pub previous: Option<Told<'a>>,
    /// The zone of all times.
    pub zone: Zone,
}

/// Why an event is in no session: whole sentences.
pub fn why_in_none(question: &EventQuestion<'_>) -> String {
    let EventQuestion {
        definition, event, ..
    } = question;
    let name = event.name;
    if event.role == Role::Ignored {
        return format!("{name} is ignored by the definition “{}”.", definition.name);
    }
    if event.role.starts() {
        return format!(
            "{name} can start a session and is in none: the sessions were made before it came."
        );
    }
    let cannot = format!("{name} cannot start one (its role is {})", event.role);
    let Some(previous) = &question.previous else {
        return match (definition.session_ids, event.source_session) {
            (SessionIds::Trust, Some(named)) => {
                format!("No session of {named}, as the source names it, began before it; {cannot}.")
            }
            _ => format!("No session began before it, and {cannot}."),
        };
    };
    let clock = Clock::new(question.zone, event.time_ms);
    if let Some(closed) = closed_before(question, previous, clock) {
        return format!("{closed}, and {cannot}.");
    }
    let final_at_ms = previous.final_at_ms(definition);
    if event.arrival_ms >= final_at_ms {
        return format!(
            "It belongs at {}, {}, but arrived at {}, after that session became final at {}, and \
             {cannot}.",
            clock.at(event.time_ms),
            place_in(previous, event.time_ms, clock),
            clock.about(event.arrival_ms),
            clock.about(final_at_ms)
        );
    }
    if let Some(switched) = switched(question, previous) {
        return format!("{switched}, and {cannot}.");
    }
    // An event without a session stays without one, from its grace on.
    let settled_ms = event.time_ms.max(event.arrival_ms) + definition.grace_ms();
    match previous.arrivals {
        Some(arrivals) if arrivals.first_ms >= settled_ms => format!(
            "It lies {}, whose first event arrived at {}; by then, from {} on, this event was \
             settled as one without a session, and {cannot}.",
            place_in(previous, event.time_ms, clock),
            clock.about(arrivals.first_ms),
            clock.about(settled_ms)
        ),
        _ => format!("No session was open to it at its time, and {cannot}."),
    }
}

/// The session before it had closed, and how long before.
fn closed_before(
    question: &EventQuestion<'_>,
    previous: &Told<'_>,
    clock: Clock,
) -> Option<String> {
    let (closed_at_ms, reason) = previous.own_closing(question.definition);
    let after_ms = question.event.time_ms - closed_at_ms;
    let earlier = match after_ms {
        ..0 => return None,
        0 => "at this very moment".to_owned(),
        _ => format!(
            "{} earlier at {}",
            duration_words(after_ms),
            clock.at(closed_at_ms)
        ),
    };
    let limits = &question.definition.limits;
    Some(match reason {
        EndReason::Ended => format!(
            "{} ended the session before, {earlier}",
            previous.last_event
        ),
        EndReason::Timeout | EndReason::Open => {
            let limit = match previous.named_by_source(question.definition) {
                Some(_) => Limit::new(Some(86_400), "pause of a session that its source names"),
                None => Limit::new(limits.inactivity_seconds, "timeout"),
            };
            format!("The session before closed {earlier}, by the {limit}")
        }
        EndReason::Background => {
            let limit = Limit::new(limits.background_seconds, "background limit");
            format!("The session before closed {earlier}, by the {limit}")
        }
        EndReason::Midnight => {
            format!("The session before closed {earlier}, when its local day ended")
        }
        EndReason::MaxLength => {
            let limit = Limit::new(limits.max_length_seconds, "maximum length");
            format!("The session before closed {earlier}, by the {limit}")
        }
        EndReason::Forced | EndReason::UserSwitched | EndReason::SessionId | EndReason::Late => {
            format!("The session before closed {earlier}")
        }
    })
}

/// The session at its time is somebody else's.
fn switched(question: &EventQuestion<'_>, previous: &Told<'_>) -> Option<String> {
    let EventQuestion {
        definition, event, ..
    } = question;
    if !event.role.extends() {
        return None;
    }
    if definition.scope == Scope::Device
        && let (Some(user), Some(other)) = (event.user, previous.user)
        && user != other
    {
        return Some(format!(
            "It is of {user}, while the session at its time is of {other}"
        ));
    }
    if definition.session_ids == SessionIds::Prefer
        && let (Some(named), Some(other)) = (event.source_session, previous.source_session)
        && named != other
    {
        return Some(format!(
            "It names the session {named}, while the one at its time is {other}"
        ));
    }
    None
}
