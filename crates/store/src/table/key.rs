//! Numbers for keys and names: users and devices of an application, event names of the workspace.

use dwell_model::Key;
use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;

/// Numbers given and found while one import runs; it grows with the users and devices of the file.
#[derive(Default)]
pub struct Numbers {
    users: FxHashMap<Key, i64>,
    devices: FxHashMap<Key, i64>,
    names: FxHashMap<Box<str>, i64>,
    /// Devices that were not known before.
    pub new_device_count: u64,
}

impl Numbers {
    /// The number of a user of an application, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn user(&mut self, writer: &Writer<'_>, application_id: i64, key: &Key) -> Result<i64> {
        if let Some(number) = self.users.get(key) {
            return Ok(*number);
        }
        let number = writer.user_number_or_new(application_id, key)?;
        self.users.insert(key.clone(), number);
        Ok(number)
    }

    /// The number of a device of an application, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn device(&mut self, writer: &Writer<'_>, application_id: i64, key: &Key) -> Result<i64> {
        if let Some(number) = self.devices.get(key) {
            return Ok(*number);
        }
        let found = writer.device_number(application_id, key)?;
        let number = match found {
            Some(number) => number,
            None => {
                self.new_device_count += 1;
                let mut add = writer
                    .connection
                    .prepare_cached("INSERT INTO device (application_id, key) VALUES (?, ?)")?;
                add.insert(params![application_id, cell::of_key(key)])?
            }
        };
        self.devices.insert(key.clone(), number);
        Ok(number)
    }

    /// The number of an event name, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn name(&mut self, writer: &Writer<'_>, name: &str) -> Result<i64> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        let mut find = writer
            .connection
            .prepare_cached("SELECT name_id FROM event_name WHERE name = ?")?;
        let number = match find.query_row([name], |row| row.get(0)).optional()? {
            Some(number) => number,
            None => {
                let mut add = writer
                    .connection
                    .prepare_cached("INSERT INTO event_name (name) VALUES (?)")?;
                add.insert([name])?
            }
        };
        self.names.insert(name.into(), number);
        Ok(number)
    }
}

impl Writer<'_> {
    /// The number of a user of an application, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn user_number_or_new(&self, application_id: i64, key: &Key) -> Result<i64> {
        if let Some(known) = self.user_number(application_id, key)? {
            return Ok(known);
        }
        let mut add = self
            .connection
            .prepare_cached("INSERT INTO user (application_id, key) VALUES (?, ?)")?;
        Ok(add.insert(params![application_id, cell::of_key(key)])?)
    }
}

impl Reader<'_> {
    /// A user's number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn user_number(&self, application_id: i64, key: &Key) -> Result<Option<i64>> {
        let mut find = self
            .connection
            .prepare_cached("SELECT user_id FROM user WHERE application_id = ? AND key = ?")?;
        let found = find.query_row(params![application_id, cell::of_key(key)], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// A device's number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn device_number(&self, application_id: i64, key: &Key) -> Result<Option<i64>> {
        let mut find = self
            .connection
            .prepare_cached("SELECT device_id FROM device WHERE application_id = ? AND key = ?")?;
        let found = find.query_row(params![application_id, cell::of_key(key)], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// The key of a user or device.
    ///
    /// # Errors
    /// Where there is none of that number, or the file cannot be read.
    pub fn owner_key(&self, owner: Owner) -> Result<Key> {
        let (table, sql, number) = match owner {
            Owner::User(number) => ("user", "SELECT key FROM user WHERE user_id = ?", number),
            Owner::Device(number) => (
                "device",
                "SELECT key FROM device WHERE device_id = ?",
                number,
            ),
        };
        let mut find = self.connection.prepare_cached(sql)?;
        let key = find
            .query_row([number], |row| Ok(cell::to_key(row.get_ref(0)?)))
            .optional()?;
        key.flatten().ok_or_else(|| StoreError::Damaged {
            table,
            row: number.to_string(),
            column: "key",
            reason: "there is no such key".to_owned(),
        })
    }

    /// All event names by number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn event_names(&self) -> Result<FxHashMap<i64, Box<str>>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT name_id, name FROM event_name")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
