//! The command line `dwell`: the same engine without a window, for scripts, servers and support shells.
//!
//! Machine output goes to standard output, everything else to standard error. Exit status: 0 done,
//! 1 failed, 2 wrong usage. It holds no rule of its own: every command is a question to `dwell-api`.

mod arguments;
mod command;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

/// Parsing makes and frees millions of small texts across threads: reading rows is about twice as fast
/// with it as with glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What ends a command early.
enum Failure {
    /// Something went wrong: a sentence, exit status 1.
    Failed(String),
    /// The command was used wrongly: a sentence, exit status 2.
    Usage(String),
    /// Nobody reads the output any more.
    OutputClosed,
}

impl From<dwell_api::ApiError> for Failure {
    fn from(error: dwell_api::ApiError) -> Self {
        Self::Failed(error.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Failed(format!("The output cannot be written: {error}.")),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match command::run(&arguments) {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Failed(sentence)) => {
            output::say(&format!("dwell: {sentence}"));
            ExitCode::from(1)
        }
        Err(Failure::Usage(sentence)) => {
            output::say(&format!("dwell: {sentence}"));
            ExitCode::from(2)
        }
    }
}
