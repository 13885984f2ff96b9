//! How keys and event ids stand in a column: a UUID as its 16 bytes, anything else as text.

use dwell_model::Key;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use uuid::Uuid;

/// A key as a bound value.
pub(crate) fn of_key(key: &Key) -> ToSqlOutput<'_> {
    match key {
        Key::Uuid(uuid) => ToSqlOutput::Borrowed(ValueRef::Blob(uuid.as_bytes())),
        Key::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}

/// A key from a column; `None` for NULL and for what no key can be.
pub(crate) fn to_key(value: ValueRef<'_>) -> Option<Key> {
    match value {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok().map(Key::Uuid),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .ok()
            .map(|text| Key::Text(text.into())),
        _ => None,
    }
}

/// An event id as a bound value: 16 bytes where the text is exactly a UUID in lower case with hyphens,
/// so that what comes out is to the letter what went in.
pub(crate) fn of_event_id(event_id: &str) -> ToSqlOutput<'_> {
    if event_id.len() == 36
        && let Ok(uuid) = Uuid::try_parse(event_id)
        && *uuid
            .as_hyphenated()
            .encode_lower(&mut Uuid::encode_buffer())
            == *event_id
    {
        return ToSqlOutput::Owned(Value::Blob(uuid.as_bytes().to_vec()));
    }
    ToSqlOutput::Borrowed(ValueRef::Text(event_id.as_bytes()))
}

/// Writes an event id of a column to the end of a text; false for what no event id can be.
pub(crate) fn push_event_id(value: ValueRef<'_>, text: &mut String) -> bool {
    match value {
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).is_ok_and(|uuid| {
            text.push_str(
                uuid.as_hyphenated()
                    .encode_lower(&mut Uuid::encode_buffer()),
            );
            true
        }),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).is_ok_and(|id| {
            text.push_str(id);
            true
        }),
        _ => false,
    }
}

/// An event id of a column.
pub(crate) fn to_event_id(value: ValueRef<'_>) -> Option<String> {
    let mut text = String::new();
    push_event_id(value, &mut text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_comes_out_to_the_letter() {
        for id in [
            "60c958a1-f202-480c-90e5-b3561b0f020e",
            "60C958A1-F202-480C-90E5-B3561B0F020E",
            "60c958a1f202480c90e5b3561b0f020e",
            "e1",
            "ünï",
        ] {
            let bound = of_event_id(id);
            let value = match &bound {
                ToSqlOutput::Borrowed(value) => *value,
                ToSqlOutput::Owned(value) => ValueRef::from(value),
                _ => unreachable!(),
            };
            assert_eq!(to_event_id(value).as_deref(), Some(id));
        }
    }
}
