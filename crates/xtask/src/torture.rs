//! `cargo xtask torture`: builds the program as fast as it is shipped, and the one that kills it, and
//! runs that.

use crate::failure::Outcome;
use crate::tool::{cargo, show_and_run, tool};
use crate::tree::Tree;

/// Kills with these arguments: how often, how long, from which seed.
pub(crate) fn torture(arguments: &[&str]) -> Outcome {
    let tree = Tree::find()?;
    let mut build = cargo();
    build.current_dir(&tree.root);
    let packages = ["--package", "dwell-cli", "--package", "dwell-torture"];
    show_and_run(build.args(["build", "--release"]).args(packages))?;
    let built = |name: &str| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        tree.target.join("release").join(file)
    };
    show_and_run(
        tool(built("dwell-torture"))
            .arg(built("dwell"))
            .args(arguments),
    )
}
