//! Imports.

use dwell_api::Result;
use std::sync::Arc;

use dwell_api::import::{
    self, ImportChoices, ImportDetail, ImportDetailRequest, ImportPreview, ImportProgress,
    ImportRemoval, ImportRemovalProgress, ImportRemovalRequest, ImportRequest, ImportRow,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager};

use super::{ask, rehearse, waiting, work};
use crate::state::AppState;

#[tauri::command]
pub(super) async fn imports_list(app: AppHandle, application: String) -> Result<Vec<ImportRow>> {
    ask(app, move |workspace| import::list(workspace, &application)).await
}

#[tauri::command]
pub(super) async fn import_show(
    app: AppHandle,
    request: ImportDetailRequest,
) -> Result<ImportDetail> {
    ask(app, move |workspace| import::show(workspace, &request)).await
}

#[tauri::command]
pub(super) async fn import_choices() -> Result<ImportChoices> {
    Ok(import::choices())
}

/// A new look cancels the one before it: nobody waits for that any more.
#[tauri::command]
pub(super) async fn import_preview(
    app: AppHandle,
    number: u64,
    request: ImportRequest,
) -> Result<ImportPreview> {
    let cancel = app.state::<Arc<AppState>>().preview.begin(number);
    waiting(move || import::preview(&request, &cancel)).await
}

#[tauri::command]
pub(super) async fn import_start(
    app: AppHandle,
    request: ImportRequest,
    progress: Channel<ImportProgress>,
) -> Result<ImportRow> {
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        import::run(workspace, &request, cancel, tell)
    };
    work(app, progress, job).await
}

#[tauri::command]
pub(super) async fn import_remove(
    app: AppHandle,
    request: ImportRemovalRequest,
    progress: Channel<ImportRemovalProgress>,
) -> Result<ImportRemoval> {
    let is_dry_run = request.dry_run;
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        import::remove(workspace, &request, cancel, tell)
    };
    match is_dry_run {
        true => rehearse(app, progress, job).await,
        false => work(app, progress, job).await,
    }
}
