//! Finds the sessions of many events, one after the other.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use dwell_model::definition::Role;
use dwell_store::table::event::StoredEvent;
use dwell_store::table::session::Members;
use dwell_store::{Owner, Reader};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::derive::{ALL_TIME, Compiled};
use crate::error::Result;

/// It forgets what it knows once that is of so many events, about 100 MB.
const FINDER_EVENTS: usize = 2_000_000;

/// Finds the sessions of events, asking for each owner's sessions once: an owner can have events in any
/// number of streams.
pub(super) struct SessionFinder<'a> {
    reader: &'a Reader<'a>,
    definitions: &'a [Compiled],
    known: FxHashMap<(i64, Owner), OwnerSessions>,
    event_count: usize,
}

/// The sessions of an owner under a definition by their events.
#[derive(Default)]
struct OwnerSessions {
    /// First and last time of each run of events, ascending, and its session.
    runs: Vec<(i64, i64, Uuid)>,
    /// Event number → session.
    listed: FxHashMap<i64, Uuid>,
}

impl OwnerSessions {
    /// The session of an event that the definition does not ignore.
    fn of(&self, event_number: i64, time_ms: i64) -> Option<Uuid> {
        // No two runs share an instant: each has all events of its own.
        let before = self
            .runs
            .partition_point(|(first_ms, _, _)| *first_ms <= time_ms);
        let run = before.checked_sub(1).map(|at| self.runs[at]);
        match run.filter(|(_, last_ms, _)| time_ms <= *last_ms) {
            Some((_, _, session_id)) => Some(session_id),
            None => self.listed.get(&event_number).copied(),
        }
    }
}

impl<'a> SessionFinder<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, definitions: &'a [Compiled]) -> Self {
        Self {
            reader,
            definitions,
            known: FxHashMap::default(),
            event_count: 0,
        }
    }

    pub(super) fn sessions_of(
        &mut self,
        stored: &StoredEvent,
    ) -> Result<BTreeMap<String, Option<String>>> {
        if self.event_count > FINDER_EVENTS {
            self.known.clear();
            self.event_count = 0;
        }
        let mut sessions = BTreeMap::new();
        for compiled in self.definitions {
            let mut found = None;
            let owners = match compiled.role(&stored.event) {
                Role::Ignored => Vec::new(),
                _ => compiled.owners_of(self.reader, stored)?,
            };
            for owner in owners {
                let of_owner = self.sessions_of_owner(compiled.definition_id, owner)?;
                found = of_owner.of(stored.place.event_number, stored.place.time_ms);
                if found.is_some() {
                    break;
                }
            }
            let name = compiled.definition.name.clone();
            sessions.insert(name, found.map(|session_id| session_id.to_string()));
        }
        Ok(sessions)
    }

    fn sessions_of_owner(&mut self, definition_id: i64, owner: Owner) -> Result<&OwnerSessions> {
        Ok(match self.known.entry((definition_id, owner)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let (from_ms, to_ms) = ALL_TIME;
                let records =
                    self.reader
                        .sessions_of_owner(definition_id, owner, from_ms, to_ms)?;
                let mut of_owner = OwnerSessions::default();
                for record in &records {
                    let session_id = record.session_id;
                    match &record.members {
                        Members::Run => {
                            let run = (record.started_at_ms, record.last_time_ms, session_id);
                            of_owner.runs.push(run);
                        }
                        Members::Listed(numbers) => {
                            let of = |number: &i64| (*number, session_id);
                            of_owner.listed.extend(numbers.iter().map(of));
                        }
                    }
                }
                self.event_count += of_owner.runs.len() + of_owner.listed.len();
                unknown.insert(of_owner)
            }
        })
    }
}
