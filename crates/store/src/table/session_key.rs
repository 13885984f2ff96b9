//! Finds the owner of a session by the session's id, which is not stored: a fingerprint of it stands
//! in a run with the owner's number.
//!
//! A writer keeps what it adds and removes until its end, or until it is much: a batch makes one run.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::owner::Owner;
use crate::table::key_run::{Fingerprint, KeySet, Pair};

/// Where somebody looks for ids, so many wait at most: they are all looked at.
const WAITING: usize = 1024;

/// What a writer added and removed, by definition; a reader has none.
#[derive(Default)]
pub(crate) struct WaitingKeys(RefCell<FxHashMap<i64, Waiting>>);

#[derive(Default)]
struct Waiting {
    added: Vec<Pair>,
    removed: Vec<Pair>,
    /// Whether the definition has runs.
    has_runs: Option<bool>,
}

fn pair(session_id: Uuid, owner: Owner) -> Pair {
    Pair {
        fingerprint: Fingerprint::of(session_id.as_bytes()),
        number: owner.id(),
    }
}

impl Reader<'_> {
    /// The sessions of a definition, without looking at them: each has one key.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_count(&self, definition_id: i64) -> Result<u64> {
        let stored = self.key_count(KeySet::Sessions { definition_id })?;
        let all = self.waiting_keys.0.borrow();
        Ok(all.get(&definition_id).map_or(stored, |waiting| {
            (stored + waiting.added.len() as u64).saturating_sub(waiting.removed.len() as u64)
        }))
    }

    /// Whoever may have the session of that id under a definition: the session's owner is among them,
    /// if there is such a session.
    pub(crate) fn session_owners(
        &self,
        definition_id: i64,
        session_id: Uuid,
    ) -> Result<Vec<Owner>> {
        let set = KeySet::Sessions { definition_id };
        let wanted = Fingerprint::of(session_id.as_bytes());
        let mut all = self.waiting_keys.0.borrow_mut();
        let waiting = all.entry(definition_id).or_default();
        let has_runs = match waiting.has_runs {
            Some(has_runs) => has_runs,
            None => *waiting.has_runs.insert(self.key_count(set)? > 0),
        };
        let mut numbers = match has_runs {
            true => self.key_candidates(set, wanted)?,
            false => Vec::new(),
        };
        // Two sessions of one owner with one fingerprint are one candidate, until both are removed.
        let is_wanted = |pair: &&Pair| pair.fingerprint == wanted;
        numbers.extend(
            waiting
                .added
                .iter()
                .filter(is_wanted)
                .map(|pair| pair.number),
        );
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers.into_iter().map(Owner::from_id).collect())
    }
}

impl Writer<'_> {
    /// Notes whose session it is.
    pub(crate) fn add_session_key(&self, definition_id: i64, session_id: Uuid, owner: Owner) {
        let mut all = self.waiting_keys.0.borrow_mut();
        let waiting = all.entry(definition_id).or_default();
        waiting.added.push(pair(session_id, owner));
    }

    /// Forgets whose session it was.
    pub(crate) fn remove_session_key(
        &self,
        definition_id: i64,
        session_id: Uuid,
        owner: Owner,
    ) -> Result<()> {
        let pair = pair(session_id, owner);
        let mut all = self.waiting_keys.0.borrow_mut();
        let waiting = all.entry(definition_id).or_default();
        match waiting.added.iter().rposition(|added| *added == pair) {
            Some(at) => {
                waiting.added.swap_remove(at);
            }
            None => waiting.removed.push(pair),
        }
        Ok(())
    }

    /// Forgets all of a definition.
    pub(crate) fn drop_session_keys(&self, definition_id: i64) -> Result<()> {
        self.waiting_keys.0.borrow_mut().remove(&definition_id);
        self.drop_keys(KeySet::Sessions { definition_id })
    }

    /// Writes what waits where it is much; before somebody looks for ids.
    pub(crate) fn settle_session_keys(&self, definition_id: i64) -> Result<()> {
        let is_much = {
            let all = self.waiting_keys.0.borrow();
            all.get(&definition_id)
                .is_some_and(|waiting| waiting.added.len().max(waiting.removed.len()) > WAITING)
        };
        match is_much {
            true => self.write_session_keys(),
            false => Ok(()),
        }
    }

    /// Writes all that waits.
    pub(crate) fn write_session_keys(&self) -> Result<()> {
        for (definition_id, waiting) in self.waiting_keys.0.take() {
            let set = KeySet::Sessions { definition_id };
            if !waiting.removed.is_empty() {
                self.remove_keys(set, waiting.removed)?;
            }
            if !waiting.added.is_empty() {
                self.add_keys(set, waiting.added)?;
            }
        }
        Ok(())
    }
}
