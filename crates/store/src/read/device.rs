//! Devices: the list and one device.

use dwell_model::{Key, Properties};

use crate::error::Result;
use crate::file::Reader;
use crate::owner::Owner;
use crate::table::stream::context_of;

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
            "SELECT device_id, first_seen_ms, length_ms, event_count, text, context_id
             FROM device
             JOIN stream ON stream_id = device_id * 2
             LEFT JOIN context USING (context_id)
             WHERE application_id = ?
             ORDER BY first_seen_ms + length_ms DESC, key",
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
            "SELECT stream_id / 2, first_seen_ms, length_ms, event_count, text, context_id
             FROM stream
             LEFT JOIN context USING (context_id)
             WHERE stream_id = ?",
        )?;
        let mut rows = one.query([Owner::Device(device_number).id()])?;
        rows.next()?.map(|row| self.device_of_row(row)).transpose()
    }

    fn device_of_row(&self, row: &rusqlite::Row<'_>) -> Result<Device> {
        let device_number: i64 = row.get(0)?;
        let owner = Owner::Device(device_number);
        let owners = self.stream_owners(owner.id())?;
        let first_seen_ms = row.get(1)?;
        Ok(Device {
            device_number,
            key: self.owner_key(owner)?,
            first_seen_ms,
            last_seen_ms: first_seen_ms + row.get::<_, i64>(2)?,
            event_count: row.get(3)?,
            context: context_of(row, 4)?,
            users: owners.iter().filter_map(|of| of.owner.user()).collect(),
        })
    }
}
