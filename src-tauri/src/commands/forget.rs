//! Forgetting somebody.

use dwell_api::Result;
use dwell_api::forget::{self, ForgetProgress, ForgetRequest, Forgetting};
use tauri::AppHandle;
use tauri::ipc::Channel;

use super::{rehearse, work};

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
