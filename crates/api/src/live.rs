//! What happens by itself in an open workspace: events of live applications are told when the clock
//! passes them.

use std::sync::Arc;

use dwell_runtime::SystemClock;
pub use dwell_runtime::{Emitted, Scheduler};

use crate::error::{ApiError, ErrorCode, Result};
use crate::workspace::Workspace;

/// Tells what is due in a workspace from now on, until what is returned is dropped. `tell` hears
/// what was told, and why something could not be told, which is tried again. That another program
/// writes just now is no failure, and not heard.
///
/// # Errors
/// Where the system starts no thread.
pub fn start(
    workspace: &Workspace,
    mut tell: impl FnMut(Result<Vec<Emitted>>) + Send + 'static,
) -> Result<Scheduler> {
    let (store, clock) = (Arc::clone(&workspace.store), Arc::new(SystemClock));
    let hear = move |told: std::result::Result<_, _>| match told.map_err(ApiError::from) {
        Err(error) if error.code == ErrorCode::Locked => {}
        told => tell(told),
    };
    Scheduler::start(store, clock, hear).map_err(|error| {
        let message = format!("Sessions cannot be closed by the clock: {error}.");
        ApiError::new(ErrorCode::Storage, message)
    })
}

#[cfg(test)]
mod tests;
