//! Rejected rows, read again as somebody said that they are meant.
//!
//! A row is mended where it is an event with its fixes; else it has the reason for which it is none with
//! them. It must not know where rejected rows are kept.

mod date;
mod likely;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use dwell_model::time::{format_utc, parse_text};
use dwell_model::{PackedEvents, Zone};
use uuid::Uuid;

pub use self::date::DateOrder;
use self::date::read_date;
pub use self::likely::likely_fixes;
use crate::draft::{Draft, Field, Raw};
use crate::error::InputError;
use crate::format::Parsed;
use crate::format::native::{names_in, read_row_by};
use crate::format::table::TableAgain;
use crate::identity::event_id;
use crate::{ColumnChoice, ColumnField, Options, Rejection, Table};

/// What somebody says of rejected rows, so that they can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Times without an offset are local in this zone.
    TimeZone(Zone),
    /// Times without an offset are so many minutes ahead of UTC.
    Offset(i64),
    /// Dates are written in this order.
    DateOrder(DateOrder),
    /// A comma stands for the decimal point: in times that are numbers, and in the numbers of a table
    /// whose cells are separated by commas.
    DecimalComma,
    /// The device of rows that have neither a user nor a device.
    DefaultDevice(String),
    /// The user of such rows.
    DefaultUser(String),
    /// A field stands under another name; what stands under its own is a property then.
    Rename(ColumnChoice),
    /// What stands under a field's name is a property.
    AsProperty(ColumnField),
    /// The text is Windows-1252, of which Latin-1 is a part, and no UTF-8.
    Windows1252,
}

impl Fix {
    /// A fixed offset as people write it: `+02:00`, `-0330`, `Z`.
    pub fn offset(text: &str) -> Option<Self> {
        date::offset(text.trim()).map(Self::Offset)
    }
}

/// Rows that were read again.
#[derive(Debug, Default)]
pub struct Mended {
    /// Those that are events now, with their lines. One whose source has no id has that of the first event
    /// of its content.
    pub events: PackedEvents,
    /// The places in `events` of those without an id of their own, and their contents, for
    /// [`derived_event_id`].
    pub contents: Vec<(usize, Uuid)>,
    /// Those that are none; of each what was read as the row.
    pub rejections: Vec<Rejection>,
}

/// The id of an event without one: that of its content and of how many of the same came before it in its
/// file.
pub fn derived_event_id(content: Uuid, ordinal: u32) -> Uuid {
    event_id(content, ordinal)
}

/// Reads rows of one file again.
pub struct Mender {
    options: Options,
    table: Option<TableAgain>,
    choices: Vec<ColumnChoice>,
    fixes: Vec<Fix>,
}

impl Mender {
    /// Of a table, or of JSON where there is none.
    ///
    /// # Errors
    /// Where no event could have what it needs any more, with these names of columns.
    pub fn new(
        mut options: Options,
        table: Option<&Table>,
        fixes: &[Fix],
    ) -> Result<Self, InputError> {
        let choices = fixes.iter().filter_map(|fix| match fix {
            Fix::Rename(choice) => Some(choice.clone()),
            Fix::AsProperty(field) => Some(ColumnChoice {
                field: *field,
                column: String::new(),
            }),
            _ => None,
        });
        let choices: Vec<ColumnChoice> = choices.collect();
        for fix in fixes {
            if let Fix::TimeZone(zone) = fix {
                options.zone = *zone;
            }
        }
        let table = table.map(|table| TableAgain::new(table, &choices));
        Ok(Self {
            options,
            table: table.transpose()?,
            choices,
            fixes: fixes.to_vec(),
        })
    }

    /// Reads rows, in the order of their lines.
    pub fn read<'r>(&self, rows: impl Iterator<Item = (u64, &'r [u8])>) -> Mended {
        let mut parsed = Parsed::new(&self.options);
        let mut of_table = self.table.as_ref().map(TableAgain::rows);
        for (line, row) in rows {
            let row = self.decoded(row);
            match &mut of_table {
                None => {
                    let read = read_row_by(&row, &self.choices);
                    parsed.push(line, &row, read.map(|draft| self.mended(draft)));
                }
                Some(of_table) => {
                    let commas = self.has(&Fix::DecimalComma);
                    let pointed = commas.then(|| of_table.with_decimal_points(&row)).flatten();
                    let row = pointed.map_or(row, Cow::Owned);
                    let read = of_table.read(&row);
                    parsed.push(line, &row, read.map(|draft| self.mended(draft)));
                }
            }
        }
        Mended {
            events: parsed.events,
            contents: parsed.derived,
            rejections: parsed.rejections,
        }
    }

    /// The names under which a row has something: its columns, or the keys of its map.
    pub fn names(&self, row: &[u8]) -> Vec<String> {
        match &self.table {
            Some(table) => table.names().to_vec(),
            None => names_in(row),
        }
    }

    fn has(&self, fix: &Fix) -> bool {
        self.fixes.contains(fix)
    }

    fn decoded<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        match self.has(&Fix::Windows1252) && std::str::from_utf8(row).is_err() {
            true => Cow::Owned(utf8_of_windows_1252(row).into_bytes()),
            false => Cow::Borrowed(row),
        }
    }

    fn mended<'a>(&self, mut draft: Draft<'a>) -> Draft<'a> {
        let times = [
            &mut draft.timestamp,
            &mut draft.received_at,
            &mut draft.sent_at,
        ];
        for field in times {
            if let Raw::Text(text) = &field.value
                && let Some(mended) = self.time(text)
            {
                field.value = Raw::Text(Cow::Owned(mended));
            }
        }
        if is_missing(&draft.user_id) && is_missing(&draft.device_id) {
            for fix in &self.fixes {
                let (field, id) = match fix {
                    Fix::DefaultDevice(id) => (&mut draft.device_id, id),
                    Fix::DefaultUser(id) => (&mut draft.user_id, id),
                    _ => continue,
                };
                field.value = Raw::Text(Cow::Owned(id.clone()));
            }
        }
        draft
    }

    /// A time as everybody reads it, where that is not how it is written.
    fn time(&self, text: &str) -> Option<String> {
        let offset = self.fixes.iter().find_map(|fix| match fix {
            Fix::Offset(minutes) => Some(*minutes),
            _ => None,
        });
        let zone = self.options.zone;
        // What names no offset is the only thing that a fixed one changes.
        let iso = offset.and_then(|_| read_date(text, DateOrder::YearFirst, zone, offset));
        if let Some(ms) = iso {
            return Some(format_utc(ms));
        }
        if parse_text(text, zone).is_some() {
            return None;
        }
        let point = || {
            let text = text.trim().replacen(',', ".", 1);
            parse_text(&text, zone).map(|_| text)
        };
        let dates = self.fixes.iter().filter_map(|fix| match fix {
            Fix::DateOrder(order) => Some(read_date(text, *order, zone, offset)),
            _ => None,
        });
        match dates.flatten().next() {
            Some(ms) => Some(format_utc(ms)),
            None if self.has(&Fix::DecimalComma) => point(),
            None => None,
        }
    }
}

fn is_missing(field: &Field<'_>) -> bool {
    match &field.value {
        Raw::Missing => true,
        Raw::Text(text) => text.trim_start().is_empty(),
        Raw::Number(_) | Raw::Other(_) => false,
    }
}

/// Every byte is a character; the five that Windows-1252 does not have are control characters, as in
/// Latin-1.
fn utf8_of_windows_1252(bytes: &[u8]) -> String {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let character = |byte: &u8| match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}
