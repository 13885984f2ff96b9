//! How far a job of several phases has come, told at most so often. It must not know any of them.

use std::time::Instant;

use crate::import::{TELL_EVERY, seconds_left};

/// A phase of a job.
pub(crate) trait Phase: Copy {
    /// How much of the whole is done when it begins, and the part that it takes, about. Only the pace of
    /// the bar and the time left depend on them.
    fn part(self) -> (f64, f64);
}

/// Tells the phase, how much of the whole is done (0 to 1), and the seconds left where they are known.
pub(crate) struct Meter<'a, P> {
    tell: &'a mut dyn FnMut(P, f64, Option<u64>),
    pub(crate) began: Instant,
    told: Option<Instant>,
    phase: P,
}

impl<'a, P: Phase> Meter<'a, P> {
    pub(crate) fn new(first: P, tell: &'a mut dyn FnMut(P, f64, Option<u64>)) -> Self {
        Self {
            tell,
            began: Instant::now(),
            told: None,
            phase: first,
        }
    }

    /// Another phase begins, which is told at once.
    pub(crate) fn enter(&mut self, phase: P) {
        self.phase = phase;
        self.told = None;
        self.say(0, 1);
    }

    /// So much of the phase is done.
    pub(crate) fn say(&mut self, done: usize, all: usize) {
        if self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        let (before, part) = self.phase.part();
        let done = before + part * done as f64 / all.max(1) as f64;
        (self.tell)(self.phase, done, seconds_left(self.began, Some(done)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Half {
        First,
        Second,
    }

    impl Phase for Half {
        fn part(self) -> (f64, f64) {
            match self {
                Half::First => (0.0, 0.5),
                Half::Second => (0.5, 0.5),
            }
        }
    }

    #[test]
    fn a_phase_is_told_when_it_begins_and_then_not_too_often() {
        let mut told = Vec::new();
        let mut tell = |phase, done, _: Option<u64>| told.push((phase, done));
        let mut meter = Meter::new(Half::First, &mut tell);
        meter.say(1, 2);
        meter.say(2, 2);
        meter.enter(Half::Second);
        meter.say(1, 2);
        assert_eq!(told, [(Half::First, 0.25), (Half::Second, 0.5)]);
    }
}
