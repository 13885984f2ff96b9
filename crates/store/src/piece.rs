//! Some events of one stream in memory: rows of numbers, and what they share (texts, contexts, source
//! sessions) once. What is read from blocks, and what is to become blocks.

use dwell_model::{Event, EventType, Key, Properties};
use uuid::Uuid;

use crate::error::{Result, StoreError};

/// Emitted by an SDK or by the console.
pub(crate) const IS_SYSTEM: u8 = 1;
/// The id was derived from the content.
pub(crate) const ID_IS_DERIVED: u8 = 2;
/// The source has `received_at`, which is the arrival then.
pub(crate) const HAS_RECEIVED: u8 = 4;
/// The source has `sent_at`.
pub(crate) const HAS_SENT: u8 = 8;
/// The time was corrected.
pub(crate) const HAS_SKEW: u8 = 16;

/// So many contexts or source sessions are looked back at for one that comes again: a stream can have
/// as many as it has events.
pub(crate) const LOOK_BACK: usize = 64;

/// A part of a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) length: usize,
}

impl Span {
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes
            .get(self.from..self.from + self.length)
            .unwrap_or_default()
    }

    /// Puts bytes at the end of a buffer.
    pub(crate) fn put(buffer: &mut Vec<u8>, bytes: &[u8]) -> Self {
        let from = buffer.len();
        buffer.extend_from_slice(bytes);
        Self {
            from,
            length: bytes.len(),
        }
    }
}

/// An event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowId {
    /// A UUID that was written in lower case with hyphens.
    Uuid(Uuid),
    /// Any other text, in `Piece::bytes`.
    Text(Span),
}

/// An event's id as it is compared: a UUID is never the text that has the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Id<'a> {
    Uuid(&'a [u8]),
    Text(&'a [u8]),
}

impl<'a> Id<'a> {
    /// The bytes that it is found by.
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Uuid(bytes) | Self::Text(bytes) => bytes,
        }
    }
}

/// One event. Times are UTC ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// In the workspace.
    pub(crate) number: i64,
    pub(crate) time_ms: i64,
    pub(crate) arrival_ms: i64,
    /// 0 unless `HAS_SENT`.
    pub(crate) sent_at_ms: i64,
    /// 0 unless `HAS_SKEW`.
    pub(crate) skew_ms: i64,
    pub(crate) flags: u8,
    pub(crate) name_id: u32,
    /// Number; 0 is none.
    pub(crate) user: u32,
    /// Place in `Piece::source_sessions`, from 1; 0 is none.
    pub(crate) source_session: u32,
    /// Place in `Piece::contexts`, from 1; 0 is none.
    pub(crate) context: u32,
    pub(crate) id: RowId,
    /// JSON in `Piece::bytes`; blank where there are none.
    pub(crate) properties: Span,
}

impl Row {
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The order in a stream.
    pub(crate) fn key(&self) -> (i64, i64) {
        (self.time_ms, self.number)
    }
}

/// Some events of one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) rows: Vec<Row>,
    /// The texts of ids and properties.
    pub(crate) bytes: Vec<u8>,
    pub(crate) source_sessions: Vec<Key>,
    /// JSON in `bytes`; the same one twice where it came again after many others.
    pub(crate) contexts: Vec<Span>,
}

impl Piece {
    /// The text of an event's id.
    pub(crate) fn push_id(&self, row: &Row, text: &mut String) -> Result<()> {
        match row.id {
            RowId::Uuid(uuid) => {
                text.push_str(
                    uuid.as_hyphenated()
                        .encode_lower(&mut Uuid::encode_buffer()),
                );
            }
            RowId::Text(span) => text.push_str(self.text(row, "event_id", span)?),
        }
        Ok(())
    }

    /// An event's id as it is compared.
    pub(crate) fn id<'a>(&'a self, row: &'a Row) -> Id<'a> {
        match &row.id {
            RowId::Uuid(uuid) => Id::Uuid(uuid.as_bytes()),
            RowId::Text(span) => Id::Text(span.of(&self.bytes)),
        }
    }

    /// The bytes that an event's id is found by.
    pub(crate) fn id_bytes<'a>(&'a self, row: &'a Row) -> &'a [u8] {
        self.id(row).bytes()
    }

    /// An event's properties as JSON; blank where there are none.
    pub(crate) fn properties_json(&self, row: &Row) -> Result<&str> {
        self.text(row, "properties", row.properties)
    }

    /// An event's context as JSON; blank where there is none.
    pub(crate) fn context_json(&self, row: &Row) -> Result<&str> {
        match row.context {
            0 => Ok(""),
            place => {
                let span = self.contexts.get(place as usize - 1);
                let span =
                    span.ok_or_else(|| damaged(row, "context", "there is no such context"))?;
                self.text(row, "context", *span)
            }
        }
    }

    /// An event's properties as they stand.
    pub(crate) fn properties_bytes(&self, row: &Row) -> &[u8] {
        row.properties.of(&self.bytes)
    }

    /// An event's context as it stands.
    pub(crate) fn context_bytes(&self, row: &Row) -> &[u8] {
        let place = (row.context as usize).checked_sub(1);
        let span = place.and_then(|place| self.contexts.get(place));
        span.map_or(&[], |span| span.of(&self.bytes))
    }

    /// The session that the source believes in.
    pub(crate) fn source_session(&self, row: &Row) -> Option<&Key> {
        let place = (row.source_session as usize).checked_sub(1)?;
        self.source_sessions.get(place)
    }

    /// The event of a row.
    pub(crate) fn event(
        &self,
        row: &Row,
        name: Box<str>,
        user: Option<Key>,
        device: Option<Key>,
    ) -> Result<Event> {
        let mut event_id = String::new();
        self.push_id(row, &mut event_id)?;
        Ok(Event {
            event_id: event_id.into(),
            id_is_derived: row.has(ID_IS_DERIVED),
            name,
            event_type: match row.has(IS_SYSTEM) {
                true => EventType::System,
                false => EventType::Custom,
            },
            time_ms: row.time_ms,
            arrival_ms: row.arrival_ms,
            received_at_ms: row.has(HAS_RECEIVED).then_some(row.arrival_ms),
            sent_at_ms: row.has(HAS_SENT).then_some(row.sent_at_ms),
            skew_ms: row.skew_ms,
            user,
            device,
            source_session: self.source_session(row).cloned(),
            properties: map_of(row, "properties", self.properties_json(row)?)?,
            context: map_of(row, "context", self.context_json(row)?)?,
        })
    }

    /// Adds an event of another piece.
    pub(crate) fn push(&mut self, other: &Self, row: &Row) {
        let mut row = *row;
        if let RowId::Text(span) = row.id {
            row.id = RowId::Text(Span::put(&mut self.bytes, span.of(&other.bytes)));
        }
        row.properties = Span::put(&mut self.bytes, row.properties.of(&other.bytes));
        if let Some(span) = (row.context as usize)
            .checked_sub(1)
            .and_then(|place| other.contexts.get(place))
        {
            row.context = self.context_place(span.of(&other.bytes));
        }
        if let Some(key) = other.source_session(&row) {
            row.source_session = self.source_session_place(key);
        }
        self.rows.push(row);
    }

    /// The place of a context, from 1. Contexts change rarely: only the last ones are looked at.
    pub(crate) fn context_place(&mut self, json: &[u8]) -> u32 {
        let from = self.contexts.len().saturating_sub(LOOK_BACK);
        let known = self.contexts[from..]
            .iter()
            .rposition(|span| span.of(&self.bytes) == json);
        let place = known.map(|at| from + at).unwrap_or_else(|| {
            let span = Span::put(&mut self.bytes, json);
            self.contexts.push(span);
            self.contexts.len() - 1
        });
        place as u32 + 1
    }

    /// The place of a source session, from 1.
    pub(crate) fn source_session_place(&mut self, key: &Key) -> u32 {
        let from = self.source_sessions.len().saturating_sub(LOOK_BACK);
        let known = self.source_sessions[from..]
            .iter()
            .rposition(|known| known == key);
        let place = known.map(|at| from + at).unwrap_or_else(|| {
            self.source_sessions.push(key.clone());
            self.source_sessions.len() - 1
        });
        place as u32 + 1
    }

    /// Brings the rows into order.
    pub(crate) fn sort(&mut self) {
        if !self.rows.is_sorted_by_key(Row::key) {
            self.rows.sort_unstable_by_key(Row::key);
        }
    }

    fn text(&self, row: &Row, column: &'static str, span: Span) -> Result<&str> {
        std::str::from_utf8(span.of(&self.bytes)).map_err(|error| damaged(row, column, error))
    }
}

/// Reads a map of properties from its JSON.
pub(crate) fn map_of(row: &Row, column: &'static str, json: &str) -> Result<Properties> {
    match json {
        "" => Ok(Properties::new()),
        json => Properties::from_json(json).map_err(|error| damaged(row, column, error)),
    }
}

pub(crate) fn damaged(row: &Row, column: &'static str, reason: impl ToString) -> StoreError {
    StoreError::Damaged {
        table: "block",
        row: format!("event {}", row.number),
        column,
        reason: reason.to_string(),
    }
}
