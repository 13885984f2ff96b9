//! Events in memory as trying rules needs them: some streams with all that the people in them did,
//! a column per field, about 32 bytes an event.
//!
//! No rule of sessions is known here. A stream stands by time and event id; a definition's order
//! differs from that by the ranks of roles alone.

use std::ops::Range;

use dwell_model::Key;
use dwell_model::definition::Role;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;

use crate::Cancel;
use crate::derive::{LoadedStream, Profiles, RoleTable, attribute};
use crate::error::Result;

/// Streams in memory. Places point into the columns; streams stand one after the other.
pub(super) struct Columns {
    pub(super) streams: Vec<Range<usize>>,
    /// UTC.
    pub(super) times_ms: Vec<i64>,
    /// UTC.
    pub(super) arrivals_ms: Vec<i64>,
    /// Numbers of event names.
    pub(super) names: Vec<u32>,
    /// Numbers of users; 0 is unknown.
    pub(super) users: Vec<u32>,
    /// The sources' own sessions, numbered here; 0 is none. Empty where no event has any.
    source_sessions: Vec<u32>,
    /// Places in `people`.
    pub(super) persons: Vec<u32>,
    pub(super) people: Vec<Person>,
    /// Places of events, person after person.
    listed: Vec<u32>,
    person_of_user: FxHashMap<u32, u32>,
}

/// Somebody who has events in these streams, and in no others.
pub(super) struct Person {
    pub(super) owner: Owner,
    events: PersonEvents,
}

enum PersonEvents {
    /// All of one stream, by its place in `streams`.
    Stream(usize),
    /// Those whose places stand here in `listed`, by time and event id.
    Listed(Range<usize>),
}

/// The events of a stream or of a person, by time and event id.
pub(super) enum Places<'a> {
    Run(Range<usize>),
    List(&'a [u32]),
}

impl Columns {
    /// Reads streams with each event's roles by the definitions of `table`: a column for each of
    /// them.
    pub(super) fn load(
        reader: &Reader<'_>,
        stream_ids: &[i64],
        table: &mut RoleTable<'_>,
        definition_count: usize,
        profiles: &Profiles,
        cancel: &Cancel,
    ) -> Result<(Self, Vec<Vec<Role>>)> {
        let mut columns = Self {
            streams: Vec::with_capacity(stream_ids.len()),
            times_ms: Vec::new(),
            arrivals_ms: Vec::new(),
            names: Vec::new(),
            users: Vec::new(),
            source_sessions: Vec::new(),
            persons: Vec::new(),
            people: Vec::new(),
            listed: Vec::new(),
            person_of_user: FxHashMap::default(),
        };
        let mut roles = vec![Vec::new(); definition_count];
        let mut numbers = Numbers::default();
        for stream_id in stream_ids {
            cancel.check()?;
            let stream = LoadedStream::load(reader, *stream_id, table)?;
            let attributed = attribute(&stream, table, profiles);
            columns.push(&stream, &attributed, &mut numbers, &mut roles);
        }
        columns.list_people(reader, stream_ids, cancel)?;
        columns.shrink();
        roles.iter_mut().for_each(Vec::shrink_to_fit);
        Ok((columns, roles))
    }

    /// Reads the same streams once more for the roles by the one definition of `table`.
    pub(super) fn load_roles(
        reader: &Reader<'_>,
        stream_ids: &[i64],
        table: &mut RoleTable<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Role>> {
        let mut roles = Vec::new();
        for stream_id in stream_ids {
            cancel.check()?;
            let stream = LoadedStream::load(reader, *stream_id, table)?;
            let in_order = in_order(&stream).into_iter();
            roles.extend(in_order.map(|index| stream.role(index, 0).0));
        }
        roles.shrink_to_fit();
        Ok(roles)
    }

    pub(super) fn event_count(&self) -> usize {
        self.times_ms.len()
    }

    /// The session that the source believes in; 0 is none.
    pub(super) fn source_session(&self, place: usize) -> u32 {
        self.source_sessions.get(place).copied().unwrap_or(0)
    }

    /// The person that a user is, where one of the events names it.
    pub(super) fn person_of_user(&self, user: u32) -> Option<u32> {
        self.person_of_user.get(&user).copied()
    }

    /// A person's events.
    pub(super) fn events_of(&self, person: &Person) -> Places<'_> {
        match &person.events {
            PersonEvents::Stream(stream) => Places::Run(self.streams[*stream].clone()),
            PersonEvents::Listed(range) => Places::List(&self.listed[range.clone()]),
        }
    }

    fn push(
        &mut self,
        stream: &LoadedStream,
        attributed: &[Owner],
        numbers: &mut Numbers,
        roles: &mut [Vec<Role>],
    ) {
        let from = self.times_ms.len();
        for index in in_order(stream) {
            let event = &stream.events[index];
            let person = *numbers.persons.entry(attributed[index]).or_insert_with(|| {
                self.people.push(Person {
                    owner: attributed[index],
                    events: PersonEvents::Listed(0..0),
                });
                self.people.len() as u32 - 1
            });
            // Users and names have numbers from 1, and far fewer than 2^32.
            let user = event.user.map_or(0, |number| number as u32);
            if user != 0 {
                self.person_of_user.insert(user, person);
            }
            if let Some(key) = stream.source_session(index) {
                let next = numbers.source_sessions.len() as u32 + 1;
                let number = match numbers.source_sessions.get(key) {
                    Some(known) => *known,
                    None => {
                        numbers.source_sessions.insert(key.clone(), next);
                        next
                    }
                };
                self.source_sessions.resize(self.times_ms.len(), 0);
                self.source_sessions.push(number);
            }
            self.times_ms.push(event.time_ms);
            self.arrivals_ms.push(event.arrival_ms);
            self.names.push(event.name_id as u32);
            self.users.push(user);
            self.persons.push(person);
            for (definition, roles) in roles.iter_mut().enumerate() {
                roles.push(stream.role(index, definition).0);
            }
        }
        if !self.source_sessions.is_empty() {
            self.source_sessions.resize(self.times_ms.len(), 0);
        }
        self.streams.push(from..self.times_ms.len());
    }

    /// Finds the events of each person, over all streams.
    fn list_people(
        &mut self,
        reader: &Reader<'_>,
        stream_ids: &[i64],
        cancel: &Cancel,
    ) -> Result<()> {
        // The streams of each person, and its events in all of them.
        let mut streams_of: Vec<Vec<u32>> = vec![Vec::new(); self.people.len()];
        let mut event_count_of = vec![0_usize; self.people.len()];
        for (stream, range) in (0..).zip(&self.streams) {
            for person in &self.persons[range.clone()] {
                let streams = &mut streams_of[*person as usize];
                if streams.last() != Some(&stream) {
                    streams.push(stream);
                }
                event_count_of[*person as usize] += 1;
            }
        }
        let mut listed_count = 0;
        for (person, streams) in streams_of.iter().enumerate() {
            let event_count = event_count_of[person];
            self.people[person].events = match streams[..] {
                [only] if self.streams[only as usize].len() == event_count => {
                    PersonEvents::Stream(only as usize)
                }
                _ => {
                    listed_count += event_count;
                    PersonEvents::Listed(listed_count - event_count..listed_count - event_count)
                }
            };
        }
        let mut listed = vec![0; listed_count];
        for (place, person) in (0..).zip(&self.persons) {
            if let PersonEvents::Listed(range) = &mut self.people[*person as usize].events {
                listed[range.end] = place;
                range.end += 1;
            }
        }
        for (person, streams) in self.people.iter().zip(&streams_of) {
            cancel.check()?;
            if let PersonEvents::Listed(range) = &person.events
                && streams.len() > 1
            {
                self.merge(reader, stream_ids, &mut listed[range.clone()])?;
            }
        }
        self.listed = listed;
        Ok(())
    }

    /// Brings events of several streams, which stand one after the other, into one order. Only for
    /// events of one instant in two streams their ids count, which are read again then.
    fn merge(&self, reader: &Reader<'_>, stream_ids: &[i64], places: &mut [u32]) -> Result<()> {
        let time_ms = |place: &u32| self.times_ms[*place as usize];
        places.sort_by_key(time_ms);
        let stream_of = |place: u32| {
            let stream = |range: &Range<usize>| range.end <= place as usize;
            self.streams.partition_point(stream)
        };
        for tied in places.chunk_by_mut(|a, b| time_ms(a) == time_ms(b)) {
            let (Some(first), Some(last)) = (tied.first(), tied.last()) else {
                continue;
            };
            if stream_of(*first) == stream_of(*last) {
                continue;
            }
            let at_ms = time_ms(first);
            let mut ids: FxHashMap<usize, Vec<String>> = FxHashMap::default();
            let mut named: Vec<(String, u32)> = Vec::with_capacity(tied.len());
            for place in tied.iter() {
                let stream = stream_of(*place);
                let of_stream = match ids.get(&stream) {
                    Some(known) => known,
                    None => {
                        let read = reader.event_ids_at(stream_ids[stream], at_ms)?;
                        ids.entry(stream).or_insert(read)
                    }
                };
                let range = self.streams[stream].clone();
                let before = self.times_ms[range.clone()].partition_point(|ms| *ms < at_ms);
                let id = of_stream.get(*place as usize - range.start - before);
                named.push((id.cloned().unwrap_or_default(), *place));
            }
            named.sort_unstable();
            for (place, (_, sorted)) in tied.iter_mut().zip(named) {
                *place = sorted;
            }
        }
        Ok(())
    }

    fn shrink(&mut self) {
        self.times_ms.shrink_to_fit();
        self.arrivals_ms.shrink_to_fit();
        self.names.shrink_to_fit();
        self.users.shrink_to_fit();
        self.source_sessions.shrink_to_fit();
        self.persons.shrink_to_fit();
    }
}

/// Numbers given while loading.
#[derive(Default)]
struct Numbers {
    persons: FxHashMap<Owner, u32>,
    source_sessions: FxHashMap<Key, u32>,
}

/// The events of a stream by time and event id.
fn in_order(stream: &LoadedStream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..stream.events.len()).collect();
    order.sort_by(|a, b| {
        let time_ms = |index: &usize| stream.events[*index].time_ms;
        time_ms(a)
            .cmp(&time_ms(b))
            .then_with(|| stream.event_id(*a).cmp(stream.event_id(*b)))
    });
    order
}
