//! A block: up to 128 events of one stream as they stand in the file. Exact for every value.
//!
//! Layout 1, two values of bytes (numbers of 7 bits a byte, signed ones folded; see `bytes`):
//!
//! - `columns`: a checksum of everything (CRC-32, little-endian, over the rest of `columns` and all of
//!   `texts`), the count of events, the time of the first and how much later the last is (ms); then a
//!   column after the other: times as differences; numbers as signed differences; arrivals
//!   after their times, signed; flags, names, users, source sessions, contexts (a column of one value is
//!   that value alone); `sent_at` before the arrival and the skew, of those that have one; the keys
//!   of source sessions; ids, the 16 bytes of UUIDs or texts with their length.
//! - `texts`: the number of a dictionary, the size before packing, and one frame of zstd: the patterns
//!   (see `pattern`) of all contexts, then of the properties of each event (one more than the number;
//!   0 where it has none), then their values, a zero byte after each. Nothing where there are no texts.
//!
//! Walking a stream's times and names leaves `texts` alone. It must not know SQL.

pub(crate) mod bytes;
mod columns;
pub(crate) mod pattern;
#[cfg(test)]
mod tests;
mod texts;

pub(crate) use columns::{Shared, head, newest_arrival, number_range};
pub(crate) use texts::{Packer, Unpacker, Wanted, dictionary_of, plain, train};

use crate::piece::{Piece, Row};
use pattern::Patterns;

/// A block has at most so many events: two thirds of a page of the file, mostly.
pub(crate) const MAX_EVENTS: usize = 128;

/// A block as it is written.
#[derive(Debug)]
pub(crate) struct Block {
    /// A bit for each name: name modulo 64.
    pub(crate) names: i64,
    pub(crate) event_count: usize,
    pub(crate) columns: Vec<u8>,
    pub(crate) texts: Vec<u8>,
}

/// A mask of all names: every block.
pub(crate) const ANY_NAME: i64 = -1;

/// The bit of a name in the mask of a block.
pub(crate) fn name_bit(name_id: u32) -> i64 {
    1_i64 << (name_id % 64)
}

/// Encodes rows of a piece, which stand in order. Fails where memory ends, and where a text is none of
/// JSON.
pub(crate) fn encode(
    piece: &Piece,
    rows: &[Row],
    patterns: &Patterns,
    packer: &mut Packer,
) -> std::io::Result<Block> {
    let names = rows
        .iter()
        .fold(0, |mask, row| mask | name_bit(row.name_id));
    let shared = columns::Shared::of(rows);
    let texts = texts::encode(piece, rows, shared.contexts(), patterns, packer)?;
    let mut columns = columns::encode(piece, rows, &shared);
    seal(&mut columns, &texts);
    Ok(Block {
        names,
        event_count: rows.len(),
        columns,
        texts,
    })
}

/// Adds the events of a block to a piece, without their properties and contexts; answers what those
/// need. The reason in words where the bytes are no block.
pub(crate) fn decode_columns(columns: &[u8], piece: &mut Piece) -> Result<Decoded, &'static str> {
    let (first_row, first_context) = (piece.rows.len(), piece.contexts.len());
    columns::decode(columns, piece)?;
    Ok(Decoded {
        first_row,
        row_count: piece.rows.len() - first_row,
        first_context,
        context_count: piece.contexts.len() - first_context,
    })
}

/// Rows of a piece whose texts are still to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded {
    first_row: usize,
    row_count: usize,
    first_context: usize,
    context_count: usize,
}

/// Adds the contexts of a block's events, and their properties where these are wanted.
pub(crate) fn decode_texts(
    texts: &[u8],
    decoded: Decoded,
    wanted: Wanted,
    piece: &mut Piece,
    patterns: &Patterns,
    unpacker: &mut Unpacker,
) -> Result<(), &'static str> {
    let rows = decoded.first_row..decoded.first_row + decoded.row_count;
    let contexts = decoded.first_context..decoded.first_context + decoded.context_count;
    texts::decode(texts, rows, contexts, wanted, piece, patterns, unpacker)
}

/// Writes the checksum to the first four bytes.
fn seal(columns: &mut [u8], texts: &[u8]) {
    if let Some((seal, rest)) = columns.split_at_mut_checked(4) {
        seal.copy_from_slice(&checksum(rest, texts));
    }
}

/// Whether the bytes of a block are those that were written.
pub(crate) fn is_whole(columns: &[u8], texts: &[u8]) -> bool {
    columns
        .split_at_checked(4)
        .is_some_and(|(seal, rest)| *seal == checksum(rest, texts))
}

/// The checksum of bytes that stand by themselves.
pub(crate) fn checksum_of(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

fn checksum(columns: &[u8], texts: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(columns);
    hasher.update(texts);
    hasher.finalize().to_le_bytes()
}
