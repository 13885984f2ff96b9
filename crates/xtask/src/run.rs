//! `cargo xtask run`: from a fresh machine to an open window; without a display, to a picture of
//! it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::headless::Headless;
use crate::machine::{Purpose, check_node, install_system_packages};
use crate::screen::{Pixels, save_picture};
use crate::steps::Steps;
use crate::tool::{line_of, show_and_run, signal, tool};
use crate::tree::Tree;

/// How long a window may take to paint itself: a cold start on a slow machine, and the making of
/// the demo.
const PAINT_DEADLINE: Duration = Duration::from_secs(120);

/// How long the picture must stand still before it is saved.
const STILL: Duration = Duration::from_secs(1);

/// How long between two looks at the display.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long the window may take to end when it is asked to.
const END_DEADLINE: Duration = Duration::from_secs(10);

/// How many lines of what the window said a failure repeats.
const LAST_WORDS: usize = 20;

/// What the window opens with.
pub(crate) enum Content<'a> {
    /// The demo in a workspace of its own, in the target folder, filled where it is not there yet.
    Demo,
    /// The workspace in this file.
    Workspace(&'a str),
}

/// Sets the machine up, builds and opens the window; returns when it is closed, or, without a
/// display, when its picture is saved.
pub(crate) fn run(content: Content) -> Outcome {
    let tree = Tree::find()?;
    let purpose = match has_display() {
        true => Purpose::Window,
        false => Purpose::WindowWithoutDisplay,
    };
    let mut steps = Steps::default();
    steps.add("packages of the system", || {
        install_system_packages(purpose)
    });
    steps.add("packages of the front end", || {
        check_node().and_then(|()| tree.install_npm_packages())
    });
    steps.add("front end", || tree.build_front_end());
    steps.add("window and command line", || tree.build_binaries());
    steps.add("open", || match purpose {
        Purpose::WindowWithoutDisplay => open_and_take_picture(&tree, &content),
        _ => show_and_run(&mut app_with(&tree, &content)),
    });
    steps.run()
}

fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// The window's program. It keeps the folder that the person stands in, so that FILE may be
/// relative to it.
fn app_with(tree: &Tree, content: &Content) -> Command {
    let mut app = tool(tree.app_binary());
    match content {
        Content::Demo => app
            .args(["--demo", "--workspace"])
            .arg(tree.target.join("demo.dwell")),
        Content::Workspace(file) => app.args(["--workspace", file]),
    };
    app
}

fn open_and_take_picture(tree: &Tree, content: &Content) -> Outcome {
    let picture = tree.target.join("dwell-window.png");
    println!("      no display here: the window opens on one of its own, for a picture");
    let display = Headless::start()?;
    let mut command = app_with(tree, content);
    display.lend_to(&mut command);
    let mut app = App::start(command, tree.target.join("dwell-window.log"))?;
    app.wait_until_painted(&display)?;
    save_picture(&display, &picture)?;
    app.end()?;
    println!("      picture of the window: {}", picture.display());
    Ok(())
}

/// A window that runs until it is ended; what it says goes into a file.
struct App {
    process_id: u32,
    log: PathBuf,
    exit: Receiver<std::io::Result<ExitStatus>>,
    is_running: bool,
}

impl App {
    fn start(mut command: Command, log: PathBuf) -> Outcome<Self> {
        let line = line_of(&command);
        let failed = |error| Failure::new(format!("Could not start `{line}`: {error}."));
        let output = File::create(&log).map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let started = command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let mut child = started.spawn().map_err(failed)?;
        let process_id = child.id();
        // Waiting on a thread of its own turns the exit into something to wait for with a limit.
        let (sender, exit) = channel();
        thread::spawn(move || sender.send(child.wait()));
        Ok(Self {
            process_id,
            log,
            exit,
            is_running: true,
        })
    }

    /// Looks until the window has painted and stands still. A window that never stands still is
    /// taken as it is at the deadline; one that paints nothing, or ends, is a failure.
    fn wait_until_painted(&mut self, display: &Headless) -> Outcome {
        let started = Instant::now();
        let mut since: Option<(Instant, Pixels)> = None;
        loop {
            if let Some(exit) = self.exit_within(LOOK_EVERY) {
                return Err(self.failure(&format!("The window ended by itself ({exit}).")));
            }
            let now = Pixels::of(display)?;
            since = match since {
                _ if !now.are_painted() => None,
                Some((moment, then)) if now.look_like(&then) => Some((moment, then)),
                _ => Some((Instant::now(), now)),
            };
            let is_late = started.elapsed() > PAINT_DEADLINE;
            match &since {
                Some((moment, _)) if is_late || moment.elapsed() >= STILL => return Ok(()),
                None if is_late => {
                    let seconds = PAINT_DEADLINE.as_secs();
                    let what = format!("The window painted nothing in {seconds} s.");
                    return Err(self.failure(&what));
                }
                _ => {}
            }
        }
    }

    /// Asks the window to end and waits for it; one that does not listen is killed.
    fn end(&mut self) -> Outcome {
        signal("TERM", self.process_id)?;
        if self.exit_within(END_DEADLINE).is_some() {
            return Ok(());
        }
        signal("KILL", self.process_id)?;
        let what = format!(
            "The window did not end within {} s.",
            END_DEADLINE.as_secs()
        );
        Err(self.failure(&what))
    }

    /// How the window ended, if it does within `limit`.
    fn exit_within(&mut self, limit: Duration) -> Option<String> {
        let exit = match self.exit.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => return None,
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(RecvTimeoutError::Disconnected) => "unknown exit".to_owned(),
        };
        self.is_running = false;
        Some(exit)
    }

    /// What happened, with the window's last words.
    fn failure(&self, what: &str) -> Failure {
        let words = fs::read(&self.log).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let last: Vec<&str> = words.lines().rev().take(LAST_WORDS).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Failure::new(match last.is_empty() {
            true => format!("{what} It said nothing."),
            false => format!(
                "{what} Its last words, from {:?}:\n{}",
                self.log,
                last.join("\n")
            ),
        })
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if self.is_running {
            // Nothing is left to tell it to where even this fails.
            let _ = signal("KILL", self.process_id);
        }
    }
}
