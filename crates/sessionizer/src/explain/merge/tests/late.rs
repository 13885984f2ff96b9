//! Sessions that arrivals part, and those that the source names.

use dwell_model::definition::{GRACE_SECONDS, Role};
use dwell_model::{Definition, EndReason, Session, StartKind, StartReason, Zone};

use super::{Named, Random, SOURCE_SESSIONS, seed, sort, utc};
use crate::explain::{AppState, Arrivals, Change, Pair, Told, joining, joining_words};
use crate::{Input, Rules, sessions};

/// A session from `from` to `to` of 2026-11-20 that closes half an hour later, with 24 h of grace.
fn told(from: &str, to: &str, start_reason: StartReason) -> Told<'static> {
    let at = |time: &str| utc(&format!("2026-11-20T{time}Z"));
    Told {
        started_at_ms: at(from),
        ended_at_ms: at(to),
        closes_at_ms: at(to) + 1_800_000,
        expires_at_ms: at(to) + 88_200_000,
        start_reason,
        close_reason: EndReason::Timeout,
        start_kind: StartKind::None,
        starting_event: "A",
        last_event: "B",
        user: None,
        source_session: Some("s1"),
        late_born: false,
        arrivals: None,
    }
}

#[test]
fn a_late_session_needs_more_grace_or_an_earlier_arrival() {
    let text = |grace_seconds: i64, arrival: &str| {
        let json = format!(
            r#"{{"name":"v","limits":{{"inactivity_seconds":1800}},
                "grace_seconds":{grace_seconds}}}"#
        );
        let definition = Definition::from_json(&json).unwrap();
        let mut previous = told("10:00:00", "10:31:00", StartReason::First);
        previous.expires_at_ms = previous.closes_at_ms + definition.grace_ms();
        let arrival_ms = utc(arrival);
        let arrivals = Arrivals {
            starting_ms: arrival_ms,
            first_ms: arrival_ms,
            latest_ms: arrival_ms,
        };
        let next = Told {
            arrivals: Some(arrivals),
            ..told("10:12:00", "10:12:00", StartReason::Late)
        };
        let pair = Pair {
            definition: &definition,
            previous,
            app: AppState::Unknown,
            between: &[],
            next,
            zone: Zone::UTC,
        };
        joining_words(&pair, &joining(&pair))
    };
    // It closed at 11:01.
    assert_eq!(
        text(600, "2026-11-20T12:01:00Z"),
        "They would be one with a grace of 1 h 1 s or more or an arrival before 11:11:00."
    );
    assert_eq!(
        text(600, "2026-11-20T12:00:59.999Z"),
        "They would be one with a grace of 1 h or more or an arrival before 11:11:00."
    );
    assert_eq!(
        text(86_400, "2026-11-21T12:00:00Z"),
        "They would be one with an arrival before Sat 21 Nov 11:01:00. No grace is long enough: it \
         would have to be 24 h 59 min 1 s, and 24 h is the longest."
    );
}

/// A stream of a session that arrives as it happens, and events in it or near it that arrive all at
/// once some time after it is final.
fn late_stream(random: &mut Random, definition: &Definition) -> Vec<Named> {
    let first_ms = utc("2026-03-10T08:00:00.123Z");
    let wait_ms = definition.inactivity_ms().unwrap();
    let mut time_ms = first_ms;
    let mut stream: Vec<(i64, bool)> = Vec::new();
    for _ in 0..=random.below(4) {
        stream.push((time_ms, false));
        time_ms += random.below(wait_ms - 1) + 1;
    }
    time_ms = first_ms + random.below(time_ms - first_ms + 1);
    for _ in 0..=random.below(3) {
        stream.push((time_ms, true));
        time_ms += random.below(wait_ms);
    }
    let newest_ms = stream.iter().map(|(time_ms, _)| *time_ms).max().unwrap();
    let late_ms = random.one(&[0, 60_000, 3_600_000, 50_000_000, 90_000_000, 180_000_000]);
    let arrival_ms = newest_ms + wait_ms + late_ms + random.below(2_000);
    let named = |(ordinal, (time_ms, is_late)): (usize, (i64, bool))| Named {
        id: format!("e{ordinal}"),
        event: Input {
            time_ms,
            arrival_ms: match is_late {
                true => arrival_ms,
                false => time_ms,
            },
            role: Role::Activity,
            start_kind: StartKind::None,
            user: 0,
            source_session: 0,
        },
    };
    let mut stream: Vec<Named> = stream.into_iter().enumerate().map(named).collect();
    sort(&mut stream);
    stream
}

#[test]
fn the_grace_and_the_arrival_that_are_named_take_the_late_in() {
    let seed = seed();
    let (mut grace_count, mut arrival_count) = (0, 0);
    for trace in 0..3_000_u64 {
        let mut random = Random(u64::wrapping_add(seed, trace.wrapping_mul(0x2545_f491)));
        let json = serde_json::json!({
            "name": "v",
            "limits": {"inactivity_seconds": random.one(&[60, 1_800, 86_400])},
            "gap_at_timeout": random.one(&["new", "same"]),
            "grace_seconds": random.one(&[0, 1, 600, 43_200, 86_400]),
            "session_ids": random.one(&["ignore", "trust"]),
        });
        let definition = Definition::from_json(&json.to_string()).unwrap();
        let mut stream = late_stream(&mut random, &definition);
        if random.chance(50) {
            for named in &mut stream {
                named.event.source_session = 1;
            }
        }
        let found = |definition: &Definition, stream: &[Named]| {
            let inputs: Vec<Input> = stream.iter().map(|named| named.event).collect();
            sessions(&Rules::new(definition), &inputs).sessions
        };
        let all = found(&definition, &stream);
        let [previous, next] = all[..] else { continue };
        if next.start_reason != StartReason::Late {
            continue;
        }
        let told = |session: &Session| Told {
            source_session: SOURCE_SESSIONS[session.source_session as usize],
            ..Told::of(session, "A", "B")
        };
        let arrival_ms = stream[next.first_event as usize].event.arrival_ms;
        let pair = Pair {
            definition: &definition,
            previous: told(&previous),
            app: AppState::Unknown,
            between: &[],
            next: Told {
                arrivals: Some(Arrivals {
                    starting_ms: arrival_ms,
                    first_ms: arrival_ms,
                    latest_ms: arrival_ms,
                }),
                ..told(&next)
            },
            zone: Zone::UTC,
        };
        let joining = joining(&pair);
        let note =
            format!("DWELL_TEST_SEED={seed} trace {trace}\n{json}\n{stream:#?}\n{joining:#?}\n");
        let [barrier] = &joining.barriers[..] else {
            panic!("{note}not one barrier");
        };
        assert_eq!(barrier.reason, StartReason::Late, "{note}");
        let with_grace = |seconds: i64| {
            let definition = Definition {
                grace_seconds: seconds,
                ..definition.clone()
            };
            assert_eq!(definition.validate(), Ok(()), "{note}");
            found(&definition, &stream).len()
        };
        let with_arrival = |arrival_ms: i64| {
            let mut stream = stream.clone();
            for named in &mut stream {
                if named.event.arrival_ms != named.event.time_ms {
                    named.event.arrival_ms = arrival_ms;
                }
            }
            found(&definition, &stream).len()
        };
        let is_grace = |change: &Change| matches!(change, Change::Grace { .. });
        if !barrier.ways.iter().flatten().any(is_grace) {
            assert!(
                with_grace(*GRACE_SECONDS.end()) > 1,
                "{note}the longest grace does"
            );
        }
        for change in barrier.ways.iter().flatten() {
            match change {
                Change::Grace { seconds } => {
                    grace_count += 1;
                    assert_eq!(with_grace(*seconds), 1, "{note}");
                    assert!(with_grace(seconds - 1) > 1, "{note}a second less does");
                }
                Change::Arrival { before_ms } => {
                    arrival_count += 1;
                    assert_eq!(with_arrival(before_ms - 1), 1, "{note}");
                    assert!(
                        with_arrival(*before_ms) > 1,
                        "{note}a millisecond later does"
                    );
                }
                other => panic!("{note}{other:?}"),
            }
        }
    }
    println!("{grace_count} graces, {arrival_count} arrivals");
    assert!(
        grace_count > 100 && arrival_count > grace_count,
        "too dull: {grace_count}"
    );
}

#[test]
fn a_session_that_the_source_names_knows_no_other_timeout() {
    let definition = r#"{"name":"v","limits":{"inactivity_seconds":1800,"day_in":"UTC"},
        "session_ids":"trust"}"#;
    let definition = Definition::from_json(definition).unwrap();
    let mut next = told("12:00:00", "12:00:00", StartReason::Timeout);
    next.started_at_ms += 86_400_000;
    next.ended_at_ms += 86_400_000;
    let pair = Pair {
        definition: &definition,
        previous: told("10:00:00", "10:31:00", StartReason::First),
        app: AppState::Background,
        between: &[],
        next,
        zone: Zone::UTC,
    };
    assert_eq!(
        joining_words(&pair, &joining(&pair)),
        "They would be one with a return to the app between Fri 20 Nov 12:00:00 and 10:31:00. No \
         timeout does: a session that the source names is parted by 24 h without activity."
    );
}
