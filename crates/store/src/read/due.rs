//! What the closing of sessions asks: which applications are live, and which of their sessions have
//! events that are not told yet.

use rusqlite::params;

use crate::error::Result;
use crate::file::{Reader, Writer};
use crate::table::session::{SESSION, SessionRecord, session};

/// An application with a live source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveApplication {
    /// Number in the workspace.
    pub application_id: i64,
    /// Name.
    pub name: String,
    /// The moment up to which its events were told, UTC ms.
    pub emitted_through_ms: i64,
}

impl Reader<'_> {
    /// The applications with a live source, by name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn live_applications(&self) -> Result<Vec<LiveApplication>> {
        let mut all = self.connection.prepare_cached(
            "SELECT application_id, name, emitted_through_ms
             FROM application
             WHERE emitted_through_ms IS NOT NULL
             ORDER BY name",
        )?;
        let rows = all.query_map([], |row| {
            Ok(LiveApplication {
                application_id: row.get(0)?,
                name: row.get(1)?,
                emitted_through_ms: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Walks an application's sessions, of all definitions, that close after a moment, UTC ms: no
    /// other one has an event after it. Few in a live application: those of who is there now.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn sessions_closing_after(
        &self,
        application_id: i64,
        after_ms: i64,
        mut each: impl FnMut(SessionRecord) -> Result<()>,
    ) -> Result<()> {
        let mut definitions = self.connection.prepare_cached(
            "SELECT definition_id
             FROM definition
             WHERE application_id = ?
             ORDER BY definition_id",
        )?;
        let mut some = self.connection.prepare_cached(&format!(
            "{SESSION}
             WHERE definition_id = ? AND closes_at_ms > ?
             ORDER BY closes_at_ms"
        ))?;
        let mut definitions = definitions.query([application_id])?;
        while let Some(definition) = definitions.next()? {
            let mut rows = some.query(params![definition.get::<_, i64>(0)?, after_ms])?;
            while let Some(row) = rows.next()? {
                each(session(row)?)?;
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Makes the index by which [`Reader::sessions_closing_after`] finds its few sessions. It is
    /// made with the first live application and not with the workspace: files alone need none, and
    /// it would make every session of theirs larger.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn index_closings(&self) -> Result<()> {
        self.connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS session_by_closing
             ON session (definition_id, closes_at_ms)",
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Store, StoreError};

    #[test]
    fn sessions_that_close_are_found_by_their_index() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("w.dwell")).unwrap();
        let plan = store.write(|writer| {
            writer.index_closings()?;
            writer.index_closings()?;
            let mut plan = writer.connection.prepare(
                "EXPLAIN QUERY PLAN
                 SELECT * FROM session
                 WHERE definition_id = ? AND closes_at_ms > ?
                 ORDER BY closes_at_ms",
            )?;
            let lines = plan.query_map([1, 1], |row| row.get::<_, String>(3))?;
            Ok::<_, StoreError>(lines.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        assert_eq!(
            plan.unwrap(),
            ["SEARCH session USING INDEX session_by_closing (definition_id=? AND closes_at_ms>?)"]
        );
    }
}
