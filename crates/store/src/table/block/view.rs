//! A stream, or a part of it, while it is read: its columns at once, the texts of a block when
//! somebody asks for them. It must not know SQL: the blocks come as bytes, and can go to another thread.

use std::cell::{Cell, RefCell};

use super::damaged;
use super::decoder::ReadTexts;
use crate::block::{Decoded, Wanted, decode_columns, is_whole};
use crate::error::Result;
use crate::piece::{Piece, Row, Span};
use crate::table::event::{StreamPart, StreamRow};

/// Blocks of one stream as they stand in the file.
pub struct StreamBlocks {
    stream_id: i64,
    bytes: Vec<u8>,
    blocks: Vec<BlockBytes>,
}

#[derive(Clone, Copy)]
struct BlockBytes {
    block_id: i64,
    columns: Span,
    texts: Span,
}

/// Events of a stream of which the texts are read when they are asked for.
pub struct StreamView<'t> {
    texts: &'t dyn ReadTexts,
    stream_id: i64,
    bytes: Vec<u8>,
    piece: RefCell<Piece>,
    /// Ascending by their first rows.
    blocks: Vec<BlockTexts>,
    /// Rows by time and number.
    order: Vec<u32>,
}

struct BlockTexts {
    block: BlockBytes,
    decoded: Decoded,
    first_row: usize,
    /// What of its texts is in the piece.
    read: Cell<Option<Wanted>>,
}

impl StreamBlocks {
    pub(super) fn new(stream_id: i64) -> Self {
        Self {
            stream_id,
            bytes: Vec::new(),
            blocks: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, block_id: i64, columns: &[u8], texts: &[u8]) {
        self.blocks.push(BlockBytes {
            block_id,
            columns: Span::put(&mut self.bytes, columns),
            texts: Span::put(&mut self.bytes, texts),
        });
    }

    /// How much memory it takes, about.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }
}

impl<'t> StreamView<'t> {
    /// The events of blocks that are in a part of the stream.
    pub(crate) fn new(
        texts: &'t dyn ReadTexts,
        blocks: StreamBlocks,
        part: StreamPart,
    ) -> Result<Self> {
        let mut piece = Piece::default();
        let mut found = Vec::with_capacity(blocks.blocks.len());
        for block in blocks.blocks {
            let first_row = piece.rows.len();
            let (columns, texts) = (
                block.columns.of(&blocks.bytes),
                block.texts.of(&blocks.bytes),
            );
            found.push(BlockTexts {
                block,
                decoded: read_columns(block.block_id, columns, texts, &mut piece)?,
                first_row,
                read: Cell::new(None),
            });
        }
        let is_wanted = |row: &Row| {
            (part.from_ms..=part.last_ms).contains(&row.time_ms) && row.number >= part.first_number
        };
        let mut order: Vec<u32> = (0..)
            .zip(&piece.rows)
            .filter(|(_, row)| is_wanted(row))
            .map(|(index, _)| index)
            .collect();
        let key = |index: &u32| piece.rows[*index as usize].key();
        if !order.is_sorted_by_key(key) {
            order.sort_unstable_by_key(key);
        }
        Ok(Self {
            texts,
            stream_id: blocks.stream_id,
            bytes: blocks.bytes,
            piece: RefCell::new(piece),
            blocks: found,
            order,
        })
    }

    /// A whole stream with all its texts, before it becomes blocks.
    pub(crate) fn of_piece(stream_id: i64, piece: Piece) -> Self {
        Self {
            texts: &AllThere,
            stream_id,
            bytes: Vec::new(),
            order: (0..piece.rows.len() as u32).collect(),
            piece: RefCell::new(piece),
            blocks: Vec::new(),
        }
    }

    /// Walks the events by time and number.
    ///
    /// # Errors
    /// What `each` fails with.
    pub fn walk<E>(
        &self,
        mut each: impl FnMut(&StreamRow<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        for index in &self.order {
            each(&StreamRow::new(self, *index))?;
        }
        Ok(())
    }

    /// The stream.
    pub fn stream_id(&self) -> i64 {
        self.stream_id
    }

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
            .partition_point(|block| block.first_row <= index as usize);
        match at.checked_sub(1).and_then(|at| self.blocks.get(at)) {
            Some(block) => self.read_texts(block, wanted, &mut self.piece.borrow_mut()),
            None => Ok(()),
        }
    }

    fn read_texts(&self, block: &BlockTexts, wanted: Wanted, piece: &mut Piece) -> Result<()> {
        if matches!(block.read.get(), Some(read) if read == Wanted::All || read == wanted) {
            return Ok(());
        }
        // Who asks again for what is damaged hears so again.
        let texts = block.block.texts.of(&self.bytes);
        let block_id = block.block.block_id;
        self.texts
            .read_texts(block_id, texts, block.decoded, wanted, piece)?;
        block.read.set(Some(wanted));
        Ok(())
    }

    /// Everything, with all texts, in order.
    pub(crate) fn into_piece(self) -> Result<Piece> {
        let mut piece = self.piece.take();
        for block in &self.blocks {
            self.read_texts(block, Wanted::All, &mut piece)?;
        }
        piece.sort();
        Ok(piece)
    }
}

/// Texts that are there already.
struct AllThere;

impl ReadTexts for AllThere {
    fn read_texts(
        &self,
        _block_id: i64,
        _texts: &[u8],
        _decoded: Decoded,
        _wanted: Wanted,
        _piece: &mut Piece,
    ) -> Result<()> {
        Ok(())
    }
}

/// Adds a block's events to a piece, their texts aside. Damage is found by the checksum.
pub(super) fn read_columns(
    block_id: i64,
    columns: &[u8],
    texts: &[u8],
    piece: &mut Piece,
) -> Result<Decoded> {
    if !is_whole(columns, texts) {
        return Err(damaged(block_id, "its checksum is another one"));
    }
    decode_columns(columns, piece).map_err(|reason| damaged(block_id, reason))
}
