//! Forgetting somebody: a user with all joined ids, or a device. Their rows go with everything that is
//! derived from them, and stay away: what is left is what importing the same files without these rows
//! gives. It must not know how events stand in the file.
//!
//! Of a user go the rows that name one of the ids, also an `alias` that joins one with somebody else, and
//! the rows without a user that were the user's (sessions, section 7). A later row without a user is told
//! by its device and time: on a device that only this user was seen on it never comes back, on one that
//! others use as well it does not at the moments when the device was this user's.

use std::collections::BTreeSet;

use dwell_model::Key;
use dwell_runtime::now_ms;
use dwell_store::table::application::Application;
use dwell_store::table::event::Gone;
use dwell_store::table::forgotten::{self, ALWAYS, ForgottenRows};
use dwell_store::{Owner, Reader, Writer};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::derive::{Derivation, LoadedStream, Profiles, RoleTable, Telling, attribute};
use crate::error::{ApiError, Result};
use crate::import::remove::read_line;
use crate::meter::{Meter, Phase};
use crate::person::answer;
use crate::workspace::{Workspace, find_application};

/// Whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// A user, with all ids that aliases join.
    User,
    /// A device, whoever used it.
    Device,
}

/// Asks to forget somebody.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ForgetRequest {
    /// Application.
    pub application: String,
    /// A user or a device.
    pub whom: Whom,
    /// Its id; any of those that aliases join.
    pub id: String,
    /// Only says what would go; nothing is changed.
    pub dry_run: bool,
}

/// What forgetting is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ForgetPhase {
    /// Taking events, copies and rejected rows out.
    Events,
    /// Building what changes of the sessions.
    Sessions,
    /// Making it durable, and what was freed unreadable.
    Saving,
}

/// How far forgetting has come; sent at most 20 times a second.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ForgetProgress {
    /// What it is doing.
    pub phase: ForgetPhase,
    /// Done part of everything, 0 to 1.
    pub done: f64,
    /// Seconds left; null until it can be told.
    pub seconds_left: Option<u64>,
}

/// Somebody who was forgotten, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Forgetting {
    /// Application.
    pub application: String,
    /// A user or a device.
    pub whom: Whom,
    /// The ids that go: of a user all that aliases join.
    pub ids: Vec<String>,
    /// Events that are no more.
    pub events_removed: u64,
    /// Events of others that stay: of a row that went somebody else's row is a copy, and counts now.
    pub events_kept: u64,
    /// Copies of events that did not count.
    pub copies_removed: u64,
    /// Rejected rows that name one of the ids.
    pub rejected_rows_removed: u64,
    /// Notes of copies that differ.
    pub conflicts_removed: u64,
    /// Sessions of the application before, over all definitions.
    pub sessions_before: u64,
    /// Sessions left in it.
    pub sessions: u64,
    /// Users that nothing names any more.
    pub users_removed: u64,
    /// Devices that have no events any more.
    pub devices_removed: u64,
    /// The imports that brought what goes, the oldest first.
    pub imports: Vec<ForgottenOfImport>,
    /// What of them stays, and why: a sentence each.
    pub stays: Vec<String>,
    /// Why pieces of what went can still be found in the bytes of the file, by means that read no
    /// database; null where they cannot. The next time that somebody is forgotten they go as well.
    pub not_erased: Option<String>,
    /// How long it took, but for writing the file anew.
    pub seconds: f64,
}

/// What of an import goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ForgottenOfImport {
    /// Number.
    pub import_id: i64,
    /// The file's name.
    pub file_name: String,
    /// Its rows that go.
    pub rows: u64,
}

/// Something that was forgotten once: no id is kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ForgettingRow {
    /// Number.
    pub forgetting_id: i64,
    /// Application.
    pub application: String,
    /// A user or a device.
    pub whom: Whom,
    /// When, UTC ms.
    pub forgotten_at_ms: i64,
    /// Events that went then.
    pub events_removed: u64,
}

impl Whom {
    fn stored(self) -> forgotten::Whom {
        match self {
            Self::User => forgotten::Whom::User,
            Self::Device => forgotten::Whom::Device,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Device => "device",
        }
    }
}

/// Forgets somebody, all or nothing. An id that nothing is known of is remembered all the same, so that no
/// import brings it.
///
/// # Errors
/// Where there is no such application, the id is blank, on cancel, or where the workspace cannot be
/// written; nothing was changed then.
pub fn run(
    workspace: &Workspace,
    request: &ForgetRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ForgetProgress),
) -> Result<Forgetting> {
    let change = |writer: &Writer<'_>| forget(writer, request, cancel, tell);
    match request.dry_run {
        true => workspace.store.rehearse(change),
        false => {
            let (mut forgotten, why_not) = workspace.write_erasing(change)?;
            forgotten.not_erased = why_not.map(|why| why.to_string());
            Ok(forgotten)
        }
    }
}

/// What was forgotten, the newest first; of all applications where the name is blank.
///
/// # Errors
/// Where there is no such application, or the file cannot be read.
pub fn list(workspace: &Workspace, application: &str) -> Result<Vec<ForgettingRow>> {
    answer(workspace, |reader| {
        let application = match application {
            "" => None,
            name => Some(find_application(reader, name)?.name),
        };
        let all = reader.forgettings(application.as_deref())?.into_iter();
        let row = |row: forgotten::Forgetting| ForgettingRow {
            forgetting_id: row.forgetting_id,
            application: row.application,
            whom: match row.whom {
                forgotten::Whom::User => Whom::User,
                forgotten::Whom::Device => Whom::Device,
            },
            forgotten_at_ms: row.forgotten_at_ms,
            events_removed: row.event_count,
        };
        Ok(all.map(row).collect())
    })
}

/// Lets imports bring somebody again, a user or a device of that id: all that was forgotten with it. What
/// was removed stays removed. Answers how many times it had been forgotten.
///
/// # Errors
/// Where nothing of that id was forgotten, there is no such application, or the workspace cannot be
/// written.
pub fn allow(workspace: &Workspace, application: &str, id: &str) -> Result<u64> {
    let key = Key::parse(id).ok_or_else(|| ApiError::bad_input("The id is blank."))?;
    workspace.write(|writer| {
        let application = find_application(writer, application)?;
        let mut count = 0;
        for whom in [forgotten::Whom::User, forgotten::Whom::Device] {
            count += writer.allow_forgotten(application.application_id, whom, &key)?;
        }
        match count {
            0 => Err(ApiError::not_found(format!(
                "Nobody of the id “{key}” was forgotten in the application “{}”.",
                application.name
            ))),
            count => Ok(count),
        }
    })
}

fn key_of(whom: Whom, id: &str) -> Result<Key> {
    Key::parse(id).ok_or_else(|| {
        ApiError::bad_input(format!(
            "The {} to forget has no id: it is blank.",
            whom.word()
        ))
    })
}

/// Who is meant, and what of theirs is in the workspace.
#[derive(Default)]
struct Subject {
    rows: ForgottenRows,
    /// Streams that may hold rows of theirs.
    streams: Vec<i64>,
    /// Users and devices that nothing may name any more, when these rows are gone.
    owners: BTreeSet<Owner>,
    stays: Vec<String>,
}

fn forget(
    writer: &Writer<'_>,
    request: &ForgetRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ForgetProgress),
) -> Result<Forgetting> {
    let key = key_of(request.whom, &request.id)?;
    let application = find_application(writer, &request.application)?;
    let application_id = application.application_id;
    let telling = Telling::until_now(writer, application_id, now_ms())?;
    let sessions_before = writer.totals(application_id)?.session_count;
    let mut tell = |phase, done, seconds_left| {
        tell(ForgetProgress {
            phase,
            done,
            seconds_left,
        });
    };
    let mut meter = Meter::new(ForgetPhase::Events, &mut tell);
    let subject = match request.whom {
        Whom::User => user(writer, &application, key)?,
        Whom::Device => device(writer, &application, key)?,
    };
    let read = |line: &str| read_line(&application.name, line);
    let gone = writer.forget_rows(
        application_id,
        &subject.rows,
        &subject.streams,
        &read,
        &mut |done, all| {
            meter.say(done, all);
            cancel.check()
        },
    )?;
    let derivation = Derivation::new(writer, &application, &telling)?;
    meter.enter(ForgetPhase::Sessions);
    derivation.finish(&gone.touched, i64::MAX, &mut |done, all| {
        meter.say(done, all);
        cancel.check()
    })?;
    meter.enter(ForgetPhase::Saving);
    let mut owners = subject.owners;
    let touched = gone.touched.iter();
    owners.extend(touched.map(|stream| Owner::from_id(stream.stream_id)));
    let owners: Vec<Owner> = owners.into_iter().collect();
    let (users_removed, devices_removed) =
        writer.forget_traces(application_id, &gone.event_ids, &owners)?;
    writer.settle_totals(application_id, gone.events)?;
    let (whom, rows) = (request.whom, &subject.rows);
    writer.remember_forgotten(application_id, whom.stored(), rows, now_ms(), gone.events)?;
    Ok(Forgetting {
        application: application.name.clone(),
        whom,
        ids: match whom {
            Whom::User => rows.users.iter().map(Key::to_string).collect(),
            Whom::Device => rows.devices.iter().map(Key::to_string).collect(),
        },
        events_removed: gone.events,
        events_kept: gone.kept,
        copies_removed: gone.copies,
        rejected_rows_removed: gone.quarantined,
        conflicts_removed: gone.conflicts,
        sessions_before,
        sessions: writer.totals(application_id)?.session_count,
        users_removed,
        devices_removed,
        imports: imports_of(writer, &gone)?,
        stays: subject.stays,
        not_erased: None,
        seconds: meter.began.elapsed().as_secs_f64(),
    })
}

fn imports_of(reader: &Reader<'_>, gone: &Gone) -> Result<Vec<ForgottenOfImport>> {
    let mut imports = Vec::new();
    for (import_id, rows) in &gone.by_import {
        if let Some(import) = reader.import(*import_id)? {
            imports.push(ForgottenOfImport {
                import_id: *import_id,
                file_name: import.file_name,
                rows: *rows,
            });
        }
    }
    Ok(imports)
}

/// A device with everything on it.
fn device(reader: &Reader<'_>, application: &Application, key: Key) -> Result<Subject> {
    let mut subject = Subject::default();
    if let Some(number) = reader.device_number(application.application_id, &key)? {
        let stream_id = Owner::Device(number).id();
        subject.streams.push(stream_id);
        subject.owners.insert(Owner::Device(number));
        for of in reader.stream_owners(stream_id)? {
            subject.owners.insert(of.owner);
            let Some(user) = of.owner.user() else {
                continue;
            };
            // An alias on the device may be all that names a user.
            let joined = reader.users_of_profile(reader.profile_of_user(user)?)?;
            subject.owners.extend(joined.into_iter().map(Owner::User));
            let streams = reader.streams_of_owner(of.owner)?;
            if streams.iter().any(|other| *other != stream_id) {
                subject.stays.push(format!(
                    "The user “{}” stays, with what came from elsewhere.",
                    reader.owner_key(of.owner)?
                ));
            }
        }
    }
    subject.rows.devices.push(key);
    Ok(subject)
}

/// A user with all joined ids, on all devices.
fn user(reader: &Reader<'_>, application: &Application, key: Key) -> Result<Subject> {
    let mut subject = Subject::default();
    let Some(number) = reader.user_number(application.application_id, &key)? else {
        subject.rows.users.push(key);
        return Ok(subject);
    };
    let profile = reader.profile_of_user(number)?;
    let person = Owner::User(profile);
    let mut streams: BTreeSet<i64> = reader
        .streams_of_person(person)?
        .into_iter()
        .map(Owner::id)
        .collect();
    for user in reader.users_of_profile(profile)? {
        subject
            .rows
            .users
            .push(reader.owner_key(Owner::User(user))?);
        subject.owners.insert(Owner::User(user));
        streams.extend(reader.streams_of_owner(Owner::User(user))?);
    }
    let (names, profiles) = (reader.event_names()?, Profiles::read(reader)?);
    let mut roles = RoleTable::new(&names, &[]);
    for stream_id in streams {
        subject.streams.push(stream_id);
        let Owner::Device(_) = Owner::from_id(stream_id) else {
            continue;
        };
        let stream = LoadedStream::load(reader, stream_id, &mut roles)?;
        let attributed = attribute(&stream, &roles, &profiles);
        let device = reader.owner_key(stream.owner)?;
        if attributed.iter().all(|of| *of == person) {
            subject.rows.unnamed.push((device, ALWAYS));
            continue;
        }
        let others = attributed.iter().filter(|of| **of != person).count();
        subject.stays.push(format!(
            "The device “{device}” stays, with {others} event{} that {} not this user's.",
            if others == 1 { "" } else { "s" },
            if others == 1 { "is" } else { "are" },
        ));
        let moments = moments_of(&stream, &attributed, person);
        let unnamed = moments.into_iter().map(|moments| (device.clone(), moments));
        subject.rows.unnamed.extend(unnamed);
    }
    Ok(subject)
}

/// When a device was a person's: from the first to the last of events in a row that are theirs, where some
/// of them name no user.
fn moments_of(stream: &LoadedStream, attributed: &[Owner], person: Owner) -> Vec<(i64, i64)> {
    let mut moments = Vec::new();
    let events: Vec<_> = stream.events.iter().zip(attributed).collect();
    for run in events.chunk_by(|a, b| *a.1 == *b.1) {
        let ([(first, of), ..], Some((last, _))) = (run, run.last()) else {
            continue;
        };
        if **of == person && run.iter().any(|(event, _)| event.user.is_none()) {
            moments.push((first.time_ms, last.time_ms));
        }
    }
    moments
}

impl Phase for ForgetPhase {
    fn part(self) -> (f64, f64) {
        match self {
            ForgetPhase::Events => (0.0, 0.5),
            ForgetPhase::Sessions => (0.5, 0.4),
            ForgetPhase::Saving => (1.0, 0.0),
        }
    }
}
