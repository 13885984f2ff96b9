//! The thread that tells events when they are due. It waits for the next due moment, looks at the
//! clock again now and then, since clocks jump and other processes write, and comes again later
//! where the workspace is in use. Knows nobody who listens.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use dwell_store::{Store, StoreError};

use crate::clock::{Bell, Clock, LONGEST_WAIT, Woken};
use crate::closing::{Emitted, emit_due, next_due};

/// After a failure it is tried again so much later; after each further one twice as much, up to
/// [`LONGEST_WAIT`].
pub const FIRST_RETRY_MS: i64 = 500;

/// Tells what is due for as long as it lives: dropping it waits for the telling that is under way.
#[derive(Debug)]
pub struct Scheduler {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Scheduler {
    /// Starts it. `tell` hears what was told, and every failure; after one it is tried again.
    ///
    /// # Errors
    /// Where the system starts no thread.
    pub fn start(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        tell: impl FnMut(Result<Vec<Emitted>, StoreError>) + Send + 'static,
    ) -> io::Result<Self> {
        let bell = Arc::new(Bell::default());
        clock.ring_when_turned(&bell);
        let of_thread = Arc::clone(&bell);
        let thread = thread::Builder::new()
            .name("closing".to_owned())
            .spawn(move || run(&store, &*clock, &of_thread, tell))?;
        Ok(Self {
            bell,
            thread: Some(thread),
        })
    }

    /// Has it look again: the workspace has changed.
    pub fn wake(&self) {
        self.bell.ring();
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.bell.stop();
        if let Some(thread) = self.thread.take() {
            // It says what went wrong by itself; a panic of the listener is the listener's.
            let _ = thread.join();
        }
    }
}

fn run(
    store: &Store,
    clock: &dyn Clock,
    bell: &Bell,
    mut tell: impl FnMut(Result<Vec<Emitted>, StoreError>),
) {
    let mut failures = 0;
    loop {
        let moment_ms = match tell_due(store, clock, &mut tell) {
            Ok(next_ms) => {
                failures = 0;
                next_ms
            }
            Err(error) => {
                tell(Err(error));
                let retry_ms = retry_after_ms(failures);
                failures += 1;
                Some(clock.now_ms().saturating_add(retry_ms))
            }
        };
        if bell.wait(clock.wait_for(moment_ms)) == Woken::Stop {
            return;
        }
    }
}

/// Tells what is due; answers when the next event is, UTC ms.
fn tell_due(
    store: &Store,
    clock: &dyn Clock,
    tell: &mut impl FnMut(Result<Vec<Emitted>, StoreError>),
) -> Result<Option<i64>, StoreError> {
    let due_ms = store.read(next_due)?;
    // Looking is cheap, writing is not: most of the time nothing is due.
    if due_ms.is_none_or(|due_ms| due_ms > clock.now_ms()) {
        return Ok(due_ms);
    }
    let emitted = emit_due(store, clock)?;
    if !emitted.is_empty() {
        tell(Ok(emitted));
    }
    store.read(next_due)
}

/// How long to wait after a failure that followed so many others.
fn retry_after_ms(failures: u32) -> i64 {
    let longest_ms = i64::try_from(LONGEST_WAIT.as_millis()).unwrap_or(i64::MAX);
    // Doubled at most eight times: longer waits are cut anyway.
    longest_ms.min(FIRST_RETRY_MS << failures.min(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_tried_again_after_twice_the_time_up_to_half_a_minute() {
        let waits: Vec<i64> = (0..9).map(retry_after_ms).collect();
        let expected = [
            500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
        ];
        assert_eq!(waits, expected);
        assert_eq!(retry_after_ms(u32::MAX), 30_000);
    }
}
