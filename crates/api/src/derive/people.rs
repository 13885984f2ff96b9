//! Who a stream's events belong to, and what they tell of people and of the device.

use dwell_model::{Properties, Value, Zone};
use dwell_store::table::event::{StreamRow, StreamView};
use dwell_store::table::person::{PropertySet, StreamPerson};
use dwell_store::table::stream::StreamSummary;
use dwell_store::{Owner, StoreError};
use rustc_hash::FxHashMap;

use super::{LoadedStream, Profiles, RoleTable};
use crate::error::ApiError;

/// The event that makes a device anonymous again.
pub(super) const RESET: &str = "reset";

/// The person of each event of a stream (sessions, section 7): the profile of its user; else of the
/// last user seen on the device since the last `reset`; else of the first one seen after it and before
/// the next; else the device itself, on which nobody is known.
pub(crate) fn attribute(
    stream: &LoadedStream,
    roles: &RoleTable<'_>,
    profiles: &Profiles,
) -> Vec<Owner> {
    let is_reset = |index: usize| roles.name(stream.events[index].name_id) == RESET;
    let mut order: Vec<usize> = (0..stream.events.len()).collect();
    order.sort_by(|a, b| {
        let (event, other) = (&stream.events[*a], &stream.events[*b]);
        event
            .time_ms
            .cmp(&other.time_ms)
            .then_with(|| is_reset(*a).cmp(&is_reset(*b)))
            .then_with(|| stream.event_id(*a).cmp(stream.event_id(*b)))
    });
    let mut persons = vec![stream.owner; stream.events.len()];
    let mut known: Option<Owner> = None;
    let mut unknown: Vec<usize> = Vec::new();
    for index in order {
        match stream.events[index].user {
            Some(user) => {
                let person = profiles.person(user);
                known = Some(person);
                persons[index] = person;
                for earlier in unknown.drain(..) {
                    persons[earlier] = person;
                }
            }
            None => match known {
                Some(person) => persons[index] = person,
                None => unknown.push(index),
            },
        }
        if is_reset(index) {
            known = None;
            unknown.clear();
        }
    }
    persons
}

/// What a stream tells.
pub(crate) struct Told {
    pub(crate) people: Vec<StreamPerson>,
    /// `None` without events.
    pub(crate) summary: Option<StreamSummary>,
}

/// Events in a row with one context, of one person. Contexts change rarely, and each is read once.
struct ContextRun {
    number: u32,
    person: Owner,
    fields: Properties,
    /// Of the newest of the events, ties by id.
    time_ms: i64,
    event_id: String,
}

impl ContextRun {
    fn go_on(&mut self, time_ms: i64, event_id: &str) {
        if (self.time_ms, &*self.event_id) < (time_ms, event_id) {
            self.time_ms = time_ms;
            self.event_id.clear();
            self.event_id.push_str(event_id);
        }
    }
}

/// Sums up, by person and for its device, the stream that was loaded from a view.
pub(crate) fn tell(
    view: &StreamView<'_>,
    stream: &LoadedStream,
    attributed: &[Owner],
    roles: &RoleTable<'_>,
) -> Result<Told, ApiError> {
    let mut people: FxHashMap<Owner, StreamPerson> = FxHashMap::default();
    for (event, person) in stream.events.iter().zip(attributed) {
        let part = people.entry(*person).or_insert_with(|| StreamPerson {
            person: *person,
            first_seen_ms: event.time_ms,
            last_seen_ms: event.time_ms,
            event_count: 0,
            zone: None,
            properties: Vec::new(),
        });
        part.last_seen_ms = event.time_ms;
        part.event_count += 1;
    }
    let mut properties: FxHashMap<(Owner, Box<str>), PropertySet> = FxHashMap::default();
    let mut context: FxHashMap<Box<str>, (i64, String, Value)> = FxHashMap::default();
    let mut context_time_ms = None;
    let mut index = 0;
    let mut run: Option<ContextRun> = None;
    let mut end = |run: ContextRun, people: &mut FxHashMap<Owner, StreamPerson>| {
        if let Some(part) = people.get_mut(&run.person) {
            note_zone(part, &run.fields, run.time_ms);
        }
        for (field, value) in run.fields.iter() {
            match context.get_mut(field) {
                Some(known) if (known.0, &*known.1) < (run.time_ms, &*run.event_id) => {
                    *known = (run.time_ms, run.event_id.clone(), value.clone());
                }
                Some(_) => {}
                None => {
                    let newest = (run.time_ms, run.event_id.clone(), value.clone());
                    context.insert(field.into(), newest);
                }
            }
        }
    };
    let more = |row: &StreamRow<'_>| {
        let event = &stream.events[index];
        let (person, event_id) = (attributed[index], stream.event_id(index));
        index += 1;
        let name = roles.name(event.name_id);
        let mut set = |key: &str, value: Option<Value>| {
            let time_ms = event.time_ms;
            let new = PropertySet {
                key: key.into(),
                value,
                time_ms,
                event_id: event_id.into(),
            };
            let entry = properties.entry((person, key.into()));
            entry
                .and_modify(|known| {
                    if (known.time_ms, &known.event_id) <= (new.time_ms, &new.event_id) {
                        *known = new.clone();
                    }
                })
                .or_insert(new);
        };
        if let Some(number) = row.context_number() {
            context_time_ms = Some(event.time_ms);
            match &mut run {
                Some(run) if run.number == number && run.person == person => {
                    run.go_on(event.time_ms, event_id);
                }
                _ => {
                    let new = ContextRun {
                        number,
                        person,
                        fields: row.context()?,
                        time_ms: event.time_ms,
                        event_id: event_id.to_owned(),
                    };
                    if let Some(before) = run.replace(new) {
                        end(before, &mut people);
                    }
                }
            }
        }
        match name {
            "identify" => {
                let properties = row.properties()?;
                if let Some(part) = people.get_mut(&person) {
                    note_zone(part, &properties, event.time_ms);
                }
                for (key, value) in properties.iter() {
                    set(key, Some(value.clone()));
                }
            }
            "CustomPropertyChanged" => {
                let properties = row.properties()?;
                if let Some(key) = properties.get("key").and_then(Value::as_text) {
                    let value = properties.get("newValue").filter(|value| !value.is_null());
                    set(key, value.cloned());
                }
            }
            _ => {}
        }
        Ok::<(), StoreError>(())
    };
    if stream.tells_more {
        view.walk(more)?;
    }
    if let Some(last) = run.take() {
        end(last, &mut people);
    }
    for ((person, _), set) in properties {
        people
            .entry(person)
            .and_modify(|part| part.properties.push(set));
    }
    let mut people: Vec<StreamPerson> = people.into_values().collect();
    people.sort_by_key(|part| part.person);
    for part in &mut people {
        part.properties.sort_by(|a, b| a.key.cmp(&b.key));
    }
    let of_newest = |field: &(i64, String, Value)| Some(field.0) == context_time_ms;
    let is_newest_context = context.values().all(of_newest);
    let fields = context.into_iter();
    let context = fields
        .map(|(field, (_, _, value))| (field, value))
        .collect();
    let (first, last) = (stream.events.first(), stream.events.last());
    let summary = first.zip(last).map(|(first, last)| StreamSummary {
        first_seen_ms: first.time_ms,
        last_seen_ms: last.time_ms,
        event_count: stream.events.len() as u64,
        max_lateness_ms: lateness_of(stream).unwrap_or(0),
        newest_arrival_ms: newest_arrival_of(stream).unwrap_or(last.time_ms),
        has_reset: stream
            .events
            .iter()
            .any(|event| roles.name(event.name_id) == RESET),
        context: Properties::new(),
        context_time_ms: None,
        is_newest_context: true,
    });
    let summary = summary.map(|summary| match stream.owner {
        Owner::Device(_) => StreamSummary {
            context: Properties::of_distinct(context).sorted(),
            context_time_ms,
            is_newest_context,
            ..summary
        },
        Owner::User(_) => summary,
    });
    Ok(Told { people, summary })
}

/// The longest that an event of a stream arrived after its time; `None` without events.
fn lateness_of(stream: &LoadedStream) -> Option<i64> {
    let events = stream.events.iter();
    events.map(|event| event.arrival_ms - event.time_ms).max()
}

/// When the last event of a stream arrived; `None` without events.
fn newest_arrival_of(stream: &LoadedStream) -> Option<i64> {
    stream.events.iter().map(|event| event.arrival_ms).max()
}

/// What a stream tells of its one person, with more events of that person; both in one.
pub(super) fn join_person(mut known: StreamPerson, more: StreamPerson) -> StreamPerson {
    known.first_seen_ms = known.first_seen_ms.min(more.first_seen_ms);
    known.last_seen_ms = known.last_seen_ms.max(more.last_seen_ms);
    known.event_count += more.event_count;
    if let Some((zone, time_ms)) = more.zone
        && is_newer_zone(known.zone.as_ref(), &zone, time_ms)
    {
        known.zone = Some((zone, time_ms));
    }
    for new in more.properties {
        match known
            .properties
            .binary_search_by(|old| old.key.cmp(&new.key))
        {
            Ok(at) => {
                let old = &mut known.properties[at];
                if (old.time_ms, &old.event_id) <= (new.time_ms, &new.event_id) {
                    *old = new;
                }
            }
            Err(at) => known.properties.insert(at, new),
        }
    }
    known
}

/// A stream as a whole with more events, without a reset; `None` where the context of some field could
/// be of the one or of the other. Both in one.
pub(super) fn join_stream(mut known: StreamSummary, more: &StreamSummary) -> Option<StreamSummary> {
    if more.context_time_ms.is_some() {
        let has = |context: &Properties, fields: &Properties| {
            fields.iter().all(|(field, _)| context.get(field).is_some())
        };
        // The first context that came cannot be earlier than the first event.
        let first_ms = match more.is_newest_context {
            true => more.context_time_ms,
            false => Some(more.first_seen_ms),
        };
        if first_ms > known.context_time_ms {
            known.is_newest_context = more.is_newest_context && has(&more.context, &known.context);
            for (field, value) in more.context.iter() {
                known.context.set(field, value.clone());
            }
            known.context = known.context.sorted();
            known.context_time_ms = more.context_time_ms;
        } else if more.context_time_ms >= known.context_time_ms
            || !known.is_newest_context
            || !has(&known.context, &more.context)
        {
            return None;
        }
    }
    known.first_seen_ms = known.first_seen_ms.min(more.first_seen_ms);
    known.last_seen_ms = known.last_seen_ms.max(more.last_seen_ms);
    known.event_count += more.event_count;
    known.max_lateness_ms = known.max_lateness_ms.max(more.max_lateness_ms);
    known.newest_arrival_ms = known.newest_arrival_ms.max(more.newest_arrival_ms);
    Some(known)
}

/// Takes the zone that a map names, where it is newer and there is such a zone; of two at one instant
/// the first by name.
fn note_zone(part: &mut StreamPerson, fields: &Properties, time_ms: i64) {
    let named = fields.get("timezone").and_then(Value::as_text);
    let Some(zone) = named.and_then(|name| Zone::parse(name).ok()) else {
        return;
    };
    if is_newer_zone(part.zone.as_ref(), zone.name(), time_ms) {
        part.zone = Some((zone.name().into(), time_ms));
    }
}

fn is_newer_zone(known: Option<&(Box<str>, i64)>, zone: &str, time_ms: i64) -> bool {
    known.is_none_or(|(known, known_ms)| {
        *known_ms < time_ms || (*known_ms == time_ms && zone < &**known)
    })
}
