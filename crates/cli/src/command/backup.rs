//! Backups: making one, putting one back.

use std::path::Path;

use dwell_api::backup::{self, BackupRequest};
use dwell_api::lock::{self, For};
use dwell_api::{Cancel, workspace};

use crate::Failure;
use crate::arguments::Arguments;
use crate::output;
use crate::progress::Progress;

pub(super) fn make(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let progress = Progress::new();
    let made = backup::run(
        &arguments.path()?,
        &request(file)?,
        &Cancel::default(),
        &mut |told| progress.backup(&told),
    );
    progress.finish();
    output::object(&made?)
}

pub(super) fn restore(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let path = arguments.path()?;
    if arguments.workspace.is_none() {
        workspace::make_folder_of(&path)?;
    }
    // A window keeps much of what it shows in memory: it puts a backup back by itself.
    let _lock = lock::take(&path, For::Replacing).map_err(|refused| refused.error)?;
    let progress = Progress::new();
    let restored = backup::restore(&path, &request(file)?, &Cancel::default(), &mut |told| {
        progress.backup(&told)
    });
    progress.finish();
    output::object(&restored?)
}

fn request(file: &Path) -> Result<BackupRequest, Failure> {
    let path = file.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::Failed(format!(
            "The name of {} is no valid Unicode.",
            file.display()
        ))
    })?;
    Ok(BackupRequest { path })
}
