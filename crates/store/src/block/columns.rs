//! The columns of a block: everything of its events but their texts.

use dwell_model::Key;
use uuid::Uuid;

use super::MAX_EVENTS;
use super::bytes::{Bytes, put, put_bytes, put_signed};
use crate::piece::{HAS_SENT, HAS_SKEW, Piece, Row, RowId, Span};

/// What a block says of itself at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) event_count: usize,
    /// UTC ms.
    pub(crate) first_ms: i64,
    /// UTC ms.
    pub(crate) last_ms: i64,
}

/// Which contexts and source sessions of a piece some rows have, in the order of first use.
pub(crate) struct Shared {
    contexts: Vec<u32>,
    source_sessions: Vec<u32>,
}

impl Shared {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let distinct = |place: fn(&Row) -> u32| {
            let mut found: Vec<u32> = Vec::new();
            for row in rows {
                let place = place(row);
                if place != 0 && found.last() != Some(&place) && !found.contains(&place) {
                    found.push(place);
                }
            }
            found
        };
        Self {
            contexts: distinct(|row| row.context),
            source_sessions: distinct(|row| row.source_session),
        }
    }

    /// Places of contexts in the piece.
    pub(crate) fn contexts(&self) -> &[u32] {
        &self.contexts
    }
}

/// The place among those that a block has, from 1; 0 stays 0.
fn place_in(places: &[u32], place: u32) -> u64 {
    let found = places.iter().position(|known| *known == place);
    found.map_or(0, |at| at as u64 + 1)
}

const CHECKSUM_BYTES: usize = 4;

pub(super) fn encode(piece: &Piece, rows: &[Row], shared: &Shared) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 + rows.len() * 25);
    bytes.extend_from_slice(&[0; CHECKSUM_BYTES]);
    let (first, last) = match rows {
        [first, .., last] => (first, last),
        [only] => (only, only),
        [] => return bytes,
    };
    put(&mut bytes, rows.len() as u64);
    put_signed(&mut bytes, first.time_ms);
    put(&mut bytes, last.time_ms.wrapping_sub(first.time_ms) as u64);
    let mut before_ms = first.time_ms;
    for row in &rows[1..] {
        put(&mut bytes, row.time_ms.wrapping_sub(before_ms) as u64);
        before_ms = row.time_ms;
    }
    let mut before = 0_i64;
    for row in rows {
        put_signed(&mut bytes, row.number.wrapping_sub(before));
        before = row.number;
    }
    for row in rows {
        put_signed(&mut bytes, row.arrival_ms.wrapping_sub(row.time_ms));
    }
    put_column(&mut bytes, rows, |row| u64::from(row.flags));
    put_column(&mut bytes, rows, |row| u64::from(row.name_id));
    put_column(&mut bytes, rows, |row| u64::from(row.user));
    put(&mut bytes, shared.source_sessions.len() as u64);
    if !shared.source_sessions.is_empty() {
        for place in &shared.source_sessions {
            put_key(&mut bytes, piece.source_sessions.get(*place as usize - 1));
        }
        put_column(&mut bytes, rows, |row| {
            place_in(&shared.source_sessions, row.source_session)
        });
    }
    put(&mut bytes, shared.contexts.len() as u64);
    if !shared.contexts.is_empty() {
        put_column(&mut bytes, rows, |row| {
            place_in(&shared.contexts, row.context)
        });
    }
    for row in rows.iter().filter(|row| row.has(HAS_SENT)) {
        put_signed(&mut bytes, row.arrival_ms.wrapping_sub(row.sent_at_ms));
    }
    for row in rows.iter().filter(|row| row.has(HAS_SKEW)) {
        put_signed(&mut bytes, row.skew_ms);
    }
    let are_uuids = rows.iter().all(|row| matches!(row.id, RowId::Uuid(_)));
    bytes.push(u8::from(!are_uuids));
    for row in rows {
        match row.id {
            RowId::Uuid(uuid) if are_uuids => bytes.extend_from_slice(uuid.as_bytes()),
            // A text has one more than its length; 0 is a UUID.
            RowId::Uuid(uuid) => {
                bytes.push(0);
                bytes.extend_from_slice(uuid.as_bytes());
            }
            RowId::Text(span) => {
                put(&mut bytes, span.length as u64 + 1);
                bytes.extend_from_slice(span.of(&piece.bytes));
            }
        }
    }
    bytes
}

/// A column: 0 and its one value, or 1 and all of them.
fn put_column(bytes: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> u64) {
    let mut values = rows.iter().map(&value);
    let first = values.next().unwrap_or(0);
    if values.all(|value| value == first) {
        bytes.push(0);
        put(bytes, first);
    } else {
        bytes.push(1);
        rows.iter().for_each(|row| put(bytes, value(row)));
    }
}

fn put_key(bytes: &mut Vec<u8>, key: Option<&Key>) {
    match key {
        Some(Key::Uuid(uuid)) => {
            bytes.push(0);
            bytes.extend_from_slice(uuid.as_bytes());
        }
        Some(Key::Text(text)) => {
            bytes.push(1);
            put_bytes(bytes, text.as_bytes());
        }
        None => {
            bytes.push(1);
            put_bytes(bytes, &[]);
        }
    }
}

/// The head of a block, from the beginning of its columns.
pub(crate) fn head(columns: &[u8]) -> Option<Head> {
    read_head(&mut Bytes(columns.get(CHECKSUM_BYTES..)?))
}

/// The least and the greatest number of a block's events, from its columns.
pub(crate) fn number_range(columns: &[u8]) -> Option<(i64, i64)> {
    let mut bytes = Bytes(columns.get(CHECKSUM_BYTES..)?);
    let head = read_head(&mut bytes)?;
    for _ in 1..head.event_count {
        bytes.number()?;
    }
    let (mut number, mut least, mut most) = (0_i64, i64::MAX, i64::MIN);
    for _ in 0..head.event_count {
        number = number.wrapping_add(bytes.signed()?);
        (least, most) = (least.min(number), most.max(number));
    }
    Some((least, most))
}

/// The newest arrival among a block's events, UTC ms, from its columns.
pub(crate) fn newest_arrival(columns: &[u8]) -> Option<i64> {
    let mut bytes = Bytes(columns.get(CHECKSUM_BYTES..)?);
    let head = read_head(&mut bytes)?;
    let mut after = bytes;
    for _ in 1..head.event_count {
        after.number()?;
    }
    for _ in 0..head.event_count {
        after.signed()?;
    }
    let (mut time_ms, mut newest_ms) = (head.first_ms, i64::MIN);
    for index in 0..head.event_count {
        if index > 0 {
            time_ms = time_ms.wrapping_add(bytes.number()? as i64);
        }
        newest_ms = newest_ms.max(time_ms.wrapping_add(after.signed()?));
    }
    Some(newest_ms)
}

fn read_head(bytes: &mut Bytes<'_>) -> Option<Head> {
    let event_count = bytes.number()? as usize;
    if event_count == 0 || event_count > MAX_EVENTS {
        return None;
    }
    let first_ms = bytes.signed()?;
    let last_ms = first_ms.wrapping_add(bytes.number()? as i64);
    Some(Head {
        event_count,
        first_ms,
        last_ms,
    })
}

/// Adds rows to a piece, and blank contexts for the texts to fill in.
pub(super) fn decode(columns: &[u8], piece: &mut Piece) -> Result<(), &'static str> {
    let before = (piece.rows.len(), piece.contexts.len());
    read(columns, piece).ok_or_else(|| {
        piece.rows.truncate(before.0);
        piece.contexts.truncate(before.1);
        "its columns end too early or hold what cannot be"
    })
}

fn read(columns: &[u8], piece: &mut Piece) -> Option<()> {
    let mut bytes = Bytes(columns.get(CHECKSUM_BYTES..)?);
    let head = read_head(&mut bytes)?;
    let from = piece.rows.len();
    let row = |time_ms| Row {
        number: 0,
        time_ms,
        arrival_ms: time_ms,
        sent_at_ms: 0,
        skew_ms: 0,
        flags: 0,
        name_id: 0,
        user: 0,
        source_session: 0,
        context: 0,
        id: RowId::Uuid(Uuid::nil()),
        properties: Span::default(),
    };
    let mut time_ms = head.first_ms;
    piece.rows.push(row(time_ms));
    for _ in 1..head.event_count {
        time_ms = time_ms.wrapping_add(bytes.number()? as i64);
        piece.rows.push(row(time_ms));
    }
    let rows = &mut piece.rows[from..];
    let mut number = 0_i64;
    for row in rows.iter_mut() {
        number = number.wrapping_add(bytes.signed()?);
        row.number = number;
    }
    for row in rows.iter_mut() {
        row.arrival_ms = row.time_ms.wrapping_add(bytes.signed()?);
    }
    read_column(&mut bytes, rows, |row, value| row.flags = value as u8)?;
    read_column(&mut bytes, rows, |row, value| row.name_id = value)?;
    read_column(&mut bytes, rows, |row, value| row.user = value)?;
    let shared_count = |bytes: &mut Bytes<'_>| {
        let count = bytes.small()?;
        // Each belongs to an event at least.
        (count as usize <= head.event_count).then_some(count)
    };
    let source_session_count = shared_count(&mut bytes)?;
    if source_session_count > 0 {
        let before = piece.source_sessions.len() as u32;
        for _ in 0..source_session_count {
            piece.source_sessions.push(read_key(&mut bytes)?);
        }
        read_column(&mut bytes, rows, |row, value| {
            row.source_session = value.min(source_session_count) + before * u32::from(value > 0);
        })?;
    }
    let context_count = shared_count(&mut bytes)?;
    if context_count > 0 {
        let before = piece.contexts.len() as u32;
        read_column(&mut bytes, rows, |row, value| {
            row.context = value.min(context_count) + before * u32::from(value > 0);
        })?;
        // Their places; the texts fill them in.
        let count = piece.contexts.len() + context_count as usize;
        piece.contexts.resize(count, Span::default());
    }
    for row in rows.iter_mut().filter(|row| row.has(HAS_SENT)) {
        row.sent_at_ms = row.arrival_ms.wrapping_sub(bytes.signed()?);
    }
    for row in rows.iter_mut().filter(|row| row.has(HAS_SKEW)) {
        row.skew_ms = bytes.signed()?;
    }
    let are_uuids = bytes.byte()? == 0;
    for row in rows.iter_mut() {
        let length = match are_uuids {
            true => 0,
            false => bytes.number()?,
        };
        row.id = match usize::try_from(length).ok()?.checked_sub(1) {
            None => RowId::Uuid(Uuid::from_slice(bytes.take(16)?).ok()?),
            Some(length) => RowId::Text(Span::put(&mut piece.bytes, bytes.take(length)?)),
        };
    }
    bytes.0.is_empty().then_some(())
}

fn read_column(
    bytes: &mut Bytes<'_>,
    rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u32),
) -> Option<()> {
    match bytes.byte()? {
        0 => {
            let value = bytes.small()?;
            rows.iter_mut().for_each(|row| set(row, value));
        }
        _ => {
            for row in rows {
                set(row, bytes.small()?);
            }
        }
    }
    Some(())
}

fn read_key(bytes: &mut Bytes<'_>) -> Option<Key> {
    match bytes.byte()? {
        0 => Some(Key::Uuid(Uuid::from_slice(bytes.take(16)?).ok()?)),
        _ => {
            let text = std::str::from_utf8(bytes.bytes()?).ok()?;
            Some(Key::Text(text.into()))
        }
    }
}
