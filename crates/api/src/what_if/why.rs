//! What changes on a day, in words with the numbers of that day.

use std::collections::BTreeSet;

use dwell_model::StartReason;
use dwell_sessionizer::explain::words::{limit_words, time_of_day};

use super::example::Sides;
use super::figures::Question;
use super::find::{Found, NO_SESSION};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const TEN_MINUTES_MS: i64 = 10 * MINUTE_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// So many different changes are told; the others are counted.
const TOLD: usize = 2;

/// A boundary that only one of both definitions has.
struct Boundary {
    at_ms: i64,
    /// From the last extending event before it to the first one after it.
    pause_ms: i64,
    reason: StartReason,
    /// The session of the other definition that goes over it.
    over: u32,
}

/// What changes between the sessions of one person and day: places of those that start on it with
/// the definition in use and with the one tried.
pub(super) fn words_of_change(
    question: &Question<'_>,
    sides: &Sides<'_>,
    now: &[u32],
    tried: &[u32],
) -> String {
    let added = boundaries(tried, sides.tried, sides.now);
    let removed = boundaries(now, sides.now, sides.tried);
    let mut phrases = Vec::new();
    for (boundaries, are_added) in [(&added, true), (&removed, false)] {
        for reason in StartReason::ALL {
            let of_reason: Vec<&Boundary> = boundaries
                .iter()
                .filter(|boundary| boundary.reason == *reason)
                .collect();
            if !of_reason.is_empty() {
                let words = match are_added {
                    true => words_of_added(question, *reason, &of_reason),
                    false => words_of_removed(question, *reason, &of_reason),
                };
                phrases.push((of_reason.len(), words));
            }
        }
    }
    // The most frequent first; of equals, splits before joins and reasons by their order.
    phrases.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let mut words: Vec<String> = phrases.into_iter().map(|(_, words)| words).collect();
    let lost = now
        .iter()
        .map(|session| sides.comparison.lost[*session as usize]);
    let gained = tried
        .iter()
        .map(|session| sides.comparison.gained[*session as usize]);
    if let Some(count) = some_events(lost.sum()) {
        words.push(format!("{count} left without a session"));
    }
    if let Some(count) = some_events(gained.sum()) {
        words.push(format!("{count} taken into sessions that had been in none"));
    }
    if words.is_empty() {
        return "Sessions hold other events, or start or end with other ones".to_owned();
    }
    let more = words.len().saturating_sub(TOLD);
    words.truncate(TOLD);
    let told = words.join("; ");
    match more {
        0 => told,
        1 => format!("{told}; and one more change"),
        more => format!("{told}; and {more} more changes"),
    }
}

/// The boundaries before and after these sessions over which a session of the other definition
/// goes.
fn boundaries(sessions: &[u32], own: &Found, other: &Found) -> Vec<Boundary> {
    let boundary = |session: &u32| {
        let next = own.sessions.get(*session as usize)?;
        let before = own.sessions.get((*session as usize).checked_sub(1)?)?;
        if before.owner != next.owner {
            return None;
        }
        let over = other.session_of[before.last_extending as usize];
        let is_one = over != NO_SESSION && over == other.session_of[next.first_event as usize];
        is_one.then_some(Boundary {
            at_ms: next.started_at_ms,
            pause_ms: next.started_at_ms - before.ended_at_ms,
            reason: next.start_reason,
            over,
        })
    };
    let ends: BTreeSet<u32> = sessions
        .iter()
        .flat_map(|session| [*session, session + 1])
        .collect();
    let mut found: Vec<Boundary> = ends.iter().filter_map(boundary).collect();
    found.sort_unstable_by_key(|boundary| (boundary.at_ms, boundary.over));
    found
}

/// Boundaries that the tried definition adds, of one reason, by time.
fn words_of_added(question: &Question<'_>, reason: StartReason, added: &[&Boundary]) -> String {
    let over: BTreeSet<u32> = added.iter().map(|boundary| boundary.over).collect();
    if reason == StartReason::Timeout {
        let split = match added.len() {
            1 => "splits",
            _ => "split",
        };
        return format!(
            "{} {split} {} into {}",
            pauses(added),
            some(over.len(), "session"),
            over.len() + added.len()
        );
    }
    let limits = &question.tried.limits;
    let why = match reason {
        StartReason::Background => {
            format!("{} in the background is now over the limit", lengths(added))
        }
        StartReason::Midnight => "a new day begins".to_owned(),
        StartReason::MaxLength => match limits.max_length_seconds {
            Some(seconds) => format!("the longest session is {}", limit_words(seconds)),
            None => "the session is as long as it may be".to_owned(),
        },
        StartReason::Forced => "this event now always starts a session".to_owned(),
        StartReason::Ended => "the event before now ends the session".to_owned(),
        StartReason::UserSwitched => "another user is on the device".to_owned(),
        StartReason::SessionId => "the source names another session".to_owned(),
        StartReason::Late => "the session was final when this event arrived".to_owned(),
        StartReason::First | StartReason::Timeout => "there is no session before it".to_owned(),
    };
    with_times(question, "Split", added, &why)
}

/// Boundaries that the tried definition does without, of one reason, by time.
fn words_of_removed(question: &Question<'_>, reason: StartReason, removed: &[&Boundary]) -> String {
    if reason == StartReason::Timeout {
        let part = match removed.len() {
            1 => "no longer parts",
            _ => "no longer part",
        };
        let over: BTreeSet<u32> = removed.iter().map(|boundary| boundary.over).collect();
        return format!(
            "{} {part} {}",
            pauses(removed),
            some(over.len() + removed.len(), "session")
        );
    }
    let why = match reason {
        StartReason::Background => format!(
            "{} in the background is now within the limit",
            lengths(removed)
        ),
        StartReason::Midnight => "a new day no longer parts sessions".to_owned(),
        StartReason::MaxLength => match question.tried.limits.max_length_seconds {
            Some(seconds) => format!("the longest session is {}", limit_words(seconds)),
            None => "sessions may be as long as they like".to_owned(),
        },
        StartReason::Forced => "this event no longer always starts a session".to_owned(),
        StartReason::Ended => "the event before no longer ends the session".to_owned(),
        StartReason::UserSwitched => "another user no longer parts sessions".to_owned(),
        StartReason::SessionId => "the source's session no longer counts".to_owned(),
        StartReason::Late => "the session still takes this event".to_owned(),
        StartReason::First | StartReason::Timeout => "one session holds both".to_owned(),
    };
    with_times(question, "Joined", removed, &why)
}

/// “Split at 11:27: …”, “Split at 11:27 and 12:40: …”, “Split 5 times from 11:27 on: …”.
fn with_times(question: &Question<'_>, verb: &str, boundaries: &[&Boundary], why: &str) -> String {
    let first = time_of_day(question.zone, boundaries[0].at_ms);
    match boundaries {
        [_] => format!("{verb} at {first}: {why}"),
        [_, second] => {
            let second = time_of_day(question.zone, second.at_ms);
            format!("{verb} at {first} and {second}: {why}")
        }
        more => format!("{verb} {} times from {first} on: {why}", more.len()),
    }
}

/// “A pause of 18 min”, “Two pauses of 17 and 18 min”, “5 pauses of 16 to 25 min”.
fn pauses(boundaries: &[&Boundary]) -> String {
    match boundaries {
        [only] => format!("A pause of {}", words_of_duration(only.pause_ms)),
        [one, other] => format!(
            "Two pauses of {}",
            words_of_two(one.pause_ms, other.pause_ms)
        ),
        more => format!("{} pauses of {}", more.len(), lengths(more)),
    }
}

/// “3 min 17 s”, “16 to 25 min”, “16 min to 1 h 5 min”.
fn lengths(boundaries: &[&Boundary]) -> String {
    let lengths_ms = || boundaries.iter().map(|boundary| boundary.pause_ms);
    let (shortest_ms, longest_ms) = (lengths_ms().min(), lengths_ms().max());
    let (shortest, longest) = in_one_unit(shortest_ms.unwrap_or(0), longest_ms.unwrap_or(0));
    match shortest == longest {
        true => shortest,
        false => format!("{shortest} to {longest}"),
    }
}

/// “17 and 18 min”, “17 min and 1 h 2 min”, “18 min each”.
fn words_of_two(one_ms: i64, other_ms: i64) -> String {
    let (one, other) = in_one_unit(one_ms, other_ms);
    match one == other {
        true => format!("{one} each"),
        false => format!("{one} and {other}"),
    }
}

/// Two durations in words, of which the second says the unit for both where it is the only one and
/// they differ.
fn in_one_unit(one_ms: i64, other_ms: i64) -> (String, String) {
    let (one, other) = (words_of_duration(one_ms), words_of_duration(other_ms));
    match (one.split_once(' '), other.split_once(' ')) {
        (Some((number, unit)), Some((_, other_unit)))
            if one != other && unit == other_unit && !unit.contains(' ') =>
        {
            (number.to_owned(), other)
        }
        _ => (one, other),
    }
}

/// A duration by its two largest units, cut and not rounded; from 10 minutes to an hour by minutes
/// alone: `45 s`, `3 min 17 s`, `18 min`, `2 h 5 min`.
fn words_of_duration(ms: i64) -> String {
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {small_unit}"),
    };
    match ms {
        ..SECOND_MS => format!("{ms} ms"),
        SECOND_MS..MINUTE_MS => format!("{} s", ms / SECOND_MS),
        MINUTE_MS..TEN_MINUTES_MS => two(ms / MINUTE_MS, "min", ms % MINUTE_MS / SECOND_MS, "s"),
        TEN_MINUTES_MS..HOUR_MS => format!("{} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS => two(ms / HOUR_MS, "h", ms % HOUR_MS / MINUTE_MS, "min"),
        _ => two(ms / DAY_MS, "d", ms % DAY_MS / HOUR_MS, "h"),
    }
}

fn some(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

fn some_events(count: u32) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 event is".to_owned()),
        count => Some(format!("{count} events are")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_cut_to_what_a_person_says() {
        let cases = [
            (7, "7 ms"),
            (45_999, "45 s"),
            (60_000, "1 min"),
            (197_400, "3 min 17 s"),
            (18 * MINUTE_MS + 59_000, "18 min"),
            (HOUR_MS, "1 h"),
            (2 * HOUR_MS + 5 * MINUTE_MS + 59_000, "2 h 5 min"),
            (49 * HOUR_MS, "2 d 1 h"),
        ];
        for (ms, expected) in cases {
            assert_eq!(words_of_duration(ms), expected, "{ms}");
        }
    }

    #[test]
    fn two_pauses_share_their_unit() {
        let cases = [
            (17, 18, "17 and 18 min"),
            (18, 18, "18 min each"),
            (17, 62, "17 min and 1 h 2 min"),
            (60, 120, "1 and 2 h"),
        ];
        for (one, other, expected) in cases {
            assert_eq!(words_of_two(one * MINUTE_MS, other * MINUTE_MS), expected);
        }
    }
}
