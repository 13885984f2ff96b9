//! Runs `dwell` in a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
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
        self.command("w.dwell", arguments).spawn().expect(MISSING)
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

    /// Nothing derived may differ from what the events say.
    pub(super) fn check(&self) {
        let report = self.object(&["check"]);
        assert_eq!(report["ok"], true, "{report}");
    }
}

/// read = stored + duplicates + quarantined.
pub(super) fn check_sum(figures: &Value) {
    let figure = |name: &str| figures[name].as_u64().expect("a count");
    let sum = figure("stored") + figure("duplicates") + figure("quarantined");
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
fn binary() -> PathBuf {
    let mut path = std::env::current_exe().expect("a test has a path");
    path.pop();
    path.pop();
    path.join(format!("dwell{}", std::env::consts::EXE_SUFFIX))
}
