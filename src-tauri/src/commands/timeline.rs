//! A person's days.

use dwell_api::Result;
use dwell_api::timeline::{self, Timeline, TimelineRequest};
use tauri::AppHandle;

use super::ask;

#[tauri::command]
pub(super) async fn timeline_show(app: AppHandle, request: TimelineRequest) -> Result<Timeline> {
    ask(app, move |workspace| timeline::show(workspace, &request)).await
}
