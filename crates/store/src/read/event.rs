//! Events for lists: the newest of an import.

use rusqlite::params;

use crate::error::Result;
use crate::file::Reader;
use crate::table::event::{Place, StoredEvent};

impl Reader<'_> {
    /// The newest events by time of the given streams that an import brought.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_of_import(&self, import_id: i64, limit: u32) -> Result<Vec<StoredEvent>> {
        // Numbers grow with every batch, and the newest people are few: their last events are looked
        // at rather than all events.
        let mut newest = self.connection.prepare_cached(
            "SELECT e.stream_id, e.time_ms, e.event_number
             FROM (
               SELECT stream_id
               FROM person_stream
               JOIN person USING (person_id)
               WHERE application_id =
                 (SELECT application_id FROM import WHERE import_id = ?1)
               ORDER BY person.last_seen_ms DESC
               LIMIT 64
             ) s
             JOIN event e ON e.stream_id = s.stream_id
             WHERE e.import_id = ?1
             GROUP BY e.stream_id, e.time_ms, e.event_number
             ORDER BY e.time_ms DESC, e.event_number DESC
             LIMIT ?2",
        )?;
        let places = newest
            .query_map(params![import_id, limit], |row| {
                Ok(Place {
                    stream_id: row.get(0)?,
                    time_ms: row.get(1)?,
                    event_number: row.get(2)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        places
            .into_iter()
            .map(|place| self.event_at(place))
            .collect()
    }
}
