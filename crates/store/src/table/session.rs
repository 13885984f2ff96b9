//! Sessions as the sessionizer made them, and the ids that sessions once had.

use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// One session of one definition. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Definition's number.
    pub definition_id: i64,
    /// Whose stream it is of.
    pub owner: Owner,
    /// Id (sessions, section 6).
    pub session_id: Uuid,
    /// First extending event.
    pub started_at_ms: i64,
    /// Last extending event.
    pub ended_at_ms: i64,
    /// Sessions, section 3.1.
    pub closes_at_ms: i64,
    /// Sessions, section 4.1.
    pub expires_at_ms: i64,
    /// Why it started.
    pub start_reason: Box<str>,
    /// What gave `closes_at_ms` its value.
    pub close_reason: Box<str>,
    /// cold, warm or none.
    pub start_kind: Box<str>,
    /// Events in it.
    pub event_count: u32,
    /// Sessions, section 3.5.
    pub engaged_ms: i64,
    /// Events that arrived late.
    pub late_count: u32,
    /// Born after its own grace.
    pub is_late_born: bool,
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
    /// Time of its first event of any role.
    pub first_time_ms: i64,
    /// Time of its last event of any role.
    pub last_time_ms: i64,
    /// Its events' numbers, ascending.
    pub members: Vec<i64>,
    /// What a gameplay definition says of it, as JSON.
    pub gameplay: Option<Box<str>>,
}

/// What a session that was written came in place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The session of its id that stood there until now.
    pub displaced: Option<SessionRecord>,
    /// Whether its id was that of a session that had been removed.
    pub was_former: bool,
}

/// Ascending numbers as differences of 7 bits a byte, the lowest first.
fn encode_members(members: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(members.len() * 2);
    let mut before = 0;
    for member in members {
        let mut rest = member - before;
        before = *member;
        while rest >= 0x80 {
            bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

fn decode_members(bytes: &[u8]) -> Option<Vec<i64>> {
    let mut members = Vec::new();
    let (mut before, mut value, mut shift) = (0_i64, 0_i64, 0);
    for byte in bytes {
        if shift > 56 {
            return None;
        }
        value |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            before = before.checked_add(value)?;
            members.push(before);
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(members)
}

pub(crate) const SESSION: &str = "SELECT definition_id, owner_id, session_id, started_at_ms,
         ended_at_ms, closes_at_ms, expires_at_ms, start_reason, close_reason, start_kind,
         event_count, engaged_ms, late_count, is_late_born, user_id, device_id, person_id,
         first_arrived_id, first_arrival_ms, first_time_ms, last_time_ms, members, gameplay
       FROM session";

pub(crate) fn session(row: &Row<'_>) -> Result<SessionRecord> {
    let damaged = |column: &'static str| StoreError::Damaged {
        table: "session",
        row: row
            .get::<_, [u8; 16]>(2)
            .map_or_else(|_| "?".to_owned(), |id| Uuid::from_bytes(id).to_string()),
        column,
        reason: "it cannot be read".to_owned(),
    };
    Ok(SessionRecord {
        definition_id: row.get(0)?,
        owner: Owner::from_id(row.get(1)?),
        session_id: row
            .get(2)
            .map(Uuid::from_bytes)
            .map_err(|_| damaged("session_id"))?,
        started_at_ms: row.get(3)?,
        ended_at_ms: row.get(4)?,
        closes_at_ms: row.get(5)?,
        expires_at_ms: row.get(6)?,
        start_reason: row.get::<_, String>(7)?.into(),
        close_reason: row.get::<_, String>(8)?.into(),
        start_kind: row.get::<_, String>(9)?.into(),
        event_count: row.get(10)?,
        engaged_ms: row.get(11)?,
        late_count: row.get(12)?,
        is_late_born: row.get(13)?,
        user_number: row.get(14)?,
        device_number: row.get(15)?,
        person: Owner::from_id(row.get(16)?),
        first_arrived_id: cell::to_event_id(row.get_ref(17)?)
            .ok_or_else(|| damaged("first_arrived_id"))?
            .into(),
        first_arrival_ms: row.get(18)?,
        first_time_ms: row.get(19)?,
        last_time_ms: row.get(20)?,
        members: row
            .get_ref(21)?
            .as_blob()
            .ok()
            .and_then(decode_members)
            .ok_or_else(|| damaged("members"))?,
        gameplay: row.get::<_, Option<String>>(22)?.map(Into::into),
    })
}

impl Reader<'_> {
    /// A session by its id.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session(&self, session_id: Uuid) -> Result<Option<SessionRecord>> {
        let mut one = self
            .connection
            .prepare_cached(&format!("{SESSION} WHERE session_id = ?"))?;
        let mut rows = one.query([session_id.as_bytes()])?;
        rows.next()?.map(session).transpose()
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
        let mut some = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ?1 AND owner_id = ?2
               AND first_time_ms <= ?3 AND last_time_ms >= ?3
             ORDER BY started_at_ms, session_id"
        ))?;
        let mut rows = some.query(params![definition_id, owner.id(), time_ms])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
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
        let mut all = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND owner_id = ?
               AND started_at_ms >= ? AND started_at_ms < ?
             ORDER BY started_at_ms, session_id"
        ))?;
        let mut rows = all.query(params![definition_id, owner.id(), from_ms, to_ms])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
    }

    /// The sessions of a person that start in `from_ms..to_ms`, by start.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sessions_started(
        &self,
        definition_id: i64,
        person: Owner,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<SessionRecord>> {
        let mut all = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND person_id = ?
               AND started_at_ms >= ? AND started_at_ms < ?
             ORDER BY started_at_ms, session_id"
        ))?;
        let mut rows = all.query(params![definition_id, person.id(), from_ms, to_ms])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
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
        let mut one = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND owner_id = ? AND started_at_ms < ?
             ORDER BY started_at_ms DESC, session_id DESC
             LIMIT 1"
        ))?;
        let mut rows = one.query(params![definition_id, owner.id(), before_ms])?;
        rows.next()?.map(session).transpose()
    }
}

impl Reader<'_> {
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
    /// Writes a session. One of the same id is replaced, whoever's it was.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn put_session(&self, new: &SessionRecord) -> Result<Put> {
        let mut displaced = None;
        if !self.add_session(new)? {
            displaced = self.session(new.session_id)?;
            if let Some(old) = &displaced {
                self.delete_session(old)?;
            }
            self.add_session(new)?;
        }
        let mut forget = self
            .connection
            .prepare_cached("DELETE FROM former_session WHERE session_id = ?")?;
        let was_former = forget.execute([new.session_id.as_bytes()])? > 0;
        Ok(Put {
            displaced,
            was_former,
        })
    }

    /// Adds a session where none of its id stands; answers whether it did.
    fn add_session(&self, new: &SessionRecord) -> Result<bool> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO session (definition_id, owner_id, session_id, started_at_ms,
               ended_at_ms, closes_at_ms, expires_at_ms, start_reason, close_reason, start_kind,
               event_count, engaged_ms, late_count, is_late_born, user_id, device_id, person_id,
               first_arrived_id, first_arrival_ms, first_time_ms, last_time_ms, members, gameplay)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )?;
        let added = add.execute(params![
            new.definition_id,
            new.owner.id(),
            new.session_id.as_bytes(),
            new.started_at_ms,
            new.ended_at_ms,
            new.closes_at_ms,
            new.expires_at_ms,
            &*new.start_reason,
            &*new.close_reason,
            &*new.start_kind,
            new.event_count,
            new.engaged_ms,
            new.late_count,
            new.is_late_born,
            new.user_number,
            new.device_number,
            new.person.id(),
            cell::of_event_id(&new.first_arrived_id),
            new.first_arrival_ms,
            new.first_time_ms,
            new.last_time_ms,
            encode_members(&new.members),
            new.gameplay.as_deref(),
        ])?;
        Ok(added > 0)
    }

    fn delete_session(&self, old: &SessionRecord) -> Result<()> {
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM session
             WHERE definition_id = ? AND owner_id = ? AND started_at_ms = ? AND session_id = ?",
        )?;
        remove.execute(params![
            old.definition_id,
            old.owner.id(),
            old.started_at_ms,
            old.session_id.as_bytes()
        ])?;
        Ok(())
    }

    /// Removes a session that is no more, or whose start moved; its id goes on finding the session that
    /// holds its event.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_session(&self, old: &SessionRecord) -> Result<()> {
        self.delete_session(old)?;
        let id = old.session_id.as_bytes();
        let mut remember = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO former_session (session_id, definition_id, event_id)
             VALUES (?, ?, ?)",
        )?;
        let event_id = cell::of_event_id(&old.first_arrived_id);
        remember.execute(params![id, old.definition_id, event_id])?;
        Ok(())
    }

    /// Drops all sessions of a definition; their ids go on finding their events.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn drop_sessions(&self, definition_id: i64) -> Result<()> {
        self.connection.execute(
            "INSERT OR REPLACE INTO former_session (session_id, definition_id, event_id)
             SELECT session_id, definition_id, first_arrived_id
             FROM session
             WHERE definition_id = ?",
            [definition_id],
        )?;
        self.connection.execute(
            "DELETE FROM session WHERE definition_id = ?",
            [definition_id],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back() {
        for members in [
            vec![],
            vec![1],
            vec![1, 2, 3, 130, 131, 100_000, 10_000_000_000],
            (1..1000).collect::<Vec<_>>(),
        ] {
            assert_eq!(decode_members(&encode_members(&members)), Some(members));
        }
        assert_eq!(decode_members(&[0x80]), None);
        assert_eq!(decode_members(&[0xff; 12]), None);
    }
}
