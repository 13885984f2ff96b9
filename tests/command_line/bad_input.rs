//! What cannot be done is said in one clear sentence, and nothing is half written.

use std::io::Write;

use serde_json::json;

use super::runner::{Dwell, refused};

const EVENT: &str =
    r#"{"event_id":"e1","name":"A","timestamp":"2026-03-10T10:00:00Z","device_id":"d"}"#;

#[test]
fn a_missing_and_an_empty_file_change_nothing() {
    let dwell = Dwell::new();
    refused(
        &dwell.run(&["import", "nowhere.jsonl"]),
        1,
        &["nowhere.jsonl"],
    );
    for (name, content) in [("empty.jsonl", ""), ("blank.jsonl", " \n\n")] {
        dwell.file(name, content);
        refused(&dwell.run(&["import", name]), 1, &[name, "empty"]);
    }
    // What says which window has the workspace is no file of events, whatever it says.
    dwell.file("w.dwell.lock", EVENT);
    refused(&dwell.run(&["import", "."]), 1, &["no events in ."]);
    for name in workspace_names(&dwell) {
        let ran = dwell.run(&["import", &name]);
        refused(&ran, 1, &[&name, "database that is open"]);
    }
    assert!(dwell.rows(&["imports", "list"]).is_empty());
    assert!(dwell.rows(&["session", "list"]).is_empty());
    dwell.check();
}

#[test]
fn what_columns_rows_and_files_are_called_does_not_speak_to_the_terminal() {
    let dwell = Dwell::new();
    let name = "a\u{1b}[31m.csv";
    let head = "name,timestamp,user_id,x\u{1b}[2J";
    dwell.file(
        name,
        format!("{head}\nA\u{7},1773136800,u,1\nB,\u{1b}[1m,u,1\n"),
    );
    for command in [&["import", name, "--preview"][..], &["import", name]] {
        let ran = dwell.run(command);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("a\u{fffd}[31m.csv"), "{}", ran.stderr);
        let speaks = |c: char| c.is_control() && c != '\n';
        assert!(!ran.stderr.contains(speaks), "{:?}", ran.stderr);
    }
}

#[test]
fn a_file_without_one_good_row_is_a_failure_told_with_its_first_reason() {
    let dwell = Dwell::new();
    dwell.file("bad.jsonl", "nonsense\n{}\n");
    refused(
        &dwell.run(&["import", "bad.jsonl"]),
        1,
        &["bad.jsonl", "Line 1", "JSON"],
    );
    assert!(dwell.rows(&["imports", "list"]).is_empty());
}

#[test]
fn a_gzip_that_is_cut_off_leaves_nothing_half_written() {
    let dwell = Dwell::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    for i in 0..30_000 {
        let line = EVENT.replace("e1", &format!("e{i}"));
        writeln!(packed, "{line}").expect("memory");
    }
    let whole = packed.finish().expect("memory");
    dwell.file("cut.jsonl.gz", &whole[..whole.len() - 9]);
    refused(
        &dwell.run(&["import", "cut.jsonl.gz"]),
        1,
        &["cut.jsonl.gz", "cut off"],
    );
    assert!(dwell.rows(&["event", "list"]).is_empty());
    assert!(dwell.rows(&["user", "list"]).is_empty());
    dwell.check();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dwell = Dwell::new();
    dwell.file("a.jsonl", EVENT);
    let ran = dwell.run_on("no/such/folder/w.dwell", &["import", "a.jsonl"], b"");
    refused(
        &ran,
        1,
        &["no/such/folder/w.dwell", "folder does not exist"],
    );
}

#[test]
fn what_is_no_workspace_is_refused_and_not_touched() {
    let dwell = Dwell::new();
    dwell.file("a.jsonl", EVENT);
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.resize(5_000, 7);
    let mut foreign = b"SQLite format 3\0".to_vec();
    foreign.resize(8_192, 0);
    for (name, content) in [
        ("text.txt", b"hello".to_vec()),
        ("p.png", picture),
        ("other.db", foreign),
    ] {
        let path = dwell.file(name, &content);
        for arguments in [
            &["import", "a.jsonl"][..],
            &["session", "list"],
            &["demo"],
            &["check"],
        ] {
            let ran = dwell.run_on(name, arguments, b"");
            refused(&ran, 1, &[name]);
        }
        assert_eq!(
            std::fs::read(&path).expect("still there"),
            content,
            "{name}"
        );
    }
    refused(
        &dwell.run_on(".", &["session", "list"], b""),
        1,
        &["folder"],
    );
}

#[test]
fn a_workspace_of_a_newer_version_is_refused_and_not_touched() {
    let dwell = Dwell::new();
    dwell.import(&dwell.file("a.jsonl", EVENT));
    let path = dwell.path("w.dwell");
    let mut bytes = std::fs::read(&path).expect("a workspace");
    // The layout's number stands at byte 60 of a SQLite file.
    bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).expect("written");
    for arguments in [&["import", "a.jsonl"][..], &["session", "list"], &["check"]] {
        refused(&dwell.run(arguments), 1, &["w.dwell", "newer"]);
    }
    assert_eq!(std::fs::read(&path).expect("still there"), bytes);
}

#[test]
fn reading_makes_no_workspace() {
    let dwell = Dwell::new();
    for arguments in [
        &["session", "list"][..],
        &["event", "list"],
        &["user", "list"],
        &["device", "list"],
        &["definition", "list"],
        &["quarantine", "list"],
        &["imports", "list"],
        &["check"],
    ] {
        refused(&dwell.run(arguments), 1, &["w.dwell"]);
        assert!(!dwell.path("w.dwell").exists(), "{arguments:?}");
    }
}

#[test]
fn a_definition_out_of_range_says_which_field_and_which_range() {
    let dwell = Dwell::new();
    let cases = [
        (
            json!({"name": "v", "limits": {"inactivity_seconds": 5}}),
            "limits.inactivity_seconds",
        ),
        (json!({"name": "v", "limits": {}}), "limits"),
        (
            json!({"name": "v", "limits": {"day_in": "Mars/Olympus"}}),
            "Mars/Olympus",
        ),
        (
            json!({"name": "v", "limits": {"inactivity_seconds": 60}, "grace_seconds": 90000}),
            "grace_seconds",
        ),
        (
            json!({"name": "v", "limits": {"inactivity_seconds": 60}, "colour": 1}),
            "colour",
        ),
    ];
    for (definition, words) in cases {
        dwell.file("d.json", definition.to_string());
        refused(&dwell.run(&["definition", "set", "d.json"]), 1, &[words]);
    }
    dwell.file("d.json", "{");
    refused(
        &dwell.run(&["definition", "set", "d.json"]),
        1,
        &["definition"],
    );
    refused(
        &dwell.run(&["definition", "set", "none.json"]),
        1,
        &["none.json"],
    );
    refused(
        &dwell.run(&["definition", "preset", "none"]),
        1,
        &["none", "visit"],
    );
}

#[test]
fn wrong_usage_is_status_2() {
    let dwell = Dwell::new();
    dwell.import(&dwell.file("a.jsonl", EVENT));
    refused(
        &dwell.run(&["--zone", "Mars/Olympus", "session", "list"]),
        2,
        &["Mars/Olympus"],
    );
    let ran = dwell.run(&["import", "--time-zone", "Mars/Olympus", "a.jsonl"]);
    refused(&ran, 2, &["--time-zone", "Mars/Olympus"]);
    refused(
        &dwell.run(&["session", "list", "--from", "noon"]),
        2,
        &["--from", "noon"],
    );
    assert_eq!(dwell.run(&["import"]).status, 2);
    assert_eq!(dwell.run(&["frobnicate"]).status, 2);
}

#[test]
fn what_does_not_exist_is_named() {
    let dwell = Dwell::new();
    dwell.import(&dwell.file("a.jsonl", EVENT));
    for arguments in [
        &["session", "show", "nobody"][..],
        &["session", "show", "00000000-0000-0000-0000-000000000000"],
        &["event", "show", "nobody"],
        &["user", "show", "nobody"],
        &["device", "show", "nobody"],
        &["definition", "show", "nobody"],
        &["session", "list", "--user", "nobody"],
        &["session", "list", "--definition", "nobody"],
        &["--application", "nobody", "session", "list"],
    ] {
        let name = arguments.last().expect("an argument");
        let name = if *name == "list" { "nobody" } else { name };
        refused(&dwell.run(arguments), 1, &[name]);
    }
}

/// The workspace under its own name, and by a link where there are such.
fn workspace_names(dwell: &Dwell) -> Vec<String> {
    #[cfg(unix)]
    std::os::unix::fs::symlink("w.dwell", dwell.path("link.jsonl")).expect("a link");
    let names = ["w.dwell", "link.jsonl"].map(str::to_owned);
    names
        .into_iter()
        .filter(|name| dwell.path(name).exists())
        .collect()
}
