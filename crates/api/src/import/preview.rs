//! A look at a source before anything is written: how it would be read, and its first rows as they
//! would be stored.
//!
//! It must not know a workspace: whether an event is there already shows when it is imported.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use dwell_ingest::{Batch, ColumnFill, Options, Part, ReadError, Rejection, Source};
use dwell_model::Event;
use dwell_runtime::now_ms;
use rustc_hash::FxHashSet;
use serde::Serialize;
use ts_rs::TS;

use super::{ImportRequest, Reading, RejectGroup, name_of, printable, title_of, unread};
use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::person::{PropertyRow, property_rows};
use crate::workspace::parse_zone;

/// So many rows are shown.
const ROWS_SHOWN: usize = 20;

/// Of so many stretches of rows, about 1 MiB of text each, a look takes in no more.
const MOST_BATCHES: usize = 16;
/// So many files that an import leaves out are named.
const LEFT_OUT_SHOWN: usize = 20;

/// How a source would be read.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportPreview {
    /// Its name.
    pub file_name: String,
    /// Why an import of it would be refused, as a sentence; null where nothing that was seen says so.
    pub problem: Option<String>,
    /// The files that were looked at, in order: one, or the first of a folder or an archive; then the first
    /// 20 of those that are none of events.
    pub files: Vec<PreviewFile>,
    /// Files that an import would leave out, as far as it was looked.
    pub left_out: u64,
    /// Its first rows, at most 20.
    pub rows: Vec<PreviewRow>,
    /// How many rows were looked at, of files that would be read: usually about 1 MiB of text.
    pub read: u64,
    /// Those that would be events.
    pub good: u64,
    /// Those that would be rejected.
    pub rejected: u64,
    /// Different names among the events.
    pub names: u64,
    /// The earliest of the events, UTC ms; null where there is none.
    pub first_ms: Option<i64>,
    /// The latest of them.
    pub last_ms: Option<i64>,
    /// Whether these are all rows.
    pub is_all: bool,
    /// Why rows that were looked at would be rejected, the largest group first.
    pub rejects: Vec<RejectGroup>,
}

/// A file of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct PreviewFile {
    /// Its path in the folder or archive; blank where it is the file itself.
    pub name: String,
    /// The format; blank where it is none of events.
    pub format: String,
    /// Why no event of it would be read, as a sentence: alone it is refused, among others left out.
    pub problem: Option<String>,
    /// Of a table, the field that none of its columns holds and that events need.
    pub missing: Option<String>,
    /// Whether it is a table, whose columns can be mapped.
    pub is_table: bool,
    /// Rows of it that were looked at.
    pub read: u64,
    /// The columns of a table, in order, or the fields of its rows in JSON, as they came; with what becomes of
    /// each.
    pub columns: Vec<ColumnUse>,
}

/// A column of a table, or a field of rows in JSON, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ColumnUse {
    /// Its name.
    pub column: String,
    /// A field as events spell it, `properties.` and a property, or `context.` and a context field.
    pub target: String,
    /// Rows that were looked at in which it is not empty.
    pub filled: u64,
}

/// A row: an event, or why it is none.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PreviewRow {
    /// Its file in the folder or archive; blank where it is the file itself.
    pub file: String,
    /// Its line there.
    pub line: u64,
    /// The event as it would be stored; null where it would be rejected.
    pub event: Option<PreviewEvent>,
    /// Why it would be rejected; null where it would not.
    pub reject: Option<PreviewReject>,
}

/// An event as it would be stored.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PreviewEvent {
    /// Id.
    pub event_id: String,
    /// Whether the id is made of the content, as the source has none.
    pub id_is_derived: bool,
    /// Name.
    pub name: String,
    /// custom or system.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Corrected time, UTC ms.
    pub time_ms: i64,
    /// Arrival, UTC ms; null where the source has none.
    pub received_at_ms: Option<i64>,
    /// User.
    pub user_id: Option<String>,
    /// Device.
    pub device_id: Option<String>,
    /// The session that the source believes in.
    pub session_id: Option<String>,
    /// Properties.
    pub properties: Vec<PropertyRow>,
    /// Context fields.
    pub context: Vec<PropertyRow>,
}

/// Why a row would be rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct PreviewReject {
    /// Stable code.
    pub reason: String,
    /// Field; blank where the whole row is meant.
    pub field: String,
    /// Column in bytes, from 1, where known.
    pub column: Option<u64>,
    /// The reason in plain words.
    pub message: String,
    /// The beginning of the row, at most 200 characters, unprintable bytes shown as such.
    pub excerpt: String,
}

/// Looks at a file, folder or archive.
///
/// # Errors
/// Where it cannot be read, as an import of it could not be, as far as it was looked at; on cancel.
pub fn preview(request: &ImportRequest, cancel: &Cancel) -> Result<ImportPreview> {
    let source = Source::File(PathBuf::from(&request.path));
    look(request, &name_of(&request.path), source, cancel)
}

/// Looks at what a stream holds; the request's path is only its name. The stream is used up to where
/// it was looked at.
///
/// # Errors
/// As [`preview`].
pub fn preview_stream(
    request: &ImportRequest,
    bytes: impl Read + Send,
    cancel: &Cancel,
) -> Result<ImportPreview> {
    let source = Source::Stream {
        name: request.path.clone(),
        bytes_total: None,
        bytes: Box::new(bytes),
    };
    look(request, &request.path, source, cancel)
}

/// Why looking ended before the source did.
enum Stop {
    Enough,
    Failed(ApiError),
}

fn look(
    request: &ImportRequest,
    file_name: &str,
    source: Source<'_>,
    cancel: &Cancel,
) -> Result<ImportPreview> {
    let zone = parse_zone(&request.time_zone)?;
    let reading = Reading::of(request)?;
    let options = Options {
        is_look: true,
        ..reading.options(&request.application, zone, now_ms())
    };
    let mut look = Look {
        preview: ImportPreview {
            file_name: file_name.to_owned(),
            problem: None,
            files: Vec::new(),
            left_out: 0,
            rows: Vec::new(),
            read: 0,
            good: 0,
            rejected: 0,
            names: 0,
            first_ms: None,
            last_ms: None,
            is_all: true,
            rejects: Vec::new(),
        },
        part: None,
        names: FxHashSet::default(),
        batch_count: 0,
    };
    let read = dwell_ingest::read(source, &options, cancel.flag(), &mut |batch| {
        // Where nothing follows, all was seen.
        match look.has_enough() {
            true => Err(Stop::Enough),
            false => look.take(&batch).map_err(Stop::Failed),
        }
    });
    let mut preview = look.preview;
    match read {
        Ok(summary) => {
            preview.left_out += summary.left_out.len() as u64;
            let named = summary.left_out.into_iter().take(LEFT_OUT_SHOWN);
            preview.files.extend(named.map(|file| PreviewFile {
                name: file.name,
                format: String::new(),
                problem: Some(file.sentence),
                missing: None,
                is_table: false,
                read: 0,
                columns: Vec::new(),
            }));
        }
        Err(ReadError::Each(Stop::Enough)) => preview.is_all = false,
        Err(ReadError::Each(Stop::Failed(error))) => return Err(error),
        Err(ReadError::Input(error)) => return Err(unread(error)),
    }
    preview
        .rejects
        .sort_by_key(|group| std::cmp::Reverse(group.row_count));
    preview.problem = preview.problem();
    Ok(preview)
}

/// A source while it is looked at.
struct Look {
    preview: ImportPreview,
    /// The file of the last batch.
    part: Option<Arc<Part>>,
    names: FxHashSet<Box<str>>,
    batch_count: usize,
}

impl Look {
    fn has_enough(&self) -> bool {
        self.preview.rows.len() == ROWS_SHOWN || self.batch_count == MOST_BATCHES
    }

    fn take(&mut self, batch: &Batch) -> Result<()> {
        let is_known = |part: &Arc<Part>| Arc::ptr_eq(part, &batch.part);
        if !self.part.as_ref().is_some_and(is_known) {
            self.part = Some(Arc::clone(&batch.part));
            self.preview.files.push(file_of(&batch.part));
        }
        if let Some(file) = self.preview.files.last_mut() {
            file.read += (batch.events.len() + batch.rejections.len()) as u64;
            fill(&mut file.columns, &batch.columns);
        }
        if batch.part.missing.is_some() {
            self.preview.left_out += u64::from(!batch.part.name.is_empty());
            return Ok(());
        }
        self.batch_count += 1;
        for event in batch.events.iter() {
            if !self.names.contains(event.name) {
                self.names.insert(event.name.into());
            }
            let preview = &mut self.preview;
            let first = preview.first_ms.get_or_insert(event.time_ms);
            *first = event.time_ms.min(*first);
            preview.last_ms = preview.last_ms.max(Some(event.time_ms));
        }
        self.preview.names = self.names.len() as u64;
        self.preview.take(batch)
    }
}

/// Adds what the columns hold in one more batch; those of JSON may be new.
fn fill(columns: &mut Vec<ColumnUse>, more: &[ColumnFill]) {
    for ColumnFill { column, row_count } in more {
        match columns.iter_mut().find(|known| known.column == column.name) {
            Some(known) => known.filled += row_count,
            None => columns.push(ColumnUse {
                column: column.name.clone(),
                target: column.target.clone(),
                filled: *row_count,
            }),
        }
    }
}

impl ImportPreview {
    /// Why an import would be refused.
    fn problem(&self) -> Option<String> {
        match self.files.first() {
            Some(file) if file.name.is_empty() && file.problem.is_some() => file.problem.clone(),
            _ if self.good > 0 || !self.is_all => None,
            _ if self.read > 0 => Some(format!(
                "No event of {} can be read: all its rows would be rejected.",
                self.file_name
            )),
            _ => {
                let said = |file: &PreviewFile| {
                    let problem = file.problem.as_ref()?;
                    Some(format!("{}: {problem}", file.name))
                };
                let nothing = || format!("{} holds no events.", self.file_name);
                Some(self.files.iter().find_map(said).unwrap_or_else(nothing))
            }
        }
    }

    /// Adds the rows of a file of events.
    fn take(&mut self, batch: &Batch) -> Result<()> {
        self.good += batch.events.len() as u64;
        self.rejected += batch.rejections.len() as u64;
        self.read = self.good + self.rejected;
        for rejection in &batch.rejections {
            self.group(&batch.part, rejection);
        }
        // Both are in the order of the file.
        let mut events = batch.events.iter().peekable();
        let mut rejections = batch.rejections.iter().peekable();
        while self.rows.len() < ROWS_SHOWN {
            let is_event = match (events.peek(), rejections.peek()) {
                (Some(event), Some(rejection)) => event.line < rejection.line,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let row = |line: u64| PreviewRow {
                file: batch.part.name.clone(),
                line: line_of(&batch.part, line),
                event: None,
                reject: None,
            };
            if let (true, Some(event)) = (is_event, events.peek()) {
                let stored = event.to_event().map_err(|error| {
                    ApiError::bad_input(format!("An event cannot be shown: {error}."))
                })?;
                self.rows.push(PreviewRow {
                    event: Some(event_of(&stored)),
                    ..row(event.line)
                });
                events.next();
            } else if let Some(rejection) = rejections.next() {
                self.rows.push(PreviewRow {
                    reject: Some(reject_of(rejection)),
                    ..row(rejection.line)
                });
            }
        }
        Ok(())
    }

    fn group(&mut self, part: &Part, rejection: &Rejection) {
        let reason = rejection.reason.code();
        let field = rejection.reason.field().unwrap_or("");
        let known = self.rejects.iter_mut();
        match known
            .into_iter()
            .find(|group| group.reason == reason && group.field == field)
        {
            Some(group) => group.row_count += 1,
            None => self.rejects.push(RejectGroup {
                reason: reason.to_owned(),
                title: title_of(reason).to_owned(),
                field: field.to_owned(),
                file: match &*part.name {
                    "" => self.file_name.clone(),
                    name => format!("{}/{name}", self.file_name),
                },
                first_line: line_of(part, rejection.line),
                example: rejection.reason.to_string(),
                excerpt: printable(&rejection.excerpt),
                row_count: 1,
            }),
        }
    }
}

/// A line of the source as a line of the file.
fn line_of(part: &Part, line: u64) -> u64 {
    line + 1 - part.first_line
}

fn file_of(part: &Part) -> PreviewFile {
    let columns = part.columns.iter().map(|column| ColumnUse {
        column: column.name.clone(),
        target: column.target.clone(),
        filled: 0,
    });
    PreviewFile {
        name: part.name.clone(),
        format: part.format.to_owned(),
        problem: part
            .missing
            .map(|missing| format!("No column is {}.", missing.what)),
        missing: part.missing.map(|missing| missing.field.name().to_owned()),
        is_table: part.table.is_some(),
        read: 0,
        columns: columns.collect(),
    }
}

fn event_of(event: &Event) -> PreviewEvent {
    PreviewEvent {
        event_id: event.event_id.to_string(),
        id_is_derived: event.id_is_derived,
        name: event.name.to_string(),
        event_type: event.event_type.as_str().to_owned(),
        time_ms: event.time_ms,
        received_at_ms: event.received_at_ms,
        user_id: event.user.as_ref().map(ToString::to_string),
        device_id: event.device.as_ref().map(ToString::to_string),
        session_id: event.source_session.as_ref().map(ToString::to_string),
        properties: property_rows(&event.properties),
        context: property_rows(&event.context),
    }
}

fn reject_of(rejection: &Rejection) -> PreviewReject {
    PreviewReject {
        reason: rejection.reason.code().to_owned(),
        field: rejection.reason.field().unwrap_or("").to_owned(),
        column: rejection.column,
        message: rejection.reason.to_string(),
        excerpt: printable(&rejection.excerpt),
    }
}
