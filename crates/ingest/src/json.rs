//! JSON as formats of JSON Lines need it: fields as slices of the row, texts borrowed where they
//! hold no escapes, numbers in the source's words, nested maps flattened.
//!
//! It must not know which fields a format has.

use std::borrow::Cow;
use std::fmt;

use dwell_model::{Properties, Scalar, Value};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::draft::{Field, Raw};
use crate::reason::{Reason, Refusal};
use crate::{MAX_LEVELS, MAX_PROPERTIES, MAX_PROPERTY_NAMES_BYTES};

/// A row: the text that all positions are counted in.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    /// Checks that the row is UTF-8.
    pub(crate) fn new(row: &'a [u8]) -> Result<Self, Refusal> {
        std::str::from_utf8(row).map(Self).map_err(|error| {
            let at = error.valid_up_to();
            Refusal::at(at, Reason::NotUtf8 { byte: row[at] })
        })
    }

    /// The row, or a part of it that is a JSON text by itself.
    pub(crate) fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// Calls `each` for the fields of the row's map, in order, with each value's own text. A syntax
    /// error can come after some calls.
    pub(crate) fn fields(
        self,
        each: impl FnMut(Cow<'a, str>, &'a str) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        match self.0.trim_start().as_bytes().first() {
            Some(b'{') => self.map_fields(self.0, each),
            _ => Err(match serde_json::from_str::<IgnoredAny>(self.0) {
                Err(error) => self.not_json(self.0, &error),
                Ok(_) => Reason::NotAnObject {
                    found: type_name(self.0.trim_start()),
                }
                .into(),
            }),
        }
    }

    /// Reads a value of which only text, a number or nothing can be meant.
    pub(crate) fn field(self, raw: Option<&'a str>) -> Result<Field<'a>, Refusal> {
        let Some(raw) = raw else {
            return Ok(Field::default());
        };
        let value = match raw.as_bytes()[0] {
            b'n' => Raw::Missing,
            b'"' => Raw::Text(self.text(raw)?),
            b'-' | b'0'..=b'9' => Raw::Number(raw),
            _ => Raw::Other(type_name(raw)),
        };
        Ok(Field {
            value,
            at: Some(self.place_of(raw)),
        })
    }

    /// The refusal of a value that is of the wrong type.
    pub(crate) fn wrong_type(
        self,
        field: &'static str,
        raw: &str,
        wanted: &'static str,
    ) -> Refusal {
        let found = type_name(raw).to_owned();
        Refusal::at(
            self.place_of(raw),
            Reason::WrongType {
                field,
                found,
                wanted,
            },
        )
    }

    fn map_fields(
        self,
        raw: &'a str,
        each: impl FnMut(Cow<'a, str>, &'a str) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut refusal = None;
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        let read = deserializer
            .deserialize_map(Fields {
                each,
                refusal: &mut refusal,
            })
            .and_then(|()| deserializer.end());
        match (refusal, read) {
            (Some(refusal), _) => Err(refusal),
            (None, Err(error)) => Err(self.not_json(raw, &error)),
            (None, Ok(())) => Ok(()),
        }
    }

    fn items(
        self,
        raw: &'a str,
        each: impl FnMut(&'a str) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut refusal = None;
        let read = serde_json::Deserializer::from_str(raw).deserialize_seq(Items {
            each,
            refusal: &mut refusal,
        });
        match (refusal, read) {
            (Some(refusal), _) => Err(refusal),
            (None, read) => read.map_err(|error| self.not_json(raw, &error)),
        }
    }

    /// The text of a JSON string.
    fn text(self, raw: &'a str) -> Result<Cow<'a, str>, Refusal> {
        let inner = &raw[1..raw.len() - 1];
        // The string was scanned before: without an escape it stands for itself.
        match memchr::memchr(b'\\', inner.as_bytes()) {
            None => Ok(Cow::Borrowed(inner)),
            Some(_) => serde_json::from_str(raw)
                .map(Cow::Owned)
                .map_err(|error| self.not_json(raw, &error)),
        }
    }

    fn not_json(self, raw: &str, error: &serde_json::Error) -> Refusal {
        let message = error.to_string();
        let problem = match message.rfind(" at line ") {
            Some(end) => message[..end].to_owned(),
            None => message,
        };
        let at = self.place_of(raw) + error.column().saturating_sub(1);
        Refusal::at(at, Reason::NotJson { problem })
    }

    /// Where a part of the row begins, in bytes from 0.
    fn place_of(self, part: &str) -> usize {
        part.as_ptr().addr() - self.0.as_ptr().addr()
    }
}

/// Flattens JSON maps into properties: `{"cart": {"items": 3}}` is `cart.items`.
///
/// A list stays a list; a map or list inside a list becomes text, its JSON as written; so does an
/// empty map, which has nothing to flatten. A name that comes twice keeps its last value.
pub(crate) struct Flattener<'a> {
    line: Line<'a>,
    field: &'static str,
    rename: fn(&str) -> &str,
    pub(crate) flat: Properties,
    name_byte_count: usize,
}

impl<'a> Flattener<'a> {
    /// With nothing in it yet. `field` is the row's, for refusals; `rename` answers the name to store
    /// a path under.
    pub(crate) fn new(line: Line<'a>, field: &'static str, rename: fn(&str) -> &str) -> Self {
        Self {
            line,
            field,
            rename,
            flat: Properties::new(),
            name_byte_count: 0,
        }
    }

    /// Adds the fields of a map that stands `level` levels deep in the row, the row's own map being
    /// 1.
    pub(crate) fn map(&mut self, raw: &'a str, level: usize) -> Result<(), Refusal> {
        self.map_under(&mut String::new(), raw, level)
    }

    /// Adds one value under a name of its own; a map or list in it stands `level` levels deep.
    pub(crate) fn value(&mut self, name: &str, raw: &'a str, level: usize) -> Result<(), Refusal> {
        match raw.as_bytes()[0] {
            b'{' if !is_empty_map(raw) => self.map_under(&mut format!("{name}."), raw, level),
            _ => self.add(name, raw, level),
        }
    }

    /// `prefix` is empty or ends in a dot, and is left as it was.
    fn map_under(
        &mut self,
        prefix: &mut String,
        raw: &'a str,
        level: usize,
    ) -> Result<(), Refusal> {
        let line = self.line;
        self.check_level(raw, level)?;
        line.map_fields(raw, |key, raw| {
            let is_map = raw.as_bytes()[0] == b'{' && !is_empty_map(raw);
            if prefix.is_empty() && !is_map {
                return self.add(&key, raw, level + 1);
            }
            let length = prefix.len();
            prefix.push_str(&key);
            let added = match is_map {
                true => {
                    prefix.push('.');
                    self.map_under(prefix, raw, level + 1)
                }
                false => self.add(prefix, raw, level + 1),
            };
            prefix.truncate(length);
            added
        })
    }

    fn add(&mut self, path: &str, raw: &'a str, level: usize) -> Result<(), Refusal> {
        let value = match raw.as_bytes()[0] {
            b'[' => Value::List(self.list(raw, level)?),
            _ => Value::One(self.scalar(raw, level)?),
        };
        let field = self.field;
        self.name_byte_count += path.len();
        if self.name_byte_count > MAX_PROPERTY_NAMES_BYTES {
            return Err(self.refuse(raw, Reason::NamesTooLong { field }));
        }
        self.flat.set((self.rename)(path), value);
        match self.flat.len() > MAX_PROPERTIES {
            true => Err(self.refuse(raw, Reason::TooManyProperties { field })),
            false => Ok(()),
        }
    }

    fn list(&self, raw: &'a str, level: usize) -> Result<Vec<Scalar>, Refusal> {
        self.check_level(raw, level)?;
        let mut items = Vec::new();
        self.line.items(raw, |item| {
            items.push(self.scalar(item, level + 1)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// A scalar; a map or list becomes its own text.
    fn scalar(&self, raw: &'a str, level: usize) -> Result<Scalar, Refusal> {
        Ok(match raw.as_bytes()[0] {
            b'n' => Scalar::Null,
            b't' => Scalar::Bool(true),
            b'f' => Scalar::Bool(false),
            b'"' => Scalar::Text(self.line.text(raw)?.into()),
            b'[' | b'{' => {
                self.check_level(raw, level + levels_of(raw) - 1)?;
                Scalar::Text(raw.into())
            }
            _ => Scalar::Number(raw.into()),
        })
    }

    fn check_level(&self, raw: &str, level: usize) -> Result<(), Refusal> {
        match level > MAX_LEVELS {
            true => Err(self.refuse(raw, Reason::TooDeep { field: self.field })),
            false => Ok(()),
        }
    }

    fn refuse(&self, raw: &str, reason: Reason) -> Refusal {
        Refusal::at(self.line.place_of(raw), reason)
    }
}

/// What a JSON value is, in words.
fn type_name(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        Some(b'[') => "a list",
        Some(b'{') => "a map",
        _ => "a number",
    }
}

fn is_empty_map(raw: &str) -> bool {
    raw[1..].trim_start().starts_with('}')
}

/// How deep the maps and lists of a valid JSON value nest. No recursion: the value can nest as deep
/// as a row is long.
fn levels_of(raw: &str) -> usize {
    let (mut level, mut deepest, mut in_text, mut is_escaped) = (0, 0, false, false);
    for byte in raw.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !in_text => level -= 1,
            _ => {}
        }
    }
    deepest
}

/// A key: borrowed where it holds no escapes.
struct FieldName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for FieldName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = FieldName<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(FieldName(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(FieldName(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

struct Fields<'refusal, F> {
    each: F,
    /// Serde's errors carry text alone: the reason goes past them.
    refusal: &'refusal mut Option<Refusal>,
}

impl<'de, F> Visitor<'de> for Fields<'_, F>
where
    F: FnMut(Cow<'de, str>, &'de str) -> Result<(), Refusal>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(FieldName(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if let Err(refusal) = (self.each)(name, value.get()) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

struct Items<'refusal, F> {
    each: F,
    refusal: &'refusal mut Option<Refusal>,
}

impl<'de, F: FnMut(&'de str) -> Result<(), Refusal>> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<&RawValue>()? {
            if let Err(refusal) = (self.each)(item.get()) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}
