//! A workspace of a released layout is brought to the newest one, or is as it was: killed again and
//! again while that goes on, it comes to what the same events come to when they are imported now.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::fault::{Fault, Trial, hold};
use crate::moment::{Pace, run_until};
use crate::place::{Place, checked, hold_lists, imports_after_a_crash, lists};
use crate::program::Program;
use crate::random::Random;
use crate::tally::{Plan, Tally};

/// A workspace that a released program made, and the files and rules that went into it.
struct Released {
    layout: u32,
    workspace: &'static [u8],
    files: &'static [&'static [u8]],
    definition: &'static str,
}

/// Every layout that a program wrote which people have. They never change; `released/README.md`
/// says how one is added.
const RELEASED: &[Released] = &[Released {
    layout: 2,
    workspace: include_bytes!("../released/2/w.dwell.gz"),
    files: &[
        include_bytes!("../released/2/a.jsonl.gz"),
        include_bytes!("../released/2/b.jsonl.gz"),
    ],
    definition: include_str!("../released/2/play.json"),
}];

/// Kills the opening that brings a workspace to the newest layout.
pub fn migrations(program: &Program, plan: &Plan) -> Tally {
    let mut tally = Tally::new("migration");
    let mut random = Random::new(plan.seed);
    let prepared: Trial<Vec<_>> = RELEASED
        .iter()
        .map(|released| Migration::new(program, plan, released))
        .collect();
    match prepared {
        Err(fault) => tally.fail(&fault),
        Ok(all) => {
            while tally.goes_on(plan) && tally.faults.is_empty() {
                let migration = &all[random.below(all.len() as u64) as usize];
                match migration.laid() {
                    Err(fault) => tally.fail(&fault),
                    Ok(place) => tally.row(plan, random.number(), place, |tally, random, place| {
                        migration.life(tally, random, place)
                    }),
                }
            }
        }
    }
    tally
}

struct Migration<'a> {
    program: &'a Program,
    plan: &'a Plan,
    layout: u32,
    workspace: Vec<u8>,
    events: u64,
    wanted: Vec<String>,
    pace: Pace,
}

impl<'a> Migration<'a> {
    fn new(program: &'a Program, plan: &'a Plan, released: &Released) -> Trial<Self> {
        let anew = Place::new()?;
        for packed in released.files {
            anew.file("a.jsonl", unpacked(packed)?)?;
            program.print(anew.folder(), &["import", "a.jsonl"])?;
        }
        anew.file("play.json", released.definition)?;
        program.print(anew.folder(), &["definition", "set", "play.json"])?;
        let mut migration = Self {
            program,
            plan,
            layout: released.layout,
            workspace: unpacked(released.workspace)?,
            events: checked(program, &anew)?,
            wanted: lists(program, &anew)?,
            pace: Pace::default(),
        };
        // Undisturbed first: that alone is half of the promise.
        let place = migration.laid()?;
        let opening = program.command(place.folder(), OPENING);
        let (pace, ran) = Pace::of(opening, &place)?;
        hold(ran.status == Some(0), || ran.stderr)?;
        migration.pace = pace;
        let counted = checked(program, &place)?;
        hold(counted == migration.events, || {
            format!("{counted} events came over of {}.", migration.events)
        })?;
        hold_lists(&migration.wanted, program, &place)?;
        Ok(migration)
    }

    /// The released workspace in a place of its own.
    fn laid(&self) -> Trial<Place> {
        let place = Place::new()?;
        place.file("w.dwell", &self.workspace)?;
        Ok(place)
    }

    /// Kills up to four openings, then lets one through.
    fn life(&self, tally: &mut Tally, random: &mut Random, place: &Place) -> Trial<()> {
        let told = format!("a workspace of layout {}", self.layout);
        for _ in 0..1 + random.below(4) {
            if !tally.goes_on(self.plan) {
                break;
            }
            let moment = self.pace.moment(random);
            let command = self.program.command(place.folder(), OPENING);
            let end = run_until(command, place, moment, &[])?;
            if let Some(ran) = &end.ended {
                hold(ran.status == Some(0), || {
                    format!("{told} did not open: {}", ran.stderr)
                })?;
            }
            tally.killed(&end);
        }
        let after = |fault: Fault| Fault::new(format!("After kills of {told}: {fault}"));
        let (_, took) = imports_after_a_crash(self.program, place).map_err(after)?;
        tally.opened(took);
        let counted = checked(self.program, place).map_err(after)?;
        tally.compare(self.events, counted).map_err(after)?;
        hold_lists(&self.wanted, self.program, place).map_err(after)
    }
}

/// What opens it: a list brings it up to date before it answers.
const OPENING: &[&str] = &["imports", "list"];

fn unpacked(packed: &[u8]) -> Trial<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes)?;
    Ok(bytes)
}
