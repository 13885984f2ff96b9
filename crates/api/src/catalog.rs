//! The names of an application's events.

use serde::Serialize;
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::person::answer;
use crate::workspace::{Workspace, find_application};

/// The events of one name. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct EventName {
    /// Application.
    pub application: String,
    /// The name.
    pub name: String,
    /// How many there are.
    pub event_count: u64,
    /// The first one.
    pub first_seen: i64,
    /// The last one.
    pub last_seen: i64,
}

/// The names of events with how many there are of each, by name. Events are walked for it; `tell`
/// hears how many of all.
///
/// # Errors
/// Where there is no such application, the file cannot be read, or on cancel.
pub fn event_names(
    workspace: &Workspace,
    application: &str,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Vec<EventName>> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let mut hear = |done, all| {
            tell(done, all);
            cancel.flow()
        };
        let counts = reader.name_counts(application.application_id, &mut hear)?;
        let rows = counts.ok_or_else(ApiError::cancelled)?.into_iter();
        let rows = rows.map(|count| EventName {
            application: application.name.clone(),
            name: count.name.into(),
            event_count: count.event_count,
            first_seen: count.first_seen_ms,
            last_seen: count.last_seen_ms,
        });
        Ok(rows.collect())
    })
}
