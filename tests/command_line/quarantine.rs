//! Rejected rows: listed by reason, exported, mended and read again.

use serde_json::{Value, json};

use super::runner::{Dwell, refused};

const TABLE: &str = "event,time,device_id,price\n\
                     Buy,2026-03-10 11:00:00,d1,1\n\
                     Buy,20/02/26 14.02,d1,2\n\
                     Buy,21/02/26 9.15,d2,3\n\
                     ,2026-03-10 11:00:00,d1,4\n\
                     Buy,2026-03-10 11:00:01,d1,5,25\n";

fn with_rejects() -> Dwell {
    let dwell = Dwell::new();
    dwell.import(&dwell.file("a.csv", TABLE));
    dwell
}

fn figures(dwell: &Dwell) -> Value {
    let row = &dwell.rows(&["imports", "list"])[0];
    ["read", "stored", "quarantined", "skipped"]
        .map(|name| row[name].clone())
        .into()
}

#[test]
fn rejected_rows_are_mended_by_what_is_suggested_and_by_what_is_said() {
    let dwell = with_rejects();
    assert_eq!(figures(&dwell), json!([5, 1, 4, 0]));
    let groups = dwell.rows(&["quarantine", "list", "--groups"]);
    let told: Vec<Value> = groups
        .iter()
        .map(|group| json!([group["reason"], group["rows"], group["fixes"][0]["options"]]))
        .collect();
    let expected = [
        json!(["bad_time", 2, "--day-first --time-zone UTC"]),
        json!(["no_name", 1, null]),
        json!(["wrong_cell_count", 1, "--decimal-comma"]),
    ];
    assert_eq!(told, expected);
    let retry = [
        "quarantine",
        "retry",
        "--reason",
        "bad_time",
        "--day-first",
        "--json",
    ];
    let tried = dwell.rows(&[&retry[..], &["--dry-run"]].concat());
    assert_eq!(
        (&tried[0]["mended"], &tried[0]["stored"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(figures(&dwell), json!([5, 1, 4, 0]));
    let done = dwell.rows(&retry);
    assert_eq!(done[0]["groups"][0]["mended"], 2);
    let ran = dwell.run(&["quarantine", "retry", "--suggested"]);
    assert_eq!((ran.status, &*ran.stdout), (0, ""));
    assert!(ran.stderr.contains("1 rows mended"), "{}", ran.stderr);
    assert_eq!(figures(&dwell), json!([5, 4, 1, 0]));
    let events = dwell.rows(&["event", "list"]);
    let prices: Vec<&Value> = events
        .iter()
        .map(|event| &event["properties"]["price"])
        .collect();
    for price in [json!(2), json!(3), json!(5.25)] {
        assert!(prices.contains(&&price), "{prices:?}");
    }
    let skip = ["quarantine", "retry", "--skip", "--reason", "no_name"];
    assert_eq!(dwell.run(&skip).status, 0);
    assert_eq!(figures(&dwell), json!([4, 4, 0, 1]));
    dwell.check();
    refused(&dwell.run(&skip), 1, &["no such rejected rows"]);
}

#[test]
fn rejected_rows_leave_as_a_file_and_come_back_mended() {
    let dwell = with_rejects();
    let export = ["quarantine", "export", "out.csv", "--reason", "bad_time"];
    let ran = dwell.run(&export);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let rows = std::fs::read_to_string(dwell.path("out.csv")).expect("it was written");
    let expected = "event,time,device_id,price\n\
                    Buy,20/02/26 14.02,d1,2\nBuy,21/02/26 9.15,d2,3\n";
    assert_eq!(rows, expected);
    let ran = dwell.run(&["quarantine", "export", "-", "--reason", "bad_time"]);
    assert_eq!(ran.stdout, expected);
    let mended = rows.replace("20/02/26 14.02", "2026-02-20 14:02:00");
    let figures = dwell.import(&dwell.file("mended.csv", mended));
    assert_eq!(
        (&figures["stored"], &figures["quarantined"]),
        (&json!(1), &json!(1))
    );
    dwell.import(&dwell.file(
        "b.jsonl",
        "{\"a\":1}\n{\"name\":\"A\",\"timestamp\":1,\"user_id\":1}\n\
        {\"name\":\"A\",\"timestamp\":1773136800,\"user_id\":1}",
    ));
    let several = dwell.run(&["quarantine", "export", "all.csv"]);
    refused(&several, 1, &["one import"]);
    assert!(!dwell.path("all.csv").exists());
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let dwell = with_rejects();
    let before = figures(&dwell);
    let retry = |options: &[&str]| dwell.run(&[&["quarantine", "retry"], options].concat());
    refused(&retry(&["--skip"]), 2, &["--reason or --import"]);
    refused(&retry(&["--time-zone", "Mars"]), 1, &["Mars"]);
    refused(&retry(&["--offset", "2"]), 1, &["+02:00"]);
    refused(
        &retry(&["--import", "9", "--day-first"]),
        1,
        &["no import 9"],
    );
    refused(&retry(&["--reason", "moon"]), 1, &["no such rejected rows"]);
    for (options, word) in [
        (&["--rename", "a=b"][..], "no field “b”"),
        (&["--rename", "event="], "no field “event”"),
        (&["--day-first", "--month-first"], "--month-first"),
    ] {
        let ran = retry(options);
        assert_eq!(
            (ran.status, ran.stderr.contains(word)),
            (2, true),
            "{ran:?}"
        );
    }
    // Without its name no row could be an event.
    refused(&retry(&["--rename", "name="]), 1, &["name"]);
    assert_eq!(figures(&dwell), before);
    let none = Dwell::new();
    refused(
        &none.run(&["quarantine", "retry", "--day-first"]),
        1,
        &["w.dwell"],
    );
}
