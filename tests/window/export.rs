//! Lists as files from the real window, by keyboard alone: byte for byte what the command line prints.

use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

#[tokio::test]
async fn what_the_window_exports_is_what_the_command_line_prints() {
    let home = Home::new();
    let workspace = home.path("demo.dwell");
    dwell(&workspace, &["demo"]);
    let folder = home.path("files");
    std::fs::create_dir(&folder).expect("a folder");
    let [file, into] = [&workspace, &folder].map(|path| path.to_str().expect("UTF-8"));
    let arguments = ["--workspace", file, "--save-in", into];
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };
    window.see(Target::Role("heading", "Inês Carvalho")).await;

    for (command, name, question) in [
        (
            "all sessions csv",
            "casino-sessions.csv",
            "session list --definition visit --csv",
        ),
        ("all events json", "casino-events.jsonl", "event list"),
        ("imports csv", "casino-imports.csv", "imports list --csv"),
        (
            "rejected json",
            "casino-rejected-rows.jsonl",
            "quarantine list",
        ),
        (
            "this user sessions csv",
            "casino-sessions-u_7f3a91.csv",
            "session list --definition visit --user u_7f3a91 --csv",
        ),
    ] {
        window.press_with(Key::Control, 'k').await;
        window.see(Target::Css("[role=combobox]")).await;
        window.type_text(&format!(">export {command}")).await;
        window
            .wait_until(
                "one command",
                "document.querySelectorAll('[role=option]').length === 1",
            )
            .await;
        window.press(Key::Enter).await;
        window
            .see(Target::TextPart(&format!("{name} is written: ")))
            .await;
        let mut asked = vec!["--application", "casino"];
        asked.extend(question.split(' '));
        let written = std::fs::read_to_string(folder.join(name)).expect("a file");
        assert!(written == dwell(&workspace, &asked), "{name}");
    }
    window.picture("export-notices");

    // The notices are reached and taken away with the keys.
    window
        .eval("document.querySelector('[aria-label=Notices]').focus()")
        .await;
    for _ in 0..3 {
        window.press(Key::Escape).await;
    }
    window.see_gone(Target::Css("[aria-label=Notices]")).await;
    window.close().await;
}
