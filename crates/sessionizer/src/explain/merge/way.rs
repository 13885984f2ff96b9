//! The ways past the limits: a pause, the day, the maximum length.

use dwell_model::{StartReason, Zone};

use super::{
    AppState, BACKGROUND_SECONDS, Barrier, Chain, Change, GapAtTimeout, Hop, INACTIVITY_SECONDS,
    MAX_LENGTH_SECONDS, MAX_LENGTH_SECONDS_HELD, Pair, limit_ms, seconds_over,
};

/// The longest timeout, s.
const LONGEST_S: i64 = *INACTIVITY_SECONDS.end();

/// Zones whose days are tried, from west to east; no two hours of the day are without a midnight.
const ZONES: [&str; 18] = [
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// The limits on a pause that hold in the pair's stream.
struct Waits {
    inactivity_ms: Option<i64>,
    background_ms: Option<i64>,
    /// The inactivity can be set to something else.
    is_open: bool,
}

impl Waits {
    fn of(pair: &Pair<'_>) -> Self {
        let definition = pair.definition;
        match pair.previous.named_by_source(definition) {
            Some(_) => Self {
                inactivity_ms: Some(definition.trusted_inactivity_ms()),
                background_ms: None,
                is_open: false,
            },
            None => Self {
                inactivity_ms: definition.inactivity_ms(),
                background_ms: definition
                    .limits
                    .background_seconds
                    .map(|seconds| limit_ms(definition, seconds)),
                is_open: true,
            },
        }
    }

    /// Those of the limits that a pause passes: inactivity and background.
    fn passed(&self, pair: &Pair<'_>, hop: &Hop) -> (Option<i64>, Option<i64>) {
        let gap_ms = hop.gap_ms();
        let passed = |limit: Option<i64>| limit.filter(|limit_ms| gap_ms >= *limit_ms);
        match hop.app {
            // Inside a session that the source names it holds nothing.
            AppState::Foreground if self.is_open && pair.definition.limits.foreground_holds => {
                (None, None)
            }
            AppState::Background => (passed(self.inactivity_ms), passed(self.background_ms)),
            AppState::Foreground | AppState::Unknown => (passed(self.inactivity_ms), None),
        }
    }
}

/// A pause passed the timeout or the background limit.
pub(super) fn wait(pair: &Pair<'_>, chain: &Chain<'_>) -> Option<Barrier> {
    let definition = pair.definition;
    let waits = Waits::of(pair);
    let (mut timeout_gap_ms, mut background_gap_ms) = (None, None);
    let (mut events, mut is_exact) = (
        Some(Vec::new()),
        definition.gap_at_timeout == GapAtTimeout::New,
    );
    let mut reason = None;
    for hop in &chain.hops {
        let (timeout_ms, background_ms) = waits.passed(pair, hop);
        let Some(first_ms) = [timeout_ms, background_ms].into_iter().flatten().min() else {
            continue;
        };
        let gap_ms = hop.gap_ms();
        timeout_gap_ms = timeout_gap_ms.max(timeout_ms.map(|_| gap_ms));
        background_gap_ms = background_gap_ms.max(background_ms.map(|_| gap_ms));
        let passed = [timeout_ms, background_ms];
        is_exact &= passed
            .into_iter()
            .flatten()
            .all(|limit_ms| limit_ms == gap_ms);
        let more = events_in(hop, first_ms, waits.inactivity_ms);
        events = events.zip(more).map(|(mut events, more)| {
            events.push(more);
            events
        });
        reason = reason.or(Some(match background_ms {
            Some(ms) if timeout_ms.is_none_or(|timeout_ms| ms < timeout_ms) => {
                StartReason::Background
            }
            _ => StartReason::Timeout,
        }));
    }
    let reason = reason?;
    let mut limits = Vec::new();
    let mut out_of_range = None;
    if let Some(gap_ms) = timeout_gap_ms {
        let seconds = seconds_over(definition, gap_ms);
        let timeout = Change::Timeout { seconds };
        match waits.is_open && seconds <= LONGEST_S {
            true => limits.push(timeout),
            false => out_of_range = Some(timeout),
        }
    }
    if let Some(gap_ms) = background_gap_ms {
        let seconds = seconds_over(definition, gap_ms);
        limits.push(match BACKGROUND_SECONDS.contains(&seconds) {
            true => Change::Background { seconds },
            false => Change::NoBackground,
        });
    }
    let mut ways = Vec::new();
    if out_of_range.is_none() {
        ways.push(limits);
    }
    if is_exact {
        ways.push(vec![Change::SameAtLimit]);
    }
    ways.extend(events);
    Some(Barrier {
        reason,
        ways,
        out_of_range,
    })
}

/// The events that a pause lacks; `first_ms` is the wait at its beginning. None where no event can
/// help: a background limit of 0 closes at once.
fn events_in(hop: &Hop, first_ms: i64, inactivity_ms: Option<i64>) -> Option<Change> {
    let in_background = hop.app == AppState::Background;
    // An event of one time with the background event stands before it.
    let earliest_ms = hop.from_ms + i64::from(in_background);
    let until_ms = hop.from_ms + first_ms;
    if until_ms <= earliest_ms {
        return None;
    }
    // Each event reaches the instant before its wait is over.
    let left_ms = hop.gap_ms() - (first_ms - 1);
    let count = match inactivity_ms {
        Some(wait_ms) => (left_ms + wait_ms - 2).div_euclid(wait_ms - 1).max(1),
        None => 1,
    };
    let wait_ms = inactivity_ms.unwrap_or(i64::MAX);
    Some(match count {
        1 => Change::Event {
            from_ms: earliest_ms.max(hop.to_ms.saturating_sub(wait_ms) + 1),
            until_ms,
            in_background,
        },
        _ => Change::Events {
            count,
            after_ms: hop.from_ms,
            first_until_ms: until_ms,
            before_ms: hop.to_ms,
            wait_ms,
        },
    })
}

/// A local day ended between them.
pub(super) fn midnight(pair: &Pair<'_>, chain: &Chain<'_>) -> Option<Barrier> {
    let definition = pair.definition;
    let (previous, next) = (&pair.previous, &pair.next);
    let zone = match previous.named_by_source(definition) {
        Some(_) => return None,
        None => definition.limits.day_in?,
    };
    if zone.next_day_start_after(previous.started_at_ms) > next.started_at_ms {
        return None;
    }
    let mut ways = Vec::new();
    let longest_ms = limit_ms(definition, LONGEST_S);
    let pauses_ms = chain.hops.iter().map(Hop::gap_ms);
    let lengths_ms = [previous, next].map(|told| told.ended_at_ms - told.started_at_ms);
    if definition.limits.inactivity_seconds.is_some() {
        ways.push(vec![Change::NoDay]);
    } else if pauses_ms.chain(lengths_ms).all(|ms| ms < longest_ms) {
        ways.push(vec![Change::TimeoutForDay { seconds: LONGEST_S }]);
    }
    let holds_both =
        |zone: &Zone| zone.next_day_start_after(previous.started_at_ms) > next.ended_at_ms;
    let others = ZONES.iter().filter_map(|name| Zone::parse(name).ok());
    let mut tried = [pair.zone, Zone::UTC].into_iter().chain(others);
    ways.extend(tried.find(holds_both).map(|zone| vec![Change::DayIn(zone)]));
    Some(Barrier {
        reason: StartReason::Midnight,
        ways,
        out_of_range: None,
    })
}

/// Together they are longer than a session may be.
pub(super) fn max_length(pair: &Pair<'_>) -> Option<Barrier> {
    let definition = pair.definition;
    let length_ms = pair.next.ended_at_ms - pair.previous.started_at_ms;
    if length_ms < definition.max_length_ms()? {
        return None;
    }
    let holds = definition.limits.foreground_holds;
    let longest_s = match holds {
        true => MAX_LENGTH_SECONDS_HELD,
        false => *MAX_LENGTH_SECONDS.end(),
    };
    let seconds = seconds_over(definition, length_ms);
    let longer = Change::MaxLength { seconds };
    let (mut ways, out_of_range) = match (seconds <= longest_s, holds) {
        (true, _) => (vec![vec![longer]], None),
        (false, false) => (vec![vec![Change::NoMaxLength]], Some(longer)),
        (false, true) => (Vec::new(), Some(longer)),
    };
    let is_exact = definition.gap_at_timeout == GapAtTimeout::New
        && definition.max_length_ms() == Some(length_ms);
    if is_exact {
        ways.push(vec![Change::SameAtLimit]);
    }
    Some(Barrier {
        reason: StartReason::MaxLength,
        ways,
        out_of_range,
    })
}
