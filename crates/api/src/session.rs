//! Sessions: rows, one session with its explanation, its strip and its neighbours.

mod filter;
mod find;

use dwell_model::definition::{Role, Scope};
use dwell_model::{EndReason, Event, Key, Properties, State};
pub use dwell_runtime::derived::GameRow;
use dwell_runtime::derived::play_of;
use dwell_sessionizer::explain::words::{duration_words, limit_words};
use dwell_store::read::session::SessionFilter;
use dwell_store::table::application::Application;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::derive::{Compiled, Profiles, RoleTable, SharedStreams};
use crate::error::{ApiError, Result};
use crate::event::{EventInSession, events_of, session_of_event};
use crate::explained::{Neighbours, Tellable, joined_words};
use crate::person::{PersonKey, PersonKind, PropertyRow, answer, find, key_of, property_row};
use crate::workspace::{Workspace, as_of, find_application, find_definition, parse_zone};

pub use find::{FindSessions, SessionPage, check_filter, page};

/// As of a moment (sessions, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// Before it closes.
    Active,
    /// Closed, and late events can still join.
    Closed,
    /// Final.
    Expired,
}

/// A session as every list shows it; the names are those of the command line. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct SessionRow {
    /// Application.
    pub application: String,
    /// Definition.
    pub definition: String,
    /// UUID.
    pub session_id: String,
    /// The device or user whose stream it is of.
    pub stream: String,
    /// The user that it knows.
    pub user_id: Option<String>,
    /// Its device.
    pub device_id: Option<String>,
    /// First extending event.
    pub started_at: i64,
    /// Last extending event.
    pub ended_at: i64,
    /// See sessions, section 3.1.
    pub closes_at: i64,
    /// See sessions, section 4.1.
    pub expires_at: i64,
    /// As of the moment asked for.
    pub state: StateName,
    /// Why it started: first, forced, ended, timeout, background, midnight, max_length,
    /// user_switched, session_id, late.
    pub start_reason: String,
    /// Why it ended; `open` while it is active.
    pub end_reason: String,
    /// cold, warm or none.
    pub start_kind: String,
    /// Events in it, passive ones too.
    pub event_count: u32,
    /// ended_at - started_at.
    pub duration_ms: i64,
    /// See sessions, section 3.5.
    pub engaged_ms: i64,
    /// Events that arrived late.
    pub late_count: u32,
    /// Whether it was born after its own grace.
    pub late_born: bool,
    /// Its place among its person's sessions of this definition by start, from 1; null only where it
    /// was not asked for.
    pub session_number: Option<u32>,
    /// Figures of the definition's own; empty for a plain definition.
    #[ts(type = "Record<string, unknown>")]
    pub metrics: Properties,
}

/// Asks for one session.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct SessionRequest {
    /// Application.
    pub application: String,
    /// Its id, or the id of any session that was merged into it.
    pub session_id: String,
    /// IANA zone for the times in the explanation.
    pub zone: String,
    /// Moment as of which states are told, UTC ms; null is the newest arrival.
    pub as_of_ms: Option<i64>,
}

/// One session, explained.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct SessionDetail {
    /// The row.
    pub row: SessionRow,
    /// Whose timeline it stands in.
    pub person: PersonKey,
    /// Its place among the person's sessions of this definition by start, from 1.
    pub ordinal: u32,
    /// Why it started, in words with the real numbers.
    pub why_started: String,
    /// Why it ended or is still open, in words with the real numbers.
    pub why_ended: String,
    /// The strip to scale.
    pub strip: SessionStrip,
    /// The person's session before; null at the first.
    pub earlier: Option<String>,
    /// The person's session after; null at the last.
    pub later: Option<String>,
    /// What would have to be different for this session and the one before it in its stream to be
    /// one, in words; null at the first.
    pub one_with_previous: Option<String>,
    /// The same for the one after it; null at the last.
    pub one_with_next: Option<String>,
    /// Figures of the definition's own in words, in their order; empty for a plain definition.
    pub figures: Vec<PropertyRow>,
    /// Game sessions inside a gameplay session, by start; empty for a plain definition.
    pub games: Vec<GameRow>,
}

/// A session to scale: everything between `from_ms` and `to_ms`.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct SessionStrip {
    /// Start of the session.
    pub from_ms: i64,
    /// When it closes: the end of the tail.
    pub to_ms: i64,
    /// Last extending event: where the body ends and the tail begins.
    pub body_to_ms: i64,
    /// Times in the background, between a background event and the next one.
    pub background: Vec<BackgroundSpan>,
    /// At most 400 marks; more are thinned evenly, late ones never.
    pub marks: Vec<StripMark>,
    /// Words for the tail: “30 min timeout”; null where it has no length.
    pub tail: Option<String>,
}

/// The app was in the background.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct BackgroundSpan {
    /// UTC ms.
    pub from_ms: i64,
    /// UTC ms.
    pub to_ms: i64,
}

/// An event on the strip.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct StripMark {
    /// Which event.
    pub event_id: String,
    /// Its name.
    pub name: String,
    /// UTC ms.
    pub time_ms: i64,
    /// Whether it arrived late.
    pub is_late: bool,
}

/// A strip shows at most so many marks.
const MARKS: usize = 400;

impl From<State> for StateName {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Closed => Self::Closed,
            State::Expired => Self::Expired,
        }
    }
}

/// Which sessions the command line lists.
#[derive(Clone, Debug, Default)]
pub struct SessionsRequest {
    /// Application.
    pub application: String,
    /// Definition; blank is the application's oldest.
    pub definition: String,
    /// Of this user.
    pub user: Option<String>,
    /// Of this person, who need not be a user.
    pub person: Option<PersonKey>,
    /// Of this device.
    pub device: Option<String>,
    /// Started at or after, UTC ms.
    pub from_ms: Option<i64>,
    /// Started before, UTC ms.
    pub to_ms: Option<i64>,
    /// Moment as of which states are told, UTC ms; `None` is the newest arrival.
    pub as_of_ms: Option<i64>,
    /// Whether event ids are wanted.
    pub with_events: bool,
    /// Those that a filter takes, in an order; `None` is all by stream and start.
    pub chosen: Option<Chosen>,
}

/// Sessions chosen by their figures; as [`FindSessions`] says.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Which ones; blank is all.
    pub filter: String,
    /// By which figure they stand; blank is `started_at`.
    pub order_by: String,
    /// The largest first.
    pub descending: bool,
    /// So many at most.
    pub limit: Option<usize>,
    /// IANA zone of times in the filter that name none; blank is UTC.
    pub zone: String,
}

/// A session of a list, with its events' ids where they were asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedSession {
    /// The session.
    #[serde(flatten)]
    pub row: SessionRow,
    /// Its events' ids, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_ids: Option<Vec<String>>,
}

/// Walks a definition's sessions by stream and start, or as they were chosen; answers how many there
/// are in all.
///
/// # Errors
/// Where there is no such application, definition, user or device, the filter is wrong, the file cannot
/// be read, or what `each` fails with.
pub fn list(
    workspace: &Workspace,
    request: &SessionsRequest,
    mut each: impl FnMut(ListedSession) -> Result<()>,
) -> Result<u64> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let as_of_ms = as_of(reader, &application, request.as_of_ms)?;
        let person = match &request.person {
            Some(person) => Some(find(reader, &application, person)?),
            None => user_number(reader, &application, request.user.as_deref())?.map(Owner::User),
        };
        let filter = SessionFilter {
            person,
            device_number: device_number(reader, &application, request.device.as_deref())?,
            from_ms: request.from_ms,
            to_ms: request.to_ms,
        };
        let mut outcome = Ok(());
        let names = reader.event_names()?;
        let mut event_ids = EventIds::new(reader, &compiled, &names)?;
        let mut total = 0;
        let mut tell = |record: &SessionRecord, number| -> Result<()> {
            let row = row_of(reader, &application, &compiled, record, number, as_of_ms)?;
            let event_ids = match request.with_events {
                true => Some(event_ids.of(record)?),
                false => None,
            };
            total += 1;
            each(ListedSession { row, event_ids })
        };
        if let Some(chosen) = &request.chosen {
            let asked = find::of_list(request, chosen);
            return find::each(reader, &application, &compiled, &asked, chosen.limit, tell);
        }
        let mut numbers = Numbers::new(reader, &compiled, &filter)?;
        let mut one = |record: &SessionRecord| tell(record, numbers.of(record)?);
        reader.sessions(
            application.application_id,
            compiled.definition_id,
            &filter,
            |record| {
                if outcome.is_ok() {
                    outcome = one(&record);
                }
                Ok(())
            },
        )?;
        outcome.map(|()| total)
    })
}

/// The places of sessions among those of their persons.
struct Numbers<'a> {
    reader: &'a Reader<'a>,
    definition_id: i64,
    known: FxHashMap<Uuid, u32>,
}

impl<'a> Numbers<'a> {
    /// All at once where all are listed; else those of each person when the first is asked for.
    fn new(reader: &'a Reader<'a>, compiled: &Compiled, filter: &SessionFilter) -> Result<Self> {
        let definition_id = compiled.definition_id;
        Ok(Self {
            reader,
            definition_id,
            known: match (filter.person, filter.device_number) {
                (None, None) => reader.session_numbers(definition_id, None)?,
                _ => FxHashMap::default(),
            },
        })
    }

    fn of(&mut self, record: &SessionRecord) -> Result<Option<u32>> {
        if !self.known.contains_key(&record.session_id) {
            let person = Some(record.person);
            let more = self.reader.session_numbers(self.definition_id, person)?;
            self.known.extend(more);
        }
        Ok(self.known.get(&record.session_id).copied())
    }
}

/// The ids of sessions' events. Sessions of scope `user` come by owner, and an owner can have events in
/// any number of streams: these are read once for all its sessions.
struct EventIds<'a> {
    reader: &'a Reader<'a>,
    compiled: &'a Compiled,
    streams: SharedStreams,
    profiles: Profiles,
    roles: RoleTable<'a>,
    /// The events of the owner last asked for.
    of_owner: Option<(Owner, Vec<OwnerEvent>)>,
}

/// An event that can be in a session.
struct OwnerEvent {
    time_ms: i64,
    number: i64,
    event_id: String,
}

impl<'a> EventIds<'a> {
    fn new(
        reader: &'a Reader<'a>,
        compiled: &'a Compiled,
        names: &'a FxHashMap<i64, Box<str>>,
    ) -> Result<Self> {
        Ok(Self {
            reader,
            compiled,
            streams: SharedStreams::default(),
            profiles: Profiles::read(reader)?,
            roles: RoleTable::new(names, std::slice::from_ref(compiled)),
            of_owner: None,
        })
    }

    /// Those of a session, sorted.
    fn of(&mut self, record: &SessionRecord) -> Result<Vec<String>> {
        let mut ids: Vec<String> = match self.compiled.definition.scope {
            Scope::Device => events_of(self.reader, self.compiled, record)?
                .into_iter()
                .map(|event| event.stored.event.event_id.into())
                .collect(),
            Scope::User => {
                let known = self.of_owner(record.owner)?;
                let from = known.partition_point(|event| event.time_ms < record.started_at_ms);
                let rest = known[from..].iter();
                rest.take_while(|event| event.time_ms <= record.last_time_ms)
                    .filter(|event| record.holds(event.number, event.time_ms))
                    .map(|event| event.event_id.clone())
                    .collect()
            }
        };
        ids.sort_unstable();
        Ok(ids)
    }

    /// An owner's events by time.
    fn of_owner(&mut self, owner: Owner) -> Result<&[OwnerEvent]> {
        let events = match self.of_owner.take() {
            Some((known, events)) if known == owner => events,
            _ => {
                let mut events = Vec::new();
                let streams =
                    self.streams
                        .of_person(self.reader, owner, &self.profiles, &mut self.roles)?;
                for shared in streams {
                    for index in shared.events_of(owner) {
                        let (stream, index) = (&shared.stream, *index as usize);
                        if stream.role(index, 0).0 != Role::Ignored {
                            events.push(OwnerEvent {
                                time_ms: stream.events[index].time_ms,
                                number: stream.events[index].number,
                                event_id: stream.event_id(index).to_owned(),
                            });
                        }
                    }
                }
                events.sort_by_key(|event| event.time_ms);
                events
            }
        };
        Ok(&self.of_owner.insert((owner, events)).1)
    }
}

/// The number of a user that a request names.
pub(crate) fn user_number(
    reader: &Reader<'_>,
    application: &Application,
    user: Option<&str>,
) -> Result<Option<i64>> {
    let Some(id) = user else { return Ok(None) };
    let key = PersonKey {
        kind: PersonKind::User,
        id: id.to_owned(),
    };
    Ok(find(reader, application, &key)?.user())
}

/// The number of a device that a request names.
pub(crate) fn device_number(
    reader: &Reader<'_>,
    application: &Application,
    device: Option<&str>,
) -> Result<Option<i64>> {
    let Some(id) = device else { return Ok(None) };
    let known = match Key::parse(id) {
        Some(key) => reader.device_number(application.application_id, &key)?,
        None => None,
    };
    known.map(Some).ok_or_else(|| {
        ApiError::not_found(format!(
            "There is no device “{id}” in the application “{}”.",
            application.name
        ))
    })
}

/// One session, explained.
///
/// # Errors
/// Where there is no such session, or the file cannot be read.
pub fn show(workspace: &Workspace, request: &SessionRequest) -> Result<SessionDetail> {
    let zone = parse_zone(&request.zone)?;
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let (compiled, record) = find_session(reader, &application, &request.session_id)?;
        let as_of_ms = as_of(reader, &application, request.as_of_ms)?;
        let events = events_of(reader, &compiled, &record)?;
        let strip = strip_of(&compiled, &record, &events);
        let stream = Neighbours::read(reader, &compiled, &record, events)?;
        let explained = stream.explain(&compiled, as_of_ms, zone);
        let joined = |earlier: Option<&Tellable>, later: Option<&Tellable>| {
            let Some((earlier, later)) = earlier.zip(later) else {
                return Ok(None);
            };
            joined_words(reader, &compiled, earlier, later, zone)
        };
        let this = Some(&stream.this);
        let one_with_previous = joined(stream.previous.as_ref(), this)?;
        let one_with_next = joined(this, stream.next.as_ref())?;
        let (earlier, later, ordinal) = reader.neighbours(&record)?;
        let play = play_of(&record)?.unwrap_or_default();
        let id = |record: SessionRecord| record.session_id.to_string();
        Ok(SessionDetail {
            row: row_of(
                reader,
                &application,
                &compiled,
                &record,
                Some(ordinal),
                as_of_ms,
            )?,
            person: key_of(record.person, &reader.owner_key(record.person)?),
            ordinal,
            why_started: explained.started,
            why_ended: explained.ended,
            strip,
            earlier: earlier.map(id),
            later: later.map(id),
            one_with_previous,
            one_with_next,
            figures: play
                .figures
                .iter()
                .map(|(key, value)| property_row(key, value))
                .collect(),
            games: play.games,
        })
    })
}

/// The session of an id, or the one that holds the event of an id that is no more.
pub(crate) fn find_session(
    reader: &Reader<'_>,
    application: &Application,
    session_id: &str,
) -> Result<(Compiled, SessionRecord)> {
    let unknown = || {
        ApiError::not_found(format!(
            "There is no session “{session_id}” in the application “{}”.",
            application.name
        ))
    };
    let id = Uuid::try_parse(session_id).map_err(|_| unknown())?;
    let definitions = Compiled::all(reader, application)?;
    let of = |definition_id: i64| {
        definitions
            .into_iter()
            .find(|compiled| compiled.definition_id == definition_id)
    };
    if let Some(record) = reader.session(id)? {
        let compiled = of(record.definition_id).ok_or_else(unknown)?;
        return Ok((compiled, record));
    }
    let (definition_id, event_id) = reader.former_session(id)?.ok_or_else(unknown)?;
    let compiled = of(definition_id).ok_or_else(unknown)?;
    let place = reader
        .event_place(application.application_id, &event_id)?
        .ok_or_else(unknown)?;
    let stored = reader.event_at(place)?;
    let record = session_of_event(reader, &compiled, &stored)?.ok_or_else(unknown)?;
    Ok((compiled, record))
}

/// A session as lists show it.
pub(crate) fn row_of(
    reader: &Reader<'_>,
    application: &Application,
    compiled: &Compiled,
    record: &SessionRecord,
    session_number: Option<u32>,
    as_of_ms: i64,
) -> Result<SessionRow> {
    let key = |owner: Owner| -> Result<String> { Ok(reader.owner_key(owner)?.to_string()) };
    let is_open = as_of_ms < record.closes_at_ms;
    Ok(SessionRow {
        application: application.name.clone(),
        definition: compiled.definition.name.clone(),
        session_id: record.session_id.to_string(),
        stream: key(record.owner)?,
        user_id: record
            .user_number
            .map(|number| key(Owner::User(number)))
            .transpose()?,
        device_id: record
            .device_number
            .map(|number| key(Owner::Device(number)))
            .transpose()?,
        started_at: record.started_at_ms,
        ended_at: record.ended_at_ms,
        closes_at: record.closes_at_ms,
        expires_at: record.expires_at_ms,
        state: State::at(as_of_ms, record.closes_at_ms, record.expires_at_ms).into(),
        start_reason: record.start_reason.to_string(),
        end_reason: match is_open {
            true => EndReason::Open.as_str().to_owned(),
            false => record.close_reason.to_string(),
        },
        start_kind: record.start_kind.to_string(),
        event_count: record.event_count,
        duration_ms: record.ended_at_ms - record.started_at_ms,
        engaged_ms: record.engaged_ms,
        late_count: record.late_count,
        late_born: record.is_late_born,
        session_number,
        metrics: play_of(record)?.unwrap_or_default().figures,
    })
}

/// A session to scale.
fn strip_of(
    compiled: &Compiled,
    record: &SessionRecord,
    events: &[EventInSession],
) -> SessionStrip {
    let late_after_ms = compiled.definition.late_after_ms();
    let mut background = Vec::new();
    let mut extending = events
        .iter()
        .filter(|event| event.role.extends())
        .peekable();
    while let Some(event) = extending.next() {
        if event.role == Role::Background
            && let Some(next) = extending.peek()
        {
            background.push(BackgroundSpan {
                from_ms: event.stored.event.time_ms,
                to_ms: next.stored.event.time_ms,
            });
        }
    }
    let is_late = |event: &Event| event.arrival_ms - event.time_ms >= late_after_ms;
    let punctual = events
        .iter()
        .filter(|event| !is_late(&event.stored.event))
        .count();
    // Evenly thinned: the i-th stays where it is the first of its share.
    let share = punctual.div_ceil(MARKS).max(1);
    let mut counted = 0;
    let mut marks = Vec::new();
    for event in events {
        let event = &event.stored.event;
        let late = is_late(event);
        if !late {
            counted += 1;
            if (counted - 1) % share != 0 {
                continue;
            }
        }
        marks.push(StripMark {
            event_id: event.event_id.to_string(),
            name: event.name.to_string(),
            time_ms: event.time_ms,
            is_late: late,
        });
    }
    SessionStrip {
        from_ms: record.started_at_ms,
        to_ms: record.closes_at_ms,
        body_to_ms: record.ended_at_ms,
        background,
        marks,
        tail: tail_words(compiled, record),
    }
}

/// What stands in the tail between the last event and the closing.
fn tail_words(compiled: &Compiled, record: &SessionRecord) -> Option<String> {
    if record.closes_at_ms <= record.ended_at_ms {
        return None;
    }
    let limits = &compiled.definition.limits;
    let limit = |seconds: Option<i64>, name: &str| {
        seconds.map(|seconds| format!("{} {name}", limit_words(seconds)))
    };
    let waited = || duration_words(record.closes_at_ms - record.ended_at_ms);
    let words = match record.close_reason {
        EndReason::Timeout => limit(limits.inactivity_seconds, "timeout"),
        EndReason::Background => limit(limits.background_seconds, "in the background"),
        EndReason::MaxLength => {
            limit(limits.max_length_seconds, "maximum").map(|words| format!("to the {words}"))
        }
        EndReason::Midnight => Some(format!("{} to midnight", waited())),
        _ => None,
    };
    Some(words.unwrap_or_else(|| format!("{} to the next session", waited())))
}
