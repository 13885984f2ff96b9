//! A file before it is imported, in the real window: what is missing is said and chosen, by the keys
//! alone, and the first rows are shown as they are stored then.

use std::path::Path;

use serde_json::Value;
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

const TABLE: &str = "what;when;who;amount\n\
                     Bet;2026-11-18 11:00:00;u1;1\n\
                     Bet;2026-11-18 11:05:00;u1;\n\
                     Won;soon;u2;3\n";

#[tokio::test]
async fn the_columns_of_a_table_are_chosen_and_its_first_rows_shown_before_it_is_imported() {
    let home = Home::new();
    let table = home.path("bets.csv");
    std::fs::write(&table, TABLE).expect("a file");
    let (workspace, alone) = (home.path("own.dwell"), home.path("alone.dwell"));
    let chosen = ["--workspace", text(&workspace), "--choose", text(&table)];
    let Some(window) = Window::open_in(&home, &chosen).await else {
        return;
    };
    window.click(Target::Role("button", "Choose files")).await;
    let start = Target::Css("button[type=submit]:disabled");
    window
        .see(Target::TextPart("No column is the event's name."))
        .await;
    window.see(start).await;
    window.picture("mapping-missing");

    choose(&window, "what", "event name").await;
    window
        .see(Target::TextPart("No column is the event's time."))
        .await;
    choose(&window, "when", "timestamp").await;
    window
        .see(Target::TextPart("No column is a user's or a device's id."))
        .await;
    choose(&window, "who", "user").await;
    window.see_gone(start).await;
    // The first rows, and the one that will be set aside.
    window.see(Target::TextPart("First rows")).await;
    window.see(Target::Text("amount=1")).await;
    window.see(Target::TextPart("Rejected: ")).await;
    window.see(Target::Text("Would be rejected")).await;
    window.see(Target::Text("67 %")).await;
    window.picture("mapping");
    assert!(!dwell_knows(&workspace), "nothing is written before");

    window.click(Target::Role("button", "Start import")).await;
    window.see(Target::TextPart("1 row in 1 group")).await;
    let maps = ["--map", "name=what", "--map", "timestamp=when", "--map"];
    let command = [&["import", text(&table)], &maps[..], &["user_id=who"]].concat();
    dwell(&alone, &command);
    assert_eq!(events(&workspace), events(&alone));
    assert_eq!(events(&workspace).len(), 2);
    window.close().await;
}

/// Opens the choice of a column with the keys, and takes what is typed.
async fn choose(window: &Window, column: &str, field: &str) {
    let label = format!("Column {column}: Property");
    window.see(Target::Role("button", &label)).await;
    let focus =
        format!("document.querySelector('button[aria-label=\"{label}\"]').focus(); return true");
    window.eval(&focus).await;
    window.press(Key::Enter).await;
    window
        .wait_until(
            "a field to type in",
            "document.activeElement?.matches('input[role=combobox]')",
        )
        .await;
    window.type_text(field).await;
    window.see(Target::Role("option", field)).await;
    window.press(Key::Enter).await;
}

fn dwell_knows(workspace: &Path) -> bool {
    !events(workspace).is_empty()
}

fn events(workspace: &Path) -> Vec<Value> {
    let lines = dwell(workspace, &["event", "list"]);
    let row = |line| serde_json::from_str(line).expect("JSON");
    lines.lines().map(row).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
