//! Several programs on one workspace: readers run beside a writer, a second writer waits and is told.

use std::io::Write;

use super::runner::Dwell;

const EVENT: &str =
    r#"{"event_id":"e1","name":"A","timestamp":"2026-03-10T10:00:00Z","device_id":"d"}"#;

#[test]
fn readers_run_beside_a_writer_and_a_second_writer_is_told_who_holds_the_file() {
    let dwell = Dwell::new();
    let file = dwell.file("a.jsonl", EVENT);
    dwell.import(&file);
    // An import whose input does not end holds the workspace.
    let mut first = dwell.start(&["import", "--json", "-"]);
    let mut stdin = first.stdin.take().expect("piped");
    stdin
        .write_all(b"{\"event_id\":\"e2\",\"name\":\"A\",")
        .expect("fed");
    // The first attempts may come before the other program holds the file.
    let told = (0..200)
        .map(|_| {
            let ran = dwell.run(&["import", "--json", "a.jsonl"]);
            let events = dwell.rows(&["event", "list"]);
            assert_eq!(events.len(), 1, "readers see what was done before");
            ran
        })
        .find(|ran| ran.status != 0)
        .expect("a second writer is refused");
    assert_eq!(told.status, 1);
    assert!(
        told.stderr.contains("is writing to w.dwell"),
        "{}",
        told.stderr
    );
    stdin
        .write_all(b"\"timestamp\":\"2026-03-10T10:01:00Z\",\"device_id\":\"d\"}\n")
        .expect("fed");
    drop(stdin);
    assert!(first.wait().expect("ends").success());
    assert_eq!(dwell.rows(&["event", "list"]).len(), 2);
    dwell.check();
}

#[test]
fn a_killed_import_leaves_what_was_there() {
    let dwell = Dwell::new();
    let file = dwell.file("a.jsonl", EVENT);
    dwell.import(&file);
    let mut killed = dwell.start(&["import", "-"]);
    let mut stdin = killed.stdin.take().expect("piped");
    // More than one batch, so that some of it is in the file's log when it dies.
    for i in 0..40_000 {
        let line = EVENT.replace("\"e1\"", &format!("\"k{i}\""));
        writeln!(stdin, "{line}").expect("fed");
    }
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    assert_eq!(dwell.rows(&["event", "list"]).len(), 1);
    assert_eq!(dwell.rows(&["imports", "list"]).len(), 1);
    dwell.check();
    assert_eq!(dwell.import(&file)["duplicates"], 1);
}
