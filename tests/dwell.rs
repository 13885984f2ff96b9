//! The black box tests, all in one binary, so that they are linked once: through
//! the command line and in the real window, driven from outside; and the rules of the house.
//!
//! Nothing here links the window or looks inside a crate: what cannot be seen from outside is
//! tested beside the code.

#[cfg(test)]
mod command_line;
#[cfg(test)]
mod house;
#[cfg(test)]
mod window;
