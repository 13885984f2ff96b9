//! What a change tells those who keep people and sessions in memory, so that they need not read
//! everything again: whose text is another, who was seen again, and whose sessions changed from when on.
//!
//! A change is logged under the revision that it makes. Where the log does not know every revision
//! between two moments (another program wrote, or it is long ago), everything is read again.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::table::session::SessionRecord;

/// A change of more people, or of more people's sessions, is one of everybody.
const MOST_NOTES: usize = 50_000;
/// So many notes of the newest changes are kept.
const LOGGED_NOTES: usize = 200_000;

/// What a writer changed so far.
#[derive(Default)]
pub(crate) struct Change(RefCell<Notes>);

/// What a transaction changed.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) people: Touched<Owner, PersonChange>,
    /// By definition, the people whose sessions changed, and the earliest start that did, UTC ms.
    pub(crate) sessions: FxHashMap<i64, Touched<Owner, i64>>,
}

/// What was touched, or that everything may have been.
pub(crate) enum Touched<K, V> {
    Some(FxHashMap<K, V>),
    All,
}

/// What is new of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonChange {
    /// The last event alone, UTC ms.
    Seen(i64),
    /// Anything: the person may also be new, or be no more.
    Any,
}

/// The newest changes, each with its revision.
#[derive(Default)]
pub(crate) struct ChangeLog(Mutex<VecDeque<(i64, Arc<Notes>)>>);

impl<K, V> Default for Touched<K, V> {
    fn default() -> Self {
        Self::Some(FxHashMap::default())
    }
}

impl<K: std::hash::Hash + Eq, V: Copy> Touched<K, V> {
    /// Notes one; `both` makes one of an earlier note and this.
    fn note(&mut self, key: K, value: V, both: impl FnOnce(V, V) -> V) {
        let Self::Some(known) = self else { return };
        known
            .entry(key)
            .and_modify(|before| *before = both(*before, value))
            .or_insert(value);
        if known.len() > MOST_NOTES {
            *self = Self::All;
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Some(known) => known.len(),
            Self::All => 0,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Some(known) if known.is_empty())
    }
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.people.is_empty() && self.sessions.is_empty()
    }

    fn len(&self) -> usize {
        let of_sessions = self.sessions.values().map(Touched::len);
        1 + self.people.len() + of_sessions.sum::<usize>()
    }
}

impl Change {
    /// Notes that a person may be another one from now on.
    pub(crate) fn person(&self, person: Owner, change: PersonChange) {
        let people = &mut self.0.borrow_mut().people;
        people.note(person, change, |before, now| match before {
            PersonChange::Any => before,
            PersonChange::Seen(_) => now,
        });
    }

    /// Notes that everybody may be.
    pub(crate) fn everybody(&self) {
        self.0.borrow_mut().people = Touched::All;
    }

    /// Notes a session that came, went or is another one.
    pub(crate) fn session(&self, session: &SessionRecord) {
        let mut notes = self.0.borrow_mut();
        let of_definition = notes.sessions.entry(session.definition_id).or_default();
        of_definition.note(session.person, session.started_at_ms, i64::min);
    }

    /// Notes that all sessions of a definition went.
    pub(crate) fn all_sessions(&self, definition_id: i64) {
        let mut notes = self.0.borrow_mut();
        notes.sessions.insert(definition_id, Touched::All);
    }
}

impl ChangeLog {
    /// Logs a change, before it can be seen.
    pub(crate) fn note(&self, revision: i64, notes: Notes) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_back((revision, Arc::new(notes)));
        let mut count: usize = log.iter().map(|(_, notes)| notes.len()).sum();
        while count > LOGGED_NOTES
            && let Some((_, oldest)) = log.pop_front()
        {
            count -= oldest.len();
        }
    }

    /// Forgets a change that was not made after all.
    pub(crate) fn forget(&self, revision: i64) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.retain(|(logged, _)| *logged != revision);
    }

    /// The changes that lead from one revision to another, in order; `None` where one is not known.
    pub(crate) fn between(&self, from: i64, to: i64) -> Option<Vec<Arc<Notes>>> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = log
            .iter()
            .filter(|(revision, _)| (from + 1..=to).contains(revision));
        let found: Vec<_> = wanted.map(|(_, notes)| Arc::clone(notes)).collect();
        (found.len() as i64 == to - from).then_some(found)
    }
}

impl Reader<'_> {
    /// The number of changes of people and sessions so far.
    pub(crate) fn revision(&self) -> Result<i64> {
        let mut one = self
            .connection
            .prepare_cached("SELECT revision FROM counter")?;
        Ok(one.query_row([], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Writes the revision that this change makes; answers it with what was changed, or nothing where
    /// it is no change of people or sessions.
    pub(crate) fn write_revision(&self) -> Result<Option<(i64, Notes)>> {
        let notes = self.change.0.take();
        if notes.is_empty() {
            return Ok(None);
        }
        let mut next = self
            .connection
            .prepare_cached("UPDATE counter SET revision = revision + 1 RETURNING revision")?;
        let revision = next.query_row([], |row| row.get(0))?;
        Ok(Some((revision, notes)))
    }
}

/// The people of several changes; `None` where everybody may be another one.
pub(crate) fn people_of(changes: &[Arc<Notes>]) -> Option<FxHashMap<Owner, PersonChange>> {
    let mut all = FxHashMap::default();
    for notes in changes {
        let Touched::Some(people) = &notes.people else {
            return None;
        };
        for (person, change) in people {
            let both = all.entry(*person).or_insert(*change);
            if *both != PersonChange::Any {
                *both = *change;
            }
        }
    }
    Some(all)
}

/// The people whose sessions of a definition several changes touched, with the earliest start, UTC ms;
/// `None` where it may be any.
pub(crate) fn sessions_of(
    changes: &[Arc<Notes>],
    definition_id: i64,
) -> Option<FxHashMap<Owner, i64>> {
    let mut all = FxHashMap::default();
    for notes in changes {
        match notes.sessions.get(&definition_id) {
            None => {}
            Some(Touched::All) => return None,
            Some(Touched::Some(people)) => {
                for (person, from_ms) in people {
                    let both = all.entry(*person).or_insert(*from_ms);
                    *both = (*both).min(*from_ms);
                }
            }
        }
    }
    Some(all)
}
