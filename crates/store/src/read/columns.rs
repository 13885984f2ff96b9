//! What trying other rules asks, beside the events themselves: who has events in which streams, the
//! order of events of one instant, and whether the file is still the one that was read.
//!
//! What is kept of the answers, and for how long, is the asker's.

use dwell_model::Key;
use rusqlite::Connection;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Store};
use crate::owner::Owner;

/// Tells whether anybody has changed the file: this program or another.
pub struct Watch(Connection);

/// A person's part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Stream.
    pub stream_id: i64,
    /// Person.
    pub person: Owner,
    /// Its events there.
    pub event_count: u64,
}

impl Store {
    /// A watch over the file, with a connection of its own.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn watch(&self) -> Result<Watch> {
        Ok(Watch(self.connect_reader()?))
    }
}

impl Watch {
    /// A number that is another one after each change that was committed. Numbers of two watches
    /// have nothing to do with each other.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn version(&self) -> Result<i64> {
        Ok(self
            .0
            .pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}

impl Reader<'_> {
    /// Every person's part of every stream of an application, by stream.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn parts(
        &self,
        application_id: i64,
        mut each: impl FnMut(Part) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT part.stream_id, part.person_id, part.event_count
             FROM part
             JOIN person USING (person_id)
             WHERE person.application_id = ?
             ORDER BY part.stream_id, part.person_id",
        )?;
        let mut rows = all.query([application_id])?;
        while let Some(row) = rows.next()? {
            each(Part {
                stream_id: row.get(0)?,
                person: Owner::from_id(row.get(1)?),
                event_count: row.get(2)?,
            })?;
        }
        Ok(())
    }

    /// The key of every person of an application.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn person_keys(
        &self,
        application_id: i64,
        mut each: impl FnMut(Owner, Key) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT person_id,
               CASE person_id % 2
                 WHEN 1 THEN (SELECT key FROM user WHERE user_id = person_id / 2)
                 ELSE (SELECT key FROM device WHERE device_id = person_id / 2)
               END
             FROM person
             WHERE application_id = ?",
        )?;
        let mut rows = all.query([application_id])?;
        while let Some(row) = rows.next()? {
            let person_id: i64 = row.get(0)?;
            let key = cell::to_key(row.get_ref(1)?).ok_or_else(|| StoreError::Damaged {
                table: "person",
                row: person_id.to_string(),
                column: "person_id",
                reason: "there is no such key".to_owned(),
            })?;
            each(Owner::from_id(person_id), key)?;
        }
        Ok(())
    }
}
