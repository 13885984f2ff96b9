//! The long job that runs.

use std::sync::Arc;

use tauri::State;

use crate::state::AppState;

#[tauri::command]
pub(super) fn job_cancel(state: State<'_, Arc<AppState>>) {
    state.cancel_job();
}
