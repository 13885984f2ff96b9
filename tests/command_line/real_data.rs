//! Real logs against what other systems made of them, session by session.

use std::path::Path;

use dwell_model::{Zone, time};
use serde_json::{Value, json};

use super::runner::{Dwell, test_data};

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
