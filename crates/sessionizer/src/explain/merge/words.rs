//! What would have to be different, in words.

use dwell_model::definition::GapAtTimeout;

use super::{Barrier, Change, GRACE_SECONDS, Joining, Pair};
use crate::explain::words::{Clock, exact_words, limit_words};

/// The longest timeout, and the longest grace, and the longest maximum beside `foreground_holds`.
const LONGEST_WORDS: &str = "24 h";

/// What would have to be different for two sessions to be one: whole sentences.
pub fn joining_words(pair: &Pair<'_>, joining: &Joining) -> String {
    let clock = Clock::new(pair.zone, pair.next.started_at_ms);
    let ways = |barrier: &Barrier| {
        let ways = barrier.ways.iter().map(|way| {
            let changes: Vec<String> = way.iter().map(|one| change(pair, one, clock)).collect();
            changes.join(" together with ")
        });
        alternatives(ways.collect())
    };
    let stuck: Vec<&Barrier> = joining
        .barriers
        .iter()
        .filter(|barrier| barrier.ways.is_empty())
        .collect();
    let open: Vec<String> = joining
        .barriers
        .iter()
        .filter(|barrier| !barrier.ways.is_empty())
        .map(ways)
        .collect();
    let mut text = match (stuck.is_empty(), open.as_slice()) {
        (true, []) => "No rule of the definition parts them.".to_owned(),
        (true, [one]) => format!("They would be one with {one}."),
        (true, all) => format!(
            "They would be one with all of these: {}.",
            all.join("; and ")
        ),
        (false, _) => "No change that is allowed would make them one.".to_owned(),
    };
    for barrier in &joining.barriers {
        if let Some(needed) = &barrier.out_of_range {
            text = format!("{text} {}", out_of_range(pair, needed));
        }
    }
    text
}

/// “A”, “A or B”, “A, B or C”.
fn alternatives(mut ways: Vec<String>) -> String {
    match (ways.pop(), ways.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} or {last}", ways.join(", ")),
    }
}

/// One change, to stand after “with”.
fn change(pair: &Pair<'_>, change: &Change, clock: Clock) -> String {
    match change {
        Change::Timeout { seconds } => format!("a timeout of {} or more", exact_words(*seconds)),
        Change::Background { seconds } => {
            format!("a background limit of {} or more", exact_words(*seconds))
        }
        Change::NoBackground => "no background limit".to_owned(),
        Change::SameAtLimit => {
            "a pause of exactly the limit counted as the same session".to_owned()
        }
        Change::Event {
            from_ms,
            until_ms,
            in_background,
        } => {
            let what = match in_background {
                true => "a return to the app",
                false => "an event",
            };
            format!("{what} {}", between(pair, *from_ms, *until_ms, clock))
        }
        Change::Events {
            count,
            after_ms,
            first_until_ms,
            before_ms,
            wait_ms,
        } => {
            let wait = exact_words(wait_ms / 1_000);
            let pause = match pair.definition.gap_at_timeout {
                GapAtTimeout::New => format!("{wait} or more"),
                GapAtTimeout::Same => format!("more than {wait}"),
            };
            let first = match first_until_ms - after_ms == *wait_ms {
                true => String::new(),
                false => format!(", the first before {}", clock.at(*first_until_ms)),
            };
            format!(
                "at least {count} events between {} and {} that leave no pause of {pause}{first}",
                clock.at(*after_ms),
                clock.at(*before_ms)
            )
        }
        Change::MaxLength { seconds } => {
            format!("a maximum length of {} or more", exact_words(*seconds))
        }
        Change::NoMaxLength => "no maximum length".to_owned(),
        Change::DayIn(zone) => format!("the days of {zone}"),
        Change::NoDay => "no day limit".to_owned(),
        Change::TimeoutForDay { seconds } => format!(
            "a timeout of {} in place of the day limit",
            limit_words(*seconds)
        ),
        Change::Role { event, role } => format!("the role {role} for {event}"),
        Change::SameUser { user, other } => format!("{user} and {other} known to be one user"),
        Change::IgnoreSourceSessions => "the source's session ids ignored".to_owned(),
        Change::Grace { seconds } => format!("a grace of {} or more", exact_words(*seconds)),
        Change::Arrival { before_ms } => format!("an arrival before {}", clock.at(*before_ms)),
    }
}

/// “between 10:05:00 and 10:31:00”. With `gap_at_timeout: new` both ends are left out, with `same`
/// both are counted in; where they read the same, the milliseconds tell them apart.
fn between(pair: &Pair<'_>, from_ms: i64, until_ms: i64, clock: Clock) -> String {
    let (from_ms, until_ms) = match pair.definition.gap_at_timeout {
        GapAtTimeout::New => (from_ms - 1, until_ms),
        GapAtTimeout::Same => (from_ms, until_ms - 1),
    };
    let (from, until) = (clock.at(from_ms), clock.at(until_ms));
    match from == until {
        true => format!(
            "between {} and {}",
            clock.exactly(from_ms),
            clock.exactly(until_ms)
        ),
        false => format!("between {from} and {until}"),
    }
}

/// Why a limit alone cannot do it.
fn out_of_range(pair: &Pair<'_>, needed: &Change) -> String {
    let (what, seconds, longest) = match needed {
        Change::Timeout { .. } if pair.previous.named_by_source(pair.definition).is_some() => {
            return format!(
                "No timeout does: a session that the source names is parted by {LONGEST_WORDS} \
                 without activity."
            );
        }
        Change::Timeout { seconds } => ("timeout", seconds, LONGEST_WORDS),
        Change::MaxLength { seconds } if pair.definition.limits.foreground_holds => (
            "maximum length beside foreground_holds",
            seconds,
            LONGEST_WORDS,
        ),
        Change::MaxLength { seconds } => ("maximum length", seconds, "7 days"),
        Change::Grace { seconds } if GRACE_SECONDS.contains(seconds) => {
            return "No grace does: they arrived 48 h or more after the last event.".to_owned();
        }
        Change::Grace { seconds } => ("grace", seconds, LONGEST_WORDS),
        // The others have no range.
        _ => return String::new(),
    };
    format!(
        "No {what} is long enough: it would have to be {}, and {longest} is the longest.",
        exact_words(*seconds)
    )
}
