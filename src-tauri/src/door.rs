//! Where a window can be asked to show itself, by another that wanted the same workspace: a socket of
//! this computer that only its user reaches. Where there is none (another system, no folder for it),
//! the other window says who has the workspace, and that is all.

use std::path::Path;

/// What is said at the door, and what is answered.
#[cfg(unix)]
const SHOW: &[u8] = b"show\n";
#[cfg(unix)]
const SHOWN: &[u8] = b"shown\n";

/// The socket; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    #[cfg(unix)]
    listener: std::os::unix::net::UnixListener,
    #[cfg(unix)]
    folder: tempfile::TempDir,
}

#[cfg(unix)]
impl Door {
    /// Opens it; who knocks waits until somebody listens.
    pub(crate) fn open() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        let place = std::env::var_os("XDG_RUNTIME_DIR")
            .map(std::path::PathBuf::from)
            .filter(|place| place.is_dir())
            .unwrap_or_else(std::env::temp_dir);
        // Only its owner may enter the folder.
        let folder = tempfile::Builder::new()
            .prefix("dwell-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(place)
            .ok()?;
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join("door")).ok()?;
        Some(Self { listener, folder })
    }

    /// Its path, for whoever may want to knock.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("door")
    }

    /// Calls `show` for everyone who knocks, for as long as the program runs.
    pub(crate) fn listen(&self, show: impl Fn() + Send + 'static) {
        use std::io::{Read, Write};
        let Ok(listener) = self.listener.try_clone() else {
            return;
        };
        std::thread::spawn(move || {
            for visitor in listener.incoming() {
                let Ok(mut visitor) = visitor else { continue };
                // Who says nothing keeps nobody else waiting for long.
                let _ = visitor.set_read_timeout(Some(PATIENCE));
                let mut said = [0; SHOW.len()];
                if visitor.read_exact(&mut said).is_ok() && said == SHOW {
                    show();
                    // It was shown whether that is heard or not.
                    let _ = visitor.write_all(SHOWN);
                }
            }
        });
    }
}

#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Asks the window behind a door to show itself; whether it did.
#[cfg(unix)]
pub(crate) fn knock(door: &Path) -> bool {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = std::os::unix::net::UnixStream::connect(door)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(SHOW)?;
        let mut answer = vec![0; SHOWN.len()];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer == SHOWN)
}

#[cfg(not(unix))]
impl Door {
    pub(crate) fn open() -> Option<Self> {
        None
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        std::path::PathBuf::new()
    }

    pub(crate) fn listen(&self, _: impl Fn() + Send + 'static) {}
}

#[cfg(not(unix))]
pub(crate) fn knock(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn who_knocks_is_shown_the_window_and_nobody_answers_where_none_is() {
        let door = Door::open().unwrap();
        let (shown, count) = std::sync::mpsc::channel();
        door.listen(move || shown.send(()).unwrap());
        assert!(knock(&door.path()) && knock(&door.path()));
        assert_eq!(count.try_iter().count(), 2);
        let folder = door.path().parent().unwrap().to_owned();
        let mode = folder.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(door);
        assert!(!folder.exists());
        assert!(!knock(&folder.join("door")));
    }
}
