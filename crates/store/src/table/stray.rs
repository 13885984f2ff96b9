//! Where an owner's sessions can still change although later ones are final, so that nobody has to look
//! for it among all sessions.
//!
//! Nearly always what can change is the newest, and there is no row.

use rusqlite::params;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// Something that can change, and is not where it is looked for. Times are UTC ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stray {
    /// The start of a session, or the time of an event without one.
    pub time_ms: i64,
    /// Which of the two.
    pub is_session: bool,
    /// When it is final, where nothing is added to it and nothing before it can change then; the least
    /// integer where that is not known.
    pub until_ms: i64,
}

impl Reader<'_> {
    /// An owner's strays, ascending.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn strays(&self, definition_id: i64, owner: Owner) -> Result<Vec<Stray>> {
        let mut all = self.connection.prepare_cached(
            "SELECT time_ms, is_session, until_ms
             FROM stray
             WHERE definition_id = ? AND owner_id = ?
             ORDER BY time_ms, is_session",
        )?;
        let rows = all.query_map(params![definition_id, owner.id()], |row| {
            Ok(Stray {
                time_ms: row.get(0)?,
                is_session: row.get(1)?,
                until_ms: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Puts an owner's strays, ascending, in place of those that are there.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn put_strays(
        &self,
        definition_id: i64,
        owner: Owner,
        known: &[Stray],
        strays: &[Stray],
    ) -> Result<()> {
        if known == strays {
            return Ok(());
        }
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM stray
             WHERE definition_id = ? AND owner_id = ? AND time_ms = ? AND is_session = ?",
        )?;
        for old in known.iter().filter(|old| !strays.contains(old)) {
            let place = params![definition_id, owner.id(), old.time_ms, old.is_session];
            remove.execute(place)?;
        }
        let mut add = self.connection.prepare_cached(
            "INSERT INTO stray (definition_id, owner_id, time_ms, is_session, until_ms)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        for new in strays.iter().filter(|new| !known.contains(new)) {
            add.execute(params![
                definition_id,
                owner.id(),
                new.time_ms,
                new.is_session,
                new.until_ms
            ])?;
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
