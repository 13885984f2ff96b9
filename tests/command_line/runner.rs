//! Runs `dwell` in a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const MISSING: &str = "dwell starts; build it with cargo build -p dwell-cli";

/// A folder with a workspace, and the program to use it.
pub(super) struct Dwell {
    folder: TempDir,
}

/// What a run left behind.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Dwell {
    pub(super) fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// A path in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(super) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Runs with `--workspace w.dwell` before the arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// The same with something on standard input.
    pub(super) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        self.run_on("w.dwell", arguments, input)
    }

    /// The same with another workspace.
    pub(super) fn run_on(&self, workspace: &str, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(workspace, arguments).spawn().expect(MISSING);
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_vec();
        // A program that does not read its input closes it, which is no fault here.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("dwell ends");
        feeder.join().expect("fed");
        Ran {
            status: output.status.code().expect("not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts what the test goes on with.
    pub(super) fn start(&self, arguments: &[&str]) -> Child {
        self.start_on("w.dwell", arguments)
    }

    /// The same with another workspace.
    pub(super) fn start_on(&self, workspace: &str, arguments: &[&str]) -> Child {
        self.command(workspace, arguments).spawn().expect(MISSING)
    }

    /// The same by another program, which starts `dwell` in its own way.
    pub(super) fn run_by(&self, starter: &[&str], arguments: &[&str]) -> Ran {
        let (starter, its_arguments) = starter.split_first().expect("a program");
        let output = Command::new(starter)
            .args(its_arguments)
            .arg(binary())
            .current_dir(self.folder.path())
            .args(["--workspace", "w.dwell"])
            .args(arguments)
            .output()
            .expect(MISSING);
        Ran {
            status: output.status.code().expect("not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn command(&self, workspace: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .args(["--workspace", workspace])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs what must succeed, and reads its JSON Lines.
    pub(super) fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.stderr);
        ran.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// Runs what must succeed, and reads the one object that it prints.
    pub(super) fn object(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.stderr);
        serde_json::from_str(&ran.stdout).expect("JSON")
    }

    /// Imports a file that must be taken; every import keeps the sum of section 1.
    pub(super) fn import(&self, file: &Path) -> Value {
        let figures = self.object(&["import", "--json", file.to_str().expect("UTF-8")]);
        check_sum(&figures);
        figures
    }

    /// Imports events as one file, in their order.
    pub(super) fn take(&self, events: &[Value]) -> Value {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        self.import(&self.file("events.jsonl", lines.join("\n")))
    }

    /// Sets a definition, which must be a right one.
    pub(super) fn define(&self, definition: &Value) -> Value {
        self.file("definition.json", definition.to_string());
        self.object(&["definition", "set", "definition.json"])
    }

    /// The sessions of a definition with their events.
    pub(super) fn sessions(&self, definition: &str) -> Vec<Value> {
        self.rows(&["session", "list", "--definition", definition, "--events"])
    }

    /// Nothing derived may differ from what the events say.
    pub(super) fn check(&self) {
        let report = self.object(&["check"]);
        assert_eq!(report["ok"], true, "{report}");
    }
}

/// 2026-03-10T10:00:00Z, where the events of most tests begin.
pub(super) const TEN: i64 = 1_773_136_800_000;

/// So many minutes after ten o'clock, UTC ms.
pub(super) fn minute(minute: i64) -> i64 {
    TEN + minute * 60_000
}

/// An event so many minutes after ten o'clock, with more fields.
pub(super) fn event(id: &str, name: &str, at_minute: i64, more: &Value) -> Value {
    let mut event = json!({ "event_id": id, "name": name, "timestamp": minute(at_minute) });
    for (key, value) in more.as_object().expect("a map") {
        event[key] = value.clone();
    }
    event
}

/// A fixed shuffle: the same for the same seed on every machine.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut state, last + 1));
    }
}

/// The next number below `end` of a fixed row of numbers (splitmix64).
pub(super) fn below(state: &mut u64, end: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) % end as u64) as usize
}

/// One sentence with the place, the right status, and not a row of output.
pub(super) fn refused(ran: &Ran, status: i32, words: &[&str]) {
    assert_eq!(ran.status, status, "{ran:?}");
    assert_eq!(ran.stdout, "", "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{ran:?}");
    for word in words {
        assert!(
            ran.stderr.contains(word),
            "{word:?} is not in {:?}",
            ran.stderr
        );
    }
}

/// read = stored + duplicates + quarantined + forgotten; the last is told where it is not 0.
pub(super) fn check_sum(figures: &Value) {
    let figure = |name: &str| figures[name].as_u64().expect("a count");
    let forgotten = figures["forgotten"].as_u64().unwrap_or(0);
    let sum = figure("stored") + figure("duplicates") + figure("quarantined") + forgotten;
    assert_eq!(figure("read"), sum, "{figures}");
}

/// The data folder, where the machine has one; says that it skips where not.
pub(super) fn test_data(what: &str) -> Option<PathBuf> {
    match std::env::var_os("DWELL_TEST_DATA") {
        Some(folder) => Some(PathBuf::from(folder).join("data")),
        None => {
            println!("skipped, {what}: DWELL_TEST_DATA is not set");
            None
        }
    }
}

/// `dwell` beside the folder of this test's own binary.
pub(super) fn binary() -> PathBuf {
    let mut path = std::env::current_exe().expect("a test has a path");
    path.pop();
    path.pop();
    path.join(format!("dwell{}", std::env::consts::EXE_SUFFIX))
}
