//! Imports.

use dwell_api::Result;
use dwell_api::import::{
    self, ImportDetail, ImportDetailRequest, ImportProgress, ImportRemoval, ImportRemovalProgress,
    ImportRemovalRequest, ImportRequest, ImportRow,
};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{ask, rehearse, work};

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
