//! Every screen in either theme through axe-core, which is to find nothing; and the flows by keyboard
//! alone. axe is read from the window's own development packages and handed to the page by the driver:
//! the page itself may load nothing.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use thirtyfour::Key;

use super::stage::dwell;
use super::{Home, Target, Window};

/// The name of the workspace, which opens the menu of all.
const WORKSPACES: &str = "button.workspace";

const TABLE: &str = "name,timestamp,user_id,amount\n\
                     Read,2026-11-18 08:00:00,own,1\n\
                     Read,soon,own,\n";

/// Rows of every kind: good ones, one that cannot be read, and a copy that is in conflict.
const OWN: &str = concat!(
    r#"{"event_id":"a1","name":"identify","timestamp":"2026-11-18T08:00:00Z","user_id":"own","properties":{"name":"Ada Own"}}"#,
    "\n",
    r#"{"event_id":"a2","name":"Read","timestamp":"2026-11-18T08:05:00Z","user_id":"own"}"#,
    "\n",
    r#"{"event_id":"a3","name":"Read","timestamp":"2026-11-18T08:50:00Z","user_id":"own"}"#,
    "\n",
    r#"{"event_id":"a3","name":"Wrote","timestamp":"2026-11-18T08:50:00Z","user_id":"own"}"#,
    "\n",
    "this is no event\n",
);

/// What axe finds wrong, in words: the rule, what to do, and the elements.
const FINDINGS: &str = "return axe.run(document, { resultTypes: ['violations'] })
    .then(({ violations }) => violations.map(({ id, help, nodes }) => ({ id, help,
        nodes: nodes.map(({ html, failureSummary }) => `${html}  ${failureSummary}`) })));";

#[tokio::test]
async fn axe_finds_nothing_on_any_screen_in_either_theme() {
    let home = Home::new();
    let (workspace, own) = (home.path("demo.dwell"), home.path("own.jsonl"));
    std::fs::write(&own, OWN).expect("a file");
    let table = home.path("own.csv");
    std::fs::write(&table, TABLE).expect("a file");
    dwell(&workspace, &["demo"]);
    dwell(
        &workspace,
        &["--application", "casino", "import", text(&own)],
    );
    let chosen = ["--choose", text(&own), "--choose", text(&table)];
    let arguments = [&["--workspace", text(&workspace)], &chosen[..]].concat();
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };
    window.see(Target::TextPart("Why it is open.")).await;
    let mut findings = Findings::default();

    for theme in ["light", "dark"] {
        turn(&window, theme).await;
        let mut check = async |screen: &str| findings.add(&window, theme, screen).await;

        // Users: each tab, with the inspector, a menu, a search and one that finds nothing.
        window.press_with(Key::Control, '1').await;
        window.see(Target::TextPart("Why it")).await;
        check("users, timeline").await;
        window
            .click(Target::Css("#subject-panel .row.event .name bdi"))
            .await;
        check("users, an event").await;
        for tab in ["JSON", "Context"] {
            window.click(Target::Role("radio", tab)).await;
            check(&format!("users, inspector, {tab}")).await;
        }
        for tab in ["events", "properties", "devices"] {
            go(&window, &format!("#/users/user/u_7f3a91?tab={tab}")).await;
            window
                .see(Target::Css(&format!(
                    "[role=tabpanel][aria-labelledby$={tab}]"
                )))
                .await;
            check(&format!("users, {tab}")).await;
        }
        go(&window, "#/users?q=nobody+is+called+this").await;
        window.see(Target::Text("Nobody found")).await;
        check("users, nobody found").await;
        go(&window, "#/users/user/u_7f3a91").await;
        window.see(Target::TextPart("Why it")).await;
        window.click(Target::Css(".as-of button.main")).await;
        check("users, as of").await;
        window.press(Key::Escape).await;

        // The palette, with rows of every kind, and with nothing.
        for typed in ["", "ines", ">", "#", "nothing is called this"] {
            window.press_with(Key::Control, 'k').await;
            window.see(Target::Css("[role=combobox]")).await;
            window.type_text(typed).await;
            let value = format!(
                "document.querySelector('[role=combobox]').value === {}",
                json!(typed)
            );
            window.wait_until("typed", &value).await;
            window.wait_until("answered", "document.querySelector('[role=listbox]')?.getAttribute('aria-busy') === 'false'").await;
            check(&format!("palette, “{typed}”")).await;
            window.press(Key::Escape).await;
            window.see_gone(Target::Css("[role=combobox]")).await;
        }
        window.press('?').await;
        window.see(Target::Role("heading", "Shortcuts")).await;
        check("shortcuts").await;
        window.press(Key::Escape).await;
        window.see_gone(Target::Role("heading", "Shortcuts")).await;

        // Imports: a finished one with rejects, taking it back, and files that were chosen.
        window.press_with(Key::Control, '2').await;
        window.see(Target::Role("heading", "own.jsonl")).await;
        check("imports").await;
        window.click(Target::Role("button", "Remove import…")).await;
        window.see(Target::Role("button", "Keep it")).await;
        check("imports, remove").await;
        window.click(Target::Role("button", "Keep it")).await;
        window.press_with(Key::Control, 'o').await;
        window.see(Target::Role("button", "Start import")).await;
        window.see(Target::TextPart("First rows")).await;
        check("imports, chosen").await;
        window.click(Target::Role("button", "own.csv")).await;
        window.see(Target::TextPart("Rejected: ")).await;
        window.click(Target::Role("button", "Edit")).await;
        window
            .see(Target::Role("button", "Column amount: Property"))
            .await;
        check("imports, mapping").await;
        window
            .click(Target::Css(
                "button[aria-haspopup=listbox][aria-label^=Times]",
            ))
            .await;
        window.see(Target::Css("[role=option]")).await;
        check("imports, a choice").await;
        window.press(Key::Escape).await;
        window.click(Target::Role("button", "Cancel")).await;
        window
            .see_gone(Target::Role("button", "Start import"))
            .await;

        // Settings, and the menu of workspaces.
        window.press_with(Key::Control, ',').await;
        window.see(Target::Role("heading", "Settings")).await;
        window.see(Target::Role("button", "Back up…")).await;
        check("settings").await;
        window.click(Target::Css(WORKSPACES)).await;
        window.see(Target::Text("Open a workspace…")).await;
        check("workspaces").await;
        window.press(Key::Escape).await;

        // Session rules: what would change, presets, JSON, the source's sessions.
        window.press_with(Key::Control, '3').await;
        window.wait_until("settled figures", IS_SETTLED).await;
        check("rules").await;
        window.click(Target::Role("button", "Presets")).await;
        window.see(Target::Text("Gameplay")).await;
        check("rules, presets").await;
        window.press(Key::Escape).await;
        window.click(Target::Role("button", "Edit as JSON")).await;
        window.see(Target::Css("textarea")).await;
        check("rules, JSON").await;
        window.press(Key::Escape).await;
        window.see_gone(Target::Css("textarea")).await;
        window.click(Target::Role("tab", "Source’s sessions")).await;
        window
            .see(Target::Css("table[aria-label='How they compare']"))
            .await;
        check("rules, source").await;
    }
    window.close().await;

    // What there is before there is anything, and where nothing can be opened.
    let foreign = home.path("foreign.dwell");
    std::fs::write(&foreign, "this is no workspace").expect("a file");
    let empty = home.path("empty.dwell");
    for (screen, file, seen) in [
        (
            "first run",
            &empty,
            Target::Role("heading", "Where are your events?"),
        ),
        (
            "not open",
            &foreign,
            Target::TextPart("is no Dwell workspace"),
        ),
    ] {
        let arguments = ["--workspace", text(file)];
        let window = Window::open_in(&home, &arguments)
            .await
            .expect("it opened before");
        window.see(seen).await;
        for theme in ["light", "dark"] {
            turn(&window, theme).await;
            findings.add(&window, theme, screen).await;
        }
        window.close().await;
    }
    findings.assert_none();
}

#[tokio::test]
async fn importing_reading_changing_a_rule_and_removing_work_by_keyboard_alone() {
    let home = Home::new();
    let (workspace, own) = (home.path("own.dwell"), home.path("own.jsonl"));
    std::fs::write(&own, OWN).expect("a file");
    let arguments = ["--workspace", text(&workspace), "--choose", text(&own)];
    let Some(window) = Window::open_in(&home, &arguments).await else {
        return;
    };

    // Imported from the first look on.
    window
        .see(Target::Role("heading", "Where are your events?"))
        .await;
    tab_to(&window, "Choose files").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("button", "Start import")).await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "own.jsonl")).await;
    window.see(Target::TextPart("1 row in 1 group")).await;

    // A person, found and opened; session by session and event by event.
    window.press_with(Key::Control, '1').await;
    window.see(Target::Role("heading", "Ada Own")).await;
    window.press('/').await;
    window.type_text("ada").await;
    window.press(Key::Enter).await;
    window
        .wait_until(
            "the list in focus",
            "document.activeElement?.matches('[role=grid]')",
        )
        .await;
    has_ring(&window).await;
    window.press(Key::Enter).await;
    window.see(Target::Role("heading", "Session 2")).await;
    window
        .wait_until(
            "the session in focus",
            "document.activeElement?.matches('[data-session]')",
        )
        .await;
    has_ring(&window).await;
    window.press('[').await;
    window.see(Target::Role("heading", "Session 1")).await;
    window.press(Key::Right).await;
    window.press(Key::Right).await;
    window
        .wait_until("at its second event", "location.hash.includes('event=a2')")
        .await;
    tab_to(&window, "Timeline").await;
    window.press(Key::Right).await;
    window.press(Key::Right).await;
    window.see(Target::Role("tabpanel", "Properties")).await;

    // A rule, tried and put in place: what were two sessions is one.
    window.press_with(Key::Control, '3').await;
    window.see(Target::Role("heading", "Session rules")).await;
    tab_to(&window, "Try: Inactivity timeout").await;
    window.press_with(Key::Control, 'a').await;
    window.type_text("1 h").await;
    window.see(Target::Text("Preview")).await;
    window.wait_until("settled figures", IS_SETTLED).await;
    window.press_with(Key::Control, Key::Enter).await;
    window.see(Target::TextPart("Undo: back to")).await;
    let sessions = dwell(&workspace, &["session", "list"]);
    assert_eq!(sessions.lines().count(), 1, "{sessions}");

    // Taken back: the workspace is as empty as it was.
    window.press_with(Key::Control, '2').await;
    window.see(Target::Role("heading", "own.jsonl")).await;
    tab_to(&window, "Remove import…").await;
    window.press(Key::Enter).await;
    window.see(Target::Role("button", "Remove import")).await;
    tab_to(&window, "Remove import").await;
    window.press(Key::Enter).await;
    window
        .see(Target::Role("heading", "Where are your events?"))
        .await;
    assert_eq!(dwell(&workspace, &["event", "list"]), "");
    window.close().await;
}

/// Goes on with Tab until a thing of these words has the focus; every stop on the way shows that it has
/// it.
async fn tab_to(window: &Window, words: &str) {
    let mut stops = Vec::new();
    for _ in 0..80 {
        window.press(Key::Tab).await;
        let stop = window.eval(FOCUS).await;
        let stop = stop.as_str().unwrap_or_default().to_owned();
        has_ring(window).await;
        if stop == words {
            return;
        }
        stops.push(stop);
    }
    panic!("Tab does not come to {words:?} but to {stops:?}");
}

/// The words of what has the focus.
const FOCUS: &str = "const at = document.activeElement;
    const words = at.getAttribute('aria-label') ?? at.textContent;
    return words.trim().replace(/\\s+/g, ' ');";

/// What has the focus shows it: it, the field around it or the row that it speaks of has an outline.
async fn has_ring(window: &Window) {
    let expression = "(() => {
        const at = document.activeElement;
        const row = document.getElementById(at.getAttribute('aria-activedescendant') ?? '');
        const ring = (one) => one !== null && getComputedStyle(one).outlineStyle !== 'none'
            && parseFloat(getComputedStyle(one).outlineWidth) >= 1;
        const near = [at, at.parentElement, row, ...at.querySelectorAll('[aria-selected=true]')];
        return at === document.body || near.some(ring);
    })()";
    window
        .wait_until("to be seen where the focus is", expression)
        .await;
}

/// The figures stand for the rules that are tried now, and no rebuild runs.
const IS_SETTLED: &str = "document.querySelector('[aria-label=\"What would change\"] [aria-busy]')
    ?.getAttribute('aria-busy') === 'false' && !document.querySelector('.note.running')";

/// What axe found, each thing with the first screen that has it.
#[derive(Default)]
struct Findings {
    screens: usize,
    found: Vec<String>,
}

impl Findings {
    async fn add(&mut self, window: &Window, theme: &str, screen: &str) {
        self.screens += 1;
        if window.eval("return typeof axe").await == json!("undefined") {
            window.eval(axe()).await;
        }
        painted(window).await;
        let answer = window.eval(FINDINGS).await;
        let violations = answer.as_array().expect("axe answers with a list");
        for violation in violations {
            for node in violation["nodes"].as_array().expect("nodes") {
                let what = format!("{}: {}", violation["id"], node);
                if !self.found.iter().any(|known| known.ends_with(&what)) {
                    println!("{screen}, {theme}: {what}");
                    self.found.push(format!("{screen}, {theme}: {what}"));
                }
            }
        }
    }

    fn assert_none(&self) {
        assert!(
            self.found.is_empty(),
            "axe looked at {} screens and found:\n{}",
            self.screens,
            self.found.join("\n")
        );
    }
}

/// axe-core as it was installed with the window's development packages.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{}: {error}; `npm ci` in ui installs it", file.display())
        });
        // As a script of the page would, and not inside the driver's function alone.
        format!("{source}; window.axe = axe;")
    })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

async fn go(window: &Window, hash: &str) {
    window
        .eval(&format!("location.hash = {}", json!(hash)))
        .await;
}

/// Turns to a theme: light, dark and as the system is follow each other.
async fn turn(window: &Window, wanted: &str) {
    let theme = "return document.documentElement.dataset.theme";
    for _ in 0..2 {
        if window.eval(theme).await != json!(wanted) {
            window
                .click(Target::Css("header button[aria-label^=Theme]"))
                .await;
        }
    }
    assert_eq!(window.eval(theme).await, json!(wanted));
}

/// Waits until the window has drawn what it shows now: what fades in is as it stays.
async fn painted(window: &Window) {
    let script = "return new Promise((done) => {
        const all = document.getAnimations().filter((one) =>
            one.effect?.getTiming().iterations !== Infinity);
        Promise.allSettled(all.map((one) => one.finished)).then(() =>
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))));
    })";
    let answer = window.eval(script).await;
    assert_eq!(answer, Value::Null);
}
