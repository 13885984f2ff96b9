//! The settings of the program.

use dwell_api::Result;
use dwell_api::settings::{self, Settings, SettingsChange};

use super::waiting;

#[tauri::command]
pub(super) async fn settings_show() -> Result<Settings> {
    waiting(|| Ok(settings::read())).await
}

#[tauri::command]
pub(super) async fn settings_change(change: SettingsChange) -> Result<Settings> {
    waiting(move || settings::change(&change)).await
}
