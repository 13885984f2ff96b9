//! The integrity of the file, and of every derived table against the events.

use serde::Serialize;

use crate::Cancel;
use crate::derive::{self, Telling};
use crate::error::{ApiError, Result};
use crate::workspace::Workspace;
use crate::zone_data;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Whether all is well.
    pub ok: bool,
    /// Events looked at.
    pub events: u64,
    /// Sessions looked at.
    pub sessions: u64,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

/// Checks the file's own structure, the counts that must agree, and makes everything that is derived
/// anew to compare it; nothing of that is kept. `tell` hears the streams done of all.
///
/// # Errors
/// Where the file cannot be read at all, another program writes, or on cancel. What is wrong inside is
/// no error but a problem of the report.
pub fn run(
    workspace: &Workspace,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<CheckReport> {
    let mut problems: Vec<String> = workspace
        .store
        .integrity()?
        .into_iter()
        .map(|line| format!("The file is damaged: {line}."))
        .collect();
    let (mut events, mut sessions) = (0, 0);
    if problems.is_empty() {
        let damaged = workspace.store.read(|reader| reader.damaged_blocks())?;
        problems.extend(damaged);
    }
    if problems.is_empty() {
        workspace.store.rehearse(|writer| {
            problems.extend(
                writer
                    .disagreements()?
                    .into_iter()
                    .map(|found| format!("{found}.")),
            );
            let before = writer.derived_fingerprints()?;
            for application in writer.applications()? {
                let totals = writer.totals(application.application_id)?;
                events += totals.event_count;
                sessions += totals.session_count;
            }
            let mut behind = Vec::new();
            for application in writer.applications()? {
                for stored in writer.definitions(application.application_id)? {
                    let definition = derive::Compiled::new(&stored)?.definition;
                    if zone_data::is_behind(&definition, &stored.zone_data) {
                        behind.push(format!(
                            "The sessions of “{}” in “{}” were built with older zone data; \
                             rebuild them first.",
                            stored.name, application.name
                        ));
                    }
                }
            }
            writer.drop_derived()?;
            for application in writer.applications()? {
                derive::all(
                    writer,
                    &application,
                    &Telling::nothing_stood(),
                    &mut |done, all| {
                        tell(done, all);
                        cancel.check()
                    },
                )?;
            }
            let after = writer.derived_fingerprints()?;
            for ((table, rows, fingerprint), (_, rows_now, fingerprint_now)) in
                before.into_iter().zip(after)
            {
                if (rows, fingerprint) != (rows_now, fingerprint_now) {
                    problems.push(format!(
                        "The table {table} is not what the events say: {rows} rows are stored, \
                         {rows_now} follow from the events."
                    ));
                    if table == "session" {
                        problems.append(&mut behind);
                    }
                }
            }
            Ok::<_, ApiError>(())
        })?;
    }
    Ok(CheckReport {
        ok: problems.is_empty(),
        events,
        sessions,
        problems,
    })
}
