//! Session rules: read, put in place, taken back, removed.

use std::sync::Arc;

use dwell_api::Result;
use dwell_api::definition::{
    self, ApplyRequest, DefinitionRequest, RebuildProgress, RulesPage, RulesRequest,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager};

use super::{ask, change, work};
use crate::state::AppState;

#[tauri::command]
pub(super) async fn rules_show(app: AppHandle, request: RulesRequest) -> Result<RulesPage> {
    ask(app, move |workspace| definition::rules(workspace, &request)).await
}

#[tauri::command]
pub(super) async fn definition_apply(
    app: AppHandle,
    request: ApplyRequest,
    progress: Channel<RebuildProgress>,
) -> Result<RulesPage> {
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        definition::apply(workspace, &request, cancel, tell)
    };
    work(app, progress, job).await
}

#[tauri::command]
pub(super) async fn definition_undo(
    app: AppHandle,
    request: DefinitionRequest,
    progress: Channel<RebuildProgress>,
) -> Result<RulesPage> {
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        definition::undo(workspace, &request, cancel, tell)
    };
    work(app, progress, job).await
}

#[tauri::command]
pub(super) async fn definition_rebuild(
    app: AppHandle,
    request: DefinitionRequest,
    progress: Channel<RebuildProgress>,
) -> Result<RulesPage> {
    let job = move |workspace: &_, cancel: &_, tell: &mut dyn FnMut(_)| {
        definition::rebuild(workspace, &request, cancel, tell)
    };
    work(app, progress, job).await
}

#[tauri::command]
pub(super) async fn definition_remove(
    app: AppHandle,
    request: DefinitionRequest,
) -> Result<RulesPage> {
    // It says what else is running rather than waiting for it.
    let state = Arc::clone(&app.state::<Arc<AppState>>());
    let running = state.begin_job(None)?;
    change(app, move |workspace| {
        let _running = running;
        definition::remove(workspace, &request)
    })
    .await
}
