//! Which streams may hold an event of an id, and which owners a session: fingerprints of ids with
//! numbers, many in few bytes. It answers candidates; whoever asks looks there for the id itself.
//!
//! A set is a few sorted runs of pages. New pairs become a run, which takes in the shorter ones
//! until the next is [`GROWTH`] times as long: so little is written for few new pairs, a look-up
//! asks few runs, and there is one layout. (Rows for new pairs beside one run of pages were
//! rejected: 500 of them would touch hundreds of leaves.)

mod page;
#[cfg(test)]
mod tests;

use rusqlite::{OptionalExtension, params};

use crate::error::{Result, StoreError};
use crate::file::{Reader, Writer};
use page::{Draft, Page, Reason};

/// How long a fingerprint is. Of 10 M ids looked up among 10 M others, some 90 find a false one.
const FINGERPRINT_BITS: u32 = 40;

/// Numbers are below 2^48.
const NUMBER_BITS: u32 = 48;

/// Run numbers stand above a fingerprint in a page's number, which is positive.
const RUNS_AT_MOST: i64 = 1 << (63 - FINGERPRINT_BITS);

/// How much longer than the next a run is at least.
const GROWTH: u64 = 4;

/// Runs of fewer pairs a page than this are packed anew: a page that is full has more.
const SPARSE_PAIRS: u64 = 64;

/// Pages that are read at once where all of a run are.
const PAGES_AT_ONCE: i64 = 64;

/// So many look-ups in a page take longer than reading all of it.
const MANY_ON_A_PAGE: usize = 16;

/// Stepping over so many pages takes as long as seeking one.
const STEPS_OF_A_SEEK: u64 = 4;

/// What the ids of a set name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySet {
    /// Events of an application; the numbers are streams.
    Events {
        /// The application.
        application_id: i64,
    },
    /// Sessions of a definition; the numbers are owners.
    Sessions {
        /// The definition.
        definition_id: i64,
    },
}

impl KeySet {
    fn columns(self) -> (i64, i64) {
        match self {
            Self::Events { application_id } => (1, application_id),
            Self::Sessions { definition_id } => (2, definition_id),
        }
    }
}

/// The upper 40 bits of an id's XXH3 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    const LAST: Self = Self((1 << FINGERPRINT_BITS) - 1);

    /// Of an id's bytes, be they a UUID or text: XXH3 of 64 bits without a seed or secret, whose
    /// output is fixed since xxHash 0.8.0. Workspaces hold them: another hash is another layout.
    /// Ids that were made to collide are all candidates of each other, which costs time alone.
    pub(crate) fn of(id: &[u8]) -> Self {
        Self::of_hash(hash(id))
    }

    /// Of the hash of an id.
    pub(crate) fn of_hash(hash: u64) -> Self {
        Self(hash >> (64 - FINGERPRINT_BITS))
    }
}

/// The hash of an id's bytes that its fingerprint is cut from.
pub(crate) fn hash(id: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id)
}

/// A fingerprint and the number of a stream or owner that has an id of it. As many equal pairs are
/// kept as were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    /// Of the id.
    pub(crate) fingerprint: Fingerprint,
    /// The stream or owner, at least 0 and below 2^48.
    pub(crate) number: i64,
}

/// A sorted part of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    run_id: i64,
    pair_count: u64,
    page_count: u64,
}

impl Run {
    fn page_id(self, first: Fingerprint) -> i64 {
        self.run_id << FINGERPRINT_BITS | first.0 as i64
    }

    fn first_page_id(self) -> i64 {
        self.page_id(Fingerprint(0))
    }

    fn last_page_id(self) -> i64 {
        self.page_id(Fingerprint::LAST)
    }

    fn is_sparse(self) -> bool {
        self.page_count > 1 && self.pair_count < self.page_count * SPARSE_PAIRS
    }
}

impl Reader<'_> {
    /// Numbers that may have the id of a fingerprint, ascending, each once.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn key_candidates(&self, set: KeySet, wanted: Fingerprint) -> Result<Vec<i64>> {
        let mut numbers = Vec::new();
        self.probe_keys(set, &[wanted], |_, number| {
            numbers.push(number);
            Ok(())
        })?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Asks for many fingerprints: `each` gets the index of one and a number that may have its id,
    /// in no order, once for each such pair. Quickest where the fingerprints ascend.
    ///
    /// # Errors
    /// Where the file cannot be read, and what `each` fails with.
    pub(crate) fn probe_keys(
        &self,
        set: KeySet,
        wanted: &[Fingerprint],
        mut each: impl FnMut(usize, i64) -> Result<()>,
    ) -> Result<()> {
        let is_sorted = wanted.is_sorted();
        for run in self.key_runs(set)? {
            match is_sorted && wanted.len() as u64 * STEPS_OF_A_SEEK > run.page_count {
                true => self.sweep(run, wanted, &mut each)?,
                false => self.seek(run, wanted, &mut each)?,
            }
        }
        Ok(())
    }

    /// The number of pairs of a set.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn key_count(&self, set: KeySet) -> Result<u64> {
        let runs = self.key_runs(set)?;
        Ok(runs.iter().map(|run| run.pair_count).sum())
    }

    /// All pairs of a set, ascending.
    ///
    /// # Errors
    /// Where the file cannot be read, and what `each` fails with.
    pub(crate) fn each_key(&self, set: KeySet, each: impl FnMut(Pair) -> Result<()>) -> Result<()> {
        let runs = self.key_runs(set)?;
        merge(
            runs.into_iter().map(Source::of_run).collect(),
            each,
            |source| self.read_on(source),
        )
    }

    /// All sets that have pairs.
    ///
    /// # Errors
    /// Where the file cannot be read, or has a set of a kind that there is not.
    pub(crate) fn key_sets(&self) -> Result<Vec<KeySet>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT DISTINCT set_kind, set_id FROM key_run ORDER BY 1, 2")?;
        let mut rows = all.query([])?;
        let mut sets = Vec::new();
        while let Some(row) = rows.next()? {
            sets.push(match (row.get(0)?, row.get(1)?) {
                (1, application_id) => KeySet::Events { application_id },
                (2, definition_id) => KeySet::Sessions { definition_id },
                (kind, _) => {
                    return Err(StoreError::Damaged {
                        table: "key_run",
                        row: kind.to_string(),
                        column: "set_kind",
                        reason: "there is no such kind".to_owned(),
                    });
                }
            });
        }
        Ok(sets)
    }

    /// The runs of a set, the longest first.
    fn key_runs(&self, set: KeySet) -> Result<Vec<Run>> {
        let (set_kind, set_id) = set.columns();
        let mut all = self.connection.prepare_cached(
            "SELECT run_id, pair_count, page_count
             FROM key_run
             WHERE set_kind = ? AND set_id = ?
             ORDER BY pair_count DESC, run_id",
        )?;
        let rows = all.query_map([set_kind, set_id], |row| {
            Ok(Run {
                run_id: row.get(0)?,
                pair_count: row.get(1)?,
                page_count: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Asks a run for ascending fingerprints, page after page.
    fn sweep(
        &self,
        run: Run,
        wanted: &[Fingerprint],
        each: &mut impl FnMut(usize, i64) -> Result<()>,
    ) -> Result<()> {
        let mut pages = self.connection.prepare_cached(
            "SELECT page_id, bytes
             FROM key_page
             WHERE page_id BETWEEN ? AND ?
             ORDER BY page_id",
        )?;
        let mut rows = pages.query([run.first_page_id(), run.last_page_id()])?;
        let mut asked = 0;
        let mut pairs = Vec::new();
        while asked < wanted.len()
            && let Some(row) = rows.next()?
        {
            let page_id = row.get(0)?;
            let page = parse(page_id, blob(row, 1)?)?;
            let rest = wanted.get(asked..).unwrap_or_default();
            let here = rest.iter().take_while(|next| **next <= page.last());
            let end = asked + here.count();
            if end - asked < MANY_ON_A_PAGE {
                for (index, wanted) in (asked..end).zip(rest) {
                    for number in page.numbers_of(*wanted) {
                        each(index, number)?;
                    }
                }
            } else {
                pairs.clear();
                page.read(&mut pairs)
                    .map_err(|reason| damaged(page_id, reason))?;
                let mut ahead = pairs.as_slice();
                for (index, wanted) in (asked..end).zip(rest) {
                    while let Some((first, others)) = ahead.split_first()
                        && first.fingerprint < *wanted
                    {
                        ahead = others;
                    }
                    let found = ahead.iter().take_while(|pair| pair.fingerprint == *wanted);
                    for pair in found {
                        each(index, pair.number)?;
                    }
                }
            }
            asked = end;
        }
        Ok(())
    }

    /// Asks a run for fingerprints in any order, page by page where they stand.
    fn seek(
        &self,
        run: Run,
        wanted: &[Fingerprint],
        each: &mut impl FnMut(usize, i64) -> Result<()>,
    ) -> Result<()> {
        let mut at = self.connection.prepare_cached(SEEK)?;
        for (index, wanted) in wanted.iter().enumerate() {
            let mut rows = at.query([run.first_page_id(), run.page_id(*wanted)])?;
            if let Some(row) = rows.next()? {
                let page = parse(row.get(0)?, blob(row, 1)?)?;
                for number in page.numbers_of(*wanted) {
                    each(index, number)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the next pages of a source that has no more pairs; answers the numbers of the first
    /// and the last of them, or `None` where its run is at its end.
    fn read_on(&self, source: &mut Source) -> Result<Option<(i64, i64)>> {
        let mut pages = self.connection.prepare_cached(
            "SELECT page_id, bytes
             FROM key_page
             WHERE page_id BETWEEN ? AND ?
             ORDER BY page_id
             LIMIT ?",
        )?;
        let last = source.pairs.last().map(|pair| pair.fingerprint);
        source.pairs.clear();
        source.at = 0;
        let mut rows = pages.query(params![
            source.from_page_id,
            source.to_page_id,
            PAGES_AT_ONCE
        ])?;
        let mut read: Option<(i64, i64)> = None;
        while let Some(row) = rows.next()? {
            let page_id: i64 = row.get(0)?;
            let before = source.pairs.last().map(|pair| pair.fingerprint).or(last);
            if before >= Some(first_of(page_id)) {
                return Err(damaged(page_id, "it begins before the page before it ends"));
            }
            parse(page_id, blob(row, 1)?)?
                .read(&mut source.pairs)
                .map_err(|reason| damaged(page_id, reason))?;
            read = Some((read.map_or(page_id, |(first, _)| first), page_id));
            source.from_page_id = page_id + 1;
        }
        Ok(read)
    }
}

impl Writer<'_> {
    /// Adds pairs, in any order.
    ///
    /// # Errors
    /// Where a number is negative or too large, and where the file cannot be written.
    pub(crate) fn add_keys(&self, set: KeySet, mut pairs: Vec<Pair>) -> Result<()> {
        let is_number = |pair: &&Pair| (0..1 << NUMBER_BITS).contains(&pair.number);
        if let Some(wrong) = pairs.iter().find(|pair| !is_number(pair)) {
            return Err(StoreError::Damaged {
                table: "key_page",
                row: format!("fingerprint {}", wrong.fingerprint.0),
                column: "bytes",
                reason: format!("{} is no number of a stream or owner", wrong.number),
            });
        }
        if pairs.is_empty() {
            return Ok(());
        }
        pairs.sort_unstable();
        let mut runs = self.key_runs(set)?;
        let mut together = pairs.len() as u64;
        let mut taken_in = Vec::new();
        while let Some(run) = runs.pop_if(|run| run.pair_count < together.saturating_mul(GROWTH)) {
            together = together.saturating_add(run.pair_count);
            taken_in.push(run);
        }
        self.write_run(set, pairs, &taken_in)
    }

    /// Removes pairs, in any order; those that are not there are passed over.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn remove_keys(&self, set: KeySet, mut pairs: Vec<Pair>) -> Result<()> {
        pairs.sort_unstable();
        for run in self.key_runs(set)? {
            if pairs.is_empty() {
                break;
            }
            pairs = self.remove_from_run(set, run, pairs)?;
        }
        Ok(())
    }

    /// Forgets a whole set.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn drop_keys(&self, set: KeySet) -> Result<()> {
        for run in self.key_runs(set)? {
            self.remove_pages(run.first_page_id(), run.last_page_id())?;
            self.remove_run(set, run)?;
        }
        Ok(())
    }

    /// Makes one run of ascending pairs and of whole runs, which it takes the place of.
    fn write_run(&self, set: KeySet, pairs: Vec<Pair>, taken_in: &[Run]) -> Result<()> {
        let mut new = Run {
            run_id: self.free_run_id()?,
            pair_count: 0,
            page_count: 0,
        };
        let mut draft = Draft::default();
        let mut sources: Vec<Source> = taken_in.iter().copied().map(Source::of_run).collect();
        sources.push(Source::of_pairs(pairs));
        merge(
            sources,
            |pair| {
                if !draft.has_room_for(pair) {
                    self.write_page(&mut new, &mut draft)?;
                }
                draft.push(pair);
                new.pair_count += 1;
                Ok(())
            },
            // What was read goes at once, so that the file does not grow by all of it.
            |source| {
                let read = self.read_on(source)?;
                if let Some((first, last)) = read {
                    self.remove_pages(first, last)?;
                }
                Ok(read)
            },
        )?;
        self.write_page(&mut new, &mut draft)?;
        for run in taken_in {
            self.remove_run(set, *run)?;
        }
        self.set_run(set, new)
    }

    /// The lowest number that no run has.
    fn free_run_id(&self) -> Result<i64> {
        let mut all = self
            .connection
            .prepare_cached("SELECT run_id FROM key_run ORDER BY run_id")?;
        let mut free = 0;
        for taken in all.query_map([], |row| row.get::<_, i64>(0))? {
            if taken? > free {
                break;
            }
            free += 1;
        }
        match free < RUNS_AT_MOST {
            true => Ok(free),
            false => Err(StoreError::Damaged {
                table: "key_run",
                row: free.to_string(),
                column: "run_id",
                reason: "there are too many runs".to_owned(),
            }),
        }
    }

    /// Removes what a run has of ascending pairs; answers the others.
    fn remove_from_run(&self, set: KeySet, mut run: Run, pairs: Vec<Pair>) -> Result<Vec<Pair>> {
        let mut at = self.connection.prepare_cached(SEEK)?;
        let mut others = Vec::new();
        let mut rest = pairs.into_iter().peekable();
        let mut kept = Vec::new();
        let old = run;
        while let Some(next) = rest.peek().copied() {
            let page = at.query_row(
                [run.first_page_id(), run.page_id(next.fingerprint)],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            );
            let Some((page_id, bytes)) = page.optional()? else {
                others.extend(rest.next());
                continue;
            };
            let page = parse(page_id, &bytes)?;
            if page.last() < next.fingerprint {
                others.extend(rest.next());
                continue;
            }
            kept.clear();
            page.read(&mut kept)
                .map_err(|reason| damaged(page_id, reason))?;
            let count = kept.len();
            kept.retain(|pair| {
                while let Some(other) = rest.next_if(|next| next < pair) {
                    others.push(other);
                }
                rest.next_if_eq(pair).is_none()
            });
            while let Some(other) = rest.next_if(|next| next.fingerprint <= page.last()) {
                others.push(other);
            }
            if kept.len() < count {
                run.pair_count = run
                    .pair_count
                    .checked_sub((count - kept.len()) as u64)
                    .ok_or_else(|| damaged(page_id, "its run counts fewer pairs"))?;
                self.replace_page(&mut run, page_id, &kept)?;
            }
        }
        if run == old {
            return Ok(others);
        }
        match run.is_sparse() {
            true => self.write_run(set, Vec::new(), &[run])?,
            false => self.set_run(set, run)?,
        }
        Ok(others)
    }

    /// Puts ascending pairs, some of those that a page had, in its place.
    fn replace_page(&self, run: &mut Run, page_id: i64, pairs: &[Pair]) -> Result<()> {
        self.remove_pages(page_id, page_id)?;
        run.page_count = run.page_count.saturating_sub(1);
        let mut draft = Draft::default();
        for pair in pairs {
            draft.push(*pair);
        }
        self.write_page(run, &mut draft)
    }

    /// Writes a page of a run, where there are pairs for it.
    fn write_page(&self, run: &mut Run, draft: &mut Draft) -> Result<()> {
        let page = draft
            .take()
            .map_err(|reason| damaged(run.first_page_id(), reason))?;
        if let Some((first, bytes)) = page {
            let mut add = self
                .connection
                .prepare_cached("INSERT INTO key_page (page_id, bytes) VALUES (?, ?)")?;
            add.execute(params![run.page_id(first), bytes])?;
            run.page_count += 1;
        }
        Ok(())
    }

    fn remove_pages(&self, from_page_id: i64, to_page_id: i64) -> Result<()> {
        let mut remove = self
            .connection
            .prepare_cached("DELETE FROM key_page WHERE page_id BETWEEN ? AND ?")?;
        remove.execute([from_page_id, to_page_id])?;
        Ok(())
    }

    /// Writes what is known of a run; one without pairs is none.
    fn set_run(&self, set: KeySet, run: Run) -> Result<()> {
        let (set_kind, set_id) = set.columns();
        if run.pair_count == 0 {
            return self.remove_run(set, run);
        }
        let mut write = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO key_run (set_kind, set_id, run_id, pair_count, page_count)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        write.execute(params![
            set_kind,
            set_id,
            run.run_id,
            run.pair_count,
            run.page_count,
        ])?;
        Ok(())
    }

    fn remove_run(&self, set: KeySet, run: Run) -> Result<()> {
        let (set_kind, set_id) = set.columns();
        let mut remove = self.connection.prepare_cached(
            "DELETE FROM key_run
             WHERE set_kind = ? AND set_id = ? AND run_id = ?",
        )?;
        remove.execute([set_kind, set_id, run.run_id])?;
        Ok(())
    }
}

/// The page of a run that a fingerprint stands in, if it stands in the run: bound are the run's
/// first page and the page that would begin with it.
const SEEK: &str = "SELECT page_id, bytes
     FROM key_page
     WHERE page_id BETWEEN ? AND ?
     ORDER BY page_id DESC
     LIMIT 1";

/// Ascending pairs that are merged with others: some that were read, and the pages still to read.
struct Source {
    pairs: Vec<Pair>,
    at: usize,
    from_page_id: i64,
    to_page_id: i64,
}

impl Source {
    fn of_run(run: Run) -> Self {
        Self {
            pairs: Vec::new(),
            at: 0,
            from_page_id: run.first_page_id(),
            to_page_id: run.last_page_id(),
        }
    }

    fn of_pairs(pairs: Vec<Pair>) -> Self {
        Self {
            pairs,
            at: 0,
            from_page_id: 0,
            to_page_id: -1,
        }
    }

    fn next(&self) -> Option<Pair> {
        self.pairs.get(self.at).copied()
    }
}

/// Gives the pairs of all sources to `each`, ascending. `read_on` reads what follows in a source,
/// and answers `None` at its end.
fn merge<T>(
    mut sources: Vec<Source>,
    mut each: impl FnMut(Pair) -> Result<()>,
    mut read_on: impl FnMut(&mut Source) -> Result<Option<T>>,
) -> Result<()> {
    loop {
        let mut least: Option<(Pair, usize)> = None;
        // The least of all sources but that one.
        let mut bound: Option<Pair> = None;
        let mut index = 0;
        while let Some(source) = sources.get_mut(index) {
            let Some(next) = source.next() else {
                if read_on(source)?.is_none() {
                    sources.swap_remove(index);
                }
                continue;
            };
            match least {
                Some((pair, _)) if pair <= next => {
                    bound = Some(bound.map_or(next, |bound| bound.min(next)));
                }
                _ => {
                    bound = least.map(|(pair, _)| pair);
                    least = Some((next, index));
                }
            }
            index += 1;
        }
        let Some(source) = least.and_then(|(_, index)| sources.get_mut(index)) else {
            return Ok(());
        };
        while let Some(next) = source.next()
            && bound.is_none_or(|bound| next <= bound)
        {
            each(next)?;
            source.at += 1;
        }
    }
}

fn first_of(page_id: i64) -> Fingerprint {
    Fingerprint(page_id as u64 & Fingerprint::LAST.0)
}

fn parse(page_id: i64, bytes: &[u8]) -> Result<Page<'_>> {
    Page::parse(first_of(page_id), bytes).map_err(|reason| damaged(page_id, reason))
}

fn damaged(page_id: i64, reason: Reason) -> StoreError {
    StoreError::Damaged {
        table: "key_page",
        row: page_id.to_string(),
        column: "bytes",
        reason: reason.to_owned(),
    }
}

/// A column's bytes; the layout has no other values there.
fn blob<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}
