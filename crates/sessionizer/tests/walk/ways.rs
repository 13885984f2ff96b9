//! Each way of finding sessions against the other, and what the long way costs.

use dwell_model::definition::Role;
use dwell_model::{Definition, StartKind};
use dwell_sessionizer::{Input, Rules, Walker};

use super::random::{Random, seed};

/// Arrivals as late as they may be and still all in time, on streams around every limit and strange
/// midnights.
#[test]
fn where_every_event_comes_in_time_the_sessions_are_those_of_one_walk() {
    let seed = seed();
    let (mut session_count, mut late_count) = (0, 0);
    for trace in 0..20_000 {
        let mut random = Random(seed.wrapping_add(trace * 0x9e37_79b9));
        let definition = random.definition();
        let rules = Rules::new(&definition);
        let grace_ms = definition.grace_ms();
        let mut events: Vec<Input> = random
            .stream(&definition)
            .into_iter()
            .map(|(_, event)| event)
            .collect();
        for event in &mut events {
            // With no inactivity, the bound of the longest day is below a day's grace.
            let delays_ms = [
                grace_ms - 1,
                43_200_000,
                grace_ms - 60_000,
                grace_ms / 2,
                0,
                -1,
            ];
            let first = random.below(delays_ms.len() as i64) as usize;
            let arrivals_ms = delays_ms[first..].iter().map(|delay| event.time_ms + delay);
            event.arrival_ms = arrivals_ms
                .into_iter()
                .find(|arrival_ms| rules.takes_in_time(event.time_ms, *arrival_ms))
                .unwrap();
            late_count += u64::from(event.arrival_ms - event.time_ms > 3_600_000);
        }
        let note = format!(
            "DWELL_TEST_SEED={seed} trace {trace}\n{}",
            definition.to_json()
        );
        let mut walker = Walker::new(&rules);
        let walk = walker.walk(&events).clone();
        assert_eq!(walker.settle(&events), &walk, "{note}\n{events:#?}");
        assert!(walker.step_count() > 0 || events.iter().all(is_ignored));
        assert_eq!(walker.sessions(&events), &walk, "{note}\n{events:#?}");
        assert!(walk.sessions.iter().all(|session| !session.late_born));
        session_count += walk.sessions.len();
    }
    println!("{session_count} sessions, {late_count} events more than an hour late");
    assert!(session_count > 40_000, "{session_count}");
    assert!(late_count > 20_000, "{late_count}");
}

fn is_ignored(event: &Input) -> bool {
    event.role == Role::Ignored
}

#[test]
fn an_event_is_in_time_by_the_grace_and_by_the_longest_day_where_no_inactivity_is_set() {
    const HOUR_MS: i64 = 3_600_000;
    let cases = [
        (r#""limits":{"inactivity_seconds":1800}"#, 24 * HOUR_MS - 1),
        (
            r#""limits":{"inactivity_seconds":86400},"gap_at_timeout":"same""#,
            24 * HOUR_MS - 1,
        ),
        (
            r#""limits":{"inactivity_seconds":1800},"grace_seconds":600"#,
            600_000 - 1,
        ),
        (
            r#""limits":{"inactivity_seconds":1800},"grace_seconds":0"#,
            -1,
        ),
        (
            r#""limits":{"inactivity_seconds":1800,"day_in":"UTC"}"#,
            24 * HOUR_MS - 1,
        ),
        // A day is taken to last 36 h at most.
        (r#""limits":{"day_in":"UTC"}"#, 12 * HOUR_MS),
        (
            r#""limits":{"day_in":"UTC","max_length_seconds":108000}"#,
            18 * HOUR_MS,
        ),
        (
            r#""limits":{"day_in":"UTC"},"grace_seconds":3600"#,
            HOUR_MS - 1,
        ),
        (
            r#""limits":{"inactivity_seconds":60,"max_length_seconds":86400,
               "foreground_holds":true}"#,
            24 * HOUR_MS - 1,
        ),
    ];
    for (rest, latest_ms) in cases {
        let definition = Definition::from_json(&format!(r#"{{"name":"v",{rest}}}"#)).unwrap();
        let rules = Rules::new(&definition);
        assert!(rules.takes_in_time(1_000, 1_000 + latest_ms), "{rest}");
        assert!(!rules.takes_in_time(1_000, 1_001 + latest_ms), "{rest}");
    }
}

#[test]
fn a_walker_that_settled_one_stream_settles_the_next_as_if_it_were_the_first() {
    let seed = seed();
    for trace in 0..500 {
        let mut random = Random(seed.wrapping_add(trace * 0x5851_f42d));
        let definition = random.definition();
        let rules = Rules::new(&definition);
        let mut used = Walker::new(&rules);
        for _ in 0..5 {
            let stream = random.stream(&definition);
            let events: Vec<Input> = stream.into_iter().map(|(_, event)| event).collect();
            let fresh = Walker::new(&rules).settle(&events).clone();
            assert_eq!(
                used.settle(&events),
                &fresh,
                "DWELL_TEST_SEED={seed} trace {trace}"
            );
        }
    }
}

/// A stream of one event a second, each with the delay that its number gives.
fn settled(definition: &str, event_count: i64, delay_ms: impl Fn(i64) -> i64) -> (u64, usize) {
    let definition = Definition::from_json(&format!(r#"{{"name":"v",{definition}}}"#)).unwrap();
    let events: Vec<Input> = (0..event_count)
        .map(|number| Input {
            time_ms: 1_773_100_800_000 + number * 1_000,
            arrival_ms: 1_773_100_800_000 + number * 1_000 + delay_ms(number),
            role: Role::Activity,
            start_kind: StartKind::None,
            user: 0,
            source_session: 0,
        })
        .collect();
    let rules = Rules::new(&definition);
    let mut walker = Walker::new(&rules);
    let session_count = walker.sessions(&events).sessions.len();
    (walker.step_count(), session_count)
}

#[test]
fn a_stream_that_arrives_backwards_is_walked_a_few_times_and_not_once_for_each_event() {
    const EVENT_COUNT: i64 = 200_000;
    let at_once = |number: i64| (EVENT_COUNT - number) * 1_001;
    let slowly = |number: i64| (EVENT_COUNT - number) * 1_500;
    let cases: [(&str, &dyn Fn(i64) -> i64); 3] = [
        (r#""limits":{"inactivity_seconds":1800}"#, &at_once),
        (
            r#""limits":{"inactivity_seconds":1800,"max_length_seconds":86400}"#,
            &slowly,
        ),
        (
            r#""limits":{"day_in":"Europe/Rome"},"grace_seconds":600"#,
            &slowly,
        ),
    ];
    for (definition, delay_ms) in cases {
        let (step_count, session_count) = settled(definition, EVENT_COUNT, delay_ms);
        println!("{step_count} steps, {session_count} sessions {definition}");
        assert!(session_count < 10, "{session_count} {definition}");
        assert!(
            step_count >= EVENT_COUNT as u64,
            "{step_count} {definition}"
        );
        assert!(
            step_count < 6 * EVENT_COUNT as u64,
            "{step_count} {definition}"
        );
    }
}

#[test]
fn late_events_in_the_middle_of_one_endless_session_cost_a_few_steps_each() {
    const EVENT_COUNT: i64 = 100_000;
    // A session of 28 h; every hundredth event comes up to a day late, the others within 5 s.
    let delay_ms = |number: i64| match number % 100 {
        0 => number * 7_919 % 86_000 * 1_000,
        _ => number * 7_919 % 5_000,
    };
    // One is later than the grace, so that the single walk is not enough.
    let with_one = |number: i64| match number {
        50_000 => 90_000_000,
        _ => delay_ms(number),
    };
    let definition = r#""limits":{"inactivity_seconds":1800}"#;
    let (step_count, session_count) = settled(definition, EVENT_COUNT, with_one);
    assert_eq!(session_count, 1);
    assert!(step_count < 2 * EVENT_COUNT as u64, "{step_count}");
}
