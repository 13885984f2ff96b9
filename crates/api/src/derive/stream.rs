//! A stream's events as deriving needs them: no properties, names as numbers, roles looked up.

use std::ops::Range;

use dwell_model::definition::{Gameplay, Role};
use dwell_model::{Key, Properties, StartKind};
use dwell_store::table::event::{StreamPart, StreamView};
use dwell_store::table::stream::StreamOwner;
use dwell_store::{Owner, Reader};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Compiled, profile};
use crate::error::ApiError;

/// One event of a loaded stream.
pub(crate) struct LightEvent {
    pub(crate) number: i64,
    pub(crate) time_ms: i64,
    pub(crate) arrival_ms: i64,
    pub(crate) name_id: i64,
    pub(crate) user: Option<i64>,
    event_id: Range<u32>,
    /// Place in `keys`.
    source_session: Option<u32>,
}

/// A stream or a part of one, by time and number.
pub(crate) struct LoadedStream {
    pub(crate) owner: Owner,
    pub(crate) events: Vec<LightEvent>,
    event_ids: String,
    keys: Vec<Key>,
    /// One per event and definition.
    roles: Vec<(Role, StartKind)>,
    definition_count: usize,
    /// The properties of events of gameplay, by their places.
    plays: Vec<(u32, Properties)>,
    /// An event carries context, or is one that sets properties of people.
    pub(crate) tells_more: bool,
}

/// Events that set custom properties of people (sessions, section 7).
pub(crate) const PROPERTY_EVENTS: [&str; 2] = ["identify", "CustomPropertyChanged"];

/// The roles of event names under some definitions; asked for once per name, or per event where a
/// rule looks at properties.
pub(crate) struct RoleTable<'a> {
    names: &'a FxHashMap<i64, Box<str>>,
    definitions: &'a [Compiled],
    known: FxHashMap<i64, Vec<NameRole>>,
    /// Numbers of the names of bets, wins and rollbacks.
    plays: FxHashSet<i64>,
}

#[derive(Clone, Copy)]
enum NameRole {
    Always(Role, StartKind),
    ByProperties,
}

impl<'a> RoleTable<'a> {
    pub(crate) fn new(names: &'a FxHashMap<i64, Box<str>>, definitions: &'a [Compiled]) -> Self {
        let played: FxHashSet<&str> = definitions
            .iter()
            .filter_map(|compiled| compiled.definition.gameplay.as_ref())
            .flat_map(Gameplay::events)
            .collect();
        let plays = names
            .iter()
            .filter(|(_, name)| played.contains(&***name))
            .map(|(number, _)| *number)
            .collect();
        Self {
            names,
            definitions,
            known: FxHashMap::default(),
            plays,
        }
    }

    fn is_play(&self, name_id: i64) -> bool {
        self.plays.contains(&name_id)
    }

    /// The name of a number; blank where there is none.
    pub(crate) fn name(&self, name_id: i64) -> &'a str {
        self.names.get(&name_id).map_or("", |name| name)
    }

    /// Writes the roles of an event to the end of a list, one per definition.
    fn push(
        &mut self,
        name_id: i64,
        properties: impl Fn() -> Result<Properties, ApiError>,
        roles: &mut Vec<(Role, StartKind)>,
    ) -> Result<(), ApiError> {
        let name = self.name(name_id);
        let definitions = self.definitions;
        let known = self.known.entry(name_id).or_insert_with(|| {
            let role = |compiled: &Compiled| match compiled.rules.needs_properties(name) {
                true => NameRole::ByProperties,
                false => {
                    let (role, start_kind) = compiled.rules.role_of(name, Properties::new);
                    NameRole::Always(role, start_kind)
                }
            };
            definitions.iter().map(role).collect()
        });
        let mut read: Option<Properties> = None;
        for (compiled, role) in definitions.iter().zip(known.iter()) {
            match role {
                NameRole::Always(role, start_kind) => roles.push((*role, *start_kind)),
                NameRole::ByProperties => {
                    let properties = match read.take() {
                        Some(properties) => properties,
                        None => properties()?,
                    };
                    roles.push(compiled.rules.role_of(name, || &properties));
                    read = Some(properties);
                }
            }
        }
        Ok(())
    }
}

impl LoadedStream {
    /// Reads a whole stream from the store.
    pub(crate) fn load(
        reader: &Reader<'_>,
        stream_id: i64,
        table: &mut RoleTable<'_>,
    ) -> Result<Self, ApiError> {
        Self::of(&reader.stream(stream_id, StreamPart::WHOLE)?, table)
    }

    /// The events of a stream that is read, or of a part of one.
    pub(crate) fn of(view: &StreamView<'_>, table: &mut RoleTable<'_>) -> Result<Self, ApiError> {
        let mut stream = Self {
            owner: Owner::from_id(view.stream_id()),
            events: Vec::new(),
            event_ids: String::new(),
            keys: Vec::new(),
            roles: Vec::new(),
            definition_count: table.definitions.len(),
            plays: Vec::new(),
            tells_more: false,
        };
        let mut places: FxHashMap<Key, u32> = FxHashMap::default();
        view.walk(|row| {
            let name_id = row.name_id();
            stream.tells_more |=
                row.has_context() || PROPERTY_EVENTS.contains(&table.name(name_id));
            if table.is_play(name_id) {
                let place = stream.events.len() as u32;
                stream.plays.push((place, row.properties()?));
            }
            let from = stream.event_ids.len() as u32;
            row.push_event_id(&mut stream.event_ids)?;
            let source_session = row.source_session().map(|key| {
                *places.entry(key).or_insert_with_key(|key| {
                    stream.keys.push(key.clone());
                    stream.keys.len() as u32 - 1
                })
            });
            stream.events.push(LightEvent {
                number: row.event_number(),
                time_ms: row.time_ms(),
                arrival_ms: row.arrival_ms(),
                name_id,
                user: row.user_number(),
                event_id: from..stream.event_ids.len() as u32,
                source_session,
            });
            let properties = || row.properties().map_err(ApiError::from);
            table.push(name_id, properties, &mut stream.roles)
        })?;
        Ok(stream)
    }

    pub(crate) fn event_id(&self, index: usize) -> &str {
        let range = &self.events[index].event_id;
        &self.event_ids[range.start as usize..range.end as usize]
    }

    pub(crate) fn source_session(&self, index: usize) -> Option<&Key> {
        self.events[index]
            .source_session
            .map(|place| &self.keys[place as usize])
    }

    /// The properties of an event of gameplay; none of any other.
    pub(super) fn play(&self, index: usize) -> Option<&Properties> {
        let place = index as u32;
        let at = self.plays.binary_search_by_key(&place, |(place, _)| *place);
        Some(&self.plays[at.ok()?].1)
    }

    pub(crate) fn role(&self, index: usize, definition_index: usize) -> (Role, StartKind) {
        self.roles[index * self.definition_count + definition_index]
    }

    /// Whose event it is by what it says itself: its user, else its device.
    pub(crate) fn plain_owner(&self, index: usize) -> Owner {
        self.events[index].user.map_or(self.owner, Owner::User)
    }

    /// All of these with the time of their first event, in order.
    pub(crate) fn plain_owners(&self) -> Vec<StreamOwner> {
        let seen = |index: usize| (self.plain_owner(index), self.events[index].time_ms);
        profile::owners_of((0..self.events.len()).map(seen))
    }
}
