//! Settling copies of one event with each other and with the one that counted until now (sessions,
//! section 1): the one with the earliest arrival counts, ties by canonical content.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use dwell_model::Event;
use rustc_hash::{FxHashMap, FxHashSet};

use super::append::Appender;
use super::copy::{Standing, comes_before, difference, is_same_text, same_comes_before};
use super::kept::{CopyChange, KeptCopy, Succession};
use super::{ALIAS, TouchedStream};
use crate::block::Packer;
use crate::error::Result;
use crate::file::Writer;
use crate::owner::Owner;
use crate::piece::{HAS_RECEIVED, HAS_SENT, Id, Piece, Row};
use crate::table::key_run::{Fingerprint, Pair};

/// Where the copy stands that counted until now.
struct Known<'a> {
    stream_id: i64,
    piece: &'a Piece,
    row: &'a Row,
}

/// Streams that are there, read to find ids in them.
#[derive(Default)]
struct StoredIds {
    streams: FxHashMap<i64, StoredStream>,
    row_count: usize,
}

pub(super) struct StoredStream {
    piece: Piece,
    /// Fingerprints of ids with their rows, ascending.
    ids: Vec<(Fingerprint, usize)>,
}

/// So many events of streams are kept for the next id.
const ROWS_KEPT: usize = 100_000;

impl StoredIds {
    /// The event of an id in one of some streams.
    fn find(
        &mut self,
        writer: &Writer<'_>,
        streams: &[i64],
        id: Id<'_>,
    ) -> Result<Option<Known<'_>>> {
        if self.row_count > ROWS_KEPT {
            *self = Self::default();
        }
        for stream_id in streams {
            if let Entry::Vacant(free) = self.streams.entry(*stream_id) {
                let stream = StoredStream::of(writer.whole_stream(*stream_id)?);
                self.row_count += stream.ids.len();
                free.insert(stream);
            }
        }
        let known = streams.iter().find_map(|stream_id| {
            let stream = self.streams.get(stream_id)?;
            Some(Known {
                stream_id: *stream_id,
                piece: &stream.piece,
                row: stream.find(id)?,
            })
        });
        Ok(known)
    }
}

impl StoredStream {
    pub(super) fn of(piece: Piece) -> Self {
        let fingerprint = |row| Fingerprint::of(piece.id_bytes(row));
        let mut ids: Vec<(Fingerprint, usize)> =
            piece.rows.iter().map(fingerprint).zip(0..).collect();
        ids.sort_unstable();
        Self { piece, ids }
    }

    pub(super) fn find(&self, id: Id<'_>) -> Option<&Row> {
        let wanted = Fingerprint::of(id.bytes());
        let from = self.ids.partition_point(|(of, _)| *of < wanted);
        self.ids[from..]
            .iter()
            .take_while(|(of, _)| *of == wanted)
            .filter_map(|(_, row)| self.piece.rows.get(*row))
            .find(|row| self.piece.id(row) == id)
    }
}

/// What is to be changed in the copies of streams.
#[derive(Default)]
struct CopyChanges(BTreeMap<i64, CopyChange>);

impl CopyChanges {
    fn of(&mut self, stream_id: i64) -> &mut CopyChange {
        self.0.entry(stream_id).or_default()
    }
}

/// A copy that came.
struct Incoming<'a> {
    stream_id: i64,
    piece: &'a Piece,
    row: &'a Row,
}

impl Appender<'_> {
    /// Settles the events that came for a stream with each other and with those that stand there;
    /// answers those that are to be added.
    pub(super) fn settle(
        &mut self,
        stream_id: i64,
        mut piece: Piece,
        packer: &mut Packer,
    ) -> Result<Piece> {
        let stored = self.writer.whole_stream(stream_id)?;
        let mut by_id: FxHashMap<Id<'_>, Vec<u32>> = FxHashMap::default();
        for (index, row) in (0..).zip(&piece.rows) {
            by_id.entry(piece.id(row)).or_default().push(index);
        }
        let mut known: FxHashMap<Id<'_>, &Row> = FxHashMap::default();
        for row in &stored.rows {
            let id = stored.id(row);
            if by_id.contains_key(&id) {
                known.insert(id, row);
            }
        }
        let mut groups: Vec<(Id<'_>, Vec<u32>)> = by_id.into_iter().collect();
        groups.retain(|(id, rows)| rows.len() > 1 || known.contains_key(id));
        let line = |index: &u32| piece.rows[*index as usize].number;
        for (_, rows) in &mut groups {
            rows.sort_unstable_by_key(line);
        }
        groups.sort_unstable_by_key(|(_, rows)| rows.first().map(line));
        let mut removed: FxHashSet<i64> = FxHashSet::default();
        let mut lost: FxHashSet<i64> = FxHashSet::default();
        let mut changes = CopyChanges::default();
        for (id, rows) in groups {
            let copies: Vec<Incoming<'_>> = rows
                .iter()
                .map(|index| Incoming {
                    stream_id,
                    piece: &piece,
                    row: &piece.rows[*index as usize],
                })
                .collect();
            let known = known.get(&id).map(|row| Known {
                stream_id,
                piece: &stored,
                row,
            });
            let winner = self.settle_group(&copies, known.as_ref(), &mut changes)?;
            for (index, copy) in copies.iter().enumerate() {
                if winner != Some(index) {
                    lost.insert(copy.row.number);
                    self.dropped.insert(self.offset(copy.row));
                } else if let Some(known) = &known {
                    removed.insert(known.row.number);
                    self.note_replaced(known, copy)?;
                    self.known_keys.insert(self.offset(copy.row));
                }
            }
        }
        self.change_copies(changes)?;
        if !removed.is_empty() {
            self.writer.remove_events(stream_id, &removed, packer)?;
        }
        piece.rows.retain(|row| !lost.contains(&row.number));
        Ok(piece)
    }

    /// Settles copies that came for different streams, or whose id may stand in another one: of ids
    /// with these hashes.
    pub(super) fn settle_across(&mut self, across: &FxHashSet<u64>) -> Result<()> {
        let candidates = self.candidates(across)?;
        let (piece, waiting) = self.waiting_with(across)?;
        let mut by_id: FxHashMap<(u64, Id<'_>), Vec<usize>> = FxHashMap::default();
        for (index, of) in waiting.iter().enumerate() {
            let id = piece.id(&piece.rows[of.row]);
            by_id.entry((of.hash, id)).or_default().push(index);
        }
        // By stream, so that each is read once, mostly.
        let mut groups: Vec<(&[i64], Id<'_>, Vec<usize>)> = by_id
            .into_iter()
            .map(|((hash, id), members)| {
                let streams = candidates.get(&hash).map_or(&[][..], |streams| streams);
                (streams, id, members)
            })
            .collect();
        groups.sort_unstable_by(|a, b| (a.0, &a.2).cmp(&(b.0, &b.2)));
        let mut stored = StoredIds::default();
        let mut removed: BTreeMap<i64, FxHashSet<i64>> = BTreeMap::new();
        let mut removed_keys = Vec::new();
        let mut changes = CopyChanges::default();
        for (streams, id, members) in groups {
            let copies: Vec<Incoming<'_>> = members
                .iter()
                .map(|index| &waiting[*index])
                .map(|of| Incoming {
                    stream_id: of.stream_id,
                    piece: &piece,
                    row: &piece.rows[of.row],
                })
                .collect();
            let known = stored.find(self.writer, streams, id)?;
            let winner = self.settle_group(&copies, known.as_ref(), &mut changes)?;
            for (index, copy) in copies.iter().enumerate() {
                if winner != Some(index) {
                    self.dropped.insert(self.offset(copy.row));
                } else if let Some(known) = &known {
                    self.note_replaced(known, copy)?;
                    let of_stream = removed.entry(known.stream_id).or_default();
                    of_stream.insert(known.row.number);
                    removed_keys.push(Pair {
                        fingerprint: Fingerprint::of(id.bytes()),
                        number: known.stream_id,
                    });
                }
            }
        }
        self.change_copies(changes)?;
        let dictionary = self.writer.newest_dictionary(self.application_id)?;
        let mut packer = super::append::packer_of(dictionary.as_ref())?;
        for (stream_id, numbers) in &removed {
            self.writer
                .remove_events(*stream_id, numbers, &mut packer)?;
        }
        self.writer.remove_keys(self.key_set(), removed_keys)
    }

    /// The streams that may hold ids of these hashes, ascending.
    fn candidates(&self, hashes: &FxHashSet<u64>) -> Result<FxHashMap<u64, Vec<i64>>> {
        let mut hashes: Vec<u64> = hashes.iter().copied().collect();
        hashes.sort_unstable();
        let wanted = hashes.iter().map(|hash| Fingerprint::of_hash(*hash));
        let wanted: Vec<Fingerprint> = wanted.collect();
        let mut candidates: FxHashMap<u64, Vec<i64>> = FxHashMap::default();
        self.writer
            .probe_keys(self.key_set(), &wanted, |index, stream_id| {
                let streams = candidates.entry(hashes[index]).or_default();
                streams.push(stream_id);
                Ok(())
            })?;
        for streams in candidates.values_mut() {
            streams.sort_unstable();
            streams.dedup();
        }
        Ok(candidates)
    }

    /// Which of some copies of one event, in the order of their lines, counts from now on; `None`
    /// where the one that is known goes on counting.
    fn settle_group(
        &mut self,
        copies: &[Incoming<'_>],
        known: Option<&Known<'_>>,
        changes: &mut CopyChanges,
    ) -> Result<Option<usize>> {
        let mut best = 0;
        for index in 1..copies.len() {
            let loser = match self.comes_before(&copies[index], &copies[best])? {
                true => std::mem::replace(&mut best, index),
                false => index,
            };
            self.note_difference(&copies[best], &copies[loser], Standing::Loses)?;
        }
        let Some(known) = known else {
            return Ok(Some(best));
        };
        let copy = &copies[best];
        let stored = Incoming {
            stream_id: known.stream_id,
            piece: known.piece,
            row: known.row,
        };
        let standing = match self.comes_before(copy, &stored)? {
            true => Standing::Counts,
            false => Standing::Loses,
        };
        let is_same = self.note_difference(&stored, copy, standing)?;
        // Copies that the import of the one that counts brought are gone with it.
        let is_of_another = !self.own.contains(&known.row.number);
        self.precede(known.stream_id, known.row.number)?;
        if standing == Standing::Loses {
            if is_of_another {
                let kept = self.kept(copy, known.row.number, is_same)?;
                changes.of(known.stream_id).kept.push(kept);
            }
            return Ok(None);
        }
        self.appended.has_replaced = true;
        let body = match is_same {
            true => None,
            false => Some(self.event(&stored)?.native_json().into()),
        };
        changes.of(known.stream_id).successions.push(Succession {
            before: known.row.number,
            now: copy.row.number,
            stream_id: copy.stream_id,
            body,
        });
        if is_of_another {
            let kept = self.kept(&stored, copy.row.number, is_same)?;
            changes.of(copy.stream_id).kept.push(kept);
        }
        Ok(Some(best))
    }

    /// A copy that does not count, as it is kept.
    fn kept(&self, copy: &Incoming<'_>, counts: i64, is_same: bool) -> Result<KeptCopy> {
        let row = copy.row;
        Ok(KeptCopy {
            counts,
            number: row.number,
            arrival_ms: row.arrival_ms,
            has_received: row.has(HAS_RECEIVED),
            sent_at_ms: row.has(HAS_SENT).then_some(row.sent_at_ms),
            body: match is_same {
                true => None,
                false => Some(self.event(copy)?.native_json().into()),
            },
        })
    }

    fn change_copies(&self, changes: CopyChanges) -> Result<()> {
        if changes.0.is_empty() {
            return Ok(());
        }
        let ranges = match self.import_ranges.get() {
            Some(ranges) => ranges,
            None => {
                let read = self.writer.import_ranges()?;
                self.import_ranges.get_or_init(|| read)
            }
        };
        let import_of = |number| ranges.import_of(number);
        for (stream_id, change) in changes.0 {
            self.writer.change_copies(stream_id, change, &import_of)?;
        }
        Ok(())
    }

    /// A row's line less 1.
    fn offset(&self, row: &Row) -> u32 {
        (row.number - self.first_number) as u32
    }

    fn comes_before(&self, copy: &Incoming<'_>, other: &Incoming<'_>) -> Result<bool> {
        match is_same(copy, other) {
            true => Ok(same_comes_before(copy.row, other.row)),
            false => Ok(comes_before(&self.event(copy)?, &self.event(other)?)),
        }
    }

    /// Counts and lists a copy that differs in more than its arrival; answers whether it is the same.
    fn note_difference(
        &mut self,
        other: &Incoming<'_>,
        copy: &Incoming<'_>,
        standing: Standing,
    ) -> Result<bool> {
        if is_same(other, copy) {
            return Ok(true);
        }
        let against = other.row.number;
        let (other, event) = (self.event(other)?, self.event(copy)?);
        let Some(differs) = difference(&other, &event, standing) else {
            return Ok(true);
        };
        self.appended.conflicts += 1;
        let line = u64::from(self.offset(copy.row)) + 1;
        self.writer
            .note_conflict(self.import_id, line, &event.event_id, &differs, against)?;
        Ok(false)
    }

    fn event(&self, copy: &Incoming<'_>) -> Result<Event> {
        self.writer.event_of(copy.stream_id, copy.piece, copy.row)
    }

    /// Notes that a stream lost an event to a copy, of the same or of another stream.
    fn note_replaced(&mut self, known: &Known<'_>, copy: &Incoming<'_>) -> Result<()> {
        self.replaced += 1;
        for (stream_id, row) in [(known.stream_id, known.row), (copy.stream_id, copy.row)] {
            let has_alias = self.writer.name_of(row.name_id)?.as_deref() == Some(ALIAS);
            let touched = self.also_touched.entry(stream_id).or_insert(TouchedStream {
                stream_id,
                from_ms: row.time_ms,
                to_ms: row.time_ms,
                added: 0,
                has_replaced: true,
                has_alias,
            });
            touched.from_ms = touched.from_ms.min(row.time_ms);
            touched.to_ms = touched.to_ms.max(row.time_ms);
            touched.has_alias |= has_alias;
        }
        Ok(())
    }
}

/// Whether two copies say the same to the byte, but for their arrival.
fn is_same(copy: &Incoming<'_>, other: &Incoming<'_>) -> bool {
    let device = |stream_id| Owner::from_id(stream_id).device();
    device(copy.stream_id) == device(other.stream_id)
        && is_same_text(copy.piece, copy.row, other.piece, other.row)
}
