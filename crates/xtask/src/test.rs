//! `cargo xtask test`: everything that must hold, from the first space of the layout to a click in
//! the real window.

use std::process::Command;

use crate::failure::Outcome;
use crate::machine::{Purpose, add_rust_components, check_node, install_system_packages};
use crate::steps::Steps;
use crate::tool::{cargo, show_and_run};
use crate::tree::Tree;

/// Sets the machine up and runs every check; with a filter only the tests whose names contain it,
/// and what they need built.
pub(crate) fn test(filter: Option<&str>) -> Outcome {
    let tree = Tree::find()?;
    let mut steps = Steps::default();
    steps.add("packages of the system", || {
        install_system_packages(Purpose::Test)
    });
    steps.add("packages of the front end", || {
        check_node().and_then(|()| tree.install_npm_packages())
    });
    if filter.is_none() {
        steps.add("rustfmt and clippy", add_rust_components);
        steps.add("layout of the Rust code", || {
            show_and_run(
                cargo()
                    .current_dir(&tree.root)
                    .args(["fmt", "--all", "--check"]),
            )
        });
        steps.add("layout, lints and types of the front end", || {
            ["format:check", "lint", "check"]
                .iter()
                .try_for_each(|script| show_and_run(&mut tree.npm(&["run", script])))
        });
    }
    // The window's binary takes the built front end in, so even its lints need ui/dist.
    steps.add("front end", || tree.build_front_end());
    if filter.is_none() {
        steps.add("lints of the Rust code", || {
            let mut clippy = tree.cargo_workspace("clippy");
            show_and_run(clippy.args(["--all-targets", "--", "--deny", "warnings"]))
        });
    }
    steps.add("tests of the front end", || {
        let mut npm = tree.npm(&["test"]);
        if let Some(filter) = filter {
            npm.args(["--", "--testNamePattern", filter]);
        }
        show_and_run(&mut npm)
    });
    steps.add("window and command line", || tree.build_binaries());
    steps.add(
        "tests of the crates, the command line and the window",
        || {
            let mut tests = tree.cargo_workspace("test");
            tests.args(filter);
            show_and_run(in_the_real_window(&mut tests))
        },
    );
    if !cfg!(target_os = "linux") {
        println!("The window is driven by tests on Linux only; here those tests skip.");
    }
    steps.run()
}

/// Where the window can be driven, a test that cannot drive it fails instead of skipping.
fn in_the_real_window(tests: &mut Command) -> &mut Command {
    match cfg!(target_os = "linux") {
        true => tests.env("DWELL_REQUIRE_WINDOW", "1"),
        false => tests,
    }
}
