//! Unpacking, and how much of it is done: what is read bounds it, never what the packed data says of
//! itself.
//!
//! It must not know what is packed.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Chain, Cursor, ErrorKind, Read};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use crate::error::{InputError, Packing};

/// Packed data that unpacks to more times its size is refused…
pub(crate) const MOST_TIMES_PACKED: u64 = 200;
/// …once it has unpacked to this much…
const TRUSTED_UNPACKED_BYTES: u64 = 10 << 20;
/// …and any that unpacks to more than this.
pub(crate) const MAX_UNPACKED_BYTES: u64 = 20 << 30;
const PACKED_BUFFER_BYTES: usize = 64 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZIP_MAGICS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];
/// So many bytes tell what something is packed in.
pub(crate) const MAGIC_BYTES: usize = 4;

impl Packing {
    /// What bytes that begin like this are packed in.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(GZIP_MAGIC) {
            Some(Self::Gzip)
        } else if head.starts_with(ZSTANDARD_MAGIC) {
            Some(Self::Zstandard)
        } else if ZIP_MAGICS.iter().any(|magic| head.starts_with(magic)) {
            Some(Self::Zip)
        } else {
            None
        }
    }
}

/// How many bytes were taken from somewhere; a copy counts the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Counts what is read through it.
pub(crate) struct Counted<R> {
    pub(crate) bytes: R,
    pub(crate) count: Count,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.count.add(count);
        Ok(count)
    }
}

impl<R: io::Seek> io::Seek for Counted<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// A packed file: what was taken from it.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) taken: Count,
    /// Its size, where it is known: parts of an archive can be taken more than once.
    pub(crate) size: Option<u64>,
}

/// What is unpacked from a packed file, as long as it is not far more than that.
pub(crate) struct Bounded<R> {
    bytes: R,
    packed: Packed,
    unpacked: Rc<Cell<u64>>,
}

impl<R> Bounded<R> {
    /// `unpacked` is how much it has been already, of all that is unpacked from the file.
    pub(crate) fn new(bytes: R, packed: Packed, unpacked: Rc<Cell<u64>>) -> Self {
        Self {
            bytes,
            packed,
            unpacked,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.unpacked.set(self.unpacked.get() + count as u64);
        let taken = self.packed.taken.get();
        let packed_bytes = self.packed.size.map_or(taken, |size| taken.min(size));
        match Excess::of(packed_bytes, self.unpacked.get()) {
            Some(excess) => Err(io::Error::other(excess)),
            None => Ok(count),
        }
    }
}

/// Why packed data is not unpacked any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excess {
    TooDense,
    TooLarge,
}

impl Excess {
    fn of(packed_bytes: u64, unpacked_bytes: u64) -> Option<Self> {
        let most = packed_bytes.saturating_mul(MOST_TIMES_PACKED);
        match unpacked_bytes {
            ..=TRUSTED_UNPACKED_BYTES => None,
            size if size > most => Some(Self::TooDense),
            size if size > MAX_UNPACKED_BYTES => Some(Self::TooLarge),
            _ => None,
        }
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooDense => "too dense",
            Self::TooLarge => "too large",
        })
    }
}

impl std::error::Error for Excess {}

type Begun<R> = Chain<Cursor<Vec<u8>>, R>;

/// Bytes, unpacked where they are packed in gzip or Zstandard.
pub(crate) enum Unpacked<'a, R: Read> {
    Plain(Begun<R>),
    Gzip(Box<Bounded<MultiGzDecoder<BufReader<Begun<R>>>>>),
    Zstandard(Bounded<zstd::Decoder<'a, BufReader<Begun<R>>>>),
}

impl<R: Read> Unpacked<'_, R> {
    /// `begin` is what was read of the bytes already, to see what they are packed in.
    pub(crate) fn new(begin: Vec<u8>, bytes: R, packed: Packed) -> io::Result<Self> {
        let packing = Packing::of(&begin);
        let begun = Cursor::new(begin).chain(bytes);
        let buffered = |begun| BufReader::with_capacity(PACKED_BUFFER_BYTES, begun);
        let nothing = Rc::default();
        Ok(match packing {
            Some(Packing::Gzip) => {
                let unpacker = MultiGzDecoder::new(buffered(begun));
                Self::Gzip(Box::new(Bounded::new(unpacker, packed, nothing)))
            }
            Some(Packing::Zstandard) => {
                let unpacker = zstd::Decoder::with_buffer(buffered(begun))?;
                Self::Zstandard(Bounded::new(unpacker, packed, nothing))
            }
            Some(Packing::Zip) | None => Self::Plain(begun),
        })
    }

    pub(crate) fn packing(&self) -> Option<Packing> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(_) => Some(Packing::Gzip),
            Self::Zstandard(_) => Some(Packing::Zstandard),
        }
    }
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(into),
            Self::Gzip(bytes) => bytes.read(into),
            Self::Zstandard(bytes) => bytes.read(into),
        }
    }
}

/// Why something that is packed like this could not be read.
pub(crate) fn failed(name: String, packing: Option<Packing>, error: io::Error) -> InputError {
    let line = 0;
    let excess = error.get_ref().and_then(|inner| inner.downcast_ref());
    match (packing, excess, error.kind()) {
        (_, Some(Excess::TooDense), _) => InputError::TooDense { name, line },
        (_, Some(Excess::TooLarge), _) => InputError::TooLarge { name, line },
        (Some(packing), None, ErrorKind::UnexpectedEof) => InputError::CutOff {
            name,
            packing,
            line,
        },
        // The Zstandard unpacker knows no kinds.
        (Some(packing), None, kind) if kind_is_of_data(packing, kind) => InputError::Damaged {
            name,
            packing,
            line,
            problem: error.to_string(),
        },
        _ => InputError::Failed { name, line, error },
    }
}

fn kind_is_of_data(packing: Packing, kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::InvalidInput | ErrorKind::InvalidData => true,
        ErrorKind::Other => packing == Packing::Zstandard,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_data_may_unpack_to_200_times_its_size_and_to_20_gib() {
        let mib = 1 << 20;
        let cases = [
            (1, 10 * mib, None),
            (1, 10 * mib + 1, Some(Excess::TooDense)),
            (mib, 200 * mib, None),
            (mib, 200 * mib + 1, Some(Excess::TooDense)),
            (1_024 * mib, 20 * 1_024 * mib, None),
            (1_024 * mib, 20 * 1_024 * mib + 1, Some(Excess::TooLarge)),
        ];
        for (packed, unpacked, expected) in cases {
            assert_eq!(
                Excess::of(packed, unpacked),
                expected,
                "{packed} {unpacked}"
            );
        }
    }
}
