//! What is known of a stream as a whole, and the plain owners that have events in it.

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// A stream as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSummary {
    /// Events.
    pub event_count: u64,
    /// The longest that an event arrived after its time.
    pub max_lateness_ms: i64,
    /// Whether a `reset` is among them.
    pub has_reset: bool,
}

/// A plain owner (the user that an event names, else its device) of some events of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamOwner {
    /// Who.
    pub owner: Owner,
    /// Time of the first of them, UTC ms.
    pub first_seen_ms: i64,
}

impl Reader<'_> {
    /// A stream as a whole; `None` where nothing was derived from it yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_summary(&self, stream_id: i64) -> Result<Option<StreamSummary>> {
        let mut one = self.connection.prepare_cached(
            "SELECT event_count, max_lateness_ms, has_reset
             FROM stream
             WHERE stream_id = ?",
        )?;
        let found = one.query_row([stream_id], |row| {
            Ok(StreamSummary {
                event_count: row.get(0)?,
                max_lateness_ms: row.get(1)?,
                has_reset: row.get(2)?,
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
             FROM stream_owner
             WHERE stream_id = ?",
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
            "SELECT stream_id
             FROM stream_owner
             WHERE owner_id = ?
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
            "SELECT min(first_seen_ms)
             FROM stream_owner
             WHERE owner_id = ?",
        )?;
        Ok(first.query_row([owner.id()], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Sets what is known of a stream as a whole.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_stream_summary(&self, stream_id: i64, summary: &StreamSummary) -> Result<()> {
        let mut set = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO stream (stream_id, event_count, max_lateness_ms, has_reset)
             VALUES (?, ?, ?, ?)",
        )?;
        set.execute(params![
            stream_id,
            summary.event_count,
            summary.max_lateness_ms,
            summary.has_reset,
        ])?;
        Ok(())
    }

    /// Forgets a stream that has no events any more.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn remove_stream_summary(&self, stream_id: i64) -> Result<()> {
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM stream WHERE stream_id = ?")?;
        remove.execute([stream_id])?;
        Ok(())
    }

    /// Puts the plain owners of a stream, in order, in place of those it had.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn replace_stream_owners(&self, stream_id: i64, owners: &[StreamOwner]) -> Result<()> {
        let old = self.stream_owners(stream_id)?;
        if old == owners {
            return Ok(());
        }
        if !old.is_empty() {
            let mut remove = self
                .connection
                .prepare_cached("DELETE FROM stream_owner WHERE stream_id = ?")?;
            remove.execute([stream_id])?;
        }
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
