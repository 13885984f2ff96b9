//! What lives as long as the window: the open workspace, the one long job and the questions that
//! are worth cancelling. Knows none of the jobs by name.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dwell_api::backup::BeforeUpdate;
use dwell_api::live::{self, Scheduler};
use dwell_api::lock::{For, Lock, take as take_lock};
use dwell_api::{ApiError, Cancel, ErrorCode, Result, Workspace, person, settings, workspace};

use crate::arguments::Arguments;
use crate::door;

/// How often at most opening tells how far it is.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// Tauri's state: `State<'_, Arc<AppState>>`.
pub(crate) struct AppState {
    arguments: Arguments,
    /// Called when something changed in the workspace by itself.
    changed: Arc<dyn Fn() + Send + Sync>,
    /// Called while a workspace of an older program is brought up to date: how far, 0 to 1.
    opening: Box<dyn Fn(f64) + Send + Sync>,
    /// Where this window can be asked to show itself.
    door: Option<PathBuf>,
    /// The workspace that is open or is to be; None is the one that the arguments name.
    path: Mutex<Option<PathBuf>>,
    /// The lock of the workspace, where it was taken before the window was built.
    lock: Mutex<Option<Arc<Lock>>>,
    /// Somebody said that the next update may go without a copy of the workspace.
    goes_without_copy: AtomicBool,
    /// None until the first question; a failure is told and tried again with the next one.
    opened: Mutex<Option<Opened>>,
    job: Mutex<Job>,
    /// How many choices of a workspace were answered by arguments.
    answered: Mutex<usize>,
    /// Applications whose people were read for the search.
    searched: Mutex<HashSet<String>>,
    /// What a few letters find.
    pub(crate) find: Questions,
    /// How a file would be read.
    pub(crate) preview: Questions,
    /// What other rules would change.
    pub(crate) what_if: Questions,
    /// What the source's sessions are beside ours.
    pub(crate) source: Questions,
}

/// The long job. The window knows it by the id of the channel for its progress.
#[derive(Default)]
struct Job {
    /// The one that runs: its channel, where it has one, and how to stop it.
    running: Option<(Option<u32>, Cancel)>,
    /// A cancel that came before the job of this channel began.
    cancelled_ahead: Option<u32>,
}

/// A question that takes long and is asked anew while somebody types. The window numbers its askings
/// from 1 up: they can come in another order than they were asked in.
#[derive(Default)]
pub(crate) struct Questions(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    /// The newest that was asked or cancelled.
    newest: u64,
    cancel: Cancel,
}

impl Questions {
    /// Starts a question in place of those before it, which are cancelled: nobody waits for them. One
    /// that comes after a newer one, or after its own cancelling, is cancelled from the start.
    pub(crate) fn begin(&self, number: u64) -> Cancel {
        let next = Cancel::default();
        let mut asked = lock(&self.0);
        if number > asked.newest {
            asked.newest = number;
            std::mem::replace(&mut asked.cancel, next.clone()).cancel();
        } else {
            next.cancel();
        }
        next
    }

    /// Cancels a question and all before it; where they were answered there is nothing to do.
    pub(crate) fn cancel(&self, number: u64) {
        let mut asked = lock(&self.0);
        if number >= asked.newest {
            asked.newest = number;
            asked.cancel.cancel();
        }
    }

    /// Cancels what is asked: it is about a workspace that is no longer open.
    fn end(&self) {
        lock(&self.0).cancel.cancel();
    }

    /// The page was loaded anew and counts from 1 again.
    fn restart(&self) {
        lock(&self.0).newest = 0;
    }
}

/// The workspace, and what happens in it by itself. That ends first: the lock goes with the workspace.
struct Opened {
    /// None while a backup takes the place of what the workspace holds.
    scheduler: Option<Scheduler>,
    workspace: Arc<Workspace>,
}

impl AppState {
    /// The state before the first question; `changed` is called whenever something changed in the
    /// workspace by itself, `opening` while an older one is brought up to date (how far, 0 to 1).
    pub(crate) fn new(
        arguments: Arguments,
        changed: impl Fn() + Send + Sync + 'static,
        opening: impl Fn(f64) + Send + Sync + 'static,
    ) -> Self {
        Self {
            arguments,
            changed: Arc::new(changed),
            opening: Box::new(opening),
            door: None,
            path: Mutex::default(),
            lock: Mutex::default(),
            goes_without_copy: AtomicBool::new(false),
            opened: Mutex::new(None),
            job: Mutex::default(),
            answered: Mutex::default(),
            searched: Mutex::default(),
            find: Questions::default(),
            preview: Questions::default(),
            what_if: Questions::default(),
            source: Questions::default(),
        }
    }

    /// As it is with a lock that was taken already, and a door.
    pub(crate) fn with(mut self, lock: Option<Lock>, door: Option<PathBuf>) -> Self {
        self.lock = Mutex::new(lock.map(Arc::new));
        self.door = door;
        self
    }

    /// The workspace, opened by the first question: the window is there before it, and shows why it
    /// cannot be opened.
    ///
    /// # Errors
    /// As [`Workspace::open`], and where another window has it, which shows itself then.
    pub(crate) fn workspace(&self) -> Result<Arc<Workspace>> {
        let mut opened = lock(&self.opened);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(&opened.workspace));
        }
        let path = match &*lock(&self.path) {
            Some(path) => path.clone(),
            None => asked_path(&self.arguments)?,
        };
        let taken = lock(&self.lock).take();
        let next = self.open(&path, taken)?;
        let workspace = Arc::clone(&next.workspace);
        *opened = Some(next);
        Ok(workspace)
    }

    /// Opens another workspace in the place of the one that is open, which goes on where the other
    /// cannot be opened.
    ///
    /// # Errors
    /// Where a job runs, or as [`AppState::workspace`].
    pub(crate) fn switch(self: &Arc<Self>, path: &Path) -> Result<Arc<Workspace>> {
        // It would end with its workspace; and none starts in between.
        let _place = self.begin_job(None)?;
        let is_open = |opened: &Opened| is_same(opened.workspace.path(), path);
        if let Some(opened) = lock(&self.opened).as_ref().filter(|opened| is_open(opened)) {
            return Ok(Arc::clone(&opened.workspace));
        }
        let next = self.open(path, None)?;
        let workspace = Arc::clone(&next.workspace);
        *lock(&self.path) = Some(path.to_owned());
        let before = lock(&self.opened).replace(next);
        lock(&self.searched).clear();
        self.what_if.end();
        self.source.end();
        // Questions to it that are on their way are answered, and nobody hears them.
        drop(before);
        Ok(workspace)
    }

    /// Runs what replaces the contents of the open workspace, which is opened anew afterwards: nothing
    /// that was kept in memory of it is true any more.
    ///
    /// # Errors
    /// What the replacing fails with, and as [`Workspace::open`].
    pub(crate) fn replace<T>(&self, replace: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let workspace = self.workspace()?;
        // Nothing is told by itself meanwhile: it would be of what goes.
        let scheduler = lock(&self.opened)
            .as_mut()
            .and_then(|opened| opened.scheduler.take());
        drop(scheduler);
        let replaced = replace(workspace.path());
        let next = self.open(workspace.path(), workspace.lock())?;
        *lock(&self.opened) = Some(next);
        lock(&self.searched).clear();
        self.what_if.end();
        self.source.end();
        replaced
    }

    /// The next update of a workspace goes without a copy of it.
    pub(crate) fn go_without_copy(&self) {
        self.goes_without_copy.store(true, Ordering::Relaxed);
    }

    fn open(&self, path: &Path, taken: Option<Arc<Lock>>) -> Result<Opened> {
        let lock = match taken {
            Some(taken) => taken,
            None => Arc::new(take(path, self.door.as_deref())?),
        };
        let before = match self.goes_without_copy.swap(false, Ordering::Relaxed) {
            true => BeforeUpdate::Go,
            false => BeforeUpdate::Keep,
        };
        let mut told: Option<Instant> = None;
        let workspace = Workspace::open_alone(path, lock, before, &mut |done| {
            if told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
                told = Some(Instant::now());
                (self.opening)(done);
            }
        });
        let workspace = Arc::new(workspace?);
        let changed = Arc::clone(&self.changed);
        let scheduler = live::start(&workspace, move |told| match told {
            Ok(_) => changed(),
            Err(error) => eprintln!("An event could not be told: {error}"),
        })?;
        if let Err(error) = settings::note_opened(path) {
            // The list of what was open is a comfort: the workspace is open without it.
            eprintln!("{error}");
        }
        Ok(Opened {
            scheduler: Some(scheduler),
            workspace,
        })
    }

    /// Reads what the search among an application's people needs, once and aside: the list of people is
    /// there at once, and whoever types a moment later need not wait.
    pub(crate) fn prepare_search(&self, workspace: &Arc<Workspace>, application: &str) {
        if !lock(&self.searched).insert(application.to_owned()) {
            return;
        }
        let (workspace, application) = (Arc::clone(workspace), application.to_owned());
        std::thread::spawn(move || {
            let cancel = Cancel::default();
            let prepared =
                person::prepare_search(&workspace, &application, &cancel, &mut |_, _| {});
            if let Err(error) = prepared {
                // The search itself says so too, to whoever asks.
                eprintln!("The search could not be prepared: {error}");
            }
        });
    }

    /// Says that the workspace was written to: the next event may be due earlier.
    pub(crate) fn written(&self) {
        let opened = lock(&self.opened);
        if let Some(scheduler) = opened.as_ref().and_then(|opened| opened.scheduler.as_ref()) {
            scheduler.wake();
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

    /// The next of those given by `--choose-workspace`, which answer instead of a person.
    pub(crate) fn answered_workspace(&self) -> Option<PathBuf> {
        let mut answered = lock(&self.answered);
        let next = self.arguments.choose_workspace.get(*answered).cloned();
        *answered += 1;
        next
    }

    /// The folder given by `--save-in`, which answers where to save.
    pub(crate) fn answered_save(&self) -> Option<&Path> {
        self.arguments.save_in.as_deref()
    }

    /// Starts the long job, by the channel for its progress; it ends when what is returned is dropped.
    ///
    /// # Errors
    /// Where one runs already, or this one was cancelled before it began.
    pub(crate) fn begin_job(self: &Arc<Self>, channel: Option<u32>) -> Result<RunningJob> {
        let mut job = lock(&self.job);
        if channel.is_some() && job.cancelled_ahead == channel {
            job.cancelled_ahead = None;
            let message = "Cancelled: nothing was changed.";
            return Err(ApiError::new(ErrorCode::Cancelled, message));
        }
        if job.running.is_some() {
            return Err(ApiError::new(
                ErrorCode::Locked,
                "Another job is running: wait for its end or cancel it.",
            ));
        }
        let cancel = Cancel::default();
        job.running = Some((channel, cancel.clone()));
        Ok(RunningJob {
            state: Arc::clone(self),
            cancel,
        })
    }

    /// Asks the job of a channel to stop, or not to begin. No channel has the id of another, so it is
    /// no harm where the job has ended.
    pub(crate) fn cancel_job(&self, channel: u32) {
        let mut job = lock(&self.job);
        match &job.running {
            Some((Some(running), cancel)) if *running == channel => cancel.cancel(),
            _ => job.cancelled_ahead = Some(channel),
        }
    }

    /// The page of the window was loaded anew.
    pub(crate) fn page_loaded(&self) {
        self.find.restart();
        self.preview.restart();
        self.what_if.restart();
        self.source.restart();
    }
}

/// The workspace that the window is started for: the one that is named, else the one that was open
/// last, else the person's own, whose folder is made.
///
/// # Errors
/// Where there is no home folder, or it cannot be written.
pub(crate) fn asked_path(arguments: &Arguments) -> Result<PathBuf> {
    if let Some(path) = &arguments.workspace {
        return Ok(path.clone());
    }
    let last = settings::recent().into_iter().next();
    if let Some(last) = last.filter(|last| !last.is_missing) {
        return Ok(PathBuf::from(last.path));
    }
    let path = workspace::default_path()?;
    workspace::make_folder_of(&path)?;
    Ok(path)
}

/// Whether two paths lead to the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    workspace::real_path(one) == workspace::real_path(other)
}

/// Takes the lock of a workspace; the window that has it is asked to show itself.
fn take(path: &Path, door: Option<&Path>) -> Result<Lock> {
    take_lock(path, For::Window(door)).map_err(|refused| {
        if let Some(door) = refused.holder.and_then(|holder| holder.door) {
            // Where it does not, the words say who has it all the same.
            let _ = door::knock(&door);
        }
        refused.error
    })
}

/// The long job; none other can start until it is dropped.
pub(crate) struct RunningJob {
    state: Arc<AppState>,
    /// Asked by the job whether to stop.
    pub(crate) cancel: Cancel,
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        lock(&self.state.job).running = None;
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
        let state = Arc::new(AppState::new(Arguments::default(), || {}, |_| {}));
        let first = state.begin_job(Some(1)).unwrap();
        for channel in [Some(2), None] {
            let refused = state.begin_job(channel).err();
            assert_eq!(refused.map(|error| error.code), Some(ErrorCode::Locked));
        }
        drop(first);
        assert!(state.begin_job(None).is_ok());
    }

    #[test]
    fn cancelling_reaches_the_job_that_runs_and_no_later_one() {
        let state = Arc::new(AppState::new(Arguments::default(), || {}, |_| {}));
        let first = state.begin_job(Some(7)).unwrap();
        state.cancel_job(6);
        assert!(!first.cancel.is_cancelled());
        state.cancel_job(7);
        assert!(first.cancel.is_cancelled());
        drop(first);
        let second = state.begin_job(Some(8)).unwrap();
        assert!(!second.cancel.is_cancelled());
    }

    #[test]
    fn a_job_that_is_cancelled_before_it_begins_does_not_begin() {
        let state = Arc::new(AppState::new(Arguments::default(), || {}, |_| {}));
        state.cancel_job(7);
        let refused = state.begin_job(Some(7)).err();
        assert_eq!(refused.map(|error| error.code), Some(ErrorCode::Cancelled));
        let next = state.begin_job(Some(8)).unwrap();
        assert!(!next.cancel.is_cancelled());
    }

    #[test]
    fn a_new_question_cancels_those_before_it_and_no_older_one_cancels_it() {
        let questions = Questions::default();
        let [first, third] = [1, 3].map(|number| questions.begin(number));
        assert!(first.is_cancelled() && !third.is_cancelled());
        // Asked before the third one, and overtaken by it.
        assert!(questions.begin(2).is_cancelled());
        questions.cancel(2);
        assert!(!third.is_cancelled());
        questions.cancel(3);
        assert!(third.is_cancelled());
        assert!(!questions.begin(4).is_cancelled());
    }

    #[test]
    fn a_question_that_its_cancelling_overtakes_is_cancelled() {
        let questions = Questions::default();
        questions.cancel(1);
        assert!(questions.begin(1).is_cancelled());
        let second = questions.begin(2);
        assert!(!second.is_cancelled());
        questions.restart();
        assert!(!questions.begin(1).is_cancelled() && second.is_cancelled());
    }

    #[test]
    fn a_workspace_that_could_not_be_opened_is_tried_again() {
        let folder = std::env::temp_dir().join(format!("dwell-open-{}", std::process::id()));
        let path = folder.join("late.dwell");
        let arguments = Arguments {
            workspace: Some(path.clone()),
            ..Arguments::default()
        };
        let state = AppState::new(arguments, || {}, |_| {});
        assert!(state.workspace().is_err());
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(state.workspace().unwrap().path(), path);
        state.close();
        assert!(state.workspace().is_ok(), "it opens again");
        drop(state);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
