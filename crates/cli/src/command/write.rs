//! Commands that write.

use std::io::Read;
use std::path::Path;

use dwell_api::definition::{DefinitionRequest, RebuildProgress, RulesPage};
use dwell_api::import::{
    ImportDetailRequest, ImportPreview, ImportRemovalRequest, ImportRequest, ImportRow,
    PreviewEvent, PreviewFile,
};
use dwell_api::{Cancel, Workspace, check, definition, demo, import};
use dwell_model::Zone;
use dwell_model::time::format_utc;
use serde::Serialize;

use crate::Failure;
use crate::arguments::{AUTO, Arguments, Import};
use crate::output;
use crate::progress::Progress;

/// Where events go when nobody names an application.
const DEFAULT_APPLICATION: &str = "default";

/// The figures of all files together. read = stored + duplicates + quarantined + forgotten.
#[derive(Default, Serialize)]
struct Figures {
    read: u64,
    stored: u64,
    duplicates: u64,
    conflicts: u64,
    quarantined: u64,
    /// Told only where somebody was forgotten.
    #[serde(skip_serializing_if = "is_none")]
    forgotten: u64,
    sessions: u64,
    seconds: f64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

pub(super) fn import(arguments: &Arguments, import: &Import) -> Result<(), Failure> {
    Zone::parse(&import.time_zone)
        .map_err(|error| Failure::Usage(format!("--time-zone: {error}.")))?;
    let application = arguments
        .application
        .as_deref()
        .unwrap_or(DEFAULT_APPLICATION);
    if import.preview {
        return preview(application, import);
    }
    let workspace = arguments.write()?;
    let mut figures = Figures::default();
    for file in &import.files {
        let row = import_file(&workspace, application, import, file)?;
        if !import.json {
            output::say(&words(&row));
            say_left_out(&workspace, row.import_id)?;
        }
        figures.read += row.read;
        figures.stored += row.stored;
        figures.duplicates += row.duplicates;
        figures.conflicts += row.conflicts;
        figures.quarantined += row.quarantined;
        figures.forgotten += row.forgotten;
        figures.sessions = row.sessions;
        figures.seconds += row.seconds;
    }
    match import.json {
        true => Ok(println_json(&figures)?),
        false => Ok(()),
    }
}

pub(super) fn remove_import(
    arguments: &Arguments,
    import_id: i64,
    dry_run: bool,
) -> Result<(), Failure> {
    let workspace = arguments.change()?;
    let progress = Progress::new();
    let removal = import::remove(
        &workspace,
        &ImportRemovalRequest { import_id, dry_run },
        &Cancel::default(),
        &mut |told| progress.removal(&told),
    );
    progress.finish();
    output::object(&removal?)
}

fn import_file(
    workspace: &Workspace,
    application: &str,
    asked: &Import,
    file: &Path,
) -> Result<ImportRow, Failure> {
    let is_stdin = is_stdin(file);
    let request = request(application, asked, file);
    let progress = Progress::new();
    let tell = &mut |told| progress.import(&told);
    let row = match is_stdin {
        true => import::run_stream(
            workspace,
            &request,
            std::io::stdin(),
            &Cancel::default(),
            tell,
        ),
        false => import::run(workspace, &request, &Cancel::default(), tell),
    };
    progress.finish();
    Ok(row?)
}

fn preview(application: &str, asked: &Import) -> Result<(), Failure> {
    let mut problem = None;
    for file in &asked.files {
        let request = request(application, asked, file);
        let cancel = Cancel::default();
        let preview = match is_stdin(file) {
            true => import::preview_stream(&request, std::io::stdin(), &cancel)?,
            false => import::preview(&request, &cancel)?,
        };
        match asked.json {
            true => println_json(&preview)?,
            false => say_preview(&preview),
        }
        problem = problem.or_else(|| problem_of(&preview));
    }
    problem.map_or(Ok(()), |problem| Err(Failure::Failed(problem)))
}

/// Why an import would be refused, and what could be said on the command line.
fn problem_of(preview: &ImportPreview) -> Option<String> {
    let problem = preview.problem.as_ref()?;
    let missing = preview.files.iter().find_map(|file| file.missing.as_ref());
    Some(match missing {
        Some(field) => format!(
            "{}: {problem} Say which one is: --map {field}=COLUMN.",
            preview.file_name
        ),
        None => problem.clone(),
    })
}

fn say_preview(preview: &ImportPreview) {
    for file in &preview.files {
        let name = match &*file.name {
            "" => preview.file_name.clone(),
            part => format!("{}/{part}", preview.file_name),
        };
        match &file.problem {
            Some(problem) if !file.name.is_empty() => {
                output::say(&format!("{name}: left out. {problem}"));
            }
            _ => output::say(&format!("{name}: {}", file.format)),
        }
        for column in &file.columns {
            let share = (column.filled * 100).checked_div(file.read).unwrap_or(0);
            output::say(&format!(
                "  {} → {}, {share} % filled",
                column.column, column.target
            ));
        }
    }
    let is_left_out = |file: &&PreviewFile| !file.name.is_empty() && file.problem.is_some();
    let named = preview.files.iter().filter(is_left_out).count() as u64;
    if preview.left_out > named {
        let more = preview.left_out - named;
        output::say(&format!("and {more} more files are left out"));
    }
    for row in &preview.rows {
        let place = match &*row.file {
            "" => format!("line {}", row.line),
            file => format!("{file}, line {}", row.line),
        };
        if let Some(event) = &row.event {
            output::say(&format!("{place}: {}", event_words(event)));
        }
        if let Some(reject) = &row.reject {
            output::say(&format!("{place}: rejected. {}", reject.message));
        }
    }
    output::say(&format!(
        "{} {} rows {} would be events and {} rejected; nothing was written",
        if preview.is_all {
            "Of all"
        } else {
            "Of the first"
        },
        preview.read,
        preview.good,
        preview.rejected
    ));
    for group in &preview.rejects {
        let field = match &*group.field {
            "" => String::new(),
            field => format!(", {field}"),
        };
        output::say(&format!(
            "  {}{field}: {} rows, the first on line {}",
            group.title, group.row_count, group.first_line
        ));
    }
}

fn event_words(event: &PreviewEvent) -> String {
    let mut words = format!("{} {}", format_utc(event.time_ms), event.name);
    let keys = [
        ("user", &event.user_id),
        ("device", &event.device_id),
        ("session", &event.session_id),
    ];
    for (name, key) in keys {
        if let Some(key) = key {
            words.push_str(&format!(" {name}={key}"));
        }
    }
    for property in event.properties.iter().chain(&event.context) {
        words.push_str(&format!(" {}={}", property.key, property.value));
    }
    words
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn request(application: &str, asked: &Import, file: &Path) -> ImportRequest {
    ImportRequest {
        application: application.to_owned(),
        path: match is_stdin(file) {
            true => "standard input".to_owned(),
            false => file.to_string_lossy().into_owned(),
        },
        time_zone: asked.time_zone.clone(),
        format: (asked.format != AUTO).then(|| asked.format.clone()),
        columns: Some(asked.columns.clone()),
    }
}

/// Names the files of a folder or an archive that were left out.
fn say_left_out(workspace: &Workspace, import_id: i64) -> Result<(), Failure> {
    const MOST_NAMED: usize = 10;
    let files = import::show(workspace, &ImportDetailRequest { import_id })?.files;
    let left_out: Vec<_> = files
        .iter()
        .filter_map(|file| file.left_out.as_ref())
        .collect();
    for sentence in left_out.iter().take(MOST_NAMED) {
        output::say(&format!("  left out: {sentence}"));
    }
    if left_out.len() > MOST_NAMED {
        let more = left_out.len() - MOST_NAMED;
        output::say(&format!("  and {more} more files are left out"));
    }
    Ok(())
}

fn words(row: &ImportRow) -> String {
    let mut words = format!(
        "{}: {} rows read, {} stored, {} already there, {} rejected; {} sessions; {:.1} s",
        row.file_name,
        row.read,
        row.stored,
        row.duplicates,
        row.quarantined,
        row.sessions,
        row.seconds
    );
    if row.forgotten > 0 {
        words.push_str(&format!(
            "; {} left out, of people who are to stay forgotten",
            row.forgotten
        ));
    }
    if row.conflicts > 0 {
        words.push_str(&format!(
            "; {} copies differ from the event that counts (dwell quarantine list --conflicts)",
            row.conflicts
        ));
    }
    if row.quarantined > 0 {
        words.push_str("; rejected rows: dwell quarantine list");
    }
    words
}

fn println_json(value: &impl Serialize) -> std::io::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, value)?;
    writeln!(stdout)
}

/// The application that a definition is for: the one named; else the only one there is, or `default`.
pub(super) fn application_of(
    arguments: &Arguments,
    workspace: &Workspace,
) -> Result<String, Failure> {
    if let Some(name) = &arguments.application {
        return Ok(name.clone());
    }
    let known = dwell_api::workspace::status(workspace)?.applications;
    match &known[..] {
        [] => Ok(DEFAULT_APPLICATION.to_owned()),
        [only] => Ok(only.name.clone()),
        many if many.iter().any(|row| row.name == DEFAULT_APPLICATION) => {
            Ok(DEFAULT_APPLICATION.to_owned())
        }
        many => Err(Failure::Usage(format!(
            "The workspace has several applications: name one of {} with --application.",
            many.iter()
                .map(|row| format!("“{}”", row.name))
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

pub(super) fn definition(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let json = read_text(file)?;
    let workspace = arguments.write()?;
    let application = application_of(arguments, &workspace)?;
    let progress = Progress::new();
    let set = definition::set(
        &workspace,
        &application,
        &json,
        &Cancel::default(),
        &mut |done, all| progress.streams(done, all),
    );
    progress.finish();
    output::object(&set?)
}

pub(super) fn preset(arguments: &Arguments, name: &str) -> Result<(), Failure> {
    let workspace = arguments.write()?;
    let application = application_of(arguments, &workspace)?;
    let known = dwell_api::workspace::status(&workspace)?.applications;
    let own_zone = known
        .iter()
        .find(|row| row.name == application)
        .map(|row| row.zone.clone());
    let zone = arguments.zone.clone().or(own_zone);
    let zone = zone
        .and_then(|name| Zone::parse(&name).ok())
        .unwrap_or(Zone::UTC);
    let progress = Progress::new();
    let set = definition::set_preset(
        &workspace,
        &application,
        name,
        zone,
        &Cancel::default(),
        &mut |done, all| progress.streams(done, all),
    );
    progress.finish();
    output::object(&set?)
}

/// A change of one definition.
pub(super) struct Change<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) request: DefinitionRequest,
    pub(super) tell: &'a mut dyn FnMut(RebuildProgress),
}

/// Changes a definition and writes the definitions as they are then.
pub(super) fn change_definition(
    arguments: &Arguments,
    name: &str,
    make: impl FnOnce(Change<'_>) -> dwell_api::Result<RulesPage>,
) -> Result<(), Failure> {
    let workspace = arguments.change()?;
    let application = application_of(arguments, &workspace)?;
    let progress = Progress::new();
    let made = make(Change {
        workspace: &workspace,
        request: DefinitionRequest {
            application: application.clone(),
            name: name.to_owned(),
        },
        tell: &mut |told| progress.streams(told.done as usize, told.total as usize),
    });
    progress.finish();
    made?;
    let mut rows = output::rows(false);
    for row in definition::list(&workspace, &application)? {
        rows.write(&row)?;
    }
    output::finish(rows)
}

pub(super) fn read_text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(file).map(|read| text = read),
    };
    match read {
        Ok(()) => Ok(text),
        Err(error) => Err(Failure::Failed(format!(
            "{} cannot be read: {error}.",
            file.display()
        ))),
    }
}

pub(super) fn demo(arguments: &Arguments) -> Result<(), Failure> {
    let workspace = arguments.write()?;
    let progress = Progress::new();
    let filled = demo::fill(&workspace, &Cancel::default(), &mut |told| {
        progress.import(&told)
    });
    progress.finish();
    filled?;
    for row in dwell_api::workspace::status(&workspace)?.applications {
        output::say(&format!(
            "{}: {} events of {} people on {} devices, {} sessions",
            row.name, row.event_count, row.person_count, row.device_count, row.session_count
        ));
    }
    Ok(())
}

pub(super) fn check(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.path()?;
    if !path.exists() {
        // Checking makes no workspace.
        arguments.read()?;
    }
    let workspace = arguments.write()?;
    let progress = Progress::new();
    let report = check::run(&workspace, &Cancel::default(), &mut |done, all| {
        progress.streams(done, all);
    });
    progress.finish();
    let report = report?;
    output::object(&report)?;
    match report.ok {
        true => Ok(()),
        false => Err(Failure::Failed(report.problems.join(" "))),
    }
}
