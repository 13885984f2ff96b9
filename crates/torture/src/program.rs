//! `dwell` as a script starts it, with an end to every wait.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fault::{Fault, Trial, hold};

/// A command that takes longer hangs: what is asked here is small.
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// The program.
#[derive(Clone, Debug)]
pub struct Program {
    binary: PathBuf,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status; none where a signal ended it.
    pub status: Option<i32>,
    /// Its rows.
    pub stdout: String,
    /// Its sentences.
    pub stderr: String,
    /// From the start to the end.
    pub took: Duration,
}

/// A program that runs.
pub(crate) struct Running {
    child: Child,
    began: Instant,
    /// Closed when the program has closed its output, which it does by ending.
    ended: Receiver<()>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    words: String,
}

impl Program {
    /// The program in this file.
    ///
    /// # Errors
    /// Where there is none.
    pub fn new(binary: &Path) -> Trial<Self> {
        hold(binary.is_file(), || {
            format!("There is no program {}.", binary.display())
        })?;
        Ok(Self {
            binary: binary.to_owned(),
        })
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// The command with these arguments, for `w.dwell` in the folder.
    pub(crate) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["--workspace", "w.dwell"]).args(arguments);
        in_folder(&mut command, folder);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// Where it panics, is ended by a signal or hangs.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Trial<Ran> {
        run(self.command(folder, arguments))
    }

    /// Runs what must succeed; what it printed.
    pub(crate) fn print(&self, folder: &Path, arguments: &[&str]) -> Trial<String> {
        let ran = self.run(folder, arguments)?;
        hold(ran.status == Some(0), || {
            format!("{arguments:?} failed: {}", ran.stderr.trim())
        })?;
        Ok(ran.stdout)
    }

    /// Runs what must succeed; the JSON Lines that it printed.
    pub(crate) fn rows(&self, folder: &Path, arguments: &[&str]) -> Trial<Vec<Value>> {
        self.print(folder, arguments)?.lines().map(parse).collect()
    }

    /// Runs what must succeed; the object that it printed.
    pub(crate) fn object(&self, folder: &Path, arguments: &[&str]) -> Trial<Value> {
        parse(&self.print(folder, arguments)?)
    }
}

/// Nothing of this machine but the folder.
pub(crate) fn in_folder(command: &mut Command, folder: &Path) {
    command.current_dir(folder).env_clear().env("HOME", folder);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
}

/// Runs any command to its end, which is no panic, no signal and no hanging.
pub(crate) fn run(command: Command) -> Trial<Ran> {
    let running = Running::start(command)?;
    match running.has_ended_after(HANGS_AFTER) {
        true => running.finish()?.whole(),
        false => {
            let words = running.words.clone();
            running.kill()?;
            Err(Fault::new(format!("{words} hangs.")))
        }
    }
}

impl Ran {
    /// The same where it ended by itself and without a panic.
    pub(crate) fn whole(self) -> Trial<Self> {
        let is_whole = self.status.is_some_and(|status| status <= 2);
        hold(is_whole && !self.stderr.contains("panicked"), || {
            format!("It died: {self:?}.")
        })?;
        Ok(self)
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Trial<Self> {
        let words = format!("{command:?}");
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| Fault::new(format!("{words} does not start: {error}.")))?;
        let (tell, ended) = channel::<()>();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        Ok(Self {
            stdout: std::thread::spawn(move || {
                let read = all_of(stdout);
                drop(tell);
                read
            }),
            stderr: std::thread::spawn(move || all_of(stderr)),
            child,
            began,
            ended,
            words,
        })
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input, once; who does not take it closes it.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits so long at most; whether it has ended by then.
    pub(crate) fn has_ended_after(&self, wait: Duration) -> bool {
        self.ended.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected)
    }

    /// Ends it at once, and looks whether it was done before.
    pub(crate) fn kill(mut self) -> Trial<Ran> {
        self.child.kill()?;
        self.finish()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Trial<Ran> {
        drop(self.child.stdin.take());
        let status: ExitStatus = self.child.wait()?;
        let took = self.began.elapsed();
        let text = |read: JoinHandle<Vec<u8>>| {
            let bytes = read.join().unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Ran {
            status: status.code(),
            stdout: text(self.stdout),
            stderr: text(self.stderr),
            took,
        })
    }
}

/// Feeds a program, which may die meanwhile.
pub(crate) fn feed(input: &mut ChildStdin, bytes: &[u8]) {
    let _ = input.write_all(bytes).and_then(|()| input.flush());
}

fn all_of(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // A program that dies closes its pipe in the midst, which is no fault here.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

fn parse(text: &str) -> Trial<Value> {
    serde_json::from_str(text).map_err(|error| Fault::new(format!("It printed no JSON: {error}.")))
}
