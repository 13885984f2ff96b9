//! The workspace as a whole: what is in it, its applications and zones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dwell_model::Zone;
use dwell_model::zone::ZONE_DATA_VERSION;
use dwell_runtime::{Clock, SystemClock};
pub use dwell_store::lock::real_path;
use dwell_store::table::application::Application;
use dwell_store::{Found, Reader, Store, StoreError, Writer};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::backup::{self, BeforeUpdate, KeptWhy};
use crate::derive::{self, Compiled, Telling};
use crate::error::{ApiError, ErrorCode, Result};
use crate::lock::Lock;
use crate::what_if::Trials;

/// What the window's frame shows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct WorkspaceStatus {
    /// `casino.dwell`, without its folder.
    pub file_name: String,
    /// The whole path.
    pub path: String,
    /// Where links lead: the same for every name of the file.
    pub real_path: String,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Applications in the order of their names; empty in a new workspace.
    pub applications: Vec<ApplicationRow>,
    /// Version of the IANA zone data in use.
    pub zone_data_version: String,
    /// Version of Dwell.
    pub version: String,
}

/// One application and its totals.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ApplicationRow {
    /// Its name.
    pub name: String,
    /// Its IANA zone (app time).
    pub zone: String,
    /// What an undo of the last change of its zone would bring back; null where there is none.
    pub zone_undo: Option<ZoneUndo>,
    /// Stored events.
    pub event_count: u64,
    /// Known users and anonymous people.
    pub person_count: u64,
    /// Devices.
    pub device_count: u64,
    /// Sessions of all definitions.
    pub session_count: u64,
    /// Imports.
    pub import_count: u64,
    /// The newest arrival, UTC ms: the moment as of which states are shown. Null without events.
    pub newest_arrival_ms: Option<i64>,
    /// Session definitions, the oldest first; that one is shown unless another is chosen.
    pub definitions: Vec<String>,
}

/// A change of an application's zone that can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ZoneUndo {
    /// The zone before.
    pub zone: String,
    /// When it was changed, UTC ms.
    pub edited_at_ms: i64,
}

/// Sets the zone of an application.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ZoneRequest {
    /// Application.
    pub application: String,
    /// IANA zone.
    pub zone: String,
}

/// Moving events to the newest layout takes this part of bringing a workspace up to date, about; the
/// rest is making anew what is derived.
const MOVING_PART: f64 = 0.6;

/// An open workspace; shared by all questions of a front end.
pub struct Workspace {
    pub(crate) store: Arc<Store>,
    /// What trying other rules keeps between two tries.
    pub(crate) trials: Trials,
    /// Held until nothing else of this is left.
    lock: Option<Arc<Lock>>,
}

impl Workspace {
    /// Opens a workspace, making it where there is none. Its folder must exist.
    ///
    /// # Errors
    /// Where the file is no workspace, is of a newer version (neither is touched), or cannot be
    /// written.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_telling(path, &mut |_| {})
    }

    /// As [`Workspace::open`]; `tell` hears how far bringing a workspace of an older program up to date
    /// has come, 0 to 1, and nothing where there is nothing to do.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_telling(path: &Path, tell: &mut dyn FnMut(f64)) -> Result<Self> {
        Self::open_with(path, BeforeUpdate::Keep, tell)
    }

    /// As [`Workspace::open_telling`]; `before` says whether a workspace of an older layout is kept in a
    /// copy beside it.
    ///
    /// # Errors
    /// As [`Workspace::open`], and [`ErrorCode::NoRoom`] where there is no room for that copy and for
    /// the new layout: nothing was begun then.
    pub fn open_with(path: &Path, before: BeforeUpdate, tell: &mut dyn FnMut(f64)) -> Result<Self> {
        let share = |done: f64, all: f64| done / all.max(1.0);
        let kept = match before {
            BeforeUpdate::Keep => backup::keep_before_update(path, tell)?,
            BeforeUpdate::Go => None,
        };
        let store = Store::open_telling(path, &mut |done, all| {
            tell(share(done as f64, all as f64) * MOVING_PART);
        });
        if let Some(kept) = &kept {
            match &store {
                Ok(_) => backup::prune(path, KeptWhy::Update),
                // It is as it was: another try keeps another copy.
                Err(StoreError::Damaged { .. }) => {}
                Err(_) => drop(std::fs::remove_file(kept)),
            }
        }
        let workspace = Self::of(store?);
        workspace.freshen(&mut |done, all| {
            tell(MOVING_PART + share(done as f64, all as f64) * (1.0 - MOVING_PART));
        })?;
        Ok(workspace)
    }

    /// As [`Workspace::open_telling`], for the one window that has it: `lock` is given back when the
    /// workspace is closed, and nothing of it is running any more.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_alone(
        path: &Path,
        lock: Arc<Lock>,
        before: BeforeUpdate,
        tell: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let mut workspace = Self::open_with(path, before, tell)?;
        workspace.lock = Some(lock);
        Ok(workspace)
    }

    fn of(store: Store) -> Self {
        Self {
            store: Arc::new(store),
            trials: Trials::default(),
            lock: None,
        }
    }

    /// Whether nothing is left that an older program derived.
    fn is_fresh(&self) -> Result<bool> {
        let stale = self.store.read(|reader| reader.stale_applications())?;
        Ok(stale.is_empty())
    }

    /// Makes what an older program derived anew, if there is such.
    fn freshen(&self, tell: &mut dyn FnMut(usize, usize)) -> Result<()> {
        if self.is_fresh()? {
            return Ok(());
        }
        self.store.write(|writer| {
            for application in writer.stale_applications()? {
                let nothing = Telling::nothing_stood();
                derive::all(writer, &application, &nothing, &mut |done, all| {
                    tell(done, all);
                    Ok(())
                })?;
                writer.note_fresh(application.application_id)?;
            }
            Ok(())
        })
    }

    /// Opens a workspace for reading; nothing is made or written, but that one of an older program is
    /// brought up to date first.
    ///
    /// # Errors
    /// Where there is none, it would have to be brought up to date and cannot be written, or as
    /// [`Workspace::open`].
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Self::read_with(path, BeforeUpdate::Keep)
    }

    /// As [`Workspace::open_read_only`]; `before` as in [`Workspace::open_with`].
    ///
    /// # Errors
    /// As [`Workspace::open_read_only`].
    pub fn read_with(path: &Path, before: BeforeUpdate) -> Result<Self> {
        match Store::open_read_only(path) {
            Err(StoreError::Older { .. }) => Self::bring_up_to_date(path, before),
            store => {
                let workspace = Self::of(store?);
                match workspace.is_fresh()? {
                    true => Ok(workspace),
                    false => Self::bring_up_to_date(path, before),
                }
            }
        }
    }

    fn bring_up_to_date(path: &Path, before: BeforeUpdate) -> Result<Self> {
        Self::open_with(path, before, &mut |_| {}).map_err(|error| match error.code {
            ErrorCode::Storage => ApiError::new(
                ErrorCode::Storage,
                format!(
                    "{} was made by an older version of Dwell and has to be brought up to date \
                     once before it can be read. That needs permission to write it and beside it: \
                     {}",
                    path.display(),
                    error.message
                ),
            ),
            _ => error,
        })
    }

    /// Changes the workspace; as [`Store::write`]. What trying other rules keeps would be of before,
    /// and its memory is needed.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Writer<'_>) -> Result<T>) -> Result<T> {
        self.trials.forget();
        self.store.write(change)
    }

    /// As [`Store::write_erasing`].
    pub(crate) fn write_erasing<T>(
        &self,
        change: impl FnOnce(&Writer<'_>) -> Result<T>,
    ) -> Result<(T, Option<StoreError>)> {
        self.trials.forget();
        self.store.write_erasing(change)
    }

    /// The lock that it was opened with, for opening the same file anew.
    pub fn lock(&self) -> Option<Arc<Lock>> {
        self.lock.clone()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.store.path()
    }
}

/// The workspace that a front end opens where nobody names one, in the person's data folder.
///
/// # Errors
/// Where there is no such folder.
pub fn default_path() -> Result<PathBuf> {
    let folder = data_folder().ok_or_else(|| {
        ApiError::bad_input(
            "There is no home folder to keep a workspace in: name one with --workspace.",
        )
    })?;
    Ok(folder
        .join("dwell")
        .join("workspaces")
        .join("default.dwell"))
}

/// A workspace that exists, or why nothing at that path can be opened. Nothing is made.
///
/// # Errors
/// Where there is no file, it is no workspace or one of a newer version, or cannot be read.
pub fn existing(path: &Path) -> Result<PathBuf> {
    match Store::look(path)? {
        Found::Workspace => Ok(path.to_owned()),
        Found::Empty => Err(ApiError::new(
            ErrorCode::NotAWorkspace,
            format!("{} is an empty file and no workspace.", path.display()),
        )),
        Found::Nothing => Err(StoreError::Missing(path.to_owned()).into()),
    }
}

/// The path of a workspace to be made, `.dwell` after a name without an ending.
///
/// # Errors
/// Where there is a file already.
pub fn new_path(path: &Path) -> Result<PathBuf> {
    let path = match path.extension() {
        Some(_) => path.to_owned(),
        None => path.with_extension("dwell"),
    };
    match path.symlink_metadata() {
        Err(_) => Ok(path),
        Ok(_) => Err(ApiError::bad_input(format!(
            "There is a file {} already: choose another name, or open it if it is a workspace.",
            path.display()
        ))),
    }
}

/// Makes the folder of a workspace, readable for its owner alone, where it does not exist.
///
/// # Errors
/// Where it cannot be made.
pub fn make_folder_of(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        let message = format!("The folder {} cannot be made: {error}.", folder.display());
        ApiError::new(ErrorCode::Storage, message)
    })
}

/// Where programs keep a person's data: `XDG_DATA_HOME`, `~/Library/Application Support`, `APPDATA`.
fn data_folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        variable("XDG_DATA_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".local").join("share")))
    }
}

/// What is in the workspace.
///
/// # Errors
/// Where the file cannot be read.
pub fn status(workspace: &Workspace) -> Result<WorkspaceStatus> {
    let path = workspace.path();
    let applications = workspace.store.read(|reader| {
        let mut rows = Vec::new();
        for application in reader.applications()? {
            let totals = reader.totals(application.application_id)?;
            let definitions = reader.definitions(application.application_id)?;
            let edit = reader.newest_zone_edit(application.application_id)?;
            rows.push(ApplicationRow {
                name: application.name,
                zone: application.zone,
                zone_undo: edit.map(|edit| ZoneUndo {
                    zone: edit.zone,
                    edited_at_ms: edit.edited_at_ms,
                }),
                event_count: totals.event_count,
                person_count: totals.person_count,
                device_count: totals.device_count,
                session_count: totals.session_count,
                import_count: totals.import_count,
                newest_arrival_ms: totals.newest_arrival_ms,
                definitions: definitions.into_iter().map(|stored| stored.name).collect(),
            });
        }
        Ok(rows)
    })?;
    Ok(WorkspaceStatus {
        file_name: path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        path: path.display().to_string(),
        real_path: real_path(path).display().to_string(),
        file_bytes: path.metadata().map_or(0, |found| found.len()),
        applications,
        zone_data_version: ZONE_DATA_VERSION.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Sets an application's zone.
///
/// # Errors
/// Where there is no such application or zone, or the file cannot be written.
pub fn set_zone(workspace: &Workspace, request: &ZoneRequest) -> Result<WorkspaceStatus> {
    let zone = parse_zone(&request.zone)?;
    workspace.write(|writer| {
        let application = find_application(writer, &request.application)?;
        let application_id = application.application_id;
        if zone.name() == application.zone {
            return Ok(());
        }
        writer.add_zone_edit(application_id, &application.zone, SystemClock.now_ms())?;
        Ok(writer.set_application_zone(application_id, zone.name())?)
    })?;
    status(workspace)
}

/// Takes back the last change of an application's zone.
///
/// # Errors
/// Where there is no such application, its zone was not changed, or the file cannot be written.
pub fn undo_zone(workspace: &Workspace, application: &str) -> Result<WorkspaceStatus> {
    workspace.write(|writer| {
        let application = find_application(writer, application)?;
        let application_id = application.application_id;
        let edit = writer.newest_zone_edit(application_id)?.ok_or_else(|| {
            ApiError::bad_input(format!(
                "The zone of “{}” was not changed: there is nothing to undo.",
                application.name
            ))
        })?;
        writer.set_application_zone(application_id, &edit.zone)?;
        Ok(writer.remove_zone_edit(edit.edit_id)?)
    })?;
    status(workspace)
}

/// All IANA zones by name.
pub fn zones() -> Vec<&'static str> {
    let mut names: Vec<&str> = Zone::names().collect();
    names.sort_unstable();
    names
}

pub(crate) fn parse_zone(name: &str) -> Result<Zone> {
    Zone::parse(name).map_err(|error| ApiError::bad_input(format!("That is no zone: {error}.")))
}

pub(crate) fn find_application(reader: &Reader<'_>, name: &str) -> Result<Application> {
    reader.application(name)?.ok_or_else(|| {
        let known = reader.applications().unwrap_or_default();
        let names: Vec<_> = known
            .iter()
            .map(|known| format!("“{}”", known.name))
            .collect();
        ApiError::not_found(match names.is_empty() {
            true => "The workspace is empty: import events first.".to_owned(),
            false => format!(
                "There is no application “{name}” in the workspace; it has {}.",
                names.join(", ")
            ),
        })
    })
}

/// The moment as of which states are told (sessions, section 5): the one asked for, else now for a live
/// application, else the newest arrival.
pub(crate) fn as_of(
    reader: &Reader<'_>,
    application: &Application,
    asked_ms: Option<i64>,
) -> Result<i64> {
    as_of_by(&SystemClock, reader, application, asked_ms)
}

/// As [`as_of`], by any clock.
pub(crate) fn as_of_by(
    clock: &dyn Clock,
    reader: &Reader<'_>,
    application: &Application,
    asked_ms: Option<i64>,
) -> Result<i64> {
    if let Some(asked_ms) = asked_ms {
        return Ok(asked_ms);
    }
    if reader
        .emitted_through_ms(application.application_id)?
        .is_some()
    {
        return Ok(clock.now_ms());
    }
    let newest_ms = reader.newest_arrival_ms(application.application_id)?;
    Ok(newest_ms.unwrap_or(0))
}

/// The definition of that name, or the oldest where the name is blank.
pub(crate) fn find_definition(
    reader: &Reader<'_>,
    application: &Application,
    name: &str,
) -> Result<Compiled> {
    let all = reader.definitions(application.application_id)?;
    let found = all
        .iter()
        .find(|stored| name.is_empty() || stored.name == name);
    match found {
        Some(stored) => Compiled::new(stored),
        None => Err(ApiError::not_found(format!(
            "There is no definition “{name}” in the application “{}”; it has {}.",
            application.name,
            all.iter()
                .map(|stored| format!("“{}”", stored.name))
                .collect::<Vec<_>>()
                .join(", "),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_zone_are_undone_one_after_the_other() {
        let folder = tempfile::TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        let added = workspace.write(|writer| Ok(writer.add_application("shop", "UTC")?));
        added.unwrap();
        let set = |zone: &str| {
            let request = ZoneRequest {
                application: "shop".to_owned(),
                zone: zone.to_owned(),
            };
            set_zone(&workspace, &request)
        };
        let told = |status: Result<WorkspaceStatus>| {
            let row = status.unwrap().applications.remove(0);
            (row.zone, row.zone_undo.map(|undo| undo.zone))
        };
        let said = |zone: &str, undo: Option<&str>| (zone.to_owned(), undo.map(str::to_owned));
        assert!(undo_zone(&workspace, "shop").is_err(), "nothing to undo");
        assert_eq!(told(set("Europe/Rome")), said("Europe/Rome", Some("UTC")));
        // The same again is no change.
        assert_eq!(told(set("Europe/Rome")), said("Europe/Rome", Some("UTC")));
        let tokyo = told(set("Asia/Tokyo"));
        assert_eq!(tokyo, said("Asia/Tokyo", Some("Europe/Rome")));
        assert!(set("Mars/Olympus").is_err());
        let undone = [(); 2].map(|()| told(undo_zone(&workspace, "shop")));
        assert_eq!(
            undone,
            [said("Europe/Rome", Some("UTC")), said("UTC", None)]
        );
        assert!(undo_zone(&workspace, "shop").is_err());
    }

    #[test]
    fn an_older_workspace_that_cannot_be_written_says_that_it_has_to_be_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("w.dwell");
        drop(Workspace::open(&path).unwrap());
        // The layout's number in the header of the file.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[60..64].copy_from_slice(&1_u32.to_be_bytes());
        std::fs::write(&path, &bytes).unwrap();
        // SQLite writes nothing where its index of the log cannot be, whoever asks.
        let index = folder.path().join("w.dwell-shm");
        if index.exists() {
            std::fs::remove_file(&index).unwrap();
        }
        std::fs::create_dir(index).unwrap();
        let error = Workspace::open_read_only(&path).err().unwrap();
        assert_eq!(error.code, ErrorCode::Storage);
        for part in [
            "w.dwell was made by an older version of Dwell",
            "brought up to date once",
            "needs permission to write it",
        ] {
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it was not touched");
    }
}
