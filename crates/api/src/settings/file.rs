//! The file of the settings: read as a whole, changed as a whole. Knows no setting.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode, Result};
use crate::workspace::make_folder_of;

/// A file of settings is a page or two.
const MAX_BYTES: u64 = 1 << 20;

/// A file of settings, whether it exists or not.
pub(super) struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// The person's own; `None` where the system knows no folder for it.
    pub(super) fn of_person() -> Option<Self> {
        let folder = config_folder()?;
        Some(Self::at(folder.join("dwell").join("settings.json")))
    }

    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What stands in it, nothing where there is no file or a damaged one; and what is wrong with it.
    pub(super) fn read(&self) -> (Map<String, Value>, Option<String>) {
        match self.try_read() {
            Ok(values) => (values, None),
            Err(reason) => {
                let problem = format!(
                    "{} cannot be read ({reason}), so nothing counts as set. The next change keeps \
                     it as {DAMAGED}.",
                    self.path.display()
                );
                (Map::new(), Some(problem))
            }
        }
    }

    fn try_read(&self) -> std::result::Result<Map<String, Value>, String> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
            file => file.map_err(|error| error.to_string())?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err("it is larger than 1 MiB".to_owned());
        }
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    }

    /// Changes it: all of the change is in the file, or nothing of it. Another window that changes it
    /// at the same time comes before or after.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn change(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<()> {
        make_folder_of(&self.path)?;
        self.replace(change).map_err(|error| {
            let message = format!(
                "The settings cannot be kept: {}: {error}.",
                self.path.display()
            );
            ApiError::new(ErrorCode::Storage, message)
        })
    }

    fn replace(&self, change: impl FnOnce(&mut Map<String, Value>)) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let turn = options.open(self.path.with_extension("lock"))?;
        turn.lock()?;
        let mut values = match self.try_read() {
            Ok(values) => values,
            Err(_) => {
                std::fs::rename(&self.path, self.path.with_file_name(DAMAGED))?;
                Map::new()
            }
        };
        change(&mut values);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        // Only its owner may read a file of this kind.
        let mut next = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut next, &values)?;
        next.write_all(b"\n")?;
        next.as_file().sync_all()?;
        next.persist(&self.path)?;
        Ok(())
    }
}

/// Where a file that cannot be read is kept.
const DAMAGED: &str = "settings.damaged.json";

/// Where programs keep a person's settings: `XDG_CONFIG_HOME`, `~/Library/Application Support`,
/// `APPDATA`.
fn config_folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config")))
    }
}
