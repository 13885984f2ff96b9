//! Reading the columns from the table of sessions: of everyone, or of one person.

use std::collections::BTreeMap;

use dwell_model::{Properties, Scalar, Value};
use rusqlite::Row;
use rustc_hash::FxHashMap;
use serde_json::value::RawValue;

use super::{Figure, PersonRows, SessionColumns, Slim};
use crate::error::{Result, StoreError};
use crate::file::Reader;
use crate::owner::Owner;
use crate::read::Hear;
use crate::table::session::SessionRecord;
use crate::table::session::row::Numbers;

/// After so many sessions it is told how far it is.
const TOLD_AFTER: usize = 1 << 14;
/// Further figures have no column.
const MOST_FIGURES: usize = 64;

/// What is read of a session's gameplay, by name.
type OwnFigures = Vec<(Box<str>, f64)>;
/// Where that is.
const FIGURES: &str = "figures";

impl SessionColumns {
    /// Reads everyone; `None` where it was stopped.
    pub(super) fn build(
        reader: &Reader<'_>,
        definition_id: i64,
        revision: i64,
        hear: Hear<'_>,
    ) -> Result<Option<Self>> {
        let count = reader.session_count(definition_id)? as usize;
        if hear(0, count).is_break() {
            return Ok(None);
        }
        let mut all = reader.connection.prepare_cached(Numbers::SELECT)?;
        let mut rows = all.query([definition_id])?;
        // Sessions come by owner; nearly always an owner is a person alone.
        let mut read: Vec<Slim> = Vec::with_capacity(count);
        let mut gameplay: Vec<(u32, OwnFigures)> = Vec::new();
        while let Some(row) = rows.next()? {
            if let Some(json) = row
                .get_ref(Numbers::GAMEPLAY)?
                .as_str_or_null()
                .unwrap_or(None)
            {
                gameplay.push((read.len() as u32, figures_of(json, definition_id)?));
            }
            read.push(slim_of_row(row, definition_id)?);
            if read.len().is_multiple_of(TOLD_AFTER) && hear(read.len(), count).is_break() {
                return Ok(None);
            }
        }
        let key = |index: &u32| {
            let slim = &read[*index as usize];
            (slim.person.id(), slim.started_at_ms)
        };
        let mut order: Vec<u32> = (0..read.len() as u32).collect();
        if !order.is_sorted_by_key(key) {
            order.sort_by_key(key);
        }
        let mut new = Self::empty(definition_id, revision, read.len());
        let mut gameplay: FxHashMap<u32, OwnFigures> = gameplay.into_iter().collect();
        for together in order.chunk_by(|a, b| key(a) == key(b)) {
            let (first, row) = (&read[together[0] as usize], new.row_count());
            match new.people.last_mut() {
                Some(last) if last.person == first.person => last.rows.end += together.len(),
                _ => new.people.push(PersonRows {
                    person: first.person,
                    rows: row..row + together.len(),
                }),
            }
            match together {
                [one] => {
                    let figures = gameplay.remove(one).unwrap_or_default();
                    new.push(&read[*one as usize], figures);
                }
                // Two of one start stand by their ids, which only the records know.
                _ => {
                    let at_ms = first.started_at_ms;
                    let until_ms = at_ms.saturating_add(1);
                    let person = first.person;
                    for record in reader.sessions_started(definition_id, person, at_ms, until_ms)? {
                        new.push_record(&record)?;
                    }
                    if new.row_count() != row + together.len() {
                        return Err(damaged(definition_id, "started_at_ms", "rows are missing"));
                    }
                }
            }
        }
        new.note_places();
        Ok(Some(new))
    }

    fn empty(definition_id: i64, revision: i64, count: usize) -> Self {
        Self {
            definition_id,
            revision,
            people: Vec::new(),
            place_of: FxHashMap::default(),
            unused: 0,
            started_at_ms: Vec::with_capacity(count),
            duration_ms: Vec::with_capacity(count),
            engaged_ms: Vec::with_capacity(count),
            closes_at_ms: Vec::with_capacity(count),
            expires_at_ms: Vec::with_capacity(count),
            users: Vec::with_capacity(count),
            devices: Vec::with_capacity(count),
            event_counts: Vec::with_capacity(count),
            late_counts: Vec::with_capacity(count),
            start_reasons: Vec::with_capacity(count),
            close_reasons: Vec::with_capacity(count),
            start_kinds: Vec::with_capacity(count),
            late_born: Vec::with_capacity(count),
            figures: Vec::new(),
        }
    }

    /// Reads a person's sessions that start at a moment (UTC ms) or later, to the end of the columns.
    pub(super) fn read_again(
        &mut self,
        reader: &Reader<'_>,
        person: Owner,
        from_ms: i64,
    ) -> Result<()> {
        for record in reader.sessions_started(self.definition_id, person, from_ms, i64::MAX)? {
            self.push_record(&record)?;
        }
        Ok(())
    }

    fn push_record(&mut self, record: &SessionRecord) -> Result<()> {
        let figures = match &record.gameplay {
            Some(json) => figures_of(json, record.definition_id)?,
            None => Vec::new(),
        };
        self.push(&slim_of_record(record), figures);
        Ok(())
    }

    fn push(&mut self, slim: &Slim, figures: OwnFigures) {
        let row = self.row_count();
        self.started_at_ms.push(slim.started_at_ms);
        self.duration_ms.push(slim.duration_ms);
        self.engaged_ms.push(slim.engaged_ms);
        self.closes_at_ms.push(slim.closes_at_ms);
        self.expires_at_ms.push(slim.expires_at_ms);
        self.users.push(slim.user);
        self.devices.push(slim.device);
        self.event_counts.push(slim.event_count);
        self.late_counts.push(slim.late_count);
        self.start_reasons.push(slim.start_reason);
        self.close_reasons.push(slim.close_reason);
        self.start_kinds.push(slim.start_kind);
        self.late_born.push(slim.is_late_born);
        for figure in &mut self.figures {
            figure.values.push(f64::NAN);
        }
        for (name, value) in figures {
            let count = self.figures.len();
            match self.figures.iter_mut().find(|known| known.name == name) {
                Some(known) => known.values[row] = value,
                None if count < MOST_FIGURES => {
                    let mut values = vec![f64::NAN; row + 1];
                    values[row] = value;
                    self.figures.push(Figure { name, values });
                }
                None => {}
            }
        }
    }
}

fn slim_of_row(row: &Row<'_>, definition_id: i64) -> Result<Slim> {
    let numbers = Numbers::read(row)?;
    let how = numbers
        .how()
        .ok_or_else(|| damaged(definition_id, "how", "it cannot be read"))?;
    Ok(Slim {
        person: numbers.person(),
        started_at_ms: numbers.started_at_ms,
        duration_ms: numbers.length_ms,
        engaged_ms: numbers.engaged_ms(),
        closes_at_ms: numbers.closes_at_ms(),
        expires_at_ms: numbers.expires_at_ms(),
        user: numbers.user_number().unwrap_or(0),
        device: numbers.device_number().unwrap_or(0),
        event_count: numbers.event_count,
        late_count: numbers.late_count,
        start_reason: how.start_reason,
        close_reason: how.close_reason,
        start_kind: how.start_kind,
        is_late_born: how.is_late_born,
    })
}

fn slim_of_record(record: &SessionRecord) -> Slim {
    Slim {
        person: record.person,
        started_at_ms: record.started_at_ms,
        duration_ms: record.ended_at_ms.wrapping_sub(record.started_at_ms),
        engaged_ms: record.engaged_ms,
        closes_at_ms: record.closes_at_ms,
        expires_at_ms: record.expires_at_ms,
        user: record.user_number.unwrap_or(0),
        device: record.device_number.unwrap_or(0),
        event_count: record.event_count,
        late_count: record.late_count,
        start_reason: record.start_reason,
        close_reason: record.close_reason,
        start_kind: record.start_kind,
        is_late_born: record.is_late_born,
    }
}

/// The figures of a session that are numbers, and the counts of lists.
fn figures_of(json: &str, definition_id: i64) -> Result<OwnFigures> {
    let unreadable =
        |error: serde_json::Error| damaged(definition_id, "gameplay", &error.to_string());
    let gameplay: BTreeMap<&str, &RawValue> = serde_json::from_str(json).map_err(unreadable)?;
    let Some(figures) = gameplay.get(FIGURES) else {
        return Ok(Vec::new());
    };
    let figures = Properties::from_json(figures.get()).map_err(unreadable)?;
    let number = |value: &Value| match value {
        Value::One(Scalar::Number(number)) => number.parse().ok(),
        Value::List(all) => Some(all.len() as f64),
        Value::One(_) => None,
    };
    let found = figures
        .iter()
        .filter_map(|(name, value)| Some((name.into(), number(value)?)));
    Ok(found.collect())
}

fn damaged(definition_id: i64, column: &'static str, reason: &str) -> StoreError {
    StoreError::Damaged {
        table: "session",
        row: definition_id.to_string(),
        column,
        reason: reason.to_owned(),
    }
}
