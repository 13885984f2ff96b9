//! Whose id or name, or a word of the name, begins with something: all beginnings in their order, so
//! that those of a needle stand together and are counted without being looked at.

use super::{Directory, GONE, Ranks, Sought};

/// Of so many beginnings each is looked at; of more the people of the list are tried one after the
/// other, since a page is soon full then.
const LOOKED_AT: usize = 1 << 14;
/// So many people of the list are tried for a page; then it is better to look at all beginnings.
const TRIED: usize = 1 << 15;
/// Bytes by which beginnings are compared at once.
const HEAD_BYTES: usize = 16;

/// Every beginning of everyone whom the directory was made with.
#[derive(Default)]
pub(super) struct Beginnings {
    /// Sorted by text, then place, then start.
    starts: Vec<Start>,
    /// For each how many bytes it has in common with the beginning of the same person before it;
    /// beyond 255 it is 255.
    shared: Vec<u8>,
    /// Places before this are in it.
    place_count: usize,
}

/// Where a beginning is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    place: u32,
    /// In the text of the place.
    from: u32,
}

/// A page of the people with a beginning.
pub(crate) struct BeginningPage {
    /// Ranks, ascending.
    pub(crate) ranks: Vec<u32>,
    /// How many there are before, in and after the page.
    pub(crate) total: usize,
}

impl Directory {
    /// At most `limit` people of `from..until` by rank whose id, name or a word of it begins with a
    /// folded needle, and how many there are up to `until` in all.
    pub(crate) fn begin_with(
        &self,
        needle: &str,
        from: u32,
        until: u32,
        limit: usize,
    ) -> BeginningPage {
        let beginnings = self.beginnings();
        let sought = Sought::new(needle);
        let found = beginnings.range(self, needle);
        if until == self.count()
            && needle.len() < usize::from(u8::MAX)
            && found.len() > LOOKED_AT
            && let Some(ranks) = self.try_all(&sought, from, until, limit)
        {
            let total = self.count_of(beginnings, &found, needle, &sought);
            return BeginningPage { ranks, total };
        }
        let later = (beginnings.place_count..self.entries.len())
            .filter(|place| self.ranks[*place] != GONE && self.begins(*place, &sought));
        let starts = beginnings.starts[found].iter();
        let places = starts
            .map(|start| start.place)
            .chain(later.map(|place| place as u32));
        if places.clone().count() > LOOKED_AT {
            let all: Vec<u32> = places
                .filter(|place| self.ranks[*place as usize] != GONE)
                .collect();
            let all: Ranks = self.ranks_of(all.iter());
            return BeginningPage {
                ranks: all
                    .from(from)
                    .take_while(|rank| *rank < until)
                    .take(limit)
                    .collect(),
                total: all.count(until),
            };
        }
        let mut all: Vec<u32> = places
            .map(|place| self.ranks[place as usize])
            // Whoever is gone has the last rank of all.
            .filter(|rank| *rank < until)
            .collect();
        all.sort_unstable();
        all.dedup();
        let first = all.partition_point(|rank| *rank < from);
        BeginningPage {
            ranks: all[first..].iter().copied().take(limit).collect(),
            total: all.len(),
        }
    }

    /// Tries one person of the list after the other; `None` where too few of them begin with it.
    fn try_all(
        &self,
        sought: &Sought<'_>,
        from: u32,
        until: u32,
        limit: usize,
    ) -> Option<Vec<u32>> {
        let mut ranks = Vec::with_capacity(limit);
        for (tried, rank) in (from..until).enumerate() {
            if ranks.len() == limit {
                break;
            }
            if tried == TRIED {
                return None;
            }
            if self.begins(self.order[rank as usize] as usize, sought) {
                ranks.push(rank);
            }
        }
        Some(ranks)
    }

    /// How many people begin with a needle: of several beginnings of one person that do, all but one
    /// have it in common with the one before.
    fn count_of(
        &self,
        beginnings: &Beginnings,
        found: &std::ops::Range<usize>,
        needle: &str,
        sought: &Sought<'_>,
    ) -> usize {
        let bytes = needle.len() as u8;
        let again = beginnings.shared[found.clone()]
            .iter()
            .filter(|shared| **shared >= bytes);
        let is_in_it = |place: &&u32| {
            let place = **place as usize;
            place < beginnings.place_count && self.begins(place, sought)
        };
        let gone = self.gone.iter().filter(is_in_it).count();
        let later = (beginnings.place_count..self.entries.len())
            .filter(|place| self.ranks[*place] != GONE && self.begins(*place, sought));
        found.len() - again.count() - gone + later.count()
    }

    /// Has beginnings sorted again where many people came since.
    pub(super) fn sort_later_beginnings(&mut self) {
        let known = self
            .beginnings
            .get()
            .map(|beginnings| beginnings.place_count);
        let most = |known: usize| (known / 16).max(LOOKED_AT);
        if known.is_some_and(|known| self.entries.len() - known > most(known)) {
            self.beginnings.take();
        }
    }

    /// All beginnings, sorted when they are first asked for.
    pub(super) fn beginnings(&self) -> &Beginnings {
        self.beginnings.get_or_init(|| Beginnings::sort(self))
    }
}

impl Beginnings {
    fn sort(directory: &Directory) -> Self {
        let count = directory.entries.len();
        let mut sorted: Vec<(u128, Start)> = Vec::with_capacity(count * 2);
        let mut add = |place: usize, from: usize| {
            let start = Start {
                place: place as u32,
                from: from as u32,
            };
            sorted.push((head(text_at(directory, start)), start));
        };
        for place in 0..count {
            add(place, 0);
            let name = directory.name(place);
            let from = directory.entries[place].id_bytes as usize + 1;
            let mut start = 0;
            while start < name.len() {
                // Of spaces in a row the last one counts: no needle begins with one.
                if name.as_bytes()[start] != b' ' {
                    add(place, from + start);
                }
                let space = memchr::memchr(b' ', &name.as_bytes()[start..]);
                start = space.map_or(name.len(), |space| start + space + 1);
            }
        }
        sorted.sort_unstable_by(|(head, start), (other_head, other)| {
            head.cmp(other_head).then_with(|| {
                let texts = [start, other].map(|start| text_at(directory, *start));
                texts[0].cmp(texts[1]).then_with(|| start.cmp(other))
            })
        });
        let starts: Vec<Start> = sorted.into_iter().map(|(_, start)| start).collect();
        let mut shared = vec![0; starts.len()];
        // For each place the beginning before: the index + 1.
        let mut before = vec![0_u32; count];
        for (index, start) in starts.iter().enumerate() {
            let last = std::mem::replace(&mut before[start.place as usize], index as u32 + 1);
            if last > 0 {
                let (one, other) = (starts[last as usize - 1], *start);
                let same = std::iter::zip(text_at(directory, one), text_at(directory, other))
                    .take_while(|(a, b)| a == b);
                shared[index] = u8::try_from(same.count()).unwrap_or(u8::MAX);
            }
        }
        Self {
            starts,
            shared,
            place_count: count,
        }
    }

    /// Where the beginnings are that begin with a needle.
    fn range(&self, directory: &Directory, needle: &str) -> std::ops::Range<usize> {
        let needle = needle.as_bytes();
        let cut = |start: &Start| {
            let text = text_at(directory, *start);
            &text[..text.len().min(needle.len())]
        };
        let from = self.starts.partition_point(|start| cut(start) < needle);
        let rest = &self.starts[from..];
        from..from + rest.partition_point(|start| cut(start) == needle)
    }
}

/// A beginning, to the end of its id or name.
fn text_at(directory: &Directory, start: Start) -> &[u8] {
    let place = start.place as usize;
    let entry = &directory.entries[place];
    let range = directory.range(place);
    let until = match start.from {
        0 => entry.id_bytes as usize,
        _ => (entry.id_bytes + 1 + entry.name_bytes) as usize,
    };
    &directory.text.as_bytes()[range][start.from as usize..until]
}

/// The first bytes as one number of the same order; shorter ones are followed by zeros.
fn head(text: &[u8]) -> u128 {
    let mut bytes = [0; HEAD_BYTES];
    let count = text.len().min(HEAD_BYTES);
    bytes[..count].copy_from_slice(&text[..count]);
    u128::from_be_bytes(bytes)
}
