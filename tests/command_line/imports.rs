//! Imports: duplicates, conflicts, quarantine and order.

use std::io::Write;

use serde_json::{Value, json};

use super::runner::{Dwell, refused};

fn line(id: &str, time: &str, more: Value) -> String {
    let mut event = json!({
        "event_id": id, "name": "A", "timestamp": time, "device_id": "d"
    });
    for (key, value) in more.as_object().expect("a map") {
        event[key] = value.clone();
    }
    event.to_string()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).expect("memory");
    packed.finish().expect("memory")
}

/// Ids of the events and sessions in a workspace, and everything that lists tell.
fn lists(dwell: &Dwell) -> Vec<Vec<Value>> {
    [
        &["session", "list", "--events"][..],
        &["event", "list"],
        &["user", "list"],
        &["device", "list"],
    ]
    .map(|arguments| {
        let mut rows = dwell.rows(arguments);
        rows.sort_by_key(Value::to_string);
        rows
    })
    .into()
}

#[test]
fn the_same_file_twice_adds_nothing_with_and_without_ids() {
    let dwell = Dwell::new();
    // Two equal lines without an id are two events.
    let twin = r#"{"name":"B","timestamp":1773136800,"user_id":"u","properties":{"n":1}}"#;
    let lines = [
        line("e1", "2026-03-10T10:00:00Z", json!({})),
        twin.into(),
        twin.into(),
    ];
    let file = dwell.file("a.jsonl", lines.join("\n"));
    let first = dwell.import(&file);
    assert_eq!(
        (&first["stored"], &first["duplicates"]),
        (&json!(3), &json!(0))
    );
    let before = lists(&dwell);
    let second = dwell.import(&file);
    assert_eq!(
        (&second["stored"], &second["duplicates"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(lists(&dwell), before);
    dwell.check();
}

#[test]
fn gzip_is_told_by_content_and_gives_the_same() {
    let (plain, packed) = (Dwell::new(), Dwell::new());
    let content: Vec<String> = (0..500)
        .map(|i| {
            line(
                &format!("e{i}"),
                "2026-03-10T10:00:00Z",
                json!({"device_id": i % 7}),
            )
        })
        .collect();
    let content = content.join("\n");
    plain.import(&plain.file("a.jsonl", &content));
    packed.import(&packed.file("a.dat", gzip(content.as_bytes())));
    assert_eq!(lists(&plain), lists(&packed));
}

#[test]
fn standard_input_is_a_file() {
    let dwell = Dwell::new();
    let event = line("e1", "2026-03-10T10:00:00Z", json!({}));
    let ran = dwell.run_with(&["import", "--json", "-"], event.as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1);
}

#[test]
fn times_without_an_offset_are_in_the_imports_zone() {
    let dwell = Dwell::new();
    let file = dwell.file("a.jsonl", line("e1", "2026-03-10 11:00:00", json!({})));
    let file = file.to_str().expect("UTF-8");
    let ran = dwell.run(&["import", "--time-zone", "Europe/Berlin", file]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(
        dwell.rows(&["session", "list"])[0]["started_at"],
        1_773_136_800_000_i64
    );
}

#[test]
fn any_split_and_any_order_of_files_gives_the_same_sessions() {
    let events: Vec<String> = (0..60_u32)
        .map(|i| {
            let minute = (i * 17) % 59;
            let hour = (i * 7) % 20;
            let more = json!({
                "device_id": format!("d{}", i % 3),
                "user_id": if i % 4 == 0 { Value::Null } else { json!(format!("u{}", i % 5)) },
                "received_at": format!("2026-03-10T{:02}:{minute:02}:30Z", hour + i % 3),
            });
            line(
                &format!("e{i}"),
                &format!("2026-03-10T{hour:02}:{minute:02}:00Z"),
                more,
            )
        })
        .collect();
    let whole = Dwell::new();
    whole.import(&whole.file("all.jsonl", events.join("\n")));
    let wanted = lists(&whole);
    for parts in [2, 7, 60] {
        let dwell = Dwell::new();
        for part in (0..parts).rev() {
            let lines: Vec<String> = events
                .iter()
                .enumerate()
                .filter(|(i, _)| i % parts == part)
                .map(|(_, event)| event.clone())
                .collect();
            dwell.import(&dwell.file("part.jsonl", lines.join("\n")));
        }
        assert!(lists(&dwell) == wanted, "{parts} files differ from one");
        dwell.check();
    }
}

#[test]
fn of_copies_the_earliest_arrival_counts_and_conflicts_are_listed() {
    let early = line(
        "e1",
        "2026-03-10T10:00:00Z",
        json!({"received_at": "2026-03-10T10:00:01Z", "properties": {"amount": 5}}),
    );
    let late = line(
        "e1",
        "2026-03-10T10:00:00Z",
        json!({"received_at": "2026-03-10T12:00:00Z", "properties": {"amount": 7}}),
    );
    let retry = line(
        "e1",
        "2026-03-10T10:00:00Z",
        json!({"received_at": "2026-03-10T11:00:00Z", "properties": {"amount": 5}}),
    );
    let orders = [
        [&early, &late, &retry],
        [&late, &retry, &early],
        [&retry, &late, &early],
    ];
    for files in orders {
        let dwell = Dwell::new();
        for (number, content) in files.iter().enumerate() {
            dwell.import(&dwell.file(&format!("{number}.jsonl"), content));
        }
        let events = dwell.rows(&["event", "list"]);
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["properties"]["amount"], 5);
        assert_eq!(events[0]["received_at"], "2026-03-10T10:00:01Z");
        let conflicts = dwell.rows(&["quarantine", "list", "--conflicts"]);
        assert!(!conflicts.is_empty());
        for conflict in conflicts {
            assert_eq!(conflict["event_id"], "e1");
            assert!(
                conflict["differs"]
                    .as_str()
                    .expect("words")
                    .contains("amount")
            );
        }
        dwell.check();
    }
}

#[test]
fn a_copy_can_take_its_event_to_another_device() {
    let dwell = Dwell::new();
    let first = json!({"device_id": "d1", "received_at": "2026-03-10T12:00:00Z"});
    dwell.import(&dwell.file("1.jsonl", line("e1", "2026-03-10T10:00:00Z", first)));
    let second = json!({"device_id": "d2", "received_at": "2026-03-10T11:00:00Z"});
    dwell.import(&dwell.file("2.jsonl", line("e1", "2026-03-10T10:00:00Z", second)));
    let sessions = dwell.rows(&["session", "list"]);
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["stream"], "d2");
    assert_eq!(
        dwell.rows(&["device", "list"]).len(),
        1,
        "nothing is left of d1"
    );
    dwell.check();
}

#[test]
fn bad_rows_are_kept_with_their_place_and_the_rest_goes_on() {
    let dwell = Dwell::new();
    let mut content = Vec::new();
    content.extend_from_slice(line("e1", "2026-03-10T10:00:00Z", json!({})).as_bytes());
    content.extend_from_slice(b"\n{\"name\":\"B\",\"timestamp\":1,\"device_id\":\"d\"}\n");
    content.extend_from_slice(b"{\"name\":\"\xff\"}\n\nnonsense\n");
    content
        .extend_from_slice(b"{\"name\":\"C\",\"timestamp\":\"yesterday\",\"device_id\":\"d\"}\n");
    content.extend_from_slice(b"{\"name\":\"D\",\"timestamp\":1773136800}\n[1]\n");
    content.push(b'"');
    content.extend(std::iter::repeat_n(b'x', 2 << 20));
    content.extend_from_slice(b"\"\n");
    content.extend_from_slice(line("e2", "2026-03-10T10:01:00Z", json!({})).as_bytes());
    let figures = dwell.import(&dwell.file("bad.jsonl", content));
    assert_eq!(figures["stored"], 2);
    assert_eq!(figures["quarantined"], 7);
    let rows = dwell.rows(&["quarantine", "list"]);
    let told: Vec<(u64, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().expect("a line"),
                row["reason"].as_str().expect("a code"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, "time_too_early"),
            (3, "not_utf8"),
            (5, "not_json"),
            (6, "bad_time"),
            (7, "no_owner"),
            (8, "not_an_object"),
            (9, "line_too_long"),
        ]
    );
    assert_eq!(rows[6]["truncated"], true);
    assert_eq!(rows[6]["row"].as_str().expect("a row").len(), 4096);
    assert!(
        rows[3]["message"]
            .as_str()
            .expect("words")
            .contains("yesterday")
    );
    dwell.check();
}

#[test]
fn values_come_out_as_they_went_in() {
    let dwell = Dwell::new();
    let properties = r#"{"big":9007199254740993,"price":1.10,"empty":"","nothing":null,"yes":true,"list":[1,"a",null],"ünï":"مرحبا","z":0,"a":1e400}"#;
    let event = format!(
        r#"{{"event_id":"e1","name":"A","timestamp":"2026-03-10T10:00:00Z","user_id":17,"device_id":"9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2","properties":{properties}}}"#
    );
    dwell.import(&dwell.file("a.jsonl", event));
    let ran = dwell.run(&["event", "list"]);
    assert!(
        ran.stdout.contains(&format!("\"properties\":{properties}")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains(r#""user_id":"17""#), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_conflict_says_which_copy_counts() {
    let copy = |received: &str, plan: &str| {
        let more = json!({"received_at": received, "properties": {"plan": plan}});
        line("e1", "2026-03-10T10:00:00Z", more)
    };
    let late = copy("2026-03-10T11:00:00Z", "gold");
    let early = copy("2026-03-10T10:00:00Z", "free");
    for (files, words) in [
        (
            [&early, &late],
            "properties.plan: “free” counts, this copy has “gold”",
        ),
        (
            [&late, &early],
            "properties.plan: this copy has “free” and counts now, before “gold”",
        ),
    ] {
        let dwell = Dwell::new();
        for file in files {
            dwell.import(&dwell.file("a.jsonl", file));
        }
        let conflicts = dwell.rows(&["quarantine", "list", "--conflicts"]);
        assert_eq!(conflicts[0]["differs"], words);
        assert_eq!(
            dwell.rows(&["event", "list"])[0]["properties"]["plan"],
            "free"
        );
    }
}

#[test]
fn an_import_is_taken_back_as_if_it_had_never_been() {
    let dwell = Dwell::new();
    let line = |id: &str, hour: u32, device: &str| {
        format!(
            r#"{{"event_id":"{id}","name":"A","timestamp":"2026-03-10T{hour:02}:00:00Z","device_id":"{device}"}}"#
        )
    };
    let first = [
        line("e1", 9, "d"),
        line("e2", 12, "d"),
        line("e3", 15, "gone"),
    ]
    .join("\n");
    let first = dwell.file("wrong.jsonl", format!("{first}\nnonsense\n"));
    let second = [line("e2", 12, "d"), line("e4", 18, "d")].join("\n");
    let second = dwell.file("right.jsonl", second);
    let alone = Dwell::new();
    let same = alone.file("right.jsonl", std::fs::read(&second).expect("written"));
    alone.import(&same);
    dwell.import(&first);
    dwell.import(&second);

    let before = dwell.rows(&["session", "list"]);
    let would = dwell.object(&["imports", "remove", "1", "--dry-run"]);
    assert_eq!(would["events_removed"], 2);
    assert_eq!(would["events_kept"], 1);
    assert_eq!(
        dwell.rows(&["session", "list"]),
        before,
        "nothing was changed"
    );

    let removal = dwell.object(&["imports", "remove", "1"]);
    assert_eq!(removal["import"]["file_name"], "wrong.jsonl");
    for question in [
        ["session", "list"],
        ["event", "list"],
        ["device", "list"],
        ["user", "list"],
    ] {
        assert_eq!(dwell.rows(&question), alone.rows(&question), "{question:?}");
    }
    let figures = |dwell: &Dwell| {
        let imports = dwell.rows(&["imports", "list"]);
        let figures = imports
            .iter()
            .map(|row| (row["stored"].clone(), row["duplicates"].clone()));
        figures.collect::<Vec<_>>()
    };
    assert_eq!(figures(&dwell), figures(&alone));
    assert!(dwell.rows(&["quarantine", "list"]).is_empty());
    dwell.check();

    refused(&dwell.run(&["imports", "remove", "1"]), 1, &["no import 1"]);
    dwell.object(&["imports", "remove", "2"]);
    assert!(dwell.rows(&["event", "list"]).is_empty());
    assert!(dwell.rows(&["device", "list"]).is_empty());
    dwell.check();
    assert_eq!(dwell.import(&second)["stored"], 2, "it can come again");
    dwell.check();
}
