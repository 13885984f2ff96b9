//! Events: rows of a session or a person, and one event with everything that is known of it.

mod finder;

use std::collections::BTreeMap;

use dwell_ingest::{CONTEXT_GROUPS, group_of};
use dwell_model::definition::{Role, Scope};
use dwell_model::event::NativeEvent;
use dwell_model::{Event, EventType, Properties};
use dwell_runtime::derived::{Derived, SESSION_STARTED, happened, id_of};
use dwell_store::table::emission::Emission;
use dwell_store::table::event::{Place, StoredEvent};
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::derive::{Compiled, LoadedStream, Profiles, RoleTable, attribute};
use crate::derived;
use crate::error::{ApiError, Result};
use crate::explained::{late_note, why_in_none};
use crate::person::{PersonKey, PropertyRow, answer, find, property_row, property_rows};
use crate::session::{device_number, find_session, user_number};
use crate::workspace::{Workspace, as_of, find_application, find_definition, parse_zone};
use finder::SessionFinder;

/// Which events.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EventScope {
    /// Of one session, oldest first.
    Session(String),
    /// Of one person, newest first.
    Person(PersonKey),
}

/// Asks for a page of events.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct EventsRequest {
    /// Application.
    pub application: String,
    /// Which.
    pub scope: EventScope,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 1,000.
    pub limit: u32,
    /// Whether a session's derived events are wanted among its rows.
    pub with_derived: bool,
    /// Moment up to which derived events are wanted, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
}

/// Events in the order of the scope.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct EventPage {
    /// At most `limit` rows.
    pub rows: Vec<EventRow>,
    /// How many in all.
    pub total: u64,
    /// For the next page; null at the end.
    pub next: Option<String>,
}

/// One row of an event table.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct EventRow {
    /// Id.
    pub event_id: String,
    /// Name.
    pub name: String,
    /// custom or system.
    #[serde(rename = "type")]
    pub event_type: String,
    /// UTC ms, corrected.
    pub time_ms: i64,
    /// Since the event before it in the same list by time; null for the first.
    pub gap_ms: Option<i64>,
    /// Role in the definition: activity, extend, passive, start, foreground, background, end, ignored.
    pub role: String,
    /// How late it arrived; null where it was not late.
    pub late_by_ms: Option<i64>,
    /// The first properties in words, at most six.
    pub properties: Vec<PropertyRow>,
    /// How many properties there are in all.
    pub property_count: u32,
    /// Set for an event that Dwell derived from the session; `event_show` takes its id too.
    pub derived: Option<DerivedNote>,
}

/// An event that Dwell derived (sessions, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct DerivedNote {
    /// From 1; counted up when a late event changes what was already told.
    pub revision: u32,
    /// When it was emitted live, UTC ms; null where it came with an import.
    pub emitted_at_ms: Option<i64>,
}

/// Asks for one event.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct EventRequest {
    /// Application.
    pub application: String,
    /// Id.
    pub event_id: String,
    /// IANA zone for the times in the explanations.
    pub zone: String,
}

/// Everything that is known of an event.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct EventDetail {
    /// Id.
    pub event_id: String,
    /// Whether the source had none and it was derived from the content.
    pub id_is_derived: bool,
    /// Name.
    pub name: String,
    /// custom or system.
    #[serde(rename = "type")]
    pub event_type: String,
    /// UTC ms, corrected.
    pub time_ms: i64,
    /// UTC ms as the source wrote it.
    pub raw_time_ms: i64,
    /// What was added to the raw time.
    pub skew_ms: i64,
    /// When the server got it, or its time.
    pub arrival_ms: i64,
    /// As the source wrote it.
    pub received_at_ms: Option<i64>,
    /// As the source wrote it.
    pub sent_at_ms: Option<i64>,
    /// User.
    pub user_id: Option<String>,
    /// Device.
    pub device_id: Option<String>,
    /// The source's own session id.
    pub source_session_id: Option<String>,
    /// All properties in the order of the source.
    pub properties: Vec<PropertyRow>,
    /// The event's own context by group; empty where it has none.
    pub context: Vec<ContextGroup>,
    /// The device's newest snapshot at or before this event, by group, and whose it is.
    pub context_then: Vec<ContextGroup>,
    /// Time of the event that brought `context_then`; null where there is none.
    pub context_then_ms: Option<i64>,
    /// The event as JSON in the native form, indented.
    pub json: String,
    /// The file that brought it.
    pub import_file: String,
    /// Its line in that file.
    pub import_line: u64,
    /// Its session of each definition.
    pub sessions: Vec<EventSession>,
    /// Why it counts as late, in words; null where it does not.
    pub late: Option<LateNote>,
    /// Set for an event that Dwell derived: it has no file and no line.
    pub derived: Option<DerivedNote>,
}

/// Context fields of one group: device, app, screen, system, locale, session, other.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ContextGroup {
    /// Group.
    pub group: String,
    /// Fields.
    pub fields: Vec<PropertyRow>,
}

/// An event's place in one definition's sessions.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct EventSession {
    /// Definition.
    pub definition: String,
    /// Role there.
    pub role: String,
    /// The session; null where it is in none.
    pub session_id: Option<String>,
    /// Why it is in none, in words; null where it is in one.
    pub why_none: Option<String>,
}

/// A late event explained.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct LateNote {
    /// “Arrived late, still attached”.
    pub title: String,
    /// arrival - time.
    pub delay_ms: i64,
    /// What it meant for the session.
    pub explanation: String,
}

/// An event of a session with its role there.
pub(crate) struct EventInSession {
    pub(crate) stored: StoredEvent,
    pub(crate) role: Role,
}

impl Compiled {
    /// The role of an event under this definition.
    pub(crate) fn role(&self, event: &Event) -> Role {
        self.rules.role_of(&event.name, || &event.properties).0
    }

    /// The owners whose stream an event can be in under this definition.
    pub(crate) fn owners_of(
        &self,
        reader: &Reader<'_>,
        stored: &StoredEvent,
    ) -> Result<Vec<Owner>> {
        let stream_id = stored.place.stream_id;
        Ok(match (self.definition.scope, stored.user_number) {
            (Scope::Device, _) => vec![Owner::from_id(stream_id)],
            (Scope::User, Some(user)) => vec![Owner::User(reader.profile_of_user(user)?)],
            // Whoever was seen on the device before or after it.
            (Scope::User, None) => reader.people_of_stream(stream_id)?,
        })
    }
}

/// A session's events in order.
pub(crate) fn events_of(
    reader: &Reader<'_>,
    compiled: &Compiled,
    record: &SessionRecord,
) -> Result<Vec<EventInSession>> {
    members_between(
        reader,
        compiled,
        record,
        record.started_at_ms,
        record.last_time_ms,
    )
}

/// A session's events at the instants of its first and its last extending event, in order.
pub(crate) fn boundary_events(
    reader: &Reader<'_>,
    compiled: &Compiled,
    record: &SessionRecord,
) -> Result<Vec<EventInSession>> {
    let (first, last) = (record.started_at_ms, record.ended_at_ms);
    let mut events = members_between(reader, compiled, record, first, first)?;
    if last != first {
        events.extend(members_between(reader, compiled, record, last, last)?);
    }
    Ok(events)
}

fn members_between(
    reader: &Reader<'_>,
    compiled: &Compiled,
    record: &SessionRecord,
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<EventInSession>> {
    let streams = match compiled.definition.scope {
        Scope::Device => vec![record.owner],
        Scope::User => reader.streams_of_person(record.owner)?,
    };
    let mut events = Vec::with_capacity(record.event_count as usize);
    for stream in streams {
        reader.stream_range(stream.id(), from_ms, to_ms, |stored| {
            let role = compiled.role(&stored.event);
            if role != Role::Ignored
                && record.holds(stored.place.event_number, stored.place.time_ms)
            {
                events.push(EventInSession { stored, role });
            }
            Ok(())
        })?;
    }
    events.sort_by(|a, b| {
        let key = |event: &EventInSession| (event.stored.event.time_ms, event.role.rank());
        key(a)
            .cmp(&key(b))
            .then_with(|| a.stored.event.event_id.cmp(&b.stored.event.event_id))
    });
    Ok(events)
}

/// The session of a definition that holds an event.
pub(crate) fn session_of_event(
    reader: &Reader<'_>,
    compiled: &Compiled,
    stored: &StoredEvent,
) -> Result<Option<SessionRecord>> {
    if compiled.role(&stored.event) == Role::Ignored {
        return Ok(None);
    }
    let holds =
        |record: &SessionRecord| record.holds(stored.place.event_number, stored.place.time_ms);
    for owner in compiled.owners_of(reader, stored)? {
        let across = reader.sessions_across(compiled.definition_id, owner, stored.place.time_ms)?;
        if let Some(found) = across.into_iter().find(holds) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A page of a session's or a person's events.
///
/// # Errors
/// Where what the request names does not exist, or the file cannot be read.
pub fn list(workspace: &Workspace, request: &EventsRequest) -> Result<EventPage> {
    if !(1..=1_000).contains(&request.limit) {
        return Err(ApiError::bad_input("A page has 1 to 1,000 rows."));
    }
    let from = match &request.after {
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| ApiError::bad_input("That is no page of this list."))?,
        None => 0,
    };
    let limit = request.limit as usize;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let (total, rows) = match &request.scope {
            EventScope::Session(session_id) => {
                let (compiled, record) = find_session(reader, &application, session_id)?;
                let events = events_of(reader, &compiled, &record)?;
                let derived = match request.with_derived {
                    true => {
                        let as_of_ms = as_of(reader, &application, request.as_of_ms)?;
                        happened(reader, &record, as_of_ms)?
                    }
                    false => Vec::new(),
                };
                let all = in_one_list(&events, &derived);
                let row = |index: usize| {
                    let before = index.checked_sub(1).map(|before| all[before].time_ms());
                    let gap_ms = before.map(|before_ms| all[index].time_ms() - before_ms);
                    match &all[index] {
                        Listed::Stored(event) => row_of(&compiled, &event.stored.event, gap_ms),
                        Listed::Derived(event, emission) => {
                            derived_row(&record, event, emission, gap_ms)
                        }
                    }
                };
                let page = from.min(all.len())..(from + limit).min(all.len());
                (all.len(), page.map(row).collect())
            }
            EventScope::Person(key) => {
                let person = find(reader, &application, key)?;
                let compiled = find_definition(reader, &application, "")?;
                let places = places_of_person(reader, person)?;
                let mut rows = Vec::new();
                for (index, place) in places.iter().enumerate().skip(from).take(limit) {
                    let stored = reader.event_at(*place)?;
                    let gap_ms = places
                        .get(index + 1)
                        .map(|before| place.time_ms - before.time_ms);
                    rows.push(row_of(&compiled, &stored.event, gap_ms));
                }
                (places.len(), rows)
            }
        };
        let rows: Vec<EventRow> = rows;
        let next = from + rows.len();
        Ok(EventPage {
            next: (next < total).then(|| next.to_string()),
            rows,
            total: total as u64,
        })
    })
}

/// A row of a session's list.
enum Listed<'a> {
    Stored(&'a EventInSession),
    Derived(&'a Derived, &'a Emission),
}

impl Listed<'_> {
    fn time_ms(&self) -> i64 {
        match self {
            Self::Stored(event) => event.stored.event.time_ms,
            Self::Derived(event, _) => event.time_ms,
        }
    }
}

/// A session's own events with those derived from it: the start before all others of its time, the rest
/// after them.
fn in_one_list<'a>(
    events: &'a [EventInSession],
    derived: &'a [(Derived, Emission)],
) -> Vec<Listed<'a>> {
    let derived = derived
        .iter()
        .map(|(event, emission)| Listed::Derived(event, emission));
    let mut all: Vec<Listed<'_>> = events.iter().map(Listed::Stored).chain(derived).collect();
    all.sort_by_key(|listed| {
        let rank = match listed {
            Listed::Derived(event, _) if &*event.name == SESSION_STARTED => 0,
            Listed::Stored(_) => 1,
            Listed::Derived(..) => 2,
        };
        (listed.time_ms(), rank)
    });
    all
}

/// Where a person's events stand, the newest first.
fn places_of_person(reader: &Reader<'_>, person: Owner) -> Result<Vec<Place>> {
    let names = reader.event_names()?;
    let mut roles = RoleTable::new(&names, &[]);
    let profiles = Profiles::read(reader)?;
    let mut places = Vec::new();
    for owner in reader.streams_of_person(person)? {
        let stream = LoadedStream::load(reader, owner.id(), &mut roles)?;
        let attributed = attribute(&stream, &roles, &profiles);
        let theirs = stream
            .events
            .iter()
            .zip(attributed)
            .filter(|(_, whose)| *whose == person);
        places.extend(theirs.map(|(event, _)| Place {
            stream_id: owner.id(),
            time_ms: event.time_ms,
            event_number: event.number,
        }));
    }
    places.sort_unstable_by_key(|place| std::cmp::Reverse((place.time_ms, place.event_number)));
    Ok(places)
}

fn row_of(compiled: &Compiled, event: &Event, gap_ms: Option<i64>) -> EventRow {
    EventRow {
        event_id: event.event_id.to_string(),
        name: event.name.to_string(),
        event_type: event.event_type.as_str().to_owned(),
        time_ms: event.time_ms,
        gap_ms,
        role: compiled.role(event).as_str().to_owned(),
        late_by_ms: late_by_ms(compiled, event),
        properties: event
            .properties
            .iter()
            .take(6)
            .map(|(key, value)| property_row(key, value))
            .collect(),
        property_count: event.properties.len() as u32,
        derived: None,
    }
}

fn derived_row(
    record: &SessionRecord,
    event: &Derived,
    emission: &Emission,
    gap_ms: Option<i64>,
) -> EventRow {
    EventRow {
        event_id: id_of(record, event),
        name: event.name.to_string(),
        event_type: EventType::System.as_str().to_owned(),
        time_ms: event.time_ms,
        gap_ms,
        role: Role::Ignored.as_str().to_owned(),
        late_by_ms: None,
        properties: event
            .payload
            .iter()
            .take(6)
            .map(|(key, value)| property_row(key, value))
            .collect(),
        property_count: event.payload.len() as u32,
        derived: Some(note_of(emission)),
    }
}

pub(crate) fn note_of(emission: &Emission) -> DerivedNote {
    DerivedNote {
        revision: emission.revision,
        emitted_at_ms: emission.emitted_at_ms,
    }
}

/// How late an event arrived, where that counts as late (sessions, section 9).
fn late_by_ms(compiled: &Compiled, event: &Event) -> Option<i64> {
    let delay_ms = event.arrival_ms - event.time_ms;
    (delay_ms >= compiled.definition.late_after_ms()).then_some(delay_ms)
}

/// Everything that is known of an event.
///
/// # Errors
/// Where there is no such event, or the file cannot be read.
pub fn show(workspace: &Workspace, request: &EventRequest) -> Result<EventDetail> {
    let zone = parse_zone(&request.zone)?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let unknown = || {
            ApiError::not_found(format!(
                "There is no event “{}” in the application “{}”.",
                request.event_id, application.name
            ))
        };
        let Some(place) = reader.event_place(application.application_id, &request.event_id)? else {
            return derived::show(reader, &application, &request.event_id)?.ok_or_else(unknown);
        };
        let stored = reader.event_at(place)?;
        let event = &stored.event;
        let now_ms = as_of(reader, &application, None)?;
        let (mut sessions, mut late) = (Vec::new(), None);
        for (index, compiled) in Compiled::all(reader, &application)?.iter().enumerate() {
            let session = session_of_event(reader, compiled, &stored)?;
            let role = compiled.role(event);
            if index == 0 {
                late = late_note(reader, compiled, &stored, session.as_ref(), now_ms, zone)?;
            }
            sessions.push(EventSession {
                definition: compiled.definition.name.clone(),
                role: role.as_str().to_owned(),
                why_none: match session {
                    Some(_) => None,
                    None => Some(why_in_none(reader, compiled, &stored, zone)?),
                },
                session_id: session.map(|session| session.session_id.to_string()),
            });
        }
        let (context_then, context_then_ms) = context_at(reader, &stored)?;
        let (import_file, import_line) = reader
            .place_in_import(stored.import_id, stored.line)?
            .unwrap_or_else(|| (String::new(), stored.line));
        Ok(EventDetail {
            event_id: event.event_id.to_string(),
            id_is_derived: event.id_is_derived,
            name: event.name.to_string(),
            event_type: event.event_type.as_str().to_owned(),
            time_ms: event.time_ms,
            raw_time_ms: event.raw_time_ms(),
            skew_ms: event.skew_ms,
            arrival_ms: event.arrival_ms,
            received_at_ms: event.received_at_ms,
            sent_at_ms: event.sent_at_ms,
            user_id: event.user.as_ref().map(ToString::to_string),
            device_id: event.device.as_ref().map(ToString::to_string),
            source_session_id: event.source_session.as_ref().map(ToString::to_string),
            properties: property_rows(&event.properties),
            context: groups_of(&event.context),
            context_then: groups_of(&context_then),
            context_then_ms,
            // Writing to memory cannot fail, and every number is a valid JSON number.
            json: serde_json::to_string_pretty(&event.native()).unwrap_or_default(),
            import_file,
            import_line,
            sessions,
            late,
            derived: None,
        })
    })
}

/// The newest value of each context field of the event's device at or before it; looked for in the last
/// 500 events that carry context.
fn context_at(reader: &Reader<'_>, stored: &StoredEvent) -> Result<(Properties, Option<i64>)> {
    if stored.event.device.is_none() {
        return Ok((Properties::new(), None));
    }
    let before = reader.context_before(stored.place.stream_id, stored.place.time_ms, 500)?;
    let newest_ms = before.first().map(|(time_ms, _)| *time_ms);
    let mut seen = FxHashSet::default();
    let mut fields = Vec::new();
    for (_, context) in &before {
        for (field, value) in context.iter() {
            if seen.insert(field.to_owned()) {
                fields.push((field.into(), value.clone()));
            }
        }
    }
    Ok((Properties::of_distinct(fields), newest_ms))
}

/// Context fields by group, in the order in which the groups are known; others last.
fn groups_of(context: &Properties) -> Vec<ContextGroup> {
    let group = |name: &str, fields: Vec<PropertyRow>| {
        (!fields.is_empty()).then(|| ContextGroup {
            group: name.to_owned(),
            fields,
        })
    };
    let mut groups = Vec::new();
    for (name, known) in CONTEXT_GROUPS {
        let fields = known
            .iter()
            .filter_map(|field| context.get(field).map(|value| property_row(field, value)));
        groups.extend(group(name, fields.collect()));
    }
    let others = context
        .iter()
        .filter(|(field, _)| group_of(field).is_none());
    let others = others.map(|(field, value)| property_row(field, value));
    groups.extend(group("other", others.collect()));
    groups
}

/// Which events the command line lists.
#[derive(Clone, Debug, Default)]
pub struct ExportRequest {
    /// Application.
    pub application: String,
    /// Only of this definition's sessions; blank tells those of all.
    pub definition: String,
    /// Of this user.
    pub user: Option<String>,
    /// Of this person, who need not be a user.
    pub person: Option<PersonKey>,
    /// Of this device.
    pub device: Option<String>,
    /// At or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Before, UTC ms.
    pub to_ms: Option<i64>,
}

/// An event as the command line lists it: its own fields as imported, and where it ended up.
#[derive(Debug, Serialize)]
pub struct ListedEvent<'a> {
    /// Application.
    pub application: &'a str,
    /// The event in the native form.
    #[serde(flatten)]
    pub event: NativeEvent<'a>,
    /// Corrected time, UTC ms.
    pub time: i64,
    /// Arrival, UTC ms.
    pub arrival: i64,
    /// Its session of each definition; null where it is in none.
    pub sessions: BTreeMap<String, Option<String>>,
}

/// Walks an application's events by stream, time and number.
///
/// # Errors
/// Where what the request names does not exist, the file cannot be read, or what `each` fails with.
pub fn export(
    workspace: &Workspace,
    request: &ExportRequest,
    mut each: impl FnMut(ListedEvent<'_>) -> Result<()>,
) -> Result<()> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let definitions = match &*request.definition {
            "" => Compiled::all(reader, &application)?,
            name => vec![find_definition(reader, &application, name)?],
        };
        let user = user_number(reader, &application, request.user.as_deref())?;
        let device = device_number(reader, &application, request.device.as_deref())?;
        let person = match &request.person {
            Some(person) => Some(find(reader, &application, person)?),
            None => user.map(Owner::User),
        };
        let streams = match (person, device) {
            (_, Some(device)) => vec![Owner::Device(device).id()],
            (Some(person), None) => {
                let streams = reader.streams_of_person(person)?;
                streams.into_iter().map(Owner::id).collect()
            }
            (None, None) => reader.streams(application.application_id)?,
        };
        let theirs = person
            .map(|person| numbers_of_person(reader, person))
            .transpose()?;
        let is_wanted = |number: i64| {
            let among = |numbers: &FxHashSet<i64>| numbers.contains(&number);
            theirs.as_ref().is_none_or(among)
        };
        let from_ms = request.from_ms.unwrap_or(i64::MIN);
        let last_ms = request
            .to_ms
            .map_or(i64::MAX, |to_ms| to_ms.saturating_sub(1));
        let mut finder = SessionFinder::new(reader, &definitions);
        for stream_id in streams {
            let mut outcome = Ok(());
            reader.stream_range(stream_id, from_ms, last_ms, |stored| {
                if outcome.is_err() || !is_wanted(stored.place.event_number) {
                    return Ok(());
                }
                outcome = finder.sessions_of(&stored).and_then(|sessions| {
                    each(ListedEvent {
                        application: &application.name,
                        event: stored.event.native(),
                        time: stored.event.time_ms,
                        arrival: stored.event.arrival_ms,
                        sessions,
                    })
                });
                Ok(())
            })?;
            outcome?;
        }
        Ok(())
    })
}

/// The numbers of a person's events.
fn numbers_of_person(reader: &Reader<'_>, person: Owner) -> Result<FxHashSet<i64>> {
    let places = places_of_person(reader, person)?;
    Ok(places.into_iter().map(|place| place.event_number).collect())
}
