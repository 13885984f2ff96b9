//! People, from outside: identify, alias, reset, claims of anonymous events, custom properties, and
//! sessions that follow the profiles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::runner::{Dwell, event, minute, refused, shuffle};

/// Scope `user`, 30 min, and the roles that people's events have unless a definition says otherwise.
fn person() -> Value {
    json!({"name": "person", "scope": "user", "limits": {"inactivity_seconds": 1800}})
}

fn on(device: &str) -> Value {
    json!({"device_id": device})
}

fn by(user: &str) -> Value {
    json!({"user_id": user})
}

fn both(device: &str, user: &str) -> Value {
    json!({"device_id": device, "user_id": user})
}

/// An alias of `user` and the user it was before.
fn alias(id: &str, at_minute: i64, user: &str, previous: impl Into<Value>) -> Value {
    let more = json!({"user_id": user, "properties": {"previous_id": previous.into()}});
    event(id, "alias", at_minute, &more)
}

/// The events of each session of scope `user`, by stream and start.
fn streams(dwell: &Dwell) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, i64, Vec<String>)> = dwell
        .sessions("person")
        .iter()
        .map(|row| {
            let ids = row["event_ids"].as_array().expect("ids").iter();
            (
                row["stream"].as_str().expect("a stream").to_owned(),
                row["started_at"].as_i64().expect("ms"),
                ids.map(|id| id.as_str().expect("an id").to_owned())
                    .collect(),
            )
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(stream, _, ids)| (stream, ids))
        .collect()
}

fn wanted(sessions: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    sessions
        .iter()
        .map(|(stream, ids)| {
            let ids = ids.iter().map(|id| (*id).to_owned());
            ((*stream).to_owned(), ids.collect())
        })
        .collect()
}

/// Users with their number of events.
fn users(dwell: &Dwell) -> BTreeMap<String, u64> {
    dwell
        .rows(&["user", "list"])
        .iter()
        .map(|row| {
            let id = row["user_id"].as_str().expect("an id").to_owned();
            (id, row["event_count"].as_u64().expect("a count"))
        })
        .collect()
}

/// Imports in several orders, whole and event by event; `holds` after each.
fn in_any_order(events: &[Value], holds: impl Fn(&Dwell, &str)) {
    for seed in 0..4_u64 {
        let mut events = events.to_vec();
        match seed {
            0 => {}
            1 => events.reverse(),
            _ => shuffle(&mut events, seed),
        }
        for is_split in [false, true] {
            let dwell = Dwell::new();
            let is_set_first = seed % 2 == 0;
            if is_set_first {
                dwell.define(&person());
            }
            match is_split {
                true => events.chunks(1).for_each(|one| drop(dwell.take(one))),
                false => drop(dwell.take(&events)),
            }
            if !is_set_first {
                dwell.define(&person());
            }
            holds(&dwell, &format!("order {seed}, split: {is_split}"));
            dwell.check();
        }
    }
}

#[test]
fn anonymous_events_belong_to_the_last_known_user_else_to_the_next_one_up_to_a_reset() {
    let events = [
        event("e1", "A", 0, &on("d")),
        event("e2", "identify", 1, &both("d", "ann")),
        event("e3", "A", 2, &on("d")),
        event("e4", "reset", 3, &on("d")),
        event("e5", "A", 4, &on("d")),
        event("e6", "identify", 5, &both("d", "bob")),
        event("e7", "A", 6, &on("d")),
        event("e8", "reset", 7, &on("d")),
        event("e9", "A", 8, &on("d")),
    ];
    in_any_order(&events, |dwell, what| {
        let found = streams(dwell);
        let expected = wanted(&[
            ("ann", &["e1", "e2", "e3", "e4"]),
            ("bob", &["e5", "e6", "e7", "e8"]),
            ("d", &["e9"]),
        ]);
        assert_eq!(found, expected, "{what}");
        assert_eq!(
            users(dwell),
            [("ann".into(), 4), ("bob".into(), 4)].into(),
            "{what}"
        );
        let ann = dwell.rows(&["event", "list", "--user", "ann"]);
        assert_eq!(ann.len(), 4, "{what}");
        let sessions = dwell.sessions("person");
        let ann = sessions
            .iter()
            .find(|row| row["stream"] == "ann")
            .expect("hers");
        assert_eq!(
            ann["end_reason"], "ended",
            "a reset ends the session: {what}"
        );
    });
}

#[test]
fn what_comes_after_the_last_reset_stays_anonymous_until_somebody_is_known() {
    let dwell = Dwell::new();
    dwell.define(&person());
    dwell.take(&[
        event("e1", "A", 0, &both("d", "ann")),
        event("e2", "reset", 1, &on("d")),
        event("e3", "A", 2, &on("d")),
    ]);
    assert_eq!(
        streams(&dwell),
        wanted(&[("ann", &["e1", "e2"]), ("d", &["e3"])])
    );
    dwell.check();
    // The claim reaches back to the reset and not beyond it.
    dwell.take(&[event("e4", "A", 3, &both("d", "bob"))]);
    let expected = wanted(&[("ann", &["e1", "e2"]), ("bob", &["e3", "e4"])]);
    assert_eq!(streams(&dwell), expected);
    dwell.check();
}

#[test]
fn a_claim_reaches_back_without_end_and_into_sessions_that_are_final() {
    let dwell = Dwell::new();
    dwell.define(&person());
    // A month earlier: every session of then is frozen.
    dwell.take(&[
        event("e1", "A", -43_200, &on("d")),
        event("e2", "A", -43_190, &on("d")),
    ]);
    assert_eq!(streams(&dwell), wanted(&[("d", &["e1", "e2"])]));
    dwell.take(&[event("e3", "identify", 0, &both("d", "ann"))]);
    // An identify extends and starts nothing.
    assert_eq!(streams(&dwell), wanted(&[("ann", &["e1", "e2"])]));
    assert_eq!(users(&dwell), [("ann".into(), 3)].into());
    dwell.check();
}

#[test]
fn several_users_of_one_device_have_their_own_streams_and_switches_split_the_devices() {
    let events = [
        event("e1", "A", 0, &on("d")),
        event("e2", "A", 1, &both("d", "ann")),
        event("e3", "A", 2, &both("d", "bob")),
        event("e4", "A", 3, &on("d")),
        event("e5", "A", 4, &both("d", "ann")),
        event("e6", "A", 5, &both("d", "ann")),
    ];
    in_any_order(&events, |dwell, what| {
        let expected = wanted(&[("ann", &["e1", "e2", "e5", "e6"]), ("bob", &["e3", "e4"])]);
        assert_eq!(streams(dwell), expected, "{what}");
        let visits = dwell.sessions("visit");
        let told: Vec<_> = visits
            .iter()
            .map(|row| (&row["start_reason"], &row["user_id"], &row["event_ids"]))
            .collect();
        // Anonymous to known does not split; known to another known does.
        let rows = [
            (json!("first"), json!("ann"), json!(["e1", "e2"])),
            (json!("user_switched"), json!("bob"), json!(["e3", "e4"])),
            (json!("user_switched"), json!("ann"), json!(["e5", "e6"])),
        ];
        let rows: Vec<_> = rows.iter().map(|(a, b, c)| (a, b, c)).collect();
        assert_eq!(told, rows, "{what}");
        assert_eq!(visits[0]["end_reason"], "user_switched", "{what}");
    });
}

#[test]
fn one_user_on_two_devices_is_one_stream_and_devices_keep_theirs() {
    let events = [
        event("e1", "A", 0, &on("d1")),
        event("e2", "identify", 1, &both("d1", "ann")),
        event("e3", "A", 10, &both("d2", "ann")),
        event("e4", "A", 20, &on("d1")),
        event("e5", "A", 30, &by("ann")),
    ];
    in_any_order(&events, |dwell, what| {
        let expected = wanted(&[("ann", &["e1", "e2", "e3", "e4", "e5"])]);
        assert_eq!(streams(dwell), expected, "{what}");
        let visits = dwell.sessions("visit");
        let told: Vec<_> = visits
            .iter()
            .map(|row| {
                let (stream, number) = (&row["stream"], &row["session_number"]);
                (
                    stream.as_str(),
                    number.as_u64(),
                    row["event_count"].as_u64(),
                )
            })
            .collect();
        // Numbers go by start over all devices; an event without a device is the user's own stream.
        for one in [
            (Some("d1"), Some(1), Some(3)),
            (Some("d2"), Some(2), Some(1)),
            (Some("ann"), Some(3), Some(1)),
        ] {
            assert!(told.contains(&one), "{one:?} is not in {told:?}, {what}");
        }
        let devices = &dwell.object(&["user", "show", "ann"])["devices"];
        assert_eq!(devices, &json!(["d1", "d2"]), "the last seen first, {what}");
    });
}

#[test]
fn an_alias_joins_two_users_in_either_direction_under_the_one_seen_first() {
    for (user, previous) in [("ann", "zoe"), ("zoe", "ann")] {
        let events = [
            event("e1", "A", 0, &by("zoe")),
            event("e2", "A", 5, &by("ann")),
            alias("e3", 10, user, previous),
            event("e4", "A", 15, &by("ann")),
        ];
        in_any_order(&events, |dwell, what| {
            let expected = wanted(&[("zoe", &["e1", "e2", "e3", "e4"])]);
            assert_eq!(streams(dwell), expected, "{what}");
            assert_eq!(users(dwell), [("zoe".into(), 4)].into(), "{what}");
            let shown = dwell.object(&["user", "show", "zoe"]);
            assert_eq!(shown["user_id"], "zoe");
            assert_eq!(shown["first_seen"], minute(0));
            assert_eq!(shown["last_seen"], minute(15));
            // Whichever of its ids names a profile.
            assert_eq!(dwell.object(&["user", "show", "ann"]), shown, "{what}");
            for list in [&["session", "list", "--events"][..], &["event", "list"]] {
                let [zoe, ann] =
                    ["zoe", "ann"].map(|user| dwell.rows(&[list, &["--user", user]].concat()));
                assert!(!zoe.is_empty());
                assert_eq!(zoe, ann, "{list:?} {what}");
            }
        });
    }
}

#[test]
fn a_chain_of_aliases_is_one_profile() {
    let seen = [("ann", 3), ("bob", 2), ("cat", 1), ("dan", 4)];
    let links = [
        [("bob", "ann"), ("cat", "bob"), ("dan", "cat")],
        [("ann", "bob"), ("bob", "cat"), ("cat", "dan")],
        [("ann", "dan"), ("bob", "dan"), ("cat", "dan")],
    ];
    for links in links {
        let mut events = Vec::new();
        for (index, (user, at)) in seen.into_iter().enumerate() {
            events.push(event(&format!("e{index}"), "A", at, &by(user)));
        }
        for (index, (user, previous)) in links.into_iter().enumerate() {
            events.push(alias(&format!("l{index}"), 10, user, previous));
        }
        in_any_order(&events, |dwell, what| {
            let expected = wanted(&[("cat", &["e0", "e1", "e2", "e3", "l0", "l1", "l2"])]);
            assert_eq!(streams(dwell), expected, "{links:?} {what}");
            assert_eq!(users(dwell), [("cat".into(), 7)].into(), "{links:?} {what}");
            for (user, _) in seen {
                let shown = dwell.object(&["user", "show", user]);
                assert_eq!(shown["user_id"], "cat", "{user} {what}");
            }
        });
    }
}

#[test]
fn an_alias_before_anybody_was_seen_names_both_at_its_time_and_text_decides() {
    for (user, previous) in [("ann", "zoe"), ("zoe", "ann")] {
        let events = [
            alias("e1", 0, user, previous),
            event("e2", "A", 1, &by("zoe")),
            event("e3", "A", 2, &by("ann")),
        ];
        in_any_order(&events, |dwell, what| {
            assert_eq!(users(dwell), [("ann".into(), 3)].into(), "{what}");
            // The alias extends and cannot start a session.
            assert_eq!(streams(dwell), wanted(&[("ann", &["e2", "e3"])]), "{what}");
        });
    }
}

#[test]
fn a_previous_id_that_is_seen_nowhere_else_still_finds_the_profile() {
    let events = [
        event("e1", "A", 0, &by("zoe")),
        alias("e2", 5, "zoe", "ann"),
    ];
    in_any_order(&events, |dwell, what| {
        assert_eq!(users(dwell), [("zoe".into(), 2)].into(), "{what}");
        assert_eq!(
            dwell.object(&["user", "show", "ann"])["user_id"],
            "zoe",
            "{what}"
        );
        assert_eq!(
            dwell.rows(&["session", "list", "--user", "ann"]).len(),
            2,
            "{what}"
        );
    });
}

#[test]
fn an_alias_that_joins_nobody_changes_nothing() {
    let previous = [
        json!("ann"),
        Value::Null,
        json!(""),
        json!(true),
        json!(["bob"]),
    ];
    for previous in previous {
        let dwell = Dwell::new();
        dwell.define(&person());
        dwell.take(&[
            event("e1", "A", 0, &by("ann")),
            event("e2", "A", 1, &by("bob")),
            alias("e3", 2, "ann", previous.clone()),
            event("e4", "alias", 3, &by("ann")),
        ]);
        let expected = wanted(&[("ann", &["e1", "e3", "e4"]), ("bob", &["e2"])]);
        assert_eq!(streams(&dwell), expected, "{previous}");
        assert_eq!(users(&dwell).len(), 2, "{previous}");
        dwell.check();
    }
    // Nobody's alias: a device is no user.
    let dwell = Dwell::new();
    let more = json!({"device_id": "d", "properties": {"previous_id": "ann"}});
    dwell.take(&[
        event("e1", "A", 0, &by("ann")),
        event("e2", "alias", 1, &more),
    ]);
    assert_eq!(users(&dwell), [("ann".into(), 1)].into());
    dwell.check();
}

#[test]
fn a_numeric_previous_id_is_the_user_of_that_text() {
    let events = [
        event("e1", "A", 0, &json!({"user_id": 17})),
        alias("e2", 1, "ann", 17),
        event("e3", "A", 2, &by("ann")),
    ];
    in_any_order(&events, |dwell, what| {
        assert_eq!(users(dwell), [("17".into(), 3)].into(), "{what}");
        assert_eq!(
            streams(dwell),
            wanted(&[("17", &["e1", "e2", "e3"])]),
            "{what}"
        );
    });
}

#[test]
fn a_uuid_is_one_user_in_any_spelling() {
    let plain = "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2";
    let spellings = [
        "9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2",
        "9d41e7b052ac4f188b036f1a2c77d0c2",
        "{9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2}",
    ];
    for spelling in spellings {
        let events = [
            event("e1", "A", 0, &by(plain)),
            alias("e2", 1, "ann", spelling),
            event("e3", "A", 2, &by("ann")),
        ];
        in_any_order(&events, |dwell, what| {
            assert_eq!(
                users(dwell),
                [(plain.into(), 3)].into(),
                "{spelling} {what}"
            );
            for user in [plain, spelling, "ann"] {
                assert_eq!(dwell.object(&["user", "show", user])["user_id"], plain);
                let found = dwell.rows(&["event", "list", "--user", user]);
                assert_eq!(found.len(), 3, "{user} {what}");
            }
        });
        // The same id twice joins nobody.
        let dwell = Dwell::new();
        dwell.take(&[alias("e1", 0, plain, spelling)]);
        assert_eq!(users(&dwell), [(plain.into(), 1)].into());
        dwell.check();
    }
}

#[test]
fn a_profile_owns_the_anonymous_events_of_all_its_devices() {
    let events = [
        event("e1", "A", 0, &on("d1")),
        event("e2", "A", 1, &both("d1", "ann")),
        event("e3", "A", 2, &on("d2")),
        event("e4", "A", 3, &both("d2", "zoe")),
        event("e5", "A", 4, &on("d1")),
        event("e6", "A", 5, &on("d2")),
        alias("e7", 6, "zoe", "ann"),
    ];
    in_any_order(&events, |dwell, what| {
        let expected = wanted(&[("ann", &["e1", "e2", "e3", "e4", "e5", "e6", "e7"])]);
        assert_eq!(streams(dwell), expected, "{what}");
        let numbers: Vec<_> = dwell
            .sessions("visit")
            .iter()
            .map(|row| {
                (
                    row["stream"].clone(),
                    row["user_id"].clone(),
                    row["session_number"].clone(),
                )
            })
            .collect();
        // A session of a device tells the user of its events; its number is the person's.
        assert_eq!(numbers[0], (json!("d1"), json!("ann"), json!(1)), "{what}");
        assert_eq!(numbers[1].0, "d2", "{what}");
        assert_eq!(numbers[1].2, 2, "{what}");
    });
}

#[test]
fn a_device_is_switched_by_the_users_that_its_events_name_even_of_one_profile() {
    let events = [
        event("e1", "A", 0, &both("d", "ann")),
        event("e2", "A", 2, &both("d", "zoe")),
        alias("e3", 60, "zoe", "ann"),
    ];
    in_any_order(&events, |dwell, what| {
        assert_eq!(
            streams(dwell),
            wanted(&[("ann", &["e1", "e2"])]),
            "one person's stream is one session, {what}"
        );
        let visits = dwell.sessions("visit");
        let told: Vec<_> = visits
            .iter()
            .map(|row| (row["user_id"].as_str(), row["start_reason"].as_str()))
            .collect();
        let switched = [
            (Some("ann"), Some("first")),
            (Some("zoe"), Some("user_switched")),
        ];
        assert_eq!(told, switched, "{what}");
        let numbers: Vec<_> = visits
            .iter()
            .map(|row| row["session_number"].as_u64())
            .collect();
        assert_eq!(
            numbers,
            [Some(1), Some(2)],
            "numbers are the person's, {what}"
        );
    });
}

#[test]
fn sessions_move_when_profiles_join_and_their_old_ids_find_them() {
    let dwell = Dwell::new();
    dwell.define(&person());
    dwell.take(&[
        event("e1", "A", 0, &by("zoe")),
        event("e2", "A", 20, &by("ann")),
    ]);
    let before = dwell.sessions("person");
    assert_eq!(before.len(), 2);
    let joined = [alias("e3", 30, "ann", "zoe")];
    dwell.take(&joined);
    let after = dwell.sessions("person");
    assert_eq!(after.len(), 1);
    assert_eq!(after[0]["event_ids"], json!(["e1", "e2", "e3"]));
    for old in &before {
        let id = old["session_id"].as_str().expect("an id");
        assert_eq!(
            dwell.object(&["session", "show", id])["row"]["session_id"],
            after[0]["session_id"]
        );
    }
    dwell.check();
    // The same again adds nothing.
    dwell.take(&joined);
    assert_eq!(dwell.sessions("person"), after);
    dwell.check();
}

#[test]
fn a_join_is_undone_when_another_copy_of_its_alias_counts() {
    let people = [
        event("e1", "A", 0, &by("zoe")),
        event("e2", "A", 5, &by("ann")),
    ];
    let mut joins = alias("e3", 10, "ann", "zoe");
    joins["received_at"] = json!(minute(12));
    let mut others = vec![
        event("e3", "A", 10, &by("ann")),
        alias("e3", 10, "ann", "cat"),
    ];
    others.push(event("e3", "A", 10, &on("d")));
    for (index, other) in others.iter_mut().enumerate() {
        other["received_at"] = json!(minute(11));
        let dwell = Dwell::new();
        dwell.define(&person());
        dwell.take(&people);
        dwell.take(&[joins.clone()]);
        assert_eq!(users(&dwell), [("zoe".into(), 3)].into());
        assert_eq!(streams(&dwell), wanted(&[("zoe", &["e1", "e2", "e3"])]));
        dwell.check();
        dwell.take(std::slice::from_ref(other));
        dwell.check();
        let hers: &[&str] = if index == 2 { &["e2"] } else { &["e2", "e3"] };
        let mut expected = wanted(&[("ann", hers)]);
        if index == 2 {
            expected.extend(wanted(&[("d", &["e3"])]));
        }
        expected.extend(wanted(&[("zoe", &["e1"])]));
        assert_eq!(streams(&dwell), expected, "{other}");
        assert_eq!(dwell.object(&["user", "show", "ann"])["user_id"], "ann");
        assert_eq!(dwell.object(&["user", "show", "zoe"])["user_id"], "zoe");
        // The copy that arrived first counts whichever came first.
        let whole = Dwell::new();
        whole.define(&person());
        whole.take(&[
            other.clone(),
            joins.clone(),
            people[1].clone(),
            people[0].clone(),
        ]);
        assert_eq!(whole.sessions("person"), dwell.sessions("person"));
        assert_eq!(whole.rows(&["user", "list"]), dwell.rows(&["user", "list"]));
        whole.check();
    }
}

#[test]
fn a_link_of_a_device_is_undone_when_another_copy_counts() {
    let dwell = Dwell::new();
    dwell.define(&person());
    let mut linked = event("e2", "identify", 5, &both("d", "ann"));
    linked["received_at"] = json!(minute(20));
    dwell.take(&[
        event("e1", "A", 0, &on("d")),
        linked,
        event("e3", "A", 6, &on("d")),
    ]);
    assert_eq!(streams(&dwell), wanted(&[("ann", &["e1", "e2", "e3"])]));
    let mut plain = event("e2", "A", 5, &on("d"));
    plain["received_at"] = json!(minute(10));
    dwell.take(&[plain]);
    assert_eq!(streams(&dwell), wanted(&[("d", &["e1", "e2", "e3"])]));
    assert!(users(&dwell).is_empty());
    refused(&dwell.run(&["user", "show", "ann"]), 1, &["ann"]);
    dwell.check();
}

#[test]
fn of_a_custom_property_the_latest_time_wins_and_it_can_be_removed() {
    let set = |id: &str, at: i64, more: Value| {
        let more = json!({"device_id": "d", "user_id": "ann", "properties": more});
        event(id, "CustomPropertyChanged", at, &more)
    };
    let told = |id: &str, at: i64, more: Value| {
        event(
            id,
            "identify",
            at,
            &json!({"device_id": "d", "user_id": "ann", "properties": more}),
        )
    };
    let events = [
        told(
            "e1",
            0,
            json!({"plan": "free", "city": "Porto", "age": 31, "tags": ["a", 1]}),
        ),
        set("e2", 10, json!({"key": "plan", "newValue": "gold"})),
        set("e3", 20, json!({"key": "city", "oldValue": "Porto"})),
        told("e4", 5, json!({"plan": "silver", "age": 32})),
        set("e5", 30, json!({"key": "age", "newValue": null})),
        set("e6", 25, json!({"key": "age", "newValue": 33})),
        // Not about anybody's properties.
        event(
            "e7",
            "Viewed",
            40,
            &json!({"user_id": "ann", "properties": {"plan": "none"}}),
        ),
        set("e8", 41, json!({"newValue": 1})),
    ];
    in_any_order(&events, |dwell, what| {
        let properties = &dwell.object(&["user", "show", "ann"])["properties"];
        assert_eq!(
            properties,
            &json!({"plan": "gold", "tags": ["a", 1]}),
            "{what}"
        );
    });
}

#[test]
fn custom_properties_of_joined_users_are_one_and_part_again() {
    let told = |id: &str, at: i64, user: &str, plan: &str| {
        let more = json!({"user_id": user, "properties": {"plan": plan, user: true}});
        event(id, "identify", at, &more)
    };
    let mut joins = alias("e3", 2, "zoe", "ann");
    joins["received_at"] = json!(minute(12));
    let events = [
        told("e1", 0, "ann", "free"),
        told("e2", 1, "zoe", "gold"),
        joins,
    ];
    in_any_order(&events, |dwell, what| {
        let properties = &dwell.object(&["user", "show", "zoe"])["properties"];
        let mut found: Vec<String> = properties
            .as_object()
            .expect("a map")
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        found.sort();
        assert_eq!(found, ["ann=true", "plan=\"gold\"", "zoe=true"], "{what}");
        let mut other = event("e3", "A", 2, &by("zoe"));
        other["received_at"] = json!(minute(11));
        dwell.take(&[other]);
        let plan = |user: &str| dwell.object(&["user", "show", user])["properties"]["plan"].clone();
        assert_eq!(
            [plan("ann"), plan("zoe")],
            [json!("free"), json!("gold")],
            "{what}"
        );
    });
}

#[test]
fn sessions_are_numbered_for_each_user_and_definition_by_their_start() {
    let events = [
        event("e1", "A", 0, &both("d1", "ann")),
        event("e2", "A", 10, &both("d2", "ann")),
        event("e3", "A", 120, &both("d1", "ann")),
        event("e4", "A", 125, &both("d1", "bob")),
        event("e5", "A", 240, &both("d2", "zoe")),
        event("e6", "A", 360, &on("d3")),
        alias("e7", 241, "zoe", "ann"),
    ];
    in_any_order(&events, |dwell, what| {
        let number_of = |definition: &str, id: &str| {
            let sessions = dwell.sessions(definition);
            let holds = |row: &&Value| {
                let ids = row["event_ids"].as_array().expect("ids");
                ids.contains(&json!(id))
            };
            let row = sessions.iter().find(holds).expect("a session").clone();
            row["session_number"].as_u64().expect("a number")
        };
        for (id, visit, person) in [
            ("e1", 1, 1),
            ("e2", 2, 1),
            ("e3", 3, 2),
            ("e4", 1, 1),
            ("e5", 4, 3),
            ("e6", 1, 1),
        ] {
            assert_eq!(number_of("visit", id), visit, "{id} {what}");
            assert_eq!(number_of("person", id), person, "{id} {what}");
        }
        // A filter does not change the numbers.
        let rows = dwell.rows(&["session", "list", "--definition", "visit", "--device", "d2"]);
        let mut numbers: Vec<_> = rows
            .iter()
            .map(|row| row["session_number"].as_u64())
            .collect();
        numbers.sort();
        assert_eq!(numbers, [Some(2), Some(4)], "{what}");
    });
}

/// The copy that counts takes the earliest event away from the user who gave the profile its id.
#[test]
fn a_profile_is_named_anew_where_its_first_event_becomes_anothers() {
    let dwell = Dwell::new();
    let copy = |user: &str, arrival: &str| {
        format!(
            "{{\"event_id\":\"b1\",\"name\":\"x\",\"timestamp\":\"2024-01-01T08:00:00Z\",\
             \"user_id\":\"{user}\",\"device_id\":\"d2\",\"received_at\":\"{arrival}\"}}"
        )
    };
    let joined = [
        "{\"event_id\":\"al\",\"name\":\"alias\",\"timestamp\":\"2024-01-01T10:00:00Z\",\
         \"user_id\":\"zed\",\"device_id\":\"d1\",\"properties\":{\"previous_id\":\"abe\"}}"
            .to_owned(),
        "{\"event_id\":\"z1\",\"name\":\"x\",\"timestamp\":\"2024-01-01T09:00:00Z\",\
         \"user_id\":\"zed\",\"device_id\":\"d1\"}"
            .to_owned(),
        copy("abe", "2024-01-01T08:00:10Z"),
    ];
    dwell.import(&dwell.file("a.jsonl", joined.join("\n")));
    assert_eq!(dwell.object(&["user", "show", "zed"])["user_id"], "abe");
    dwell.import(&dwell.file("b.jsonl", copy("other", "2024-01-01T08:00:05Z")));
    assert_eq!(dwell.object(&["user", "show", "abe"])["user_id"], "zed");
    dwell.check();
}
