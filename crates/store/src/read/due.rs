//! What the closing of sessions asks: which applications are live, and which of their sessions have
//! events that are not told yet.

use rusqlite::params;

use crate::error::Result;
use crate::file::Reader;
use crate::table::session::SessionRecord;
use crate::table::session::row::SESSION;

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

    /// Walks an application's sessions, of all definitions, that close after a moment, UTC ms, which
    /// is the one up to which its events were told or a later one: no other session has an event after
    /// it. Few in a live application, those of who is there now; none in one that is not live.
    ///
    /// # Errors
    /// Where the file cannot be read, or what `each` fails with.
    pub fn sessions_closing_after(
        &self,
        application_id: i64,
        after_ms: i64,
        mut each: impl FnMut(SessionRecord) -> Result<()>,
    ) -> Result<()> {
        for stored in self.definitions(application_id)? {
            let definition_id = stored.definition_id;
            let mut some = self.connection.prepare_cached(&format!(
                "{SESSION}
                 JOIN open_session USING (definition_id, owner_id, started_at_ms, first_arrived_id)
                 WHERE open_session.definition_id = ? AND open_session.closes_at_ms > ?
                 ORDER BY open_session.closes_at_ms"
            ))?;
            let mut rows = some.query(params![definition_id, after_ms])?;
            let mut names = None;
            while let Some(row) = rows.next()? {
                let names = match &mut names {
                    Some(names) => names,
                    none => none.insert(self.names_of_definition(definition_id)?),
                };
                each(names.session(row)?)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::table::session::row::SESSION;
    use crate::{Store, StoreError};

    #[test]
    fn sessions_that_close_are_found_without_a_walk_over_all() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("w.dwell")).unwrap();
        let plan = store.read(|reader| {
            let mut plan = reader.connection.prepare(&format!(
                "EXPLAIN QUERY PLAN
                 {SESSION}
                 JOIN open_session USING (definition_id, owner_id, started_at_ms, first_arrived_id)
                 WHERE open_session.definition_id = ? AND open_session.closes_at_ms > ?
                 ORDER BY open_session.closes_at_ms",
            ))?;
            let lines = plan.query_map([1, 1], |row| row.get::<_, String>(3))?;
            Ok::<_, StoreError>(lines.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        assert_eq!(
            plan.unwrap(),
            [
                "SEARCH open_session USING PRIMARY KEY (definition_id=? AND closes_at_ms>?)",
                "SEARCH session USING PRIMARY KEY (definition_id=? AND owner_id=? AND \
                 started_at_ms=? AND first_arrived_id=?)"
            ]
        );
    }
}
