//! Sessions of a person and lists of sessions.

use rusqlite::params;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::error::Result;
use crate::file::Reader;
use crate::owner::Owner;
use crate::table::session::{SESSION, SessionRecord, session};

/// Which sessions of a definition.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionFilter {
    /// Of a person.
    pub person: Option<Owner>,
    /// Of a device's number.
    pub device_number: Option<i64>,
    /// Started at or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Started before, UTC ms.
    pub to_ms: Option<i64>,
}

impl Reader<'_> {
    /// Walks a definition's sessions by stream (devices by their ids, then users) and start.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn sessions(
        &self,
        application_id: i64,
        definition_id: i64,
        filter: &SessionFilter,
        mut each: impl FnMut(SessionRecord) -> Result<()>,
    ) -> Result<()> {
        let mut owners = self.connection.prepare_cached(
            "SELECT owner_id FROM (
               SELECT 0 AS kind, key, device_id * 2 AS owner_id
               FROM device
               WHERE application_id = ?1
               UNION ALL
               SELECT 1, key, user_id * 2 + 1
               FROM user
               WHERE application_id = ?1
             )
             ORDER BY kind, key",
        )?;
        let mut of_owner = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ?1
               AND owner_id = ?2
               AND (?3 IS NULL OR person_id = ?3)
               AND (?4 IS NULL OR device_id = ?4)
               AND (?5 IS NULL OR started_at_ms >= ?5)
               AND (?6 IS NULL OR started_at_ms < ?6)
             ORDER BY started_at_ms, session_id"
        ))?;
        let mut owners = owners.query([application_id])?;
        while let Some(owner) = owners.next()? {
            let mut rows = of_owner.query(params![
                definition_id,
                owner.get::<_, i64>(0)?,
                filter.person.map(Owner::id),
                filter.device_number,
                filter.from_ms,
                filter.to_ms,
            ])?;
            while let Some(row) = rows.next()? {
                each(session(row)?)?;
            }
        }
        Ok(())
    }

    /// A person's sessions that lie in or across `from_ms..to_ms`, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_of_person(
        &self,
        definition_id: i64,
        person: Owner,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let mut some = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND person_id = ? AND started_at_ms < ? AND ended_at_ms >= ?
             ORDER BY started_at_ms, session_id"
        ))?;
        let mut rows = some.query(params![definition_id, person.id(), to_ms, from_ms])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
    }

    /// The latest end of a person's sessions that start before a moment, and the earliest start of
    /// those that start at or after another.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_beyond(
        &self,
        definition_id: i64,
        person: Owner,
        before_ms: i64,
        from_ms: i64,
    ) -> Result<(Option<i64>, Option<i64>)> {
        let mut beyond = self.connection.prepare_cached(
            "SELECT
               (SELECT max(started_at_ms) FROM session
                 WHERE definition_id = ?1 AND person_id = ?2 AND started_at_ms < ?3),
               (SELECT min(started_at_ms) FROM session
                 WHERE definition_id = ?1 AND person_id = ?2 AND started_at_ms >= ?4)",
        )?;
        Ok(beyond.query_row(
            params![definition_id, person.id(), before_ms, from_ms],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }

    /// A session's neighbours among its person's sessions by start, and its place among them, from 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn neighbours(
        &self,
        of: &SessionRecord,
    ) -> Result<(Option<SessionRecord>, Option<SessionRecord>, u32)> {
        let person = of.person.id();
        let earlier = self.beside(of, "person_id", person, Side::Before)?;
        let later = self.beside(of, "person_id", person, Side::After)?;
        Ok((earlier, later, self.session_number(of)?))
    }

    /// A session's place among its person's sessions of its definition by start, from 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_number(&self, of: &SessionRecord) -> Result<u32> {
        let mut count = self.connection.prepare_cached(
            "SELECT count(*)
             FROM session
             WHERE definition_id = ? AND person_id = ? AND (started_at_ms, session_id) <= (?, ?)",
        )?;
        let (person, id) = (of.person.id(), of.session_id.as_bytes());
        let bound = params![of.definition_id, person, of.started_at_ms, id];
        Ok(count.query_row(bound, |row| row.get(0))?)
    }

    /// The places of all sessions of a definition among their person's, by their ids.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_numbers(&self, definition_id: i64) -> Result<FxHashMap<Uuid, u32>> {
        let mut all = self.connection.prepare_cached(
            "SELECT session_id, row_number() OVER (
               PARTITION BY person_id
               ORDER BY started_at_ms, session_id)
             FROM session
             WHERE definition_id = ?",
        )?;
        let rows = all.query_map([definition_id], |row| {
            Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The session of the same owner before this one by start: what its start reason speaks of.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn previous_in_stream(&self, of: &SessionRecord) -> Result<Option<SessionRecord>> {
        self.beside(of, "owner_id", of.owner.id(), Side::Before)
    }

    /// The session of the same owner after this one by start: what can have closed it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_in_stream(&self, of: &SessionRecord) -> Result<Option<SessionRecord>> {
        self.beside(of, "owner_id", of.owner.id(), Side::After)
    }

    /// The session next to one by start, among those of its definition that share a column's value.
    fn beside(
        &self,
        of: &SessionRecord,
        column: &'static str,
        value: i64,
        side: Side,
    ) -> Result<Option<SessionRecord>> {
        let (than, direction) = match side {
            Side::Before => ("<", "DESC"),
            Side::After => (">", "ASC"),
        };
        let mut one = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND {column} = ?
               AND (started_at_ms, session_id) {than} (?, ?)
             ORDER BY started_at_ms {direction}, session_id {direction}
             LIMIT 1"
        ))?;
        let id = of.session_id.as_bytes();
        let mut rows = one.query(params![of.definition_id, value, of.started_at_ms, id])?;
        rows.next()?.map(session).transpose()
    }
}

/// On which side of a session another stands.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}
