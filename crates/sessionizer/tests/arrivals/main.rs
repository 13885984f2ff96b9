//! Sessions of events that come in any order: the engine against a naive model of late arrivals
//! and of trusted source sessions (sessions, sections 2 to 4).

#[cfg(test)]
mod model;
#[cfg(test)]
mod property;
#[cfg(test)]
mod random;
#[cfg(test)]
mod resumed;
#[cfg(test)]
mod stated;
#[cfg(test)]
mod traces;
