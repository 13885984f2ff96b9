//! Lists as files: the rows that the command line prints, written beside the file that was chosen and
//! put in its place when all are there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use dwell_store::Reader;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, ErrorCode, Result};
use crate::import::TELL_EVERY;
use crate::person::{PeopleWalk, PersonKey, answer};
use crate::rows::{RowFormat, RowWriter};
use crate::session::SessionsRequest;
use crate::workspace::{Workspace, find_application, find_definition};
use crate::{event, import, person, quarantine, session};

/// A list that can be written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportList {
    /// People, the last seen first.
    People,
    /// Sessions of a definition by stream and start.
    Sessions,
    /// Events by stream and time, as imported, with their sessions.
    Events,
    /// Imports, the newest first.
    Imports,
    /// Rejected rows by import and line.
    Quarantine,
    /// Copies that differ from the event that counts, by import and line.
    Conflicts,
}

/// Asks for a list as a file.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ExportRequest {
    /// Application.
    pub application: String,
    /// Which list.
    pub list: ExportList,
    /// How it is written.
    pub format: RowFormat,
    /// Of sessions and events: those of this person alone.
    pub person: Option<PersonKey>,
    /// Of sessions: of this definition; blank is the application's first.
    pub definition: String,
    /// Of people: those whom this search finds; blank is everyone.
    pub search: String,
    /// Of people: those seen within so many hours before the newest arrival.
    pub last_seen_hours: Option<u32>,
    /// Of sessions: moment as of which states are told, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
}

/// How far an export is; sent at most 20 times a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct ExportProgress {
    /// Rows written.
    pub rows: u64,
    /// Done part, 0 to 1; null where it is not known how many rows there are.
    pub done: Option<f64>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Exported {
    /// The whole path.
    pub path: String,
    /// Its name.
    pub file_name: String,
    /// Rows in it.
    pub row_count: u64,
    /// Size in bytes.
    pub file_bytes: u64,
}

/// What of an event a table has; what an event lacks is blank.
pub const EVENT_COLUMNS: [&str; 15] = [
    "application",
    "event_id",
    "name",
    "type",
    "timestamp",
    "received_at",
    "sent_at",
    "user_id",
    "device_id",
    "session_id",
    "properties",
    "context",
    "time",
    "arrival",
    "sessions",
];

/// The name that is offered for the file: `casino-sessions.csv`, `casino-sessions-u_7f3a91.csv`.
pub fn file_name(request: &ExportRequest) -> String {
    let list = match request.list {
        ExportList::People => "users",
        ExportList::Sessions => "sessions",
        ExportList::Events => "events",
        ExportList::Imports => "imports",
        ExportList::Quarantine => "rejected-rows",
        ExportList::Conflicts => "conflicts",
    };
    let extension = match request.format {
        RowFormat::JsonLines => "jsonl",
        RowFormat::Csv => "csv",
    };
    let person = request.person.as_ref().map(|person| person.id.as_str());
    let parts = [Some(request.application.as_str()), Some(list), person];
    let name: Vec<String> = parts.into_iter().flatten().map(plain).collect();
    format!("{}.{extension}", name.join("-"))
}

/// What any file system takes, and no longer than it should be.
fn plain(text: &str) -> String {
    let is_plain = |letter: &char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let kept: String = text.chars().filter(is_plain).take(40).collect();
    kept.trim_matches('.').to_owned()
}

/// Writes a list to a file. What stands there is replaced at the end, by all rows or not at all.
///
/// # Errors
/// Where what the request names does not exist, the workspace cannot be read, the file cannot be written
/// or is the workspace itself, or on cancel; the file is as it was then.
pub fn run(
    workspace: &Workspace,
    request: &ExportRequest,
    path: &Path,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ExportProgress),
) -> Result<Exported> {
    let unwritable = |error: &dyn std::fmt::Display| {
        let message = format!("{} cannot be written: {error}.", path.display());
        ApiError::new(ErrorCode::Storage, message)
    };
    if is_of_workspace(workspace, path) {
        return Err(ApiError::bad_input(format!(
            "{} is the workspace itself: choose another name.",
            path.display()
        )));
    }
    // In the same folder, so that taking its place is one step.
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let beside = tempfile::Builder::new()
        .prefix(".dwell-export-")
        .tempfile_in(folder)
        .map_err(|error| unwritable(&error))?;
    let columns: &[&str] = match request.list {
        ExportList::Events => &EVENT_COLUMNS,
        _ => &[],
    };
    let mut rows = Counted {
        writer: RowWriter::with_columns(beside, request.format, columns),
        total: total(workspace, request)?,
        row_count: 0,
        told: Instant::now(),
        failed: None,
        cancel,
        tell,
    };
    let walked = walk(workspace, request, &mut rows);
    if let Some(error) = rows.failed {
        return Err(unwritable(&error));
    }
    walked?;
    let row_count = rows.row_count;
    let finish = |writer: RowWriter<NamedTempFile>| -> std::io::Result<u64> {
        let mut beside = writer.finish()?;
        beside.flush()?;
        beside.as_file().sync_all()?;
        let file_bytes = beside.as_file().metadata()?.len();
        beside.persist(path).map_err(|error| error.error)?;
        Ok(file_bytes)
    };
    cancel.check()?;
    let file_bytes = finish(rows.writer).map_err(|error| unwritable(&error))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Exported {
        path: path.display().to_string(),
        file_name: name.to_string_lossy().into_owned(),
        row_count,
        file_bytes,
    })
}

/// Whether a file is the workspace, or one of those that SQLite keeps beside it.
fn is_of_workspace(workspace: &Workspace, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let own = real(workspace.path());
    let beside = ["-wal", "-shm", "-journal"].map(|end| {
        let mut name = own.clone().into_os_string();
        name.push(end);
        PathBuf::from(name)
    });
    let wanted = real(path);
    wanted == own || beside.contains(&wanted)
}

/// Rows on their way into the file.
struct Counted<'a> {
    writer: RowWriter<NamedTempFile>,
    total: Option<u64>,
    row_count: u64,
    told: Instant,
    /// Why the file could not be written.
    failed: Option<std::io::Error>,
    cancel: &'a Cancel,
    tell: &'a mut dyn FnMut(ExportProgress),
}

impl Counted<'_> {
    fn take(&mut self, row: &impl Serialize) -> Result<()> {
        self.cancel.check()?;
        if let Err(error) = self.writer.write(row) {
            self.failed = Some(error);
            // Only stops the walk; what is told is `failed`.
            return Err(ApiError::new(ErrorCode::Storage, "the file failed"));
        }
        self.row_count += 1;
        if self.told.elapsed() > TELL_EVERY {
            self.told = Instant::now();
            let share = |total: u64| self.row_count as f64 / total.max(self.row_count) as f64;
            (self.tell)(ExportProgress {
                rows: self.row_count,
                done: self.total.map(share),
            });
        }
        Ok(())
    }
}

fn walk(workspace: &Workspace, request: &ExportRequest, rows: &mut Counted<'_>) -> Result<()> {
    let application = &request.application;
    match request.list {
        ExportList::People => {
            let people = PeopleWalk {
                application: application.clone(),
                search: request.search.clone(),
                last_seen_hours: request.last_seen_hours,
                only_users: false,
            };
            person::walk(workspace, &people, |row| rows.take(&row))
        }
        ExportList::Sessions => {
            let sessions = SessionsRequest {
                application: application.clone(),
                definition: request.definition.clone(),
                person: request.person.clone(),
                as_of_ms: request.as_of_ms,
                ..SessionsRequest::default()
            };
            session::list(workspace, &sessions, |row| rows.take(&row)).map(drop)
        }
        ExportList::Events => {
            let events = event::ExportRequest {
                application: application.clone(),
                person: request.person.clone(),
                ..event::ExportRequest::default()
            };
            event::export(workspace, &events, |row| rows.take(&row))
        }
        ExportList::Imports => {
            let all = import::list(workspace, application)?;
            all.iter().try_for_each(|row| rows.take(row))
        }
        ExportList::Quarantine => {
            quarantine::list(workspace, Some(application), |row| rows.take(&row))
        }
        ExportList::Conflicts => {
            let all = quarantine::conflicts(workspace, Some(application))?;
            all.iter().try_for_each(|row| rows.take(row))
        }
    }
}

/// How many rows there will be, where that is known without counting them one by one.
fn total(workspace: &Workspace, request: &ExportRequest) -> Result<Option<u64>> {
    let ask = |reader: &Reader<'_>| -> Result<Option<u64>> {
        let application = find_application(reader, &request.application)?;
        let id = application.application_id;
        let is_whole = request.person.is_none();
        let is_everyone = request.search.trim().is_empty() && request.last_seen_hours.is_none();
        Ok(match request.list {
            ExportList::People if is_everyone => Some(reader.totals(id)?.person_count),
            ExportList::Events if is_whole => Some(reader.totals(id)?.event_count),
            ExportList::Sessions if is_whole => {
                let compiled = find_definition(reader, &application, &request.definition)?;
                Some(reader.session_count(compiled.definition_id)?)
            }
            _ => None,
        })
    };
    answer(workspace, ask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::PersonKind;

    #[test]
    fn the_name_that_is_offered_is_one_that_any_file_system_takes() {
        let mut request = ExportRequest {
            application: "casino".to_owned(),
            list: ExportList::Sessions,
            format: RowFormat::Csv,
            person: None,
            definition: String::new(),
            search: String::new(),
            last_seen_hours: None,
            as_of_ms: None,
        };
        assert_eq!(file_name(&request), "casino-sessions.csv");
        request.person = Some(PersonKey {
            kind: PersonKind::User,
            id: "../../etc/pass wd:".to_owned() + &"x".repeat(300),
        });
        request.format = RowFormat::JsonLines;
        let name = file_name(&request);
        assert!(name.starts_with("casino-sessions-etcpasswdxxx"), "{name}");
        assert!(name.ends_with(".jsonl") && name.len() < 80, "{name}");
    }
}
