//! Files that are not what they should be: cut off, of others, empty, or with a log that somebody
//! left beside them. Each is refused and stays as it is, or is what it was.

use std::io::Read;

use serde_json::json;

use super::runner::{Dwell, Ran, below, event, refused};

const SEED: u64 = 11;

/// A workspace with so many events.
fn filled(event_count: i64) -> Dwell {
    let dwell = Dwell::new();
    let events: Vec<_> = (0..event_count)
        .map(|index| {
            let more = json!({"device_id": format!("d{}", index % 7)});
            event(&format!("e{index}"), "A", index, &more)
        })
        .collect();
    dwell.take(&events);
    dwell
}

fn bytes(dwell: &Dwell, name: &str) -> Vec<u8> {
    std::fs::read(dwell.path(name)).expect("nobody has it open")
}

/// It ended by itself, with rows or with words.
fn is_an_answer(ran: &Ran) -> bool {
    let has_words = ran.status == 0 || !ran.stderr.trim().is_empty();
    ran.status <= 1 && has_words && !ran.stderr.contains("panicked")
}

/// A workspace with 1,000 events whose newest import, the half of them, stands in the log alone: it
/// was killed with a reader beside it.
fn with_a_log() -> Dwell {
    let dwell = filled(500);
    // It has more to tell than a pipe holds, so it goes on reading until somebody listens.
    let mut reader = dwell.start(&["event", "list"]);
    let mut first = [0; 1];
    let pipe = reader.stdout.as_mut().expect("piped");
    pipe.read_exact(&mut first).expect("a row");
    let more: Vec<_> = (500..1_000)
        .map(|index| event(&format!("e{index}"), "A", index, &json!({"device_id": "x"})))
        .collect();
    dwell.take(&more);
    reader.kill().expect("killed");
    reader.wait().expect("gone");
    assert!(!bytes(&dwell, "w.dwell-wal").is_empty(), "it left its log");
    dwell
}

#[test]
fn a_log_that_a_killed_program_left_belongs_to_the_workspace() {
    let dwell = with_a_log();
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1_000);
    dwell.check();
    assert_eq!(dwell.rows(&["imports", "list"]).len(), 2);
}

#[test]
fn an_index_of_a_log_that_is_nonsense_is_made_anew() {
    let dwell = with_a_log();
    dwell.file("w.dwell-shm", [0xA5; 32_768]);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1_000);
    dwell.check();
}

#[test]
fn of_a_log_that_is_cut_off_every_whole_import_counts_and_no_other() {
    println!("seed {SEED}");
    let dwell = with_a_log();
    let (file, log) = (bytes(&dwell, "w.dwell"), bytes(&dwell, "w.dwell-wal"));
    let mut state = SEED;
    for _ in 0..12 {
        let length = below(&mut state, log.len());
        let dwell = Dwell::new();
        dwell.file("w.dwell", &file);
        dwell.file("w.dwell-wal", &log[..length]);
        dwell.check();
        let imports = dwell.rows(&["imports", "list"]).len();
        let events = dwell.rows(&["event", "list"]).len();
        assert_eq!((imports, events), (1, 500), "{length} bytes");
    }
}

#[test]
fn a_log_that_is_nonsense_is_left_out() {
    let dwell = filled(500);
    for nonsense in [&[0xA5; 40_000][..], &[0; 40_000], b"hello"] {
        dwell.file("w.dwell-wal", nonsense);
        assert_eq!(dwell.rows(&["event", "list"]).len(), 500);
        dwell.check();
    }
}

#[test]
fn a_workspace_that_is_cut_off_is_told_as_damaged_and_nothing_panics() {
    println!("seed {SEED}");
    let whole = bytes(&filled(500), "w.dwell");
    let mut state = SEED;
    for _ in 0..16 {
        let length = 1 + below(&mut state, whole.len() - 1);
        let dwell = Dwell::new();
        dwell.file("w.dwell", &whole[..length]);
        let check = dwell.run(&["check"]);
        assert!(is_an_answer(&check), "{length}: {check:?}");
        assert_eq!(check.status, 1, "{length} of {} bytes", whole.len());
        for list in ["event", "session", "user", "device"] {
            let ran = dwell.run(&[list, "list"]);
            assert!(is_an_answer(&ran), "{length}: {ran:?}");
        }
    }
}

#[test]
fn an_empty_file_is_no_workspace_until_something_is_written() {
    let dwell = Dwell::new();
    dwell.file("w.dwell", "");
    refused(&dwell.run(&["event", "list"]), 1, &["w.dwell", "empty"]);
    assert!(bytes(&dwell, "w.dwell").is_empty());
    dwell.take(&[event("e1", "A", 0, &json!({"device_id": "d"}))]);
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1);
    dwell.check();
}

#[test]
fn a_sqlite_file_of_another_program_is_refused_and_not_touched() {
    let dwell = filled(10);
    let mut other = bytes(&dwell, "w.dwell");
    // Where SQLite keeps whose file it is.
    other[68..72].copy_from_slice(b"Xyz1");
    let path = dwell.file("w.dwell", &other);
    for arguments in [
        &["import", "events.jsonl"][..],
        &["event", "list"],
        &["check"],
    ] {
        refused(&dwell.run(arguments), 1, &["w.dwell", "another program"]);
    }
    assert_eq!(std::fs::read(path).expect("still there"), other);
}

#[test]
fn a_layout_number_that_is_not_true_is_refused_and_not_touched() {
    for layout in [0_u32, 1] {
        let dwell = filled(10);
        let mut other = bytes(&dwell, "w.dwell");
        other[60..64].copy_from_slice(&layout.to_be_bytes());
        dwell.file("w.dwell", &other);
        for arguments in [
            &["import", "events.jsonl"][..],
            &["event", "list"],
            &["check"],
        ] {
            let ran = dwell.run(arguments);
            refused(&ran, 1, &["w.dwell"]);
        }
        assert_eq!(bytes(&dwell, "w.dwell"), other, "layout {layout}");
    }
}

/// Bytes that only a person reads: nothing follows from them, and no index holds them.
#[test]
fn a_letter_that_is_another_one_in_a_text_that_nothing_follows_from_is_found() {
    let dwell = Dwell::new();
    let [first, second] = [1, 2].map(|amount| {
        let properties = json!({"device_id": "d", "properties": {"n": amount}});
        event("e1", "A", 0, &properties).to_string()
    });
    let other = json!({"device_id": "d", "properties": {"of_the_property": 1}});
    let other = event("e2", "A", 1, &other);
    let lines = format!("{first}\n{other}\nof the rejection\n");
    dwell.import(&dwell.file("of_the_file.jsonl", lines));
    dwell.import(&dwell.file("b.jsonl", second));
    dwell.check();
    let whole = bytes(&dwell, "w.dwell");
    for text in [
        "of_the_property",
        "of the rejection",
        "of_the_file",
        "this copy has ",
    ] {
        let places: Vec<usize> = (0..whole.len() - text.len())
            .filter(|at| whole[*at..].starts_with(text.as_bytes()))
            .collect();
        assert!(!places.is_empty(), "{text}");
        for at in places {
            let mut damaged = whole.clone();
            damaged[at + 1] ^= 1;
            let dwell = Dwell::new();
            dwell.file("w.dwell", &damaged);
            let ran = dwell.run(&["check"]);
            assert!(is_an_answer(&ran), "{text}: {ran:?}");
            assert_eq!(ran.status, 1, "{text} at {at}: {ran:?}");
        }
    }
}
