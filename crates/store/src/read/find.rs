//! What a few typed letters find at once: devices by the beginning of their id, names of events, and the
//! newest event of a name. It does not know who asks.

use rusqlite::params;
use uuid::Uuid;

use crate::block::name_bit;
use crate::error::Result;
use crate::file::Reader;
use crate::owner::Owner;
use crate::read::Hear;
use crate::table::event::{Place, StreamPart};

/// A name that none of so many people of late has is looked for in the blocks of all: most names are
/// found with the first few people, and a rare one stands in few blocks.
const PEOPLE_FIRST: usize = 1_000;

impl Reader<'_> {
    /// Devices whose id begins with a text, by id; at most `limit`. A UUID is found by any beginning of
    /// it, in whatever letters and with or without its hyphens.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn devices_beginning(
        &self,
        application_id: i64,
        text: &str,
        limit: usize,
    ) -> Result<Vec<i64>> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut some = self.connection.prepare_cached(
            "SELECT device_id
             FROM device
             WHERE application_id = ? AND key >= ? AND key < ?
             ORDER BY key
             LIMIT ?",
        )?;
        // No text goes beyond this sign, and every blob comes after all texts.
        let end = format!("{text}\u{10FFFF}");
        let of_texts = some.query_map(params![application_id, text, end, limit as i64], |row| {
            row.get(0)
        })?;
        let mut found = of_texts.collect::<rusqlite::Result<Vec<i64>>>()?;
        if let Some((first, last)) = uuids_beginning(text) {
            let mut some = self.connection.prepare_cached(
                "SELECT device_id
                 FROM device
                 WHERE application_id = ? AND key BETWEEN ? AND ?
                 ORDER BY key
                 LIMIT ?",
            )?;
            let bound = params![
                application_id,
                first.as_bytes().as_slice(),
                last.as_bytes().as_slice(),
                limit.saturating_sub(found.len()) as i64
            ];
            for device in some.query_map(bound, |row| row.get(0))? {
                found.push(device?);
            }
        }
        Ok(found)
    }

    /// Where the newest event of a name stands in an application; `None` where there is none, and where
    /// `hear` stopped it, which hears the people looked at of those it looks at one by one.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_of_name(
        &self,
        application_id: i64,
        name: &str,
        hear: Hear<'_>,
    ) -> Result<Option<Place>> {
        let Some(name_id) = self.name_number(name)? else {
            return Ok(None);
        };
        let mut newest = None;
        let mut people = self.connection.prepare_cached(
            "SELECT person_id, last_seen_ms
             FROM person
             WHERE application_id = ?
             ORDER BY last_seen_ms DESC
             LIMIT ?",
        )?;
        let mut rows = people.query(params![application_id, PEOPLE_FIRST as i64])?;
        let (mut looked, mut is_all) = (0, true);
        while let Some(row) = rows.next()? {
            let last_seen_ms: i64 = row.get(1)?;
            // Nobody who comes now has a later event.
            if newest.is_some_and(|found: Place| found.time_ms >= last_seen_ms) {
                return Ok(newest);
            }
            for stream in self.streams_of_person(Owner::from_id(row.get(0)?))? {
                self.newest_in_stream(stream.id(), name_id, &mut newest)?;
            }
            looked += 1;
            if hear(looked, PEOPLE_FIRST).is_break() {
                return Ok(None);
            }
            is_all = looked < PEOPLE_FIRST;
        }
        if is_all {
            return Ok(newest);
        }
        for stream_id in self.streams_with(name_bit(name_id))? {
            if hear(looked, looked).is_break() {
                return Ok(None);
            }
            if self.application_of(stream_id)? == Some(application_id) {
                self.newest_in_stream(stream_id, name_id, &mut newest)?;
            }
        }
        Ok(newest)
    }

    /// Puts a stream's newest event of a name in the place of an older one.
    fn newest_in_stream(
        &self,
        stream_id: i64,
        name_id: u32,
        newest: &mut Option<Place>,
    ) -> Result<()> {
        let from_ms = newest.map_or(i64::MIN, |found| found.time_ms);
        let part = StreamPart::between(from_ms, i64::MAX);
        let view = self.stream_with(stream_id, part, name_bit(name_id))?;
        for index in view.order().iter().rev() {
            let row = view.row(*index);
            if row.name_id != name_id {
                continue;
            }
            let is_newer =
                |found: Place| (found.time_ms, found.event_number) < (row.time_ms, row.number);
            if newest.is_none_or(is_newer) {
                *newest = Some(Place {
                    stream_id,
                    time_ms: row.time_ms,
                    event_number: row.number,
                });
            }
            break;
        }
        Ok(())
    }
}

/// The first and the last UUID that begin with a text; `None` where none can.
fn uuids_beginning(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|letter| *letter != '-').collect();
    if digits.is_empty() || digits.len() > 32 {
        return None;
    }
    let filled = |with: &str| {
        let rest = with.repeat(32 - digits.len());
        Uuid::try_parse(&format!("{digits}{rest}")).ok()
    };
    filled("0").zip(filled("f"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_found_by_any_beginning_of_it() {
        let whole = Uuid::from_u128(0x9d41_b0e2_1234_4abc_8def_0123_4567_10c2);
        for beginning in [
            "9",
            "9D4",
            "9d41b0e2",
            "9d41b0e2-1234-4",
            &whole.to_string(),
        ] {
            let (first, last) = uuids_beginning(beginning).unwrap();
            assert!(first <= whole && whole <= last, "{beginning}");
        }
        let (first, last) = uuids_beginning("9d42").unwrap();
        assert!(whole < first && first < last);
        for other in ["", "-", "g", "9d41 b", &"0".repeat(33)] {
            assert_eq!(uuids_beginning(other), None, "{other}");
        }
    }
}
