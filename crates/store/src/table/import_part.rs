//! The files of an import that is a folder or an archive, and which of them a line of the import is in.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};

/// A file of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPart {
    /// Its path within the folder or archive.
    pub name: String,
    /// The format that it was read as; blank where it was left out.
    pub format: String,
    /// The line of the import that is its first; none where it was left out.
    pub first_line: Option<u64>,
    /// Why it was left out, as a sentence.
    pub left_out: Option<String>,
}

/// Joins the part that a row's line is in, where its import has parts. The row's table is `r`.
pub(crate) const JOIN_PART: &str = "LEFT JOIN import_part p ON p.import_part_id = (
           SELECT import_part_id
           FROM import_part o
           WHERE o.import_id = r.import_id AND o.first_line <= r.line
           ORDER BY o.first_line DESC
           LIMIT 1
         )";
/// The file's name of a row with [`JOIN_PART`], its folder or archive before it. The import is `i`.
pub(crate) const PART_FILE: &str = "i.file_name || coalesce('/' || p.name, '')";
/// The line of such a row in its file.
pub(crate) const PART_LINE: &str = "r.line - coalesce(p.first_line, 1) + 1";

impl Reader<'_> {
    /// The files of an import that is a folder or an archive, in order; else none.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn import_parts(&self, import_id: i64) -> Result<Vec<ImportPart>> {
        let mut parts = self.connection.prepare_cached(
            "SELECT name, format, first_line, left_out
             FROM import_part
             WHERE import_id = ?
             ORDER BY import_part_id",
        )?;
        let rows = parts.query_map([import_id], |row| {
            Ok(ImportPart {
                name: row.get(0)?,
                format: row.get(1)?,
                first_line: row.get(2)?,
                left_out: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Where a line of an import stands: the file, its folder or archive before it, and the line in it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn place_in_import(&self, import_id: i64, line: u64) -> Result<Option<(String, u64)>> {
        let mut place = self.connection.prepare_cached(&format!(
            "SELECT {PART_FILE}, {PART_LINE}
             FROM (SELECT ?1 AS import_id, ?2 AS line) r
             JOIN import i USING (import_id)
             {JOIN_PART}"
        ))?;
        Ok(place
            .query_row(params![import_id, line], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?)
    }
}

impl Writer<'_> {
    /// Adds the next file of an import.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_import_part(&self, import_id: i64, part: &ImportPart) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO import_part (import_id, name, format, first_line, left_out)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        add.execute(params![
            import_id,
            part.name,
            part.format,
            part.first_line,
            part.left_out,
        ])?;
        Ok(())
    }
}
