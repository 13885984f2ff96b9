//! The walk against the vectors, and against a naive model of section 3; late events and trusted
//! source sessions case by case, and each way of finding sessions against the other.

#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod late;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod random;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod ways;
