//! Sessions chosen by their figures, and names of events counted.

use serde_json::{Value, json};

use super::runner::{Dwell, minute, refused};

/// Three visits of one device: two events within 20 minutes, one alone, three within 4 minutes.
fn visits() -> Dwell {
    let dwell = Dwell::new();
    let minutes = [0, 20, 100, 200, 202, 204];
    let events: Vec<Value> = (0..)
        .zip(minutes)
        .map(|(index, at)| {
            let name = if index % 2 == 0 { "A" } else { "B" };
            json!({
                "event_id": format!("e{index}"), "name": name, "timestamp": minute(at),
                "device_id": "d"
            })
        })
        .collect();
    dwell.take(&events);
    dwell
}

#[test]
fn sessions_are_chosen_by_any_figure_and_stand_in_any_order() {
    let dwell = visits();
    for (arguments, expected) in [
        (&["--where", "event_count >= 2"][..], &[2, 3][..]),
        (&["--where", "duration > 4m or event_count = 1"], &[2, 1]),
        (&["--where", "not end_reason = timeout"], &[3]),
        (&["--order-by", "event_count"], &[1, 2, 3]),
        (&["--order-by", "duration", "--descending"], &[2, 3, 1]),
        (
            &["--order-by", "duration", "--descending", "--limit", "1"],
            &[2],
        ),
        (&["--where", "state = active", "--device", "d"], &[3]),
        (&["--where", "session_number = 2", "--events"], &[1]),
    ] {
        let rows = dwell.rows(&[&["session", "list"], arguments].concat());
        let counts: Vec<_> = rows.iter().map(|row| row["event_count"].as_u64()).collect();
        let expected: Vec<_> = expected.iter().map(|count| Some(*count)).collect();
        assert_eq!(counts, expected, "{arguments:?}");
    }
    let ran = dwell.run(&["session", "list", "--limit", "1"]);
    assert!(
        ran.stderr
            .contains("1 of 3 sessions of “visit” in “default”"),
        "{}",
        ran.stderr
    );
    let plain = dwell.rows(&["session", "list", "--events"]);
    assert_eq!(
        dwell.rows(&["session", "list", "--events", "--where", ""]),
        plain
    );
}

#[test]
fn a_filter_that_is_none_is_wrong_usage_told_with_its_place() {
    let dwell = visits();
    let list = |filter: &str| dwell.run(&["session", "list", "--where", filter]);
    refused(
        &list("duration > 10"),
        2,
        &["--where", "at character 12", "1h30m"],
    );
    refused(&list("duration"), 2, &["at character 9", "it ends"]);
    refused(
        &list("bets > 3"),
        1,
        &["at character 1", "“bets”", "event_count"],
    );
}

#[test]
fn names_of_events_are_listed_with_how_many_there_are() {
    let dwell = visits();
    let rows = dwell.rows(&["catalog", "list"]);
    let of = |row: &Value| (row["name"].clone(), row["event_count"].as_u64());
    let told: Vec<_> = rows.iter().map(of).collect();
    assert_eq!(told, [(json!("A"), Some(3)), (json!("B"), Some(3))]);
}
