//! Copies of a workspace: those that a person makes, those that are kept by themselves before a
//! workspace is brought up to date or replaced, and putting one back.

use std::path::{Path, PathBuf};
use std::time::Instant;

use dwell_model::time::format_utc;
use dwell_runtime::{Clock, SystemClock};
use dwell_store::backup::{self, Job, Step};
use dwell_store::{Found, Store, StoreError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, ErrorCode, Result};
use crate::workspace::real_path;

/// So many of each kind of those that are made by themselves are kept.
const KEPT: usize = 3;

/// Asks for a copy, or to put one back.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct BackupRequest {
    /// The copy.
    pub path: String,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BackupPhase {
    /// What the workspace holds is copied.
    Copying,
    /// A copy is checked.
    Checking,
    /// A copy takes the place of what the workspace holds.
    Replacing,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct BackupProgress {
    /// What is being done.
    pub phase: BackupPhase,
    /// 0 to 1 of the phase; null where nobody can tell.
    pub done: Option<f64>,
    /// Of the phase; null where nobody can tell.
    pub seconds_left: Option<u64>,
}

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct BackupDone {
    /// The whole path.
    pub path: String,
    /// Without its folder.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
}

/// A copy that was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RestoreDone {
    /// The workspace.
    pub path: String,
    /// What it held before; null where it did not exist.
    pub before: Option<BackupDone>,
}

/// Why a copy was made by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeptWhy {
    /// The workspace was brought to a newer layout.
    Update,
    /// Another copy took its place.
    Restore,
}

impl KeptWhy {
    const ALL: [Self; 2] = [Self::Update, Self::Restore];

    fn mark(self) -> &'static str {
        match self {
            Self::Update => ".before-update-",
            Self::Restore => ".before-restore-",
        }
    }
}

/// A copy that was made by itself and stands beside the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct KeptBackup {
    /// The whole path.
    pub path: String,
    /// Without its folder.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
    /// When it was made, as its name has it: `2026-11-20 14:58:20`, UTC.
    pub made_at: String,
    /// Why.
    pub why: KeptWhy,
}

/// Copies a workspace to a new file, while others go on reading and writing.
///
/// # Errors
/// Where there is a file of that name, the disk has no room, the workspace is damaged, or it was
/// cancelled. There is no copy then.
pub fn run(
    workspace: &Path,
    request: &BackupRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(BackupProgress),
) -> Result<BackupDone> {
    let to = crate::workspace::new_path(Path::new(&request.path))?;
    if Store::look(workspace)? != Found::Workspace {
        return Err(StoreError::Missing(workspace.to_owned()).into());
    }
    copy(workspace, &to, 0, cancel, tell)
}

/// Puts a copy in the place of what a workspace holds; what it held is kept in a copy beside it. A
/// workspace that does not exist is made of the copy. Nobody may have it open who keeps anything of it
/// in memory.
///
/// # Errors
/// Where the copy is no workspace, of a newer version, damaged or the workspace itself, the disk has no
/// room, another program writes, or it was cancelled. Nothing was changed then.
pub fn restore(
    workspace: &Path,
    request: &BackupRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(BackupProgress),
) -> Result<RestoreDone> {
    let from = crate::workspace::existing(Path::new(&request.path))?;
    if real_path(&from) == real_path(workspace) {
        return Err(ApiError::bad_input(format!(
            "{} is the workspace itself: choose a backup of it.",
            from.display()
        )));
    }
    let before = match Store::look(workspace)? {
        Found::Workspace => {
            let kept = kept_path(workspace, KeptWhy::Restore, None);
            Some(copy(workspace, &kept, 0, cancel, tell)?)
        }
        Found::Nothing | Found::Empty => None,
    };
    let put = match &before {
        Some(_) => {
            let mut watch = Watch::new(BackupPhase::Replacing, tell);
            let mut job = Job {
                stop: &cancel.0,
                tell: &mut |step| watch.hear(step),
            };
            backup::put_back(&from, workspace, &mut job).map_err(stopped)
        }
        None => {
            // An empty file that somebody made is no more than its name.
            if workspace.exists() {
                std::fs::remove_file(workspace).map_err(|error| {
                    let message = format!("{} cannot be written: {error}.", workspace.display());
                    ApiError::new(ErrorCode::Storage, message)
                })?;
            }
            copy(&from, workspace, 0, cancel, tell).map(drop)
        }
    };
    if let (Err(_), Some(kept)) = (&put, &before) {
        // Nothing was changed: what was kept is what is there.
        let _ = std::fs::remove_file(&kept.path);
    }
    put?;
    prune(workspace, KeptWhy::Restore);
    Ok(RestoreDone {
        path: workspace.display().to_string(),
        before,
    })
}

/// Copies that were made by themselves and stand beside a workspace, the newest first.
pub fn kept(workspace: &Path) -> Vec<KeptBackup> {
    let mut found: Vec<_> = KeptWhy::ALL
        .into_iter()
        .flat_map(|why| kept_of(workspace, why))
        .collect();
    found.sort_by(|one, other| other.made_at.cmp(&one.made_at));
    found
}

/// Whether bringing a workspace of an older program up to date begins with a copy of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeforeUpdate {
    /// It does, and does not begin where there is no room for it.
    #[default]
    Keep,
    /// It does not: somebody said so.
    Go,
}

/// Keeps a copy of a workspace of an older layout, before that is changed.
pub(crate) fn keep_before_update(
    workspace: &Path,
    tell: &mut dyn FnMut(f64),
) -> Result<Option<PathBuf>> {
    let Some(layout) = Store::older_layout(workspace)? else {
        return Ok(None);
    };
    let to = kept_path(workspace, KeptWhy::Update, Some(layout));
    // The new layout is written to the log first, all of it.
    let room_bytes = workspace.metadata().map_or(0, |found| found.len());
    let cancel = Cancel::default();
    let tell = &mut |told: BackupProgress| tell(told.done.unwrap_or(1.0));
    copy(workspace, &to, room_bytes, &cancel, tell).map_err(|error| match error.code {
        ErrorCode::NoRoom => ApiError::new(
            ErrorCode::NoRoom,
            format!(
                "{} was made by an older version of Dwell and has to be brought up to date, with a \
                 backup of it kept before. {}",
                workspace.display(),
                error.message
            ),
        ),
        _ => error,
    })?;
    Ok(Some(to))
}

/// Takes away what is older than the copies that are kept.
pub(crate) fn prune(workspace: &Path, why: KeptWhy) {
    let mut found = kept_of(workspace, why);
    found.sort_by(|one, other| other.made_at.cmp(&one.made_at));
    for old in found.iter().skip(KEPT) {
        // It takes room, and is no harm.
        let _ = std::fs::remove_file(&old.path);
    }
}

fn copy(
    from: &Path,
    to: &Path,
    room_bytes: u64,
    cancel: &Cancel,
    tell: &mut dyn FnMut(BackupProgress),
) -> Result<BackupDone> {
    let mut watch = Watch::new(BackupPhase::Copying, tell);
    let mut job = Job {
        stop: &cancel.0,
        tell: &mut |step| watch.hear(step),
    };
    let bytes = backup::copy(from, to, room_bytes, &mut job).map_err(stopped)?;
    Ok(BackupDone {
        path: to.display().to_string(),
        file_name: name_of(to),
        bytes,
    })
}

fn stopped(error: StoreError) -> ApiError {
    match error {
        StoreError::Stopped => ApiError::cancelled(),
        error => error.into(),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Turns steps of the store into progress with the time that is left.
struct Watch<'a> {
    phase: BackupPhase,
    began: Option<Instant>,
    tell: &'a mut dyn FnMut(BackupProgress),
}

impl<'a> Watch<'a> {
    fn new(phase: BackupPhase, tell: &'a mut dyn FnMut(BackupProgress)) -> Self {
        Self {
            phase,
            began: None,
            tell,
        }
    }

    fn hear(&mut self, step: Step) {
        let Step::Copying(done) = step else {
            return (self.tell)(BackupProgress {
                phase: BackupPhase::Checking,
                done: None,
                seconds_left: None,
            });
        };
        let began = self.began.get_or_insert_with(Instant::now);
        let seconds = began.elapsed().as_secs_f64();
        let is_told = done > 0.05 && seconds > 1.0;
        (self.tell)(BackupProgress {
            phase: self.phase,
            done: Some(done),
            seconds_left: is_told.then(|| (seconds / done * (1.0 - done)).ceil() as u64),
        });
    }
}

/// `casino.before-update-2026-11-20-145820-layout-2.dwell`, beside the workspace. Where one of this second
/// is there already, because a program was killed after making it, the next free second names it.
fn kept_path(workspace: &Path, why: KeptWhy, layout: Option<i64>) -> PathBuf {
    let real = real_path(workspace);
    let stem = real.file_stem().unwrap_or_default().to_string_lossy();
    let layout = layout.map_or_else(String::new, |layout| format!("-layout-{layout}"));
    let mut now_ms = SystemClock.now_ms();
    loop {
        let utc = format_utc(now_ms);
        let seconds = utc.get(..19).unwrap_or(&utc);
        let when = seconds.replace('T', "-").replace(':', "");
        let name = format!("{stem}{}{when}{layout}.dwell", why.mark());
        let path = real.with_file_name(name);
        if path.symlink_metadata().is_err() {
            return path;
        }
        now_ms += 1_000;
    }
}

fn kept_of(workspace: &Path, why: KeptWhy) -> Vec<KeptBackup> {
    let real = real_path(workspace);
    let stem = real.file_stem().unwrap_or_default().to_string_lossy();
    let prefix = format!("{stem}{}", why.mark());
    let entries = real.parent().and_then(|folder| folder.read_dir().ok());
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten().flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let Some(made_at) = file_name.strip_prefix(&prefix).and_then(moment_in) else {
            continue;
        };
        found.push(KeptBackup {
            path: entry.path().display().to_string(),
            bytes: entry.metadata().map_or(0, |found| found.len()),
            file_name,
            made_at,
            why,
        });
    }
    found
}

/// The moment that the rest of a name begins with, where it is one that this program gave.
fn moment_in(rest: &str) -> Option<String> {
    let (when, ending) = rest.split_at_checked(17)?;
    let is_layout = |text: &str| {
        let digits = text.strip_prefix("-layout-").unwrap_or("x");
        text.is_empty() || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_ours = is_layout(ending.strip_suffix(".dwell")?);
    let shape = "0000-00-00-000000";
    let has_shape = when
        .bytes()
        .zip(shape.bytes())
        .all(|(found, wanted)| found == wanted || (wanted == b'0' && found.is_ascii_digit()));
    let time = when.get(11..)?;
    (is_ours && has_shape).then(|| {
        format!(
            "{} {}:{}:{}",
            &when[..10],
            &time[..2],
            &time[2..4],
            &time[4..]
        )
    })
}

#[cfg(test)]
mod tests;
