//! A file's text cut into stretches of whole rows, with the lines counted.
//!
//! It holds at most one stretch and one row in memory, however long the file or a line of it is. It
//! must not know what a row means.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::InputError;
use crate::text::Text;
use crate::{KEPT_OF_LONG_ROW_BYTES, MAX_ROW_BYTES};

/// How much text is read before the rows in it are handed on.
const STRETCH_BYTES: usize = 1024 * 1024;

/// Whole rows.
pub(crate) struct Chunk {
    /// The line of the first byte, from 1.
    pub(crate) first_line: u64,
    pub(crate) before: Before,
    pub(crate) bytes: Vec<u8>,
}

/// What stands before a chunk.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    /// What goes before rows, a list's bracket or a table's header.
    pub(crate) has_begun: bool,
    /// The line of the last row, where rows can share a line.
    pub(crate) row_line: u64,
}

/// What a file is cut into.
pub(crate) enum Piece {
    Rows(Chunk),
    /// A row that was longer than a row can be, and its beginning.
    TooLong {
        line: u64,
        start: Vec<u8>,
        byte_count: u64,
    },
}

impl Piece {
    /// The same, that many lines further on.
    pub(crate) fn shifted(mut self, lines: u64) -> Self {
        match &mut self {
            Self::Rows(chunk) => {
                chunk.first_line += lines;
                chunk.before.row_line += lines;
            }
            Self::TooLong { line, .. } => *line += lines,
        }
        self
    }
}

/// Where the rows of a text end: a format's part of cutting it. Every call goes on where the last one
/// ended.
pub(crate) trait Rows {
    /// Where the last whole row ends in `bytes`, which begin with a row, or between two; `None` where
    /// they begin with a row that goes on behind them. Nothing follows them where `is_last`.
    ///
    /// # Errors
    /// Where no rows can be told any more. `line` is that of the first byte.
    fn last_end(
        &mut self,
        bytes: &[u8],
        line: u64,
        is_last: bool,
    ) -> Result<Option<usize>, InputError>;

    /// Where a row ends that is too long for [`Rows::last_end`]; `None` where it goes on behind
    /// `bytes`, which are its beginning where `is_begin`, and else what follows.
    fn long_end(&mut self, bytes: &[u8], is_begin: bool) -> Option<usize>;

    /// The line of a row that begins on this one; rows that share a line get those that follow.
    fn number(&mut self, line: u64) -> u64 {
        line
    }

    /// What stands before the next row.
    fn before(&self) -> Before {
        Before {
            has_begun: true,
            row_line: 0,
        }
    }
}

/// Rows that are a line each.
pub(crate) struct Lines;

impl Rows for Lines {
    fn last_end(
        &mut self,
        bytes: &[u8],
        _: u64,
        is_last: bool,
    ) -> Result<Option<usize>, InputError> {
        Ok(match is_last {
            true => Some(bytes.len()),
            false => memchr::memrchr(b'\n', bytes).map(|at| at + 1),
        })
    }

    fn long_end(&mut self, bytes: &[u8], _: bool) -> Option<usize> {
        memchr::memchr(b'\n', bytes)
    }
}

/// Cuts `text` into pieces, in order, until it ends or `take` breaks off, and answers how many lines
/// it has.
///
/// # Errors
/// Where the text cannot be read to its end; the whole rows before that place were handed on. Where
/// `cancel` is set.
pub(crate) fn cut(
    text: &mut Text<'_>,
    rows: &mut dyn Rows,
    cancel: &AtomicBool,
    take: &mut dyn FnMut(Piece) -> ControlFlow<()>,
) -> Result<u64, InputError> {
    let mut line = 1;
    let mut bytes = text.head().to_vec();
    loop {
        let length = bytes.len();
        let filled = fill(text, &mut bytes, cancel);
        let has_ended = matches!(filled, Ok(())) && bytes.len() == length;
        let before = rows.before();
        match rows.last_end(&bytes, line, has_ended)? {
            Some(0) => {}
            Some(end) => {
                let mut rest = Vec::with_capacity(bytes.len() - end + STRETCH_BYTES);
                rest.extend_from_slice(&bytes[end..]);
                bytes.truncate(end);
                let first_line = line;
                line += line_ends(&bytes);
                let chunk = Chunk {
                    first_line,
                    before,
                    bytes,
                };
                bytes = rest;
                if take(Piece::Rows(chunk)).is_break() {
                    break;
                }
            }
            // One more for the carriage return of a row that is just as long as it can be.
            None if filled.is_ok() && bytes.len() > MAX_ROW_BYTES + 1 => {
                let number = rows.number(line);
                let (row, rest) = skip_row(text, rows, bytes, cancel)
                    .map_err(|error| error.after_line(line - 1))?;
                bytes = rest;
                line += row.line_ends;
                let piece = Piece::TooLong {
                    line: number,
                    start: row.start,
                    byte_count: row.byte_count,
                };
                if !row.is_blank && take(piece).is_break() {
                    break;
                }
            }
            None => {}
        }
        filled.map_err(|error| error.after_line(line - 1))?;
        if has_ended {
            break;
        }
    }
    Ok(line.max(rows.before().row_line))
}

fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The rows of lines that are one each, with their line numbers: without line ends, and without
/// blank lines, which are no rows.
pub(crate) fn rows_by_line(first_line: u64, lines: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = lines;
    let mut line = first_line;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (row, behind) = rest.split_at(line_length(rest));
            let row = row.strip_suffix(b"\n").unwrap_or(row);
            rest = behind;
            line += 1;
            if !is_blank(row) {
                return Some((line - 1, row.strip_suffix(b"\r").unwrap_or(row)));
            }
        }
        None
    })
}

/// The length of the first line, with its end.
pub(crate) fn line_length(lines: &[u8]) -> usize {
    memchr::memchr(b'\n', lines).map_or(lines.len(), |end| end + 1)
}

/// The lines before the first that is not UTF-8.
pub(crate) fn utf8_lines(lines: &[u8]) -> &str {
    std::str::from_utf8(lines).unwrap_or_else(|error| {
        let good = &lines[..error.valid_up_to()];
        let end = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
        // It was found valid just now.
        std::str::from_utf8(&good[..end]).unwrap_or_default()
    })
}

/// Reads up to one more stretch onto the end of `bytes`; nothing more where the text has ended.
/// What was read before an error is kept.
fn fill(text: &mut Text<'_>, bytes: &mut Vec<u8>, cancel: &AtomicBool) -> Result<(), InputError> {
    let mut length = bytes.len();
    bytes.resize(length + STRETCH_BYTES, 0);
    let mut read = Ok(());
    while length < bytes.len() {
        match read_some(text, &mut bytes[length..], cancel) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) => {
                read = Err(error);
                break;
            }
        }
    }
    bytes.truncate(length);
    read
}

fn read_some(
    text: &mut Text<'_>,
    into: &mut [u8],
    cancel: &AtomicBool,
) -> Result<usize, InputError> {
    match cancel.load(Ordering::Relaxed) {
        true => Err(text.cancelled()),
        false => text.read(into),
    }
}

struct Skipped {
    start: Vec<u8>,
    byte_count: u64,
    line_ends: u64,
    is_blank: bool,
}

/// Reads on to the end of the row that fills all of `bytes`, keeping its beginning, and returns
/// what follows it.
fn skip_row(
    text: &mut Text<'_>,
    rows: &mut dyn Rows,
    mut bytes: Vec<u8>,
    cancel: &AtomicBool,
) -> Result<(Skipped, Vec<u8>), InputError> {
    let mut row = Skipped {
        start: bytes[..KEPT_OF_LONG_ROW_BYTES].to_vec(),
        byte_count: 0,
        line_ends: 0,
        is_blank: true,
    };
    let mut count = bytes.len();
    let mut is_begin = true;
    loop {
        let read = &bytes[..count];
        let end = rows.long_end(read, is_begin);
        let of_row = &read[..end.unwrap_or(count)];
        row.byte_count += of_row.len() as u64;
        row.line_ends += line_ends(of_row);
        row.is_blank = row.is_blank && is_blank(of_row);
        match end {
            Some(end) => return Ok((row, read[end..].to_vec())),
            None if !is_begin && count == 0 => return Ok((row, Vec::new())),
            None => {}
        }
        is_begin = false;
        count = read_some(text, &mut bytes, cancel)?;
    }
}

fn is_blank(row: &[u8]) -> bool {
    row.trim_ascii_start().is_empty()
}
