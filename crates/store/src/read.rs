//! One file per screen or list: what it asks.

use std::ops::ControlFlow;

pub mod columns;
pub mod device;
pub(crate) mod directory;
pub mod due;
pub mod event_name;
pub mod find;
pub mod person;
pub mod session;
pub mod session_columns;

/// Hears how much of all is read into memory; breaking stops it.
pub type Hear<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;
