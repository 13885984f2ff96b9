//! Session definitions as people typed them.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};

/// A stored definition.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDefinition {
    /// Number in the workspace; the lowest of an application is the one shown first.
    pub definition_id: i64,
    /// Name.
    pub name: String,
    /// Its JSON.
    pub json: String,
    /// The version of the zone data that its sessions were built with; blank where none were.
    pub zone_data: String,
    /// How long building all its sessions took, and for how many events, where that was done at once.
    pub build: Option<(f64, u64)>,
}

/// What a definition was before a person changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionEdit {
    /// Number in the workspace; the newest is undone first.
    pub edit_id: i64,
    /// Its number before; `None` where it did not exist.
    pub definition_id: Option<i64>,
    /// Its JSON before; `None` where it did not exist.
    pub json: Option<String>,
    /// When it was changed, UTC ms.
    pub edited_at_ms: i64,
}

/// So many changes of a definition can be undone.
const KEPT_EDITS: i64 = 50;

impl Reader<'_> {
    /// An application's definitions, the oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn definitions(&self, application_id: i64) -> Result<Vec<StoredDefinition>> {
        let mut all = self.connection.prepare_cached(
            "SELECT definition_id, name, json, zone_data, build_seconds, build_event_count
             FROM definition
             WHERE application_id = ?
             ORDER BY definition_id",
        )?;
        let rows = all.query_map([application_id], |row| {
            Ok(StoredDefinition {
                definition_id: row.get(0)?,
                name: row.get(1)?,
                json: row.get(2)?,
                zone_data: row.get(3)?,
                build: row
                    .get::<_, Option<f64>>(4)?
                    .zip(row.get::<_, Option<u64>>(5)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Names of definitions that are no more and can be brought back, sorted.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn removed_definitions(&self, application_id: i64) -> Result<Vec<String>> {
        let mut all = self.connection.prepare_cached(
            "SELECT name
             FROM definition_edit
             WHERE definition_edit_id IN (
                 SELECT max(definition_edit_id)
                 FROM definition_edit
                 WHERE application_id = ?1
                 GROUP BY name)
               AND json IS NOT NULL
               AND name NOT IN (SELECT name FROM definition WHERE application_id = ?1)
             ORDER BY name",
        )?;
        let rows = all.query_map([application_id], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest change of a definition of that name, whether it still exists or not.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_edit(&self, application_id: i64, name: &str) -> Result<Option<DefinitionEdit>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT definition_edit_id, definition_id, json, edited_at_ms
             FROM definition_edit
             WHERE application_id = ? AND name = ?
             ORDER BY definition_edit_id DESC
             LIMIT 1",
        )?;
        let found = newest.query_row(params![application_id, name], |row| {
            Ok(DefinitionEdit {
                edit_id: row.get(0)?,
                definition_id: row.get(1)?,
                json: row.get(2)?,
                edited_at_ms: row.get(3)?,
            })
        });
        Ok(found.optional()?)
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
                // One that was removed and comes back stands where it stood, and the ids of its sessions
                // go on finding them; no other ever gets its number.
                self.connection.execute(
                    "INSERT INTO definition (definition_id, application_id, name, json)
                     SELECT coalesce(
                         (SELECT definition_id
                          FROM definition_edit
                          WHERE application_id = ?1 AND name = ?2 AND definition_id IS NOT NULL
                          ORDER BY definition_edit_id DESC
                          LIMIT 1),
                         1 + max(
                           (SELECT coalesce(max(definition_id), 0) FROM definition),
                           (SELECT coalesce(max(definition_id), 0) FROM definition_edit),
                           (SELECT coalesce(max(definition_id), 0) FROM former_session))),
                       ?1, ?2, ?3",
                    params![application_id, name, json],
                )?;
                self.live.forget();
                Ok(self.connection.last_insert_rowid())
            }
        }
    }

    /// Notes which zone data a definition's sessions were built with, and how long that took for how
    /// many events, where all were built at once.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn note_build(
        &self,
        definition_id: i64,
        zone_data: &str,
        build: Option<(f64, u64)>,
    ) -> Result<()> {
        self.connection.execute(
            "UPDATE definition
             SET zone_data = ?2,
               build_seconds = coalesce(?3, build_seconds),
               build_event_count = coalesce(?4, build_event_count)
             WHERE definition_id = ?1",
            params![
                definition_id,
                zone_data,
                build.map(|(seconds, _)| seconds),
                build.map(|(_, events)| events),
            ],
        )?;
        Ok(())
    }

    /// Remembers what a definition was before a change.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_edit(
        &self,
        application_id: i64,
        name: &str,
        before: Option<(i64, &str)>,
        now_ms: i64,
    ) -> Result<()> {
        self.connection.execute(
            "INSERT INTO definition_edit (application_id, name, definition_id, json, edited_at_ms)
             VALUES (?, ?, ?, ?, ?)",
            params![
                application_id,
                name,
                before.map(|(definition_id, _)| definition_id),
                before.map(|(_, json)| json),
                now_ms
            ],
        )?;
        self.connection.execute(
            "DELETE FROM definition_edit
             WHERE application_id = ?1 AND name = ?2
               AND definition_edit_id NOT IN (
                 SELECT definition_edit_id
                 FROM definition_edit
                 WHERE application_id = ?1 AND name = ?2
                 ORDER BY definition_edit_id DESC
                 LIMIT ?3)",
            params![application_id, name, KEPT_EDITS],
        )?;
        Ok(())
    }

    /// Forgets a change that was undone.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_edit(&self, edit_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM definition_edit WHERE definition_edit_id = ?",
            [edit_id],
        )?;
        Ok(())
    }

    /// Removes a definition with its sessions, whose ids are remembered.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_definition(&self, definition_id: i64) -> Result<()> {
        self.drop_sessions(definition_id)?;
        self.connection.execute(
            "DELETE FROM definition WHERE definition_id = ?",
            [definition_id],
        )?;
        Ok(())
    }
}
