//! The first line of a table: what separates its cells, and which column goes where.
//!
//! It must not know the rows that follow, but for telling the separator.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::row::{Cell, Fault, next_row};
use crate::context::stored_name;
use crate::error::InputError;
use crate::format::native::free_name_among;
use crate::reason::shown;
use crate::text::{BYTE_ORDER_MARK, HEAD_BYTES};
use crate::{Column, ColumnChoice, MissingColumn};

/// What separates cells, in the order in which it is tried.
pub(super) const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// So many rows are looked at to tell whether a text is a table.
const MOST_ROWS_COMPARED: usize = 20;
/// A table has at most this many columns.
const MAX_COLUMNS: usize = 2_048;
/// So many columns are named in a sentence.
const MOST_COLUMNS_NAMED: usize = 30;

/// A field of events that a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnField {
    /// `event_id`
    EventId,
    /// `name`
    Name,
    /// `type`
    Type,
    /// `timestamp`
    Timestamp,
    /// `received_at`
    ReceivedAt,
    /// `sent_at`
    SentAt,
    /// `user_id`
    UserId,
    /// `device_id`
    DeviceId,
    /// `session_id`
    SessionId,
    /// `properties`: a map in JSON.
    Properties,
    /// `context`: a map in JSON.
    Context,
}

/// The fields, and the names of columns that hold them, small letters and digits alone: of several
/// that a table has, the first.
pub const COLUMN_FIELDS: &[(ColumnField, &str, &[&str])] = &[
    (
        ColumnField::EventId,
        "event_id",
        &["eventid", "insertid", "messageid"],
    ),
    (
        ColumnField::Name,
        "name",
        &["name", "event", "eventname", "eventtype"],
    ),
    (ColumnField::Type, "type", &["type"]),
    (
        ColumnField::Timestamp,
        "timestamp",
        &[
            "timestamp",
            "time",
            "eventtime",
            "eventtimestamp",
            "clienteventtime",
            "occurredat",
            "datetime",
            "ts",
        ],
    ),
    (ColumnField::ReceivedAt, "received_at", &["receivedat"]),
    (ColumnField::SentAt, "sent_at", &["sentat"]),
    (ColumnField::UserId, "user_id", &["userid", "user"]),
    (ColumnField::DeviceId, "device_id", &["deviceid"]),
    (
        ColumnField::SessionId,
        "session_id",
        &["sessionid", "session"],
    ),
    (
        ColumnField::Properties,
        "properties",
        &["properties", "eventproperties"],
    ),
    (ColumnField::Context, "context", &["context"]),
];

impl ColumnField {
    /// The field of this name, spelt as events spell it.
    pub fn parse(name: &str) -> Option<Self> {
        let named = COLUMN_FIELDS.iter().find(|(_, known, _)| *known == name);
        named.map(|(field, ..)| *field)
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::EventId => "event id",
            Self::Name => "event name",
            Self::Type => "event type",
            Self::Timestamp => "timestamp",
            Self::ReceivedAt => "arrival",
            Self::SentAt => "sent at",
            Self::UserId => "user",
            Self::DeviceId => "device",
            Self::SessionId => "source session",
            Self::Properties => "properties",
            Self::Context => "context",
        }
    }

    /// As events spell it.
    pub fn name(self) -> &'static str {
        let named = COLUMN_FIELDS.iter().find(|(field, ..)| *field == self);
        named.map_or("", |(_, name, _)| name)
    }
}

/// Where what stands in a column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Field(ColumnField),
    /// A property of this name.
    Property(String),
    /// A context field that is stored under this name.
    Context(String),
}

/// A table's first line, understood.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) separator: u8,
    /// Where in the text it stands, in bytes: what follows is rows.
    pub(super) place: Range<usize>,
    pub(super) targets: Vec<Target>,
    pub(super) names: Vec<String>,
}

/// Whether a text that begins like this is a table: its first line has several cells, and one of them
/// is called like a name or a time of events, or the next lines have as many.
pub(super) fn is_table(head: &[u8]) -> bool {
    Shape::best(head).is_some_and(|shape| {
        shape.cell_count > 1
            && (shape.fields == 2
                || shape.fields + shape.rows > 1 && shape.uneven_rows * 4 <= shape.rows)
    })
}

/// A text, read with one separator.
struct Shape {
    separator: u8,
    /// Of its first line.
    cell_count: usize,
    /// How many names and times of events its first line has.
    fields: usize,
    /// Rows, up to some.
    rows: usize,
    /// Those that have another number of cells than the first one.
    uneven_rows: usize,
}

impl Shape {
    /// With the separator that most speaks for.
    fn best(head: &[u8]) -> Option<Self> {
        let shapes = SEPARATORS.iter().rev().filter_map(|s| Self::of(head, *s));
        shapes.max_by_key(|shape| (shape.fields, shape.uneven_rows == 0, shape.cell_count))
    }

    fn of(head: &[u8], separator: u8) -> Option<Self> {
        let mut at = start_of_header(head).0;
        let mut cells = Vec::new();
        let mut shape: Option<Self> = None;
        while let Some(row) = next_row(&head[at..], separator, false, &mut cells).or_else(|| {
            // The last row of a short text has no line end.
            let is_first = shape.is_none() && at < head.len();
            is_first
                .then(|| next_row(&head[at..], separator, true, &mut cells))
                .flatten()
        }) {
            let text = &head[at..at + row.content];
            at += row.length;
            if text.trim_ascii().is_empty() {
                continue;
            }
            match &mut shape {
                Some(shape) => {
                    shape.rows += 1;
                    let is_uneven = row.fault.is_some() || cells.len() != shape.cell_count;
                    shape.uneven_rows += usize::from(is_uneven);
                    if shape.rows == MOST_ROWS_COMPARED {
                        break;
                    }
                }
                None => {
                    let text = String::from_utf8_lossy(text);
                    let fields = [ColumnField::Name, ColumnField::Timestamp];
                    let has = |field: &ColumnField| {
                        text.split(char::from(separator))
                            .any(|name| rank(*field, name.trim_matches('"')).is_some())
                    };
                    shape = Some(Self {
                        separator,
                        cell_count: cells.len(),
                        fields: fields.iter().filter(|field| has(field)).count(),
                        rows: 1,
                        uneven_rows: usize::from(row.fault.is_some()),
                    });
                }
            }
        }
        shape
    }
}

/// Where the header begins, blank lines and the line aside in which spreadsheet programs say the
/// separator, and the separator that such a line says.
fn start_of_header(head: &[u8]) -> (usize, Option<u8>) {
    let mut at = 0;
    let mut said = None;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        match line.trim_ascii() {
            b"" => {}
            [b's', b'e', b'p', b'=', separator] if said.is_none() => said = Some(*separator),
            _ if line.starts_with(b"sep=\t") && said.is_none() => said = Some(b'\t'),
            _ => break,
        }
        at += line.len();
    }
    (at, said)
}

impl Header {
    /// Reads the first line of a text that begins like this, and finds the columns that events need.
    pub(super) fn read(
        name: &str,
        head: &[u8],
        choices: &[ColumnChoice],
    ) -> Result<Self, InputError> {
        let header = Self::look(name, head, choices)?;
        match header.missing() {
            None => Ok(header),
            Some(MissingColumn { what, field }) => Err(InputError::NoColumn {
                name: name.to_owned(),
                what,
                field: field.name(),
                columns: listed(&header.names),
            }),
        }
    }

    /// The first column that events need and that is not among these.
    pub(super) fn missing(&self) -> Option<MissingColumn> {
        let has = |field| self.targets.contains(&Target::Field(field));
        let (what, field) = if !has(ColumnField::Name) {
            ("the event's name", ColumnField::Name)
        } else if !has(ColumnField::Timestamp) {
            ("the event's time", ColumnField::Timestamp)
        } else if !has(ColumnField::UserId) && !has(ColumnField::DeviceId) {
            ("a user's or a device's id", ColumnField::UserId)
        } else {
            return None;
        };
        Some(MissingColumn { what, field })
    }

    /// As [`Header::read`], where columns that events need may be missing.
    pub(super) fn look(
        name: &str,
        head: &[u8],
        choices: &[ColumnChoice],
    ) -> Result<Self, InputError> {
        let bad = |problem: String| InputError::BadHeader {
            name: name.to_owned(),
            problem,
        };
        let (start, said) = start_of_header(head);
        let best = || Shape::best(head).map(|shape| shape.separator);
        let separator = said
            .filter(|said| SEPARATORS.contains(said))
            .or_else(best)
            .unwrap_or(SEPARATORS[0]);
        let mut cells = Vec::new();
        let bytes = &head[start..];
        let is_whole = head.len() < HEAD_BYTES - BYTE_ORDER_MARK.len();
        let Some(row) = next_row(bytes, separator, is_whole, &mut cells) else {
            return Err(bad(match bytes.contains(&b'\n') {
                true => "a quotation mark in it is not closed".to_owned(),
                false => format!("it is longer than {} KiB", HEAD_BYTES >> 10),
            }));
        };
        if cells.len() > MAX_COLUMNS {
            return Err(bad(format!("it has more than {MAX_COLUMNS} cells")));
        }
        let text = match std::str::from_utf8(&bytes[..row.content]) {
            Ok(text) => text,
            Err(error) => {
                let byte = bytes[error.valid_up_to()];
                return Err(bad(format!(
                    "it is not UTF-8 text: the byte 0x{byte:02X} does not fit. Save the file as \
                     UTF-8 and import it again"
                )));
            }
        };
        match row.fault {
            Some((at, Fault::NotClosed)) => Err(bad(format!(
                "the quotation mark at its byte {} is not closed",
                at + 1
            ))),
            Some((at, Fault::BehindQuotes)) => Err(bad(format!(
                "something stands behind a closed quotation mark, at its byte {}",
                at + 1
            ))),
            None => {
                let names = names(text, &cells);
                let targets = targets(name, &names, choices)?;
                Ok(Self {
                    separator,
                    place: start..start + row.length,
                    targets,
                    names,
                })
            }
        }
    }
}

/// The names of columns; one without a name is called by its place.
fn names(text: &str, cells: &[Cell]) -> Vec<String> {
    let named = |(index, cell): (usize, &Cell)| match cell.text(text).trim() {
        "" => format!("column_{}", index + 1),
        name => name.to_owned(),
    };
    cells.iter().enumerate().map(named).collect()
}

/// A column's name without what makes no difference.
pub(crate) fn bare(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '$'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// How early among the names of a field's columns this one is.
fn rank(field: ColumnField, name: &str) -> Option<usize> {
    let name = bare(name);
    let (_, _, known) = COLUMN_FIELDS.iter().find(|(known, ..)| *known == field)?;
    known.iter().position(|known| *known == name)
}

fn targets(
    name: &str,
    names: &[String],
    choices: &[ColumnChoice],
) -> Result<Vec<Target>, InputError> {
    let mut places = FxHashMap::default();
    for (index, column) in names.iter().enumerate() {
        if let Some(first) = places.insert(column.as_str(), index) {
            return Err(InputError::SameColumn {
                name: name.to_owned(),
                column: shown(column),
                places: (first + 1, index + 1),
            });
        }
    }
    let mut fields: Vec<Option<ColumnField>> = vec![None; names.len()];
    for choice in choices.iter().filter(|choice| !choice.column.is_empty()) {
        let Some(index) = places.get(choice.column.trim()) else {
            return Err(InputError::NoSuchColumn {
                name: name.to_owned(),
                field: choice.field.name().to_owned(),
                column: shown(&choice.column),
                columns: listed(names),
            });
        };
        fields[*index] = Some(choice.field);
    }
    for (field, ..) in COLUMN_FIELDS {
        if choices.iter().any(|choice| choice.field == *field) {
            continue;
        }
        let free = (0..names.len()).filter(|index| fields[*index].is_none());
        let ranked = free.filter_map(|index| Some((rank(*field, &names[index])?, index)));
        if let Some((_, index)) = ranked.min() {
            fields[index] = Some(*field);
        }
    }
    Ok(all_targets(names, &fields))
}

/// What is no field is a property or, where its name says so, of the context. No two columns have one
/// target.
fn all_targets(names: &[String], fields: &[Option<ColumnField>]) -> Vec<Target> {
    let mut targets: Vec<Option<Target>> = fields
        .iter()
        .map(|field| field.map(Target::Field))
        .collect();
    let mut taken: Vec<String> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if targets[index].is_some() {
            continue;
        }
        if let Some(path) = name.strip_prefix("context.") {
            let stored = stored_name(path).to_owned();
            let target = Target::Context(stored);
            // Of two columns for one context field the second is a property, as it is called.
            if !targets.contains(&Some(target.clone())) {
                targets[index] = Some(target);
            }
        } else if let Some(property) = name.strip_prefix("properties.") {
            taken.push(property.to_owned());
            targets[index] = Some(Target::Property(property.to_owned()));
        }
    }
    let mut all = Vec::with_capacity(names.len());
    for (target, name) in targets.into_iter().zip(names) {
        all.push(target.unwrap_or_else(|| {
            let free = free_name_among(|| taken.iter().map(String::as_str), name).into_owned();
            taken.push(free.clone());
            Target::Property(free)
        }));
    }
    all
}

/// The names of columns, as a sentence can carry them.
fn listed(names: &[String]) -> String {
    let mut listed: Vec<String> = names
        .iter()
        .take(MOST_COLUMNS_NAMED)
        .map(|name| shown(name))
        .collect();
    if names.len() > MOST_COLUMNS_NAMED {
        listed.push(format!("and {} more", names.len() - MOST_COLUMNS_NAMED));
    }
    listed.join(", ")
}

impl Target {
    /// As people read it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_owned(),
            Self::Property(name) => format!("properties.{name}"),
            Self::Context(name) => format!("context.{name}"),
        }
    }
}

/// The columns for people.
pub(super) fn columns(header: &Header) -> Vec<Column> {
    let targets = header.targets.iter().map(Target::words);
    let named = header.names.iter().cloned().zip(targets);
    named
        .map(|(name, target)| Column { name, target })
        .collect()
}
