//! Copies of the workspace.

use std::sync::Arc;

use dwell_api::backup::{self, BackupDone, BackupProgress, BackupRequest, KeptBackup, RestoreDone};
use dwell_api::{Result, Workspace};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};

use super::{ask, rehearse, waiting};
use crate::state::AppState;

#[tauri::command]
pub(super) async fn backup_run(
    app: AppHandle,
    request: BackupRequest,
    progress: Channel<BackupProgress>,
) -> Result<BackupDone> {
    let job = move |workspace: &Workspace, cancel: &_, tell: &mut dyn FnMut(_)| {
        backup::run(workspace.path(), &request, cancel, tell)
    };
    rehearse(app, progress, job).await
}

/// Puts a copy in the place of the workspace; the page is loaded anew then.
#[tauri::command]
pub(super) async fn backup_restore(
    app: AppHandle,
    request: BackupRequest,
    progress: Channel<BackupProgress>,
) -> Result<RestoreDone> {
    let state = Arc::clone(&app.state::<Arc<AppState>>());
    let running = state.begin_job(Some(progress.id()))?;
    waiting(move || {
        state.replace(|workspace| {
            backup::restore(workspace, &request, &running.cancel, &mut |message| {
                // A window that is gone needs no progress.
                let _ = progress.send(message);
            })
        })
    })
    .await
}

#[tauri::command]
pub(super) async fn backups_kept(app: AppHandle) -> Result<Vec<KeptBackup>> {
    ask(app, |workspace| Ok(backup::kept(workspace.path()))).await
}

#[tauri::command]
pub(super) fn update_without_backup(state: State<'_, Arc<AppState>>) {
    state.go_without_copy();
}
