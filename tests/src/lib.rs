//! Empty. Cargo wants a library or a binary in every package; the tests begin in `dwell.rs`.
