//! `forget`: deleting a person's data for good, the list of what was forgotten, and letting somebody
//! come back.

use dwell_api::Cancel;
use dwell_api::forget::{self, ForgetRequest, Forgetting, Whom};

use crate::Failure;
use crate::arguments::{Arguments, Forget};
use crate::output;
use crate::progress::Progress;

use super::write::application_of;

pub(super) fn forget(arguments: &Arguments, asked: &Forget) -> Result<(), Failure> {
    if asked.list {
        return list(arguments);
    }
    let workspace = arguments.change()?;
    let application = application_of(arguments, &workspace)?;
    if let Some(id) = &asked.allow {
        forget::allow(&workspace, &application, id)?;
        output::say("Imports may bring this id again, and whatever was forgotten with it.");
        return Ok(());
    }
    let (whom, id) = match (&asked.user, &asked.device) {
        (Some(user), _) => (Whom::User, user),
        (None, Some(device)) => (Whom::Device, device),
        (None, None) => {
            return Err(Failure::Usage(
                "Name whom to forget: --user ID or --device ID.".to_owned(),
            ));
        }
    };
    let progress = Progress::new();
    let forgotten = forget::run(
        &workspace,
        &ForgetRequest {
            application,
            whom,
            id: id.clone(),
            dry_run: asked.dry_run,
        },
        &Cancel::default(),
        &mut |told| progress.forgetting(&told),
    );
    progress.finish();
    let forgotten = forgotten?;
    if asked.json {
        return output::object(&forgotten);
    }
    for sentence in sentences(&forgotten, asked.dry_run) {
        output::say(&sentence);
    }
    Ok(())
}

fn list(arguments: &Arguments) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let application = arguments.application.as_deref().unwrap_or_default();
    let mut rows = output::rows(false);
    for row in forget::list(&workspace, application)? {
        rows.write(&row)?;
    }
    output::finish(rows)
}

/// What went or would go, in words.
fn sentences(found: &Forgetting, is_dry: bool) -> Vec<String> {
    let ids: Vec<String> = found.ids.iter().map(|id| format!("“{id}”")).collect();
    let of = match found.whom {
        Whom::User => "user",
        Whom::Device => "device",
    };
    let number = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let goes = match (is_dry, found.events_removed) {
        (_, 0) => format!("No event of the {of} {} is there", ids.join(" = ")),
        (true, count) => format!(
            "Of the {of} {} would go {}",
            ids.join(" = "),
            number(count, "event")
        ),
        (false, count) => format!(
            "Of the {of} {} went {}",
            ids.join(" = "),
            number(count, "event")
        ),
    };
    let mut sentences = vec![format!(
        "{goes}; {} before, {} after; {:.1} s",
        number(found.sessions_before, "session"),
        found.sessions,
        found.seconds
    )];
    let others = [
        (found.copies_removed, "copy of events", "copies of events"),
        (found.rejected_rows_removed, "rejected row", "rejected rows"),
        (
            found.conflicts_removed,
            "note of a conflict",
            "notes of conflicts",
        ),
        (found.users_removed, "user", "users"),
        (found.devices_removed, "device", "devices"),
    ];
    let also: Vec<String> = others
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    if !also.is_empty() {
        sentences.push(format!("  with {}", also.join(", ")));
    }
    for import in &found.imports {
        let rows = number(import.rows, "row");
        sentences.push(format!("  {rows} of {}", import.file_name));
    }
    if found.events_kept > 0 {
        let kept = number(found.events_kept, "event");
        sentences.push(format!("  {kept} by rows of others, which count now"));
    }
    sentences.extend(found.stays.iter().map(|sentence| format!("  {sentence}")));
    if let Some(why) = &found.not_erased {
        sentences.push(format!(
            "  Pieces of it can still be in the bytes of the file until somebody is forgotten again: {why}"
        ));
    }
    sentences.push(match is_dry {
        true => "Nothing was changed.".to_owned(),
        false => "Imports leave these rows out from now on (dwell forget --allow ID lets them in)."
            .to_owned(),
    });
    sentences
}
