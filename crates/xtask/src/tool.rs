//! Starting other programs: what is run is printed, and a failure names it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};

/// Variables that `cargo run` adds for xtask alone. A cargo started from here must not see them,
/// or builds started by hand and builds started by xtask would look different to build scripts.
const CARGO_RUN_ADDS: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "LD_LIBRARY_PATH"];

/// The program with this machine's environment, without what `cargo run` added for xtask.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let added = |prefix: &str| name.to_string_lossy().starts_with(prefix);
        if CARGO_RUN_ADDS.iter().any(|prefix| added(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo that started xtask.
pub(crate) fn cargo() -> Command {
    tool(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Prints the command, runs it with its output on the terminal and waits for its end.
pub(crate) fn show_and_run(command: &mut Command) -> Outcome {
    let line = line_of(command);
    println!("      {line}");
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("Could not start `{line}`: {error}.")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("`{line}` ended with {status}."))),
    }
}

/// Standard output of a command that must succeed; what it writes on standard error goes into the
/// failure.
pub(crate) fn output_of(command: &mut Command) -> Outcome<Vec<u8>> {
    let line = line_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("Could not start `{line}`: {error}.")))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(Failure::new(format!(
            "`{line}` ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

/// Asks a process to end (`TERM`) or ends it (`KILL`). By the shell's own `kill`: the program of
/// that name is not on every machine.
pub(crate) fn signal(name: &str, process_id: u32) -> Outcome {
    let process_id = process_id.to_string();
    output_of(tool("sh").args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &process_id])).map(drop)
}

/// Where PATH finds the program, if anywhere.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The command as a person would type it; the program without its folder.
pub(crate) fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_named_in_the_failure() {
        let failure = show_and_run(cargo().arg("--no-such-option"))
            .unwrap_err()
            .to_string();
        assert!(
            failure.contains("--no-such-option` ended with"),
            "{failure}"
        );
    }

    #[test]
    fn a_program_that_is_missing_is_named_in_the_failure() {
        let failure = output_of(&mut tool("no-such-program-at-all"))
            .unwrap_err()
            .to_string();
        assert!(
            failure.starts_with("Could not start `no-such-program-at-all`"),
            "{failure}"
        );
    }
}
