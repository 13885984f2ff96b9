//! Events read back: a stream or a part of one, the one at a place, the one of an id.

use dwell_model::{Event, IdRef, Key, Properties};
use rusqlite::OptionalExtension;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{ALIAS, Place, StoredEvent, StreamPart, StreamRow, TouchedStream};
use crate::block::name_bit;
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::owner::Owner;
use crate::piece::{Id, Piece, Row, map_of};
use crate::table::block::StreamView;
use crate::table::key_run::{Fingerprint, KeySet};
use crate::table::stream::StreamOwner;

impl<'v> StreamRow<'v> {
    pub(crate) fn new(view: &'v StreamView<'v>, index: u32) -> Self {
        Self {
            view,
            index,
            row: view.row(index),
        }
    }

    /// Number in the workspace.
    pub fn event_number(&self) -> i64 {
        self.row.number
    }

    /// UTC ms.
    pub fn time_ms(&self) -> i64 {
        self.row.time_ms
    }

    /// UTC ms.
    pub fn arrival_ms(&self) -> i64 {
        self.row.arrival_ms
    }

    /// Number of the name.
    pub fn name_id(&self) -> i64 {
        i64::from(self.row.name_id)
    }

    /// Number of the user.
    pub fn user_number(&self) -> Option<i64> {
        user_of(&self.row)
    }

    /// Writes the event's id to the end of a text.
    ///
    /// # Errors
    /// Where the file is damaged; so for all of these.
    pub fn push_event_id(&self, text: &mut String) -> Result<()> {
        self.view
            .with(self.index, |piece, row| piece.push_id(row, text))
    }

    /// The session that the source believes in.
    pub fn source_session(&self) -> Option<Key> {
        self.view
            .with(self.index, |piece, row| piece.source_session(row).cloned())
    }

    /// Properties.
    ///
    /// # Errors
    /// As above.
    pub fn properties(&self) -> Result<Properties> {
        self.view.with_texts(self.index, |piece, row| {
            map_of(row, "properties", piece.properties_json(row)?)
        })
    }

    /// Context.
    ///
    /// # Errors
    /// As above.
    pub fn context(&self) -> Result<Properties> {
        self.view.with_context(self.index, |piece, row| {
            map_of(row, "context", piece.context_json(row)?)
        })
    }

    /// Whether there are any context fields.
    pub fn has_context(&self) -> bool {
        self.row.context != 0
    }

    /// What stands for the whole context: rows of one walk with the same one have the same context.
    pub fn context_number(&self) -> Option<u32> {
        self.row.context.checked_sub(1)
    }
}

fn user_of(row: &Row) -> Option<i64> {
    (row.user != 0).then_some(i64::from(row.user))
}

/// The first number of each import with the import, in order.
pub(crate) struct ImportRanges(Vec<(i64, i64)>);

impl ImportRanges {
    /// The import that brought an event; 0 is none.
    pub(crate) fn import_of(&self, event_number: i64) -> i64 {
        let at = self.0.partition_point(|(first, _)| *first <= event_number);
        at.checked_sub(1).map_or(0, |at| self.0[at].1)
    }
}

/// Names and keys of numbers, asked for once each.
#[derive(Default)]
struct Spelled {
    names: FxHashMap<u32, Box<str>>,
    users: FxHashMap<u32, Key>,
    device: Option<Option<Key>>,
    imports: Option<(i64, i64, i64)>,
}

impl Reader<'_> {
    /// Where the copy of an event stands that counts.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn event_place(&self, application_id: i64, event_id: &str) -> Result<Option<Place>> {
        let id = IdRef::of(event_id);
        let wanted = match &id {
            IdRef::Uuid(uuid) => Id::Uuid(uuid.as_bytes()),
            IdRef::Text(text) => Id::Text(text.as_bytes()),
        };
        let set = KeySet::Events { application_id };
        for stream_id in self.key_candidates(set, Fingerprint::of(wanted.bytes()))? {
            let view = self.stream(stream_id, StreamPart::WHOLE)?;
            for index in view.order() {
                let place = view.with(*index, |piece, row| {
                    (piece.id(row) == wanted).then_some(Place {
                        stream_id,
                        time_ms: row.time_ms,
                        event_number: row.number,
                    })
                });
                if place.is_some() {
                    return Ok(place);
                }
            }
        }
        Ok(None)
    }

    /// The event at a place.
    ///
    /// # Errors
    /// Where there is none, or the file cannot be read.
    pub fn event_at(&self, place: Place) -> Result<StoredEvent> {
        let at = place.time_ms;
        let view = self.stream(place.stream_id, StreamPart::between(at, at))?;
        let is_it = |index: &&u32| view.row(**index).number == place.event_number;
        let Some(index) = view.order().iter().find(is_it) else {
            return Err(StoreError::Damaged {
                table: "block",
                row: format!("event {}", place.event_number),
                column: "columns",
                reason: "the event is not there".to_owned(),
            });
        };
        self.spell(&view, *index, &mut Spelled::default())
    }

    /// Events of a stream in `from_ms..=to_ms`, by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn stream_range(
        &self,
        stream_id: i64,
        from_ms: i64,
        to_ms: i64,
        mut each: impl FnMut(StoredEvent) -> Result<()>,
    ) -> Result<()> {
        let view = self.stream(stream_id, StreamPart::between(from_ms, to_ms))?;
        let mut spelled = Spelled::default();
        for index in view.order() {
            each(self.spell(&view, *index, &mut spelled)?)?;
        }
        Ok(())
    }

    /// The events of a stream before a moment that carry context, the newest first, at most `limit`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn context_before(
        &self,
        stream_id: i64,
        until_ms: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Properties)>> {
        let view = self.stream(stream_id, StreamPart::between(i64::MIN, until_ms))?;
        let with_context = view.order().iter().rev().filter(|index| {
            let row = view.row(**index);
            row.context != 0
        });
        let mut found = Vec::new();
        for index in with_context.take(limit as usize) {
            let row = StreamRow::new(&view, *index);
            found.push((row.time_ms(), row.context()?));
        }
        Ok(found)
    }

    /// Walks the events of one name in a stream by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn walk_stream_of_name(
        &self,
        stream_id: i64,
        name: &str,
        mut each: impl FnMut(&StreamRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(name_id) = self.name_number(name)? else {
            return Ok(());
        };
        let view = self.stream_with(stream_id, StreamPart::WHOLE, name_bit(name_id))?;
        view.walk(|row| match row.row.name_id == name_id {
            true => each(row),
            false => Ok(()),
        })
    }

    /// The plain owners (the user that an event names, else the stream's) of a part of a stream, in
    /// order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn first_seen_in_stream(
        &self,
        stream_id: i64,
        part: StreamPart,
    ) -> Result<Vec<StreamOwner>> {
        let view = self.stream(stream_id, part)?;
        let mut first: FxHashMap<Owner, i64> = FxHashMap::default();
        for index in view.order() {
            let row = view.row(*index);
            let owner = user_of(&row).map_or(Owner::from_id(stream_id), Owner::User);
            first.entry(owner).or_insert(row.time_ms);
        }
        let mut owners: Vec<StreamOwner> = first
            .into_iter()
            .map(|(owner, first_seen_ms)| StreamOwner {
                owner,
                first_seen_ms,
            })
            .collect();
        owners.sort_unstable();
        Ok(owners)
    }

    /// Whether any event of a stream brought the id of the source's own session.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn has_source_session(&self, stream_id: i64) -> Result<bool> {
        let view = self.stream(stream_id, StreamPart::WHOLE)?;
        let has_one = |index: &u32| view.row(*index).source_session != 0;
        Ok(view.order().iter().any(has_one))
    }

    /// The ids of a stream's events of one instant, in order of their bytes.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn event_ids_at(&self, stream_id: i64, time_ms: i64) -> Result<Vec<String>> {
        let view = self.stream(stream_id, StreamPart::between(time_ms, time_ms))?;
        let mut ids = Vec::new();
        for index in view.order() {
            let mut id = String::new();
            view.with(*index, |piece, row| piece.push_id(row, &mut id))?;
            ids.push(id);
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// All streams of an application, as if all their events had just come.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn touched_of_all(&self, application_id: i64) -> Result<Vec<TouchedStream>> {
        let mut aliased: FxHashSet<i64> = FxHashSet::default();
        if let Some(name_id) = self.name_number(ALIAS)? {
            for stream_id in self.streams_with(name_bit(name_id))? {
                self.walk_stream_of_name(stream_id, ALIAS, |_| {
                    aliased.insert(stream_id);
                    Ok(())
                })?;
            }
        }
        let touched = |stream_id| TouchedStream {
            stream_id,
            from_ms: i64::MIN,
            to_ms: i64::MAX,
            added: 0,
            has_replaced: true,
            has_alias: aliased.contains(&stream_id),
        };
        Ok(self
            .streams(application_id)?
            .into_iter()
            .map(touched)
            .collect())
    }

    /// All streams of an application: those of devices by their ids, then those of users.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn streams(&self, application_id: i64) -> Result<Vec<i64>> {
        let mut all = self.connection.prepare_cached(
            "SELECT known.stream_id FROM (
               SELECT 0 AS kind, key, device_id * 2 AS stream_id
               FROM device
               WHERE application_id = ?1
               UNION ALL
               SELECT 1, key, user_id * 2 + 1
               FROM user
               WHERE application_id = ?1
             ) AS known
             ORDER BY kind, key",
        )?;
        let rows = all.query_map([application_id], |row| row.get(0))?;
        let mut streams = Vec::new();
        for stream_id in rows {
            let stream_id = stream_id?;
            if self.has_events(stream_id)? {
                streams.push(stream_id);
            }
        }
        Ok(streams)
    }

    /// All events of a stream with their texts, in order.
    pub(crate) fn whole_stream(&self, stream_id: i64) -> Result<Piece> {
        self.stream(stream_id, StreamPart::WHOLE)?.into_piece()
    }

    /// Which numbers each import has.
    pub(crate) fn import_ranges(&self) -> Result<ImportRanges> {
        let mut all = self.connection.prepare_cached(
            "SELECT first_number, import_id FROM import ORDER BY first_number, import_id",
        )?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(ImportRanges(rows.collect::<rusqlite::Result<_>>()?))
    }

    /// The import that brought an event, its first number, and the first number of the next import.
    fn import_range(&self, event_number: i64) -> Result<(i64, i64, i64)> {
        let mut newest = self.connection.prepare_cached(
            "SELECT import_id, first_number,
               coalesce(
                 (SELECT min(first_number) FROM import WHERE first_number > ?1),
                 9223372036854775807)
             FROM import
             WHERE first_number <= ?1
             ORDER BY first_number DESC, import_id DESC
             LIMIT 1",
        )?;
        let found = newest.query_row([event_number], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        found.optional()?.ok_or_else(|| StoreError::Damaged {
            table: "import",
            row: format!("event {event_number}"),
            column: "first_number",
            reason: "no import brought it".to_owned(),
        })
    }

    /// The event of a row.
    pub(crate) fn event_of(&self, stream_id: i64, piece: &Piece, row: &Row) -> Result<Event> {
        self.spelled_event(stream_id, piece, row, &mut Spelled::default())
    }

    fn spelled_event(
        &self,
        stream_id: i64,
        piece: &Piece,
        row: &Row,
        spelled: &mut Spelled,
    ) -> Result<Event> {
        let name = match spelled.names.get(&row.name_id) {
            Some(name) => name.clone(),
            None => {
                let name = self.name_of(row.name_id)?.ok_or_else(|| {
                    crate::piece::damaged(row, "columns", "there is no such event name")
                })?;
                spelled.names.insert(row.name_id, name.clone());
                name
            }
        };
        let user = match (row.user, spelled.users.get(&row.user)) {
            (0, _) => None,
            (_, Some(key)) => Some(key.clone()),
            (user, None) => {
                let key = self.owner_key(Owner::User(i64::from(user)))?;
                spelled.users.insert(user, key.clone());
                Some(key)
            }
        };
        let device = match &spelled.device {
            Some(device) => device.clone(),
            None => {
                let device = match Owner::from_id(stream_id) {
                    Owner::User(_) => None,
                    device => Some(self.owner_key(device)?),
                };
                spelled.device.insert(device).clone()
            }
        };
        piece.event(row, name, user, device)
    }

    fn spell(
        &self,
        view: &StreamView<'_>,
        index: u32,
        spelled: &mut Spelled,
    ) -> Result<StoredEvent> {
        let stream_id = view.stream_id();
        let event = view.with_texts(index, |piece, row| {
            self.spelled_event(stream_id, piece, row, spelled)
        })?;
        let row = view.row(index);
        let (import_id, first_number, _) = match spelled.imports {
            Some(range) if (range.1..range.2).contains(&row.number) => range,
            _ => *spelled.imports.insert(self.import_range(row.number)?),
        };
        Ok(StoredEvent {
            place: Place {
                stream_id,
                time_ms: row.time_ms,
                event_number: row.number,
            },
            event,
            user_number: user_of(&row),
            import_id,
            line: (row.number - first_number) as u64 + 1,
        })
    }
}
