//! Events that Dwell derives from sessions, with their revisions, from outside.

use serde_json::{Value, json};

use super::runner::{Dwell, event, minute, refused};

fn on(device: &str) -> Value {
    json!({"device_id": device})
}

/// An event of device `d` that arrived later than it happened.
fn late(id: &str, at: i64, arrival: i64) -> Value {
    let more = json!({"device_id": "d", "received_at": minute(arrival)});
    event(id, "A", at, &more)
}

fn derived(dwell: &Dwell, more: &[&str]) -> Vec<Value> {
    dwell.rows(&[&["event", "list", "--derived"], more].concat())
}

/// Name, minute after ten and revision of each.
fn told(rows: &[Value]) -> Vec<(String, i64, u64)> {
    rows.iter()
        .map(|row| {
            let name = row["name"].as_str().expect("a name").to_owned();
            let at = (row["time"].as_i64().expect("ms") - minute(0)) / 60_000;
            (name, at, row["revision"].as_u64().expect("a number"))
        })
        .collect()
}

fn wanted(rows: &[(&str, i64, u64)]) -> Vec<(String, i64, u64)> {
    rows.iter()
        .map(|(name, at, revision)| ((*name).to_owned(), *at, *revision))
        .collect()
}

/// Device `d` from 10:00 to 10:10; another device's event at 12:00 turns the clock.
fn finished() -> Dwell {
    let dwell = Dwell::new();
    dwell.take(&[
        event("e1", "A", 0, &on("d")),
        event("e2", "A", 10, &on("d")),
        event("c1", "A", 120, &on("z-clock")),
    ]);
    dwell
}

#[test]
fn a_session_tells_of_its_start_and_its_end() {
    let dwell = finished();
    let rows = derived(&dwell, &[]);
    let expected = wanted(&[
        ("SessionStarted", 0, 1),
        ("SessionFinished", 40, 1),
        // Still open: its end has not happened.
        ("SessionStarted", 120, 1),
    ]);
    assert_eq!(told(&rows), expected);
    let sessions = dwell.rows(&["session", "list"]);
    for (row, session) in rows.iter().zip([&sessions[0], &sessions[0], &sessions[1]]) {
        assert_eq!(row["type"], "system");
        assert_eq!(row["application"], "default");
        assert_eq!(row["device_id"], session["device_id"]);
        assert_eq!(row["user_id"], Value::Null);
        assert_eq!(row["sessions"]["visit"], session["session_id"]);
    }
    assert_eq!(
        rows[0]["properties"],
        json!({"start_kind": "none", "start_reason": "first"})
    );
    assert_eq!(
        rows[1]["properties"],
        json!({"duration_seconds": 600, "event_count": 2, "end_reason": "timeout"})
    );
    assert_eq!(rows[1]["timestamp"], "2026-03-10T10:40:00Z");
    // They are never grouped themselves, and no ordinary list has them.
    assert_eq!(dwell.rows(&["event", "list"]).len(), 3);
    dwell.check();
}

#[test]
fn every_id_of_a_derived_event_finds_it() {
    let dwell = finished();
    for row in derived(&dwell, &[]) {
        let id = row["event_id"].as_str().expect("an id");
        let shown = dwell.object(&["event", "show", id]);
        assert_eq!(shown["event_id"], id);
        assert_eq!(shown["name"], row["name"]);
        assert_eq!(shown["type"], "system");
        assert_eq!(shown["time_ms"], row["time"]);
        assert_eq!(shown["derived"]["revision"], 1);
        assert_eq!(shown["sessions"][0]["session_id"], row["sessions"]["visit"]);
    }
    let id = derived(&dwell, &[])[0]["event_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let session = id.split('/').next().expect("a part");
    for wrong in [
        format!("{session}/Nothing"),
        format!("{session}/SessionStarted/1"),
        format!("{session}/"),
        "00000000-0000-0000-0000-000000000000/SessionStarted".to_owned(),
    ] {
        refused(&dwell.run(&["event", "show", &wrong]), 1, &[&wrong]);
    }
}

#[test]
fn a_late_event_makes_a_new_revision_of_what_it_changes() {
    let dwell = finished();
    dwell.take(&[late("e3", 20, 150)]);
    let expected = wanted(&[
        ("SessionStarted", 0, 1),
        ("SessionFinished", 50, 2),
        ("SessionStarted", 120, 1),
        ("SessionFinished", 150, 1),
    ]);
    assert_eq!(told(&derived(&dwell, &[])), expected);
    assert_eq!(
        derived(&dwell, &[])[1]["properties"],
        json!({"duration_seconds": 1_200, "event_count": 3, "end_reason": "timeout"})
    );
    let id = derived(&dwell, &[])[1]["event_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let shown = dwell.object(&["event", "show", &id]);
    assert_eq!(shown["derived"]["revision"], 2);
    dwell.check();
    // One in the middle changes only how many there are.
    dwell.take(&[late("e4", 5, 151)]);
    assert_eq!(
        told(&derived(&dwell, &[]))[1],
        ("SessionFinished".into(), 50, 3)
    );
    // One before the start moves the start as well.
    dwell.take(&[late("e5", -10, 152)]);
    let rows = derived(&dwell, &[]);
    let expected = wanted(&[("SessionStarted", -10, 2), ("SessionFinished", 50, 4)]);
    assert_eq!(told(&rows)[..2], expected);
    assert_eq!(rows[1]["properties"]["duration_seconds"], 1_800);
    dwell.check();
}

#[test]
fn importing_a_file_again_tells_nothing_again() {
    let dwell = finished();
    let bridge = [late("e3", 20, 150), late("e5", -10, 152)];
    dwell.take(&bridge);
    let before = derived(&dwell, &[]);
    dwell.take(&bridge);
    dwell.take(&[
        event("e2", "A", 10, &on("d")),
        event("e1", "A", 0, &on("d")),
    ]);
    assert_eq!(derived(&dwell, &[]), before);
    // Nor does an event elsewhere.
    dwell.take(&[event("x1", "A", 3, &on("x"))]);
    let after = derived(&dwell, &["--device", "d"]);
    assert_eq!(told(&after), told(&before)[..2]);
    dwell.check();
}

#[test]
fn what_was_not_told_yet_is_no_revision() {
    let dwell = Dwell::new();
    dwell.take(&[event("e1", "A", 0, &on("d"))]);
    // The session is open as of the newest arrival: its end was never told.
    dwell.take(&[event("e2", "A", 10, &on("d"))]);
    dwell.take(&[event("e3", "A", 20, &on("d"))]);
    dwell.take(&[event("c1", "A", 120, &on("z-clock"))]);
    let expected = wanted(&[("SessionStarted", 0, 1), ("SessionFinished", 50, 1)]);
    assert_eq!(told(&derived(&dwell, &["--device", "d"])), expected);
    dwell.check();
}

#[test]
fn bridging_withdraws_what_was_told_of_the_session_that_is_no_more() {
    let dwell = Dwell::new();
    dwell.take(&[
        event("e1", "A", 0, &on("d")),
        event("e2", "A", 40, &on("d")),
        event("c1", "A", 120, &on("z-clock")),
    ]);
    let before = derived(&dwell, &["--device", "d"]);
    let two = wanted(&[
        ("SessionStarted", 0, 1),
        ("SessionFinished", 30, 1),
        ("SessionStarted", 40, 1),
        ("SessionFinished", 70, 1),
    ]);
    assert_eq!(told(&before), two);
    let mut bridge = late("e3", 20, 125);
    dwell.take(&[bridge.clone()]);
    let one = wanted(&[("SessionStarted", 0, 1), ("SessionFinished", 70, 2)]);
    assert_eq!(told(&derived(&dwell, &["--device", "d"])), one);
    dwell.check();
    // An earlier arrival of the bridge is on another device: both stand again, told anew.
    bridge["device_id"] = json!("elsewhere");
    bridge["received_at"] = json!(minute(20));
    dwell.take(&[bridge]);
    let again = told(&derived(&dwell, &["--device", "d"]));
    let places = |rows: &[(String, i64, u64)]| -> Vec<(String, i64)> {
        rows.iter()
            .map(|(name, at, _)| (name.clone(), *at))
            .collect()
    };
    assert_eq!(places(&again), places(&two));
    assert_eq!(again[1].2, 3, "the end of the first changed twice");
    assert!(
        again[2].2 > 1,
        "it was withdrawn and is told again: {again:?}"
    );
    dwell.check();
}

#[test]
fn other_rules_begin_anew() {
    let dwell = finished();
    dwell.take(&[late("e3", 20, 150)]);
    assert_eq!(told(&derived(&dwell, &[]))[1].2, 2);
    let mut rules = dwell.object(&["definition", "show", "visit"]);
    rules["limits"]["inactivity_seconds"] = json!(900);
    dwell.define(&rules);
    let rows = derived(&dwell, &["--device", "d"]);
    let expected = wanted(&[("SessionStarted", 0, 1), ("SessionFinished", 35, 1)]);
    assert_eq!(told(&rows), expected);
    dwell.check();
}

#[test]
fn a_moment_hides_what_has_not_happened() {
    let dwell = finished();
    let as_of = |at: i64| told(&derived(&dwell, &["--as-of", &minute(at).to_string()]));
    assert!(as_of(-1).is_empty());
    assert_eq!(as_of(0), wanted(&[("SessionStarted", 0, 1)]));
    assert_eq!(as_of(39), wanted(&[("SessionStarted", 0, 1)]));
    let both = wanted(&[("SessionStarted", 0, 1), ("SessionFinished", 40, 1)]);
    assert_eq!(as_of(40), both);
    assert_eq!(as_of(150).len(), 4);
    let ran = dwell.run(&["event", "list", "--as-of", "2026-03-10T10:00:00Z"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("--derived"), "{ran:?}");
}

#[test]
fn filters_choose_by_time_user_device_and_definition() {
    let dwell = Dwell::new();
    dwell.take(&[
        event("e1", "A", 0, &json!({"device_id": "d", "user_id": "ann"})),
        event("e2", "A", 5, &json!({"device_id": "x", "user_id": "bob"})),
        event("c1", "A", 120, &on("z-clock")),
    ]);
    dwell.define(&json!({
        "name": "short", "scope": "user", "limits": {"inactivity_seconds": 60}
    }));
    let list = |more: &[&str]| told(&derived(&dwell, more));
    let (at_0, at_30, at_36) = (minute(0), minute(30), minute(36));
    let visit = ["--definition", "visit"];
    // Half open, by the event's own time.
    let found = list(
        &[
            &visit[..],
            &["--from", &at_0.to_string(), "--to", &at_30.to_string()],
        ]
        .concat(),
    );
    assert_eq!(
        found,
        wanted(&[("SessionStarted", 0, 1), ("SessionStarted", 5, 1)])
    );
    let found = list(
        &[
            &visit[..],
            &["--from", &at_30.to_string(), "--to", &at_36.to_string()],
        ]
        .concat(),
    );
    assert_eq!(
        found,
        wanted(&[("SessionFinished", 30, 1), ("SessionFinished", 35, 1)])
    );
    let ann = wanted(&[
        ("SessionStarted", 0, 1),
        ("SessionFinished", 30, 1),
        ("SessionStarted", 0, 1),
        ("SessionFinished", 1, 1),
    ]);
    assert_eq!(list(&["--user", "ann"]), ann);
    assert_eq!(list(&["--device", "d"]), ann);
    assert_eq!(list(&["--user", "ann", "--definition", "short"]), ann[2..]);
    for (option, name) in [
        ("--user", "nobody"),
        ("--device", "nothing"),
        ("--definition", "none"),
    ] {
        let ran = dwell.run(&["event", "list", "--derived", option, name]);
        refused(&ran, 1, &[name]);
    }
}

#[test]
fn the_derived_events_are_the_same_in_any_order_of_files() {
    let files = [
        vec![
            event("e1", "A", 0, &on("d")),
            event("e2", "A", 40, &on("d")),
        ],
        vec![late("e3", 20, 125), event("c1", "A", 120, &on("z-clock"))],
        vec![late("e4", 55, 126), late("e5", -3, 140)],
    ];
    let orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2]];
    let all = orders.map(|order| {
        let dwell = Dwell::new();
        for index in order {
            dwell.take(&files[index]);
        }
        dwell.check();
        let mut rows = derived(&dwell, &[]);
        // The log of what was told when is not part of it.
        for row in &mut rows {
            row["revision"] = Value::Null;
            row["emitted_at"] = Value::Null;
        }
        rows
    });
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

/// The two events of the second import come on two devices, one of them new: nobody was told of a session
/// of one of them alone.
#[test]
fn a_session_that_one_import_brings_whole_is_of_revision_1() {
    const DAY: i64 = 1_440;
    let dwell = Dwell::new();
    dwell.define(&json!({
        "name": "by-user", "scope": "user", "limits": {"inactivity_seconds": 1800}
    }));
    let on = |device: &str| json!({"device_id": device, "user_id": "u"});
    dwell.take(&[
        event("e1", "A", 0, &on("d1")),
        event("e2", "A", 9 * DAY, &on("d1")),
    ]);
    dwell.take(&[
        event("e3", "A", 4 * DAY, &on("d1")),
        event("e4", "A", 4 * DAY + 10, &on("d3")),
    ]);
    let told = dwell.rows(&["event", "list", "--derived", "--definition", "by-user"]);
    // The last session is still open as of the newest arrival.
    assert_eq!(told.len(), 5, "{told:#?}");
    for row in told {
        assert_eq!(row["revision"], 1, "{row}");
        assert_eq!(row["emitted_at"], json!(null), "{row}");
    }
    dwell.check();
}
