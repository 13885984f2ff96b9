//! The command line, run as a person or a script runs it.

mod bad_input;
mod beside;
mod compare;
mod definitions;
mod demo;
mod derived;
mod gameplay;
mod hostile;
mod imports;
mod killed;
mod orders;
mod people;
mod people_model;
mod real_data;
mod runner;
mod trust;
mod vectors;
mod what_if;
