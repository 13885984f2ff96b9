//! A progress bar on standard error, where that is a terminal.

use std::io::IsTerminal;

use dwell_api::backup::{BackupPhase, BackupProgress};
use dwell_api::forget::{ForgetPhase, ForgetProgress};
use dwell_api::import::{ImportPhase, ImportProgress, ImportRemovalPhase, ImportRemovalProgress};
use dwell_api::quarantine::{RetryPhase, RetryProgress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::harmless;

/// Shows how far a command has come.
pub(crate) struct Progress {
    bar: ProgressBar,
}

const STEPS: u64 = 1_000;

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new(STEPS),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    pub(crate) fn import(&self, progress: &ImportProgress) {
        if let Some(done) = progress.done {
            self.bar.set_position((done * STEPS as f64) as u64);
        }
        let message = match progress.phase {
            ImportPhase::Reading => format!(
                "{}: {} rows, {} a second{}",
                progress.file_name,
                progress.read,
                progress.rows_per_second,
                match progress.seconds_left {
                    Some(seconds) => format!(", {seconds} s left"),
                    None => String::new(),
                }
            ),
            ImportPhase::Storing => format!("{}: storing events", progress.file_name),
            ImportPhase::Sessions => format!("{}: building sessions", progress.file_name),
            ImportPhase::Saving => format!("{}: saving", progress.file_name),
        };
        self.bar.set_message(harmless(&message));
    }

    pub(crate) fn removal(&self, progress: &ImportRemovalProgress) {
        self.bar.set_position((progress.done * STEPS as f64) as u64);
        self.bar.set_message(match progress.phase {
            ImportRemovalPhase::Events => "taking events out",
            ImportRemovalPhase::Sessions => "building sessions",
            ImportRemovalPhase::Saving => "saving",
        });
    }

    pub(crate) fn forgetting(&self, progress: &ForgetProgress) {
        self.bar.set_position((progress.done * STEPS as f64) as u64);
        self.bar.set_message(match progress.phase {
            ForgetPhase::Events => "taking events out",
            ForgetPhase::Sessions => "building sessions",
            ForgetPhase::Saving => "saving",
        });
    }

    pub(crate) fn retry(&self, progress: &RetryProgress) {
        self.bar.set_position((progress.done * STEPS as f64) as u64);
        self.bar.set_message(match progress.phase {
            RetryPhase::Reading => "reading rejected rows",
            RetryPhase::Storing => "storing events",
            RetryPhase::Sessions => "building sessions",
            RetryPhase::Saving => "saving",
        });
    }

    pub(crate) fn backup(&self, progress: &BackupProgress) {
        self.bar
            .set_position((progress.done.unwrap_or(1.0) * STEPS as f64) as u64);
        self.bar.set_message(match progress.phase {
            BackupPhase::Copying => "copying",
            BackupPhase::Checking => "checking the copy",
            BackupPhase::Replacing => "putting it in its place",
        });
    }

    pub(crate) fn streams(&self, done: usize, all: usize) {
        self.bar
            .set_position((done * STEPS as usize / all.max(1)) as u64);
        self.bar.set_message("building sessions");
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
