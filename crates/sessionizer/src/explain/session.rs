//! Why a session started and why it ended, with the real numbers (sessions, sections 2 to 4).

use dwell_model::session::LATEST_REOPENING_MS;
use dwell_model::{Definition, EndReason, StartKind, StartReason, Zone};

use super::words::{self, Clock, Limit, capitalised, duration_words, limit_words, seen};
use super::{Explanation, Question, Told};

/// So long a pause parts even a session that the source names (`session_ids: trust`).
pub(super) const TRUSTED_PAUSE: &str = "24 h";

/// Explains a session. Times on another local day than the session's start say their day.
pub fn explain(question: &Question<'_>) -> Explanation {
    let clock = Clock::new(question.zone, question.session.started_at_ms);
    let mut started = started(question, clock);
    for more in [
        kind(question.session.start_kind).to_owned(),
        late_born(question, clock),
    ] {
        if !more.is_empty() {
            started = format!("{started} {more}");
        }
    }
    let ended = match question.now_ms < question.session.closes_at_ms {
        true => open(question, clock),
        false => format!("{} {}", ended(question, clock), lateness(question, clock)),
    };
    Explanation { started, ended }
}

fn started(question: &Question<'_>, clock: Clock) -> String {
    let session = &question.session;
    let event = session.starting_event;
    let limits = &question.definition.limits;
    let gap_ms = question
        .previous
        .map(|previous| session.started_at_ms - previous.ended_at_ms);
    match session.start_reason {
        StartReason::First => {
            let owner = question.owner.words(question.definition);
            match session.named_by_source(question.definition) {
                Some(name) => format!(
                    "Named by the source as {name}: its first session we have of {owner}, started \
                     by {event}."
                ),
                None => format!("The first session we have of {owner}, started by {event}."),
            }
        }
        StartReason::Forced => match gap_ms {
            Some(gap_ms) => format!(
                "A new session was forced by {event}, {} after the last activity of the session \
                 before.",
                duration_words(gap_ms)
            ),
            None => format!("A new session was forced by {event}."),
        },
        StartReason::Ended => match &question.previous {
            Some(previous) => format!(
                "First activity after {} ended the session before, {} earlier at {}.",
                previous.last_event,
                duration_words(session.started_at_ms - previous.closes_at_ms),
                clock.at(previous.closes_at_ms)
            ),
            None => "First activity after the session before was ended.".to_owned(),
        },
        StartReason::Timeout if session.named_by_source(question.definition).is_some() => {
            let name = session.source_session.unwrap_or_default();
            let gap = match gap_ms {
                Some(gap_ms) => duration_words(gap_ms),
                None => TRUSTED_PAUSE.to_owned(),
            };
            format!(
                "First event of {name}, as the source names it, after {gap} without activity; even \
                 a session that the source names is parted by {TRUSTED_PAUSE}."
            )
        }
        StartReason::Timeout => {
            let limit = Limit::new(limits.inactivity_seconds, "timeout");
            match gap_ms {
                Some(gap_ms) => format!(
                    "First event after {} without activity, {}.",
                    limit.passed_words(gap_ms),
                    limit.passed_by(gap_ms)
                ),
                None => format!("First event after the {limit}."),
            }
        }
        StartReason::Background => {
            let limit = Limit::new(limits.background_seconds, "background limit");
            match gap_ms {
                Some(gap_ms) => format!(
                    "The app was in the background for {}, {}.",
                    limit.passed_words(gap_ms),
                    limit.passed_by(gap_ms)
                ),
                None => format!("The app was in the background past the {limit}."),
            }
        }
        StartReason::Midnight => match &question.previous {
            Some(previous) => format!(
                "{} passed between the last activity at {} and this event at {}.",
                capitalised(&day_start(question, clock, previous.closes_at_ms)),
                clock.at(previous.ended_at_ms),
                clock.at(session.started_at_ms)
            ),
            None => "A new local day had begun.".to_owned(),
        },
        StartReason::MaxLength => match &question.previous {
            Some(previous) => format!(
                "The session before had reached its {} at {}.",
                max_length(question),
                clock.at(previous.closes_at_ms)
            ),
            None => format!(
                "The session before had reached its {}.",
                max_length(question)
            ),
        },
        StartReason::UserSwitched => {
            let before = question.previous.and_then(|previous| previous.user);
            let user = seen("Another user", session.user);
            match before {
                Some(before) => {
                    format!("{user} was seen on this device; until then it was {before}.")
                }
                None => format!("{user} was seen on this device."),
            }
        }
        StartReason::SessionId => {
            let before = question
                .previous
                .and_then(|previous| previous.source_session);
            let named = match session.source_session {
                Some(named) => format!("another session, {named}"),
                None => "another session".to_owned(),
            };
            match before {
                Some(before) => format!("{event} names {named}; until then it was {before}."),
                None => format!("{event} names {named}."),
            }
        }
        StartReason::Late => late(question, clock),
    }
}

/// Which session would have taken its first event, and when that became final.
fn late(question: &Question<'_>, clock: Clock) -> String {
    let session = &question.session;
    let event = session.starting_event;
    let Some(taker) = &question.previous else {
        return format!(
            "{event} arrived when the session that would have taken it was final, so it forms one \
             of its own."
        );
    };
    let arrived = match session.arrivals {
        Some(arrivals) => format!("arrived at {},", clock.about(arrivals.starting_ms)),
        None => "arrived".to_owned(),
    };
    format!(
        "{event} belongs at {}, {}, but {arrived} after that session became final at {}, so it \
         forms a session of its own.",
        clock.at(session.started_at_ms),
        place_in(taker, session.started_at_ms, clock),
        clock.about(taker.final_at_ms(question.definition)),
    )
}

/// That it was uploaded after its own grace.
fn late_born(question: &Question<'_>, clock: Clock) -> String {
    let session = &question.session;
    match session.arrivals {
        _ if !session.late_born => String::new(),
        Some(arrivals) => format!(
            "It is late-born: an offline buffer that arrived together, from {} on, {} after it \
             began.",
            clock.about(arrivals.first_ms),
            duration_words(arrivals.first_ms - session.started_at_ms)
        ),
        None => "It is late-born: an offline buffer that arrived together, after its own grace."
            .to_owned(),
    }
}

fn kind(kind: StartKind) -> &'static str {
    match kind {
        StartKind::Cold => "This counts as a cold start.",
        StartKind::Warm => "The app was still in memory, so this is a warm start.",
        StartKind::None => "",
    }
}

/// What closed it.
fn ended(question: &Question<'_>, clock: Clock) -> String {
    let session = &question.session;
    let limits = &question.definition.limits;
    let closes_at = clock.at(session.closes_at_ms);
    match session.close_reason {
        EndReason::Ended => format!("{} closed it at {closes_at}.", session.last_event),
        EndReason::Timeout | EndReason::Open
            if session.named_by_source(question.definition).is_some() =>
        {
            format!(
                "No event of {}, as the source names it, for {} after {}, so it is shown as \
                 closed; an event of that name within {TRUSTED_PAUSE} of its last one still \
                 belongs to it.",
                session.source_session.unwrap_or_default(),
                duration_words(session.closes_at_ms - session.ended_at_ms),
                clock.at(session.ended_at_ms)
            )
        }
        EndReason::Timeout | EndReason::Open => format!(
            "No qualifying event for {} after {}.",
            Limit::new(limits.inactivity_seconds, "timeout").length(),
            clock.at(session.ended_at_ms)
        ),
        EndReason::Background => match limits.background_seconds {
            Some(0) => format!(
                "The app went to the background at {}, which closes a session at once.",
                clock.at(session.ended_at_ms)
            ),
            seconds => format!(
                "The app went to the background at {} and did not return within {}.",
                clock.at(session.ended_at_ms),
                Limit::new(seconds, "background limit").length()
            ),
        },
        EndReason::Midnight => {
            let day_start = day_start(question, clock, session.closes_at_ms);
            format!("It lasted until {day_start}, which ends every session.")
        }
        EndReason::MaxLength => {
            format!("It reached its {} at {closes_at}.", max_length(question))
        }
        EndReason::Forced | EndReason::UserSwitched | EndReason::SessionId | EndReason::Late => {
            format!("{} at {closes_at}.", capitalised(&next_start(question)))
        }
    }
}

/// When it will close.
fn open(question: &Question<'_>, clock: Clock) -> String {
    let session = &question.session;
    let closes_at = clock.at(session.closes_at_ms);
    match session.close_reason {
        EndReason::Timeout | EndReason::Open
            if session.named_by_source(question.definition).is_some() =>
        {
            format!("Still open: it is shown as closed from {closes_at} on unless an event comes.")
        }
        EndReason::Timeout | EndReason::Open => {
            format!("Still open: it closes at {closes_at} unless an event comes before.")
        }
        EndReason::Background => format!(
            "Still open, in the background: it closes at {closes_at} unless an event comes before."
        ),
        EndReason::Midnight => format!(
            "Still open: it closes at {} at the latest.",
            day_start(question, clock, session.closes_at_ms)
        ),
        EndReason::MaxLength => format!(
            "Still open: it closes at {closes_at} at the latest, when it reaches its {}.",
            max_length(question)
        ),
        EndReason::Ended => {
            format!(
                "Still open at that moment: {} closed it at {closes_at}.",
                session.last_event
            )
        }
        EndReason::Forced | EndReason::UserSwitched | EndReason::SessionId | EndReason::Late => {
            format!(
                "Still open at that moment: {} at {closes_at}.",
                next_start(question)
            )
        }
    }
}

/// Until when it takes late events.
fn lateness(question: &Question<'_>, clock: Clock) -> String {
    let (definition, session) = (question.definition, &question.session);
    takes_until(definition, session, question.now_ms, clock)
}

/// Until when a session takes late events, as of `now_ms`.
pub(super) fn takes_until(
    definition: &Definition,
    session: &Told<'_>,
    now_ms: i64,
    clock: Clock,
) -> String {
    let grace = limit_words(definition.grace_seconds);
    let final_at_ms = session.final_at_ms(definition);
    if let Some(arrivals) = session.arrivals
        && final_at_ms > session.expires_at_ms
    {
        let takes = match now_ms < final_at_ms {
            true => "takes",
            false => "took",
        };
        return format!(
            "Late-born, it {takes} more events until {} ({} after its latest arrival).",
            clock.about(final_at_ms),
            duration_words(final_at_ms - arrivals.latest_ms)
        );
    }
    if session.expires_at_ms <= session.closes_at_ms {
        return format!("It takes no late events (grace {grace}).");
    }
    let by_grace_ms = session.closes_at_ms + definition.grace_ms();
    let by_last_event_ms = session.ended_at_ms + LATEST_REOPENING_MS;
    let is_by_last_event = session.expires_at_ms == by_last_event_ms;
    let why = match session.named_by_source(definition) {
        _ if is_by_last_event && session.expires_at_ms != by_grace_ms => {
            "48 h after its last event".to_owned()
        }
        Some(_) => format!("grace {grace} after a pause of {TRUSTED_PAUSE}"),
        None => format!("grace {grace}"),
    };
    let until = clock.about(session.expires_at_ms);
    match now_ms < session.expires_at_ms {
        true => format!("Late events are still accepted until {until} ({why})."),
        false => format!("Late events were accepted until {until} ({why})."),
    }
}

/// What the next session did, for “… at 10:01:00”.
fn next_start(question: &Question<'_>) -> String {
    let next = question.next.as_ref();
    match (question.session.close_reason, next) {
        (EndReason::UserSwitched, _) => {
            let user = seen("another user", next.and_then(|next| next.user));
            format!("{user} was seen on this device")
        }
        (EndReason::SessionId, Some(next)) => {
            format!(
                "{} named {}",
                next.starting_event,
                seen("another session", next.source_session)
            )
        }
        (EndReason::SessionId, None) => "an event named another session".to_owned(),
        (EndReason::Late, _) => "a session of late events began".to_owned(),
        (_, Some(next)) => format!("{} forced a new session", next.starting_event),
        (_, None) => "a new session was forced".to_owned(),
    }
}

/// “local midnight in Europe/Rome (Tue 10 Mar 23:00 UTC)”; where a clock change leaves out
/// midnight, when the day began instead.
fn day_start(question: &Question<'_>, clock: Clock, at_ms: i64) -> String {
    let zone = question.definition.limits.day_in.unwrap_or(question.zone);
    let utc = Clock::new(Zone::UTC, clock.day_of_ms()).dated(at_ms);
    match words::time_of_day(zone, at_ms).as_str() {
        "00:00" if zone == Zone::UTC => format!("midnight in UTC ({utc})"),
        "00:00" => format!("local midnight in {zone} ({utc} UTC)"),
        first => format!("the start of the local day in {zone} ({first} there, {utc} UTC)"),
    }
}

fn max_length(question: &Question<'_>) -> String {
    match question.definition.limits.max_length_seconds {
        None => "maximum length".to_owned(),
        seconds => format!("maximum length of {}", Limit::new(seconds, "").length()),
    }
}

/// Where in a session a moment lies: “inside the session of 10:00:00 to 10:31:00”.
pub(super) fn place_in(session: &Told<'_>, time_ms: i64, clock: Clock) -> String {
    let span = format!(
        "the session of {} to {}",
        clock.at(session.started_at_ms),
        clock.at(session.ended_at_ms)
    );
    match time_ms - session.ended_at_ms {
        ..=0 => format!("inside {span}"),
        after_ms => format!("{} after {span}", duration_words(after_ms)),
    }
}
