//! When a program is killed. A random delay is the fault itself and waits for nothing; nearer to
//! the dangerous moments are so many bytes of its input, of its log or of its file.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::fault::Trial;
use crate::place::{Place, length};
use crate::program::{Ran, Running, feed};
use crate::random::Random;

/// When it is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    After(Duration),
    /// Its input has come so far; where that was all, so much later.
    Fed(usize, Duration),
    /// The log has grown to so many bytes.
    LogBytes(u64),
    /// The file itself has changed its length by so many bytes, as it does when the log goes into
    /// it; where that is none, it was written to.
    FileBytes(u64),
}

/// How a program goes that is not killed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    whole: Duration,
    log_bytes: u64,
    grown_bytes: u64,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) moment: Moment,
    /// What its log held when it died.
    pub(crate) log_bytes: u64,
    /// It was done, or failed, before it could be killed.
    pub(crate) ended: Option<Ran>,
}

impl Pace {
    /// Runs a command to its end and watches it.
    pub(crate) fn of(command: Command, place: &Place) -> Trial<(Self, Ran)> {
        let before = length(&place.workspace());
        let log = place.log();
        let began = Instant::now();
        let mut log_bytes = 0;
        let running = Running::start(command)?;
        while !running.has_ended_after(Duration::from_micros(200)) {
            log_bytes = log_bytes.max(length(&log));
        }
        let ran = running.finish()?.whole()?;
        let pace = Self {
            whole: began.elapsed(),
            log_bytes,
            grown_bytes: length(&place.workspace()).abs_diff(before),
        };
        Ok((pace, ran))
    }

    /// The longest that its log was.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.log_bytes
    }

    /// A moment of any kind.
    pub(crate) fn moment(&self, random: &mut Random) -> Moment {
        match random.below(4) {
            0 | 1 => self.delay(random),
            2 => Moment::LogBytes(1 + random.below(self.log_bytes)),
            _ => Moment::FileBytes(random.below(self.grown_bytes)),
        }
    }

    /// A moment of a program that is fed so many bytes.
    pub(crate) fn fed_moment(&self, random: &mut Random, byte_count: usize) -> Moment {
        let part = random.below(byte_count as u64 * 2) as usize;
        Moment::Fed(part.min(byte_count), self.part(random))
    }

    /// After a part of the whole time, or a little later.
    pub(crate) fn delay(&self, random: &mut Random) -> Moment {
        Moment::After(self.part(random))
    }

    fn part(&self, random: &mut Random) -> Duration {
        let whole_us = u64::try_from(self.whole.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(random.below(whole_us + whole_us / 10))
    }
}

/// Starts a command and kills it at a moment.
pub(crate) fn run_until(
    command: Command,
    place: &Place,
    moment: Moment,
    input: &[u8],
) -> Trial<End> {
    let (file, log) = (place.workspace(), place.log());
    let before = (length(&file), written_at(&file));
    let mut running = Running::start(command)?;
    let mut pipe = running.input();
    let has_ended = match moment {
        Moment::After(delay) => {
            drop(pipe.take());
            running.has_ended_after(delay)
        }
        Moment::Fed(byte_count, delay) => {
            if let Some(pipe) = &mut pipe {
                feed(pipe, &input[..byte_count]);
            }
            if byte_count == input.len() {
                drop(pipe.take());
                running.has_ended_after(delay)
            } else {
                false
            }
        }
        Moment::LogBytes(bytes) => {
            drop(pipe.take());
            has_ended_before(&running, || length(&log) >= bytes)
        }
        Moment::FileBytes(bytes) => {
            drop(pipe.take());
            has_ended_before(&running, || has_changed(&file, before, bytes))
        }
    };
    if has_ended {
        let ended = Some(running.finish()?.whole()?);
        return Ok(End {
            moment,
            log_bytes: 0,
            ended,
        });
    }
    let ran = running.kill()?;
    drop(pipe);
    Ok(End {
        moment,
        log_bytes: length(&log),
        // It may have been done just before the signal came.
        ended: match ran.status {
            Some(_) => Some(ran.whole()?),
            None => None,
        },
    })
}

fn has_changed(file: &Path, (length_before, at): (u64, Option<SystemTime>), bytes: u64) -> bool {
    match bytes {
        0 => written_at(file) != at,
        bytes => length(file).abs_diff(length_before) >= bytes,
    }
}

fn written_at(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|found| found.modified()).ok()
}

/// Looks again and again, as fast as it can.
fn has_ended_before(running: &Running, mut is_time: impl FnMut() -> bool) -> bool {
    loop {
        if is_time() {
            return false;
        }
        if running.has_ended_after(Duration::ZERO) {
            return true;
        }
        std::thread::yield_now();
    }
}
