//! Why a row was rejected, in words for people and in a code for grouping (the quarantine of
//! sessions, section 1).
//!
//! It must not know how rows are read.

use std::fmt;

use dwell_model::time::format_utc;

use crate::{
    KEPT_OF_LONG_ROW_BYTES, MAX_EVENT_ID_BYTES, MAX_LEVELS, MAX_NAME_CHARS, MAX_PROPERTIES,
    MAX_PROPERTY_NAMES_BYTES, MAX_ROW_BYTES,
};

/// A row that is no event, kept so that it can be exported, mended and imported again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// From 1, in the unpacked text; on from file to file where a source has several.
    pub line: u64,
    /// Where in the row the fault is, in bytes, from 1; the byte-order mark does not count. `None`
    /// for what is missing.
    pub column: Option<u64>,
    /// Why. A row with several faults is rejected for one of them.
    pub reason: Reason,
    /// The row without its line end; of a row over 1 MiB its first 4 KiB.
    pub excerpt: Vec<u8>,
    /// Whether `excerpt` is not the whole row.
    pub truncated: bool,
}

/// Why a row is no event. Displayed, it is a sentence with the real value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Longer than a row can be.
    LineTooLong {
        /// Its length without the line end.
        byte_count: u64,
    },
    /// Not UTF-8.
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// Not JSON.
    NotJson {
        /// What is wrong, as a clause.
        problem: String,
    },
    /// A quotation mark opens a cell of a table and is not closed.
    QuoteNotClosed,
    /// Something stands behind the quotation mark that closes a cell.
    BehindQuotes,
    /// Fewer or more cells than the table has columns.
    WrongCellCount {
        /// Cells of the row.
        cell_count: usize,
        /// Columns of the table.
        column_count: usize,
    },
    /// JSON, but not a map.
    NotAnObject {
        /// What it is: "a list".
        found: &'static str,
    },
    /// More than 32 levels of maps and lists.
    TooDeep {
        /// Where.
        field: &'static str,
    },
    /// More than 512 properties after flattening.
    TooManyProperties {
        /// `properties` or `context`.
        field: &'static str,
    },
    /// Names that are far longer after flattening than they were written.
    NamesTooLong {
        /// `properties` or `context`.
        field: &'static str,
    },
    /// A field of a type or with a value that it cannot have.
    WrongType {
        /// Which.
        field: &'static str,
        /// What stands there: "a list", "“track”".
        found: String,
        /// What should: "text or a number".
        wanted: &'static str,
    },
    /// No name, or a blank one.
    NoName,
    /// A name over 200 characters.
    NameTooLong {
        /// Its length after trimming.
        char_count: usize,
    },
    /// An `event_id` over 1,000 bytes.
    EventIdTooLong {
        /// Its length.
        byte_count: usize,
    },
    /// No timestamp, or a blank one.
    NoTime,
    /// A time that cannot be read.
    BadTime {
        /// Which.
        field: &'static str,
        /// As the source wrote it, cut to what fits a sentence.
        value: String,
    },
    /// A (corrected) time before 1980.
    TimeTooEarly {
        /// The time.
        time_ms: i64,
    },
    /// A (corrected) time more than 24 h after the latest that is possible.
    TimeInFuture {
        /// The time.
        time_ms: i64,
        /// What it was held against.
        latest: Latest,
    },
    /// Neither a user nor a device.
    NoOwner,
}

/// What a time cannot be more than 24 h after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// The event's arrival at its server, UTC ms.
    Arrival(i64),
    /// The moment of the import, UTC ms, where the event has no `received_at`.
    Now(i64),
}

impl Reason {
    /// A stable code for grouping.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LineTooLong { .. } => "line_too_long",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::QuoteNotClosed => "quote_not_closed",
            Self::BehindQuotes => "behind_quotes",
            Self::WrongCellCount { .. } => "wrong_cell_count",
            Self::NotAnObject { .. } => "not_an_object",
            Self::TooDeep { .. } => "too_deep",
            Self::TooManyProperties { .. } => "too_many_properties",
            Self::NamesTooLong { .. } => "names_too_long",
            Self::WrongType { .. } => "wrong_type",
            Self::NoName => "no_name",
            Self::NameTooLong { .. } => "name_too_long",
            Self::EventIdTooLong { .. } => "event_id_too_long",
            Self::NoTime => "no_time",
            Self::BadTime { .. } => "bad_time",
            Self::TimeTooEarly { .. } => "time_too_early",
            Self::TimeInFuture { .. } => "time_in_future",
            Self::NoOwner => "no_owner",
        }
    }

    /// What stands where something else should, as far as a row has it.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::BadTime { value, .. } => Some(value.clone()),
            Self::WrongType { found, .. } => Some(found.trim_matches(['“', '”']).to_owned()),
            Self::TimeTooEarly { time_ms } | Self::TimeInFuture { time_ms, .. } => {
                Some(format_utc(*time_ms))
            }
            _ => None,
        }
    }

    /// The field that it concerns; `None` where it is the row as a whole.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::LineTooLong { .. }
            | Self::NotUtf8 { .. }
            | Self::NotJson { .. }
            | Self::QuoteNotClosed
            | Self::BehindQuotes
            | Self::WrongCellCount { .. }
            | Self::NotAnObject { .. }
            | Self::NoOwner => None,
            Self::TooDeep { field }
            | Self::TooManyProperties { field }
            | Self::NamesTooLong { field }
            | Self::WrongType { field, .. }
            | Self::BadTime { field, .. } => Some(field),
            Self::NoName | Self::NameTooLong { .. } => Some("name"),
            Self::EventIdTooLong { .. } => Some("event_id"),
            Self::NoTime | Self::TimeTooEarly { .. } | Self::TimeInFuture { .. } => {
                Some("timestamp")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineTooLong { byte_count } => write!(
                f,
                "The line has {byte_count} bytes; {MAX_ROW_BYTES} are the most. Its first \
                 {KEPT_OF_LONG_ROW_BYTES} are kept."
            ),
            Self::NotUtf8 { byte } => {
                write!(
                    f,
                    "The line is not UTF-8: the byte 0x{byte:02X} does not fit. Text in another \
                     encoding, Latin-1 or Windows-1252 for instance, has to be saved as UTF-8 first."
                )
            }
            Self::NotJson { problem } => write!(f, "The line is not JSON: {problem}."),
            Self::QuoteNotClosed => f.write_str("A quotation mark opens a cell and is not closed."),
            Self::BehindQuotes => f.write_str(
                "Something stands behind the quotation mark that closes a cell; one within a cell \
                 is written twice.",
            ),
            Self::WrongCellCount {
                cell_count,
                column_count,
            } => write!(
                f,
                "The row has {cell_count} cells, but the table has {column_count} columns."
            ),
            Self::NotAnObject { found } => {
                write!(f, "The row is {found}; an event is a map in braces.")
            }
            Self::TooDeep { field } => {
                write!(
                    f,
                    "{field}: maps and lists nest more than {MAX_LEVELS} levels deep."
                )
            }
            Self::TooManyProperties { field } => {
                write!(
                    f,
                    "{field}: there are more than {MAX_PROPERTIES}, which is the most."
                )
            }
            Self::NamesTooLong { field } => {
                write!(
                    f,
                    "{field}: their names, with those of the maps around them, have more bytes \
                     than a row can; {MAX_PROPERTY_NAMES_BYTES} is the most."
                )
            }
            Self::WrongType {
                field,
                found,
                wanted,
            } => {
                write!(f, "{field}: {found} stands where {wanted} should.")
            }
            Self::NoName => f.write_str("The event has no name."),
            Self::NameTooLong { char_count } => write!(
                f,
                "name: it has {char_count} characters; {MAX_NAME_CHARS} are the most."
            ),
            Self::EventIdTooLong { byte_count } => write!(
                f,
                "event_id: it has {byte_count} bytes; {MAX_EVENT_ID_BYTES} are the most."
            ),
            Self::NoTime => f.write_str("The event has no timestamp."),
            Self::BadTime { field, value } => {
                write!(f, "{field}: “{value}” is not a date that can be read.")
            }
            Self::TimeTooEarly { time_ms } => {
                write!(f, "The time {} is before 1980.", format_utc(*time_ms))
            }
            Self::TimeInFuture { time_ms, latest } => {
                let time = format_utc(*time_ms);
                match latest {
                    Latest::Arrival(ms) => write!(
                        f,
                        "The time {time} is more than 24 hours after the event's arrival, {}.",
                        format_utc(*ms)
                    ),
                    Latest::Now(ms) => write!(
                        f,
                        "The time {time} is more than 24 hours in the future; it is {} now.",
                        format_utc(*ms)
                    ),
                }
            }
            Self::NoOwner => f.write_str("The event has neither a user_id nor a device_id."),
        }
    }
}

/// A reason, and where in the row's bytes (from 0) it was found.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) at: Option<usize>,
}

impl Refusal {
    pub(crate) fn at(at: usize, reason: Reason) -> Self {
        Self {
            reason,
            at: Some(at),
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, at: None }
    }
}

/// A value as a sentence can carry it: its first 60 characters, control characters escaped.
pub(crate) fn shown(value: &str) -> String {
    const MOST_CHARS: usize = 60;
    let mut text = String::new();
    for (index, c) in value.chars().enumerate() {
        if index == MOST_CHARS {
            text.push('…');
            break;
        }
        match c.is_control() {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
    text
}
