//! Where bytes come from: one file, each file of a folder or of a ZIP archive, or a stream. Files of
//! a folder and of an archive come in the order of their paths. An archive is read, never extracted.
//!
//! It must not know what is in the files.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::{InputError, Packing};
use crate::unpack::{Bounded, Count, Counted, MAGIC_BYTES, Packed, failed};

/// A folder or an archive has at most this many files.
pub(crate) const MAX_FILES: usize = 100_000;

/// Where bytes come from.
pub enum Source<'a> {
    /// A file, or a folder: all files in it and in the folders below it, but for hidden ones and
    /// databases that are open. A ZIP archive stands for the files in it.
    File(PathBuf),
    /// Anything else that can be read: standard input, a download. A ZIP archive is first copied to
    /// a temporary file, as its list of files stands at its end.
    Stream {
        /// As people know it; stands in errors.
        name: String,
        /// Its size, where it is known.
        bytes_total: Option<u64>,
        /// The bytes. Reading is cancelled between two calls, never inside one.
        bytes: Box<dyn Read + Send + 'a>,
    },
}

impl Source<'_> {
    /// As people know it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stream { name, .. } => name.clone(),
        }
    }
}

/// A file of a source.
pub(crate) struct Opened<'a> {
    /// As people know it, its folder or archive before it.
    pub(crate) name: String,
    /// Its path within the source; empty where it is the source.
    pub(crate) part: String,
    /// Its first bytes, up to four.
    pub(crate) begin: Vec<u8>,
    /// The others.
    pub(crate) bytes: Box<dyn Read + 'a>,
    pub(crate) packed: Packed,
    /// What it lies in.
    pub(crate) inside: Option<Packing>,
    /// What was taken from the source before it.
    pub(crate) taken_before: u64,
    pub(crate) bytes_total: Option<u64>,
}

impl Opened<'_> {
    /// How to tell what was taken from the source so far, packed as it is.
    pub(crate) fn taken(&self) -> impl Fn() -> u64 + use<> {
        let (before, packed) = (self.taken_before, self.packed.clone());
        move || {
            let taken = packed.taken.get();
            before + packed.size.map_or(taken, |size| taken.min(size))
        }
    }
}

/// Takes the files of a source one after the other.
pub(crate) struct Walk<'w> {
    pub(crate) cancel: &'w AtomicBool,
    pub(crate) take: &'w mut dyn FnMut(Opened<'_>) -> Result<ControlFlow<()>, InputError>,
}

/// Where in a source a file is.
struct Place {
    name: String,
    part: String,
    taken_before: u64,
    bytes_total: Option<u64>,
}

impl Walk<'_> {
    /// Takes all of them, until one is the last that is wanted.
    pub(crate) fn source(&mut self, source: Source<'_>) -> Result<(), InputError> {
        match source {
            Source::Stream {
                name,
                bytes_total,
                bytes,
            } => self.stream(name, bytes_total, bytes),
            Source::File(path) => {
                let place = |bytes_total| Place {
                    name: path.display().to_string(),
                    part: String::new(),
                    taken_before: 0,
                    bytes_total,
                };
                let metadata = fs::metadata(&path).map_err(|error| unopened(&path, error))?;
                match metadata.is_dir() {
                    true => self.folder(&path),
                    false => {
                        let size = metadata.is_file().then_some(metadata.len());
                        self.file(&path, size, place(size)).map(drop)
                    }
                }
            }
        }
    }

    fn stream(
        &mut self,
        name: String,
        bytes_total: Option<u64>,
        bytes: Box<dyn Read + Send + '_>,
    ) -> Result<(), InputError> {
        let taken = Count::default();
        let mut bytes = Counted {
            bytes,
            count: taken.clone(),
        };
        let begin = begin_of(&mut bytes, &name, None)?;
        let mut place = Place {
            name,
            part: String::new(),
            taken_before: 0,
            bytes_total,
        };
        if Packing::of(&begin) == Some(Packing::Zip) {
            let (file, size) = self.copied(&begin, bytes, &place.name)?;
            place.bytes_total = Some(size);
            return self.archive(file, size, place).map(drop);
        }
        let packed = Packed { taken, size: None };
        (self.take)(place.opened(begin, Box::new(bytes), packed, None)).map(drop)
    }

    /// A stream's bytes in a file without a name.
    fn copied(
        &self,
        begin: &[u8],
        mut bytes: impl Read,
        name: &str,
    ) -> Result<(File, u64), InputError> {
        let failed = |error| failed(name.to_owned(), None, error);
        let mut file = tempfile::tempfile().map_err(failed)?;
        file.write_all(begin).map_err(failed)?;
        let mut size = begin.len() as u64;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            self.check(name)?;
            match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    file.write_all(&buffer[..count]).map_err(failed)?;
                    size += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok((file, size))
    }

    fn folder(&mut self, path: &Path) -> Result<(), InputError> {
        let name = path.display().to_string();
        let mut files = Vec::new();
        list(path, "", &mut files)?;
        if files.is_empty() {
            return Err(InputError::NoFiles { name });
        }
        files.sort_unstable();
        let bytes_total = Some(files.iter().map(|(_, _, size)| size).sum());
        let mut taken_before = 0;
        for (part, path, size) in files {
            self.check(&name)?;
            let place = Place {
                name: path.display().to_string(),
                part,
                taken_before,
                bytes_total,
            };
            if self.file(&path, Some(size), place)?.is_break() {
                break;
            }
            taken_before += size;
        }
        Ok(())
    }

    fn file(
        &mut self,
        path: &Path,
        size: Option<u64>,
        place: Place,
    ) -> Result<ControlFlow<()>, InputError> {
        if is_open_database(path) {
            return Err(InputError::NotText {
                name: place.name,
                looks_like: "a database that is open",
            });
        }
        let taken = Count::default();
        let mut bytes = Counted {
            bytes: File::open(path).map_err(|error| unopened(path, error))?,
            count: taken.clone(),
        };
        let begin = begin_of(&mut bytes, &place.name, None)?;
        if Packing::of(&begin) == Some(Packing::Zip) {
            // What is no file, a named pipe for instance, cannot be read twice.
            let (file, size) = match size {
                Some(size) => (bytes.bytes, size),
                None => self.copied(&begin, bytes, &place.name)?,
            };
            return self.archive(file, size, place);
        }
        let packed = Packed { taken, size };
        (self.take)(place.opened(begin, Box::new(bytes), packed, None))
    }

    fn archive(
        &mut self,
        mut file: File,
        size: u64,
        place: Place,
    ) -> Result<ControlFlow<()>, InputError> {
        let failed_at_all = |error| failed(place.name.clone(), None, error);
        file.seek(SeekFrom::Start(0)).map_err(failed_at_all)?;
        let taken = Count::default();
        let file = Counted {
            bytes: file,
            count: taken.clone(),
        };
        let mut archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| bad_archive(&place, error))?;
        if archive.len() > MAX_FILES {
            return Err(InputError::TooManyFiles {
                name: place.name,
                most: MAX_FILES,
            });
        }
        let mut entries = Vec::new();
        for index in 0..archive.len() {
            let entry = archive
                .by_index_data(index)
                .map_err(|error| bad_archive(&place, error))?;
            let name = entry.name().map_err(|error| bad_archive(&place, error))?;
            if entry.is_file() && !name.split(['/', '\\']).any(is_hidden) {
                entries.push((printable(&name), index, entry.encrypted()));
            }
        }
        if entries.is_empty() {
            return Err(InputError::NoFiles { name: place.name });
        }
        entries.sort_unstable();
        let packed = Packed {
            taken,
            size: Some(size),
        };
        let unpacked = Rc::new(Cell::new(0));
        for (entry, index, is_encrypted) in entries {
            let name = format!("{}/{entry}", place.name);
            self.check(&place.name)?;
            if is_encrypted {
                return Err(InputError::Encrypted { name });
            }
            let bytes = archive.by_index(index).map_err(|error| match error {
                ZipError::Io(error) => failed(name.clone(), Some(Packing::Zip), error),
                other => InputError::UnknownPacking {
                    name: name.clone(),
                    problem: other.to_string(),
                },
            })?;
            let mut bytes = Bounded::new(bytes, packed.clone(), Rc::clone(&unpacked));
            let begin = begin_of(&mut bytes, &name, Some(Packing::Zip))?;
            let place = Place {
                name,
                part: match &*place.part {
                    "" => entry,
                    archive => format!("{archive}/{entry}"),
                },
                ..place
            };
            let opened = place.opened(begin, Box::new(bytes), packed.clone(), Some(Packing::Zip));
            if (self.take)(opened)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn check(&self, name: &str) -> Result<(), InputError> {
        match self.cancel.load(Ordering::Relaxed) {
            true => Err(InputError::Cancelled {
                name: name.to_owned(),
            }),
            false => Ok(()),
        }
    }
}

impl Place {
    fn opened<'a>(
        self,
        begin: Vec<u8>,
        bytes: Box<dyn Read + 'a>,
        packed: Packed,
        inside: Option<Packing>,
    ) -> Opened<'a> {
        Opened {
            name: self.name,
            part: self.part,
            begin,
            bytes,
            packed,
            inside,
            taken_before: self.taken_before,
            bytes_total: self.bytes_total,
        }
    }
}

/// The files below a folder, each with its path within it and its size.
fn list(
    folder: &Path,
    within: &str,
    files: &mut Vec<(String, PathBuf, u64)>,
) -> Result<(), InputError> {
    let unlisted = |error| unopened(folder, error);
    for entry in fs::read_dir(folder).map_err(unlisted)? {
        let entry = entry.map_err(unlisted)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let (path, part) = (entry.path(), format!("{within}{}", printable(&name)));
        if is_hidden(&name) || is_open_database(&path) {
            continue;
        }
        // A link to a folder is not followed: it can lead in a circle.
        if entry.file_type().map_err(unlisted)?.is_dir() {
            list(&path, &format!("{part}/"), files)?;
            continue;
        }
        let metadata = fs::metadata(&path).map_err(|error| unopened(&path, error))?;
        if metadata.is_file() {
            files.push((part, path, metadata.len()));
        }
        if files.len() > MAX_FILES {
            return Err(InputError::TooManyFiles {
                name: folder.display().to_string(),
                most: MAX_FILES,
            });
        }
    }
    Ok(())
}

/// Whether a file is a database of SQLite that is open, or what stands beside such a one. It can be the
/// workspace itself: to open it as a file, and to close it again, would take SQLite's locks away from
/// this very program.
fn is_open_database(path: &Path) -> bool {
    const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
    // Which window has a workspace stands beside it too.
    const LOCK: &str = ".lock";
    // A link leads to the same file.
    let Ok(path) = fs::canonicalize(path) else {
        return false;
    };
    let of_another = path.to_str().is_some_and(|name| {
        let ends = BESIDE.iter().chain([&LOCK]);
        let mut databases = ends.filter_map(|end| name.strip_suffix(end));
        databases.any(|database| Path::new(database).exists())
    });
    of_another
        || BESIDE.iter().any(|end| {
            let mut beside = path.as_os_str().to_owned();
            beside.push(end);
            Path::new(&beside).exists()
        })
}

/// What systems put beside the files of people.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

/// A path that somebody else chose, as a sentence can carry it.
fn printable(path: &str) -> String {
    const MOST_CHARS: usize = 300;
    let mut shown = String::new();
    for c in path.chars().take(MOST_CHARS) {
        match c.is_control() {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

fn begin_of(
    bytes: &mut impl Read,
    name: &str,
    packing: Option<Packing>,
) -> Result<Vec<u8>, InputError> {
    let mut begin = Vec::new();
    bytes
        .by_ref()
        .take(MAGIC_BYTES as u64)
        .read_to_end(&mut begin)
        .map_err(|error| failed(name.to_owned(), packing, error))?;
    Ok(begin)
}

fn unopened(path: &Path, error: io::Error) -> InputError {
    let name = path.display().to_string();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => InputError::Missing { name },
        ErrorKind::PermissionDenied => InputError::Permission { name },
        _ => InputError::Failed {
            name,
            line: 0,
            error,
        },
    }
}

fn bad_archive(place: &Place, error: ZipError) -> InputError {
    let name = place.name.clone();
    match error {
        ZipError::Io(error) if error.kind() != ErrorKind::UnexpectedEof => {
            failed(name, Some(Packing::Zip), error)
        }
        ZipError::InvalidArchive(problem) => InputError::BadArchive {
            name,
            problem: problem.into_owned(),
        },
        other => InputError::BadArchive {
            name,
            problem: other.to_string(),
        },
    }
}
