//! JSON Lines that come as programs write them, scanned in one pass without an allocation. A scan
//! says what a line holds or gives up, and never says more than `json` would: what it gives up is
//! read by `json`, whose answer counts.
//!
//! It must not know which fields a format has.

use std::borrow::Cow;

use crate::MAX_ROW_BYTES;
use crate::chunk::line_length;
use crate::draft::Raw;

/// A map of more fields is given up: whether a name comes twice would take long to see.
const MOST_FIELDS: usize = 64;

/// Whole lines, and how far they are scanned. Where a method gives up (`None`), [`Scan::line_at`]
/// leads back.
pub(crate) struct Scan<'a> {
    lines: &'a str,
    at: usize,
    /// The names in the map that is being scanned.
    names: Vec<&'a str>,
}

/// A text as it stands between its quotation marks, which is as JSON is written here too: of all
/// escapes only those that have no other spelling.
#[derive(Clone, Copy)]
struct Quoted<'a> {
    inner: &'a str,
    has_escapes: bool,
}

impl<'a> Scan<'a> {
    /// From the beginning of these lines.
    pub(crate) fn new(lines: &'a str) -> Self {
        Self {
            lines,
            at: 0,
            names: Vec::new(),
        }
    }

    /// How far the lines are scanned, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether there is no line left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.lines.len()
    }

    /// The line that begins at `at`, with its end; the scan goes on behind it.
    pub(crate) fn line_at(&mut self, at: usize) -> &'a [u8] {
        let rest = &self.lines.as_bytes()[at..];
        let length = line_length(rest);
        self.at = at + length;
        &rest[..length]
    }

    /// Goes past this byte, and past spaces before it.
    pub(crate) fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_spaces();
        (self.byte()? == byte).then(|| self.at += 1)
    }

    /// Goes past what ends or goes on a map: whether it goes on.
    pub(crate) fn goes_on(&mut self) -> Option<bool> {
        self.skip_spaces();
        let goes_on = match self.byte()? {
            b',' => true,
            b'}' => false,
            _ => return None,
        };
        self.at += 1;
        Some(goes_on)
    }

    /// Goes past the end of the line that began at `start`.
    pub(crate) fn end_line(&mut self, start: usize) -> Option<()> {
        self.skip_spaces();
        if self.at - start > MAX_ROW_BYTES {
            return None;
        }
        self.at += match &self.lines.as_bytes()[self.at..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => return None,
        };
        Some(())
    }

    /// A field's name that holds no escapes, and the colon behind it.
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        let name = self.plain()?;
        self.take(b':')?;
        Some(name)
    }

    /// A value of which only text, a number or nothing can be meant.
    pub(crate) fn field(&mut self) -> Option<Raw<'a>> {
        self.skip_spaces();
        match self.byte()? {
            b'"' => Some(Raw::Text(Cow::Borrowed(self.plain()?))),
            b'-' | b'0'..=b'9' => Some(Raw::Number(self.number()?)),
            _ => self.word("null").map(|()| Raw::Missing),
        }
    }

    /// A map without maps in it, or null, as [`Properties::to_json`](dwell_model::Properties)
    /// writes it; empty where nothing is in it. `rename` answers the name to store a name under.
    pub(crate) fn flat_map(&mut self, rename: fn(&str) -> &str) -> Option<Cow<'a, str>> {
        self.skip_spaces();
        if self.byte()? != b'{' {
            return self.word("null").map(|()| Cow::Borrowed(""));
        }
        let mut written = Written::from(self.at);
        self.at += 1;
        self.names.clear();
        let mut seen = 0_u64;
        self.leave_out_spaces(&mut written);
        if self.byte()? == b'}' {
            self.at += 1;
            return Some(Cow::Borrowed(""));
        }
        loop {
            let name = self.plain()?;
            if self.comes_again(name, &mut seen) || rename(name).len() != name.len() {
                return None;
            }
            self.leave_out_spaces(&mut written);
            self.expect(b':')?;
            self.leave_out_spaces(&mut written);
            match self.byte()? {
                b'[' => self.list(&mut written)?,
                _ => self.scalar()?,
            }
            self.leave_out_spaces(&mut written);
            match self.byte()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
            self.leave_out_spaces(&mut written);
        }
        self.at += 1;
        Some(written.end(self.lines, self.at))
    }

    /// Whether the name stood in the map before, or there are too many to say. `seen` has a bit for
    /// each of 64 kinds of names.
    fn comes_again(&mut self, name: &'a str, seen: &mut u64) -> bool {
        let bytes = name.as_bytes();
        let ends = bytes.first().zip(bytes.last());
        let (first, last) = ends.map_or((0, 0), |(first, last)| (*first, *last));
        let kind = first.wrapping_mul(7) ^ last.wrapping_mul(13) ^ bytes.len() as u8;
        let bit = 1 << (kind & 63);
        let is_known = *seen & bit != 0 && self.names.contains(&name);
        *seen |= bit;
        self.names.push(name);
        is_known || self.names.len() > MOST_FIELDS
    }

    /// A list of scalars.
    fn list(&mut self, written: &mut Written) -> Option<()> {
        self.at += 1;
        self.leave_out_spaces(written);
        if self.byte()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.scalar()?;
            self.leave_out_spaces(written);
            let byte = self.byte()?;
            self.at += 1;
            match byte {
                b',' => self.leave_out_spaces(written),
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    fn scalar(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' => self.quoted().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// A text without escapes.
    fn plain(&mut self) -> Option<&'a str> {
        let quoted = self.quoted()?;
        (!quoted.has_escapes).then_some(quoted.inner)
    }

    fn quoted(&mut self) -> Option<Quoted<'a>> {
        self.expect(b'"')?;
        let bytes = self.lines.as_bytes();
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at += plain_length(&bytes[self.at..]);
            match bytes.get(self.at..)? {
                [b'"', ..] => break,
                [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                _ => return None,
            }
            has_escapes = true;
        }
        let inner = &self.lines[start..self.at];
        self.at += 1;
        Some(Quoted { inner, has_escapes })
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        if self.byte()? == b'-' {
            self.at += 1;
        }
        match self.byte()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(&self.lines[start..self.at])
    }

    /// One digit at least.
    fn digits(&mut self) -> Option<()> {
        let rest = &self.lines.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = &self.lines.as_bytes()[self.at..];
        rest.starts_with(word.as_bytes())
            .then(|| self.at += word.len())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then(|| self.at += 1)
    }

    fn leave_out_spaces(&mut self, written: &mut Written) {
        if let Some(b' ' | b'\t') = self.byte() {
            written.until(self.lines, self.at);
            self.skip_spaces();
            written.written_at = self.at;
        }
    }

    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.lines.as_bytes().get(self.at).copied()
    }
}

/// A map as it is written anew: what stands in the lines, with what is to be left out left out.
struct Written {
    before: String,
    /// From where on the lines' text is not in `before`.
    written_at: usize,
}

impl Written {
    fn from(at: usize) -> Self {
        Self {
            before: String::new(),
            written_at: at,
        }
    }

    fn until(&mut self, lines: &str, at: usize) {
        self.before.push_str(&lines[self.written_at..at]);
    }

    fn end(mut self, lines: &str, at: usize) -> Cow<'_, str> {
        match self.before.is_empty() {
            true => Cow::Borrowed(&lines[self.written_at..at]),
            false => {
                self.until(lines, at);
                Cow::Owned(self.before)
            }
        }
    }
}

/// How many bytes stand before the first quotation mark, backslash or control character.
fn plain_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(eight) = bytes[length..].first_chunk() {
        let found = not_plain(u64::from_le_bytes(*eight));
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let is_plain = |byte: &&u8| !matches!(**byte, b'"' | b'\\' | 0..0x20);
    length + bytes[length..].iter().take_while(is_plain).count()
}

/// Marks the top bit of each of eight bytes that is a quotation mark, a backslash or a control
/// character. The lowest mark is always true; above it a borrow may have left others.
fn not_plain(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = 0x8080_8080_8080_8080;
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(EACH * limit) & !bytes;
    let equal = |byte: u8| below(eight ^ (EACH * u64::from(byte)), 1);
    (equal(b'"') | equal(b'\\') | below(eight, 0x20)) & TOP
}
