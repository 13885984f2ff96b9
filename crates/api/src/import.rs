//! Imports: a file, a folder or an archive into the workspace, its progress, result and rejected
//! rows, and a look at it before.

mod parts;
mod preview;
mod reading;
pub(crate) mod remove;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dwell_ingest::{Batch, InputError, ReadError, Source};
use dwell_model::Zone;
use dwell_runtime::now_ms;
use dwell_store::table::event::{Appended, Appender};
use dwell_store::table::import::Import;
use dwell_store::table::quarantine::{NewQuarantineRow, QuarantineGroup};
use dwell_store::{Reader, Writer};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::definition::application_or_new;
use crate::derive::{self, Derivation, Telling};
use crate::error::{ApiError, Result};
use crate::event::session_of_event;
use crate::person::{PropertyRow, answer, property_row};
use crate::workspace::{Workspace, find_application, parse_zone};

pub use self::preview::{
    ColumnUse, ImportPreview, PreviewEvent, PreviewFile, PreviewReject, PreviewRow, preview,
    preview_stream,
};
pub(crate) use reading::Reading;
pub use reading::{ColumnChoice, ImportChoices, NamedChoice, choices, column_fields, formats};
pub use remove::{
    ImportRemoval, ImportRemovalPhase, ImportRemovalProgress, ImportRemovalRequest, remove,
};

/// Asks to import a file, a folder with all files of events in it, or a ZIP archive.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct ImportRequest {
    /// Application that the events go to; made where it does not exist.
    pub application: String,
    /// The file or folder.
    pub path: String,
    /// IANA zone for times without an offset.
    pub time_zone: String,
    /// The format, one of [`formats`]; by the content where it is absent.
    #[serde(default)]
    #[ts(optional)]
    pub format: Option<String>,
    /// Which columns of a table fields stand in, where they are not called like them.
    #[serde(default)]
    #[ts(optional)]
    pub columns: Option<Vec<ColumnChoice>>,
}

/// What an import is doing; sent at most 20 times a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportPhase {
    /// Reading and checking rows.
    Reading,
    /// Storing the events, each in its stream.
    Storing,
    /// Building the sessions.
    Sessions,
    /// Making it durable.
    Saving,
}

/// Progress of an import.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportProgress {
    /// What it is doing.
    pub phase: ImportPhase,
    /// The file.
    pub file_name: String,
    /// Bytes of the file read.
    pub bytes_read: u64,
    /// Size of the file; null for a pipe.
    pub bytes_total: Option<u64>,
    /// Rows read so far.
    pub read: u64,
    /// Good rows so far.
    pub good: u64,
    /// New events among them; null until all rows are read and it is known.
    pub stored: Option<u64>,
    /// Good rows whose event was already there; null as long.
    pub duplicates: Option<u64>,
    /// Rejected rows so far.
    pub quarantined: u64,
    /// Rows a second over the last second.
    pub rows_per_second: u64,
    /// Seconds left; null until it can be told.
    pub seconds_left: Option<u64>,
    /// Done part of everything, 0 to 1; null for a pipe.
    pub done: Option<f64>,
}

/// One import. read = stored + duplicates + quarantined + forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportRow {
    /// Number.
    pub import_id: i64,
    /// Application.
    pub application: String,
    /// The file's name.
    pub file_name: String,
    /// The format it was read as.
    pub format: String,
    /// Size in bytes.
    pub file_bytes: u64,
    /// When it was done, UTC ms.
    pub finished_at_ms: i64,
    /// Rows.
    pub read: u64,
    /// New events.
    pub stored: u64,
    /// Rows whose event was already there.
    pub duplicates: u64,
    /// Duplicates that differ in more than their arrival.
    pub conflicts: u64,
    /// Rejected rows.
    pub quarantined: u64,
    /// Rejected rows that somebody dropped; they are not among those read any more.
    pub skipped: u64,
    /// Rows left out as those of somebody who is to stay forgotten.
    pub forgotten: u64,
    /// Sessions in the application after it, over all definitions.
    pub sessions: u64,
    /// New users and anonymous people.
    pub new_people: u64,
    /// New devices.
    pub new_devices: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Asks for one import.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ImportDetailRequest {
    /// Number.
    pub import_id: i64,
}

/// One import with what was rejected.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportDetail {
    /// The row.
    pub row: ImportRow,
    /// Rejected rows by reason and field, the largest group first.
    pub rejects: Vec<RejectGroup>,
    /// The first 100 conflicting copies.
    pub conflicts: Vec<ConflictRow>,
    /// The newest events that it brought, at most 8.
    pub newest: Vec<NewestRow>,
    /// The files of a folder or an archive, those that were left out last; of a single file none.
    pub files: Vec<FileRow>,
}

/// A file of an import that is a folder or an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct FileRow {
    /// Its path in the folder or archive.
    pub name: String,
    /// The format that it was read as; blank where it was left out.
    pub format: String,
    /// Why it was left out, as a sentence; null where it was not.
    pub left_out: Option<String>,
}

/// Rows rejected for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RejectGroup {
    /// Stable code: not_json, bad_time, …
    pub reason: String,
    /// The reason in short words.
    pub title: String,
    /// The field; blank where the whole row is meant.
    pub field: String,
    /// The file of the first; of a part of a folder or an archive, with theirs before it.
    pub file: String,
    /// Its line in that file.
    pub first_line: u64,
    /// The first row's sentence with the real value.
    pub example: String,
    /// The beginning of the first row, at most 200 characters, unprintable bytes shown as such.
    pub excerpt: String,
    /// How many.
    pub row_count: u64,
}

/// A copy of an event that differs from the one that counts.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ConflictRow {
    /// The event.
    pub event_id: String,
    /// The file of this copy, as [`RejectGroup::file`].
    pub file: String,
    /// Its line in that file.
    pub line: u64,
    /// What differs, in words.
    pub differs: String,
}

/// An event as it was stored.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct NewestRow {
    /// Id.
    pub event_id: String,
    /// UTC ms.
    pub time_ms: i64,
    /// Name.
    pub name: String,
    /// User.
    pub user_id: Option<String>,
    /// Device.
    pub device_id: Option<String>,
    /// The first properties, at most four.
    pub properties: Vec<PropertyRow>,
    /// Its session in the application's first definition.
    pub session_id: Option<String>,
}

/// Progress is told at most this often.
pub(crate) const TELL_EVERY: Duration = Duration::from_millis(50);
/// The parts of the progress bar that reading, storing (with the sessions of new streams) and building the
/// other sessions take, about, in a first import: only the pace of the bar and the time left depend on
/// them.
const READING_PART: f64 = 0.4;
const STORING_PART: f64 = 0.5;
const SESSIONS_PART: f64 = 0.1;

/// What is to be imported, and how.
pub(crate) struct Job<'a> {
    pub(crate) application: &'a str,
    /// The zone of the application, should it be made.
    pub(crate) application_zone: Option<Zone>,
    pub(crate) file_name: &'a str,
    /// Of times without an offset.
    pub(crate) zone: Zone,
    pub(crate) reading: Reading,
    pub(crate) now_ms: i64,
}

/// Imports a file, or all files of events in a folder or an archive: all of it, with its sessions, in
/// one transaction. Bad rows go to the quarantine.
///
/// # Errors
/// Where the file as a whole cannot be read (missing, empty, cut off, every row bad), on cancel, or
/// where the workspace cannot be written; nothing was changed then.
pub fn run(
    workspace: &Workspace,
    request: &ImportRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportProgress),
) -> Result<ImportRow> {
    let file_name = name_of(&request.path);
    let source = Source::File(PathBuf::from(&request.path));
    run_from(workspace, request, &file_name, source, cancel, tell)
}

/// A path's last name.
fn name_of(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Imports what a stream holds, standard input for instance; as [`run`], the request's path is only its
/// name.
///
/// # Errors
/// As [`run`].
pub fn run_stream(
    workspace: &Workspace,
    request: &ImportRequest,
    bytes: impl std::io::Read + Send,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportProgress),
) -> Result<ImportRow> {
    let name = request.path.clone();
    let source = Source::Stream {
        name: name.clone(),
        bytes_total: None,
        bytes: Box::new(bytes),
    };
    run_from(workspace, request, &name, source, cancel, tell)
}

fn run_from(
    workspace: &Workspace,
    request: &ImportRequest,
    file_name: &str,
    source: Source<'_>,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportProgress),
) -> Result<ImportRow> {
    let job = Job {
        application: &request.application,
        application_zone: None,
        file_name,
        zone: parse_zone(&request.time_zone)?,
        reading: Reading::of(request)?,
        now_ms: now_ms(),
    };
    workspace.write(|writer| read_into(writer, job, source, cancel, tell))
}

/// Reads a source into a transaction and derives what follows from it.
pub(crate) fn read_into(
    writer: &Writer<'_>,
    job: Job<'_>,
    source: Source<'_>,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportProgress),
) -> Result<ImportRow> {
    let began = Instant::now();
    let application = application_or_new(writer, job.application, job.application_zone)?;
    let import_id = writer.begin_import(application.application_id, job.file_name)?;
    let options = job.reading.options(&application.name, job.zone, job.now_ms);
    let telling = Telling::until_now(writer, application.application_id, job.now_ms)?;
    let mut meter = Meter::new(job.file_name, began, tell);
    let mut appender = Appender::new(writer, application.application_id, import_id)?;
    let mut quarantined = 0;
    let summary = dwell_ingest::read(source, &options, cancel.flag(), &mut |batch: Batch| {
        for rejection in &batch.rejections {
            appender.pass(rejection.line);
            if appender.leaves_out(&rejection.excerpt) {
                continue;
            }
            quarantined += 1;
            writer.add_to_quarantine(
                import_id,
                &NewQuarantineRow {
                    line: rejection.line,
                    column: rejection.column,
                    reason: rejection.reason.code(),
                    field: rejection.reason.field().unwrap_or(""),
                    sentence: &rejection.reason.to_string(),
                    excerpt: &rejection.excerpt,
                    is_truncated: rejection.truncated,
                },
            )?;
        }
        appender.append(&batch.events)?;
        meter.read(&batch.progress, quarantined);
        cancel.check()
    })
    .map_err(|error| match error {
        ReadError::Each(error) => error,
        ReadError::Input(error) => unread(error),
    })?;
    parts::add(writer, import_id, &summary)?;
    if summary.event_count == 0 {
        return Err(nothing_read(writer, import_id, &summary, job.file_name)?);
    }
    let mut derivation = Derivation::new(writer, &application, &telling)?;
    let appended = derivation.store(appender, &mut |done, all| {
        meter.storing(done, all);
        cancel.check()
    })?;
    meter.stored(&appended);
    match appended.has_replaced {
        true => writer.rebuild_totals(application.application_id)?,
        false => writer.add_to_totals(
            application.application_id,
            appended.stored,
            appended.newest_arrival_ms,
        )?,
    }
    let (touched, first_number) = (&appended.touched, appended.first_number);
    let derived = derivation.finish(touched, first_number, &mut |done, all| {
        meter.derived(done, all);
        cancel.check()
    })?;
    meter.saving();
    let import = Import {
        import_id,
        application: application.name.clone(),
        file_name: job.file_name.to_owned(),
        format: summary.format(),
        file_bytes: summary.bytes_read,
        time_zone: job.zone.name().to_owned(),
        finished_at_ms: now_ms(),
        read: summary.row_count,
        stored: appended.stored,
        duplicates: appended.duplicates,
        conflicts: appended.conflicts,
        quarantined,
        skipped: 0,
        forgotten: appended.forgotten,
        sessions: writer.totals(application.application_id)?.session_count,
        new_people: derived.new_people,
        new_devices: appended.new_devices,
        seconds: began.elapsed().as_secs_f64(),
        newest: appended.newest,
    };
    writer.finish_import(&import)?;
    Ok(row_of(import))
}

pub(crate) fn unread(error: InputError) -> ApiError {
    match error {
        InputError::Cancelled { .. } => ApiError::cancelled(),
        error => ApiError::bad_input(error.to_string()),
    }
}

/// A source of which not one row could be read is a failure, told with its first reason.
fn nothing_read(
    reader: &Reader<'_>,
    import_id: i64,
    summary: &dwell_ingest::Summary,
    file_name: &str,
) -> Result<ApiError> {
    let first = reader
        .quarantine_groups(import_id)?
        .into_iter()
        .min_by_key(|g| g.first_line);
    let why = first.map_or_else(String::new, |group| {
        let file = match summary.parts.iter().any(|part| !part.name.is_empty()) {
            true => format!(" of {}", group.file_name),
            false => String::new(),
        };
        format!(" Line {}{file}: {}", group.first_line, group.sentence)
    });
    let count = summary.row_count;
    Ok(ApiError::bad_input(format!(
        "Nothing of {file_name} could be read: {} no event.{why}",
        if count == 1 {
            "its one row is".to_owned()
        } else {
            format!("all its {count} rows are")
        }
    )))
}

/// An application's imports, the newest first; all where the name is blank.
///
/// # Errors
/// Where there is no such application, or the file cannot be read.
pub fn list(workspace: &Workspace, application: &str) -> Result<Vec<ImportRow>> {
    answer(workspace, |reader| {
        let application = match application {
            "" => None,
            name => Some(find_application(reader, name)?.name),
        };
        let imports = reader.imports(application.as_deref())?;
        Ok(imports.into_iter().map(row_of).collect())
    })
}

/// One import with what was rejected.
///
/// # Errors
/// Where there is no such import, or the file cannot be read.
pub fn show(workspace: &Workspace, request: &ImportDetailRequest) -> Result<ImportDetail> {
    answer(workspace, |reader| {
        let import = reader.import(request.import_id)?.ok_or_else(|| {
            ApiError::not_found(format!("There is no import {}.", request.import_id))
        })?;
        let groups = reader.quarantine_groups(import.import_id)?.into_iter();
        let conflicts = reader
            .conflicts(None, Some(import.import_id), 100)?
            .into_iter();
        let application = find_application(reader, &import.application)?;
        let shown_first = derive::Compiled::all(reader, &application)?
            .into_iter()
            .next();
        let mut newest = Vec::new();
        for event_id in &import.newest {
            let place = reader.event_place(application.application_id, event_id)?;
            let Some(place) = place else { continue };
            let stored = reader.event_at(place)?;
            let session = match &shown_first {
                Some(compiled) => session_of_event(reader, compiled, &stored)?,
                None => None,
            };
            let event = &stored.event;
            newest.push(NewestRow {
                event_id: event.event_id.to_string(),
                time_ms: event.time_ms,
                name: event.name.to_string(),
                user_id: event.user.as_ref().map(ToString::to_string),
                device_id: event.device.as_ref().map(ToString::to_string),
                properties: event
                    .properties
                    .iter()
                    .take(4)
                    .map(|(key, value)| property_row(key, value))
                    .collect(),
                session_id: session.map(|session| session.session_id.to_string()),
            });
        }
        Ok(ImportDetail {
            row: row_of(import),
            rejects: groups.map(reject_group).collect(),
            conflicts: conflicts
                .map(|conflict| ConflictRow {
                    event_id: conflict.event_id,
                    file: conflict.file_name,
                    line: conflict.line,
                    differs: conflict.differs,
                })
                .collect(),
            newest,
            files: reader
                .import_parts(request.import_id)?
                .into_iter()
                .map(|part| FileRow {
                    name: part.name,
                    format: part.format,
                    left_out: part.left_out,
                })
                .collect(),
        })
    })
}

pub(crate) fn reject_group(group: QuarantineGroup) -> RejectGroup {
    RejectGroup {
        title: title_of(&group.reason).to_owned(),
        reason: group.reason,
        field: group.field,
        file: group.file_name,
        first_line: group.first_line,
        example: group.sentence,
        excerpt: printable(&group.excerpt),
        row_count: group.row_count,
    }
}

pub(crate) fn row_of(import: Import) -> ImportRow {
    ImportRow {
        import_id: import.import_id,
        application: import.application,
        file_name: import.file_name,
        format: import.format,
        file_bytes: import.file_bytes,
        finished_at_ms: import.finished_at_ms,
        read: import.read,
        stored: import.stored,
        duplicates: import.duplicates,
        conflicts: import.conflicts,
        quarantined: import.quarantined,
        skipped: import.skipped,
        forgotten: import.forgotten,
        sessions: import.sessions,
        new_people: import.new_people,
        new_devices: import.new_devices,
        seconds: import.seconds,
    }
}

/// A reason's code in short words.
pub(crate) fn title_of(reason: &str) -> &str {
    match reason {
        "line_too_long" => "Line over 1 MiB",
        "not_utf8" => "Not UTF-8",
        "not_json" => "Not JSON",
        "not_an_object" => "Not an event",
        "quote_not_closed" => "Quotation mark not closed",
        "behind_quotes" => "Text behind a quotation mark",
        "wrong_cell_count" => "Wrong number of cells",
        "too_deep" => "Nested too deep",
        "too_many_properties" => "More than 512 properties",
        "names_too_long" => "Nested names too long",
        "wrong_type" => "Wrong type",
        "no_name" => "No name",
        "name_too_long" => "Name over 200 characters",
        "event_id_too_long" => "Event id over 1,000 bytes",
        "no_time" => "No time",
        "bad_time" => "Not a date we know",
        "time_too_early" => "Before 1980",
        "time_in_future" => "In the future",
        "no_owner" => "Neither user nor device",
        other => other,
    }
}

/// The beginning of a row's bytes as text: at most 200 characters, unprintable ones shown as such.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == 200 {
            shown.push('…');
            break;
        }
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// How long it goes on, as long as it has for what is done; before a twentieth is done, or half a second
/// has gone by, that is a guess, and what is left when all is done cannot be told.
pub(crate) fn seconds_left(began: Instant, done: Option<f64>) -> Option<u64> {
    let elapsed = began.elapsed().as_secs_f64();
    let done = done.filter(|done| elapsed > 0.5 && *done > 0.05 && *done < 1.0)?;
    Some((elapsed * (1.0 - done) / done).ceil() as u64)
}

/// Tells how far an import has come, not too often.
struct Meter<'a> {
    tell: &'a mut dyn FnMut(ImportProgress),
    began: Instant,
    told: Option<Instant>,
    /// (when, rows) of the last second, for the rate.
    recent: std::collections::VecDeque<(Instant, u64)>,
    progress: ImportProgress,
}

impl<'a> Meter<'a> {
    fn new(file_name: &str, began: Instant, tell: &'a mut dyn FnMut(ImportProgress)) -> Self {
        let progress = ImportProgress {
            phase: ImportPhase::Reading,
            file_name: file_name.to_owned(),
            bytes_read: 0,
            bytes_total: None,
            read: 0,
            good: 0,
            stored: None,
            duplicates: None,
            quarantined: 0,
            rows_per_second: 0,
            seconds_left: None,
            done: None,
        };
        Self {
            tell,
            began,
            told: None,
            recent: std::collections::VecDeque::new(),
            progress,
        }
    }

    fn read(&mut self, progress: &dwell_ingest::Progress, quarantined: u64) {
        self.progress.bytes_read = progress.bytes_read;
        self.progress.bytes_total = progress.bytes_total;
        self.progress.read = progress.rows_read;
        self.progress.good = progress.rows_read.saturating_sub(quarantined);
        self.progress.quarantined = quarantined;
        self.progress.done = progress
            .bytes_total
            .filter(|total| *total > 0)
            .map(|total| (progress.bytes_read as f64 / total as f64).min(1.0) * READING_PART);
        let now = Instant::now();
        self.recent.push_back((now, progress.rows_read));
        while self.recent.len() > 2 && now - self.recent[1].0 > Duration::from_secs(1) {
            self.recent.pop_front();
        }
        if let Some((since, rows)) = self.recent.front() {
            let seconds = (now - *since).as_secs_f64();
            if seconds > 0.0 {
                let rate = (progress.rows_read - rows) as f64 / seconds;
                self.progress.rows_per_second = rate as u64;
            }
        }
        self.say(false);
    }

    fn storing(&mut self, done: usize, all: usize) {
        self.phase(
            ImportPhase::Storing,
            READING_PART,
            STORING_PART,
            (done, all),
        );
    }

    fn stored(&mut self, appended: &Appended) {
        self.progress.stored = Some(appended.stored);
        self.progress.duplicates = Some(appended.duplicates);
    }

    fn derived(&mut self, done: usize, all: usize) {
        let before = READING_PART + STORING_PART;
        self.phase(ImportPhase::Sessions, before, SESSIONS_PART, (done, all));
    }

    fn phase(&mut self, phase: ImportPhase, before: f64, part: f64, done: (usize, usize)) {
        let is_first = self.progress.phase != phase;
        self.progress.phase = phase;
        let share = done.0 as f64 / done.1.max(1) as f64;
        self.progress.done = self.progress.done.map(|_| before + share * part);
        self.say(is_first);
    }

    fn saving(&mut self) {
        self.progress.phase = ImportPhase::Saving;
        self.progress.done = self.progress.done.map(|_| 1.0);
        self.say(true);
    }

    fn say(&mut self, at_once: bool) {
        let now = Instant::now();
        if !at_once && self.told.is_some_and(|told| now - told < TELL_EVERY) {
            return;
        }
        self.told = Some(now);
        self.progress.seconds_left = seconds_left(self.began, self.progress.done);
        (self.tell)(self.progress.clone());
    }
}
