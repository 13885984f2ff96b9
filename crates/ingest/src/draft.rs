//! The rules for one event (sessions, section 1), whatever format it came in: a format fills in a
//! [`Draft`], [`Draft::check`] makes an event of it or refuses it.
//!
//! It must not know formats.

use std::borrow::Cow;

use dwell_model::time::{EARLIEST_MS, parse_number, parse_text, skew_ms};
use dwell_model::{EventType, IdRef, KeyRef, PackedEvent};

use crate::reason::{Latest, Reason, Refusal, shown};
use crate::{MAX_EVENT_ID_BYTES, MAX_NAME_CHARS, Options};

const DAY_MS: i64 = 86_400_000;
/// The years 0 to 9999, which are the ones that RFC 3339 can write. Numbers reach further.
const READABLE_MS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// A field as a format read it.
#[derive(Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) value: Raw<'a>,
    /// Where in the row's bytes, from 0.
    pub(crate) at: Option<usize>,
}

/// What stands in a field.
#[derive(Debug, Default)]
pub(crate) enum Raw<'a> {
    /// Nothing, or null.
    #[default]
    Missing,
    /// Text; blank text counts as missing.
    Text(Cow<'a, str>),
    /// A number in the source's words.
    Number(&'a str),
    /// Anything else, by its name: "a list".
    Other(&'static str),
}

/// An event that is not checked yet.
#[derive(Debug, Default)]
pub(crate) struct Draft<'a> {
    pub(crate) event_id: Field<'a>,
    pub(crate) name: Field<'a>,
    pub(crate) event_type: Field<'a>,
    pub(crate) timestamp: Field<'a>,
    pub(crate) received_at: Field<'a>,
    pub(crate) sent_at: Field<'a>,
    pub(crate) user_id: Field<'a>,
    pub(crate) device_id: Field<'a>,
    pub(crate) session_id: Field<'a>,
    /// The JSON text of flat properties, as they write it themselves; empty where there are none.
    pub(crate) properties: Cow<'a, str>,
    pub(crate) context: Cow<'a, str>,
}

impl Draft<'_> {
    /// The event. Where the source has no `event_id` it is empty and `id_is_derived` is set: the id
    /// needs the rows before this one.
    pub(crate) fn check(&self, line: u64, options: &Options) -> Result<PackedEvent<'_>, Refusal> {
        let name = name(&self.name)?;
        let event_type = event_type(&self.event_type, name)?;
        let time = Times::read(self, options)?;
        let user = key("user_id", &self.user_id)?;
        let device = key("device_id", &self.device_id)?;
        if user.is_none() && device.is_none() {
            return Err(Reason::NoOwner.into());
        }
        let source_session = key("session_id", &self.session_id)?;
        let event_id = event_id(&self.event_id)?;
        Ok(PackedEvent {
            line,
            id_is_derived: event_id.is_none(),
            event_id: event_id.unwrap_or(IdRef::Text("")),
            name,
            event_type,
            time_ms: time.time_ms,
            arrival_ms: time.received_at_ms.unwrap_or(time.time_ms),
            received_at_ms: time.received_at_ms,
            sent_at_ms: time.sent_at_ms,
            skew_ms: time.skew_ms,
            user,
            device,
            source_session,
            properties: &self.properties,
            context: &self.context,
        })
    }
}

impl<'a> Field<'a> {
    /// The text or number as text; `None` where it is missing or blank.
    fn text(&self, field: &'static str) -> Result<Option<&str>, Refusal> {
        match &self.value {
            Raw::Missing => Ok(None),
            Raw::Text(text) => Ok((!text.trim_start().is_empty()).then_some(text)),
            Raw::Number(number) => Ok(Some(number)),
            Raw::Other(found) => Err(self.wrong_type(field, found, "text or a number")),
        }
    }

    fn wrong_type(&self, field: &'static str, found: &str, wanted: &'static str) -> Refusal {
        self.refuse(Reason::WrongType {
            field,
            found: found.to_owned(),
            wanted,
        })
    }

    fn refuse(&self, reason: Reason) -> Refusal {
        Refusal {
            reason,
            at: self.at,
        }
    }
}

fn name<'a>(field: &'a Field<'_>) -> Result<&'a str, Refusal> {
    let name = match &field.value {
        Raw::Missing => "",
        Raw::Text(text) => text.trim(),
        Raw::Number(_) => return Err(field.wrong_type("name", "a number", "text")),
        Raw::Other(found) => return Err(field.wrong_type("name", found, "text")),
    };
    if name.is_empty() {
        return Err(field.refuse(Reason::NoName));
    }
    // A name has at least as many bytes as characters.
    if name.len() > MAX_NAME_CHARS {
        let char_count = name.chars().count();
        if char_count > MAX_NAME_CHARS {
            return Err(field.refuse(Reason::NameTooLong { char_count }));
        }
    }
    Ok(name)
}

fn event_type(field: &Field<'_>, name: &str) -> Result<EventType, Refusal> {
    let wanted = "custom or system";
    match &field.value {
        Raw::Missing => Ok(EventType::of_name(name)),
        Raw::Text(text) => match &**text {
            "custom" => Ok(EventType::Custom),
            "system" => Ok(EventType::System),
            blank if blank.trim().is_empty() => Ok(EventType::of_name(name)),
            other => Err(field.wrong_type("type", &format!("“{}”", shown(other)), wanted)),
        },
        Raw::Number(number) => Err(field.wrong_type("type", &shown(number), wanted)),
        Raw::Other(found) => Err(field.wrong_type("type", found, wanted)),
    }
}

fn event_id<'a>(field: &'a Field<'_>) -> Result<Option<IdRef<'a>>, Refusal> {
    let Some(text) = field.text("event_id")? else {
        return Ok(None);
    };
    match text.len() {
        0..=MAX_EVENT_ID_BYTES => Ok(Some(IdRef::of(text))),
        byte_count => Err(field.refuse(Reason::EventIdTooLong { byte_count })),
    }
}

fn key<'a>(name: &'static str, field: &'a Field<'_>) -> Result<Option<KeyRef<'a>>, Refusal> {
    Ok(field.text(name)?.and_then(KeyRef::parse))
}

fn time(name: &'static str, field: &Field<'_>, options: &Options) -> Result<Option<i64>, Refusal> {
    let Some(text) = field.text(name)? else {
        return Ok(None);
    };
    let ms = match &field.value {
        Raw::Number(number) => parse_number(number),
        _ => parse_text(text, options.zone),
    };
    match ms {
        Some(ms) if READABLE_MS.contains(&ms) => Ok(Some(ms)),
        _ => Err(field.refuse(Reason::BadTime {
            field: name,
            value: shown(text),
        })),
    }
}

/// An event's times, UTC ms.
struct Times {
    time_ms: i64,
    received_at_ms: Option<i64>,
    sent_at_ms: Option<i64>,
    skew_ms: i64,
}

impl Times {
    fn read(draft: &Draft<'_>, options: &Options) -> Result<Self, Refusal> {
        let at = &draft.timestamp;
        let Some(raw_time_ms) = time("timestamp", at, options)? else {
            return Err(at.refuse(Reason::NoTime));
        };
        let received_at_ms = time("received_at", &draft.received_at, options)?;
        let sent_at_ms = time("sent_at", &draft.sent_at, options)?;
        let skew_ms = skew_ms(received_at_ms, sent_at_ms);
        // All within the years 0 to 9999: this cannot overflow.
        let time_ms = raw_time_ms + skew_ms;
        if time_ms < EARLIEST_MS {
            return Err(at.refuse(Reason::TimeTooEarly { time_ms }));
        }
        let (latest_ms, latest) = match received_at_ms {
            Some(ms) => (ms, Latest::Arrival(ms)),
            None => (options.now_ms, Latest::Now(options.now_ms)),
        };
        if time_ms > latest_ms.saturating_add(DAY_MS) {
            return Err(at.refuse(Reason::TimeInFuture { time_ms, latest }));
        }
        Ok(Self {
            time_ms,
            received_at_ms,
            sent_at_ms,
            skew_ms,
        })
    }
}
