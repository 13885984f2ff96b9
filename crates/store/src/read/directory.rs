//! The text of everyone in an application in memory, so that a search for any part of it reads no
//! file: people in the order of the list, their folded texts one after the other.
//!
//! A directory is of one revision of people (`counter.people_revision`); after a change another is made
//! when the next search comes. It does not know who asks, nor what a page is.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use memchr::memmem::Finder;
use rusqlite::types::FromSqlError;
use rustc_hash::FxHashMap;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::fold::fold;
use crate::owner::Owner;
use crate::read::person::search_fields;
use crate::table::person::properties_of;

/// A directory of more text is made for its question alone and not kept.
const KEPT_BYTES: usize = 1 << 30;
/// Text of fewer bytes is searched by one thread.
const THREADS_FROM_BYTES: usize = 1 << 20;

/// The directory that was asked last, for all readers of a workspace.
#[derive(Default)]
pub(crate) struct Directories(Mutex<Option<Arc<Directory>>>);

/// Everyone in an application.
pub(crate) struct Directory {
    application_id: i64,
    revision: i64,
    people: Vec<Entry>,
    /// Where each person's text ends.
    ends: Vec<usize>,
    text: String,
    last: Mutex<Option<Arc<Matches>>>,
}

/// One person. The text begins with the id and, where there is one, the name, a line each.
#[derive(Clone, Copy)]
struct Entry {
    person_id: i64,
    last_seen_ms: i64,
    id_bytes: u32,
    name_bytes: u32,
}

/// The people in whose text a search was found, by their places in the directory, ascending.
pub(crate) struct Matches {
    needle: String,
    /// Whose name or id begins with it, or a word of the name.
    pub(crate) beginning: Vec<u32>,
    /// All others.
    pub(crate) within: Vec<u32>,
}

/// A needle made ready.
struct Sought<'n> {
    anywhere: Finder<'n>,
    after_space: Finder<'static>,
}

impl Reader<'_> {
    /// The directory of an application as it is now.
    pub(crate) fn directory(&self, application_id: i64) -> Result<Arc<Directory>> {
        let revision =
            self.connection
                .query_row("SELECT people_revision FROM counter", [], |row| row.get(0))?;
        let kept = self
            .directories
            .map(|kept| kept.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(mut kept) = kept else {
            return Ok(Arc::new(Directory::build(self, application_id, revision)?));
        };
        if let Some(known) = &*kept
            && (known.application_id, known.revision) == (application_id, revision)
        {
            return Ok(Arc::clone(known));
        }
        // The memory of the one before is free before another is made.
        *kept = None;
        let new = Arc::new(Directory::build(self, application_id, revision)?);
        if new.text.len() <= KEPT_BYTES {
            *kept = Some(Arc::clone(&new));
        }
        Ok(new)
    }
}

impl Directory {
    /// Who stands at a place, and the time of the last event, UTC ms.
    pub(crate) fn person(&self, place: u32) -> (Owner, i64) {
        let entry = &self.people[place as usize];
        (Owner::from_id(entry.person_id), entry.last_seen_ms)
    }

    /// The first place after a person of the list, by the order of the list: the last seen first, then
    /// by folded id, then by number.
    pub(crate) fn place_after(&self, last_seen_ms: i64, id: &str, person_id: i64) -> u32 {
        let from = self
            .people
            .partition_point(|entry| entry.last_seen_ms > last_seen_ms);
        let ties = self.people[from..]
            .iter()
            .enumerate()
            .take_while(|(index, entry)| {
                let theirs = self.id(from + index);
                entry.last_seen_ms == last_seen_ms && (theirs, entry.person_id) <= (id, person_id)
            })
            .count();
        (from + ties) as u32
    }

    /// How many from the start were seen at or after a moment.
    pub(crate) fn seen_since(&self, since_ms: i64) -> u32 {
        self.people
            .partition_point(|entry| entry.last_seen_ms >= since_ms) as u32
    }

    /// Everyone in whose text a folded needle is. The answer is kept for the next page, and for a
    /// longer needle with this one in it.
    pub(crate) fn find(&self, needle: &str) -> Arc<Matches> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match &*last {
            Some(known) if known.needle == needle => return Arc::clone(known),
            Some(known) if needle.contains(&known.needle) => self.narrow(known, needle),
            _ => self.scan_all(needle),
        };
        let found = Arc::new(found);
        *last = Some(Arc::clone(&found));
        found
    }

    fn scan_all(&self, needle: &str) -> Matches {
        let threads = match self.text.len() < THREADS_FROM_BYTES {
            true => 1,
            false => thread::available_parallelism().map_or(1, usize::from),
        };
        let share = self.people.len().div_ceil(threads).max(1);
        let mut matches = Matches::none(needle);
        thread::scope(|scope| {
            let parts: Vec<_> = (share..self.people.len())
                .step_by(share)
                .map(|from| {
                    let people = from..(from + share).min(self.people.len());
                    scope.spawn(move || self.scan(people, needle))
                })
                .collect();
            matches = self.scan(0..share.min(self.people.len()), needle);
            for part in parts {
                match part.join() {
                    Ok(more) => matches.append(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        matches
    }

    fn scan(&self, people: Range<usize>, needle: &str) -> Matches {
        let mut matches = Matches::none(needle);
        let sought = Sought::new(needle);
        let Some(last) = people.clone().next_back() else {
            return matches;
        };
        let text = &self.text.as_bytes()[..self.ends[last]];
        let mut index = people.start;
        let mut at = self.range(index).start;
        while let Some(offset) = sought.anywhere.find(&text[at..]) {
            let found = at + offset;
            while self.ends[index] <= found {
                index += 1;
            }
            if found + needle.len() > self.ends[index] {
                // It runs over into the next one's text.
                at = found + 1;
                continue;
            }
            let found = found - self.range(index).start;
            self.note(index, &sought, found, &mut matches);
            at = self.ends[index];
        }
        matches
    }

    /// Of the people that a part of the needle was found in.
    fn narrow(&self, known: &Matches, needle: &str) -> Matches {
        let sought = Sought::new(needle);
        let mut matches = Matches::none(needle);
        for place in known.beginning.iter().chain(&known.within) {
            let index = *place as usize;
            if let Some(found) = sought
                .anywhere
                .find(&self.text.as_bytes()[self.range(index)])
            {
                self.note(index, &sought, found, &mut matches);
            }
        }
        matches.beginning.sort_unstable();
        matches.within.sort_unstable();
        matches
    }

    /// Notes a person in whose text the needle is, at first at this place.
    fn note(&self, index: usize, sought: &Sought<'_>, found: usize, matches: &mut Matches) {
        let entry = &self.people[index];
        // Beyond the name there is nothing to begin with it.
        let is_far = found > entry.id_bytes as usize + entry.name_bytes as usize;
        let is_beginning = found == 0 || (!is_far && self.begins(index, sought));
        match is_beginning {
            true => matches.beginning.push(index as u32),
            false => matches.within.push(index as u32),
        }
    }

    /// Whether the id, the name or a word of the name begins with the needle.
    fn begins(&self, index: usize, sought: &Sought<'_>) -> bool {
        let (id, name) = (self.id(index).as_bytes(), self.name(index).as_bytes());
        let needle = sought.anywhere.needle();
        id.starts_with(needle)
            || name.starts_with(needle)
            || sought.after_space.find(name).is_some()
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        start..self.ends[index]
    }

    fn id(&self, index: usize) -> &str {
        &self.text[self.range(index)][..self.people[index].id_bytes as usize]
    }

    fn name(&self, index: usize) -> &str {
        let Entry {
            id_bytes,
            name_bytes,
            ..
        } = self.people[index];
        let from = id_bytes as usize + 1;
        match name_bytes {
            0 => "",
            _ => &self.text[self.range(index)][from..from + name_bytes as usize],
        }
    }
}

impl<'n> Sought<'n> {
    fn new(needle: &'n str) -> Self {
        Self {
            anywhere: Finder::new(needle),
            after_space: Finder::new(&format!(" {needle}")).into_owned(),
        }
    }
}

impl Matches {
    fn none(needle: &str) -> Self {
        Self {
            needle: needle.to_owned(),
            beginning: Vec::new(),
            within: Vec::new(),
        }
    }

    /// Takes those of later places.
    fn append(&mut self, mut later: Self) {
        self.beginning.append(&mut later.beginning);
        self.within.append(&mut later.within);
    }
}

/// Folded ids of users or devices by number.
#[derive(Default)]
struct Ids {
    numbers: Vec<i64>,
    ends: Vec<usize>,
    text: String,
}

impl Ids {
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
    fn read(reader: &Reader<'_>, application_id: i64) -> Result<Self> {
        let mut sources = Self {
            users: Ids::read(
                reader,
                application_id,
                "SELECT user_id, key FROM user WHERE application_id = ? ORDER BY user_id",
            )?,
            devices: Ids::read(
                reader,
                application_id,
                "SELECT device_id, key FROM device WHERE application_id = ? ORDER BY device_id",
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
        let mut contexts = reader
            .connection
            .prepare_cached("SELECT context_id, text FROM context")?;
        let mut rows = contexts.query([])?;
        while let Some(row) = rows.next()? {
            let context_id: i64 = row.get(0)?;
            let damaged = |reason: String| StoreError::Damaged {
                table: "context",
                row: context_id.to_string(),
                column: "text",
                reason,
            };
            let text = row.get_ref(1)?.as_str();
            let text = text.map_err(|error| damaged(error.to_string()))?;
            let context = dwell_model::Properties::from_json(text)
                .map_err(|error| damaged(error.to_string()))?;
            let mut lines = String::new();
            for field in search_fields(&context) {
                push_line(&mut lines, &fold(&field));
            }
            sources.contexts.insert(context_id, lines);
        }
        Ok(sources)
    }

    fn id(&self, person: Owner) -> &str {
        let found = match person {
            Owner::User(number) => self.users.get(number),
            Owner::Device(number) => self.devices.get(number),
        };
        found.unwrap_or("")
    }
}

impl Directory {
    fn build(reader: &Reader<'_>, application_id: i64, revision: i64) -> Result<Self> {
        let sources = Sources::read(reader, application_id)?;
        let mut unsorted = Self {
            application_id,
            revision,
            people: Vec::new(),
            ends: Vec::new(),
            text: String::new(),
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
            let person_id: i64 = row.get(0)?;
            let before = parts.iter().take_while(|part| part.0 < person_id).count();
            parts = &parts[before..];
            let count = parts.iter().take_while(|part| part.0 == person_id).count();
            let name = row.get_ref(2)?.as_str_or_null();
            let properties = row.get_ref(3)?.as_str_or_null();
            let damaged = |column, error: FromSqlError| StoreError::Damaged {
                table: "person",
                row: person_id.to_string(),
                column,
                reason: error.to_string(),
            };
            let (id_bytes, name_bytes) = unsorted.push_text(
                &sources,
                Owner::from_id(person_id),
                name.map_err(|error| damaged("name", error))?,
                properties.map_err(|error| damaged("properties", error))?,
                &parts[..count],
            )?;
            unsorted.people.push(Entry {
                person_id,
                last_seen_ms: row.get(1)?,
                id_bytes: id_bytes as u32,
                name_bytes: name_bytes as u32,
            });
            unsorted.ends.push(unsorted.text.len());
        }
        drop(sources);
        Ok(unsorted.sorted())
    }

    /// Adds a person's text to the end; answers the bytes of the id and of the name.
    fn push_text(
        &mut self,
        sources: &Sources,
        person: Owner,
        name: Option<&str>,
        properties: Option<&str>,
        devices: &[DevicePart],
    ) -> Result<(usize, usize)> {
        let id = sources.id(person);
        push_line(&mut self.text, id);
        let folded = name.map(fold);
        if let Some(name) = &folded {
            push_line(&mut self.text, name);
        }
        // The other ids of a joined user find the person too.
        let joined = person.user().and_then(|user| sources.joined.get(&user));
        for user in joined.into_iter().flatten() {
            push_line(&mut self.text, sources.id(Owner::User(*user)));
        }
        if let Some(json) = properties {
            for (_, value) in properties_of(json, person)?.iter() {
                push_line(&mut self.text, &fold(&value.shown()));
            }
        }
        for (_, device, context_id) in devices {
            push_line(&mut self.text, sources.id(Owner::Device(*device)));
            if let Some(lines) = sources.contexts.get(context_id) {
                self.text.push_str(lines);
            }
        }
        Ok((id.len(), folded.map_or(0, |name| name.len())))
    }

    /// In the order of the list.
    fn sorted(self) -> Self {
        let mut order: Vec<usize> = (0..self.people.len()).collect();
        order.sort_unstable_by(|a, b| {
            let (one, other) = (&self.people[*a], &self.people[*b]);
            let by_time = other.last_seen_ms.cmp(&one.last_seen_ms);
            by_time
                .then_with(|| self.id(*a).cmp(self.id(*b)))
                .then_with(|| one.person_id.cmp(&other.person_id))
        });
        let mut sorted = Self {
            people: Vec::with_capacity(order.len()),
            ends: Vec::with_capacity(order.len()),
            text: String::with_capacity(self.text.len()),
            last: Mutex::default(),
            application_id: self.application_id,
            revision: self.revision,
        };
        for index in order {
            sorted.text.push_str(&self.text[self.range(index)]);
            sorted.ends.push(sorted.text.len());
            sorted.people.push(self.people[index]);
        }
        sorted
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
