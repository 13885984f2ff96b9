//! What `check` compares: counts that must agree, and the derived tables as one text each.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::types::ValueRef;

use crate::error::Result;
use crate::file::{Reader, Writer};

/// The derived tables with their rows in a fixed order. `former_session` and `emission` are
/// logs, not derived.
const DERIVED: &[(&str, &str)] = &[
    (
        "application_total",
        "SELECT * FROM application_total ORDER BY application_id",
    ),
    ("stream", "SELECT * FROM stream ORDER BY stream_id"),
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
        "session_key",
        "SELECT * FROM session_key ORDER BY definition_id, fingerprint, owner_id",
    ),
    (
        "open_session",
        "SELECT * FROM open_session
         ORDER BY definition_id, closes_at_ms, owner_id, started_at_ms, first_arrived_id",
    ),
    (
        "person_stream",
        "SELECT * FROM person_stream ORDER BY stream_id, person_id",
    ),
    (
        "person_property",
        "SELECT * FROM person_property ORDER BY stream_id, person_id, key",
    ),
    ("person", "SELECT * FROM person ORDER BY person_id"),
    (
        "device_context",
        "SELECT * FROM device_context ORDER BY device_id",
    ),
];

/// Sentences of which each query must count nothing.
const MUST_BE_EMPTY: &[(&str, &str)] = &[
    (
        "imports whose rows read are not stored + duplicates + quarantined",
        "SELECT count(*) FROM import
         WHERE read_count <> stored_count + duplicate_count + quarantined_count",
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
    (
        "event ids whose event is not there",
        "SELECT count(*) FROM event_key k
         WHERE NOT EXISTS (
           SELECT 1 FROM event e
           WHERE e.stream_id = k.stream_id AND e.time_ms = k.time_ms
             AND e.event_number = k.event_number AND e.event_id = k.event_id)",
    ),
    (
        "events more or fewer than event ids",
        "SELECT abs((SELECT count(*) FROM event) - (SELECT count(*) FROM event_key))",
    ),
    (
        "events more or fewer than imports stored",
        "SELECT abs((SELECT count(*) FROM event)
           - (SELECT coalesce(sum(stored_count), 0) FROM import))",
    ),
];

impl Reader<'_> {
    /// What does not agree within the ground tables: a sentence with a count each.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn disagreements(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (sentence, sql) in MUST_BE_EMPTY {
            let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
            if count != 0 {
                found.push(format!("{count} {sentence}"));
            }
        }
        Ok(found)
    }

    /// Each derived table with its number of rows and a fingerprint of every value in it.
    ///
    /// # Errors
    /// Where the file cannot be read.
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
        Ok(tables)
    }
}

impl Writer<'_> {
    /// Empties the derived tables.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn drop_derived(&self) -> Result<()> {
        for (table, _) in DERIVED {
            self.connection
                .execute(&format!("DELETE FROM {table}"), [])?;
        }
        Ok(())
    }
}
