//! The demo workspace.

use dwell_api::import::ImportProgress;
use dwell_api::workspace::{self, WorkspaceStatus};
use dwell_api::{Result, demo};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::work;

#[tauri::command]
pub(super) async fn demo_start(
    app: AppHandle,
    progress: Channel<ImportProgress>,
) -> Result<WorkspaceStatus> {
    let job = |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        demo::fill(workspace, cancel, tell)?;
        workspace::status(workspace)
    };
    work(app, progress, job).await
}
