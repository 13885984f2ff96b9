//! The time of day: the machine's, or one that a test turns. A clock can jump either way (a person
//! sets it, a machine wakes up), so whoever waits for a moment looks again now and then.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest that anybody waits by the machine's clock without looking at it again.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A clock.
pub trait Clock: Send + Sync {
    /// The moment that it shows, UTC ms.
    fn now_ms(&self) -> i64;

    /// How long to wait for a moment (UTC ms; `None` where there is none to wait for) before the
    /// clock is looked at again; `None` until a bell rings.
    fn wait_for(&self, moment_ms: Option<i64>) -> Option<Duration>;

    /// Has a bell rung whenever somebody turns the clock, if anybody can.
    fn ring_when_turned(&self, bell: &Arc<Bell>);
}

/// The machine's clock, UTC ms.
pub fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        now_ms()
    }

    fn wait_for(&self, moment_ms: Option<i64>) -> Option<Duration> {
        let left = moment_ms.map(|moment_ms| moment_ms.saturating_sub(now_ms()).max(0));
        let left = left.map(|left_ms| Duration::from_millis(left_ms.unsigned_abs()));
        Some(left.map_or(LONGEST_WAIT, |left| left.min(LONGEST_WAIT)))
    }

    fn ring_when_turned(&self, _: &Arc<Bell>) {}
}

/// A clock that stands still until it is turned.
#[derive(Debug, Default)]
pub struct TurnedClock {
    now_ms: AtomicI64,
    bells: Mutex<Vec<Arc<Bell>>>,
}

impl TurnedClock {
    /// A clock that shows a moment, UTC ms.
    pub fn new(now_ms: i64) -> Self {
        Self {
            now_ms: AtomicI64::new(now_ms),
            bells: Mutex::default(),
        }
    }

    /// Turns it, forward or back, and wakes who waits.
    pub fn turn_to(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
        for bell in lock(&self.bells).iter() {
            bell.ring();
        }
    }
}

impl Clock for TurnedClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn wait_for(&self, moment_ms: Option<i64>) -> Option<Duration> {
        let is_there = moment_ms.is_some_and(|moment_ms| moment_ms <= self.now_ms());
        is_there.then_some(Duration::ZERO)
    }

    fn ring_when_turned(&self, bell: &Arc<Bell>) {
        lock(&self.bells).push(Arc::clone(bell));
    }
}

/// Wakes one thread that waits. Rung while nobody waits, it ends the next wait at once.
#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    is_rung: bool,
    is_over: bool,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The bell rang, or the time is over: look again.
    Look,
    /// Nothing is to be waited for any more.
    Stop,
}

impl Bell {
    /// Ends the wait, or the next one.
    pub fn ring(&self) {
        lock(&self.state).is_rung = true;
        self.changed.notify_all();
    }

    /// Ends this wait and all others.
    pub fn stop(&self) {
        lock(&self.state).is_over = true;
        self.changed.notify_all();
    }

    /// Waits until it rings, at most so long.
    pub fn wait(&self, limit: Option<Duration>) -> Woken {
        let is_quiet = |rung: &mut Rung| !rung.is_rung && !rung.is_over;
        let state = lock(&self.state);
        let mut state = match limit {
            None => self
                .changed
                .wait_while(state, is_quiet)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.changed.wait_timeout_while(state, limit, is_quiet);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.is_rung = false;
        match state.is_over {
            true => Woken::Stop,
            false => Woken::Look,
        }
    }
}

/// Every value is whole at any moment, so a panic of another thread leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_clock_is_looked_at_again_after_half_a_minute() {
        let wait = |moment_ms| SystemClock.wait_for(moment_ms);
        assert_eq!(wait(None), Some(LONGEST_WAIT));
        assert_eq!(wait(Some(i64::MAX)), Some(LONGEST_WAIT));
        assert_eq!(wait(Some(i64::MIN)), Some(Duration::ZERO));
        assert_eq!(wait(Some(0)), Some(Duration::ZERO));
    }

    #[test]
    fn a_bell_that_rang_before_the_wait_ends_it() {
        let bell = Bell::default();
        bell.ring();
        assert_eq!(bell.wait(None), Woken::Look);
        assert_eq!(bell.wait(Some(Duration::ZERO)), Woken::Look);
        bell.stop();
        assert_eq!(bell.wait(None), Woken::Stop);
        assert_eq!(bell.wait(None), Woken::Stop);
    }

    #[test]
    fn turning_a_clock_rings() {
        let (clock, bell) = (TurnedClock::new(7), Arc::new(Bell::default()));
        clock.ring_when_turned(&bell);
        assert_eq!(clock.wait_for(Some(7)), Some(Duration::ZERO));
        assert_eq!(clock.wait_for(Some(8)), None);
        clock.turn_to(3);
        assert_eq!(clock.now_ms(), 3);
        assert_eq!(bell.wait(None), Woken::Look);
    }
}
