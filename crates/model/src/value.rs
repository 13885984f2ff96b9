//! Property values, exactly as a source wrote them.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A string, number, boolean or null.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// JSON null: counts as missing in conditions, and is kept and shown.
    Null,
    /// A boolean.
    Bool(bool),
    /// A valid JSON number in the words of the source: integers beyond 2^53 and decimals as written.
    Number(Box<str>),
    /// Text; the empty text is not missing.
    Text(Box<str>),
}

/// A property's value: a scalar, or a list of scalars.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// One value.
    One(Scalar),
    /// A list.
    List(Vec<Scalar>),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::One(Scalar::Text(text.into()))
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::One(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a condition sees it as missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::One(Scalar::Null))
    }

    /// Its type's name as people read it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::One(Scalar::Null) => "null",
            Self::One(Scalar::Bool(_)) => "bool",
            Self::One(Scalar::Number(_)) => "number",
            Self::One(Scalar::Text(_)) => "text",
            Self::List(_) => "list",
        }
    }

    /// As people read it: texts without quotation marks, numbers as written, lists with commas.
    pub fn shown(&self) -> String {
        match self {
            Self::One(scalar) => scalar.shown().to_owned(),
            Self::List(items) => items
                .iter()
                .map(Scalar::shown)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

impl Scalar {
    /// As people read it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number(text) | Self::Text(text) => text,
        }
    }
}

/// A flat map of properties in the order of the source. A key written twice keeps its first place and
/// its last value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(Vec<(Box<str>, Value)>);

impl Properties {
    /// No properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Properties of which the caller knows that no key stands twice.
    pub fn of_distinct(pairs: Vec<(Box<str>, Value)>) -> Self {
        Self(pairs)
    }

    /// Sets a property.
    pub fn set(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| **known == *key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }

    /// A property, where present; null is present here.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| **known == *key)
            .map(|(_, value)| value)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same properties sorted by key: the canonical order.
    pub fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        sorted
    }

    /// As JSON text, in order.
    pub fn to_json(&self) -> String {
        // Writing to memory cannot fail, and every number is a valid JSON number.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From JSON text that this type wrote.
    ///
    /// # Errors
    /// Where the text is no flat JSON map.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl FromIterator<(Box<str>, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (Box<str>, Value)>>(pairs: I) -> Self {
        let mut collected = Self::new();
        let mut places: HashMap<Box<str>, usize> = HashMap::new();
        for (key, value) in pairs {
            // A search through few keys beats hashing them; through many it would not end.
            if collected.len() < 16 {
                collected.set(&key, value);
                continue;
            }
            if places.is_empty() {
                places = collected
                    .0
                    .iter()
                    .map(|(key, _)| key.clone())
                    .zip(0..)
                    .collect();
            }
            match places.get(&key) {
                Some(place) => collected.0[*place].1 = value,
                None => {
                    places.insert(key.clone(), collected.len());
                    collected.0.push((key, value));
                }
            }
        }
        collected
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(text) => RawValue::from_string(text.to_string())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(scalar) => scalar.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
        }
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Reads a scalar from its own JSON text; `None` for a list or a map.
///
/// # Errors
/// Where the text is no JSON value.
pub fn scalar_from_json(raw: &str) -> Result<Option<Scalar>, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => Some(Scalar::Text(serde_json::from_str::<Box<str>>(raw)?)),
        Some(b't') => Some(Scalar::Bool(true)),
        Some(b'f') => Some(Scalar::Bool(false)),
        Some(b'n') => Some(Scalar::Null),
        Some(b'[' | b'{') | None => None,
        Some(_) => Some(Scalar::Number(raw.into())),
    })
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if let Some(scalar) = scalar_from_json(text).map_err(D::Error::custom)? {
            return Ok(Self::One(scalar));
        }
        let items: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|_| D::Error::custom("a map, where only flat values can stand"))?;
        let scalar = |item: &&RawValue| {
            scalar_from_json(item.get())
                .map_err(D::Error::custom)?
                .ok_or_else(|| D::Error::custom("a list or map inside a list"))
        };
        items
            .iter()
            .map(scalar)
            .collect::<Result<_, _>>()
            .map(Self::List)
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a flat map of properties")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                std::iter::from_fn(|| map.next_entry::<Box<str>, Value>().transpose()).collect()
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Properties, A::Error> {
                Err(A::Error::custom("a list, where properties are a map"))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_written() {
        for json in [
            r#"{"b":1.10,"a":9007199254740993,"c":"","d":null,"e":true}"#,
            r#"{"list":["x",1e400,false,null],"empty":[],"ü":"\"\\\n"}"#,
            "{}",
        ] {
            let read = Properties::from_json(json).unwrap();
            assert_eq!(read.to_json(), json);
        }
    }

    #[test]
    fn a_key_written_twice_keeps_its_place_and_its_last_value() {
        let read = Properties::from_json(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(read.to_json(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn many_keys_are_as_few() {
        let pairs = |count: usize| (0..count).map(|i| format!("\"k{i}\":{i}"));
        for count in [15, 16, 17, 20_000] {
            let json = format!("{{{}}}", pairs(count).collect::<Vec<_>>().join(","));
            let twice = format!("{},\"k3\":3}}", &json[..json.len() - 1]);
            assert_eq!(Properties::from_json(&twice).unwrap().to_json(), json);
        }
    }

    #[test]
    fn nested_values_are_refused_here() {
        for json in [
            r#"{"a":{"b":1}}"#,
            r#"{"a":[[1]]}"#,
            "[1]",
            r#"{"a":[{"b":1}]}"#,
        ] {
            assert!(Properties::from_json(json).is_err(), "{json}");
        }
    }
}
