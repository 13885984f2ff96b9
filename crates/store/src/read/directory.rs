//! The text of everyone in an application in memory, so that a search for any part of it reads no
//! file: folded texts one after the other, and the order of the list beside them.
//!
//! A directory is of one revision of the file. What changes meanwhile is patched into it with the next
//! question, person by person; only where it is not known what changed is it made anew. It does not
//! know who asks, nor what a page is.

mod beginning;
mod build;

use std::cmp::{Ordering, Reverse};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread;

use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use crate::change::{self, PersonChange};
use crate::error::Result;
use crate::file::Reader;
use crate::owner::Owner;
use crate::read::Hear;
use beginning::Beginnings;

/// A directory of more text is made for its question alone and not kept.
const KEPT_BYTES: usize = 1 << 30;
/// Text of fewer bytes is searched by one thread.
const THREADS_FROM_BYTES: usize = 1 << 20;
/// Where a part of a needle was found in more than one of so many people, all are searched again: one
/// after the other is quicker than here and there.
const NARROWED_SHARE: usize = 16;
/// The rank of somebody who is no more.
const GONE: u32 = u32::MAX;

/// The directory that was asked last, for all readers of a workspace.
#[derive(Default)]
pub(crate) struct Directories(RwLock<Option<Directory>>);

/// Everyone in an application.
pub(crate) struct Directory {
    application_id: i64,
    revision: i64,
    /// In the order of their texts: by number those that it was made with, then those who came.
    entries: Vec<Entry>,
    /// How many it was made with.
    first_count: usize,
    /// The places of those who came, by their numbers.
    later: FxHashMap<i64, u32>,
    text: String,
    /// Places by the order of the list: the last seen first, then by folded id, then by number.
    order: Vec<u32>,
    /// Where each place stands in that order, or [`GONE`].
    ranks: Vec<u32>,
    /// Places of people who are no more, or have another place.
    gone: Vec<u32>,
    beginnings: OnceLock<Beginnings>,
    last: Mutex<Option<Arc<Matches>>>,
}

/// One person. The text begins with the id and, where there is one, the name, a line each.
#[derive(Clone, Copy)]
struct Entry {
    person_id: i64,
    last_seen_ms: i64,
    /// Where the text ends; it begins where the one before ends.
    end: usize,
    id_bytes: u32,
    name_bytes: u32,
}

/// The people in whose text a search was found, by their ranks.
pub(crate) struct Matches {
    needle: String,
    /// Whose name or id begins with it, or a word of the name.
    pub(crate) beginning: Ranks,
    /// All others.
    pub(crate) within: Ranks,
}

/// A set of ranks: a bit for each.
#[derive(Default)]
pub(crate) struct Ranks {
    words: Vec<u64>,
}

/// What one thread found.
#[derive(Default)]
struct Hits {
    beginning: Vec<u32>,
    within: Vec<u32>,
}

/// A needle made ready.
struct Sought<'n> {
    anywhere: Finder<'n>,
    after_space: Finder<'static>,
}

impl Reader<'_> {
    /// Asks the directory of an application as it is now; one that has to be read first is heard of,
    /// and `None` where that was stopped.
    pub(crate) fn directory<T>(
        &self,
        application_id: i64,
        hear: Hear<'_>,
        ask: impl FnOnce(&Directory) -> T,
    ) -> Result<Option<T>> {
        let revision = self.revision()?;
        let Some(kept) = self.kept else {
            let new = Directory::build(self, application_id, revision, hear)?;
            return Ok(new.as_ref().map(ask));
        };
        // One of a later revision knows more than this reader can: nobody minds.
        let is_of_now = |known: &Directory| {
            known.application_id == application_id && known.revision >= revision
        };
        let directories = &kept.directories.0;
        {
            let known = directories.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = known.as_ref().filter(|known| is_of_now(known)) {
                return Ok(Some(ask(known)));
            }
        }
        let mut place = directories.write().unwrap_or_else(PoisonError::into_inner);
        // Taken away, so that nothing half done stays where the file cannot be read.
        let known = match place.take() {
            Some(known) if is_of_now(&known) => Some(known),
            Some(known) if known.application_id == application_id => {
                match kept.log.between(known.revision, revision) {
                    Some(changes) => match change::people_of(&changes) {
                        Some(people) => known.patched(self, &people, revision)?,
                        None => None,
                    },
                    None => None,
                }
            }
            _ => None,
        };
        let known = match known {
            Some(known) => known,
            None => match Directory::build(self, application_id, revision, hear)? {
                Some(new) => new,
                None => return Ok(None),
            },
        };
        let answer = ask(&known);
        if known.text.len() <= KEPT_BYTES {
            *place = Some(known);
        }
        Ok(Some(answer))
    }

    /// Makes a search ready, so that the first one need not wait for it; answers whether it is, or was
    /// stopped.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn prepare_search(&self, application_id: i64, hear: Hear<'_>) -> Result<bool> {
        let ready = self.directory(application_id, hear, |directory| {
            directory.beginnings();
        })?;
        Ok(ready.is_some())
    }
}

impl Directory {
    /// Who stands at a rank.
    pub(crate) fn person(&self, rank: u32) -> Owner {
        Owner::from_id(self.at_rank(rank).person_id)
    }

    /// How many people there are.
    pub(crate) fn count(&self) -> u32 {
        self.order.len() as u32
    }

    /// The first rank after a person of the list.
    pub(crate) fn rank_after(&self, last_seen_ms: i64, id: &str, person_id: i64) -> u32 {
        let sought = (Reverse(last_seen_ms), id, person_id);
        self.order
            .partition_point(|place| self.key(*place as usize) <= sought) as u32
    }

    /// How many from the start were seen at or after a moment.
    pub(crate) fn seen_since(&self, since_ms: i64) -> u32 {
        let seen = |place: &u32| self.entries[*place as usize].last_seen_ms >= since_ms;
        self.order.partition_point(seen) as u32
    }

    /// Everyone in whose text a folded needle is. The answer is kept for the next page, and for a
    /// longer needle with this one in it.
    pub(crate) fn find(&self, needle: &str) -> Arc<Matches> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = match &*last {
            Some(known) if known.needle == needle => return Arc::clone(known),
            Some(known) if self.is_narrowed(known, needle) => self.narrow(known, needle),
            _ => self.scan_all(needle),
        };
        let found = Arc::new(Matches {
            needle: needle.to_owned(),
            beginning: self.ranks_of(hits.iter().flat_map(|hits| &hits.beginning)),
            within: self.ranks_of(hits.iter().flat_map(|hits| &hits.within)),
        });
        *last = Some(Arc::clone(&found));
        found
    }

    fn is_narrowed(&self, known: &Matches, needle: &str) -> bool {
        let most = self.count() / NARROWED_SHARE as u32;
        needle.contains(&known.needle)
            && known.beginning.count(GONE) + known.within.count(GONE) <= most as usize
    }

    fn scan_all(&self, needle: &str) -> Vec<Hits> {
        let threads = match self.text.len() < THREADS_FROM_BYTES {
            true => 1,
            false => thread::available_parallelism().map_or(1, usize::from),
        };
        let count = self.entries.len();
        let share = count.div_ceil(threads).max(1);
        thread::scope(|scope| {
            let parts: Vec<_> = (share..count)
                .step_by(share)
                .map(|from| {
                    let places = from..(from + share).min(count);
                    scope.spawn(move || self.scan(places, needle))
                })
                .collect();
            let mut hits = vec![self.scan(0..share.min(count), needle)];
            for part in parts {
                match part.join() {
                    Ok(more) => hits.push(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            hits
        })
    }

    fn scan(&self, places: Range<usize>, needle: &str) -> Hits {
        let mut hits = Hits::default();
        let sought = Sought::new(needle);
        let Some(last) = places.clone().next_back() else {
            return hits;
        };
        let text = &self.text.as_bytes()[..self.entries[last].end];
        let mut place = places.start;
        let mut at = self.range(place).start;
        while let Some(offset) = sought.anywhere.find(&text[at..]) {
            let found = at + offset;
            while self.entries[place].end <= found {
                place += 1;
            }
            if found + needle.len() > self.entries[place].end {
                // It runs over into the next one's text.
                at = found + 1;
                continue;
            }
            let found = found - self.range(place).start;
            self.note(place, &sought, found, &mut hits);
            at = self.entries[place].end;
        }
        hits
    }

    /// Of the people that a part of the needle was found in.
    fn narrow(&self, known: &Matches, needle: &str) -> Vec<Hits> {
        let sought = Sought::new(needle);
        let mut hits = Hits::default();
        for rank in known.beginning.from(0).chain(known.within.from(0)) {
            let place = self.order[rank as usize] as usize;
            let text = &self.text.as_bytes()[self.range(place)];
            if let Some(found) = sought.anywhere.find(text) {
                self.note(place, &sought, found, &mut hits);
            }
        }
        vec![hits]
    }

    /// Notes a person in whose text the needle is, at first at this place.
    fn note(&self, place: usize, sought: &Sought<'_>, found: usize, hits: &mut Hits) {
        if self.ranks[place] == GONE {
            return;
        }
        let entry = &self.entries[place];
        // Beyond the name there is nothing to begin with it.
        let is_far = found > entry.id_bytes as usize + entry.name_bytes as usize;
        let is_beginning = found == 0 || (!is_far && self.begins(place, sought));
        match is_beginning {
            true => hits.beginning.push(place as u32),
            false => hits.within.push(place as u32),
        }
    }

    /// Whether the id, the name or a word of the name begins with the needle.
    fn begins(&self, place: usize, sought: &Sought<'_>) -> bool {
        let (id, name) = (self.id(place).as_bytes(), self.name(place).as_bytes());
        let needle = sought.anywhere.needle();
        id.starts_with(needle)
            || name.starts_with(needle)
            || sought.after_space.find(name).is_some()
    }

    fn ranks_of<'p>(&self, places: impl Iterator<Item = &'p u32>) -> Ranks {
        let mut ranks = Ranks {
            words: vec![0; self.order.len().div_ceil(64)],
        };
        for place in places {
            ranks.set(self.ranks[*place as usize]);
        }
        ranks
    }

    fn at_rank(&self, rank: u32) -> &Entry {
        &self.entries[self.order[rank as usize] as usize]
    }

    /// What the list is ordered by.
    fn key(&self, place: usize) -> (Reverse<i64>, &str, i64) {
        let entry = &self.entries[place];
        (Reverse(entry.last_seen_ms), self.id(place), entry.person_id)
    }

    fn in_order(&self, a: u32, b: u32) -> Ordering {
        let seen = |place: u32| Reverse(self.entries[place as usize].last_seen_ms);
        let by_time = seen(a).cmp(&seen(b));
        by_time.then_with(|| self.key(a as usize).cmp(&self.key(b as usize)))
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start = match place {
            0 => 0,
            _ => self.entries[place - 1].end,
        };
        start..self.entries[place].end
    }

    fn id(&self, place: usize) -> &str {
        &self.text[self.range(place)][..self.entries[place].id_bytes as usize]
    }

    fn name(&self, place: usize) -> &str {
        let Entry {
            id_bytes,
            name_bytes,
            ..
        } = self.entries[place];
        let from = id_bytes as usize + 1;
        match name_bytes {
            0 => "",
            _ => &self.text[self.range(place)][from..from + name_bytes as usize],
        }
    }

    fn place(&self, person: Owner) -> Option<u32> {
        let found = match self.later.get(&person.id()) {
            Some(place) => Some(*place),
            None => self.entries[..self.first_count]
                .binary_search_by_key(&person.id(), |entry| entry.person_id)
                .ok()
                .map(|place| place as u32),
        };
        found.filter(|place| self.ranks[*place as usize] != GONE)
    }
}

/// Patching.
impl Directory {
    /// As of a later revision, by what changed until then; `None` where it is better made anew.
    fn patched(
        mut self,
        reader: &Reader<'_>,
        people: &FxHashMap<Owner, PersonChange>,
        revision: i64,
    ) -> Result<Option<Self>> {
        let any = |change: &&PersonChange| **change == PersonChange::Any;
        if people.values().filter(any).count() > self.entries.len() / 4 {
            return Ok(None);
        }
        self.last = Mutex::default();
        self.revision = revision;
        // Those who leave their ranks, and the places that get one.
        let (mut left, mut placed) = (Vec::new(), Vec::new());
        for (person, change) in people {
            let known = self.place(*person);
            if let Some(place) = known {
                left.push(self.ranks[place as usize]);
            }
            match (change, known) {
                (PersonChange::Seen(last_seen_ms), Some(place)) => {
                    self.entries[place as usize].last_seen_ms = *last_seen_ms;
                    placed.push(place);
                }
                // Somebody of another application.
                (PersonChange::Seen(_), None) => {}
                (PersonChange::Any, known) => {
                    if let Some(place) = known {
                        self.gone.push(place);
                        self.ranks[place as usize] = GONE;
                        self.later.remove(&person.id());
                    }
                    let place = self.entries.len() as u32;
                    if self.add(reader, *person)? {
                        self.later.insert(person.id(), place);
                        self.ranks.push(0);
                        placed.push(place);
                    }
                }
            }
        }
        if self.gone.len() > self.entries.len() / 4 {
            return Ok(None);
        }
        self.place_anew(left, placed);
        self.sort_later_beginnings();
        Ok(Some(self))
    }

    /// Takes ranks away and puts places where they belong.
    fn place_anew(&mut self, mut left: Vec<u32>, mut placed: Vec<u32>) {
        left.sort_unstable();
        placed.sort_unstable_by(|a, b| self.in_order(*a, *b));
        let mut order = Vec::with_capacity(self.order.len() + placed.len() - left.len());
        let mut placed = placed.into_iter().peekable();
        let mut from = 0;
        for until in left
            .into_iter()
            .map(|rank| rank as usize)
            .chain([self.order.len()])
        {
            // Between two who leave, those who stay are in order: few are put among them.
            let mut stay = &self.order[from..until];
            while let Some(place) = placed.peek().copied() {
                let before = stay.partition_point(|one| self.in_order(*one, place).is_lt());
                if before == stay.len() && until < self.order.len() {
                    break;
                }
                order.extend_from_slice(&stay[..before]);
                order.push(place);
                stay = &stay[before..];
                placed.next();
            }
            order.extend_from_slice(stay);
            from = until + 1;
        }
        self.order = order;
        for (rank, place) in (0..).zip(&self.order) {
            self.ranks[*place as usize] = rank;
        }
    }
}

impl<'n> Sought<'n> {
    fn new(needle: &'n str) -> Self {
        Self {
            anywhere: Finder::new(needle),
            after_space: Finder::new(&format!(" {needle}")).into_owned(),
        }
    }
}

impl Ranks {
    fn set(&mut self, rank: u32) {
        self.words[rank as usize / 64] |= 1 << (rank % 64);
    }

    /// How many are below a rank.
    pub(crate) fn count(&self, below: u32) -> usize {
        let whole = (below as usize / 64).min(self.words.len());
        let count = |word: &u64| word.count_ones() as usize;
        let rest = self.words.get(whole);
        let rest = rest.map_or(0, |word| count(&(word & ((1 << (below % 64)) - 1))));
        self.words[..whole].iter().map(count).sum::<usize>() + rest
    }

    /// Those from a rank on, ascending.
    pub(crate) fn from(&self, rank: u32) -> impl Iterator<Item = u32> {
        let first = rank as usize / 64;
        let words = self.words.iter().enumerate().skip(first);
        words.flat_map(move |(index, word)| {
            let mut left = match index == first {
                true => word & (u64::MAX << (rank % 64)),
                false => *word,
            };
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }
}
