//! Errors as a front end shows them: one plain sentence, and a code where the front end acts on it.

use std::path::Path;

use dwell_store::StoreError;
use serde::Serialize;
use ts_rs::TS;

/// What a front end may do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request names something that does not exist.
    NotFound,
    /// The request or the input is wrong: show the sentence beside it.
    BadInput,
    /// The person cancelled: nothing was changed.
    Cancelled,
    /// Another program writes to the workspace, or has it open alone.
    Locked,
    /// The file is no workspace, or one of a newer version; it was not touched.
    NotAWorkspace,
    /// The disk has not the room that is needed; nothing was begun.
    NoRoom,
    /// Reading or writing failed: disk full, read-only, damaged.
    Storage,
}

/// An error: a code and a sentence that names the thing and the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// For the program.
    pub code: ErrorCode,
    /// For the person.
    pub message: String,
}

impl ApiError {
    /// An error of a code with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// A result of a question.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadInput, message)
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled, "Cancelled: nothing was changed.")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // What fails inside a change does not know its file: it is the workspace, in plain words too.
        let error = error.at(Path::new("the workspace"));
        if let StoreError::Held { path, holder } = &error {
            return crate::lock::held(path, holder.as_ref());
        }
        let code = match &error {
            StoreError::Missing(_) => ErrorCode::NotFound,
            StoreError::Foreign { .. } | StoreError::Newer { .. } => ErrorCode::NotAWorkspace,
            StoreError::Locked(_) => ErrorCode::Locked,
            StoreError::Exists(_) => ErrorCode::BadInput,
            StoreError::NoRoom { .. } => ErrorCode::NoRoom,
            _ => ErrorCode::Storage,
        };
        Self::new(code, sentence(&error.to_string()))
    }
}

/// An error's words as a sentence: with a full stop.
pub(crate) fn sentence(words: &str) -> String {
    match words.ends_with('.') {
        true => words.to_owned(),
        false => format!("{words}."),
    }
}
