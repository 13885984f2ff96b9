//! Real logs against what other systems made of them, session by session.

use std::path::Path;

use dwell_model::{Zone, time};
use serde_json::{Value, json};

use super::runner::{Dwell, below, test_data};

fn jsonl(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a data file");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// (stream, start, end, event ids), sorted.
type Session = (String, i64, i64, Vec<String>);

fn expected(path: &Path) -> Vec<Session> {
    let ms =
        |text: &Value| time::parse_text(text.as_str().expect("a time"), Zone::UTC).expect("a time");
    let ids = |row: &Value| -> Vec<String> {
        let ids = row["event_ids"].as_array().expect("ids").iter();
        let mut ids: Vec<_> = ids
            .map(|id| id.as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids
    };
    let mut sessions: Vec<Session> = jsonl(path)
        .iter()
        .map(|row| {
            let key = row["key"].as_str().expect("a key").to_owned();
            (key, ms(&row["start"]), ms(&row["end"]), ids(row))
        })
        .collect();
    sessions.sort();
    sessions
}

fn found(dwell: &Dwell) -> Vec<Session> {
    let ids = |row: &Value| -> Vec<String> {
        let ids = row["event_ids"].as_array().expect("ids").iter();
        ids.map(|id| id.as_str().expect("an id").to_owned())
            .collect()
    };
    let mut sessions: Vec<Session> = dwell
        .rows(&["session", "list", "--events"])
        .iter()
        .map(|row| {
            (
                row["stream"].as_str().expect("a stream").to_owned(),
                row["started_at"].as_i64().expect("ms"),
                row["ended_at"].as_i64().expect("ms"),
                ids(row),
            )
        })
        .collect();
    sessions.sort();
    sessions
}

/// Imports `events` under a plain timeout and compares with `expected`; the definition is set after
/// the import, so that the rebuild is tried as well.
fn check(events: &str, expected_of: &str, scope: &str, seconds: u32, count: usize) {
    let Some(data) = test_data(expected_of) else {
        return;
    };
    let dwell = Dwell::new();
    let events = data.join(events).join("events.jsonl");
    let first = dwell.import(&events);
    assert_eq!(first["read"], first["stored"]);
    let definition = json!({
        "name": "visit", "scope": scope, "limits": { "inactivity_seconds": seconds }
    });
    let file = dwell.file("definition.json", definition.to_string());
    dwell.object(&["definition", "set", file.to_str().expect("UTF-8")]);
    let wanted = expected(&data.join(expected_of).join("expected.jsonl"));
    assert_eq!(wanted.len(), count);
    let sessions = found(&dwell);
    assert_eq!(sessions.len(), wanted.len());
    for (session, wanted) in sessions.iter().zip(&wanted) {
        assert_eq!(session, wanted);
    }
    let again = dwell.import(&events);
    assert_eq!(again["stored"], 0);
    assert_eq!(again["duplicates"], first["read"]);
    assert_eq!(again["conflicts"], 0);
    assert_eq!(found(&dwell), sessions, "the same file twice adds nothing");
    dwell.check();
}

#[test]
fn nasa_log_at_thirty_minutes() {
    check(
        "nasa_19950701_t1800",
        "nasa_19950701_t1800",
        "device",
        1800,
        1004,
    );
}

#[test]
fn nasa_log_at_one_minute() {
    check(
        "nasa_19950701_t1800",
        "nasa_19950701_t60",
        "device",
        60,
        2664,
    );
}

#[test]
fn shop_stream_by_user() {
    check("rete_ecom", "rete_ecom", "user", 1800, 3605);
}

#[test]
fn a_real_mobile_trace_is_taken_whole() {
    let Some(data) = test_data("snowplow_mobile") else {
        return;
    };
    let dwell = Dwell::new();
    let figures = dwell.import(&data.join("snowplow_mobile").join("events.jsonl"));
    assert_eq!(figures["read"], 130);
    assert_eq!(figures["quarantined"], 0);
    let sessions = dwell.rows(&["session", "list"]);
    assert!(!sessions.is_empty());
    dwell.check();
}

/// The lines of a data folder; with arrivals up to 40 h after their times where they bring none.
fn lines(folder: &str, are_late: bool) -> Option<Vec<String>> {
    let data = test_data(folder)?;
    let mut state = 1;
    let events = jsonl(&data.join(folder).join("events.jsonl"));
    let line = |mut event: Value| {
        if are_late && event["received_at"].is_null() {
            let time = event["timestamp"].as_str().expect("a time");
            let time_ms = time::parse_text(time, Zone::UTC).expect("a time");
            // Most come at once, as from a phone that is online.
            let late_minutes = match below(&mut state, 8) {
                0 => below(&mut state, 2_400),
                1 => below(&mut state, 90),
                _ => 0,
            };
            event["received_at"] = json!(time_ms + late_minutes as i64 * 60_000);
        }
        event.to_string()
    };
    Some(events.into_iter().map(line).collect())
}

/// Three orders of import give the same sessions, users and devices, and each stands a check.
fn check_orders(folder: &str, are_late: bool) {
    let Some(lines) = lines(folder, are_late) else {
        return;
    };
    let mut before: Option<Vec<Value>> = None;
    for order in 0..3_usize {
        let mut files: Vec<Vec<&str>> = match order {
            0 => vec![lines.iter().map(String::as_str).collect()],
            1 => lines
                .chunks(lines.len() / 2 + 1)
                .map(|half| half.iter().map(String::as_str).collect())
                .collect(),
            _ => (0..5)
                .map(|part| {
                    lines
                        .iter()
                        .skip(part)
                        .step_by(5)
                        .map(String::as_str)
                        .collect()
                })
                .collect(),
        };
        files.reverse();
        let dwell = Dwell::new();
        dwell.define(&json!({
            "name": "person", "scope": "user", "grace_seconds": 7_200,
            "limits": { "inactivity_seconds": 1_800, "day_in": "America/New_York" }
        }));
        for lines in files {
            dwell.import(&dwell.file("events.jsonl", lines.join("\n")));
        }
        let mut rows = dwell.rows(&["session", "list", "--events"]);
        rows.extend(dwell.rows(&["user", "list"]));
        rows.extend(dwell.rows(&["device", "list"]));
        assert!(!rows.is_empty());
        match &before {
            Some(before) => assert!(*before == rows, "{folder}: order {order} differs"),
            None => before = Some(rows),
        }
        dwell.check();
    }
}

#[test]
fn an_impulse_stream_is_the_same_in_any_order() {
    check_orders("arroyo", false);
    check_orders("arroyo", true);
}

#[test]
fn a_mobile_trace_is_the_same_in_any_order() {
    check_orders("snowplow_mobile", false);
}

#[test]
fn a_log_is_the_same_in_any_order() {
    check_orders("nasa_19950701_t1800", false);
}

#[test]
fn a_log_with_late_events_is_the_same_in_any_order() {
    check_orders("nasa_19950701_t1800", true);
}

#[test]
fn a_shop_stream_with_late_events_is_the_same_in_any_order() {
    check_orders("rete_ecom", true);
}
