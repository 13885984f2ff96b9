//! Finding anything by a few letters. A new question cancels those before it: it is asked at every
//! letter.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::find::{self, FindRequest, Found, FoundEvent, NewestRequest};
use tauri::{AppHandle, Manager};

use super::ask;
use crate::state::AppState;

#[tauri::command]
pub(super) async fn find(app: AppHandle, number: u64, request: FindRequest) -> Result<Found> {
    let state = Arc::clone(&app.state::<Arc<AppState>>());
    let cancel = state.find.begin(number);
    ask(app, move |workspace| {
        let found = find::find(workspace, &request, &cancel)?;
        state.prepare_search(&state.workspace()?, &request.application);
        Ok(found)
    })
    .await
}

#[tauri::command]
pub(super) async fn find_newest(
    app: AppHandle,
    number: u64,
    request: NewestRequest,
) -> Result<FoundEvent> {
    let cancel = app.state::<Arc<AppState>>().find.begin(number);
    ask(app, move |workspace| {
        find::newest(workspace, &request, &cancel)
    })
    .await
}
