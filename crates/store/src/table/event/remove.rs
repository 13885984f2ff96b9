//! Taking rows out as if they had never been, those of an import or those of a person (`forget`): events
//! go, and where another row is a copy of one, the best of these counts from now on.

use std::collections::BTreeMap;

use dwell_model::time::skew_ms;
use dwell_model::{Event, EventType, IdRef};
use rustc_hash::{FxHashMap, FxHashSet};

use super::append::packer_of;
use super::copy::comes_before;
use super::forget::Theirs;
use super::kept::KeptCopy;
use super::{ALIAS, StreamPart, StreamView, TouchedStream};
use crate::block::{Packer, number_range};
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::piece::{
    HAS_RECEIVED, HAS_SENT, HAS_SKEW, ID_IS_DERIVED, IS_SYSTEM, Piece, Row, RowId, Span,
};
use crate::table::block::stream_of;
use crate::table::import::Import;
use crate::table::key::Numbers;
use crate::table::key_run::{Fingerprint, KeySet, Pair};

/// What taking an import back did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Events that are no more.
    pub events: u64,
    /// Events that it had brought first and another import as well: these stay, by the other's copy.
    pub kept: u64,
    /// The streams that changed, in order.
    pub touched: Vec<TouchedStream>,
}

/// Reads a line of the native format.
pub(super) type ReadLine<'a, E> = &'a dyn Fn(&str) -> std::result::Result<Event, E>;

/// Which rows go.
pub(super) enum Goes<'a> {
    /// Those of an import.
    Numbered(&'a Numbered),
    /// Those of somebody.
    Of(&'a Theirs<'a>),
}

/// Numbers from the first to before the last.
type Numbered = std::ops::Range<i64>;

/// A copy that counts from now on.
struct Successor {
    event: Event,
    number: i64,
}

pub(super) struct Removal<'a, 'w, E> {
    writer: &'a Writer<'w>,
    application_id: i64,
    goes: Goes<'a>,
    read: ReadLine<'a, E>,
    numbers: Numbers,
    packer: Packer,
    removed: Removed,
    touched: BTreeMap<i64, TouchedStream>,
    keys_gone: Vec<Pair>,
    keys_new: Vec<Pair>,
    /// What comes to other streams than it was thought to be of.
    moved: BTreeMap<i64, (Piece, Vec<KeptCopy>)>,
    /// Events that are another import's now, by the number of its copy.
    gained: FxHashMap<i64, u64>,
    /// Rows of somebody that went, by their numbers, each with how its import counted it.
    pub(super) rows_gone: FxHashMap<i64, Counted>,
    /// Ids of events that are no more, where they are somebody's.
    pub(super) ids_gone: Vec<String>,
    alias: Option<u32>,
}

/// How an import counts a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// As an event that it stored.
    Stored,
    /// As a copy of an event that was there already.
    Duplicate,
}

impl Reader<'_> {
    /// The numbers of an import's lines.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn numbers_of(&self, import_id: i64) -> Result<Numbered> {
        let mut range = self.connection.prepare_cached(
            "SELECT first_number,
               coalesce(
                 (SELECT min(later.first_number)
                  FROM import later
                  WHERE later.first_number >= import.first_number
                    AND later.import_id > import.import_id),
                 (SELECT next_event_number FROM counter))
             FROM import
             WHERE import_id = ?",
        )?;
        Ok(range.query_row([import_id], |row| Ok(row.get(0)?..row.get(1)?))?)
    }

    /// The streams of which events, or copies of events, have numbers in a range, in order.
    fn streams_numbered(&self, range: &Numbered) -> Result<Vec<i64>> {
        let mut streams = Vec::new();
        self.every_block(|stored| {
            let stream_id = stream_of(stored.block_id);
            if streams.last() == Some(&stream_id) {
                return Ok(());
            }
            let numbers = number_range(stored.columns()?);
            let (least, most) =
                numbers.ok_or_else(|| stored.damaged("its numbers cannot be read"))?;
            if least < range.end && most >= range.start {
                streams.push(stream_id);
            }
            Ok(())
        })?;
        for stream_id in self.streams_with_copies()? {
            let copies = self.copies_of(stream_id)?;
            if copies.iter().any(|copy| range.contains(&copy.number)) {
                streams.push(stream_id);
            }
        }
        streams.sort_unstable();
        streams.dedup();
        Ok(streams)
    }
}

impl Writer<'_> {
    /// Takes an import back; `read` reads a line of the native format, `tell` hears of (streams done,
    /// of all). What is derived is left to be derived anew, and so are the totals.
    ///
    /// # Errors
    /// Where the file cannot be written, or what `read` or `tell` fail with.
    pub fn remove_import<E: From<StoreError>>(
        &self,
        import: &Import,
        application_id: i64,
        read: ReadLine<'_, E>,
        tell: &mut dyn FnMut(usize, usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<Removed, E> {
        let range = self.numbers_of(import.import_id)?;
        let streams = self.streams_numbered(&range)?;
        let mut removal = Removal::new(self, application_id, Goes::Numbered(&range), read)?;
        for (done, stream_id) in streams.iter().enumerate() {
            tell(done, streams.len())?;
            removal.stream(*stream_id)?;
        }
        let (removed, gained) = removal.finish()?;
        let ranges = self.import_ranges()?;
        let mut of_import: FxHashMap<i64, u64> = FxHashMap::default();
        for (number, count) in gained {
            *of_import.entry(ranges.import_of(number)).or_default() += count;
        }
        for (import_id, count) in of_import {
            self.gain(import_id, count.cast_signed())?;
        }
        self.drop_import(import.import_id, &range)?;
        Ok(removed)
    }
}

impl<'a, 'w, E: From<StoreError>> Removal<'a, 'w, E> {
    /// Nothing is removed yet.
    pub(super) fn new(
        writer: &'a Writer<'w>,
        application_id: i64,
        goes: Goes<'a>,
        read: ReadLine<'a, E>,
    ) -> Result<Self> {
        let dictionary = writer.newest_dictionary(application_id)?;
        Ok(Self {
            writer,
            application_id,
            goes,
            read,
            numbers: Numbers::new(writer, application_id)?,
            packer: packer_of(dictionary.as_ref())?,
            removed: Removed::default(),
            touched: BTreeMap::new(),
            keys_gone: Vec::new(),
            keys_new: Vec::new(),
            moved: BTreeMap::new(),
            gained: FxHashMap::default(),
            rows_gone: FxHashMap::default(),
            ids_gone: Vec::new(),
            alias: writer.name_number(ALIAS)?,
        })
    }

    /// Takes what goes out of one stream.
    pub(super) fn stream(&mut self, stream_id: i64) -> std::result::Result<(), E> {
        let writer = self.writer;
        let known_copies = writer.copies_of(stream_id)?;
        let view = writer.stream(stream_id, StreamPart::WHOLE)?;
        let mut copies: BTreeMap<i64, Vec<KeptCopy>> = BTreeMap::new();
        for same in known_copies.chunk_by(|a, b| a.counts == b.counts) {
            let counts = same[0].counts;
            let others = self.staying(&view, same)?;
            if others.len() < same.len() {
                let numbers = others.iter().map(|copy| copy.number);
                self.pass_on(numbers.chain([counts]));
            }
            if !others.is_empty() {
                copies.insert(counts, others);
            }
        }
        let gone: Vec<u32> = view
            .order()
            .iter()
            .copied()
            .filter(|index| self.goes_row(stream_id, &view.row(*index)))
            .collect();
        self.note_gone(&view, &gone, &known_copies, &copies);
        let mut numbers: FxHashSet<i64> = FxHashSet::default();
        let mut added = Piece::default();
        for index in gone {
            let row = view.row(index);
            numbers.insert(row.number);
            self.touch(stream_id, &row)?;
            let fingerprint = view.with(index, |piece, row| Fingerprint::of(piece.id_bytes(row)));
            let old_key = Pair {
                fingerprint,
                number: stream_id,
            };
            let Some(of_event) = copies.remove(&row.number) else {
                self.removed.events += 1;
                self.keys_gone.push(old_key);
                if let Goes::Of(_) = self.goes {
                    let mut id = String::new();
                    view.with(index, |piece, row| piece.push_id(row, &mut id))?;
                    self.ids_gone.push(id);
                }
                continue;
            };
            let event =
                view.with_texts(index, |piece, row| writer.event_of(stream_id, piece, row))?;
            self.pass_on(of_event.iter().map(|copy| copy.number));
            let (successor, others) = self.succeed(&event, of_event)?;
            self.removed.kept += 1;
            let target = self.stream_of(&successor.event)?;
            if target == stream_id {
                self.push(&mut added, &successor)?;
                if !others.is_empty() {
                    copies.insert(successor.number, others);
                }
            } else {
                self.keys_gone.push(old_key);
                self.keys_new.push(Pair {
                    fingerprint,
                    number: target,
                });
                let mut moved = self.moved.remove(&target).unwrap_or_default();
                self.push(&mut moved.0, &successor)?;
                moved.1.extend(others);
                self.moved.insert(target, moved);
            }
        }
        drop(view);
        if !numbers.is_empty() {
            writer.remove_events(stream_id, &numbers, &mut self.packer)?;
        }
        self.add(stream_id, added)?;
        let copies: Vec<KeptCopy> = copies.into_values().flatten().collect();
        if copies != known_copies {
            writer.put_copies(stream_id, copies)?;
        }
        Ok(())
    }

    fn goes_row(&self, stream_id: i64, row: &Row) -> bool {
        match self.goes {
            Goes::Numbered(range) => range.contains(&row.number),
            Goes::Of(theirs) => theirs.hold_row(stream_id, row),
        }
    }

    /// The copies of one event that stay.
    fn staying(
        &self,
        view: &StreamView<'_>,
        copies: &[KeptCopy],
    ) -> std::result::Result<Vec<KeptCopy>, E> {
        let theirs = match self.goes {
            Goes::Numbered(range) => {
                let stays = |copy: &&KeptCopy| !range.contains(&copy.number);
                return Ok(copies.iter().filter(stays).cloned().collect());
            }
            Goes::Of(theirs) => theirs,
        };
        let counts = copies.first().map(|copy| copy.counts);
        let mut indexes = view.order().iter();
        let Some(index) = indexes.find(|index| Some(view.row(**index).number) == counts) else {
            return Ok(copies.to_vec());
        };
        let stream_id = view.stream_id();
        let event = view.with_texts(*index, |piece, row| {
            self.writer.event_of(stream_id, piece, row)
        })?;
        let mut stay = Vec::new();
        for copy in copies {
            let said = self.said_by(&event, copy)?;
            if !theirs.rows.hold_event(&said) {
                stay.push(copy.clone());
            }
        }
        Ok(stay)
    }

    /// An import has stored an event where none before it brought one: where this was the one, the next
    /// of those that brought it is it now.
    fn pass_on(&mut self, others: impl Iterator<Item = i64>) {
        if let Goes::Numbered(range) = self.goes
            && let Some(first) = others.min()
            && first > range.start
        {
            *self.gained.entry(first).or_default() += 1;
        }
    }

    /// Notes which rows of somebody go, and how their imports counted them: of all that brought an
    /// event the first one stored it.
    fn note_gone(
        &mut self,
        view: &StreamView<'_>,
        gone: &[u32],
        known: &[KeptCopy],
        staying: &BTreeMap<i64, Vec<KeptCopy>>,
    ) {
        if let Goes::Numbered(_) = self.goes {
            return;
        }
        let gone: FxHashSet<i64> = gone.iter().map(|index| view.row(*index).number).collect();
        let mut copied: FxHashSet<i64> = FxHashSet::default();
        for same in known.chunk_by(|a, b| a.counts == b.counts) {
            let counts = same[0].counts;
            copied.insert(counts);
            let stay = staying.get(&counts).map_or(&[][..], Vec::as_slice);
            let stays = |number: i64| match number == counts {
                true => !gone.contains(&number),
                false => stay.iter().any(|copy| copy.number == number),
            };
            let all = || same.iter().map(|copy| copy.number).chain([counts]);
            let first = all().min();
            for number in all().filter(|number| !stays(*number)) {
                let counted = match Some(number) == first {
                    true => Counted::Stored,
                    false => Counted::Duplicate,
                };
                self.rows_gone.insert(number, counted);
            }
            let next = all().filter(|number| stays(*number)).min();
            if let Some(next) = next.filter(|next| Some(*next) != first) {
                *self.gained.entry(next).or_default() += 1;
            }
        }
        let alone = gone.into_iter().filter(|number| !copied.contains(number));
        self.rows_gone
            .extend(alone.map(|number| (number, Counted::Stored)));
    }

    /// The event that a copy of another one says.
    fn said_by(&self, event: &Event, copy: &KeptCopy) -> std::result::Result<Event, E> {
        let said = match &copy.body {
            Some(body) => (self.read)(body)?,
            None => event.clone(),
        };
        let received_at_ms = copy.has_received.then_some(copy.arrival_ms);
        let skew_ms = skew_ms(received_at_ms, copy.sent_at_ms);
        let time_ms = said.raw_time_ms() + skew_ms;
        Ok(Event {
            id_is_derived: event.id_is_derived,
            time_ms,
            arrival_ms: received_at_ms.unwrap_or(time_ms),
            received_at_ms,
            sent_at_ms: copy.sent_at_ms,
            skew_ms,
            ..said
        })
    }

    /// Which of the copies of an event that goes counts from now on, and the others beside it.
    fn succeed(
        &self,
        event: &Event,
        copies: Vec<KeptCopy>,
    ) -> std::result::Result<(Successor, Vec<KeptCopy>), E> {
        let mut best: Option<(Event, KeptCopy)> = None;
        let mut others: Vec<(Event, KeptCopy)> = Vec::new();
        for copy in copies {
            let read = self.said_by(event, &copy)?;
            best = match best.take() {
                Some(known) if !comes_before(&read, &known.0) => {
                    others.push((read, copy));
                    Some(known)
                }
                known => {
                    others.extend(known);
                    Some((read, copy))
                }
            };
        }
        let Some((successor, copy)) = best else {
            return Err(StoreError::Damaged {
                table: "copies",
                row: event.event_id.to_string(),
                column: "bytes",
                reason: "the event has none".to_owned(),
            }
            .into());
        };
        let content = successor.canonical_content();
        let others = others.into_iter().map(|(read, other)| KeptCopy {
            counts: copy.number,
            body: (read.canonical_content() != content).then(|| read.native_json().into()),
            ..other
        });
        let others = others.collect();
        let number = copy.number;
        Ok((
            Successor {
                event: successor,
                number,
            },
            others,
        ))
    }

    fn stream_of(&mut self, event: &Event) -> Result<i64> {
        let user = match &event.user {
            Some(key) => self.numbers.user(self.writer, key.borrowed())?,
            None => 0,
        };
        Ok(match &event.device {
            Some(key) => Owner::Device(self.numbers.device(self.writer, key.borrowed())?).id(),
            None => Owner::User(user).id(),
        })
    }

    /// Adds an event to a piece, by its own number.
    fn push(&mut self, piece: &mut Piece, successor: &Successor) -> Result<()> {
        let event = &successor.event;
        let user = match &event.user {
            Some(key) => self.numbers.user(self.writer, key.borrowed())?,
            None => 0,
        };
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let properties = match event.properties.is_empty() {
            true => Span::default(),
            false => Span::put(&mut piece.bytes, event.properties.to_json().as_bytes()),
        };
        let context = match event.context.is_empty() {
            true => 0,
            false => piece.context_place(event.context.to_json().as_bytes()),
        };
        let source_session = event.source_session.as_ref();
        let source_session = source_session.map_or(0, |key| piece.source_session_place(key));
        let id = match IdRef::of(&event.event_id) {
            IdRef::Uuid(uuid) => RowId::Uuid(uuid),
            IdRef::Text(text) => RowId::Text(Span::put(&mut piece.bytes, text.as_bytes())),
        };
        let row = Row {
            number: successor.number,
            time_ms: event.time_ms,
            arrival_ms: event.arrival_ms,
            sent_at_ms: event.sent_at_ms.unwrap_or(0),
            skew_ms: event.skew_ms,
            flags: flag(event.event_type == EventType::System, IS_SYSTEM)
                | flag(event.id_is_derived, ID_IS_DERIVED)
                | flag(event.received_at_ms.is_some(), HAS_RECEIVED)
                | flag(event.sent_at_ms.is_some(), HAS_SENT)
                | flag(event.skew_ms != 0, HAS_SKEW),
            name_id: self.numbers.name(self.writer, &event.name)?,
            user: u32::try_from(user).unwrap_or_default(),
            source_session,
            context,
            id,
            properties,
        };
        piece.rows.push(row);
        Ok(())
    }

    /// Adds events that count from now on to a stream.
    fn add(&mut self, stream_id: i64, piece: Piece) -> Result<()> {
        if piece.rows.is_empty() {
            return Ok(());
        }
        for row in &piece.rows {
            self.touch(stream_id, row)?;
        }
        self.writer.add_piece(stream_id, piece, &mut self.packer)
    }

    fn touch(&mut self, stream_id: i64, row: &Row) -> Result<()> {
        let is_alias = self.alias == Some(row.name_id);
        let touched = self.touched.entry(stream_id).or_insert(TouchedStream {
            stream_id,
            from_ms: row.time_ms,
            to_ms: row.time_ms,
            added: 0,
            has_replaced: true,
            has_alias: is_alias,
        });
        touched.from_ms = touched.from_ms.min(row.time_ms);
        touched.to_ms = touched.to_ms.max(row.time_ms);
        touched.has_alias |= is_alias;
        Ok(())
    }

    /// Puts what moved to its new streams; answers what was removed, and the events that are another
    /// import's now, by the numbers of its copies.
    pub(super) fn finish(mut self) -> Result<(Removed, FxHashMap<i64, u64>)> {
        let writer = self.writer;
        for (stream_id, (piece, came)) in std::mem::take(&mut self.moved) {
            self.add(stream_id, piece)?;
            let mut copies = writer.copies_of(stream_id)?;
            copies.extend(came);
            writer.put_copies(stream_id, copies)?;
        }
        writer.store_patterns()?;
        let set = KeySet::Events {
            application_id: self.application_id,
        };
        writer.remove_keys(set, self.keys_gone)?;
        writer.add_keys(set, self.keys_new)?;
        self.removed.touched = self.touched.into_values().collect();
        Ok((self.removed, self.gained))
    }
}
