//! How many sessions there were if a pause of each length alone parted them.
//!
//! A session begins at the first event of a run of pauses below the timeout that can start one. So
//! two neighbouring events that can start sessions are in different ones exactly where the longest
//! pause between neighbouring extending events from the one to the other parts: one list of these
//! pauses, sorted, answers every timeout. It is kept cut at the points of the curve, a count for
//! each stretch.

use dwell_model::definition::INACTIVITY_SECONDS;
use dwell_model::{Definition, definition::GapAtTimeout};
use dwell_sessionizer::Input;

use super::CurvePoint;

/// On so many steps of equal ratio the points lie; the lowest ones fall together on whole minutes,
/// so that about 120 stay.
const STEPS: u32 = 172;

/// The timeouts that the curve shows, ascending.
#[derive(Clone)]
pub(super) struct Points {
    timeouts_seconds: Vec<i64>,
    /// The shortest pause that parts, for each.
    parting_ms: Vec<i64>,
}

impl Points {
    /// Every step on whole minutes, and exactly the timeouts of both definitions; a pause of
    /// exactly the timeout is taken as the definition that is tried says.
    pub(super) fn new(now: &Definition, tried: &Definition) -> Self {
        let (low, high) = (*INACTIVITY_SECONDS.start(), *INACTIVITY_SECONDS.end());
        let step = |step: u32| {
            let ratio = (high as f64 / low as f64).powf(f64::from(step) / f64::from(STEPS));
            (low as f64 * ratio / 60.0).round() as i64 * 60
        };
        let own = [now, tried].map(|definition| definition.limits.inactivity_seconds);
        let mut timeouts_seconds: Vec<i64> = (0..=STEPS)
            .map(step)
            .chain(own.into_iter().flatten())
            .collect();
        timeouts_seconds.sort_unstable();
        timeouts_seconds.dedup();
        let more_ms = match tried.gap_at_timeout {
            GapAtTimeout::New => 0,
            GapAtTimeout::Same => 1,
        };
        Self {
            parting_ms: timeouts_seconds
                .iter()
                .map(|seconds| seconds * 1_000 + more_ms)
                .collect(),
            timeouts_seconds,
        }
    }
}

/// The pauses of any number of owners.
pub(super) struct Pauses {
    points: Points,
    /// Owners with any event that can start a session.
    owner_count: u64,
    /// The pauses that part at the first so many points and at no further one.
    counts: Vec<u64>,
}

impl Pauses {
    pub(super) fn new(points: Points) -> Self {
        Self {
            counts: vec![0; points.parting_ms.len() + 1],
            owner_count: 0,
            points,
        }
    }

    /// Notes one owner's pauses; its events stand by time.
    pub(super) fn note(&mut self, events: &[Input]) {
        let shortest_ms = self.points.parting_ms.first().copied().unwrap_or(i64::MAX);
        let mut last_ms = None;
        let mut longest_ms = 0;
        let mut has_started = false;
        for event in events.iter().filter(|event| event.role.extends()) {
            longest_ms = longest_ms.max(event.time_ms - last_ms.unwrap_or(event.time_ms));
            last_ms = Some(event.time_ms);
            if !event.role.starts() {
                continue;
            }
            if has_started && longest_ms >= shortest_ms {
                let parts = |parting_ms: &i64| *parting_ms <= longest_ms;
                self.counts[self.points.parting_ms.partition_point(parts)] += 1;
            }
            has_started = true;
            longest_ms = 0;
        }
        self.owner_count += u64::from(has_started);
    }

    /// Adds those of other owners, noted at the same points.
    pub(super) fn add(&mut self, other: &Self) {
        self.owner_count += other.owner_count;
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    pub(super) fn curve(&self) -> Vec<CurvePoint> {
        let mut session_count = self.owner_count;
        let mut curve: Vec<CurvePoint> = (self.points.timeouts_seconds.iter().enumerate().rev())
            .map(|(point, seconds)| {
                session_count += self.counts[point + 1];
                CurvePoint {
                    timeout_seconds: *seconds,
                    session_count,
                }
            })
            .collect();
        curve.reverse();
        curve
    }
}
