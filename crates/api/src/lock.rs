//! Which window has a workspace open, in words: one has it at a time. Knows no window: how one is
//! asked to show itself is the window's own matter.

use std::path::Path;

use dwell_runtime::{Clock, SystemClock};
use dwell_store::Store;
pub use dwell_store::{Holder, Lock};

use crate::error::{ApiError, ErrorCode};

/// Why a window cannot have a workspace.
#[derive(Debug)]
pub struct NotTaken {
    /// In words.
    pub error: ApiError,
    /// The one that has it, where that is why.
    pub holder: Option<Holder>,
}

/// What a workspace is taken for.
#[derive(Clone, Copy, Debug)]
pub enum For<'a> {
    /// A window has it open; where that can be asked to show itself.
    Window(Option<&'a Path>),
    /// A command puts something else in its place.
    Replacing,
}

/// Takes a workspace for this process, whether it exists or not. What is no workspace of this version
/// is refused before anything is made beside it.
///
/// # Errors
/// Where another window has it, it is no workspace or one of a newer version, or no lock can be put
/// beside it.
pub fn take(path: &Path, what: For<'_>) -> std::result::Result<Lock, NotTaken> {
    let refused = |error: dwell_store::StoreError| NotTaken {
        holder: match &error {
            dwell_store::StoreError::Held { holder, .. } => holder.clone(),
            _ => None,
        },
        error: error.into(),
    };
    Store::look(path).map_err(refused)?;
    let (program, door) = match what {
        For::Window(door) => (WINDOW, door),
        For::Replacing => (COMMAND, None),
    };
    let holder = Holder {
        program: program.to_owned(),
        pid: std::process::id(),
        since_ms: SystemClock.now_ms(),
        host: host(),
        door: door.map(Path::to_owned),
    };
    Lock::take(path, &holder).map_err(refused)
}

const WINDOW: &str = "dwell-app";
const COMMAND: &str = "dwell";

/// The error for a workspace that a window has.
pub(crate) fn held(path: &Path, holder: Option<&Holder>) -> ApiError {
    let message = words(path, holder, &host(), SystemClock.now_ms());
    ApiError::new(ErrorCode::Locked, message)
}

/// `/w.dwell is open in a window of Dwell (process 4711, for 12 min).`
fn words(path: &Path, holder: Option<&Holder>, own_host: &str, now_ms: i64) -> String {
    let what = match holder.is_some_and(|holder| holder.program == COMMAND) {
        true => "is being replaced by a command of Dwell",
        false => "is open in a window of Dwell",
    };
    let mut words = format!("{} {what}", path.display());
    if let Some(holder) = holder {
        let mut facts = vec![format!("process {}", holder.pid)];
        if !holder.host.is_empty() && holder.host != own_host {
            facts.push(format!("on {}", printable(&holder.host)));
        }
        facts.push(format!("for {}", how_long(now_ms - holder.since_ms)));
        words.push_str(&format!(" ({})", facts.join(", ")));
    }
    words.push('.');
    words
}

/// The two largest units, down to the minute.
fn how_long(length_ms: i64) -> String {
    let minutes = length_ms.max(0) / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, ..) => "1 day".to_owned(),
        (days, ..) => format!("{days} days"),
    }
}

/// What stands in the file beside the workspace was written by whoever may write there.
fn printable(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(60).collect()
}

/// Name of this computer; blank where the system does not tell.
#[cfg(unix)]
fn host() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_who_has_it_and_for_how_long() {
        let holder = |host: &str| Holder {
            program: WINDOW.to_owned(),
            pid: 4711,
            since_ms: 0,
            host: host.to_owned(),
            door: None,
        };
        let minutes = |count: i64| count * 60_000;
        let cases = [
            (None, 0, "/w.dwell is open in a window of Dwell."),
            (
                Some(holder("here")),
                minutes(12),
                "/w.dwell is open in a window of Dwell (process 4711, for 12 min).",
            ),
            (
                Some(holder("far\u{1b}[31m")),
                minutes(125),
                "/w.dwell is open in a window of Dwell (process 4711, on far[31m, for 2 h 5 min).",
            ),
            (
                Some(holder("")),
                -5,
                "/w.dwell is open in a window of Dwell (process 4711, for less than a minute).",
            ),
        ];
        for (holder, now_ms, expected) in cases {
            let path = Path::new("/w.dwell");
            assert_eq!(words(path, holder.as_ref(), "here", now_ms), expected);
        }
    }

    #[test]
    fn lengths_are_told_by_their_two_largest_units() {
        let cases = [
            (59, "59 min"),
            (60, "1 h"),
            (1_439, "23 h 59 min"),
            (1_440, "1 day"),
            (2_880, "2 days"),
        ];
        for (minutes, expected) in cases {
            assert_eq!(how_long(minutes * 60_000 + 59_999), expected);
        }
    }
}
