//! A file's text cut into stretches of whole rows, with the lines counted.
//!
//! It holds at most one stretch and one row in memory, however long the file or a line of it is. It
//! must not know what a row means.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::input::{InputError, Text};
use crate::{KEPT_OF_LONG_ROW_BYTES, MAX_ROW_BYTES};

/// How much text is read before the rows in it are handed on.
const STRETCH_BYTES: usize = 1024 * 1024;

/// Whole rows.
pub(crate) struct Chunk {
    /// The line of the first byte, from 1.
    pub(crate) first_line: u64,
    pub(crate) bytes: Vec<u8>,
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

/// Cuts `text` into pieces, in order, each with the count of bytes taken from the source so far,
/// until the text ends or `take` breaks off. `last_row_end` is the format's.
///
/// # Errors
/// Where the text cannot be read to its end; the whole rows before that place were handed on. Where
/// `cancel` is set.
pub(crate) fn cut(
    text: &mut Text<'_>,
    last_row_end: fn(&[u8]) -> Option<usize>,
    cancel: &AtomicBool,
    mut take: impl FnMut(Piece, u64) -> ControlFlow<()>,
) -> Result<(), InputError> {
    let mut line = 1;
    let mut bytes = text.head().to_vec();
    loop {
        let length = bytes.len();
        let filled = fill(text, &mut bytes, cancel);
        let has_ended = matches!(filled, Ok(())) && bytes.len() == length;
        let end = match has_ended {
            true => Some(bytes.len()),
            false => last_row_end(&bytes),
        };
        match end {
            Some(0) => {}
            Some(end) => {
                let mut rest = Vec::with_capacity(bytes.len() - end + STRETCH_BYTES);
                rest.extend_from_slice(&bytes[end..]);
                bytes.truncate(end);
                let first_line = line;
                line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
                let chunk = Chunk { first_line, bytes };
                bytes = rest;
                if take(Piece::Rows(chunk), text.bytes_read()).is_break() {
                    return Ok(());
                }
            }
            // One more for the carriage return of a row that is just as long as it can be.
            None if filled.is_ok() && bytes.len() > MAX_ROW_BYTES + 1 => {
                let (row, rest) =
                    skip_row(text, bytes, cancel).map_err(|error| error.after_line(line - 1))?;
                bytes = rest;
                let Skipped {
                    start,
                    byte_count,
                    is_blank,
                } = row;
                let piece = Piece::TooLong {
                    line,
                    start,
                    byte_count,
                };
                line += 1;
                if !is_blank && take(piece, text.bytes_read()).is_break() {
                    return Ok(());
                }
            }
            None => {}
        }
        filled.map_err(|error| error.after_line(line - 1))?;
        if has_ended {
            return Ok(());
        }
    }
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
    is_blank: bool,
}

/// Reads on to the end of the line that fills all of `bytes`, keeping its beginning, and returns
/// what follows it.
fn skip_row(
    text: &mut Text<'_>,
    mut bytes: Vec<u8>,
    cancel: &AtomicBool,
) -> Result<(Skipped, Vec<u8>), InputError> {
    let mut row = Skipped {
        start: bytes[..KEPT_OF_LONG_ROW_BYTES].to_vec(),
        byte_count: bytes.len() as u64,
        is_blank: is_blank(&bytes),
    };
    loop {
        let count = read_some(text, &mut bytes, cancel)?;
        let read = &bytes[..count];
        let end = memchr::memchr(b'\n', read);
        let of_row = &read[..end.unwrap_or(count)];
        row.byte_count += of_row.len() as u64;
        row.is_blank = row.is_blank && is_blank(of_row);
        match end {
            Some(end) => return Ok((row, read[end + 1..].to_vec())),
            None if count == 0 => return Ok((row, Vec::new())),
            None => {}
        }
    }
}

fn is_blank(row: &[u8]) -> bool {
    row.trim_ascii_start().is_empty()
}
