//! Our sessions beside those that the data itself names in its `session_id`s.

use std::collections::BTreeMap;
use std::time::Instant;

use dwell_model::definition::{Role, Scope};
use dwell_model::{Key, StartReason, Zone};
use dwell_sessionizer::explain::{Comparison, Difference, Kind, Ours, SourceEvent};
use dwell_store::table::session::{Members, SessionRecord};
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::Cancel;
use crate::derive::{ALL_TIME, Compiled, LoadedStream, Profiles, RoleTable, SharedStreams};
use crate::error::Result;
use crate::import::TELL_EVERY;
use crate::person::{PersonKey, answer, key_of};
use crate::workspace::{Workspace, find_application, find_definition, parse_zone};

/// So many differences of each kind are listed.
const LISTED: usize = 10;

/// Asks how a definition's sessions compare with the source's.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct SourceRequest {
    /// Application.
    pub application: String,
    /// Definition; blank is the application's first.
    pub definition: String,
    /// IANA zone for the times in words; blank is the application's.
    pub zone: String,
}

/// How far a comparison has come; sent at most 20 times a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct SourceProgress {
    /// Streams done.
    pub done: u64,
    /// Streams in all.
    pub total: u64,
}

/// How a definition's sessions compare with the source's.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
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
    /// The first differences, at most 10 of each kind.
    pub differences: Vec<SourceDifference>,
    /// Differences that are not listed.
    pub differences_left_off: u64,
}

/// Groups of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct KindCount {
    /// Groups.
    pub groups: u64,
    /// The source's sessions in them.
    pub source_sessions: u64,
    /// Ours in them.
    pub our_sessions: u64,
}

/// A group of sessions that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct SourceDifference {
    /// Device or user.
    pub stream: String,
    /// Whose the first of our sessions is; null where there is none of ours.
    pub person: Option<PersonKey>,
    /// Their name, where it is known.
    pub person_name: Option<String>,
    /// First event of the first of the source's sessions, UTC ms.
    pub from_ms: i64,
    /// split, merged, both, partly or outside.
    pub kind: &'static str,
    /// Ids of ours, at most 20.
    pub our_sessions: Vec<String>,
    /// The source's ids, at most 20.
    pub source_sessions: Vec<String>,
    /// What differs, in words.
    pub words: String,
}

/// What one of our sessions is found by again. A stream needs none: it is at hand while it is told.
#[derive(Clone, Copy)]
struct Found {
    session_id: Uuid,
    person: Owner,
}

/// Whether any event of an application brought the id of the source's own session.
///
/// # Errors
/// Where there is no such application, on cancel, or where the file cannot be read.
pub fn has_ids(workspace: &Workspace, application: &str, cancel: &Cancel) -> Result<bool> {
    answer(workspace, |reader| {
        let application = find_application(reader, application)?;
        for stream_id in reader.streams(application.application_id)? {
            cancel.check()?;
            if reader.has_source_session(stream_id)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Compares a definition's sessions with those that the source names.
///
/// # Errors
/// Where there is no such application, definition or zone, on cancel, or where the file cannot be read.
pub fn compare(
    workspace: &Workspace,
    request: &SourceRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(SourceProgress),
) -> Result<SourceComparison> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let compiled = find_definition(reader, &application, &request.definition)?;
        let zone = parse_zone(match request.zone.as_str() {
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
        let owners: Vec<Owner> = match compiled.definition.scope {
            Scope::Device => {
                let streams = reader.streams(application.application_id)?;
                streams.into_iter().map(Owner::from_id).collect()
            }
            Scope::User => reader.persons(application.application_id)?,
        };
        let total = owners.len() as u64;
        let mut told: Option<Instant> = None;
        for (done, owner) in (0..).zip(owners) {
            cancel.check()?;
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                told = Some(Instant::now());
                tell(SourceProgress { done, total });
            }
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
                differences.push(stream.told(reader, owner, difference, zone)?);
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

    fn told(
        &self,
        reader: &Reader<'_>,
        owner: Owner,
        difference: &Difference<Option<Found>>,
        zone: Zone,
    ) -> Result<SourceDifference> {
        let name = |number: u32| self.name(number);
        let ours = difference.ours.iter().filter_map(|part| part.key);
        let person = ours.clone().next().map(|found| found.person);
        let sources = difference.sources.iter();
        Ok(SourceDifference {
            stream: reader.owner_key(owner)?.to_string(),
            person: match person {
                Some(person) => Some(key_of(person, &reader.owner_key(person)?)),
                None => None,
            },
            person_name: match person {
                Some(person) => reader.person(person)?.and_then(|person| person.name),
                None => None,
            },
            from_ms: difference.sources.first().map_or(0, |first| first.first_ms),
            kind: difference.kind.as_str(),
            our_sessions: ours.map(|found| found.session_id.to_string()).collect(),
            source_sessions: sources.map(|source| name(source.source_session)).collect(),
            words: difference.words(zone, name),
        })
    }

    fn compare(
        &mut self,
        reader: &Reader<'_>,
        compiled: &Compiled,
        owner: Owner,
        comparison: &mut Comparison<Option<Found>>,
    ) -> Result<()> {
        let (from_ms, to_ms) = ALL_TIME;
        let records = reader.sessions_of_owner(compiled.definition_id, owner, from_ms, to_ms)?;
        let can_be_in = self.events.iter().filter(|(_, (_, can_be_in))| *can_be_in);
        let mut by_time: Vec<(i64, i64)> = can_be_in
            .map(|(number, (event, _))| (event.time_ms, *number))
            .collect();
        by_time.sort_unstable();
        let numbers_of = |record: &SessionRecord| -> Vec<i64> {
            match &record.members {
                Members::Listed(numbers) => numbers.clone(),
                Members::Run => {
                    let (first_ms, last_ms) = (record.started_at_ms, record.last_time_ms);
                    let from = by_time.partition_point(|(time_ms, _)| *time_ms < first_ms);
                    let rest = by_time[from..].iter();
                    let run = rest.take_while(|(time_ms, _)| *time_ms <= last_ms);
                    run.map(|(_, number)| *number).collect()
                }
            }
        };
        let mut members = |record: &SessionRecord| {
            let numbers = numbers_of(record);
            let mut events: Vec<SourceEvent> = numbers
                .iter()
                .filter_map(|number| self.events.remove(number))
                .map(|(event, _)| event)
                .collect();
            events.sort_by_key(|event| event.time_ms);
            events
        };
        let of_ours: Vec<Vec<SourceEvent>> = records.iter().map(&mut members).collect();
        let ours: Vec<Ours<'_, Option<Found>>> = records
            .iter()
            .zip(&of_ours)
            .map(|(record, events)| Ours {
                key: Some(Found {
                    session_id: record.session_id,
                    person: record.person,
                }),
                start_reason: record.start_reason,
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
        comparison.add_stream(None, &ours, &outside);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{ErrorCode, import};

    const WITHOUT: &str = concat!(
        r#"{"event_id":"e1","name":"A","timestamp":1773100800000,"device_id":"d1"}"#,
        "\n",
    );
    /// One of the source's over a pause of 50 min.
    const WITH: &str = concat!(
        r#"{"event_id":"e2","name":"A","timestamp":1773100800000,"device_id":"d2","user_id":"u","#,
        r#""session_id":"s"}"#,
        "\n",
        r#"{"event_id":"e3","name":"A","timestamp":1773103800000,"device_id":"d2","user_id":"u","#,
        r#""session_id":"s"}"#,
        "\n",
    );

    fn take(workspace: &Workspace, folder: &TempDir, lines: &str) {
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, lines).unwrap();
        let request = import::ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "UTC".to_owned(),
            ..import::ImportRequest::default()
        };
        import::run(workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
    }

    #[test]
    fn ids_are_there_once_any_event_brings_one_and_a_difference_leads_to_its_session() {
        let folder = TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        let never = Cancel::default();
        take(&workspace, &folder, WITHOUT);
        assert!(!has_ids(&workspace, "app", &never).unwrap());
        take(&workspace, &folder, WITH);
        assert!(has_ids(&workspace, "app", &never).unwrap());

        let request = SourceRequest {
            application: "app".to_owned(),
            definition: "visit".to_owned(),
            zone: String::new(),
        };
        let mut told = Vec::new();
        let found = compare(&workspace, &request, &never, &mut |progress| {
            told.push(progress);
        });
        assert_eq!(told[0], SourceProgress { done: 0, total: 2 });
        let found = found.unwrap();
        assert_eq!(found.kinds["split"].groups, 1);
        assert_eq!(found.ours_without_id, 1);
        let [difference] = &found.differences[..] else {
            panic!("{:?}", found.differences);
        };
        assert_eq!(difference.from_ms, 1_773_100_800_000);
        let person = difference.person.as_ref().unwrap();
        assert_eq!(person.id, "u");
        for session_id in &difference.our_sessions {
            let request = crate::session::SessionRequest {
                application: "app".to_owned(),
                session_id: session_id.clone(),
                zone: "UTC".to_owned(),
                as_of_ms: None,
            };
            let session = crate::session::show(&workspace, &request).unwrap();
            assert_eq!(session.person, *person);
        }

        let cancelled = Cancel::default();
        cancelled.cancel();
        let outcome = compare(&workspace, &request, &cancelled, &mut |_| {});
        assert_eq!(outcome.unwrap_err().code, ErrorCode::Cancelled);
        let outcome = has_ids(&workspace, "app", &cancelled);
        assert_eq!(outcome.unwrap_err().code, ErrorCode::Cancelled);
    }
}
