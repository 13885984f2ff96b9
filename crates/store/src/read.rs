//! One file per screen or list: what it asks.

pub mod columns;
pub mod device;
pub mod due;
pub mod person;
pub mod session;
