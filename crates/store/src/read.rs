//! One file per screen or list: what it asks.

pub mod columns;
pub mod device;
pub(crate) mod directory;
pub mod due;
pub mod person;
pub mod session;
