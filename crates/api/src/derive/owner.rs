//! The sessions of definitions of scope `user`: one person's events out of all the streams that hold
//! some of them.
//!
//! A device that many people use (a till, a family's tablet) is a stream of many owners. It is read
//! once for all of them, not once for each.

use std::rc::Rc;

use dwell_model::definition::Scope;
use dwell_sessionizer::Walker;
use dwell_store::{Owner, Reader, Writer};
use rustc_hash::FxHashMap;

use super::sessions::Naming;
use super::{
    Compiled, LoadedStream, Part, Profiles, RoleTable, Telling, attribute, replace_all, sessions_of,
};
use crate::error::ApiError;

/// Streams of several owners are kept until they have so many events together, about 250 MB; then all
/// are read again where they are needed again.
const KEPT_EVENTS: usize = 2_000_000;

/// A stream with the places of each person's events in it.
pub(crate) struct SharedStream {
    pub(crate) stream: LoadedStream,
    attributed: Vec<Owner>,
    events_of: FxHashMap<Owner, Vec<u32>>,
}

impl SharedStream {
    /// The places of a person's events, ascending.
    pub(crate) fn events_of(&self, owner: Owner) -> &[u32] {
        self.events_of.get(&owner).map_or(&[], Vec::as_slice)
    }
}

/// Reads the streams of one owner after the other; those of several owners once for all of them.
#[derive(Default)]
pub(crate) struct SharedStreams {
    known: FxHashMap<i64, Rc<SharedStream>>,
    event_count: usize,
}

impl SharedStreams {
    /// All streams in which a person has events.
    pub(crate) fn of_person(
        &mut self,
        reader: &Reader<'_>,
        owner: Owner,
        profiles: &Profiles,
        roles: &mut RoleTable<'_>,
    ) -> Result<Vec<Rc<SharedStream>>, ApiError> {
        let mut streams = Vec::new();
        for stream in reader.streams_of_person(owner)? {
            streams.push(self.stream(reader, stream.id(), profiles, roles)?);
        }
        Ok(streams)
    }

    fn stream(
        &mut self,
        reader: &Reader<'_>,
        stream_id: i64,
        profiles: &Profiles,
        roles: &mut RoleTable<'_>,
    ) -> Result<Rc<SharedStream>, ApiError> {
        if let Some(known) = self.known.get(&stream_id) {
            return Ok(Rc::clone(known));
        }
        let stream = LoadedStream::load(reader, stream_id, roles)?;
        let attributed = attribute(&stream, roles, profiles);
        let mut events_of: FxHashMap<Owner, Vec<u32>> = FxHashMap::default();
        for (index, person) in (0..).zip(&attributed) {
            events_of.entry(*person).or_default().push(index);
        }
        let loaded = Rc::new(SharedStream {
            attributed,
            stream,
            events_of,
        });
        if loaded.events_of.len() > 1 {
            let count = loaded.stream.events.len();
            if self.event_count + count > KEPT_EVENTS {
                self.known.clear();
                self.event_count = 0;
            }
            self.event_count += count;
            self.known.insert(stream_id, Rc::clone(&loaded));
        }
        Ok(loaded)
    }
}

/// Makes the sessions of people anew.
pub(super) struct UserScope<'a> {
    writer: &'a Writer<'a>,
    naming: &'a Naming<'a>,
    /// Each definition of scope `user` with its place among all.
    definitions: Vec<(usize, &'a Compiled, Walker<'a>)>,
    telling: &'a Telling,
    streams: SharedStreams,
}

impl<'a> UserScope<'a> {
    pub(super) fn new(
        writer: &'a Writer<'a>,
        naming: &'a Naming<'a>,
        definitions: &'a [Compiled],
        telling: &'a Telling,
    ) -> Self {
        let with_walker = |(index, compiled): (usize, &'a Compiled)| {
            (index, compiled, Walker::new(&compiled.rules))
        };
        Self {
            writer,
            naming,
            definitions: definitions
                .iter()
                .enumerate()
                .filter(|(_, compiled)| compiled.definition.scope == Scope::User)
                .map(with_walker)
                .collect(),
            telling,
            streams: SharedStreams::default(),
        }
    }

    /// Whether there is no definition of scope `user`.
    pub(super) fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// Makes the sessions of one person anew, over all its streams.
    pub(super) fn derive(
        &mut self,
        owner: Owner,
        roles: &mut RoleTable<'_>,
    ) -> Result<(), ApiError> {
        let streams = self
            .streams
            .of_person(self.writer, owner, self.naming.profiles, roles)?;
        let parts: Vec<Part<'_>> = streams
            .iter()
            .map(|shared| Part {
                stream: &shared.stream,
                attributed: &shared.attributed,
                only: Some(shared.events_of(owner)),
            })
            .collect();
        for (index, compiled, walker) in &mut self.definitions {
            let found = sessions_of(self.naming, compiled, walker, *index, owner, &parts)?;
            replace_all(self.writer, self.telling, compiled, owner, found)?;
        }
        Ok(())
    }
}
