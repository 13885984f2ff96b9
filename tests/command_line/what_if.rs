//! Other rules tried from the command line: what would change, and nothing does.

use std::fmt::Write;

use super::runner::Dwell;

/// Three devices: pauses of 17 and 18 min, a pause of 20 min, none.
fn filled() -> Dwell {
    let dwell = Dwell::new();
    let events = [
        ("a", "10:00"),
        ("a", "10:17"),
        ("a", "10:35"),
        ("b", "12:00"),
        ("b", "12:20"),
        ("c", "14:00"),
        ("c", "14:05"),
    ];
    let mut lines = String::new();
    for (number, (device, time)) in events.iter().enumerate() {
        writeln!(
            lines,
            r#"{{"event_id":"e{number}","name":"A","timestamp":"2026-03-10T{time}:00Z","device_id":"{device}"}}"#
        )
        .expect("memory");
    }
    dwell.import(&dwell.file("events.jsonl", lines));
    dwell
}

const SHORTER: &str = r#"{"name":"visit","limits":{"inactivity_seconds":900}}"#;

#[test]
fn what_would_change_is_printed_as_one_object_and_nothing_changes() {
    let dwell = filled();
    dwell.file("shorter.json", SHORTER);
    let before = dwell.run(&["session", "list"]).stdout;
    let change = dwell.object(&["what-if", "--definition", "shorter.json"]);
    let count = |path: &str| change.pointer(path).and_then(serde_json::Value::as_u64);
    let expected = [
        ("/event_count", 7),
        ("/person_count", 3),
        ("/now/session_count", 3),
        ("/tried/session_count", 6),
        ("/tried/one_event_count", 5),
        ("/same", 1),
        ("/split", 2),
        ("/merged", 0),
        ("/otherwise", 0),
        ("/changed_person_count", 2),
        ("/now/median_length_ms", 1_200_000),
    ];
    for (path, figure) in expected {
        assert_eq!(count(path), Some(figure), "{path} in {change}");
    }
    assert_eq!(
        change["examples"][0]["why"],
        "Two pauses of 17 and 18 min split 1 session into 3"
    );
    let curve = change["curve"].as_array().expect("a list");
    let at = |seconds: u64| {
        let mut points = curve.iter();
        let point = points.find(|point| point["timeout_seconds"] == seconds);
        point.map(|point| point["session_count"].clone())
    };
    assert_eq!(at(900), Some(6.into()), "{change}");
    assert_eq!(at(1_800), Some(3.into()));
    assert_eq!(dwell.run(&["session", "list"]).stdout, before);

    // From standard input, in another zone, against a definition by its name.
    let tokyo = ["--zone", "Asia/Tokyo", "what-if", "--definition", "-"];
    let by_name = [&tokyo[..], &["--definition-name", "visit"]].concat();
    let ran = dwell.run_with(&by_name, SHORTER.as_bytes());
    assert_eq!(ran.status, 0, "{ran:?}");
    let change: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    // The day begins at 15:00 UTC there.
    assert_eq!(change["examples"][0]["from_ms"], 1_773_068_400_000_i64);
    dwell.check();
}

#[test]
fn what_cannot_be_tried_is_said_in_one_sentence() {
    let dwell = filled();
    dwell.file("shorter.json", SHORTER);
    dwell.file(
        "wrong.json",
        r#"{"name":"visit","limits":{"inactivity_seconds":30}}"#,
    );
    dwell.file("broken.json", "{");
    let cases: [(&[&str], i32, &[&str]); 6] = [
        (
            &["what-if", "--definition", "wrong.json"],
            1,
            &["wrong.json", "limits.inactivity_seconds", "60 to 86,400"],
        ),
        (
            &["what-if", "--definition", "broken.json"],
            1,
            &["broken.json", "not valid JSON"],
        ),
        (
            &["what-if", "--definition", "nowhere.json"],
            1,
            &["nowhere.json"],
        ),
        (
            &[
                "what-if",
                "--definition",
                "shorter.json",
                "--definition-name",
                "x",
            ],
            1,
            &["no definition “x”", "“visit”"],
        ),
        (
            &[
                "--application",
                "x",
                "what-if",
                "--definition",
                "shorter.json",
            ],
            1,
            &["no application “x”"],
        ),
        (
            &["--zone", "Mars", "what-if", "--definition", "shorter.json"],
            2,
            &["--zone", "Mars"],
        ),
    ];
    for (arguments, status, words) in cases {
        let ran = dwell.run(arguments);
        assert_eq!((ran.status, &*ran.stdout), (status, ""), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{word:?} is not in {ran:?}");
        }
    }
    assert_eq!(dwell.run(&["what-if"]).status, 2);
    let ran = dwell.run_on(
        "none.dwell",
        &["what-if", "--definition", "shorter.json"],
        b"",
    );
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(!dwell.path("none.dwell").exists());
}
