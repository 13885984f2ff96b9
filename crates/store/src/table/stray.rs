//! Where an owner's sessions can still change although later ones are final: for each such place a time,
//! so that nobody has to look for it among all sessions.
//!
//! Nearly always what can change is the newest, and there is no row.

use rusqlite::params;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;

impl Reader<'_> {
    /// The times (UTC ms) of an owner's strays, ascending.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn strays(&self, definition_id: i64, owner: Owner) -> Result<Vec<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT time_ms
             FROM stray
             WHERE definition_id = ? AND owner_id = ?
             ORDER BY time_ms",
        )?;
        let rows = all.query_map(params![definition_id, owner.id()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Puts the times of an owner's strays, ascending, in place of those that were there.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn put_strays(&self, definition_id: i64, owner: Owner, times_ms: &[i64]) -> Result<()> {
        let known = self.strays(definition_id, owner)?;
        if known == times_ms {
            return Ok(());
        }
        if !known.is_empty() {
            let mut remove = self
                .connection
                .prepare_cached("DELETE FROM stray WHERE definition_id = ? AND owner_id = ?")?;
            remove.execute(params![definition_id, owner.id()])?;
        }
        let mut add = self.connection.prepare_cached(
            "INSERT INTO stray (definition_id, owner_id, time_ms)
             VALUES (?, ?, ?)",
        )?;
        for time_ms in times_ms {
            add.execute(params![definition_id, owner.id(), time_ms])?;
        }
        Ok(())
    }

    /// Forgets those of a definition.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn drop_strays(&self, definition_id: i64) -> Result<()> {
        self.connection
            .execute("DELETE FROM stray WHERE definition_id = ?", [definition_id])?;
        Ok(())
    }
}
