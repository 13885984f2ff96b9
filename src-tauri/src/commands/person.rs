//! People.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::person::{self, PeoplePage, PeopleRequest, PersonDetail, PersonRequest};
use tauri::{AppHandle, Manager};

use super::ask;
use crate::state::AppState;

#[tauri::command]
pub(super) async fn people_list(app: AppHandle, request: PeopleRequest) -> Result<PeoplePage> {
    let state = Arc::clone(&app.state::<Arc<AppState>>());
    ask(app, move |workspace| {
        let page = person::list(workspace, &request)?;
        state.prepare_search(&state.workspace()?, &request.application);
        Ok(page)
    })
    .await
}

#[tauri::command]
pub(super) async fn person_show(app: AppHandle, request: PersonRequest) -> Result<PersonDetail> {
    ask(app, move |workspace| person::show(workspace, &request)).await
}
