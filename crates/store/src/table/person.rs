//! People as derived from their streams: each person's part of a stream, and what its events set.

use dwell_model::{Properties, Value};
use rusqlite::OptionalExtension;

use crate::error::{Result, StoreError};
use crate::file::Reader;
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

impl Reader<'_> {
    /// A person's part of a stream, with the properties that it set; `None` where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_person(&self, stream_id: i64, person: Owner) -> Result<Option<StreamPerson>> {
        let mut one = self.connection.prepare_cached(
            "SELECT first_seen_ms, last_seen_ms, event_count, name, zone_time_ms
             FROM part
             LEFT JOIN zone USING (zone_id)
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

    /// The people who have a part in a stream.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people_of_stream(&self, stream_id: i64) -> Result<Vec<Owner>> {
        let mut all = self.connection.prepare_cached(
            "SELECT person_id
             FROM part
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
             FROM part
             WHERE person_id = ?
             ORDER BY stream_id",
        )?;
        let rows = all.query_map([person.id()], |row| Ok(Owner::from_id(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Time of a person's last event, UTC ms; `None` without parts.
    pub(crate) fn last_seen_of_person(&self, person: Owner) -> Result<Option<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT last_seen_ms
             FROM part
             WHERE person_id = ?",
        )?;
        let mut last = None;
        for last_ms in all.query_map([person.id()], |row| row.get(0))? {
            last = last.max(Some(last_ms?));
        }
        Ok(last)
    }

    /// The newest value of each custom property over all streams, by name; the latest time wins, ties
    /// by event id.
    pub(crate) fn newest_properties(&self, person: Owner) -> Result<Properties> {
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
pub(crate) fn display_name(properties: &Properties) -> Option<String> {
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

pub(crate) fn json_of(value: &Value) -> Result<String> {
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

/// The custom properties of a person's row.
pub(crate) fn properties_of(json: &str, person: Owner) -> Result<Properties> {
    Properties::from_json(json).map_err(|error| StoreError::Damaged {
        table: "person",
        row: person.id().to_string(),
        column: "properties",
        reason: error.to_string(),
    })
}
