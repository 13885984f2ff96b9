//! One function per command, and what they share: which workspace, which applications, which moment.

mod backup;
mod forget;
mod list;
mod quarantine;
mod what_if;
mod write;

use std::path::PathBuf;

use dwell_api::backup::BeforeUpdate;
use dwell_api::{Cancel, Workspace, definition};
use dwell_model::{Zone, time};

use crate::Failure;
use crate::arguments::{
    Arguments, Catalog, Command, Definition, Device, Event, Imports, Quarantine, Session, User,
};

/// Runs what was typed.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Import(import) => write::import(arguments, import),
        Command::Imports(Imports::List(table)) => list::imports(arguments, table.csv),
        Command::Imports(Imports::Remove { id, dry_run }) => {
            write::remove_import(arguments, *id, *dry_run)
        }
        Command::Forget(asked) => forget::forget(arguments, asked),
        Command::Quarantine(Quarantine::List { groups: true, .. }) => quarantine::groups(arguments),
        Command::Quarantine(Quarantine::List {
            conflicts: true,
            table,
            ..
        }) => list::conflicts(arguments, table.csv),
        Command::Quarantine(Quarantine::List { table, .. }) => {
            list::quarantine(arguments, table.csv)
        }
        Command::Quarantine(Quarantine::Export { file, choose }) => {
            quarantine::export(arguments, choose, file)
        }
        Command::Quarantine(Quarantine::Retry(mend)) => quarantine::retry(arguments, mend),
        Command::Definition(Definition::List) => list::definitions(arguments),
        Command::Definition(Definition::Show { name }) => list::definition(arguments, name),
        Command::Definition(Definition::Set { file }) => write::definition(arguments, file),
        Command::Definition(Definition::Preset { name: Some(name) }) => {
            write::preset(arguments, name)
        }
        Command::Definition(Definition::Preset { name: None }) => list::presets(arguments),
        Command::Definition(Definition::Compare { name }) => list::comparison(arguments, name),
        Command::Definition(Definition::Remove { name }) => {
            write::change_definition(arguments, name, |change| {
                definition::remove(change.workspace, &change.request)
            })
        }
        Command::Definition(Definition::Undo { name }) => {
            write::change_definition(arguments, name, |change| {
                let cancel = Cancel::default();
                definition::undo(change.workspace, &change.request, &cancel, change.tell)
            })
        }
        Command::Definition(Definition::Rebuild { name }) => {
            write::change_definition(arguments, name, |change| {
                let cancel = Cancel::default();
                definition::rebuild(change.workspace, &change.request, &cancel, change.tell)
            })
        }
        Command::Session(Session::List {
            filter,
            choice,
            as_of,
            events,
            table,
        }) => {
            let request =
                list::session_request(arguments, filter, choice, as_of.as_deref(), *events)?;
            list::sessions(arguments, filter, &request, table.csv)
        }
        Command::Session(Session::Show { id, as_of }) => {
            list::session(arguments, id, as_of.as_deref())
        }
        Command::Event(Event::List {
            filter,
            derived: false,
            table,
            ..
        }) => list::events(arguments, filter, table.csv),
        Command::Event(Event::List {
            filter,
            derived: true,
            as_of,
            table,
        }) => list::derived(arguments, filter, as_of.as_deref(), table.csv),
        Command::Event(Event::Show { id }) => list::event(arguments, id),
        Command::Catalog(Catalog::List(table)) => list::event_names(arguments, table.csv),
        Command::User(User::List(table)) => list::users(arguments, table.csv),
        Command::User(User::Show { id }) => list::user(arguments, id),
        Command::Device(Device::List(table)) => list::devices(arguments, table.csv),
        Command::Device(Device::Show { id }) => list::device(arguments, id),
        Command::WhatIf(what_if) => what_if::show(arguments, what_if),
        Command::Demo => write::demo(arguments),
        Command::Backup { file } => backup::make(arguments, file),
        Command::Restore { file } => backup::restore(arguments, file),
        Command::Check => write::check(arguments),
    }
}

impl Arguments {
    fn path(&self) -> Result<PathBuf, Failure> {
        match &self.workspace {
            Some(path) => Ok(path.clone()),
            None => Ok(dwell_api::workspace::default_path()?),
        }
    }

    /// The workspace, to be read.
    fn read(&self) -> Result<Workspace, Failure> {
        self.check_zone()?;
        Ok(Workspace::read_with(&self.path()?, self.before_update())?)
    }

    /// The workspace, to be written; made where it does not exist.
    fn write(&self) -> Result<Workspace, Failure> {
        self.check_zone()?;
        let path = self.path()?;
        if self.workspace.is_none() {
            dwell_api::workspace::make_folder_of(&path)?;
        }
        Ok(Workspace::open_with(
            &path,
            self.before_update(),
            &mut |_| {},
        )?)
    }

    fn before_update(&self) -> BeforeUpdate {
        match self.without_backup {
            true => BeforeUpdate::Go,
            false => BeforeUpdate::Keep,
        }
    }

    /// The workspace, to be changed; one that does not exist is not made.
    fn change(&self) -> Result<Workspace, Failure> {
        drop(self.read()?);
        self.write()
    }

    fn check_zone(&self) -> Result<(), Failure> {
        match self.zone.as_deref().map(Zone::parse) {
            Some(Err(error)) => Err(Failure::Usage(format!("--zone: {error}."))),
            _ => Ok(()),
        }
    }

    /// The applications that a list tells of: the one named, else all; with their zones.
    fn applications(&self, workspace: &Workspace) -> Result<Vec<(String, String)>, Failure> {
        let all = dwell_api::workspace::status(workspace)?
            .applications
            .into_iter();
        let all = all.map(|row| (row.name, self.zone.clone().unwrap_or(row.zone)));
        match &self.application {
            None => Ok(all.collect()),
            Some(wanted) => {
                let found: Vec<_> = all.filter(|(name, _)| name == wanted).collect();
                match found.is_empty() {
                    true => Err(Failure::Failed(format!(
                        "There is no application “{wanted}” in the workspace."
                    ))),
                    false => Ok(found),
                }
            }
        }
    }

    /// The first answer that an application has, for questions after one thing by its id.
    fn first_answer<T>(
        &self,
        workspace: &Workspace,
        mut ask: impl FnMut(&str, &str) -> dwell_api::Result<T>,
    ) -> Result<T, Failure> {
        let mut refused = None;
        for (application, zone) in self.applications(workspace)? {
            match ask(&application, &zone) {
                Ok(answer) => return Ok(answer),
                Err(error) if error.code == dwell_api::ErrorCode::NotFound => {
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(match refused {
            Some(error) => error.into(),
            None => Failure::Failed("The workspace is empty: import events first.".to_owned()),
        })
    }

    /// A typed moment; without an offset it is in the zone of `--zone`, or UTC.
    fn moment(&self, option: &str, text: Option<&str>) -> Result<Option<i64>, Failure> {
        let Some(text) = text else { return Ok(None) };
        let zone = self.zone.as_deref().and_then(|name| Zone::parse(name).ok());
        let moment = time::parse_text(text, zone.unwrap_or(Zone::UTC));
        moment.map(Some).ok_or_else(|| {
            Failure::Usage(format!(
                "{option}: “{text}” is no time; times look like 2026-11-20T14:58:20Z."
            ))
        })
    }
}
