//! People and devices as derived from their streams: each stream's part, and the sum of the parts.

use dwell_model::{Properties, Value};
use rusqlite::{OptionalExtension, params};

use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::fold::fold;
use crate::owner::Owner;

/// A custom property that a stream set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySet {
    /// Property.
    pub key: Box<str>,
    /// Its value; `None` where it was removed.
    pub value: Option<Value>,
    /// When, UTC ms.
    pub time_ms: i64,
    /// By which event.
    pub event_id: Box<str>,
}

/// One person's part of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPerson {
    /// Who.
    pub person: Owner,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The zone that the newest context or property tells, and when.
    pub zone: Option<(Box<str>, i64)>,
    /// The newest value of each custom property.
    pub properties: Vec<PropertySet>,
}

/// What a stream tells of its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSummary {
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The newest value of each context field.
    pub context: Properties,
    /// The newest event with context, UTC ms.
    pub context_time_ms: Option<i64>,
}

/// Names of properties that hold a person's name, the best first.
const NAME_PROPERTIES: &[&str] = &[
    "name",
    "full_name",
    "fullName",
    "display_name",
    "displayName",
    "username",
    "email",
];

impl Writer<'_> {
    /// Puts the people of a stream in place of those it had; answers the old and the new ones.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn replace_stream_people(
        &self,
        stream_id: i64,
        people: &[StreamPerson],
    ) -> Result<Vec<Owner>> {
        let mut old = self
            .connection
            .prepare_cached("SELECT person_id FROM person_stream WHERE stream_id = ?")?;
        let mut all = old
            .query_map([stream_id], |row| Ok(Owner::from_id(row.get(0)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if !all.is_empty() {
            for sql in [
                "DELETE FROM person_stream WHERE stream_id = ?",
                "DELETE FROM person_property WHERE stream_id = ?",
            ] {
                self.connection.prepare_cached(sql)?.execute([stream_id])?;
            }
        }
        let mut add = self.connection.prepare_cached(
            "INSERT INTO person_stream (person_id, stream_id, first_seen_ms, last_seen_ms,
               event_count, zone, zone_time_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        let mut set = self.connection.prepare_cached(
            "INSERT INTO person_property (person_id, stream_id, key, value, time_ms, event_id)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for part in people {
            all.push(part.person);
            add.execute(params![
                part.person.id(),
                stream_id,
                part.first_seen_ms,
                part.last_seen_ms,
                part.event_count,
                part.zone.as_ref().map(|(zone, _)| &**zone),
                part.zone.as_ref().map(|(_, time_ms)| time_ms),
            ])?;
            for property in &part.properties {
                let value = match &property.value {
                    Some(value) => Some(json_of(value)?),
                    None => None,
                };
                set.execute(params![
                    part.person.id(),
                    stream_id,
                    &*property.key,
                    value,
                    property.time_ms,
                    &*property.event_id,
                ])?;
            }
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Sums a person's parts up again; a person without parts is no more. Answers whether the person
    /// is new.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn refresh_person(&self, application_id: i64, person: Owner) -> Result<bool> {
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM person WHERE person_id = ?")?;
        let was_known = remove.execute([person.id()])? > 0;
        let mut sum = self.connection.prepare_cached(
            "SELECT min(first_seen_ms), max(last_seen_ms), sum(event_count)
             FROM person_stream
             WHERE person_id = ?",
        )?;
        let (first, last, count) = sum.query_row([person.id()], |row| {
            Ok((
                row.get::<_, Option<i64>>(0)?,
                row.get::<_, Option<i64>>(1)?,
                row.get::<_, Option<i64>>(2)?,
            ))
        })?;
        let (Some(first), Some(last), Some(count)) = (first, last, count) else {
            return Ok(false);
        };
        let properties = self.newest_properties(person)?;
        let id = self.owner_key(person)?.to_string();
        let name = display_name(&properties);
        let mut search_text = String::new();
        for part in [Some(id.as_str()), name.as_deref()].into_iter().flatten() {
            search_text.push_str(&fold(part));
            search_text.push('\n');
        }
        // The other ids of a joined user find the person too.
        if let Owner::User(profile) = person {
            for user in self.users_of_profile(profile)? {
                if user != profile {
                    search_text.push_str(&fold(&self.owner_key(Owner::User(user))?.to_string()));
                    search_text.push('\n');
                }
            }
        }
        for (_, value) in properties.iter() {
            search_text.push_str(&fold(&value.shown()));
            search_text.push('\n');
        }
        for device in self.devices_of_person(person)? {
            for text in device.search_texts() {
                search_text.push_str(&fold(&text));
                search_text.push('\n');
            }
        }
        let mut zone = self.connection.prepare_cached(
            "SELECT zone
             FROM person_stream
             WHERE person_id = ? AND zone IS NOT NULL
             ORDER BY zone_time_ms DESC, zone
             LIMIT 1",
        )?;
        let zone: Option<String> = zone
            .query_map([person.id()], |row| row.get(0))?
            .next()
            .transpose()?;
        let mut add = self.connection.prepare_cached(
            "INSERT INTO person (person_id, application_id, name, name_folded, id_folded,
               search_text, first_seen_ms, last_seen_ms, event_count, properties, zone)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        add.execute(params![
            person.id(),
            application_id,
            name,
            name.as_deref().map(fold).unwrap_or_default(),
            fold(&id),
            search_text,
            first,
            last,
            count,
            properties.to_json(),
            zone,
        ])?;
        Ok(!was_known)
    }

    /// Sets what a stream tells of its device; `None` removes it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_device_summary(
        &self,
        application_id: i64,
        device_number: i64,
        summary: Option<&DeviceSummary>,
    ) -> Result<()> {
        let Some(summary) = summary else {
            let mut remove = self
                .connection
                .prepare_cached("DELETE FROM device_context WHERE device_id = ?")?;
            remove.execute([device_number])?;
            return Ok(());
        };
        let mut set = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO device_context (device_id, application_id, first_seen_ms,
               last_seen_ms, event_count, context, context_time_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        set.execute(params![
            device_number,
            application_id,
            summary.first_seen_ms,
            summary.last_seen_ms,
            summary.event_count,
            summary.context.to_json(),
            summary.context_time_ms,
        ])?;
        Ok(())
    }
}

impl Reader<'_> {
    /// A person's part of a stream, with the properties that it set; `None` where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_person(&self, stream_id: i64, person: Owner) -> Result<Option<StreamPerson>> {
        let mut one = self.connection.prepare_cached(
            "SELECT first_seen_ms, last_seen_ms, event_count, zone, zone_time_ms
             FROM person_stream
             WHERE stream_id = ? AND person_id = ?",
        )?;
        let found = one.query_row([stream_id, person.id()], |row| {
            Ok(StreamPerson {
                person,
                first_seen_ms: row.get(0)?,
                last_seen_ms: row.get(1)?,
                event_count: row.get(2)?,
                zone: row
                    .get::<_, Option<String>>(3)?
                    .map(Into::into)
                    .zip(row.get(4)?),
                properties: Vec::new(),
            })
        });
        let Some(mut found) = found.optional()? else {
            return Ok(None);
        };
        let mut all = self.connection.prepare_cached(
            "SELECT key, value, time_ms, event_id
             FROM person_property
             WHERE stream_id = ? AND person_id = ?
             ORDER BY key",
        )?;
        let mut rows = all.query([stream_id, person.id()])?;
        while let Some(row) = rows.next()? {
            let json: Option<String> = row.get(1)?;
            found.properties.push(PropertySet {
                key: row.get::<_, String>(0)?.into(),
                value: json.map(|json| value_of(&json, person)).transpose()?,
                time_ms: row.get(2)?,
                event_id: row.get::<_, String>(3)?.into(),
            });
        }
        Ok(Some(found))
    }

    /// What a stream told of its device; `None` where nothing is known.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn device_summary(&self, device_number: i64) -> Result<Option<DeviceSummary>> {
        let mut one = self.connection.prepare_cached(
            "SELECT first_seen_ms, last_seen_ms, event_count, context, context_time_ms
             FROM device_context
             WHERE device_id = ?",
        )?;
        let mut rows = one.query([device_number])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let context: String = row.get(3)?;
        Ok(Some(DeviceSummary {
            first_seen_ms: row.get(0)?,
            last_seen_ms: row.get(1)?,
            event_count: row.get(2)?,
            context: Properties::from_json(&context).map_err(|error| StoreError::Damaged {
                table: "device_context",
                row: device_number.to_string(),
                column: "context",
                reason: error.to_string(),
            })?,
            context_time_ms: row.get(4)?,
        }))
    }

    /// The people who have a part in a stream.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people_of_stream(&self, stream_id: i64) -> Result<Vec<Owner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT person_id
             FROM person_stream
             WHERE stream_id = ?
             ORDER BY person_id",
        )?;
        let rows = all.query_map([stream_id], |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// All people of an application, in order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn persons(&self, application_id: i64) -> Result<Vec<Owner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT person_id
             FROM person
             WHERE application_id = ?
             ORDER BY person_id",
        )?;
        let rows = all.query_map([application_id], |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The streams in which a person has a part.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn streams_of_person(&self, person: Owner) -> Result<Vec<Owner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT stream_id
             FROM person_stream
             WHERE person_id = ?
             ORDER BY stream_id",
        )?;
        let rows = all.query_map([person.id()], |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest value of each custom property over all streams, by name; the latest time wins, ties
    /// by event id.
    fn newest_properties(&self, person: Owner) -> Result<Properties> {
        let mut all = self.connection.prepare_cached(
            "SELECT key, value
             FROM person_property
             WHERE person_id = ?
             ORDER BY key, time_ms DESC, event_id DESC",
        )?;
        let mut rows = all.query([person.id()])?;
        let mut before: Option<Box<str>> = None;
        let mut newest = Vec::new();
        while let Some(row) = rows.next()? {
            let key: Box<str> = row.get::<_, String>(0)?.into();
            if before.as_ref() == Some(&key) {
                continue;
            }
            if let Some(json) = row.get::<_, Option<String>>(1)? {
                newest.push((key.clone(), value_of(&json, person)?));
            }
            before = Some(key);
        }
        Ok(Properties::of_distinct(newest))
    }
}

/// The best name among the properties.
fn display_name(properties: &Properties) -> Option<String> {
    let text = |key: &str| {
        let value = properties.get(key)?.as_text()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let parts = [text("first_name"), text("last_name")];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let best = |names: &[&str]| names.iter().find_map(|key| text(key));
    best(&NAME_PROPERTIES[..5])
        .or_else(|| (!joined.is_empty()).then_some(joined))
        .or_else(|| best(&NAME_PROPERTIES[5..]))
}

fn json_of(value: &Value) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged {
        table: "person_property",
        row: String::new(),
        column: "value",
        reason: error.to_string(),
    })
}

fn value_of(json: &str, person: Owner) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| StoreError::Damaged {
        table: "person_property",
        row: person.id().to_string(),
        column: "value",
        reason: error.to_string(),
    })
}
