//! Reading everyone's text, or one person's, from the tables of people.

use std::ops::ControlFlow;
use std::sync::{Mutex, OnceLock};

use dwell_model::Properties;
use rusqlite::types::FromSqlError;
use rusqlite::{OptionalExtension, Row};
use rustc_hash::FxHashMap;

use super::{Directory, Entry};
use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::fold::fold;
use crate::owner::Owner;
use crate::read::Hear;
use crate::read::person::search_fields;
use crate::table::person::properties_of;
use crate::table::stream::context_of;

/// After so many people it is told how far it is.
const TOLD_AFTER: usize = 1 << 14;

/// Folded ids of users or devices by number.
#[derive(Default)]
struct Ids {
    numbers: Vec<i64>,
    ends: Vec<usize>,
    text: String,
}

impl Ids {
    /// What a query finds by number: as they stand in the file, by any index they would be sorted.
    fn read(reader: &Reader<'_>, application_id: i64, sql: &str) -> Result<Self> {
        let mut all = reader.connection.prepare_cached(sql)?;
        let mut rows = all.query([application_id])?;
        let mut ids = Self::default();
        while let Some(row) = rows.next()? {
            let Some(key) = cell::to_key(row.get_ref(1)?) else {
                continue;
            };
            ids.numbers.push(row.get(0)?);
            ids.text.push_str(&fold(&key.to_string()));
            ids.ends.push(ids.text.len());
        }
        Ok(ids)
    }

    fn get(&self, number: i64) -> Option<&str> {
        // Numbers are given one after the other, so this is nearly always where it stands.
        let near = (number - self.numbers.first()?) as usize;
        let index = match self.numbers.get(near) {
            Some(there) if *there == number => near,
            _ => self.numbers.binary_search(&number).ok()?,
        };
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        Some(&self.text[start..self.ends[index]])
    }
}

/// Person, device and number of its context.
type DevicePart = (i64, i64, i64);

/// What a directory is made from.
struct Sources {
    users: Ids,
    devices: Ids,
    /// The other users of each profile of several.
    joined: FxHashMap<i64, Vec<i64>>,
    /// Person, device and number of its context, by person.
    parts: Vec<DevicePart>,
    /// What a search finds of a context: a line for each field.
    contexts: FxHashMap<i64, String>,
}

impl Sources {
    /// Reads them; `None` where `go_on` breaks between two of them.
    fn read(
        reader: &Reader<'_>,
        application_id: i64,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Self>> {
        if go_on().is_break() {
            return Ok(None);
        }
        let mut sources = Self {
            users: Ids::read(
                reader,
                application_id,
                "SELECT user_id, key FROM user WHERE +application_id = ? ORDER BY user_id",
            )?,
            devices: Ids::read(
                reader,
                application_id,
                "SELECT device_id, key FROM device WHERE +application_id = ? ORDER BY device_id",
            )?,
            joined: FxHashMap::default(),
            parts: Vec::new(),
            contexts: FxHashMap::default(),
        };
        for (user, profile) in reader.profiles()? {
            if user != profile {
                sources.joined.entry(profile).or_default().push(user);
            }
        }
        if go_on().is_break() {
            return Ok(None);
        }
        let mut parts = reader.connection.prepare_cached(
            "SELECT person_id, stream_id / 2, context_id
             FROM stream
             WHERE person_id IS NOT NULL AND stream_id % 2 = 0
             UNION ALL
             SELECT p.person_id, stream_id / 2, context_id
             FROM person_stream p
             JOIN stream USING (stream_id)
             WHERE stream_id % 2 = 0",
        )?;
        let mut rows = parts.query([])?;
        while let Some(row) = rows.next()? {
            let context_id: Option<i64> = row.get(2)?;
            sources
                .parts
                .push((row.get(0)?, row.get(1)?, context_id.unwrap_or(0)));
        }
        sources.parts.sort_unstable();
        if go_on().is_break() {
            return Ok(None);
        }
        let mut contexts = reader
            .connection
            .prepare_cached("SELECT text, context_id FROM context")?;
        let mut rows = contexts.query([])?;
        while let Some(row) = rows.next()? {
            let lines = lines_of(&context_of(row, 0)?);
            sources.contexts.insert(row.get(1)?, lines);
        }
        Ok(Some(sources))
    }

    fn id(&self, person: Owner) -> &str {
        let found = match person {
            Owner::User(number) => self.users.get(number),
            Owner::Device(number) => self.devices.get(number),
        };
        found.unwrap_or("")
    }
}

/// What a search finds of a context.
fn lines_of(context: &Properties) -> String {
    let mut lines = String::new();
    for field in search_fields(context) {
        push_line(&mut lines, &fold(&field));
    }
    lines
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A person's row: last event, UTC ms, name and properties.
struct PersonRow<'r> {
    last_seen_ms: i64,
    name: Option<&'r str>,
    properties: Option<&'r str>,
}

impl<'r> PersonRow<'r> {
    /// The columns from one on.
    fn read(row: &'r Row<'_>, from: usize, person: Owner) -> Result<Self> {
        let damaged = |column, error: FromSqlError| StoreError::Damaged {
            table: "person",
            row: person.id().to_string(),
            column,
            reason: error.to_string(),
        };
        let name = row.get_ref(from + 1)?.as_str_or_null();
        let properties = row.get_ref(from + 2)?.as_str_or_null();
        Ok(Self {
            last_seen_ms: row.get(from)?,
            name: name.map_err(|error| damaged("name", error))?,
            properties: properties.map_err(|error| damaged("properties", error))?,
        })
    }
}

impl Directory {
    /// Reads everyone; `None` where it was stopped.
    pub(super) fn build(
        reader: &Reader<'_>,
        application_id: i64,
        revision: i64,
        hear: Hear<'_>,
    ) -> Result<Option<Self>> {
        let count = reader.person_count(application_id)? as usize;
        let Some(sources) = Sources::read(reader, application_id, &mut || hear(0, count))? else {
            return Ok(None);
        };
        let mut new = Self {
            application_id,
            revision,
            entries: Vec::with_capacity(count),
            first_count: 0,
            later: FxHashMap::default(),
            text: String::new(),
            order: Vec::new(),
            ranks: Vec::new(),
            gone: Vec::new(),
            beginnings: OnceLock::new(),
            last: Mutex::default(),
        };
        // By their numbers, as they stand in the file: in another order each would be looked for.
        let mut all = reader.connection.prepare_cached(
            "SELECT person_id, last_seen_ms, name, properties
             FROM person
             WHERE +application_id = ?
             ORDER BY person_id",
        )?;
        let mut rows = all.query([application_id])?;
        let mut parts = &sources.parts[..];
        while let Some(row) = rows.next()? {
            let person = Owner::from_id(row.get(0)?);
            let of = person.id();
            let before = parts.iter().take_while(|part| part.0 < of).count();
            parts = &parts[before..];
            let theirs = parts.iter().take_while(|part| part.0 == of).count();
            let joined = person.user().and_then(|user| sources.joined.get(&user));
            let joined = joined.into_iter().flatten();
            let devices = parts[..theirs].iter().map(|(_, device, context_id)| {
                let lines = sources.contexts.get(context_id);
                (
                    sources.id(Owner::Device(*device)),
                    lines.map_or("", |lines| lines),
                )
            });
            new.push(
                person,
                &PersonRow::read(row, 1, person)?,
                sources.id(person),
                joined.map(|user| sources.id(Owner::User(*user))),
                devices,
            )?;
            if new.entries.len().is_multiple_of(TOLD_AFTER)
                && let ControlFlow::Break(()) = hear(new.entries.len(), count)
            {
                return Ok(None);
            }
        }
        drop(sources);
        new.first_count = new.entries.len();
        new.ranks = vec![0; new.entries.len()];
        let mut order: Vec<u32> = (0..new.entries.len() as u32).collect();
        order.sort_unstable_by(|a, b| new.in_order(*a, *b));
        new.order = order;
        for (rank, place) in (0..).zip(&new.order) {
            new.ranks[*place as usize] = rank;
        }
        Ok(Some(new))
    }

    /// Reads one person's text and adds it to the end; answers whether there is such a person in the
    /// application.
    pub(super) fn add(&mut self, reader: &Reader<'_>, person: Owner) -> Result<bool> {
        let mut one = reader.connection.prepare_cached(
            "SELECT last_seen_ms, name, properties
             FROM person
             WHERE person_id = ? AND application_id = ?",
        )?;
        let mut rows = one.query([person.id(), self.application_id])?;
        let Some(row) = rows.next()? else {
            return Ok(false);
        };
        let folded = |of: Owner| -> Result<String> { Ok(fold(&reader.owner_key(of)?.to_string())) };
        let id = folded(person)?;
        let mut joined = Vec::new();
        if let Some(user) = person.user() {
            for other in reader.users_of_profile(user)? {
                if other != user {
                    joined.push(folded(Owner::User(other))?);
                }
            }
        }
        let mut all = reader.connection.prepare_cached(
            "SELECT part.stream_id, text, context_id
             FROM part
             JOIN stream USING (stream_id)
             LEFT JOIN context USING (context_id)
             WHERE part.person_id = ? AND part.stream_id % 2 = 0
             ORDER BY part.stream_id",
        )?;
        let mut parts = all.query([person.id()])?;
        let mut devices = Vec::new();
        while let Some(part) = parts.next()? {
            let device = Owner::from_id(part.get(0)?);
            devices.push((folded(device)?, lines_of(&context_of(part, 1)?)));
        }
        self.push(
            person,
            &PersonRow::read(row, 0, person)?,
            &id,
            joined.iter().map(|id| &**id),
            devices.iter().map(|(id, lines)| (&**id, &**lines)),
        )?;
        Ok(true)
    }

    /// Adds a person to the end: the id, the name, other ids of a joined user, which find the person
    /// too, properties, and devices with what they tell of themselves.
    fn push<'t>(
        &mut self,
        person: Owner,
        row: &PersonRow<'_>,
        id: &str,
        joined: impl Iterator<Item = &'t str>,
        devices: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<()> {
        let text = &mut self.text;
        push_line(text, id);
        let name = row.name.map(fold);
        if let Some(name) = &name {
            push_line(text, name);
        }
        for id in joined {
            push_line(text, id);
        }
        if let Some(json) = row.properties {
            for (_, value) in properties_of(json, person)?.iter() {
                push_line(text, &fold(&value.shown()));
            }
        }
        for (id, lines) in devices {
            push_line(text, id);
            text.push_str(lines);
        }
        self.entries.push(Entry {
            person_id: person.id(),
            last_seen_ms: row.last_seen_ms,
            end: text.len(),
            id_bytes: id.len() as u32,
            name_bytes: name.map_or(0, |name| name.len() as u32),
        });
        Ok(())
    }
}

impl Reader<'_> {
    /// How many people there are.
    pub(crate) fn person_count(&self, application_id: i64) -> Result<u64> {
        let mut one = self.connection.prepare_cached(
            "SELECT person_count FROM application_total WHERE application_id = ?",
        )?;
        let found = one.query_row([application_id], |row| row.get(0));
        Ok(found.optional()?.unwrap_or(0))
    }
}
