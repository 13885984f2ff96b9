//! The one place that lets a person choose files, to read and to write.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dwell_api::{ApiError, ErrorCode, Result};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, FilePath};

use super::waiting;
use crate::state::AppState;

/// Files to import; none where nothing was chosen.
#[tauri::command]
pub(super) async fn files_choose(app: AppHandle) -> Result<Vec<String>> {
    waiting(move || {
        let state = app.state::<Arc<AppState>>();
        let chosen = match state.answered_choice() {
            [] => ask_person(&app)?,
            answered => answered.to_vec(),
        };
        chosen.iter().map(|path| as_text(path)).collect()
    })
    .await
}

/// What a workspace, or a copy of one, is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Choice {
    /// A workspace to open.
    Open,
    /// Where a new one is made.
    New,
    /// Where a backup goes.
    Backup,
    /// A backup to restore.
    Restore,
}

/// A file to open or to make, by its path; null where nothing was chosen. `name` is what a new file is
/// called unless a person calls it otherwise.
#[tauri::command]
pub(super) async fn workspace_choose(
    app: AppHandle,
    choice: Choice,
    name: String,
) -> Result<Option<String>> {
    waiting(move || {
        let answered = app.state::<Arc<AppState>>().answered_workspace();
        let chosen = match answered {
            None => ask_for_workspace(&app, choice, &name)?,
            answered => answered,
        };
        chosen.as_deref().map(as_text).transpose()
    })
    .await
}

/// Where to write a file of an offered name; the dialog asks before one that is there is replaced. None
/// where nothing was chosen.
pub(super) async fn choose_to_save(
    app: AppHandle,
    title: &'static str,
    name: String,
) -> Result<Option<PathBuf>> {
    waiting(move || {
        let state = app.state::<Arc<AppState>>();
        if let Some(folder) = state.answered_save() {
            return Ok(Some(folder.join(name)));
        }
        let mut dialog = app.dialog().file().set_title(title).set_file_name(name);
        if let Some(window) = app.get_webview_window("main") {
            dialog = dialog.set_parent(&window);
        }
        dialog
            .blocking_save_file()
            .map(on_this_computer)
            .transpose()
    })
    .await
}

fn ask_for_workspace(app: &AppHandle, choice: Choice, name: &str) -> Result<Option<PathBuf>> {
    let title = match choice {
        Choice::Open => "Open a workspace",
        Choice::New => "Make a new workspace",
        Choice::Backup => "Back up the workspace",
        Choice::Restore => "Choose a backup to restore",
    };
    let mut dialog = app
        .dialog()
        .file()
        .set_title(title)
        .add_filter("Dwell workspaces", &["dwell"])
        .add_filter("All files", &["*"]);
    if let Some(window) = app.get_webview_window("main") {
        dialog = dialog.set_parent(&window);
    }
    let chosen = match choice {
        Choice::Open | Choice::Restore => dialog.blocking_pick_file(),
        Choice::New | Choice::Backup => dialog.set_file_name(name).blocking_save_file(),
    };
    chosen.map(on_this_computer).transpose()
}

fn on_this_computer(file: FilePath) -> Result<PathBuf> {
    file.into_path().map_err(|error| {
        ApiError::new(
            ErrorCode::BadInput,
            format!("This is no file on this computer: {error}."),
        )
    })
}

fn ask_person(app: &AppHandle) -> Result<Vec<PathBuf>> {
    let mut dialog = app
        .dialog()
        .file()
        .set_title("Import event files")
        .add_filter(
            "Event files (JSON, CSV, packed ones)",
            &[
                "jsonl", "ndjson", "json", "csv", "tsv", "txt", "gz", "zst", "zip",
            ],
        )
        .add_filter("All files", &["*"]);
    if let Some(window) = app.get_webview_window("main") {
        dialog = dialog.set_parent(&window);
    }
    let chosen = dialog.blocking_pick_files().unwrap_or_default();
    chosen.into_iter().map(on_this_computer).collect()
}

/// A path crosses to the window as text.
fn as_text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "The name of {} is no valid Unicode: rename the file, then choose it again.",
            path.display()
        );
        ApiError::new(ErrorCode::BadInput, message)
    })
}
