//! What stays in memory between two tries, so that a person can type: an application's events in
//! columns, what their roles are, and the sessions of the definition in use. All of it is dropped
//! when this program begins to change the file, when nobody tries rules any more, and with the next
//! try where another program changed the file.
//!
//! Streams that share a person stand together in one chunk, so every chunk can be asked by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dwell_model::Definition;
use dwell_model::definition::Role;
use dwell_sessionizer::Rules;
use dwell_store::read::columns::Watch;
use dwell_store::table::application::Application;
use dwell_store::{Owner, Reader, Store};
use rustc_hash::{FxHashMap, FxHashSet};

use super::columns::Columns;
use super::find::{Finder, Found};
use crate::Cancel;
use crate::derive::{Compiled, Profiles, RoleTable};
use crate::error::Result;

/// How much is kept.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// An application of more events is read anew for every try, chunk by chunk.
    pub(super) kept_events: u64,
    /// A chunk has at least so many events, unless it is the last.
    pub(super) chunk_events: u64,
}

impl Sizes {
    /// Kept, the most events are about 1 GB.
    pub(super) const USUAL: Self = Self {
        kept_events: 25_000_000,
        chunk_events: 50_000,
    };
}

/// What a workspace keeps between tries.
#[derive(Default)]
pub(crate) struct Trials {
    watch: Mutex<Option<Watch>>,
    memory: Mutex<Option<Arc<Memory>>>,
}

/// One application as of one version of the file.
pub(super) struct Memory {
    version: i64,
    application_id: i64,
    is_kept: bool,
    pub(super) plan: Plan,
    slots: Vec<Mutex<Slot>>,
}

/// What is known before any event is read.
pub(super) struct Plan {
    names: FxHashMap<i64, Box<str>>,
    profiles: Profiles,
    /// The streams of each chunk.
    chunks: Vec<Vec<i64>>,
    hashes: FxHashMap<Owner, u64>,
}

/// What is kept of a chunk.
#[derive(Default)]
struct Slot {
    columns: Option<Arc<Columns>>,
    /// By the definitions' role rules: of the one in use and the one tried last.
    roles: Vec<(Arc<str>, Arc<[Role]>)>,
    /// The sessions of a definition in use.
    now: Option<(Arc<str>, Arc<Found>)>,
}

/// A definition ready to be tried on chunks.
pub(super) struct Ready {
    pub(super) compiled: Compiled,
    /// The whole of it, as JSON.
    json: Arc<str>,
    /// All on which roles depend, as JSON.
    role_rules: Arc<str>,
    /// Names of events whose roles depend on their properties.
    conditional: FxHashSet<u32>,
    /// The roles of all other names, by number.
    by_name: Vec<Role>,
}

/// A chunk with all that is asked of it but the tried definition's sessions.
pub(super) struct Chunk {
    pub(super) columns: Arc<Columns>,
    pub(super) tried_roles: Arc<[Role]>,
    pub(super) now: Arc<Found>,
}

impl Trials {
    /// A number that is another one after each change of the file.
    pub(super) fn version(&self, store: &Store) -> Result<i64> {
        let mut watch = lock(&self.watch);
        let watch = match &mut *watch {
            Some(watch) => watch,
            none => none.insert(store.watch()?),
        };
        Ok(watch.version()?)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.memory).is_none()
    }

    /// Drops what is kept; a try that runs goes on with it to its end.
    pub(crate) fn forget(&self) {
        let kept = lock(&self.memory).take();
        // Outside of the lock: it may be large.
        drop(kept);
    }

    /// What is kept of an application as of this version; what is kept of any other goes. A try that
    /// was cancelled keeps nothing.
    pub(super) fn memory(
        &self,
        reader: &Reader<'_>,
        application: &Application,
        version: i64,
        cancel: &Cancel,
    ) -> Result<Arc<Memory>> {
        let application_id = application.application_id;
        let is_it = |memory: &Arc<Memory>| {
            (memory.version, memory.application_id) == (version, application_id)
        };
        let kept = lock(&self.memory).take_if(|memory| !is_it(memory));
        // Outside of the lock: it may be large.
        drop(kept);
        if let Some(memory) = lock(&self.memory).as_ref().filter(|memory| is_it(memory)) {
            return Ok(Arc::clone(memory));
        }
        let memory = Arc::new(Memory::new(reader, application, version, Sizes::USUAL)?);
        let mut kept = lock(&self.memory);
        // Whoever cancels it forgets what is kept after that.
        cancel.check()?;
        // Another try may have been first.
        match kept.as_ref().filter(|memory| is_it(memory)) {
            Some(first) => Ok(Arc::clone(first)),
            None => Ok(Arc::clone(kept.insert(memory))),
        }
    }
}

impl Memory {
    /// Nothing is read yet but what is needed to begin.
    pub(super) fn new(
        reader: &Reader<'_>,
        application: &Application,
        version: i64,
        sizes: Sizes,
    ) -> Result<Self> {
        let application_id = application.application_id;
        let (chunks, event_count) = chunks(reader, application_id, sizes.chunk_events)?;
        let mut hashes = FxHashMap::default();
        reader.person_keys(application_id, |owner, key| {
            hashes.insert(owner, hash_of_id(&key.to_string()));
            Ok(())
        })?;
        Ok(Self {
            version,
            application_id,
            is_kept: event_count <= sizes.kept_events,
            slots: chunks.iter().map(|_| Mutex::default()).collect(),
            plan: Plan {
                names: reader.event_names()?,
                profiles: Profiles::read(reader)?,
                chunks,
                hashes,
            },
        })
    }

    pub(super) fn chunk_count(&self) -> usize {
        self.slots.len()
    }

    /// A chunk, with what is not known of it yet read and found.
    pub(super) fn chunk(
        &self,
        reader: &Reader<'_>,
        index: usize,
        now: &Ready,
        tried: &Ready,
        finder: &mut Finder<'_>,
        cancel: &Cancel,
    ) -> Result<Chunk> {
        cancel.check()?;
        if !self.is_kept {
            return self.fill(
                &mut Slot::default(),
                reader,
                index,
                now,
                tried,
                finder,
                cancel,
            );
        }
        let mut slot = lock(&self.slots[index]);
        self.fill(&mut slot, reader, index, now, tried, finder, cancel)
    }

    #[expect(clippy::too_many_arguments, reason = "one place, two ways to it")]
    fn fill(
        &self,
        slot: &mut Slot,
        reader: &Reader<'_>,
        index: usize,
        now: &Ready,
        tried: &Ready,
        finder: &mut Finder<'_>,
        cancel: &Cancel,
    ) -> Result<Chunk> {
        let columns = match &slot.columns {
            Some(columns) => Arc::clone(columns),
            None => {
                let both = [&now.compiled, &tried.compiled];
                let (columns, roles) = self.load(reader, index, &both, cancel)?;
                let keys = [now, tried].map(|ready| Arc::clone(&ready.role_rules));
                slot.roles = keys.into_iter().zip(roles.map(Arc::from)).collect();
                slot.roles.dedup_by(|a, b| a.0 == b.0);
                Arc::clone(slot.columns.insert(Arc::new(columns)))
            }
        };
        slot.roles
            .retain(|(rules, _)| [&now.role_rules, &tried.role_rules].contains(&rules));
        let now_roles = self.roles(slot, reader, index, &columns, now, cancel)?;
        let tried_roles = self.roles(slot, reader, index, &columns, tried, cancel)?;
        let found = match &slot.now {
            Some((json, found)) if *json == now.json => Arc::clone(found),
            _ => {
                let found = Arc::new(finder.find(&columns, &now_roles, None, cancel)?);
                slot.now = Some((Arc::clone(&now.json), Arc::clone(&found)));
                found
            }
        };
        Ok(Chunk {
            columns,
            tried_roles,
            now: found,
        })
    }

    /// Each event's role by a definition's rules.
    fn roles(
        &self,
        slot: &mut Slot,
        reader: &Reader<'_>,
        index: usize,
        columns: &Columns,
        ready: &Ready,
        cancel: &Cancel,
    ) -> Result<Arc<[Role]>> {
        let known = slot
            .roles
            .iter()
            .find(|(rules, _)| *rules == ready.role_rules);
        if let Some((_, roles)) = known {
            return Ok(Arc::clone(roles));
        }
        let is_conditional = columns
            .names
            .iter()
            .any(|name| ready.conditional.contains(name));
        let roles: Vec<Role> = match is_conditional {
            false => (columns.names.iter())
                // A name that came after the roles were asked: the answer is made again then.
                .map(|name| {
                    let known = ready.by_name.get(*name as usize);
                    known.copied().unwrap_or(Role::Ignored)
                })
                .collect(),
            true => {
                let definition = [copy_for_roles(&ready.compiled)];
                let mut table = RoleTable::new(&self.plan.names, &definition);
                Columns::load_roles(reader, &self.plan.chunks[index], &mut table, cancel)?
            }
        };
        let roles: Arc<[Role]> = roles.into();
        slot.roles
            .push((Arc::clone(&ready.role_rules), Arc::clone(&roles)));
        Ok(roles)
    }

    fn load(
        &self,
        reader: &Reader<'_>,
        index: usize,
        definitions: &[&Compiled; 2],
        cancel: &Cancel,
    ) -> Result<(Columns, [Vec<Role>; 2])> {
        let definitions = definitions.map(copy_for_roles);
        let mut table = RoleTable::new(&self.plan.names, &definitions);
        let (columns, mut roles) = Columns::load(
            reader,
            &self.plan.chunks[index],
            &mut table,
            definitions.len(),
            &self.plan.profiles,
            cancel,
        )?;
        let tried = roles.pop().unwrap_or_default();
        let now = roles.pop().unwrap_or_default();
        Ok((columns, [now, tried]))
    }
}

impl Plan {
    /// A number that follows from a person's id alone.
    pub(super) fn hash_of(&self, owner: Owner) -> u64 {
        self.hashes.get(&owner).copied().unwrap_or(u64::MAX)
    }
}

impl Ready {
    pub(super) fn new(definition: Definition, plan: &Plan) -> Self {
        let compiled = Compiled {
            definition_id: 0,
            rules: Rules::new(&definition),
            definition,
        };
        let definition = &compiled.definition;
        let is_conditional = |name: &str| {
            let mut rules = definition.roles.iter();
            rules.any(|rule| rule.event == name && !rule.conditions.is_empty())
        };
        let name_count = plan.names.keys().max().map_or(0, |last| last + 1);
        let mut by_name = vec![Role::Ignored; usize::try_from(name_count).unwrap_or(0)];
        let mut conditional = FxHashSet::default();
        for (number, name) in &plan.names {
            if is_conditional(name) {
                conditional.insert(*number as u32);
            } else {
                // Without a condition at most the start kind depends on the properties.
                let (role, _) = compiled.rules.role_of(name, dwell_model::Properties::new);
                by_name[*number as usize] = role;
            }
        }
        let role_rules = serde_json::json!([definition.roles, definition.default_role]);
        Self {
            json: definition.to_json().into(),
            role_rules: role_rules.to_string().into(),
            conditional,
            by_name,
            compiled,
        }
    }
}

/// A definition for its roles alone: what is gameplay would be read with all its properties.
fn copy_for_roles(compiled: &Compiled) -> Compiled {
    Compiled {
        definition_id: compiled.definition_id,
        definition: Definition {
            gameplay: None,
            ..compiled.definition.clone()
        },
        rules: compiled.rules.clone(),
    }
}

/// The streams of an application in chunks, so that all streams of a person are in one; and how
/// many events there are.
fn chunks(
    reader: &Reader<'_>,
    application_id: i64,
    chunk_size: u64,
) -> Result<(Vec<Vec<i64>>, u64)> {
    let mut streams: Vec<(i64, u64)> = Vec::new();
    // For each stream one that is joined with it and stands before it, or itself.
    let mut joined: Vec<u32> = Vec::new();
    let mut first_of: FxHashMap<Owner, u32> = FxHashMap::default();
    reader.parts(application_id, |part| {
        match streams.last_mut() {
            Some((stream_id, event_count)) if *stream_id == part.stream_id => {
                *event_count += part.event_count;
            }
            _ => {
                joined.push(streams.len() as u32);
                streams.push((part.stream_id, part.event_count));
            }
        }
        let stream = streams.len() as u32 - 1;
        let first = *first_of.entry(part.person).or_insert(stream);
        let (a, b) = (root_of(&mut joined, first), root_of(&mut joined, stream));
        joined[a.max(b) as usize] = a.min(b);
        Ok(())
    })?;
    let mut grouped: Vec<(u32, u32)> = (0..streams.len() as u32)
        .map(|stream| (root_of(&mut joined, stream), stream))
        .collect();
    grouped.sort_unstable();
    let mut chunks = Vec::new();
    let (mut chunk, mut chunk_events, mut event_count) = (Vec::new(), 0, 0);
    for together in grouped.chunk_by(|a, b| a.0 == b.0) {
        for (_, stream) in together {
            let (stream_id, events) = streams[*stream as usize];
            chunk.push(stream_id);
            chunk_events += events;
            event_count += events;
        }
        if chunk_events >= chunk_size {
            chunks.push(std::mem::take(&mut chunk));
            chunk_events = 0;
        }
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    Ok((chunks, event_count))
}

/// The first of all streams that are joined with one.
fn root_of(joined: &mut [u32], mut stream: u32) -> u32 {
    while joined[stream as usize] != stream {
        // Halves the way for the next time.
        let before = joined[stream as usize] as usize;
        joined[stream as usize] = joined[before];
        stream = joined[stream as usize];
    }
    stream
}

/// FNV-1a with a last mixing: the same in every version of the program and on every machine.
fn hash_of_id(id: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// A panic elsewhere leaves a slot whole: it is filled field by field, each from complete parts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
