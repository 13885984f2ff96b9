//! Dwell's own format: JSON Lines, one event a line, the fields of sessions, section 1. The guide
//! for people is this crate's README.

pub(super) mod quick;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use dwell_model::{PackedEvents, Properties};

use super::{Format, Parsed, Reader};
use crate::chunk::{Chunk, Lines, line_length, rows_by_line, utf8_lines};
use crate::context::stored_name;
use crate::draft::Draft;
use crate::error::InputError;
use crate::json::{Flattener, Line};
use crate::reason::{Reason, Refusal};
use crate::scan::Scan;
use crate::{MAX_PROPERTIES, MAX_ROW_BYTES, Options};

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

pub(super) fn read_row(row: &[u8]) -> Result<Draft<'_>, Refusal> {
    let line = Line::new(row)?;
    let mut fields = Fields::default();
    line.fields(|name, raw| {
        let field = match &*name {
            "event_id" => &mut fields.event_id,
            "name" => &mut fields.name,
            "type" => &mut fields.event_type,
            "timestamp" => &mut fields.timestamp,
            "received_at" => &mut fields.received_at,
            "sent_at" => &mut fields.sent_at,
            "user_id" => &mut fields.user_id,
            "device_id" => &mut fields.device_id,
            "session_id" => &mut fields.session_id,
            "properties" => &mut fields.properties,
            "context" => &mut fields.context,
            _ => {
                fields.others.push((name, raw));
                return Ok(());
            }
        };
        *field = Some(raw);
        Ok(())
    })?;
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
