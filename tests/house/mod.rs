//! The rules of the house, read from the manifests and the sources. Each is one check that is also
//! shown to fail on a bad example. They know nothing of what the code does.

mod arrows;
mod code_map;
mod sources;

use std::path::PathBuf;

/// The repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
