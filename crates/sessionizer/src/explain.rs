//! Why a session started and why it ended, in words with the real numbers: the one place for the
//! window and the command line (sessions, sections 3 and 4.1).

use dwell_model::{Definition, EndReason, Session, StartKind, StartReason, Zone};

pub mod words;

use words::{Clock, Limit, duration_words};

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
}

impl<'a> Told<'a> {
    /// Of a session of the walk, with the names of its first and its last extending event.
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

/// What is asked.
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

/// Explains a session. Times on another local day than the session's start say their day.
pub fn explain(question: &Question<'_>) -> Explanation {
    let clock = Clock::new(question.zone, question.session.started_at_ms);
    let started = match started(question, clock) {
        sentence if question.session.start_kind == StartKind::None => sentence,
        sentence => format!("{sentence} {}", kind(question.session.start_kind)),
    };
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
            format!(
                "The first session we have of this {}, started by {event}.",
                owner(question)
            )
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
        StartReason::Late => format!(
            "{event} arrived when the session that would have taken it was final, so it began one \
             of its own."
        ),
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
    let session = &question.session;
    let grace = Limit::new(Some(question.definition.grace_seconds), "grace").length();
    if session.expires_at_ms <= session.closes_at_ms {
        return format!("It takes no late events (grace {grace}).");
    }
    let by_grace_ms = session.closes_at_ms + question.definition.grace_ms();
    let why = match session.expires_at_ms < by_grace_ms {
        true => "48 h after its last event".to_owned(),
        false => format!("grace {grace}"),
    };
    let until = clock.about(session.expires_at_ms);
    match question.now_ms < session.expires_at_ms {
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

fn owner(question: &Question<'_>) -> &'static str {
    match question.owner {
        Owner::Device => "device",
        Owner::User => "user",
    }
}

/// “Another user, u2,” or “Another user”.
fn seen(what: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{what}, {name},"),
        None => what.to_owned(),
    }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
