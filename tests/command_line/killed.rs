//! A rebuild that is killed half way: the old rules and the old sessions still stand.

use std::io::Write;

use serde_json::{Value, json};

use super::runner::{Dwell, TEN, below};

const EVENTS: usize = 50_000;
const KILLS: u64 = 10;
const SEED: u64 = 7;

/// Very many events of 500 devices and people, in runs of a few minutes.
fn filled() -> Dwell {
    let dwell = Dwell::new();
    let mut lines = Vec::new();
    for index in 0..EVENTS {
        let (owner, place) = (index % 500, index / 500);
        let time_ms = TEN + place as i64 * 1_260_000 + owner as i64 * 1_000;
        let line = json!({
            "event_id": format!("e{index}"), "name": "A", "timestamp": time_ms,
            "device_id": format!("d{owner}"), "user_id": format!("u{}", owner / 2)
        });
        writeln!(lines, "{line}").expect("memory");
    }
    dwell.import(&dwell.file("a.jsonl", lines));
    dwell
}

/// What must still stand: the rules, every session and who is who.
fn standing(dwell: &Dwell) -> Vec<Value> {
    let mut rows = dwell.rows(&["definition", "list"]);
    rows.extend(dwell.rows(&["session", "list"]));
    rows.extend(dwell.rows(&["user", "list"]));
    rows
}

/// Lets a rebuild run for so many looks at it, then kills it; how many looks it took where it was
/// done before.
fn kill_after(dwell: &Dwell, workspace: &str, looks: u64) -> Option<u64> {
    let set = ["definition", "set", "other.json"];
    let mut child = dwell.start_on(workspace, &set);
    for look in 0..looks {
        if let Some(status) = child.try_wait().expect("it is ours") {
            assert!(status.success());
            return Some(look);
        }
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    None
}

#[test]
fn a_rebuild_that_is_killed_half_way_leaves_the_old_rules_and_sessions() {
    println!("seed {SEED}");
    let dwell = filled();
    let mut rules = dwell.object(&["definition", "show", "visit"]);
    // Gaps are 21 min: the old rules make long sessions, the new ones one of each event.
    rules["limits"]["inactivity_seconds"] = json!(600);
    dwell.file("other.json", rules.to_string());
    let before = standing(&dwell);
    // How many looks the whole work takes, on a copy, so that kills come at any part of it.
    std::fs::copy(dwell.path("w.dwell"), dwell.path("copy.dwell")).expect("a copy");
    let whole = kill_after(&dwell, "copy.dwell", u64::MAX).expect("it ends");
    let (mut state, mut killed) = (SEED, 0);
    for _ in 0..KILLS * 20 {
        let looks = below(&mut state, whole as usize) as u64;
        kill_after(&dwell, "w.dwell", looks);
        if dwell.object(&["definition", "show", "visit"]) == rules {
            // It was done, or died after its last word: then all of the new stands.
            assert_eq!(dwell.rows(&["session", "list"]).len(), EVENTS);
            dwell.rows(&["definition", "undo", "visit"]);
        } else {
            killed += 1;
        }
        assert!(standing(&dwell) == before, "after {looks} of {whole} looks");
        dwell.check();
        if killed == KILLS {
            break;
        }
    }
    assert_eq!(killed, KILLS, "of {whole} looks");
    // Nothing stands in the way of the same change now.
    dwell.object(&["definition", "set", "other.json"]);
    assert_eq!(dwell.rows(&["session", "list"]).len(), EVENTS);
    dwell.check();
}
