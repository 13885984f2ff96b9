//! What `check` compares: counts that must agree, and the derived tables as one text each.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::types::ValueRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::block::{Wanted, name_bit};
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use crate::piece::{Id, Piece};
use crate::table::block::{ReadTexts, damaged_part, stream_of};
use crate::table::event::KeptCopy;
use crate::table::key_run::{Fingerprint, KeySet, Pair};

/// A multiset of keys, as its size and a sum of hashes that no order changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, fingerprint: Fingerprint, stream_id: i64) {
        let mut hasher = DefaultHasher::new();
        (fingerprint, stream_id).hash(&mut hasher);
        self.count += 1;
        self.hashes = self.hashes.wrapping_add(hasher.finish());
    }
}

/// The derived tables with their rows in a fixed order; numbers that were given in the order of
/// imports are told as what they stand for. `former_session` and `emission` are logs, not derived.
const DERIVED: &[(&str, &str)] = &[
    (
        "application_total",
        "SELECT * FROM application_total ORDER BY application_id",
    ),
    (
        "stream",
        "SELECT stream_id, first_seen_ms, length_ms, event_count, max_lateness_ms,
           newest_arrival_lag_ms, has_reset, owner_id, person_id, zone.name, zone_age_ms, context.text, context_age_ms,
           is_newest_context
         FROM stream
         LEFT JOIN zone USING (zone_id)
         LEFT JOIN context USING (context_id)
         ORDER BY stream_id",
    ),
    (
        "context",
        "SELECT text, hash, stream_count FROM context ORDER BY text",
    ),
    (
        "stream_owner",
        "SELECT * FROM stream_owner ORDER BY stream_id, owner_id",
    ),
    (
        "alias_link",
        "SELECT * FROM alias_link ORDER BY stream_id, user_id, previous_id",
    ),
    (
        "profile_user",
        "SELECT * FROM profile_user ORDER BY user_id",
    ),
    (
        "session",
        "SELECT * FROM session
         ORDER BY definition_id, owner_id, started_at_ms, first_arrived_id",
    ),
    (
        "stray",
        "SELECT * FROM stray ORDER BY definition_id, owner_id, time_ms, is_session",
    ),
    (
        "open_session",
        "SELECT * FROM open_session
         ORDER BY definition_id, closes_at_ms, owner_id, started_at_ms, first_arrived_id",
    ),
    (
        "person_stream",
        "SELECT person_id, stream_id, first_seen_ms, last_seen_ms, event_count, zone.name,
           zone_time_ms
         FROM person_stream
         LEFT JOIN zone USING (zone_id)
         ORDER BY stream_id, person_id",
    ),
    (
        "person_property",
        "SELECT * FROM person_property ORDER BY stream_id, person_id, key",
    ),
    ("person", "SELECT * FROM person ORDER BY person_id"),
];

/// So much damage is told at once.
const DAMAGES_TOLD: usize = 20;

/// Sentences of which each query must count nothing.
const MUST_BE_EMPTY: &[(&str, &str)] = &[
    (
        "imports whose rows read are not stored + duplicates + quarantined + forgotten",
        "SELECT count(*) FROM import
         WHERE read_count <>
           stored_count + duplicate_count + quarantined_count + forgotten_count",
    ),
    (
        "imports with another number of rejected rows than they counted",
        "SELECT count(*) FROM import i
         WHERE quarantined_count <>
           (SELECT count(*) FROM quarantine q WHERE q.import_id = i.import_id)",
    ),
    (
        "imports with another number of conflicts than they counted",
        "SELECT count(*) FROM import i
         WHERE conflict_count <>
           (SELECT count(*) FROM conflict c WHERE c.import_id = i.import_id)",
    ),
];

impl Reader<'_> {
    /// Blocks of events, and what they need to be read and found (dictionaries, patterns, pages of
    /// keys), that are not what was written: a sentence each, at most 20.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn damaged_blocks(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut note = |read: Result<()>| match read {
            Err(error @ StoreError::Damaged { .. }) => {
                let sentence = error.to_string();
                // One damaged dictionary is the damage of many blocks.
                if found.len() < DAMAGES_TOLD && !found.contains(&sentence) {
                    found.push(sentence);
                }
                Ok(())
            }
            read => read,
        };
        note(self.patterns().map(drop))?;
        for (id, bytes) in self.dictionaries()? {
            let bytes = bytes.map_err(|reason| damaged_part("dictionary", i64::from(id), reason));
            note(bytes.map(drop))?;
        }
        for set in self.key_sets()? {
            note(self.each_key(set, |_| Ok(())))?;
        }
        for stream_id in self.streams_with_copies()? {
            note(self.copies_of(stream_id).map(drop))?;
        }
        self.every_block(|stored| {
            let mut piece = Piece::default();
            note(stored.read_columns(&mut piece).and_then(|decoded| {
                if piece.rows.len() != stored.event_count {
                    return Err(stored.damaged("it has another number of events than it says"));
                }
                let (block_id, texts) = (stored.block_id, stored.texts()?);
                self.read_texts(block_id, texts, decoded, Wanted::All, &mut piece)
            }))
        })?;
        Ok(found)
    }

    /// What does not agree within the ground tables: a sentence with a count each. No block is damaged.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn disagreements(&self) -> Result<Vec<String>> {
        let mut found = self.disagreements_of_events()?;
        found.extend(self.broken_seals()?);
        for (sentence, sql) in MUST_BE_EMPTY {
            let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
            if count != 0 {
                found.push(format!("{count} {sentence}"));
            }
        }
        Ok(found)
    }

    /// How many copies are kept of events that are not there.
    fn copies_of_nothing(&self) -> Result<u64> {
        let mut count = 0;
        for stream_id in self.streams_with_copies()? {
            let mut numbers: FxHashSet<i64> = FxHashSet::default();
            self.each_block(stream_id, |stored| {
                let mut piece = Piece::default();
                stored.read_columns(&mut piece)?;
                numbers.extend(piece.rows.iter().map(|row| row.number));
                Ok(())
            })?;
            let copies = self.copies_of(stream_id)?;
            let of_nothing = |copy: &&KeptCopy| !numbers.contains(&copy.counts);
            count += copies.iter().filter(of_nothing).count() as u64;
        }
        Ok(count)
    }

    /// What does not agree between events, their keys and the imports that brought them.
    fn disagreements_of_events(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut applications: FxHashMap<i64, Sum> = FxHashMap::default();
        let mut stream: Option<(i64, i64)> = None;
        let mut miscounted = 0_u64;
        self.every_block(|stored| {
            let mut piece = Piece::default();
            stored.read_columns(&mut piece)?;
            let stream_id = stream_of(stored.block_id);
            let application_id = match stream {
                Some((known, application_id)) if known == stream_id => application_id,
                _ => self.application_of(stream_id)?.unwrap_or(-1),
            };
            stream = Some((stream_id, application_id));
            let names = piece
                .rows
                .iter()
                .fold(0, |names, row| names | name_bit(row.name_id));
            miscounted += u64::from(names != stored.names);
            let sum = applications.entry(application_id).or_default();
            for row in &piece.rows {
                sum.add(Fingerprint::of(piece.id_bytes(row)), stream_id);
            }
            Ok(())
        })?;
        if miscounted > 0 {
            found.push(format!(
                "{miscounted} blocks of events with a wrong mask of names"
            ));
        }
        let of_nothing = self.copies_of_nothing()?;
        if of_nothing > 0 {
            found.push(format!("{of_nothing} copies of events that are not there"));
        }
        let mut all = 0;
        for application in self.applications()? {
            let application_id = application.application_id;
            let events = applications.remove(&application_id).unwrap_or_default();
            let (mut keys, mut twice) = (Sum::default(), Vec::new());
            let mut before: Option<Pair> = None;
            self.each_key(KeySet::Events { application_id }, |pair| {
                keys.add(pair.fingerprint, pair.number);
                if let Some(before) = before
                    && before.fingerprint == pair.fingerprint
                {
                    twice.push((before, pair));
                }
                before = Some(pair);
                Ok(())
            })?;
            if keys != events {
                found.push(format!(
                    "{} events and {} keys of events that do not belong together in “{}”",
                    events.count, keys.count, application.name
                ));
            }
            let doubled = self.doubled(&twice)?;
            if doubled > 0 {
                found.push(format!(
                    "{doubled} events are there twice in “{}”",
                    application.name
                ));
            }
            all += events.count;
        }
        let lost: u64 = applications.values().map(|sum| sum.count).sum();
        if lost > 0 {
            found.push(format!("{lost} events of no application"));
        }
        let stored: u64 = self.connection.query_row(
            "SELECT coalesce(sum(stored_count), 0) FROM import",
            [],
            |row| row.get(0),
        )?;
        if stored != all {
            found.push(format!("{all} events, and imports that stored {stored}"));
        }
        Ok(found)
    }

    /// How many of these pairs of equal fingerprints are of one id.
    fn doubled(&self, twice: &[(Pair, Pair)]) -> Result<usize> {
        let mut count = 0;
        for (one, other) in twice {
            let mut ids: FxHashSet<(bool, Vec<u8>)> = FxHashSet::default();
            let mut streams = vec![one.number, other.number];
            streams.dedup();
            for stream_id in streams {
                let piece = self.whole_stream(stream_id)?;
                for row in &piece.rows {
                    let id = piece.id(row);
                    let of_set = (matches!(id, Id::Uuid(_)), id.bytes().to_vec());
                    if Fingerprint::of(id.bytes()) == one.fingerprint && !ids.insert(of_set) {
                        count += 1;
                    }
                }
            }
        }
        Ok(count)
    }
}

impl Writer<'_> {
    /// Each derived table with its number of rows and a fingerprint of every value in it.
    ///
    /// # Errors
    /// Where the file cannot be read, or written.
    pub fn derived_fingerprints(&self) -> Result<Vec<(&'static str, u64, u64)>> {
        let mut tables = Vec::new();
        for (table, sql) in DERIVED {
            let mut rows = self.connection.prepare(sql)?;
            let column_count = rows.column_count();
            let mut rows = rows.query([])?;
            let mut hasher = DefaultHasher::new();
            let mut row_count = 0;
            while let Some(row) = rows.next()? {
                row_count += 1;
                for column in 0..column_count {
                    match row.get_ref(column)? {
                        ValueRef::Null => 0_u8.hash(&mut hasher),
                        ValueRef::Integer(value) => (1_u8, value).hash(&mut hasher),
                        ValueRef::Real(value) => (2_u8, value.to_bits()).hash(&mut hasher),
                        ValueRef::Text(value) => (3_u8, value).hash(&mut hasher),
                        ValueRef::Blob(value) => (4_u8, value).hash(&mut hasher),
                    }
                }
            }
            tables.push((*table, row_count, hasher.finish()));
        }
        self.write_session_keys()?;
        let mut keys = Sum::default();
        for definition_id in self.definition_ids()? {
            self.each_key(KeySet::Sessions { definition_id }, |pair| {
                keys.add(pair.fingerprint, pair.number);
                Ok(())
            })?;
        }
        tables.push(("key_run", keys.count, keys.hashes));
        Ok(tables)
    }

    fn definition_ids(&self) -> Result<Vec<i64>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT definition_id FROM definition ORDER BY definition_id")?;
        let rows = all.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Empties the derived tables.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn drop_derived(&self) -> Result<()> {
        for (table, _) in DERIVED {
            self.connection
                .execute(&format!("DELETE FROM {table}"), [])?;
        }
        for definition_id in self.definition_ids()? {
            self.drop_session_keys(definition_id)?;
        }
        Ok(())
    }
}
