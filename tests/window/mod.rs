//! The real window, driven from outside as a person would: the built binary under WebKit's own
//! driver, on a display, a bus and in a home of its own, so that tests neither see each other nor
//! the machine's user.
//!
//! A test begins so, and ends by dropping the window:
//!
//! ```ignore
//! let Some(window) = Window::open(&["--demo"]).await else { return };
//! window.click(Role("button", "Import")).await;
//! window.see(Text("Drop files here")).await;
//! ```
//!
//! `open` gives `None`, and says so, where the machine cannot drive a window; with `CI` or
//! `DWELL_REQUIRE_WINDOW` set it fails instead. Nothing here sleeps: everything is looked for until
//! it is there, with a deadline.

mod accessible;
mod driver;
mod export;
mod flows;
mod imports;
mod itself;
mod mapping;
mod palette;
mod people;
mod quarantine;
mod rules;
mod spaces;
mod stage;
mod target;

pub(crate) use driver::Window;
pub(crate) use stage::Home;
pub(crate) use target::Target;
