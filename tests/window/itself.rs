//! The driving itself: that it finds, clicks and types what it says, in the built window, on things
//! that the test puts there. What the window shows of its own is the flows' subject.

use serde_json::json;
use thirtyfour::Key;

use super::{Home, Target, Window};

/// Things to find, instead of what the window shows.
const THINGS: &str = r##"
    document.body.innerHTML = `
        <nav><a href="#people" aria-label="People">P</a></nav>
        <p>Sessions  of <b>Ada</b></p>
        <p hidden>Sessions of nobody</p>
        <input type="search" aria-label="Find a user">
        <button disabled>Import</button>
        <button class="later">Import "all"</button>
        <p id="said"></p>`;
    const said = document.querySelector("#said");
    const buttons = document.querySelectorAll("button");
    buttons[0].addEventListener("click", () => { said.textContent = "imported"; });
    buttons[1].addEventListener("click", () => { buttons[0].disabled = false; });
    addEventListener("keydown", (event) => {
        if (event.ctrlKey && event.key === "k") said.textContent = "palette";
        if (event.key === "Escape") said.remove();
    });
"##;

#[tokio::test]
async fn the_driver_finds_clicks_types_and_reads() {
    let Some(window) = Window::open(&[]).await else {
        return;
    };
    window.eval(THINGS).await;

    window.see(Target::Role("link", "People")).await;
    window.see(Target::Text("Sessions of Ada")).await;
    window.see_gone(Target::Text("Sessions of nobody")).await;
    assert_eq!(
        window.text_of(Target::TextPart("of Ada")).await,
        "Sessions of Ada"
    );

    window
        .type_into(Target::Role("searchbox", "Find a user"), "ada")
        .await;
    window
        .wait_until("typed", "document.querySelector('input').value === 'ada'")
        .await;
    window.press(Key::Backspace).await;
    assert_eq!(
        window.eval("return document.activeElement.value").await,
        json!("ad")
    );

    window.click(Target::Role("button", "Import \"all\"")).await;
    window.click(Target::Role("button", "Import")).await;
    window.see(Target::Text("imported")).await;
    window.press_with(Key::Control, 'k').await;
    assert_eq!(window.text_of(Target::Css("#said")).await, "palette");
    window.press(Key::Escape).await;
    window.see_gone(Target::Css("#said")).await;
}

#[tokio::test]
async fn a_window_keeps_its_home_and_another_has_its_own() {
    let home = Home::new();
    let Some(window) = Window::open_in(&home, &[]).await else {
        return;
    };
    assert!(home.path("data").is_dir());
    window.picture("itself");
    window.close().await;
    let picture = super::stage::target_folder().join("pictures/itself.png");
    assert!(
        picture
            .metadata()
            .is_ok_and(|metadata| metadata.len() > 1000),
        "{picture:?}"
    );

    let again = Window::open_in(&home, &[]).await.expect("it opened before");
    let other = Window::open(&[]).await.expect("it opened before");
    again.see(Target::Css("body *")).await;
    other.see(Target::Css("body *")).await;
}
