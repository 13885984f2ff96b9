//! What other rules would change. A new question cancels those before it: it is asked while somebody
//! types. Cancelling the last one ends the trying.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::what_if::{self, WhatIf, WhatIfRequest};
use tauri::{AppHandle, Manager};

use super::ask;
use crate::state::AppState;

#[tauri::command]
pub(super) async fn what_if(app: AppHandle, number: u64, request: WhatIfRequest) -> Result<WhatIf> {
    let cancel = app.state::<Arc<AppState>>().what_if.begin(number);
    ask(app, move |workspace| {
        what_if::show(workspace, &request, &cancel)
    })
    .await
}

#[tauri::command]
pub(super) async fn what_if_cancel(app: AppHandle, number: u64) -> Result<()> {
    app.state::<Arc<AppState>>().what_if.cancel(number);
    ask(app, |workspace| {
        what_if::leave(workspace);
        Ok(())
    })
    .await
}
