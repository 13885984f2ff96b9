//! What lives as long as the window: the open workspace, the one long job and the last
//! question that is worth cancelling. Knows none of them by name.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dwell_api::live::{self, Scheduler};
use dwell_api::{ApiError, Cancel, ErrorCode, Result, Workspace};

use crate::arguments::Arguments;

/// Tauri's state: `State<'_, Arc<AppState>>`.
pub(crate) struct AppState {
    arguments: Arguments,
    /// Called when something changed in the workspace by itself.
    changed: Arc<dyn Fn() + Send + Sync>,
    /// None until the first question; a failure is told and tried again with the next one.
    opened: Mutex<Option<Opened>>,
    /// The job that runs.
    job: Mutex<Option<Cancel>>,
    /// The last question that takes long and is asked anew while somebody types.
    question: Mutex<Cancel>,
}

/// The workspace, and what happens in it by itself.
struct Opened {
    workspace: Arc<Workspace>,
    scheduler: Scheduler,
}

impl AppState {
    /// The state before the first question; `changed` is called whenever something changed in the
    /// workspace by itself.
    pub(crate) fn new(arguments: Arguments, changed: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            arguments,
            changed: Arc::new(changed),
            opened: Mutex::new(None),
            job: Mutex::new(None),
            question: Mutex::default(),
        }
    }

    /// The workspace, opened by the first question: the window is there before it, and shows why it
    /// cannot be opened.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub(crate) fn workspace(&self) -> Result<Arc<Workspace>> {
        let mut opened = lock(&self.opened);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(&opened.workspace));
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
        let changed = Arc::clone(&self.changed);
        let scheduler = live::start(&workspace, move |told| match told {
            Ok(_) => changed(),
            Err(error) => eprintln!("An event could not be told: {error}"),
        })?;
        *opened = Some(Opened {
            workspace: Arc::clone(&workspace),
            scheduler,
        });
        Ok(workspace)
    }

    /// Says that the workspace was written to: the next event may be due earlier.
    pub(crate) fn written(&self) {
        if let Some(opened) = &*lock(&self.opened) {
            opened.scheduler.wake();
        }
    }

    /// Ends what happens by itself and closes the workspace, as soon as no question needs it.
    pub(crate) fn close(&self) {
        let opened = lock(&self.opened).take();
        drop(opened);
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
                "Another job is running: wait for its end or cancel it.",
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

    /// Starts a question in place of the one before, which is cancelled: nobody waits for it.
    pub(crate) fn begin_question(&self) -> Cancel {
        let next = Cancel::default();
        std::mem::replace(&mut *lock(&self.question), next.clone()).cancel();
        next
    }

    /// Cancels the last question; where it was answered there is nothing to do.
    pub(crate) fn cancel_question(&self) {
        lock(&self.question).cancel();
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

/// Every value is whole at any moment, so a panic of another thread leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_job_runs_at_a_time_and_the_next_one_after_it() {
        let state = Arc::new(AppState::new(Arguments::default(), || {}));
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
        let state = Arc::new(AppState::new(Arguments::default(), || {}));
        state.cancel_job();
        let first = state.begin_job().unwrap();
        assert!(!first.cancel.is_cancelled());
        state.cancel_job();
        assert!(first.cancel.is_cancelled());
        drop(first);
        assert!(!state.begin_job().unwrap().cancel.is_cancelled());
    }

    #[test]
    fn a_new_question_cancels_the_one_before_and_is_not_cancelled_itself() {
        let state = AppState::new(Arguments::default(), || {});
        state.cancel_question();
        let first = state.begin_question();
        assert!(!first.is_cancelled());
        let second = state.begin_question();
        assert!(first.is_cancelled());
        assert!(!second.is_cancelled());
        state.cancel_question();
        assert!(second.is_cancelled());
        assert!(!state.begin_question().is_cancelled());
    }

    #[test]
    fn a_workspace_that_could_not_be_opened_is_tried_again() {
        let folder = std::env::temp_dir().join(format!("dwell-open-{}", std::process::id()));
        let path = folder.join("late.dwell");
        let arguments = Arguments {
            workspace: Some(path.clone()),
            ..Arguments::default()
        };
        let state = AppState::new(arguments, || {});
        assert!(state.workspace().is_err());
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(state.workspace().unwrap().path(), path);
        state.close();
        assert!(state.workspace().is_ok(), "it opens again");
        drop(state);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
