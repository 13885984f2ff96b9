//! Sessions beside those that the data brought. Reads every event: a new question cancels the one
//! before, by its number.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::source::{self, SourceComparison, SourceProgress, SourceRequest};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};

use super::ask;
use crate::state::AppState;

#[tauri::command]
pub(super) async fn source_has_ids(
    app: AppHandle,
    number: u64,
    application: String,
) -> Result<bool> {
    let cancel = app.state::<Arc<AppState>>().source.begin(number);
    ask(app, move |workspace| {
        source::has_ids(workspace, &application, &cancel)
    })
    .await
}

#[tauri::command]
pub(super) async fn source_compare(
    app: AppHandle,
    number: u64,
    request: SourceRequest,
    progress: Channel<SourceProgress>,
) -> Result<SourceComparison> {
    let cancel = app.state::<Arc<AppState>>().source.begin(number);
    ask(app, move |workspace| {
        source::compare(workspace, &request, &cancel, &mut |message| {
            // A window that is gone needs no progress; it cancels when the screen is left.
            let _ = progress.send(message);
        })
    })
    .await
}

#[tauri::command]
pub(super) fn source_cancel(state: State<'_, Arc<AppState>>, number: u64) {
    state.source.cancel(number);
}
