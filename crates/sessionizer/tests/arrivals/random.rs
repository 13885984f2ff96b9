//! Traces at random. A failure names the seed and the trace that repeat it (`DWELL_TEST_SEED`), and
//! shows the trace without the events that it can do without. `DWELL_TRACES` says how many traces
//! there are.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dwell_sessionizer::{Rules, Walk, sessions};

use super::model::{Situation, Slip};
use super::traces::{Random, Trace};

/// So many are watched for what they show.
const WATCHED: u64 = 4_000;

fn number(name: &str, default: u64) -> u64 {
    let number = std::env::var(name).ok().and_then(|text| text.parse().ok());
    let number = number.unwrap_or(default);
    println!("{name}={number}");
    number
}

pub(crate) fn seed() -> u64 {
    number("DWELL_TEST_SEED", 2_026)
}

fn engine(trace: &Trace) -> Walk {
    sessions(&Rules::new(&trace.definition), &trace.events)
}

/// Panics with the shrunk trace where `found` is not `expected`, or panics itself.
#[track_caller]
pub(crate) fn hold(
    trace: Trace,
    note: &str,
    found: impl Fn(&Trace) -> Walk,
    expected: impl Fn(&Trace) -> Walk,
) {
    if found(&trace) == expected(&trace) {
        return;
    }
    let trace = trace.shrunk(|trace| found(trace) != expected(trace));
    let (found, expected) = (found(&trace), expected(&trace));
    let text = trace.to_text();
    panic!("{note}\n{text}found {found:#?}\nexpected {expected:#?}");
}

/// What [`hold`] is to ask of the engine: that it panics is a trace to shrink as well.
pub(crate) fn engine_or_nothing(trace: &Trace) -> Walk {
    catch_unwind(AssertUnwindSafe(|| engine(trace))).unwrap_or_default()
}

#[test]
fn random_traces_equal_the_naive_model() {
    let seed = seed();
    let count = number("DWELL_TRACES", 20_000);
    let (mut session_count, mut event_count) = (0, 0);
    for number in 0..count {
        let trace = Random::of_trace(seed, number).trace();
        event_count += trace.events.len();
        session_count += engine_or_nothing(&trace).sessions.len();
        let note = format!("DWELL_TEST_SEED={seed} trace {number}");
        hold(trace, &note, engine_or_nothing, |trace| {
            trace.model().sessions()
        });
    }
    println!("{count} traces, {event_count} events, {session_count} sessions");
}

#[test]
fn long_traces_equal_the_naive_model() {
    let seed = seed();
    for number in 0..50 {
        let trace = Random::of_trace(seed ^ 0x1049, number).long_trace();
        let note = format!("DWELL_TEST_SEED={seed} long trace {number}");
        hold(trace, &note, engine_or_nothing, |trace| {
            trace.model().sessions()
        });
    }
}

#[test]
fn every_situation_occurs_among_the_traces() {
    let seed = seed();
    let mut counts: BTreeMap<Situation, u32> = BTreeMap::new();
    for number in 0..WATCHED {
        let trace = Random::of_trace(seed, number).trace();
        for situation in trace.model().situations() {
            *counts.entry(situation).or_default() += 1;
        }
    }
    println!("{counts:#?}");
    for situation in Situation::ALL {
        let count = counts.get(&situation).copied().unwrap_or(0);
        assert!(count >= 20, "{situation:?} in {count} of {WATCHED} traces");
    }
}

#[test]
fn the_traces_tell_every_wrong_rule_from_the_right_one() {
    let seed = seed();
    let traces = (0..3 * WATCHED).map(|number| Random::of_trace(seed, number).trace());
    let traces: Vec<(Trace, Walk)> = traces
        .map(|trace| {
            let right = trace.model().sessions();
            (trace, right)
        })
        .collect();
    for slip in Slip::ALL {
        let is_told =
            |(trace, right): &(Trace, Walk)| trace.model().with(slip).sessions() != *right;
        let is_told = traces.iter().any(is_told);
        assert!(is_told, "{slip:?} shows in none of {} traces", traces.len());
    }
}
