//! One file per table or family of tables: its SQL and its rows.

pub mod application;
pub mod check;
pub mod definition;
pub mod event;
pub mod import;
pub mod key;
pub mod person;
pub mod quarantine;
pub mod session;
