//! The workspace, its applications and zones.

use std::path::PathBuf;
use std::sync::Arc;

use dwell_api::Result;
use dwell_api::settings::{self, RecentWorkspace};
use dwell_api::workspace::{self, WorkspaceStatus, ZoneRequest};
use tauri::{AppHandle, Manager};

use super::{ask, change, waiting};
use crate::state::AppState;

#[tauri::command]
pub(super) async fn workspace_status(app: AppHandle) -> Result<WorkspaceStatus> {
    ask(app, workspace::status).await
}

#[tauri::command]
pub(super) fn zones_list() -> Vec<&'static str> {
    workspace::zones()
}

#[tauri::command]
pub(super) async fn application_set_zone(
    app: AppHandle,
    request: ZoneRequest,
) -> Result<WorkspaceStatus> {
    change(app, move |workspace| {
        workspace::set_zone(workspace, &request)
    })
    .await
}

#[tauri::command]
pub(super) async fn application_undo_zone(
    app: AppHandle,
    application: String,
) -> Result<WorkspaceStatus> {
    change(app, move |workspace| {
        workspace::undo_zone(workspace, &application)
    })
    .await
}

#[tauri::command]
pub(super) async fn workspace_recent() -> Result<Vec<RecentWorkspace>> {
    waiting(|| Ok(settings::recent())).await
}

/// Opens a workspace in the place of the one that is open; the page is loaded anew then.
#[tauri::command]
pub(super) async fn workspace_open(app: AppHandle, path: PathBuf) -> Result<WorkspaceStatus> {
    switch(app, move || workspace::existing(&path)).await
}

/// As [`workspace_open`], with a new one.
#[tauri::command]
pub(super) async fn workspace_create(app: AppHandle, path: PathBuf) -> Result<WorkspaceStatus> {
    switch(app, move || workspace::new_path(&path)).await
}

#[tauri::command]
pub(super) async fn workspace_forget(path: String) -> Result<Vec<RecentWorkspace>> {
    waiting(move || settings::forget(&path)).await
}

async fn switch(
    app: AppHandle,
    path: impl FnOnce() -> Result<PathBuf> + Send + 'static,
) -> Result<WorkspaceStatus> {
    waiting(move || {
        let state = app.state::<Arc<AppState>>();
        workspace::status(&*state.switch(&path()?)?)
    })
    .await
}
