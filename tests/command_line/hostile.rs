//! Data of unlikely shapes: many people on one device, one person on many devices, one device with very
//! many sessions. The sizes are such that work that grows with their square would not end in a test.

use std::io::Write;

use serde_json::{Value, json};

use super::runner::Dwell;

const USER_SCOPE: &str =
    r#"{"name": "person", "scope": "user", "limits": {"inactivity_seconds": 1800}}"#;

const START_MS: i64 = 1_773_136_800_000;

fn jsonl(events: impl Iterator<Item = Value>) -> String {
    events.map(|event| format!("{event}\n")).collect()
}

fn event(id: usize, time_ms: i64, device: Option<&str>, user: Option<&str>) -> Value {
    json!({
        "event_id": format!("e{id}"), "name": "A", "timestamp": time_ms,
        "device_id": device, "user_id": user
    })
}

/// Sessions with their events, without the figures that a later event changes.
fn sessions(dwell: &Dwell, definition: &str) -> Vec<Value> {
    dwell.rows(&["session", "list", "--definition", definition, "--events"])
}

#[test]
fn many_people_on_two_devices_have_their_own_sessions_of_scope_user() {
    const PEOPLE: usize = 5_000;
    let events = (0..PEOPLE * 2).map(|index| {
        let device = if index % 2 == 0 { "till-1" } else { "till-2" };
        let time_ms = START_MS + index as i64 * 100;
        // Their second event is 500 s later, on the other device where the number is odd.
        let user = format!("u{}", index % PEOPLE);
        event(index, time_ms, Some(device), Some(&user))
    });
    let events = jsonl(events);
    let [before, after] = [true, false].map(|is_set_first| {
        let dwell = Dwell::new();
        let file = dwell.file("a.jsonl", &events);
        let definition = dwell.file("d.json", USER_SCOPE);
        let definition = definition.to_str().expect("UTF-8");
        let set = || {
            dwell.object(&["--application", "default", "definition", "set", definition]);
        };
        if is_set_first {
            set();
            dwell.import(&file);
        } else {
            dwell.import(&file);
            set();
        }
        dwell.check();
        sessions(&dwell, "person")
    });
    assert_eq!(before, after);
    assert_eq!(before.len(), PEOPLE);
    for session in &before {
        let user: usize = session["stream"].as_str().expect("a user")[1..]
            .parse()
            .expect("a number");
        let mut ids = [format!("e{user}"), format!("e{}", user + PEOPLE)];
        ids.sort_unstable();
        assert_eq!(session["event_ids"], json!(ids));
    }
}

#[test]
fn one_user_on_many_devices_is_one_stream_of_scope_user() {
    const DEVICES: usize = 10_000;
    let dwell = Dwell::new();
    let events = (0..DEVICES).map(|index| {
        let device = format!("d{index}");
        let time_ms = START_MS + index as i64 * 1_800_000;
        event(index, time_ms, Some(&device), Some("anonymous"))
    });
    dwell.import(&dwell.file("a.jsonl", jsonl(events)));
    dwell.file("d.json", USER_SCOPE);
    dwell.object(&["definition", "set", "d.json"]);
    let sessions = sessions(&dwell, "person");
    assert_eq!(sessions.len(), DEVICES);
    for event in dwell.rows(&["event", "list"]) {
        assert!(event["sessions"]["person"].is_string(), "{event}");
    }
    dwell.check();
}

#[test]
fn an_earlier_event_leaves_the_names_of_very_many_sessions_alone() {
    const SESSIONS: usize = 60_000;
    let dwell = Dwell::new();
    let hour_ms = 3_600_000;
    let at = |index: i64| 1_500_000_000_000 + index * hour_ms;
    let events = (0..SESSIONS).map(|index| event(index, at(index as i64), Some("d"), None));
    dwell.import(&dwell.file("a.jsonl", jsonl(events)));
    let last = event(SESSIONS, at(-1), Some("d"), None);
    dwell.import(&dwell.file("b.jsonl", jsonl([last].into_iter())));
    let found = dwell.rows(&["session", "list", "--to", "1500000000000"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["start_reason"], "first");
    let second = dwell.rows(&[
        "session",
        "list",
        "--from",
        "1500000000",
        "--to",
        "1500000001",
    ]);
    assert_eq!(second[0]["start_reason"], "timeout");
    dwell.check();
}

#[test]
fn two_zones_told_at_one_instant_are_the_same_choice_in_any_order() {
    let told = |device: &str, zone: &str| {
        let mut told = event(0, START_MS, Some(device), Some("u"));
        told["event_id"] = json!(device);
        told["context"] = json!({"timezone": zone});
        format!("{told}\n")
    };
    let rome = told("d1", "Europe/Rome");
    let lima = told("d2", "America/Lima");
    let zones = [[&rome, &lima], [&lima, &rome]].map(|files| {
        let dwell = Dwell::new();
        for file in files {
            dwell.import(&dwell.file("a.jsonl", file));
        }
        dwell.object(&["user", "show", "u"])["zone"].clone()
    });
    assert_eq!(zones, [json!("America/Lima"), json!("America/Lima")]);
}

#[test]
fn a_closed_standard_error_does_not_fail_an_import() {
    let dwell = Dwell::new();
    let mut child = dwell.start(&["import", "-"]);
    drop(child.stderr.take());
    let mut stdin = child.stdin.take().expect("piped");
    let line = jsonl([event(1, START_MS, Some("d"), None)].into_iter());
    stdin.write_all(line.as_bytes()).expect("it reads");
    drop(stdin);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1);
}
