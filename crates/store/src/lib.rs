//! The workspace file: SQLite, and the only holder of connections.
//!
//! One file per table under [`table`] (its SQL and its rows), one file per screen under [`read`]. The
//! event layout is known to [`table::event`] alone: events stand in blocks by stream (README). This crate
//! knows no rule of sessions and reads no clock.

pub mod backup;
pub mod error;
pub mod file;
pub mod fold;
pub mod lock;
pub mod owner;
pub mod read;
pub mod table;

mod block;
mod cell;
mod change;
mod migration;
mod piece;

pub use error::StoreError;
pub use file::{Found, Reader, Store, Writer};
pub use lock::{Holder, Lock};
pub use owner::Owner;
