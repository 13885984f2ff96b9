//! A session as a row: what is usual takes no room, and the id follows from the rest.

use dwell_model::{EndReason, StartKind, StartReason, session};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};
use uuid::Uuid;

use super::{Members, SessionRecord};
use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// The usual wait and grace are stored as 0. They belong to the file's format and not to any rule.
const USUAL_WAIT_MS: i64 = 1_800_000;
const USUAL_GRACE_MS: i64 = 86_400_000;

const LATE_BORN: i64 = 1_024;
const SHARED: i64 = 2_048;
const OUTLIVES_EXPIRY: i64 = 4_096;

/// The columns that [`Names::session`] reads.
pub(crate) const SESSION: &str = "SELECT owner_id, started_at_ms, first_arrived_id, length_ms,
         idle_ms, wait_ms, grace_ms, tail_ms, delay_ms, how, event_count, late_count, user_id,
         device_id, person_id, members, gameplay
       FROM session";

/// `closes_at_ms` of a row.
pub(crate) const CLOSES_AT_MS: &str = "(started_at_ms + length_ms + wait_ms + 1800000)";

/// `person` of a row as one integer, as the index of shared streams has it.
pub(crate) const PERSON_ID: &str = "coalesce(person_id, nullif(user_id, 0) * 2 + 1, owner_id)";

/// A definition by its names, from which the ids of its sessions follow.
pub(crate) struct Names {
    pub(crate) definition_id: i64,
    application: String,
    definition: String,
}

impl Names {
    /// The id of a session by the event that arrived first.
    pub(crate) fn session_id(&self, first_arrived_id: &str) -> Uuid {
        session::session_id(&self.application, &self.definition, first_arrived_id)
    }

    /// A row of [`SESSION`] of this definition.
    pub(crate) fn session(&self, row: &Row<'_>) -> Result<SessionRecord> {
        let owner = Owner::from_id(row.get(0)?);
        let started_at_ms: i64 = row.get(1)?;
        let damaged = |column: &'static str| StoreError::Damaged {
            table: "session",
            row: format!("{}/{}/{started_at_ms}", self.definition_id, owner.id()),
            column,
            reason: "it cannot be read".to_owned(),
        };
        let first_arrived_id =
            cell::to_event_id(row.get_ref(2)?).ok_or_else(|| damaged("first_arrived_id"))?;
        let length_ms: i64 = row.get(3)?;
        let ended_at_ms = started_at_ms.wrapping_add(length_ms);
        let closes_at_ms = ended_at_ms
            .wrapping_add(row.get(5)?)
            .wrapping_add(USUAL_WAIT_MS);
        let how: i64 = row.get(9)?;
        let told = How::of(how).ok_or_else(|| damaged("how"))?;
        let user_number = to_number(row.get(12)?, owner.user());
        Ok(SessionRecord {
            definition_id: self.definition_id,
            owner,
            session_id: self.session_id(&first_arrived_id),
            started_at_ms,
            ended_at_ms,
            closes_at_ms,
            expires_at_ms: closes_at_ms
                .wrapping_add(row.get(6)?)
                .wrapping_add(USUAL_GRACE_MS),
            start_reason: told.start_reason,
            close_reason: told.close_reason,
            start_kind: told.start_kind,
            event_count: row.get(10)?,
            engaged_ms: length_ms.wrapping_sub(row.get(4)?),
            late_count: row.get(11)?,
            outlives_expiry: how & OUTLIVES_EXPIRY != 0,
            is_late_born: told.is_late_born,
            is_of_shared_stream: how & SHARED != 0,
            user_number,
            device_number: to_number(row.get(13)?, owner.device()),
            person: match row.get::<_, Option<i64>>(14)? {
                Some(person) => Owner::from_id(person),
                None => user_number.map_or(owner, Owner::User),
            },
            first_arrived_id: first_arrived_id.into(),
            first_arrival_ms: started_at_ms.wrapping_add(row.get(8)?),
            last_time_ms: ended_at_ms.wrapping_add(row.get(7)?),
            members: match row.get_ref(15)? {
                ValueRef::Null => Members::decode(None),
                ValueRef::Blob(bytes) => Members::decode(Some(bytes)),
                _ => None,
            }
            .ok_or_else(|| damaged("members"))?,
            gameplay: row.get::<_, Option<String>>(16)?.map(Into::into),
        })
    }
}

/// The numbers of a row, without what names it.
pub(crate) struct Numbers {
    owner: Owner,
    pub(crate) started_at_ms: i64,
    pub(crate) length_ms: i64,
    idle_ms: i64,
    wait_ms: i64,
    grace_ms: i64,
    how: i64,
    pub(crate) event_count: u32,
    pub(crate) late_count: u32,
    user_id: Option<i64>,
    device_id: Option<i64>,
    person_id: Option<i64>,
}

/// How a session started and ended.
pub(crate) struct How {
    pub(crate) start_reason: StartReason,
    pub(crate) close_reason: EndReason,
    pub(crate) start_kind: StartKind,
    pub(crate) is_late_born: bool,
}

impl How {
    fn of(how: i64) -> Option<Self> {
        let code = |shift: u32, mask: i64| ((how >> shift) & mask) as u8;
        Some(Self {
            start_reason: StartReason::of_code(code(4, 15))?,
            close_reason: EndReason::of_code(code(0, 15))?,
            start_kind: StartKind::of_code(code(8, 3))?,
            is_late_born: how & LATE_BORN != 0,
        })
    }
}

impl Numbers {
    /// All of a definition, by owner and start.
    pub(crate) const SELECT: &str = "SELECT owner_id, started_at_ms, length_ms, idle_ms, wait_ms,
           grace_ms, how, event_count, late_count, user_id, device_id, person_id, gameplay
         FROM session
         WHERE definition_id = ?
         ORDER BY owner_id, started_at_ms, first_arrived_id";
    /// The column of what a gameplay definition says.
    pub(crate) const GAMEPLAY: usize = 12;

    /// A row of [`Numbers::SELECT`].
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            owner: Owner::from_id(row.get(0)?),
            started_at_ms: row.get(1)?,
            length_ms: row.get(2)?,
            idle_ms: row.get(3)?,
            wait_ms: row.get(4)?,
            grace_ms: row.get(5)?,
            how: row.get(6)?,
            event_count: row.get(7)?,
            late_count: row.get(8)?,
            user_id: row.get(9)?,
            device_id: row.get(10)?,
            person_id: row.get(11)?,
        })
    }

    pub(crate) fn how(&self) -> Option<How> {
        How::of(self.how)
    }

    pub(crate) fn engaged_ms(&self) -> i64 {
        self.length_ms.wrapping_sub(self.idle_ms)
    }

    pub(crate) fn closes_at_ms(&self) -> i64 {
        self.started_at_ms
            .wrapping_add(self.length_ms)
            .wrapping_add(self.wait_ms)
            .wrapping_add(USUAL_WAIT_MS)
    }

    pub(crate) fn expires_at_ms(&self) -> i64 {
        self.closes_at_ms()
            .wrapping_add(self.grace_ms)
            .wrapping_add(USUAL_GRACE_MS)
    }

    pub(crate) fn user_number(&self) -> Option<i64> {
        to_number(self.user_id, self.owner.user())
    }

    pub(crate) fn device_number(&self) -> Option<i64> {
        to_number(self.device_id, self.owner.device())
    }

    pub(crate) fn person(&self) -> Owner {
        match self.person_id {
            Some(person) => Owner::from_id(person),
            None => self.user_number().map_or(self.owner, Owner::User),
        }
    }
}

/// A user's or a device's number from its column.
fn to_number(stored: Option<i64>, of_owner: Option<i64>) -> Option<i64> {
    match stored {
        None => of_owner,
        Some(0) => None,
        number => number,
    }
}

fn of_number(number: Option<i64>, of_owner: Option<i64>) -> Option<i64> {
    match number == of_owner {
        true => None,
        false => Some(number.unwrap_or(0)),
    }
}

impl Reader<'_> {
    /// A definition's names.
    pub(crate) fn names_of_definition(&self, definition_id: i64) -> Result<Names> {
        let mut one = self.connection.prepare_cached(
            "SELECT application.name, definition.name
             FROM definition
             JOIN application USING (application_id)
             WHERE definition_id = ?",
        )?;
        Ok(one.query_row([definition_id], |row| {
            Ok(Names {
                definition_id,
                application: row.get(0)?,
                definition: row.get(1)?,
            })
        })?)
    }

    /// The names of all definitions of the workspace.
    pub(crate) fn names_of_definitions(&self) -> Result<Vec<Names>> {
        let mut all = self.connection.prepare_cached(
            "SELECT definition_id
             FROM definition
             ORDER BY definition_id",
        )?;
        let ids = all.query_map([], |row| row.get(0))?;
        let ids = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
        ids.into_iter()
            .map(|definition_id| self.names_of_definition(definition_id))
            .collect()
    }
}

impl Writer<'_> {
    /// Writes a row, in place of the one of its place, if there is one.
    pub(super) fn write_session_row(&self, new: &SessionRecord) -> Result<()> {
        let mut write = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO session (definition_id, owner_id, started_at_ms,
               first_arrived_id, length_ms, idle_ms, wait_ms, grace_ms, tail_ms, delay_ms, how,
               event_count, late_count, user_id, device_id, person_id, members, gameplay)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let length_ms = new.ended_at_ms.wrapping_sub(new.started_at_ms);
        let wait_ms = new.closes_at_ms.wrapping_sub(new.ended_at_ms);
        let grace_ms = new.expires_at_ms.wrapping_sub(new.closes_at_ms);
        let how = i64::from(new.close_reason.code())
            + (i64::from(new.start_reason.code()) << 4)
            + (i64::from(new.start_kind.code()) << 8)
            + if new.is_late_born { LATE_BORN } else { 0 }
            + if new.is_of_shared_stream { SHARED } else { 0 }
            + match new.outlives_expiry {
                true => OUTLIVES_EXPIRY,
                false => 0,
            };
        let usual_person = new.user_number.map_or(new.owner, Owner::User);
        write.execute(params![
            new.definition_id,
            new.owner.id(),
            new.started_at_ms,
            cell::of_event_id(&new.first_arrived_id),
            length_ms,
            length_ms.wrapping_sub(new.engaged_ms),
            wait_ms.wrapping_sub(USUAL_WAIT_MS),
            grace_ms.wrapping_sub(USUAL_GRACE_MS),
            new.last_time_ms.wrapping_sub(new.ended_at_ms),
            new.first_arrival_ms.wrapping_sub(new.started_at_ms),
            how,
            new.event_count,
            new.late_count,
            of_number(new.user_number, new.owner.user()),
            of_number(new.device_number, new.owner.device()),
            (new.person != usual_person).then(|| new.person.id()),
            new.members.encode(),
            new.gameplay.as_deref(),
        ])?;
        Ok(())
    }
}
