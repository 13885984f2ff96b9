//! Ids for events whose source has none (sessions, section 1): made of the content and of how often
//! it came before in its file, so that importing a file again adds nothing while equal lines of one
//! file all count.
//!
//! It must not know formats.

use dwell_model::{KeyRef, PackedEvent, Properties, Scalar, Value};
use rustc_hash::FxHashMap;
use uuid::Uuid;

/// The namespace of derived event ids. It never changes: every derived id hangs on it.
const NAMESPACE: Uuid = Uuid::from_u128(0x49b1_7aa1_3b31_4a94_b507_d056_e33e_e53b);

/// The UUIDv5 of an event's content: application, name, raw time, user, device and properties.
///
/// Every part carries its length or its count in front, so that no two contents give the same
/// bytes. `scratch` is working space.
pub(crate) fn content_id(
    application: &str,
    event: &PackedEvent<'_>,
    scratch: &mut Vec<u8>,
) -> Uuid {
    scratch.clear();
    put_text(scratch, application);
    put_text(scratch, event.name);
    scratch.extend((event.time_ms - event.skew_ms).to_be_bytes());
    put_key(scratch, event.user);
    put_key(scratch, event.device);
    let properties = properties(event);
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_unstable_by_key(|(name, _)| *name);
    put_count(scratch, properties.len());
    for (name, value) in properties {
        put_text(scratch, name);
        put_value(scratch, value);
    }
    Uuid::new_v5(&NAMESPACE, scratch)
}

/// The id of the event that has this content as the `ordinal`-th of its file, from 0.
pub(crate) fn event_id(content: Uuid, ordinal: u32) -> Uuid {
    Uuid::new_v5(&content, &ordinal.to_be_bytes())
}

/// How often each content came in a file so far. 24 bytes for each different event without an id.
#[derive(Default)]
pub(crate) struct Ordinals(FxHashMap<(u64, u64), u32>);

impl Ordinals {
    /// The ordinal of the next event with this content.
    pub(crate) fn next(&mut self, content: Uuid) -> u32 {
        let count = self.0.entry(content.as_u64_pair()).or_insert(0);
        let ordinal = *count;
        *count += 1;
        ordinal
    }
}

fn properties(event: &PackedEvent<'_>) -> Properties {
    if event.properties.is_empty() {
        return Properties::new();
    }
    #[expect(
        clippy::expect_used,
        reason = "a checked event's properties are flat JSON"
    )]
    Properties::from_json(event.properties).expect("properties are flat JSON")
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u64).to_be_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_key(bytes: &mut Vec<u8>, key: Option<KeyRef<'_>>) {
    match key {
        None => bytes.push(0),
        Some(key) => {
            bytes.push(1);
            put_text(bytes, &key.to_string());
        }
    }
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::One(scalar) => put_scalar(bytes, scalar),
        Value::List(items) => {
            bytes.push(b'l');
            put_count(bytes, items.len());
            items.iter().for_each(|item| put_scalar(bytes, item));
        }
    }
}

fn put_scalar(bytes: &mut Vec<u8>, scalar: &Scalar) {
    match scalar {
        Scalar::Null => bytes.push(b'0'),
        Scalar::Bool(false) => bytes.push(b'f'),
        Scalar::Bool(true) => bytes.push(b't'),
        Scalar::Number(text) => {
            bytes.push(b'n');
            put_text(bytes, text);
        }
        Scalar::Text(text) => {
            bytes.push(b's');
            put_text(bytes, text);
        }
    }
}
