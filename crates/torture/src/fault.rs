//! What a trial found wrong, in a sentence.

use std::fmt;

/// The sentence.
#[derive(Debug)]
pub struct Fault(String);

/// What a trial comes to.
pub type Trial<T> = Result<T, Fault>;

impl Fault {
    /// A fault with its words.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self(format!("The trial itself failed: {error}."))
    }
}

/// Fails with the words where the condition does not hold.
pub(crate) fn hold(condition: bool, words: impl FnOnce() -> String) -> Trial<()> {
    match condition {
        true => Ok(()),
        false => Err(Fault(words())),
    }
}
