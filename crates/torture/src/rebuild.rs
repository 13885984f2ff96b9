//! A rebuild that is killed leaves the old rules with the old sessions, or the new ones with the
//! new.

use serde_json::{Value, json};

use crate::data::file;
use crate::fault::{Fault, Trial, hold};
use crate::moment::{Pace, run_until};
use crate::place::{Place, checked, hold_lists, imports_after_a_crash, lists};
use crate::program::Program;
use crate::random::Random;
use crate::tally::{Plan, Tally};

/// Changes that build the sessions of `visit` anew.
const CHANGES: [&[&str]; 4] = [
    &["definition", "set", "other.json"],
    &["definition", "set", "first.json"],
    &["definition", "undo", "visit"],
    &["definition", "rebuild", "visit"],
];

/// A workspace lives so long.
const KILLS: u64 = 40;

/// The rules of a workspace and what its lists tell under them.
struct Standing {
    rules: Value,
    lists: Vec<String>,
}

/// Kills `definition set`, `undo` and `rebuild`.
pub fn rebuilds(program: &Program, plan: &Plan) -> Tally {
    let mut tally = Tally::new("rebuild");
    let mut random = Random::new(plan.seed);
    match Rebuilds::new(program, plan) {
        Err(fault) => tally.fail(&fault),
        Ok(rebuilds) => {
            while tally.goes_on(plan) && tally.faults.is_empty() {
                match rebuilds.base.copy() {
                    Err(fault) => tally.fail(&fault),
                    Ok(place) => tally.row(plan, random.number(), place, |tally, random, place| {
                        rebuilds.life(tally, random, place)
                    }),
                }
            }
        }
    }
    tally
}

struct Rebuilds<'a> {
    program: &'a Program,
    plan: &'a Plan,
    base: Place,
    events: u64,
    standings: [Standing; 2],
    pace: Pace,
}

impl<'a> Rebuilds<'a> {
    fn new(program: &'a Program, plan: &'a Plan) -> Trial<Self> {
        let base = Place::new()?;
        base.file("a.jsonl", file(0, plan.event_count)?)?;
        program.print(base.folder(), &["import", "a.jsonl"])?;
        let show = ["definition", "show", "visit"];
        let first = program.object(base.folder(), &show)?;
        let mut other = first.clone();
        other["limits"]["inactivity_seconds"] = json!(90);
        base.file("first.json", first.to_string())?;
        base.file("other.json", other.to_string())?;
        let before = lists(program, &base)?;
        let events = checked(program, &base)?;
        let (pace, ran) = Pace::of(program.command(base.folder(), CHANGES[0]), &base)?;
        hold(ran.status == Some(0), || ran.stderr)?;
        let after = lists(program, &base)?;
        hold(before != after, || "The rules make no difference.".into())?;
        let standings = [
            Standing {
                rules: first,
                lists: before,
            },
            Standing {
                rules: other,
                lists: after,
            },
        ];
        Ok(Self {
            program,
            plan,
            base,
            events,
            standings,
            pace,
        })
    }

    fn life(&self, tally: &mut Tally, random: &mut Random, place: &Place) -> Trial<()> {
        for name in ["first.json", "other.json"] {
            std::fs::copy(self.base.path(name), place.path(name))?;
        }
        for _ in 0..KILLS {
            if !tally.goes_on(self.plan) {
                break;
            }
            let before = self.rules(place)?;
            let change = CHANGES[random.below(CHANGES.len() as u64) as usize];
            let moment = self.pace.moment(random);
            let command = self.program.command(place.folder(), change);
            let end = run_until(command, place, moment, &[])?;
            tally.killed(&end);
            let told = format!("{} killed {moment:?}", change.join(" "));
            let after = |fault: Fault| Fault::new(format!("After {told}: {fault}"));
            let (_, took) = imports_after_a_crash(self.program, place).map_err(after)?;
            tally.opened(took);
            let rules = self.rules(place).map_err(after)?;
            let wanted = match change[1] {
                "undo" => None,
                "rebuild" => Some(&before),
                _ if change[2] == "other.json" => Some(&self.standings[1].rules),
                _ => Some(&self.standings[0].rules),
            };
            let is_as_it_was = rules == before && end.ended.is_none();
            hold(
                is_as_it_was || wanted.is_none_or(|wanted| *wanted == rules),
                || format!("After {told} the rules are {rules}."),
            )?;
            let standing = self.standings.iter().find(|one| one.rules == rules);
            let standing = standing
                .ok_or_else(|| Fault::new(format!("After {told} the rules are {rules}.")))?;
            let counted = checked(self.program, place).map_err(after)?;
            tally.compare(self.events, counted).map_err(after)?;
            hold_lists(&standing.lists, self.program, place).map_err(after)?;
        }
        Ok(())
    }

    fn rules(&self, place: &Place) -> Trial<Value> {
        let show = ["definition", "show", "visit"];
        self.program.object(place.folder(), &show)
    }
}
