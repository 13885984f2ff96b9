//! Session rules in the real window, from what is tried to what is built, and what the window then
//! shows of it: gameplay on the timeline, states as of another moment. What a screen counts is
//! counted again in the workspace through the command line, which reads beside the window.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

const TIMEOUT: Target<'_> = Target::Role("textbox", "Try: Inactivity timeout");
const APPLY: Target<'_> = Target::Role("button", "Apply and rebuild");
const JSON: Target<'_> = Target::Css("textarea[aria-label='Definition as JSON']");
const SEARCH: Target<'_> = Target::Role(
    "searchbox",
    "Search users by name, id, e-mail, device or property",
);
const STATE: Target<'_> = Target::Css("section.session .head");
const SOURCE_TAB: Target<'_> = Target::Role("tab", "Source’s sessions");
const AS_OF: Target<'_> = Target::Css(".as-of button.main");

/// Events of an application whose source names no sessions.
const PLAIN: &str = concat!(
    r#"{"event_id":"p1","name":"Read","timestamp":"2026-11-18T08:00:00Z","device_id":"p"}"#,
    "\n",
    r#"{"event_id":"p2","name":"Read","timestamp":"2026-11-18T09:00:00Z","device_id":"p"}"#,
    "\n",
);

/// The figures stand for the rules that are tried now, and no rebuild runs.
const IS_SETTLED: &str = "document.querySelector('[aria-label=\"What would change\"] [aria-busy]')
    ?.getAttribute('aria-busy') === 'false' && !document.querySelector('.note.running')";

/// Presses Cancel of a rebuild as soon as it tells how far it is: no hand is too slow for it.
const CANCEL_AT_ONCE: &str = "
    const watch = new MutationObserver(() => {
        const note = document.querySelector('.note.running');
        if (note === null || !/ of [\\d,]+ streams/.test(note.textContent)) return;
        watch.disconnect();
        note.querySelector('button').click();
    });
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });";

#[tokio::test]
async fn what_a_timeout_promises_is_what_its_rebuild_gives_and_an_undo_takes_back() {
    let Some((window, home)) = open_demo("casino").await else {
        return;
    };
    window.press_with(Key::Control, '3').await;
    window.see(Target::Role("heading", "Session rules")).await;
    let (now, same) = sessions_on_screen(&window).await;
    assert_eq!(now, same, "nothing is tried yet");
    assert_eq!(now, sessions_in_file(&home, "casino", "visit"));
    assert!(!can_apply(&window).await);

    retype(&window, TIMEOUT, "10 min").await;
    window.see(Target::Text("Preview")).await;
    let (still, tried) = sessions_on_screen(&window).await;
    assert_eq!(still, now, "trying changes nothing");
    assert!(tried > now, "a shorter timeout finds more: {tried}, {now}");
    assert_eq!(now, sessions_in_file(&home, "casino", "visit"));
    turn(&window, "light").await;
    window.picture("rules-light");
    turn(&window, "dark").await;
    window.picture("rules-dark");

    window.click(APPLY).await;
    let undo = window.text_of(Target::TextPart("Undo: back to")).await;
    assert!(
        undo.contains("30 min timeout") && undo.contains("as until"),
        "{undo}"
    );
    assert_eq!(sessions_on_screen(&window).await, (tried, tried));
    assert_eq!(sessions_in_file(&home, "casino", "visit"), tried);
    assert_eq!(value_of(&window, TIMEOUT).await, "10 min");

    window.click(Target::Role("button", "Undo")).await;
    window
        .wait_until(
            "the old timeout",
            "document.querySelector('input[aria-label=\"Try: Inactivity timeout\"]').value
                === '30 min'",
        )
        .await;
    assert_eq!(sessions_on_screen(&window).await, (now, now));
    assert_eq!(sessions_in_file(&home, "casino", "visit"), now);
    window.close().await;
}

#[tokio::test]
async fn rules_that_are_wrong_are_said_where_they_stand_and_cannot_be_applied() {
    let Some((window, home)) = open_demo("casino").await else {
        return;
    };
    window.press_with(Key::Control, '3').await;
    let (now, _) = sessions_on_screen(&window).await;

    for (typed, said) in [
        ("soon", "Write a length: 15 min, 90 s, 1 h 30 min"),
        ("59 s", "Out of range: 1 min to 24 h is allowed"),
        ("25 h", "Out of range: 1 min to 24 h is allowed"),
    ] {
        retype(&window, TIMEOUT, typed).await;
        window.see(Target::Text(said)).await;
        assert!(!can_apply(&window).await, "{typed}");
        let invalid = window.see(TIMEOUT).await.attr("aria-invalid").await;
        assert_eq!(invalid.expect("read").as_deref(), Some("true"), "{typed}");
    }
    // The keys of the button are as shut as the button.
    window.press_with(Key::Control, Key::Enter).await;
    window
        .see(Target::Text("Waiting for rules that can be tried"))
        .await;
    window.see_gone(Target::Css(".note.running")).await;
    window.click(Target::Role("button", "Discard")).await;
    assert_eq!(value_of(&window, TIMEOUT).await, "30 min");
    window
        .see_gone(Target::TextPart("Out of range: 1 min to 24 h"))
        .await;

    // The field that nobody knows, with all that is known beside it.
    window.click(Target::Role("button", "Edit as JSON")).await;
    window.see(JSON).await;
    window.press(Key::Right).await;
    window.type_text("\"tempo\": 5,").await;
    assert_eq!(
        window.text_of(Target::Css(".json .problem code")).await,
        "tempo"
    );
    let problem = window.text_of(Target::Css(".json .problem")).await;
    assert!(problem.contains("session_ids"), "{problem}");
    assert!(!can_apply(&window).await);
    window
        .click(Target::Role("button", "Back without the text"))
        .await;
    assert_eq!(value_of(&window, TIMEOUT).await, "30 min");
    assert_eq!(sessions_on_screen(&window).await, (now, now));
    assert_eq!(sessions_in_file(&home, "casino", "visit"), now);
    window.close().await;
}

#[tokio::test]
async fn the_gameplay_preset_brings_games_and_derived_events_to_the_timeline_as_of_any_moment() {
    let Some((window, home)) = open_demo("casino").await else {
        return;
    };
    window.press_with(Key::Control, '3').await;
    window.click(Target::Role("button", "Presets")).await;
    window.click(Target::Text("Gameplay")).await;
    let name = Target::Role("textbox", "Name of the new definition");
    retype(&window, name, "visit").await;
    window.see(Target::Text("There is one of this name")).await;
    retype(&window, name, "played").await;
    window.click(Target::Role("button", "Add and build")).await;
    window
        .see(Target::Role("button", "Definition: played"))
        .await;
    let (now, _) = sessions_on_screen(&window).await;
    assert_eq!(now, sessions_in_file(&home, "casino", "played"));

    // Someone who is playing: the second game of the newest session, and what it derived.
    window.press_with(Key::Control, '1').await;
    window.see(Target::Role("heading", "Inês Carvalho")).await;
    window.click(Target::Role("button", "Earlier")).await;
    window.see(Target::TextPart("Why it ended.")).await;
    for theme in ["light", "dark"] {
        turn(&window, theme).await;
        window.picture(&format!("users-{theme}"));
    }
    // At once: the list of what was typed is not there yet.
    window.type_into(SEARCH, "u_753d29").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "Emre Yılmaz")).await;
    window
        .click(Target::Css(
            "button[aria-label^='Sessions of the definition']",
        ))
        .await;
    window.click(Target::Role("option", "played")).await;
    window.see(Target::Css("section.session table")).await;
    let session = newest_of(&home, "u_753d29", 0);
    let games = session["metrics"]["gs_all_game_ids"]
        .as_array()
        .expect("games");
    assert_eq!(games.len(), 2, "{session}");
    assert_eq!(
        game_names(&window).await,
        ["Pharaoh's Ledger", "Amber Falls"]
    );
    let bands = "return document.querySelectorAll('.bands .band').length";
    assert_eq!(window.eval(bands).await, json!(2));
    window.see(Target::Text("gs_game_session_changed")).await;
    assert_eq!(
        derived_names(&window).await,
        ["SessionStarted", "gs_game_session_changed"],
        "an open session has not ended"
    );
    window.click(Target::Text("gs_game_session_changed")).await;
    window.see(Target::Text("Derived by Dwell")).await;
    assert_eq!(property(&window, "gs_game_old_id").await, "pharaohs-ledger");
    turn(&window, "light").await;
    window.picture("gameplay-light");
    window
        .click(Target::Css(".toggle input[type=checkbox]"))
        .await;
    window.see_gone(Target::Css(".row.derived")).await;
    window
        .click(Target::Css(".toggle input[type=checkbox]"))
        .await;
    window.see(Target::Css(".row.derived")).await;

    // The session before it ended, and its end was told.
    let before = newest_of(&home, "u_753d29", 1);
    window.click(Target::Role("button", "Earlier")).await;
    let number = before["session_number"].as_u64().expect("a number");
    let title = format!("Session {number}");
    window.see(Target::Role("heading", &title)).await;
    window.see(Target::TextPart("Expired")).await;
    // Known last of all that is said of it: the rows below stand still then.
    window
        .see(Target::TextPart("One with the session after?"))
        .await;
    window.click(Target::Text("gs_game_session_ended")).await;
    window
        .see(Target::Role("heading", "gs_game_session_ended"))
        .await;
    let total = before["metrics"]["gs_total_bet_amount"].to_string();
    assert_eq!(property(&window, "gs_total_bet_amount").await, total);

    // As of its last event it is open, and nothing of its end is known.
    as_of(&window, &format!("Last event of session {number}")).await;
    see_state(&window, "Active").await;
    see_end_told(&window, false).await;
    window
        .see(Target::Text("Not there yet at this moment"))
        .await;
    window.see_gone(Target::Text("gs_total_bet_amount")).await;
    painted(&window).await;
    window.picture("gameplay-not-yet");
    as_of(&window, &format!("When session {number} closes")).await;
    see_state(&window, "Closed").await;
    see_end_told(&window, true).await;
    assert_eq!(property(&window, "gs_total_bet_amount").await, total);
    window
        .see_gone(Target::Text("Not there yet at this moment"))
        .await;
    as_of(&window, &format!("When session {number} is final")).await;
    see_state(&window, "Expired").await;

    // A moment that is typed; one that is none says so.
    window.click(AS_OF).await;
    retype(&window, Target::Role("textbox", "Time"), "25:00").await;
    window.press(Key::Enter).await;
    window
        .see(Target::Text("Write the time as 14:00 or 14:00:05."))
        .await;
    retype(&window, Target::Role("textbox", "Date"), "2026-10-01").await;
    retype(&window, Target::Role("textbox", "Time"), "12:00").await;
    window.press(Key::Enter).await;
    see_state(&window, "Not yet started").await;

    window
        .click(Target::Role("button", "Back to the newest arrival"))
        .await;
    see_state(&window, "Expired").await;
    window
        .see_gone(Target::Css(".as-of button[aria-label^=Back]"))
        .await;
    window.close().await;
}

#[tokio::test]
async fn a_rebuild_that_is_cancelled_leaves_the_old_sessions() {
    let Some((window, home)) = open_demo("shop").await else {
        return;
    };
    window.press_with(Key::Control, '3').await;
    let (now, _) = sessions_on_screen(&window).await;
    retype(&window, TIMEOUT, "5 min").await;
    window.see(Target::Text("Preview")).await;
    let (_, tried) = sessions_on_screen(&window).await;
    assert_ne!(now, tried);

    window.eval(CANCEL_AT_ONCE).await;
    window.click(APPLY).await;
    window
        .see(Target::Text("Cancelled: nothing was changed."))
        .await;
    assert_eq!(
        sessions_on_screen(&window).await,
        (now, tried),
        "what was tried is kept"
    );
    assert_eq!(sessions_in_file(&home, "shop", "visit"), now);
    let check = dwell(&home.path("demo.dwell"), &["check"]);
    let report: Value = serde_json::from_str(&check).expect("JSON");
    assert_eq!(report["ok"], true, "{report}");

    // Nothing stands in the way of the next attempt.
    window.click(APPLY).await;
    window.see(Target::Role("button", "Undo")).await;
    assert_eq!(sessions_on_screen(&window).await, (tried, tried));
    assert_eq!(sessions_in_file(&home, "shop", "visit"), tried);
    window.close().await;
}

#[tokio::test]
async fn the_sources_sessions_are_compared_where_it_named_any_and_lead_to_ours() {
    let Some((window, home)) = open_demo("casino").await else {
        return;
    };
    let workspace = home.path("demo.dwell");
    let compare = ["--application", "casino", "definition", "compare", "visit"];
    let told: Value = serde_json::from_str(&dwell(&workspace, &compare)).expect("JSON");

    window.press_with(Key::Control, '3').await;
    window.click(SOURCE_TAB).await;
    let shown = row_of(&window, "How they compare", "Split").await;
    let split = &told["kinds"]["split"];
    assert_eq!(shown[0], split["source_sessions"], "{shown:?}");
    assert_eq!(shown[2], split["our_sessions"], "{shown:?}");
    let agreed = row_of(&window, "How they compare", "Agreed").await;
    assert_eq!(agreed[0], told["kinds"]["agreed"]["source_sessions"]);
    let paused = row_of(&window, "Split by", "A pause longer than the timeout").await;
    assert_eq!(paused, [told["split_by"]["timeout"].clone()]);
    for theme in ["light", "dark"] {
        turn(&window, theme).await;
        window.picture(&format!("source-{theme}"));
    }

    // A difference opens the first of our sessions that it is about.
    let first = &told["differences"][0];
    assert_eq!(first["kind"], "split");
    let session = first["our_sessions"][0].as_str().expect("an id");
    window
        .click(Target::Css("section[aria-label=Differences] li a"))
        .await;
    let shown = session_row(&home, session);
    let number = shown["row"]["session_number"].as_u64().expect("a number");
    let title = format!("Session {number}");
    window.see(Target::Role("heading", &title)).await;
    window.see(Target::TextPart("Why it ended.")).await;
    let place = "return location.hash";
    let place = window.eval(place).await;
    assert!(place.as_str().expect("a link").contains(session), "{place}");

    // Where no event brought an id, nothing is offered.
    window.press_with(Key::Control, '3').await;
    window.see(SOURCE_TAB).await;
    choose_application(&window, "casino", "plain").await;
    window.wait_until("settled figures", IS_SETTLED).await;
    window.see_gone(SOURCE_TAB).await;
    window
        .see(Target::Role("heading", "What would change"))
        .await;
    choose_application(&window, "plain", "casino").await;
    window.see(SOURCE_TAB).await;
    window.close().await;
}

/// The window on a copy of the demo and of one application more, with one of them in sight.
async fn open_demo(application: &str) -> Option<(Window, Home)> {
    static DEMO: OnceLock<TempDir> = OnceLock::new();
    let home = Home::new();
    let workspace = home.path("demo.dwell");
    let demo = DEMO.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let workspace = folder.path().join("demo.dwell");
        dwell(&workspace, &["demo"]);
        let plain = folder.path().join("plain.jsonl");
        std::fs::write(&plain, PLAIN).expect("a file");
        let file = plain.to_str().expect("UTF-8");
        dwell(&workspace, &["--application", "plain", "import", file]);
        folder
    });
    std::fs::copy(demo.path().join("demo.dwell"), &workspace).expect("a copy");
    let arguments = ["--workspace", workspace.to_str().expect("UTF-8")];
    let window = Window::open_in(&home, &arguments).await?;
    // The first one is in sight already.
    if application != "casino" {
        choose_application(&window, "casino", application).await;
    }
    let chosen = format!("Application: {application}");
    window.see(Target::Role("button", &chosen)).await;
    Some((window, home))
}

async fn choose_application(window: &Window, from: &str, to: &str) {
    let button = format!("Application: {from}");
    window.click(Target::Role("button", &button)).await;
    window.click(Target::Text(to)).await;
    let chosen = format!("Application: {to}");
    window.see(Target::Role("button", &chosen)).await;
}

/// How many sessions of a definition are in the workspace.
fn sessions_in_file(home: &Home, application: &str, definition: &str) -> usize {
    let arguments = ["--application", application, "session", "list"];
    let workspace = home.path("demo.dwell");
    dwell(
        &workspace,
        &[&arguments[..], &["--definition", definition]].concat(),
    )
    .lines()
    .count()
}

/// The user's newest session of the new definition, or the one so many before it.
fn newest_of(home: &Home, user: &str, before: usize) -> Value {
    let arguments = ["--application", "casino", "session", "list"];
    let of = ["--definition", "played", "--user", user];
    let rows = dwell(
        &home.path("demo.dwell"),
        &[&arguments[..], &of[..]].concat(),
    );
    let mut sessions: Vec<Value> = rows
        .lines()
        .map(|row| serde_json::from_str(row).expect("JSON"))
        .collect();
    sessions.sort_by_key(|session| session["started_at"].as_i64());
    sessions.remove(sessions.len() - 1 - before)
}

/// A session by its id, as the command line shows it.
fn session_row(home: &Home, session: &str) -> Value {
    let arguments = ["--application", "casino", "session", "show", session];
    let shown = dwell(&home.path("demo.dwell"), &arguments);
    serde_json::from_str(&shown).expect("JSON")
}

/// The cells of a table's row whose name begins so, once the table is there: counts as numbers.
async fn row_of(window: &Window, table: &str, name: &str) -> Vec<Value> {
    let rows = format!("[...document.querySelectorAll('table[aria-label=\"{table}\"] tbody tr')]");
    let row = format!("{rows}.find((row) => row.cells[0].textContent.startsWith('{name}'))");
    window.wait_until(&format!("a row of {name}"), &row).await;
    let script = format!(
        "return [...{row}.cells].slice(1).map((cell) => cell.textContent.trim())
            .map((text) => /^[\\d,]+$/.test(text) ? Number(text.replaceAll(',', '')) : text)"
    );
    serde_json::from_value(window.eval(&script).await).expect("cells")
}

/// The sessions of the rules in use and of those that are tried, as the figures say once they are
/// there.
async fn sessions_on_screen(window: &Window) -> (usize, usize) {
    window.wait_until("settled figures", IS_SETTLED).await;
    let script =
        "const rows = [...document.querySelectorAll('table[aria-label=Figures] tbody tr')];
        const row = rows.find((one) => one.cells[0].textContent === 'Sessions');
        return [1, 2].map((at) => Number(row.cells[at].textContent.replaceAll(',', '')));";
    let figures = window.eval(script).await;
    serde_json::from_value(figures).expect("two counts")
}

async fn can_apply(window: &Window) -> bool {
    let button = window.see(APPLY).await;
    button.is_enabled().await.expect("a button is there")
}

async fn value_of(window: &Window, field: Target<'_>) -> String {
    let value = window.see(field).await.prop("value").await;
    value.expect("read").expect("a field has a value")
}

/// Types in the place of what is there.
async fn retype(window: &Window, field: Target<'_>, text: &str) {
    window.click(field).await;
    window.press_with(Key::Control, 'a').await;
    window.type_text(text).await;
}

/// Chooses a moment of the list under "As of".
async fn as_of(window: &Window, moment: &str) {
    window.click(AS_OF).await;
    window.click(Target::Text(moment)).await;
}

async fn see_state(window: &Window, word: &str) {
    window
        .wait_until(
            &format!("a session that is {word}"),
            &format!(
                "[...document.querySelectorAll('section.session .head .pill')]
                    .some((pill) => pill.textContent.trim() === '{word}')"
            ),
        )
        .await;
    let head = window.text_of(STATE).await;
    assert!(head.contains(word), "{head}");
}

/// The games of the session that is shown, in their order.
async fn game_names(window: &Window) -> Vec<String> {
    let script = "return [...document.querySelectorAll('section.session tbody th bdi')]
        .map((name) => name.textContent)";
    serde_json::from_value(window.eval(script).await).expect("names")
}

/// The derived events among the rows that are shown.
async fn derived_names(window: &Window) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.row.derived .name bdi')]
        .map((name) => name.textContent)";
    serde_json::from_value(window.eval(script).await).expect("names")
}

/// Waits until the rows do or do not tell the end of the games.
async fn see_end_told(window: &Window, is_told: bool) {
    let names = "[...document.querySelectorAll('.row.derived .name bdi')]
        .map((name) => name.textContent)";
    let told = format!("{names}.includes('gs_game_session_ended') === {is_told}");
    // Rows are there in any case: those of the game that was left.
    let expression = format!("{names}.includes('gs_game_session_changed') && {told}");
    let what = format!("the end told: {is_told}");
    window.wait_until(&what, &expression).await;
}

/// A property in the inspector.
async fn property(window: &Window, name: &str) -> String {
    let row = format!("//dt[bdi[normalize-space()='{name}']]/following-sibling::dd");
    let script = format!(
        "return document.evaluate(\"{row}\", document, null, XPathResult.STRING_TYPE)
            .stringValue.trim()"
    );
    window.see(Target::Text(name)).await;
    serde_json::from_value(window.eval(&script).await).expect("a text")
}

/// Turns to a theme: light, dark and as the system is follow each other.
pub(super) async fn turn(window: &Window, wanted: &str) {
    let theme = "return document.documentElement.dataset.theme";
    for _ in 0..2 {
        if window.eval(theme).await != json!(wanted) {
            window
                .click(Target::Css("header button[aria-label^=Theme]"))
                .await;
        }
    }
    assert_eq!(window.eval(theme).await, json!(wanted));
    painted(window).await;
}

/// Waits until the window has drawn what it shows now, for a picture of it.
pub(super) async fn painted(window: &Window) {
    let script = "return new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));
    })";
    window.eval(script).await;
}
