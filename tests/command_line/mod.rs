//! The command line, run as a person or a script runs it.

mod bad_input;
mod beside;
mod choices;
mod compare;
mod damage;
mod definitions;
mod demo;
mod derived;
mod forget;
mod gameplay;
mod hostile;
mod imports;
mod orders;
mod people;
mod people_model;
mod quarantine;
mod read_only;
mod real_data;
mod runner;
mod spaces;
mod tables;
mod torture;
mod trust;
mod vectors;
mod what_if;
