//! Who a stream's events belong to, and what they tell of people and of the device.

use dwell_model::{Properties, Value, Zone};
use dwell_store::table::event::StreamRow;
use dwell_store::table::person::{DeviceSummary, PropertySet, StreamPerson};
use dwell_store::{Owner, Reader};
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
    pub(crate) device: Option<DeviceSummary>,
}

/// Sums a stream up by person and for its device.
pub(crate) fn tell(
    reader: &Reader<'_>,
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
    let more = |row: &StreamRow<'_, '_>| {
        let event = &stream.events[index];
        let (person, event_id) = (attributed[index], stream.event_id(index));
        index += 1;
        let name = roles.name(event.name_id);
        let Some(part) = people.get_mut(&person) else {
            return Ok(());
        };
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
        if row.has_context()? {
            let fields = row.context()?;
            context_time_ms = Some(event.time_ms);
            note_zone(part, &fields, event.time_ms);
            for (field, value) in fields.iter() {
                let newest = (event.time_ms, event_id.to_owned(), value.clone());
                let entry = context.entry(field.into());
                entry
                    .and_modify(|known| {
                        if (known.0, &*known.1) < (newest.0, &*newest.1) {
                            *known = newest.clone();
                        }
                    })
                    .or_insert(newest);
            }
        }
        match name {
            "identify" => {
                let properties = row.properties()?;
                note_zone(part, &properties, event.time_ms);
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
        Ok(())
    };
    if stream.tells_more {
        reader.walk_stream(stream.owner.id(), stream.part, more)?;
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
    let (first, last) = (stream.events.first(), stream.events.last());
    let device = first.zip(last).map(|(first, last)| DeviceSummary {
        first_seen_ms: first.time_ms,
        last_seen_ms: last.time_ms,
        event_count: stream.events.len() as u64,
        context: Properties::of_distinct(
            context
                .into_iter()
                .map(|(field, (_, _, value))| (field, value))
                .collect(),
        )
        .sorted(),
        context_time_ms,
    });
    Ok(Told { people, device })
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

/// What a stream tells of its device, with more events; the newest of which must be newer than every
/// context known so far. Both in one.
pub(super) fn join_device(mut known: DeviceSummary, more: DeviceSummary) -> DeviceSummary {
    known.first_seen_ms = known.first_seen_ms.min(more.first_seen_ms);
    known.last_seen_ms = known.last_seen_ms.max(more.last_seen_ms);
    known.event_count += more.event_count;
    for (field, value) in more.context.iter() {
        known.context.set(field, value.clone());
    }
    known.context = known.context.sorted();
    known.context_time_ms = known.context_time_ms.max(more.context_time_ms);
    known
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
