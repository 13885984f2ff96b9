//! An import that is killed is wholly there or not at all, what was there before stays, and going
//! on doubles nothing.

use std::collections::HashMap;
use std::process::Command;

use serde_json::Value;

use crate::data::{Figures, Form, figures, file_as, gzip};
use crate::fault::{Fault, Trial, hold};
use crate::moment::{Pace, run_until};
use crate::place::{Place, checked, hold_lists, imports_after_a_crash, lists};
use crate::program::Program;
use crate::random::Random;
use crate::tally::{Plan, Tally};

/// So many files go into one workspace, each killed until it is there.
const FILES: u64 = 8;

/// How a file reaches the program: plain, packed and by standard input.
type Ways = [&'static str; 3];
const LINES: Ways = ["a.jsonl", "a.jsonl.gz", "-"];
const CSV: Ways = ["a.csv", "a.csv.gz", "-"];

/// Kills imports of JSON Lines and CSV, plain, packed and from standard input.
pub fn imports(program: &Program, plan: &Plan) -> Tally {
    let mut tally = Tally::new("import");
    let mut random = Random::new(plan.seed);
    let both = [(Form::Lines, LINES), (Form::Csv, CSV)].map(|(form, ways)| {
        let imports = Imports::new(program, plan, form, ways);
        imports.map_err(|fault| tally.fail(&fault)).ok()
    });
    let [Some(mut lines), Some(mut csv)] = both else {
        return tally;
    };
    // A workspace in three is of tables.
    let mut kinds = (0..).map(|place| place % 3 == 2);
    while tally.goes_on(plan) && tally.faults.is_empty() {
        let imports = match kinds.next() {
            Some(true) => &mut csv,
            _ => &mut lines,
        };
        match Place::new() {
            Err(fault) => tally.fail(&fault),
            Ok(place) => tally.row(plan, random.number(), place, |tally, random, place| {
                imports.life(tally, random, place)
            }),
        }
    }
    tally
}

struct Imports<'a> {
    program: &'a Program,
    plan: &'a Plan,
    form: Form,
    ways: Ways,
    /// For each way, as it goes on a workspace that has one file already.
    paces: Vec<Pace>,
    /// What lists tell after so many files where nothing was killed.
    undisturbed: HashMap<u64, Vec<String>>,
}

impl<'a> Imports<'a> {
    fn new(program: &'a Program, plan: &'a Plan, form: Form, ways: Ways) -> Trial<Self> {
        let mut imports = Self {
            program,
            plan,
            form,
            ways,
            paces: Vec::new(),
            undisturbed: HashMap::new(),
        };
        for way in ways {
            let place = Place::new()?;
            imports.take(&place, 0)?;
            imports.lay(&place, 1)?;
            // Its input cannot be watched and fed at once: the same file is as good.
            let way = if way == "-" { ways[0] } else { way };
            let (pace, ran) = Pace::of(imports.import(&place, way), &place)?;
            hold(ran.status == Some(0), || ran.stderr)?;
            imports.paces.push(pace);
        }
        Ok(imports)
    }

    /// A workspace from its first import on.
    fn life(&mut self, tally: &mut Tally, random: &mut Random, place: &Place) -> Trial<()> {
        self.take(place, 0)?;
        let (mut done, mut events) = (1, self.figures(0).stored);
        while done < FILES && tally.goes_on(self.plan) {
            let plain = self.lay(place, done)?;
            let way = random.below(self.ways.len() as u64) as usize;
            let moment = match self.ways[way] {
                "-" => self.paces[way].fed_moment(random, plain.len()),
                _ => self.paces[way].moment(random),
            };
            let end = run_until(self.import(place, self.ways[way]), place, moment, &plain)?;
            tally.killed(&end);
            let told = format!("{} killed {:?}", self.ways[way], end.moment);
            let after = |fault: Fault| Fault::new(format!("After {told}: {fault}"));
            let (rows, took) = imports_after_a_crash(self.program, place).map_err(after)?;
            tally.opened(took);
            let is_there = rows.len() as u64 == done + 1;
            let must_be_there = end.ended.is_some();
            hold(is_there || rows.len() as u64 == done, || {
                format!("After {told} there are {} imports.", rows.len())
            })?;
            hold(is_there || !must_be_there, || {
                format!("After {told} an import that said that it was done is gone.")
            })?;
            if is_there {
                hold(found(&rows[0]) == Some(self.figures(done)), || {
                    format!("After {told} it is another import: {}.", rows[0])
                })?;
                events += self.figures(done).stored;
                done += 1;
            }
            let counted = checked(self.program, place).map_err(after)?;
            tally.compare(events, counted).map_err(after)?;
        }
        let program = self.program;
        hold_lists(self.undisturbed(done)?, program, place)
    }

    /// What lists tell of a workspace in which nothing was killed.
    fn undisturbed(&mut self, files: u64) -> Trial<&[String]> {
        if !self.undisturbed.contains_key(&files) {
            let place = Place::new()?;
            for number in 0..files {
                self.take(&place, number)?;
            }
            let told = lists(self.program, &place)?;
            self.undisturbed.insert(files, told);
        }
        Ok(&self.undisturbed[&files])
    }

    /// Imports a file undisturbed.
    fn take(&self, place: &Place, number: u64) -> Trial<()> {
        self.lay(place, number)?;
        self.program
            .print(place.folder(), &["import", self.ways[0]])
            .map(drop)
    }

    /// Lays a file beside the workspace, plain and packed.
    fn lay(&self, place: &Place, number: u64) -> Trial<Vec<u8>> {
        let plain = file_as(self.form, number, self.plan.event_count)?;
        place.file(self.ways[0], &plain)?;
        place.file(self.ways[1], gzip(&plain)?)?;
        Ok(plain)
    }

    fn import(&self, place: &Place, way: &str) -> Command {
        self.program.command(place.folder(), &["import", way])
    }

    fn figures(&self, number: u64) -> Figures {
        figures(number, self.plan.event_count)
    }
}

/// The figures of a row of `imports list`.
fn found(row: &Value) -> Option<Figures> {
    Some(Figures {
        stored: row["stored"].as_u64()?,
        duplicates: row["duplicates"].as_u64()?,
        quarantined: row["quarantined"].as_u64()?,
    })
}
