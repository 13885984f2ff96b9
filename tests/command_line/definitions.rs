//! Definitions, from outside: presets, changes and their undoing, and rules that cannot be.

use serde_json::{Value, json};

use super::runner::{Dwell, event, refused};

/// Two devices, a launch, a background trip, a late event and a run of bets.
fn filled() -> Dwell {
    let dwell = Dwell::new();
    dwell.take(&[
        event(
            "e1",
            "session_started",
            0,
            &json!({"device_id": "d", "session_id": "s1"}),
        ),
        event(
            "e2",
            "A",
            5,
            &json!({"device_id": "d", "user_id": "ann", "session_id": "s1"}),
        ),
        event(
            "e3",
            "app_backgrounded",
            6,
            &json!({"device_id": "d", "session_id": "s1"}),
        ),
        event(
            "e4",
            "app_foregrounded",
            30,
            &json!({"device_id": "d", "session_id": "s2"}),
        ),
        event(
            "e5",
            "Bet",
            31,
            &json!({
                "user_id": "ann", "properties": {"bet_amount": 2.5, "game_id": "g"}
            }),
        ),
        event("e6", "A", 75, &json!({"device_id": "x", "user_id": "bob"})),
        event(
            "e7",
            "A",
            80,
            &json!({
                "device_id": "x", "received_at": "2026-03-11T10:00:00Z"
            }),
        ),
        event(
            "e8",
            "A",
            2_000,
            &json!({"device_id": "x", "user_id": "ann"}),
        ),
    ]);
    dwell
}

fn names(dwell: &Dwell) -> Vec<String> {
    dwell
        .rows(&["definition", "list"])
        .iter()
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// Everything that a definition says, to be compared before and after.
fn all(dwell: &Dwell) -> Vec<Value> {
    let mut rows = dwell.rows(&["session", "list", "--events"]);
    rows.extend(dwell.rows(&["definition", "list"]));
    rows.extend(dwell.rows(&["event", "list"]));
    rows
}

#[test]
fn every_preset_can_be_set_one_after_the_other() {
    let dwell = filled();
    let presets = dwell.rows(&["definition", "preset"]);
    assert_eq!(presets.len(), 17);
    let mut expected = vec!["visit".to_owned()];
    for preset in &presets {
        let key = preset["key"].as_str().expect("a key");
        for field in ["title", "purpose", "basis"] {
            assert!(
                !preset[field].as_str().expect("words").is_empty(),
                "{preset}"
            );
        }
        let set = dwell.object(&["definition", "preset", key]);
        assert_eq!(set["name"], key);
        assert_eq!(dwell.object(&["definition", "show", key]), set);
        if key != "visit" {
            expected.push(key.to_owned());
        }
        assert!(!dwell.sessions(key).is_empty(), "{key} finds sessions");
        dwell.check();
    }
    assert_eq!(names(&dwell), expected);
    // A later import is grouped by all of them.
    dwell.take(&[event("e9", "A", 33, &json!({"device_id": "d"}))]);
    dwell.check();
    // What a preset shows is what it sets, and what is shown can be set.
    for preset in &presets {
        let key = preset["key"].as_str().expect("a key");
        let before = dwell.sessions(key);
        let shown = dwell.object(&["definition", "show", key]);
        assert_eq!(shown, preset["definition"], "{key}");
        dwell.define(&shown);
        assert_eq!(dwell.sessions(key), before, "{key}");
    }
}

#[test]
fn a_preset_that_splits_days_takes_the_zone_that_is_named() {
    let dwell = filled();
    let set = dwell.object(&[
        "--zone",
        "Europe/Lisbon",
        "definition",
        "preset",
        "calendar-day",
    ]);
    assert_eq!(set["limits"]["day_in"], "Europe/Lisbon");
    dwell.check();
}

#[test]
fn a_change_is_undone_and_the_sessions_are_as_before() {
    let dwell = filled();
    let before = all(&dwell);
    let mut rules = dwell.object(&["definition", "show", "visit"]);
    rules["limits"]["inactivity_seconds"] = json!(60);
    dwell.define(&rules);
    let changed = all(&dwell);
    assert_ne!(changed, before);
    rules["limits"]["inactivity_seconds"] = json!(120);
    rules["scope"] = json!("user");
    dwell.define(&rules);
    dwell.check();
    dwell.rows(&["definition", "undo", "visit"]);
    assert_eq!(all(&dwell), changed);
    dwell.check();
    let listed = dwell.rows(&["definition", "undo", "visit"]);
    assert_eq!(all(&dwell), before);
    assert_eq!(listed, dwell.rows(&["definition", "list"]));
    dwell.check();
    refused(
        &dwell.run(&["definition", "undo", "visit"]),
        1,
        &["visit", "undo"],
    );
    assert_eq!(all(&dwell), before);
}

#[test]
fn undoing_an_addition_removes_it() {
    let dwell = filled();
    let before = all(&dwell);
    dwell.object(&["definition", "preset", "gameplay"]);
    assert_eq!(names(&dwell), ["visit", "gameplay"]);
    dwell.rows(&["definition", "undo", "gameplay"]);
    assert_eq!(all(&dwell), before);
    for arguments in [
        &["definition", "show", "gameplay"][..],
        &["definition", "undo", "gameplay"],
        &["definition", "rebuild", "gameplay"],
        &["session", "list", "--definition", "gameplay"],
    ] {
        refused(&dwell.run(arguments), 1, &["gameplay"]);
    }
    dwell.check();
}

#[test]
fn undoing_a_removal_brings_the_same_sessions_back() {
    let dwell = filled();
    dwell.object(&["definition", "preset", "gameplay"]);
    let sessions = dwell.sessions("gameplay");
    assert!(!sessions.is_empty());
    dwell.rows(&["definition", "remove", "gameplay"]);
    assert_eq!(names(&dwell), ["visit"]);
    for row in dwell.rows(&["event", "list"]) {
        assert_eq!(row["sessions"]["gameplay"], Value::Null, "{row}");
    }
    refused(
        &dwell.run(&["definition", "remove", "gameplay"]),
        1,
        &["gameplay"],
    );
    // Events that come while it is away are in its sessions when it is back.
    dwell.take(&[event(
        "e9",
        "Bet",
        32,
        &json!({
            "user_id": "ann", "properties": {"bet_amount": 1, "game_id": "g"}
        }),
    )]);
    dwell.rows(&["definition", "undo", "gameplay"]);
    assert_eq!(names(&dwell), ["visit", "gameplay"]);
    let back = dwell.sessions("gameplay");
    assert_eq!(back.len(), sessions.len());
    assert_eq!(back[0]["session_id"], sessions[0]["session_id"]);
    assert_eq!(back[0]["event_ids"], json!(["e5", "e9"]));
    dwell.check();
}

#[test]
fn the_only_definition_cannot_be_removed() {
    let dwell = filled();
    let before = all(&dwell);
    refused(
        &dwell.run(&["definition", "remove", "visit"]),
        1,
        &["visit", "only"],
    );
    assert_eq!(all(&dwell), before);
    // Nor by undoing: it was never added by anybody.
    refused(&dwell.run(&["definition", "undo", "visit"]), 1, &["visit"]);
    // With another one beside it it can, and then the other one is the only one.
    dwell.object(&["definition", "preset", "web-visit"]);
    dwell.rows(&["definition", "remove", "visit"]);
    assert_eq!(names(&dwell), ["web-visit"]);
    refused(
        &dwell.run(&["definition", "remove", "web-visit"]),
        1,
        &["web-visit", "only"],
    );
    refused(
        &dwell.run(&["definition", "undo", "web-visit"]),
        1,
        &["web-visit", "only"],
    );
    dwell.check();
}

#[test]
fn a_rebuild_changes_nothing() {
    let dwell = filled();
    dwell.object(&["definition", "preset", "gameplay"]);
    let before = all(&dwell);
    let users = dwell.rows(&["user", "list"]);
    for name in ["visit", "gameplay"] {
        dwell.rows(&["definition", "rebuild", name]);
        assert_eq!(all(&dwell), before);
        assert_eq!(dwell.rows(&["user", "list"]), users);
        dwell.check();
    }
    // It is no change that could be undone.
    refused(&dwell.run(&["definition", "undo", "visit"]), 1, &["visit"]);
    refused(&dwell.run(&["definition", "rebuild", "none"]), 1, &["none"]);
}

#[test]
fn setting_the_same_rules_is_no_change_to_undo() {
    let dwell = filled();
    let rules = dwell.object(&["definition", "show", "visit"]);
    dwell.define(&rules);
    refused(&dwell.run(&["definition", "undo", "visit"]), 1, &["visit"]);
}

#[test]
fn no_workspace_is_made_to_undo_in() {
    let dwell = Dwell::new();
    for word in ["undo", "remove", "rebuild"] {
        refused(&dwell.run(&["definition", word, "visit"]), 1, &["w.dwell"]);
        assert!(!dwell.path("w.dwell").exists(), "{word}");
    }
}

#[test]
fn a_wrong_definition_names_its_field_and_the_old_sessions_stand() {
    let limits = |limits: Value| json!({"name": "visit", "limits": limits});
    let with = |field: &str, value: Value| {
        let mut definition = json!({"name": "visit", "limits": {"inactivity_seconds": 1800}});
        definition[field] = value;
        definition
    };
    let gameplay = |field: &str, value: Value| {
        let mut gameplay = json!({"bets": ["Bet"], "bet_amount": ["bet_amount"]});
        gameplay[field] = value;
        with("gameplay", gameplay)
    };
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({"limits": {"inactivity_seconds": 1800}}), &["name"]),
        (with("name", json!("")), &["name"]),
        (with("name", json!("  ")), &["name"]),
        (with("name", json!("x".repeat(101))), &["name", "100"]),
        (with("name", json!(5)), &["name"]),
        (json!({"name": "visit"}), &["limits"]),
        (
            limits(json!({})),
            &["limits", "inactivity_seconds", "day_in"],
        ),
        (
            limits(json!({"max_length_seconds": 600})),
            &["limits", "inactivity_seconds"],
        ),
        (limits(json!([1800])), &["limits"]),
        (
            limits(json!({"inactivity_seconds": 59})),
            &["limits.inactivity_seconds", "60", "86,400"],
        ),
        (
            limits(json!({"inactivity_seconds": 86_401})),
            &["limits.inactivity_seconds"],
        ),
        (
            limits(json!({"inactivity_seconds": 60.5})),
            &["limits.inactivity_seconds", "60.5"],
        ),
        (
            limits(json!({"inactivity_seconds": "60"})),
            &["limits.inactivity_seconds"],
        ),
        (
            limits(json!({"inactivity_seconds": -60})),
            &["limits.inactivity_seconds"],
        ),
        (
            limits(json!({"inactivity_seconds": 1e300})),
            &["limits.inactivity_seconds"],
        ),
        (
            limits(json!({"inactivity_seconds": 600, "background_seconds": 601})),
            &["limits.background_seconds", "600"],
        ),
        (
            limits(json!({"inactivity_seconds": 600, "max_length_seconds": 604_801})),
            &["limits.max_length_seconds", "604,800"],
        ),
        (
            limits(json!({"inactivity_seconds": 600, "max_length_seconds": 59})),
            &["limits.max_length_seconds"],
        ),
        (
            limits(json!({"inactivity_seconds": 600, "foreground_holds": true})),
            &["limits.foreground_holds", "max_length_seconds"],
        ),
        (
            limits(json!({
                "inactivity_seconds": 600, "foreground_holds": true, "max_length_seconds": 86_401
            })),
            &["limits.foreground_holds", "86,400"],
        ),
        (
            limits(json!({"day_in": "Mars/Olympus"})),
            &["limits.day_in", "Mars/Olympus"],
        ),
        (limits(json!({"day_in": ""})), &["limits.day_in"]),
        (limits(json!({"day_in": 2})), &["limits.day_in"]),
        (
            limits(json!({"inactivity_seconds": 600, "idle": 1})),
            &["idle"],
        ),
        (with("scope", json!("planet")), &["scope", "planet"]),
        (
            with("session_ids", json!("believe")),
            &["session_ids", "believe"],
        ),
        (with("gap_at_timeout", json!("old")), &["gap_at_timeout"]),
        (
            with("grace_seconds", json!(86_401)),
            &["grace_seconds", "86,400"],
        ),
        (with("grace_seconds", json!(-1)), &["grace_seconds"]),
        (
            with("default_role", json!("boss")),
            &["default_role", "boss"],
        ),
        (
            with("roles", json!([{"event": "A", "role": "boss"}])),
            &["roles[0].role", "boss"],
        ),
        (
            with("roles", json!([{"event": "", "role": "end"}])),
            &["roles[0].event"],
        ),
        (
            with("roles", json!([{"role": "end"}])),
            &["roles[0]", "event"],
        ),
        (
            with(
                "roles",
                json!([{"event": "A", "role": "start", "start_kind": "hot"}]),
            ),
            &["roles[0].start_kind", "hot"],
        ),
        (
            with(
                "roles",
                json!([{"event": "A", "role": "end", "where": [
                    {"property": "p", "operator": "like", "value": 1}
                ]}]),
            ),
            &["roles[0].where[0].operator", "like"],
        ),
        (
            with(
                "roles",
                json!([{"event": "A", "role": "end", "where": [
                    {"property": "p", "operator": "gt", "value": "x"}
                ]}]),
            ),
            &["roles[0].where[0].value"],
        ),
        (
            with(
                "roles",
                json!([{"event": "A", "role": "end", "where": [
                    {"property": "p", "operator": "eq"}
                ]}]),
            ),
            &["roles[0].where[0].value"],
        ),
        (gameplay("bets", json!([])), &["gameplay.bets"]),
        (gameplay("bets", json!("Bet")), &["gameplay.bets"]),
        (gameplay("bets", json!([""])), &["gameplay.bets[0]"]),
        (
            gameplay("wins", json!(["Bet"])),
            &["gameplay.wins[0]", "gameplay.bets"],
        ),
        (
            gameplay("bet_amount", json!(["a", "a"])),
            &["gameplay.bet_amount[1]"],
        ),
        (gameplay("game_id", json!("")), &["gameplay.game_id"]),
        (gameplay("game_id", json!(["g"])), &["gameplay.game_id"]),
        (gameplay("jackpot", json!("x")), &["jackpot"]),
        (with("gameplay", json!(["Bet"])), &["gameplay"]),
        (with("gameplay", json!({})), &["gameplay.bets"]),
    ];
    let dwell = filled();
    let before = all(&dwell);
    for (definition, words) in &cases {
        dwell.file("wrong.json", definition.to_string());
        let ran = dwell.run(&["definition", "set", "wrong.json"]);
        refused(&ran, 1, words);
    }
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{\"name\":\"a\"} x",
        "\u{feff}{}",
        "{\"name\":\"\\ud800\"}",
    ] {
        dwell.file("wrong.json", text);
        let ran = dwell.run(&["definition", "set", "wrong.json"]);
        refused(&ran, 1, &["definition"]);
    }
    dwell.file("wrong.json", b"{\"name\":\"\xff\"}");
    refused(
        &dwell.run(&["definition", "set", "wrong.json"]),
        1,
        &["wrong.json"],
    );
    assert_eq!(all(&dwell), before);
    refused(&dwell.run(&["definition", "undo", "visit"]), 1, &["visit"]);
    dwell.check();
}

#[test]
fn trust_needs_no_maximum() {
    // Only foreground_holds needs one; without one a trusted session has no longest length.
    let dwell = Dwell::new();
    dwell.define(&json!({
        "name": "sdk", "session_ids": "trust", "limits": {"inactivity_seconds": 1800}
    }));
    let day = 24 * 60;
    let events: Vec<Value> = (0..9)
        .map(|index| {
            let more = json!({"device_id": "d", "session_id": "s"});
            event(&format!("e{index}"), "A", index * (day - 1), &more)
        })
        .collect();
    dwell.take(&events);
    let sessions = dwell.sessions("sdk");
    assert_eq!(sessions.len(), 1, "{sessions:#?}");
    assert_eq!(sessions[0]["event_count"], 9);
    dwell.check();
    // A whole day of silence ends it.
    let more = json!({"device_id": "d", "session_id": "s"});
    dwell.take(&[event("late", "A", 8 * (day - 1) + day, &more)]);
    assert_eq!(dwell.sessions("sdk").len(), 2);
    dwell.check();
}

#[test]
fn a_name_takes_what_people_write() {
    let dwell = filled();
    let names = [
        "Größe 😀",
        "with \"quotes\" and 'more'",
        "a/b\\c",
        "%s; DROP TABLE session",
        "--user",
        "x",
    ];
    for name in names {
        let rules = json!({"name": name, "limits": {"inactivity_seconds": 1800}});
        assert_eq!(dwell.define(&rules)["name"], name);
        let sessions = dwell.rows(&["session", "list", &format!("--definition={name}")]);
        assert!(!sessions.is_empty());
        assert_eq!(sessions[0]["definition"], name);
        let ids = [name].map(|name| dwell.object(&["definition", "show", "--", name]));
        assert_eq!(ids[0]["name"], name);
    }
    dwell.check();
    for name in names {
        dwell.rows(&["definition", "remove", "--", name]);
    }
    dwell.check();
}

#[test]
fn definitions_of_one_application_do_not_touch_another() {
    let dwell = filled();
    let line = json!({
        "event_id": "e1", "name": "A", "timestamp": 1_773_136_800, "device_id": "d"
    });
    dwell.file("other.jsonl", line.to_string());
    dwell.object(&["--application", "shop", "import", "--json", "other.jsonl"]);
    dwell.object(&["--application", "shop", "definition", "preset", "web-visit"]);
    dwell.rows(&["--application", "shop", "definition", "remove", "visit"]);
    let of = |application: &str| {
        let rows = dwell.rows(&["--application", application, "definition", "list"]);
        rows.iter()
            .map(|row| row["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("default"), ["visit"]);
    assert_eq!(of("shop"), ["web-visit"]);
    refused(
        &dwell.run(&["--application", "shop", "definition", "undo", "web-visit"]),
        1,
        &["web-visit", "only"],
    );
    dwell.check();
}

#[test]
fn a_definition_that_comes_back_stands_where_it_stood_and_every_id_still_finds_its_session() {
    let dwell = Dwell::new();
    let on = json!({"device_id": "d"});
    dwell.take(&[event("e1", "A", 0, &on), event("e2", "A", 40, &on)]);
    let ids: Vec<Value> = dwell
        .sessions("visit")
        .iter()
        .map(|row| row["session_id"].clone())
        .collect();
    assert_eq!(ids.len(), 2);
    // It bridges them: one of the ids is of the past.
    dwell.take(&[event("e3", "A", 20, &on)]);
    dwell.define(&json!({"name": "other", "limits": {"inactivity_seconds": 60}}));
    let names = |dwell: &Dwell| -> Vec<Value> {
        let rows = dwell.rows(&["definition", "list"]);
        rows.iter().map(|row| row["name"].clone()).collect()
    };
    let before = names(&dwell);
    dwell.rows(&["definition", "remove", "visit"]);
    dwell.rows(&["definition", "undo", "visit"]);
    assert_eq!(names(&dwell), before);
    let held = dwell.sessions("visit");
    assert_eq!(held.len(), 1);
    for id in ids {
        let id = id.as_str().expect("an id");
        let found = dwell.object(&["session", "show", id]);
        assert_eq!(found["row"]["session_id"], held[0]["session_id"], "{id}");
    }
    dwell.check();
}

#[test]
fn a_rebuild_by_the_same_rules_keeps_what_was_told() {
    let dwell = Dwell::new();
    let on = json!({"device_id": "d"});
    dwell.take(&[event("e1", "A", 0, &on), event("f1", "A", 300, &on)]);
    dwell.take(&[event("e2", "A", 5, &on)]);
    let revisions = |dwell: &Dwell| -> Vec<Value> {
        let rows = dwell.rows(&["event", "list", "--derived", "--definition", "visit"]);
        rows.iter()
            .map(|row| json!([row["event_id"], row["revision"], row["emitted_at"]]))
            .collect()
    };
    let before = revisions(&dwell);
    assert!(before.iter().any(|row| row[1] == 2), "{before:?}");
    dwell.rows(&["definition", "rebuild", "visit"]);
    assert_eq!(revisions(&dwell), before);
}
