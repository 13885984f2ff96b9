//! Forgetting: what is said before and after, what is remembered, and how somebody comes back.

use serde_json::json;

use super::runner::{Dwell, event, refused};

fn events() -> Vec<serde_json::Value> {
    let of = |user: &str, device: &str| json!({ "user_id": user, "device_id": device });
    vec![
        event("a1", "View", 0, &of("ada", "phone")),
        event("a2", "View", 1, &of("ada", "shared")),
        event("a3", "View", 2, &json!({ "device_id": "shared" })),
        event("b1", "View", 90, &of("bob", "shared")),
    ]
}

#[test]
fn a_dry_run_says_what_goes_and_changes_nothing() {
    let dwell = Dwell::new();
    dwell.take(&events());
    let tried = dwell.object(&["forget", "--user", "ada", "--dry-run", "--json"]);
    assert_eq!(tried["events_removed"], 3);
    assert_eq!(
        (&tried["users_removed"], &tried["devices_removed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(tried["imports"][0]["rows"], 3);
    assert_eq!(
        tried["stays"],
        json!(["The device “shared” stays, with 1 event that is not this user's."])
    );
    let ran = dwell.run(&["forget", "--user", "ada", "--dry-run"]);
    assert!(
        ran.stderr.contains("Of the user “ada” would go 3 events"),
        "{}",
        ran.stderr
    );
    assert_eq!(dwell.rows(&["event", "list"]).len(), 4);
    assert_eq!(dwell.rows(&["forget", "--list"]).len(), 0);
}

#[test]
fn what_was_forgotten_is_listed_without_ids_left_out_by_imports_and_can_be_allowed_again() {
    let dwell = Dwell::new();
    dwell.take(&events());
    let ran = dwell.run(&["forget", "--user", "ada"]);
    assert!(
        ran.stderr.contains("Of the user “ada” went 3 events"),
        "{}",
        ran.stderr
    );
    let list = dwell.rows(&["forget", "--list"]);
    assert_eq!((list.len(), &list[0]["events_removed"]), (1, &json!(3)));
    assert!(!list[0].to_string().contains("ada"));
    let again = dwell.take(&events());
    assert_eq!(
        (&again["duplicates"], &again["forgotten"]),
        (&json!(1), &json!(3))
    );
    dwell.check();

    refused(
        &dwell.run(&["forget", "--allow", "bob"]),
        1,
        &["Nobody of the id “bob” was forgotten"],
    );
    dwell.run(&["forget", "--allow", "ada"]);
    assert_eq!(dwell.take(&events())["stored"], 3);
    assert_eq!(dwell.rows(&["forget", "--list"]).len(), 0);
    dwell.check();
}

#[test]
fn a_device_goes_with_everything_on_it_and_an_unknown_id_is_remembered_all_the_same() {
    let dwell = Dwell::new();
    dwell.take(&events());
    let gone = dwell.object(&["forget", "--device", "shared", "--json"]);
    assert_eq!(gone["events_removed"], 3);
    assert_eq!(gone["users_removed"], 1, "bob was seen nowhere else");
    assert_eq!(
        gone["stays"],
        json!(["The user “ada” stays, with what came from elsewhere."])
    );
    let none = dwell.object(&["forget", "--user", "eve", "--json"]);
    assert_eq!(none["events_removed"], 0);
    let of_eve = dwell.take(&[event("e1", "View", 5, &json!({ "user_id": "eve" }))]);
    assert_eq!(
        (&of_eve["stored"], &of_eve["forgotten"]),
        (&json!(0), &json!(1))
    );
    dwell.check();
}

#[test]
fn whom_to_forget_has_to_be_said_once() {
    let dwell = Dwell::new();
    dwell.take(&events());
    assert_eq!(dwell.run(&["forget"]).status, 2);
    let both = dwell.run(&["forget", "--user", "ada", "--device", "phone"]);
    assert_eq!(both.status, 2);
    assert!(both.stderr.contains("cannot be used with"), "{both:?}");
    refused(&dwell.run(&["forget", "--user", " "]), 1, &["it is blank"]);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 4);
}
