//! People.

use dwell_api::Result;
use dwell_api::person::{self, PeoplePage, PeopleRequest, PersonDetail, PersonRequest};
use tauri::AppHandle;

use super::ask;

#[tauri::command]
pub(super) async fn people_list(app: AppHandle, request: PeopleRequest) -> Result<PeoplePage> {
    ask(app, move |workspace| person::list(workspace, &request)).await
}

#[tauri::command]
pub(super) async fn person_show(app: AppHandle, request: PersonRequest) -> Result<PersonDetail> {
    ask(app, move |workspace| person::show(workspace, &request)).await
}
