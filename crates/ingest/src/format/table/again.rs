//! Rows of a table that are read again one by one, long after its file is gone.
//!
//! It must not know why they are: what is to be mended is told to it.

use super::header::{Header, Target};
use super::row::{Cell, next_row};
use super::{Table, refuse, text_of};
use crate::draft::Draft;
use crate::error::InputError;
use crate::reason::Refusal;
use crate::{ColumnChoice, Table as Layout};

/// More cells than this beyond the columns are no decimal commas.
const MOST_COMMAS: usize = 32;

/// A table whose rows come again.
#[derive(Debug)]
pub(crate) struct TableAgain {
    header: Header,
}

impl TableAgain {
    /// Understands the header as it was understood, but for the columns that are chosen now; a choice
    /// of a column that the table does not have is none.
    pub(crate) fn new(layout: &Layout, choices: &[ColumnChoice]) -> Result<Self, InputError> {
        let head = [b"sep=", &[layout.separator][..], b"\n", &layout.header].concat();
        let name = "the table";
        let known = Header::read(name, &head, &layout.choices)?;
        let has = |column: &str| column.is_empty() || known.names.iter().any(|name| name == column);
        let now: Vec<ColumnChoice> = choices
            .iter()
            .filter(|choice| has(choice.column.trim()))
            .cloned()
            .collect();
        if now.is_empty() {
            return Ok(Self { header: known });
        }
        let before = layout.choices.iter().filter(|before| {
            now.iter().all(|now| {
                now.field != before.field
                    && (before.column.is_empty() || now.column.trim() != before.column.trim())
            })
        });
        let all: Vec<ColumnChoice> = before.chain(&now).cloned().collect();
        let header = Header::read(name, &head, &all)?;
        Ok(Self { header })
    }

    /// The names of its columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.header.names
    }

    /// What reads one row after the other.
    pub(crate) fn rows(&self) -> RowsAgain<'_> {
        RowsAgain(Table::new(&self.header))
    }
}

/// Reads rows.
pub(crate) struct RowsAgain<'h>(Table<'h>);

impl RowsAgain<'_> {
    /// Reads a row, which has no line end.
    pub(crate) fn read<'a>(&'a mut self, row: &'a [u8]) -> Result<Draft<'a>, Refusal> {
        let text = text_of(row)?;
        self.take_apart(row)?;
        self.0.draft(text)
    }

    /// The row with points where a comma within a number was taken for one between cells; `None` where
    /// it has no cell too many, or where it cannot be told which commas these are.
    pub(crate) fn with_decimal_points(&mut self, row: &[u8]) -> Option<Vec<u8>> {
        self.take_apart(row).ok()?;
        let header = self.0.header;
        if header.separator != b',' {
            return None;
        }
        let commas = decimal_commas(row, &self.0.cells, &header.targets)?;
        let mut row = row.to_vec();
        for at in commas {
            row[at] = b'.';
        }
        Some(row)
    }

    fn take_apart(&mut self, row: &[u8]) -> Result<(), Refusal> {
        let table = &mut self.0;
        let found = next_row(row, table.header.separator, true, &mut table.cells);
        refuse(found.and_then(|row| row.fault))
    }
}

/// The one choice of commas by which the cells of a row become as many as there are columns: each
/// between two cells of digits that come to stand in a column of a property.
fn decimal_commas(row: &[u8], cells: &[Cell], targets: &[Target]) -> Option<Vec<usize>> {
    let extra = cells.len().checked_sub(targets.len())?;
    if extra == 0 || extra > MOST_COMMAS {
        return None;
    }
    let is_property = |target: &Target| matches!(target, Target::Property(_) | Target::Context(_));
    let joins = |cell: usize, column: usize| {
        let (Some(before), Some(after)) = (cells.get(cell), cells.get(cell + 1)) else {
            return false;
        };
        let whole = row.get(before.start..before.end).unwrap_or_default();
        let part = row.get(after.start..after.end).unwrap_or_default();
        let whole = whole.strip_prefix(b"-").unwrap_or(whole);
        let are_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        // Quotation marks around either stand between them.
        before.end + 1 == after.start
            && are_digits(whole)
            && are_digits(part)
            && targets.get(column).is_some_and(is_property)
    };
    // ways[j]: in how many ways (2 is several) the cells from here on fill the columns from here on, with
    // j commas left to find; from the last cell to the first.
    let mut ways = vec![vec![0_u8; extra + 1]; cells.len() + 2];
    ways[cells.len()][0] = 1;
    for cell in (0..cells.len()).rev() {
        for left in 0..=extra {
            let Some(column) = cell.checked_sub(extra - left) else {
                continue;
            };
            let alone = ways[cell + 1][left];
            let joined = match left > 0 && joins(cell, column) {
                true => ways[cell + 2][left - 1],
                false => 0,
            };
            ways[cell][left] = (alone + joined).min(2);
        }
    }
    if ways[0][extra] != 1 {
        return None;
    }
    let (mut cell, mut left) = (0, extra);
    let mut commas = Vec::with_capacity(extra);
    while cell < cells.len() {
        match ways[cell + 1][left] {
            0 => {
                commas.push(cells[cell].end);
                cell += 2;
                left -= 1;
            }
            _ => cell += 1,
        }
    }
    Some(commas)
}
