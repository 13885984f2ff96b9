//! Numbers for keys and names: users and devices of an application, event names of the workspace.

use dwell_model::{Key, KeyRef};
use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::table::forgotten::{Forgotten, Moments};

/// Numbers given and found while one import runs; it grows with the users and devices of the file.
pub struct Numbers {
    application_id: i64,
    users: Keys,
    devices: Keys,
    names: FxHashMap<Box<str>, u32>,
    /// Devices that were not known before.
    pub new_device_count: u64,
    known_streams: KnownStreams,
    /// Who is to stay forgotten; `None` where nobody is.
    forgotten: Option<Forgotten>,
    /// Devices that were met with rows that name no user: their places in `unnamed`.
    unnamed_devices: Keys,
    unnamed: Vec<Vec<Moments>>,
}

/// In place of the number of somebody who is to stay forgotten.
const FORGOTTEN: i64 = -1;

/// Which streams had events before an import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownStreams {
    last_device: i64,
    last_user: i64,
}

impl KnownStreams {
    /// Whether a stream cannot have events yet.
    pub(crate) fn is_new(self, stream_id: i64) -> bool {
        match Owner::from_id(stream_id) {
            Owner::Device(number) => number > self.last_device,
            Owner::User(number) => number > self.last_user,
        }
    }
}

/// The numbers of keys.
#[derive(Default)]
struct Keys {
    uuids: FxHashMap<Uuid, i64>,
    texts: FxHashMap<Box<str>, i64>,
    /// Whether some can be known that are not here.
    are_more_known: bool,
}

impl Keys {
    fn get(&self, key: KeyRef<'_>) -> Option<i64> {
        match key {
            KeyRef::Uuid(uuid) => self.uuids.get(&uuid).copied(),
            KeyRef::Text(text) => self.texts.get(text).copied(),
        }
    }

    fn insert(&mut self, key: KeyRef<'_>, number: i64) {
        match key {
            KeyRef::Uuid(uuid) => self.uuids.insert(uuid, number),
            KeyRef::Text(text) => self.texts.insert(text.into(), number),
        };
    }
}

impl Numbers {
    /// None known yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn new(writer: &Writer<'_>, application_id: i64) -> Result<Self> {
        let keys = |sql: &str| -> Result<Keys> {
            let are_more_known = writer
                .connection
                .query_row(sql, [application_id], |row| row.get(0))?;
            Ok(Keys {
                are_more_known,
                ..Keys::default()
            })
        };
        let last = |sql: &str| writer.connection.query_row(sql, [], |row| row.get(0));
        Ok(Self {
            application_id,
            users: keys("SELECT EXISTS (SELECT 1 FROM user WHERE application_id = ?)")?,
            devices: keys("SELECT EXISTS (SELECT 1 FROM device WHERE application_id = ?)")?,
            names: FxHashMap::default(),
            new_device_count: 0,
            known_streams: KnownStreams {
                last_device: last("SELECT coalesce(max(device_id), 0) FROM device")?,
                last_user: last("SELECT coalesce(max(user_id), 0) FROM user")?,
            },
            forgotten: writer.forgotten(application_id)?,
            unnamed_devices: Keys::default(),
            unnamed: Vec::new(),
        })
    }

    /// Who is to stay forgotten of the application; `None` where nobody is.
    pub(crate) fn forgotten(&self) -> Option<&Forgotten> {
        self.forgotten.as_ref()
    }

    /// Whether a row of these ids is of somebody who is to stay forgotten. Each id is hashed once.
    pub(crate) fn is_forgotten(
        &mut self,
        user: Option<KeyRef<'_>>,
        device: Option<KeyRef<'_>>,
        time_ms: i64,
    ) -> bool {
        let Some(forgotten) = &self.forgotten else {
            return false;
        };
        if let Some(user) = user {
            let number = self.users.get(user);
            if number == Some(FORGOTTEN) {
                return true;
            }
            if number.is_none() && forgotten.has_user(user) {
                self.users.insert(user, FORGOTTEN);
                return true;
            }
        }
        let Some(device) = device else {
            return false;
        };
        if user.is_none() && forgotten.has_unnamed() {
            let place = self.unnamed_devices.get(device).unwrap_or_else(|| {
                let place = self.unnamed.len() as i64;
                self.unnamed.push(forgotten.unnamed(device).to_vec());
                self.unnamed_devices.insert(device, place);
                place
            });
            let moments = usize::try_from(place)
                .ok()
                .and_then(|at| self.unnamed.get(at));
            let is_then = |(from_ms, last_ms): &Moments| (*from_ms..=*last_ms).contains(&time_ms);
            if moments.is_some_and(|all| all.iter().any(is_then)) {
                return true;
            }
        }
        let number = self.devices.get(device);
        if number.is_none() && forgotten.has_device(device) {
            self.devices.insert(device, FORGOTTEN);
            return true;
        }
        number == Some(FORGOTTEN)
    }

    /// Which streams had events before this gave its first number.
    pub(crate) fn known_streams(&self) -> KnownStreams {
        self.known_streams
    }

    /// The number of a user of an application, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn user(&mut self, writer: &Writer<'_>, key: KeyRef<'_>) -> Result<i64> {
        if let Some(number) = self.users.get(key) {
            return Ok(number);
        }
        let owned = key.to_key();
        let known = match self.users.are_more_known {
            true => writer.user_number(self.application_id, &owned)?,
            false => None,
        };
        let number = match known {
            Some(number) => number,
            None => writer.add_user(self.application_id, &owned)?,
        };
        self.users.insert(key, number);
        Ok(number)
    }

    /// The number of a device of an application, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn device(&mut self, writer: &Writer<'_>, key: KeyRef<'_>) -> Result<i64> {
        if let Some(number) = self.devices.get(key) {
            return Ok(number);
        }
        let owned = key.to_key();
        let known = match self.devices.are_more_known {
            true => writer.device_number(self.application_id, &owned)?,
            false => None,
        };
        let number = match known {
            Some(number) => number,
            None => {
                self.new_device_count += 1;
                let mut add = writer
                    .connection
                    .prepare_cached("INSERT INTO device (application_id, key) VALUES (?, ?)")?;
                add.insert(params![self.application_id, cell::of_key(&owned)])?
            }
        };
        self.devices.insert(key, number);
        Ok(number)
    }

    /// The number of an event name, a new one where it is not known.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn name(&mut self, writer: &Writer<'_>, name: &str) -> Result<u32> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        let number = match writer.name_number(name)? {
            Some(number) => number,
            None => {
                let mut add = writer
                    .connection
                    .prepare_cached("INSERT INTO event_name (name) VALUES (?)")?;
                name_number_of(add.insert([name])?)?
            }
        };
        self.names.insert(name.into(), number);
        Ok(number)
    }

    /// The number of a name that came by.
    pub(crate) fn known_name(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }
}

fn name_number_of(number: i64) -> Result<u32> {
    u32::try_from(number).map_err(|error| StoreError::Damaged {
        table: "event_name",
        row: number.to_string(),
        column: "name_id",
        reason: error.to_string(),
    })
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
        self.add_user(application_id, key)
    }

    fn add_user(&self, application_id: i64, key: &Key) -> Result<i64> {
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
        key.flatten().ok_or_else(|| no_key(table, number))
    }

    /// The application of a stream's device or user.
    pub(crate) fn application_of(&self, stream_id: i64) -> Result<Option<i64>> {
        let (sql, number) = match Owner::from_id(stream_id) {
            Owner::Device(number) => (
                "SELECT application_id FROM device WHERE device_id = ?",
                number,
            ),
            Owner::User(number) => ("SELECT application_id FROM user WHERE user_id = ?", number),
        };
        let mut one = self.connection.prepare_cached(sql)?;
        Ok(one.query_row([number], |row| row.get(0)).optional()?)
    }

    /// The ids of all users and devices of an application.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn owner_keys(&self, application_id: i64) -> Result<FxHashMap<Owner, Key>> {
        let mut all = self.connection.prepare_cached(
            "SELECT 1, user_id, key FROM user WHERE application_id = ?1
             UNION ALL
             SELECT 0, device_id, key FROM device WHERE application_id = ?1",
        )?;
        let mut rows = all.query([application_id])?;
        let mut keys = FxHashMap::default();
        while let Some(row) = rows.next()? {
            let number = row.get(1)?;
            let (table, owner) = match row.get(0)? {
                true => ("user", Owner::User(number)),
                false => ("device", Owner::Device(number)),
            };
            let key = cell::to_key(row.get_ref(2)?);
            keys.insert(owner, key.ok_or_else(|| no_key(table, number))?);
        }
        Ok(keys)
    }

    /// The number of an event name; `None` where no event has it.
    pub(crate) fn name_number(&self, name: &str) -> Result<Option<u32>> {
        let mut find = self
            .connection
            .prepare_cached("SELECT name_id FROM event_name WHERE name = ?")?;
        let found = find.query_row([name], |row| row.get(0)).optional()?;
        found.map(name_number_of).transpose()
    }

    /// The event name of a number.
    pub(crate) fn name_of(&self, name_id: u32) -> Result<Option<Box<str>>> {
        let mut find = self
            .connection
            .prepare_cached("SELECT name FROM event_name WHERE name_id = ?")?;
        let found = find.query_row([name_id], |row| row.get::<_, String>(0));
        Ok(found.optional()?.map(Into::into))
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

fn no_key(table: &'static str, number: i64) -> StoreError {
    StoreError::Damaged {
        table,
        row: number.to_string(),
        column: "key",
        reason: "there is no such key".to_owned(),
    }
}
