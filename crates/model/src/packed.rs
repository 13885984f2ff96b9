//! Many events in one piece of memory: how they travel from the reader of a file to the store,
//! without an allocation for each.
//!
//! It must not know how events are read or stored.

use std::fmt;

use uuid::Uuid;

use crate::{Event, EventType, Key, KeyRef, Properties};

/// Events in the order in which they were pushed, each with its line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedEvents {
    rows: Vec<Row>,
    /// The texts of all rows, one after the other.
    text: String,
}

/// One of [`PackedEvents`]: what an [`Event`] holds, with its texts borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedEvent<'a> {
    /// Where it stands in its file, from 1.
    pub line: u64,
    /// The event's id; derived ones as well.
    pub event_id: IdRef<'a>,
    /// Whether the id was derived from the content.
    pub id_is_derived: bool,
    /// 1 to 200 characters, trimmed.
    pub name: &'a str,
    /// Custom or system.
    pub event_type: EventType,
    /// When it happened, corrected by `skew_ms`, UTC ms.
    pub time_ms: i64,
    /// `received_at`, or the corrected time where the source has none, UTC ms.
    pub arrival_ms: i64,
    /// The server's receipt, UTC ms.
    pub received_at_ms: Option<i64>,
    /// The device's clock when it was sent, UTC ms.
    pub sent_at_ms: Option<i64>,
    /// What was added to the raw time.
    pub skew_ms: i64,
    /// The user, where known.
    pub user: Option<KeyRef<'a>>,
    /// The device, where known. One of user and device at least.
    pub device: Option<KeyRef<'a>>,
    /// The session that the source believes in.
    pub source_session: Option<KeyRef<'a>>,
    /// The JSON text that [`Properties::to_json`] gives; empty where there are none.
    pub properties: &'a str,
    /// The device's snapshot, as `properties`.
    pub context: &'a str,
}

/// An event's id, to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdRef<'a> {
    /// An id that is exactly a UUID in lower case with hyphens.
    Uuid(Uuid),
    /// Any other.
    Text(&'a str),
}

impl PackedEvents {
    /// Empty, with room for some events and for their texts.
    pub fn with_capacity(event_count: usize, text_bytes: usize) -> Self {
        Self {
            rows: Vec::with_capacity(event_count),
            text: String::with_capacity(text_bytes),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds an event.
    pub fn push(&mut self, event: &Event, line: u64) {
        let json = |properties: &Properties| match properties.is_empty() {
            true => String::new(),
            false => properties.to_json(),
        };
        self.push_packed(&PackedEvent {
            line,
            event_id: IdRef::of(&event.event_id),
            id_is_derived: event.id_is_derived,
            name: &event.name,
            event_type: event.event_type,
            time_ms: event.time_ms,
            arrival_ms: event.arrival_ms,
            received_at_ms: event.received_at_ms,
            sent_at_ms: event.sent_at_ms,
            skew_ms: event.skew_ms,
            user: event.user.as_ref().map(Key::borrowed),
            device: event.device.as_ref().map(Key::borrowed),
            source_session: event.source_session.as_ref().map(Key::borrowed),
            properties: &json(&event.properties),
            context: &json(&event.context),
        });
    }

    /// Adds an event that is packed already.
    pub fn push_packed(&mut self, event: &PackedEvent<'_>) {
        let event_id = match event.event_id {
            IdRef::Uuid(uuid) => Id::Uuid(uuid),
            IdRef::Text(text) => Id::Text(self.put(text)),
        };
        let row = Row {
            line: event.line,
            event_id,
            id_is_derived: event.id_is_derived,
            name: self.put(event.name),
            event_type: event.event_type,
            time_ms: event.time_ms,
            arrival_ms: event.arrival_ms,
            received_at_ms: event.received_at_ms,
            sent_at_ms: event.sent_at_ms,
            skew_ms: event.skew_ms,
            user: self.put_key(event.user),
            device: self.put_key(event.device),
            source_session: self.put_key(event.source_session),
            properties: self.put(event.properties),
            context: self.put(event.context),
        };
        self.rows.push(row);
    }

    /// The event at an index below [`PackedEvents::len`].
    pub fn get(&self, index: usize) -> Option<PackedEvent<'_>> {
        self.rows.get(index).map(|row| self.event_of(row))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = PackedEvent<'_>> {
        self.rows.iter().map(|row| self.event_of(row))
    }

    /// Gives the event at `index` another id; nothing where there is no such event.
    pub fn set_event_id(&mut self, index: usize, event_id: Uuid) {
        if let Some(row) = self.rows.get_mut(index) {
            row.event_id = Id::Uuid(event_id);
        }
    }

    fn event_of(&self, row: &Row) -> PackedEvent<'_> {
        let key = |id: Option<Id>| {
            id.map(|id| match id {
                Id::Uuid(uuid) => KeyRef::Uuid(uuid),
                Id::Text(span) => KeyRef::Text(self.text_of(span)),
            })
        };
        PackedEvent {
            line: row.line,
            event_id: match row.event_id {
                Id::Uuid(uuid) => IdRef::Uuid(uuid),
                Id::Text(span) => IdRef::Text(self.text_of(span)),
            },
            id_is_derived: row.id_is_derived,
            name: self.text_of(row.name),
            event_type: row.event_type,
            time_ms: row.time_ms,
            arrival_ms: row.arrival_ms,
            received_at_ms: row.received_at_ms,
            sent_at_ms: row.sent_at_ms,
            skew_ms: row.skew_ms,
            user: key(row.user),
            device: key(row.device),
            source_session: key(row.source_session),
            properties: self.text_of(row.properties),
            context: self.text_of(row.context),
        }
    }

    fn put(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        Span {
            start,
            end: self.text.len(),
        }
    }

    fn put_key(&mut self, key: Option<KeyRef<'_>>) -> Option<Id> {
        key.map(|key| match key {
            KeyRef::Uuid(uuid) => Id::Uuid(uuid),
            KeyRef::Text(text) => Id::Text(self.put(text)),
        })
    }

    fn text_of(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }
}

impl PackedEvent<'_> {
    /// The event with memory of its own.
    ///
    /// # Errors
    /// Where `properties` or `context` are not what [`Properties::to_json`] gives.
    pub fn to_event(&self) -> Result<Event, serde_json::Error> {
        let properties = |json: &str| match json {
            "" => Ok(Properties::new()),
            json => Properties::from_json(json),
        };
        Ok(Event {
            event_id: self.event_id.to_string().into(),
            id_is_derived: self.id_is_derived,
            name: self.name.into(),
            event_type: self.event_type,
            time_ms: self.time_ms,
            arrival_ms: self.arrival_ms,
            received_at_ms: self.received_at_ms,
            sent_at_ms: self.sent_at_ms,
            skew_ms: self.skew_ms,
            user: self.user.map(KeyRef::to_key),
            device: self.device.map(KeyRef::to_key),
            source_session: self.source_session.map(KeyRef::to_key),
            properties: properties(self.properties)?,
            context: properties(self.context)?,
        })
    }
}

impl<'a> IdRef<'a> {
    /// The id that this text is.
    pub fn of(text: &'a str) -> Self {
        if text.len() == 36
            && !text.bytes().any(|byte| byte.is_ascii_uppercase())
            && let Ok(uuid) = Uuid::try_parse(text)
        {
            return Self::Uuid(uuid);
        }
        Self::Text(text)
    }
}

impl fmt::Display for IdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => write!(f, "{}", uuid.as_hyphenated()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A [`PackedEvent`] whose texts stand in the common text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    line: u64,
    event_id: Id,
    id_is_derived: bool,
    name: Span,
    event_type: EventType,
    time_ms: i64,
    arrival_ms: i64,
    received_at_ms: Option<i64>,
    sent_at_ms: Option<i64>,
    skew_ms: i64,
    user: Option<Id>,
    device: Option<Id>,
    source_session: Option<Id>,
    properties: Span,
    context: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Uuid(Uuid),
    Text(Span),
}

/// A part of the common text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_id: &str) -> Event {
        Event {
            event_id: event_id.into(),
            id_is_derived: false,
            name: "Bet".into(),
            event_type: EventType::Custom,
            time_ms: 1_773_136_800_000,
            arrival_ms: 1_773_136_800_000,
            received_at_ms: None,
            sent_at_ms: None,
            skew_ms: 0,
            user: Key::parse("u1"),
            device: None,
            source_session: None,
            properties: Properties::new(),
            context: Properties::new(),
        }
    }

    #[test]
    fn an_event_comes_out_as_it_went_in() {
        let properties = |json| Properties::from_json(json).unwrap();
        let uuid = "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2";
        let full = Event {
            id_is_derived: true,
            name: "Ünï \0 \u{202e}".into(),
            event_type: EventType::System,
            arrival_ms: i64::MAX,
            received_at_ms: Some(i64::MAX),
            sent_at_ms: Some(-1),
            skew_ms: -300_000,
            user: None,
            device: Key::parse(uuid),
            source_session: Key::parse("s\n\"1\""),
            properties: properties(r#"{"b":1.10,"a":9007199254740993,"":"","l":[],"\"\n":[null]}"#),
            context: properties(r#"{"ü":"\u0007\\","e":1e400}"#),
            ..event(uuid)
        };
        let events = [event("e1"), full, event("")];
        let mut packed = PackedEvents::default();
        assert!(packed.is_empty());
        for (index, event) in events.iter().enumerate() {
            packed.push(event, index as u64 + 7);
        }
        assert_eq!(packed.len(), events.len());
        assert_eq!(packed.get(events.len()), None);
        let mut again = PackedEvents::with_capacity(1, 1);
        for (index, (event, unpacked)) in events.iter().zip(packed.iter()).enumerate() {
            assert_eq!(unpacked.line, index as u64 + 7);
            assert_eq!(unpacked.to_event().unwrap(), *event);
            assert_eq!(packed.get(index), Some(unpacked));
            again.push_packed(&unpacked);
        }
        assert_eq!(packed, again);
        let none = packed.get(0).unwrap();
        assert_eq!((none.properties, none.context), ("", ""));
    }

    #[test]
    fn an_id_is_16_bytes_only_where_these_say_its_every_letter() {
        for (text, is_uuid) in [
            ("60c958a1-f202-480c-90e5-b3561b0f020e", true),
            ("60C958A1-F202-480C-90E5-B3561B0F020E", false),
            ("60c958a1f202480c90e5b3561b0f020e", false),
            ("60c958a1-f202-480c-90e5-b3561b0f020g", false),
            ("60c958a1f-202-480c-90e5-b3561b0f020e", false),
            ("{60c958a1f202480c90e5b3561b0f020e12}", false),
            ("e1", false),
            ("", false),
        ] {
            let id = IdRef::of(text);
            assert_eq!(matches!(id, IdRef::Uuid(_)), is_uuid, "{text}");
            assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn an_event_can_be_given_another_id() {
        let mut packed = PackedEvents::default();
        packed.push(&event("e1"), 1);
        packed.push(&event("e2"), 2);
        packed.set_event_id(1, Uuid::from_u128(7));
        packed.set_event_id(2, Uuid::from_u128(8));
        let ids: Vec<_> = packed.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, [IdRef::Text("e1"), IdRef::Uuid(Uuid::from_u128(7))]);
    }
}
