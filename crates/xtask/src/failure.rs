//! What went wrong, in one sentence for the person at the terminal.

use std::fmt;

/// The result of anything that xtask does for its effect.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// One or a few plain sentences: what failed and what to do next.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
