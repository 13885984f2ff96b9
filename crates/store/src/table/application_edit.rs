//! What applications were before a person changed them.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};

/// What an application's zone was before a person changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneEdit {
    /// Number in the workspace; the newest is undone first.
    pub edit_id: i64,
    /// The zone before.
    pub zone: String,
    /// When it was changed, UTC ms.
    pub edited_at_ms: i64,
}

/// So many changes of an application can be undone.
const KEPT_EDITS: i64 = 50;

impl Reader<'_> {
    /// The newest change of an application's zone that was not undone.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_zone_edit(&self, application_id: i64) -> Result<Option<ZoneEdit>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT application_edit_id, zone, edited_at_ms
             FROM application_edit
             WHERE application_id = ?
             ORDER BY application_edit_id DESC
             LIMIT 1",
        )?;
        let found = newest.query_row([application_id], |row| {
            Ok(ZoneEdit {
                edit_id: row.get(0)?,
                zone: row.get(1)?,
                edited_at_ms: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }
}

impl Writer<'_> {
    /// Remembers what an application's zone was before a change.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_zone_edit(&self, application_id: i64, zone: &str, now_ms: i64) -> Result<()> {
        self.connection.execute(
            "INSERT INTO application_edit (application_id, zone, edited_at_ms)
             VALUES (?, ?, ?)",
            params![application_id, zone, now_ms],
        )?;
        self.connection.execute(
            "DELETE FROM application_edit
             WHERE application_id = ?1
               AND application_edit_id NOT IN (
                 SELECT application_edit_id
                 FROM application_edit
                 WHERE application_id = ?1
                 ORDER BY application_edit_id DESC
                 LIMIT ?2)",
            [application_id, KEPT_EDITS],
        )?;
        Ok(())
    }

    /// Forgets a change that was undone.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_zone_edit(&self, edit_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM application_edit WHERE application_edit_id = ?",
            [edit_id],
        )?;
        Ok(())
    }
}
