//! Copies of events that do not count, kept so that the import which brought the one that counts can be
//! taken back: of each event the best copy of each other import. They stand packed in the table
//! `copies`, a row for each stream whose events they are copies of.
//!
//! The bytes: a checksum (CRC-32 of the rest, little-endian) and the count; then a column after the
//! other, by the numbers of the events: these as differences; by how much the copy's own number is
//! larger, as differences; arrivals as differences; flags; `sent_at` before the arrival, of those that
//! have one; what they say, of those that differ in more than their arrival, as a line of the native
//! format.

use rusqlite::{OptionalExtension, params};

use crate::block::bytes::{Bytes, put, put_bytes, put_signed};
use crate::block::checksum_of;
use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};

/// A copy that does not count. Times are UTC ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCopy {
    /// The number of the event that counts.
    pub counts: i64,
    /// Its own number, which tells its import and its line.
    pub number: i64,
    /// When it arrived.
    pub arrival_ms: i64,
    /// Whether the source has `received_at`, which is the arrival then.
    pub has_received: bool,
    /// By the device's clock, where the source has it.
    pub sent_at_ms: Option<i64>,
    /// A line of the native format; `None` where only the arrival may differ from what counts.
    pub body: Option<Box<str>>,
}

impl KeptCopy {
    /// Whether it is the better one of two that one import brought.
    fn is_better_than(&self, other: &Self) -> bool {
        let body = |copy: &Self| copy.body.clone().unwrap_or_default();
        (self.arrival_ms, body(self)) < (other.arrival_ms, body(other))
    }
}

/// Another copy of an event counts from now on.
#[derive(Clone, Debug)]
pub(super) struct Succession {
    /// The number of the one that counted, and of the one that does now.
    pub(super) before: i64,
    pub(super) now: i64,
    /// The stream of the one that counts now.
    pub(super) stream_id: i64,
    /// What the one that counted says, where the one that does now says something else.
    pub(super) body: Option<Box<str>>,
}

/// What an import changes in the copies of one stream.
#[derive(Debug, Default)]
pub(super) struct CopyChange {
    pub(super) kept: Vec<KeptCopy>,
    pub(super) successions: Vec<Succession>,
}

const HAS_RECEIVED: u8 = 1;
const HAS_SENT: u8 = 2;
const HAS_BODY: u8 = 4;

fn encode(copies: &[KeptCopy]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    put(&mut bytes, copies.len() as u64);
    let mut differences = |value: fn(&KeptCopy) -> i64| {
        let mut before = 0;
        for copy in copies {
            put_signed(&mut bytes, value(copy).wrapping_sub(before));
            before = value(copy);
        }
    };
    differences(|copy| copy.counts);
    differences(|copy| copy.number.wrapping_sub(copy.counts));
    differences(|copy| copy.arrival_ms);
    for copy in copies {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        bytes.push(
            flag(copy.has_received, HAS_RECEIVED)
                | flag(copy.sent_at_ms.is_some(), HAS_SENT)
                | flag(copy.body.is_some(), HAS_BODY),
        );
    }
    for copy in copies {
        if let Some(sent_at_ms) = copy.sent_at_ms {
            put_signed(&mut bytes, copy.arrival_ms.wrapping_sub(sent_at_ms));
        }
    }
    for body in copies.iter().filter_map(|copy| copy.body.as_ref()) {
        put_bytes(&mut bytes, body.as_bytes());
    }
    let checksum = checksum_of(&bytes[4..]);
    bytes[..4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Vec<KeptCopy>> {
    let (checksum, rest) = bytes.split_at_checked(4)?;
    if checksum != checksum_of(rest).to_le_bytes() {
        return None;
    }
    let mut bytes = Bytes(rest);
    // Each takes four bytes at least.
    let count = usize::try_from(bytes.number()?).ok()?;
    if count > bytes.0.len() {
        return None;
    }
    let mut differences = || -> Option<Vec<i64>> {
        let mut value = 0_i64;
        (0..count)
            .map(|_| {
                value = value.wrapping_add(bytes.signed()?);
                Some(value)
            })
            .collect()
    };
    let (counts, above, arrivals) = (differences()?, differences()?, differences()?);
    let flags = bytes.take(count)?;
    let mut copies = Vec::with_capacity(count);
    for index in 0..count {
        copies.push(KeptCopy {
            counts: counts[index],
            number: counts[index].wrapping_add(above[index]),
            arrival_ms: arrivals[index],
            has_received: flags[index] & HAS_RECEIVED != 0,
            sent_at_ms: match flags[index] & HAS_SENT {
                0 => None,
                _ => Some(arrivals[index].wrapping_sub(bytes.signed()?)),
            },
            body: None,
        });
    }
    for (copy, flags) in copies.iter_mut().zip(flags) {
        if flags & HAS_BODY != 0 {
            copy.body = Some(std::str::from_utf8(bytes.bytes()?).ok()?.into());
        }
    }
    bytes.0.is_empty().then_some(copies)
}

impl Reader<'_> {
    /// The copies of the events of a stream that other imports brought, the best one of each, by the
    /// numbers of the events.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn copies_of(&self, stream_id: i64) -> Result<Vec<KeptCopy>> {
        let mut one = self
            .connection
            .prepare_cached("SELECT bytes FROM copies WHERE stream_id = ?")?;
        let read = one.query_row([stream_id], |row| {
            Ok(decode(row.get_ref(0)?.as_blob().unwrap_or_default()))
        });
        match read.optional()? {
            None => Ok(Vec::new()),
            Some(Some(copies)) => Ok(copies),
            Some(None) => Err(StoreError::Damaged {
                table: "copies",
                row: stream_id.to_string(),
                column: "bytes",
                reason: "it is not as it was written".to_owned(),
            }),
        }
    }

    /// The streams with copies, in order.
    pub(crate) fn streams_with_copies(&self) -> Result<Vec<i64>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT stream_id FROM copies ORDER BY stream_id")?;
        let rows = all.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Puts the copies of a stream in place of those that are there.
    pub(crate) fn put_copies(&self, stream_id: i64, mut copies: Vec<KeptCopy>) -> Result<()> {
        if copies.is_empty() {
            let mut remove = self
                .connection
                .prepare_cached("DELETE FROM copies WHERE stream_id = ?")?;
            remove.execute([stream_id])?;
            return Ok(());
        }
        copies.sort_unstable_by_key(|copy| (copy.counts, copy.number));
        let mut put = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO copies (stream_id, bytes) VALUES (?, ?)")?;
        put.execute(params![stream_id, encode(&copies)])?;
        Ok(())
    }

    /// Writes what an import changes in the copies of a stream; `import_of` tells the import of a
    /// number.
    pub(super) fn change_copies(
        &self,
        stream_id: i64,
        change: CopyChange,
        import_of: &dyn Fn(i64) -> i64,
    ) -> Result<()> {
        let mut copies = self.copies_of(stream_id)?;
        let mut moved: Vec<(i64, KeptCopy)> = Vec::new();
        for succession in change.successions {
            let follow = |copy: &mut KeptCopy| {
                let follows = copy.counts == succession.before;
                if follows {
                    copy.counts = succession.now;
                    if copy.body.is_none() {
                        copy.body = succession.body.clone();
                    }
                }
                follows
            };
            if succession.stream_id == stream_id {
                copies.iter_mut().for_each(|copy| {
                    follow(copy);
                });
            } else {
                let gone = copies.extract_if(.., follow);
                moved.extend(gone.map(|copy| (succession.stream_id, copy)));
            }
        }
        add(&mut copies, change.kept, import_of);
        self.put_copies(stream_id, copies)?;
        moved.sort_by_key(|(stream_id, _)| *stream_id);
        for moved in moved.chunk_by(|a, b| a.0 == b.0) {
            let mut there = self.copies_of(moved[0].0)?;
            let came = moved.iter().map(|(_, copy)| copy.clone()).collect();
            add(&mut there, came, import_of);
            self.put_copies(moved[0].0, there)?;
        }
        Ok(())
    }
}

/// Adds copies to others; of one import and event only the best stays.
fn add(copies: &mut Vec<KeptCopy>, came: Vec<KeptCopy>, import_of: &dyn Fn(i64) -> i64) {
    copies.sort_unstable_by_key(|copy| copy.counts);
    let known_count = copies.len();
    for new in came {
        let from = copies[..known_count].partition_point(|copy| copy.counts < new.counts);
        let before = copies[from..known_count]
            .iter()
            .take_while(|copy| copy.counts == new.counts)
            .position(|copy| import_of(copy.number) == import_of(new.number));
        match before.map(|at| &mut copies[from + at]) {
            Some(before) if new.is_better_than(before) => *before = new,
            Some(_) => {}
            None => copies.push(new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(counts: i64, number: i64, arrival_ms: i64, body: Option<&str>) -> KeptCopy {
        KeptCopy {
            counts,
            number,
            arrival_ms,
            has_received: number % 2 == 0,
            sent_at_ms: (number % 3 == 0).then(|| arrival_ms.wrapping_sub(5)),
            body: body.map(Into::into),
        }
    }

    #[test]
    fn copies_come_back_as_they_were_and_damage_is_told() {
        let cases: [Vec<KeptCopy>; 3] = [
            Vec::new(),
            vec![
                copy(i64::MIN, i64::MAX, i64::MIN, Some("")),
                copy(7, 3, -1, None),
            ],
            (0..300)
                .map(|at| copy(at, at + 1_000, at * 40_000, None))
                .collect(),
        ];
        for copies in cases {
            let bytes = encode(&copies);
            assert_eq!(decode(&bytes), Some(copies));
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 4;
                assert_eq!(decode(&flipped), None, "byte {at}");
            }
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(decode(&[]), None);
    }

    #[test]
    fn a_file_imported_again_costs_few_bytes() {
        let copies: Vec<KeptCopy> = (0..1_000)
            .map(|at| copy(at * 37, at * 37 + 5_000_000, at * 90_000, None))
            .map(|copy| KeptCopy {
                sent_at_ms: None,
                ..copy
            })
            .collect();
        assert!(encode(&copies).len() < 6_100, "{}", encode(&copies).len());
    }

    #[test]
    fn of_one_import_and_event_the_best_copy_stays() {
        let import_of = |number: i64| number / 100;
        let mut copies = vec![copy(1, 105, 50, None)];
        let came = vec![
            copy(1, 101, 40, None),
            copy(1, 107, 60, Some("{}")),
            copy(1, 201, 70, Some("{}")),
            copy(2, 102, 90, None),
        ];
        add(&mut copies, came, &import_of);
        let numbers: Vec<i64> = copies.iter().map(|copy| copy.number).collect();
        assert_eq!(numbers, [101, 201, 102]);
    }
}
