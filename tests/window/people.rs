//! Forgetting a person in the real window, by keys alone. What is then in the file is asked through the
//! command line.

use serde_json::Value;
use thirtyfour::Key;

use super::rules::{painted, turn};
use super::stage::dwell;
use super::{Home, Target, Window};

const EVENTS: &str = concat!(
    r#"{"event_id":"a1","name":"identify","timestamp":"2026-11-18T22:10:00Z","user_id":"ada","device_id":"phone","properties":{"name":"Ada Lovelace"}}"#,
    "\n",
    r#"{"event_id":"a2","name":"Read","timestamp":"2026-11-18T22:11:00Z","user_id":"ada","device_id":"shared"}"#,
    "\n",
    r#"{"event_id":"a3","name":"Read","timestamp":"2026-11-18T22:12:00Z","device_id":"shared"}"#,
    "\n",
    r#"{"event_id":"b1","name":"identify","timestamp":"2026-11-17T09:00:00Z","user_id":"bob","device_id":"shared","properties":{"name":"Bob Kahn"}}"#,
    "\n",
    "{\"user_id\":\"ada\",\"name\":\n",
);

const FORGET: &str = "Forget this person…";

#[tokio::test]
async fn a_person_is_forgotten_by_keys_alone_and_does_not_come_back() {
    let home = Home::new();
    let (events, workspace) = (home.path("events.jsonl"), home.path("own.dwell"));
    std::fs::write(&events, EVENTS).expect("a file");
    let file = events.to_str().expect("a plain path");
    let path = workspace.to_str().expect("a plain path");
    dwell(&workspace, &["import", file]);
    let Some(window) = Window::open_in(&home, &["--workspace", path]).await else {
        return;
    };
    window.see(Target::Role("heading", "Ada Lovelace")).await;

    // What would go is said first, and keeping the person changes nothing.
    reach(&window, FORGET).await;
    window.press(Key::Enter).await;
    let goes = "3 events and everything that follows from them go";
    window.see(Target::TextPart(goes)).await;
    let stays = "The device “shared” stays, with 1 event that is not this user's.";
    window.see(Target::TextPart(stays)).await;
    for theme in ["dark", "light"] {
        turn(&window, theme).await;
        // Colours change over a moment.
        let is_still = "document.getAnimations().length === 0";
        window.wait_until("the new colours", is_still).await;
        painted(&window).await;
        window.picture(&format!("forget-person-{theme}"));
    }
    reach(&window, "Type forget to confirm").await;
    window.press(Key::Escape).await;
    window.see_gone(Target::TextPart(goes)).await;
    assert_eq!(ids(&dwell(&workspace, &["event", "list"])).len(), 4);

    // A word has to be typed; then the list is without the person, which is said.
    window
        .wait_until(
            "the button in focus",
            &format!("document.activeElement?.getAttribute('aria-label') === '{FORGET}'"),
        )
        .await;
    window.press(Key::Enter).await;
    window.see(Target::TextPart(goes)).await;
    window.type_text("forge").await;
    window.press(Key::Enter).await;
    window
        .see(Target::Role("heading", "Forget Ada Lovelace?"))
        .await;
    window.type_text("t").await;
    window.press(Key::Enter).await;
    window
        .see(Target::TextPart(
            "Ada Lovelace was forgotten: 3 events gone",
        ))
        .await;
    window.see(Target::Role("heading", "Bob Kahn")).await;
    window
        .see_gone(Target::Role("heading", "Ada Lovelace"))
        .await;
    painted(&window).await;
    window.picture("forgotten-person");
    assert_eq!(ids(&dwell(&workspace, &["event", "list"])), ["b1"]);

    // The same file again brings nothing of her.
    let again: Value =
        serde_json::from_str(&dwell(&workspace, &["import", file, "--json"])).expect("figures");
    assert_eq!(
        (&again["stored"], &again["duplicates"], &again["forgotten"]),
        (&0.into(), &1.into(), &4.into())
    );
    let check: Value = serde_json::from_str(&dwell(&workspace, &["check"])).expect("a report");
    assert_eq!(check["ok"], true);

    // In the settings it is said, without the id, and she is let in again for the next import.
    window.press_with(Key::Control, ',').await;
    window
        .see(Target::TextPart("1 time somebody was forgotten in default"))
        .await;
    let field = "document.querySelector('input[aria-label=\"Id to let in again\"]').focus()";
    window.eval(field).await;
    window.type_text("nobody").await;
    window.press(Key::Enter).await;
    window
        .see(Target::TextPart("Nobody of the id “nobody” was forgotten"))
        .await;
    for _ in 0.."nobody".len() {
        window.press(Key::Backspace).await;
    }
    window.type_text("ada").await;
    window.press(Key::Enter).await;
    window
        .see(Target::TextPart("Imports may bring “ada” again"))
        .await;
    painted(&window).await;
    window.picture("forgotten-allowed");
    dwell(&workspace, &["import", file]);
    assert_eq!(ids(&dwell(&workspace, &["event", "list"])).len(), 4);
    window.close().await;
}

fn ids(list: &str) -> Vec<String> {
    let rows = list.lines().map(serde_json::from_str::<Value>);
    let id = |row: Value| row["event_id"].as_str().map(str::to_owned);
    rows.filter_map(|row| id(row.expect("a row"))).collect()
}

/// Steps with Tab until a control of that name has the focus.
async fn reach(window: &Window, label: &str) {
    let has = format!("return document.activeElement?.getAttribute('aria-label') === '{label}'");
    for _ in 0..60 {
        if window.eval(&has).await == Value::Bool(true) {
            return;
        }
        window.press(Key::Tab).await;
    }
    panic!("no Tab leads to “{label}”");
}
