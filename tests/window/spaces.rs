//! Workspaces in the real window: one window has each, another takes its place, settings last.

use serde_json::json;
use thirtyfour::Key;

use super::stage::{dwell, start};
use super::{Home, Target, Window};

const EVENT: &str = r#"{"event_id":"e1","name":"A","timestamp":"2026-03-10T10:00:00Z","user_id":"anna","device_id":"d"}"#;

/// A workspace with one user in it.
fn workspace(home: &Home, name: &str, user: &str) -> String {
    let (path, events) = (home.path(name), home.path("events.jsonl"));
    std::fs::write(&events, EVENT.replace("anna", user)).expect("a file");
    dwell(&path, &["import", events.to_str().expect("UTF-8")]);
    path.to_str().expect("UTF-8").to_owned()
}

#[tokio::test]
async fn a_second_window_on_a_workspace_says_so_and_has_the_first_show_itself() {
    let home = Home::new();
    let path = workspace(&home, "w.dwell", "anna");
    let Some(window) = Window::open_in(&home, &["--workspace", &path]).await else {
        return;
    };
    window.see(Target::Role("heading", "anna")).await;
    let link = home.path("link.dwell");
    std::os::unix::fs::symlink(&path, &link).expect("ours");
    let lock = home.path("w.dwell.lock");
    for name in [path.as_str(), link.to_str().expect("UTF-8")] {
        let second = start(&home, &window.display(), &["--workspace", name]);
        let said = String::from_utf8_lossy(&second.stderr);
        assert!(second.status.success(), "{said}");
        for words in [
            "is open in a window of Dwell (process",
            "asked to show itself",
        ] {
            assert!(said.contains(words), "{said}");
        }
        window
            .see(Target::TextPart("a second window of this workspace"))
            .await;
    }
    assert!(lock.exists());
    // Commands go on beside it, and it hears of them by itself or with the next look.
    assert_eq!(dwell(link.as_path(), &["event", "list"]).lines().count(), 1);
    window.close().await;
    let again = Window::open_in(&home, &["--workspace", &path]).await;
    let again = again.expect("it opened before");
    again.see(Target::Role("heading", "anna")).await;
    again.close().await;
}

#[tokio::test]
async fn another_workspace_takes_the_place_of_the_one_that_is_open() {
    let home = Home::new();
    let first = workspace(&home, "first.dwell", "anna");
    let second = workspace(&home, "second.dwell", "bela");
    let foreign = home.path("foreign.dwell");
    std::fs::write(&foreign, "this is no workspace").expect("a file");
    let new = home.path("new");
    let arguments = [
        "--workspace",
        &first,
        "--choose-workspace",
        foreign.to_str().expect("UTF-8"),
        "--choose-workspace",
        &second,
        "--choose-workspace",
        new.to_str().expect("UTF-8"),
    ];
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };
    window.see(Target::Role("heading", "anna")).await;

    // What is no workspace: it says so, and what was open is open.
    window.click(Target::Text("first.dwell")).await;
    window.click(Target::TextPart("Open a workspace")).await;
    window.see(Target::TextPart("is no Dwell workspace")).await;
    window.picture("spaces-menu");
    window.press(Key::Escape).await;
    window.see(Target::Role("heading", "anna")).await;

    // By keyboard alone: another one, whose users are there and no others.
    window.press_with_shift('O').await;
    window.see(Target::Role("heading", "bela")).await;
    window.see_gone(Target::TextPart("anna")).await;
    assert!(!home.path("first.dwell.lock").exists());

    // A new one is empty, and offers the others.
    window.click(Target::Text("second.dwell")).await;
    window.click(Target::TextPart("Make a new one")).await;
    window
        .see(Target::Role("heading", "Where are your events?"))
        .await;
    window.see(Target::Role("button", "Open workspace")).await;
    window.picture("spaces-new");
    assert!(home.path("new.dwell").exists());

    // Back by the list of recent ones.
    window.click(Target::Text("new.dwell")).await;
    window.click(Target::Text("first.dwell")).await;
    window.see(Target::Role("heading", "anna")).await;
    window.close().await;

    // Without a name the one that was open last opens.
    let again = Window::open_in(&home, &[]).await.expect("it opened before");
    again.see(Target::Role("heading", "anna")).await;
    again.close().await;
    assert_eq!(
        std::fs::read(&foreign).expect("there"),
        b"this is no workspace"
    );
}

#[tokio::test]
async fn settings_are_kept_a_zone_is_undone_and_a_backup_comes_back() {
    let home = Home::new();
    let path = workspace(&home, "w.dwell", "anna");
    let copy = home.path("copy.dwell");
    let copy = copy.to_str().expect("UTF-8");
    let arguments = [
        "--workspace",
        &path,
        "--choose-workspace",
        copy,
        "--choose-workspace",
        copy,
    ];
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };
    window.see(Target::Role("heading", "anna")).await;
    window.press_with(Key::Control, ',').await;
    window.see(Target::Role("heading", "Settings")).await;
    window.click(Target::Role("radio", "Dark")).await;
    window.click(Target::Role("radio", "Compact")).await;
    let shown = "return [document.documentElement.dataset.theme, \
                 document.documentElement.dataset.density]";
    assert_eq!(window.eval(shown).await, json!(["dark", "compact"]));

    window
        .click(Target::Role("button", "Zone of default: UTC"))
        .await;
    window.type_text("Europe/Rome").await;
    window.press(Key::Enter).await;
    window.see(Target::TextPart("It was UTC until")).await;
    window.click(Target::Role("button", "Undo")).await;
    window
        .see(Target::Role("button", "Zone of default: UTC"))
        .await;
    window.see_gone(Target::TextPart("It was UTC until")).await;

    window.click(Target::Role("button", "Back up…")).await;
    window
        .see(Target::TextPart("Backed up to copy.dwell"))
        .await;
    let more = home.path("more.jsonl");
    std::fs::write(&more, EVENT.replace("e1", "e2").replace("anna", "bela")).expect("a file");
    let workspace = home.path("w.dwell");
    dwell(&workspace, &["import", more.to_str().expect("UTF-8")]);
    assert_eq!(dwell(&workspace, &["event", "list"]).lines().count(), 2);
    window
        .click(Target::Role("button", "Choose a backup…"))
        .await;
    window
        .see(Target::TextPart("in the place of w.dwell?"))
        .await;
    window.click(Target::Role("button", "Put it back")).await;
    window.see(Target::Role("heading", "anna")).await;
    assert_eq!(dwell(&workspace, &["event", "list"]).lines().count(), 1);
    window.press_with(Key::Control, ',').await;
    window
        .see(Target::TextPart("before a backup was put back"))
        .await;
    window.picture("spaces-settings");
    window.close().await;

    let again = Window::open_in(&home, &["--workspace", &path]).await;
    let again = again.expect("it opened before");
    again.see(Target::Role("heading", "anna")).await;
    assert_eq!(again.eval(shown).await, json!(["dark", "compact"]));
    again.close().await;
    let settings = home.path("config/dwell/settings.json");
    let settings = std::fs::read_to_string(settings).expect("settings");
    assert!(settings.contains("\"theme\": \"dark\""), "{settings}");
}
