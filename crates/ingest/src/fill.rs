//! What columns of a table, or fields of rows in JSON, hold: counted where a source is only looked at.
//!
//! It must not know how a row is taken apart.

use rustc_hash::FxHashMap;

use crate::{Column, ColumnField, ColumnFill};

/// Of fields of JSON at most this many are counted.
const MAX_FIELDS: usize = 2_048;

/// The counts of a stretch of rows.
#[derive(Debug, Default)]
pub(crate) struct Fills {
    pub(crate) columns: Vec<ColumnFill>,
    /// Of fields of JSON: where the count of each is, and the row that it was last in.
    places: FxHashMap<String, (usize, u64)>,
    row_count: u64,
}

impl Fills {
    /// Of a table: all columns are known before.
    pub(crate) fn of(columns: Vec<Column>) -> Self {
        let columns = columns.into_iter().map(|column| ColumnFill {
            column,
            row_count: 0,
        });
        Self {
            columns: columns.collect(),
            ..Self::default()
        }
    }

    /// One more row has something in this column of the table.
    pub(crate) fn add_at(&mut self, index: usize) {
        if let Some(column) = self.columns.get_mut(index) {
            column.row_count += 1;
        }
    }

    /// One more row has something under these names, which become what they do in JSON.
    pub(crate) fn add(&mut self, names: Vec<String>) {
        self.row_count += 1;
        for name in names {
            if let Some((place, last_row)) = self.places.get_mut(&name) {
                // A name can come twice in a row.
                if *last_row < self.row_count {
                    *last_row = self.row_count;
                    self.columns[*place].row_count += 1;
                }
            } else if self.columns.len() < MAX_FIELDS {
                let place = (self.columns.len(), self.row_count);
                self.places.insert(name.clone(), place);
                let target = match ColumnField::parse(&name) {
                    Some(_) => name.clone(),
                    None => format!("properties.{name}"),
                };
                self.columns.push(ColumnFill {
                    column: Column { name, target },
                    row_count: 1,
                });
            }
        }
    }
}
