//! What the machine must have besides Rust: Debian packages, Node, rustfmt and clippy. Missing
//! packages are installed on Debian and Ubuntu; elsewhere they are named.

use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::tool::{cargo, find, output_of, show_and_run, tool};

/// What every build of the window needs.
const BUILD_PACKAGES: &[&str] = &[
    "build-essential",
    "ca-certificates",
    "file",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "patchelf",
    "pkg-config",
];

/// What the window needs where there is no display, and the picture of it; fonts for the names of
/// people, from Latin to Chinese.
const HEADLESS_PACKAGES: &[&str] = &[
    "dbus",
    "dbus-x11",
    "fonts-dejavu-core",
    "fonts-droid-fallback",
    "imagemagick",
    "libgl1-mesa-dri",
    "xauth",
    "xvfb",
];

/// What the tests need to drive the window.
const TEST_PACKAGES: &[&str] = &["webkit2gtk-driver", "xdotool"];

/// The oldest Node that the front end's tools run on: major and minor.
const NODE_AT_LEAST: (u32, u32) = (20, 19);

/// What the machine is set up for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Purpose {
    /// Build the window and open it on the display that is there.
    Window,
    /// Build it and open it without a display.
    WindowWithoutDisplay,
    /// Build it and drive it from tests.
    Test,
}

/// Installs the Debian packages that are missing; on another system says what it needs.
pub(crate) fn install_system_packages(purpose: Purpose) -> Outcome {
    if !cfg!(target_os = "linux") {
        println!("      nothing to do: only Linux needs packages of the system");
        return Ok(());
    }
    let wanted = packages_for(purpose);
    if find("apt-get").is_none() || find("dpkg-query").is_none() {
        println!("      this is no Debian or Ubuntu: have the counterparts of these packages");
        println!("      installed: {}", wanted.join(" "));
        return Ok(());
    }
    let missing = missing_of(&wanted)?;
    if missing.is_empty() {
        println!(
            "      nothing to do: all {} packages are there",
            wanted.len()
        );
        return Ok(());
    }
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    show_and_run(&mut apt_get(&["update"], &missing)?)?;
    let install = [
        &["install", "--yes", "--no-install-recommends"],
        missing.as_slice(),
    ]
    .concat();
    show_and_run(&mut apt_get(&install, &missing)?)
}

fn packages_for(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Window => BUILD_PACKAGES.to_vec(),
        Purpose::WindowWithoutDisplay => [BUILD_PACKAGES, HEADLESS_PACKAGES].concat(),
        Purpose::Test => [BUILD_PACKAGES, HEADLESS_PACKAGES, TEST_PACKAGES].concat(),
    }
}

fn missing_of(wanted: &[&str]) -> Outcome<Vec<String>> {
    // dpkg-query ends with 1 where it does not know a name, and still tells of all the others.
    let output = tool("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("Could not start dpkg-query: {error}.")))?;
    Ok(not_installed(
        wanted,
        &String::from_utf8_lossy(&output.stdout),
    ))
}

/// The wanted packages that dpkg's list, `NAME STATUS` a line, does not call installed.
fn not_installed(wanted: &[&str], dpkg_list: &str) -> Vec<String> {
    let is_installed = |name: &str| {
        dpkg_list
            .lines()
            .any(|line| line == format!("{name} installed"))
    };
    wanted
        .iter()
        .filter(|name| !is_installed(name))
        .map(ToString::to_string)
        .collect()
}

/// `apt-get` that asks nothing and waits for its lock, through sudo where we are not root.
fn apt_get(arguments: &[&str], missing: &[&str]) -> Outcome<Command> {
    let by_hand = || format!("As root: apt-get install {}", missing.join(" "));
    let mut command = match output_of(tool("id").arg("-u"))?.trim_ascii() {
        b"0" => tool("env"),
        _ if find("sudo").is_some() => {
            let mut sudo = tool("sudo");
            sudo.arg("env");
            sudo
        }
        _ => {
            return Err(Failure::new(format!(
                "System packages are missing, and this is neither root nor is there a sudo to \
                 install them with. {}",
                by_hand()
            )));
        }
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command.args([
        "--quiet",
        "-o",
        "DPkg::Lock::Timeout=300",
        "-o",
        "Dpkg::Use-Pty=0",
    ]);
    command.args(arguments);
    Ok(command)
}

/// Fails where Node is missing or too old.
pub(crate) fn check_node() -> Outcome {
    let (major, minor) = NODE_AT_LEAST;
    let wanted = format!("Dwell's window is built with Node {major}.{minor} or newer");
    let version = output_of(tool("node").arg("--version")).map_err(|failure| {
        Failure::new(format!(
            "{wanted}, and there is none: https://nodejs.org. {failure}"
        ))
    })?;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    if major_and_minor(&version).is_none_or(|found| found < NODE_AT_LEAST) {
        return Err(Failure::new(format!(
            "{wanted}; this machine has {version}."
        )));
    }
    println!("      node {version}");
    Ok(())
}

/// `v20.19.1` -> (20, 19).
fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Adds rustfmt and clippy where rustup can; a toolchain of the minimal profile lacks them.
pub(crate) fn add_rust_components() -> Outcome {
    let has = |subcommand: &str| output_of(cargo().args([subcommand, "--version"])).is_ok();
    if has("fmt") && has("clippy") {
        println!("      nothing to do: rustfmt and clippy are there");
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(Failure::new(
            "The checks need rustfmt and clippy, and there is no rustup to add them: install \
             them the way Rust was installed.",
        ));
    }
    show_and_run(tool("rustup").args(["component", "add", "rustfmt", "clippy"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_missing_unless_dpkg_calls_it_installed() {
        let list = "xvfb installed\nfile config-files\nxvfb-extra installed\n";
        assert_eq!(
            not_installed(&["xvfb", "file", "xauth"], list),
            ["file", "xauth"]
        );
        assert!(not_installed(&["xvfb"], list).is_empty());
    }

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(major_and_minor("v20.19.1"), Some((20, 19)));
        assert_eq!(major_and_minor("v22.2.0"), Some((22, 2)));
        assert_eq!(major_and_minor("unknown"), None);
        assert!((20, 9) < NODE_AT_LEAST && (22, 2) > NODE_AT_LEAST);
    }
}
