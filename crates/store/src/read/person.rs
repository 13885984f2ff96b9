//! The list of people and one person's head.

use dwell_model::{Key, Properties, Value};
use rusqlite::params;

use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::fold::fold;
use crate::owner::Owner;

/// One person of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub person: Owner,
    /// Id.
    pub key: Key,
    /// Display name.
    pub name: Option<String>,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// Custom properties by name.
    pub properties: Properties,
    /// The zone of the newest context.
    pub zone: Option<String>,
    /// How well it fits the search: 0 name or id begins with it, 1 elsewhere.
    pub rank: i64,
}

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Part of any text of theirs; blank is everyone.
    pub search: String,
    /// Seen at or after this moment, UTC ms.
    pub seen_since_ms: Option<i64>,
    /// Known users only.
    pub only_users: bool,
}

/// The last row of the page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeopleCursor {
    /// Its rank.
    pub rank: i64,
    /// Its last event, UTC ms.
    pub last_seen_ms: i64,
    /// Its person's number.
    pub person_id: i64,
}

/// A person's part of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDevice {
    /// Device.
    pub device: Key,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// The newest value of each context field of the device.
    pub context: Properties,
}

impl PersonDevice {
    /// What a search for the person finds of this device: its id, model and system.
    pub fn search_texts(&self) -> Vec<String> {
        let field = |name: &str| self.context.get(name).map(Value::shown);
        let told = ["device_model", "operating_system"]
            .into_iter()
            .filter_map(field);
        std::iter::once(self.device.to_string())
            .chain(told)
            .collect()
    }
}

const MATCHING: &str = "FROM (
         SELECT *,
           CASE
             WHEN ?2 = '' THEN 0
             WHEN substr(name_folded, 1, length(?2)) = ?2
               OR substr(id_folded, 1, length(?2)) = ?2
               OR instr(name_folded, ' ' || ?2) > 0 THEN 0
             ELSE 1
           END AS rank
         FROM person
         WHERE application_id = ?1
           AND (?2 = '' OR instr(search_text, ?2) > 0)
           AND (?3 IS NULL OR last_seen_ms >= ?3)
           AND (?4 = 0 OR person_id % 2 = 1)
       )";

impl Reader<'_> {
    /// A page of people: those whose name or id begins with the search first, then the last seen.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people(
        &self,
        application_id: i64,
        filter: &PeopleFilter,
        after: Option<PeopleCursor>,
        limit: u32,
    ) -> Result<Vec<Person>> {
        let mut page = self.connection.prepare_cached(&format!(
            "SELECT person_id, name, first_seen_ms, last_seen_ms, event_count, properties, zone, rank
             {MATCHING}
             WHERE ?5 IS NULL
               OR (rank, -last_seen_ms, id_folded, person_id)
                 > (?5, -?6, (SELECT id_folded FROM person WHERE person_id = ?7), ?7)
             ORDER BY rank, last_seen_ms DESC, id_folded, person_id
             LIMIT ?8"
        ))?;
        let mut rows = page.query(params![
            application_id,
            fold(filter.search.trim()),
            filter.seen_since_ms,
            filter.only_users,
            after.map(|cursor| cursor.rank),
            after.map(|cursor| cursor.last_seen_ms),
            after.map(|cursor| cursor.person_id),
            limit,
        ])?;
        let mut people = Vec::new();
        while let Some(row) = rows.next()? {
            people.push(self.person_of_row(row)?);
        }
        Ok(people)
    }

    /// How many people there are.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn people_count(&self, application_id: i64, filter: &PeopleFilter) -> Result<u64> {
        let mut count = self
            .connection
            .prepare_cached(&format!("SELECT count(*) {MATCHING}"))?;
        Ok(count.query_row(
            params![
                application_id,
                fold(filter.search.trim()),
                filter.seen_since_ms,
                filter.only_users
            ],
            |row| row.get(0),
        )?)
    }

    /// One person.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn person(&self, person: Owner) -> Result<Option<Person>> {
        let mut one = self.connection.prepare_cached(
            "SELECT person_id, name, first_seen_ms, last_seen_ms, event_count, properties, zone, 0
             FROM person
             WHERE person_id = ?",
        )?;
        let mut rows = one.query([person.id()])?;
        rows.next()?.map(|row| self.person_of_row(row)).transpose()
    }

    fn person_of_row(&self, row: &rusqlite::Row<'_>) -> Result<Person> {
        let person = Owner::from_id(row.get(0)?);
        let properties: String = row.get(5)?;
        Ok(Person {
            person,
            key: self.owner_key(person)?,
            name: row.get(1)?,
            first_seen_ms: row.get(2)?,
            last_seen_ms: row.get(3)?,
            event_count: row.get(4)?,
            properties: Properties::from_json(&properties).map_err(|error| {
                StoreError::Damaged {
                    table: "person",
                    row: person.id().to_string(),
                    column: "properties",
                    reason: error.to_string(),
                }
            })?,
            zone: row.get(6)?,
            rank: row.get(7)?,
        })
    }

    /// A person's devices, the last seen first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn devices_of_person(&self, person: Owner) -> Result<Vec<PersonDevice>> {
        let mut all = self.connection.prepare_cached(
            "SELECT d.device_id, s.first_seen_ms, s.last_seen_ms, s.event_count, d.context
             FROM person_stream s
             JOIN device_context d ON d.device_id = s.stream_id / 2
             WHERE s.person_id = ? AND s.stream_id % 2 = 0
             ORDER BY s.last_seen_ms DESC,
               (SELECT key FROM device WHERE device.device_id = d.device_id)",
        )?;
        let mut rows = all.query([person.id()])?;
        let mut devices = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let context: String = row.get(4)?;
            devices.push(PersonDevice {
                device: self.owner_key(Owner::Device(number))?,
                first_seen_ms: row.get(1)?,
                last_seen_ms: row.get(2)?,
                event_count: row.get(3)?,
                context: Properties::from_json(&context).map_err(|error| StoreError::Damaged {
                    table: "device_context",
                    row: number.to_string(),
                    column: "context",
                    reason: error.to_string(),
                })?,
            });
        }
        Ok(devices)
    }
}
