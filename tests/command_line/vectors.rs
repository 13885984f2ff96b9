//! Every session case, through the command line: in the order in which the events were sent, in the
//! opposite order, and event by event.

use serde_json::{Value, json};

use super::runner::Dwell;

const RULES: &str = include_str!("../fixtures/vectors/rules.json");
const PEERS: &str = include_str!("../fixtures/vectors/peers.json");

/// Cases of late arrivals that a session can be frozen for (sessions, section 4): not built yet.
const NEEDS_FREEZING: [&str; 3] = [
    "late-after-expiry",
    "late-born-batch",
    "frozen-cannot-bridge",
];

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("a list of cases")
}

/// How a case's events come into the workspace.
#[derive(Clone, Copy, Debug)]
enum Order {
    AsSent,
    Backwards,
    OneByOneBackwards,
}

fn check(case: &Value, order: Order) {
    let dwell = Dwell::new();
    let definition = dwell.file("definition.json", case["definition"].to_string());
    dwell.object(&["definition", "set", definition.to_str().expect("UTF-8")]);
    let mut lines: Vec<String> = case["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(Value::to_string)
        .collect();
    if !matches!(order, Order::AsSent) {
        lines.reverse();
    }
    let files: Vec<String> = match order {
        Order::OneByOneBackwards => lines,
        _ => vec![lines.join("\n")],
    };
    for (number, content) in files.iter().enumerate() {
        let file = dwell.file(&format!("{number}.jsonl"), content);
        dwell.import(&file);
    }
    let mut found: Vec<Value> = dwell.rows(&["session", "list", "--events"]);
    found.sort_by_key(|row| (row["stream"].to_string(), row["started_at"].as_i64()));
    let wanted = case["sessions"].as_array().expect("sessions");
    let what = format!("{} {order:?}", case["id"]);
    assert_eq!(found.len(), wanted.len(), "{what}: {found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        for (field, value) in wanted.as_object().expect("fields") {
            assert_eq!(&found[field], value, "{what}: {field} of {found}");
        }
    }
    dwell.check();
}

#[test]
fn every_peer_case_holds_in_any_order() {
    for case in cases(PEERS) {
        for order in [Order::AsSent, Order::Backwards, Order::OneByOneBackwards] {
            check(&case, order);
        }
    }
}

#[test]
fn every_rule_case_holds_in_any_order() {
    let all = cases(RULES);
    let (frozen, cases): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|case| NEEDS_FREEZING.iter().any(|id| case["id"] == json!(id)));
    assert_eq!(frozen.len(), NEEDS_FREEZING.len());
    for case in cases {
        for order in [Order::AsSent, Order::Backwards, Order::OneByOneBackwards] {
            check(&case, order);
        }
    }
}

#[test]
fn an_id_that_a_bridge_took_away_still_finds_the_session() {
    let dwell = Dwell::new();
    let line = |id: &str, minute: u32| {
        format!(
            "{{\"event_id\":\"{id}\",\"name\":\"A\",\"device_id\":\"d\",\
             \"timestamp\":\"2026-03-10T10:{minute:02}:00Z\"}}"
        )
    };
    dwell.import(&dwell.file("1.jsonl", [line("e1", 0), line("e2", 40)].join("\n")));
    let before = dwell.rows(&["session", "list"]);
    assert_eq!(before.len(), 2);
    dwell.import(&dwell.file("2.jsonl", line("e3", 20)));
    let after = dwell.rows(&["session", "list"]);
    assert_eq!(after.len(), 1);
    for session in before {
        let id = session["session_id"].as_str().expect("an id");
        assert_eq!(dwell.object(&["session", "show", id])["row"], after[0]);
    }
    dwell.check();
}
