//! From stored events to everything that follows from them: sessions of every definition, people,
//! devices. What is derived depends on the events alone, so it can be dropped and made again.
//!
//! A stream is derived as a whole: whatever an import changed in it, its sessions and people are made
//! anew from all its events and put in place of the old ones, in the transaction of the import.

mod owner;
mod people;
mod stream;

use dwell_model::definition::Scope;
use dwell_model::{Definition, Key, session};
use dwell_sessionizer::{Input, Rules, Walker};
use dwell_store::table::application::Application;
use dwell_store::table::definition::StoredDefinition;
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader, Writer};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::{ApiError, ErrorCode};
pub(crate) use owner::SharedStreams;
use owner::UserScope;
pub(crate) use people::attribute;
pub(crate) use stream::{LoadedStream, RoleTable};

/// A definition ready to be used.
pub(crate) struct Compiled {
    pub(crate) definition_id: i64,
    pub(crate) definition: Definition,
    pub(crate) rules: Rules,
}

impl Compiled {
    /// Reads a stored definition.
    pub(crate) fn new(stored: &StoredDefinition) -> Result<Self, ApiError> {
        let definition = Definition::from_json(&stored.json).map_err(|error| {
            let message = format!(
                "the stored definition “{}” cannot be read: {error}",
                stored.name
            );
            ApiError::new(ErrorCode::Storage, message)
        })?;
        let rules = Rules::new(&definition);
        Ok(Self {
            definition_id: stored.definition_id,
            definition,
            rules,
        })
    }

    /// All definitions of an application, the oldest first.
    pub(crate) fn all(
        reader: &Reader<'_>,
        application: &Application,
    ) -> Result<Vec<Self>, ApiError> {
        reader
            .definitions(application.application_id)?
            .iter()
            .map(Self::new)
            .collect()
    }
}

/// What to tell while deriving: streams done of all; answering an error stops.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(usize, usize) -> Result<(), ApiError>;

/// What deriving did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Derived {
    /// People that were not there before.
    pub(crate) new_people: u64,
}

/// Derives everything that follows from the given streams of an application.
pub(crate) fn streams(
    writer: &Writer<'_>,
    application: &Application,
    streams: &[i64],
    tell: Tell<'_>,
) -> Result<Derived, ApiError> {
    let definitions = Compiled::all(writer, application)?;
    let names = writer.event_names()?;
    let mut roles = RoleTable::new(&names, &definitions);
    let mut walkers = walkers(&definitions);
    let mut owners = FxHashSet::default();
    let mut persons = FxHashSet::default();
    for (done, stream_id) in streams.iter().enumerate() {
        tell(done, streams.len())?;
        let stream = LoadedStream::load(writer, *stream_id, &mut roles)?;
        let attributed = attribute(&stream, &roles);
        owners.extend(writer.replace_stream_owners(*stream_id, &stream.plain_owners())?);
        let told = people::tell(writer, &stream, &attributed, &roles)?;
        persons.extend(writer.replace_stream_people(*stream_id, &told.people)?);
        if let Owner::Device(device) = stream.owner {
            let application_id = application.application_id;
            writer.set_device_summary(application_id, device, told.device.as_ref())?;
        }
        for (index, compiled) in definitions.iter().enumerate() {
            if compiled.definition.scope == Scope::Device {
                let part = Part {
                    stream: &stream,
                    attributed: &attributed,
                    only: None,
                };
                let (walker, owner) = (&mut walkers[index], stream.owner);
                let sessions = sessions_of(application, compiled, walker, index, owner, &[part]);
                writer.replace_sessions(compiled.definition_id, stream.owner, &sessions)?;
            }
        }
    }
    let mut by_user = UserScope::new(writer, application, &definitions);
    if !by_user.is_empty() {
        let mut owners: Vec<Owner> = owners.into_iter().collect();
        owners.sort_unstable();
        for owner in owners {
            tell(streams.len(), streams.len())?;
            by_user.derive(owner, &mut roles)?;
        }
    }
    let mut persons: Vec<Owner> = persons.into_iter().collect();
    persons.sort_unstable();
    let mut derived = Derived::default();
    for person in persons {
        let is_new = writer.refresh_person(application.application_id, person)?;
        derived.new_people += u64::from(is_new);
    }
    Ok(derived)
}

/// Makes one definition's sessions anew over all events of an application.
pub(crate) fn definition(
    writer: &Writer<'_>,
    application: &Application,
    definition_id: i64,
    tell: Tell<'_>,
) -> Result<(), ApiError> {
    let definitions: Vec<Compiled> = Compiled::all(writer, application)?
        .into_iter()
        .filter(|compiled| compiled.definition_id == definition_id)
        .collect();
    writer.drop_sessions(definition_id)?;
    let names = writer.event_names()?;
    let mut roles = RoleTable::new(&names, &definitions);
    let mut walkers = walkers(&definitions);
    let mut by_user = UserScope::new(writer, application, &definitions);
    let streams = writer.streams(application.application_id)?;
    let mut owners = FxHashSet::default();
    for (done, stream_id) in streams.iter().enumerate() {
        tell(done, streams.len())?;
        let stream = LoadedStream::load(writer, *stream_id, &mut roles)?;
        match by_user.is_empty() {
            true => {
                let attributed = attribute(&stream, &roles);
                for (index, compiled) in definitions.iter().enumerate() {
                    let part = Part {
                        stream: &stream,
                        attributed: &attributed,
                        only: None,
                    };
                    let (walker, owner) = (&mut walkers[index], stream.owner);
                    let sessions =
                        sessions_of(application, compiled, walker, index, owner, &[part]);
                    writer.replace_sessions(definition_id, stream.owner, &sessions)?;
                }
            }
            false => owners.extend(stream.plain_owners()),
        }
    }
    let mut owners: Vec<Owner> = owners.into_iter().collect();
    owners.sort_unstable();
    for owner in owners {
        tell(streams.len(), streams.len())?;
        by_user.derive(owner, &mut roles)?;
    }
    Ok(())
}

/// A walker for each definition; what it learns of local days serves all streams.
fn walkers(definitions: &[Compiled]) -> Vec<Walker<'_>> {
    definitions
        .iter()
        .map(|compiled| Walker::new(&compiled.rules))
        .collect()
}

/// The events of one stream that a walk takes.
struct Part<'a> {
    stream: &'a LoadedStream,
    attributed: &'a [Owner],
    /// The places of those that it takes, ascending; all where absent.
    only: Option<&'a [u32]>,
}

/// Walks an owner's events (sessions, section 3) and names the sessions (section 6).
fn sessions_of(
    application: &Application,
    compiled: &Compiled,
    walker: &mut Walker<'_>,
    definition_index: usize,
    owner: Owner,
    parts: &[Part<'_>],
) -> Vec<SessionRecord> {
    // (part, event) of every event that can be in a session, in order.
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (part_index, part) in parts.iter().enumerate() {
        let part_index = part_index as u32;
        match part.only {
            Some(only) => order.extend(only.iter().map(|index| (part_index, *index))),
            None => {
                let all = 0..part.stream.events.len() as u32;
                order.extend(all.map(|index| (part_index, index)));
            }
        }
    }
    let of = |at: (u32, u32)| (&parts[at.0 as usize], at.1 as usize);
    order.sort_by(|a, b| {
        let ((a, i), (b, j)) = (of(*a), of(*b));
        let (event, other) = (&a.stream.events[i], &b.stream.events[j]);
        let rank = |part: &Part<'_>, index| part.stream.role(index, definition_index).0.rank();
        event
            .time_ms
            .cmp(&other.time_ms)
            .then_with(|| rank(a, i).cmp(&rank(b, j)))
            .then_with(|| a.stream.event_id(i).cmp(b.stream.event_id(j)))
    });
    let mut source_sessions: FxHashMap<&Key, u32> = FxHashMap::default();
    let inputs: Vec<Input> = order
        .iter()
        .map(|at| {
            let (part, index) = of(*at);
            let event = &part.stream.events[index];
            let (role, start_kind) = part.stream.role(index, definition_index);
            let source_session = part.stream.source_session(index).map_or(0, |key| {
                let next = source_sessions.len() as u32 + 1;
                *source_sessions.entry(key).or_insert(next)
            });
            Input {
                time_ms: event.time_ms,
                arrival_ms: event.arrival_ms,
                role,
                start_kind,
                // Users have numbers from 1, and far fewer than 2^32.
                user: event.user.map_or(0, |number| number as u32),
                source_session,
            }
        })
        .collect();
    let walked = walker.walk(&inputs);
    let mut records: Vec<SessionRecord> = walked
        .sessions
        .iter()
        .map(|found| {
            let (first, first_index) = of(order[found.first_event as usize]);
            let (named, named_index) = of(order[found.first_arrived as usize]);
            let first_arrived_id = named.stream.event_id(named_index);
            let user_number = (found.user != 0).then_some(i64::from(found.user));
            SessionRecord {
                definition_id: compiled.definition_id,
                owner,
                session_id: session::session_id(
                    &application.name,
                    &compiled.definition.name,
                    first_arrived_id,
                ),
                started_at_ms: found.started_at_ms,
                ended_at_ms: found.ended_at_ms,
                closes_at_ms: found.closes_at_ms,
                expires_at_ms: found.expires_at_ms,
                start_reason: found.start_reason.as_str().into(),
                close_reason: found.close_reason.as_str().into(),
                start_kind: found.start_kind.as_str().into(),
                event_count: found.event_count,
                engaged_ms: found.engaged_ms,
                late_count: found.late_count,
                is_late_born: found.late_born,
                user_number,
                device_number: first.stream.owner.device(),
                person: user_number.map_or(first.attributed[first_index], Owner::User),
                first_arrived_id: first_arrived_id.into(),
                first_time_ms: i64::MAX,
                last_time_ms: i64::MIN,
                members: Vec::with_capacity(found.event_count as usize),
            }
        })
        .collect();
    for (at, session) in order.iter().zip(&walked.session_of) {
        if let Some(session) = session {
            let (part, index) = of(*at);
            let event = &part.stream.events[index];
            let record = &mut records[*session as usize];
            record.first_time_ms = record.first_time_ms.min(event.time_ms);
            record.last_time_ms = record.last_time_ms.max(event.time_ms);
            record.members.push(event.number);
        }
    }
    for record in &mut records {
        record.members.sort_unstable();
    }
    records
}
