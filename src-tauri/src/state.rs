//! What lives as long as the window: the open workspace and the one long job. Knows no question.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dwell_api::{ApiError, Cancel, ErrorCode, Result, Workspace};

use crate::arguments::Arguments;

/// Tauri's state: `State<'_, Arc<AppState>>`.
pub(crate) struct AppState {
    arguments: Arguments,
    /// None until the first question; a failure is told and tried again with the next one.
    workspace: Mutex<Option<Arc<Workspace>>>,
    /// The job that runs.
    job: Mutex<Option<Cancel>>,
}

impl AppState {
    pub(crate) fn new(arguments: Arguments) -> Self {
        Self {
            arguments,
            workspace: Mutex::new(None),
            job: Mutex::new(None),
        }
    }

    /// The workspace, opened by the first question: the window is there before it, and shows why it
    /// cannot be opened.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub(crate) fn workspace(&self) -> Result<Arc<Workspace>> {
        let mut opened = lock(&self.workspace);
        if let Some(workspace) = &*opened {
            return Ok(Arc::clone(workspace));
        }
        let path = match &self.arguments.workspace {
            Some(path) => path.clone(),
            None => {
                let path = dwell_api::workspace::default_path()?;
                dwell_api::workspace::make_folder_of(&path)?;
                path
            }
        };
        let workspace = Arc::new(Workspace::open(&path)?);
        *opened = Some(Arc::clone(&workspace));
        Ok(workspace)
    }

    /// Files given by `--choose`, which answer the choice instead of a person.
    pub(crate) fn answered_choice(&self) -> &[PathBuf] {
        &self.arguments.choose
    }

    /// Starts the long job; it ends when what is returned is dropped.
    ///
    /// # Errors
    /// Where one runs already.
    pub(crate) fn begin_job(self: &Arc<Self>) -> Result<RunningJob> {
        let mut job = lock(&self.job);
        if job.is_some() {
            return Err(ApiError::new(
                ErrorCode::Locked,
                "Another import is running: wait for its end or cancel it.",
            ));
        }
        let cancel = Cancel::default();
        *job = Some(cancel.clone());
        Ok(RunningJob {
            state: Arc::clone(self),
            cancel,
        })
    }

    /// Asks the job that runs to stop; without one there is nothing to do.
    pub(crate) fn cancel_job(&self) {
        if let Some(cancel) = &*lock(&self.job) {
            cancel.cancel();
        }
    }
}

/// The long job; none other can start until it is dropped.
pub(crate) struct RunningJob {
    state: Arc<AppState>,
    /// Asked by the job whether to stop.
    pub(crate) cancel: Cancel,
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        *lock(&self.state.job) = None;
    }
}

/// Both values are whole at any moment, so a panic of another thread leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_job_runs_at_a_time_and_the_next_one_after_it() {
        let state = Arc::new(AppState::new(Arguments::default()));
        let first = state.begin_job().unwrap();
        assert_eq!(
            state.begin_job().err().map(|error| error.code),
            Some(ErrorCode::Locked)
        );
        drop(first);
        assert!(state.begin_job().is_ok());
    }

    #[test]
    fn cancelling_reaches_the_job_that_runs_and_no_later_one() {
        let state = Arc::new(AppState::new(Arguments::default()));
        state.cancel_job();
        let first = state.begin_job().unwrap();
        assert!(!first.cancel.is_cancelled());
        state.cancel_job();
        assert!(first.cancel.is_cancelled());
        drop(first);
        assert!(!state.begin_job().unwrap().cancel.is_cancelled());
    }

    #[test]
    fn a_workspace_that_could_not_be_opened_is_tried_again() {
        let folder = std::env::temp_dir().join(format!("dwell-open-{}", std::process::id()));
        let path = folder.join("late.dwell");
        let arguments = Arguments {
            workspace: Some(path.clone()),
            ..Arguments::default()
        };
        let state = AppState::new(arguments);
        assert!(state.workspace().is_err());
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(state.workspace().unwrap().path(), path);
        drop(state);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
