//! Our sessions beside those that the data itself names in its `session_id`s.

use std::collections::BTreeMap;

use dwell_model::definition::{Role, Scope};
use dwell_model::{Key, StartReason};
use dwell_sessionizer::explain::{Comparison, Kind, Ours, SourceEvent};
use dwell_store::table::session::SessionRecord;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;
use serde::Serialize;
use uuid::Uuid;

use crate::Cancel;
use crate::derive::{ALL_TIME, Compiled, LoadedStream, Profiles, RoleTable, SharedStreams};
use crate::error::Result;
use crate::person::answer;
use crate::workspace::{Workspace, find_application, find_definition, parse_zone};

/// So many differences are listed.
const LISTED: usize = 50;

/// How a definition's sessions compare with the source's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceComparison {
    /// Application.
    pub application: String,
    /// Definition.
    pub definition: String,
    /// Sessions that the source names, once on each stream on which it does.
    pub source_session_count: u64,
    /// Our sessions.
    pub our_session_count: u64,
    /// agreed, split, merged, both, partly, outside: how many groups of sessions that share events.
    pub kinds: BTreeMap<&'static str, KindCount>,
    /// How often one of ours began for this reason in the midst of one of the source's.
    pub split_by: BTreeMap<&'static str, u64>,
    /// Times that one of ours goes on over a pause from one of the source's to another.
    pub merged_over_pause: u64,
    /// The same, where the two of the source's lie in each other.
    pub merged_interleaved: u64,
    /// Our sessions whose events have no id.
    pub ours_without_id: u64,
    /// Events of our sessions that have no id.
    pub events_without_id: u64,
    /// Events with an id that are in none of ours.
    pub events_outside: u64,
    /// The first differences, at most 50.
    pub differences: Vec<SourceDifference>,
    /// Differences that are not listed.
    pub differences_left_off: u64,
}

/// Groups of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// Groups.
    pub groups: u64,
    /// The source's sessions in them.
    pub source_sessions: u64,
    /// Ours in them.
    pub our_sessions: u64,
}

/// A group of sessions that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceDifference {
    /// Device or user.
    pub stream: String,
    /// split, merged, both, partly or outside.
    pub kind: &'static str,
    /// Ids of ours, at most 20.
    pub our_sessions: Vec<String>,
    /// The source's ids, at most 20.
    pub source_sessions: Vec<String>,
    /// What differs, in words.
    pub words: String,
}

/// What a stream or a session is found by again.
#[derive(Clone, Copy)]
enum Found {
    Stream(Owner),
    Session(Uuid),
}

/// Compares a definition's sessions with those that the source names; times in words are in `zone`, the
/// application's where it is blank.
///
/// # Errors
/// Where there is no such application, definition or zone, on cancel, or where the file cannot be read.
pub fn compare(
    workspace: &Workspace,
    application: &str,
    definition: &str,
    zone: &str,
    cancel: &Cancel,
) -> Result<SourceComparison> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        let compiled = find_definition(reader, &application, definition)?;
        let zone = parse_zone(match zone {
            "" => &application.zone,
            zone => zone,
        })?;
        let names = reader.event_names()?;
        let definitions = [compiled];
        let [compiled] = &definitions;
        let mut roles = RoleTable::new(&names, &definitions);
        let profiles = Profiles::read(reader)?;
        let mut shared = SharedStreams::default();
        let mut comparison = Comparison::new(LISTED);
        let mut differences: Vec<SourceDifference> = Vec::new();
        let owners = match compiled.definition.scope {
            Scope::Device => {
                let streams = reader.streams(application.application_id)?;
                streams.into_iter().map(Owner::from_id).collect()
            }
            Scope::User => reader.persons(application.application_id)?,
        };
        for owner in owners {
            cancel.check()?;
            let mut stream = Stream::default();
            match compiled.definition.scope {
                Scope::Device => {
                    let loaded = LoadedStream::load(reader, owner.id(), &mut roles)?;
                    stream.take(&loaded, 0..loaded.events.len());
                }
                Scope::User => {
                    for part in shared.of_person(reader, owner, &profiles, &mut roles)? {
                        let theirs = part.events_of(owner).iter();
                        stream.take(&part.stream, theirs.map(|index| *index as usize));
                    }
                }
            }
            stream.compare(reader, compiled, owner, &mut comparison)?;
            for difference in &comparison.differences()[differences.len()..] {
                let name = |number: u32| stream.name(number);
                let our_session = |found: &Found| match found {
                    Found::Session(id) => id.to_string(),
                    Found::Stream(owner) => owner.id().to_string(),
                };
                differences.push(SourceDifference {
                    stream: reader.owner_key(owner)?.to_string(),
                    kind: difference.kind.as_str(),
                    our_sessions: difference
                        .ours
                        .iter()
                        .map(|part| our_session(&part.key))
                        .collect(),
                    source_sessions: difference
                        .sources
                        .iter()
                        .map(|source| name(source.source_session))
                        .collect(),
                    words: difference.words(zone, name),
                });
            }
        }
        let counts = comparison.counts();
        let kind = |kind: &Kind| {
            let tally = counts.of(*kind);
            let count = KindCount {
                groups: tally.group_count,
                source_sessions: tally.source_count,
                our_sessions: tally.our_count,
            };
            (kind.as_str(), count)
        };
        let split_by = StartReason::ALL
            .iter()
            .map(|reason| (reason.as_str(), counts.split_by(*reason)));
        Ok(SourceComparison {
            application: application.name,
            definition: compiled.definition.name.clone(),
            source_session_count: counts.source_count(),
            our_session_count: counts.our_count(),
            kinds: Kind::ALL.iter().map(kind).collect(),
            split_by: split_by.filter(|(_, count)| *count > 0).collect(),
            merged_over_pause: counts.merged_over_pause,
            merged_interleaved: counts.merged_interleaved,
            ours_without_id: counts.ours_without_id,
            events_without_id: counts.events_without_id,
            events_outside: counts.events_outside,
            differences_left_off: comparison.left_off(),
            differences,
        })
    })
}

/// One owner's events with the source's ids.
#[derive(Default)]
struct Stream {
    /// By the event's number: what the comparison sees, and whether it can be in a session.
    events: FxHashMap<i64, (SourceEvent, bool)>,
    numbers: FxHashMap<Key, u32>,
    keys: Vec<Key>,
}

impl Stream {
    fn take(&mut self, stream: &LoadedStream, places: impl Iterator<Item = usize>) {
        for index in places {
            let event = &stream.events[index];
            let source_session = stream.source_session(index).map_or(0, |key| {
                *self.numbers.entry(key.clone()).or_insert_with(|| {
                    self.keys.push(key.clone());
                    self.keys.len() as u32
                })
            });
            let seen = SourceEvent {
                source_session,
                time_ms: event.time_ms,
            };
            let can_be_in = stream.role(index, 0).0 != Role::Ignored;
            self.events.insert(event.number, (seen, can_be_in));
        }
    }

    fn name(&self, number: u32) -> String {
        let key = (number as usize).checked_sub(1);
        let key = key.and_then(|at| self.keys.get(at));
        key.map_or_else(String::new, ToString::to_string)
    }

    fn compare(
        &mut self,
        reader: &Reader<'_>,
        compiled: &Compiled,
        owner: Owner,
        comparison: &mut Comparison<Found>,
    ) -> Result<()> {
        let (from_ms, to_ms) = ALL_TIME;
        let records = reader.sessions_of_owner(compiled.definition_id, owner, from_ms, to_ms)?;
        let mut members = |record: &SessionRecord| {
            let numbers = record.members.iter();
            let mut events: Vec<SourceEvent> = numbers
                .filter_map(|number| self.events.remove(number))
                .map(|(event, _)| event)
                .collect();
            events.sort_by_key(|event| event.time_ms);
            events
        };
        let of_ours: Vec<Vec<SourceEvent>> = records.iter().map(&mut members).collect();
        let ours: Vec<Ours<'_, Found>> = records
            .iter()
            .zip(&of_ours)
            .map(|(record, events)| Ours {
                key: Found::Session(record.session_id),
                // What is stored was written from these very words.
                start_reason: StartReason::parse(&record.start_reason)
                    .unwrap_or(StartReason::First),
                started_at_ms: record.started_at_ms,
                events,
            })
            .collect();
        // Events that the definition ignores are no matter of its sessions.
        let mut outside: Vec<SourceEvent> = self
            .events
            .values()
            .filter(|(_, can_be_in)| *can_be_in)
            .map(|(event, _)| *event)
            .collect();
        outside.sort_by_key(|event| (event.time_ms, event.source_session));
        comparison.add_stream(Found::Stream(owner), &ours, &outside);
        Ok(())
    }
}
