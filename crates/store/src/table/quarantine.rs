//! Rows that could not be taken, with their place and reason.

use rusqlite::params;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::table::import_part::{JOIN_PART, PART_FILE, PART_LINE};

/// A rejected row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Number.
    pub quarantine_id: i64,
    /// The import.
    pub import_id: i64,
    /// Application's name.
    pub application: String,
    /// The file's name; of a part of a folder or an archive, with theirs before it.
    pub file_name: String,
    /// Line in that file, from 1.
    pub line: u64,
    /// Column, from 1, where known.
    pub column: Option<u64>,
    /// Stable code.
    pub reason: String,
    /// Field; blank where the whole row is meant.
    pub field: String,
    /// The reason in plain words.
    pub sentence: String,
    /// The row, or its first 4 KiB.
    pub excerpt: Vec<u8>,
    /// Whether only its beginning was kept.
    pub is_truncated: bool,
}

/// Rejected rows of one import with one reason and field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineGroup {
    /// Stable code.
    pub reason: String,
    /// Field.
    pub field: String,
    /// How many.
    pub row_count: u64,
    /// The file of the first, as [`QuarantineRow::file_name`].
    pub file_name: String,
    /// Line of the first in that file.
    pub first_line: u64,
    /// Sentence of the first.
    pub sentence: String,
    /// The beginning of the first row.
    pub excerpt: Vec<u8>,
}

impl Reader<'_> {
    /// Walks the rejected rows of an application, or of all, by import and line.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn quarantine(
        &self,
        application: Option<&str>,
        mut each: impl FnMut(QuarantineRow) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT quarantine_id, r.import_id, a.name, {PART_FILE}, {PART_LINE}, column_number,
               reason, field, sentence, excerpt, is_truncated
             FROM quarantine r
             JOIN import i ON i.import_id = r.import_id
             JOIN application a USING (application_id)
             {JOIN_PART}
             WHERE ?1 IS NULL OR a.name = ?1
             ORDER BY r.import_id, r.line, quarantine_id"
        ))?;
        let mut rows = all.query([application])?;
        while let Some(row) = rows.next()? {
            each(QuarantineRow {
                quarantine_id: row.get(0)?,
                import_id: row.get(1)?,
                application: row.get(2)?,
                file_name: row.get(3)?,
                line: row.get(4)?,
                column: row.get(5)?,
                reason: row.get(6)?,
                field: row.get(7)?,
                sentence: row.get(8)?,
                excerpt: row.get(9)?,
                is_truncated: row.get(10)?,
            })?;
        }
        Ok(())
    }

    /// The rejected rows of one import by reason and field, the largest group first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn quarantine_groups(&self, import_id: i64) -> Result<Vec<QuarantineGroup>> {
        let mut groups = self.connection.prepare_cached(&format!(
            "SELECT g.reason, g.field, g.row_count, {PART_LINE}, r.sentence,
               substr(r.excerpt, 1, 800), {PART_FILE}
             FROM (
               SELECT reason, field, count(*) AS row_count, min(quarantine_id) AS first_id
               FROM quarantine
               WHERE import_id = ?
               GROUP BY reason, field
             ) g
             JOIN quarantine r ON r.quarantine_id = g.first_id
             JOIN import i ON i.import_id = r.import_id
             {JOIN_PART}
             ORDER BY g.row_count DESC, r.line"
        ))?;
        let rows = groups.query_map([import_id], |row| {
            Ok(QuarantineGroup {
                reason: row.get(0)?,
                field: row.get(1)?,
                row_count: row.get(2)?,
                first_line: row.get(3)?,
                sentence: row.get(4)?,
                excerpt: row.get(5)?,
                file_name: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A rejected row as it is to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// Number.
    pub quarantine_id: i64,
    /// The line of the import.
    pub line: u64,
    /// The line of the import that is its file's first.
    pub file_first_line: u64,
    /// Stable code.
    pub reason: String,
    /// Field; blank where the whole row is meant.
    pub field: String,
    /// What was said of it before, as a JSON list.
    pub fixes: Option<String>,
    /// The row, or its beginning.
    pub bytes: Vec<u8>,
    /// Whether only its beginning was kept.
    pub is_truncated: bool,
}

/// So many rows are read at a time, which may change before the next are.
const ROWS_AT_A_TIME: u32 = 2_000;

impl Reader<'_> {
    /// The next rejected rows of an import after one, by line; none where that was the last.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn kept_rows(&self, import_id: i64, after_id: i64) -> Result<Vec<KeptRow>> {
        // Rows of one import stand together: its index has them in another order.
        let mut some = self.connection.prepare_cached(&format!(
            "SELECT quarantine_id, r.line, coalesce(p.first_line, 1), reason, field, fixes, excerpt,
               is_truncated
             FROM quarantine r
             {JOIN_PART}
             WHERE quarantine_id > ? AND +r.import_id = ?
             ORDER BY quarantine_id
             LIMIT ?"
        ))?;
        let rows = some.query_map(params![after_id, import_id, ROWS_AT_A_TIME], |row| {
            Ok(KeptRow {
                quarantine_id: row.get(0)?,
                line: row.get(1)?,
                file_first_line: row.get(2)?,
                reason: row.get(3)?,
                field: row.get(4)?,
                fixes: row.get(5)?,
                bytes: row.get(6)?,
                is_truncated: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Why a row is none still, after something was said of it.
#[derive(Clone, Copy, Debug)]
pub struct NewReason<'a> {
    /// Column, from 1, where known.
    pub column: Option<u64>,
    /// Stable code.
    pub reason: &'a str,
    /// Field; blank where the whole row is meant.
    pub field: &'a str,
    /// The reason in plain words.
    pub sentence: &'a str,
    /// What was said of it, as a JSON list.
    pub fixes: &'a str,
}

/// A row to be put aside.
#[derive(Clone, Copy, Debug)]
pub struct NewQuarantineRow<'a> {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1, where known.
    pub column: Option<u64>,
    /// Stable code.
    pub reason: &'a str,
    /// Field; blank where the whole row is meant.
    pub field: &'a str,
    /// The reason in plain words.
    pub sentence: &'a str,
    /// The row, or its beginning.
    pub excerpt: &'a [u8],
    /// Whether only its beginning was kept.
    pub is_truncated: bool,
}

impl Writer<'_> {
    /// Puts a row aside.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_to_quarantine(&self, import_id: i64, row: &NewQuarantineRow<'_>) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO quarantine (import_id, line, column_number, reason, field, sentence,
               excerpt, is_truncated)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        add.execute(params![
            import_id,
            row.line,
            row.column,
            row.reason,
            row.field,
            row.sentence,
            row.excerpt,
            row.is_truncated,
        ])?;
        Ok(())
    }

    /// Takes a row out of the quarantine.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_from_quarantine(&self, quarantine_id: i64) -> Result<()> {
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM quarantine WHERE quarantine_id = ?")?;
        remove.execute([quarantine_id])?;
        Ok(())
    }

    /// Gives a row that stays in the quarantine another reason.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn reject_again(&self, quarantine_id: i64, new: &NewReason<'_>) -> Result<()> {
        let mut change = self.connection.prepare_cached(
            "UPDATE quarantine
             SET column_number = ?2, reason = ?3, field = ?4, sentence = ?5, fixes = ?6
             WHERE quarantine_id = ?1",
        )?;
        change.execute(params![
            quarantine_id,
            new.column,
            new.reason,
            new.field,
            new.sentence,
            new.fixes,
        ])?;
        Ok(())
    }
}
