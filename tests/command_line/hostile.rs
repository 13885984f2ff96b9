//! Data of unlikely shapes: many people on one device, one person on many devices, one device with very
//! many sessions. The sizes are such that work that grows with their square would not end in a test.

use std::io::Write;

use serde_json::{Value, json};

use super::runner::{Dwell, refused};

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

#[test]
fn ten_thousand_aliases_of_one_person_are_one_profile_in_a_time_that_is_sane() {
    const USERS: usize = 10_000;
    let alias = |index: usize, user: usize, previous: usize| {
        json!({
            "event_id": format!("l{index}"), "name": "alias",
            "timestamp": START_MS + index as i64 * 10, "user_id": format!("u{user}"),
            "properties": { "previous_id": format!("u{previous}") }
        })
    };
    // A chain, a star and a ring; the ids are told against their order in the chain.
    let shapes: [&dyn Fn(usize) -> (usize, usize); 3] = [
        &|index| (USERS - index, USERS - index - 1),
        &|index| (0, index + 1),
        &|index| (index, (index + 1) % USERS),
    ];
    for (shape, ends) in shapes.into_iter().enumerate() {
        let dwell = Dwell::new();
        dwell.file("d.json", USER_SCOPE);
        dwell.object(&["definition", "set", "d.json"]);
        let aliases = (0..USERS).map(|index| alias(index, ends(index).0, ends(index).1));
        let first = event(1, START_MS - 1_000, None, Some("u77"));
        let events = std::iter::once(first).chain(aliases);
        dwell.import(&dwell.file("a.jsonl", jsonl(events)));
        let users = dwell.rows(&["user", "list"]);
        assert_eq!(users.len(), 1, "shape {shape}");
        assert_eq!(users[0]["user_id"], "u77");
        assert_eq!(users[0]["event_count"], USERS as u64 + 1);
        let found = sessions(&dwell, "person");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["event_count"], USERS as u64 + 1);
        // One more event, alone, of one of them; and one that makes another one the first seen.
        let late = event(2, START_MS + 200_000, None, Some("u5000"));
        dwell.import(&dwell.file("b.jsonl", jsonl([late].into_iter())));
        let early = event(3, START_MS - 2_000, None, Some("u42"));
        dwell.import(&dwell.file("c.jsonl", jsonl([early].into_iter())));
        let users = dwell.rows(&["user", "list"]);
        assert_eq!(users.len(), 1);
        assert_eq!(users[0]["user_id"], "u42");
        assert_eq!(users[0]["event_count"], USERS as u64 + 3);
        dwell.check();
    }
}

#[test]
fn an_alias_of_a_very_long_id_is_taken_or_refused_and_breaks_nothing() {
    for length in [10_000, 1_000_000, 1 << 20] {
        let dwell = Dwell::new();
        let long = "x".repeat(length);
        let alias = json!({
            "event_id": "e2", "name": "alias", "timestamp": START_MS + 1, "user_id": "u",
            "properties": { "previous_id": long }
        });
        let first = event(1, START_MS, None, Some("u"));
        let figures = dwell.import(&dwell.file("a.jsonl", jsonl([first, alias].into_iter())));
        // A line over 1 MiB is quarantined, any other is stored.
        let is_too_long = length >= 1 << 20;
        assert_eq!(figures["quarantined"], u64::from(is_too_long), "{length}");
        let users = dwell.rows(&["user", "list"]);
        assert_eq!(users.len(), 1);
        assert_eq!(users[0]["user_id"], "u");
        dwell.check();
    }
}

#[test]
fn ids_with_control_characters_come_out_as_they_went_in() {
    let dwell = Dwell::new();
    let odd = "a\u{0}b\n\u{1b}[31m\u{202e}";
    let alias = json!({
        "event_id": "e2", "name": "alias", "timestamp": START_MS + 1, "user_id": "u",
        "properties": { "previous_id": odd }
    });
    let first = event(1, START_MS, None, Some(odd));
    dwell.import(&dwell.file("a.jsonl", jsonl([first, alias].into_iter())));
    let users = dwell.rows(&["user", "list"]);
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["user_id"], odd);
    dwell.check();
}

#[test]
fn a_definition_named_with_control_characters_is_refused_or_shown_as_it_is() {
    let dwell = Dwell::new();
    dwell.import(&dwell.file(
        "a.jsonl",
        jsonl([event(1, START_MS, Some("d"), None)].into_iter()),
    ));
    for name in [
        "a\u{0}b",
        "two\nlines",
        "\u{1b}[31mred",
        "tab\there",
        "\u{7f}",
    ] {
        let rules = json!({"name": name, "limits": {"inactivity_seconds": 1800}});
        dwell.file("d.json", rules.to_string());
        let ran = dwell.run(&["definition", "set", "d.json"]);
        if ran.status == 0 {
            let names = dwell.rows(&["definition", "list"]);
            assert!(names.iter().any(|row| row["name"] == name), "{name:?}");
            let listed = dwell.rows(&["session", "list"]);
            assert!(
                listed.iter().any(|row| row["definition"] == name),
                "{name:?}"
            );
        } else {
            refused(&ran, 1, &["name"]);
        }
        dwell.check();
    }
}

#[test]
fn amounts_beyond_all_reason_neither_hang_nor_become_wrong_sums() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    let amounts = [
        "1e999999",
        "-1e999999",
        "1e-999999",
        "1e99999999999999999999",
        "0e999999999",
        "-0.0",
        "0.5",
        "\"12\"",
        "true",
        "[1,2]",
        "null",
    ];
    let mut lines: Vec<String> = amounts
        .iter()
        .enumerate()
        .map(|(index, amount)| {
            format!(
                "{{\"event_id\":\"e{index}\",\"name\":\"Bet\",\"timestamp\":{},\"user_id\":\"u\",\
                 \"properties\":{{\"bet_amount\":{amount}}}}}",
                START_MS + index as i64 * 1_000
            )
        })
        .collect();
    // A number of a hundred thousand digits.
    lines.push(format!(
        "{{\"event_id\":\"long\",\"name\":\"Bet\",\"timestamp\":{},\"user_id\":\"u\",\
         \"properties\":{{\"bet_amount\":{}}}}}",
        START_MS + 60_000,
        "9".repeat(100_000)
    ));
    dwell.import(&dwell.file("a.jsonl", lines.join("\n")));
    let found = sessions(&dwell, "gameplay");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["event_count"], lines.len());
    let metrics = &found[0]["metrics"];
    assert_eq!(metrics["gs_bets_count"], lines.len());
    println!(
        "{}",
        metrics.to_string().chars().take(2_000).collect::<String>()
    );
    let derived = dwell.rows(&[
        "event",
        "list",
        "--derived",
        "--as-of",
        "2027-01-01T00:00:00Z",
    ]);
    assert!(
        derived
            .iter()
            .any(|row| row["name"] == "gs_game_session_ended")
    );
    dwell.check();
}
