//! `dwell-bench [EVENTS] [FOLDER]`: how fast Dwell is, measured beside DuckDB in the same sitting.
//!
//! Makes the events, then runs every piece of work in a process of its own, ours and the peer's in
//! turn, and prints one table with the targets. Must not know how anything is stored: apart from
//! the walk, which it measures by itself, it asks what a front end asks.

mod crowd;
mod events;
mod inputs;
mod ours;
mod table;
mod usage;
mod walk;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::events::{Events, user_id, write_lines};
use crate::inputs::Form;
use crate::table::{Line, Target, table};

/// As the programs that are measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "Usage: dwell-bench [EVENTS] [FOLDER]
EVENTS, 20,000 to 100,000,000, are 1,000,000 unless said; FOLDER is emptied of former runs' files.";
const PEER: &str = include_str!("peer.py");
const POLARS: &str = include_str!("peer_polars.py");
/// Ours and the peer's in turn so many times; of each the fastest counts.
const ROUNDS: usize = 2;
/// Of so many usual users the timeline is shown.
const USUAL_USERS: u32 = 100;
/// Other forms of files are measured with so many events at most.
const INPUT_LINES: usize = 1_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [word, name, file, rest @ ..] if word == "measure" => {
            ours::measure(name, Path::new(file), rest).map(|figures| println!("{figures}"))
        }
        [] => run(1_000_000, Path::new("target/bench")),
        [count] => number(count).and_then(|count| run(count, Path::new("target/bench"))),
        [count, folder] => number(count).and_then(|count| run(count, Path::new(folder))),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> Result<usize, String> {
    let count = text.replace(['_', ','], "").parse().ok();
    count
        .filter(|count| (20_000..=100_000_000).contains(count))
        .ok_or_else(|| format!("{text} is no number of events.\n{USAGE}"))
}

/// The files of a run.
struct Bench {
    folder: PathBuf,
    has_peer: bool,
    has_polars: bool,
}

/// The fastest figures of both sides.
struct Pair {
    ours: Value,
    peer: Option<Value>,
}

impl Pair {
    fn line(&self, work: &str, unit: &'static str, key: &str, target: Target) -> Line {
        Line {
            work: work.to_owned(),
            unit,
            ours: self.ours[key].as_f64(),
            peer: self.peer.as_ref().and_then(|peer| peer[key].as_f64()),
            target,
        }
    }
}

fn run(event_count: usize, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let bench = Bench {
        folder: folder.to_path_buf(),
        has_peer: has_python("duckdb"),
        has_polars: has_python("polars"),
    };
    let load = load_average();
    eprintln!("making {event_count} events");
    let Events {
        history,
        late,
        live,
        more,
    } = events::make(event_count);
    let line_bytes = bench.write("events.jsonl", &history)? as f64 / event_count as f64;
    bench.write("late.jsonl", &late)?;
    bench.write("live.jsonl", &live.concat())?;
    bench.write("more.jsonl", &more)?;
    drop((late, live, more));
    eprintln!("walking");
    let speeds = walk::measure(&history)?;
    drop(history);

    let mut lines = Vec::new();
    let walked = |work: &str, speed, target| Line {
        work: work.to_owned(),
        unit: "M/s/core",
        ours: Some(speed),
        peer: None,
        target,
    };
    lines.push(walked(
        "walk of sorted columns, all rules",
        speeds.all_rules,
        Target::AtLeast(50.0),
    ));
    lines.push(walked(
        "  the timeout alone",
        speeds.timeout_alone,
        Target::None,
    ));
    lines.push(walked(
        "  all rules, late events as they arrived",
        speeds.as_they_arrived,
        Target::None,
    ));
    stored(&bench, event_count, &mut lines)?;

    println!(
        "\n{event_count} events, {line_bytes:.0} bytes a line; {} cores, load at first {load}",
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    println!(
        "The walk: median of alternated rounds. The rest: ours and DuckDB in turn, processes of \
         their own, files in\nthe cache of the system; import, what-if and rebuild the fastest of \
         {ROUNDS}. Ratio: the peer's / ours. The peer is DuckDB unless the\nline says Polars; both \
         cut by a timeout per user alone."
    );
    if !bench.has_peer {
        println!("DuckDB: not installed (pip install duckdb)");
    }
    if !bench.has_polars {
        println!("Polars: not installed (pip install polars)");
    }
    println!("\n{}", table(&lines, event_count));
    Ok(())
}

/// Everything that is measured on a workspace file, in the order in which it happens to one.
fn stored(bench: &Bench, event_count: usize, lines: &mut Vec<Line>) -> Result<(), String> {
    let of_all = |bytes: u64| bytes as f64 / event_count as f64;
    let file = |name: &str| bench.folder.join(name).display().to_string();
    let (events, late, live) = (file("events.jsonl"), file("late.jsonl"), file("live.jsonl"));

    let import = bench.alternate("import", ROUNDS, &[&events], true)?;
    lines.push(import.line(
        "import, wall",
        "s",
        "wall_s",
        Target::TimesLessThanPeer(2.5),
    ));
    lines.push(import.line("import, CPU", "s", "cpu_s", Target::TimesLessThanPeer(3.0)));
    // DuckDB took every line, copies of events too: the same once more without them, as we do it.
    let once = Pair {
        ours: import.ours.clone(),
        peer: bench.peer_without_copies(&events)?,
    };
    lines.push(once.line(
        "  beside DuckDB without copies, wall",
        "s",
        "wall_s",
        Target::None,
    ));
    lines.push(once.line(
        "  beside DuckDB without copies, CPU",
        "s",
        "cpu_s",
        Target::None,
    ));
    if bench.has_polars {
        let polars = Pair {
            ours: import.ours.clone(),
            peer: bench.import_by_polars(&events)?,
        };
        for (work, key) in [
            ("  beside Polars, to Parquet, wall", "wall_s"),
            ("  beside Polars, to Parquet, CPU", "cpu_s"),
        ] {
            lines.push(polars.line(work, "s", key, Target::None));
        }
    }
    lines.push(import.line(
        "import, peak memory (target is for 10 M)",
        "MB",
        "peak_mb",
        Target::AtMost(2_000.0),
    ));
    lines.push(Line {
        work: "file, everything included".to_owned(),
        unit: "B/event",
        ours: Some(of_all(size_of(&bench.ours()))),
        peer: bench.has_peer.then(|| of_all(size_of(&bench.peer()))),
        target: Target::AtMost(60.0),
    });
    // Not the same rules, but near: a sign that both did their work.
    let found = |figures: &Value| figures["sessions"].to_string();
    let by_peer = import.peer.as_ref().map_or("-".to_owned(), found);
    eprintln!(
        "sessions: {} of ours, {by_peer} of DuckDB's",
        found(&import.ours)
    );

    let trial = bench.alternate("what-if", ROUNDS, &[], false)?;
    let target = || Target::AtMostForTenMillion(3.0);
    lines.push(trial.line("what-if, first", "s", "first_s", target()));
    lines.push(trial.line("what-if, warm", "s", "warm_s", target()));

    let middle = (event_count / 100) as u32;
    let users: Vec<String> = std::iter::once(0)
        .chain((middle..).take(USUAL_USERS as usize))
        .map(user_id)
        .collect();
    let users: Vec<&String> = users.iter().collect();
    let timeline = bench.alternate("timeline", 1, &users, false)?;
    let usual = Target::AtMost(0.000_2);
    lines.push(timeline.line("timeline of a usual user, warm", "s", "usual_s", usual));
    let busiest = Target::AtMost(0.005);
    lines.push(timeline.line("timeline of the busiest", "s", "busiest_s", busiest));

    let start = bench.measure("start", &bench.ours(), &[ours::APPLICATION])?;
    let line = |work: &str, figures: &Value, key: &str, target| Line {
        work: work.to_owned(),
        unit: "s",
        ours: figures[key].as_f64(),
        peer: None,
        target,
    };
    lines.push(line(
        "start: open, status, first people, a timeline",
        &start,
        "seconds",
        Target::AtMost(1.5),
    ));
    let names = bench.measure("names", &bench.ours(), &[])?;
    lines.push(line(
        "events counted by name",
        &names,
        "seconds",
        Target::None,
    ));
    let (search, report) = bench.crowd()?;
    for (work, key, target) in [
        (
            "search among 1 M people, how a name begins",
            "beginning_s",
            Target::AtMost(0.001),
        ),
        ("  the slowest of them", "beginning_worst_s", Target::None),
        ("  after somebody was seen", "changed_s", Target::None),
        (
            "search among 1 M people, any part",
            "part_s",
            Target::AtMost(0.020),
        ),
        ("  the slowest of them", "part_worst_s", Target::None),
        ("  reading them into memory first", "first_s", Target::None),
    ] {
        lines.push(line(work, &search, key, target));
    }
    for (work, key, target) in [
        (
            "report over 1 M sessions, warm",
            "warm_s",
            Target::AtMost(0.020),
        ),
        ("  first", "first_s", Target::None),
        (
            "  50 of them by their figures, warm",
            "find_s",
            Target::AtMost(0.020),
        ),
    ] {
        lines.push(line(work, &report, key, target));
    }

    let rebuild = bench.alternate("rebuild", ROUNDS, &[], false)?;
    let target = Target::AtMostForTenMillion(8.0);
    lines.push(rebuild.line("rebuild after a change of rules", "s", "seconds", target));

    let belated = bench.alternate("late", 1, &[&late], false)?;
    let target = Target::AtMost(1.0);
    lines.push(belated.line("10,000 late events", "s", "seconds", target));
    let batches = bench.alternate("live", 1, &[&live], false)?;
    let target = Target::AtMost(0.020);
    lines.push(batches.line("a live batch of 500", "s", "batch_s", target));

    let more = bench.measure("import", &bench.ours(), &[&file("more.jsonl")])?;
    lines.push(line(
        "import of a tenth more into these",
        &more,
        "wall_s",
        Target::None,
    ));
    let back = bench.measure("remove", &bench.ours(), &[])?;
    let target = Target::AtMost(more["wall_s"].as_f64().unwrap_or(0.0));
    lines.push(line("  taken back", &back, "wall_s", target));
    bench.inputs(event_count, lines)
}

impl Bench {
    fn ours(&self) -> PathBuf {
        self.folder.join("bench.dwell")
    }

    fn peer(&self) -> PathBuf {
        self.folder.join("bench.duckdb")
    }

    fn write(&self, name: &str, events: &[events::Event]) -> Result<u64, String> {
        let path = self.folder.join(name);
        let written = || {
            let mut to = BufWriter::with_capacity(1 << 20, File::create(&path)?);
            write_lines(events, &mut to)?;
            path.metadata().map(|found| found.len())
        };
        written().map_err(|error| format!("{}: {error}", path.display()))
    }

    /// A piece of work of ours alone.
    fn measure(&self, work: &str, file: &Path, arguments: &[&str]) -> Result<Value, String> {
        eprintln!("{work}: ours");
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        figures_of(command.args(["measure", work]).arg(file).args(arguments))
    }

    /// The same events as files of several forms, each into a workspace of its own.
    fn inputs(&self, event_count: usize, lines: &mut Vec<Line>) -> Result<(), String> {
        let (workspace, events) = (self.folder.join("input.dwell"), "events.jsonl");
        for form in Form::ALL {
            let path = self.folder.join(form.file_name());
            form.write(
                &self.folder.join(events),
                INPUT_LINES.min(event_count),
                &path,
            )
            .map_err(|error| format!("{}: {error}", path.display()))?;
            let mut best = f64::INFINITY;
            for _ in 0..ROUNDS {
                remove(&workspace)?;
                let path = path.display().to_string();
                let figures = self.measure("import", &workspace, &[&path])?;
                best = best.min(figures["wall_s"].as_f64().unwrap_or(f64::INFINITY));
            }
            fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            lines.push(Line {
                work: format!("import: {}", form.words().trim_start()),
                unit: "s",
                ours: Some(best),
                peer: None,
                target: Target::None,
            });
        }
        remove(&workspace)
    }

    /// Searching among a million people, and summing up a million sessions, in a workspace of their
    /// own.
    fn crowd(&self) -> Result<(Value, Value), String> {
        eprintln!("making a million people and a million sessions");
        let workspace = self.folder.join("crowd.dwell");
        remove(&workspace)?;
        let made = self.measure("crowd", &workspace, &[])?;
        eprintln!("{} people, {} sessions", made["people"], made["sessions"]);
        let report = self.measure("report", &workspace, &[])?;
        let search = self.measure("search", &workspace, &[])?;
        remove(&workspace)?;
        Ok((search, report))
    }

    /// A piece of work by both sides in turn; from nothing, or on the files that are there.
    fn alternate(
        &self,
        work: &str,
        rounds: usize,
        arguments: &[&String],
        is_from_nothing: bool,
    ) -> Result<Pair, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut pair = Pair {
            ours: Value::Null,
            peer: None,
        };
        let total = |figures: &Value| figures["wall_s"].as_f64().unwrap_or(f64::INFINITY);
        for _ in 0..rounds {
            eprintln!("{work}: ours");
            if is_from_nothing {
                remove(&self.ours())?;
            }
            let mut command = Command::new(&program);
            command.args(["measure", work]).arg(self.ours());
            let ours = figures_of(command.args(arguments))?;
            if total(&ours) < total(&pair.ours) {
                pair.ours = ours;
            }
            if !self.has_peer {
                continue;
            }
            eprintln!("{work}: DuckDB");
            if is_from_nothing {
                remove(&self.peer())?;
            }
            let mut command = Command::new("python3");
            command.args(["-c", PEER, work]).arg(self.peer());
            pair.peer = faster(pair.peer.take(), figures_of(command.args(arguments))?);
        }
        Ok(pair)
    }
}

impl Bench {
    /// The peer's import with one copy of each event, into a file that is gone afterwards.
    fn peer_without_copies(&self, events: &String) -> Result<Option<Value>, String> {
        let file = self.folder.join("once.duckdb");
        let mut best: Option<Value> = None;
        for _ in 0..if self.has_peer { ROUNDS } else { 0 } {
            eprintln!("import: DuckDB without copies");
            remove(&file)?;
            let mut command = Command::new("python3");
            command
                .args(["-c", PEER, "import-once"])
                .arg(&file)
                .arg(events);
            best = faster(best, figures_of(&mut command)?);
        }
        remove(&file)?;
        Ok(best)
    }
}

impl Bench {
    /// The import of Polars, into files that are gone afterwards.
    fn import_by_polars(&self, events: &String) -> Result<Option<Value>, String> {
        let folder = self.folder.join("polars");
        let mut best: Option<Value> = None;
        for _ in 0..ROUNDS {
            eprintln!("import: Polars");
            let mut command = Command::new("python3");
            command.args(["-c", POLARS]).arg(&folder).arg(events);
            best = faster(best, figures_of(&mut command)?);
        }
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(best)
    }
}

/// The one that took less time.
fn faster(best: Option<Value>, next: Value) -> Option<Value> {
    let wall = |figures: &Value| figures["wall_s"].as_f64().unwrap_or(f64::INFINITY);
    match best {
        Some(best) if wall(&best) <= wall(&next) => Some(best),
        _ => Some(next),
    }
}

/// What a process prints.
fn figures_of(command: &mut Command) -> Result<Value, String> {
    let name = command.get_program().display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("{name} did not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} ended with {}:\n{said}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{name}: {error}"))
}

/// Whether Python has this package.
fn has_python(package: &str) -> bool {
    let mut command = Command::new("python3");
    let output = command.args(["-c", &format!("import {package}")]).output();
    output.is_ok_and(|output| output.status.success())
}

/// A database and what lies beside it while it is written.
fn files_of(database: &Path) -> impl Iterator<Item = PathBuf> {
    let name = database.display().to_string();
    ["", "-wal", "-shm", ".wal"]
        .into_iter()
        .map(move |end| PathBuf::from(format!("{name}{end}")))
}

fn remove(database: &Path) -> Result<(), String> {
    for file in files_of(database).filter(|file| file.exists()) {
        fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn size_of(database: &Path) -> u64 {
    let sizes = files_of(database).filter_map(|file| file.metadata().ok());
    sizes.map(|found| found.len()).sum()
}

/// How busy the machine is, where the system says so.
fn load_average() -> String {
    let said = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = said.split_whitespace().next();
    first.unwrap_or("unknown").to_owned()
}
