//! A workspace that cannot be written is read, says so when it is to be written, stays as it is,
//! and goes on when that is mended.
#![cfg(unix)]

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use super::runner::{Dwell, Ran, event, refused};

/// Without the power to write what is read-only, which the first user of a machine has.
const WITHOUT_POWER: &[&str] = &[
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
];

/// In a namespace where the folder is mounted so that nobody can write in it.
const MOUNTED: &[&str] = &[
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\" && exec \"$0\" \"$@\"",
];

fn filled() -> Dwell {
    let dwell = Dwell::new();
    dwell.take(&[event("e1", "A", 0, &json!({"device_id": "d"}))]);
    let second = event("e2", "A", 1, &json!({"device_id": "d"}));
    dwell.file("b.jsonl", second.to_string());
    dwell
}

/// What runs `dwell` so that permissions hold; none where nothing does on this machine.
fn starter(dwell: &Dwell) -> Option<&'static [&'static str]> {
    let locked = dwell.file("locked", "");
    set_permissions(&locked, Permissions::from_mode(0o400)).expect("ours");
    let starters: [&[&str]; 2] = [&["env"], WITHOUT_POWER];
    let found = starters.into_iter().find(|starter| {
        let script = ["sh", "-c", "echo >>\"$0\""];
        let tried = Command::new(starter[0])
            .args(&starter[1..])
            .args(script)
            .arg(&locked)
            .output();
        tried.is_ok_and(|tried| {
            !tried.status.success() && String::from_utf8_lossy(&tried.stderr).contains("denied")
        })
    });
    if found.is_none() {
        println!("skipped: on this machine permissions hold nobody back");
    }
    found
}

/// It is read, and what would write says why it does not.
fn is_read_only(run: impl Fn(&[&str]) -> Ran) {
    for _ in 0..2 {
        let ran = run(&["event", "list"]);
        assert_eq!(ran.status, 0, "{ran:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
        for arguments in [
            &["import", "b.jsonl"][..],
            &["definition", "preset", "gameplay"],
            &["definition", "rebuild", "visit"],
            &["check"],
        ] {
            refused(&run(arguments), 1, &["w.dwell cannot be written"]);
        }
    }
}

/// Goes on as if nothing had been.
fn goes_on(dwell: &Dwell, starter: &[&str]) {
    let ran = dwell.run_by(starter, &["import", "--json", "b.jsonl"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(dwell.rows(&["event", "list"]).len(), 2);
    dwell.check();
}

#[test]
fn a_read_only_file_or_folder_is_read_and_goes_on_when_that_is_mended() {
    for (file_mode, folder_mode) in [(0o400, 0o700), (0o600, 0o500), (0o400, 0o500)] {
        let dwell = filled();
        let Some(starter) = starter(&dwell) else {
            return;
        };
        let set = |file_mode: u32, folder_mode: u32| {
            let (file, folder) = (dwell.path("w.dwell"), dwell.path(""));
            set_permissions(&file, Permissions::from_mode(file_mode)).expect("ours");
            set_permissions(&folder, Permissions::from_mode(folder_mode)).expect("ours");
        };
        let before = std::fs::read(dwell.path("w.dwell")).expect("nobody has it open");
        set(file_mode, folder_mode);
        is_read_only(|arguments| dwell.run_by(starter, arguments));
        set(0o600, 0o700);
        let after = std::fs::read(dwell.path("w.dwell")).expect("nobody has it open");
        assert!(after == before, "{file_mode:o} {folder_mode:o}: written to");
        goes_on(&dwell, starter);
    }
}

#[test]
fn a_read_only_mount_is_read_and_goes_on_elsewhere() {
    let may_mount = Command::new(MOUNTED[0])
        .args(&MOUNTED[1..])
        .arg("true")
        .output()
        .is_ok_and(|tried| tried.status.success());
    if !may_mount {
        println!("skipped: this machine lets nothing be mounted");
        return;
    }
    let dwell = filled();
    is_read_only(|arguments| dwell.run_by(MOUNTED, arguments));
    goes_on(&dwell, &["env"]);
}
