//! What is known of a stream as a whole, and the plain owners that have events in it.
//!
//! Nearly every stream is of one owner, who is one person: then its row tells the owner and the
//! person's part as well, and the tables of several have none of it.

use dwell_model::Properties;
use rusqlite::{OptionalExtension, params};

use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::table::person::StreamPerson;

/// A stream as a whole. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSummary {
    /// First event.
    pub first_seen_ms: i64,
    /// Last event.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The longest that an event arrived after its time.
    pub max_lateness_ms: i64,
    /// When the last of them arrived.
    pub newest_arrival_ms: i64,
    /// Whether a `reset` is among them.
    pub has_reset: bool,
    /// The newest value of each context field, by name; nothing where the stream is no device's.
    pub context: Properties,
    /// The newest event with context; `None` where the stream is no device's.
    pub context_time_ms: Option<i64>,
    /// Whether every field of the context has its value from an event of that time.
    pub is_newest_context: bool,
}

/// A plain owner (the user that an event names, else its device) of some events of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamOwner {
    /// Who.
    pub owner: Owner,
    /// Time of the first of them, UTC ms.
    pub first_seen_ms: i64,
}

/// A stream of one plain owner, who is one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamOfOne {
    /// The stream as a whole.
    pub summary: StreamSummary,
    /// Its owner.
    pub owner: Owner,
    /// The person's part of it, without the custom properties that it sets.
    pub part: StreamPerson,
    pub(crate) zone_id: Option<i64>,
    pub(crate) context_id: Option<i64>,
}

/// What a stream's row says by number: its one person, and its context.
pub(crate) struct StreamNumbers {
    pub(crate) person_id: Option<i64>,
    pub(crate) context_id: Option<i64>,
}

impl Reader<'_> {
    /// A stream as a whole; `None` where nothing was derived from it yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_summary(&self, stream_id: i64) -> Result<Option<StreamSummary>> {
        let mut one = self.connection.prepare_cached(
            "SELECT first_seen_ms, length_ms, event_count, max_lateness_ms, has_reset,
               context_age_ms, text, context_id, newest_arrival_lag_ms,
               is_newest_context
             FROM stream
             LEFT JOIN context USING (context_id)
             WHERE stream_id = ?",
        )?;
        let mut rows = one.query([stream_id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(summary_of(row)?))
    }

    /// A stream of one owner; `None` where it has several, or nothing was derived from it yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_of_one(&self, stream_id: i64) -> Result<Option<StreamOfOne>> {
        let mut one = self.connection.prepare_cached(
            "SELECT first_seen_ms, length_ms, event_count, max_lateness_ms, has_reset,
               context_age_ms, text, context_id, newest_arrival_lag_ms, is_newest_context,
               owner_id, person_id, zone_id, zone_age_ms, zone.name
             FROM stream
             LEFT JOIN context USING (context_id)
             LEFT JOIN zone USING (zone_id)
             WHERE stream_id = ? AND owner_id IS NOT NULL AND person_id IS NOT NULL",
        )?;
        let mut rows = one.query([stream_id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let summary = summary_of(row)?;
        let age_ms: Option<i64> = row.get(13)?;
        let zone: Option<String> = row.get(14)?;
        let zone_time_ms = age_ms.map(|age_ms| summary.last_seen_ms - age_ms);
        Ok(Some(StreamOfOne {
            owner: Owner::from_id(row.get(10)?),
            part: StreamPerson {
                person: Owner::from_id(row.get(11)?),
                first_seen_ms: summary.first_seen_ms,
                last_seen_ms: summary.last_seen_ms,
                event_count: summary.event_count,
                zone: zone.map(Into::into).zip(zone_time_ms),
                properties: Vec::new(),
            },
            zone_id: row.get(12)?,
            context_id: row.get(7)?,
            summary,
        }))
    }

    /// What a stream's row says by number; `None` where nothing was derived from it yet.
    pub(crate) fn stream_numbers(&self, stream_id: i64) -> Result<Option<StreamNumbers>> {
        let mut one = self
            .connection
            .prepare_cached("SELECT person_id, context_id FROM stream WHERE stream_id = ?")?;
        let found = one.query_row([stream_id], |row| {
            Ok(StreamNumbers {
                person_id: row.get(0)?,
                context_id: row.get(1)?,
            })
        });
        Ok(found.optional()?)
    }

    /// The plain owners of a stream's events, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_owners(&self, stream_id: i64) -> Result<Vec<StreamOwner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT owner_id, first_seen_ms
             FROM stream
             WHERE stream_id = ?1 AND owner_id IS NOT NULL
             UNION ALL
             SELECT owner_id, first_seen_ms
             FROM stream_owner
             WHERE stream_id = ?1",
        )?;
        let rows = all.query_map([stream_id], |row| {
            Ok(StreamOwner {
                owner: Owner::from_id(row.get(0)?),
                first_seen_ms: row.get(1)?,
            })
        })?;
        let mut owners = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        owners.sort_unstable();
        Ok(owners)
    }

    /// The streams in which a plain owner has events.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn streams_of_owner(&self, owner: Owner) -> Result<Vec<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT stream_id FROM stream WHERE person_id = ?1 AND owner_id = person_id
             UNION ALL
             SELECT stream_id FROM stream WHERE owner_id = ?1 AND owner_id <> person_id
             UNION ALL
             SELECT stream_id FROM stream_owner WHERE owner_id = ?1
             ORDER BY stream_id",
        )?;
        let rows = all.query_map([owner.id()], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Time of the first event that names an owner, over all streams, UTC ms.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn first_seen_of_owner(&self, owner: Owner) -> Result<Option<i64>> {
        let mut first = self.connection.prepare_cached(
            "SELECT min(first_seen_ms) FROM (
               SELECT first_seen_ms FROM stream WHERE person_id = ?1 AND owner_id = person_id
               UNION ALL
               SELECT first_seen_ms FROM stream WHERE owner_id = ?1 AND owner_id <> person_id
               UNION ALL
               SELECT first_seen_ms FROM stream_owner WHERE owner_id = ?1
             )",
        )?;
        Ok(first.query_row([owner.id()], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Puts the plain owners of a stream, in order, in place of those it had.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn replace_stream_owners(&self, stream_id: i64, owners: &[StreamOwner]) -> Result<()> {
        if self.stream_owners(stream_id)? == owners {
            return Ok(());
        }
        for sql in [
            "UPDATE stream SET owner_id = NULL WHERE stream_id = ?",
            "DELETE FROM stream_owner WHERE stream_id = ?",
        ] {
            self.connection.prepare_cached(sql)?.execute([stream_id])?;
        }
        self.add_stream_owners(stream_id, owners)
    }

    /// Adds the owners of a stream that has several.
    pub(crate) fn add_stream_owners(&self, stream_id: i64, owners: &[StreamOwner]) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO stream_owner (stream_id, owner_id, first_seen_ms)
             VALUES (?, ?, ?)",
        )?;
        for of in owners {
            add.execute(params![stream_id, of.owner.id(), of.first_seen_ms])?;
        }
        Ok(())
    }
}

/// The context of a row with its text and, in the next column, its number.
pub(crate) fn context_of(row: &rusqlite::Row<'_>, column: usize) -> Result<Properties> {
    let damaged = |reason: String| StoreError::Damaged {
        table: "context",
        row: format!("{:?}", row.get_ref(column + 1)),
        column: "text",
        reason,
    };
    match row.get_ref(column)?.as_str_or_null() {
        Ok(Some(text)) => Properties::from_json(text).map_err(|error| damaged(error.to_string())),
        Ok(None) => match row.get::<_, Option<i64>>(column + 1)? {
            None => Ok(Properties::new()),
            Some(_) => Err(damaged("there is no such context".to_owned())),
        },
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// A stream as a whole, of the first ten columns of a row.
fn summary_of(row: &rusqlite::Row<'_>) -> Result<StreamSummary> {
    let first_seen_ms = row.get(0)?;
    let last_seen_ms = first_seen_ms + row.get::<_, i64>(1)?;
    let age_ms: Option<i64> = row.get(5)?;
    Ok(StreamSummary {
        first_seen_ms,
        last_seen_ms,
        event_count: row.get(2)?,
        max_lateness_ms: row.get(3)?,
        newest_arrival_ms: last_seen_ms + row.get::<_, i64>(8)?,
        has_reset: row.get(4)?,
        context: context_of(row, 6)?,
        context_time_ms: age_ms.map(|age_ms| last_seen_ms - age_ms),
        is_newest_context: row.get(9)?,
    })
}
