//! Sessions as the sessionizer made them, and the ids that sessions once had.
//!
//! They are clustered by definition, owner and start. A session's id is not stored: it follows from the
//! names of its definition and the event that arrived first.

mod members;
pub(crate) mod row;

use dwell_model::{EndReason, StartKind, StartReason};
use rusqlite::{OptionalExtension, ToSql, params};
use uuid::Uuid;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;
pub use members::Members;
use row::{Names, SESSION};

/// One session of one definition. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Definition's number.
    pub definition_id: i64,
    /// Whose stream it is of.
    pub owner: Owner,
    /// Id (sessions, section 6): the one that follows from the names of its definition and from
    /// `first_arrived_id`.
    pub session_id: Uuid,
    /// First extending event, which is its first event of any role.
    pub started_at_ms: i64,
    /// Last extending event.
    pub ended_at_ms: i64,
    /// Sessions, section 3.1.
    pub closes_at_ms: i64,
    /// Sessions, section 4.1.
    pub expires_at_ms: i64,
    /// Why it started.
    pub start_reason: StartReason,
    /// What gave `closes_at_ms` its value; never `open`.
    pub close_reason: EndReason,
    /// cold, warm or none.
    pub start_kind: StartKind,
    /// Events in it.
    pub event_count: u32,
    /// Sessions, section 3.5.
    pub engaged_ms: i64,
    /// Events that arrived late.
    pub late_count: u32,
    /// Born after its own grace.
    pub is_late_born: bool,
    /// Whether it can change though it has expired by the newest arrival among its owner's events: it
    /// is late-born, or a session before it in order can change. What has not expired can change
    /// anyway, and all else is final (sessions, section 4.2).
    pub outlives_expiry: bool,
    /// Whether its owner is a device on which several people have events. By this their sessions are
    /// found among those of the others.
    pub is_of_shared_stream: bool,
    /// The user that it knows.
    pub user_number: Option<i64>,
    /// Its device.
    pub device_number: Option<i64>,
    /// Whose timeline it stands in.
    pub person: Owner,
    /// The event that gave it its id.
    pub first_arrived_id: Box<str>,
    /// When that event arrived.
    pub first_arrival_ms: i64,
    /// Time of its last event of any role.
    pub last_time_ms: i64,
    /// Its events.
    pub members: Members,
    /// What a gameplay definition says of it, as JSON.
    pub gameplay: Option<Box<str>>,
}

impl SessionRecord {
    /// Whether an event is in it, of those of its owner that its definition does not ignore.
    pub fn holds(&self, event_number: i64, time_ms: i64) -> bool {
        match &self.members {
            Members::Run => (self.started_at_ms..=self.last_time_ms).contains(&time_ms),
            Members::Listed(numbers) => numbers.binary_search(&event_number).is_ok(),
        }
    }

    /// By start; two of one start by their ids.
    pub(crate) fn order(&self) -> (i64, Uuid) {
        (self.started_at_ms, self.session_id)
    }
}

/// What a session that was written came in place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The session of its id that stood there until now.
    pub displaced: Option<SessionRecord>,
    /// Whether its id was that of a session that had been removed.
    pub was_former: bool,
}

impl Reader<'_> {
    /// A session by its id.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session(&self, session_id: Uuid) -> Result<Option<SessionRecord>> {
        for names in self.names_of_definitions()? {
            let found = self.session_of_definition(&names, session_id)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn session_of_definition(
        &self,
        names: &Names,
        session_id: Uuid,
    ) -> Result<Option<SessionRecord>> {
        for owner in self.session_owners(names.definition_id, session_id)? {
            let mut starts = self.connection.prepare_cached(
                "SELECT started_at_ms, first_arrived_id
                 FROM session
                 WHERE definition_id = ? AND owner_id = ?",
            )?;
            let mut rows = starts.query([names.definition_id, owner.id()])?;
            let mut event_id = String::new();
            while let Some(row) = rows.next()? {
                event_id.clear();
                let is_read = cell::push_event_id(row.get_ref(1)?, &mut event_id);
                if is_read && names.session_id(&event_id) == session_id {
                    let at_ms: i64 = row.get(0)?;
                    let here = self.sessions_in(names, owner, at_ms, at_ms)?;
                    return Ok(here.into_iter().find(|one| one.session_id == session_id));
                }
            }
        }
        Ok(None)
    }

    /// The definition and the event of a session's id that is no more.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn former_session(&self, session_id: Uuid) -> Result<Option<(i64, String)>> {
        let mut one = self.connection.prepare_cached(
            "SELECT definition_id, event_id
             FROM former_session
             WHERE session_id = ?",
        )?;
        let found = one.query_row([session_id.as_bytes()], |row| {
            Ok((row.get(0)?, cell::to_event_id(row.get_ref(1)?)))
        });
        Ok(found
            .optional()?
            .and_then(|(definition_id, id)| Some((definition_id, id?))))
    }

    /// The sessions of an owner whose events lie across a moment.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_across(
        &self,
        definition_id: i64,
        owner: Owner,
        time_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let names = self.names_of_definition(definition_id)?;
        self.sessions_by(
            &names,
            "WHERE definition_id = ?1
               AND owner_id = ?2
               AND started_at_ms <= ?3
               AND started_at_ms + length_ms + tail_ms >= ?3
             ORDER BY started_at_ms",
            params![definition_id, owner.id(), time_ms],
        )
    }

    /// The sessions of an owner that start in `from_ms..to_ms`, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_of_owner(
        &self,
        definition_id: i64,
        owner: Owner,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let names = self.names_of_definition(definition_id)?;
        match to_ms.checked_sub(1) {
            Some(last_ms) => self.sessions_in(&names, owner, from_ms, last_ms),
            None => Ok(Vec::new()),
        }
    }

    /// Everyone who has sessions of a definition, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn owners_of_sessions(&self, definition_id: i64) -> Result<Vec<Owner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT DISTINCT owner_id
             FROM session
             WHERE definition_id = ?
             ORDER BY owner_id",
        )?;
        let rows = all.query_map([definition_id], |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The sessions of an owner that start from one moment to another, both included, by start.
    pub(crate) fn sessions_in(
        &self,
        names: &Names,
        owner: Owner,
        from_ms: i64,
        last_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        self.sessions_by(
            names,
            "WHERE definition_id = ?
               AND owner_id = ?
               AND started_at_ms BETWEEN ? AND ?
             ORDER BY started_at_ms",
            params![names.definition_id, owner.id(), from_ms, last_ms],
        )
    }

    /// A definition's sessions that a clause finds, by start and id.
    pub(crate) fn sessions_by(
        &self,
        names: &Names,
        clause: &'static str,
        bound: &[&dyn ToSql],
    ) -> Result<Vec<SessionRecord>> {
        let mut some = self
            .connection
            .prepare_cached(&format!("{SESSION}\n{clause}"))?;
        let mut rows = some.query(bound)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(names.session(row)?);
        }
        found.sort_by_key(SessionRecord::order);
        Ok(found)
    }

    /// The sessions of an owner that start at a moment or before, the latest start first, as long as
    /// they are wanted.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_back_from(
        &self,
        definition_id: i64,
        owner: Owner,
        last_ms: i64,
        mut is_wanted: impl FnMut(SessionRecord) -> bool,
    ) -> Result<()> {
        let names = self.names_of_definition(definition_id)?;
        let mut back = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND owner_id = ? AND started_at_ms <= ?
             ORDER BY started_at_ms DESC"
        ))?;
        let mut rows = back.query(params![definition_id, owner.id(), last_ms])?;
        while let Some(row) = rows.next()?
            && is_wanted(names.session(row)?)
        {}
        Ok(())
    }

    /// The owner's last session that starts before a moment.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn last_session_before(
        &self,
        definition_id: i64,
        owner: Owner,
        before_ms: i64,
    ) -> Result<Option<SessionRecord>> {
        let names = self.names_of_definition(definition_id)?;
        let mut last = self.sessions_by(
            &names,
            "WHERE definition_id = ?1
               AND owner_id = ?2
               AND started_at_ms = (
                 SELECT max(started_at_ms)
                 FROM session
                 WHERE definition_id = ?1 AND owner_id = ?2 AND started_at_ms < ?3)",
            params![definition_id, owner.id(), before_ms],
        )?;
        Ok(last.pop())
    }

    /// The owner's sessions that start after a moment, by start, `skip` of them left out: the first
    /// that no other starts at the same instant with.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn lone_session_after(
        &self,
        definition_id: i64,
        owner: Owner,
        after_ms: i64,
        skip: u32,
    ) -> Result<Option<SessionRecord>> {
        let mut starts = self.connection.prepare_cached(
            "SELECT started_at_ms,
               (SELECT count(*)
                FROM session AS beside
                WHERE beside.definition_id = session.definition_id
                  AND beside.owner_id = session.owner_id
                  AND beside.started_at_ms = session.started_at_ms)
             FROM session
             WHERE definition_id = ? AND owner_id = ? AND started_at_ms > ?
             ORDER BY started_at_ms
             LIMIT -1 OFFSET ?",
        )?;
        let mut rows = starts.query(params![definition_id, owner.id(), after_ms, skip])?;
        while let Some(row) = rows.next()? {
            let (start_ms, count): (i64, u32) = (row.get(0)?, row.get(1)?);
            if count == 1 {
                let found = self.sessions_of_owner(definition_id, owner, start_ms, start_ms + 1)?;
                return Ok(found.into_iter().next());
            }
        }
        Ok(None)
    }
}

impl Writer<'_> {
    /// Writes a session that was not there. One of the same id is replaced, whoever's it was.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn put_session(&self, new: &SessionRecord) -> Result<Put> {
        let mut displaced = None;
        self.settle_session_keys(new.definition_id)?;
        let owners = self.session_owners(new.definition_id, new.session_id)?;
        if !owners.is_empty() {
            let names = self.names_of_definition(new.definition_id)?;
            displaced = self.session_of_definition(&names, new.session_id)?;
            if let Some(old) = &displaced {
                self.delete_session(old)?;
            }
        }
        let was_former = self.add_session(new)?;
        Ok(Put {
            displaced,
            was_former,
        })
    }

    /// Writes a session where it is certain that none of its id is there, without looking for one;
    /// answers whether its id was that of a session that had been removed.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_session(&self, new: &SessionRecord) -> Result<bool> {
        self.write_session_row(new)?;
        self.change.session(new);
        self.add_session_key(new.definition_id, new.session_id, new.owner);
        self.add_open_session(new)?;
        if !self.has_former_sessions()? {
            return Ok(false);
        }
        let mut forget = self
            .connection
            .prepare_cached("DELETE FROM former_session WHERE session_id = ?")?;
        Ok(forget.execute([new.session_id.as_bytes()])? > 0)
    }

    fn has_former_sessions(&self) -> Result<bool> {
        if let Some(known) = self.has_former_sessions.get() {
            return Ok(known);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM former_session)";
        let found = self.connection.query_row(sql, [], |row| row.get(0))?;
        self.has_former_sessions.set(Some(found));
        Ok(found)
    }

    /// Writes a session in place of an older form of it, of the same id and owner.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn change_session(&self, old: &SessionRecord, new: &SessionRecord) -> Result<()> {
        self.change.session(old);
        self.change.session(new);
        self.remove_open_session(old)?;
        if old.started_at_ms != new.started_at_ms {
            self.delete_session_row(old)?;
        }
        self.write_session_row(new)?;
        self.add_open_session(new)
    }

    fn delete_session(&self, old: &SessionRecord) -> Result<()> {
        self.change.session(old);
        self.remove_open_session(old)?;
        self.remove_session_key(old.definition_id, old.session_id, old.owner)?;
        self.delete_session_row(old)
    }

    fn delete_session_row(&self, old: &SessionRecord) -> Result<()> {
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM session
             WHERE definition_id = ?
               AND owner_id = ?
               AND started_at_ms = ?
               AND first_arrived_id = ?",
        )?;
        remove.execute(params![
            old.definition_id,
            old.owner.id(),
            old.started_at_ms,
            cell::of_event_id(&old.first_arrived_id),
        ])?;
        Ok(())
    }

    /// Removes a session that is no more; its id goes on finding the session that holds its event.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_session(&self, old: &SessionRecord) -> Result<()> {
        self.delete_session(old)?;
        self.remember_session(old.definition_id, old.session_id, &old.first_arrived_id)
    }

    fn remember_session(
        &self,
        definition_id: i64,
        session_id: Uuid,
        first_arrived_id: &str,
    ) -> Result<()> {
        self.has_former_sessions.set(Some(true));
        let mut remember = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO former_session (session_id, definition_id, event_id)
             VALUES (?, ?, ?)",
        )?;
        let event_id = cell::of_event_id(first_arrived_id);
        remember.execute(params![session_id.as_bytes(), definition_id, event_id])?;
        Ok(())
    }

    /// Drops all sessions of a definition; their ids go on finding their events.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn drop_sessions(&self, definition_id: i64) -> Result<()> {
        let names = self.names_of_definition(definition_id)?;
        let mut all = self
            .connection
            .prepare_cached("SELECT first_arrived_id FROM session WHERE definition_id = ?")?;
        let mut rows = all.query([definition_id])?;
        let mut event_id = String::new();
        while let Some(row) = rows.next()? {
            event_id.clear();
            if !cell::push_event_id(row.get_ref(0)?, &mut event_id) {
                return Err(StoreError::Damaged {
                    table: "session",
                    row: definition_id.to_string(),
                    column: "first_arrived_id",
                    reason: "no event id".to_owned(),
                });
            }
            self.remember_session(definition_id, names.session_id(&event_id), &event_id)?;
        }
        drop(rows);
        self.drop_session_keys(definition_id)?;
        self.drop_open_sessions(definition_id)?;
        self.drop_strays(definition_id)?;
        self.connection.execute(
            "DELETE FROM session WHERE definition_id = ?",
            [definition_id],
        )?;
        self.change.all_sessions(definition_id);
        Ok(())
    }
}
