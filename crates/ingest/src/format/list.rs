//! Dwell's own format, spelt as one JSON list of all events. It is read as a stream: no more of it is
//! held than of JSON Lines.
//!
//! A list that is not closed, or broken between its events, is refused as a whole; an event that is
//! bad in itself is rejected alone.

use std::sync::Arc;

use dwell_model::PackedEvents;

use super::native::{USUAL_ROW_BYTES, names_in, no_columns, quick, read_row};
use super::{Format, Parsed, Reader};
use crate::MAX_ROW_BYTES;
use crate::chunk::{Before, Chunk, Rows};
use crate::draft::Draft;
use crate::error::InputError;
use crate::scan::{Scan, is_number};

pub(super) const FORMAT: Format = Format {
    name: "native",
    title: "Dwell JSON list",
    recognises,
    open: |name, _, options| {
        no_columns(name, options)?;
        Ok(Reader {
            label: "native list",
            rows: Box::new(Elements {
                name: name.to_owned(),
                state: State::Before,
                last_row_line: 0,
                long: Nesting::default(),
            }),
            read_rows: Arc::new(read_rows),
            columns: Vec::new(),
            missing: None,
            table: None,
        })
    },
};

/// A list that begins with a map, a list, a text, or a number or word and what ends it.
fn recognises(head: &[u8]) -> bool {
    let Some(rest) = head.trim_ascii_start().strip_prefix(b"[") else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    let is_end = |byte: &u8| matches!(byte, b',' | b']') || byte.is_ascii_whitespace();
    match rest.first() {
        None | Some(b'{' | b'[' | b']' | b'"') => true,
        Some(_) => {
            let end = rest.iter().position(is_end).unwrap_or(rest.len());
            let behind = rest[end..].trim_ascii_start().first();
            let is_scalar = is_number(&rest[..end])
                || [&b"true"[..], b"false", b"null"].contains(&&rest[..end]);
            is_scalar && matches!(behind, None | Some(b',' | b']'))
        }
    }
}

/// Cuts a list between its elements.
struct Elements {
    /// The file's, for errors.
    name: String,
    state: State,
    /// The line of the last element that was handed on.
    last_row_line: u64,
    /// Inside an element that is too long.
    long: Nesting,
}

/// What comes next, blanks aside.
#[derive(Clone, Copy)]
enum State {
    /// The list's bracket; after a list that is closed there may be another.
    Before,
    Closed,
    /// An element, or the end.
    Element,
    /// A comma, or the end.
    Comma,
}

impl Rows for Elements {
    fn last_end(
        &mut self,
        bytes: &[u8],
        first_line: u64,
        is_last: bool,
    ) -> Result<Option<usize>, InputError> {
        let mut line = first_line;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            self.state = match (self.state, byte) {
                (state, b' ' | b'\t' | b'\r') => state,
                (state, b'\n') => {
                    line += 1;
                    state
                }
                (State::Before | State::Closed, b'[') => State::Element,
                (State::Element | State::Comma, b']') => State::Closed,
                (State::Comma, b',') => State::Element,
                (State::Element, byte) if !b",:}".contains(byte) => {
                    let Some((end, line_count)) = element_end(&bytes[at..], is_last) else {
                        break;
                    };
                    if end.is_in_text {
                        let problem = "a text is not closed before the line ends";
                        return Err(self.broken(line + line_count, problem));
                    }
                    self.last_row_line = line.max(self.last_row_line + 1);
                    line += line_count;
                    at += end.length - 1;
                    State::Comma
                }
                (State::Comma, _) => {
                    return Err(self.broken(line, "a comma is missing between two values"));
                }
                (State::Element, _) => {
                    return Err(self.broken(line, "a value is missing in the list"));
                }
                (State::Before | State::Closed, _) => {
                    return Err(self.broken(line, "something follows the end of the list"));
                }
            };
            at += 1;
        }
        if is_last && !matches!(self.state, State::Closed) {
            return Err(InputError::ListNotClosed {
                name: self.name.clone(),
                line: self.last_row_line,
            });
        }
        Ok((at > 0 || bytes.is_empty()).then_some(at))
    }

    fn long_end(&mut self, bytes: &[u8], is_begin: bool) -> Option<usize> {
        if is_begin {
            self.long = Nesting::default();
        }
        let end = self.long.end(bytes)?;
        self.state = State::Comma;
        Some(end)
    }

    fn number(&mut self, line: u64) -> u64 {
        self.last_row_line = line.max(self.last_row_line + 1);
        self.last_row_line
    }

    fn before(&self) -> Before {
        Before {
            has_begun: matches!(self.state, State::Element | State::Comma),
            row_line: self.last_row_line,
        }
    }
}

impl Elements {
    fn broken(&self, line: u64, problem: &'static str) -> InputError {
        InputError::ListBroken {
            name: self.name.clone(),
            line,
            problem,
        }
    }
}

/// Where an element ends.
struct End {
    length: usize,
    /// In a text that holds a line end: somebody forgot to close it.
    is_in_text: bool,
}

/// Where the element ends that `bytes` begin with, and how many lines end in it; `None` where it
/// goes on behind them.
fn element_end(bytes: &[u8], is_last: bool) -> Option<(End, u64)> {
    let mut nesting = Nesting::default();
    let end = match nesting.end(bytes) {
        Some(length) => End {
            length,
            is_in_text: nesting.has_broken_text,
        },
        None if nesting.has_broken_text => End {
            length: bytes.len(),
            is_in_text: true,
        },
        None if is_last && nesting.depth == 0 && !nesting.is_in_text => End {
            length: bytes.len(),
            is_in_text: false,
        },
        None => return None,
    };
    let lines = match end.is_in_text {
        true => nesting.lines,
        false => memchr::memchr_iter(b'\n', &bytes[..end.length]).count() as u64,
    };
    Some((end, lines))
}

/// How deep in an element its scan is.
#[derive(Default)]
struct Nesting {
    depth: u64,
    is_in_text: bool,
    is_escaped: bool,
    /// A line ends in a text; `lines` have ended before that one does.
    has_broken_text: bool,
    lines: u64,
}

impl Nesting {
    /// Goes on to the element's end: behind it, or `None` where it goes on behind `bytes`, or a line
    /// ends in a text of it.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.is_in_text {
                at = self.past_text(bytes, at)?;
                if !self.is_in_text && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return Some(at);
                }
                b'\n' => self.lines += 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Goes on to the end of the text; `None` where it goes on behind `bytes`, or a line ends in it.
    fn past_text(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        if self.is_escaped {
            self.is_escaped = false;
            at += 1;
        }
        loop {
            at += memchr::memchr3(b'"', b'\\', b'\n', bytes.get(at..)?)?;
            match bytes[at] {
                b'"' => {
                    self.is_in_text = false;
                    return Some(at + 1);
                }
                b'\\' if at + 1 == bytes.len() => {
                    self.is_escaped = true;
                    return None;
                }
                b'\\' => at += 2,
                _ => {
                    self.has_broken_text = true;
                    return None;
                }
            }
        }
    }
}

fn read_rows(chunk: &Chunk, parsed: &mut Parsed<'_>) {
    let bytes = &chunk.bytes[..];
    parsed.events = PackedEvents::with_capacity(bytes.len() / USUAL_ROW_BYTES, bytes.len());
    // One value that is not UTF-8 makes the others of its stretch slow, not wrong.
    let mut scan = std::str::from_utf8(bytes).ok().map(Scan::new);
    let mut line = chunk.first_line;
    let Before {
        mut has_begun,
        row_line: mut last_row_line,
    } = chunk.before;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' if !has_begun => has_begun = true,
            b']' => has_begun = false,
            b'\n' => line += 1,
            b' ' | b'\t' | b'\r' | b',' => {}
            _ => {
                let row_line = line.max(last_row_line + 1);
                last_row_line = row_line;
                let begin = at;
                let quick = scan.as_mut();
                match quick.and_then(|scan| read_quickly(scan, at, row_line, parsed)) {
                    Some(end) => at = end,
                    None => {
                        let (length, line_count) = read_with_care(row_line, &bytes[at..], parsed);
                        at += length;
                        line += line_count;
                    }
                }
                if parsed.is_look() {
                    parsed.fills.add(names_in(&bytes[begin..at]));
                }
                continue;
            }
        }
        at += 1;
    }
}

/// Reads the element at `at` where it is a usual one on one line, and answers where it ends.
fn read_quickly(
    scan: &mut Scan<'_>,
    at: usize,
    line: u64,
    parsed: &mut Parsed<'_>,
) -> Option<usize> {
    let mut draft = Draft::default();
    scan.go_to(at);
    quick::read(scan, &mut draft)?;
    let end = scan.at();
    (end - at <= MAX_ROW_BYTES && parsed.push_good(line, &draft)).then_some(end)
}

/// Reads the element that `bytes` begin with, and answers its length and how many lines end in it.
fn read_with_care(line: u64, bytes: &[u8], parsed: &mut Parsed<'_>) -> (usize, u64) {
    // That it ends in the chunk is what chunks are cut by.
    let (length, line_count) =
        element_end(bytes, true).map_or((bytes.len(), 0), |(end, lines)| (end.length, lines));
    let row = &bytes[..length];
    match length > MAX_ROW_BYTES {
        true => parsed.push_too_long(line, row, length as u64),
        false => parsed.push(line, row, read_row(row)),
    }
    (length, line_count)
}
