//! Why an event counts as late and what that meant (sessions, sections 4 and 9).

use dwell_model::definition::Role;
use dwell_model::{Definition, StartReason, Zone};

use super::event::{EventQuestion, ToldEvent, why_in_none};
use super::session::{place_in, takes_until};
use super::words::{Clock, duration_words, limit_words};
use super::{Arrivals, Told};
use crate::{Input, Rules, walk};

/// What a session owes to one of its events: how it would be without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The same from start to end.
    Inside,
    /// The same from start to end: the event is passive.
    Counted,
    /// It would start later.
    Backward {
        /// When, UTC ms.
        started_at_ms: i64,
    },
    /// It would end earlier.
    Forward {
        /// When, UTC ms.
        ended_at_ms: i64,
    },
    /// It would be several.
    Bridged {
        /// How many, 2 at least.
        session_count: usize,
        /// When the first of them would end, UTC ms.
        ended_at_ms: i64,
        /// When the second of them would start, UTC ms.
        started_at_ms: i64,
    },
    /// It would not be.
    Made,
}

impl Effect {
    /// What the event at `index` does to the session whose events these are, in order.
    ///
    /// # Panics
    /// Where there is no event at `index`.
    pub fn of(rules: &Rules, events: &[Input], index: usize) -> Self {
        let time_ms = events[index].time_ms;
        if !events[index].role.extends() {
            return Self::Counted;
        }
        let without: Vec<Input> = [&events[..index], &events[index + 1..]].concat();
        match walk(rules, &without).sessions.as_slice() {
            [] => Self::Made,
            [one] if one.started_at_ms > time_ms => Self::Backward {
                started_at_ms: one.started_at_ms,
            },
            [one] if one.ended_at_ms < time_ms => Self::Forward {
                ended_at_ms: one.ended_at_ms,
            },
            [_] => Self::Inside,
            [first, second, ..] => Self::Bridged {
                session_count: walk(rules, &without).sessions.len(),
                ended_at_ms: first.ended_at_ms,
                started_at_ms: second.started_at_ms,
            },
        }
    }
}

/// What is asked about an event that may be late.
#[derive(Clone, Copy, Debug)]
pub struct LateQuestion<'a> {
    /// The definition.
    pub definition: &'a Definition,
    /// The event.
    pub event: ToldEvent<'a>,
    /// The session that it is in, where it is in one.
    pub session: Option<Told<'a>>,
    /// The one before that in its stream; for an event in no session the newest one that started at
    /// or before its time.
    pub previous: Option<Told<'a>>,
    /// What its session owes to it, where that is known.
    pub effect: Option<Effect>,
    /// As of when.
    pub now_ms: i64,
    /// The zone of all times.
    pub zone: Zone,
}

/// A late event explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateNote {
    /// What became of it in a few words: “Arrived late, still attached”.
    pub title: String,
    /// Its arrival minus its time, ms.
    pub delay_ms: i64,
    /// Whole sentences.
    pub explanation: String,
}

/// Why an event counts as late and what that meant; `None` where it does not.
pub fn late_note(question: &LateQuestion<'_>) -> Option<LateNote> {
    let LateQuestion {
        definition, event, ..
    } = question;
    let delay_ms = event.arrival_ms - event.time_ms;
    if delay_ms < definition.late_after_ms() {
        return None;
    }
    let clock = Clock::new(question.zone, event.time_ms);
    let threshold = match definition.limits.inactivity_seconds {
        Some(seconds) => format!("the {} timeout", limit_words(seconds)),
        None => "30 min".to_owned(),
    };
    let delay = format!(
        "It arrived at {}, {} after it happened; from {threshold} on, an event counts as late.",
        clock.about(event.arrival_ms),
        duration_words(delay_ms),
    );
    let (title, meaning) = match &question.session {
        None => {
            let why = why_in_none(&EventQuestion {
                definition,
                event: *event,
                previous: question.previous,
                zone: question.zone,
            });
            ("Arrived late, in no session", why)
        }
        Some(session) => {
            let (title, meaning) = in_session(question, session, clock);
            let until = takes_until(definition, session, question.now_ms, clock);
            (title, format!("{meaning} {until}"))
        }
    };
    Some(LateNote {
        title: title.to_owned(),
        delay_ms,
        explanation: format!("{delay} {meaning}"),
    })
}

/// What it meant for its session.
fn in_session(
    question: &LateQuestion<'_>,
    session: &Told<'_>,
    clock: Clock,
) -> (&'static str, String) {
    let event = &question.event;
    let is_first = |arrivals: Arrivals| {
        (event.time_ms, event.arrival_ms) == (session.started_at_ms, arrivals.starting_ms)
    };
    if session.start_reason == StartReason::Late && session.arrivals.is_none_or(is_first) {
        let own = match &question.previous {
            Some(taker) => format!(
                "It belongs {}, but that session became final at {}, so it forms a session of its \
                 own.",
                place_in(taker, event.time_ms, clock),
                clock.about(taker.final_at_ms(question.definition)),
            ),
            None => "The session that would have taken it was final, so it forms one of its own."
                .to_owned(),
        };
        return ("Arrived too late, in a session of its own", own);
    }
    if session.late_born {
        let began = match session.arrivals {
            Some(arrivals) if arrivals.first_ms == event.arrival_ms => "began with it",
            _ => "took it in",
        };
        let own = format!(
            "It came with an offline buffer, after the grace of a session of its time; what \
             arrives together forms a session of its own, which {began}."
        );
        return ("Arrived late, in a late-born session", own);
    }
    let state = state_at_arrival(question, session, clock);
    let (title, did) = match question.effect {
        Some(Effect::Bridged {
            session_count: 2,
            ended_at_ms,
            started_at_ms,
        }) => (
            "Arrived late, joined two sessions",
            format!(
                "Without it there would be two, one to {} and one from {}.",
                clock.at(ended_at_ms),
                clock.at(started_at_ms)
            ),
        ),
        Some(Effect::Bridged { session_count, .. }) => (
            "Arrived late, joined several sessions",
            format!("Without it there would be {session_count} sessions."),
        ),
        Some(Effect::Backward { started_at_ms }) => (
            "Arrived late, extended its session backward",
            format!(
                "It moved the session's start from {} back to {}.",
                clock.at(started_at_ms),
                clock.at(event.time_ms)
            ),
        ),
        Some(Effect::Forward { ended_at_ms }) => (
            "Arrived late, extended its session",
            format!(
                "It moved the session's end from {} to {}{}.",
                clock.at(ended_at_ms),
                clock.at(event.time_ms),
                match event.role {
                    Role::End => " and closed it",
                    _ => "",
                }
            ),
        ),
        Some(Effect::Made) => (
            "Arrived late, made its session",
            "Without it there would be no session.".to_owned(),
        ),
        Some(Effect::Counted) => (
            "Arrived late, still attached",
            "It is passive: it counts in the session and moves neither start nor end.".to_owned(),
        ),
        Some(Effect::Inside) | None => (
            "Arrived late, still attached",
            format!(
                "{} lies in it, so the event joined it and its figures were updated.",
                clock.at(event.time_ms)
            ),
        ),
    };
    (title, format!("{state} {did}"))
}

/// How its session stood when it arrived.
fn state_at_arrival(question: &LateQuestion<'_>, session: &Told<'_>, clock: Clock) -> String {
    let arrival_ms = question.event.arrival_ms;
    let final_at_ms = session.final_at_ms(question.definition);
    if arrival_ms < session.closes_at_ms {
        return format!(
            "The session was still open when it arrived; it closes at {}.",
            clock.at(session.closes_at_ms)
        );
    }
    if arrival_ms < final_at_ms {
        return format!(
            "The session had closed at {} and was inside its {} grace.",
            clock.at(session.closes_at_ms),
            limit_words(question.definition.grace_seconds)
        );
    }
    // Another event shortened it since, or a session before it was not yet final.
    format!(
        "By its events now the session was due to be final at {}, but it was not yet when this one \
         arrived.",
        clock.about(final_at_ms)
    )
}
