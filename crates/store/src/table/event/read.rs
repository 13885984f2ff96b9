//! Events read back: a stream or a part of one, the one at a place, the one of an id.

use dwell_model::{Event, EventType, Properties};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, params};
use rustc_hash::FxHashSet;

use super::{
    ALIAS, ID_IS_DERIVED, IS_SYSTEM, Place, StoredEvent, StreamPart, StreamRow, TouchedStream,
};
use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::owner::Owner;
use crate::table::stream::StreamOwner;

impl StreamRow<'_, '_> {
    /// Number in the workspace.
    ///
    /// # Errors
    /// Where the column holds something else; so for all of these.
    pub fn event_number(&self) -> Result<i64> {
        Ok(self.0.get(0)?)
    }

    /// UTC ms.
    ///
    /// # Errors
    /// As above.
    pub fn time_ms(&self) -> Result<i64> {
        Ok(self.0.get(1)?)
    }

    /// UTC ms.
    ///
    /// # Errors
    /// As above.
    pub fn arrival_ms(&self) -> Result<i64> {
        Ok(self.0.get(2)?)
    }

    /// Number of the name.
    ///
    /// # Errors
    /// As above.
    pub fn name_id(&self) -> Result<i64> {
        Ok(self.0.get(3)?)
    }

    /// Number of the user.
    ///
    /// # Errors
    /// As above.
    pub fn user_number(&self) -> Result<Option<i64>> {
        Ok(self.0.get(4)?)
    }

    /// Writes the event's id to the end of a text.
    ///
    /// # Errors
    /// As above.
    pub fn push_event_id(&self, text: &mut String) -> Result<()> {
        match cell::push_event_id(self.0.get_ref(5)?, text) {
            true => Ok(()),
            false => Err(self.damaged("event_id", "no event id")),
        }
    }

    /// The session that the source believes in.
    ///
    /// # Errors
    /// As above.
    pub fn source_session(&self) -> Result<Option<dwell_model::Key>> {
        Ok(cell::to_key(self.0.get_ref(6)?))
    }

    /// Properties.
    ///
    /// # Errors
    /// As above.
    pub fn properties(&self) -> Result<Properties> {
        self.map(7, "properties")
    }

    /// Context.
    ///
    /// # Errors
    /// As above.
    pub fn context(&self) -> Result<Properties> {
        self.map(8, "context")
    }

    /// Whether there are any context fields.
    ///
    /// # Errors
    /// As above.
    pub fn has_context(&self) -> Result<bool> {
        Ok(self.0.get_ref(8)? != ValueRef::Null)
    }

    fn map(&self, column: usize, name: &'static str) -> Result<Properties> {
        match self.0.get_ref(column)? {
            ValueRef::Null => Ok(Properties::new()),
            value => {
                let text = value.as_str().map_err(|error| self.damaged(name, error))?;
                Properties::from_json(text).map_err(|error| self.damaged(name, error))
            }
        }
    }

    fn damaged(&self, column: &'static str, reason: impl ToString) -> StoreError {
        let number = self.0.get::<_, i64>(0).unwrap_or(-1);
        StoreError::Damaged {
            table: "event",
            row: number.to_string(),
            column,
            reason: reason.to_string(),
        }
    }
}

const STORED_EVENT: &str = "SELECT e.stream_id, e.time_ms, e.event_number, e.event_id, n.name,
         e.flags, e.arrival_ms, e.received_at_ms, e.sent_at_ms, e.skew_ms, u.key, d.key,
         e.source_session, e.properties, e.context, e.import_id, e.line, e.user_id
       FROM event e
       JOIN event_name n USING (name_id)
       LEFT JOIN user u ON u.user_id = e.user_id
       LEFT JOIN device d ON d.device_id = e.device_id";

fn stored_event(row: &Row<'_>) -> Result<StoredEvent> {
    let place = Place {
        stream_id: row.get(0)?,
        time_ms: row.get(1)?,
        event_number: row.get(2)?,
    };
    let damaged = |column: &'static str, reason: String| StoreError::Damaged {
        table: "event",
        row: place.event_number.to_string(),
        column,
        reason,
    };
    let map = |index: usize, column: &'static str| match row.get_ref(index)? {
        ValueRef::Null => Ok(Properties::new()),
        value => {
            let text = value
                .as_str()
                .map_err(|error| damaged(column, error.to_string()))?;
            Properties::from_json(text).map_err(|error| damaged(column, error.to_string()))
        }
    };
    let flags: i64 = row.get(5)?;
    let event = Event {
        event_id: cell::to_event_id(row.get_ref(3)?)
            .ok_or_else(|| damaged("event_id", "no event id".to_owned()))?
            .into(),
        id_is_derived: flags & ID_IS_DERIVED != 0,
        name: row.get::<_, String>(4)?.into(),
        event_type: match flags & IS_SYSTEM {
            0 => EventType::Custom,
            _ => EventType::System,
        },
        time_ms: place.time_ms,
        arrival_ms: row.get(6)?,
        received_at_ms: row.get(7)?,
        sent_at_ms: row.get(8)?,
        skew_ms: row.get(9)?,
        user: cell::to_key(row.get_ref(10)?),
        device: cell::to_key(row.get_ref(11)?),
        source_session: cell::to_key(row.get_ref(12)?),
        properties: map(13, "properties")?,
        context: map(14, "context")?,
    };
    Ok(StoredEvent {
        place,
        event,
        user_number: row.get(17)?,
        import_id: row.get(15)?,
        line: row.get(16)?,
    })
}

impl Reader<'_> {
    /// Where the copy of an event stands that counts.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn event_place(&self, application_id: i64, event_id: &str) -> Result<Option<Place>> {
        let mut find = self.connection.prepare_cached(
            "SELECT stream_id, time_ms, event_number
             FROM event_key
             WHERE application_id = ? AND event_id = ?",
        )?;
        let found = find.query_row(
            params![application_id, cell::of_event_id(event_id)],
            |row| {
                Ok(Place {
                    stream_id: row.get(0)?,
                    time_ms: row.get(1)?,
                    event_number: row.get(2)?,
                })
            },
        );
        Ok(found.optional()?)
    }

    /// The event at a place.
    ///
    /// # Errors
    /// Where there is none, or the file cannot be read.
    pub fn event_at(&self, place: Place) -> Result<StoredEvent> {
        let mut find = self.connection.prepare_cached(&format!(
            "{STORED_EVENT}
             WHERE e.stream_id = ? AND e.time_ms = ? AND e.event_number = ?"
        ))?;
        let mut rows = find.query(params![place.stream_id, place.time_ms, place.event_number])?;
        match rows.next()? {
            Some(row) => stored_event(row),
            None => Err(StoreError::Damaged {
                table: "event_key",
                row: place.event_number.to_string(),
                column: "event_number",
                reason: "the event it names is not there".to_owned(),
            }),
        }
    }

    /// Events of a stream in `from_ms..=to_ms`, by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_range(
        &self,
        stream_id: i64,
        from_ms: i64,
        to_ms: i64,
        mut each: impl FnMut(StoredEvent) -> Result<()>,
    ) -> Result<()> {
        let mut range = self.connection.prepare_cached(&format!(
            "{STORED_EVENT}
             WHERE e.stream_id = ? AND e.time_ms BETWEEN ? AND ?
             ORDER BY e.time_ms, e.event_number"
        ))?;
        let mut rows = range.query(params![stream_id, from_ms, to_ms])?;
        while let Some(row) = rows.next()? {
            each(stored_event(row)?)?;
        }
        Ok(())
    }

    /// The events of a stream before a moment that carry context, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn context_before(
        &self,
        stream_id: i64,
        until_ms: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Properties)>> {
        let mut back = self.connection.prepare_cached(
            "SELECT time_ms, event_number, context
             FROM event
             WHERE stream_id = ? AND time_ms <= ? AND context IS NOT NULL
             ORDER BY time_ms DESC, event_number DESC
             LIMIT ?",
        )?;
        let mut rows = back.query(params![stream_id, until_ms, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let context: String = row.get(2)?;
            let context = Properties::from_json(&context).map_err(|error| StoreError::Damaged {
                table: "event",
                row: row.get::<_, i64>(1).unwrap_or(-1).to_string(),
                column: "context",
                reason: error.to_string(),
            })?;
            found.push((row.get(0)?, context));
        }
        Ok(found)
    }

    /// Walks the events of a part of a stream by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn walk_stream(
        &self,
        stream_id: i64,
        part: StreamPart,
        mut each: impl FnMut(&StreamRow<'_, '_>) -> Result<()>,
    ) -> Result<()> {
        let mut walk = self.connection.prepare_cached(
            "SELECT event_number, time_ms, arrival_ms, name_id, user_id, event_id, source_session,
               properties, context
             FROM event
             WHERE stream_id = ?1 AND time_ms BETWEEN ?2 AND ?3 AND event_number >= ?4
             ORDER BY time_ms, event_number",
        )?;
        let mut rows = walk.query(params![
            stream_id,
            part.from_ms,
            part.last_ms,
            part.first_number
        ])?;
        while let Some(row) = rows.next()? {
            each(&StreamRow(row))?;
        }
        Ok(())
    }

    /// Walks the events of one name in a stream by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn walk_stream_of_name(
        &self,
        stream_id: i64,
        name: &str,
        mut each: impl FnMut(&StreamRow<'_, '_>) -> Result<()>,
    ) -> Result<()> {
        let mut walk = self.connection.prepare_cached(
            "SELECT event_number, time_ms, arrival_ms, name_id, user_id, event_id, source_session,
               properties, context
             FROM event
             WHERE stream_id = ?1
               AND name_id = (SELECT name_id FROM event_name WHERE name = ?2)
             ORDER BY time_ms, event_number",
        )?;
        let mut rows = walk.query(params![stream_id, name])?;
        while let Some(row) = rows.next()? {
            each(&StreamRow(row))?;
        }
        Ok(())
    }

    /// The plain owners (the user that an event names, else the stream's) of a part of a stream, in
    /// order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn first_seen_in_stream(
        &self,
        stream_id: i64,
        part: StreamPart,
    ) -> Result<Vec<StreamOwner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT coalesce(user_id * 2 + 1, stream_id), min(time_ms)
             FROM event
             WHERE stream_id = ?1 AND time_ms BETWEEN ?2 AND ?3 AND event_number >= ?4
             GROUP BY 1",
        )?;
        let part = params![stream_id, part.from_ms, part.last_ms, part.first_number];
        let rows = all.query_map(part, |row| {
            Ok(StreamOwner {
                owner: Owner::from_id(row.get(0)?),
                first_seen_ms: row.get(1)?,
            })
        })?;
        let mut owners = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        owners.sort_unstable();
        Ok(owners)
    }

    /// All streams of an application, as if all their events had just come.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn touched_of_all(&self, application_id: i64) -> Result<Vec<TouchedStream>> {
        let mut aliased = self.connection.prepare_cached(
            "SELECT DISTINCT stream_id
             FROM event
             WHERE name_id = (SELECT name_id FROM event_name WHERE name = ?)",
        )?;
        let aliased = match self.has_event_name(ALIAS)? {
            true => aliased
                .query_map([ALIAS], |row| row.get(0))?
                .collect::<rusqlite::Result<FxHashSet<i64>>>()?,
            false => FxHashSet::default(),
        };
        let touched = |stream_id| TouchedStream {
            stream_id,
            from_ms: i64::MIN,
            to_ms: i64::MAX,
            added: 0,
            has_replaced: true,
            has_alias: aliased.contains(&stream_id),
        };
        Ok(self
            .streams(application_id)?
            .into_iter()
            .map(touched)
            .collect())
    }

    fn has_event_name(&self, name: &str) -> Result<bool> {
        let mut has = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM event_name WHERE name = ?)")?;
        Ok(has.query_row([name], |row| row.get(0))?)
    }

    /// Whether any event of a stream brought the id of the source's own session.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn has_source_session(&self, stream_id: i64) -> Result<bool> {
        let mut one = self.connection.prepare_cached(
            "SELECT EXISTS (
               SELECT 1
               FROM event
               WHERE stream_id = ? AND source_session IS NOT NULL
             )",
        )?;
        Ok(one.query_row([stream_id], |row| row.get(0))?)
    }

    /// All streams of an application: those of devices by their ids, then those of users.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn streams(&self, application_id: i64) -> Result<Vec<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT known.stream_id FROM (
               SELECT 0 AS kind, key, device_id * 2 AS stream_id
               FROM device
               WHERE application_id = ?1
               UNION ALL
               SELECT 1, key, user_id * 2 + 1
               FROM user
               WHERE application_id = ?1
             ) AS known
             WHERE EXISTS (SELECT 1 FROM event WHERE event.stream_id = known.stream_id)
             ORDER BY kind, key",
        )?;
        let rows = all.query_map([application_id], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
