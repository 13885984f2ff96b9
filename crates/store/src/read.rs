//! One file per screen or list: what it asks.

pub mod device;
pub mod person;
pub mod session;
