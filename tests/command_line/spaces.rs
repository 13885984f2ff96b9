//! Workspaces as files: what is none is refused and stays as it is, what a window has open, backups.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::runner::{Dwell, binary, event, refused};

/// A workspace that a program of layout 2 made.
const LAYOUT_2: &[u8] = include_bytes!("../../crates/torture/released/2/w.dwell.gz");

fn filled(count: i64) -> Dwell {
    let dwell = Dwell::new();
    let events: Vec<_> = (0..count)
        .map(|at| event(&format!("e{at}"), "A", at, &json!({"device_id": "d"})))
        .collect();
    dwell.take(&events);
    dwell
}

fn bytes(dwell: &Dwell, name: &str) -> Vec<u8> {
    std::fs::read(dwell.path(name)).expect("nobody has it open")
}

/// What stands in the folder: names, kinds, and the bytes of plain files.
fn folder(dwell: &Dwell) -> Vec<(String, String, Vec<u8>)> {
    let entries = dwell.path("").read_dir().expect("ours");
    let mut found: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("listed");
            let name = entry.file_name().into_string().expect("UTF-8");
            let kind = entry.file_type().expect("known");
            let content = match kind.is_file() {
                true => std::fs::read(entry.path()).expect("ours"),
                false => Vec::new(),
            };
            (name, format!("{kind:?}"), content)
        })
        .collect();
    found.sort();
    found
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("in memory");
    packed.finish().expect("in memory")
}

/// A workspace of a newer version and eleven other files that are none, each with words of why.
fn foreign(dwell: &Dwell) -> Vec<(&'static str, &'static str)> {
    let whole = bytes(dwell, "w.dwell");
    let with = |at: usize, other: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + other.len()].copy_from_slice(other);
        bytes
    };
    // Where SQLite keeps the number of the layout, and whose file it is.
    dwell.file("newer.dwell", with(60, &99_u32.to_be_bytes()));
    dwell.file("other.dwell", with(68, b"Xyz1"));
    dwell.file("nobodys.dwell", with(68, &[0; 4]));
    dwell.file("text.dwell", "this is no workspace\n");
    dwell.file("rows.dwell", event("e", "A", 0, &json!({})).to_string());
    dwell.file("zip.dwell", b"PK\x03\x04\x14\0\0\0\0\0 and so on");
    dwell.file("packed.dwell", pack(&whole));
    let mut head = b"SQLite format 3\0".to_vec();
    head.extend([0xA5; 5_000]);
    dwell.file("head.dwell", head);
    dwell.file("cut.dwell", &whole[..60]);
    std::fs::create_dir(dwell.path("folder.dwell")).expect("ours");
    let pipe = Command::new("mkfifo")
        .arg(dwell.path("pipe.dwell"))
        .status();
    assert!(pipe.expect("mkfifo").success());
    std::os::unix::fs::symlink("nowhere", dwell.path("link.dwell")).expect("ours");
    vec![
        ("newer.dwell", "newer version"),
        ("other.dwell", "another program"),
        ("nobodys.dwell", "another program"),
        ("text.dwell", "not a SQLite file"),
        ("rows.dwell", "not a SQLite file"),
        ("zip.dwell", "not a SQLite file"),
        ("packed.dwell", "not a SQLite file"),
        ("head.dwell", "head.dwell"),
        ("cut.dwell", "cut.dwell"),
        ("folder.dwell", "a folder"),
        ("pipe.dwell", "a pipe"),
        ("link.dwell", "a link to a file that does not exist"),
    ]
}

#[test]
fn a_newer_workspace_and_eleven_other_files_are_refused_and_not_touched() {
    let dwell = filled(10);
    dwell.file(
        "b.jsonl",
        event("x", "B", 0, &json!({"device_id": "d"})).to_string(),
    );
    let all = foreign(&dwell);
    assert_eq!(all.len(), 12);
    let before = folder(&dwell);
    for (name, words) in all {
        for arguments in [
            &["event", "list"][..],
            &["import", "b.jsonl"],
            &["definition", "preset", "gameplay"],
            &["check"],
            &["backup", "copy.dwell"],
            &["restore", "w.dwell"],
        ] {
            let ran = dwell.run_on(name, arguments, b"");
            refused(&ran, 1, &[name, words]);
        }
        // Nor does it take the place of a workspace.
        refused(&dwell.run(&["restore", name]), 1, &[name, words]);
        assert!(folder(&dwell) == before, "{name}: something was changed");
    }
    assert_eq!(dwell.rows(&["event", "list"]).len(), 10);
}

#[test]
fn beside_a_window_all_goes_on_but_replacing_the_workspace() {
    let dwell = filled(3);
    let copied = dwell.object(&["backup", "copy"]);
    assert_eq!(copied["file_name"], "copy.dwell");
    std::os::unix::fs::symlink("w.dwell", dwell.path("link.dwell")).expect("ours");
    let lock = File::create(dwell.path("w.dwell.lock")).expect("ours");
    lock.try_lock().expect("nobody has it");
    let holder = json!({"program": "dwell-app", "pid": 4711, "since_ms": 0, "host": ""});
    (&lock)
        .write_all(holder.to_string().as_bytes())
        .expect("ours");

    dwell.take(&[event("e9", "A", 9, &json!({"device_id": "d"}))]);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 4);
    dwell.check();
    for name in ["w.dwell", "link.dwell", "./w.dwell"] {
        let ran = dwell.run_on(name, &["restore", "copy.dwell"], b"");
        refused(
            &ran,
            1,
            &["is open in a window of Dwell (process 4711, for"],
        );
    }
    assert_eq!(dwell.rows(&["event", "list"]).len(), 4);
    drop(lock);
    // What a killed window leaves behind holds nobody back.
    let restored = dwell.object(&["restore", "copy.dwell"]);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 3);
    dwell.check();
    let before = restored["before"]["file_name"].as_str().expect("a name");
    let kept = dwell.run_on(before, &["event", "list"], b"");
    assert_eq!(kept.stdout.lines().count(), 4);
    assert!(!dwell.path("w.dwell.lock").exists());
}

#[test]
fn a_backup_is_made_while_others_write() {
    let dwell = filled(5);
    let mut writer = dwell.start(&["import", "-"]);
    let mut stdin = writer.stdin.take().expect("piped");
    for at in 0..30_000 {
        let more = json!({"device_id": "x"});
        writeln!(stdin, "{}", event(&format!("w{at}"), "A", at, &more)).expect("fed");
    }
    dwell.object(&["backup", "copy.dwell"]);
    let copy = dwell.run_on("copy.dwell", &["event", "list"], b"");
    assert_eq!(copy.stdout.lines().count(), 5, "what was done before");
    drop(stdin);
    assert!(writer.wait().expect("ends").success());
    assert_eq!(dwell.rows(&["event", "list"]).len(), 30_005);
    let check = dwell.run_on("copy.dwell", &["check"], b"");
    assert_eq!(check.status, 0, "{check:?}");
}

fn of_layout_2(name: &str) -> (Dwell, Vec<u8>) {
    let dwell = Dwell::new();
    let mut old = Vec::new();
    GzDecoder::new(LAYOUT_2)
        .read_to_end(&mut old)
        .expect("gzip");
    dwell.file(name, &old);
    (dwell, old)
}

fn kept(dwell: &Dwell) -> Vec<String> {
    let names = folder(dwell).into_iter().map(|(name, ..)| name);
    names
        .filter(|name| name.contains("before-update"))
        .collect()
}

#[test]
fn before_an_older_workspace_is_brought_up_to_date_a_backup_of_it_is_kept() {
    let (dwell, _) = of_layout_2("w.dwell");
    let events = dwell.rows(&["event", "list"]);
    assert!(!events.is_empty());
    let found = kept(&dwell);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("w.before-update-20"), "{found:?}");
    assert!(found[0].ends_with("-layout-2.dwell"), "{found:?}");
    // It holds what was there, in its layout.
    let copy = bytes(&dwell, &found[0]);
    assert_eq!(copy[60..64], 2_u32.to_be_bytes());
    let restored = dwell.run_on("again.dwell", &["restore", &found[0]], b"");
    assert_eq!(restored.status, 0, "{restored:?}");
    let listed = dwell.run_on("again.dwell", &["--without-backup", "event", "list"], b"");
    let again: Vec<Value> = listed
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(again == events);
    // Once: what is up to date is opened as it is, and nobody who said so gets one.
    dwell.check();
    assert_eq!(kept(&dwell), found);
}

/// Mounts a small disk in a namespace of its own and runs the program there; what it said, and what then
/// stands on the disk.
const SMALL_DISK: &str = "
set -e
mount -t tmpfs -o size=$1 tmpfs small
cp w.dwell small/
cd small
shift
set +e
\"$@\" >/dev/null 2>../said
echo $? >../status
cd ..
ls small >listed
cp small/w.dwell after.dwell
";

#[test]
fn without_room_for_the_backup_the_update_does_not_begin() {
    let (dwell, old) = of_layout_2("w.dwell");
    std::fs::create_dir(dwell.path("small")).expect("ours");
    let run = |size: u64, arguments: &[&str]| {
        let mounted = Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                SMALL_DISK,
                "sh",
            ])
            .arg(size.to_string())
            .arg(binary())
            .args(["--workspace", "w.dwell"])
            .args(arguments)
            .current_dir(dwell.path(""))
            .output();
        mounted.is_ok_and(|mounted| mounted.status.success())
    };
    let text = |name: &str| String::from_utf8(bytes(&dwell, name)).expect("UTF-8");
    let size = old.len() as u64 * 5 / 2;
    if !run(size, &["event", "list"]) {
        println!("skipped: this machine lets nothing be mounted");
        return;
    }
    let said = text("said");
    assert_eq!(text("status"), "1\n", "{said}");
    for words in [
        "older version of Dwell",
        "are needed",
        "are free",
        "nothing was changed",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // What a reader leaves may stand beside it, and no copy.
    let listed = text("listed");
    let is_copy = |name: &str| name.contains("before-update") || name.ends_with(".part");
    assert!(!listed.lines().any(is_copy), "{listed}");
    assert!(bytes(&dwell, "after.dwell") == old, "it was not touched");
    assert!(run(size * 2, &["event", "list"]));
    assert_eq!(text("status"), "0\n", "{}", text("said"));
    assert!(
        text("listed").contains("w.before-update-"),
        "{}",
        text("listed")
    );
    assert!(run(size, &["--without-backup", "event", "list"]));
    assert_eq!(text("status"), "0\n", "{}", text("said"));
    assert!(Path::new(&dwell.path("after.dwell")).exists());
}
