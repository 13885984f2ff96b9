//! A byte of the file is another one: the program says so, or everything it tells is still right.

use crate::data::file;
use crate::fault::{Fault, Trial, hold};
use crate::place::{Place, difference, length, own_lists};
use crate::program::Program;
use crate::random::Random;
use crate::tally::{Plan, Tally};

/// What is asked of a file that is damaged: an answer or a sentence, and no panic.
const QUESTIONS: &[&[&str]] = &[
    &["imports", "list"],
    &["event", "list"],
    &["session", "list", "--events"],
    &["user", "list"],
    &["import", "b.jsonl"],
];

/// It ends after so many faults: they will have few causes.
const FAULTS: usize = 20;

/// Flips bytes of a workspace that is closed, one at a time.
pub fn flips(program: &Program, plan: &Plan) -> Tally {
    let mut tally = Tally::new("flip");
    let mut random = Random::new(plan.seed);
    let mut figures = Figures::default();
    match Flips::new(program, plan) {
        Err(fault) => tally.fail(&fault),
        Ok(flips) => {
            while tally.goes_on(plan) && tally.faults.len() < FAULTS {
                match flips.base.copy() {
                    Err(fault) => tally.fail(&fault),
                    Ok(place) => tally.row(plan, random.number(), place, |tally, random, place| {
                        tally.trials += 1;
                        flips.flip(&mut figures, random, place)
                    }),
                }
            }
        }
    }
    tally.notes.push(format!(
        "{} found by the check, {} refused, {} that change nothing",
        figures.found, figures.refused, figures.harmless
    ));
    tally
}

#[derive(Default)]
struct Figures {
    found: u64,
    refused: u64,
    harmless: u64,
}

struct Flips<'a> {
    program: &'a Program,
    base: Place,
    more: Vec<u8>,
    wanted: Vec<String>,
}

impl<'a> Flips<'a> {
    fn new(program: &'a Program, plan: &Plan) -> Trial<Self> {
        let base = Place::new()?;
        base.file("a.jsonl", file(0, plan.event_count)?)?;
        program.print(base.folder(), &["import", "a.jsonl"])?;
        program.print(base.folder(), &["definition", "preset", "gameplay"])?;
        Ok(Self {
            program,
            more: file(1, plan.event_count)?,
            wanted: told(program, &base)?,
            base,
        })
    }

    fn flip(&self, figures: &mut Figures, random: &mut Random, place: &Place) -> Trial<()> {
        let at = random.below(length(&place.workspace()));
        let bits = 1 + random.below(255) as u8;
        let mut bytes = std::fs::read(place.workspace())?;
        bytes[at as usize] ^= bits;
        std::fs::write(place.workspace(), &bytes)?;
        let flipped = |fault: Fault| Fault::new(format!("Byte {at} flipped by {bits}: {fault}"));
        let ran = self
            .program
            .run(place.folder(), &["check"])
            .map_err(flipped)?;
        match (ran.status, ran.stdout.is_empty()) {
            (Some(0), _) => {
                figures.harmless += 1;
                let found = told(self.program, place).map_err(flipped)?;
                let different = difference(&self.wanted, &found);
                return hold(different.is_none(), || {
                    let words = different.unwrap_or_default();
                    format!("Byte {at} flipped by {bits}: the check is content, but {words}.")
                });
            }
            (_, false) => figures.found += 1,
            (_, true) => {
                figures.refused += 1;
                hold(!ran.stderr.trim().is_empty(), || {
                    format!("Byte {at} flipped by {bits}: it was refused without a word.")
                })?;
            }
        }
        place.file("b.jsonl", &self.more)?;
        for question in QUESTIONS {
            self.program
                .run(place.folder(), question)
                .map_err(flipped)?;
        }
        Ok(())
    }
}

/// Everything that a workspace tells, what was imported when included.
fn told(program: &Program, place: &Place) -> Trial<Vec<String>> {
    let mut told = own_lists(program, place)?;
    for more in [&["imports", "list"][..], &["definition", "show", "visit"]] {
        told.push(program.print(place.folder(), more)?);
    }
    Ok(told)
}
