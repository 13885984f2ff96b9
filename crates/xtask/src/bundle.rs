//! `cargo xtask bundle`: a package to install, with the window, the command line, icons and an entry in
//! the menu. Optimised over all crates at once, which takes minutes; nothing else is built so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::machine::{Purpose, check_node, install_system_packages};
use crate::steps::Steps;
use crate::tool::{cargo, output_of, show_and_run, tool};
use crate::tree::Tree;

/// The profile of Cargo.toml that is shipped.
const PROFILE: &str = "dist";

/// The kind of package that this system installs, as Tauri's bundler names it.
const KINDS: &str = if cfg!(target_os = "macos") {
    "dmg"
} else if cfg!(windows) {
    "nsis"
} else {
    "deb"
};

/// What a package's name ends in.
const ENDING: &str = if cfg!(windows) { "exe" } else { KINDS };

/// Builds the package and says where it is.
pub(crate) fn bundle() -> Outcome {
    let tree = Tree::find()?;
    let mut steps = Steps::default();
    steps.add("packages of the system", || {
        install_system_packages(Purpose::Window)
    });
    steps.add("packages of the front end", || {
        check_node().and_then(|()| tree.install_npm_packages())
    });
    steps.add("front end", || tree.build_front_end());
    steps.add("command line", || build_command_line(&tree));
    steps.add("window and package", || build_package(&tree));
    steps.run()
}

fn build_command_line(tree: &Tree) -> Outcome {
    let mut build = cargo();
    build.current_dir(&tree.root);
    show_and_run(build.args(["build", "--profile", PROFILE, "--package", "dwell-cli"]))?;
    let made = tree.target.join(PROFILE).join(named("dwell", ""));
    let program = beside_window(tree).with_file_name(named("dwell", &format!("-{}", triple()?)));
    let failed = |error| Failure::new(format!("{} cannot be made: {error}.", program.display()));
    fs::create_dir_all(folder(tree)).map_err(failed)?;
    fs::copy(&made, &program).map(drop).map_err(failed)
}

fn build_package(tree: &Tree) -> Outcome {
    let packages = tree.target.join(PROFILE).join("bundle").join(KINDS);
    // What stands there after this is what was made now.
    if packages.exists() {
        fs::remove_dir_all(&packages).map_err(|error| {
            Failure::new(format!(
                "{} cannot be emptied: {error}.",
                packages.display()
            ))
        })?;
    }
    show_and_run(&mut bundler(tree))?;
    let made = packages_in(&packages)?;
    if made.is_empty() {
        let message = format!("Nothing was made in {}.", packages.display());
        return Err(Failure::new(message));
    }
    for (file, bytes) in made {
        println!("      {} ({:.1} MB)", file.display(), bytes as f64 / 1e6);
    }
    Ok(())
}

/// Tauri's bundler. It knows no workspace: the command line is handed to it as a program that goes
/// beside the window's, and the front end is built already.
fn bundler(tree: &Tree) -> Command {
    let mut bundler = tool("node");
    bundler.current_dir(&tree.root);
    bundler.arg("ui/node_modules/@tauri-apps/cli/tauri.js");
    bundler.args(["build", "--ci", "--bundles", KINDS, "--config"]);
    bundler.arg(config(&beside_window(tree)));
    bundler.args(["--", "--profile", PROFILE]);
    bundler
}

/// What is added to `tauri.conf.json`.
fn config(beside_window: &Path) -> String {
    let path = beside_window.display().to_string().replace('\\', "/");
    let path = path.replace('"', "\\\"");
    format!(r#"{{"build":{{"beforeBuildCommand":""}},"bundle":{{"externalBin":["{path}"]}}}}"#)
}

fn folder(tree: &Tree) -> PathBuf {
    tree.target.join("bundle")
}

/// The command line as the bundler asks for it, which adds what machine it is for to the name.
fn beside_window(tree: &Tree) -> PathBuf {
    folder(tree).join("dwell")
}

fn named(program: &str, of_machine: &str) -> String {
    format!("{program}{of_machine}{}", std::env::consts::EXE_SUFFIX)
}

/// The machine that the compiler builds for.
fn triple() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = output_of(tool(rustc).args(["--version", "--verbose"]))?;
    let told = String::from_utf8_lossy(&told);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc does not say what machine it builds for."))
}

/// The packages in a folder with their sizes; none where there is no folder.
fn packages_in(folder: &Path) -> Outcome<Vec<(PathBuf, u64)>> {
    let failed = |error| Failure::new(format!("{} cannot be read: {error}.", folder.display()));
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let found = entry.metadata().map_err(failed)?;
        // Beside a package the bundler leaves what it was made with.
        let is_package = entry.path().extension().is_some_and(|end| end == ENDING);
        if found.is_file() && is_package {
            files.push((entry.path(), found.len()));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundler_is_given_a_path_in_json() {
        assert_eq!(
            config(Path::new(r#"C:\a "b"\dwell"#)),
            r#"{"build":{"beforeBuildCommand":""},"bundle":{"externalBin":["C:/a \"b\"/dwell"]}}"#
        );
    }
}
