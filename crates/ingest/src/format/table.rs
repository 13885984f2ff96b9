//! Tables: CSV, TSV, and cells that are separated by semicolons or bars, with a first line that names
//! the columns. The guide for people is this crate's README.
//!
//! It must not know how a row is taken apart nor which columns hold what, which `row` and `header` do.

mod again;
mod header;
mod row;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use dwell_model::{PackedEvents, Properties, Scalar, Value};

use self::header::{Header, Target, columns, is_table};
use self::row::{Cell, Fault, next_row};
use super::native::free_name;
use super::{Format, Parsed, Reader};
use crate::chunk::{Before, Chunk, Rows};
use crate::context::stored_name;
use crate::draft::{Draft, Field, Raw};
use crate::error::InputError;
use crate::fill::Fills;
use crate::json::{Flattener, Line};
use crate::reason::{Reason, Refusal, shown};
use crate::scan::{Scan, is_number};
use crate::{MAX_PROPERTIES, MAX_ROW_BYTES, Table as Layout};

pub(crate) use self::again::TableAgain;
pub(crate) use self::header::bare;
pub use self::header::{COLUMN_FIELDS, ColumnField};

/// Spares the list of events its growing.
const USUAL_ROW_BYTES: usize = 200;

pub(super) const FORMAT: Format = Format {
    name: "csv",
    title: "CSV or TSV",
    recognises: is_table,
    open: |name, head, options| {
        let header = match options.is_look {
            true => Header::look(name, head, &options.columns)?,
            false => Header::read(name, head, &options.columns)?,
        };
        let (separator, columns) = (header.separator, columns(&header));
        Ok(Reader {
            label: match separator {
                b'\t' => "tsv",
                b';' => "csv with semicolons",
                b'|' => "csv with bars",
                _ => "csv",
            },
            rows: Box::new(TableRows {
                separator,
                has_begun: false,
                cells: Vec::new(),
            }),
            table: Some(Layout {
                separator,
                header: head[header.place.clone()].to_vec(),
                choices: options.columns.clone(),
            }),
            missing: header.missing(),
            read_rows: Arc::new(move |chunk, parsed| read_rows(&header, chunk, parsed)),
            columns,
        })
    },
};

/// Cuts a table between its rows.
struct TableRows {
    separator: u8,
    has_begun: bool,
    cells: Vec<Cell>,
}

impl Rows for TableRows {
    fn last_end(
        &mut self,
        bytes: &[u8],
        _: u64,
        is_last: bool,
    ) -> Result<Option<usize>, InputError> {
        let mut end = 0;
        while end < bytes.len() {
            let rest = &bytes[end..];
            // A line without quotation marks is a row, whatever its cells.
            let length = match memchr::memchr2(b'\n', b'"', rest) {
                Some(at) if rest[at] == b'\n' => Some(at + 1),
                _ => next_row(rest, self.separator, is_last, &mut self.cells).map(|row| row.length),
            };
            match length {
                Some(length) => end += length,
                None => break,
            }
        }
        self.has_begun |= end > 0;
        Ok((end > 0 || bytes.is_empty()).then_some(end))
    }

    fn long_end(&mut self, bytes: &[u8], _: bool) -> Option<usize> {
        memchr::memchr(b'\n', bytes)
    }

    fn before(&self) -> Before {
        Before {
            has_begun: self.has_begun,
            row_line: 0,
        }
    }
}

fn read_rows(header: &Header, chunk: &Chunk, parsed: &mut Parsed<'_>) {
    let byte_count = chunk.bytes.len();
    parsed.events = PackedEvents::with_capacity(byte_count / USUAL_ROW_BYTES, byte_count);
    let begin = match chunk.before.has_begun {
        true => 0,
        false => header.place.end.min(byte_count),
    };
    let mut line = chunk.first_line + line_ends(&chunk.bytes[..begin]);
    let mut rest = &chunk.bytes[begin..];
    let mut table = Table::new(header);
    if parsed.is_look() {
        parsed.fills = Fills::of(columns(header));
    }
    while let Some(row) = (!rest.is_empty())
        .then(|| next_row(rest, header.separator, true, &mut table.cells))
        .flatten()
    {
        let content = &rest[..row.content];
        let lines = line_ends(&rest[..row.length]);
        rest = &rest[row.length..];
        if content.len() > MAX_ROW_BYTES {
            parsed.push_too_long(line, content, content.len() as u64);
        } else if content.trim_ascii().is_empty() {
            // Blank lines are no rows.
        } else {
            table.read(line, content, row.fault, parsed);
        }
        line += lines;
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// A table's columns, and space for one row of it.
struct Table<'h> {
    header: &'h Header,
    /// The names of properties and context fields as JSON writes them, with the colon.
    json_names: Vec<String>,
    has_maps: bool,
    cells: Vec<Cell>,
    properties: String,
    context: String,
}

impl<'h> Table<'h> {
    fn new(header: &'h Header) -> Self {
        let json_names = header.targets.iter().map(|target| match target {
            Target::Property(name) | Target::Context(name) => {
                let mut json = String::new();
                put_text(&mut json, name);
                json.push(':');
                json
            }
            Target::Field(_) => String::new(),
        });
        let is_map = |target: &Target| {
            matches!(
                target,
                Target::Field(ColumnField::Properties | ColumnField::Context)
            )
        };
        Self {
            header,
            json_names: json_names.collect(),
            has_maps: header.targets.iter().any(is_map),
            cells: Vec::new(),
            properties: String::new(),
            context: String::new(),
        }
    }

    /// Reads a row whose cells are found already.
    fn read(
        &mut self,
        line: u64,
        row: &[u8],
        fault: Option<(usize, Fault)>,
        parsed: &mut Parsed<'_>,
    ) {
        if parsed.is_look() {
            let filled = self.cells.iter().enumerate();
            for (index, _) in filled.filter(|(_, cell)| cell.start < cell.end) {
                parsed.fills.add_at(index);
            }
        }
        let read = text_of(row).and_then(|text| {
            refuse(fault)?;
            self.draft(text)
        });
        parsed.push(line, row, read);
    }

    fn draft<'a>(&'a mut self, row: &'a str) -> Result<Draft<'a>, Refusal> {
        self.check_cell_count(row)?;
        let mut draft = Draft::default();
        self.properties.clear();
        self.context.clear();
        let (mut property_count, mut context_count) = (0, 0);
        let has_maps = self.has_maps && self.has_filled_map();
        for ((cell, target), name) in self
            .cells
            .iter()
            .zip(&self.header.targets)
            .zip(&self.json_names)
        {
            if cell.start == cell.end {
                continue;
            }
            let field = match target {
                Target::Property(_) if has_maps => continue,
                Target::Context(_) if has_maps => continue,
                Target::Property(_) => {
                    property_count += 1;
                    put_pair(&mut self.properties, name, &cell.text(row));
                    continue;
                }
                Target::Context(_) => {
                    context_count += 1;
                    put_pair(&mut self.context, name, &cell.text(row));
                    continue;
                }
                Target::Field(field) => field,
            };
            let is_time = matches!(
                field,
                ColumnField::Timestamp | ColumnField::ReceivedAt | ColumnField::SentAt
            );
            let raw = &row[cell.start..cell.end];
            let value = match is_time && is_number(raw.as_bytes()) {
                true => Raw::Number(raw),
                false => Raw::Text(cell.text(row)),
            };
            let into = match field {
                ColumnField::EventId => &mut draft.event_id,
                ColumnField::Name => &mut draft.name,
                ColumnField::Type => &mut draft.event_type,
                ColumnField::Timestamp => &mut draft.timestamp,
                ColumnField::ReceivedAt => &mut draft.received_at,
                ColumnField::SentAt => &mut draft.sent_at,
                ColumnField::UserId => &mut draft.user_id,
                ColumnField::DeviceId => &mut draft.device_id,
                ColumnField::SessionId => &mut draft.session_id,
                ColumnField::Properties | ColumnField::Context => continue,
            };
            *into = Field {
                value,
                at: Some(cell.start),
            };
        }
        if has_maps {
            self.properties = self.merged(row, ColumnField::Properties)?;
            self.context = self.merged(row, ColumnField::Context)?;
        } else {
            check_count("properties", property_count)?;
            check_count("context", context_count)?;
            close(&mut self.properties);
            close(&mut self.context);
        }
        draft.properties = (&*self.properties).into();
        draft.context = (&*self.context).into();
        Ok(draft)
    }

    /// Cells beyond the columns may be empty: some programs end every row with a separator.
    fn check_cell_count(&self, row: &str) -> Result<(), Refusal> {
        let (cell_count, column_count) = (self.cells.len(), self.header.targets.len());
        let is_filled = |cell: &Cell| cell.start < cell.end;
        let extra = self.cells.get(column_count..);
        let place = match extra {
            None => row.len(),
            Some(extra) => match extra.iter().find(|cell| is_filled(cell)) {
                None => return Ok(()),
                Some(cell) => cell.start,
            },
        };
        Err(Refusal::at(
            place,
            Reason::WrongCellCount {
                cell_count,
                column_count,
            },
        ))
    }

    /// Whether a map stands in a cell of the row.
    fn has_filled_map(&self) -> bool {
        self.cells
            .iter()
            .zip(&self.header.targets)
            .any(|(cell, target)| {
                cell.start < cell.end
                    && matches!(
                        target,
                        Target::Field(ColumnField::Properties | ColumnField::Context)
                    )
            })
    }

    /// The properties, or the context, of a row that has a map for some of them: those of the map,
    /// and then those of columns, of which none takes the place of another.
    fn merged(&self, row: &str, field: ColumnField) -> Result<String, Refusal> {
        let cells = || self.cells.iter().zip(&self.header.targets);
        let is_map = |target: &Target| *target == Target::Field(field);
        let is_other = |target: &Target| match field {
            ColumnField::Context => matches!(target, Target::Context(_)),
            _ => matches!(target, Target::Property(_)),
        };
        let has_others = cells().any(|(cell, target)| cell.start < cell.end && is_other(target));
        if !has_others
            && let Some((cell, _)) = cells().find(|(_, target)| is_map(target))
            && let Some(json) = usual_map(&cell.text(row), field)
        {
            return Ok(json);
        }
        let mut flat = match cells().find(|(_, target)| is_map(target)) {
            Some((cell, _)) if cell.start < cell.end => flat_map(row, *cell, field)?,
            _ => Properties::new(),
        };
        for (cell, target) in cells() {
            if cell.start == cell.end {
                continue;
            }
            let name = match (target, field) {
                (Target::Property(name), ColumnField::Properties)
                | (Target::Context(name), ColumnField::Context) => free_name(&flat, name),
                _ => continue,
            };
            flat.set(&name, Value::One(scalar(&cell.text(row))));
        }
        check_count(field.name(), flat.len())?;
        Ok(match flat.is_empty() {
            true => String::new(),
            false => flat.to_json(),
        })
    }
}

fn text_of(row: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(row).map_err(|error| {
        let at = error.valid_up_to();
        Refusal::at(at, Reason::NotUtf8 { byte: row[at] })
    })
}

fn refuse(fault: Option<(usize, Fault)>) -> Result<(), Refusal> {
    match fault {
        None => Ok(()),
        Some((at, Fault::NotClosed)) => Err(Refusal::at(at, Reason::QuoteNotClosed)),
        Some((at, Fault::BehindQuotes)) => Err(Refusal::at(at, Reason::BehindQuotes)),
    }
}

/// A map as programs usually write them, flattened in one pass; `None` where it is another one.
fn usual_map(text: &str, field: ColumnField) -> Option<String> {
    let mut scan = Scan::new(text);
    let mut json = Cow::Borrowed("");
    scan.flat_map(rename_of(field), &mut json)?;
    (scan.at() == text.len()).then(|| json.into_owned())
}

/// The name to store a path under.
fn rename_of(field: ColumnField) -> fn(&str) -> &str {
    match field {
        ColumnField::Context => stored_name,
        _ => |path| path,
    }
}

fn flat_map(row: &str, cell: Cell, field: ColumnField) -> Result<Properties, Refusal> {
    let text = cell.text(row);
    let json = text.trim();
    // Where quotation marks are written twice, places in the text are not those of the row.
    let in_row = |at: usize| match cell.is_doubled {
        true => cell.start,
        false => cell.start + (text.len() - text.trim_start().len()) + at,
    };
    if !json.starts_with('{') {
        let (field, found) = (field.name(), format!("“{}”", shown(json)));
        let wanted = "a map in JSON";
        return match json {
            "" | "null" => Ok(Properties::new()),
            _ => Err(Refusal::at(
                in_row(0),
                Reason::WrongType {
                    field,
                    found,
                    wanted,
                },
            )),
        };
    }
    let mut flattener = Flattener::new(Line::of(json), field.name(), rename_of(field));
    match flattener.map(json, 2) {
        Ok(()) => Ok(flattener.flat),
        Err(refusal) => Err(Refusal {
            at: refusal.at.map(in_row),
            ..refusal
        }),
    }
}

fn check_count(field: &'static str, count: usize) -> Result<(), Refusal> {
    match count > MAX_PROPERTIES {
        true => Err(Reason::TooManyProperties { field }.into()),
        false => Ok(()),
    }
}

/// What a cell holds.
enum Kind {
    True,
    False,
    /// Written as JSON writes numbers; it stays as it is written.
    Number,
    Text,
}

impl Kind {
    #[inline]
    fn of(text: &str) -> Self {
        match text.as_bytes() {
            [b'-' | b'0'..=b'9', ..] if is_number(text.as_bytes()) => Self::Number,
            b"true" | b"True" | b"TRUE" => Self::True,
            b"false" | b"False" | b"FALSE" => Self::False,
            _ => Self::Text,
        }
    }
}

fn scalar(text: &str) -> Scalar {
    match Kind::of(text) {
        Kind::True => Scalar::Bool(true),
        Kind::False => Scalar::Bool(false),
        Kind::Number => Scalar::Number(text.into()),
        Kind::Text => Scalar::Text(text.into()),
    }
}

/// Adds a name, with its colon, and a cell's value to a map that is being written.
fn put_pair(json: &mut String, name: &str, text: &str) {
    json.push(if json.is_empty() { '{' } else { ',' });
    json.push_str(name);
    match Kind::of(text) {
        Kind::True => json.push_str("true"),
        Kind::False => json.push_str("false"),
        Kind::Number => json.push_str(text),
        Kind::Text => put_text(json, text),
    }
}

fn close(json: &mut String) {
    if !json.is_empty() {
        json.push('}');
    }
}

/// A text as JSON writes it.
fn put_text(json: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}
