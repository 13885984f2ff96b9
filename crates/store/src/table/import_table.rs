//! The tables among the files of an import: what their rejected rows are read again with.

use rusqlite::params;

use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};

/// A table that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTable {
    /// The line of the import that is its first.
    pub first_line: u64,
    /// What separates its cells.
    pub separator: String,
    /// The line that names the columns, with its line end.
    pub header: Vec<u8>,
    /// The columns that somebody chose: (field, column).
    pub choices: Vec<(String, String)>,
}

impl Reader<'_> {
    /// The tables of an import, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn import_tables(&self, import_id: i64) -> Result<Vec<ImportTable>> {
        let mut all = self.connection.prepare_cached(
            "SELECT first_line, separator, header, choices
             FROM import_table
             WHERE import_id = ?
             ORDER BY first_line",
        )?;
        let mut rows = all.query([import_id])?;
        let mut tables = Vec::new();
        while let Some(row) = rows.next()? {
            let choices: String = row.get(3)?;
            tables.push(ImportTable {
                first_line: row.get(0)?,
                separator: row.get(1)?,
                header: row.get(2)?,
                choices: serde_json::from_str(&choices).map_err(|error| StoreError::Damaged {
                    table: "import_table",
                    row: format!("import {import_id}"),
                    column: "choices",
                    reason: error.to_string(),
                })?,
            });
        }
        Ok(tables)
    }
}

impl Writer<'_> {
    /// Adds the next table of an import.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_import_table(&self, import_id: i64, table: &ImportTable) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO import_table (import_id, first_line, separator, header, choices)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        let choices = table.choices.iter();
        let choices = choices.map(|(field, column)| serde_json::json!([field, column]));
        add.execute(params![
            import_id,
            table.first_line,
            table.separator,
            table.header,
            serde_json::Value::Array(choices.collect()).to_string(),
        ])?;
        Ok(())
    }
}
