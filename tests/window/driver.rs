//! The window in a test's hands: look, click, type, read, take a picture. A call that does not
//! find what it needs fails the test, names it, and leaves a picture in `target/pictures`.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{Capabilities, Key, WebDriver, WebElement};
use tokio::time::{MissedTickBehavior, interval};

use super::stage::{Ability, Home, Stage, ability, target_folder};
use super::target::Target;

/// How long a thing may take to appear. Long, because it costs nothing where all is well.
const DEADLINE: Duration = Duration::from_secs(90);

/// How long one call of the driver may take; the first one starts the window.
const CALL_DEADLINE: Duration = Duration::from_secs(60);

/// How long between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// An open window. Dropped, it ends with all that it stood on.
pub(crate) struct Window {
    driver: WebDriver,
    stage: Stage,
    // Where the window lives while it is open, unless the test keeps a home of its own.
    _home: Option<Home>,
}

/// Scrolls a thing into sight where it is not, and answers where it stands.
const PLACE_IN_SIGHT: &str = "
    arguments[0].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { x, y, width, height } = arguments[0].getBoundingClientRect();
    return [x, y, width, height];
";

impl Window {
    /// Opens the window with these arguments in a home of its own. `None` where the machine cannot
    /// drive a window, which is printed, and is a failure where it must be able to.
    pub(crate) async fn open(arguments: &[&str]) -> Option<Self> {
        let home = Home::new();
        let mut window = Self::open_in(&home, arguments).await?;
        window._home = Some(home);
        Some(window)
    }

    /// Opens the window with these arguments in the test's home.
    pub(crate) async fn open_in(home: &Home, arguments: &[&str]) -> Option<Self> {
        let binary = match ability() {
            Ability::Able(binary) => binary,
            Ability::Unable(why) => {
                let is_set = |name| std::env::var_os(name).is_some();
                assert!(
                    !is_set("CI") && !is_set("DWELL_REQUIRE_WINDOW"),
                    "no window: {why}"
                );
                println!("skipped, {}: {why}", test_name());
                return None;
            }
        };
        let log = artefact("log");
        let stage = Stage::set(home, &log).await;
        let mut capabilities = Capabilities::new();
        let browser = json!({ "binary": binary, "args": arguments });
        let set = capabilities.set("webkitgtk:browserOptions", browser);
        set.expect("JSON is a capability");
        let session = WebDriver::builder(stage.driver_url(), capabilities)
            .request_timeout(CALL_DEADLINE)
            .await;
        let driver = session.unwrap_or_else(|error| {
            stage.take_picture(&artefact("png"));
            let words = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("the window did not open: {error}\nits words, from {log:?}:\n{words}");
        });
        let window = Self {
            driver,
            stage,
            _home: None,
        };
        window.see(Target::Css("body *")).await;
        Some(window)
    }

    /// Waits until the thing can be seen.
    pub(crate) async fn see(&self, target: Target<'_>) -> WebElement {
        self.wait(&format!("there is no {target}"), async || {
            for element in self.driver.find_all(target.selector()).await? {
                if self.is_seen(&element).await? && target.is_named(&element).await? {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Whether a person can see the element, by the engine's own word: the driver's `displayed` denied
    /// headings and names in rows that stood in plain sight.
    async fn is_seen(&self, element: &WebElement) -> WebDriverResult<bool> {
        let script = "const [element] = arguments;
            return element.getClientRects().length > 0
                && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });";
        let answer = self
            .driver
            .execute(script, vec![element.to_json()?])
            .await?;
        Ok(answer.json() == &Value::Bool(true))
    }

    /// Waits until the thing cannot be seen any more.
    pub(crate) async fn see_gone(&self, target: Target<'_>) {
        self.wait(&format!("there still is {target}"), async || {
            for element in self.driver.find_all(target.selector()).await? {
                if self.is_seen(&element).await? && target.is_named(&element).await? {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await;
    }

    /// Waits until a JavaScript expression is true; `what` says in words what it waits for.
    pub(crate) async fn wait_until(&self, what: &str, expression: &str) {
        let script = format!("return Boolean({expression})");
        self.wait(&format!("not {what}"), async || {
            let answer = self.driver.execute(script.as_str(), vec![]).await?;
            Ok((answer.json() == &Value::Bool(true)).then_some(()))
        })
        .await;
    }

    /// Clicks the middle of the thing, once it can be seen as a whole, stands still and takes clicks: a
    /// list that is scrolled draws its rows anew, and a click on one that goes is lost.
    pub(crate) async fn click(&self, target: Target<'_>) {
        let element = self.see(target).await;
        let stood: RefCell<Option<Value>> = RefCell::default();
        self.wait(&format!("cannot click {target}"), async || {
            let place = self
                .driver
                .execute(PLACE_IN_SIGHT, vec![element.to_json()?])
                .await?;
            let before = stood.replace(Some(place.json().clone()));
            if before.as_ref() != Some(place.json()) || !element.is_enabled().await? {
                return Ok(None);
            }
            element.click().await.map(Some)
        })
        .await;
    }

    /// Clicks the thing and types a text into it, after what is there.
    pub(crate) async fn type_into(&self, target: Target<'_>, text: &str) {
        self.click(target).await;
        self.type_text(text).await;
    }

    /// Types a text into whatever has the focus.
    pub(crate) async fn type_text(&self, text: &str) {
        let typed = self.driver.action_chain().send_keys(text).perform().await;
        self.expect(typed, "type");
    }

    /// Presses and lets go a key: `press('k')`, `press(Key::Escape)`.
    pub(crate) async fn press(&self, key: impl Into<char>) {
        let key = key.into();
        let pressed = self
            .driver
            .action_chain()
            .key_down(key)
            .key_up(key)
            .perform()
            .await;
        self.expect(pressed, "press a key");
    }

    /// Presses a key while another is held: `press_with(Key::Control, 'k')`.
    pub(crate) async fn press_with(&self, held: Key, key: impl Into<char>) {
        let (held, key) = (char::from(held), key.into());
        let chain = self.driver.action_chain().key_down(held).key_down(key);
        let pressed = chain.key_up(key).key_up(held).perform().await;
        self.expect(pressed, "press keys");
    }

    /// Presses a key while Ctrl and Shift are held.
    pub(crate) async fn press_with_shift(&self, key: impl Into<char>) {
        let [control, shift] = [Key::Control, Key::Shift].map(char::from);
        let chain = self.driver.action_chain().key_down(control).key_down(shift);
        let pressed = chain.send_keys(key.into()).key_up(shift).key_up(control);
        self.expect(pressed.perform().await, "press keys");
    }

    /// The text of the thing as it is seen.
    pub(crate) async fn text_of(&self, target: Target<'_>) -> String {
        let text = self.see(target).await.text().await;
        self.expect(text, "read a text")
    }

    /// Runs the body of a JavaScript function in the window and gives what it returns.
    pub(crate) async fn eval(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, vec![]).await;
        self.expect(answer, "run a script").json().clone()
    }

    /// Saves `target/pictures/<name>.png` of the whole display, which the window fills; taken again until
    /// the window has painted, which it does some time after its content can be found.
    pub(crate) fn picture(&self, name: &str) {
        let file = pictures().join(format!("{name}.png"));
        let started = Instant::now();
        loop {
            self.stage.take_picture(&file);
            // A display of one colour packs into a few hundred bytes.
            if file.metadata().is_ok_and(|saved| saved.len() > 2_000) {
                return;
            }
            if started.elapsed() > DEADLINE {
                self.fail("the window painted nothing");
            }
        }
    }

    /// The display that it stands on.
    pub(crate) fn display(&self) -> String {
        self.stage.display()
    }

    /// Closes the window and waits for it, so that another can open in the same home.
    pub(crate) async fn close(self) {
        let closed = self.driver.clone().quit().await;
        self.expect(closed, "close the window");
    }

    /// Looks until `look` finds something. What goes wrong on the way (a thing that is being
    /// redrawn is gone between two calls) counts as not found, and is told at the end.
    async fn wait<T>(
        &self,
        failure: &str,
        look: impl AsyncFn() -> WebDriverResult<Option<T>>,
    ) -> T {
        let started = Instant::now();
        let mut pace = interval(LOOK_EVERY);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            let last = match look().await {
                Ok(Some(found)) => return found,
                Ok(None) => String::new(),
                Err(error) => format!(" (last error: {error})"),
            };
            if started.elapsed() > DEADLINE {
                self.fail(&format!("{failure} after {} s{last}", DEADLINE.as_secs()));
            }
        }
    }

    fn expect<T>(&self, result: WebDriverResult<T>, what: &str) -> T {
        result.unwrap_or_else(|error| self.fail(&format!("could not {what}: {error}")))
    }

    /// Fails the test, with a picture of the moment.
    fn fail(&self, why: &str) -> ! {
        let picture = artefact("png");
        self.stage.take_picture(&picture);
        panic!("{why}; picture: {}", picture.display());
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The stage ends everything. The client library's own ending would ask the driver over a
        // second connection, which it does not answer while the first is open. It fails only where
        // the session is closed already.
        let _ = self.driver.clone().leak();
    }
}

fn pictures() -> PathBuf {
    let folder = target_folder().join("pictures");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A file that tells of the running test.
fn artefact(extension: &str) -> PathBuf {
    pictures().join(format!("{}.{extension}", test_name().replace("::", "-")))
}

/// cargo names the thread of a test after it.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("window").to_owned()
}
