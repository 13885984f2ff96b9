//! The demo workspace: the same everywhere, and alive.

use serde_json::Value;

use super::runner::Dwell;

#[test]
fn the_demo_fills_an_empty_workspace_and_stands_up_to_a_check() {
    let dwell = Dwell::new();
    let ran = dwell.run(&["demo"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);

    let sum = |rows: &[Value], field: &str| -> u64 {
        rows.iter()
            .map(|row| row[field].as_u64().expect("a count"))
            .sum()
    };
    let imports = dwell.rows(&["imports", "list"]);
    assert_eq!(imports.len(), 2);
    assert!((190_000..210_000).contains(&sum(&imports, "stored")));
    assert!(sum(&imports, "duplicates") > 500);
    assert!(sum(&imports, "conflicts") > 5);
    assert_eq!(sum(&imports, "quarantined"), 12);
    assert_eq!(dwell.rows(&["quarantine", "list"]).len(), 12);

    let users = dwell.rows(&["user", "list"]);
    assert!((1_700..2_100).contains(&users.len()), "{}", users.len());
    let devices = dwell.rows(&["device", "list"]);
    assert_eq!(devices.len(), 2_600);
    assert!(
        devices
            .iter()
            .any(|device| device["users"].as_array().expect("users").len() > 1)
    );

    let sessions = dwell.rows(&["session", "list"]);
    for (field, values) in [
        (
            "start_reason",
            &[
                "first",
                "timeout",
                "forced",
                "ended",
                "max_length",
                "user_switched",
            ][..],
        ),
        (
            "end_reason",
            &[
                "timeout",
                "ended",
                "max_length",
                "user_switched",
                "forced",
                "open",
            ],
        ),
        ("state", &["active", "closed", "expired"]),
        ("start_kind", &["cold", "warm", "none"]),
    ] {
        for value in values {
            let some = sessions.iter().any(|session| session[field] == *value);
            assert!(some, "no session has {field} {value}");
        }
    }
    assert!(
        sessions
            .iter()
            .any(|session| session["late_count"].as_u64() > Some(0))
    );

    let star = dwell.object(&["user", "show", "u_7f3a91"]);
    assert_eq!(star["name"], "Inês Carvalho");
    assert!(star["session_count"].as_u64() > Some(150), "{star}");

    dwell.check();

    let again = dwell.run(&["demo"]);
    assert_eq!(again.status, 1);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
}
