//! The places in this repository and the builds in it. Every build names the whole workspace and
//! the same features: cargo joins the features of what it builds together, so `--package` for one
//! and `--workspace` for another would compile tokio, and all above it, twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::failure::{Failure, Outcome};
use crate::tool::{cargo, show_and_run, tool};

/// The repository and the folder that cargo builds into.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Tree {
    /// Finds both: cargo names the crate's folder, and xtask's binary is in `<target>/debug`.
    pub(crate) fn find() -> Outcome<Self> {
        let unknown = |what: &str| Failure::new(format!("{what}: start it as `cargo xtask`."));
        let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .ok_or_else(|| unknown("xtask does not know its folder"))?;
        let binary = std::env::current_exe()
            .map_err(|error| unknown(&format!("xtask does not know its binary ({error})")))?;
        match (crate_folder.ancestors().nth(2), binary.ancestors().nth(2)) {
            (Some(root), Some(target)) => Ok(Self {
                root: root.into(),
                target: target.into(),
            }),
            _ => Err(unknown("xtask does not know its folder")),
        }
    }

    /// The window's binary, made by [`Tree::build_binaries`].
    pub(crate) fn app_binary(&self) -> PathBuf {
        self.target
            .join("debug")
            .join(format!("dwell-app{}", std::env::consts::EXE_SUFFIX))
    }

    /// `cargo SUBCOMMAND` over the whole workspace with the window's feature.
    pub(crate) fn cargo_workspace(&self, subcommand: &str) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command.args([subcommand, "--workspace", "--features", "custom-protocol"]);
        command
    }

    /// Builds the window and the command line, as they are for a person and for the tests.
    pub(crate) fn build_binaries(&self) -> Outcome {
        show_and_run(&mut self.cargo_workspace("build"))
    }

    /// `npm` in `ui/`.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        let mut command = tool(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.current_dir(self.root.join("ui")).args(arguments);
        command
    }

    /// Installs the front end's packages, unless those of this very lock file are there.
    pub(crate) fn install_npm_packages(&self) -> Outcome {
        let lock = read(&self.root.join("ui/package-lock.json"))?;
        let stamp = self.stamp("installed");
        if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
            println!("      nothing to do: the packages of package-lock.json are there");
            return Ok(());
        }
        // npm ci empties node_modules first, and the stamp goes with it.
        show_and_run(&mut self.npm(&["ci", "--no-audit", "--no-fund"]))?;
        write(&stamp, &lock)
    }

    /// Builds the front end into `ui/dist`, unless nothing in `ui/` changed since the last time.
    /// Skipping matters beyond its own time: fresh files in `ui/dist` make cargo link again.
    pub(crate) fn build_front_end(&self) -> Outcome {
        let ui = self.root.join("ui");
        let sources = inventory(&ui)?;
        let stamp = self.stamp("built");
        let built = ui.join("dist/index.html").is_file();
        if built && fs::read(&stamp).is_ok_and(|last| last == sources.as_bytes()) {
            println!("      nothing to do: ui/ is as it was when ui/dist was built");
            return Ok(());
        }
        show_and_run(&mut self.npm(&["run", "build"]))?;
        write(&stamp, sources.as_bytes())
    }

    /// Notes of what was done live where npm's own do: `npm ci` and `rm -r` drop them together.
    fn stamp(&self, name: &str) -> PathBuf {
        self.root
            .join("ui/node_modules")
            .join(format!(".dwell-{name}"))
    }
}

/// Every file below `folder` with size and time of change, one a line, in a fixed order; what
/// npm and vite write is left out.
fn inventory(folder: &Path) -> Outcome<String> {
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error| Failure::new(format!("Could not read {folder:?}: {error}."));
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let metadata = entry.metadata().map_err(unreadable)?;
            let name = entry.file_name();
            let written_by_tools = ["node_modules", "dist", "coverage"]
                .iter()
                .any(|&n| name == n);
            if metadata.is_dir() && !written_by_tools {
                folders.push(entry.path());
            } else if metadata.is_file() {
                let changed_ns = metadata
                    .modified()
                    .ok()
                    .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
                    .map_or(0, |since| since.as_nanos());
                lines.push(format!(
                    "{:?} {} {changed_ns}\n",
                    entry.path(),
                    metadata.len()
                ));
            }
        }
    }
    lines.sort();
    Ok(lines.concat())
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    fs::read(file).map_err(|error| Failure::new(format!("Could not read {file:?}: {error}.")))
}

fn write(file: &Path, content: &[u8]) -> Outcome {
    fs::write(file, content)
        .map_err(|error| Failure::new(format!("Could not write {file:?}: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_sees_new_changed_and_removed_files_but_not_what_tools_write() {
        let folder = std::env::temp_dir().join(format!("dwell-inventory-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("dist")).unwrap();
        fs::write(folder.join("src/a.ts"), "1").unwrap();
        let first = inventory(&folder).unwrap();

        fs::write(folder.join("dist/index.html"), "built").unwrap();
        assert_eq!(inventory(&folder).unwrap(), first);

        fs::write(folder.join("src/b.ts"), "1").unwrap();
        let with_new = inventory(&folder).unwrap();
        assert_ne!(with_new, first);

        fs::write(folder.join("src/b.ts"), "12").unwrap();
        assert_ne!(inventory(&folder).unwrap(), with_new);

        fs::remove_file(folder.join("src/b.ts")).unwrap();
        assert_eq!(inventory(&folder).unwrap(), first);
        fs::remove_dir_all(folder).unwrap();
    }
}
