//! Imports.

use dwell_api::Result;
use dwell_api::import::{
    self, ImportDetail, ImportDetailRequest, ImportProgress, ImportRequest, ImportRow,
};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{ask, work};

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
