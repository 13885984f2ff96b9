//! JSON Lines that come as programs write them, scanned in one pass without an allocation. A scan
//! says what a line holds or gives up, and never says more than `json` would: what it gives up is
//! read by `json`, whose answer counts.
//!
//! It must not know which fields a format has.

use std::borrow::Cow;

use crate::chunk::line_length;
use crate::draft::Raw;
use crate::{MAX_PROPERTY_NAMES_BYTES, MAX_ROW_BYTES};

/// A map of more fields is given up: whether a name comes twice would take long to see.
const MOST_FIELDS: usize = 64;
/// A map with maps in it that is longer is given up: with [`MOST_FIELDS`] names or fewer, those of
/// a shorter one are never too long together ([`MAX_PROPERTY_NAMES_BYTES`]).
const MOST_NESTED_BYTES: usize = MAX_PROPERTY_NAMES_BYTES / MOST_FIELDS / 2;

/// Whole lines, and how far they are scanned. Where a method gives up (`None`), [`Scan::line_at`]
/// leads back.
pub(crate) struct Scan<'a> {
    lines: &'a str,
    at: usize,
    /// The names in the map that is being scanned, each with that of the map around it.
    names: Vec<(&'a [u8], &'a [u8])>,
    path: String,
}

impl<'a> Scan<'a> {
    /// From the beginning of these lines.
    pub(crate) fn new(lines: &'a str) -> Self {
        Self {
            lines,
            at: 0,
            names: Vec::with_capacity(MOST_FIELDS),
            path: String::new(),
        }
    }

    /// How far the lines are scanned, in bytes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes on from there.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
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
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> Option<()> {
        let bytes = self.lines.as_bytes();
        self.at = past(byte, bytes, past_spaces(bytes, self.at))?;
        Some(())
    }

    /// Goes past what ends or goes on a map: whether it goes on.
    #[inline]
    pub(crate) fn goes_on(&mut self) -> Option<bool> {
        let bytes = self.lines.as_bytes();
        let at = past_spaces(bytes, self.at);
        self.at = at + 1;
        match bytes.get(at)? {
            b',' => Some(true),
            b'}' => Some(false),
            _ => None,
        }
    }

    /// Goes past the end of the line that began at `start`.
    #[inline]
    pub(crate) fn end_line(&mut self, start: usize) -> Option<()> {
        let bytes = self.lines.as_bytes();
        let end = past_spaces(bytes, self.at);
        self.at = match &bytes[end..] {
            [b'\n', ..] => end + 1,
            [b'\r', b'\n', ..] => end + 2,
            [] => end,
            _ => return None,
        };
        (end - start <= MAX_ROW_BYTES).then_some(())
    }

    /// A field's name that holds no escapes, and the colon behind it.
    #[inline]
    pub(crate) fn name(&mut self) -> Option<&'a [u8]> {
        let bytes = self.lines.as_bytes();
        let start = past(b'"', bytes, past_spaces(bytes, self.at))?;
        let end = plain_end(bytes, start)?;
        self.at = past(b':', bytes, past_spaces(bytes, end + 1))?;
        Some(&bytes[start..end])
    }

    /// A value of which only text, a number or nothing can be meant.
    #[inline]
    pub(crate) fn field(&mut self, into: &mut Raw<'a>) -> Option<()> {
        let bytes = self.lines.as_bytes();
        let start = past_spaces(bytes, self.at);
        *into = match bytes.get(start)? {
            b'"' => {
                let end = plain_end(bytes, start + 1)?;
                self.at = end + 1;
                Raw::Text(Cow::Borrowed(&self.lines[start + 1..end]))
            }
            b'n' => {
                self.at = past_word(b"null", bytes, start)?;
                Raw::Missing
            }
            _ => {
                self.at = past_number(bytes, start)?;
                Raw::Number(&self.lines[start..self.at])
            }
        };
        Some(())
    }

    /// A map, or null, flattened as [`Properties::to_json`](dwell_model::Properties) writes it;
    /// empty where nothing is in it. The maps in it have none in them. `rename` answers the name to
    /// store a path under: itself, or its end behind the dot.
    pub(crate) fn flat_map(
        &mut self,
        rename: fn(&str) -> &str,
        into: &mut Cow<'a, str>,
    ) -> Option<()> {
        let bytes = self.lines.as_bytes();
        let start = past_spaces(bytes, self.at);
        if *bytes.get(start)? == b'n' {
            self.at = past_word(b"null", bytes, start)?;
            *into = Cow::Borrowed("");
            return Some(());
        }
        let mut written = Written {
            lines: self.lines,
            at: start,
            before: String::new(),
        };
        let mut at = written.past_spaces(past(b'{', bytes, start)?);
        if *bytes.get(at)? == b'}' {
            self.at = at + 1;
            *into = Cow::Borrowed("");
            return Some(());
        }
        self.names.clear();
        let mut seen = 0;
        let (mut has_dots, mut is_nested) = (false, false);
        loop {
            let name_at = past(b'"', bytes, at)?;
            let name_end = match end_of_usual_name(bytes, name_at) {
                Some(end) => end,
                None => {
                    has_dots = true;
                    self.end_of_name(name_at, rename)?
                }
            };
            let colon = past_spaces(bytes, name_end + 1);
            let value = past_spaces(bytes, past(b':', bytes, colon)?);
            if *bytes.get(value)? == b'{' {
                is_nested = true;
                written.leave_out(name_at - 1, value);
                let around = &self.lines[name_at..name_end];
                at = self.nested_map(around, value, rename, &mut seen, &mut written)?;
            } else {
                if self.comes_again(&bytes[name_at..name_end], b"", &mut seen) {
                    return None;
                }
                written.skip(name_end + 1, colon);
                written.skip(colon + 1, value);
                at = past_value(bytes, value, &mut written)?;
            }
            at = written.past_spaces(at);
            match bytes.get(at)? {
                b',' => at = written.past_spaces(at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        self.at = at + 1;
        *into = written.end(self.at);
        // A name with dots could be that of a field in a map.
        let is_given_up = is_nested && (has_dots || self.at - start > MOST_NESTED_BYTES);
        (!is_given_up).then_some(())
    }

    /// Goes past a map in a map. What stands before it is written already. Kept apart so that the
    /// loop over usual maps stays small.
    #[inline(never)]
    fn nested_map(
        &mut self,
        around: &'a str,
        start: usize,
        rename: fn(&str) -> &str,
        seen: &mut u64,
        written: &mut Written<'_>,
    ) -> Option<usize> {
        let bytes = self.lines.as_bytes();
        let mut at = start + 1;
        loop {
            let name_at = past(b'"', bytes, past_spaces(bytes, at))?;
            let name_end = end_of_usual_name(bytes, name_at)?;
            at = past(b':', bytes, past_spaces(bytes, name_end + 1))?;
            at = past_spaces(bytes, at);
            let name = &self.lines[name_at..name_end];
            self.path.clear();
            self.path.push_str(around);
            self.path.push('.');
            self.path.push_str(name);
            let stored_name = rename(&self.path);
            let around = match stored_name.len() == name.len() {
                true => "",
                false => around,
            };
            written.put_name(stored_name, at);
            if self.comes_again(name.as_bytes(), around.as_bytes(), seen)
                || at - start > MOST_NESTED_BYTES
            {
                return None;
            }
            at = past_value(bytes, at, written)?;
            let behind = past_spaces(bytes, at);
            written.leave_out(at, behind);
            at = behind + 1;
            match bytes.get(behind)? {
                // The comma is written, and a name that is not the lines' follows.
                b',' => written.leave_out(at, at),
                b'}' => {
                    written.leave_out(behind, at);
                    return Some(at);
                }
                _ => return None,
            }
        }
    }

    /// The quotation mark that ends a name that is stored as it is.
    #[cold]
    fn end_of_name(&self, start: usize, rename: fn(&str) -> &str) -> Option<usize> {
        let end = plain_end(self.lines.as_bytes(), start)?;
        let name = &self.lines[start..end];
        (rename(name).len() == name.len()).then_some(end)
    }

    /// Whether the name stood in the map before, or there are too many to say. `seen` has a bit for
    /// each of 64 kinds of names.
    #[inline]
    fn comes_again(&mut self, name: &'a [u8], around: &'a [u8], seen: &mut u64) -> bool {
        let ends = name.first().zip(name.last());
        let (first, last) = ends.map_or((0, 0), |(first, last)| (*first, *last));
        let kind = u32::from_le_bytes([first, last, name.len() as u8, 0]).wrapping_mul(0x9E37_79B1);
        let bit = 1 << (kind >> 26);
        let is_known = *seen & bit != 0 && self.names.contains(&(name, around));
        *seen |= bit;
        self.names.push((name, around));
        is_known || self.names.len() > MOST_FIELDS
    }
}

/// A map as it is written anew: what stands in the lines, without its spaces.
struct Written<'a> {
    lines: &'a str,
    /// From where on the lines' text is not in `before`.
    at: usize,
    before: String,
}

impl<'a> Written<'a> {
    #[inline]
    fn past_spaces(&mut self, at: usize) -> usize {
        let behind = past_spaces(self.lines.as_bytes(), at);
        self.skip(at, behind);
        behind
    }

    #[inline]
    fn skip(&mut self, start: usize, end: usize) {
        if end > start {
            self.leave_out(start, end);
        }
    }

    /// Writes a name for the value that stands at `at`.
    fn put_name(&mut self, name: &str, at: usize) {
        self.before.push('"');
        self.before.push_str(name);
        self.before.push_str("\":");
        self.at = at;
    }

    #[cold]
    fn leave_out(&mut self, start: usize, end: usize) {
        self.before.push_str(&self.lines[self.at..start]);
        self.at = end;
    }

    fn end(mut self, at: usize) -> Cow<'a, str> {
        if self.before.is_empty() {
            return Cow::Borrowed(&self.lines[self.at..at]);
        }
        self.leave_out(at, at);
        Cow::Owned(self.before)
    }
}

// What follows answers where something that begins at `at` has been gone past.

fn past(byte: u8, bytes: &[u8], at: usize) -> Option<usize> {
    (*bytes.get(at)? == byte).then_some(at + 1)
}

#[inline]
fn past_spaces(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b' ' | b'\t') => past_more_spaces(bytes, at + 1),
        _ => at,
    }
}

#[cold]
fn past_more_spaces(bytes: &[u8], at: usize) -> usize {
    let is_none = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let rest = &bytes[at..];
    at + rest.iter().position(is_none).unwrap_or(rest.len())
}

/// A scalar or a list of scalars.
#[inline]
fn past_value(bytes: &[u8], at: usize, written: &mut Written<'_>) -> Option<usize> {
    match bytes.get(at)? {
        b'[' => past_list(bytes, at, written),
        _ => past_scalar(bytes, at),
    }
}

#[inline]
fn past_scalar(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => {
            let end = plain_end(bytes, at + 1).or_else(|| end_of_escaped(bytes, at + 1));
            end.map(|end| end + 1)
        }
        b't' => past_word(b"true", bytes, at),
        b'f' => past_word(b"false", bytes, at),
        b'n' => past_word(b"null", bytes, at),
        _ => past_number(bytes, at),
    }
}

/// A list of scalars.
fn past_list(bytes: &[u8], at: usize, written: &mut Written<'_>) -> Option<usize> {
    let mut at = written.past_spaces(at + 1);
    if *bytes.get(at)? == b']' {
        return Some(at + 1);
    }
    loop {
        at = written.past_spaces(past_scalar(bytes, at)?);
        match bytes.get(at)? {
            b',' => at = written.past_spaces(at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn past_word(word: &[u8], bytes: &[u8], at: usize) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

/// Whether a text is a number as JSON writes it.
pub(crate) fn is_number(text: &[u8]) -> bool {
    past_number(text, 0) == Some(text.len())
}

fn past_number(bytes: &[u8], at: usize) -> Option<usize> {
    let is = |at: usize, any_of: &[u8]| bytes.get(at).is_some_and(|byte| any_of.contains(byte));
    let mut at = at + usize::from(is(at, b"-"));
    at = match is(at, b"0") {
        true => at + 1,
        false => past_digits(bytes, at)?,
    };
    if is(at, b".") {
        at = past_digits(bytes, at + 1)?;
    }
    if is(at, b"eE") {
        at = past_digits(bytes, at + 1 + usize::from(is(at + 1, b"+-")))?;
    }
    Some(at)
}

/// One digit at least.
fn past_digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}

/// The quotation mark that ends a name in which no escape stands and nothing that comes before the
/// digits in ASCII: no dot.
#[inline]
fn end_of_usual_name(bytes: &[u8], start: usize) -> Option<usize> {
    let end_or_other = |eight| below(eight, b'0') | equal(eight, b'\\');
    end_at(bytes, next_mark(bytes, start, end_or_other))
}

/// The quotation mark that ends a text without escapes.
#[inline]
fn plain_end(bytes: &[u8], start: usize) -> Option<usize> {
    // With this bit turned over the quotation mark comes right behind the control characters.
    let end_or_other = |eight| below(eight ^ (EACH * 0x02), 0x21) | equal(eight, b'\\');
    end_at(bytes, next_mark(bytes, start, end_or_other))
}

fn end_at(bytes: &[u8], at: usize) -> Option<usize> {
    (*bytes.get(at)? == b'"').then_some(at)
}

const EACH: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = 0x8080_8080_8080_8080;

/// The place of the first byte that `marks` gives its top bit; behind the end where none does.
/// `marks` takes eight bytes, and has to give that bit to a zero.
#[inline]
fn next_mark(bytes: &[u8], start: usize, marks: impl Fn(u64) -> u64) -> usize {
    let mut at = start;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let eight = match rest.first_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => last_eight(rest),
        };
        let marks = marks(eight) & TOP;
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
}

/// The last, fewer than eight bytes, and zeros.
#[cold]
fn last_eight(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(eight)
}

/// Gives each byte below a limit its top bit. The first is always true; behind it a borrow may have
/// left others.
fn below(eight: u64, limit: u8) -> u64 {
    eight.wrapping_sub(EACH * u64::from(limit)) & !eight
}

/// As [`below`], for bytes that are this one.
fn equal(eight: u64, byte: u8) -> u64 {
    below(eight ^ (EACH * u64::from(byte)), 1)
}

/// The quotation mark that ends a text of whose escapes none has another spelling: as JSON is
/// written here too.
#[cold]
fn end_of_escaped(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += match bytes.get(at..)? {
            [b'"', ..] => return Some(at),
            [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\' | 0..0x20, ..] | [] => return None,
            _ => 1,
        };
    }
}
