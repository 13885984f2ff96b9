//! From stored events to everything that follows from them: sessions of every definition, people,
//! devices. What is derived depends on the events alone, so it can be dropped and made again.
//!
//! In the transaction of an import: `profile` joins users by their aliases, `people` says whose each
//! event is, `sessions` walks the streams of devices (`whole`) and, for scope `user`, those of people
//! (`owner`), `part` only what a punctual batch can change of them, `late` what one can that comes after
//! the grace (`stray` is where that is to be looked for), `replace` puts what is new in place of what
//! was and logs what had been told already, and `number` tells gameplay sessions of one id apart.

mod late;
mod number;
mod owner;
mod part;
mod people;
mod profile;
mod replace;
mod sessions;
mod stray;
mod stream;
mod whole;

use std::time::Instant;

use dwell_model::Definition;
use dwell_model::definition::Scope;
use dwell_model::zone::ZONE_DATA_VERSION;
use dwell_sessionizer::{Rules, Walker};
use dwell_store::table::application::Application;
use dwell_store::table::definition::StoredDefinition;
use dwell_store::table::event::{Appended, Appender, EachNew, TouchedStream};
use dwell_store::table::people::PeopleChange;
use dwell_store::{Owner, Reader, Writer};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::{ApiError, ErrorCode};
pub(crate) use owner::SharedStreams;
use owner::UserScope;
use part::{CameTo, Deriving};
pub(crate) use people::attribute;
pub(crate) use profile::Profiles;
pub(crate) use replace::Telling;
use replace::replace_all;
use sessions::{Naming, Part, sessions_of};
pub(crate) use stream::{LoadedStream, RoleTable};
use whole::{Found, Whole};

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

/// Everything that follows from the streams of an application that change, on its way.
pub(crate) struct Derivation<'a> {
    writer: &'a Writer<'a>,
    application: &'a Application,
    telling: &'a Telling,
    definitions: Vec<Compiled>,
    names: FxHashMap<i64, Box<str>>,
    change: PeopleChange<'a>,
    /// Everyone whose events changed.
    persons: FxHashSet<Owner>,
    /// Those of them whose sessions are made from all their streams.
    open: FxHashSet<Owner>,
    /// Streams that are done.
    done: FxHashSet<i64>,
    /// How long it took, so far.
    seconds: f64,
}

impl<'a> Derivation<'a> {
    /// Begins; the names of the events are known by now.
    pub(crate) fn new(
        writer: &'a Writer<'a>,
        application: &'a Application,
        telling: &'a Telling,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            writer,
            application,
            telling,
            definitions: Compiled::all(writer, application)?,
            names: writer.event_names()?,
            change: PeopleChange::new(writer, application.application_id)?,
            persons: FxHashSet::default(),
            open: FxHashSet::default(),
            done: FxHashSet::default(),
            seconds: 0.0,
        })
    }

    /// Stores what came, and derives the streams that had no events before while they are at hand.
    /// Where users are joined, whose an event is can be told only when all are there: then nothing is
    /// derived yet.
    pub(crate) fn store(
        &mut self,
        appender: Appender<'_>,
        tell: Tell<'_>,
    ) -> Result<Appended, ApiError> {
        let profiles = Profiles::read(self.writer)?;
        if appender.may_join_users() || !profiles.is_empty() {
            return appender.finish(tell);
        }
        let whole = Whole {
            application: self.application,
            definitions: &self.definitions,
            profiles: &profiles,
            names: &self.names,
            tells: true,
        };
        let keys = whole.keys(self.writer)?;
        let (seconds, threads) = (&mut self.seconds, whole::threads() as f64);
        appender.finish_with(
            Some(EachNew {
                look: &|| {
                    let mut finder = whole.finder(&keys);
                    Box::new(move |view| finder.find(view))
                },
                put: &mut |stream_id, found: Found| {
                    let began = Instant::now();
                    self.done.insert(stream_id);
                    *seconds += found.seconds / threads;
                    let theirs = put_told(&mut self.change, &found)?;
                    self.persons.extend(theirs.iter().copied());
                    self.open.extend(theirs);
                    put_sessions(self.writer, self.telling, &self.definitions, found)?;
                    *seconds += began.elapsed().as_secs_f64();
                    Ok(())
                },
            }),
            tell,
        )
    }

    /// Derives what is left of the streams that changed. Events of the batch have the first number or a
    /// higher one.
    pub(crate) fn finish(
        mut self,
        touched: &[TouchedStream],
        first_number: i64,
        tell: Tell<'_>,
    ) -> Result<Derived, ApiError> {
        let began = Instant::now();
        let (writer, telling) = (self.writer, self.telling);
        let added: u64 = touched.iter().map(|stream| stream.added).sum();
        let (profiles, joined) = profile::refresh(writer, self.application, touched, first_number)?;
        let joined: FxHashSet<i64> = joined.into_iter().collect();
        let has_alias = touched.iter().any(|stream| stream.has_alias);
        if has_alias || !profiles.is_empty() || !joined.is_empty() {
            self.change.look_again();
            // Where an alias went with the copy that counted, some are another's than was thought.
            self.done.retain(|stream_id| !joined.contains(stream_id));
        }
        let known: FxHashSet<i64> = touched.iter().map(|stream| stream.stream_id).collect();
        let touched = touched
            .iter()
            .filter(|stream| !self.done.contains(&stream.stream_id))
            .map(|stream| (stream.stream_id, Some(stream)));
        let mut also: Vec<i64> = joined.difference(&known).copied().collect();
        also.sort_unstable();
        let all: Vec<(i64, Option<&TouchedStream>)> = touched
            .chain(also.into_iter().map(|id| (id, None)))
            .collect();
        let naming = Naming {
            keys: &**writer,
            application: self.application,
            profiles: &profiles,
            names: &self.names,
        };
        let deriving = Deriving {
            writer,
            naming: &naming,
            definitions: &self.definitions,
            telling,
            first_number,
        };
        let mut roles = RoleTable::new(&self.names, &self.definitions);
        let mut walkers = walkers(&self.definitions);
        let mut in_part: FxHashMap<Owner, Vec<CameTo>> = FxHashMap::default();
        let mut whole: Vec<i64> = Vec::new();
        for (stream_id, touched) in &all {
            let known = touched.filter(|_| !joined.contains(stream_id));
            let Some(touched) = known.filter(|_| !telling.is_nothing()) else {
                whole.push(*stream_id);
                continue;
            };
            tell(in_part.len(), all.len())?;
            match deriving.part(touched, &mut self.change, &mut roles, &mut walkers)? {
                None => whole.push(*stream_id),
                Some((person, came)) => {
                    self.persons.insert(person);
                    // What several of its streams bring is seen at once: no session is told of in
                    // between.
                    in_part.entry(person).or_default().push(came);
                }
            }
        }
        let mut done = in_part.len();
        let by_whole = Whole {
            application: self.application,
            definitions: &self.definitions,
            profiles: &profiles,
            names: &self.names,
            tells: true,
        };
        by_whole.each(writer, &whole, &mut |found| {
            tell(done, all.len())?;
            done += 1;
            let theirs = put_told(&mut self.change, &found)?;
            self.persons.extend(theirs.iter().copied());
            self.open.extend(theirs);
            put_sessions(writer, telling, &self.definitions, found)
        })?;
        let mut persons: Vec<Owner> = self.persons.into_iter().collect();
        persons.sort_unstable();
        let mut by_user = UserScope::new(writer, &naming, &self.definitions, telling);
        if !by_user.is_empty() {
            let mut wholes = Vec::new();
            for person in persons.iter().filter(|person| !self.open.contains(person)) {
                let came = in_part.remove(person).unwrap_or_default();
                if !deriving.part_of_person(*person, came, &mut roles, &mut walkers)? {
                    wholes.push(*person);
                }
            }
            self.open.extend(wholes);
            for person in persons.iter().filter(|person| self.open.contains(person)) {
                tell(all.len(), all.len())?;
                by_user.derive(*person, &mut roles)?;
            }
        }
        let derived = Derived {
            new_people: self.change.finish()?,
        };
        telling.finish(writer, &naming)?;
        if telling.is_nothing() && added > 0 {
            // The first events of all: how long they took tells how long a rebuild takes.
            let seconds = self.seconds + began.elapsed().as_secs_f64();
            for compiled in &self.definitions {
                let build = Some((seconds, added));
                writer.note_build(compiled.definition_id, ZONE_DATA_VERSION, build)?;
            }
        }
        Ok(derived)
    }
}

/// Derives everything of an application from nothing; its derived tables are empty.
pub(crate) fn all(
    writer: &Writer<'_>,
    application: &Application,
    telling: &Telling,
    tell: Tell<'_>,
) -> Result<(), ApiError> {
    let touched = writer.touched_of_all(application.application_id)?;
    Derivation::new(writer, application, telling)?.finish(&touched, i64::MIN, tell)?;
    writer.rebuild_totals(application.application_id)?;
    for stored in writer.definitions(application.application_id)? {
        writer.note_build(stored.definition_id, ZONE_DATA_VERSION, None)?;
    }
    Ok(())
}

/// Why a definition's sessions are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rebuilt {
    /// Its rules are others: what had been told of its sessions begins anew.
    ByOtherRules,
    /// With other zone data at most: what had been told stays told.
    AsBefore,
}

/// Makes one definition's sessions anew over all events of an application.
pub(crate) fn definition(
    writer: &Writer<'_>,
    application: &Application,
    definition_id: i64,
    rules: Rebuilt,
    tell: Tell<'_>,
) -> Result<(), ApiError> {
    let began = Instant::now();
    let definitions: Vec<Compiled> = Compiled::all(writer, application)?
        .into_iter()
        .filter(|compiled| compiled.definition_id == definition_id)
        .collect();
    let owners: Vec<Owner> = match definitions
        .first()
        .map(|compiled| compiled.definition.scope)
    {
        Some(Scope::User) => writer.persons(application.application_id)?,
        _ => {
            let streams = writer.streams(application.application_id)?;
            streams.into_iter().map(Owner::from_id).collect()
        }
    };
    let known: FxHashSet<Owner> = owners.iter().copied().collect();
    let had = writer.owners_of_sessions(definition_id)?;
    if !had.iter().all(|owner| known.contains(owner)) {
        // By another scope the sessions were those of others.
        writer.drop_sessions(definition_id)?;
    }
    if rules == Rebuilt::ByOtherRules {
        writer.forget_emissions(definition_id)?;
    }
    let profiles = Profiles::read(writer)?;
    let names = writer.event_names()?;
    let mut roles = RoleTable::new(&names, &definitions);
    let naming = Naming {
        keys: &**writer,
        application,
        profiles: &profiles,
        names: &names,
    };
    let telling = match writer.session_count(definition_id)? {
        0 => {
            writer.drop_strays(definition_id)?;
            Telling::nothing_stood()
        }
        _ => Telling::nothing_told(),
    };
    let mut by_user = UserScope::new(writer, &naming, &definitions, &telling);
    if by_user.is_empty() {
        let by_whole = Whole {
            application,
            definitions: &definitions,
            profiles: &profiles,
            names: &names,
            tells: false,
        };
        let streams: Vec<i64> = owners.iter().map(|owner| owner.id()).collect();
        let mut done = 0;
        by_whole.each(writer, &streams, &mut |found| {
            tell(done, streams.len())?;
            done += 1;
            put_sessions(writer, &telling, &definitions, found)
        })?;
    } else {
        for (done, person) in owners.iter().enumerate() {
            tell(done, owners.len())?;
            by_user.derive(*person, &mut roles)?;
        }
    }
    telling.finish(writer, &naming)?;
    let events = writer.totals(application.application_id)?.event_count;
    let seconds = began.elapsed().as_secs_f64();
    writer.note_build(definition_id, ZONE_DATA_VERSION, Some((seconds, events)))?;
    Ok(())
}

/// Puts what a stream tells of people in place of what it told before; answers the people that it has
/// and had.
fn put_told(change: &mut PeopleChange<'_>, found: &Found) -> Result<Vec<Owner>, ApiError> {
    let stream_id = found.owner.id();
    let Some((told, owners)) = &found.told else {
        return Ok(Vec::new());
    };
    Ok(match &told.summary {
        Some(summary) => change.put_stream(stream_id, summary, owners, &told.people)?,
        None => change.remove_stream(stream_id)?,
    })
}

/// Puts the sessions that a stream comes to in place of those that it had.
fn put_sessions(
    writer: &Writer<'_>,
    telling: &Telling,
    definitions: &[Compiled],
    found: Found,
) -> Result<(), ApiError> {
    for (index, sessions) in found.sessions {
        let compiled = &definitions[index];
        replace_all(writer, telling, compiled, found.owner, sessions)?;
    }
    Ok(())
}

/// Every instant.
pub(crate) const ALL_TIME: (i64, i64) = (i64::MIN, i64::MAX);

/// A walker for each definition; what it learns of local days serves all streams.
fn walkers(definitions: &[Compiled]) -> Vec<Walker<'_>> {
    definitions
        .iter()
        .map(|compiled| Walker::new(&compiled.rules))
        .collect()
}

#[cfg(test)]
mod tests;
