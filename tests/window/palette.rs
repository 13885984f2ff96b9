//! The palette in the real window, by keyboard alone: what it finds, where that leads, and where the
//! focus is afterwards.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

const FIELD: Target<'_> = Target::Role("combobox", "Find a user, device, session or command");

/// The chosen row stands for what is typed now.
const IS_FOUND: &str = "document.querySelector('[role=listbox]')?.getAttribute('aria-busy') === \
    'false' && document.querySelector('[role=option][aria-selected=true]') !== null";

#[tokio::test]
async fn the_palette_finds_people_sessions_events_commands_and_links_by_keyboard_alone() {
    let home = Home::new();
    let path = home.path("demo.dwell");
    dwell(&path, &["demo"]);
    let file = path.to_str().expect("UTF-8");
    let Some(window) = Window::open_in(&home, &["--workspace", file]).await else {
        return;
    };
    window
        .see(Target::Css("[role=grid] [aria-selected=true]"))
        .await;

    // A person, by a part of the name without its accents.
    open_and_type(&window, "ines").await;
    window.picture("palette-light");
    window.press(Key::Escape).await;
    window.see_gone(FIELD).await;
    open_and_type(&window, "").await;
    window.press(Key::Down).await;
    let second = chosen(&window).await;
    window.press(Key::Enter).await;
    window.see_gone(FIELD).await;
    let name = window.text_of(Target::Css("h1")).await;
    assert!(second.contains(&name), "{name} of {second}");

    // A session, by its id: it is the one that the command line has.
    let sessions = dwell(
        &path,
        &[
            "--application",
            "casino",
            "session",
            "list",
            "--limit",
            "1",
            "--descending",
        ],
    );
    let session: Value =
        serde_json::from_str(sessions.lines().next().expect("a session")).expect("JSON");
    let id = session["session_id"].as_str().expect("an id");
    open_and_type(&window, id).await;
    window.press(Key::Enter).await;
    let leads = format!("location.hash.includes('session={id}')");
    window.wait_until("at the session", &leads).await;

    // The newest event of a name.
    open_and_type(&window, "#DepositCom").await;
    window.press(Key::Enter).await;
    window
        .wait_until("at an event", "location.hash.includes('event=')")
        .await;
    let here = window.eval("return location.hash").await;

    // A command, which runs when the palette is gone; then back by a link.
    open_and_type(&window, ">session rules").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "Session rules")).await;
    let link = format!("dwell://demo.dwell/{}", here.as_str().expect("a hash"));
    open_and_type(&window, &link).await;
    window.press(Key::Enter).await;
    let back = format!("location.hash === {here}");
    window.wait_until("back at the event", &back).await;

    // The focus goes back to where it was.
    window.press('/').await;
    window.press_with(Key::Control, 'k').await;
    window.see(FIELD).await;
    window.press(Key::Escape).await;
    window.see_gone(FIELD).await;
    let focus = window
        .eval("return document.activeElement.getAttribute('role')")
        .await;
    assert_eq!(focus, json!("searchbox"));
}

async fn open_and_type(window: &Window, text: &str) {
    window.press_with(Key::Control, 'k').await;
    window.see(FIELD).await;
    window.type_text(text).await;
    let value = json!(text);
    let typed = format!("document.querySelector('[role=combobox]').value === {value}");
    window.wait_until("typed", &typed).await;
    window.wait_until("found", IS_FOUND).await;
}

async fn chosen(window: &Window) -> String {
    window
        .text_of(Target::Css("[role=option][aria-selected=true]"))
        .await
}
