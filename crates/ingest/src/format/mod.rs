//! The formats that can be read: one file each, and one line in [`FORMATS`].
//!
//! A format says how its content is recognised, where its rows end, and how a stretch of rows
//! becomes drafts. It must not know how files are opened, unpacked or read in parallel, nor the
//! rules for events, which are in `draft`.

mod list;
pub(crate) mod native;
pub(crate) mod table;

use std::sync::Arc;

use dwell_model::{IdRef, PackedEvent, PackedEvents};
use uuid::Uuid;

use crate::chunk::{Chunk, Rows};
use crate::draft::Draft;
use crate::error::InputError;
use crate::fill::Fills;
use crate::identity::{content_id, event_id};
use crate::reason::Refusal;
use crate::{
    Column, KEPT_OF_LONG_ROW_BYTES, MAX_ROW_BYTES, MissingColumn, Options, Reason, Rejection, Table,
};

/// All formats, in the order in which they are tried. What is spelt in two ways has two, of one name.
pub const FORMATS: &[Format] = &[list::FORMAT, native::FORMAT, table::FORMAT];

/// A file by itself that none of [`FORMATS`] recognises is read as this one, so that its rows show in
/// the quarantine.
const LAST_RESORT: &Format = &native::FORMAT;

/// A format of event files.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// As it is called on the command line.
    pub name: &'static str,
    /// As people read it.
    pub title: &'static str,
    /// Whether a file that begins with these (unpacked) bytes, up to 64 KiB, is of this format.
    pub(crate) recognises: fn(head: &[u8]) -> bool,
    /// How to read a file of this name that begins with these bytes.
    pub(crate) open: fn(name: &str, head: &[u8], options: &Options) -> Result<Reader, InputError>,
}

/// How to read one file.
pub(crate) struct Reader {
    /// The format's name, more exactly.
    pub(crate) label: &'static str,
    /// Cuts its text into rows.
    pub(crate) rows: Box<dyn Rows>,
    pub(crate) read_rows: RowReader,
    /// The columns of a table.
    pub(crate) columns: Vec<Column>,
    /// The first column that events need and the table lacks.
    pub(crate) missing: Option<MissingColumn>,
    /// What the rows of a table are read again with.
    pub(crate) table: Option<Table>,
}

/// Reads the rows of a chunk. Called from several threads at once.
pub(crate) type RowReader = Arc<dyn Fn(&Chunk, &mut Parsed<'_>) + Send + Sync>;

/// What recognising a file came to.
pub(crate) enum Recognised {
    As(&'static Format),
    /// As none; where it has to be read all the same, as this one.
    Not(&'static Format),
}

/// The format of a file that begins with these bytes: of those with the given name, where there is
/// one.
pub(crate) fn recognise(head: &[u8], name: Option<&str>) -> Recognised {
    let mut wanted = FORMATS
        .iter()
        .filter(|format| name.is_none_or(|name| format.name == name));
    if let Some(format) = wanted.clone().find(|format| (format.recognises)(head)) {
        return Recognised::As(format);
    }
    // The last of a name is the one that reads anything.
    match (name, wanted.next_back()) {
        (Some(_), Some(format)) => Recognised::As(format),
        _ => Recognised::Not(LAST_RESORT),
    }
}

/// The rows of a chunk, read.
pub(crate) struct Parsed<'a> {
    options: &'a Options,
    pub(crate) events: PackedEvents,
    pub(crate) rejections: Vec<Rejection>,
    /// Indices into `events` of the events without an id of their own, and their contents. They bear
    /// the id of the first of their content until the file's order is known.
    pub(crate) derived: Vec<(usize, Uuid)>,
    /// Filled where the source is only looked at.
    pub(crate) fills: Fills,
    scratch: Vec<u8>,
}

impl<'a> Parsed<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self {
            options,
            events: PackedEvents::default(),
            rejections: Vec::new(),
            derived: Vec::new(),
            fills: Fills::default(),
            scratch: Vec::new(),
        }
    }

    /// Whether the source is only looked at.
    pub(crate) fn is_look(&self) -> bool {
        self.options.is_look
    }

    /// Takes a row and what reading it gave.
    pub(crate) fn push(&mut self, line: u64, row: &[u8], read: Result<Draft<'_>, Refusal>) {
        let refusal = match read {
            Ok(draft) => match draft.check(line, self.options) {
                Ok(event) => return self.push_event(event),
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        };
        self.rejections.push(Rejection {
            line,
            column: refusal.at.map(|at| at as u64 + 1),
            reason: refusal.reason,
            excerpt: row.to_vec(),
            truncated: false,
        });
    }

    /// Takes a row's draft where it is an event, and says whether it is.
    pub(crate) fn push_good(&mut self, line: u64, draft: &Draft<'_>) -> bool {
        draft.check(line, self.options).is_ok_and(|event| {
            self.push_event(event);
            true
        })
    }

    /// Takes a row that is longer than a row can be; `start` is as much of it as there is at hand.
    pub(crate) fn push_too_long(&mut self, line: u64, start: &[u8], byte_count: u64) {
        self.rejections.push(Rejection {
            line,
            column: Some(MAX_ROW_BYTES as u64 + 1),
            reason: Reason::LineTooLong { byte_count },
            excerpt: start[..start.len().min(KEPT_OF_LONG_ROW_BYTES)].to_vec(),
            truncated: true,
        });
    }

    fn push_event(&mut self, mut event: PackedEvent<'_>) {
        if event.id_is_derived {
            let content = content_id(&self.options.application, &event, &mut self.scratch);
            event.event_id = IdRef::Uuid(event_id(content, 0));
            self.derived.push((self.events.len(), content));
        }
        self.events.push_packed(&event);
    }
}
