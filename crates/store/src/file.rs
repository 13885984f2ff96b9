//! Opening a workspace: what the file is comes before anything else, one writer, readers that cannot
//! write. A file that is no workspace, or one of a newer version, is never written to.

use std::cell::Cell;
use std::io::ErrorKind;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::change::{Change, ChangeLog};
use crate::error::{Result, StoreError};
use crate::lock::real_path;
use crate::migration;
use crate::read::directory::Directories;
use crate::read::session_columns::KeptColumns;
use crate::table::block::Texts;
use crate::table::open_session::LiveDefinitions;
use crate::table::session_key::WaitingKeys;

/// How long a second writer waits for the first.
const WRITER_WAIT: Duration = Duration::from_secs(5);

/// What the log holds goes into the file when it has so many pages, 32 MB, as far as no reader needs
/// it; where that cannot be (a reader, a full disk), with a later change. A page that many small
/// changes touch is written there once, and not by each. What was committed is durable in the log; the
/// last one to close the workspace empties it.
const LOG_PAGES: i64 = 8_192;

/// An open workspace.
pub struct Store {
    path: PathBuf,
    writer: Option<Mutex<Connection>>,
    idle_readers: Mutex<Vec<Connection>>,
    kept: Kept,
    /// The file stands where SQLite can make no files beside it, so it is read as it is.
    is_immutable: bool,
}

/// What is kept in memory between questions, for all readers.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) directories: Directories,
    pub(crate) columns: KeptColumns,
    pub(crate) log: ChangeLog,
}

/// What there is where a workspace is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// No file: opening for writing makes one.
    Nothing,
    /// An empty file: opening for writing makes a workspace of it.
    Empty,
    /// A workspace, of this layout or an older one.
    Workspace,
}

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Commit,
    RollBack,
}

/// A consistent view of the workspace, for the duration of one question.
pub struct Reader<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) texts: Texts,
    pub(crate) waiting_keys: WaitingKeys,
    /// What stays for the next question; nothing within a change.
    pub(crate) kept: Option<&'a Kept>,
}

/// The one writing transaction; it also reads. Nothing of it stays unless it is committed.
pub struct Writer<'a> {
    reader: Reader<'a>,
    /// Known once it was asked for.
    pub(crate) live: LiveDefinitions,
    /// Whether any session had been removed, once it was asked for.
    pub(crate) has_former_sessions: Cell<Option<bool>>,
    /// Whether any derived event had been told again, or live, once it was asked for.
    pub(crate) has_emissions: Cell<Option<bool>>,
    /// What it changed so far of what is kept in memory.
    pub(crate) change: Change,
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> Writer<'a> {
    /// Within a transaction that somebody else began and ends.
    pub(crate) fn over(connection: &'a Connection) -> Self {
        Self {
            reader: Reader {
                connection,
                texts: Texts::default(),
                waiting_keys: WaitingKeys::default(),
                kept: None,
            },
            live: LiveDefinitions::default(),
            has_former_sessions: Cell::new(None),
            has_emissions: Cell::new(None),
            change: Change::default(),
        }
    }
}

impl Store {
    /// Opens a workspace for writing, making it where there is no file; its folder must exist.
    ///
    /// # Errors
    /// Where the file is no workspace, is of a newer version, or cannot be written.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_telling(path, &mut |_, _| {})
    }

    /// As [`Store::open`]; `tell` hears how far bringing an older file to the newest layout has come:
    /// (events moved, of all, about).
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_telling(path: &Path, tell: &mut dyn FnMut(u64, u64)) -> Result<Self> {
        let is_new = match Self::look(path)? {
            Found::Nothing => {
                create(path)?;
                true
            }
            Found::Empty => true,
            Found::Workspace => false,
        };
        make_writable_beside(path);
        let prepare = |tell: &mut dyn FnMut(u64, u64)| -> Result<Connection> {
            let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            // SQLite opens what it may only read all the same.
            if connection.is_readonly("main")? {
                return Err(StoreError::Unwritable {
                    path: path.to_owned(),
                    reason: "it is read-only".to_owned(),
                });
            }
            let version = user_version(&connection)?;
            refuse_newer(path, version)?;
            if is_new {
                // Before write-ahead logging starts, so that the first page of the file itself says
                // whose it is.
                migration::run(&mut connection, tell)?;
            }
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "cache_size", -131_072)?;
            connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
            if version < migration::NEWEST && !is_new {
                migration::run(&mut connection, tell)?;
            }
            Ok(connection)
        };
        let connection = prepare(tell).map_err(|error| match error.at(path) {
            // The file itself was read just now.
            StoreError::Unreadable { path, .. } => StoreError::Unwritable {
                path,
                reason: "its log has to stand beside it, and the folder cannot be written"
                    .to_owned(),
            },
            error => error,
        })?;
        Ok(Self {
            path: path.to_owned(),
            writer: Some(Mutex::new(connection)),
            idle_readers: Mutex::default(),
            kept: Kept::default(),
            is_immutable: false,
        })
    }

    /// What there is, having read the first page of the file alone: nothing is made and nothing written.
    ///
    /// # Errors
    /// Where it is no workspace, is of a newer version, or cannot be read.
    pub fn look(path: &Path) -> Result<Found> {
        let unreadable = |error: &std::io::Error| StoreError::Unreadable {
            path: path.to_owned(),
            reason: match error.kind() {
                ErrorKind::PermissionDenied => "this account may not open it".to_owned(),
                _ => error.to_string(),
            },
        };
        match path.metadata() {
            Ok(found) if found.is_file() && found.len() == 0 => Ok(Found::Empty),
            Ok(found) => {
                // Opening a pipe would wait for whoever writes into it.
                let what = match found.file_type() {
                    kind if kind.is_file() => None,
                    kind if kind.is_dir() => Some("a folder"),
                    _ => Some("a device, a pipe or a socket"),
                };
                match what {
                    Some(what) => Err(foreign(path, what)),
                    None => identify(path).map(|()| Found::Workspace),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => match path.is_symlink() {
                true => Err(foreign(path, "a link to a file that does not exist")),
                false => Ok(Found::Nothing),
            },
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// The layout of a workspace that has to be brought to the newest one; `None` where it has not, or
    /// there is no workspace yet.
    ///
    /// # Errors
    /// As [`Store::look`].
    pub fn older_layout(path: &Path) -> Result<Option<i64>> {
        if Self::look(path)? != Found::Workspace {
            return Ok(None);
        }
        // The first page can be older than what stands in the log, and never newer.
        let first_page = user_version(&connect_immutable(path)?);
        if first_page.is_ok_and(|version| version == migration::NEWEST) {
            return Ok(None);
        }
        match Self::open_read_only(path) {
            Err(StoreError::Older { found, .. }) => Ok(Some(found)),
            opened => opened.map(|_| None),
        }
    }

    /// Opens a workspace for reading only.
    ///
    /// # Errors
    /// Where there is no file, it is no workspace, or it is of another version.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        match Self::look(path)? {
            Found::Nothing => return Err(StoreError::Missing(path.to_owned())),
            Found::Empty => return Err(foreign(path, "an empty file")),
            Found::Workspace => {}
        }
        let mut store = Self {
            path: path.to_owned(),
            writer: None,
            idle_readers: Mutex::default(),
            kept: Kept::default(),
            is_immutable: false,
        };
        let version = match store.read(|reader| Ok(user_version(reader.connection)?)) {
            Err(_) if log_is_empty(path) => {
                // A read-only folder: SQLite cannot make its index of the log, and needs none.
                store.is_immutable = true;
                store.idle_readers = Mutex::default();
                store.read(|reader| Ok(user_version(reader.connection)?))?
            }
            Err(StoreError::Unreadable { path, .. }) => {
                return Err(StoreError::Unreadable {
                    path,
                    reason: "its newest changes are still in the log beside it, and reading that \
                             needs a folder that can be written"
                        .to_owned(),
                });
            }
            other => other?,
        };
        refuse_newer(path, version)?;
        if version < migration::NEWEST {
            return Err(StoreError::Older {
                path: path.to_owned(),
                found: version,
            });
        }
        Ok(store)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks within one consistent view.
    ///
    /// # Errors
    /// What `ask` fails with, with the file's name.
    pub fn read<T>(&self, ask: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let answer = || -> Result<T> {
            let idle = lock(&self.idle_readers).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => self.connect_reader()?,
            };
            let view = connection.unchecked_transaction()?;
            let answer = ask(&Reader {
                connection: &view,
                texts: Texts::default(),
                waiting_keys: WaitingKeys::default(),
                kept: Some(&self.kept),
            })?;
            view.finish()?;
            lock(&self.idle_readers).push(connection);
            Ok(answer)
        };
        answer().map_err(|error| error.at(&self.path))
    }

    /// Changes the workspace in one transaction: all of it is durable when this returns, or none of it
    /// happened. A second writer waits 5 s.
    ///
    /// # Errors
    /// What `change` fails with, or what SQLite says; nothing was changed then.
    pub fn write<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&Writer<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transact(WRITER_WAIT, change, End::Commit)
    }

    /// As [`Store::write`], and nothing of what was removed, now or before, can be read in the file or its
    /// log any more: the file is written anew, without what was left in free pages and between rows.
    /// Answers beside it why that could not be done, where the change was made all the same: it needs as
    /// much room again as the file takes, and nobody who still reads what was there before.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_erasing<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&Writer<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<(T, Option<StoreError>), E> {
        let answer = self.write(change)?;
        let erased = self.erase_what_was_removed();
        Ok((answer, erased.err().map(|error| error.at(&self.path))))
    }

    /// As [`Store::write`], but without waiting for another writer, of this program or another.
    ///
    /// # Errors
    /// As [`Store::write`]; [`StoreError::Locked`] at once where another writes.
    pub fn write_at_once<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&Writer<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transact(Duration::ZERO, change, End::Commit)
    }

    /// Runs a change only to see what it would do: nothing of it stays.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn rehearse<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&Writer<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transact(WRITER_WAIT, change, End::RollBack)
    }

    fn transact<T, E: From<StoreError>>(
        &self,
        wait: Duration,
        change: impl FnOnce(&Writer<'_>) -> std::result::Result<T, E>,
        end: End,
    ) -> std::result::Result<T, E> {
        let error = |error: rusqlite::Error| E::from(StoreError::Bare(error).at(&self.path));
        let Some(writer) = &self.writer else {
            return Err(E::from(StoreError::Unwritable {
                path: self.path.clone(),
                reason: "it was opened for reading".to_owned(),
            }));
        };
        let mut connection = match writer.try_lock() {
            Ok(free) => free,
            Err(TryLockError::WouldBlock) if wait.is_zero() => {
                return Err(E::from(StoreError::Locked(self.path.clone())));
            }
            Err(_) => lock(writer),
        };
        connection.busy_timeout(wait).map_err(error)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(error)?;
        let writer = Writer::over(&transaction);
        let answer = change(&writer)?;
        writer.write_session_keys().map_err(E::from)?;
        let noted = writer.write_revision().map_err(E::from)?;
        drop(writer);
        match (end, noted) {
            (End::RollBack, _) => transaction.rollback().map_err(error)?,
            (End::Commit, None) => {
                seal_and_commit(transaction).map_err(|error| E::from(error.at(&self.path)))?;
            }
            (End::Commit, Some((revision, notes))) => {
                // Before anybody can see the revision.
                self.kept.log.note(revision, notes);
                if let Err(error) = seal_and_commit(transaction) {
                    self.kept.log.forget(revision);
                    return Err(E::from(error.at(&self.path)));
                }
            }
        }
        Ok(answer)
    }

    /// Overwriting what is deleted as it is deleted (`secure_delete`) is not enough: what moved from page
    /// to page before stays where it was.
    fn erase_what_was_removed(&self) -> Result<()> {
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        let connection = lock(writer);
        connection.busy_timeout(WRITER_WAIT)?;
        connection.execute_batch("VACUUM")?;
        let is_read: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        match is_read {
            true => Err(StoreError::Locked(self.path.clone())),
            false => Ok(()),
        }
    }

    /// SQLite's own check of the file: an empty list where all is well.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn integrity(&self) -> Result<Vec<String>> {
        self.read(|reader| {
            let mut check = reader.connection.prepare("PRAGMA integrity_check(100)")?;
            let lines = check.query_map([], |row| row.get::<_, String>(0))?;
            let found = lines.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(found.into_iter().filter(|line| line != "ok").collect())
        })
    }

    pub(crate) fn connect_reader(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = match self.is_immutable {
            true => connect_immutable(&self.path)?,
            false => connect(&self.path, flags)?,
        };
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -32_768)?;
        Ok(connection)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Readers first: the last connection to close, the writer, tidies the log away.
        lock(&self.idle_readers).clear();
    }
}

fn seal_and_commit(transaction: Transaction<'_>) -> Result<()> {
    Writer::over(&transaction).seal()?;
    Ok(transaction.commit()?)
}

/// A panic elsewhere leaves a connection whole: its transaction was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an empty file that only its owner can read.
fn create(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::Unwritable {
            path: path.to_owned(),
            reason: match error.kind() {
                std::io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
                _ => error.to_string(),
            },
        }),
    }
}

pub(crate) fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(in_full(path), access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A plan that suits every bound value: otherwise SQLite plans anew whenever some values change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(WRITER_WAIT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The whole path: of “:memory:” and “file:…” alone SQLite thinks that no files of these names are
/// meant.
fn in_full(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Reads the file alone, without locks and without any file beside it.
pub(crate) fn connect_immutable(path: &Path) -> Result<Connection> {
    let mut uri = String::from("file:");
    for byte in in_full(path).as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(uri, flags)?)
}

fn foreign(path: &Path, what: &str) -> StoreError {
    StoreError::Foreign {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}

/// A connection that only reads a workspace, of whichever layout.
pub(crate) fn connect_to_read(path: &Path) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match user_version(&connection) {
        Ok(_) => Ok(connection),
        // As in [`Store::open_read_only`].
        Err(_) if log_is_empty(path) => connect_immutable(path),
        Err(error) => Err(error.into()),
    }
}

/// Refuses what is no workspace of ours, having read the first page alone.
pub(crate) fn identify(path: &Path) -> Result<()> {
    let first_page = || -> Result<(i64, i64)> {
        let connection = connect_immutable(path)?;
        // After a crash the first page can speak of more pages than the file has yet: they are in the
        // log, which is not looked at here. Otherwise SQLite calls that damage.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
        let application_id =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        Ok((application_id, user_version(&connection)?))
    };
    let (application_id, version) = first_page().map_err(|error| error.at(path))?;
    if application_id != migration::APPLICATION_ID {
        return Err(foreign(path, "a SQLite file of another program"));
    }
    refuse_newer(path, version)
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn refuse_newer(path: &Path, found: i64) -> Result<()> {
    match found > migration::NEWEST {
        true => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: migration::NEWEST,
        }),
        false => Ok(()),
    }
}

pub(crate) fn has_log(path: &Path) -> bool {
    beside(path, "-wal").exists()
}

fn log_is_empty(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).map_or(true, |found| found.len() == 0)
}

/// Who only reads leaves the log and its index with the permissions that the file had then. Where it
/// can be written now, so must they be: SQLite would say that the file is read-only.
fn make_writable_beside(path: &Path) {
    let Ok(permissions) = path.metadata().map(|found| found.permissions()) else {
        return;
    };
    for name in ["-wal", "-shm"].map(|end| beside(path, end)) {
        let is_read_only = name
            .metadata()
            .is_ok_and(|found| found.permissions().readonly());
        if is_read_only && !permissions.readonly() {
            // Where it may not be done, SQLite says what follows.
            let _ = std::fs::set_permissions(&name, permissions.clone());
        }
    }
}

/// A file that SQLite keeps beside the workspace.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = real_path(path).into_os_string();
    name.push(end);
    PathBuf::from(name)
}
