//! What a person does, from the first look to an answer, in the real window.

use serde_json::json;
use thirtyfour::Key;

use super::{Home, Target, Window};

const SEARCH: Target<'_> = Target::Role(
    "searchbox",
    "Search users by name, id, e-mail, device or property",
);

/// A file of a person's own: two visits of a user whose name is written from right to left, a row that
/// cannot be read, and a repetition.
const OWN_FILE: &str = concat!(
    r#"{"event_id":"o1","name":"identify","timestamp":"2026-11-18T08:00:00Z","user_id":"own-1","device_id":"own-d","properties":{"name":"سارة القاسم","city":"Kutaisi"}}"#,
    "\n",
    r#"{"event_id":"o2","name":"ArticleRead","timestamp":"2026-11-18T08:04:00Z","user_id":"own-1","device_id":"own-d"}"#,
    "\n",
    r#"{"event_id":"o3","name":"ArticleRead","timestamp":"2026-11-19T08:00:00Z","user_id":"own-1","device_id":"own-d"}"#,
    "\n",
    r#"{"event_id":"o3","name":"ArticleRead","timestamp":"2026-11-19T08:00:00Z","user_id":"own-1","device_id":"own-d"}"#,
    "\nthis is no event\n",
);

#[tokio::test]
async fn from_the_demo_to_an_explained_session_and_from_a_file_to_its_user() {
    let home = Home::new();
    let (workspace, own) = (home.path("own.dwell"), home.path("own.jsonl"));
    std::fs::write(&own, OWN_FILE).expect("a file");
    let path = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let arguments = ["--workspace", &path(&workspace), "--choose", &path(&own)];
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };

    // First run: the door to the demo, and its progress until the first person is shown.
    window.click(Target::Role("button", "Load the demo")).await;
    window.see(Target::Role("heading", "Inês Carvalho")).await;

    // A user by part of a property, without accents.
    window.type_into(SEARCH, "ines.carv").await;
    window
        .wait_until(
            "one person",
            "document.querySelectorAll('[role=grid][aria-label^=Users] [role=row]').length === 1",
        )
        .await;
    window
        .see(Target::TextPart("ines.carvalho@example.com"))
        .await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "Inês Carvalho")).await;

    // The newest session is open as of the newest event; the one before it says why it ended.
    window.see(Target::TextPart("Why it is open.")).await;
    window.click(Target::Role("button", "Earlier")).await;
    window.see(Target::TextPart("Why it ended.")).await;
    let section = window.text_of(Target::Css("section.session")).await;
    assert!(section.contains("30 min"), "{section}");
    assert!(section.contains("Why it started."), "{section}");

    // An event of it, in the inspector.
    window.click(Target::TextPart("Late 3h 04m")).await;
    window
        .see(Target::Text("Arrived late, still attached"))
        .await;
    window.picture("flow-session");

    // The theme.
    let theme = "return document.documentElement.dataset.theme";
    let before = window.eval(theme).await;
    let wanted = if before == json!("dark") {
        "light"
    } else {
        "dark"
    };
    // Light, dark and as the system is: the wanted one is at most two clicks away.
    for _ in 0..2 {
        if window.eval(theme).await != json!(wanted) {
            window
                .click(Target::Css("header button[aria-label^=Theme]"))
                .await;
        }
    }
    assert_eq!(window.eval(theme).await, json!(wanted));
    window.picture("flow-theme");

    // A file of one's own into an application of its own name.
    window.click(Target::Css("nav a[href*='#/imports']")).await;
    window.click(Target::Role("button", "Import file")).await;
    window.see(Target::Role("heading", "own.jsonl")).await;
    window.click(Target::Role("button", "Start import")).await;
    window.see(Target::TextPart("1 row in 1 group")).await;
    window.see(Target::Role("heading", "own.jsonl")).await;
    window.picture("flow-imported");

    // Its user, found by a property, with both visits.
    window.click(Target::Css("nav a[href*='#/users']")).await;
    window.type_into(SEARCH, "kutaisi").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "سارة القاسم")).await;
    window.see(Target::TextPart("2 sessions since")).await;
    window.close().await;
}

#[tokio::test]
async fn a_workspace_that_cannot_be_opened_is_said_in_the_window() {
    let home = Home::new();
    let foreign = home.path("foreign.dwell");
    std::fs::write(&foreign, "this is no workspace").expect("a file");
    let path = foreign.to_str().expect("UTF-8");
    let Some(window) = Window::open_in(&home, &["--workspace", path]).await else {
        return;
    };
    window.see(Target::TextPart("is no Dwell workspace")).await;
    window.close().await;
    assert_eq!(
        std::fs::read(&foreign).expect("still there"),
        b"this is no workspace"
    );
}

#[tokio::test]
async fn on_a_machine_that_never_ran_it_the_window_asks_where_the_events_are() {
    let Some(window) = Window::open(&[]).await else {
        return;
    };
    window
        .see(Target::Role("heading", "Where are your events?"))
        .await;
    window.see(Target::Role("button", "Choose files")).await;
    window.close().await;
}

#[tokio::test]
async fn what_the_window_was_not_given_is_refused() {
    let Some(window) = Window::open(&[]).await else {
        return;
    };
    let refused = async |script: &str| {
        let answer = window.eval(script).await;
        assert_eq!(answer, json!("refused"), "{script}");
    };
    // A command of Tauri's own that no capability names.
    refused(
        "return window.__TAURI_INTERNALS__.invoke('plugin:window|close', {label: 'main'})
            .then(() => 'done', () => 'refused')",
    )
    .await;
    refused("return fetch('http://127.0.0.1:9/').then(() => 'done', () => 'refused')").await;
    refused("try { return eval('\"done\"') } catch { return 'refused' }").await;
    refused(
        "'use strict'; try { Object.prototype.x = 1; return 'x' in {} ? 'done' : 'refused' }
            catch { return 'refused' }",
    )
    .await;
    window.close().await;
}
