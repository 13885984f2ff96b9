//! The log of derived events that were told live, or told again in another form. It is no part of what
//! a rebuild must reproduce.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use crate::error::Result;
use crate::file::{Reader, Writer};

/// Which derived event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmissionKey<'a> {
    /// Its session.
    pub session_id: Uuid,
    /// Its name.
    pub name: &'a str,
    /// Its place among the session's events of that name, from 0.
    pub ordinal: u32,
}

/// What the log says of a derived event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emission {
    /// From 1.
    pub revision: u32,
    /// When this revision was told, UTC ms; `None` where nobody noted it.
    pub emitted_at_ms: Option<i64>,
    /// Whether it was taken back: its session is no more, or has fewer such events.
    pub is_withdrawn: bool,
}

impl Emission {
    /// What an event without a row is.
    pub const FIRST: Self = Self {
        revision: 1,
        emitted_at_ms: None,
        is_withdrawn: false,
    };
}

impl Reader<'_> {
    /// What the log says of an event; `None` where it says nothing.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn emission(&self, key: &EmissionKey<'_>) -> Result<Option<Emission>> {
        let mut one = self.connection.prepare_cached(
            "SELECT revision, emitted_at_ms, is_withdrawn
             FROM emission
             WHERE session_id = ? AND name = ? AND ordinal = ?",
        )?;
        let bound = params![key.session_id.as_bytes(), key.name, key.ordinal];
        let found = one.query_row(bound, |row| {
            Ok(Emission {
                revision: row.get(0)?,
                emitted_at_ms: row.get(1)?,
                is_withdrawn: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }
}

impl Writer<'_> {
    /// As [`Reader::emission`], at no cost where the log is empty.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn emission_known(&self, key: &EmissionKey<'_>) -> Result<Option<Emission>> {
        let has_any = match self.has_emissions.get() {
            Some(known) => known,
            None => {
                let sql = "SELECT EXISTS (SELECT 1 FROM emission)";
                self.connection.query_row(sql, [], |row| row.get(0))?
            }
        };
        self.has_emissions.set(Some(has_any));
        match has_any {
            true => self.emission(key),
            false => Ok(None),
        }
    }

    /// Notes what was told of an event, in place of what was noted before.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn note_emission(
        &self,
        definition_id: i64,
        key: &EmissionKey<'_>,
        emission: &Emission,
    ) -> Result<()> {
        self.has_emissions.set(Some(true));
        let mut note = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO emission (session_id, name, ordinal, definition_id, revision,
               emitted_at_ms, is_withdrawn)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        note.execute(params![
            key.session_id.as_bytes(),
            key.name,
            key.ordinal,
            definition_id,
            emission.revision,
            emission.emitted_at_ms,
            emission.is_withdrawn,
        ])?;
        Ok(())
    }

    /// Forgets what was told under a definition: its rules changed, and its events begin anew.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn forget_emissions(&self, definition_id: i64) -> Result<()> {
        self.connection.execute(
            "DELETE FROM emission WHERE definition_id = ?",
            [definition_id],
        )?;
        Ok(())
    }
}
