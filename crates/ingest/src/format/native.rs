//! Dwell's own format: JSON Lines, one event a line, the fields of sessions, section 1. The guide
//! for people is this crate's README.

pub(super) mod quick;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use dwell_model::{PackedEvents, Properties};

use super::table::ColumnField;
use super::{Format, Parsed, Reader};
use crate::chunk::{Chunk, Lines, line_length, rows_by_line, utf8_lines};
use crate::context::stored_name;
use crate::draft::Draft;
use crate::error::InputError;
use crate::json::{Flattener, Line};
use crate::reason::{Reason, Refusal};
use crate::scan::Scan;
use crate::{ColumnChoice, MAX_PROPERTIES, MAX_ROW_BYTES, Options};

/// Spares the list of events its growing.
pub(super) const USUAL_ROW_BYTES: usize = 400;

pub(super) const FORMAT: Format = Format {
    name: "native",
    title: "Dwell JSON Lines",
    recognises,
    open: |name, _, options| {
        no_columns(name, options)?;
        Ok(Reader {
            label: "native",
            rows: Box::new(Lines),
            read_rows: Arc::new(read_rows),
            columns: Vec::new(),
            missing: None,
            table: None,
        })
    },
};

/// Columns cannot be named where there are none.
pub(super) fn no_columns(name: &str, options: &Options) -> Result<(), InputError> {
    match options.columns.is_empty() {
        true => Ok(()),
        false => Err(InputError::NoColumnsToMap {
            name: name.to_owned(),
        }),
    }
}

/// A line that begins like a JSON map: `{"` or `{}`, spaces aside.
fn recognises(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| {
        line.trim_ascii_start()
            .strip_prefix(b"{")
            .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')))
    })
}

fn read_rows(chunk: &Chunk, parsed: &mut Parsed<'_>) {
    let byte_count = chunk.bytes.len();
    parsed.events = PackedEvents::with_capacity(byte_count / USUAL_ROW_BYTES, byte_count);
    if parsed.is_look() {
        for (_, row) in rows_by_line(chunk.first_line, &chunk.bytes) {
            parsed.fills.add(names_in(row));
        }
    }
    let mut line = chunk.first_line;
    let mut rest = &chunk.bytes[..];
    while !rest.is_empty() {
        let lines = utf8_lines(rest);
        let mut scan = Scan::new(lines);
        while !scan.is_at_end() {
            let start = scan.at();
            let mut draft = Draft::default();
            let read = quick::read(&mut scan, &mut draft).and_then(|()| scan.end_line(start));
            if read.is_none() || !parsed.push_good(line, &draft) {
                read_with_care(line, scan.line_at(start), parsed);
            }
            line += 1;
        }
        rest = &rest[lines.len()..];
        let (bad, behind) = rest.split_at(line_length(rest));
        read_with_care(line, bad, parsed);
        line += 1;
        rest = behind;
    }
}

/// Reads lines whatever they look like; several times as slow as [`quick`].
fn read_with_care(first_line: u64, lines: &[u8], parsed: &mut Parsed<'_>) {
    for (line, row) in rows_by_line(first_line, lines) {
        match row.len() > MAX_ROW_BYTES {
            true => parsed.push_too_long(line, row, row.len() as u64),
            false => parsed.push(line, row, read_row(row)),
        }
    }
}

/// The row's fields, each as its own JSON text. A field that comes twice has its last value.
#[derive(Default)]
struct Fields<'a> {
    event_id: Option<&'a str>,
    name: Option<&'a str>,
    event_type: Option<&'a str>,
    timestamp: Option<&'a str>,
    received_at: Option<&'a str>,
    sent_at: Option<&'a str>,
    user_id: Option<&'a str>,
    device_id: Option<&'a str>,
    session_id: Option<&'a str>,
    properties: Option<&'a str>,
    context: Option<&'a str>,
    others: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Fields<'a> {
    fn put(&mut self, name: Cow<'a, str>, raw: &'a str) {
        match ColumnField::parse(&name) {
            Some(field) => *self.of(field) = Some(raw),
            None => self.others.push((name, raw)),
        }
    }

    fn of(&mut self, field: ColumnField) -> &mut Option<&'a str> {
        match field {
            ColumnField::EventId => &mut self.event_id,
            ColumnField::Name => &mut self.name,
            ColumnField::Type => &mut self.event_type,
            ColumnField::Timestamp => &mut self.timestamp,
            ColumnField::ReceivedAt => &mut self.received_at,
            ColumnField::SentAt => &mut self.sent_at,
            ColumnField::UserId => &mut self.user_id,
            ColumnField::DeviceId => &mut self.device_id,
            ColumnField::SessionId => &mut self.session_id,
            ColumnField::Properties => &mut self.properties,
            ColumnField::Context => &mut self.context,
        }
    }
}

pub(super) fn read_row(row: &[u8]) -> Result<Draft<'_>, Refusal> {
    let line = Line::new(row)?;
    let mut fields = Fields::default();
    line.fields(|name, raw| {
        fields.put(name, raw);
        Ok(())
    })?;
    draft_of(line, fields)
}

/// As [`read_row`], where fields stand under the names that somebody chose; as with the columns of a
/// table, what stands under a field's own name is a property then.
pub(crate) fn read_row_by<'a>(
    row: &'a [u8],
    choices: &[ColumnChoice],
) -> Result<Draft<'a>, Refusal> {
    let line = Line::new(row)?;
    let mut all: Vec<(Cow<'a, str>, &'a str)> = Vec::new();
    line.fields(|name, raw| {
        all.push((name, raw));
        Ok(())
    })?;
    let has = |wanted: &str| {
        all.iter()
            .any(|(name, raw)| name == wanted && *raw != "null")
    };
    // A choice of what the row does not have is none for it.
    let made: Vec<&ColumnChoice> = choices
        .iter()
        .filter(|choice| choice.column.is_empty() || has(&choice.column))
        .collect();
    let mut fields = Fields::default();
    for (name, raw) in all {
        let chosen = made.iter().find(|choice| choice.column == name);
        let is_displaced = |choice: &&&ColumnChoice| choice.field.name() == name;
        match chosen {
            Some(choice) => *fields.of(choice.field) = Some(raw),
            None if made.iter().any(|choice| is_displaced(&choice)) => match raw {
                "null" => {}
                _ => fields.others.push((name, raw)),
            },
            None => fields.put(name, raw),
        }
    }
    draft_of(line, fields)
}

/// The names in a row that hold something; none where it is no map.
pub(crate) fn names_in(row: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(line) = Line::new(row) {
        // What came before a syntax error is of use as well.
        let _ = line.fields(|name, raw| {
            if !matches!(raw, "null" | "\"\"") {
                names.push(name.into_owned());
            }
            Ok(())
        });
    }
    names
}

fn draft_of<'a>(line: Line<'a>, fields: Fields<'a>) -> Result<Draft<'a>, Refusal> {
    Ok(Draft {
        event_id: line.field(fields.event_id)?,
        name: line.field(fields.name)?,
        event_type: line.field(fields.event_type)?,
        timestamp: line.field(fields.timestamp)?,
        received_at: line.field(fields.received_at)?,
        sent_at: line.field(fields.sent_at)?,
        user_id: line.field(fields.user_id)?,
        device_id: line.field(fields.device_id)?,
        session_id: line.field(fields.session_id)?,
        properties: json(&properties(line, &fields)?),
        context: json(&flat_map(line, "context", fields.context, stored_name)?.flat),
    })
}

fn json(properties: &Properties) -> Cow<'static, str> {
    match properties.is_empty() {
        true => Cow::Borrowed(""),
        false => Cow::Owned(properties.to_json()),
    }
}

/// The event's properties, and with them the fields of the row that have no meaning of their own.
fn properties<'a>(line: Line<'a>, fields: &Fields<'a>) -> Result<Properties, Refusal> {
    const FIELD: &str = "properties";
    let mut flattener = flat_map(line, FIELD, fields.properties, |path| path)?;
    if fields.others.len() > MAX_PROPERTIES {
        return Err(Reason::TooManyProperties { field: FIELD }.into());
    }
    for (index, (name, raw)) in fields.others.iter().enumerate() {
        let comes_again = fields.others[index + 1..]
            .iter()
            .any(|(later, _)| later == name);
        if !comes_again {
            let name = free_name(&flattener.flat, name);
            flattener.value(&name, raw, 2)?;
        }
    }
    Ok(flattener.flat)
}

/// The name of a field among the properties: its own, or `event.` and its own where a property has
/// that already, so that neither is lost.
pub(super) fn free_name<'a>(properties: &Properties, name: &'a str) -> Cow<'a, str> {
    free_name_among(|| properties.iter().map(|(property, _)| property), name)
}

/// As [`free_name`], among these names.
pub(super) fn free_name_among<'a, 'n, N: Iterator<Item = &'n str>>(
    names: impl Fn() -> N,
    name: &'a str,
) -> Cow<'a, str> {
    let is_taken = |name: &str| {
        names().any(|property| {
            property
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let mut name = Cow::Borrowed(name);
    while is_taken(&name) {
        name = format!("event.{name}").into();
    }
    name
}

fn flat_map<'a>(
    line: Line<'a>,
    field: &'static str,
    raw: Option<&'a str>,
    rename: fn(&str) -> &str,
) -> Result<Flattener<'a>, Refusal> {
    let mut flattener = Flattener::new(line, field, rename);
    match raw {
        None | Some("null") => {}
        Some(raw) if raw.starts_with('{') => flattener.map(raw, 2)?,
        Some(raw) => return Err(line.wrong_type(field, raw, "a map")),
    }
    Ok(flattener)
}
