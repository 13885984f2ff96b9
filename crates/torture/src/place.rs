//! A folder with a workspace, and what stands in it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::fault::{Fault, Trial, hold};
use crate::program::Program;

/// The workspace and what SQLite may leave beside it.
const FILES: [&str; 3] = ["w.dwell", "w.dwell-wal", "w.dwell-shm"];

/// Everything that lists tell of the events and what follows from them.
const LISTS: &[&[&str]] = &[
    &["event", "list"],
    &["session", "list", "--events"],
    &["user", "list"],
    &["device", "list"],
    &["event", "list", "--derived"],
    &["definition", "list"],
    &["quarantine", "list"],
    &["quarantine", "list", "--conflicts"],
];

/// Opening after a crash takes 3 s at most; five times that on a machine that does much else.
const OPENS_WITHIN: Duration = Duration::from_secs(15);

/// A folder with `w.dwell`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Trial<Self> {
        Ok(Self {
            folder: TempDir::with_prefix("dwell-torture-")?,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.path(FILES[0])
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path(FILES[1])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file beside the workspace.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Trial<()> {
        Ok(std::fs::write(self.path(name), content)?)
    }

    /// Another place with the same workspace, which nobody has open, as it lies there.
    pub(crate) fn copy(&self) -> Trial<Self> {
        let copy = Self::new()?;
        for name in FILES {
            if self.path(name).exists() {
                std::fs::copy(self.path(name), copy.path(name))?;
            }
        }
        Ok(copy)
    }

    /// Leaves the folder where it is, to be looked at.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// Length in bytes; none where there is no file.
pub(crate) fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |found| found.len())
}

/// The imports in a workspace, the newest first, and how long the first opening took.
pub(crate) fn imports_after_a_crash(
    program: &Program,
    place: &Place,
) -> Trial<(Vec<Value>, Duration)> {
    let began = Instant::now();
    let rows = program.rows(place.folder(), &["imports", "list"])?;
    let took = began.elapsed();
    hold(took < OPENS_WITHIN, || {
        format!("Opening took {} s.", took.as_secs())
    })?;
    Ok((rows, took))
}

/// How many events a workspace holds by its own check, which finds nothing else wrong.
pub(crate) fn checked(program: &Program, place: &Place) -> Trial<u64> {
    let ran = program.run(place.folder(), &["check"])?;
    hold(ran.status == Some(0), || {
        format!("The check fails: {}", ran.stderr.trim())
    })?;
    let report: Value = serde_json::from_str(&ran.stdout)
        .map_err(|error| Fault::new(format!("The check printed no JSON: {error}.")))?;
    report["events"]
        .as_u64()
        .ok_or_else(|| Fault::new("The check counts no events."))
}

/// All lists, one text each, as any workspace tells them that holds the same.
pub(crate) fn lists(program: &Program, place: &Place) -> Trial<Vec<String>> {
    let own = own_lists(program, place)?;
    Ok(own
        .iter()
        .map(|rows| without(&without(rows, "emitted_at"), "file"))
        .collect())
}

/// All lists, one text each, to the letter.
pub(crate) fn own_lists(program: &Program, place: &Place) -> Trial<Vec<String>> {
    LISTS
        .iter()
        .map(|list| program.print(place.folder(), list))
        .collect()
}

/// The same rows without the values of a field that no two runs have in common: the moment when
/// somebody was told, the name of the file that was read. Whether there is one stays.
fn without(rows: &str, field: &str) -> String {
    let field = format!("\"{field}\":");
    let mut text = String::with_capacity(rows.len());
    let mut parts = rows.split(field.as_str());
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find([',', '}']).unwrap_or(part.len());
        let value = if part.starts_with("null") {
            "null"
        } else {
            "…"
        };
        text.extend([field.as_str(), value, &part[end..]]);
    }
    text
}

/// The name of the first list that differs.
pub(crate) fn difference(wanted: &[String], found: &[String]) -> Option<String> {
    let at = wanted.iter().zip(found).position(|(a, b)| a != b)?;
    let lines = |text: &str| text.lines().count();
    let name = LISTS
        .get(at)
        .map_or_else(String::new, |list| list.join(" "));
    let place = wanted[at]
        .lines()
        .zip(found[at].lines())
        .find(|(a, b)| a != b)
        .map_or_else(String::new, |(a, b)| {
            let cut = |text: &str| text.chars().take(300).collect::<String>();
            format!(": {} is now {}", cut(a), cut(b))
        });
    Some(format!(
        "“{name}” has {} lines and had {}{place}",
        lines(&found[at]),
        lines(&wanted[at])
    ))
}

/// Fails where lists are not those that they should be.
pub(crate) fn hold_lists(wanted: &[String], program: &Program, place: &Place) -> Trial<()> {
    match difference(wanted, &lists(program, place)?) {
        None => Ok(()),
        Some(words) => Err(Fault::new(format!("{words}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_left_out_and_nothing_else() {
        let rows = r#"{"time":5,"emitted_at":1234}
{"emitted_at":null,"file":"a.jsonl","time":6}"#;
        let wanted = r#"{"time":5,"emitted_at":…}
{"emitted_at":null,"file":…,"time":6}"#;
        assert_eq!(without(&without(rows, "emitted_at"), "file"), wanted);
    }
}
