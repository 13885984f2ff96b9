//! The window of Dwell: opens it, hands its questions to `dwell_api`, and tells it of writes. Knows
//! no SQL, no rule and no number: a command is one call.

mod arguments;
mod commands;
mod door;
mod graphics;
mod state;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;
use dwell_api::lock::{self, For, Lock, NotTaken};
use tauri::webview::PageLoadEvent;
use tauri::{App, AppHandle, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::arguments::Arguments;
use crate::door::Door;
use crate::state::AppState;

/// Opens the window and returns when it is closed: 0, 1 where it could not be opened, 2 for wrong
/// arguments.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing is left to be done where the terminal is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Err(sentence) = graphics::prepare() {
        eprintln!("{sentence}");
        return ExitCode::FAILURE;
    }
    let door = Door::open();
    let lock = match take(&arguments, door.as_ref()) {
        Taken::Here(lock) => lock,
        Taken::There(sentence) => {
            eprintln!("{sentence} That window was asked to show itself.");
            return ExitCode::SUCCESS;
        }
    };
    match open(arguments, lock, door) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The window cannot be opened: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// Where the workspace is.
enum Taken {
    /// This window has it; or nobody, and the window shows why.
    Here(Option<Lock>),
    /// Another window has it and shows itself, so this one need not be built; who has it, in words.
    There(String),
}

/// Two windows on one file would tell its events twice as often and wait for each other: the second
/// one has the first show itself.
fn take(arguments: &Arguments, door: Option<&Door>) -> Taken {
    let Ok(path) = state::asked_path(arguments) else {
        return Taken::Here(None);
    };
    let door = door.map(Door::path);
    match lock::take(&path, For::Window(door.as_deref())) {
        Ok(lock) => Taken::Here(Some(lock)),
        Err(NotTaken { error, holder }) => {
            let other = holder.and_then(|holder| holder.door);
            match other.is_some_and(|other| door::knock(&other)) {
                true => Taken::There(error.message),
                false => Taken::Here(None),
            }
        }
    }
}

fn open(arguments: Arguments, lock: Option<Lock>, door: Option<Door>) -> tauri::Result<()> {
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri::Builder::default()
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(kept)
                .build(),
        )
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(commands::handler())
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Started {
                window.state::<Arc<AppState>>().page_loaded();
            }
        })
        .setup(move |app| {
            let wants_demo = arguments.demo;
            let (window, same) = (app.handle().clone(), app.handle().clone());
            let changed = move || commands::tell_changed(&window);
            let opening = move |done| commands::tell_opening(&same, done);
            let state = AppState::new(arguments, changed, opening);
            app.manage(Arc::new(state.with(lock, door.as_ref().map(Door::path))));
            open_window(app, wants_demo)?;
            if let Some(door) = door {
                let window = app.handle().clone();
                door.listen(move || show(&window));
                app.manage(Mutex::new(Some(door)));
            }
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| {
            if let RunEvent::Exit = event {
                app.state::<Arc<AppState>>().close();
                // The process ends without dropping what is managed.
                if let Some(door) = app.try_state::<Mutex<Option<Door>>>() {
                    door.lock().unwrap_or_else(PoisonError::into_inner).take();
                }
            }
        });
    Ok(())
}

/// Another window was asked for, with the workspace that this one has.
fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window that cannot be raised is still there, and says so.
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
    commands::tell_asked_for(app);
}

/// The window of `tauri.conf.json`; with `--demo` it starts on the link that fills the workspace.
fn open_window(app: &App, wants_demo: bool) -> tauri::Result<()> {
    let Some(config) = app.config().app.windows.first() else {
        return Err(tauri::Error::WindowNotFound);
    };
    let mut config = config.clone();
    if wants_demo {
        config.url = WebviewUrl::App("index.html#/demo".into());
    }
    WebviewWindowBuilder::from_config(app, &config)?
        // The window shows its own files and nothing else, whatever it is told to open.
        .on_navigation(|url| {
            url.scheme() == "tauri"
                || matches!(url.host_str(), Some("tauri.localhost" | "127.0.0.1"))
        })
        .build()?;
    Ok(())
}
