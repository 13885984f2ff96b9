//! Imports that are taken back in the real window. What it then shows is held against a workspace
//! that never knew them, through the command line.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

/// Times without an offset, in the hour before a midnight in Berlin, and an event that the other file
/// has as well.
const LOCAL: &str = "event_id,name,timestamp,user_id\n\
                     l1,Read,2026-11-18 23:30:00,own\n\
                     l2,Read,2026-11-18 23:40:00,own\n\
                     k1,Read,2026-11-18T22:10:00Z,own\n\
                     this is no event\n";

const KEPT: &str = concat!(
    r#"{"event_id":"k1","name":"Read","timestamp":"2026-11-18T22:10:00Z","user_id":"own"}"#,
    "\n",
    r#"{"event_id":"k2","name":"Read","timestamp":"2026-11-17T09:00:00Z","user_id":"own"}"#,
    "\n",
);

const REMOVE: Target<'_> = Target::Role("button", "Remove import…");

#[tokio::test]
async fn an_import_in_the_wrong_zone_is_removed_and_imported_rightly() {
    let home = Home::new();
    let (local, kept) = (home.path("local.csv"), home.path("kept.jsonl"));
    std::fs::write(&local, LOCAL).expect("a file");
    std::fs::write(&kept, KEPT).expect("a file");
    let (workspace, alone) = (home.path("own.dwell"), home.path("alone.dwell"));
    let chosen = [
        "--workspace",
        text(&workspace),
        "--choose",
        text(&local),
        "--choose",
        text(&kept),
    ];
    let Some(window) = Window::open_in(&home, &chosen).await else {
        return;
    };

    // Both files, as UTC: local.csv is from Berlin.
    window.click(Target::Role("button", "Choose files")).await;
    window.see(Target::Role("heading", "2 files")).await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "kept.jsonl")).await;
    window.see(Target::Role("button", "Show users")).await;
    assert_eq!(
        times(&workspace),
        [
            "2026-11-17T09:00:00Z",
            "2026-11-18T22:10:00Z",
            "2026-11-18T23:30:00Z",
            "2026-11-18T23:40:00Z",
        ]
    );

    // What would go is said first, and keeping it changes nothing.
    choose_entry(&window, "local.csv").await;
    window.click(REMOVE).await;
    let goes = "2 events and everything that follows from them go; 1 event stays, because another \
                import brought it too.";
    window.see(Target::Text(goes)).await;
    window
        .see(Target::TextPart("Its 1 rejected row goes as well."))
        .await;
    window.press(Key::Escape).await;
    window
        .see_gone(Target::Role("heading", "Remove this import?"))
        .await;
    has_focus(&window, "Remove import…").await;
    assert_eq!(times(&workspace).len(), 4);

    // Removed with the keys alone; the list is without it and has the focus.
    window.press(Key::Enter).await;
    window.see(Target::Text(goes)).await;
    has_focus(&window, "Keep it").await;
    window.picture("import-remove");
    window.press(Key::Tab).await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "kept.jsonl")).await;
    window
        .wait_until(
            "the list in focus",
            "document.activeElement?.getAttribute('role') === 'listbox'
                && document.querySelectorAll('[role=option]').length === 1",
        )
        .await;
    dwell(&alone, &["import", text(&kept)]);
    same(&workspace, &alone);

    // Imported rightly: the other file is left out.
    window.press_with(Key::Control, 'o').await;
    window
        .click(Target::Role("button", "Leave out kept.jsonl"))
        .await;
    window
        .click(Target::Role(
            "button",
            "Times without an offset are read as: UTC",
        ))
        .await;
    window
        .wait_until(
            "a field to type in",
            "document.activeElement?.matches('input[role=combobox]')",
        )
        .await;
    window.type_text("Europe/Berlin").await;
    window.see(Target::Role("option", "Europe/Berlin")).await;
    window.see(Target::TextPart("23:30:00")).await;
    window.press(Key::Enter).await;
    // What will be stored is seen before.
    window.see(Target::TextPart("22:30:00")).await;
    window.click(Target::Role("button", "Start import")).await;
    window.see(REMOVE).await;
    window.see(Target::Role("heading", "local.csv")).await;
    assert_eq!(
        times(&workspace),
        [
            "2026-11-17T09:00:00Z",
            "2026-11-18T22:10:00Z",
            "2026-11-18T22:30:00Z",
            "2026-11-18T22:40:00Z",
        ]
    );
    let rightly = ["import", "--time-zone", "Europe/Berlin", text(&local)];
    dwell(&alone, &rightly);
    same(&workspace, &alone);
    // All three of the evening are one session now.
    window.press_with(Key::Control, '1').await;
    window.see(Target::TextPart("2 sessions since")).await;

    // Without any import the window asks for events, and the next step has the focus.
    window.press_with(Key::Control, '2').await;
    for left in ["local.csv", "kept.jsonl"] {
        choose_entry(&window, left).await;
        window.click(REMOVE).await;
        window.click(Target::Role("button", "Remove import")).await;
        let gone = format!(
            "![...document.querySelectorAll('[role=option]')]
                .some((entry) => entry.textContent.includes('{left}'))"
        );
        window.wait_until("one less", &gone).await;
    }
    window
        .see(Target::Role("heading", "Where are your events?"))
        .await;
    has_focus(&window, "Choose files").await;
    assert_eq!(times(&workspace), [""; 0]);
    window.close().await;
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The times of all events, in order.
fn times(workspace: &Path) -> Vec<String> {
    let mut times: Vec<String> = rows(workspace, &["event", "list"])
        .iter()
        .map(|event| event["timestamp"].as_str().expect("a time").to_owned())
        .collect();
    times.sort();
    times
}

fn rows(workspace: &Path, question: &[&str]) -> Vec<Value> {
    let lines = dwell(workspace, question);
    let row = |line| serde_json::from_str(line).expect("JSON");
    lines.lines().map(row).collect()
}

/// Two workspaces answer alike, and what the first derived is what its events say.
fn same(workspace: &Path, other: &Path) {
    for question in [["event", "list"], ["session", "list"], ["user", "list"]] {
        assert_eq!(
            rows(workspace, &question),
            rows(other, &question),
            "{question:?}"
        );
    }
    let report: Value = serde_json::from_str(&dwell(workspace, &["check"])).expect("JSON");
    assert_eq!(report["ok"], json!(true), "{report}");
}

/// Opens an import of the list.
async fn choose_entry(window: &Window, file: &str) {
    let entry = format!("//*[@role='option'][.//p[normalize-space()='{file}']]");
    let script = format!(
        "document.evaluate(\"{entry}\", document, null, XPathResult.FIRST_ORDERED_NODE_TYPE)
            .singleNodeValue"
    );
    window
        .wait_until("an entry to choose", &format!("{script} !== null"))
        .await;
    window.eval(&format!("{script}.click()")).await;
    window.see(Target::Role("heading", file)).await;
}

/// Waits until a button of these words has the focus.
async fn has_focus(window: &Window, words: &str) {
    let expression = format!("document.activeElement?.textContent.trim() === '{words}'");
    window
        .wait_until(&format!("{words:?} in focus"), &expression)
        .await;
}
