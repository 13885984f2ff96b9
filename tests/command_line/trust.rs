//! `session_ids: trust`, from outside: the sessions that an app's own library marked.

use std::collections::BTreeSet;

use dwell_model::{Zone, time};
use serde_json::{Value, json};

use super::runner::{Dwell, event, minute, shuffle, test_data};

/// Device, start and end of a session, UTC ms.
type Bounds = (String, i64, i64);

fn trusting() -> Value {
    json!({
        "name": "sdk", "session_ids": "trust",
        "limits": {"inactivity_seconds": 1800, "max_length_seconds": 259_200}
    })
}

fn ms(text: &Value) -> i64 {
    time::parse_text(text.as_str().expect("a time"), Zone::UTC).expect("a time")
}

/// Of each session.
fn bounds(dwell: &Dwell) -> BTreeSet<Bounds> {
    dwell
        .sessions("sdk")
        .iter()
        .map(|row| {
            (
                row["device_id"].as_str().expect("a device").to_owned(),
                row["started_at"].as_i64().expect("ms"),
                row["ended_at"].as_i64().expect("ms"),
            )
        })
        .collect()
}

/// The events of the mobile trace, and the bounds of the sessions that its library marked.
fn mobile() -> Option<(Vec<String>, Vec<Bounds>)> {
    let folder = test_data("trusted session ids")?.join("snowplow_mobile");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a data file");
    let expected: Vec<Bounds> = read("expected.jsonl")
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let device = row["device_id"].as_str().expect("a device").to_owned();
            (device, ms(&row["start"]), ms(&row["end"]))
        })
        .collect();
    assert_eq!(expected.len(), 7);
    let events = read("events.jsonl").lines().map(str::to_owned).collect();
    Some((events, expected))
}

/// Two pauses of the longest of them are a little over 24 h, which part it (sessions, section 2): its
/// start and its end then belong to two of ours.
#[test]
fn where_a_mobile_library_starts_and_ends_a_session_so_do_we() {
    let Some((events, expected)) = mobile() else {
        return;
    };
    let dwell = Dwell::new();
    dwell.define(&trusting());
    dwell.import(&dwell.file("events.jsonl", events.join("\n")));
    let found = bounds(&dwell);
    let starts: BTreeSet<_> = found
        .iter()
        .map(|(device, start, _)| (device, *start))
        .collect();
    let ends: BTreeSet<_> = found
        .iter()
        .map(|(device, _, end)| (device, *end))
        .collect();
    for (device, start, end) in &expected {
        assert!(
            starts.contains(&(device, *start)),
            "{device} {start}: {found:#?}"
        );
        assert!(ends.contains(&(device, *end)), "{device} {end}: {found:#?}");
    }
    let whole = expected.iter().filter(|one| found.contains(one)).count();
    assert_eq!(whole, 6, "{found:#?}");
}

#[test]
fn trusted_sessions_of_a_mobile_trace_are_the_same_in_any_order() {
    let Some((events, _)) = mobile() else {
        return;
    };
    let mut before = None;
    for order in 0..4_u64 {
        let mut lines = events.clone();
        match order {
            0 => {}
            1 => lines.reverse(),
            seed => shuffle(&mut lines, seed),
        }
        let dwell = Dwell::new();
        if order % 2 == 0 {
            dwell.define(&trusting());
        }
        let size = if order == 3 { 7 } else { lines.len() };
        for lines in lines.chunks(size) {
            dwell.import(&dwell.file("events.jsonl", lines.join("\n")));
        }
        if order % 2 == 1 {
            dwell.define(&trusting());
        }
        dwell.check();
        let sessions = dwell.sessions("sdk");
        let before = before.get_or_insert(sessions.clone());
        assert_eq!(*before, sessions, "order {order}");
    }
}

#[test]
fn an_id_is_a_stream_of_its_own_and_silence_below_a_day_does_not_end_it() {
    let on = |session: Option<&str>| json!({"device_id": "d", "session_id": session});
    let events = [
        event("e1", "A", 0, &on(Some("s1"))),
        event("e2", "A", 1, &on(Some("s2"))),
        event("e3", "A", 60, &on(Some("s1"))),
        event("e4", "A", 60 + 1_439, &on(Some("s1"))),
        event("e5", "A", 60 + 1_439 + 1_440, &on(Some("s1"))),
        // Without an id the configured limits hold.
        event("e6", "A", 2, &on(None)),
        event("e7", "A", 31, &on(None)),
        event("e8", "A", 61, &on(None)),
        // Another owner's session of the same id is another stream.
        event("e9", "A", 3, &json!({"device_id": "x", "session_id": "s1"})),
    ];
    for is_backwards in [false, true] {
        let mut events = events.to_vec();
        if is_backwards {
            events.reverse();
        }
        let dwell = Dwell::new();
        dwell.define(&trusting());
        events.chunks(2).for_each(|events| drop(dwell.take(events)));
        let mut found: Vec<_> = dwell
            .sessions("sdk")
            .iter()
            .map(|row| (row["event_ids"].clone(), row["start_reason"].clone()))
            .collect();
        found.sort_by_key(|(ids, _)| ids.to_string());
        assert_eq!(
            found,
            [
                (json!(["e1", "e3", "e4"]), json!("first")),
                (json!(["e2"]), json!("first")),
                (json!(["e5"]), json!("timeout")),
                (json!(["e6", "e7"]), json!("first")),
                (json!(["e8"]), json!("timeout")),
                (json!(["e9"]), json!("first")),
            ]
        );
        dwell.check();
    }
}

#[test]
fn the_maximum_length_holds_for_a_trusted_id() {
    let dwell = Dwell::new();
    dwell.define(&trusting());
    let on = json!({"device_id": "d", "session_id": "s1"});
    // Every 20 h; three days are over before the fifth.
    let events: Vec<Value> = (0..5)
        .map(|index| event(&format!("e{index}"), "A", index * 1_200, &on))
        .collect();
    dwell.take(&events);
    let sessions = dwell.sessions("sdk");
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["event_ids"], json!(["e0", "e1", "e2", "e3"]));
    assert_eq!(sessions[1]["start_reason"], "max_length");
    // It is shown as closed after the configured inactivity, which parts nothing.
    assert_eq!(sessions[0]["end_reason"], "timeout");
    assert_eq!(sessions[0]["closes_at"], minute(3_630));
    dwell.check();
}
