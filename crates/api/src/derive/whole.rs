//! Streams derived as a whole, by all cores. One thread, the one that writes, reads the blocks of one
//! stream after the other; others find out what each comes to; and it hears of that in the order of the
//! streams. What a stream comes to is found without the file.

use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use dwell_model::Key;
use dwell_model::definition::Scope;
use dwell_sessionizer::Walker;
use dwell_store::table::application::Application;
use dwell_store::table::event::{StreamBlocks, StreamView};
use dwell_store::table::stream::StreamOwner;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;

use super::people::{Told, tell};
use super::sessions::{KeyOf, Naming, OwnerSessions, Part, sessions_of};
use super::{Compiled, LoadedStream, Profiles, RoleTable, attribute, walkers};
use crate::error::ApiError;

/// Fewer streams are derived by the one thread.
const THREADS_FROM: usize = 64;
/// So many bytes of blocks, or streams, go to a thread at once.
const CHUNK_BYTES: usize = 256 * 1024;
const CHUNK_STREAMS: usize = 128;
/// So many chunks are under way for each thread.
const CHUNKS_AHEAD: usize = 2;

/// What streams are derived by.
pub(super) struct Whole<'a> {
    pub(super) application: &'a Application,
    pub(super) definitions: &'a [Compiled],
    pub(super) profiles: &'a Profiles,
    pub(super) names: &'a FxHashMap<i64, Box<str>>,
    /// Whether it is asked what a stream tells of people and of its device.
    pub(super) tells: bool,
}

/// What a stream comes to.
pub(super) struct Found {
    pub(super) owner: Owner,
    /// Where that was asked: what it tells, and the plain owners of its events in order.
    pub(super) told: Option<(Told, Vec<StreamOwner>)>,
    /// For each definition of scope `device` its place among all, and the sessions.
    pub(super) sessions: Vec<(usize, OwnerSessions)>,
    /// How long that took.
    pub(super) seconds: f64,
}

/// How many threads find out what streams come to.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Chunks on their way to the threads, each with the way back.
type Work = (Vec<StreamBlocks>, Sender<Result<Vec<Found>, ApiError>>);

impl Whole<'_> {
    /// The ids that sessions are named after; none where none are.
    pub(super) fn keys(&self, reader: &Reader<'_>) -> Result<Keys, ApiError> {
        match self.definitions.iter().any(names_players) {
            true => Ok(reader.owner_keys(self.application.application_id)?),
            false => Ok(Keys::default()),
        }
    }

    /// Finds out what streams come to; each thread has its own.
    pub(super) fn finder<'a>(&'a self, keys: &'a dyn KeyOf) -> Finder<'a> {
        Finder {
            whole: self,
            naming: Naming {
                keys,
                application: self.application,
                profiles: self.profiles,
                names: self.names,
            },
            roles: RoleTable::new(self.names, self.definitions),
            walkers: walkers(self.definitions),
        }
    }

    /// Derives streams; `put` hears what each comes to, in their order.
    pub(super) fn each(
        &self,
        reader: &Reader<'_>,
        streams: &[i64],
        put: &mut dyn FnMut(Found) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let decoder = reader.decoder()?;
        let threads = threads();
        if streams.len() < THREADS_FROM || threads == 1 {
            let mut finder = self.finder(reader);
            for stream_id in streams {
                put(finder.find(&decoder.stream(reader.stream_blocks(*stream_id)?)?)?)?;
            }
            return Ok(());
        }
        let keys = self.keys(reader)?;
        thread::scope(|scope| {
            let (work, chunks) = bounded::<Work>(threads * CHUNKS_AHEAD);
            for _ in 0..threads {
                let (chunks, decoder, keys) = (chunks.clone(), decoder.another(), &keys);
                scope.spawn(move || {
                    let mut finder = self.finder(keys);
                    for (chunk, answer) in chunks {
                        let found = chunk
                            .into_iter()
                            .map(|blocks| finder.find(&decoder.stream(blocks)?));
                        // Nobody waits for it once the writer has stopped.
                        let _ = answer.send(found.collect());
                    }
                });
            }
            drop(chunks);
            let mut streams = streams.iter();
            let mut under_way: VecDeque<Receiver<Result<Vec<Found>, ApiError>>> = VecDeque::new();
            loop {
                while under_way.len() < threads * CHUNKS_AHEAD
                    && let Some(chunk) = next_chunk(reader, &mut streams)?
                {
                    let (answer, found) = bounded(1);
                    if work.send((chunk, answer)).is_err() {
                        break;
                    }
                    under_way.push_back(found);
                }
                let Some(found) = under_way.pop_front() else {
                    return Ok(());
                };
                // An answer is missing only where its thread panicked, which the scope passes on.
                let Ok(found) = found.recv() else {
                    return Ok(());
                };
                for found in found? {
                    put(found)?;
                }
            }
        })
    }
}

/// The ids of the users and devices of an application.
pub(super) type Keys = FxHashMap<Owner, Key>;

/// Whether the sessions of a definition are named after people.
fn names_players(compiled: &Compiled) -> bool {
    compiled.definition.scope == Scope::Device && compiled.definition.gameplay.is_some()
}

/// The blocks of the next streams; `None` at the end.
fn next_chunk<'s>(
    reader: &Reader<'_>,
    streams: &mut impl Iterator<Item = &'s i64>,
) -> Result<Option<Vec<StreamBlocks>>, ApiError> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    while chunk.len() < CHUNK_STREAMS
        && bytes < CHUNK_BYTES
        && let Some(stream_id) = streams.next()
    {
        let blocks = reader.stream_blocks(*stream_id)?;
        bytes += blocks.byte_count();
        chunk.push(blocks);
    }
    Ok((!chunk.is_empty()).then_some(chunk))
}

impl KeyOf for Keys {
    fn key_of(&self, owner: Owner) -> Result<String, ApiError> {
        // All of the application are in it.
        Ok(self
            .get(&owner)
            .map(ToString::to_string)
            .unwrap_or_default())
    }
}

/// What one thread needs to find what streams come to.
pub(super) struct Finder<'a> {
    whole: &'a Whole<'a>,
    naming: Naming<'a>,
    roles: RoleTable<'a>,
    walkers: Vec<Walker<'a>>,
}

impl Finder<'_> {
    /// What a stream that is read comes to.
    pub(super) fn find(&mut self, view: &StreamView<'_>) -> Result<Found, ApiError> {
        let began = Instant::now();
        let stream = LoadedStream::of(view, &mut self.roles)?;
        let attributed = attribute(&stream, &self.roles, self.whole.profiles);
        let told = match self.whole.tells {
            true => {
                let told = tell(view, &stream, &attributed, &self.roles)?;
                Some((told, stream.plain_owners()))
            }
            false => None,
        };
        let mut sessions = Vec::new();
        for (index, compiled) in self.whole.definitions.iter().enumerate() {
            if compiled.definition.scope == Scope::Device {
                let part = Part {
                    stream: &stream,
                    attributed: &attributed,
                    only: None,
                };
                let (walker, owner) = (&mut self.walkers[index], stream.owner);
                let found = sessions_of(&self.naming, compiled, walker, index, owner, &[part])?;
                sessions.push((index, found));
            }
        }
        Ok(Found {
            owner: stream.owner,
            told,
            sessions,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}
