//! The command line, run as a person or a script runs it.

mod bad_input;
mod beside;
mod demo;
mod hostile;
mod imports;
mod real_data;
mod runner;
mod vectors;
