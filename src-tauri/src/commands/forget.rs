//! Forgetting somebody.

use dwell_api::Result;
use dwell_api::forget::{self, ForgetProgress, ForgetRequest, Forgetting, ForgettingRow};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{ask, change, rehearse, work};

#[tauri::command]
pub(super) async fn forget_run(
    app: AppHandle,
    request: ForgetRequest,
    progress: Channel<ForgetProgress>,
) -> Result<Forgetting> {
    let is_dry_run = request.dry_run;
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        forget::run(workspace, &request, cancel, tell)
    };
    match is_dry_run {
        true => rehearse(app, progress, job).await,
        false => work(app, progress, job).await,
    }
}

#[tauri::command]
pub(super) async fn forgettings_list(
    app: AppHandle,
    application: String,
) -> Result<Vec<ForgettingRow>> {
    ask(app, move |workspace| forget::list(workspace, &application)).await
}

#[tauri::command]
pub(super) async fn forgotten_allow(
    app: AppHandle,
    application: String,
    id: String,
) -> Result<u64> {
    change(app, move |workspace| {
        forget::allow(workspace, &application, &id)
    })
    .await
}
