//! What other rules would change. A new question cancels the one before: it is asked while somebody
//! types.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::what_if::{self, WhatIf, WhatIfRequest};
use tauri::{AppHandle, Manager, State};

use super::ask;
use crate::state::AppState;

#[tauri::command]
pub(super) async fn what_if(app: AppHandle, request: WhatIfRequest) -> Result<WhatIf> {
    let cancel = app.state::<Arc<AppState>>().begin_question();
    ask(app, move |workspace| {
        what_if::show(workspace, &request, &cancel)
    })
    .await
}

#[tauri::command]
pub(super) fn what_if_cancel(state: State<'_, Arc<AppState>>) {
    state.cancel_question();
}
