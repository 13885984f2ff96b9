//! The sessions of live applications of which something is still to be told: those that close after
//! the moment up to which all was told. They are few beside all the others, which have closed.

use std::cell::RefCell;

use rusqlite::params;
use rustc_hash::FxHashMap;

use super::session::SessionRecord;
use super::session::row::CLOSES_AT_MS;
use crate::cell;
use crate::error::Result;
use crate::file::{Reader, Writer};

/// The definitions of live applications with the moments up to which all was told, UTC ms; read once in
/// a transaction, as every session that is written asks for them.
#[derive(Debug, Default)]
pub(crate) struct LiveDefinitions(RefCell<Option<FxHashMap<i64, i64>>>);

impl LiveDefinitions {
    /// The moment up to which all was told of a definition; `None` where its application is not live.
    fn through_ms(&self, reader: &Reader<'_>, definition_id: i64) -> Result<Option<i64>> {
        if let Some(known) = &*self.0.borrow() {
            return Ok(known.get(&definition_id).copied());
        }
        let mut all = reader.connection.prepare_cached(
            "SELECT definition_id, emitted_through_ms
             FROM definition
             JOIN application USING (application_id)
             WHERE emitted_through_ms IS NOT NULL",
        )?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let read = rows.collect::<rusqlite::Result<FxHashMap<i64, i64>>>()?;
        let found = read.get(&definition_id).copied();
        *self.0.borrow_mut() = Some(read);
        Ok(found)
    }

    /// Has them read again: a definition is new, or an application is live that was not.
    pub(crate) fn forget(&self) {
        *self.0.borrow_mut() = None;
    }
}

impl Writer<'_> {
    /// Notes a session that is written, where something of it is still to be told.
    pub(super) fn add_open_session(&self, new: &SessionRecord) -> Result<()> {
        let through_ms = self.live.through_ms(self, new.definition_id)?;
        if through_ms.is_none_or(|through_ms| new.closes_at_ms <= through_ms) {
            return Ok(());
        }
        let mut add = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO open_session (definition_id, closes_at_ms, owner_id,
               started_at_ms, first_arrived_id)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        add.execute(params![
            new.definition_id,
            new.closes_at_ms,
            new.owner.id(),
            new.started_at_ms,
            cell::of_event_id(&new.first_arrived_id),
        ])?;
        Ok(())
    }

    /// Forgets a session that is no more, or changes.
    pub(super) fn remove_open_session(&self, old: &SessionRecord) -> Result<()> {
        let through_ms = self.live.through_ms(self, old.definition_id)?;
        if through_ms.is_none_or(|through_ms| old.closes_at_ms <= through_ms) {
            return Ok(());
        }
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM open_session
             WHERE definition_id = ?
               AND closes_at_ms = ?
               AND owner_id = ?
               AND started_at_ms = ?
               AND first_arrived_id = ?",
        )?;
        remove.execute(params![
            old.definition_id,
            old.closes_at_ms,
            old.owner.id(),
            old.started_at_ms,
            cell::of_event_id(&old.first_arrived_id),
        ])?;
        Ok(())
    }

    /// Forgets those of a definition.
    pub(super) fn drop_open_sessions(&self, definition_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM open_session WHERE definition_id = ?",
            [definition_id],
        )?;
        Ok(())
    }

    /// Makes them those that close after the moment up to which all was told of an application, when
    /// that moment moves (UTC ms). All its sessions are looked at only where it was not live before,
    /// or where the moment moves back.
    pub(super) fn refresh_open_sessions(
        &self,
        application_id: i64,
        before_ms: Option<i64>,
        through_ms: i64,
    ) -> Result<()> {
        self.live.forget();
        for stored in self.definitions(application_id)? {
            let definition_id = stored.definition_id;
            if before_ms.is_some_and(|before_ms| before_ms <= through_ms) {
                let mut told = self.connection.prepare_cached(
                    "DELETE FROM open_session
                     WHERE definition_id = ? AND closes_at_ms <= ?",
                )?;
                told.execute([definition_id, through_ms])?;
                continue;
            }
            let mut add = self.connection.prepare_cached(&format!(
                "INSERT OR IGNORE INTO open_session (definition_id, closes_at_ms, owner_id,
                   started_at_ms, first_arrived_id)
                 SELECT definition_id, {CLOSES_AT_MS}, owner_id, started_at_ms, first_arrived_id
                 FROM session
                 WHERE definition_id = ? AND {CLOSES_AT_MS} > ?"
            ))?;
            add.execute([definition_id, through_ms])?;
        }
        Ok(())
    }
}
