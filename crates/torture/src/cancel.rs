//! A command that is interrupted stops at once and leaves what a kill would leave.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::data::{figures, file};
use crate::fault::{Fault, Trial, hold};
use crate::moment::{Moment, Pace};
use crate::place::{Place, checked, imports_after_a_crash};
use crate::program::{Program, Running};
use crate::random::Random;
use crate::tally::{Plan, Tally};

/// It stops within a second; five times that on a machine that does much else.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// Interrupts imports, as Ctrl+C does.
pub fn cancels(program: &Program, plan: &Plan) -> Tally {
    let mut tally = Tally::new("cancel");
    let mut longest = Duration::ZERO;
    match Place::new() {
        Err(fault) => tally.fail(&fault),
        Ok(place) => tally.row(plan, plan.seed, place, |tally, random, place| {
            life(program, plan, tally, random, place, &mut longest)
        }),
    }
    tally.notes.push(format!(
        "it stopped after {:.0} ms at most",
        longest.as_secs_f64() * 1e3
    ));
    tally
}

fn life(
    program: &Program,
    plan: &Plan,
    tally: &mut Tally,
    random: &mut Random,
    place: &Place,
    longest: &mut Duration,
) -> Trial<()> {
    let lay = |number| place.file("a.jsonl", file(number, plan.event_count)?);
    let import = || program.command(place.folder(), &["import", "a.jsonl"]);
    lay(0)?;
    let (pace, _) = Pace::of(import(), place)?;
    let (mut done, mut events) = (1, figures(0, plan.event_count).stored);
    while tally.goes_on(plan) {
        lay(done)?;
        tally.trials += 1;
        let running = Running::start(import())?;
        let Moment::After(delay) = pace.delay(random) else {
            return Err(Fault::new("A delay is a delay."));
        };
        if running.has_ended_after(delay) {
            tally.ended_before += 1;
        } else {
            interrupt(running.process_id())?;
        }
        let began = Instant::now();
        let has_ended = running.has_ended_after(STOPS_WITHIN);
        *longest = (*longest).max(began.elapsed());
        match has_ended {
            true => drop(running.finish()?),
            false => {
                drop(running.kill()?);
                return Err(Fault::new("It did not stop."));
            }
        }
        let (rows, took) = imports_after_a_crash(program, place)?;
        tally.opened(took);
        let is_there = rows.len() as u64 == done + 1;
        hold(is_there || rows.len() as u64 == done, || {
            format!("There are {} imports.", rows.len())
        })?;
        if is_there {
            events += figures(done, plan.event_count).stored;
            done += 1;
        }
        tally.compare(events, checked(program, place)?)?;
    }
    Ok(())
}

/// By the shell's own `kill`: the standard library knows no signal but the one that ends at once.
fn interrupt(process_id: u32) -> Trial<()> {
    Command::new("sh")
        .args(["-c", "kill -s INT \"$1\"", "sh", &process_id.to_string()])
        // It may be gone by now.
        .stderr(Stdio::null())
        .status()?;
    Ok(())
}
