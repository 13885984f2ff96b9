//! What a person set for the program as a whole, in one small JSON file of theirs: how it looks, and
//! which workspaces were open. What belongs to an application is in its workspace. A file that cannot
//! be read is no reason not to start: it counts as empty, and that is said.

mod file;

use std::path::{Path, PathBuf};

use dwell_runtime::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use ts_rs::TS;

use crate::error::{ApiError, Result};
use file::SettingsFile;

/// So many workspaces are remembered.
const MAX_RECENT: usize = 12;

/// What the window looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How close rows stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// Rows of 28 px.
    Compact,
    /// Rows of 32 px.
    #[default]
    Standard,
    /// Rows of 36 px.
    Comfortable,
}

/// The zone in which a person's days are shown where the link says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ZoneShown {
    /// The person's own, where it is known.
    #[default]
    User,
    /// The application's.
    App,
    /// UTC.
    Utc,
}

/// The settings of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
pub struct Settings {
    /// What the window looks like.
    pub theme: Theme,
    /// How close rows stand.
    pub density: Density,
    /// The zone in which a person's days are shown first.
    pub zone_shown: ZoneShown,
    /// The file; null where there is no folder for it, and nothing is kept.
    pub path: Option<String>,
    /// What is wrong with the file, in words; null where all is well.
    pub problem: Option<String>,
}

/// What to set; null leaves it as it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct SettingsChange {
    /// What the window looks like.
    #[ts(optional = nullable)]
    pub theme: Option<Theme>,
    /// How close rows stand.
    #[ts(optional = nullable)]
    pub density: Option<Density>,
    /// The zone in which a person's days are shown first.
    #[ts(optional = nullable)]
    pub zone_shown: Option<ZoneShown>,
}

/// A workspace that was open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RecentWorkspace {
    /// The whole path.
    pub path: String,
    /// `casino.dwell`, without its folder.
    pub file_name: String,
    /// The folder alone.
    pub folder: String,
    /// When it was opened last, UTC ms.
    pub opened_at_ms: i64,
    /// Whether there is no file now.
    pub is_missing: bool,
}

const THEME: &str = "theme";
const DENSITY: &str = "density";
const ZONE_SHOWN: &str = "zone_shown";
const RECENT: &str = "recent_workspaces";

/// The settings as they are.
pub fn read() -> Settings {
    match SettingsFile::of_person() {
        Some(file) => read_from(&file),
        None => Settings {
            problem: Some(NO_FOLDER.to_owned()),
            ..Settings::default()
        },
    }
}

/// Changes settings; answers them as they are then.
///
/// # Errors
/// Where the file cannot be written.
pub fn change(change: &SettingsChange) -> Result<Settings> {
    let file = of_person()?;
    change_in(&file, change)?;
    Ok(read_from(&file))
}

/// Workspaces that were open, the newest first.
pub fn recent() -> Vec<RecentWorkspace> {
    SettingsFile::of_person().map_or_else(Vec::new, |file| recent_in(&file))
}

/// Notes that a workspace was opened just now.
///
/// # Errors
/// Where the file cannot be written.
pub fn note_opened(path: &Path) -> Result<()> {
    note_opened_in(&of_person()?, path, SystemClock.now_ms())
}

/// Takes a workspace off the list; the workspace itself is not touched.
///
/// # Errors
/// Where the file cannot be written.
pub fn forget(path: &str) -> Result<Vec<RecentWorkspace>> {
    let file = of_person()?;
    file.change(|values| {
        let rest = entries(values).filter(|(known, _)| known != path);
        let rest = as_list(rest);
        values.insert(RECENT.to_owned(), rest);
    })?;
    Ok(recent_in(&file))
}

const NO_FOLDER: &str = "There is no folder for settings: they last until the window closes.";

fn of_person() -> Result<SettingsFile> {
    SettingsFile::of_person().ok_or_else(|| ApiError::bad_input(NO_FOLDER))
}

fn read_from(file: &SettingsFile) -> Settings {
    let (values, mut problem) = file.read();
    let mut wrong: Vec<&str> = Vec::new();
    let settings = Settings {
        theme: value(&values, THEME, &mut wrong),
        density: value(&values, DENSITY, &mut wrong),
        zone_shown: value(&values, ZONE_SHOWN, &mut wrong),
        path: Some(file.path().display().to_string()),
        problem: None,
    };
    if problem.is_none() && !wrong.is_empty() {
        problem = Some(format!(
            "{} has no such value for {}: it counts as not set.",
            file.path().display(),
            wrong.join(" and "),
        ));
    }
    Settings {
        problem,
        ..settings
    }
}

/// A value, or the default where there is none; what is none of its values is told.
fn value<T: Default + for<'a> Deserialize<'a>>(
    values: &Map<String, Value>,
    name: &'static str,
    wrong: &mut Vec<&str>,
) -> T {
    let Some(found) = values.get(name) else {
        return T::default();
    };
    T::deserialize(found).unwrap_or_else(|_| {
        wrong.push(name);
        T::default()
    })
}

fn change_in(file: &SettingsFile, change: &SettingsChange) -> Result<()> {
    file.change(|values| {
        let mut set = |name: &str, value: Value| {
            if !value.is_null() {
                values.insert(name.to_owned(), value);
            }
        };
        set(THEME, json!(change.theme));
        set(DENSITY, json!(change.density));
        set(ZONE_SHOWN, json!(change.zone_shown));
    })
}

fn recent_in(file: &SettingsFile) -> Vec<RecentWorkspace> {
    let (values, _) = file.read();
    let rows = entries(&values).map(|(path, opened_at_ms)| {
        let place = PathBuf::from(&path);
        let text = |part: Option<&Path>| {
            part.map_or_else(String::new, |part| part.to_string_lossy().into_owned())
        };
        RecentWorkspace {
            file_name: text(place.file_name().map(Path::new)),
            folder: text(place.parent()),
            opened_at_ms,
            is_missing: !place.is_file(),
            path,
        }
    });
    rows.collect()
}

fn note_opened_in(file: &SettingsFile, path: &Path, now_ms: i64) -> Result<()> {
    // A name that JSON cannot hold is not remembered.
    let real = dwell_store::lock::real_path(path);
    let Some(path) = real.to_str() else {
        return Ok(());
    };
    file.change(|values| {
        let others = entries(values).filter(|(known, _)| known != path);
        let all = std::iter::once((path.to_owned(), now_ms)).chain(others);
        let all = as_list(all.take(MAX_RECENT));
        values.insert(RECENT.to_owned(), all);
    })
}

/// The workspaces that the file names; what is none is passed over.
fn entries(values: &Map<String, Value>) -> impl Iterator<Item = (String, i64)> {
    let listed = values.get(RECENT).and_then(Value::as_array);
    let listed = listed.into_iter().flatten().take(MAX_RECENT);
    listed.filter_map(|entry| {
        let path = entry.get("path")?.as_str()?;
        let opened_at_ms = entry.get("opened_at_ms").and_then(Value::as_i64);
        Some((path.to_owned(), opened_at_ms.unwrap_or(0)))
    })
}

fn as_list(entries: impl Iterator<Item = (String, i64)>) -> Value {
    entries
        .map(|(path, opened_at_ms)| json!({ "path": path, "opened_at_ms": opened_at_ms }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: Option<&str>) -> (tempfile::TempDir, SettingsFile) {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("dwell/settings.json");
        if let Some(content) = content {
            std::fs::create_dir(folder.path().join("dwell")).unwrap();
            std::fs::write(&path, content).unwrap();
        }
        let file = SettingsFile::at(path);
        (folder, file)
    }

    fn dark() -> SettingsChange {
        SettingsChange {
            theme: Some(Theme::Dark),
            ..SettingsChange::default()
        }
    }

    #[test]
    fn without_a_file_all_is_as_by_default_and_none_is_made() {
        let (folder, file) = file(None);
        let settings = read_from(&file);
        assert_eq!(settings.problem, None);
        assert_eq!(settings.theme, Theme::System);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_change_keeps_what_is_not_known_and_what_it_does_not_name() {
        let (_folder, file) = file(Some(
            r#"{"later":{"a":[1,2.50]},"density":"compact","theme":"light"}"#,
        ));
        change_in(&file, &dark()).unwrap();
        let settings = read_from(&file);
        assert_eq!(settings.theme, Theme::Dark);
        assert_eq!(settings.density, Density::Compact);
        let (values, _) = file.read();
        assert_eq!(values["later"], json!({"a": [1, 2.50]}));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_file_and_nothing_is_left_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, file) = file(None);
        change_in(&file, &dark()).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(&folder.path().join("dwell")), 0o700);
        let names = folder.path().join("dwell").read_dir().unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["settings.json", "settings.lock"]);
    }

    #[test]
    fn a_damaged_file_counts_as_empty_is_told_and_is_kept_beside_the_next_one() {
        for damaged in ["", "{", "[]", "\u{0}\u{0}", r#"{"theme":"dark"} x"#] {
            let (folder, file) = file(Some(damaged));
            let settings = read_from(&file);
            assert_eq!(settings.theme, Theme::System);
            let problem = settings.problem.unwrap();
            assert!(problem.contains("settings.json"), "{problem}");
            change_in(&file, &dark()).unwrap();
            let settings = read_from(&file);
            assert_eq!((settings.theme, settings.problem), (Theme::Dark, None));
            let kept = folder.path().join("dwell/settings.damaged.json");
            assert_eq!(std::fs::read_to_string(kept).unwrap(), damaged);
        }
    }

    #[test]
    fn a_value_that_is_none_counts_as_not_set_and_is_told() {
        let (_folder, file) = file(Some(r#"{"theme":"pink","density":7,"zone_shown":"utc"}"#));
        let settings = read_from(&file);
        assert_eq!(settings.theme, Theme::System);
        assert_eq!(settings.zone_shown, ZoneShown::Utc);
        let problem = settings.problem.unwrap();
        assert!(problem.contains("theme and density"), "{problem}");
    }

    #[test]
    fn what_was_opened_last_stands_first_and_once() {
        let (folder, file) = file(Some(r#"{"recent_workspaces":[7,{"path":"/gone.dwell"}]}"#));
        let [first, second] = ["a.dwell", "b.dwell"].map(|name| folder.path().join(name));
        std::fs::write(&first, "").unwrap();
        for (path, now_ms) in [(&first, 1), (&second, 2), (&first, 3)] {
            note_opened_in(&file, path, now_ms).unwrap();
        }
        let rows = recent_in(&file);
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (&*row.file_name, row.opened_at_ms, row.is_missing))
            .collect();
        let expected = [
            ("a.dwell", 3, false),
            ("b.dwell", 2, true),
            ("gone.dwell", 0, true),
        ];
        assert_eq!(shown, expected);
        for number in 0..20 {
            note_opened_in(&file, &folder.path().join(format!("{number}")), number).unwrap();
        }
        assert_eq!(recent_in(&file).len(), MAX_RECENT);
    }

    #[test]
    fn of_changes_at_the_same_time_none_is_lost() {
        let (folder, file) = file(None);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (file, folder) = (&file, folder.path());
                scope.spawn(move || {
                    note_opened_in(file, &folder.join(format!("{number}.dwell")), number).unwrap();
                });
            }
        });
        assert_eq!(recent_in(&file).len(), 8);
    }
}
