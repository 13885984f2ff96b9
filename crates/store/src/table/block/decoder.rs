//! Reading the texts of blocks: with the patterns and the dictionaries of the workspace, and nothing
//! else of it. A thread that reads blocks has a decoder of its own. It must not know SQL.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::{StreamBlocks, StreamView};
use super::{damaged, damaged_part};
use crate::block::pattern::Patterns;
use crate::block::{Decoded, Unpacker, Wanted, decode_texts, dictionary_of};
use crate::error::Result;
use crate::piece::Piece;
use crate::table::event::StreamPart;

/// The bytes of dictionaries by number, or why one cannot be used.
pub(crate) type Dictionaries = BTreeMap<u32, std::result::Result<Vec<u8>, String>>;

/// What the texts of blocks are read with.
pub struct Decoder {
    patterns: Arc<Patterns>,
    dictionaries: Arc<Dictionaries>,
    unpacker: RefCell<Unpacker>,
}

/// Whoever reads the texts of blocks.
pub(crate) trait ReadTexts {
    /// Adds the texts of a block's events to a piece.
    fn read_texts(
        &self,
        block_id: i64,
        texts: &[u8],
        decoded: Decoded,
        wanted: Wanted,
        piece: &mut Piece,
    ) -> Result<()>;
}

impl Decoder {
    pub(crate) fn new(patterns: Arc<Patterns>, dictionaries: Arc<Dictionaries>) -> Self {
        Self {
            patterns,
            dictionaries,
            unpacker: RefCell::default(),
        }
    }

    /// Another one, for another thread.
    pub fn another(&self) -> Self {
        Self::new(Arc::clone(&self.patterns), Arc::clone(&self.dictionaries))
    }

    /// A stream out of its blocks.
    ///
    /// # Errors
    /// Where the blocks are damaged.
    pub fn stream(&self, blocks: StreamBlocks) -> Result<StreamView<'_>> {
        StreamView::new(self, blocks, StreamPart::WHOLE)
    }

    fn learn(&self, unpacker: &mut Unpacker, block_id: i64, id: u32) -> Result<()> {
        let bytes: &[u8] = match (id, self.dictionaries.get(&id)) {
            (0, _) => &[],
            (_, Some(Ok(bytes))) => bytes,
            (_, Some(Err(reason))) => {
                return Err(damaged_part("dictionary", i64::from(id), reason));
            }
            (_, None) => return Err(damaged(block_id, format!("its dictionary {id} is missing"))),
        };
        let learned = unpacker.learn(id, bytes);
        learned.map_err(|error| damaged_part("dictionary", i64::from(id), error))
    }
}

impl ReadTexts for Decoder {
    fn read_texts(
        &self,
        block_id: i64,
        texts: &[u8],
        decoded: Decoded,
        wanted: Wanted,
        piece: &mut Piece,
    ) -> Result<()> {
        let mut unpacker = self.unpacker.borrow_mut();
        if let Some(id) = dictionary_of(texts)
            && !unpacker.knows(id)
        {
            self.learn(&mut unpacker, block_id, id)?;
        }
        let read = decode_texts(texts, decoded, wanted, piece, &self.patterns, &mut unpacker);
        read.map_err(|reason| damaged(block_id, reason))
    }
}
