//! The demo workspace: our own generator's files, imported as a person's files are.

use dwell_demo::APPLICATIONS;
use dwell_ingest::Source;
use dwell_model::Zone;
use dwell_runtime::now_ms;

use crate::Cancel;
use crate::definition::{add_preset, application_or_new};
use crate::error::{ApiError, Result};
use crate::import::{self, ImportProgress, Job};
use crate::workspace::{Workspace, parse_zone};

/// Fills an empty workspace with the demo data, all of it or nothing.
///
/// # Errors
/// Where the workspace has events already, on cancel, or where the file cannot be written; nothing was
/// changed then.
pub fn fill(
    workspace: &Workspace,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportProgress),
) -> Result<()> {
    let share = 1.0 / APPLICATIONS.len() as f64;
    let began = std::time::Instant::now();
    workspace.write(|writer| {
        if !writer.applications()?.is_empty() {
            return Err(ApiError::bad_input(
                "The demo data goes into an empty workspace, and this one is not empty.",
            ));
        }
        for (index, application) in APPLICATIONS.iter().enumerate() {
            cancel.check()?;
            let bytes = dwell_demo::lines(application, dwell_demo::ENDS_AT_MS);
            let source = Source::Stream {
                name: application.file_name.to_owned(),
                bytes_total: Some(bytes.len() as u64),
                bytes: Box::new(std::io::Cursor::new(bytes)),
            };
            let zone = parse_zone(application.zone)?;
            let made = application_or_new(writer, application.name, Some(zone))?;
            for preset in application.presets {
                add_preset(writer, &made, preset, zone)?;
            }
            let job = Job {
                application: application.name,
                application_zone: Some(zone),
                file_name: application.file_name,
                zone: Zone::UTC,
                reading: import::Reading::default(),
                now_ms: now_ms(),
            };
            import::read_into(writer, job, source, cancel, &mut |mut progress| {
                progress.done = progress.done.map(|done| (index as f64 + done) * share);
                progress.seconds_left = import::seconds_left(began, progress.done);
                tell(progress);
            })?;
        }
        Ok(())
    })
}
