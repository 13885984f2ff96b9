//! The texts of properties as patterns with values: `{"screen":"home","ms":139}` is the pattern
//! `{"screen":"␀","ms":␀}` with the values `home` and `139`. An application writes few patterns, so
//! a text costs the number of its pattern and its values alone.
//!
//! A pattern is the text itself with a zero byte in place of each number and of what stands between the
//! quotation marks of each text that is a value; a zero byte stands in no JSON text. Filled in again
//! it is the text to the byte, whatever the text was: nothing here has to understand it.

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// Patterns have at most so many bytes; a text with a longer one is kept whole.
const MAX_PATTERN_BYTES: usize = 4096;
/// A workspace has at most so many patterns, and of so many bytes: everyone who reads texts reads all of
/// them. Later texts are kept whole.
const MAX_PATTERNS: usize = 20_000;
const MAX_PATTERNS_BYTES: usize = 2 << 20;
/// The number that says that a text is kept whole.
pub(crate) const WHOLE: u32 = 0;

/// The patterns of a workspace by number, from 1. Threads that encode share it.
#[derive(Debug, Default)]
pub(crate) struct Patterns(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    numbers: FxHashMap<Box<[u8]>, u32>,
    texts: Vec<Box<[u8]>>,
    byte_count: usize,
}

/// What a thread that parts texts needs: a pattern on its way, and the numbers that it has met, so that
/// threads need not wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Parted {
    pattern: Vec<u8>,
    known: FxHashMap<Box<[u8]>, u32>,
}

impl Patterns {
    /// Those that are stored, in the order of their numbers, from 1 without a gap.
    pub(crate) fn new(stored: Vec<Box<[u8]>>) -> Self {
        let numbers = stored.iter().cloned().zip(1..).collect();
        Self(RwLock::new(Known {
            numbers,
            byte_count: stored.iter().map(|pattern| pattern.len()).sum(),
            texts: stored,
        }))
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.read(|known| known.texts.len())
    }

    /// Those after the first `stored`.
    pub(crate) fn since(&self, stored: usize) -> Vec<Box<[u8]>> {
        self.read(|known| known.texts.get(stored..).unwrap_or_default().to_vec())
    }

    /// The number of a pattern, a new one where there is room.
    fn number(&self, pattern: &[u8]) -> u32 {
        if pattern.len() > MAX_PATTERN_BYTES {
            return WHOLE;
        }
        if let Some(number) = self.read(|known| known.numbers.get(pattern).copied()) {
            return number;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(pattern) {
            return *number;
        }
        let byte_count = known.byte_count + pattern.len();
        if known.texts.len() >= MAX_PATTERNS || byte_count > MAX_PATTERNS_BYTES {
            return WHOLE;
        }
        known.byte_count = byte_count;
        known.texts.push(pattern.into());
        let number = known.texts.len() as u32;
        known.numbers.insert(pattern.into(), number);
        number
    }

    fn read<T>(&self, ask: impl FnOnce(&Known) -> T) -> T {
        ask(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Parts a text: its pattern's number is the answer, its values go to the end of `values`, a zero
    /// byte after each.
    pub(crate) fn part(&self, text: &[u8], parted: &mut Parted, values: &mut Vec<u8>) -> u32 {
        let from = values.len();
        let pattern = &mut parted.pattern;
        split(text, pattern, values);
        let number = match parted.known.get(&pattern[..]) {
            Some(number) => *number,
            None => {
                let number = self.number(pattern);
                if number != WHOLE {
                    parted.known.insert(pattern[..].into(), number);
                }
                number
            }
        };
        if number == WHOLE {
            values.truncate(from);
            values.extend_from_slice(text);
            values.push(0);
        }
        number
    }

    /// Puts the next text together again, at the end of `text`. `None` where the values end too early
    /// or there is no such pattern.
    pub(crate) fn join<'v>(
        &self,
        number: u32,
        values: &mut impl Iterator<Item = &'v [u8]>,
        text: &mut Vec<u8>,
    ) -> Option<()> {
        if number == WHOLE {
            text.extend_from_slice(values.next()?);
            return Some(());
        }
        self.read(|known| {
            let pattern = known.texts.get(number as usize - 1)?;
            let mut rest = &pattern[..];
            while let Some(at) = memchr::memchr(0, rest) {
                text.extend_from_slice(&rest[..at]);
                text.extend_from_slice(values.next()?);
                rest = &rest[at + 1..];
            }
            text.extend_from_slice(rest);
            Some(())
        })
    }
}

/// Splits a text: texts that a colon, comma or bracket comes before and no colon comes after are
/// values, and so are numbers.
fn split(text: &[u8], pattern: &mut Vec<u8>, values: &mut Vec<u8>) {
    pattern.clear();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let end = end_of_text(text, at + 1);
                let inner = &text[at + 1..end];
                if text.get(end + 1) == Some(&b':') || end == text.len() {
                    pattern.extend_from_slice(&text[at..(end + 1).min(text.len())]);
                } else {
                    pattern.extend_from_slice(b"\"\0\"");
                    values.extend_from_slice(inner);
                    values.push(0);
                }
                at = end + 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part =
                    |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let length = text[at..].iter().take_while(|byte| is_part(byte)).count();
                pattern.push(0);
                values.extend_from_slice(&text[at..at + length]);
                values.push(0);
                at += length;
            }
            _ => {
                pattern.push(*byte);
                at += 1;
            }
        }
    }
}

/// Where the text that begins at `at` ends: its quotation mark, or the end of all. Most are short: eight
/// bytes at once, without a call.
fn end_of_text(text: &[u8], mut at: usize) -> usize {
    loop {
        let found = match text.get(at..).and_then(<[u8]>::first_chunk) {
            Some(eight) => first_mark(u64::from_le_bytes(*eight)),
            None => {
                let rest = text.get(at..).unwrap_or_default();
                let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\');
                match rest.iter().position(is_mark) {
                    Some(found) => Some(found),
                    None => return text.len(),
                }
            }
        };
        match found {
            None => at += 8,
            Some(found) if text[at + found] == b'"' => return at + found,
            Some(found) => at += found + 2,
        }
    }
}

/// The first of eight bytes that is a quotation mark or a backslash.
fn first_mark(eight: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Zero bytes get their high bit; above the first one it may be wrong.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let marks = zeros(eight ^ (ONES * u64::from(b'"'))) | zeros(eight ^ (ONES * u64::from(b'\\')));
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(patterns: &Patterns, text: &str) -> (u32, String) {
        let (mut parted, mut values) = (Parted::default(), Vec::new());
        let number = patterns.part(text.as_bytes(), &mut parted, &mut values);
        let again = patterns.part(text.as_bytes(), &mut parted, &mut Vec::new());
        assert_eq!(again, number, "{text}");
        let mut joined = Vec::new();
        let mut rest = values.split(|byte| *byte == 0);
        patterns.join(number, &mut rest, &mut joined).unwrap();
        assert_eq!(joined, text.as_bytes(), "{text}");
        (number, String::from_utf8_lossy(&values).replace('\0', "|"))
    }

    #[test]
    fn a_text_is_put_together_again_to_the_byte() {
        let patterns = Patterns::default();
        let cases = [
            (
                r#"{"screen":"home","ms":139,"is_new":true}"#,
                1,
                "home|139|",
            ),
            (
                r#"{"screen":"cart","ms":-1.10e+400,"is_new":true}"#,
                1,
                "cart|-1.10e+400|",
            ),
            (
                r#"{"screen":"a\"b\\","ms":0,"is_new":true}"#,
                1,
                r#"a\"b\\|0|"#,
            ),
            (
                r#"{"screen":"","ms":9007199254740993,"is_new":true}"#,
                1,
                "|9007199254740993|",
            ),
            (r#"{"is_new":null,"l":["x",1,false],"e":[]}"#, 2, "x|1|"),
            ("{}", 3, ""),
            (r#"{"ü\"1":"😀"}"#, 4, "😀|"),
        ];
        for (text, number, values) in cases {
            assert_eq!(round(&patterns, text), (number, values.to_owned()));
        }
        // What no JSON is comes back as well.
        for text in ["", "\"", "\"\\", "{\"a", "1", "--", "\"a\":\"b"] {
            round(&patterns, text);
        }
    }

    #[test]
    fn a_text_ends_at_its_own_quotation_mark_wherever_that_stands() {
        for length in 0..40 {
            for tail in ["", "x", "\",\"b\":1}", "\"\"\"\"\"\"\"\"\"\"\""] {
                let text = format!("{}\"{tail}", "a\u{e9}".repeat(length));
                assert_eq!(end_of_text(text.as_bytes(), 0), 3 * length, "{text}");
                let text = format!("{}\\\"\\\\\"{tail}", "b".repeat(length));
                assert_eq!(end_of_text(text.as_bytes(), 0), length + 4, "{text}");
                assert_eq!(end_of_text(text.as_bytes(), text.len() + 3), text.len());
            }
            let open = "c\\".repeat(length);
            assert_eq!(end_of_text(open.as_bytes(), 0), open.len());
        }
    }

    #[test]
    fn a_text_without_room_for_its_pattern_is_kept_whole() {
        let patterns = Patterns::default();
        let long = format!("{{\"{}\":1}}", "k".repeat(MAX_PATTERN_BYTES));
        assert_eq!(round(&patterns, &long), (WHOLE, format!("{long}|")));
        for key in 0..MAX_PATTERNS + 2 {
            let text = format!("{{\"k{key}\":1}}");
            let expected = if key < MAX_PATTERNS {
                key as u32 + 1
            } else {
                WHOLE
            };
            assert_eq!(round(&patterns, &text).0, expected);
        }
        assert_eq!(patterns.since(0).len(), MAX_PATTERNS);

        let stored = vec![vec![b'x'; MAX_PATTERNS_BYTES - 7].into()];
        let patterns = Patterns::new(stored);
        assert_eq!(round(&patterns, r#"{"a":1}"#).0, 2);
        assert_eq!(round(&patterns, r#"{"b":1}"#).0, WHOLE);
    }
}
