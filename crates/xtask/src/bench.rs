//! `cargo xtask bench`: builds the program that measures, as fast as it is shipped but for the
//! optimisation over all crates at once, which takes minutes, and runs it.

use crate::failure::Outcome;
use crate::tool::{cargo, show_and_run, tool};
use crate::tree::Tree;

/// Measures with so many events; one million where none is said.
pub(crate) fn bench(event_count: Option<&str>) -> Outcome {
    let tree = Tree::find()?;
    let mut build = cargo();
    build.current_dir(&tree.root);
    show_and_run(build.args(["build", "--release", "--package", "dwell-bench"]))?;
    let name = format!("dwell-bench{}", std::env::consts::EXE_SUFFIX);
    let mut run = tool(tree.target.join("release").join(name));
    run.arg(event_count.unwrap_or("1000000"));
    show_and_run(run.arg(tree.target.join("bench")))
}
