//! One session.

use dwell_api::Result;
use dwell_api::session::{self, SessionDetail, SessionRequest};
use tauri::AppHandle;

use super::ask;

#[tauri::command]
pub(super) async fn session_show(app: AppHandle, request: SessionRequest) -> Result<SessionDetail> {
    ask(app, move |workspace| session::show(workspace, &request)).await
}
