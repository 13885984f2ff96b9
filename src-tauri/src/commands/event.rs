//! Events.

use dwell_api::Result;
use dwell_api::event::{self, EventDetail, EventPage, EventRequest, EventsRequest};
use tauri::AppHandle;

use super::ask;

#[tauri::command]
pub(super) async fn events_list(app: AppHandle, request: EventsRequest) -> Result<EventPage> {
    ask(app, move |workspace| event::list(workspace, &request)).await
}

#[tauri::command]
pub(super) async fn event_show(app: AppHandle, request: EventRequest) -> Result<EventDetail> {
    ask(app, move |workspace| event::show(workspace, &request)).await
}
