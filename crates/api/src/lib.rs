//! Every question that a front end may ask, as plain functions with typed requests, answers and coded
//! errors. Owns the flow import → store → sessionize in one transaction. Knows no window and no
//! command line.

pub mod backup;
pub mod catalog;
pub mod check;
pub mod day;
pub mod definition;
pub mod demo;
pub mod derived;
pub mod device;
pub mod error;
pub mod event;
pub mod export;
pub mod find;
pub mod forget;
pub mod import;
pub mod live;
pub mod lock;
pub mod person;
pub mod quarantine;
pub mod rows;
pub mod session;
pub mod settings;
pub mod source;
pub mod timeline;
pub mod what_if;
pub mod workspace;

mod derive;
mod explained;
mod meter;
mod zone_data;

pub use error::{ApiError, ErrorCode, Result};
pub use workspace::Workspace;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A wish to stop a long job: it stops soon, and nothing is changed.
#[derive(Clone, Debug, Default)]
pub struct Cancel(pub(crate) Arc<AtomicBool>);

impl Cancel {
    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// For walks that are not ours.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        match self.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        match self.is_cancelled() {
            true => Err(ApiError::cancelled()),
            false => Ok(()),
        }
    }
}
