//! Rows of a table: where they end, and their cells. As RFC 4180 writes them, with any separator: a
//! cell may stand in quotation marks, in which separators and line ends are text and a quotation mark
//! is written twice.
//!
//! A row in which a quotation mark is not closed as it should be ends with its first line: one bad
//! row, and not the rest of the file.
//!
//! It must not know what columns mean.

use std::borrow::Cow;

use crate::MAX_ROW_BYTES;
use crate::chunk::line_length;

/// A cell, in bytes from the row's beginning, without its quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether quotation marks in it are written twice.
    pub(super) is_doubled: bool,
}

/// A row of bytes that begin with one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its length with the line end.
    pub(super) length: usize,
    /// Its length without it.
    pub(super) content: usize,
    /// Where, in bytes from its beginning, and what is wrong with it; its cells are not all then.
    pub(super) fault: Option<(usize, Fault)>,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quotation mark opens a cell and is not closed.
    NotClosed,
    /// Something stands between the quotation mark that closes a cell and the cell's end.
    BehindQuotes,
}

/// The row that `bytes` begin with, its cells put into `cells`; `None` where it may go on behind
/// them, which it cannot where `is_last`.
pub(super) fn next_row(
    bytes: &[u8],
    separator: u8,
    is_last: bool,
    cells: &mut Vec<Cell>,
) -> Option<Row> {
    let row = whole_row(bytes, separator, is_last, cells);
    let length = row.as_ref().map_or(bytes.len(), |row| row.length);
    // Of several lines, and longer than a row can be: however much of it is at hand.
    match length > MAX_ROW_BYTES + 1 && line_length(bytes) < length {
        true => first_line(bytes, bytes.len(), Fault::NotClosed, is_last),
        false => row,
    }
}

fn whole_row(bytes: &[u8], separator: u8, is_last: bool, cells: &mut Vec<Cell>) -> Option<Row> {
    cells.clear();
    let mut start = 0;
    loop {
        let (cell, end) = match bytes.get(start) {
            Some(b'"') => {
                // What is opened has to be closed within the bytes that a row can have.
                let limit = bytes.len().min(MAX_ROW_BYTES + 1);
                match quoted_end(&bytes[..limit], start + 1) {
                    Some((end, is_doubled)) => {
                        let cell = Cell {
                            start: start + 1,
                            end,
                            is_doubled,
                        };
                        let behind = end + 1;
                        match bytes.get(behind) {
                            None if !is_last => return None,
                            Some(b'\r') if bytes.len() == behind + 1 && !is_last => return None,
                            _ if is_cell_end(bytes, behind, separator) => (cell, behind),
                            _ => return first_line(bytes, behind, Fault::BehindQuotes, is_last),
                        }
                    }
                    None if limit < bytes.len() || is_last => {
                        return first_line(bytes, start, Fault::NotClosed, is_last);
                    }
                    None => return None,
                }
            }
            _ => {
                let rest = bytes.get(start..).unwrap_or_default();
                let end = match memchr::memchr2(separator, b'\n', rest) {
                    Some(end) => start + end,
                    None if is_last => bytes.len(),
                    None => return None,
                };
                let is_line_end = bytes.get(end) != Some(&separator);
                let is_carried = is_line_end && end > start && bytes[end - 1] == b'\r';
                let cell = Cell {
                    start,
                    end: end - usize::from(is_carried),
                    is_doubled: false,
                };
                (cell, cell.end)
            }
        };
        cells.push(cell);
        if bytes.get(end) == Some(&separator) {
            start = end + 1;
            continue;
        }
        let length = match &bytes[end..] {
            [b'\r', b'\n', ..] => end + 2,
            [] => end,
            _ => end + 1,
        };
        return Some(Row {
            length,
            content: end,
            fault: None,
        });
    }
}

/// The quotation mark that closes a cell, and whether one in it is written twice.
fn quoted_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut is_doubled = false;
    loop {
        at += memchr::memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some((at, is_doubled));
        }
        is_doubled = true;
        at += 2;
    }
}

fn is_cell_end(bytes: &[u8], at: usize, separator: u8) -> bool {
    match &bytes[at..] {
        [] | [b'\n', ..] | [b'\r', b'\n', ..] | [b'\r'] => true,
        [byte, ..] => *byte == separator,
    }
}

/// A row with a fault is its first line.
fn first_line(bytes: &[u8], at: usize, fault: Fault, is_last: bool) -> Option<Row> {
    let length = line_length(bytes);
    let line = &bytes[..length];
    if !line.ends_with(b"\n") && !is_last {
        return None;
    }
    let content = line.strip_suffix(b"\n").unwrap_or(line);
    let content = content.strip_suffix(b"\r").unwrap_or(content).len();
    // Of a cell that was opened on this line and closed on another, the opening is to blame.
    let (at, fault) = match at > content {
        true => (last_opening(line), Fault::NotClosed),
        false => (at, fault),
    };
    Some(Row {
        length,
        content,
        fault: Some((at, fault)),
    })
}

/// About where the cell was opened that goes on on the next line.
fn last_opening(line: &[u8]) -> usize {
    memchr::memrchr(b'"', line).unwrap_or_default()
}

impl Cell {
    /// What stands in the cell.
    pub(super) fn text<'a>(&self, row: &'a str) -> Cow<'a, str> {
        let text = &row[self.start..self.end];
        match self.is_doubled {
            true => Cow::Owned(undoubled(text)),
            false => Cow::Borrowed(text),
        }
    }
}

/// A cell's text with each of its quotation marks written once; `str::replace` takes four times as
/// long.
fn undoubled(text: &str) -> String {
    let mut once = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest.as_bytes()) {
        once.push_str(&rest[..=at]);
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    once.push_str(rest);
    once
}
