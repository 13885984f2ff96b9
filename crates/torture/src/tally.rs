//! What the trials of one kind came to.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::moment::End;
use crate::place::Place;
use crate::random::Random;

/// How far trials of one kind go.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// So many kills, or flips, or sizes.
    pub trials: u64,
    /// No new trial is begun after this.
    pub until: Option<Instant>,
    /// Events in a file.
    pub event_count: u64,
    /// Where its random choices begin.
    pub seed: u64,
    /// Whether a workspace in which something was found stays, to be looked at.
    pub keeps: bool,
}

/// The figures of one kind of trial.
#[derive(Debug, Default)]
pub struct Tally {
    /// What was done: “import”, “rebuild”.
    pub name: &'static str,
    /// Trials.
    pub trials: u64,
    /// Of them killed before the log held anything.
    pub killed_before_writing: u64,
    /// Killed while the log held something.
    pub killed_while_writing: u64,
    /// Done, or refused, before the kill came.
    pub ended_before: u64,
    /// Openings after a fault that went well.
    pub openings: u64,
    /// The longest of them.
    pub longest_opening: Duration,
    /// Events that were gone.
    pub lost: u64,
    /// Events that were there twice.
    pub doubled: u64,
    /// What was found wrong, a sentence each.
    pub faults: Vec<String>,
    /// What else there is to tell.
    pub notes: Vec<String>,
}

impl Tally {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// Whether there is to be one more trial.
    pub(crate) fn goes_on(&self, plan: &Plan) -> bool {
        let is_late = plan.until.is_some_and(|until| Instant::now() >= until);
        self.trials < plan.trials && !is_late
    }

    pub(crate) fn killed(&mut self, end: &End) {
        self.trials += 1;
        match (&end.ended, end.log_bytes) {
            (Some(_), _) => self.ended_before += 1,
            (None, 0) => self.killed_before_writing += 1,
            (None, _) => self.killed_while_writing += 1,
        }
    }

    pub(crate) fn opened(&mut self, took: Duration) {
        self.openings += 1;
        self.longest_opening = self.longest_opening.max(took);
    }

    /// Counts what is missing and what is too much.
    pub(crate) fn compare(&mut self, wanted: u64, found: u64) -> Result<(), Fault> {
        self.lost += wanted.saturating_sub(found);
        self.doubled += found.saturating_sub(wanted);
        crate::fault::hold(wanted == found, || {
            format!("There are {found} events and should be {wanted}.")
        })
    }

    /// Runs a row of trials at one place. A fault ends the row; its folder stays, to be looked at.
    pub(crate) fn row(
        &mut self,
        plan: &Plan,
        seed: u64,
        place: Place,
        trials: impl FnOnce(&mut Self, &mut Random, &Place) -> Result<(), Fault>,
    ) {
        if let Err(fault) = trials(self, &mut Random::new(seed), &place) {
            let kept = match plan.keeps {
                true => format!(" It is kept in {}.", place.keep().display()),
                false => String::new(),
            };
            self.faults.push(format!(
                "{}, trial {}, seed of its row {seed}: {fault}{kept}",
                self.name, self.trials
            ));
        }
    }

    /// A fault outside of all rows.
    pub(crate) fn fail(&mut self, fault: &Fault) {
        self.faults.push(format!("{}: {fault}", self.name));
    }
}

/// All figures, a line each, and the faults below.
pub fn table(tallies: &[Tally]) -> String {
    let mut text = format!(
        "{:<12} {:>7} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6} {:>8} {:>7}\n",
        "what",
        "trials",
        "early",
        "writing",
        "done",
        "openings",
        "longest",
        "lost",
        "doubled",
        "faults"
    );
    for tally in tallies {
        let _ = writeln!(
            text,
            "{:<12} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7.0}ms {:>6} {:>8} {:>7}",
            tally.name,
            tally.trials,
            tally.killed_before_writing,
            tally.killed_while_writing,
            tally.ended_before,
            tally.openings,
            tally.longest_opening.as_secs_f64() * 1e3,
            tally.lost,
            tally.doubled,
            tally.faults.len()
        );
    }
    for tally in tallies {
        for note in &tally.notes {
            let _ = writeln!(text, "{}: {note}", tally.name);
        }
    }
    for fault in tallies.iter().flat_map(|tally| &tally.faults) {
        let _ = writeln!(text, "FAULT {fault}");
    }
    text
}
