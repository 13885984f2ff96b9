//! Faults for the real program: it is killed at any moment, its disk fills up, its file is damaged;
//! then it is asked what is left. A fault that does harm is data, told at the end with its seed.
//!
//! It must not know the core: it starts `dwell` and reads what that prints, as a script would. A
//! workspace is copied only while nobody has it open.

mod cancel;
mod data;
mod fault;
mod flip;
mod full;
mod import;
mod migrate;
mod moment;
mod place;
mod program;
mod random;
mod rebuild;
mod tally;

pub use cancel::cancels;
pub use fault::{Fault, Trial};
pub use flip::flips;
pub use full::{Disk, full_disks};
pub use import::imports;
pub use migrate::migrations;
pub use program::{Program, Ran};
pub use random::Random;
pub use rebuild::rebuilds;
pub use tally::{Plan, Tally, table};
