//! Why a source as a whole could not be read, in sentences for people.
//!
//! It must not know how sources are read.

use std::fmt;
use std::io;

use crate::unpack::{MAX_UNPACKED_BYTES, MOST_TIMES_PACKED};

/// What bytes are packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstandard,
    /// `.zip`
    Zip,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
            Self::Zip => "ZIP",
        })
    }
}

/// Why a source as a whole could not be read. Displayed, it is a sentence with the name of the file;
/// of one in an archive, with the archive's before it.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// No such file.
    #[error("There is no file {name}.")]
    Missing {
        /// The file.
        name: String,
    },
    /// A file that this account may not read.
    #[error("{name} cannot be read: permission is denied.")]
    Permission {
        /// The file.
        name: String,
    },
    /// Nothing but white space, or a table's header alone.
    #[error("{name} is empty: there are no events in it.")]
    Empty {
        /// The file.
        name: String,
    },
    /// A folder or an archive without files.
    #[error("{name} is empty: there are no files in it.")]
    NoFiles {
        /// The folder or archive.
        name: String,
    },
    /// A folder or an archive without one file of events.
    #[error("There are no events in {name}: {first}{}", more(*file_count))]
    NoEvents {
        /// The folder or archive.
        name: String,
        /// How many files are in it.
        file_count: u64,
        /// Why the first of them is no file of events: a sentence.
        first: String,
    },
    /// A folder or an archive of more files than are read at once.
    #[error("There are more than {most} files in {name}. Import parts of it one after the other.")]
    TooManyFiles {
        /// The folder or archive.
        name: String,
        /// So many would be read.
        most: usize,
    },
    /// Not text: a picture, a database, an archive of a kind that is not read.
    #[error("{name} looks like {looks_like}, which cannot be read yet.")]
    NotText {
        /// The file.
        name: String,
        /// "an xz file".
        looks_like: &'static str,
    },
    /// Text of no known format.
    #[error("{name} is text, but of no format that is known.")]
    NoFormat {
        /// The file.
        name: String,
    },
    /// Something packed in something packed.
    #[error(
        "{name} is {looks_like} inside {}. Unpack the outer one, and import what is in it.",
        inside(*outer)
    )]
    Nested {
        /// The file.
        name: String,
        /// "a ZIP archive".
        looks_like: &'static str,
        /// What it is in.
        outer: Packing,
    },
    /// Text of two bytes a character.
    #[error("{name} is UTF-16 text. Save it as UTF-8 and import it again.")]
    Utf16 {
        /// The file.
        name: String,
    },
    /// The packed data ends too early.
    #[error(
        "{name} is cut off: its {packing} data ends too early, {}. Copy or download it again.",
        place(*line)
    )]
    CutOff {
        /// The file.
        name: String,
        /// What it is packed in.
        packing: Packing,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// The packed data is damaged.
    #[error(
        "{name} is damaged: its {packing} data cannot be unpacked {} ({problem}). Copy or \
         download it again.",
        place(*line)
    )]
    Damaged {
        /// The file.
        name: String,
        /// What it is packed in.
        packing: Packing,
        /// The last whole line before it; 0 where there is none.
        line: u64,
        /// In the words of the unpacker.
        problem: String,
    },
    /// The archive's list of its files cannot be read.
    #[error(
        "{name} is cut off or damaged: the list of files at the end of a ZIP archive cannot be \
         read ({problem}). Copy or download it again."
    )]
    BadArchive {
        /// The archive.
        name: String,
        /// In the words of the unpacker.
        problem: String,
    },
    /// A file in an archive that needs a password.
    #[error("{name} is encrypted. Unpack the archive with its password, and import what is in it.")]
    Encrypted {
        /// The file.
        name: String,
    },
    /// A file in an archive that is packed in a way that is not read.
    #[error(
        "{name} is packed in a way that cannot be read ({problem}). Unpack the archive, and \
         import what is in it."
    )]
    UnknownPacking {
        /// The file.
        name: String,
        /// In the words of the unpacker.
        problem: String,
    },
    /// Packed data that unpacks to far more than events do.
    #[error(
        "{name} unpacks to more than {MOST_TIMES_PACKED} times its size, which event data does \
         not; reading stopped {}.",
        place(*line)
    )]
    TooDense {
        /// The file.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// Packed data that unpacks to more than is read.
    #[error(
        "{name} unpacks to more than {} GiB; reading stopped {}. Split it into smaller files.",
        MAX_UNPACKED_BYTES >> 30,
        place(*line)
    )]
    TooLarge {
        /// The file.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// A list of events whose end is missing.
    #[error(
        "{name} is cut off: the list that begins it is not closed with ], {}. Copy or download \
         it again.",
        place(*line)
    )]
    ListNotClosed {
        /// The file.
        name: String,
        /// The line of the last whole event; 0 where there is none.
        line: u64,
    },
    /// A list that is no JSON between its events.
    #[error("{name} is no JSON: on line {line} {problem}.")]
    ListBroken {
        /// The file.
        name: String,
        /// Where.
        line: u64,
        /// A clause.
        problem: &'static str,
    },
    /// A table's first line is not one that names columns.
    #[error("The first line of {name} should name the columns, but {problem}.")]
    BadHeader {
        /// The file.
        name: String,
        /// A clause.
        problem: String,
    },
    /// Two columns of a table have one name.
    #[error(
        "{name} has two columns that are called “{column}”: the {}. and the {}. Give one of \
         them another name.",
        places.0,
        places.1
    )]
    SameColumn {
        /// The file.
        name: String,
        /// Their name.
        column: String,
        /// Where they stand, from 1.
        places: (usize, usize),
    },
    /// No column of a table is one that events need.
    #[error(
        "No column of {name} is {what}. Say which one is: --map {field}=COLUMN. Its first line \
         has {columns}."
    )]
    NoColumn {
        /// The file.
        name: String,
        /// "the event's name".
        what: &'static str,
        /// The field.
        field: &'static str,
        /// The names of the columns.
        columns: String,
    },
    /// A column that somebody named is not there.
    #[error("{name} has no column “{column}” for {field}. Its first line has {columns}.")]
    NoSuchColumn {
        /// The file.
        name: String,
        /// The field.
        field: String,
        /// The column.
        column: String,
        /// The names of the columns.
        columns: String,
    },
    /// Columns were named for a file that has none.
    #[error("{name} is JSON, which has no columns: --map is for CSV and TSV.")]
    NoColumnsToMap {
        /// The file.
        name: String,
    },
    /// The system says no.
    #[error("{name} cannot be read {}: {error}.", place(*line))]
    Failed {
        /// The file.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
        /// In the words of the system.
        error: io::Error,
    },
    /// Somebody cancelled it.
    #[error("Reading {name} was cancelled.")]
    Cancelled {
        /// The file.
        name: String,
    },
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// The source.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Whoever took the batches.
    #[error("{0}")]
    Each(E),
}

impl InputError {
    /// The same, after this line.
    pub(crate) fn after_line(mut self, after: u64) -> Self {
        if let Self::CutOff { line, .. }
        | Self::Damaged { line, .. }
        | Self::TooDense { line, .. }
        | Self::TooLarge { line, .. }
        | Self::Failed { line, .. } = &mut self
        {
            *line = after;
        }
        self
    }

    /// Whether it says that a file is none of events, which among others is no reason to stop.
    pub(crate) fn is_no_event_file(&self) -> bool {
        matches!(
            self,
            Self::Empty { .. }
                | Self::NotText { .. }
                | Self::NoFormat { .. }
                | Self::NoColumn { .. }
        )
    }
}

fn place(line: u64) -> String {
    match line {
        0 => "before the end of its first line".to_owned(),
        line => format!("after line {line}"),
    }
}

fn inside(outer: Packing) -> &'static str {
    match outer {
        Packing::Gzip => "gzip data",
        Packing::Zstandard => "Zstandard data",
        Packing::Zip => "a ZIP archive",
    }
}

fn more(file_count: u64) -> String {
    match file_count {
        0 | 1 => String::new(),
        2 => " Nor is the other file one of events.".to_owned(),
        count => format!(
            " Nor is one of the other {} files one of events.",
            count - 1
        ),
    }
}
