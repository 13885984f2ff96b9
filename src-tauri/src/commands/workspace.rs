//! The workspace, its applications and zones.

use dwell_api::Result;
use dwell_api::workspace::{self, WorkspaceStatus, ZoneRequest};
use tauri::AppHandle;

use super::{ask, change};

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
