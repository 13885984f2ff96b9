//! Keys of users, devices and source sessions, as sources write them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A `user_id`, `device_id` or `session_id` (sessions, section 1).
///
/// A UUID in any spelling (hyphens or none, braces, `urn:uuid:`, either case) is its 16 bytes, shown
/// in lower case; every other text stays as it is. Order: by the text that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// 16 bytes.
    Uuid(Uuid),
    /// Any other text, never blank.
    Text(Box<str>),
}

/// A key that borrows its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyRef<'a> {
    /// 16 bytes.
    Uuid(Uuid),
    /// Any other text, never blank.
    Text(&'a str),
}

impl Key {
    /// Reads a key; `None` where the text is blank, which counts as missing.
    pub fn parse(text: &str) -> Option<Self> {
        KeyRef::parse(text).map(KeyRef::to_key)
    }

    /// The same key, its text borrowed.
    pub fn borrowed(&self) -> KeyRef<'_> {
        match self {
            Self::Uuid(uuid) => KeyRef::Uuid(*uuid),
            Self::Text(text) => KeyRef::Text(text),
        }
    }
}

impl<'a> KeyRef<'a> {
    /// Reads a key as [`Key::parse`] does.
    pub fn parse(text: &'a str) -> Option<Self> {
        // Only these lengths can be a UUID: simple, hyphenated, braced, urn.
        if matches!(text.len(), 32 | 36 | 38 | 45)
            && let Ok(uuid) = Uuid::try_parse(text)
        {
            return Some(Self::Uuid(uuid));
        }
        (!text.trim_start().is_empty()).then_some(Self::Text(text))
    }

    /// The same key, with a text of its own.
    pub fn to_key(self) -> Key {
        match self {
            Self::Uuid(uuid) => Key::Uuid(uuid),
            Self::Text(text) => Key::Text(text.into()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrowed().fmt(f)
    }
}

impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => write!(f, "{}", uuid.as_hyphenated()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.to_string().cmp(&b.to_string()),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a blank key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_in_any_spelling_is_one_key() {
        let shown = "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2";
        for spelling in [
            "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2",
            "9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2",
            "9d41e7b052ac4f188b036f1a2c77d0c2",
            "{9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2}",
            "urn:uuid:9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2",
        ] {
            let key = Key::parse(spelling).unwrap();
            assert!(matches!(key, Key::Uuid(_)), "{spelling}");
            assert_eq!(key.to_string(), shown);
        }
    }

    #[test]
    fn other_text_stays_as_it_is_and_blank_is_missing() {
        for text in [
            "u_7f3a91",
            " x ",
            "Ünï",
            "9d41e7b0-52ac",
            "9d41e7b052ac4f188b036f1a2c77d0cZ",
        ] {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Key::parse(""), None);
        assert_eq!(Key::parse("  "), None);
    }
}
