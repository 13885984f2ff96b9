//! Session definitions: list, show, set, presets.

use dwell_model::definition::{PRESETS, Preset};
use dwell_model::{Definition, Zone};
use dwell_store::Writer;
use dwell_store::table::application::Application;
use serde::Serialize;

use crate::Cancel;
use crate::derive;
use crate::error::{ApiError, Result};
use crate::person::answer;
use crate::workspace::{Workspace, find_application, find_definition};

/// A definition of an application.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DefinitionRow {
    /// Application.
    pub application: String,
    /// Name.
    pub name: String,
    /// The definition.
    pub definition: Definition,
}

/// A preset in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PresetRow {
    /// What the command line calls it.
    pub key: &'static str,
    /// Its name.
    pub title: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// What is documented, and what is our choice.
    pub basis: &'static str,
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
    let definition = Definition::from_json(json)
        .map_err(|error| ApiError::bad_input(format!("The definition is wrong: {error}.")))?;
    store(workspace, application, definition, cancel, tell)
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
    let preset = Preset::find(key).ok_or_else(|| {
        let keys: Vec<_> = PRESETS.iter().map(|preset| preset.key).collect();
        ApiError::not_found(format!(
            "There is no preset “{key}”; there are {}.",
            keys.join(", ")
        ))
    })?;
    store(
        workspace,
        application,
        preset.definition(zone),
        cancel,
        tell,
    )
}

/// All presets.
pub fn presets() -> Vec<PresetRow> {
    let row = |preset: &Preset| PresetRow {
        key: preset.key,
        title: preset.title,
        purpose: preset.purpose,
        basis: preset.basis,
    };
    PRESETS.iter().map(row).collect()
}

fn store(
    workspace: &Workspace,
    application: &str,
    definition: Definition,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Definition> {
    workspace.store.write(|writer| {
        let application = application_or_new(writer, application, None)?;
        let definition_id = writer.set_definition(
            application.application_id,
            &definition.name,
            &definition.to_json(),
        )?;
        derive::definition(writer, &application, definition_id, &mut |done, all| {
            tell(done, all);
            cancel.check()
        })?;
        Ok(definition)
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
    writer.set_definition(
        application.application_id,
        &standard.name,
        &standard.to_json(),
    )?;
    Ok(application)
}
