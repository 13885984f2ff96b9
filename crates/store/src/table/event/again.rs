//! Events that come to an import after it was made: rejected rows that are mended. Their numbers are
//! those that their lines always had, so that everything is as if they had come with the others.

use std::ops::Range;

use uuid::Uuid;

use super::append::Appender;
use super::settle::StoredStream;
use crate::error::Result;
use crate::file::Writer;
use crate::piece::Id;
use crate::table::key_run::{Fingerprint, KeySet};

impl Writer<'_> {
    /// Which of some ids stand at lines with these numbers, as the event that counts or as a copy of it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn ids_at(
        &self,
        application_id: i64,
        ids: &[Uuid],
        numbers: &Range<i64>,
    ) -> Result<Vec<bool>> {
        let fingerprints = ids.iter().map(|id| Fingerprint::of(id.as_bytes()));
        let mut asked: Vec<(Fingerprint, usize)> = fingerprints.zip(0..).collect();
        asked.sort_unstable();
        let wanted: Vec<Fingerprint> = asked.iter().map(|(wanted, _)| *wanted).collect();
        let mut candidates: Vec<(i64, usize)> = Vec::new();
        let set = KeySet::Events { application_id };
        self.probe_keys(set, &wanted, |index, stream_id| {
            candidates.push((stream_id, asked[index].1));
            Ok(())
        })?;
        candidates.sort_unstable();
        let mut found = vec![false; ids.len()];
        for of_stream in candidates.chunk_by(|a, b| a.0 == b.0) {
            let stream_id = of_stream[0].0;
            let stream = StoredStream::of(self.whole_stream(stream_id)?);
            let copies = self.copies_of(stream_id)?;
            for (_, index) in of_stream {
                let Some(row) = stream.find(Id::Uuid(ids[*index].as_bytes())) else {
                    continue;
                };
                let from = copies.partition_point(|copy| copy.counts < row.number);
                let mut of_event = copies[from..]
                    .iter()
                    .take_while(|copy| copy.counts == row.number);
                found[*index] |= numbers.contains(&row.number)
                    || of_event.any(|copy| numbers.contains(&copy.number));
            }
        }
        Ok(found)
    }
}

impl<'w> Appender<'w> {
    /// Begins to append to an import that is there.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn again(writer: &'w Writer<'w>, application_id: i64, import_id: i64) -> Result<Self> {
        let numbers = writer.numbers_of(import_id)?;
        Self::of(writer, application_id, import_id, numbers)
    }

    /// Takes note of a line that is the import's, though it is no event: it keeps its number.
    pub fn pass(&mut self, line: u64) {
        self.last_line = self.last_line.max(line);
    }

    /// An event comes of which a copy is known. Of the imports that brought it the first one is said to
    /// have stored it: that is this one now, where all others were later.
    pub(super) fn precede(&mut self, stream_id: i64, known_number: i64) -> Result<()> {
        if known_number < self.own.end {
            return Ok(());
        }
        let copies = self.writer.copies_of(stream_id)?;
        let of_event = copies.iter().filter(|copy| copy.counts == known_number);
        let numbers = of_event.map(|copy| copy.number).chain([known_number]);
        if let Some(first) = numbers.min().filter(|first| *first >= self.own.end) {
            *self.preceded.entry(first).or_default() += 1;
        }
        Ok(())
    }

    /// Counts such events as this import's, and no more as those that were the first so far.
    pub(super) fn count_preceded(&mut self) -> Result<()> {
        if self.preceded.is_empty() {
            return Ok(());
        }
        let ranges = self.writer.import_ranges()?;
        for (number, count) in std::mem::take(&mut self.preceded) {
            self.writer.gain(ranges.import_of(number), -count)?;
            self.appended.stored += count.cast_unsigned();
            self.appended.duplicates -= count.cast_unsigned();
            self.appended.preceded += count.cast_unsigned();
        }
        Ok(())
    }
}
