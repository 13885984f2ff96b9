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
        let code = |shift: u32, mask: i64| ((how >> shift) & mask) as u8;
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
            start_reason: StartReason::of_code(code(4, 15)).ok_or_else(|| damaged("how"))?,
            close_reason: EndReason::of_code(code(0, 15)).ok_or_else(|| damaged("how"))?,
            start_kind: StartKind::of_code(code(8, 3)).ok_or_else(|| damaged("how"))?,
            event_count: row.get(10)?,
            engaged_ms: length_ms.wrapping_sub(row.get(4)?),
            late_count: row.get(11)?,
            is_late_born: how & LATE_BORN != 0,
            outlives_expiry: how & OUTLIVES_EXPIRY != 0,
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
