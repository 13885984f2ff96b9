//! The same events in files of any size and order, under many definitions at once: the same sessions,
//! people and derived events, and a check after the last file.

use serde_json::{Value, json};

use super::runner::{Dwell, below, minute, shuffle};

const HISTORIES: u64 = 15;

/// One definition of each kind, all beside one another.
fn definitions() -> Vec<Value> {
    vec![
        json!({"name": "strict", "grace_seconds": 0, "limits": {"inactivity_seconds": 1_800}}),
        json!({
            "name": "person", "scope": "user", "grace_seconds": 3_600,
            "limits": {"inactivity_seconds": 600, "max_length_seconds": 7_200}
        }),
        json!({
            "name": "trust", "session_ids": "trust", "grace_seconds": 7_200,
            "limits": {"inactivity_seconds": 1_800, "max_length_seconds": 259_200}
        }),
        json!({
            "name": "prefer", "scope": "user", "session_ids": "prefer", "grace_seconds": 600,
            "limits": {"inactivity_seconds": 1_800}, "gap_at_timeout": "same"
        }),
        json!({
            "name": "day", "limits": {"day_in": "America/New_York"}, "grace_seconds": 36_000
        }),
        json!({
            "name": "app", "limits": {
                "inactivity_seconds": 1_200, "background_seconds": 300,
                "max_length_seconds": 14_400, "foreground_holds": true
            }, "roles": [
                {"event": "Open", "role": "foreground"}, {"event": "Away", "role": "background"},
                {"event": "Launch", "role": "start"}, {"event": "Quit", "role": "end"},
                {"event": "Win", "role": "passive"}
            ]
        }),
    ]
}

fn history(state: &mut u64) -> Vec<Value> {
    let count = 5 + below(state, 30);
    // Between an hour and four days.
    let span_minutes = 60 << below(state, 7);
    let mut events = Vec::new();
    for index in 0..count {
        let copies = 1 + usize::from(below(state, 6) == 0);
        for _ in 0..copies {
            events.push(one(state, index, span_minutes));
        }
    }
    events
}

fn one(state: &mut u64, index: usize, span_minutes: usize) -> Value {
    let names = [
        "A", "A", "A", "Bet", "Win", "BetWin", "Open", "Away", "Launch", "Quit", "identify",
        "reset", "alias",
    ];
    let name = names[below(state, names.len())];
    // Around the day on which New York's clocks change, two days before.
    let time_ms = minute(below(state, span_minutes) as i64 - 3_000);
    let late_minutes = match below(state, 5) {
        0 => below(state, 4_000),
        1 => below(state, 120),
        2 => below(state, 35),
        _ => 0,
    };
    let mut event = json!({
        "event_id": format!("e{index}"), "name": name, "timestamp": time_ms,
        "received_at": time_ms + late_minutes as i64 * 60_000,
        "properties": {
            "bet_amount": below(state, 500), "win_amount": below(state, 500),
            "game_id": format!("g{}", below(state, 3)), "currency": "EUR"
        }
    });
    if name == "alias" {
        event["properties"] = json!({"previous_id": format!("u{}", below(state, 4))});
    }
    let who = if name == "alias" {
        1 + below(state, 2)
    } else {
        below(state, 3)
    };
    if who != 1 {
        event["device_id"] = json!(format!("d{}", below(state, 2)));
    }
    if who != 0 {
        event["user_id"] = json!(format!("u{}", below(state, 4)));
    }
    if below(state, 2) == 0 {
        event["session_id"] = json!(format!("s{}", below(state, 3)));
    }
    event
}

/// Everything that is the same whatever came when.
fn told(dwell: &Dwell) -> Vec<Value> {
    let mut rows = dwell.rows(&["session", "list", "--events"]);
    rows.extend(dwell.rows(&["user", "list"]));
    rows.extend(dwell.rows(&["device", "list"]));
    for mut row in dwell.rows(&["event", "list", "--derived"]) {
        // The log of what was told when is not part of it.
        row["revision"] = Value::Null;
        row["emitted_at"] = Value::Null;
        rows.push(row);
    }
    rows
}

fn define(dwell: &Dwell) {
    for definition in definitions() {
        dwell.define(&definition);
    }
    dwell.object(&["definition", "preset", "gameplay"]);
}

fn check(seed: u64) {
    let mut state = seed;
    let events = history(&mut state);
    let whole = Dwell::new();
    whole.take(&events);
    define(&whole);
    whole.check();
    let wanted = told(&whole);
    for order in 0..3_u64 {
        let mut rest = events.clone();
        shuffle(&mut rest, seed * 3 + order);
        let dwell = Dwell::new();
        define(&dwell);
        while !rest.is_empty() {
            let size = match order {
                0 => 1,
                _ => 1 + below(&mut state, 9),
            };
            let later = rest.split_off(size.min(rest.len()));
            dwell.take(&rest);
            rest = later;
        }
        dwell.check();
        let found = told(&dwell);
        let differs = found
            .iter()
            .zip(&wanted)
            .find(|(found, wanted)| found != wanted);
        assert!(
            found == wanted,
            "seed {seed}, order {order}: {} rows for {}; first {differs:#?}",
            found.len(),
            wanted.len()
        );
    }
}

#[test]
fn any_split_and_any_order_under_any_rules_is_what_a_rebuild_gives() {
    println!("seeds 0 to {}", HISTORIES - 1);
    for seed in 0..HISTORIES {
        check(seed);
    }
}
