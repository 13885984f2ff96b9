//! What follows from section 4: punctual events have the sessions of section 3.

use dwell_model::definition::SessionIds;
use dwell_model::time::parse_text;
use dwell_model::{Definition, Zone};
use dwell_sessionizer::{Input, Rules, sessions, walk};

use super::random::{engine_or_nothing, hold, seed};
use super::traces::{Random, Trace};

const HOUR_MS: i64 = 3_600_000;

/// All events arrive less than this after their time: the grace, or with `day_in` less than 48 h
/// minus the longest local day, which has 25 h and in St. John's a minute.
fn bound_ms(definition: &Definition) -> i64 {
    let grace_ms = definition.grace_ms();
    match definition.limits.day_in {
        Some(_) => grace_ms.min(48 * HOUR_MS - 25 * HOUR_MS - 60_000),
        None => grace_ms,
    }
}

fn punctual_traces() -> impl Iterator<Item = (Trace, String)> {
    let seed = seed();
    (0..5_000).map(move |number| {
        let mut trace = Random::of_trace(seed ^ 0x5eed, number).trace();
        let latest_ms = bound_ms(&trace.definition) - 1;
        for event in &mut trace.events {
            event.arrival_ms = event.arrival_ms.min(event.time_ms + latest_ms);
        }
        (trace, format!("DWELL_TEST_SEED={seed} trace {number}"))
    })
}

#[test]
fn punctual_events_have_the_sessions_of_the_walk_in_the_model() {
    let mut frozen_count = 0;
    for (trace, note) in punctual_traces() {
        let froze = super::model::Situation::Frozen;
        frozen_count += u32::from(trace.model().situations().contains(&froze));
        hold(
            trace,
            &note,
            |trace| trace.model().sessions(),
            |trace| trace.model().sessions_in_order(),
        );
    }
    assert!(frozen_count > 500, "{frozen_count} traces with frozen ones");
}

#[test]
fn punctual_events_have_the_sessions_of_the_walk_in_the_engine() {
    for (trace, note) in punctual_traces() {
        hold(trace, &note, engine_or_nothing, |trace| {
            let trusts = trace.definition.session_ids == SessionIds::Trust;
            match trusts {
                // The plain walk knows no streams of source sessions.
                true => trace.model().sessions_in_order(),
                false => walk(&Rules::new(&trace.definition), &trace.events),
            }
        });
    }
}

/// On a day of 25 hours the last hour lies after the 48 h of its first event.
#[test]
fn with_a_day_the_bound_is_48_hours_minus_the_longest_day() {
    let json = r#"{"name":"v","limits":{"day_in":"Europe/Rome"},"grace_seconds":86400}"#;
    let definition = Definition::from_json(json).unwrap();
    let midnight_ms = parse_text("2026-10-24T22:00:00Z", Zone::UTC).unwrap();
    let event = |time_ms: i64, arrival_ms: i64| Input {
        time_ms,
        arrival_ms,
        role: dwell_model::definition::Role::Activity,
        start_kind: dwell_model::StartKind::None,
        user: 0,
        source_session: 0,
    };
    let last_ms = midnight_ms + 25 * HOUR_MS - 1;
    for (lateness_ms, session_count) in [(23 * HOUR_MS, 1), (23 * HOUR_MS + 1, 2)] {
        let events = vec![
            event(midnight_ms, midnight_ms),
            event(last_ms, last_ms + lateness_ms),
        ];
        let engine = sessions(&Rules::new(&definition), &events);
        let definition = definition.clone();
        let trace = Trace { definition, events };
        let model = trace.model();
        assert_eq!(model.sessions_in_order().sessions.len(), 1);
        assert_eq!(model.sessions().sessions.len(), session_count);
        assert_eq!(engine, model.sessions());
    }
}
