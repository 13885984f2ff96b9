//! Rejected rows: listing them, mending and reading them again, writing them to a file; and copies of
//! events that differ from the one that counts.

mod export;
mod fix;
mod group;
mod retry;

use serde::Serialize;

use crate::error::Result;
use crate::person::answer;
use crate::workspace::Workspace;

pub use export::{RejectedExport, RejectedExportRequest, export, export_file};
pub use fix::{Fix, FixKind};
pub use group::{Ask, AskKind, FixGroup, FixGroupsRequest, FixOffer, groups};
pub use retry::{GroupFixes, GroupRetry, Retry, RetryPhase, RetryProgress, RetryRequest, retry};

/// A rejected row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuarantineRow {
    /// Application.
    pub application: String,
    /// Import.
    pub import_id: i64,
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in bytes, from 1, where known.
    pub column: Option<u64>,
    /// Stable code.
    pub reason: String,
    /// Field; blank where the whole row is meant.
    pub field: String,
    /// The reason in plain words.
    pub message: String,
    /// The row; bytes that are no UTF-8 are shown as U+FFFD.
    pub row: String,
    /// Whether only the row's first 4 KiB were kept.
    pub truncated: bool,
}

/// A copy of an event that differs from the one that counts in more than its arrival.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConflictRow {
    /// Import.
    pub import_id: i64,
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Event.
    pub event_id: String,
    /// What differs, in words.
    pub differs: String,
}

/// Walks the rejected rows of an application, or of all, by import and line.
///
/// # Errors
/// Where the file cannot be read, or what `each` fails with.
pub fn list(
    workspace: &Workspace,
    application: Option<&str>,
    mut each: impl FnMut(QuarantineRow) -> Result<()>,
) -> Result<()> {
    answer(workspace, |reader| {
        let mut outcome = Ok(());
        reader.quarantine(application, |row| {
            if outcome.is_ok() {
                outcome = each(QuarantineRow {
                    application: row.application,
                    import_id: row.import_id,
                    file: row.file_name,
                    line: row.line,
                    column: row.column,
                    reason: row.reason,
                    field: row.field,
                    message: row.sentence,
                    row: String::from_utf8_lossy(&row.excerpt).into_owned(),
                    truncated: row.is_truncated,
                });
            }
            Ok(())
        })?;
        outcome
    })
}

/// All conflicting copies of an application, or of all, by import and line.
///
/// # Errors
/// Where the file cannot be read.
pub fn conflicts(workspace: &Workspace, application: Option<&str>) -> Result<Vec<ConflictRow>> {
    answer(workspace, |reader| {
        let rows = reader.conflicts(application, None, u32::MAX)?;
        Ok(rows
            .into_iter()
            .map(|row| ConflictRow {
                import_id: row.import_id,
                file: row.file_name,
                line: row.line,
                event_id: row.event_id,
                differs: row.differs,
            })
            .collect())
    })
}
