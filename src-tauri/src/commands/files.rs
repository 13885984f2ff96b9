//! The one place that lets a person choose files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dwell_api::{ApiError, ErrorCode, Result};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;

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
    let paths = chosen.into_iter().map(|file| file.into_path());
    paths
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| {
            ApiError::new(
                ErrorCode::BadInput,
                format!("This is no file on this computer: {error}."),
            )
        })
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
