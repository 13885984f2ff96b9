//! Appending the events of one import.
//!
//! First all of them come by, in the order of the file: their keys and names become numbers, and
//! they wait in partitions. Then it is known which ids came twice or were there before, and part by
//! part the events are sorted, packed into blocks (by several threads) and written (by one).

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use dwell_model::{IdRef, PackedEvent, PackedEvents};
use rustc_hash::{FxHashMap, FxHashSet};

use super::copy::{is_same_text, same_comes_before};
use super::partition::{
    Contexts, Entry, Numbered, Partitions, add_to, entries, part_of, piece_of, sorted,
};
use super::read::ImportRanges;
use super::{ALIAS, Appended, TouchedStream};
use crate::block::pattern::Patterns;
use crate::block::{Block, MAX_EVENTS, Packer, Shared, plain, train};
use crate::error::{Result, StoreError};
use crate::file::Writer;
use crate::owner::Owner;
use crate::piece::Piece;
use crate::table::block::{StreamView, blocks_of};
use crate::table::key::{KnownStreams, Numbers};
use crate::table::key_run::{Fingerprint, KeySet, Pair, hash};

/// From so many events on an import makes a dictionary, where those that there are do not fit.
const DICTIONARY_FROM: usize = 20_000;
/// A dictionary is made from the texts of so many blocks.
const SAMPLES: usize = 600;
/// So many of the newest events are told of.
const NEWEST: usize = 8;
/// An import of fewer events is packed by one thread.
const THREADS_FROM: usize = 20_000;

/// Appends the events of one import.
pub struct Appender<'w> {
    pub(super) writer: &'w Writer<'w>,
    pub(super) application_id: i64,
    pub(super) import_id: i64,
    pub(super) first_number: i64,
    /// The numbers that its lines can have.
    pub(super) own: Range<i64>,
    pub(super) numbers: Numbers,
    partitions: Partitions,
    contexts: Contexts,
    streams: Streams,
    /// Fingerprints of ids with the events' streams (their places) and lines less 1.
    keys: Vec<(u64, u32, u32)>,
    pub(super) last_line: u64,
    pub(super) appended: Appended,
    /// What it did to streams beside adding to them.
    pub(super) also_touched: FxHashMap<i64, TouchedStream>,
    /// Lines less 1 of events that do not count.
    pub(super) dropped: FxHashSet<u32>,
    /// Events that came in place of copies that counted before.
    pub(super) replaced: u64,
    /// Ids that were there before and still are: their keys stand there already.
    pub(super) known_keys: FxHashSet<u32>,
    /// Events that count as this import's now, by the number of the copy that was the first so far.
    pub(super) preceded: FxHashMap<i64, i64>,
    /// Known once it was asked for.
    pub(super) import_ranges: OnceCell<ImportRanges>,
}

/// The streams of an import by their places.
#[derive(Default)]
struct Streams {
    places: FxHashMap<i64, u32>,
    ids: Vec<i64>,
}

impl Streams {
    fn place(&mut self, stream_id: i64) -> u32 {
        *self.places.entry(stream_id).or_insert_with(|| {
            self.ids.push(stream_id);
            self.ids.len() as u32 - 1
        })
    }

    fn id(&self, place: u32) -> i64 {
        self.ids[place as usize]
    }
}

/// What packing a part needs, shared by the threads.
struct Packing<'a> {
    first_number: i64,
    contexts: &'a Contexts,
    patterns: &'a Patterns,
    dictionary: Option<(u32, Vec<u8>)>,
    alias: Option<u32>,
    /// Streams in which ids come twice.
    twice: &'a FxHashSet<i64>,
    /// Streams that hold one of the ids already.
    known: &'a FxHashSet<i64>,
    /// Lines less 1 of events that do not count.
    dropped: &'a FxHashSet<u32>,
    known_streams: KnownStreams,
}

/// What is done with streams that had no events before, while they are at hand: found out by the
/// threads that pack them, put by the one that writes, in the order of the streams. Copies that differ
/// keep a stream from being shown.
pub struct EachNew<'a, T, E> {
    /// Makes what looks at streams, one for each thread.
    pub look: &'a NewLook<'a, T, E>,
    /// Hears of the stream, and what was found.
    pub put: &'a mut PutNew<'a, T, E>,
}

/// Makes what looks at new streams.
pub type NewLook<'a, T, E> = dyn Fn() -> Box<LookAtNew<'a, T, E>> + Sync + 'a;
type LookAtNew<'a, T, E> = dyn FnMut(&StreamView<'_>) -> std::result::Result<T, E> + 'a;
type PutNew<'a, T, E> = dyn FnMut(i64, T) -> std::result::Result<(), E> + 'a;

/// What the thread that writes needs beside the appender.
struct Writing<'a, T, E> {
    packer: Packer,
    alias: Option<u32>,
    newest: Vec<Newest>,
    touched: Vec<TouchedStream>,
    put: Option<&'a mut PutNew<'a, T, E>>,
}

/// (time, number, id) of an event.
type Newest = (i64, i64, String);

/// A part, packed.
struct Packed<T, E> {
    streams: Vec<PackedStream<T, E>>,
    /// The newest events, the newest first.
    newest: Vec<Newest>,
    newest_arrival_ms: Option<i64>,
    /// Lines less 1 of events that do not count.
    dropped: Vec<u32>,
}

/// An event on its way.
pub(super) struct Waiting {
    /// Of its id.
    pub(super) hash: u64,
    /// Where it is to go.
    pub(super) stream_id: i64,
    /// Its row.
    pub(super) row: usize,
}

enum PackedStream<T, E> {
    /// With what was found, where it is new.
    Blocks(TouchedStream, Vec<Block>, Option<std::result::Result<T, E>>),
    /// It has to be settled with what is there, or copies in it differ.
    Unsettled(i64, Piece),
}

impl<'w> Appender<'w> {
    /// Begins to append to an application for an import.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn new(writer: &'w Writer<'w>, application_id: i64, import_id: i64) -> Result<Self> {
        let first_number =
            writer
                .connection
                .query_row("SELECT next_event_number FROM counter", [], |row| {
                    row.get(0)
                })?;
        writer.connection.execute(
            "UPDATE import SET first_number = ? WHERE import_id = ?",
            [first_number, import_id],
        )?;
        Self::of(writer, application_id, import_id, first_number..i64::MAX)
    }

    /// For an import whose lines have these numbers.
    pub(super) fn of(
        writer: &'w Writer<'w>,
        application_id: i64,
        import_id: i64,
        own: Range<i64>,
    ) -> Result<Self> {
        let first_number = own.start;
        Ok(Self {
            writer,
            application_id,
            import_id,
            first_number,
            own,
            numbers: Numbers::new(writer, application_id)?,
            partitions: Partitions::new(),
            contexts: Contexts::default(),
            streams: Streams::default(),
            keys: Vec::new(),
            last_line: 0,
            appended: Appended {
                first_number,
                ..Appended::default()
            },
            also_touched: FxHashMap::default(),
            dropped: FxHashSet::default(),
            replaced: 0,
            known_keys: FxHashSet::default(),
            preceded: FxHashMap::default(),
            import_ranges: OnceCell::new(),
        })
    }

    /// Lets so many bytes of events wait in memory, about; the rest waits in a file without a name in
    /// the workspace's folder.
    pub fn limit_memory(&mut self, bytes: usize) {
        self.partitions.memory_bytes = bytes;
    }

    /// Takes events, in the order of the file.
    ///
    /// # Errors
    /// Where the file cannot be written, or has more lines than the 4,294,967,295 that one import can
    /// have.
    pub fn append(&mut self, events: &PackedEvents) -> Result<()> {
        self.keys.reserve(events.len());
        for event in events.iter() {
            let offset = u32::try_from(event.line.saturating_sub(1))
                .map_err(|_| self.unusable(&event, "an import has at most 4,294,967,295 lines"))?;
            self.last_line = self.last_line.max(event.line);
            if self.leaves_out_event(&event) {
                continue;
            }
            let user = match event.user {
                Some(key) => self.numbers.user(self.writer, key)?,
                None => 0,
            };
            let owner = match event.device {
                Some(device) => Owner::Device(self.numbers.device(self.writer, device)?),
                None if user != 0 => Owner::User(user),
                None => return Err(self.unusable(&event, "an event of neither user nor device")),
            };
            let numbered = Numbered {
                stream_id: owner.id(),
                offset,
                name_id: self.numbers.name(self.writer, event.name)?,
                user: u32::try_from(user)
                    .map_err(|_| self.unusable(&event, "more than 4,294,967,295 users"))?,
            };
            let stream = self.streams.place(numbered.stream_id);
            let key = match &event.event_id {
                IdRef::Uuid(uuid) => hash(uuid.as_bytes()),
                IdRef::Text(text) => hash(text.as_bytes()),
            };
            self.keys.push((key, stream, offset));
            self.partitions.push(&event, &numbered, &mut self.contexts);
        }
        if self.partitions.is_full() {
            self.partitions.spill(&self.folder())?;
        }
        Ok(())
    }

    /// The folder of the workspace.
    fn folder(&self) -> PathBuf {
        let path = self.writer.connection.path().map(Path::new);
        let folder = path.and_then(Path::parent).map(Path::to_path_buf);
        folder
            .filter(|folder| folder.is_dir())
            .unwrap_or_else(std::env::temp_dir)
    }

    fn unusable(&self, event: &PackedEvent<'_>, reason: &str) -> StoreError {
        StoreError::Damaged {
            table: "event",
            row: format!("line {}", event.line),
            column: "event_id",
            reason: reason.to_owned(),
        }
    }

    /// Whether an event that joins two users came by.
    pub fn may_join_users(&self) -> bool {
        self.numbers.known_name(ALIAS).is_some()
    }

    /// Packs and writes everything; `tell` hears of (parts done, of all).
    ///
    /// # Errors
    /// Where the file cannot be written, or what `tell` fails with.
    pub fn finish<E: From<StoreError> + Send>(
        self,
        tell: &mut dyn FnMut(usize, usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<Appended, E> {
        self.finish_with(None::<EachNew<'_, (), E>>, tell)
    }

    /// As [`Appender::finish`]; streams that had no events before are shown on the way.
    ///
    /// # Errors
    /// As [`Appender::finish`], or what looking or putting fails with.
    pub fn finish_with<T: Send, E: From<StoreError> + Send>(
        mut self,
        each_new: Option<EachNew<'_, T, E>>,
        tell: &mut dyn FnMut(usize, usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<Appended, E> {
        let (twice, known) = self.look_for_copies()?;
        let event_count = self.keys.len();
        self.writer
            .connection
            .execute(
                "UPDATE counter SET next_event_number = max(next_event_number, ?)",
                [self.first_number + self.last_line as i64],
            )
            .map_err(StoreError::from)?;
        let patterns = self.writer.patterns()?;
        let mut partitions = std::mem::replace(&mut self.partitions, Partitions::new());
        let contexts = std::mem::take(&mut self.contexts);
        let dropped = std::mem::take(&mut self.dropped);
        let first = partitions.pop()?;
        let sample_from = first.as_deref().unwrap_or_default();
        let dictionary = match event_count >= DICTIONARY_FROM {
            true => self.dictionary(sample_from, &contexts, &patterns)?,
            false => self.writer.newest_dictionary(self.application_id)?,
        };
        let packing = Packing {
            first_number: self.first_number,
            contexts: &contexts,
            patterns: &patterns,
            alias: self.numbers.known_name(ALIAS),
            dictionary,
            twice: &twice,
            known: &known,
            dropped: &dropped,
            known_streams: self.numbers.known_streams(),
        };
        let (look, put) = match each_new {
            Some(each_new) => (Some(each_new.look), Some(each_new.put)),
            None => (None, None),
        };
        let threads = match event_count >= THREADS_FROM {
            true => thread::available_parallelism().map_or(1, usize::from),
            false => 0,
        };
        let writing = Writing {
            packer: packing.packer()?,
            alias: packing.alias,
            newest: Vec::new(),
            touched: Vec::new(),
            put,
        };
        let (mut touched, newest) =
            self.pack_all(&packing, look, (first, partitions), threads, writing, tell)?;
        self.dropped.extend(&dropped);
        self.appended.stored -= self.replaced;
        self.appended.duplicates = self.dropped.len() as u64 + self.replaced;
        self.count_preceded()?;
        self.writer.store_patterns()?;
        self.store_keys()?;
        self.appended.newest = newest.into_iter().map(|(_, _, id)| id).collect();
        self.appended.new_devices = self.numbers.new_device_count;
        for stream in &mut touched {
            if let Some(also) = self.also_touched.remove(&stream.stream_id) {
                stream.join(&also);
            }
        }
        touched.extend(std::mem::take(&mut self.also_touched).into_values());
        touched.sort_unstable();
        self.appended.touched = touched;
        Ok(self.appended)
    }

    /// Packs all parts, by so many threads beside this one, and writes them in order; answers the
    /// streams that changed, and the newest events.
    fn pack_all<T: Send, E: From<StoreError> + Send>(
        &mut self,
        packing: &Packing<'_>,
        look: Option<&NewLook<'_, T, E>>,
        (mut first, mut partitions): (Option<Vec<u8>>, Partitions),
        threads: usize,
        mut writing: Writing<'_, T, E>,
        tell: &mut dyn FnMut(usize, usize) -> std::result::Result<(), E>,
    ) -> std::result::Result<(Vec<TouchedStream>, Vec<Newest>), E> {
        let all = partitions.len() + 1;
        thread::scope(|scope| {
            let (work, parts) = bounded::<(Vec<u8>, Sender<Result<Packed<T, E>>>)>(1);
            for _ in 0..threads {
                let parts = parts.clone();
                scope.spawn(move || {
                    let mut look = look.map(|look| look());
                    let mut packer = None;
                    for (records, answer) in parts {
                        let packed = packing
                            .packer_in(&mut packer)
                            .and_then(|packer| packing.pack(&records, packer, look.as_deref_mut()));
                        // Nobody waits for it once the writer has stopped.
                        let _ = answer.send(packed);
                    }
                });
            }
            drop(parts);
            let mut own_look = look.filter(|_| threads == 0).map(|look| look());
            let mut under_way: VecDeque<Receiver<Result<Packed<T, E>>>> = VecDeque::new();
            let mut done = 0;
            loop {
                while under_way.len() <= threads
                    && let Some(records) = match first.take() {
                        Some(records) => Some(records),
                        None => partitions.pop()?,
                    }
                {
                    let (answer, packed) = bounded(1);
                    if threads == 0 {
                        let look = own_look.as_deref_mut();
                        let _ = answer.send(packing.pack(&records, &mut writing.packer, look));
                    } else if work.send((records, answer)).is_err() {
                        break;
                    }
                    under_way.push_back(packed);
                }
                let Some(packed) = under_way.pop_front() else {
                    break;
                };
                // An answer is missing only where its thread panicked, which the scope passes on.
                let Ok(packed) = packed.recv() else { break };
                tell(done, all)?;
                done += 1;
                self.write_packed(packed?, &mut writing)?;
            }
            Ok::<(), E>(())
        })?;
        Ok((writing.touched, writing.newest))
    }

    /// Writes the streams of a part.
    fn write_packed<T, E: From<StoreError>>(
        &mut self,
        packed: Packed<T, E>,
        writing: &mut Writing<'_, T, E>,
    ) -> std::result::Result<(), E> {
        let newest_arrival_ms = &mut self.appended.newest_arrival_ms;
        self.dropped.extend(packed.dropped);
        *newest_arrival_ms = (*newest_arrival_ms).max(packed.newest_arrival_ms);
        writing.newest.extend(packed.newest);
        for stream in packed.streams {
            match stream {
                PackedStream::Blocks(stream, blocks, looked) => {
                    self.appended.stored += stream.added;
                    self.write(stream.stream_id, blocks, &mut writing.packer)?;
                    writing.touched.push(stream);
                    if let Some((looked, put)) = looked.zip(writing.put.as_mut()) {
                        put(stream.stream_id, looked?)?;
                    }
                }
                PackedStream::Unsettled(stream_id, piece) => {
                    let piece = self.settle(stream_id, piece, &mut writing.packer)?;
                    writing
                        .touched
                        .extend(touched_by(stream_id, &piece, writing.alias));
                    note_newest(&piece, &mut writing.newest)?;
                    self.appended.stored += piece.rows.len() as u64;
                    let newest_ms = piece.rows.iter().map(|row| row.arrival_ms).max();
                    self.appended.newest_arrival_ms =
                        self.appended.newest_arrival_ms.max(newest_ms);
                    if !piece.rows.is_empty() {
                        self.writer
                            .add_piece(stream_id, piece, &mut writing.packer)?;
                    }
                }
            }
        }
        keep_newest(&mut writing.newest);
        Ok(())
    }

    /// Looks for ids that came twice or are there already: settles those of several streams, and
    /// answers the streams in which copies are to be looked for, beside themselves and beside
    /// what they hold.
    fn look_for_copies(&mut self) -> Result<(FxHashSet<i64>, FxHashSet<i64>)> {
        self.keys.sort_unstable();
        let (mut twice, mut known) = (FxHashSet::default(), FxHashSet::default());
        let mut across: FxHashSet<u64> = FxHashSet::default();
        for same in self.keys.chunk_by(|a, b| a.0 == b.0) {
            if let [first, .., last] = same {
                // Sorted: where the first and the last are of one stream, all are.
                if first.1 == last.1 {
                    twice.insert(self.streams.id(first.1));
                } else {
                    across.insert(first.0);
                }
            }
        }
        let set = self.key_set();
        if self.writer.key_count(set)? > 0 {
            let wanted = self
                .keys
                .iter()
                .map(|(key, _, _)| Fingerprint::of_hash(*key));
            let wanted: Vec<Fingerprint> = wanted.collect();
            self.writer.probe_keys(set, &wanted, |index, stream_id| {
                let (key, stream, _) = self.keys[index];
                if self.streams.id(stream) == stream_id {
                    known.insert(stream_id);
                } else {
                    across.insert(key);
                }
                Ok(())
            })?;
        }
        if !across.is_empty() {
            self.settle_across(&across)?;
        }
        Ok((twice, known))
    }

    /// The events that have ids of these hashes, in the order of their lines, and the piece with their
    /// rows.
    pub(super) fn waiting_with(
        &mut self,
        hashes: &FxHashSet<u64>,
    ) -> Result<(Piece, Vec<Waiting>)> {
        let mut by_part: BTreeMap<i64, FxHashMap<u32, u64>> = BTreeMap::new();
        for (hash, stream, offset) in &self.keys {
            if hashes.contains(hash) {
                let part = part_of(self.streams.id(*stream));
                by_part.entry(part).or_default().insert(*offset, *hash);
            }
        }
        let (mut piece, mut known) = (Piece::default(), Vec::new());
        let mut waiting = Vec::new();
        for (part, wanted) in by_part {
            let records = self.partitions.copy_of(part)?;
            for entry in entries(&records) {
                if let Some(hash) = wanted.get(&entry.offset) {
                    waiting.push(Waiting {
                        hash: *hash,
                        stream_id: entry.stream_id,
                        row: piece.rows.len(),
                    });
                    add_to(
                        &mut piece,
                        &records,
                        &entry,
                        self.first_number,
                        &self.contexts,
                        &mut known,
                    )?;
                }
            }
        }
        waiting.sort_by_key(|of| piece.rows[of.row].number);
        Ok((piece, waiting))
    }

    /// A dictionary for the application's texts: the one that it has, or a new one, whichever packs
    /// these texts better.
    fn dictionary(
        &self,
        records: &[u8],
        contexts: &Contexts,
        patterns: &Patterns,
    ) -> Result<Option<(u32, Vec<u8>)>> {
        let known = self.writer.newest_dictionary(self.application_id)?;
        let mut packer = packer_of(None)?;
        let mut samples: Vec<Vec<u8>> = Vec::new();
        let entries = sorted(records);
        let streams: Vec<&[Entry]> = entries
            .chunk_by(|a, b| a.stream_id == b.stream_id)
            .collect();
        for stream in streams.iter().step_by((streams.len() / SAMPLES).max(1)) {
            let of_block = &stream[..stream.len().min(MAX_EVENTS / 4)];
            let piece = piece_of(records, of_block, self.first_number, contexts)?;
            let shared = Shared::of(&piece.rows);
            let text = plain(
                &piece,
                &piece.rows,
                shared.contexts(),
                patterns,
                &mut packer,
            );
            samples.push(text.map_err(unpackable)?.to_vec());
        }
        let Some(new) = train(&samples) else {
            return Ok(known);
        };
        let packed = |dictionary: &[u8]| -> Result<usize> {
            let mut packer = packer_of(Some(&(1, dictionary.to_vec())))?;
            let sizes = samples.iter().map(|text| packer.packed_bytes(text));
            Ok(sizes.sum())
        };
        if let Some((id, bytes)) = known
            // A tenth less is worth another dictionary.
            && packed(&bytes)? * 9 <= packed(&new)? * 10
        {
            return Ok(Some((id, bytes)));
        }
        let id = self.writer.add_dictionary(self.application_id, &new)?;
        Ok(Some((id, new)))
    }

    /// Writes packed blocks; where the stream has small ones already, together with those.
    fn write(&self, stream_id: i64, blocks: Vec<Block>, packer: &mut Packer) -> Result<()> {
        if self.numbers.known_streams().is_new(stream_id) {
            return self.writer.add_first_blocks(stream_id, &blocks);
        }
        if !self.writer.is_crowded(stream_id)? {
            return self.writer.add_blocks(stream_id, &blocks);
        }
        let mut piece = Piece::default();
        for block in &blocks {
            self.writer.read_block(block, &mut piece)?;
        }
        self.writer.add_piece(stream_id, piece, packer)
    }

    /// Stores the keys of what was stored.
    fn store_keys(&mut self) -> Result<()> {
        let (dropped, known) = (&self.dropped, &self.known_keys);
        let keys = std::mem::take(&mut self.keys);
        let stored = keys
            .iter()
            .filter(|(_, _, offset)| !dropped.contains(offset) && !known.contains(offset))
            .map(|(key, stream, _)| Pair {
                fingerprint: Fingerprint::of_hash(*key),
                number: self.streams.id(*stream),
            });
        self.writer.add_keys(self.key_set(), stored.collect())
    }

    pub(super) fn key_set(&self) -> KeySet {
        KeySet::Events {
            application_id: self.application_id,
        }
    }
}

impl TouchedStream {
    /// Takes what another change did to the same stream.
    fn join(&mut self, other: &Self) {
        self.from_ms = self.from_ms.min(other.from_ms);
        self.to_ms = self.to_ms.max(other.to_ms);
        self.added += other.added;
        self.has_replaced |= other.has_replaced;
        self.has_alias |= other.has_alias;
    }
}

impl Packing<'_> {
    fn packer(&self) -> Result<Packer> {
        packer_of(self.dictionary.as_ref())
    }

    /// The packer that is there, or a new one.
    fn packer_in<'p>(&self, packer: &'p mut Option<Packer>) -> Result<&'p mut Packer> {
        match packer {
            Some(packer) => Ok(packer),
            none => Ok(none.insert(self.packer()?)),
        }
    }

    /// Sorts and packs the records of a part.
    fn pack<T, E>(
        &self,
        records: &[u8],
        packer: &mut Packer,
        mut look: Option<&mut LookAtNew<'_, T, E>>,
    ) -> Result<Packed<T, E>> {
        let mut packed = Packed {
            streams: Vec::new(),
            newest: Vec::new(),
            newest_arrival_ms: None,
            dropped: Vec::new(),
        };
        let mut entries = sorted(records);
        if !self.dropped.is_empty() {
            entries.retain(|entry| !self.dropped.contains(&entry.offset));
        }
        for entries in entries.chunk_by(|a, b| a.stream_id == b.stream_id) {
            let stream_id = entries[0].stream_id;
            let mut piece = piece_of(records, entries, self.first_number, self.contexts)?;
            if self.known.contains(&stream_id)
                || (self.twice.contains(&stream_id)
                    && !drop_twins(&mut piece, self.first_number, &mut packed.dropped))
            {
                packed
                    .streams
                    .push(PackedStream::Unsettled(stream_id, piece));
                continue;
            }
            let newest_arrival_ms = piece.rows.iter().map(|row| row.arrival_ms).max();
            packed.newest_arrival_ms = packed.newest_arrival_ms.max(newest_arrival_ms);
            note_newest(&piece, &mut packed.newest)?;
            if let Some(touched) = touched_by(stream_id, &piece, self.alias) {
                let blocks = blocks_of(&piece, self.patterns, packer)?;
                let is_new = self.known_streams.is_new(stream_id);
                let looked = look.as_mut().filter(|_| is_new);
                let looked = looked.map(|look| look(&StreamView::of_piece(stream_id, piece)));
                packed
                    .streams
                    .push(PackedStream::Blocks(touched, blocks, looked));
            }
        }
        keep_newest(&mut packed.newest);
        Ok(packed)
    }
}

/// Drops the copies of events in a piece that say the same and arrived later; false, with nothing
/// done, where copies differ.
fn drop_twins(piece: &mut Piece, first_number: i64, dropped: &mut Vec<u32>) -> bool {
    let mut by_id: Vec<u32> = (0..piece.rows.len() as u32).collect();
    let row = |index: &u32| &piece.rows[*index as usize];
    by_id.sort_by(|a, b| piece.id(row(a)).cmp(&piece.id(row(b))));
    let mut losers: Vec<u32> = Vec::new();
    for same in by_id.chunk_by(|a, b| piece.id(row(a)) == piece.id(row(b))) {
        let Some((best, others)) = same.split_first() else {
            continue;
        };
        let mut best = *best;
        for other in others {
            if !is_same_text(piece, row(&best), piece, row(other)) {
                return false;
            }
            match same_comes_before(row(other), row(&best)) {
                true => losers.push(std::mem::replace(&mut best, *other)),
                false => losers.push(*other),
            }
        }
    }
    losers.sort_unstable();
    let offset = |index: &u32| (row(index).number - first_number) as u32;
    dropped.extend(losers.iter().map(offset));
    let mut index = 0;
    piece.rows.retain(|_| {
        index += 1;
        losers.binary_search(&(index - 1)).is_err()
    });
    true
}

fn touched_by(stream_id: i64, piece: &Piece, alias: Option<u32>) -> Option<TouchedStream> {
    let (first, last) = (piece.rows.first()?, piece.rows.last()?);
    Some(TouchedStream {
        stream_id,
        from_ms: first.time_ms,
        to_ms: last.time_ms,
        added: piece.rows.len() as u64,
        has_replaced: false,
        has_alias: piece.rows.iter().any(|row| Some(row.name_id) == alias),
    })
}

/// Adds the newest events of a piece, which stands in order.
fn note_newest(piece: &Piece, newest: &mut Vec<Newest>) -> Result<()> {
    let oldest = match newest.len() < NEWEST {
        true => i64::MIN,
        false => newest
            .iter()
            .map(|(time_ms, _, _)| *time_ms)
            .min()
            .unwrap_or(i64::MIN),
    };
    for row in piece.rows.iter().rev().take(NEWEST) {
        if row.time_ms < oldest {
            break;
        }
        let mut id = String::new();
        piece.push_id(row, &mut id)?;
        newest.push((row.time_ms, row.number, id));
    }
    if newest.len() > 64 {
        keep_newest(newest);
    }
    Ok(())
}

fn keep_newest(newest: &mut Vec<Newest>) {
    newest.sort_unstable_by_key(|(time_ms, number, _)| Reverse((*time_ms, *number)));
    newest.truncate(NEWEST);
}

fn unpackable(error: std::io::Error) -> StoreError {
    StoreError::Damaged {
        table: "dictionary",
        row: "new".to_owned(),
        column: "bytes",
        reason: format!("it cannot be made: {error}"),
    }
}

pub(super) fn packer_of(dictionary: Option<&(u32, Vec<u8>)>) -> Result<Packer> {
    let dictionary = dictionary.map(|(id, bytes)| (*id, &bytes[..]));
    Packer::new(dictionary).map_err(|error| StoreError::Damaged {
        table: "dictionary",
        row: dictionary.map_or(0, |(id, _)| id).to_string(),
        column: "bytes",
        reason: error.to_string(),
    })
}
