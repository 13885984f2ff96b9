//! Blocks of events, their dictionaries and patterns. Only `event` uses this.

use std::cell::{Cell, RefCell, RefMut};
use std::sync::Arc;

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashSet;

use crate::block::pattern::Patterns;
use crate::block::{
    self, Block, Decoded, Head, MAX_EVENTS, Packer, Unpacker, Wanted, checksum_of, decode_columns,
    decode_texts, dictionary_of,
};
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::piece::{Piece, Row};

/// A stream has at most 2^20 blocks, of 134 million events.
const PLACE_BITS: u32 = 20;
/// A block with fewer events is a small one.
const SMALL: usize = MAX_EVENTS / 2;
/// A stream has at most so many small blocks; then they become one.
const MAX_SMALL: usize = 8;

/// What packing and unpacking needs, read when it is needed first.
#[derive(Default)]
pub(crate) struct Texts(RefCell<Known>);

#[derive(Default)]
struct Known {
    patterns: Option<Arc<Patterns>>,
    unpacker: Unpacker,
}

/// A stored block.
pub(crate) struct Stored {
    pub(crate) block_id: i64,
    pub(crate) names: i64,
    pub(crate) event_count: usize,
    pub(crate) columns: Vec<u8>,
    pub(crate) texts: Vec<u8>,
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

/// Events of a stream of which the texts are read when they are asked for.
pub(crate) struct StreamView<'r> {
    reader: &'r Reader<'r>,
    stream_id: i64,
    piece: RefCell<Piece>,
    /// Ascending by their first rows.
    blocks: Vec<BlockTexts>,
    /// Rows by time and number.
    order: Vec<u32>,
}

struct BlockTexts {
    block_id: i64,
    first_row: usize,
    /// Until they are read.
    pending: RefCell<Option<(Decoded, Vec<u8>)>>,
    /// Whether the contexts of them are read.
    has_contexts: Cell<bool>,
}

impl Stored {
    pub(crate) fn damaged(&self, reason: impl ToString) -> StoreError {
        damaged(self.block_id, reason)
    }

    /// Its head, having looked at nothing else.
    pub(crate) fn head(&self) -> Result<Head> {
        block::head(&self.columns).ok_or_else(|| self.damaged("its head cannot be read"))
    }
}

/// The bytes of a dictionary or pattern, of a row of (number, bytes, checksum).
fn whole(table: &'static str, row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Vec<u8>>> {
    let (number, bytes): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let is_whole = row.get::<_, i64>(2)? == i64::from(checksum_of(&bytes));
    Ok(match is_whole {
        true => Ok(bytes),
        false => Err(damaged_part(table, number, "its checksum is another one")),
    })
}

fn damaged_part(table: &'static str, number: i64, reason: impl ToString) -> StoreError {
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

impl<'r> StreamView<'r> {
    /// Rows by time and number.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// A row, without its texts.
    pub(crate) fn row(&self, index: u32) -> Row {
        self.piece.borrow().rows[index as usize]
    }

    /// Asks the piece something about a row that needs no texts.
    pub(crate) fn with<T>(&self, index: u32, ask: impl FnOnce(&Piece, &Row) -> T) -> T {
        let piece = self.piece.borrow();
        ask(&piece, &piece.rows[index as usize])
    }

    /// Asks the piece something about a row for which its texts have to be read.
    pub(crate) fn with_texts<T>(
        &self,
        index: u32,
        ask: impl FnOnce(&Piece, &Row) -> Result<T>,
    ) -> Result<T> {
        self.read_texts_of(index, Wanted::All)?;
        self.with(index, ask)
    }

    /// Asks the piece something about a row for which its context has to be read.
    pub(crate) fn with_context<T>(
        &self,
        index: u32,
        ask: impl FnOnce(&Piece, &Row) -> Result<T>,
    ) -> Result<T> {
        self.read_texts_of(index, Wanted::Contexts)?;
        self.with(index, ask)
    }

    /// Reads the texts of a row's block, where they are not there yet.
    fn read_texts_of(&self, index: u32, wanted: Wanted) -> Result<()> {
        let at = self
            .blocks
            .partition_point(|texts| texts.first_row <= index as usize);
        let Some(texts) = at.checked_sub(1).and_then(|at| self.blocks.get(at)) else {
            return Ok(());
        };
        let mut pending = texts.pending.borrow_mut();
        let Some((decoded, bytes)) = &*pending else {
            return Ok(());
        };
        if wanted == Wanted::Contexts && texts.has_contexts.get() {
            return Ok(());
        }
        let piece = &mut self.piece.borrow_mut();
        // Who asks again for what is damaged hears so again.
        self.reader
            .read_texts(texts.block_id, bytes, *decoded, wanted, piece)?;
        texts.has_contexts.set(true);
        if wanted == Wanted::All {
            *pending = None;
        }
        Ok(())
    }

    /// Everything, with all texts, in order.
    pub(crate) fn into_piece(self) -> Result<Piece> {
        let mut piece = self.piece.into_inner();
        for texts in &self.blocks {
            if let Some((decoded, bytes)) = texts.pending.borrow_mut().take() {
                self.reader
                    .read_texts(texts.block_id, &bytes, decoded, Wanted::All, &mut piece)?;
            }
        }
        piece.sort();
        Ok(piece)
    }

    /// The stream.
    pub(crate) fn stream_id(&self) -> i64 {
        self.stream_id
    }
}

impl Reader<'_> {
    /// The events of a stream in `from_ms..=last_ms`, from blocks that have one of these names (a mask)
    /// at least.
    pub(crate) fn stream_view(
        &self,
        stream_id: i64,
        from_ms: i64,
        last_ms: i64,
        names: i64,
    ) -> Result<StreamView<'_>> {
        let mut piece = Piece::default();
        let mut blocks = Vec::new();
        self.each_block(stream_id, |stored| {
            // A damaged mask hides nothing where all names are asked for.
            if stored.names & names == 0 && names != block::ANY_NAME {
                return Ok(());
            }
            let head = stored.head()?;
            if head.first_ms > last_ms || head.last_ms < from_ms {
                return Ok(());
            }
            let first_row = piece.rows.len();
            let decoded = self.read_columns(&stored, &mut piece)?;
            blocks.push(BlockTexts {
                block_id: stored.block_id,
                first_row,
                pending: RefCell::new(Some((decoded, stored.texts))),
                has_contexts: Cell::new(false),
            });
            Ok(())
        })?;
        let in_range = |row: &Row| row.time_ms >= from_ms && row.time_ms <= last_ms;
        let mut order: Vec<u32> = (0..)
            .zip(&piece.rows)
            .filter(|(_, row)| in_range(row))
            .map(|(index, _)| index)
            .collect();
        let key = |index: &u32| piece.rows[*index as usize].key();
        if !order.is_sorted_by_key(key) {
            order.sort_unstable_by_key(key);
        }
        Ok(StreamView {
            reader: self,
            stream_id,
            piece: RefCell::new(piece),
            blocks,
            order,
        })
    }

    /// The blocks of a stream.
    pub(crate) fn each_block(
        &self,
        stream_id: i64,
        each: impl FnMut(Stored) -> Result<()>,
    ) -> Result<()> {
        let (first, last) = range_of(stream_id);
        self.each_block_in(first, last, each)
    }

    /// All blocks, by stream.
    pub(crate) fn every_block(&self, each: impl FnMut(Stored) -> Result<()>) -> Result<()> {
        self.each_block_in(i64::MIN, i64::MAX, each)
    }

    fn each_block_in(
        &self,
        first: i64,
        last: i64,
        mut each: impl FnMut(Stored) -> Result<()>,
    ) -> Result<()> {
        let mut all = self.connection.prepare_cached(
            "SELECT block_id, names, event_count, columns, texts
             FROM block
             WHERE block_id BETWEEN ? AND ?
             ORDER BY block_id",
        )?;
        let mut rows = all.query([first, last])?;
        while let Some(row) = rows.next()? {
            each(Stored {
                block_id: row.get(0)?,
                names: row.get(1)?,
                event_count: row.get(2)?,
                columns: row.get(3)?,
                texts: row.get(4)?,
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

    /// Adds a block's events to a piece, their texts aside. Damage is found by the checksum.
    pub(crate) fn read_columns(&self, stored: &Stored, piece: &mut Piece) -> Result<Decoded> {
        if !block::is_whole(&stored.columns, &stored.texts) {
            return Err(stored.damaged("its checksum is another one"));
        }
        decode_columns(&stored.columns, piece).map_err(|reason| stored.damaged(reason))
    }

    /// Adds the texts of a block's events to a piece.
    pub(crate) fn read_texts(
        &self,
        block_id: i64,
        texts: &[u8],
        decoded: Decoded,
        wanted: Wanted,
        piece: &mut Piece,
    ) -> Result<()> {
        let patterns = self.patterns()?;
        let mut known = self.texts.0.borrow_mut();
        if let Some(id) = dictionary_of(texts)
            && !known.unpacker.knows(id)
        {
            self.learn(&mut known, block_id, id)?;
        }
        decode_texts(
            texts,
            decoded,
            wanted,
            piece,
            &patterns,
            &mut known.unpacker,
        )
        .map_err(|reason| damaged(block_id, reason))
    }

    fn learn(&self, known: &mut RefMut<'_, Known>, block_id: i64, id: u32) -> Result<()> {
        let bytes = match id {
            0 => Some(Vec::new()),
            id => self.dictionary(id)?,
        };
        let bytes =
            bytes.ok_or_else(|| damaged(block_id, format!("its dictionary {id} is missing")))?;
        let learned = known.unpacker.learn(id, &bytes);
        learned.map_err(|error| damaged_part("dictionary", i64::from(id), error))
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

    /// The numbers of all dictionaries.
    pub(crate) fn dictionaries(&self) -> Result<Vec<u32>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT dictionary_id FROM dictionary ORDER BY dictionary_id")?;
        let rows = all.query_map([], |row| row.get(0))?;
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
        if let Some(known) = &self.texts.0.borrow().patterns {
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
        let patterns = Arc::new(Patterns::new(stored));
        self.texts.0.borrow_mut().patterns = Some(Arc::clone(&patterns));
        Ok(patterns)
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

impl Writer<'_> {
    /// Adds a dictionary; answers its number.
    pub(crate) fn add_dictionary(&self, application_id: i64, bytes: &[u8]) -> Result<u32> {
        self.connection.execute(
            "INSERT INTO dictionary (application_id, bytes, checksum) VALUES (?, ?, ?)",
            params![application_id, bytes, checksum_of(bytes)],
        )?;
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
        let known = self.block_counts(stream_id)?;
        let is_small = |(_, count): &&(i64, usize)| *count < SMALL;
        let small: Vec<i64> = known.iter().filter(is_small).map(|(id, _)| *id).collect();
        if small.len() >= MAX_SMALL {
            for block_id in small {
                let mut old = Piece::default();
                let stored = self.block(block_id)?;
                let decoded = self.read_columns(&stored, &mut old)?;
                self.read_texts(block_id, &stored.texts, decoded, Wanted::All, &mut old)?;
                for row in &old.rows {
                    piece.push(&old, row);
                }
                self.remove_block(block_id)?;
            }
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
            self.read_columns(&stored, &mut piece)?;
            if piece.rows.iter().any(|row| numbers.contains(&row.number)) {
                found.push(stored);
            }
            Ok(())
        })?;
        for stored in found {
            let mut piece = Piece::default();
            let decoded = self.read_columns(&stored, &mut piece)?;
            self.read_texts(
                stored.block_id,
                &stored.texts,
                decoded,
                Wanted::All,
                &mut piece,
            )?;
            piece.rows.retain(|row| !numbers.contains(&row.number));
            self.remove_block(stored.block_id)?;
            if !piece.rows.is_empty() {
                let patterns = self.patterns()?;
                // Fewer events than before: one block again, in the old place.
                self.put_blocks(stored.block_id, &blocks_of(&piece, &patterns, packer)?)?;
            }
        }
        Ok(())
    }

    /// Whether a stream has so many small blocks that the next ones are to be added to them.
    pub(crate) fn is_crowded(&self, stream_id: i64) -> Result<bool> {
        let counts = self.block_counts(stream_id)?;
        Ok(counts.iter().filter(|(_, count)| *count < SMALL).count() >= MAX_SMALL)
    }

    /// Adds the events of a block that is not stored yet to a piece.
    pub(crate) fn read_block(&self, block: &Block, piece: &mut Piece) -> Result<()> {
        let decoded = decode_columns(&block.columns, piece).map_err(|reason| damaged(0, reason))?;
        self.read_texts(0, &block.texts, decoded, Wanted::All, piece)
    }

    fn block(&self, block_id: i64) -> Result<Stored> {
        let mut found = None;
        self.each_block_in(block_id, block_id, |stored| {
            found = Some(stored);
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
