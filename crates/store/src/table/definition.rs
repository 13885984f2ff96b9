//! Session definitions as people typed them.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};

/// A stored definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDefinition {
    /// Number in the workspace; the lowest of an application is the one shown first.
    pub definition_id: i64,
    /// Name.
    pub name: String,
    /// Its JSON.
    pub json: String,
}

impl Reader<'_> {
    /// An application's definitions, the oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn definitions(&self, application_id: i64) -> Result<Vec<StoredDefinition>> {
        let mut all = self.connection.prepare_cached(
            "SELECT definition_id, name, json
             FROM definition
             WHERE application_id = ?
             ORDER BY definition_id",
        )?;
        let rows = all.query_map([application_id], |row| {
            Ok(StoredDefinition {
                definition_id: row.get(0)?,
                name: row.get(1)?,
                json: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Sets the definition of that name, a new one or in place of the old; its sessions must be rebuilt.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_definition(&self, application_id: i64, name: &str, json: &str) -> Result<i64> {
        let known = self
            .connection
            .query_row(
                "SELECT definition_id FROM definition WHERE application_id = ? AND name = ?",
                params![application_id, name],
                |row| row.get(0),
            )
            .optional()?;
        match known {
            Some(definition_id) => {
                self.connection.execute(
                    "UPDATE definition SET json = ? WHERE definition_id = ?",
                    params![json, definition_id],
                )?;
                Ok(definition_id)
            }
            None => {
                self.connection.execute(
                    "INSERT INTO definition (application_id, name, json) VALUES (?, ?, ?)",
                    params![application_id, name, json],
                )?;
                Ok(self.connection.last_insert_rowid())
            }
        }
    }
}
