//! One file per table or family of tables: its SQL and its rows.

pub mod application;
pub mod check;
pub mod definition;
pub mod emission;
pub mod event;
pub mod import;
pub mod key;
pub(crate) mod open_session;
pub mod person;
pub mod profile;
pub mod quarantine;
pub mod session;
pub(crate) mod session_key;
pub mod stream;
