//! A source of bytes as text: opened, recognised by its first bytes, unpacked. What cannot be text
//! is refused here, with the file's name and the place.
//!
//! It must not know rows.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, ErrorKind, Read};
use std::path::PathBuf;

use flate2::bufread::MultiGzDecoder;

use crate::format::{self, Format};

/// How much of a file is looked at to recognise it.
const HEAD_BYTES: usize = 64 * 1024;
/// A gzip file that unpacks to more times its size is refused…
const MOST_TIMES_PACKED: u64 = 200;
/// …once it has unpacked to this much…
const TRUSTED_UNPACKED_BYTES: u64 = 10 << 20;
/// …and any that unpacks to more than this.
const MAX_UNPACKED_BYTES: u64 = 20 << 30;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where bytes come from.
pub enum Source<'a> {
    /// A file.
    File(PathBuf),
    /// Anything else that can be read: standard input, a download.
    Stream {
        /// As people know it; stands in errors.
        name: String,
        /// Its size, where it is known.
        bytes_total: Option<u64>,
        /// The bytes. Reading is cancelled between two calls, never inside one.
        bytes: Box<dyn Read + Send + 'a>,
    },
}

/// Why a source as a whole could not be read. Displayed, it is a sentence with the source's name.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// No such file.
    #[error("There is no file {name}.")]
    Missing {
        /// The source.
        name: String,
    },
    /// A folder.
    #[error("{name} is a folder, not a file.")]
    Folder {
        /// The source.
        name: String,
    },
    /// A file that this account may not read.
    #[error("{name} cannot be read: permission is denied.")]
    Permission {
        /// The source.
        name: String,
    },
    /// Nothing but white space.
    #[error("{name} is empty: there are no events in it.")]
    Empty {
        /// The source.
        name: String,
    },
    /// Not text: a picture, an archive, a database.
    #[error("{name} looks like {looks_like}, which cannot be read yet.")]
    NotText {
        /// The source.
        name: String,
        /// "a ZIP archive".
        looks_like: &'static str,
    },
    /// Text of two bytes a character.
    #[error("{name} is UTF-16 text. Save it as UTF-8 and import it again.")]
    Utf16 {
        /// The source.
        name: String,
    },
    /// The gzip data ends too early.
    #[error(
        "{name} is cut off: its gzip data ends too early, {}. Copy or download it again.",
        place(*line)
    )]
    GzipCutOff {
        /// The source.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// The gzip data is damaged.
    #[error(
        "{name} is damaged: its gzip data cannot be unpacked {} ({problem}). Copy or download it \
         again.",
        place(*line)
    )]
    GzipDamaged {
        /// The source.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
        /// In the words of the unpacker.
        problem: String,
    },
    /// The gzip data unpacks to far more than events do.
    #[error(
        "{name} unpacks to more than {MOST_TIMES_PACKED} times its size, which event data does \
         not; reading stopped {}.",
        place(*line)
    )]
    GzipTooDense {
        /// The source.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// The gzip data unpacks to more than is read.
    #[error(
        "{name} unpacks to more than {} GiB; reading stopped {}. Split it into smaller files.",
        MAX_UNPACKED_BYTES >> 30,
        place(*line)
    )]
    GzipTooLarge {
        /// The source.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
    },
    /// The system says no.
    #[error("{name} cannot be read {}: {error}.", place(*line))]
    Failed {
        /// The source.
        name: String,
        /// The last whole line before it; 0 where there is none.
        line: u64,
        /// In the words of the system.
        error: io::Error,
    },
    /// Somebody cancelled it.
    #[error("Reading {name} was cancelled.")]
    Cancelled {
        /// The source.
        name: String,
    },
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// The source.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Whoever took the batches.
    #[error("{0}")]
    Each(E),
}

impl InputError {
    /// The same, after this line.
    pub(crate) fn after_line(mut self, after: u64) -> Self {
        match &mut self {
            Self::GzipCutOff { line, .. }
            | Self::GzipDamaged { line, .. }
            | Self::GzipTooDense { line, .. }
            | Self::GzipTooLarge { line, .. }
            | Self::Failed { line, .. } => *line = after,
            Self::Missing { .. }
            | Self::Folder { .. }
            | Self::Permission { .. }
            | Self::Empty { .. }
            | Self::NotText { .. }
            | Self::Utf16 { .. }
            | Self::Cancelled { .. } => {}
        }
        self
    }
}

fn place(line: u64) -> String {
    match line {
        0 => "before the end of its first line".to_owned(),
        line => format!("after line {line}"),
    }
}

/// A source's text, unpacked, without a byte-order mark.
pub(crate) struct Text<'a> {
    name: String,
    pub(crate) bytes_total: Option<u64>,
    stream: Stream<'a>,
    unpacked_bytes: u64,
    head: Vec<u8>,
    /// What went wrong right after the head: told once the head is dealt with.
    error_after_head: Option<InputError>,
}

type Packed<'a> = Chain<Cursor<Vec<u8>>, Counted<'a>>;

enum Stream<'a> {
    Plain(Packed<'a>),
    Gzip(MultiGzDecoder<BufReader<Packed<'a>>>),
}

/// Counts the bytes that were taken from a source.
struct Counted<'a> {
    bytes: Box<dyn Read + Send + 'a>,
    count: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.count += count as u64;
        Ok(count)
    }
}

impl<'a> Text<'a> {
    /// Opens a source, and reads its head.
    ///
    /// # Errors
    /// Where it is missing, a folder, not permitted, damaged or no text.
    pub(crate) fn open(source: Source<'a>) -> Result<(Self, &'static Format), InputError> {
        let (name, bytes_total, bytes) = match source {
            Source::Stream {
                name,
                bytes_total,
                bytes,
            } => (name, bytes_total, bytes),
            Source::File(path) => open_file(path)?,
        };
        let mut source = Counted { bytes, count: 0 };
        let mut magic = Vec::new();
        let stream = match source.by_ref().take(2).read_to_end(&mut magic) {
            Err(error) => {
                return Err(InputError::Failed {
                    name,
                    line: 0,
                    error,
                });
            }
            Ok(_) => {
                let is_gzip = magic == GZIP_MAGIC;
                let packed = Cursor::new(magic).chain(source);
                match is_gzip {
                    true => Stream::Gzip(MultiGzDecoder::new(BufReader::with_capacity(
                        HEAD_BYTES, packed,
                    ))),
                    false => Stream::Plain(packed),
                }
            }
        };
        let mut text = Self {
            name,
            bytes_total,
            stream,
            unpacked_bytes: 0,
            head: Vec::new(),
            error_after_head: None,
        };
        text.read_head()?;
        let format = text.recognise()?;
        Ok((text, format))
    }

    /// The text's beginning, up to 64 KiB. [`Self::read`] goes on after it.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self.stream, Stream::Gzip(_))
    }

    /// Bytes taken from the source so far, packed as they are.
    pub(crate) fn bytes_read(&self) -> u64 {
        match &self.stream {
            Stream::Plain(packed) => packed.get_ref().1.count,
            Stream::Gzip(unpacker) => unpacker.get_ref().get_ref().get_ref().1.count,
        }
    }

    /// Reads on; 0 at the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize, InputError> {
        if let Some(error) = self.error_after_head.take() {
            return Err(error);
        }
        let count = loop {
            let read = match &mut self.stream {
                Stream::Plain(bytes) => bytes.read(into),
                Stream::Gzip(bytes) => bytes.read(into),
            };
            match read {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        };
        self.unpacked_bytes += count as u64;
        match self.is_gzip() {
            true => self.check_unpacked_size().map(|()| count),
            false => Ok(count),
        }
    }

    pub(crate) fn cancelled(&self) -> InputError {
        InputError::Cancelled {
            name: self.name.clone(),
        }
    }

    pub(crate) fn empty(&self) -> InputError {
        InputError::Empty {
            name: self.name.clone(),
        }
    }

    fn read_head(&mut self) -> Result<(), InputError> {
        let mut head = vec![0; HEAD_BYTES];
        let mut length = 0;
        while length < HEAD_BYTES {
            match self.read(&mut head[length..]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if length == 0 => return Err(error),
                Err(error) => {
                    self.error_after_head = Some(error);
                    break;
                }
            }
        }
        head.truncate(length);
        if head.starts_with(BYTE_ORDER_MARK) {
            head.drain(..BYTE_ORDER_MARK.len());
        }
        self.head = head;
        Ok(())
    }

    fn recognise(&self) -> Result<&'static Format, InputError> {
        let name = || self.name.clone();
        if let Some(looks_like) = kind_of_binary(&self.head) {
            return Err(InputError::NotText {
                name: name(),
                looks_like,
            });
        }
        if self.head.starts_with(b"\xff\xfe") || self.head.starts_with(b"\xfe\xff") {
            return Err(InputError::Utf16 { name: name() });
        }
        if let Some(format) = format::recognise(&self.head) {
            return Ok(format);
        }
        match Guess::of(&self.head) {
            Guess::Text => Ok(&format::FORMATS[0]),
            Guess::Utf16 => Err(InputError::Utf16 { name: name() }),
            Guess::Binary => Err(InputError::NotText {
                name: name(),
                looks_like: "binary data",
            }),
        }
    }

    fn failed(&self, error: io::Error) -> InputError {
        let (name, line) = (self.name.clone(), 0);
        match (self.is_gzip(), error.kind()) {
            (true, ErrorKind::UnexpectedEof) => InputError::GzipCutOff { name, line },
            (true, ErrorKind::InvalidInput | ErrorKind::InvalidData) => InputError::GzipDamaged {
                name,
                line,
                problem: error.to_string(),
            },
            _ => InputError::Failed { name, line, error },
        }
    }

    fn check_unpacked_size(&self) -> Result<(), InputError> {
        let (name, line) = (|| self.name.clone(), 0);
        match Excess::of(self.bytes_read(), self.unpacked_bytes) {
            None => Ok(()),
            Some(Excess::TooDense) => Err(InputError::GzipTooDense { name: name(), line }),
            Some(Excess::TooLarge) => Err(InputError::GzipTooLarge { name: name(), line }),
        }
    }
}

/// Why gzip data is not unpacked any further.
#[derive(Debug, PartialEq, Eq)]
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

type Opened<'a> = (String, Option<u64>, Box<dyn Read + Send + 'a>);

fn open_file<'a>(path: PathBuf) -> Result<Opened<'a>, InputError> {
    let name = path.display().to_string();
    let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
    match opened {
        Ok((metadata, _)) if metadata.is_dir() => Err(InputError::Folder { name }),
        Ok((metadata, file)) => {
            let bytes_total = metadata.is_file().then_some(metadata.len());
            Ok((name, bytes_total, Box::new(file)))
        }
        Err(error) => Err(match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => InputError::Missing { name },
            ErrorKind::PermissionDenied => InputError::Permission { name },
            // Some systems do not open folders at all.
            _ if path.is_dir() => InputError::Folder { name },
            _ => InputError::Failed {
                name,
                line: 0,
                error,
            },
        }),
    }
}

/// What a file is that begins with these bytes, where they are the mark of something that is no
/// text.
fn kind_of_binary(head: &[u8]) -> Option<&'static str> {
    const MARKS: &[(usize, &[u8], &str)] = &[
        (0, b"PK\x03\x04", "a ZIP archive"),
        (0, b"PK\x05\x06", "an empty ZIP archive"),
        (0, &GZIP_MAGIC, "gzip data inside gzip data"),
        (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (0, b"\xfd7zXZ\0", "an xz file"),
        (0, b"BZh", "a bzip2 file"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (0, b"Rar!\x1a\x07", "a RAR archive"),
        (257, b"ustar", "a tar archive"),
        (0, b"SQLite format 3\0", "an SQLite database"),
        (0, b"PAR1", "a Parquet file"),
        (0, b"Obj\x01", "an Avro file"),
        (0, b"ORC", "an ORC file"),
        (0, b"ARROW1\0\0", "an Arrow file"),
        (
            0,
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "an old Excel or Word file",
        ),
        (0, b"%PDF-", "a PDF document"),
        (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (0, b"\xff\xd8\xff", "a JPEG picture"),
        (0, b"GIF8", "a GIF picture"),
        (0, b"\x7fELF", "a program"),
    ];
    MARKS
        .iter()
        .find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)))
        .map(|(_, _, kind)| *kind)
}

/// What bytes without a mark look like.
enum Guess {
    Text,
    Utf16,
    Binary,
}

impl Guess {
    /// Text has next to no control characters; UTF-16 has zeros in every other place. A few of
    /// either are bad rows in a text.
    fn of(head: &[u8]) -> Self {
        let is_control = |b: &u8| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127);
        let controls = head.iter().filter(|b| is_control(b)).count();
        let zeros_from = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0);
        let (even, odd) = (zeros_from(0).count(), zeros_from(1).count());
        if controls * 20 <= head.len() {
            Self::Text
        } else if even.max(odd) * 4 > head.len() && even.min(odd) * 20 <= head.len() {
            Self::Utf16
        } else {
            Self::Binary
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_may_unpack_to_200_times_its_size_and_to_20_gib() {
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
