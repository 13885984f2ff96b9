//! The disk is full: the import says so and leaves nothing, what was there can be read, and with
//! more room it goes on.

use std::process::Command;

use crate::data::{figures, file};
use crate::fault::{Fault, Trial, hold};
use crate::moment::Pace;
use crate::place::{Place, checked, hold_lists, length, lists};
use crate::program::{Program, Running, in_folder, run};
use crate::tally::{Plan, Tally};

/// How it comes to be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// A file system in memory of so many bytes, which needs a machine that lets one be mounted.
    Small,
    /// No file may become longer: the write that would do it fails.
    Limited,
    /// The same, and the program dies of it, at that very byte.
    Deadly,
}

/// A file system in memory with the workspace and the import; what is printed ends with the status.
const SMALL: &str = "
set -e
mkdir small
mount -t tmpfs -o size=$1 tmpfs small
cp w.dwell small/
cd small
set +e
\"$0\" --workspace w.dwell import ../b.jsonl 2>../said
echo $? >../status
\"$0\" --workspace w.dwell event list >../events 2>../said-then
echo $? >../status-then
set -e
mount -o remount,size=1g tmpfs .
cd ..
cp small/w.dwell* .
";

/// Imports on disks that have less and less room, `plan.trials` sizes from none to enough; none
/// where the machine does not let one be mounted.
pub fn full_disks(program: &Program, plan: &Plan, disk: Disk) -> Option<Tally> {
    let mut tally = Tally::new(match disk {
        Disk::Small => "small disk",
        Disk::Limited => "limited file",
        Disk::Deadly => "deadly limit",
    });
    if disk == Disk::Small && !may_mount() {
        return None;
    }
    match Full::new(program, plan) {
        Err(fault) => tally.fail(&fault),
        Ok(full) => {
            while tally.goes_on(plan) {
                let size = full.size(disk, tally.trials, plan.trials);
                match full.base.copy() {
                    Err(fault) => tally.fail(&fault),
                    Ok(place) => tally.row(plan, plan.seed, place, |tally, _, place| {
                        tally.trials += 1;
                        full.fill(tally, place, disk, size)
                    }),
                }
            }
        }
    }
    Some(tally)
}

struct Full<'a> {
    program: &'a Program,
    plan: &'a Plan,
    base: Place,
    before: Vec<String>,
    /// Bytes of the file before.
    before_bytes: u64,
    /// Bytes of the file with which it was done.
    file_bytes: u64,
    /// Bytes of its log.
    log_bytes: u64,
}

impl<'a> Full<'a> {
    fn new(program: &'a Program, plan: &'a Plan) -> Trial<Self> {
        let base = Place::new()?;
        base.file("a.jsonl", file(0, plan.event_count)?)?;
        program.print(base.folder(), &["import", "a.jsonl"])?;
        let before = lists(program, &base)?;
        let before_bytes = length(&base.workspace());
        let trial = base.copy()?;
        trial.file("b.jsonl", file(1, plan.event_count)?)?;
        let import = program.command(trial.folder(), &["import", "b.jsonl"]);
        let (pace, ran) = Pace::of(import, &trial)?;
        hold(ran.status == Some(0), || ran.stderr)?;
        Ok(Self {
            program,
            plan,
            base,
            before,
            before_bytes,
            file_bytes: length(&trial.workspace()),
            log_bytes: pace.log_bytes(),
        })
    }

    /// Of so many sizes the one at this place: of a disk that holds the file and as much as it will,
    /// or of the longest file that is allowed.
    fn size(&self, disk: Disk, place: u64, count: u64) -> u64 {
        let (least, enough) = match disk {
            Disk::Small => (self.before_bytes, self.file_bytes + self.log_bytes),
            Disk::Limited | Disk::Deadly => (0, self.file_bytes.max(self.log_bytes)),
        };
        least + (enough - least) * place / count.max(2)
    }

    fn fill(&self, tally: &mut Tally, place: &Place, disk: Disk, size: u64) -> Trial<()> {
        place.file("b.jsonl", file(1, self.plan.event_count)?)?;
        let told = |fault: Fault| Fault::new(format!("With {size} bytes: {fault}"));
        let is_done = match disk {
            Disk::Small => self.on_a_small_disk(place, size).map_err(told)?,
            _ => self.with_a_limit(place, disk, size).map_err(told)?,
        };
        match is_done {
            true => tally.ended_before += 1,
            false => tally.killed_while_writing += 1,
        }
        let first = figures(0, self.plan.event_count).stored;
        let second = figures(1, self.plan.event_count).stored;
        let wanted = if is_done { first + second } else { first };
        let counted = checked(self.program, place).map_err(told)?;
        tally.compare(wanted, counted).map_err(told)?;
        if !is_done {
            hold_lists(&self.before, self.program, place).map_err(told)?;
            let again = ["import", "b.jsonl"];
            self.program.print(place.folder(), &again).map_err(told)?;
            let counted = checked(self.program, place).map_err(told)?;
            tally.compare(first + second, counted).map_err(told)?;
        }
        Ok(())
    }

    /// Whether the import was done.
    fn with_a_limit(&self, place: &Place, disk: Disk, size: u64) -> Trial<bool> {
        let trap = match disk {
            Disk::Deadly => "",
            _ => "trap '' XFSZ; ",
        };
        let mut shell = Command::new("sh");
        in_folder(&mut shell, place.folder());
        shell
            .arg("-c")
            .arg(format!(
                "{trap}ulimit -f {}; exec \"$0\" \"$@\"",
                size / 512
            ))
            .arg(self.program.binary())
            .args(["--workspace", "w.dwell", "import", "b.jsonl"]);
        if disk == Disk::Deadly {
            Running::start(shell)?.finish()?;
            // It may have died after its last word was written: all of it is there, or nothing.
            return Ok(self
                .program
                .rows(place.folder(), &["imports", "list"])?
                .len()
                == 2);
        }
        let ran = run(shell)?;
        refused_plainly(ran.status, &ran.stderr)
    }

    /// Whether the import was done; a failure says that the disk is full.
    fn on_a_small_disk(&self, place: &Place, size: u64) -> Trial<bool> {
        // The file system itself takes a page for every name, and counts whole pages.
        let size = size.next_multiple_of(4096) + 2 * 4096;
        let mut shell = in_a_namespace();
        in_folder(&mut shell, place.folder());
        shell.args(["sh", "-c", SMALL]);
        shell.arg(self.program.binary()).arg(size.to_string());
        let ran = run(shell)?;
        hold(ran.status == Some(0), || ran.stderr)?;
        let read = |name: &str| std::fs::read_to_string(place.path(name));
        let said = read("said")?;
        let is_done = refused_plainly(read("status")?.trim().parse().ok(), &said)?;
        hold(is_done || said.contains("full"), || {
            format!("It does not say that the disk is full: {said}")
        })?;
        hold(read("status-then")?.trim() == "0", || {
            format!(
                "It could not be read then: {}",
                read("said-then").unwrap_or_default()
            )
        })?;
        hold(is_done || read("events")? == self.before[0], || {
            "Other events were read then.".to_owned()
        })?;
        Ok(is_done)
    }
}

/// One sentence with the name of the file, where it failed.
fn refused_plainly(status: Option<i32>, said: &str) -> Trial<bool> {
    match status {
        Some(0) => Ok(true),
        Some(1) if said.lines().count() == 1 && said.contains("w.dwell") => Ok(false),
        _ => Err(Fault::new(format!("It ended with {status:?}: {said}"))),
    }
}

/// What is mounted there is seen nowhere else, and is gone with the last program in it.
fn in_a_namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount"]);
    command
}

fn may_mount() -> bool {
    let script = "mount -t tmpfs -o size=64k tmpfs /tmp && mount -o remount,size=1m /tmp";
    in_a_namespace()
        .args(["sh", "-c", script])
        .output()
        .is_ok_and(|output| output.status.success())
}
