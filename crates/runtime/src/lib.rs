//! What Dwell does by itself while a workspace is open: it tells the events that follow from
//! sessions when the clock passes them.
//!
//! [`derived`] says which events follow from a stored session, [`closing`] tells those that are due
//! and notes it, all or nothing, and [`scheduler`] does so at the right moments, by a [`clock`]
//! that tests can turn. This crate knows no rule of sessions, no SQL and no front end.

pub mod clock;
pub mod closing;
pub mod derived;
pub mod scheduler;

pub use clock::{Clock, SystemClock, TurnedClock, now_ms};
pub use closing::{Emitted, emit_due, go_live, next_due, told_at};
pub use scheduler::Scheduler;
