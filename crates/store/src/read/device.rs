//! Devices: the list and one device.

use dwell_model::{Key, Properties};

use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::owner::Owner;

/// A device with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Number.
    pub device_number: i64,
    /// Id.
    pub key: Key,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The newest value of each context field.
    pub context: Properties,
    /// Users seen on it, by number.
    pub users: Vec<i64>,
}

impl Reader<'_> {
    /// An application's devices, the last seen first.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn devices(
        &self,
        application_id: i64,
        mut each: impl FnMut(Device) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT c.device_id, first_seen_ms, last_seen_ms, event_count, context
             FROM device_context c
             JOIN device d USING (device_id)
             WHERE c.application_id = ?
             ORDER BY last_seen_ms DESC, d.key",
        )?;
        let mut rows = all.query([application_id])?;
        while let Some(row) = rows.next()? {
            each(self.device_of_row(row)?)?;
        }
        Ok(())
    }

    /// One device.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn device(&self, device_number: i64) -> Result<Option<Device>> {
        let mut one = self.connection.prepare_cached(
            "SELECT device_id, first_seen_ms, last_seen_ms, event_count, context
             FROM device_context
             WHERE device_id = ?",
        )?;
        let mut rows = one.query([device_number])?;
        rows.next()?.map(|row| self.device_of_row(row)).transpose()
    }

    fn device_of_row(&self, row: &rusqlite::Row<'_>) -> Result<Device> {
        let device_number: i64 = row.get(0)?;
        let owner = Owner::Device(device_number);
        let context: String = row.get(4)?;
        let mut owners = self.connection.prepare_cached(
            "SELECT owner_id
             FROM stream_owner
             WHERE stream_id = ?
             ORDER BY owner_id",
        )?;
        let users = owners
            .query_map([owner.id()], |row| Ok(Owner::from_id(row.get(0)?).user()))?
            .filter_map(rusqlite::Result::transpose)
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Device {
            device_number,
            key: self.owner_key(owner)?,
            first_seen_ms: row.get(1)?,
            last_seen_ms: row.get(2)?,
            event_count: row.get(3)?,
            context: Properties::from_json(&context).map_err(|error| StoreError::Damaged {
                table: "device_context",
                row: device_number.to_string(),
                column: "context",
                reason: error.to_string(),
            })?,
            users,
        })
    }
}
