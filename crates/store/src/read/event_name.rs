//! Names of events with how many there are of each, and when.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::Result;
use crate::file::Reader;
use crate::piece::Piece;
use crate::read::Hear;
use crate::table::block::stream_of;

/// After so many blocks it is told how far it is.
const TOLD_AFTER: usize = 1 << 10;

/// The events of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCount {
    /// Its name.
    pub name: Box<str>,
    /// How many there are.
    pub event_count: u64,
    /// The first one, UTC ms.
    pub first_seen_ms: i64,
    /// The last one, UTC ms.
    pub last_seen_ms: i64,
}

impl Reader<'_> {
    /// The names of an application's events, by name. All columns are walked and no text is unpacked;
    /// `hear` hears the events walked of all, and `None` is where that was stopped.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn name_counts(
        &self,
        application_id: i64,
        hear: Hear<'_>,
    ) -> Result<Option<Vec<NameCount>>> {
        let all_names = self.event_names()?;
        let event_count = self.totals(application_id)?.event_count as usize;
        let streams = self.streams_apart(application_id)?;
        // By the number of the name.
        let mut counts: FxHashMap<u32, NameCount> = FxHashMap::default();
        let (mut walked, mut blocks) = (0, 0);
        let mut is_stopped = hear(0, event_count).is_break();
        self.every_block(|stored| {
            let is_other =
                |streams: &FxHashSet<i64>| !streams.contains(&stream_of(stored.block_id));
            if is_stopped || streams.as_ref().is_some_and(is_other) {
                return Ok(());
            }
            let mut piece = Piece::default();
            stored.read_columns(&mut piece)?;
            for row in &piece.rows {
                let known = counts.entry(row.name_id).or_insert_with(|| NameCount {
                    name: all_names
                        .get(&i64::from(row.name_id))
                        .cloned()
                        .unwrap_or_default(),
                    event_count: 0,
                    first_seen_ms: row.time_ms,
                    last_seen_ms: row.time_ms,
                });
                known.event_count += 1;
                known.first_seen_ms = known.first_seen_ms.min(row.time_ms);
                known.last_seen_ms = known.last_seen_ms.max(row.time_ms);
            }
            walked += piece.rows.len();
            blocks += 1;
            if blocks % TOLD_AFTER == 0 {
                is_stopped = hear(walked, event_count).is_break();
            }
            Ok(())
        })?;
        if is_stopped {
            return Ok(None);
        }
        let mut counts: Vec<NameCount> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Some(counts))
    }

    /// The streams of an application, where there are others.
    fn streams_apart(&self, application_id: i64) -> Result<Option<FxHashSet<i64>>> {
        if self.applications()?.len() <= 1 {
            return Ok(None);
        }
        let mut all = self.connection.prepare_cached(
            "SELECT device_id * 2 FROM device WHERE +application_id = ?1
             UNION ALL
             SELECT user_id * 2 + 1 FROM user WHERE +application_id = ?1",
        )?;
        let rows = all.query_map([application_id], |row| row.get(0))?;
        Ok(Some(rows.collect::<rusqlite::Result<_>>()?))
    }
}
