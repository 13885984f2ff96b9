//! One event and its line in the native JSON Lines format (sessions, section 1).
//! Must not know applications, people or how events come about.

use std::borrow::Cow;

use chrono::{DateTime, Datelike};
use uuid::Uuid;

/// Properties or context in writing order.
pub(crate) type Properties = Vec<(&'static str, Value)>;

/// A JSON value as the demo needs it.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Cow<'static, str>),
    Whole(i64),
    /// Hundredths, written with two places.
    Cents(i64),
    Flag(bool),
    Null,
    List(&'static [&'static str]),
    /// A nested object.
    Group(Properties),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Whole(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

/// Who writes the line: it decides how ids and times look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A mobile or desktop SDK: UUIDs, RFC 3339.
    Native,
    /// A script in a browser: short ids or none, milliseconds.
    Web,
    /// The application's own backend: no device, seconds.
    Server,
}

/// Something that happened, before anyone knows when it will arrive.
#[derive(Clone)]
pub(crate) struct Event<'a> {
    /// The true time, UTC.
    pub(crate) at_ms: i64,
    pub(crate) name: &'static str,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) session_id: Option<Uuid>,
    pub(crate) properties: Properties,
    /// Empty where the event carries none.
    pub(crate) context: Properties,
    /// An arrival that is part of the story; else delivery decides.
    pub(crate) arrives_ms: Option<i64>,
}

/// What a source puts on an event as it sends it: the same on every copy.
pub(crate) struct Envelope {
    pub(crate) source: Source,
    pub(crate) event_id: Option<String>,
    pub(crate) device_id: Option<Uuid>,
    /// By the device's clock.
    pub(crate) timestamp_ms: i64,
    /// By the device's clock.
    pub(crate) sent_ms: Option<i64>,
}

/// An event as it arrives.
pub(crate) struct Line<'a> {
    pub(crate) event: &'a Event<'a>,
    pub(crate) envelope: &'a Envelope,
    pub(crate) received_ms: i64,
}

impl Line<'_> {
    /// Appends the line with its line end.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let Envelope {
            source,
            event_id,
            device_id,
            timestamp_ms,
            sent_ms,
        } = self.envelope;
        out.push(b'{');
        if let Some(id) = event_id {
            out.extend_from_slice(b"\"event_id\":");
            write_text(out, id);
            out.push(b',');
        }
        out.extend_from_slice(b"\"name\":");
        write_text(out, self.event.name);
        out.extend_from_slice(b",\"timestamp\":");
        match source {
            Source::Native => write_time(out, *timestamp_ms),
            Source::Web => write_number(out, *timestamp_ms),
            Source::Server => write_number(out, timestamp_ms / 1000),
        }
        if let Some(sent_ms) = sent_ms {
            out.extend_from_slice(b",\"sent_at\":");
            write_time(out, *sent_ms);
        }
        out.extend_from_slice(b",\"received_at\":");
        write_time(out, self.received_ms);
        if let Some(user_id) = self.event.user_id {
            out.extend_from_slice(b",\"user_id\":");
            write_text(out, user_id);
        }
        for (key, id) in [
            (&b",\"device_id\":\""[..], *device_id),
            (&b",\"session_id\":\""[..], self.event.session_id),
        ] {
            if let Some(id) = id {
                out.extend_from_slice(key);
                let mut buffer = Uuid::encode_buffer();
                out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
                out.push(b'"');
            }
        }
        for (key, map) in [
            (&b",\"properties\":"[..], &self.event.properties),
            (&b",\"context\":"[..], &self.event.context),
        ] {
            if !map.is_empty() {
                out.extend_from_slice(key);
                write_map(out, map);
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

/// RFC 3339 in UTC with milliseconds, in quotes.
pub(crate) fn write_time(out: &mut Vec<u8>, ms: i64) {
    let date = DateTime::from_timestamp_millis(ms)
        .unwrap_or(DateTime::UNIX_EPOCH)
        .date_naive();
    let day_ms = ms.rem_euclid(86_400_000);
    out.push(b'"');
    for (number, width, then) in [
        (i64::from(date.year()), 4, b'-'),
        (i64::from(date.month()), 2, b'-'),
        (i64::from(date.day()), 2, b'T'),
        (day_ms / 3_600_000, 2, b':'),
        (day_ms / 60_000 % 60, 2, b':'),
        (day_ms / 1000 % 60, 2, b'.'),
        (day_ms % 1000, 3, b'Z'),
    ] {
        write_digits(out, number, width);
        out.push(then);
    }
    out.push(b'"');
}

fn write_map(out: &mut Vec<u8>, map: &Properties) {
    out.push(b'{');
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, key);
        out.push(b':');
        write_value(out, value);
    }
    out.push(b'}');
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => write_text(out, text),
        Value::Whole(number) => write_number(out, *number),
        Value::Cents(cents) => {
            write_number(out, cents / 100);
            out.push(b'.');
            write_digits(out, cents % 100, 2);
        }
        Value::Flag(true) => out.extend_from_slice(b"true"),
        Value::Flag(false) => out.extend_from_slice(b"false"),
        Value::Null => out.extend_from_slice(b"null"),
        Value::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(out, item);
            }
            out.push(b']');
        }
        Value::Group(map) => write_map(out, map),
    }
}

/// The generator's texts hold no control characters, so only quotes and backslashes are escaped.
fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        debug_assert!(byte >= 0x20, "a control character in {text:?}");
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn write_number(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let size = number.unsigned_abs();
    let width = size.checked_ilog10().unwrap_or(0) as usize + 1;
    write_digits(out, size as i64, width);
}

fn write_digits(out: &mut Vec<u8>, number: i64, width: usize) {
    let from = out.len();
    out.resize(from + width, b'0');
    let mut left = number;
    for digit in out[from..].iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_every_kind_of_value() {
        let event = Event {
            at_ms: 0,
            name: "Say \"hi\"",
            user_id: Some("u\\1"),
            session_id: None,
            properties: vec![
                ("text", "عليكم".into()),
                ("whole", (-40).into()),
                ("cents", Value::Cents(1205)),
                ("flag", true.into()),
                ("none", Value::Null),
                ("list", Value::List(&["a", "b"])),
                ("group", Value::Group(vec![("inner", 0.into())])),
            ],
            context: Vec::new(),
            arrives_ms: None,
        };
        let mut out = Vec::new();
        let envelope = Envelope {
            source: Source::Native,
            event_id: None,
            device_id: Some(Uuid::nil()),
            timestamp_ms: 1_795_186_700_004,
            sent_ms: None,
        };
        Line {
            event: &event,
            envelope: &envelope,
            received_ms: 951_782_400_000,
        }
        .write(&mut out);
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = serde_json::json!({
            "name": "Say \"hi\"",
            "timestamp": "2026-11-20T14:58:20.004Z",
            "received_at": "2000-02-29T00:00:00.000Z",
            "user_id": "u\\1",
            "device_id": "00000000-0000-0000-0000-000000000000",
            "properties": {
                "text": "عليكم", "whole": -40, "cents": 12.05, "flag": true, "none": null,
                "list": ["a", "b"], "group": { "inner": 0 }
            }
        });
        assert_eq!(read, expected);
        assert!(String::from_utf8(out).unwrap().contains("\"cents\":12.05,"));
    }
}
