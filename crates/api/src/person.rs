//! People: known users, and devices on which nobody is known.

use dwell_model::{Key, Properties, State, Value};
use dwell_store::fold::fold;
use dwell_store::read::person::{Matching, PeopleCursor, PeopleFilter, Person};
use dwell_store::table::application::Application;
use dwell_store::{Owner, Reader};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::session::StateName;
use crate::workspace::{Workspace, as_of, find_application, find_definition};

/// Whom a person key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// A user id.
    User,
    /// A device on which no user is known.
    Anonymous,
}

/// Names one person of an application: links and requests carry it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct PersonKey {
    /// User or anonymous.
    pub kind: PersonKind,
    /// The user's or the device's id as text.
    pub id: String,
}

/// Asks for a page of the list of people.
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct PeopleRequest {
    /// Application.
    pub application: String,
    /// Part of a name, id, e-mail, device id or any property; blank is everyone. Case and accents do
    /// not matter.
    pub search: String,
    /// Only people whose id, name or a word of the name begins with the search: found at once among
    /// any number of people. Absent is no.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub only_beginning: bool,
    /// Only people seen within so many hours before the newest arrival.
    pub last_seen_hours: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500.
    pub limit: u32,
}

/// People, the last seen first; with a search those whose name or id begins with it first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PeoplePage {
    /// At most `limit` rows.
    pub rows: Vec<PersonRow>,
    /// How many match in all.
    pub total: u64,
    /// For the next page; null at the end.
    pub next: Option<String>,
    /// The newest arrival, UTC ms.
    pub as_of_ms: i64,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PersonRow {
    /// Key.
    pub person: PersonKey,
    /// Display name from the properties name, full_name, first_name + last_name, username or email.
    pub name: Option<String>,
    /// Time of the last event, UTC ms.
    pub last_seen_ms: i64,
    /// Whether a session is active as of the newest arrival.
    pub is_active: bool,
    /// Sessions of the application's first definition.
    pub session_count: u64,
    /// Events.
    pub event_count: u64,
    /// Sessions a day over the last 14 UTC days up to the newest arrival, oldest first.
    pub daily_sessions: Vec<u32>,
    /// Where the search was found, when it is neither name nor id: property and value.
    pub found_in: Option<PropertyRow>,
}

/// A property in words: numbers as the source wrote them.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PropertyRow {
    /// Name.
    pub key: String,
    /// text, number, bool, null or list.
    #[serde(rename = "type")]
    pub value_type: String,
    /// As people read it.
    pub value: String,
}

/// Asks for one person.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct PersonRequest {
    /// Application.
    pub application: String,
    /// Definition whose sessions count; blank is the application's first.
    pub definition: String,
    /// Who.
    pub person: PersonKey,
}

/// One person's head: what stands above the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PersonDetail {
    /// Key.
    pub person: PersonKey,
    /// Display name.
    pub name: Option<String>,
    /// State of the newest session; null without sessions.
    pub state: Option<StateName>,
    /// First event, UTC ms.
    pub first_seen_ms: i64,
    /// Last event, UTC ms.
    pub last_seen_ms: i64,
    /// Events.
    pub event_count: u64,
    /// Sessions of the definition.
    pub session_count: u64,
    /// The definition these are of.
    pub definition: String,
    /// Custom properties, by name.
    pub properties: Vec<PropertyRow>,
    /// Devices, the last seen first.
    pub devices: Vec<PersonDevice>,
    /// The zone of the newest context snapshot or of a `timezone` property; null where unknown.
    pub zone: Option<String>,
}

/// A device of a person.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct PersonDevice {
    /// Id as text.
    pub device_id: String,
    /// Model or type, where known.
    pub model: Option<String>,
    /// Operating system and version, where known.
    pub system: Option<String>,
    /// App version, where known.
    pub app_version: Option<String>,
    /// This person's first event on it, UTC ms.
    pub first_seen_ms: i64,
    /// This person's last event on it, UTC ms.
    pub last_seen_ms: i64,
    /// This person's events on it.
    pub event_count: u64,
}

/// Days of the little curve beside each person.
const CURVE_DAYS: usize = 14;
const DAY_MS: i64 = 86_400_000;

/// A page of people.
///
/// # Errors
/// Where the request is wrong or the file cannot be read.
pub fn list(workspace: &Workspace, request: &PeopleRequest) -> Result<PeoplePage> {
    if !(1..=500).contains(&request.limit) {
        return Err(ApiError::bad_input("A page has 1 to 500 rows."));
    }
    let after = request.after.as_deref().map(cursor_of).transpose()?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let as_of_ms = as_of(reader, &application, None)?;
        let definition = reader
            .definitions(application.application_id)?
            .first()
            .map(|stored| stored.definition_id);
        let filter = PeopleFilter {
            search: request.search.clone(),
            seen_since_ms: seen_since(reader, &application, request.last_seen_hours)?,
            only_users: false,
            matching: match request.only_beginning {
                true => Matching::Beginning,
                false => Matching::Anywhere,
            },
        };
        let people = reader.people(application.application_id, &filter, after, request.limit)?;
        let total = reader.people_count(application.application_id, &filter)?;
        let next = match people.len() == request.limit as usize {
            true => people
                .last()
                .map(|last| format!("{}:{}:{}", last.rank, last.last_seen_ms, last.person.id())),
            false => None,
        };
        let search = fold(request.search.trim());
        let row = |person: &Person| -> Result<PersonRow> {
            let since_ms = (as_of_ms.div_euclid(DAY_MS) - (CURVE_DAYS as i64 - 1)) * DAY_MS;
            let (mut daily, mut is_active, mut session_count) = (vec![0; CURVE_DAYS], false, 0);
            if let Some(definition_id) = definition {
                let recent =
                    reader.recent_sessions_of_person(definition_id, person.person, since_ms)?;
                for (started_at_ms, closes_at_ms) in recent {
                    let day = (started_at_ms - since_ms).div_euclid(DAY_MS) as usize;
                    if let Some(count) = daily.get_mut(day) {
                        *count += 1;
                    }
                    is_active |= as_of_ms < closes_at_ms;
                }
                session_count = reader.session_count_of_person(definition_id, person.person)?;
            }
            Ok(PersonRow {
                person: key_of(person.person, &person.key),
                name: person.name.clone(),
                last_seen_ms: person.last_seen_ms,
                is_active,
                session_count,
                event_count: person.event_count,
                daily_sessions: daily,
                found_in: found_in(reader, person, &search)?,
            })
        };
        Ok(PeoplePage {
            rows: people.iter().map(row).collect::<Result<_>>()?,
            total,
            next,
            as_of_ms,
        })
    })
}

/// The moment after which people were seen within so many hours before the newest arrival, UTC ms.
fn seen_since(
    reader: &Reader<'_>,
    application: &Application,
    hours: Option<u32>,
) -> Result<Option<i64>> {
    let Some(hours) = hours else { return Ok(None) };
    Ok(Some(
        as_of(reader, application, None)? - i64::from(hours) * 3_600_000,
    ))
}

/// Reads into memory what a search for people needs, so that the first one need not wait for it. `tell`
/// hears how many people of all are read.
///
/// # Errors
/// Where there is no such application, the file cannot be read, or on cancel.
pub fn prepare_search(
    workspace: &Workspace,
    application: &str,
    cancel: &Cancel,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<()> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let mut hear = |done, all| {
            tell(done, all);
            cancel.flow()
        };
        match reader.prepare_search(application.application_id, &mut hear)? {
            true => Ok(()),
            false => Err(ApiError::cancelled()),
        }
    })
}

/// One person's head.
///
/// # Errors
/// Where there is no such person or definition, or the file cannot be read.
pub fn show(workspace: &Workspace, request: &PersonRequest) -> Result<PersonDetail> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let person = find(reader, &application, &request.person)?;
        let found = reader
            .person(person)?
            .ok_or_else(|| unknown(&request.person))?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let as_of_ms = as_of(reader, &application, None)?;
        let newest = reader.newest_session_of_person(compiled.definition_id, person)?;
        let devices = reader.devices_of_person(person)?.into_iter().map(|device| {
            let (model, system, app_version) = crate::device::in_short(&device.context);
            PersonDevice {
                device_id: device.device.to_string(),
                model,
                system,
                app_version,
                first_seen_ms: device.first_seen_ms,
                last_seen_ms: device.last_seen_ms,
                event_count: device.event_count,
            }
        });
        Ok(PersonDetail {
            person: request.person.clone(),
            name: found.name,
            state: newest.map(|(closes, expires)| State::at(as_of_ms, closes, expires).into()),
            first_seen_ms: found.first_seen_ms,
            last_seen_ms: found.last_seen_ms,
            event_count: found.event_count,
            session_count: reader.session_count_of_person(compiled.definition_id, person)?,
            definition: compiled.definition.name,
            properties: property_rows(&found.properties),
            devices: devices.collect(),
            zone: found.zone,
        })
    })
}

/// A person of a list of everyone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserRow {
    /// Application.
    pub application: String,
    /// Id; null of a person without one, who is known by the device alone.
    pub user_id: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// First event, UTC ms.
    pub first_seen: i64,
    /// Last event, UTC ms.
    pub last_seen: i64,
    /// Events, those on its devices before it was known included.
    pub event_count: u64,
    /// Sessions of the application's oldest definition.
    pub session_count: u64,
    /// Devices, the last seen first.
    pub devices: Vec<String>,
    /// IANA zone, where known.
    pub zone: Option<String>,
    /// Custom properties.
    pub properties: Properties,
}

/// Which people a walk comes by.
#[derive(Clone, Debug, Default)]
pub struct PeopleWalk {
    /// Application.
    pub application: String,
    /// As [`PeopleRequest::search`].
    pub search: String,
    /// As [`PeopleRequest::last_seen_hours`].
    pub last_seen_hours: Option<u32>,
    /// Known users only.
    pub only_users: bool,
}

/// Walks an application's people in the order of the list.
///
/// # Errors
/// Where the file cannot be read, or what `each` fails with.
pub fn walk(
    workspace: &Workspace,
    request: &PeopleWalk,
    mut each: impl FnMut(UserRow) -> Result<()>,
) -> Result<()> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let filter = PeopleFilter {
            search: request.search.clone(),
            seen_since_ms: seen_since(reader, &application, request.last_seen_hours)?,
            only_users: request.only_users,
            matching: Matching::Anywhere,
        };
        let mut after = None;
        loop {
            let page = reader.people(application.application_id, &filter, after, 500)?;
            for person in &page {
                each(user_row(reader, &application, person)?)?;
            }
            match page.last() {
                Some(last) if page.len() == 500 => {
                    after = Some(PeopleCursor {
                        rank: last.rank,
                        last_seen_ms: last.last_seen_ms,
                        person_id: last.person.id(),
                    });
                }
                _ => return Ok(()),
            }
        }
    })
}

/// One known user.
///
/// # Errors
/// Where there is no such user, or the file cannot be read.
pub fn user(workspace: &Workspace, application: &str, user_id: &str) -> Result<UserRow> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let key = PersonKey {
            kind: PersonKind::User,
            id: user_id.to_owned(),
        };
        let person = find(reader, &application, &key)?;
        let found = reader.person(person)?.ok_or_else(|| unknown(&key))?;
        user_row(reader, &application, &found)
    })
}

fn user_row(reader: &Reader<'_>, application: &Application, person: &Person) -> Result<UserRow> {
    let definitions = reader.definitions(application.application_id)?;
    let session_count = match definitions.first() {
        Some(first) => reader.session_count_of_person(first.definition_id, person.person)?,
        None => 0,
    };
    let devices = reader.devices_of_person(person.person)?;
    Ok(UserRow {
        application: application.name.clone(),
        user_id: person.person.user().map(|_| person.key.to_string()),
        name: person.name.clone(),
        first_seen: person.first_seen_ms,
        last_seen: person.last_seen_ms,
        event_count: person.event_count,
        session_count,
        devices: devices
            .iter()
            .map(|device| device.device.to_string())
            .collect(),
        zone: person.zone.clone(),
        properties: person.properties.clone(),
    })
}

/// Runs a question in one consistent view.
pub(crate) fn answer<T>(
    workspace: &Workspace,
    ask: impl FnOnce(&Reader<'_>) -> Result<T>,
) -> Result<T> {
    workspace.store.read(|reader| Ok(ask(reader)))?
}

/// The owner that a key names.
pub(crate) fn find(
    reader: &Reader<'_>,
    application: &Application,
    person: &PersonKey,
) -> Result<Owner> {
    let key = Key::parse(&person.id).ok_or_else(|| unknown(person))?;
    let found = match person.kind {
        PersonKind::User => {
            let user = reader
                .user_number(application.application_id, &key)?
                .ok_or_else(|| unknown(person))?;
            // Every id of a joined user finds the one person.
            Owner::User(reader.profile_of_user(user)?)
        }
        PersonKind::Anonymous => reader
            .device_number(application.application_id, &key)?
            .map(Owner::Device)
            .ok_or_else(|| unknown(person))?,
    };
    Ok(found)
}

/// The key of a person.
pub(crate) fn key_of(person: Owner, key: &Key) -> PersonKey {
    let kind = match person {
        Owner::User(_) => PersonKind::User,
        Owner::Device(_) => PersonKind::Anonymous,
    };
    PersonKey {
        kind,
        id: key.to_string(),
    }
}

fn unknown(person: &PersonKey) -> ApiError {
    ApiError::not_found(match person.kind {
        PersonKind::User => format!("There is no user “{}” in this application.", person.id),
        PersonKind::Anonymous => format!(
            "There is nobody without a name on a device “{}” in this application.",
            person.id
        ),
    })
}

/// Properties in words.
pub(crate) fn property_rows(properties: &Properties) -> Vec<PropertyRow> {
    properties
        .iter()
        .map(|(key, value)| property_row(key, value))
        .collect()
}

/// One property in words.
pub(crate) fn property_row(key: &str, value: &Value) -> PropertyRow {
    PropertyRow {
        key: key.to_owned(),
        value_type: value.type_name().to_owned(),
        value: value.shown(),
    }
}

/// The property or device in which a search was found, where name and id do not hold it.
fn found_in(reader: &Reader<'_>, person: &Person, search: &str) -> Result<Option<PropertyRow>> {
    let holds = |text: &str| fold(text).contains(search);
    let is_obvious = search.is_empty()
        || person.name.as_deref().is_some_and(holds)
        || holds(&person.key.to_string());
    if is_obvious {
        return Ok(None);
    }
    let found = person
        .properties
        .iter()
        .find(|(_, value)| holds(&value.shown()));
    if let Some((key, value)) = found {
        return Ok(Some(property_row(key, value)));
    }
    let devices = reader.devices_of_person(person.person)?;
    let mut texts = devices.iter().flat_map(|device| device.search_texts());
    let device = texts.find(|text| holds(text));
    Ok(device.map(|text| property_row("device", &Value::text(text))))
}

fn cursor_of(text: &str) -> Result<PeopleCursor> {
    let mut numbers = text.split(':').map(|part| part.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next()) {
        (Some(rank), Some(last_seen_ms), Some(person_id)) => Ok(PeopleCursor {
            rank,
            last_seen_ms,
            person_id,
        }),
        _ => Err(ApiError::bad_input("That is no page of this list.")),
    }
}
