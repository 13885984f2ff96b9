//! The long job, by the channel for its progress.

use std::sync::Arc;

use tauri::State;

use crate::state::AppState;

#[tauri::command]
pub(super) fn job_cancel(state: State<'_, Arc<AppState>>, job: u32) {
    state.cancel_job(job);
}
