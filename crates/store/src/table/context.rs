//! Texts that rows of streams share: what devices tell of themselves, and names of zones. Each stands
//! in the file once.

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::Result;
use crate::file::Writer;

/// Texts whose numbers are kept in memory at most; more are looked up again.
const KEPT_TEXTS: usize = 65_536;

/// Numbers of shared texts, found and given while an import is derived, and how many streams more or
/// fewer tell each of them.
#[derive(Default)]
pub(crate) struct SharedTexts {
    contexts: FxHashMap<Box<str>, i64>,
    zones: FxHashMap<Box<str>, i64>,
    changes: FxHashMap<i64, i64>,
}

impl SharedTexts {
    /// The number of a context that one more stream tells.
    pub(crate) fn take_context(&mut self, writer: &Writer<'_>, text: &str) -> Result<i64> {
        let context_id = match self.contexts.get(text) {
            Some(known) => *known,
            None => {
                let context_id = find_context(writer, text)?;
                if self.contexts.len() >= KEPT_TEXTS {
                    self.contexts.clear();
                }
                self.contexts.insert(text.into(), context_id);
                context_id
            }
        };
        *self.changes.entry(context_id).or_default() += 1;
        Ok(context_id)
    }

    /// One stream less tells a context.
    pub(crate) fn leave_context(&mut self, context_id: i64) {
        *self.changes.entry(context_id).or_default() -= 1;
    }

    /// The number of a zone's name.
    pub(crate) fn zone(&mut self, writer: &Writer<'_>, name: &str) -> Result<i64> {
        if let Some(known) = self.zones.get(name) {
            return Ok(*known);
        }
        let mut find = writer
            .connection
            .prepare_cached("SELECT zone_id FROM zone WHERE name = ?")?;
        let zone_id = match find.query_row([name], |row| row.get(0)).optional()? {
            Some(known) => known,
            None => writer
                .connection
                .prepare_cached("INSERT INTO zone (name) VALUES (?)")?
                .insert([name])?,
        };
        self.zones.insert(name.into(), zone_id);
        Ok(zone_id)
    }

    /// Writes how many streams tell each context; one that none tells is no more.
    pub(crate) fn settle(self, writer: &Writer<'_>) -> Result<()> {
        let mut count = writer.connection.prepare_cached(
            "UPDATE context
             SET stream_count = stream_count + ?
             WHERE context_id = ?
             RETURNING stream_count",
        )?;
        let mut remove = writer
            .connection
            .prepare_cached("DELETE FROM context WHERE context_id = ?")?;
        let changes = self.changes.into_iter().filter(|(_, change)| *change != 0);
        for (context_id, change) in changes {
            let left = count
                .query_row(params![change, context_id], |row| row.get::<_, i64>(0))
                .optional()?;
            if left.is_some_and(|left| left <= 0) {
                remove.execute([context_id])?;
            }
        }
        Ok(())
    }
}

/// The number of a context, a new one that no stream tells yet where it is not known.
fn find_context(writer: &Writer<'_>, text: &str) -> Result<i64> {
    // SQLite has no unsigned integers: the same bits.
    let hash = xxh3_64(text.as_bytes()).cast_signed();
    let mut find = writer
        .connection
        .prepare_cached("SELECT context_id FROM context WHERE hash = ? AND text = ?")?;
    let found = find.query_row(params![hash, text], |row| row.get(0));
    if let Some(known) = found.optional()? {
        return Ok(known);
    }
    let mut add = writer
        .connection
        .prepare_cached("INSERT INTO context (hash, stream_count, text) VALUES (?, 0, ?)")?;
    Ok(add.insert(params![hash, text])?)
}
