//! The texts of a block: contexts and properties as patterns and values, packed by zstd with a
//! dictionary of what the application's texts have in common.

use std::ops::Range;

use rustc_hash::FxHashMap;
use zstd::bulk::{Compressor, Decompressor};

use super::bytes::{Bytes, put};
use super::pattern::{Parted, Patterns};
use crate::piece::{Piece, Row, Span};

/// What zstd calls its fastest level that still finds what repeats.
const LEVEL: i32 = 1;
/// Of a dictionary; larger ones packed no better.
const DICTIONARY_BYTES: usize = 16 * 1024;
/// The texts of one block have at most so many bytes, packed or not: 128 events of the largest size.
const MAX_TEXTS_BYTES: usize = 1 << 31;
/// No frame of zstd holds more for each of its bytes: a part of 128 KiB takes four of them at least.
const MAX_RATIO: usize = 32 << 10;

/// Packs texts.
pub(crate) struct Packer {
    dictionary_id: u32,
    compressor: Compressor<'static>,
    /// Reused from block to block.
    plain: Vec<u8>,
    values: Vec<u8>,
    parted: Parted,
}

impl Packer {
    /// With a dictionary and its number, or none.
    pub(crate) fn new(dictionary: Option<(u32, &[u8])>) -> std::io::Result<Self> {
        let (dictionary_id, mut compressor) = match dictionary {
            Some((id, dictionary)) => (id, Compressor::with_dictionary(LEVEL, dictionary)?),
            None => (0, Compressor::new(LEVEL)?),
        };
        // The size and the dictionary's number stand before the frame, the checksum with the columns.
        compressor.include_contentsize(false)?;
        compressor.include_dictid(false)?;
        Ok(Self {
            dictionary_id,
            compressor,
            plain: Vec::new(),
            values: Vec::new(),
            parted: Parted::default(),
        })
    }

    /// How many bytes a text has when it is packed.
    pub(crate) fn packed_bytes(&mut self, text: &[u8]) -> usize {
        let packed = self.compressor.compress(text);
        packed.map_or(text.len(), |packed| packed.len())
    }
}

/// A dictionary from the texts of some blocks before packing, each of another stream; `None` where they
/// have too little in common, or are too few.
pub(crate) fn train(samples: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut dictionary = zstd::dict::from_samples(samples, DICTIONARY_BYTES).ok()?;
    let from = content_of(&dictionary)?;
    let content = dictionary.get_mut(from..)?;
    leave_common(content, samples);
    Some(dictionary)
}

/// What a dictionary holds comes from as many streams at least, in pieces of so many bytes. A dictionary
/// stays when somebody is forgotten, so it must hold nothing that is one person's; and what few streams
/// have saves nothing in the others.
const STREAMS_AT_LEAST: u32 = 8;
const PIECE_BYTES: usize = 8;

/// Blanks what few of the samples have.
fn leave_common(content: &mut [u8], samples: &[Vec<u8>]) {
    /// The samples that have a piece, and the last of them.
    type Having = (u32, usize);
    let mut pieces: FxHashMap<[u8; PIECE_BYTES], Having> = FxHashMap::default();
    for piece in content.windows(PIECE_BYTES) {
        pieces.extend(piece.try_into().map(|piece| (piece, (0, usize::MAX))));
    }
    for (number, sample) in samples.iter().enumerate() {
        for piece in sample.windows(PIECE_BYTES) {
            if let Some((count, last)) = pieces.get_mut(piece)
                && *last != number
            {
                *count += 1;
                *last = number;
            }
        }
    }
    let mut common_to = 0;
    for at in 0..content.len() {
        let piece = content.get(at..at + PIECE_BYTES);
        let having = piece.and_then(|piece| pieces.get(piece));
        if having.is_some_and(|(count, _)| *count >= STREAMS_AT_LEAST) {
            common_to = at + PIECE_BYTES;
        }
        if at >= common_to {
            // Pieces that begin further on are looked up as they are: this one is of none of them.
            content[at] = 0;
        }
    }
}

/// Where the content of a dictionary begins, behind what says how often its bytes are. A dictionary that
/// ends before is refused, and so is one with less content than the last of three distances in it,
/// which training sets to 8.
fn content_of(dictionary: &[u8]) -> Option<usize> {
    const LAST_DISTANCE: usize = 8;
    let is_whole = |length: &usize| {
        let beginning = dictionary.get(..*length);
        beginning.is_some_and(|beginning| Decompressor::with_dictionary(beginning).is_ok())
    };
    let mut lengths = 2 * LAST_DISTANCE..=dictionary.len();
    let least = lengths.find(is_whole)?;
    least.checked_sub(LAST_DISTANCE)
}

/// The texts of rows before packing. None of them has a zero byte: that is what ends a value.
pub(crate) fn plain<'p>(
    piece: &Piece,
    rows: &[Row],
    contexts: &[u32],
    patterns: &Patterns,
    packer: &'p mut Packer,
) -> std::io::Result<&'p [u8]> {
    packer.plain.clear();
    packer.values.clear();
    let mut add = |json: &[u8]| {
        if memchr::memchr(0, json).is_some() {
            return Err(std::io::Error::other("a text has a zero byte in it"));
        }
        if json.is_empty() {
            packer.plain.push(0);
        } else {
            let number = patterns.part(json, &mut packer.parted, &mut packer.values);
            put(&mut packer.plain, u64::from(number) + 1);
        }
        Ok(())
    };
    for place in contexts {
        add(piece.contexts[*place as usize - 1].of(&piece.bytes))?;
    }
    for row in rows {
        add(row.properties.of(&piece.bytes))?;
    }
    packer.plain.extend_from_slice(&packer.values);
    Ok(&packer.plain)
}

pub(super) fn encode(
    piece: &Piece,
    rows: &[Row],
    contexts: &[u32],
    patterns: &Patterns,
    packer: &mut Packer,
) -> std::io::Result<Vec<u8>> {
    if contexts.is_empty() && rows.iter().all(|row| row.properties.length == 0) {
        return Ok(Vec::new());
    }
    plain(piece, rows, contexts, patterns, packer)?;
    let plain = &packer.plain;
    let mut texts = Vec::with_capacity(zstd::zstd_safe::compress_bound(plain.len()) + 16);
    put(&mut texts, u64::from(packer.dictionary_id));
    put(&mut texts, plain.len() as u64);
    let mut frame = vec![0; zstd::zstd_safe::compress_bound(plain.len())];
    let length = packer
        .compressor
        .compress_to_buffer(plain, &mut frame[..])?;
    texts.extend_from_slice(&frame[..length]);
    Ok(texts)
}

/// Which texts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Contexts, which stand first.
    Contexts,
    /// Contexts and properties.
    All,
}

/// Unpacks texts, with the dictionaries that it was given.
#[derive(Default)]
pub(crate) struct Unpacker {
    known: FxHashMap<u32, Decompressor<'static>>,
    plain: Vec<u8>,
}

impl Unpacker {
    /// Whether texts with this dictionary can be unpacked.
    pub(crate) fn knows(&self, dictionary_id: u32) -> bool {
        self.known.contains_key(&dictionary_id)
    }

    /// Takes a dictionary with its number; 0 is none at all.
    pub(crate) fn learn(&mut self, dictionary_id: u32, dictionary: &[u8]) -> std::io::Result<()> {
        let decompressor = match dictionary_id {
            0 => Decompressor::new()?,
            _ => Decompressor::with_dictionary(dictionary)?,
        };
        self.known.insert(dictionary_id, decompressor);
        Ok(())
    }

    fn unpack(&mut self, dictionary_id: u32, frame: &[u8], size: usize) -> Option<()> {
        self.plain.resize(size, 0);
        let decompressor = self.known.get_mut(&dictionary_id)?;
        let length = decompressor
            .decompress_to_buffer(frame, &mut self.plain[..])
            .ok()?;
        (length == size).then_some(())
    }
}

/// The dictionary that texts need; `None` where there are no texts.
pub(crate) fn dictionary_of(texts: &[u8]) -> Option<u32> {
    Bytes(texts).small()
}

pub(super) fn decode(
    texts: &[u8],
    rows: Range<usize>,
    contexts: Range<usize>,
    wanted: Wanted,
    piece: &mut Piece,
    patterns: &Patterns,
    unpacker: &mut Unpacker,
) -> Result<(), &'static str> {
    let mut head = Bytes(texts);
    if texts.is_empty() {
        return match contexts.is_empty() {
            true => Ok(()),
            false => Err("its contexts are missing"),
        };
    }
    let (id, size) = head
        .small()
        .zip(head.number())
        .ok_or("its texts end too early")?;
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size <= MAX_TEXTS_BYTES.min(head.0.len().saturating_mul(MAX_RATIO)))
        .ok_or("its texts are too long")?;
    unpacker
        .unpack(id, head.0, size)
        .ok_or("its texts cannot be unpacked")?;
    read(&unpacker.plain, rows, contexts, wanted, piece, patterns)
        .ok_or("its texts end too early or hold what cannot be")
}

fn read(
    plain: &[u8],
    rows: Range<usize>,
    contexts: Range<usize>,
    wanted: Wanted,
    piece: &mut Piece,
    patterns: &Patterns,
) -> Option<()> {
    let mut numbers = Bytes(plain);
    let count = contexts.len() + rows.len();
    let mut values = numbers;
    for _ in 0..count {
        values.small()?;
    }
    let mut values = values.0.split(|byte| *byte == 0);
    let mut next = |bytes: &mut Vec<u8>| {
        let from = bytes.len();
        if let Some(number) = numbers.small()?.checked_sub(1) {
            patterns.join(number, &mut values, bytes)?;
        }
        Some(Span {
            from,
            length: bytes.len() - from,
        })
    };
    for context in contexts {
        let span = next(&mut piece.bytes)?;
        *piece.contexts.get_mut(context)? = span;
    }
    if wanted == Wanted::Contexts {
        return Some(());
    }
    for row in rows {
        let span = next(&mut piece.bytes)?;
        piece.rows.get_mut(row)?.properties = span;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_cannot_be_takes_no_memory() {
        let mut texts = Vec::new();
        put(&mut texts, 0);
        put(&mut texts, MAX_TEXTS_BYTES as u64);
        texts.extend_from_slice(&zstd::bulk::compress(b"\x00", LEVEL).unwrap());
        let mut unpacker = Unpacker::default();
        unpacker.learn(0, &[]).unwrap();
        let (mut piece, patterns) = (Piece::default(), Patterns::default());
        let read = decode(
            &texts,
            0..1,
            0..0,
            Wanted::All,
            &mut piece,
            &patterns,
            &mut unpacker,
        );
        assert_eq!(read, Err("its texts are too long"));
        assert_eq!(unpacker.plain.capacity(), 0);
    }

    #[test]
    fn a_dictionary_holds_nothing_that_is_one_streams() {
        let own = |stream: usize, place: usize| {
            let hash = xxhash_rust::xxh3::xxh3_64(format!("{stream} {place}").as_bytes());
            format!("{hash:016x}")
        };
        let words = [
            "checkout",
            "basket of the season",
            "delivered to the door",
            "search result",
        ];
        let sample = |stream: usize| {
            let mut text = Vec::new();
            for place in 0..20 {
                text.extend_from_slice(words[(stream + place) % words.len()].as_bytes());
                text.push(0);
                text.extend_from_slice(own(stream, place).as_bytes());
                text.push(0);
            }
            text
        };
        let samples: Vec<Vec<u8>> = (0..400).map(sample).collect();
        let found_in = |dictionary: &[u8]| {
            let has = |piece: &[u8]| memchr::memmem::find(dictionary, piece).is_some();
            let all = (0..400).flat_map(|stream| (0..20).map(move |place| own(stream, place)));
            all.filter(|own| own.as_bytes().windows(PIECE_BYTES).any(has))
                .count()
        };
        let plain = zstd::dict::from_samples(&samples, DICTIONARY_BYTES).unwrap();
        assert!(
            found_in(&plain) > 0,
            "training takes whole pieces of samples"
        );
        let dictionary = train(&samples).unwrap();
        assert_eq!(found_in(&dictionary), 0);
        for word in &words[1..] {
            assert!(memchr::memmem::find(&dictionary, word.as_bytes()).is_some());
        }
        // Of streams that it was not made from: what it held of its own saved only these.
        let others: Vec<Vec<u8>> = (400..800).map(sample).collect();
        let size = |dictionary: Option<(u32, &[u8])>| {
            let mut packer = Packer::new(dictionary).unwrap();
            let sizes = others.iter().map(|text| packer.packed_bytes(text));
            sizes.sum::<usize>()
        };
        assert!(size(Some((1, &dictionary))) * 100 < size(None) * 95);
        assert!(size(Some((1, &dictionary))) * 100 < size(Some((1, &plain))) * 102);
    }

    #[test]
    fn what_repeats_most_can_be_unpacked() {
        let plain = vec![b'a'; 64 << 20];
        let frame = zstd::bulk::compress(&plain, 22).unwrap();
        assert!(plain.len() / frame.len() > 8_000);
        assert!(plain.len() <= frame.len() * MAX_RATIO);
    }
}
