//! The sessionizer alone, over sorted columns in memory: how many events a second on one core.

use std::hint::black_box;
use std::time::Instant;

use dwell_model::Definition;
use dwell_sessionizer::{Input, Rules, Walker};

use crate::events::{Event, NAMES};

/// Rounds that are alternated; the middle one counts.
const ROUNDS: usize = 15;

/// Every rule at once: timeout, background, maximum length, local midnight and roles; lateness is
/// always counted.
const ALL_RULES: &str = r#"{"name": "all", "limits": {"inactivity_seconds": 1800,
    "background_seconds": 300, "max_length_seconds": 14400, "day_in": "America/New_York"},
    "roles": [{"event": "AppOpened", "role": "start"},
    {"event": "AppForegrounded", "role": "foreground"},
    {"event": "AppBackgrounded", "role": "background"},
    {"event": "PushOpened", "role": "passive"}, {"event": "Rollback", "role": "extend"}]}"#;
const TIMEOUT_ALONE: &str = r#"{"name": "timeout", "limits": {"inactivity_seconds": 1800}}"#;

/// Million events a second on one core.
pub(crate) struct Speeds {
    /// In order, with all rules.
    pub(crate) all_rules: f64,
    /// In order, with the timeout alone.
    pub(crate) timeout_alone: f64,
    /// All rules as of every arrival, where a few streams have late events and take the long way.
    pub(crate) as_they_arrived: f64,
}

/// Measures, in rounds of one after the other.
pub(crate) fn measure(events: &[Event]) -> Result<Speeds, String> {
    let rules_of = |json: &str| {
        let definition = Definition::from_json(json).map_err(|error| error.to_string())?;
        Ok::<_, String>(Rules::new(&definition))
    };
    let (all_rules, timeout_alone) = (rules_of(ALL_RULES)?, rules_of(TIMEOUT_ALONE)?);
    let (of_all, ends) = columns(events, &all_rules);
    let (of_timeout, _) = columns(events, &timeout_alone);
    let (mut all, mut timeout) = (Walker::new(&all_rules), Walker::new(&timeout_alone));
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(over(&of_all, &ends, |stream| {
            all.walk(stream).sessions.len()
        }));
        times[1].push(over(&of_timeout, &ends, |stream| {
            timeout.walk(stream).sessions.len()
        }));
        times[2].push(over(&of_all, &ends, |stream| {
            all.sessions(stream).sessions.len()
        }));
    }
    let [all_rules, timeout_alone, as_they_arrived] =
        times.map(|times| of_all.len() as f64 / middle(times) / 1e6);
    Ok(Speeds {
        all_rules,
        timeout_alone,
        as_they_arrived,
    })
}

/// The events of every device one after the other, each in order, and where each device ends.
fn columns(events: &[Event], rules: &Rules) -> (Vec<Input>, Vec<usize>) {
    let roles = NAMES.map(|name| rules.role_of(name, dwell_model::Properties::default));
    let mut rows: Vec<((u32, u8), Input, u32)> = events
        .iter()
        .map(|event| {
            let (role, start_kind) = roles[usize::from(event.name)];
            let input = Input {
                time_ms: event.time_ms,
                arrival_ms: event.arrival_ms,
                role,
                start_kind,
                user: event.user + 1,
                source_session: 0,
            };
            ((event.user, event.device), input, event.number)
        })
        .collect();
    rows.sort_unstable_by_key(|(stream, input, number)| {
        (*stream, input.time_ms, input.role.rank(), *number)
    });
    let mut ends = Vec::new();
    for (index, pair) in (1..).zip(rows.windows(2)) {
        if pair[0].0 != pair[1].0 {
            ends.push(index);
        }
    }
    ends.push(rows.len());
    (rows.into_iter().map(|(_, input, _)| input).collect(), ends)
}

/// Seconds that all streams take.
fn over(inputs: &[Input], ends: &[usize], mut find: impl FnMut(&[Input]) -> usize) -> f64 {
    let began = Instant::now();
    let mut begin = 0;
    let mut count = 0;
    for &end in ends {
        count += find(&inputs[begin..end]);
        begin = end;
    }
    black_box(count);
    began.elapsed().as_secs_f64()
}

/// The middle of some measured values; 0 of none.
pub(crate) fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
