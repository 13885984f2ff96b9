//! The walk against the vectors, and against a naive model of the rules.

#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod random;
#[cfg(test)]
mod vectors;
