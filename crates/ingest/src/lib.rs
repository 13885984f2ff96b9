//! From bytes to events and rejections: recognises a file by its content, unpacks it, cuts it into
//! rows, reads the rows in parallel and hands them on in the order of the file.
//!
//! Every row ends as an event that keeps all rules of sessions, section 1, or as a
//! [`Rejection`] that says why it does not; a row is never dropped. Rows are never a reason to
//! stop: a file can fail only as a whole ([`InputError`]).
//!
//! It must not know the store, the network or the clock: `now` is an argument.

mod chunk;
mod context;
mod draft;
mod format;
mod identity;
mod input;
mod json;
mod read;
mod reason;
mod scan;
#[cfg(test)]
mod tests;

use dwell_model::{PackedEvents, Zone};

pub use context::{CONTEXT_GROUPS, group_of};
pub use format::{FORMATS, Format};
pub use input::{InputError, ReadError, Source};
pub use read::read;
pub use reason::{Latest, Reason, Rejection};

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
    /// How many threads read rows; 0 for as many as there are cores.
    pub parallelism: usize,
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

/// A stretch of the file, about 1 MiB of text: its events and its rejections, each in the order of
/// the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The good rows, checked. Their lines count from 1, in the unpacked text.
    pub events: PackedEvents,
    /// The bad ones.
    pub rejections: Vec<Rejection>,
    /// As of the end of this batch.
    pub progress: Progress,
}

/// What a source held, once it was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The format that it was read as: a name of [`FORMATS`].
    pub format: &'static str,
    /// Whether it was packed with gzip.
    pub is_gzip: bool,
    /// Rows: always `event_count + rejection_count`. Blank lines are no rows.
    pub row_count: u64,
    /// Good rows.
    pub event_count: u64,
    /// Bad rows.
    pub rejection_count: u64,
    /// Bytes taken from the source, packed as they are.
    pub bytes_read: u64,
}
