//! Finds the owner of a session by the session's id, which is not stored.

use rusqlite::params;
use uuid::Uuid;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// The first 8 bytes of an id: hashed already, and different for different sessions but for chance.
fn fingerprint(session_id: Uuid) -> i64 {
    session_id.as_u64_pair().0.cast_signed()
}

impl Reader<'_> {
    /// Whoever may have the session of that id under a definition: the session's owner is among them,
    /// if there is such a session.
    pub(crate) fn session_owners(
        &self,
        definition_id: i64,
        session_id: Uuid,
    ) -> Result<Vec<Owner>> {
        let mut owners = self.connection.prepare_cached(
            "SELECT owner_id
             FROM session_key
             WHERE definition_id = ? AND fingerprint = ?",
        )?;
        let bound = params![definition_id, fingerprint(session_id)];
        let rows = owners.query_map(bound, |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Notes whose session it is.
    pub(crate) fn add_session_key(
        &self,
        definition_id: i64,
        session_id: Uuid,
        owner: Owner,
    ) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO session_key (definition_id, fingerprint, owner_id)
             VALUES (?, ?, ?)",
        )?;
        add.execute(params![definition_id, fingerprint(session_id), owner.id()])?;
        Ok(())
    }

    /// Forgets whose session it was. Another one of the same owner with the same fingerprint would not
    /// be found any more: of ids that are hashes there are no two.
    pub(crate) fn remove_session_key(
        &self,
        definition_id: i64,
        session_id: Uuid,
        owner: Owner,
    ) -> Result<()> {
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM session_key
             WHERE definition_id = ? AND fingerprint = ? AND owner_id = ?",
        )?;
        remove.execute(params![definition_id, fingerprint(session_id), owner.id()])?;
        Ok(())
    }

    /// Forgets all of a definition.
    pub(crate) fn drop_session_keys(&self, definition_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM session_key WHERE definition_id = ?",
            [definition_id],
        )?;
        Ok(())
    }
}
