//! What can go wrong with a workspace file, in words with the place.

use std::path::PathBuf;

use crate::lock::Holder;

/// An error of the workspace file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file of that name.
    #[error("There is no workspace at {0}")]
    Missing(PathBuf),
    /// The file is something else; it was not touched.
    #[error("{path} is no Dwell workspace ({what}); it was not touched")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// The file was written by a newer version; it was not touched.
    #[error(
        "{path} was written by a newer version of Dwell (its layout is {found}, this program knows \
         up to {known}); it was not touched"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout that this program knows.
        known: i64,
    },
    /// Its layout is that of an older version; opening it for writing brings it up to date.
    #[error(
        "{path} was written by an older version of Dwell and has to be opened for writing once"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
    },
    /// Another connection writes.
    #[error("Another Dwell, a window or a command, is writing to {0}; try again when it is done")]
    Locked(PathBuf),
    /// A window has it open, and what was asked for needs it alone.
    #[error("{path} is open in a window of Dwell")]
    Held {
        /// The file.
        path: PathBuf,
        /// Who has it, where that can be read.
        holder: Option<Holder>,
    },
    /// The folder or the file cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why, in the system's words.
        reason: String,
    },
    /// The file cannot be opened.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The disk is full; nothing was changed.
    #[error("The disk that holds {0} is full; nothing was changed")]
    Full(PathBuf),
    /// A file stands where one is to be made.
    #[error("There is a file {0} already; choose another name")]
    Exists(PathBuf),
    /// The disk has not the room that is needed; nothing was begun.
    #[error(
        "{} are needed on the disk of {}, and {} are free; nothing was changed",
        megabytes(*needed), path.display(), megabytes(*free)
    )]
    NoRoom {
        /// The folder.
        path: PathBuf,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A copy, or what was to be copied, is damaged.
    #[error("{path} is damaged and was not used: {reason}")]
    BadCopy {
        /// The file.
        path: PathBuf,
        /// What is wrong, in SQLite's words.
        reason: String,
    },
    /// It was asked to stop; nothing was changed.
    #[error("Stopped; nothing was changed")]
    Stopped,
    /// A stored value is not what it must be.
    #[error("The workspace is damaged: table {table}, row {row}, column {column}: {reason}")]
    Damaged {
        /// Table.
        table: &'static str,
        /// Row.
        row: String,
        /// Column.
        column: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// SQLite's own words for the rest.
    #[error("{path}: {}", in_words(source))]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// SQLite's error where the path is not at hand; [`crate::file`] adds it.
    #[error(transparent)]
    Bare(#[from] rusqlite::Error),
}

/// `1,234.5 MB`, without the commas.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Without the SQL, which says nothing to a person.
fn in_words(source: &rusqlite::Error) -> String {
    match source {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        source => source.to_string(),
    }
}

/// A result of the workspace file.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// The same error with the file's name and, for what a person can mend, in plain words.
    pub fn at(self, path: &std::path::Path) -> Self {
        let Self::Bare(source) = self else {
            return self;
        };
        let path = path.to_owned();
        if source
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        {
            // The index of the log found no room beside it.
            return Self::Full(path);
        }
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::Locked(path)
            }
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full(path),
            Some(rusqlite::ErrorCode::ReadOnly) => Self::Unwritable {
                path,
                reason: "it is read-only".to_owned(),
            },
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied) => {
                Self::Unreadable {
                    path,
                    reason: "this account may not open it".to_owned(),
                }
            }
            Some(rusqlite::ErrorCode::NotADatabase) => Self::Foreign {
                path,
                what: "not a SQLite file".to_owned(),
            },
            _ => Self::Sqlite { path, source },
        }
    }
}
