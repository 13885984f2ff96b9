//! The commands that the window can call, in files named as those of `dwell_api`. Each is one call,
//! made on a thread that may wait.

mod backup;
mod definition;
mod demo;
mod event;
mod export;
mod files;
mod find;
mod forget;
mod import;
mod job;
mod person;
mod quarantine;
mod session;
mod settings;
mod source;
mod timeline;
mod what_if;
mod workspace;

use std::sync::Arc;

use dwell_api::{ApiError, Cancel, ErrorCode, Result, Workspace};
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{AppHandle, Emitter, Manager, Wry};

use crate::state::AppState;

/// The list of handlers and of their names, which tests hold against the client, the permissions
/// and the capability.
macro_rules! handlers {
    ($($module:ident::$command:ident),* $(,)?) => {
        /// Names of all commands.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($command)),*];

        /// Answers all commands.
        pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($module::$command),*]
        }
    };
}

handlers![
    workspace::workspace_status,
    workspace::zones_list,
    workspace::application_set_zone,
    workspace::application_undo_zone,
    workspace::workspace_recent,
    workspace::workspace_open,
    workspace::workspace_create,
    workspace::workspace_forget,
    backup::backup_run,
    backup::backup_restore,
    backup::backups_kept,
    backup::update_without_backup,
    settings::settings_show,
    settings::settings_change,
    person::people_list,
    person::person_show,
    timeline::timeline_show,
    session::session_show,
    event::events_list,
    event::event_show,
    import::imports_list,
    import::import_show,
    import::import_choices,
    import::import_preview,
    import::import_start,
    import::import_remove,
    forget::forget_run,
    forget::forgettings_list,
    forget::forgotten_allow,
    quarantine::fix_groups,
    quarantine::quarantine_retry,
    quarantine::rejected_save,
    demo::demo_start,
    definition::rules_show,
    definition::definition_apply,
    definition::definition_undo,
    definition::definition_rebuild,
    definition::definition_remove,
    what_if::what_if,
    what_if::what_if_cancel,
    source::source_has_ids,
    source::source_compare,
    source::source_cancel,
    job::job_cancel,
    files::files_choose,
    files::workspace_choose,
    export::export_start,
    find::find,
    find::find_newest,
];

/// Told to the window after every write: its remembered answers are old.
const CHANGED: &str = "db:changed";
/// Sent while an older workspace is brought up to date: how far, 0 to 1.
const OPENING: &str = "workspace:opening";

/// Sent where a second window was asked for with the workspace of this one.
const ASKED_FOR: &str = "window:asked-for";

/// Asks `dwell_api` a question.
async fn ask<T: Send + 'static>(
    app: AppHandle,
    question: impl FnOnce(&Workspace) -> Result<T> + Send + 'static,
) -> Result<T> {
    waiting(move || {
        let state = app.state::<Arc<AppState>>();
        question(&*state.workspace()?)
    })
    .await
}

/// Has `dwell_api` change something, and tells the window.
async fn change<T: Send + 'static>(
    app: AppHandle,
    write: impl FnOnce(&Workspace) -> Result<T> + Send + 'static,
) -> Result<T> {
    let answer = ask(app.clone(), write).await?;
    app.state::<Arc<AppState>>().written();
    tell_changed(&app);
    Ok(answer)
}

/// Runs the long job, with its progress on a channel; tells the window when it is done.
async fn work<T, Progress, Job>(app: AppHandle, progress: Channel<Progress>, job: Job) -> Result<T>
where
    T: Send + 'static,
    Progress: IpcResponse + Send + 'static,
    Job: FnOnce(&Workspace, &Cancel, &mut dyn FnMut(Progress)) -> Result<T> + Send + 'static,
{
    let job = begin(&app, progress, job)?;
    change(app, job).await
}

/// As [`work`], for a long job that changes nothing but needs the writer: where another runs it says
/// so rather than waiting.
async fn rehearse<T, Progress, Job>(
    app: AppHandle,
    progress: Channel<Progress>,
    job: Job,
) -> Result<T>
where
    T: Send + 'static,
    Progress: IpcResponse + Send + 'static,
    Job: FnOnce(&Workspace, &Cancel, &mut dyn FnMut(Progress)) -> Result<T> + Send + 'static,
{
    let job = begin(&app, progress, job)?;
    ask(app, job).await
}

/// Takes the place of the long job, which is free again when what is returned has run.
fn begin<T, Progress, Job>(
    app: &AppHandle,
    progress: Channel<Progress>,
    job: Job,
) -> Result<impl FnOnce(&Workspace) -> Result<T> + Send + 'static + use<T, Progress, Job>>
where
    Progress: IpcResponse + Send + 'static,
    Job: FnOnce(&Workspace, &Cancel, &mut dyn FnMut(Progress)) -> Result<T> + Send + 'static,
{
    let state = Arc::clone(&app.state::<Arc<AppState>>());
    let running = state.begin_job(Some(progress.id()))?;
    Ok(move |workspace: &Workspace| {
        job(workspace, &running.cancel, &mut |message| {
            // A window that is gone needs no progress; the job ends with its process.
            let _ = progress.send(message);
        })
    })
}

/// Runs what may take long where nobody waits for it. A panic there is told as an error: the window
/// lives on.
async fn waiting<T: Send + 'static>(
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tauri::async_runtime::spawn_blocking(call)
        .await
        .unwrap_or_else(|error| {
            eprintln!("A command did not end: {error}.");
            let message = "This could not be answered because of a mistake in Dwell. Nothing was \
                       changed; the terminal says more.";
            Err(ApiError::new(ErrorCode::Storage, message))
        })
}

/// Tells the window that something was written.
pub(crate) fn tell_changed(app: &AppHandle) {
    // It fails only where there is no window to be told.
    let _ = app.emit(CHANGED, ());
}

pub(crate) fn tell_opening(app: &AppHandle, done: f64) {
    // It fails only where there is no window to be told.
    let _ = app.emit(OPENING, done);
}

pub(crate) fn tell_asked_for(app: &AppHandle) {
    // It fails only where there is no window to be told.
    let _ = app.emit(ASKED_FOR, ());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn read(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The quoted words of a text between two marks, with none twice.
    fn words_between(text: &str, from: &str, to: &str) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for part in text.split(from).skip(1) {
            let (list, _) = part.split_once(to).expect("a list that ends");
            for word in list.split('"').skip(1).step_by(2) {
                assert!(words.insert(word.to_owned()), "{word} is listed twice");
            }
        }
        words
    }

    fn names() -> BTreeSet<String> {
        let names: BTreeSet<_> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names.len(), NAMES.len(), "a handler is listed twice");
        names
    }

    #[test]
    fn the_client_calls_exactly_the_handlers() {
        let client = read("ui/src/ipc/client.ts");
        assert_eq!(
            words_between(&client, "export const COMMANDS = [", "]"),
            names()
        );
    }

    #[test]
    fn the_permissions_allow_exactly_the_handlers() {
        let permissions = read("src-tauri/permissions/commands.toml");
        assert_eq!(
            words_between(&permissions, "commands.allow = [", "]"),
            names()
        );
    }

    #[test]
    fn the_capability_grants_every_permission_and_no_default_set() {
        let permissions = read("src-tauri/permissions/commands.toml");
        let own: BTreeSet<_> = permissions
            .lines()
            .filter_map(|line| line.strip_prefix("identifier = "))
            .map(|quoted| quoted.trim_matches('"').to_owned())
            .collect();
        let capability = read("src-tauri/capabilities/main.json");
        let granted = words_between(&capability, "\"permissions\": [", "]");
        let (core, granted_own): (BTreeSet<_>, BTreeSet<_>) =
            granted.into_iter().partition(|name| name.contains(':'));
        assert_eq!(granted_own, own);
        let used = [
            "core:event:allow-listen",
            "core:webview:allow-set-webview-zoom",
        ];
        assert_eq!(core, used.map(str::to_owned).into());
    }

    #[test]
    fn the_window_has_one_capability_file_for_itself_alone() {
        let capability: serde_json::Value =
            serde_json::from_str(&read("src-tauri/capabilities/main.json")).unwrap();
        assert_eq!(capability["local"], true);
        assert_eq!(capability["remote"], serde_json::Value::Null);
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/capabilities");
        assert_eq!(folder.read_dir().unwrap().count(), 1);
    }

    #[test]
    fn scripts_styles_and_questions_come_from_the_window_itself() {
        let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
        let security = &config["app"]["security"];
        assert_eq!(security["freezePrototype"], true);
        assert_eq!(
            security["csp"],
            "default-src 'self'; connect-src ipc: http://ipc.localhost; img-src 'self' data:; \
             style-src 'self'; style-src-attr 'unsafe-inline'; script-src 'self'; \
             font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
             frame-src 'none'; worker-src 'none'"
        );
    }
}
