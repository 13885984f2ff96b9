//! Applications and their totals.

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashSet;

use crate::block::newest_arrival;
use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::table::block::stream_of;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Number in the workspace.
    pub application_id: i64,
    /// Name.
    pub name: String,
    /// IANA zone.
    pub zone: String,
}

/// Counts of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Events.
    pub event_count: u64,
    /// Known users and anonymous people.
    pub person_count: u64,
    /// Devices.
    pub device_count: u64,
    /// Sessions of all definitions.
    pub session_count: u64,
    /// Imports.
    pub import_count: u64,
    /// Newest arrival, UTC ms.
    pub newest_arrival_ms: Option<i64>,
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Application> {
    Ok(Application {
        application_id: row.get(0)?,
        name: row.get(1)?,
        zone: row.get(2)?,
    })
}

impl Reader<'_> {
    /// All applications by name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn applications(&self) -> Result<Vec<Application>> {
        let mut all = self.connection.prepare_cached(
            "SELECT application_id, name, zone
             FROM application
             ORDER BY name",
        )?;
        Ok(all.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// One application.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn application(&self, name: &str) -> Result<Option<Application>> {
        let mut one = self.connection.prepare_cached(
            "SELECT application_id, name, zone
             FROM application
             WHERE name = ?",
        )?;
        Ok(one.query_row([name], row).optional()?)
    }

    /// Applications whose derived tables an older program made.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stale_applications(&self) -> Result<Vec<Application>> {
        let mut all = self.connection.prepare_cached(
            "SELECT application_id, name, zone
             FROM application
             JOIN stale_application USING (application_id)
             ORDER BY name",
        )?;
        Ok(all.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The moment up to which an application's live events were told, UTC ms; `None` where it has no
    /// live source.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn emitted_through_ms(&self, application_id: i64) -> Result<Option<i64>> {
        let mut one = self.connection.prepare_cached(
            "SELECT emitted_through_ms
             FROM application
             WHERE application_id = ?",
        )?;
        Ok(one.query_row([application_id], |row| row.get(0))?)
    }

    /// The newest arrival of an application's events, UTC ms.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_arrival_ms(&self, application_id: i64) -> Result<Option<i64>> {
        let mut newest = self.connection.prepare_cached(
            "SELECT newest_arrival_ms
             FROM application_total
             WHERE application_id = ?",
        )?;
        let found = newest
            .query_row([application_id], |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    /// The counts of one application.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn totals(&self, application_id: i64) -> Result<Totals> {
        let mut counts = self.connection.prepare_cached(
            "SELECT
               (SELECT event_count FROM application_total WHERE application_id = ?1),
               (SELECT person_count FROM application_total WHERE application_id = ?1),
               (SELECT device_count FROM application_total WHERE application_id = ?1),
               (SELECT count(*) FROM import WHERE application_id = ?1),
               (SELECT newest_arrival_ms FROM application_total WHERE application_id = ?1)",
        )?;
        let mut totals = counts.query_row([application_id], |row| {
            Ok(Totals {
                event_count: row.get::<_, Option<u64>>(0)?.unwrap_or(0),
                person_count: row.get::<_, Option<u64>>(1)?.unwrap_or(0),
                device_count: row.get::<_, Option<u64>>(2)?.unwrap_or(0),
                session_count: 0,
                import_count: row.get(3)?,
                newest_arrival_ms: row.get(4)?,
            })
        })?;
        for stored in self.definitions(application_id)? {
            totals.session_count += self.session_count(stored.definition_id)?;
        }
        Ok(totals)
    }
}

impl Writer<'_> {
    /// Makes an application.
    ///
    /// # Errors
    /// Where the name is taken or the file cannot be written.
    pub fn add_application(&self, name: &str, zone: &str) -> Result<Application> {
        self.connection.execute(
            "INSERT INTO application (name, zone) VALUES (?, ?)",
            params![name, zone],
        )?;
        let application_id = self.connection.last_insert_rowid();
        self.add_to_totals(application_id, 0, None)?;
        Ok(Application {
            application_id,
            name: name.to_owned(),
            zone: zone.to_owned(),
        })
    }

    /// Sets an application's zone.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_application_zone(&self, application_id: i64, zone: &str) -> Result<()> {
        self.connection.execute(
            "UPDATE application SET zone = ? WHERE application_id = ?",
            params![zone, application_id],
        )?;
        Ok(())
    }

    /// Adds an import's new events to the totals.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn add_to_totals(
        &self,
        application_id: i64,
        stored: u64,
        newest_arrival_ms: Option<i64>,
    ) -> Result<()> {
        self.connection.execute(
            "INSERT INTO application_total (application_id, event_count, newest_arrival_ms)
             VALUES (?1, ?2, ?3)
             ON CONFLICT (application_id) DO UPDATE SET
               event_count = event_count + excluded.event_count,
               newest_arrival_ms = max(
                 coalesce(newest_arrival_ms, excluded.newest_arrival_ms),
                 coalesce(excluded.newest_arrival_ms, newest_arrival_ms))",
            params![application_id, stored, newest_arrival_ms],
        )?;
        Ok(())
    }

    /// Counts an application's events again and looks for the newest arrival.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn rebuild_totals(&self, application_id: i64) -> Result<()> {
        let streams = self.possible_streams(application_id)?;
        let (mut event_count, mut newest_arrival_ms) = (0_u64, None);
        self.every_block(|stored| {
            if !streams.contains(&stream_of(stored.block_id)) {
                return Ok(());
            }
            event_count += stored.event_count as u64;
            let newest_ms = newest_arrival(stored.columns()?);
            let damaged = || stored.damaged("its arrivals cannot be read");
            newest_arrival_ms = newest_arrival_ms.max(Some(newest_ms.ok_or_else(damaged)?));
            Ok(())
        })?;
        self.connection.execute(
            "INSERT INTO application_total (application_id, event_count, newest_arrival_ms)
             VALUES (?1, ?2, ?3)
             ON CONFLICT (application_id) DO UPDATE SET
               event_count = excluded.event_count,
               newest_arrival_ms = excluded.newest_arrival_ms",
            params![application_id, event_count, newest_arrival_ms],
        )?;
        Ok(())
    }

    /// The streams that an application's devices and users have, or would have.
    fn possible_streams(&self, application_id: i64) -> Result<FxHashSet<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT device_id * 2 FROM device WHERE application_id = ?1
             UNION ALL
             SELECT user_id * 2 + 1 FROM user WHERE application_id = ?1",
        )?;
        let rows = all.query_map([application_id], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes that an application's derived tables are made.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn note_fresh(&self, application_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM stale_application WHERE application_id = ?",
            [application_id],
        )?;
        Ok(())
    }

    /// Sets the moment up to which an application's live events were told, UTC ms.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_emitted_through(&self, application_id: i64, through_ms: i64) -> Result<()> {
        let before_ms = self.emitted_through_ms(application_id)?;
        self.connection.execute(
            "UPDATE application SET emitted_through_ms = ? WHERE application_id = ?",
            [through_ms, application_id],
        )?;
        self.refresh_open_sessions(application_id, before_ms, through_ms)
    }
}
