//! Events: appending what a file brings, reading a stream or a part of it, finding one by its id.
//!
//! They stand in blocks by stream (`crate::block`); of their ids a short fingerprint is kept with the
//! stream (`key_run`), and an event's number tells its import and its line. Nothing else in the
//! program knows this layout.

use dwell_model::Event;
use dwell_model::event::ALIAS;

use crate::piece::Row;
pub use crate::table::block::{Decoder, StreamBlocks, StreamView};

mod again;
mod append;
mod copy;
mod forget;
mod kept;
mod partition;
mod read;
mod remove;
mod settle;

pub use append::{Appender, EachNew, NewLook};
pub use forget::Gone;
pub use kept::KeptCopy;
pub use remove::Removed;

/// What appending did. rows appended = stored + duplicates + forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// New events.
    pub stored: u64,
    /// Those among them that are no more than before: only another import was said to have stored them.
    pub preceded: u64,
    /// Rows whose event was already there, in this file or before.
    pub duplicates: u64,
    /// Duplicates that differ in more than their arrival.
    pub conflicts: u64,
    /// Rows of somebody who is to stay forgotten: left out.
    pub forgotten: u64,
    /// Newest arrival among what was stored.
    pub newest_arrival_ms: Option<i64>,
    /// An event that counted before was replaced, so that totals cannot just be added to.
    pub has_replaced: bool,
    /// Devices that were not known before.
    pub new_devices: u64,
    /// Ids of the newest events by time among what was stored, the newest first.
    pub newest: Vec<String>,
    /// Events of this append have this number or a higher one.
    pub first_number: i64,
    /// The streams that changed, in order.
    pub touched: Vec<TouchedStream>,
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

    /// All at `from_ms..=last_ms`.
    pub const fn between(from_ms: i64, last_ms: i64) -> Self {
        Self {
            from_ms,
            last_ms,
            first_number: i64::MIN,
        }
    }
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

/// One row of a stream while it is read; nothing is unpacked that is not asked for.
pub struct StreamRow<'v> {
    view: &'v StreamView<'v>,
    index: u32,
    row: Row,
}
