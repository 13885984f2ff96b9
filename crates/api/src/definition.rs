//! Session definitions: list, show, set, presets.

use std::ops::RangeInclusive;
use std::time::Instant;

use dwell_model::definition::{
    BACKGROUND_SECONDS, GRACE_SECONDS, INACTIVITY_SECONDS, MAX_LENGTH_SECONDS, PRESETS, Preset,
    PresetKind, range_words,
};
use dwell_model::zone::ZONE_DATA_VERSION;
use dwell_model::{Definition, Zone};
use dwell_runtime::now_ms;
use dwell_sessionizer::explain::words::Clock;
use dwell_store::table::application::Application;
use dwell_store::table::definition::StoredDefinition;
use dwell_store::{Reader, Writer};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::derive::{self, Rebuilt};
use crate::error::{ApiError, Result};
use crate::import::{TELL_EVERY, seconds_left};
use crate::person::answer;
use crate::workspace::{Workspace, find_application, find_definition, parse_zone};
use crate::zone_data;

mod undo;

pub use undo::UndoRow;

/// A definition of an application.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct DefinitionRow {
    /// Application.
    pub application: String,
    /// Name.
    pub name: String,
    /// The definition.
    pub definition: Definition,
}

/// A preset in words, with its definition.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PresetRow {
    /// What the command line calls it.
    pub key: &'static str,
    /// Its name.
    pub title: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// What is documented, and what is our choice.
    pub basis: &'static str,
    /// Whether it does as another product does, for comparison.
    pub is_comparison: bool,
    /// The definition, with the application's zone where it needs one.
    pub definition: Definition,
}

/// Everything that the screen of session rules shows before anything is tried.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RulesPage {
    /// The definitions, the oldest first.
    pub definitions: Vec<RulesRow>,
    /// Ready definitions to start from.
    pub presets: Vec<PresetRow>,
    /// What each number may be.
    pub ranges: Vec<FieldRange>,
    /// Events that a rebuild goes through.
    pub event_count: u64,
    /// About how long a rebuild takes; null where there are no events.
    pub rebuild_seconds: Option<f64>,
    /// Definitions that were removed and can be brought back.
    pub removed: Vec<RemovedRules>,
}

/// A definition that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct RemovedRules {
    /// Name.
    pub name: String,
    /// What an undo would bring back.
    pub undo: UndoRow,
}

/// A definition in use.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RulesRow {
    /// Name.
    pub name: String,
    /// The definition.
    pub definition: Definition,
    /// Its sessions.
    pub session_count: u64,
    /// What an undo would bring back; null where there is nothing to undo.
    pub undo: Option<UndoRow>,
    /// Where zone data is old, a sentence about it; null where all is well or no zone is in use.
    pub zone_note: Option<String>,
    /// Whether a rebuild would use newer zone data than its sessions were built with.
    pub is_behind: bool,
}

/// What a number of a definition may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct FieldRange {
    /// The field: `limits.inactivity_seconds`.
    pub field: &'static str,
    /// Smallest.
    pub low: i64,
    /// Largest.
    pub high: i64,
    /// In words: “1 min to 24 h”.
    pub words: String,
}

/// Asks for the rules of an application.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct RulesRequest {
    /// Application.
    pub application: String,
}

/// Asks to put a definition in place of the one of its name, or beside the others, and to build its
/// sessions.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ApplyRequest {
    /// Application.
    pub application: String,
    /// The definition as JSON.
    pub json: String,
}

/// Asks to undo the last change of a definition, to remove it, or to build its sessions again.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct DefinitionRequest {
    /// Application.
    pub application: String,
    /// The definition's name.
    pub name: String,
}

/// How far a rebuild has come; sent at most 20 times a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct RebuildProgress {
    /// Streams done.
    pub done: u64,
    /// Streams in all.
    pub total: u64,
    /// Seconds left; null until it can be told.
    pub seconds_left: Option<u64>,
}

/// An application's definitions, the oldest first.
///
/// # Errors
/// Where there is no such application, or the file cannot be read.
pub fn list(workspace: &Workspace, application: &str) -> Result<Vec<DefinitionRow>> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let all = derive::Compiled::all(reader, &application)?;
        let row = |compiled: derive::Compiled| DefinitionRow {
            application: application.name.clone(),
            name: compiled.definition.name.clone(),
            definition: compiled.definition,
        };
        Ok(all.into_iter().map(row).collect())
    })
}

/// One definition.
///
/// # Errors
/// Where there is no such application or definition, or the file cannot be read.
pub fn show(workspace: &Workspace, application: &str, name: &str) -> Result<Definition> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        Ok(find_definition(reader, &application, name)?.definition)
    })
}

/// Everything that the screen of session rules shows before anything is tried.
///
/// # Errors
/// Where there is no such application, or the file cannot be read.
pub fn rules(workspace: &Workspace, request: &RulesRequest) -> Result<RulesPage> {
    answer(workspace, |reader| {
        page(reader, &find_application(reader, &request.application)?)
    })
}

fn page(reader: &Reader<'_>, application: &Application) -> Result<RulesPage> {
    let zone = parse_zone(&application.zone)?;
    let totals = reader.totals(application.application_id)?;
    let stored = reader.definitions(application.application_id)?;
    let clock = Clock::new(zone, now_ms());
    let undo_of = |name: &str, now: Option<&Definition>| -> Result<Option<UndoRow>> {
        let Some(edit) = reader.newest_edit(application.application_id, name)? else {
            return Ok(None);
        };
        let before = edit.json.as_deref().map(read).transpose()?;
        let undo = UndoRow::new(before.as_ref(), now, edit.edited_at_ms, clock);
        Ok(Some(undo))
    };
    let row = |stored: &StoredDefinition| -> Result<RulesRow> {
        let definition = derive::Compiled::new(stored)?.definition;
        let is_behind = zone_data::is_behind(&definition, &stored.zone_data);
        Ok(RulesRow {
            name: stored.name.clone(),
            session_count: reader.session_count(stored.definition_id)?,
            undo: undo_of(&stored.name, Some(&definition))?,
            zone_note: zone_data::note(&definition, &stored.zone_data, now_ms()),
            is_behind,
            definition,
        })
    };
    let measured = stored.iter().filter_map(|stored| stored.build.map(pace));
    let slowest = measured.max_by(f64::total_cmp).unwrap_or(pace((0.0, 0)));
    let event_count = totals.event_count;
    let removed = |name: String| -> Result<Option<RemovedRules>> {
        Ok(undo_of(&name, None)?.map(|undo| RemovedRules { name, undo }))
    };
    Ok(RulesPage {
        definitions: stored.iter().map(row).collect::<Result<_>>()?,
        presets: preset_rows(zone),
        ranges: ranges(),
        event_count,
        rebuild_seconds: (event_count > 0).then_some(slowest * event_count as f64),
        removed: reader
            .removed_definitions(application.application_id)?
            .into_iter()
            .filter_map(|name| removed(name).transpose())
            .collect::<Result<_>>()?,
    })
}

/// About how many seconds a rebuild takes for each event, by one that took so long for so many: the
/// fewer they were, the more what is usual counts.
fn pace((seconds, event_count): (f64, u64)) -> f64 {
    const USUAL_SECONDS: f64 = 2e-6;
    const COUNTED_EVENTS: f64 = 10_000.0;
    (seconds + USUAL_SECONDS * COUNTED_EVENTS) / (event_count as f64 + COUNTED_EVENTS)
}

/// What each number of a definition may be.
fn ranges() -> Vec<FieldRange> {
    let range = |field, range: RangeInclusive<i64>| FieldRange {
        field,
        low: *range.start(),
        high: *range.end(),
        words: range_words(&range),
    };
    vec![
        range("limits.inactivity_seconds", INACTIVITY_SECONDS),
        range("limits.background_seconds", BACKGROUND_SECONDS),
        range("limits.max_length_seconds", MAX_LENGTH_SECONDS),
        range("grace_seconds", GRACE_SECONDS),
    ]
}

/// Sets a definition from its JSON, a new one or in place of the one of its name, and builds its
/// sessions over all events; `tell` hears the streams done of all. The application is made where it
/// does not exist.
///
/// # Errors
/// Where the definition is wrong (which field, which range), on cancel, or where the file cannot be
/// written; nothing was changed then.
pub fn set(
    workspace: &Workspace,
    application: &str,
    json: &str,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Definition> {
    let definition = read(json)?;
    workspace.write(|writer| {
        let application = application_or_new(writer, application, None)?;
        put(writer, &application, &definition, cancel, tell)
    })?;
    Ok(definition)
}

/// Sets the definition of a preset; as [`set`].
///
/// # Errors
/// Where there is no such preset, and as [`set`].
pub fn set_preset(
    workspace: &Workspace,
    application: &str,
    key: &str,
    zone: Zone,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Definition> {
    let preset = find_preset(key)?;
    let json = preset.definition(zone).to_json();
    set(workspace, application, &json, cancel, tell)
}

/// As [`set`], with progress for a window; answers the rules as they are now.
///
/// # Errors
/// As [`set`], and where there is no such application.
pub fn apply(
    workspace: &Workspace,
    request: &ApplyRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(RebuildProgress),
) -> Result<RulesPage> {
    let definition = read(&request.json)?;
    change(workspace, &request.application, |writer, application| {
        put(writer, application, &definition, cancel, &mut meter(tell))
    })
}

/// Takes back the last change of a definition and builds its sessions as they were.
///
/// # Errors
/// Where there is nothing to undo, on cancel, or where the file cannot be written; nothing was changed
/// then.
pub fn undo(
    workspace: &Workspace,
    request: &DefinitionRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(RebuildProgress),
) -> Result<RulesPage> {
    change(workspace, &request.application, |writer, application| {
        let edit = writer.newest_edit(application.application_id, &request.name)?;
        let edit = edit.ok_or_else(|| {
            ApiError::not_found(format!(
                "No change of a definition “{}” is left to undo.",
                request.name
            ))
        })?;
        match &edit.json {
            Some(json) => store(writer, application, &read(json)?, cancel, &mut meter(tell))?,
            None => drop_definition(writer, application, &request.name)?,
        }
        writer.remove_edit(edit.edit_id)?;
        Ok(())
    })
}

/// Builds a definition's sessions again, with the zone data of this program.
///
/// # Errors
/// Where there is no such definition, on cancel, or where the file cannot be written; nothing was
/// changed then.
pub fn rebuild(
    workspace: &Workspace,
    request: &DefinitionRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(RebuildProgress),
) -> Result<RulesPage> {
    change(workspace, &request.application, |writer, application| {
        let compiled = find_definition(writer, application, &request.name)?;
        let mut tell = meter(tell);
        derive::definition(
            writer,
            application,
            compiled.definition_id,
            Rebuilt::AsBefore,
            &mut |done, all| {
                tell(done, all);
                cancel.check()
            },
        )
    })
}

/// Removes a definition with its sessions; [`undo`] brings it back.
///
/// # Errors
/// Where there is no such definition, it is the application's only one, or the file cannot be written.
pub fn remove(workspace: &Workspace, request: &DefinitionRequest) -> Result<RulesPage> {
    change(workspace, &request.application, |writer, application| {
        let compiled = find_definition(writer, application, &request.name)?;
        drop_definition(writer, application, &request.name)?;
        let (application_id, json) = (application.application_id, compiled.definition.to_json());
        let before = Some((compiled.definition_id, &*json));
        writer.add_edit(application_id, &request.name, before, now_ms())?;
        Ok(())
    })
}

/// Changes an application's definitions; answers the rules as they are then.
fn change(
    workspace: &Workspace,
    application: &str,
    write: impl FnOnce(&Writer<'_>, &Application) -> Result<()>,
) -> Result<RulesPage> {
    workspace.write(|writer| {
        let application = find_application(writer, application)?;
        write(writer, &application)?;
        page(writer, &application)
    })
}

fn read(json: &str) -> Result<Definition> {
    Definition::from_json(json)
        .map_err(|error| ApiError::bad_input(format!("The definition is wrong: {error}.")))
}

fn drop_definition(writer: &Writer<'_>, application: &Application, name: &str) -> Result<()> {
    let all = writer.definitions(application.application_id)?;
    let Some(stored) = all.iter().find(|stored| stored.name == name) else {
        return Ok(());
    };
    if all.len() == 1 {
        return Err(ApiError::bad_input(format!(
            "“{name}” is the only definition of the application “{}”, which needs one.",
            application.name
        )));
    }
    writer.remove_definition(stored.definition_id)?;
    Ok(())
}

/// Stores a definition and remembers what it was before.
fn put(
    writer: &Writer<'_>,
    application: &Application,
    definition: &Definition,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<()> {
    let stored = writer.definitions(application.application_id)?;
    let before = stored.iter().find(|stored| stored.name == definition.name);
    let before = before.map(|stored| (stored.definition_id, stored.json.as_str()));
    if before.map(|(_, json)| json) != Some(&definition.to_json()) {
        writer.add_edit(
            application.application_id,
            &definition.name,
            before,
            now_ms(),
        )?;
    }
    store(writer, application, definition, cancel, tell)
}

fn store(
    writer: &Writer<'_>,
    application: &Application,
    definition: &Definition,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<()> {
    let definition_id = writer.set_definition(
        application.application_id,
        &definition.name,
        &definition.to_json(),
    )?;
    let rules = Rebuilt::ByOtherRules;
    derive::definition(
        writer,
        application,
        definition_id,
        rules,
        &mut |done, all| {
            tell(done, all);
            cancel.check()
        },
    )
}

/// Tells a window how far a rebuild has come, not too often.
fn meter(tell: &mut dyn FnMut(RebuildProgress)) -> impl FnMut(usize, usize) {
    let began = Instant::now();
    let mut told: Option<Instant> = None;
    move |done, all| {
        if told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        told = Some(Instant::now());
        tell(RebuildProgress {
            done: done as u64,
            total: all as u64,
            seconds_left: seconds_left(began, Some(done as f64 / all.max(1) as f64)),
        });
    }
}

/// All presets; `zone` is used where one splits at midnight.
pub fn preset_rows(zone: Zone) -> Vec<PresetRow> {
    let row = |preset: &Preset| PresetRow {
        key: preset.key,
        title: preset.title,
        purpose: preset.purpose,
        basis: preset.basis,
        is_comparison: preset.kind == PresetKind::Comparison,
        definition: preset.definition(zone),
    };
    PRESETS.iter().map(row).collect()
}

/// Adds the definition of a preset to an application that has no events yet.
///
/// # Errors
/// Where there is no such preset, or the file cannot be written.
pub(crate) fn add_preset(
    writer: &Writer<'_>,
    application: &Application,
    key: &str,
    zone: Zone,
) -> Result<()> {
    let definition = find_preset(key)?.definition(zone);
    let definition_id = writer.set_definition(
        application.application_id,
        &definition.name,
        &definition.to_json(),
    )?;
    writer.note_build(definition_id, ZONE_DATA_VERSION, None)?;
    Ok(())
}

fn find_preset(key: &str) -> Result<&'static Preset> {
    Preset::find(key).ok_or_else(|| {
        let keys: Vec<_> = PRESETS.iter().map(|preset| preset.key).collect();
        ApiError::not_found(format!(
            "There is no preset “{key}”; there are {}.",
            keys.join(", ")
        ))
    })
}

/// The application of that name, made with the standard definition where it does not exist.
pub(crate) fn application_or_new(
    writer: &Writer<'_>,
    name: &str,
    zone: Option<Zone>,
) -> Result<Application> {
    if let Some(known) = writer.application(name)? {
        return Ok(known);
    }
    let characters = name.chars().count();
    if name.trim() != name || !(1..=100).contains(&characters) {
        return Err(ApiError::bad_input(format!(
            "An application's name has 1 to 100 characters and no white space at its ends; “{name}” \
             has not."
        )));
    }
    let application = writer.add_application(name, zone.unwrap_or(Zone::UTC).name())?;
    let standard = Definition::standard();
    let definition_id = writer.set_definition(
        application.application_id,
        &standard.name,
        &standard.to_json(),
    )?;
    writer.note_build(definition_id, ZONE_DATA_VERSION, None)?;
    Ok(application)
}
