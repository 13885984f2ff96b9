//! Copies of a workspace, made and put back by SQLite's own backup: never by reading the file, which
//! would take SQLite's locks away. A copy is whole and checked, or there is none; putting one back is one
//! transaction.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Result, StoreError};
use crate::file::{connect, connect_immutable, connect_to_read, has_log, identify};

/// So many pages are copied between two looks at whether it is to go on: about 4 MB.
const PAGES: i32 = 1_024;
/// So many steps of SQLite's machine run between two such looks while a copy is checked.
const CHECK_EVERY: i32 = 100_000;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Pages are copied: this part of them, 0 to 1.
    Copying(f64),
    /// What was copied, or is to be, is checked; how long that takes nobody can tell.
    Checking,
}

/// Whoever asked for a copy: hears how far it is, and may stop it.
pub struct Job<'a> {
    /// True from the moment that it is to stop.
    pub stop: &'a Arc<AtomicBool>,
    /// Hears how far it is.
    pub tell: &'a mut dyn FnMut(Step),
}

impl Job<'_> {
    fn tell(&mut self, step: Step) -> Result<()> {
        (self.tell)(step);
        match self.stop.load(Ordering::Relaxed) {
            true => Err(StoreError::Stopped),
            false => Ok(()),
        }
    }
}

/// Copies a workspace of this layout or an older one, as it is at one moment, to a file that is new and
/// its owner's alone; answers the bytes of the copy. Others go on reading and writing meanwhile.
/// `room_bytes` have to be free on the disk beside the copy.
///
/// # Errors
/// Where there is a file of that name already, the disk has not enough room, one of the two cannot be
/// read or written, what was copied is damaged, or it was stopped ([`StoreError::Stopped`]). There is
/// no copy then.
pub fn copy(from: &Path, to: &Path, room_bytes: u64, job: &mut Job<'_>) -> Result<u64> {
    if to.symlink_metadata().is_ok() {
        return Err(StoreError::Exists(to.to_owned()));
    }
    let unwritable = |error: io::Error| StoreError::Unwritable {
        path: to.to_owned(),
        reason: match error.kind() {
            io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
            _ => error.to_string(),
        },
    };
    let _tidy = Tidy::of(from);
    let source = connect_to_read(from).map_err(|error| error.at(from))?;
    let bytes = begin_reading(&source).map_err(|error| in_words(error, from))?;
    let folder = folder_of(to);
    if let Some(free) = free_bytes(&folder) {
        let needed = bytes.saturating_add(room_bytes);
        if free < needed {
            return Err(StoreError::NoRoom {
                path: folder,
                needed,
                free,
            });
        }
    }
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let part = tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .suffix(".part")
        .tempfile_in(&folder)
        .map_err(unwritable)?
        .into_temp_path();
    {
        let mut copied = connect(&part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // What is not finished is thrown away as a whole.
        copied.pragma_update(None, "journal_mode", "off")?;
        copied.pragma_update(None, "synchronous", "full")?;
        run(&source, &mut copied, to, job).map_err(|error| error.at(to))?;
    }
    let mut whole = connect_immutable(&part)?;
    check(&mut whole, to, job)?;
    drop(whole);
    part.persist_noclobber(to)
        .map_err(|refused| match refused.error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists(to.to_owned()),
            _ => unwritable(refused.error),
        })?;
    // The name is durable as well where the system lets a folder be written through.
    if cfg!(unix) {
        let _ = std::fs::File::open(&folder).and_then(|folder| folder.sync_all());
    }
    Ok(bytes)
}

/// Puts a copy in the place of what a workspace holds, in one transaction: after it, or after a crash at
/// any moment of it, the workspace is the one or the other. Nobody may have the workspace open who keeps
/// anything of it in memory.
///
/// # Errors
/// Where the copy is no workspace, is of a newer version or damaged, another program writes to the
/// workspace, or it was stopped. Nothing was changed then.
pub fn put_back(from: &Path, into: &Path, job: &mut Job<'_>) -> Result<()> {
    identify(from)?;
    let _tidy = Tidy::of(from);
    let mut source = connect_to_read(from).map_err(|error| error.at(from))?;
    begin_reading(&source).map_err(|error| in_words(error, from))?;
    check(&mut source, from, job)?;
    let mut put = || -> Result<()> {
        let mut workspace = connect(into, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        workspace.pragma_update(None, "synchronous", "full")?;
        run(&source, &mut workspace, into, job)?;
        // The log is as large as the copy: into the file with it, where nobody reads just now.
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let _ = workspace.query_row(checkpoint, [], |_| Ok(()));
        Ok(())
    };
    put().map_err(|error| error.at(into))
}

/// Begins to read at one moment, which stays the same until the connection is closed: otherwise SQLite
/// would begin the copy anew whenever somebody writes. Answers how many bytes there are.
fn begin_reading(source: &Connection) -> Result<u64> {
    source.execute_batch("BEGIN")?;
    let pages: u64 = source.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page_bytes: u64 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // A read of a page, for the moment to be now.
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(pages * page_bytes)
}

fn run(source: &Connection, target: &mut Connection, path: &Path, job: &mut Job<'_>) -> Result<()> {
    let backup = Backup::new(source, target)?;
    loop {
        let step = backup.step(PAGES)?;
        let progress = backup.progress();
        let all = f64::from(progress.pagecount.max(1));
        let done = 1.0 - f64::from(progress.remaining) / all;
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // The time to wait for whoever writes has passed.
            _ => return Err(StoreError::Locked(path.to_owned())),
        }
        job.tell(Step::Copying(done))?;
    }
}

/// SQLite's own check of a whole file.
fn check(connection: &mut Connection, path: &Path, job: &mut Job<'_>) -> Result<()> {
    job.tell(Step::Checking)?;
    let stop = Arc::clone(job.stop);
    let is_stopped = move || stop.load(Ordering::Relaxed);
    connection.progress_handler(CHECK_EVERY, Some(is_stopped))?;
    let found = connection.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    });
    connection.progress_handler(0, None::<fn() -> bool>)?;
    let is_interruption = |error: &rusqlite::Error| {
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
    };
    match found {
        Ok(words) if words == "ok" => Ok(()),
        Ok(words) => Err(StoreError::BadCopy {
            path: path.to_owned(),
            reason: words,
        }),
        Err(error) if is_interruption(&error) => Err(StoreError::Stopped),
        Err(error) => Err(in_words(error.into(), path)),
    }
}

/// What fails because a file is damaged says so.
fn in_words(error: StoreError, path: &Path) -> StoreError {
    let corrupt = Some(rusqlite::ErrorCode::DatabaseCorrupt);
    match error {
        StoreError::Bare(source) if source.sqlite_error_code() == corrupt => StoreError::BadCopy {
            path: path.to_owned(),
            reason: source.to_string(),
        },
        error => error.at(path),
    }
}

/// Who only reads leaves an empty log and its index where there was none; dropped after the connection,
/// this has SQLite take them away, unless somebody else has the file open.
struct Tidy<'a>(Option<&'a Path>);

impl<'a> Tidy<'a> {
    fn of(path: &'a Path) -> Self {
        Self((!has_log(path)).then_some(path))
    }
}

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        let Some(path) = self.0.filter(|path| has_log(path)) else {
            return;
        };
        // The last to close does it. Where the file cannot be written, they stay.
        let opened = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        let _ = opened.and_then(|connection| {
            let all = "SELECT count(*) FROM sqlite_schema";
            Ok(connection.query_row(all, [], |_| Ok(()))?)
        });
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What an account may still write on the disk of a folder; `None` where the system does not tell.
#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}
