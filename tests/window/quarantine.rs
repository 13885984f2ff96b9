//! Rejected rows that are mended and read again in the real window, by the keys alone; what is there
//! then is held against a workspace into which the rows came right.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

const BROKEN: &str = "name,time,user_id,amount\n\
                      Bet,2026-11-18 11:00:00,u1,1\n\
                      Bet,19/11/26 14.02,u1,2\n\
                      Bet,20/11/26 9.15,u2,3\n\
                      ,2026-11-18 11:05:00,u2,4\n";

const RIGHT: &str = "name,time,user_id,amount\n\
                     Bet,2026-11-18 11:00:00,u1,1\n\
                     Bet,2026-11-19 14:02:00,u1,2\n\
                     Bet,2026-11-20 09:15:00,u2,3\n";

#[tokio::test]
async fn a_rejected_group_is_mended_and_retried_by_keys_alone() {
    let home = Home::new();
    let (broken, right) = (home.path("bets.csv"), home.path("right.csv"));
    std::fs::write(&broken, BROKEN).expect("a file");
    std::fs::write(&right, RIGHT).expect("a file");
    let (workspace, alone) = (home.path("own.dwell"), home.path("alone.dwell"));
    let chosen = ["--workspace", text(&workspace), "--choose", text(&broken)];
    let Some(window) = Window::open_in(&home, &chosen).await else {
        return;
    };
    window.see(Target::Role("button", "Choose files")).await;
    focus(&window, "Choose files").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "bets.csv")).await;
    window.press(Key::Enter).await;
    window.see(Target::TextPart("3 rows in 2 groups")).await;

    // What is sure is chosen already, and what drops rows is not.
    let apply = Target::Role("button", "Apply 1 fix and retry");
    window.see(apply).await;
    window.see(Target::Text("“19/11/26 14.02”")).await;
    window.picture("rejected");
    focus(&window, "Apply 1 fix and retry").await;
    window.press(Key::Enter).await;
    window.see(Target::TextPart("2 rows were mended.")).await;
    window.see(Target::TextPart("1 row in 1 group")).await;

    // Skipping is said knowingly.
    focus_box(&window).await;
    window.press(' ').await;
    focus(&window, "Apply 1 fix and retry").await;
    window.press(Key::Enter).await;
    window.see(Target::TextPart("1 row was skipped.")).await;
    window.see(Target::TextPart("none is left")).await;
    window.picture("rejected-none");

    dwell(&alone, &["import", text(&right)]);
    for question in [["event", "list"], ["session", "list"], ["user", "list"]] {
        assert_eq!(
            rows(&workspace, &question),
            rows(&alone, &question),
            "{question:?}"
        );
    }
    let report: Value = serde_json::from_str(&dwell(&workspace, &["check"])).expect("JSON");
    assert_eq!(report["ok"], json!(true), "{report}");
    window.close().await;
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn rows(workspace: &Path, question: &[&str]) -> Vec<Value> {
    let lines = dwell(workspace, question);
    let row = |line| serde_json::from_str(line).expect("JSON");
    lines.lines().map(row).collect()
}

/// Goes on with Tab until a button of these words has the focus.
async fn focus(window: &Window, words: &str) {
    tab_to(
        window,
        &format!("document.activeElement?.textContent.trim() === '{words}'"),
    )
    .await;
}

/// Goes on with Tab to the box of the last group.
async fn focus_box(window: &Window) {
    tab_to(
        window,
        "document.activeElement?.matches('tbody input[type=checkbox]')",
    )
    .await;
}

async fn tab_to(window: &Window, is_there: &str) {
    const MOST_STOPS: usize = 80;
    for _ in 0..MOST_STOPS {
        if window.eval(&format!("return {is_there}")).await == json!(true) {
            return;
        }
        window.press(Key::Tab).await;
    }
    panic!("no Tab leads to where {is_there}");
}
