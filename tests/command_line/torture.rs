//! Faults in small figures, with the trials that `cargo xtask torture` runs for hours.

use std::path::Path;

use dwell_torture::{
    Disk, Plan, Program, Tally, cancels, flips, full_disks, imports, migrations, rebuilds, table,
};

use super::runner::{Dwell, binary};

const SEED: u64 = 20_260_310;

fn program() -> Program {
    Program::new(&binary()).expect("dwell is built with cargo build -p dwell-cli")
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(file, mode).expect("ours");
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

fn plan(trials: u64, event_count: u64) -> Plan {
    Plan {
        trials,
        until: None,
        event_count,
        seed: SEED,
        keeps: true,
    }
}

/// Nothing was found, by trials that were really made.
fn holds(tally: Tally, trials: u64) {
    let text = table(std::slice::from_ref(&tally));
    println!("seed {SEED}\n{text}");
    assert_eq!(tally.trials, trials, "\n{text}");
    assert!(tally.faults.is_empty(), "seed {SEED}\n{text}");
}

/// The control: trials that find nothing prove something only where they can find it.
#[test]
fn a_program_that_takes_a_file_in_two_steps_is_found_out() {
    if !cfg!(unix) {
        println!("skipped: it is a shell script");
        return;
    }
    let dwell = Dwell::new();
    let two_steps = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\nif [ \"$3\" = import ]; then\n  \
         case \"$4\" in *.gz) gzip -dc \"$4\";; *) cat \"$4\";; esac >whole\n  \
         head -n 250 whole >1.jsonl\n  tail -n +251 whole >2.jsonl\n  \
         exec {0} \"$1\" \"$2\" import 1.jsonl 2.jsonl\nfi\nexec {0} \"$@\"\n",
        binary().display()
    );
    let script = dwell.file("dwell.sh", two_steps);
    make_executable(&script);
    let plan = Plan {
        keeps: false,
        ..plan(50, 500)
    };
    let tally = imports(&Program::new(&script).expect("written"), &plan);
    let text = table(std::slice::from_ref(&tally));
    println!("{text}");
    assert!(!tally.faults.is_empty(), "{text}");
}

#[test]
fn an_import_that_is_killed_is_wholly_there_or_not_at_all() {
    let tally = imports(&program(), &plan(300, 500));
    assert!(tally.killed_before_writing + tally.killed_while_writing >= 150);
    holds(tally, 300);
}

#[test]
fn a_rebuild_that_is_killed_at_any_moment_leaves_rules_and_sessions_that_belong_together() {
    holds(rebuilds(&program(), &plan(50, 2_000)), 50);
}

#[test]
fn an_opening_that_is_killed_while_it_brings_a_workspace_up_to_date_loses_nothing() {
    holds(migrations(&program(), &plan(50, 0)), 50);
}

#[test]
fn a_byte_that_is_another_one_is_told_or_changes_nothing() {
    holds(flips(&program(), &plan(64, 500)), 64);
}

#[test]
fn an_import_that_is_interrupted_stops_at_once_and_leaves_nothing_half() {
    if cfg!(unix) {
        holds(cancels(&program(), &plan(20, 3_000)), 20);
    }
}

#[test]
fn on_a_full_disk_an_import_says_so_leaves_nothing_and_goes_on_with_more_room() {
    match full_disks(&program(), &plan(20, 1_000), Disk::Small) {
        Some(tally) => holds(tally, 20),
        None => println!("skipped, a full disk: this machine lets no file system be mounted"),
    }
}

#[test]
fn a_write_that_fails_is_told_and_leaves_nothing() {
    if cfg!(unix) {
        let tally = full_disks(&program(), &plan(20, 1_000), Disk::Limited);
        holds(tally.expect("nothing is mounted"), 20);
    }
}

#[test]
fn a_write_that_the_program_dies_of_leaves_nothing_half() {
    if cfg!(unix) {
        let tally = full_disks(&program(), &plan(20, 1_000), Disk::Deadly);
        holds(tally.expect("nothing is mounted"), 20);
    }
}
