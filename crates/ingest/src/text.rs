//! A file as text: unpacked, and recognised by its first bytes. What cannot be text is refused here,
//! with the file's name.
//!
//! It must not know rows, nor where files come from.

use std::io::{ErrorKind, Read};

use crate::error::{InputError, Packing};
use crate::source::Opened;
use crate::unpack::{Unpacked, failed};

/// How much of a file is looked at to recognise it.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file's text, unpacked, without a byte-order mark.
pub(crate) struct Text<'a> {
    pub(crate) name: String,
    stream: Unpacked<'static, Box<dyn Read + 'a>>,
    inside: Option<Packing>,
    head: Vec<u8>,
    /// What went wrong right after the head: told once the head is dealt with.
    error_after_head: Option<InputError>,
}

impl<'a> Text<'a> {
    /// Unpacks a file's head.
    ///
    /// # Errors
    /// Where it is damaged, no text, or nothing.
    pub(crate) fn open(file: Opened<'a>) -> Result<Self, InputError> {
        let Opened {
            name,
            begin,
            bytes,
            packed,
            inside,
            ..
        } = file;
        let stream = match Unpacked::new(begin, bytes, packed) {
            Ok(stream) => stream,
            Err(error) => return Err(failed(name, inside, error)),
        };
        let mut text = Self {
            name,
            stream,
            inside,
            head: Vec::new(),
            error_after_head: None,
        };
        let is_whole = text.read_head()?;
        text.check_head()?;
        let is_blank = text.head.trim_ascii_start().is_empty();
        match is_whole && is_blank && text.error_after_head.is_none() {
            true => Err(InputError::Empty { name: text.name }),
            false => Ok(text),
        }
    }

    /// The text's beginning, up to 64 KiB. [`Self::read`] goes on after it.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// What it is packed in; of several the inner one.
    pub(crate) fn packing(&self) -> Option<Packing> {
        self.stream.packing().or(self.inside)
    }

    /// Reads on; 0 at the end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize, InputError> {
        if let Some(error) = self.error_after_head.take() {
            return Err(error);
        }
        loop {
            match self.stream.read(into) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(self.name.clone(), self.packing(), error)),
            }
        }
    }

    pub(crate) fn cancelled(&self) -> InputError {
        InputError::Cancelled {
            name: self.name.clone(),
        }
    }

    /// Whether the head is all there is.
    fn read_head(&mut self) -> Result<bool, InputError> {
        let mut head = vec![0; HEAD_BYTES];
        let mut length = 0;
        let mut has_ended = false;
        while length < HEAD_BYTES {
            match self.read(&mut head[length..]) {
                Ok(0) => {
                    has_ended = true;
                    break;
                }
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
        Ok(has_ended)
    }

    fn check_head(&self) -> Result<(), InputError> {
        let name = || self.name.clone();
        let looks_like = kind_of_binary(&self.head);
        if let (Some(looks_like), Some(outer), Some(_)) =
            (looks_like, self.packing(), Packing::of(&self.head))
        {
            return Err(InputError::Nested {
                name: name(),
                looks_like,
                outer,
            });
        }
        if let Some(looks_like) = looks_like {
            return Err(InputError::NotText {
                name: name(),
                looks_like,
            });
        }
        if self.head.starts_with(b"\xff\xfe") || self.head.starts_with(b"\xfe\xff") {
            return Err(InputError::Utf16 { name: name() });
        }
        Ok(())
    }

    /// Whether it reads like text at all, which a text of no known format should.
    ///
    /// # Errors
    /// Where it does not.
    pub(crate) fn check_is_text(&self) -> Result<(), InputError> {
        let name = self.name.clone();
        match Guess::of(&self.head) {
            Guess::Text => Ok(()),
            Guess::Utf16 => Err(InputError::Utf16 { name }),
            Guess::Binary => Err(InputError::NotText {
                name,
                looks_like: "binary data",
            }),
        }
    }
}

/// What a file is that begins with these bytes, where they are the mark of something that is no
/// text.
fn kind_of_binary(head: &[u8]) -> Option<&'static str> {
    const MARKS: &[(usize, &[u8], &str)] = &[
        (0, b"PK\x03\x04", "a ZIP archive"),
        (0, b"PK\x05\x06", "a ZIP archive"),
        (0, b"\x1f\x8b", "gzip data"),
        (0, b"\x28\xb5\x2f\xfd", "Zstandard data"),
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
