//! The event as it is stored (sessions, section 1).

use serde::{Deserialize, Serialize};

use crate::{Key, Properties};

/// Who made the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// The app's own.
    Custom,
    /// Emitted by an SDK or by the console.
    System,
}

/// Names of the standard events of the systems that Dwell reads; an event of such a name is `system`
/// unless it says otherwise.
pub const STANDARD_EVENTS: &[&str] = &[
    // Amply
    "SdkInitialized",
    "ConfigFetchStarted",
    "ConfigFetchFinished",
    "SessionStarted",
    "SessionFinished",
    "CampaignStarted",
    "CampaignFinished",
    "CampaignShown",
    "CampaignResolved",
    "EventTriggered",
    "CustomPropertyChanged",
    // Tell
    "session_started",
    "session_timeout",
    "app_backgrounded",
    "app_foregrounded",
    "app_terminated",
    // Users
    "identify",
    "alias",
    "reset",
    // Gameplay, derived
    "gs_game_session_changed",
    "gs_game_session_ended",
];

impl EventType {
    /// The type of an event that does not say: `system` for a standard event.
    pub fn of_name(name: &str) -> Self {
        match STANDARD_EVENTS.contains(&name) {
            true => Self::System,
            false => Self::Custom,
        }
    }

    /// `custom` or `system`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::System => "system",
        }
    }
}

/// The event that joins two users (sessions, section 7).
pub const ALIAS: &str = "alias";

/// The user that an [`ALIAS`] with these properties joins with its own: numbers become text, as in
/// `user_id`.
pub fn previous_user(properties: &Properties) -> Option<Key> {
    let value = properties.get("previous_id")?;
    match value.as_text() {
        Some(text) => Key::parse(text),
        None if value.type_name() == "number" => Key::parse(&value.shown()),
        None => None,
    }
}

/// One event, checked. Times are UTC milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The key for duplicates inside one application; derived where the source has none.
    pub event_id: Box<str>,
    /// Whether `event_id` was derived from the content.
    pub id_is_derived: bool,
    /// 1 to 200 characters, trimmed.
    pub name: Box<str>,
    /// Custom or system.
    pub event_type: EventType,
    /// When it happened, corrected by `skew_ms`.
    pub time_ms: i64,
    /// `received_at`, or the corrected time where the source has none.
    pub arrival_ms: i64,
    /// The server's receipt, where the source has it.
    pub received_at_ms: Option<i64>,
    /// The device's clock when it was sent, where the source has it.
    pub sent_at_ms: Option<i64>,
    /// What was added to the raw time: a multiple of 5 minutes, mostly 0.
    pub skew_ms: i64,
    /// The user, where known.
    pub user: Option<Key>,
    /// The device, where known. One of user and device at least.
    pub device: Option<Key>,
    /// The session that the source believes in.
    pub source_session: Option<Key>,
    /// Flat properties in the order of the source.
    pub properties: Properties,
    /// The device's snapshot: known fields by their bare name, others with their path.
    pub context: Properties,
}

impl Event {
    /// The time in the source's words, before the correction.
    pub fn raw_time_ms(&self) -> i64 {
        self.time_ms - self.skew_ms
    }

    /// Everything but its arrival (`received_at`, `sent_at` and what follows from them), as one text:
    /// two copies of an event are in conflict where these differ, and ties between copies are decided
    /// by it.
    pub fn canonical_content(&self) -> String {
        #[derive(Serialize)]
        struct Canonical<'a> {
            name: &'a str,
            #[serde(rename = "type")]
            event_type: EventType,
            timestamp: i64,
            user_id: &'a Option<Key>,
            device_id: &'a Option<Key>,
            session_id: &'a Option<Key>,
            properties: Properties,
            context: Properties,
        }
        let canonical = Canonical {
            name: &self.name,
            event_type: self.event_type,
            timestamp: self.raw_time_ms(),
            user_id: &self.user,
            device_id: &self.device,
            session_id: &self.source_session,
            properties: self.properties.sorted(),
            context: self.context.sorted(),
        };
        // Writing to memory cannot fail, and every number is a valid JSON number.
        serde_json::to_string(&canonical).unwrap_or_default()
    }

    /// The event as one line of the native format: what a source would have to send for this event.
    pub fn native_json(&self) -> String {
        // Writing to memory cannot fail, and every number is a valid JSON number.
        serde_json::to_string(&self.native()).unwrap_or_default()
    }

    /// The event in the native format, to be serialized.
    pub fn native(&self) -> NativeEvent<'_> {
        let text = |ms: Option<i64>| ms.map(crate::time::format_utc);
        NativeEvent {
            event_id: &self.event_id,
            name: &self.name,
            event_type: self.event_type,
            timestamp: crate::time::format_utc(self.raw_time_ms()),
            received_at: text(self.received_at_ms),
            sent_at: text(self.sent_at_ms),
            user_id: self.user.as_ref(),
            device_id: self.device.as_ref(),
            session_id: self.source_session.as_ref(),
            properties: &self.properties,
            context: &self.context,
        }
    }
}

/// An event in the native format; what it does not have is left out.
#[derive(Debug, Serialize)]
pub struct NativeEvent<'a> {
    event_id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a Key>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: &'a Properties,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    context: &'a Properties,
}
