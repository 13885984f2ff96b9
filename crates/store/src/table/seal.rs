//! Seals of the ground tables. Blocks, dictionaries and patterns have checksums of their own, derived
//! tables are derived anew; a sentence of a rejection or the name of a file has nothing to be
//! compared with but the sum that was made when it was written.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::file::{Reader, Writer};

/// How a table changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Rows are added, within one transaction, and stay as they are: sealing reads the new ones.
    Grows,
    /// Rows change, and are few: sealing reads all.
    Any,
}

/// The sealed tables: each its name, how it changes, and its rows beyond an id, which stands
/// first.
const SEALED: &[(&str, Change, &str)] = &[
    (
        "application",
        Change::Any,
        "SELECT * FROM application WHERE application_id > ?",
    ),
    (
        "application_edit",
        Change::Any,
        "SELECT * FROM application_edit WHERE application_edit_id > ?",
    ),
    (
        "definition",
        Change::Any,
        "SELECT * FROM definition WHERE definition_id > ?",
    ),
    (
        "definition_edit",
        Change::Any,
        "SELECT * FROM definition_edit WHERE definition_edit_id > ?",
    ),
    (
        "import",
        Change::Grows,
        "SELECT * FROM import WHERE import_id > ?",
    ),
    (
        "import_part",
        Change::Grows,
        "SELECT * FROM import_part WHERE import_part_id > ?",
    ),
    (
        "import_table",
        Change::Grows,
        "SELECT * FROM import_table WHERE import_table_id > ?",
    ),
    (
        "quarantine",
        Change::Grows,
        "SELECT * FROM quarantine WHERE quarantine_id > ?",
    ),
    (
        "conflict",
        Change::Grows,
        "SELECT * FROM conflict WHERE conflict_id > ?",
    ),
    (
        "forgetting",
        Change::Grows,
        "SELECT * FROM forgetting WHERE forgetting_id > ?",
    ),
    (
        "forgotten",
        Change::Grows,
        "SELECT * FROM forgotten WHERE forgotten_id > ?",
    ),
    (
        "event_name",
        Change::Grows,
        "SELECT * FROM event_name WHERE name_id > ?",
    ),
];

/// A sum over rows up to one; the order in which they are read changes nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seal {
    through_id: i64,
    hash: i64,
}

/// Of no row.
const NOTHING: Seal = Seal {
    through_id: i64::MIN,
    hash: 0,
};

impl Reader<'_> {
    /// The sealed tables that are not as they were written, a sentence each.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn broken_seals(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (table, _, sql) in SEALED {
            if self.sealed(sql, NOTHING)? != self.seal_of(table)? {
                found.push(format!("The table {table} is not as it was written"));
            }
        }
        Ok(found)
    }

    fn seal_of(&self, table: &str) -> Result<Seal> {
        let mut one = self
            .connection
            .prepare_cached("SELECT through_id, hash FROM seal WHERE table_name = ?")?;
        let seal = one
            .query_row([table], |row| {
                Ok(Seal {
                    through_id: row.get(0)?,
                    hash: row.get(1)?,
                })
            })
            .optional()?;
        Ok(seal.unwrap_or(NOTHING))
    }

    /// The seal with the rows beyond it.
    fn sealed(&self, sql: &str, mut seal: Seal) -> Result<Seal> {
        let mut rows = self.connection.prepare_cached(sql)?;
        let column_count = rows.column_count();
        let mut rows = rows.query([seal.through_id])?;
        let mut bytes = Vec::new();
        while let Some(row) = rows.next()? {
            bytes.clear();
            for column in 0..column_count {
                write_cell(&mut bytes, row.get_ref(column)?);
            }
            seal.through_id = seal.through_id.max(row.get(0)?);
            let hash = xxhash_rust::xxh3::xxh3_64(&bytes).cast_signed();
            seal.hash = seal.hash.wrapping_add(hash);
        }
        Ok(seal)
    }
}

impl Writer<'_> {
    /// Seals what was written since the last time; the last thing of every transaction.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn seal(&self) -> Result<()> {
        for (table, change, sql) in SEALED {
            let before = self.seal_of(table)?;
            let from = match change {
                Change::Grows => before,
                Change::Any => NOTHING,
            };
            let now = self.sealed(sql, from)?;
            if now != before {
                let mut put = self
                    .connection
                    .prepare_cached("INSERT OR REPLACE INTO seal VALUES (?, ?, ?)")?;
                put.execute(params![table, now.through_id, now.hash])?;
            }
        }
        Ok(())
    }

    /// Seals all as it is: a new layout has other columns.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn seal_anew(&self) -> Result<()> {
        self.connection.execute("DELETE FROM seal", [])?;
        self.seal()
    }
}

/// A value so that no other value or row of values is the same bytes.
fn write_cell(bytes: &mut Vec<u8>, value: ValueRef<'_>) {
    let (kind, content): (u8, &[u8]) = match value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(value) => (1, &value.to_le_bytes()),
        ValueRef::Real(value) => (2, &value.to_bits().to_le_bytes()),
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(blob) => (4, blob),
    };
    bytes.push(kind);
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
}
