//! From bytes to events and rejections: recognises files by their content, unpacks them, cuts them into
//! rows, reads the rows in parallel and hands them on in the order of the files.
//!
//! Every row ends as an event that keeps all rules of sessions, section 1, or as a
//! [`Rejection`] that says why it does not; a row is never dropped. Rows are never a reason to
//! stop: a source can fail only as a whole ([`InputError`]).
//!
//! It must not know the store, the network or the clock: `now` is an argument.

mod chunk;
mod context;
mod draft;
mod error;
mod fill;
mod format;
mod identity;
mod json;
mod mend;
mod read;
mod reason;
mod scan;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod unpack;

use std::sync::Arc;

use dwell_model::{PackedEvents, Zone};

pub use context::{CONTEXT_GROUPS, group_of};
pub use error::{InputError, Packing, ReadError};
pub use format::table::{COLUMN_FIELDS, ColumnField};
pub use format::{FORMATS, Format};
pub use mend::{DateOrder, Fix, Mended, Mender, derived_event_id, likely_fixes};
pub use read::read;
pub use reason::{Latest, Reason, Rejection};
pub use source::Source;

/// A row is at most this long, without its line end (sessions, section 1).
pub const MAX_ROW_BYTES: usize = 1024 * 1024;
/// What is kept of a row that is longer than [`MAX_ROW_BYTES`].
pub const KEPT_OF_LONG_ROW_BYTES: usize = 4 * 1024;
/// An event has at most this many properties after flattening; its context has a limit of its own
/// that is as high (sessions, section 1).
pub const MAX_PROPERTIES: usize = 512;
/// The names of an event's properties, flattened, have at most this many bytes together; those of its
/// context as well. Names that do not nest always fit; one long name around 500 short ones would make
/// 500 MB of a row.
pub const MAX_PROPERTY_NAMES_BYTES: usize = MAX_ROW_BYTES;
/// A row's maps and lists nest at most this deep, its outermost map being the first level.
pub const MAX_LEVELS: usize = 32;
/// An event's name has at most this many characters after trimming.
pub const MAX_NAME_CHARS: usize = 200;
/// An `event_id` has at most this many bytes.
pub const MAX_EVENT_ID_BYTES: usize = 1_000;

/// How to read a source.
#[derive(Clone, Debug)]
pub struct Options {
    /// The application that the events belong to: a part of derived ids.
    pub application: String,
    /// What a time without an offset is read in.
    pub zone: Zone,
    /// The wall clock in UTC ms: an event without `received_at` is at most 24 h after it.
    pub now_ms: i64,
    /// The format: the name of one of [`FORMATS`]; `None` to go by the content.
    pub format: Option<String>,
    /// Which columns of a table the fields stand in, beside those that are called like them.
    pub columns: Vec<ColumnChoice>,
    /// How many threads read rows; 0 for as many as there are cores.
    pub parallelism: usize,
    /// Whether the source is only looked at: what its columns hold is counted ([`Batch::columns`]), and a
    /// table without a column that events need is read all the same ([`Part::missing`]).
    pub is_look: bool,
}

/// The column that somebody chose for a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The field.
    pub field: ColumnField,
    /// The column's name; empty for none, so that the one that is called like the field is a
    /// property.
    pub column: String,
}

/// A column of a table, and where what stands in it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// A field as [`ColumnField`] spells it, `properties.` and a property's name, or `context.` and
    /// a context field's.
    pub target: String,
}

/// A column of a table, or a field of rows in JSON, and how many rows of a batch have something there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFill {
    /// The column; a field of JSON is one too.
    pub column: Column,
    /// Rows, good or not, in which it is not empty.
    pub row_count: u64,
}

/// A column that a table does not have, though events need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// What it would hold: "the event's name".
    pub what: &'static str,
    /// The field.
    pub field: ColumnField,
}

/// A file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its path within the source; empty where it is the source.
    pub name: String,
    /// The format that it was read as: a name of [`FORMATS`], more exactly.
    pub format: &'static str,
    /// The line that its first line has in the source. The lines of a source count on from file to
    /// file.
    pub first_line: u64,
    /// The columns of a table, in order; else none.
    pub columns: Vec<Column>,
    /// Of a table that is only looked at, the first column that it lacks: each of its rows is rejected.
    pub missing: Option<MissingColumn>,
    /// Of a table, what its rows are read again with.
    pub table: Option<Table>,
}

/// How a table's rows are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What separates its cells.
    pub separator: u8,
    /// The line that names the columns, with its line end.
    pub header: Vec<u8>,
    /// The columns that somebody chose.
    pub choices: Vec<ColumnChoice>,
}

/// A file of a source that is none of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path within the source.
    pub name: String,
    /// Why, as a sentence.
    pub sentence: String,
}

/// How far reading has come, as of the end of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken from the source, packed as they are.
    pub bytes_read: u64,
    /// The source's size, where it is known.
    pub bytes_total: Option<u64>,
    /// Rows so far: events and rejections.
    pub rows_read: u64,
}

/// A stretch of a file, about 1 MiB of text: its events and its rejections, each in the order of
/// the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The file.
    pub part: Arc<Part>,
    /// The good rows, checked. Their lines count from 1, in the unpacked text, and on from file to
    /// file: no two rows of a source have the same.
    pub events: PackedEvents,
    /// The bad ones.
    pub rejections: Vec<Rejection>,
    /// What the columns hold, where the source is only looked at: those of a table in their order, those of
    /// JSON in that of their first row. Else none.
    pub columns: Vec<ColumnFill>,
    /// As of the end of this batch.
    pub progress: Progress,
}

/// What a source held, once it was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its files of events: one, or those of the folder or archive that it is, in order.
    pub parts: Vec<Arc<Part>>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// What the first file is packed in.
    pub packing: Option<Packing>,
    /// Rows: always `event_count + rejection_count`. Blank lines are no rows.
    pub row_count: u64,
    /// Good rows.
    pub event_count: u64,
    /// Bad rows.
    pub rejection_count: u64,
    /// Bytes taken from the source, packed as they are.
    pub bytes_read: u64,
}

impl Summary {
    /// What it was read as: the formats of its files, and what they are packed in.
    pub fn format(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for part in &self.parts {
            if !words.contains(&part.format) {
                words.push(part.format);
            }
        }
        let mut format = words.join(" and ");
        if let Some(packing) = self.packing {
            format.push_str(&format!(", {packing}"));
        }
        format
    }
}
