//! Blocks of events, their dictionaries and patterns. Only `event` uses this.

mod decoder;
mod view;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, params};
use rustc_hash::FxHashSet;

use crate::block::pattern::Patterns;
use crate::block::{self, ANY_NAME, Block, Decoded, MAX_EVENTS, Packer, Wanted, checksum_of};
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::piece::Piece;
use crate::table::event::StreamPart;
pub use decoder::Decoder;
pub(crate) use decoder::{Dictionaries, ReadTexts};
pub use view::{StreamBlocks, StreamView};

/// A stream has at most 2^20 blocks, of 134 million events.
const PLACE_BITS: u32 = 20;
/// A block with fewer events is a small one.
const SMALL: usize = MAX_EVENTS / 2;
/// A stream has at most so many small blocks; then they become one.
const MAX_SMALL: usize = 8;

/// Why damaged bytes are known to be.
const CHECKSUM_DIFFERS: &str = "its checksum is another one";

/// What packing and unpacking needs, read when it is needed first.
#[derive(Default)]
pub(crate) struct Texts {
    patterns: OnceCell<Arc<Patterns>>,
    decoder: RefCell<Option<Rc<Decoder>>>,
}

/// A block while it is read from the file.
pub(crate) struct Stored<'r> {
    pub(crate) block_id: i64,
    pub(crate) names: i64,
    pub(crate) event_count: usize,
    row: &'r Row<'r>,
}

/// The first and the last block that a stream can have.
fn range_of(stream_id: i64) -> (i64, i64) {
    let first = stream_id << PLACE_BITS;
    (first, first | ((1 << PLACE_BITS) - 1))
}

/// The stream of a block.
pub(crate) fn stream_of(block_id: i64) -> i64 {
    block_id >> PLACE_BITS
}

impl Stored<'_> {
    pub(crate) fn damaged(&self, reason: impl ToString) -> StoreError {
        damaged(self.block_id, reason)
    }

    /// Adds its events to a piece, their texts aside.
    pub(crate) fn read_columns(&self, piece: &mut Piece) -> Result<Decoded> {
        view::read_columns(self.block_id, self.columns()?, self.texts()?, piece)
    }

    pub(crate) fn columns(&self) -> Result<&[u8]> {
        self.blob(3)
    }

    pub(crate) fn texts(&self) -> Result<&[u8]> {
        self.blob(4)
    }

    fn blob(&self, index: usize) -> Result<&[u8]> {
        let blob = self.row.get_ref(index)?.as_blob();
        blob.map_err(|error| self.damaged(error))
    }

    /// Whether it can have events of a part, with one of some names (a mask); nothing but its head is
    /// looked at.
    fn may_hold(&self, part: StreamPart, names: i64) -> Result<bool> {
        // A damaged mask hides nothing where all names are asked for.
        if self.names & names == 0 && names != ANY_NAME {
            return Ok(false);
        }
        if part == StreamPart::WHOLE {
            return Ok(true);
        }
        let head = block::head(self.columns()?);
        let head = head.ok_or_else(|| self.damaged("its head cannot be read"))?;
        Ok(head.first_ms <= part.last_ms && head.last_ms >= part.from_ms)
    }
}

/// The bytes of a dictionary or pattern, of a row of (number, bytes, checksum).
fn whole(table: &'static str, row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Vec<u8>>> {
    let (number, bytes): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let is_whole = row.get::<_, i64>(2)? == i64::from(checksum_of(&bytes));
    Ok(match is_whole {
        true => Ok(bytes),
        false => Err(damaged_part(table, number, CHECKSUM_DIFFERS)),
    })
}

pub(crate) fn damaged_part(table: &'static str, number: i64, reason: impl ToString) -> StoreError {
    StoreError::Damaged {
        table,
        row: number.to_string(),
        column: "bytes",
        reason: reason.to_string(),
    }
}

fn damaged(block_id: i64, reason: impl ToString) -> StoreError {
    StoreError::Damaged {
        table: "block",
        row: block_id.to_string(),
        column: "columns",
        reason: reason.to_string(),
    }
}

impl Reader<'_> {
    /// The events of a part of a stream, by time and number.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream(&self, stream_id: i64, part: StreamPart) -> Result<StreamView<'_>> {
        self.stream_with(stream_id, part, ANY_NAME)
    }

    /// As [`Reader::stream`], from blocks that have one of these names (a mask) at least.
    pub(crate) fn stream_with(
        &self,
        stream_id: i64,
        part: StreamPart,
        names: i64,
    ) -> Result<StreamView<'_>> {
        StreamView::new(self, self.blocks_with(stream_id, part, names)?, part)
    }

    /// All blocks of a stream as they stand in the file, for a [`Decoder`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn stream_blocks(&self, stream_id: i64) -> Result<StreamBlocks> {
        self.blocks_with(stream_id, StreamPart::WHOLE, ANY_NAME)
    }

    fn blocks_with(&self, stream_id: i64, part: StreamPart, names: i64) -> Result<StreamBlocks> {
        let mut blocks = StreamBlocks::new(stream_id);
        self.each_block(stream_id, |stored| {
            if stored.may_hold(part, names)? {
                blocks.push(stored.block_id, stored.columns()?, stored.texts()?);
            }
            Ok(())
        })?;
        Ok(blocks)
    }

    /// What the texts of the blocks that there are now are read with.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn decoder(&self) -> Result<Rc<Decoder>> {
        if let Some(decoder) = &*self.texts.decoder.borrow() {
            return Ok(Rc::clone(decoder));
        }
        let dictionaries = Arc::new(self.dictionaries()?);
        let decoder = Rc::new(Decoder::new(self.patterns()?, dictionaries));
        *self.texts.decoder.borrow_mut() = Some(Rc::clone(&decoder));
        Ok(decoder)
    }

    /// The blocks of a stream.
    pub(crate) fn each_block(
        &self,
        stream_id: i64,
        each: impl FnMut(&Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let (first, last) = range_of(stream_id);
        self.each_block_in(first, last, each)
    }

    /// All blocks, by stream.
    pub(crate) fn every_block(&self, each: impl FnMut(&Stored<'_>) -> Result<()>) -> Result<()> {
        self.each_block_in(i64::MIN, i64::MAX, each)
    }

    fn each_block_in(
        &self,
        first: i64,
        last: i64,
        mut each: impl FnMut(&Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT block_id, names, event_count, columns, texts
             FROM block
             WHERE block_id BETWEEN ? AND ?
             ORDER BY block_id",
        )?;
        let mut rows = all.query([first, last])?;
        while let Some(row) = rows.next()? {
            each(&Stored {
                block_id: row.get(0)?,
                names: row.get(1)?,
                event_count: row.get(2)?,
                row,
            })?;
        }
        Ok(())
    }

    /// Streams that have a block with one of these names (a mask) at least, in order.
    pub(crate) fn streams_with(&self, names: i64) -> Result<Vec<i64>> {
        let mut some = self
            .connection
            .prepare_cached("SELECT block_id FROM block WHERE names & ? <> 0 ORDER BY block_id")?;
        let rows = some.query_map([names], |row| Ok(stream_of(row.get(0)?)))?;
        let mut streams = rows.collect::<rusqlite::Result<Vec<i64>>>()?;
        streams.dedup();
        Ok(streams)
    }

    /// Whether a stream has events.
    pub(crate) fn has_events(&self, stream_id: i64) -> Result<bool> {
        let (first, last) = range_of(stream_id);
        let mut has = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM block WHERE block_id BETWEEN ? AND ?)")?;
        Ok(has.query_row([first, last], |row| row.get(0))?)
    }

    /// The bytes of a dictionary.
    pub(crate) fn dictionary(&self, id: u32) -> Result<Option<Vec<u8>>> {
        let mut one = self.connection.prepare_cached(
            "SELECT dictionary_id, bytes, checksum
             FROM dictionary
             WHERE dictionary_id = ?",
        )?;
        let found = one.query_row([id], |row| whole("dictionary", row));
        found.optional()?.transpose()
    }

    /// All dictionaries; of a damaged one, what is wrong with it.
    pub(crate) fn dictionaries(&self) -> Result<Dictionaries> {
        let mut all = self
            .connection
            .prepare_cached("SELECT dictionary_id, bytes, checksum FROM dictionary")?;
        let rows = all.query_map([], |row| {
            let bytes = whole("dictionary", row)?;
            Ok((row.get(0)?, bytes.map_err(|_| CHECKSUM_DIFFERS.to_owned())))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest dictionary of an application with its number.
    pub(crate) fn newest_dictionary(&self, application_id: i64) -> Result<Option<(u32, Vec<u8>)>> {
        let mut one = self.connection.prepare_cached(
            "SELECT max(dictionary_id)
             FROM dictionary
             WHERE application_id = ?",
        )?;
        let Some(id) = one.query_row([application_id], |row| row.get::<_, Option<u32>>(0))? else {
            return Ok(None);
        };
        Ok(self.dictionary(id)?.map(|bytes| (id, bytes)))
    }

    /// The workspace's patterns.
    pub(crate) fn patterns(&self) -> Result<Arc<Patterns>> {
        if let Some(known) = self.texts.patterns.get() {
            return Ok(Arc::clone(known));
        }
        let mut all = self.connection.prepare_cached(
            "SELECT pattern_id, bytes, checksum
             FROM pattern
             ORDER BY pattern_id",
        )?;
        let mut rows = all.query([])?;
        let mut stored = Vec::new();
        while let Some(row) = rows.next()? {
            let pattern_id: i64 = row.get(0)?;
            if pattern_id != stored.len() as i64 + 1 {
                return Err(damaged_part(
                    "pattern",
                    pattern_id,
                    "those before it are missing",
                ));
            }
            stored.push(whole("pattern", row)??.into());
        }
        let patterns = self
            .texts
            .patterns
            .get_or_init(|| Arc::new(Patterns::new(stored)));
        Ok(Arc::clone(patterns))
    }

    /// The block ids of a stream with their counts of events.
    fn block_counts(&self, stream_id: i64) -> Result<Vec<(i64, usize)>> {
        let (first, last) = range_of(stream_id);
        let mut all = self.connection.prepare_cached(
            "SELECT block_id, event_count
             FROM block
             WHERE block_id BETWEEN ? AND ?
             ORDER BY block_id",
        )?;
        let rows = all.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl ReadTexts for Reader<'_> {
    fn read_texts(
        &self,
        block_id: i64,
        texts: &[u8],
        decoded: Decoded,
        wanted: Wanted,
        piece: &mut Piece,
    ) -> Result<()> {
        self.decoder()?
            .read_texts(block_id, texts, decoded, wanted, piece)
    }
}

impl Writer<'_> {
    /// Adds a dictionary; answers its number.
    pub(crate) fn add_dictionary(&self, application_id: i64, bytes: &[u8]) -> Result<u32> {
        self.connection.execute(
            "INSERT INTO dictionary (application_id, bytes, checksum) VALUES (?, ?, ?)",
            params![application_id, bytes, checksum_of(bytes)],
        )?;
        // The next one knows it.
        *self.texts.decoder.borrow_mut() = None;
        u32::try_from(self.connection.last_insert_rowid())
            .map_err(|error| damaged(0, format!("too many dictionaries: {error}")))
    }

    /// Stores the patterns that were found since the transaction began.
    pub(crate) fn store_patterns(&self) -> Result<()> {
        let patterns = self.patterns()?;
        let stored: usize =
            self.connection
                .query_row("SELECT count(*) FROM pattern", [], |row| row.get(0))?;
        let mut add = self
            .connection
            .prepare_cached("INSERT INTO pattern (pattern_id, bytes, checksum) VALUES (?, ?, ?)")?;
        for (number, bytes) in (stored as i64 + 1..).zip(patterns.since(stored)) {
            add.execute(params![number, &*bytes, checksum_of(&bytes)])?;
        }
        Ok(())
    }

    /// Adds the events of a piece to a stream, in order; where the stream has many small blocks, they
    /// become one.
    pub(crate) fn add_piece(
        &self,
        stream_id: i64,
        mut piece: Piece,
        packer: &mut Packer,
    ) -> Result<()> {
        for (block_id, _) in self.small_blocks(stream_id)? {
            let old = self.block(block_id)?;
            for row in &old.rows {
                piece.push(&old, row);
            }
            self.remove_block(block_id)?;
        }
        piece.sort();
        let patterns = self.patterns()?;
        let blocks = blocks_of(&piece, &patterns, packer)?;
        self.add_blocks(stream_id, &blocks)
    }

    /// Adds blocks to a stream.
    pub(crate) fn add_blocks(&self, stream_id: i64, blocks: &[Block]) -> Result<()> {
        let (first, last) = range_of(stream_id);
        let mut newest = self
            .connection
            .prepare_cached("SELECT max(block_id) FROM block WHERE block_id BETWEEN ? AND ?")?;
        let newest: Option<i64> = newest.query_row([first, last], |row| row.get(0))?;
        let next = newest.map_or(first, |newest| newest + 1);
        if next + blocks.len() as i64 > last {
            return Err(damaged(last, "the stream has too many blocks"));
        }
        self.put_blocks(next, blocks)
    }

    /// Adds the first blocks of a stream.
    pub(crate) fn add_first_blocks(&self, stream_id: i64, blocks: &[Block]) -> Result<()> {
        let (first, last) = range_of(stream_id);
        if first + blocks.len() as i64 > last {
            return Err(damaged(last, "the stream has too many blocks"));
        }
        self.put_blocks(first, blocks)
    }

    /// Puts blocks to free places, from `next` on.
    fn put_blocks(&self, next: i64, blocks: &[Block]) -> Result<()> {
        let mut add = self.connection.prepare_cached(
            "INSERT INTO block (block_id, names, event_count, columns, texts)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        for (block_id, block) in (next..).zip(blocks) {
            add.execute(params![
                block_id,
                block.names,
                block.event_count,
                block.columns,
                block.texts
            ])?;
        }
        Ok(())
    }

    /// Takes events out of a stream by their numbers; those that are not there are left out.
    pub(crate) fn remove_events(
        &self,
        stream_id: i64,
        numbers: &FxHashSet<i64>,
        packer: &mut Packer,
    ) -> Result<()> {
        let mut found = Vec::new();
        self.each_block(stream_id, |stored| {
            let mut piece = Piece::default();
            let decoded = stored.read_columns(&mut piece)?;
            let count = piece
                .rows
                .iter()
                .filter(|row| numbers.contains(&row.number));
            let count = count.count();
            if count == piece.rows.len() {
                found.push((stored.block_id, Piece::default()));
            } else if count > 0 {
                let (block_id, texts) = (stored.block_id, stored.texts()?);
                self.read_texts(block_id, texts, decoded, Wanted::All, &mut piece)?;
                found.push((block_id, piece));
            }
            Ok(())
        })?;
        for (block_id, mut piece) in found {
            piece.rows.retain(|row| !numbers.contains(&row.number));
            self.remove_block(block_id)?;
            if !piece.rows.is_empty() {
                let patterns = self.patterns()?;
                // Fewer events than before: one block again, in the old place.
                self.put_blocks(block_id, &blocks_of(&piece, &patterns, packer)?)?;
            }
        }
        Ok(())
    }

    /// Whether a stream has so many small blocks that the next ones are to be added to them.
    pub(crate) fn is_crowded(&self, stream_id: i64) -> Result<bool> {
        Ok(!self.small_blocks(stream_id)?.is_empty())
    }

    /// The small blocks of a stream with their counts of events, where they are many; else none.
    fn small_blocks(&self, stream_id: i64) -> Result<Vec<(i64, usize)>> {
        let mut small = self.block_counts(stream_id)?;
        small.retain(|(_, count)| *count < SMALL);
        if small.len() < MAX_SMALL {
            small.clear();
        }
        Ok(small)
    }

    /// Adds the events of a block that is not stored yet to a piece.
    pub(crate) fn read_block(&self, block: &Block, piece: &mut Piece) -> Result<()> {
        let decoded = block::decode_columns(&block.columns, piece);
        let decoded = decoded.map_err(|reason| damaged(0, reason))?;
        self.read_texts(0, &block.texts, decoded, Wanted::All, piece)
    }

    /// The events of a block with all texts.
    fn block(&self, block_id: i64) -> Result<Piece> {
        let mut found = None;
        self.each_block_in(block_id, block_id, |stored| {
            let mut piece = Piece::default();
            let decoded = stored.read_columns(&mut piece)?;
            self.read_texts(block_id, stored.texts()?, decoded, Wanted::All, &mut piece)?;
            found = Some(piece);
            Ok(())
        })?;
        found.ok_or_else(|| damaged(block_id, "it is not there"))
    }

    fn remove_block(&self, block_id: i64) -> Result<()> {
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM block WHERE block_id = ?")?;
        remove.execute([block_id])?;
        Ok(())
    }
}

/// The blocks of a piece, which stands in order: as few as can be, of about the same size.
pub(crate) fn blocks_of(
    piece: &Piece,
    patterns: &Patterns,
    packer: &mut Packer,
) -> Result<Vec<Block>> {
    let count = piece.rows.len().div_ceil(MAX_EVENTS).max(1);
    let size = piece.rows.len().div_ceil(count).max(1);
    let blocks = piece.rows.chunks(size);
    blocks
        .map(|rows| {
            let numbers = rows.first().zip(rows.last());
            block::encode(piece, rows, patterns, packer).map_err(|error| StoreError::Damaged {
                table: "block",
                row: numbers.map_or_else(String::new, |(first, last)| {
                    format!("events {} to {}", first.number, last.number)
                }),
                column: "texts",
                reason: format!("they cannot be packed: {error}"),
            })
        })
        .collect()
}
