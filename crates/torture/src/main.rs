//! `cargo xtask torture`: the trials in large figures, round after round, and what they came to.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dwell_torture::{
    Disk, Plan, Program, Random, Tally, cancels, flips, full_disks, imports, migrations, rebuilds,
    table,
};

const USAGE: &str = "dwell-torture PROGRAM [KILLS] [--minutes N] [--seed N] [--only NAME]";

/// Minutes where neither a number nor a time is said.
const MINUTES: u64 = 5;

/// What was typed.
struct Arguments {
    program: PathBuf,
    kills: u64,
    minutes: Option<u64>,
    seed: u64,
    only: Option<String>,
}

/// One kind of trials: its name, its tenths of all trials and of the time, events in a file, and
/// how it is run.
type Kind = (&'static str, u32, u64, fn(&Program, &Plan) -> Option<Tally>);

/// Half for imports, the rest for rebuilds, migrations and the other faults.
const KINDS: &[Kind] = &[
    ("import", 2, 2_000, |program, plan| {
        Some(imports(program, plan))
    }),
    ("import", 3, 10_000, |program, plan| {
        Some(imports(program, plan))
    }),
    ("rebuild", 2, 6_000, |program, plan| {
        Some(rebuilds(program, plan))
    }),
    ("migration", 1, 0, |program, plan| {
        Some(migrations(program, plan))
    }),
    ("flip", 1, 1_000, |program, plan| Some(flips(program, plan))),
    ("cancel", 1, 3_000, |program, plan| {
        Some(cancels(program, plan))
    }),
    ("limited", 0, 3_000, |program, plan| {
        full_disks(program, plan, Disk::Limited)
    }),
    ("deadly", 0, 3_000, |program, plan| {
        full_disks(program, plan, Disk::Deadly)
    }),
    ("small", 0, 3_000, |program, plan| {
        full_disks(program, plan, Disk::Small)
    }),
];

/// What has no tenth of its own is tried so often.
const SIZES: u64 = 40;

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!("Usage: {USAGE}");
        return ExitCode::from(2);
    };
    let program = match Program::new(&arguments.program) {
        Ok(program) => program,
        Err(fault) => {
            eprintln!("{fault}");
            return ExitCode::FAILURE;
        }
    };
    println!("seed {}", arguments.seed);
    let tallies = run(&program, &arguments);
    let text = table(&tallies);
    print!("\n{text}");
    println!("seed {}", arguments.seed);
    match tallies.iter().all(|tally| tally.faults.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// One kind after the other, each told when it is done.
fn run(program: &Program, arguments: &Arguments) -> Vec<Tally> {
    let mut random = Random::new(arguments.seed);
    let began = Instant::now();
    let whole = arguments
        .minutes
        .map(|minutes| Duration::from_secs(minutes * 60));
    let only = arguments.only.as_deref();
    let kinds = || {
        KINDS
            .iter()
            .filter(|kind| only.is_none_or(|only| only == kind.0))
    };
    let all_tenths = kinds().map(|kind| kind.1).sum::<u32>().max(1);
    let mut tenths_before = 0;
    let mut tallies = Vec::new();
    for (name, tenths, event_count, try_it) in kinds() {
        tenths_before += tenths;
        let plan = Plan {
            trials: match tenths {
                0 => SIZES,
                tenths => (arguments.kills / u64::from(all_tenths) * u64::from(*tenths)).max(1),
            },
            until: match tenths {
                0 => None,
                _ => whole.map(|whole| began + whole * tenths_before / all_tenths),
            },
            event_count: *event_count,
            seed: random.number(),
            keeps: true,
        };
        match try_it(program, &plan) {
            Some(tally) => {
                println!("{}", table(std::slice::from_ref(&tally)).trim_end());
                tallies.push(tally);
            }
            None => println!("{name}: skipped, no file system can be mounted here."),
        }
    }
    tallies
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let program = PathBuf::from(words.next()?);
    let (mut kills, mut minutes, mut only) = (None, None, None);
    let mut seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--minutes" => minutes = Some(words.next()?.parse().ok()?),
            "--seed" => seed = words.next()?.parse().ok()?,
            "--only" => only = Some(words.next()?),
            number => kills = Some(number.parse().ok()?),
        }
    }
    if kills.is_none() && minutes.is_none() {
        minutes = Some(MINUTES);
    }
    Some(Arguments {
        program,
        kills: kills.unwrap_or(u64::MAX),
        minutes,
        seed,
        only,
    })
}
