//! Events: the one place that knows how they are laid out. Rows clustered by (stream, time, number),
//! and a key table for duplicates. To the rest of the program this is: append a batch, read a stream
//! or a range of it, find one by its id.

use dwell_model::{Event, EventType, Properties};
use rusqlite::{Row, params};
use rustc_hash::FxHashMap;

use crate::cell;
use crate::error::{Result, StoreError};
use crate::file::Writer;
use crate::owner::Owner;
use crate::table::key::Numbers;

mod read;

const IS_SYSTEM: i64 = 1;
const ID_IS_DERIVED: i64 = 2;

/// An event of a file with its line there.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Line, from 1.
    pub line: u64,
    /// The event.
    pub event: Event,
}

/// What appending did so far. rows appended = stored + duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// New events.
    pub stored: u64,
    /// Rows whose event was already there, in this file or before.
    pub duplicates: u64,
    /// Duplicates that differ in more than their arrival.
    pub conflicts: u64,
    /// Newest arrival among what was stored.
    pub newest_arrival_ms: Option<i64>,
    /// An event that counted before was replaced, so that totals cannot just be added to.
    pub has_replaced: bool,
    /// The newest events by time among what was stored, the newest first: (time, number, id).
    pub newest: Vec<(i64, i64, Box<str>)>,
}

/// So many of the newest events are told of.
const NEWEST: usize = 8;

impl Appended {
    fn note(&mut self, place: Place, event: &Event) {
        self.newest_arrival_ms = self.newest_arrival_ms.max(Some(event.arrival_ms));
        let key = (place.time_ms, place.event_number);
        let is_among = |(time_ms, number, _): &(i64, i64, Box<str>)| (*time_ms, *number) < key;
        if self.newest.len() < NEWEST || self.newest.last().is_some_and(is_among) {
            let at = self.newest.partition_point(|known| !is_among(known));
            self.newest
                .insert(at, (key.0, key.1, event.event_id.clone()));
            self.newest.truncate(NEWEST);
        }
    }
}

/// What appending changed in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TouchedStream {
    /// Which.
    pub stream_id: i64,
    /// The earliest event that came, UTC ms.
    pub from_ms: i64,
    /// The latest event that came, UTC ms.
    pub to_ms: i64,
    /// Events that came; all of them have numbers of their own.
    pub added: u64,
    /// An event that was there went, or is another now.
    pub has_replaced: bool,
    /// An `alias` came or went.
    pub has_alias: bool,
}

/// The event that joins two users (sessions, section 7).
const ALIAS: &str = "alias";

/// Appends the rows of one import.
pub struct Appender<'w> {
    writer: &'w Writer<'w>,
    application_id: i64,
    import_id: i64,
    numbers: Numbers,
    next_number: i64,
    touched: FxHashMap<i64, TouchedStream>,
    appended: Appended,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Stream.
    pub stream_id: i64,
    /// UTC ms.
    pub time_ms: i64,
    /// Number in the workspace.
    pub event_number: i64,
}

/// Which events of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPart {
    /// At or after, UTC ms.
    pub from_ms: i64,
    /// At or before, UTC ms.
    pub last_ms: i64,
    /// Of this number or a higher one.
    pub first_number: i64,
}

impl StreamPart {
    /// All of them.
    pub const WHOLE: Self = Self {
        from_ms: i64::MIN,
        last_ms: i64::MAX,
        first_number: i64::MIN,
    };
}

/// An event as stored.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Where.
    pub place: Place,
    /// The event.
    pub event: Event,
    /// Its user's number.
    pub user_number: Option<i64>,
    /// The import that brought the copy that counts.
    pub import_id: i64,
    /// Line in that import's file.
    pub line: u64,
}

/// One row of a stream while it is read; nothing is copied that is not asked for.
pub struct StreamRow<'r, 's>(&'r Row<'s>);

impl<'w> Appender<'w> {
    /// Begins to append to an application for an import.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn new(writer: &'w Writer<'w>, application_id: i64, import_id: i64) -> Result<Self> {
        let next_number =
            writer
                .connection
                .query_row("SELECT next_event_number FROM counter", [], |row| {
                    row.get(0)
                })?;
        Ok(Self {
            writer,
            application_id,
            import_id,
            numbers: Numbers::default(),
            next_number,
            touched: FxHashMap::default(),
            appended: Appended::default(),
        })
    }

    /// What was done so far.
    pub fn appended(&self) -> &Appended {
        &self.appended
    }

    /// Devices that were not known before.
    pub fn new_device_count(&self) -> u64 {
        self.numbers.new_device_count
    }

    /// The number that the next new event gets.
    pub fn next_number(&self) -> i64 {
        self.next_number
    }

    /// Ends appending; answers the streams that changed, in order.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(self) -> Result<Vec<TouchedStream>> {
        self.writer.connection.execute(
            "UPDATE counter SET next_event_number = ?",
            [self.next_number],
        )?;
        let mut touched: Vec<TouchedStream> = self.touched.into_values().collect();
        touched.sort_unstable();
        Ok(touched)
    }

    /// Appends a batch. Of several copies of one event the one with the earliest arrival counts, ties
    /// by canonical content (sessions, section 1).
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn append(&mut self, mut batch: Vec<Incoming>) -> Result<()> {
        // Sorted ids probe the key table from left to right.
        batch.sort_by(|a, b| a.event.event_id.cmp(&b.event.event_id));
        let mut fresh: Vec<(Place, Incoming)> = Vec::with_capacity(batch.len());
        let mut rest = batch.into_iter().peekable();
        while let Some(mut best) = rest.next() {
            while let Some(twin) = rest.next_if(|next| next.event.event_id == best.event.event_id) {
                self.appended.duplicates += 1;
                let loser = match comes_before(&twin.event, &best.event) {
                    true => std::mem::replace(&mut best, twin),
                    false => twin,
                };
                self.note_conflict(loser.line, &best.event, &loser.event, Standing::Loses)?;
            }
            match self
                .writer
                .event_place(self.application_id, &best.event.event_id)?
            {
                Some(place) => self.meet(place, best)?,
                None => {
                    let place = self.place_of(&best.event)?;
                    fresh.push((place, best));
                }
            }
        }
        self.appended.stored += fresh.len() as u64;
        // Clustered order: the tree is walked once from left to right.
        fresh.sort_by_key(|(place, _)| *place);
        for (mut place, incoming) in fresh {
            place.event_number = self.next_number;
            self.next_number += 1;
            self.insert(place, &incoming)?;
            let mut add = self.writer.connection.prepare_cached(
                "INSERT INTO event_key (application_id, event_id, stream_id, time_ms, event_number)
                 VALUES (?, ?, ?, ?, ?)",
            )?;
            add.execute(params![
                self.application_id,
                cell::of_event_id(&incoming.event.event_id),
                place.stream_id,
                place.time_ms,
                place.event_number,
            ])?;
        }
        Ok(())
    }

    /// A copy of an event that is already stored.
    fn meet(&mut self, place: Place, incoming: Incoming) -> Result<()> {
        self.appended.duplicates += 1;
        let stored = self.writer.event_at(place)?;
        let standing = match comes_before(&incoming.event, &stored.event) {
            true => Standing::Counts,
            false => Standing::Loses,
        };
        let is_same =
            self.note_conflict(incoming.line, &stored.event, &incoming.event, standing)?;
        if standing == Standing::Loses {
            if stored.import_id != self.import_id {
                self.keep_copy(self.import_id, incoming.line, &incoming.event, is_same)?;
            }
            return Ok(());
        }
        self.appended.has_replaced = true;
        if !is_same {
            // Copies that were like the one that counted are so no more: they get their words back.
            self.writer.connection.execute(
                "UPDATE event_copy
                 SET body = ?3
                 WHERE application_id = ?1 AND event_id = ?2 AND body IS NULL",
                params![
                    self.application_id,
                    cell::of_event_id(&stored.event.event_id),
                    stored.event.native_json(),
                ],
            )?;
        }
        if stored.import_id != self.import_id {
            self.keep_copy(stored.import_id, stored.line, &stored.event, is_same)?;
        }
        let mut remove = self.writer.connection.prepare_cached(
            "DELETE FROM event
             WHERE stream_id = ? AND time_ms = ? AND event_number = ?",
        )?;
        remove.execute(params![place.stream_id, place.time_ms, place.event_number])?;
        self.touch(place, &stored.event.name, true);
        let mut moved = self.place_of(&incoming.event)?;
        moved.event_number = place.event_number;
        self.insert(moved, &incoming)?;
        self.touch(moved, &incoming.event.name, true);
        let mut update = self.writer.connection.prepare_cached(
            "UPDATE event_key
             SET stream_id = ?3, time_ms = ?4
             WHERE application_id = ?1 AND event_id = ?2",
        )?;
        update.execute(params![
            self.application_id,
            cell::of_event_id(&incoming.event.event_id),
            moved.stream_id,
            moved.time_ms,
        ])?;
        Ok(())
    }

    /// Remembers the best copy that an import brought and that does not count, so that the import which
    /// brought the one that counts can be taken back.
    fn keep_copy(&self, import_id: i64, line: u64, event: &Event, is_same: bool) -> Result<()> {
        let body = (!is_same).then(|| event.native_json());
        let mut keep = self.writer.connection.prepare_cached(
            "INSERT INTO event_copy (application_id, event_id, import_id, arrival_ms,
               received_at_ms, sent_at_ms, line, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET
               arrival_ms = excluded.arrival_ms,
               received_at_ms = excluded.received_at_ms,
               sent_at_ms = excluded.sent_at_ms,
               line = excluded.line,
               body = excluded.body
             WHERE (excluded.arrival_ms, coalesce(excluded.body, ''))
               < (arrival_ms, coalesce(body, ''))",
        )?;
        keep.execute(params![
            self.application_id,
            cell::of_event_id(&event.event_id),
            import_id,
            event.arrival_ms,
            event.received_at_ms,
            event.sent_at_ms,
            line,
            body,
        ])?;
        Ok(())
    }

    /// Counts and lists a copy that differs in more than its arrival; answers whether it is the same.
    fn note_conflict(
        &mut self,
        line: u64,
        other: &Event,
        copy: &Event,
        standing: Standing,
    ) -> Result<bool> {
        let Some(differs) = difference(other, copy, standing) else {
            return Ok(true);
        };
        self.appended.conflicts += 1;
        let mut note = self.writer.connection.prepare_cached(
            "INSERT INTO conflict (import_id, line, event_id, differs)
             VALUES (?, ?, ?, ?)",
        )?;
        note.execute(params![self.import_id, line, &*copy.event_id, differs])?;
        Ok(false)
    }

    /// Where an event belongs; its number is still to be given.
    fn place_of(&mut self, event: &Event) -> Result<Place> {
        let owner = match (&event.device, &event.user) {
            (Some(device), _) => Owner::Device(self.numbers.device(
                self.writer,
                self.application_id,
                device,
            )?),
            (None, Some(user)) => {
                Owner::User(self.numbers.user(self.writer, self.application_id, user)?)
            }
            (None, None) => {
                return Err(StoreError::Damaged {
                    table: "event",
                    row: event.event_id.to_string(),
                    column: "device_id",
                    reason: "an event of neither user nor device".to_owned(),
                });
            }
        };
        Ok(Place {
            stream_id: owner.id(),
            time_ms: event.time_ms,
            event_number: 0,
        })
    }

    fn insert(&mut self, place: Place, incoming: &Incoming) -> Result<()> {
        let event = &incoming.event;
        let user = match &event.user {
            Some(key) => Some(self.numbers.user(self.writer, self.application_id, key)?),
            None => None,
        };
        let name_id = self.numbers.name(self.writer, &event.name)?;
        let mut flags = 0;
        if event.event_type == EventType::System {
            flags |= IS_SYSTEM;
        }
        if event.id_is_derived {
            flags |= ID_IS_DERIVED;
        }
        let json = |map: &Properties| (!map.is_empty()).then(|| map.to_json());
        let mut add = self.writer.connection.prepare_cached(
            "INSERT INTO event (stream_id, time_ms, event_number, event_id, name_id, flags,
               arrival_ms, received_at_ms, sent_at_ms, skew_ms, user_id, device_id,
               source_session, properties, context, import_id, line)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        add.execute(params![
            place.stream_id,
            place.time_ms,
            place.event_number,
            cell::of_event_id(&event.event_id),
            name_id,
            flags,
            event.arrival_ms,
            event.received_at_ms,
            event.sent_at_ms,
            event.skew_ms,
            user,
            Owner::from_id(place.stream_id).device(),
            event.source_session.as_ref().map(cell::of_key),
            json(&event.properties),
            json(&event.context),
            self.import_id,
            incoming.line,
        ])?;
        self.touch(place, &event.name, false);
        self.appended.note(place, event);
        Ok(())
    }

    fn touch(&mut self, place: Place, name: &str, is_replaced: bool) {
        let touched = self
            .touched
            .entry(place.stream_id)
            .or_insert(TouchedStream {
                stream_id: place.stream_id,
                from_ms: place.time_ms,
                to_ms: place.time_ms,
                added: 0,
                has_replaced: false,
                has_alias: false,
            });
        touched.from_ms = touched.from_ms.min(place.time_ms);
        touched.to_ms = touched.to_ms.max(place.time_ms);
        touched.added += u64::from(!is_replaced);
        touched.has_replaced |= is_replaced;
        touched.has_alias |= name == ALIAS;
    }
}

/// Whether a copy counts rather than another. Copies that are alike in arrival and content can still
/// have been sent at different times, which moves the corrected time.
fn comes_before(copy: &Event, other: &Event) -> bool {
    let sent = |event: &Event| (event.received_at_ms, event.sent_at_ms);
    copy.arrival_ms
        .cmp(&other.arrival_ms)
        .then_with(|| copy.canonical_content().cmp(&other.canonical_content()))
        .then_with(|| sent(copy).cmp(&sent(other)))
        .is_lt()
}

/// How a copy stands to the one that it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It counts from now on, the other one no more.
    Counts,
    /// The other one counts.
    Loses,
}

/// What differs between two copies beside their arrival, in words; `None` where nothing does.
fn difference(other: &Event, copy: &Event, standing: Standing) -> Option<String> {
    if other.canonical_content() == copy.canonical_content() {
        return None;
    }
    let mut parts = Vec::new();
    let mut compare = |field: &str, a: String, b: String| {
        if a != b {
            parts.push(match standing {
                Standing::Loses => format!("{field}: {a} counts, this copy has {b}"),
                Standing::Counts => {
                    format!("{field}: this copy has {b} and counts now, before {a}")
                }
            });
        }
    };
    let text = |key: &Option<dwell_model::Key>| {
        key.as_ref()
            .map_or_else(|| "none".to_owned(), |key| format!("“{key}”"))
    };
    compare("name", other.name.to_string(), copy.name.to_string());
    compare(
        "type",
        other.event_type.as_str().to_owned(),
        copy.event_type.as_str().to_owned(),
    );
    compare(
        "timestamp",
        dwell_model::time::format_utc(other.raw_time_ms()),
        dwell_model::time::format_utc(copy.raw_time_ms()),
    );
    compare("user_id", text(&other.user), text(&copy.user));
    compare("device_id", text(&other.device), text(&copy.device));
    compare(
        "session_id",
        text(&other.source_session),
        text(&copy.source_session),
    );
    for (group, other, copy) in [
        ("properties", &other.properties, &copy.properties),
        ("context", &other.context, &copy.context),
    ] {
        let shown = |map: &Properties, key: &str| {
            map.get(key)
                .map_or_else(|| "none".to_owned(), |value| format!("“{}”", value.shown()))
        };
        for (key, _) in other.iter() {
            compare(
                &format!("{group}.{key}"),
                shown(other, key),
                shown(copy, key),
            );
        }
        for (key, _) in copy.iter().filter(|(key, _)| other.get(key).is_none()) {
            compare(
                &format!("{group}.{key}"),
                "none".to_owned(),
                shown(copy, key),
            );
        }
    }
    let mut words = parts.join("; ");
    if words.is_empty() {
        words = "values of another type".to_owned();
    }
    Some(match words.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    })
}
