//! Finding anything by a few typed letters: people, devices, one session or event by its id, names of
//! events. Each answer says whom it leads to.

use dwell_store::fold::fold;
use dwell_store::table::application::Application;
use dwell_store::table::event::StoredEvent;
use dwell_store::{Owner, Reader};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::derive::{LoadedStream, Profiles, RoleTable, attribute};
use crate::error::{ApiError, Result};
use crate::person::{PeopleRequest, PersonKey, PersonKind, PersonRow, answer, key_of};
use crate::session::find_session;
use crate::workspace::{Workspace, find_application};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FindScope {
    /// All there is, a few of each.
    Everything,
    /// People alone, more of them.
    People,
    /// Events by id and by name, more names.
    Events,
}

/// Asks for what a text finds.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct FindRequest {
    /// Application.
    pub application: String,
    /// What was typed; blank finds the people last seen, and of events all names.
    pub text: String,
    /// What is looked for.
    pub scope: FindScope,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
pub struct Found {
    /// People, those whose name or id begins with the text first, then the last seen.
    pub people: Vec<PersonRow>,
    /// How many there are in all.
    pub people_count: u64,
    /// Devices whose id begins with the text.
    pub devices: Vec<FoundDevice>,
    /// The session of that id.
    pub session: Option<FoundSession>,
    /// The event of that id.
    pub event: Option<FoundEvent>,
    /// Names of the workspace's events with the text in them, those that begin with it first.
    pub event_names: Vec<String>,
    /// How many of these there are in all.
    pub event_name_count: u64,
    /// The newest arrival, UTC ms.
    pub as_of_ms: i64,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct FoundDevice {
    /// Id.
    pub device_id: String,
    /// Model or type, where known.
    pub model: Option<String>,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Whose it is: its users, else the one without a name.
    pub people: Vec<PersonKey>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct FoundSession {
    /// The id that it has now.
    pub session_id: String,
    /// Definition.
    pub definition: String,
    /// Start, UTC ms.
    pub started_at_ms: i64,
    /// In whose timeline it stands.
    pub person: PersonKey,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct FoundEvent {
    /// Id.
    pub event_id: String,
    /// Name.
    pub name: String,
    /// UTC ms.
    pub time_ms: i64,
    /// In whose timeline it stands.
    pub person: PersonKey,
}

/// Asks for the newest event of a name.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct NewestRequest {
    /// Application.
    pub application: String,
    /// Name, to the letter.
    pub name: String,
}

/// So many of each where all is looked for.
const FEW: usize = 5;
/// So many where one kind is.
const MANY: usize = 50;

/// What a text finds. Meant to be asked at every letter: stop those before by their `cancel`.
///
/// # Errors
/// Where there is no such application, the file cannot be read, or on cancel.
pub fn find(workspace: &Workspace, request: &FindRequest, cancel: &Cancel) -> Result<Found> {
    let text = request.text.trim();
    let limit = match request.scope {
        FindScope::Everything => FEW,
        FindScope::People | FindScope::Events => MANY,
    };
    let mut found = Found::default();
    cancel.check()?;
    if request.scope != FindScope::Events {
        let people = PeopleRequest {
            application: request.application.clone(),
            search: text.to_owned(),
            limit: limit as u32,
            ..PeopleRequest::default()
        };
        let page = crate::person::list(workspace, &people)?;
        found.people = page.rows;
        found.people_count = page.total;
        found.as_of_ms = page.as_of_ms;
    }
    if request.scope == FindScope::People {
        return Ok(found);
    }
    cancel.check()?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        if request.scope == FindScope::Everything && !text.is_empty() {
            found.devices = devices(reader, &application, text, limit)?;
            found.session = session(reader, &application, text)?;
        }
        if !text.is_empty() {
            cancel.check()?;
            found.event = event(reader, &application, text)?;
        }
        if !text.is_empty() || request.scope == FindScope::Events {
            let names = names(reader, text)?;
            found.event_name_count = names.len() as u64;
            found.event_names = names.into_iter().take(limit).collect();
        }
        Ok(found)
    })
}

/// The newest event of a name, to be shown where it happened.
///
/// # Errors
/// Where there is no such application or no event of that name in it, the file cannot be read, or on
/// cancel.
pub fn newest(
    workspace: &Workspace,
    request: &NewestRequest,
    cancel: &Cancel,
) -> Result<FoundEvent> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let mut hear = |_, _| cancel.flow();
        let place = reader.newest_of_name(application.application_id, &request.name, &mut hear)?;
        cancel.check()?;
        match place {
            Some(place) => found_event(reader, reader.event_at(place)?),
            None => Err(ApiError::not_found(format!(
                "No event of the application “{}” is called “{}”.",
                application.name, request.name
            ))),
        }
    })
}

fn devices(
    reader: &Reader<'_>,
    application: &Application,
    text: &str,
    limit: usize,
) -> Result<Vec<FoundDevice>> {
    let numbers = reader.devices_beginning(application.application_id, text, limit)?;
    let mut devices = Vec::with_capacity(numbers.len());
    for number in numbers {
        // One that was named and has no events is none yet.
        let Some(device) = reader.device(number)? else {
            continue;
        };
        let user = |number: &i64| {
            let person = Owner::User(*number);
            Ok(key_of(person, &reader.owner_key(person)?))
        };
        let mut people = device.users.iter().map(user).collect::<Result<Vec<_>>>()?;
        people.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        if people.is_empty() {
            people.push(PersonKey {
                kind: PersonKind::Anonymous,
                id: device.key.to_string(),
            });
        }
        devices.push(FoundDevice {
            device_id: device.key.to_string(),
            model: crate::device::in_short(&device.context).0,
            last_seen_ms: device.last_seen_ms,
            people,
        });
    }
    Ok(devices)
}

fn session(
    reader: &Reader<'_>,
    application: &Application,
    text: &str,
) -> Result<Option<FoundSession>> {
    let (compiled, record) = match find_session(reader, application, text) {
        Ok(found) => found,
        Err(error) if error.code == crate::ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(FoundSession {
        session_id: record.session_id.to_string(),
        definition: compiled.definition.name.clone(),
        started_at_ms: record.started_at_ms,
        person: key_of(record.person, &reader.owner_key(record.person)?),
    }))
}

fn event(reader: &Reader<'_>, application: &Application, text: &str) -> Result<Option<FoundEvent>> {
    match reader.event_place(application.application_id, text)? {
        Some(place) => found_event(reader, reader.event_at(place)?).map(Some),
        None => Ok(None),
    }
}

fn found_event(reader: &Reader<'_>, stored: StoredEvent) -> Result<FoundEvent> {
    let person = person_of(reader, &stored)?;
    Ok(FoundEvent {
        event_id: stored.event.event_id.to_string(),
        name: stored.event.name.to_string(),
        time_ms: stored.event.time_ms,
        person: key_of(person, &reader.owner_key(person)?),
    })
}

/// Whose an event is (sessions, section 7).
fn person_of(reader: &Reader<'_>, stored: &StoredEvent) -> Result<Owner> {
    let names = reader.event_names()?;
    let mut roles = RoleTable::new(&names, &[]);
    let stream = LoadedStream::load(reader, stored.place.stream_id, &mut roles)?;
    let persons = attribute(&stream, &roles, &Profiles::read(reader)?);
    let whose = stream
        .events
        .iter()
        .zip(persons)
        .find(|(event, _)| event.number == stored.place.event_number);
    Ok(whose.map_or(stream.owner, |(_, person)| person))
}

/// Names with a text in them, those that begin with it first.
fn names(reader: &Reader<'_>, text: &str) -> Result<Vec<String>> {
    let wanted = fold(text);
    let mut names: Vec<(bool, String)> = reader
        .event_names()?
        .into_values()
        .filter_map(|name| {
            let at = fold(&name).find(&wanted)?;
            Some((at > 0, name.into()))
        })
        .collect();
    names.sort_unstable();
    Ok(names.into_iter().map(|(_, name)| name).collect())
}
