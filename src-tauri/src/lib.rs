//! The window of Dwell: opens it, hands its questions to `dwell_api`, and tells it of writes. Knows
//! no SQL, no rule and no number: a command is one call.

mod arguments;
mod commands;
mod graphics;
mod state;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tauri::webview::PageLoadEvent;
use tauri::{App, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::arguments::Arguments;
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
    match open(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The window cannot be opened: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn open(arguments: Arguments) -> tauri::Result<()> {
    let mut builder = tauri::Builder::default();
    // Two windows on one file would only wait for each other. A named workspace opens a window of
    // its own: the person asked for it.
    if arguments.workspace.is_none() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                // A window that cannot be raised is still there.
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }));
    }
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    builder
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
            app.manage(Arc::new(AppState::new(arguments, changed, opening)));
            open_window(app, wants_demo)?;
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| {
            if let RunEvent::Exit = event {
                app.state::<Arc<AppState>>().close();
            }
        });
    Ok(())
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
