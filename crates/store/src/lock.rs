//! One window at a time has a workspace open: an advisory lock of the system on a file beside it, which
//! ends with the program however that ends. What stands in the file is for words alone.
//!
//! The lock forbids two things: that a second window opens the workspace, and that another program
//! puts a backup in its place while a window has it open. Commands read and write beside a window as
//! they do beside each other: SQLite's own locks are theirs. It knows no clock and no window.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};

/// So much of the file is read at most: anybody may have written it.
const MAX_BYTES: u64 = 4_096;
/// So often is it tried again where the file was taken away between opening and locking it.
const TRIES: usize = 16;

/// Who has a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of the program.
    pub program: String,
    /// Number of its process.
    pub pid: u32,
    /// Since when, UTC ms.
    pub since_ms: i64,
    /// Name of the computer; blank where the system does not tell.
    pub host: String,
    /// Where it can be asked to show itself; `None` where it cannot.
    #[serde(default)]
    pub door: Option<PathBuf>,
}

/// The lock of a workspace; nobody else gets it until this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of a workspace, whether its file exists or not. Every name of the file (links,
    /// relative paths) leads to the same lock.
    ///
    /// # Errors
    /// [`StoreError::Held`] where another has it; [`StoreError::Unwritable`] where no file can be made
    /// beside the workspace.
    pub fn take(workspace: &Path, holder: &Holder) -> Result<Self> {
        let path = lock_path(workspace);
        let unwritable = |error: io::Error| StoreError::Unwritable {
            path: path.clone(),
            reason: error.to_string(),
        };
        for _ in 0..TRIES {
            let file = open(&path).map_err(unwritable)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Held {
                        path: workspace.to_owned(),
                        holder: read(file),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(unwritable(error)),
                // The one before took its file away: this is no longer what others find.
                Ok(()) if !is_at(&file, &path) => {}
                Ok(()) => {
                    let mut lock = Self { file, path };
                    lock.write(holder).map_err(|error| StoreError::Unwritable {
                        path: lock.path.clone(),
                        reason: error.to_string(),
                    })?;
                    return Ok(lock);
                }
            }
        }
        Err(unwritable(io::Error::other("it comes and goes")))
    }

    fn write(&mut self, holder: &Holder) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(&serde_json::to_vec(holder)?)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked, so that no other's file is taken away. Elsewhere than on Unix an
        // open file may stay; it is nobody's then.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Who has a workspace just now; `None` where nobody has, or nobody can tell.
pub fn holder(workspace: &Path) -> Option<Holder> {
    let file = File::open(lock_path(workspace)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read(file),
        _ => None,
    }
}

/// The file's real place: what links lead to, or, where it does not exist, its name in the folder that
/// links lead to.
pub fn real_path(workspace: &Path) -> PathBuf {
    let in_folder = || {
        let full = std::path::absolute(workspace).ok()?;
        let folder = full.parent()?.canonicalize().ok()?;
        Some(folder.join(full.file_name()?))
    };
    let real = workspace.canonicalize().ok().or_else(in_folder);
    real.unwrap_or_else(|| workspace.to_owned())
}

fn lock_path(workspace: &Path) -> PathBuf {
    let mut name = real_path(workspace).into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

fn open(path: &Path) -> io::Result<File> {
    // What stands in it is read by whoever does not get the lock: it is emptied with the lock alone.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn read(file: File) -> Option<Holder> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether the open file is what others find under the name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(found)) = (file.metadata(), path.symlink_metadata()) else {
        return false;
    };
    (open.dev(), open.ino()) == (found.dev(), found.ino())
}

/// Nobody takes the file away there.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder_of(pid: u32) -> Holder {
        Holder {
            program: "test".to_owned(),
            pid,
            since_ms: 1,
            host: "here".to_owned(),
            door: None,
        }
    }

    #[test]
    fn a_second_one_hears_who_has_it_and_gets_it_afterwards() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("w.dwell");
        assert_eq!(holder(&path), None);
        let first = Lock::take(&path, &holder_of(1)).unwrap();
        let refused = Lock::take(&path, &holder_of(2)).err();
        let Some(StoreError::Held { holder: found, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(found, Some(holder_of(1)));
        assert_eq!(holder(&path), Some(holder_of(1)));
        drop(first);
        assert_eq!(holder(&path), None);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "left behind");
        Lock::take(&path, &holder_of(2)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn every_name_of_a_workspace_leads_to_the_same_lock() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("w.dwell");
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("other")).unwrap();
        let other = folder.path().join("other/in/../w.dwell");
        // Before there is a file, and with one.
        for _ in 0..2 {
            let _lock = Lock::take(&path, &holder_of(1)).unwrap();
            assert!(matches!(
                Lock::take(&other, &holder_of(2)),
                Err(StoreError::Held { .. })
            ));
            std::fs::write(&path, "").unwrap();
        }
        let link = folder.path().join("link.dwell");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let _lock = Lock::take(&link, &holder_of(1)).unwrap();
        assert_eq!(holder(&path), Some(holder_of(1)));
    }

    #[test]
    fn a_file_that_a_killed_program_left_hinders_nobody() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("w.dwell");
        for left in ["", "{", &"x".repeat(100_000), r#"{"pid":1}"#] {
            std::fs::write(folder.path().join("w.dwell.lock"), left).unwrap();
            assert_eq!(holder(&path), None);
            let lock = Lock::take(&path, &holder_of(3)).unwrap();
            assert_eq!(holder(&path), Some(holder_of(3)));
            drop(lock);
        }
    }

    #[test]
    fn of_many_that_want_it_one_has_it_at_any_time() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("w.dwell");
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for pid in 0..8 {
                let (path, inside) = (&path, &inside);
                scope.spawn(move || {
                    let mut taken = 0;
                    while taken < 50 {
                        let Ok(lock) = Lock::take(path, &holder_of(pid)) else {
                            std::thread::yield_now();
                            continue;
                        };
                        let order = std::sync::atomic::Ordering::SeqCst;
                        assert_eq!(inside.fetch_add(1, order), 0, "two have it");
                        inside.fetch_sub(1, order);
                        drop(lock);
                        taken += 1;
                    }
                });
            }
        });
    }
}
