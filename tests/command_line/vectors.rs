//! Every session case, through the command line: in several orders of import and split into files
//! of one and two events.

use serde_json::Value;

use super::runner::{Dwell, shuffle};

const RULES: &str = include_str!("../fixtures/vectors/rules.json");
const PEERS: &str = include_str!("../fixtures/vectors/peers.json");

const RULE_COUNT: usize = 30;
const PEER_COUNT: usize = 29;

/// How a case's events come into the workspace.
#[derive(Clone, Copy, Debug)]
enum Order {
    AsSent,
    Backwards,
    Shuffled,
    OneByOne,
    OneByOneBackwards,
    InPairs,
}

impl Order {
    /// The lines of each file, in the order of import.
    fn files(self, lines: &[String]) -> Vec<Vec<String>> {
        let mut lines = lines.to_vec();
        match self {
            Self::Backwards | Self::OneByOneBackwards => lines.reverse(),
            Self::Shuffled => shuffle(&mut lines, 20_260_310),
            Self::AsSent | Self::OneByOne | Self::InPairs => {}
        }
        let size = match self {
            Self::AsSent | Self::Backwards | Self::Shuffled => lines.len(),
            Self::OneByOne | Self::OneByOneBackwards => 1,
            Self::InPairs => 2,
        };
        lines.chunks(size).map(<[String]>::to_vec).collect()
    }
}

fn check(case: &Value, order: Order) {
    let dwell = Dwell::new();
    dwell.define(&case["definition"]);
    let events = case["events"].as_array().expect("events");
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    for lines in order.files(&lines) {
        dwell.import(&dwell.file("events.jsonl", lines.join("\n")));
    }
    let what = format!("{} {order:?}", case["id"]);
    expect(&dwell, case, &what);
    dwell.check();
}

/// The sessions that a case names, and no others.
fn expect(dwell: &Dwell, case: &Value, what: &str) {
    let name = case["definition"]["name"].as_str().expect("a name");
    let mut found = dwell.sessions(name);
    found.sort_by_key(|row| (row["stream"].to_string(), row["started_at"].as_i64()));
    let wanted = case["sessions"].as_array().expect("sessions");
    assert_eq!(found.len(), wanted.len(), "{what}: {found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        for (field, value) in wanted.as_object().expect("fields") {
            assert_eq!(&found[field], value, "{what}: {field} of {found}");
        }
    }
}

fn check_all(order: Order) {
    for (text, count) in [(RULES, RULE_COUNT), (PEERS, PEER_COUNT)] {
        let cases: Vec<Value> = serde_json::from_str(text).expect("a list of cases");
        assert_eq!(cases.len(), count);
        for case in &cases {
            check(case, order);
        }
    }
}

#[test]
fn every_case_holds_as_sent() {
    check_all(Order::AsSent);
}

#[test]
fn every_case_holds_backwards() {
    check_all(Order::Backwards);
}

#[test]
fn every_case_holds_shuffled() {
    check_all(Order::Shuffled);
}

#[test]
fn every_case_holds_event_by_event() {
    check_all(Order::OneByOne);
}

#[test]
fn every_case_holds_event_by_event_backwards() {
    check_all(Order::OneByOneBackwards);
}

#[test]
fn every_case_holds_in_pairs() {
    check_all(Order::InPairs);
}

#[test]
fn every_case_holds_where_the_definition_comes_after_the_events() {
    for text in [RULES, PEERS] {
        let cases: Vec<Value> = serde_json::from_str(text).expect("a list of cases");
        for case in &cases {
            let dwell = Dwell::new();
            dwell.take(case["events"].as_array().expect("events"));
            dwell.define(&case["definition"]);
            expect(&dwell, case, &format!("{} rebuilt", case["id"]));
            dwell.check();
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
