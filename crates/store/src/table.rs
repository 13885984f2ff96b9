//! One file per table or family of tables: its SQL and its rows.

pub mod application;
pub mod application_edit;
pub(crate) mod block;
pub mod check;
pub(crate) mod context;
pub mod definition;
pub mod emission;
pub mod event;
pub mod forgotten;
pub mod import;
pub mod import_part;
pub mod import_table;
pub mod key;
pub(crate) mod key_run;
pub(crate) mod open_session;
pub mod people;
pub mod person;
pub mod profile;
pub mod quarantine;
mod seal;
pub mod session;
pub(crate) mod session_key;
pub mod stray;
pub mod stream;
