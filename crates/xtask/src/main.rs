//! `cargo xtask`: the commands that README gives a fresh machine.
//!
//! `run` sets the machine up, builds the window and opens it; `test` sets it up and runs every
//! check; `bench` measures, `torture` breaks and `bundle` makes a package. Standard library alone, so
//! that it builds in seconds before anything else exists. It must not know the core: it only starts the
//! tools that do.

mod bench;
mod bundle;
mod failure;
mod headless;
mod machine;
mod run;
mod screen;
mod steps;
mod test;
mod tool;
mod torture;
mod tree;

use std::process::ExitCode;

use failure::{Failure, Outcome};

const USAGE: &str = "\
cargo xtask run [--workspace FILE]   set up what is missing, build the window and open it, with
                                     the demo or the workspace FILE; without a display its
                                     picture is saved and the place of it printed
cargo xtask test [FILTER]            set up what is missing and run every check; with FILTER
                                     only the tests whose names contain it
cargo xtask bench [EVENTS]           measure how fast it is with so many events (1,000,000 unless
                                     said), beside DuckDB where Python has it
cargo xtask torture [KILLS] [--minutes N] [--seed N] [--only NAME]
                                     kill it at random moments, fill its disk and damage its file,
                                     for five minutes unless said, and tell what was left
cargo xtask bundle                   set up what is missing and make a package to install, with the
                                     window and the command line (.deb; .dmg on macOS, an installer
                                     on Windows)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["run", rest @ ..] => run_window(rest),
        ["test"] => test::test(None),
        ["test", filter] if !filter.starts_with('-') => test::test(Some(filter)),
        ["bench"] => bench::bench(None),
        ["bench", count] if !count.starts_with('-') => bench::bench(Some(count)),
        ["bundle"] => bundle::bundle(),
        ["torture", rest @ ..] => torture::torture(rest),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => return wrong_usage(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run_window(arguments: &[&str]) -> Outcome {
    match arguments {
        [] | ["--demo"] => run::run(run::Content::Demo),
        ["--workspace", file] => run::run(run::Content::Workspace(file)),
        _ => Err(Failure::new(format!(
            "cargo xtask run: not understood. Usage:\n{USAGE}"
        ))),
    }
}

fn wrong_usage() -> ExitCode {
    eprintln!("Usage:\n{USAGE}");
    ExitCode::from(2)
}
