//! Rejected rows.

use dwell_api::import::{self, ImportDetailRequest};
use dwell_api::quarantine::{
    self, FixGroup, FixGroupsRequest, RejectedExport, RejectedExportRequest, Retry, RetryProgress,
    RetryRequest,
};
use dwell_api::{Cancel, Result};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{ask, files, rehearse, work};

#[tauri::command]
pub(super) async fn fix_groups(app: AppHandle, request: FixGroupsRequest) -> Result<Vec<FixGroup>> {
    let cancel = Cancel::default();
    ask(app, move |workspace| {
        quarantine::groups(workspace, &request, &cancel)
    })
    .await
}

#[tauri::command]
pub(super) async fn quarantine_retry(
    app: AppHandle,
    request: RetryRequest,
    progress: Channel<RetryProgress>,
) -> Result<Retry> {
    let is_dry_run = request.dry_run;
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        quarantine::retry(workspace, &request, cancel, tell)
    };
    match is_dry_run {
        true => rehearse(app, progress, job).await,
        false => work(app, progress, job).await,
    }
}

/// None where the person named no file.
#[tauri::command]
pub(super) async fn rejected_save(
    app: AppHandle,
    import_id: i64,
) -> Result<Option<RejectedExport>> {
    let detail = ImportDetailRequest { import_id };
    let row = ask(app.clone(), move |workspace| {
        import::show(workspace, &detail).map(|detail| detail.row)
    });
    let name = format!("rejected-{}", row.await?.file_name);
    let Some(path) = files::choose_to_save(app.clone(), "Save rejected rows", name).await? else {
        return Ok(None);
    };
    let request = RejectedExportRequest {
        import_ids: vec![import_id],
        ..RejectedExportRequest::default()
    };
    ask(app, move |workspace| {
        quarantine::export_file(workspace, &request, &path).map(Some)
    })
    .await
}
