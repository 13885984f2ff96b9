//! All sessions of a definition in memory, a column for each figure, so that a question about all of
//! them walks numbers and reads no file: filters, orders, sums by day.
//!
//! The columns are of one revision of the file. People whose sessions changed meanwhile are read again
//! with the next question; only where it is not known who they are is everything. They do not know
//! what is asked.

mod build;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use dwell_model::{EndReason, StartKind, StartReason};
use rustc_hash::FxHashMap;

use crate::change;
use crate::error::Result;
use crate::file::Reader;
use crate::owner::Owner;
use crate::read::Hear;
use crate::table::session::SessionRecord;

/// Columns of more bytes are made for their question alone; where those of several definitions are
/// more together, only those asked last stay.
const KEPT_BYTES: usize = 1 << 30;
/// So many people at most are read again; of more everyone is.
const PATCHED_SHARE: usize = 4;

/// The columns of the definitions that were asked for, for all readers of a workspace.
#[derive(Default)]
pub(crate) struct KeptColumns(Mutex<FxHashMap<i64, Arc<Place>>>);

/// The columns of one definition, once they were asked for.
#[derive(Default)]
struct Place {
    bytes: AtomicUsize,
    columns: RwLock<Option<SessionColumns>>,
}

/// All sessions of a definition: people one after the other, the sessions of each by start, two of one
/// start by their ids. Every column has a value for each row; not every row is anybody's.
pub struct SessionColumns {
    definition_id: i64,
    revision: i64,
    people: Vec<PersonRows>,
    place_of: FxHashMap<Owner, u32>,
    /// Rows that are nobody's any more.
    unused: usize,
    /// UTC ms.
    pub started_at_ms: Vec<i64>,
    /// ended_at - started_at.
    pub duration_ms: Vec<i64>,
    /// Sessions, section 3.5.
    pub engaged_ms: Vec<i64>,
    /// UTC ms.
    pub closes_at_ms: Vec<i64>,
    /// UTC ms.
    pub expires_at_ms: Vec<i64>,
    /// Numbers of users, 0 where none is known.
    pub users: Vec<i64>,
    /// Numbers of devices, 0 where there is none.
    pub devices: Vec<i64>,
    /// Events.
    pub event_counts: Vec<u32>,
    /// Events that arrived late.
    pub late_counts: Vec<u32>,
    /// Why each started.
    pub start_reasons: Vec<StartReason>,
    /// What gave each its closing.
    pub close_reasons: Vec<EndReason>,
    /// cold, warm or none.
    pub start_kinds: Vec<StartKind>,
    /// Born after its own grace.
    pub late_born: Vec<bool>,
    /// The figures of gameplay.
    figures: Vec<Figure>,
}

/// A person's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRows {
    /// Who.
    pub person: Owner,
    /// Theirs, by start.
    pub rows: Range<usize>,
}

/// A figure of the definition's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name.
    pub name: Box<str>,
    /// The number nearest to it, of a list how many it has; not a number where a session has none.
    pub values: Vec<f64>,
}

/// One row.
struct Slim {
    person: Owner,
    started_at_ms: i64,
    duration_ms: i64,
    engaged_ms: i64,
    closes_at_ms: i64,
    expires_at_ms: i64,
    user: i64,
    device: i64,
    event_count: u32,
    late_count: u32,
    start_reason: StartReason,
    close_reason: EndReason,
    start_kind: StartKind,
    is_late_born: bool,
}

impl Reader<'_> {
    /// Asks the columns of a definition as they are now; those that have to be read first are heard of,
    /// and `None` where that was stopped.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_columns<T>(
        &self,
        definition_id: i64,
        hear: Hear<'_>,
        ask: impl FnOnce(&SessionColumns) -> T,
    ) -> Result<Option<T>> {
        let revision = self.revision()?;
        let Some(kept) = self.kept else {
            let new = SessionColumns::build(self, definition_id, revision, hear)?;
            return Ok(new.as_ref().map(ask));
        };
        let place = kept.columns.place(definition_id);
        // Those of a later revision know more than this reader can: nobody minds.
        let is_of_now = |known: &&SessionColumns| known.revision >= revision;
        {
            let known = place.columns.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = known.as_ref().filter(is_of_now) {
                return Ok(Some(ask(known)));
            }
        }
        let mut standing = place
            .columns
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Taken away, so that nothing half done stays where the file cannot be read.
        let known = match standing.take() {
            Some(known) if is_of_now(&&known) => Some(known),
            Some(known) => {
                let changes = kept.log.between(known.revision, revision);
                let people =
                    changes.and_then(|changes| change::sessions_of(&changes, definition_id));
                match people {
                    Some(people) => known.patched(self, &people, revision)?,
                    None => None,
                }
            }
            None => None,
        };
        let known = match known {
            Some(known) => known,
            None => match SessionColumns::build(self, definition_id, revision, hear)? {
                Some(new) => new,
                None => return Ok(None),
            },
        };
        let answer = ask(&known);
        let bytes = known.bytes();
        if bytes <= KEPT_BYTES {
            place.bytes.store(bytes, Ordering::Relaxed);
            *standing = Some(known);
            drop(standing);
            kept.columns.leave_room(definition_id);
        }
        Ok(Some(answer))
    }

    /// The session of a row; `None` where it is no more.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn session_at(&self, at: RowPlace) -> Result<Option<SessionRecord>> {
        let RowPlace {
            definition_id,
            person,
            started_at_ms,
            nth,
        } = at;
        let until_ms = started_at_ms.saturating_add(1);
        let mut here = self.sessions_started(definition_id, person, started_at_ms, until_ms)?;
        Ok((nth < here.len()).then(|| here.swap_remove(nth)))
    }
}

/// Where the session of a row is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    definition_id: i64,
    person: Owner,
    started_at_ms: i64,
    /// Of those of the person that start then, by their ids.
    nth: usize,
}

impl KeptColumns {
    fn place(&self, definition_id: i64) -> Arc<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(definition_id).or_default())
    }

    /// Drops the columns of other definitions where all are too many together.
    fn leave_room(&self, definition_id: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = all
            .values()
            .map(|place| place.bytes.load(Ordering::Relaxed));
        if bytes.sum::<usize>() > KEPT_BYTES {
            all.retain(|known, _| *known == definition_id);
        }
    }
}

impl SessionColumns {
    /// Everyone with their rows, in no order that means anything.
    pub fn people(&self) -> &[PersonRows] {
        &self.people
    }

    /// The rows of a person.
    pub fn rows_of(&self, person: Owner) -> Range<usize> {
        let known = self.place_of.get(&person);
        known.map_or(0..0, |place| self.people[*place as usize].rows.clone())
    }

    /// The figures of gameplay by name; none of a plain definition.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// How many sessions there are.
    pub fn session_count(&self) -> usize {
        self.started_at_ms.len() - self.unused
    }

    /// How many rows each column has.
    pub fn row_count(&self) -> usize {
        self.started_at_ms.len()
    }

    /// Where the session of one of a person's rows is in the file.
    pub fn place(&self, of: &PersonRows, row: usize) -> RowPlace {
        let starts = &self.started_at_ms;
        let earlier = starts[of.rows.start..row].iter().rev();
        RowPlace {
            definition_id: self.definition_id,
            person: of.person,
            started_at_ms: starts[row],
            nth: earlier
                .take_while(|start_ms| **start_ms == starts[row])
                .count(),
        }
    }

    fn bytes(&self) -> usize {
        let of_row = 7 * 8 + 2 * 4 + 4 + 8 * self.figures.len();
        self.row_count() * of_row + self.people.len() * 64
    }
}

/// Patching.
impl SessionColumns {
    /// As of a later revision, by the people whose sessions changed from a moment on (UTC ms); `None`
    /// where it is better made anew.
    fn patched(
        mut self,
        reader: &Reader<'_>,
        people: &FxHashMap<Owner, i64>,
        revision: i64,
    ) -> Result<Option<Self>> {
        if people.len() > self.people.len() / PATCHED_SHARE {
            return Ok(None);
        }
        self.revision = revision;
        for (person, from_ms) in people {
            let known = self.rows_of(*person);
            let starts = &self.started_at_ms[known.clone()];
            let stay = starts.partition_point(|start_ms| start_ms < from_ms);
            let first = self.row_count();
            for row in known.start..known.start + stay {
                self.copy(row);
            }
            self.read_again(reader, *person, *from_ms)?;
            let rows = first..self.row_count();
            self.unused += known.len();
            match self.place_of.get(person) {
                Some(place) => self.people[*place as usize].rows = rows,
                None => {
                    self.place_of.insert(*person, self.people.len() as u32);
                    self.people.push(PersonRows {
                        person: *person,
                        rows,
                    });
                }
            }
        }
        match self.unused > self.row_count() / 2 {
            true => Ok(Some(self.compacted())),
            false => Ok(Some(self)),
        }
    }

    /// Copies a row to the end.
    fn copy(&mut self, row: usize) {
        fn copy<T: Copy>(column: &mut Vec<T>, row: usize) {
            column.push(column[row]);
        }
        copy(&mut self.started_at_ms, row);
        copy(&mut self.duration_ms, row);
        copy(&mut self.engaged_ms, row);
        copy(&mut self.closes_at_ms, row);
        copy(&mut self.expires_at_ms, row);
        copy(&mut self.users, row);
        copy(&mut self.devices, row);
        copy(&mut self.event_counts, row);
        copy(&mut self.late_counts, row);
        copy(&mut self.start_reasons, row);
        copy(&mut self.close_reasons, row);
        copy(&mut self.start_kinds, row);
        copy(&mut self.late_born, row);
        for figure in &mut self.figures {
            copy(&mut figure.values, row);
        }
    }

    /// Without the rows that are nobody's.
    fn compacted(mut self) -> Self {
        fn keep<T: Copy>(column: &mut Vec<T>, people: &[PersonRows]) {
            let kept = people.iter().flat_map(|of| &column[of.rows.clone()]);
            *column = kept.copied().collect();
        }
        self.people.retain(|of| !of.rows.is_empty());
        let people = &self.people;
        keep(&mut self.started_at_ms, people);
        keep(&mut self.duration_ms, people);
        keep(&mut self.engaged_ms, people);
        keep(&mut self.closes_at_ms, people);
        keep(&mut self.expires_at_ms, people);
        keep(&mut self.users, people);
        keep(&mut self.devices, people);
        keep(&mut self.event_counts, people);
        keep(&mut self.late_counts, people);
        keep(&mut self.start_reasons, people);
        keep(&mut self.close_reasons, people);
        keep(&mut self.start_kinds, people);
        keep(&mut self.late_born, people);
        for figure in &mut self.figures {
            keep(&mut figure.values, people);
        }
        let mut first = 0;
        for of in &mut self.people {
            let count = of.rows.len();
            of.rows = first..first + count;
            first += count;
        }
        self.unused = 0;
        self.note_places();
        self
    }

    fn note_places(&mut self) {
        let people = (0..).zip(&self.people);
        self.place_of = people.map(|(place, of)| (of.person, place)).collect();
    }
}
