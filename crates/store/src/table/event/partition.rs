//! The events of one import on their way into blocks: parted by ranges of streams, so that each part
//! can be sorted in memory. What is too much for memory waits in a file without a name, which is gone
//! with the program, however that ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use dwell_model::{IdRef, Key, KeyRef, PackedEvent};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::block::bytes::{Bytes, put, put_bytes, put_signed};
use crate::error::{Result, StoreError};
use crate::piece::{
    HAS_RECEIVED, HAS_SENT, HAS_SKEW, ID_IS_DERIVED, IS_SYSTEM, LOOK_BACK, Piece, Row, RowId, Span,
};

/// So many streams are sorted at once.
const STREAMS_AT_ONCE: i64 = 1024;
/// So much waits in memory, unless something else is said.
const MEMORY_BYTES: usize = 512 << 20;
/// Contexts are kept once each up to so many bytes of them.
const CONTEXT_BYTES: usize = 64 << 20;

/// Contexts of one import, each once.
#[derive(Default)]
pub(super) struct Contexts {
    places: FxHashMap<Box<str>, u32>,
    all: Vec<Box<str>>,
    bytes: usize,
}

impl Contexts {
    /// The place of a context; `None` where there is no more room.
    fn place(&mut self, json: &str) -> Option<u32> {
        if let Some(place) = self.places.get(json) {
            return Some(*place);
        }
        if self.bytes + json.len() > CONTEXT_BYTES {
            return None;
        }
        self.bytes += json.len();
        let place = self.all.len() as u32;
        self.all.push(json.into());
        self.places.insert(json.into(), place);
        Some(place)
    }
}

/// Numbers that stand for an event's keys and name.
pub(super) struct Numbered {
    pub(super) stream_id: i64,
    /// The line of the event less 1.
    pub(super) offset: u32,
    pub(super) name_id: u32,
    /// 0 is none.
    pub(super) user: u32,
}

/// Events by ranges of streams.
pub(super) struct Partitions {
    parts: BTreeMap<i64, Part>,
    in_memory: usize,
    /// So much may wait in memory.
    pub(super) memory_bytes: usize,
    spill: Option<File>,
    spilled: u64,
}

#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    /// (from, length) in the file.
    spilled: Vec<(u64, usize)>,
}

/// Where a record of a part begins, by its place in the order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) stream_id: i64,
    pub(super) time_ms: i64,
    pub(super) offset: u32,
    at: usize,
}

impl Partitions {
    pub(super) fn new() -> Self {
        Self {
            parts: BTreeMap::new(),
            in_memory: 0,
            memory_bytes: MEMORY_BYTES,
            spill: None,
            spilled: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Adds an event.
    pub(super) fn push(
        &mut self,
        event: &PackedEvent<'_>,
        numbered: &Numbered,
        contexts: &mut Contexts,
    ) {
        let part = part_of(numbered.stream_id);
        let bytes = &mut self.parts.entry(part).or_default().bytes;
        let before = bytes.len();
        write(bytes, event, numbered, contexts);
        self.in_memory += bytes.len() - before;
    }

    /// Whether so much is in memory that it has to leave.
    pub(super) fn is_full(&self) -> bool {
        self.in_memory > self.memory_bytes
    }

    /// Moves what is in memory to the file, which is made in `folder`.
    pub(super) fn spill(&mut self, folder: &Path) -> Result<()> {
        let file = match &mut self.spill {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(folder).map_err(|error| io(folder, error))?),
        };
        for part in self.parts.values_mut() {
            if !part.bytes.is_empty() {
                let bytes = std::mem::take(&mut part.bytes);
                file.write_all(&bytes).map_err(|error| io(folder, error))?;
                part.spilled.push((self.spilled, bytes.len()));
                self.spilled += bytes.len() as u64;
            }
        }
        self.in_memory = 0;
        Ok(())
    }

    /// The records of a part, which stay there.
    pub(super) fn copy_of(&mut self, part: i64) -> Result<Vec<u8>> {
        let Some(part) = self.parts.get(&part) else {
            return Ok(Vec::new());
        };
        let mut records = read_spilled(self.spill.as_mut(), &part.spilled)?;
        records.extend_from_slice(&part.bytes);
        Ok(records)
    }

    /// Takes the records of the first part.
    pub(super) fn pop(&mut self) -> Result<Option<Vec<u8>>> {
        let Some((_, part)) = self.parts.pop_first() else {
            return Ok(None);
        };
        if part.spilled.is_empty() {
            return Ok(Some(part.bytes));
        }
        let mut records = read_spilled(self.spill.as_mut(), &part.spilled)?;
        records.extend_from_slice(&part.bytes);
        Ok(Some(records))
    }
}

fn read_spilled(file: Option<&mut File>, spilled: &[(u64, usize)]) -> Result<Vec<u8>> {
    let mut records = vec![0; spilled.iter().map(|(_, length)| length).sum()];
    if let Some(file) = file {
        let mut at = 0;
        for (from, length) in spilled {
            file.seek(SeekFrom::Start(*from))
                .and_then(|_| file.read_exact(&mut records[at..at + length]))
                .map_err(|error| io(Path::new("its temporary file"), error))?;
            at += length;
        }
    }
    Ok(records)
}

fn io(path: &Path, error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreError::Full(path.to_owned())
        }
        _ => StoreError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    }
}

/// A record: its length, stream, time and line in bytes of fixed number, so that records can be sorted
/// without being read, and the rest.
fn write(
    bytes: &mut Vec<u8>,
    event: &PackedEvent<'_>,
    numbered: &Numbered,
    contexts: &mut Contexts,
) {
    let from = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&numbered.stream_id.to_le_bytes());
    bytes.extend_from_slice(&event.time_ms.to_le_bytes());
    bytes.extend_from_slice(&numbered.offset.to_le_bytes());
    let mut flags = 0;
    let mut set = |flag: u8, is_set: bool| flags |= flag * u8::from(is_set);
    set(
        IS_SYSTEM,
        event.event_type == dwell_model::EventType::System,
    );
    set(ID_IS_DERIVED, event.id_is_derived);
    set(HAS_RECEIVED, event.received_at_ms.is_some());
    set(HAS_SENT, event.sent_at_ms.is_some());
    set(HAS_SKEW, event.skew_ms != 0);
    bytes.push(flags);
    put_signed(bytes, event.arrival_ms.wrapping_sub(event.time_ms));
    put(bytes, u64::from(numbered.name_id));
    put(bytes, u64::from(numbered.user));
    if let Some(sent_at_ms) = event.sent_at_ms {
        put_signed(bytes, sent_at_ms);
    }
    if event.skew_ms != 0 {
        put_signed(bytes, event.skew_ms);
    }
    match event.source_session {
        None => bytes.push(0),
        Some(KeyRef::Uuid(uuid)) => {
            bytes.push(1);
            bytes.extend_from_slice(uuid.as_bytes());
        }
        Some(KeyRef::Text(text)) => {
            bytes.push(2);
            put_bytes(bytes, text.as_bytes());
        }
    }
    match event.context {
        "" => bytes.push(0),
        json => match contexts.place(json) {
            Some(place) => put(bytes, u64::from(place) + 2),
            None => {
                bytes.push(1);
                put_bytes(bytes, json.as_bytes());
            }
        },
    }
    match event.event_id {
        IdRef::Uuid(uuid) => {
            bytes.push(0);
            bytes.extend_from_slice(uuid.as_bytes());
        }
        IdRef::Text(text) => {
            put(bytes, text.len() as u64 + 1);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes.extend_from_slice(event.properties.as_bytes());
    let length = (bytes.len() - from) as u32;
    bytes[from..from + 4].copy_from_slice(&length.to_le_bytes());
}

/// The bytes before the part of a record that is read only when it is wanted.
const HEAD_BYTES: usize = 24;

/// The part that holds a stream.
pub(super) fn part_of(stream_id: i64) -> i64 {
    stream_id.div_euclid(STREAMS_AT_ONCE)
}

/// Where the records of a part begin, in order of stream, time and line.
pub(super) fn sorted(records: &[u8]) -> Vec<Entry> {
    let mut entries = entries(records);
    entries.sort_unstable();
    entries
}

/// Where the records of a part begin.
pub(super) fn entries(records: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some(head) = records.get(at..at + HEAD_BYTES) {
        let eight = |from: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[from..from + 8]);
            i64::from_le_bytes(bytes)
        };
        let four = |from: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&head[from..from + 4]);
            u32::from_le_bytes(bytes)
        };
        entries.push(Entry {
            stream_id: eight(4),
            time_ms: eight(12),
            offset: four(20),
            at,
        });
        at += four(0) as usize;
    }
    entries
}

/// The events of one stream, which `entries` name in order.
pub(super) fn piece_of(
    records: &[u8],
    entries: &[Entry],
    first_number: i64,
    contexts: &Contexts,
) -> Result<Piece> {
    let mut piece = Piece {
        rows: Vec::with_capacity(entries.len()),
        ..Piece::default()
    };
    let mut known: Vec<(u32, u32)> = Vec::new();
    for entry in entries {
        add_to(
            &mut piece,
            records,
            entry,
            first_number,
            contexts,
            &mut known,
        )?;
    }
    Ok(piece)
}

/// Adds an event to a piece. `known` are the places of contexts, of the import and of the piece.
pub(super) fn add_to(
    piece: &mut Piece,
    records: &[u8],
    entry: &Entry,
    first_number: i64,
    contexts: &Contexts,
    known: &mut Vec<(u32, u32)>,
) -> Result<()> {
    let row = read(records, entry, contexts, known, piece);
    // Written by this very program a moment ago.
    let row = row.ok_or_else(|| StoreError::Damaged {
        table: "block",
        row: format!("line {}", i64::from(entry.offset) + 1),
        column: "columns",
        reason: "on its way there it became something else".to_owned(),
    })?;
    piece.rows.push(Row {
        number: first_number + i64::from(entry.offset),
        ..row
    });
    Ok(())
}

fn read(
    records: &[u8],
    entry: &Entry,
    contexts: &Contexts,
    known: &mut Vec<(u32, u32)>,
    piece: &mut Piece,
) -> Option<Row> {
    let mut length = [0; 4];
    length.copy_from_slice(records.get(entry.at..entry.at + 4)?);
    let end = entry.at + u32::from_le_bytes(length) as usize;
    let mut bytes = Bytes(records.get(entry.at + HEAD_BYTES..end)?);
    let flags = bytes.byte()?;
    let arrival_ms = entry.time_ms.wrapping_add(bytes.signed()?);
    let name_id = bytes.small()?;
    let user = bytes.small()?;
    let signed_if = |bytes: &mut Bytes<'_>, flag: u8| match flags & flag {
        0 => Some(0),
        _ => bytes.signed(),
    };
    let sent_at_ms = signed_if(&mut bytes, HAS_SENT)?;
    let skew_ms = signed_if(&mut bytes, HAS_SKEW)?;
    let source_session = match bytes.byte()? {
        0 => 0,
        1 => {
            let uuid = Uuid::from_slice(bytes.take(16)?).ok()?;
            piece.source_session_place(&Key::Uuid(uuid))
        }
        _ => {
            let text = std::str::from_utf8(bytes.bytes()?).ok()?;
            piece.source_session_place(&Key::Text(text.into()))
        }
    };
    let context = match bytes.small()? {
        0 => 0,
        1 => piece.context_place(bytes.bytes()?),
        place => {
            let place = place - 2;
            let last = known.iter().rev().take(LOOK_BACK);
            match last.into_iter().find(|(of_import, _)| *of_import == place) {
                Some((_, place)) => *place,
                None => {
                    let json = contexts.all.get(place as usize)?;
                    let here = piece.context_place(json.as_bytes());
                    known.push((place, here));
                    here
                }
            }
        }
    };
    let id = match bytes.number()?.checked_sub(1) {
        None => RowId::Uuid(Uuid::from_slice(bytes.take(16)?).ok()?),
        Some(length) => RowId::Text(Span::put(
            &mut piece.bytes,
            bytes.take(usize::try_from(length).ok()?)?,
        )),
    };
    Some(Row {
        number: 0,
        time_ms: entry.time_ms,
        arrival_ms,
        sent_at_ms,
        skew_ms,
        flags,
        name_id,
        user,
        source_session,
        context,
        id,
        properties: Span::put(&mut piece.bytes, bytes.0),
    })
}
