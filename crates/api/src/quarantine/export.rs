//! Rejected rows written as they came, so that somebody mends them in an editor and imports them again.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use dwell_store::Reader;
use dwell_store::table::import_table::ImportTable;
use dwell_store::table::quarantine::KeptRow;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{ApiError, ErrorCode, Result};
use crate::person::answer;
use crate::workspace::Workspace;

/// Asks for rejected rows as they came.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct RejectedExportRequest {
    /// Of these imports, in this order.
    pub import_ids: Vec<i64>,
    /// Only those with a reason of this code.
    #[serde(default)]
    #[ts(optional)]
    pub reason: Option<String>,
    /// Only those with this field; blank where the whole row is meant.
    #[serde(default)]
    #[ts(optional)]
    pub field: Option<String>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
pub struct RejectedExport {
    /// Rows.
    pub rows: u64,
    /// Those of which only the beginning was kept.
    pub cut_off: u64,
    /// The columns that somebody chose for the import: to be chosen again (field, column).
    pub choices: Vec<(String, String)>,
}

/// Writes rejected rows, of a table below the line that names its columns.
///
/// # Errors
/// Where there is no such import or row, where the rows are of tables with other columns or partly of none,
/// or where `out` cannot be written; only the last can have written something.
pub fn export(
    workspace: &Workspace,
    request: &RejectedExportRequest,
    out: &mut dyn Write,
) -> Result<RejectedExport> {
    answer(workspace, |reader| {
        let table = shape(reader, request)?;
        write(reader, request, table.as_ref(), out)
    })
}

/// As [`export`], to a file, which is made or replaced.
///
/// # Errors
/// As [`export`].
pub fn export_file(
    workspace: &Workspace,
    request: &RejectedExportRequest,
    path: &Path,
) -> Result<RejectedExport> {
    answer(workspace, |reader| {
        // A file is not made for what cannot be written.
        let table = shape(reader, request)?;
        let unwritten = |error: std::io::Error| {
            let message = format!("{} cannot be written: {error}.", path.display());
            ApiError::new(ErrorCode::Storage, message)
        };
        let mut out = BufWriter::new(File::create(path).map_err(unwritten)?);
        let written = write(reader, request, table.as_ref(), &mut out)?;
        out.into_inner()
            .map_err(|error| unwritten(error.into_error()))?
            .sync_all()
            .map_err(unwritten)?;
        Ok(written)
    })
}

/// Walks the rows that are asked for, each with the table that it is of.
fn each(
    reader: &Reader<'_>,
    request: &RejectedExportRequest,
    mut take: impl FnMut(&KeptRow, Option<&ImportTable>) -> Result<()>,
) -> Result<()> {
    for import_id in &request.import_ids {
        if reader.import(*import_id)?.is_none() {
            return Err(ApiError::not_found(format!(
                "There is no import {import_id}."
            )));
        }
        let tables = reader.import_tables(*import_id)?;
        let mut after_id = i64::MIN;
        loop {
            let rows = reader.kept_rows(*import_id, after_id)?;
            let Some(last) = rows.last() else { break };
            after_id = last.quarantine_id;
            for row in &rows {
                let is =
                    |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|w| w == is);
                if is(&request.reason, &row.reason) && is(&request.field, &row.field) {
                    let of_file = |table: &&ImportTable| table.first_line == row.file_first_line;
                    take(row, tables.iter().find(of_file))?;
                }
            }
        }
    }
    Ok(())
}

/// The table that all rows are of; none where they are of JSON.
fn shape(reader: &Reader<'_>, request: &RejectedExportRequest) -> Result<Option<ImportTable>> {
    let mut shape: Option<Option<ImportTable>> = None;
    each(reader, request, |_, table| match &shape {
        None => {
            shape = Some(table.cloned());
            Ok(())
        }
        Some(known) if is_alike(known.as_ref(), table) => Ok(()),
        Some(_) => Err(ApiError::bad_input(
            "These rows come from files with other columns, which cannot stand in one file. Export the \
             rows of one import, or of one reason, at a time.",
        )),
    })?;
    shape.ok_or_else(|| ApiError::not_found("There are no such rejected rows."))
}

fn is_alike(one: Option<&ImportTable>, other: Option<&ImportTable>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one.separator == other.separator
                && one.header.trim_ascii_end() == other.header.trim_ascii_end()
                && one.choices == other.choices
        }
        _ => false,
    }
}

fn write(
    reader: &Reader<'_>,
    request: &RejectedExportRequest,
    table: Option<&ImportTable>,
    out: &mut dyn Write,
) -> Result<RejectedExport> {
    let failed = |error: std::io::Error| {
        ApiError::new(
            ErrorCode::Storage,
            format!("The rows cannot be written: {error}."),
        )
    };
    let mut written = RejectedExport::default();
    if let Some(table) = table {
        written.choices.clone_from(&table.choices);
        out.write_all(table.header.trim_ascii_end())
            .map_err(failed)?;
        out.write_all(b"\n").map_err(failed)?;
    }
    each(reader, request, |row, _| {
        match table {
            Some(_) => out.write_all(&row.bytes).map_err(failed)?,
            None => out.write_all(&on_one_line(&row.bytes)).map_err(failed)?,
        }
        out.write_all(b"\n").map_err(failed)?;
        written.rows += 1;
        written.cut_off += u64::from(row.is_truncated);
        Ok(())
    })?;
    out.flush().map_err(failed)?;
    Ok(written)
}

/// An element of a JSON list may stand on several lines; between its parts a line end is as good as a
/// space.
fn on_one_line(row: &[u8]) -> Vec<u8> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    row.iter()
        .map(|byte| if is_end(byte) { b' ' } else { *byte })
        .collect()
}
