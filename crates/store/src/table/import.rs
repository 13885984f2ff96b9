//! Imports: what was read from which file.

use std::ops::Range;

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::table::import_part::{JOIN_PART, PART_FILE, PART_LINE};

/// One import. read = stored + duplicates + quarantined + forgotten.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Number.
    pub import_id: i64,
    /// Application's name.
    pub application: String,
    /// The file's name without its folder.
    pub file_name: String,
    /// The format that it was read as.
    pub format: String,
    /// Size.
    pub file_bytes: u64,
    /// Zone of times without an offset.
    pub time_zone: String,
    /// UTC ms.
    pub finished_at_ms: i64,
    /// Rows.
    pub read: u64,
    /// New events.
    pub stored: u64,
    /// Rows whose event was already there.
    pub duplicates: u64,
    /// Duplicates that differ in more than their arrival.
    pub conflicts: u64,
    /// Rejected rows.
    pub quarantined: u64,
    /// Rejected rows that somebody dropped; they are not among those read any more.
    pub skipped: u64,
    /// Rows left out as those of somebody who is to stay forgotten.
    pub forgotten: u64,
    /// Sessions of the application after it.
    pub sessions: u64,
    /// People that it brought.
    pub new_people: u64,
    /// Devices that it brought.
    pub new_devices: u64,
    /// How long it took.
    pub seconds: f64,
    /// Ids of the newest events by time that it brought, the newest first.
    pub newest: Vec<String>,
}

/// A conflicting copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The import that brought it.
    pub import_id: i64,
    /// Its file; of a part of a folder or an archive, with theirs before it.
    pub file_name: String,
    /// Line in that file.
    pub line: u64,
    /// Event.
    pub event_id: String,
    /// What differs, in words.
    pub differs: String,
}

const IMPORT: &str = "SELECT import_id, a.name, file_name, format, file_bytes, time_zone,
         finished_at_ms, read_count, stored_count, duplicate_count, conflict_count,
         quarantined_count, session_count, new_person_count, new_device_count, seconds, newest,
         skipped_count, forgotten_count
       FROM import
       JOIN application a USING (application_id)";

fn import(row: &Row<'_>) -> rusqlite::Result<Import> {
    Ok(Import {
        import_id: row.get(0)?,
        application: row.get(1)?,
        file_name: row.get(2)?,
        format: row.get(3)?,
        file_bytes: row.get(4)?,
        time_zone: row.get(5)?,
        finished_at_ms: row.get(6)?,
        read: row.get(7)?,
        stored: row.get(8)?,
        duplicates: row.get(9)?,
        conflicts: row.get(10)?,
        quarantined: row.get(11)?,
        skipped: row.get(17)?,
        sessions: row.get(12)?,
        new_people: row.get(13)?,
        new_devices: row.get(14)?,
        seconds: row.get(15)?,
        newest: serde_json::from_str(&row.get::<_, String>(16)?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(16, Type::Text, Box::new(error))
        })?,
        forgotten: row.get(18)?,
    })
}

impl Reader<'_> {
    /// Imports of an application, or of all, the newest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn imports(&self, application: Option<&str>) -> Result<Vec<Import>> {
        let mut all = self.connection.prepare_cached(&format!(
            "{IMPORT}
             WHERE ?1 IS NULL OR a.name = ?1
             ORDER BY import_id DESC"
        ))?;
        Ok(all
            .query_map([application], import)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// One import.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn import(&self, import_id: i64) -> Result<Option<Import>> {
        let mut one = self
            .connection
            .prepare_cached(&format!("{IMPORT} WHERE import_id = ?"))?;
        Ok(one.query_row([import_id], import).optional()?)
    }

    /// Conflicting copies of one import, or of an application, by import and line.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn conflicts(
        &self,
        application: Option<&str>,
        import_id: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Conflict>> {
        let mut all = self.connection.prepare_cached(&format!(
            "SELECT r.import_id, {PART_FILE}, {PART_LINE}, event_id, differs
             FROM conflict r
             JOIN import i ON i.import_id = r.import_id
             JOIN application a USING (application_id)
             {JOIN_PART}
             WHERE (?1 IS NULL OR a.name = ?1)
               AND (?2 IS NULL OR r.import_id = ?2)
             ORDER BY r.import_id, r.line, conflict_id
             LIMIT ?3"
        ))?;
        let rows = all.query_map(params![application, import_id, limit], |row| {
            Ok(Conflict {
                import_id: row.get(0)?,
                file_name: row.get(1)?,
                line: row.get(2)?,
                event_id: row.get(3)?,
                differs: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Begins an import; its figures come with [`Writer::finish_import`].
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn begin_import(&self, application_id: i64, file_name: &str) -> Result<i64> {
        self.connection.execute(
            "INSERT INTO import (application_id, file_name, format, file_bytes, time_zone,
               finished_at_ms, read_count, stored_count, duplicate_count, conflict_count,
               quarantined_count, session_count, new_person_count, new_device_count, seconds,
               newest)
             VALUES (?, ?, '', 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]')",
            params![application_id, file_name],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Events that another import had brought first count by this one now; less than none where it is the
    /// other way round.
    pub(crate) fn gain(&self, import_id: i64, count: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE import
             SET stored_count = stored_count + ?2, duplicate_count = duplicate_count - ?2
             WHERE import_id = ?1",
            params![import_id, count],
        )?;
        Ok(())
    }

    /// Removes an import with its rejections, and all conflicts with its lines, which have these
    /// numbers.
    pub(crate) fn drop_import(&self, import_id: i64, numbers: &Range<i64>) -> Result<()> {
        self.connection.execute(
            "UPDATE import
             SET conflict_count = conflict_count - c.count
             FROM (
               SELECT import_id, count(*) AS count
               FROM conflict
               WHERE against >= ? AND against < ?
               GROUP BY import_id
             ) AS c
             WHERE import.import_id = c.import_id",
            params![numbers.start, numbers.end],
        )?;
        self.connection.execute(
            "DELETE FROM conflict WHERE import_id = ? OR (against >= ? AND against < ?)",
            params![import_id, numbers.start, numbers.end],
        )?;
        self.connection
            .execute("DELETE FROM quarantine WHERE import_id = ?", [import_id])?;
        self.connection
            .execute("DELETE FROM import_part WHERE import_id = ?", [import_id])?;
        self.connection
            .execute("DELETE FROM import_table WHERE import_id = ?", [import_id])?;
        self.connection
            .execute("DELETE FROM import WHERE import_id = ?", [import_id])?;
        self.seal_anew()
    }

    /// Writes the figures of a finished import.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish_import(&self, import: &Import) -> Result<()> {
        self.connection.execute(
            "UPDATE import
             SET format = ?2, file_bytes = ?3, time_zone = ?4, finished_at_ms = ?5,
               read_count = ?6, stored_count = ?7, duplicate_count = ?8, conflict_count = ?9,
               quarantined_count = ?10, session_count = ?11, new_person_count = ?12,
               new_device_count = ?13, seconds = ?14, newest = ?15, skipped_count = ?16,
               forgotten_count = ?17
             WHERE import_id = ?1",
            params![
                import.import_id,
                import.format,
                import.file_bytes,
                import.time_zone,
                import.finished_at_ms,
                import.read,
                import.stored,
                import.duplicates,
                import.conflicts,
                import.quarantined,
                import.sessions,
                import.new_people,
                import.new_devices,
                import.seconds,
                serde_json::Value::from(import.newest.as_slice()).to_string(),
                import.skipped,
                import.forgotten,
            ],
        )?;
        Ok(())
    }

    /// Writes the figures of an import of which rejected rows were mended or dropped, the last thing of such
    /// a change: what stays of the quarantine is as it is.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish_mending(&self, import: &Import) -> Result<()> {
        self.finish_import(import)?;
        self.seal_anew()
    }
}
