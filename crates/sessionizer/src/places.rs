//! Places of a stream as bits: who is the next, and who the one before, in a few steps. Places are numbers
//! to it.

/// A set of numbers below a bound. Over the words of each level lies one that says which of them hold
/// anything, up to a single word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    levels: Vec<Vec<u64>>,
}

const BITS: u32 = u64::BITS;

impl Places {
    /// Forgets all and makes room for so many places.
    pub(crate) fn reset(&mut self, place_count: usize) {
        let mut count = place_count;
        for level in 0.. {
            count = count.div_ceil(BITS as usize).max(1);
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].clear();
            self.levels[level].resize(count, 0);
            if count == 1 {
                self.levels.truncate(level + 1);
                return;
            }
        }
    }

    /// Adds a place.
    pub(crate) fn insert(&mut self, place: u32) {
        let mut at = place;
        for level in &mut self.levels {
            let word = &mut level[(at / BITS) as usize];
            let was_empty = *word == 0;
            *word |= 1 << (at % BITS);
            if !was_empty {
                return;
            }
            at /= BITS;
        }
    }

    /// Takes a place out.
    pub(crate) fn remove(&mut self, place: u32) {
        let mut at = place;
        for level in &mut self.levels {
            let word = &mut level[(at / BITS) as usize];
            *word &= !(1 << (at % BITS));
            if *word != 0 {
                return;
            }
            at /= BITS;
        }
    }

    pub(crate) fn contains(&self, place: u32) -> bool {
        let level = self.levels.first();
        let word = level.and_then(|level| level.get((place / BITS) as usize));
        word.is_some_and(|word| word & (1 << (place % BITS)) != 0)
    }

    /// The first from `place` on.
    pub(crate) fn next_from(&self, place: u32) -> Option<u32> {
        let mut at = place;
        for (height, level) in self.levels.iter().enumerate() {
            let index = at / BITS;
            let word = level.get(index as usize)? & (u64::MAX << (at % BITS));
            if word != 0 {
                let found = index * BITS + word.trailing_zeros();
                return Some(self.descend(height, found, u64::trailing_zeros));
            }
            at = index + 1;
        }
        None
    }

    /// The last before `place`.
    pub(crate) fn last_before(&self, place: u32) -> Option<u32> {
        let mut at = place.checked_sub(1)?;
        for (height, level) in self.levels.iter().enumerate() {
            let index = at / BITS;
            // A place behind the last word has all of that before it.
            let word = match level.get(index as usize) {
                Some(word) => word & (u64::MAX >> (BITS - 1 - at % BITS)),
                None => return self.last_before(level.len() as u32 * BITS),
            };
            if word != 0 {
                let highest = |word: u64| BITS - 1 - word.leading_zeros();
                let found = index * BITS + highest(word);
                return Some(self.descend(height, found, highest));
            }
            at = index.checked_sub(1)?;
        }
        None
    }

    /// All from `from` on and before `until`, ascending.
    pub(crate) fn between(&self, from: u32, until: u32) -> impl Iterator<Item = u32> {
        let next = move |place: u32| self.next_from(place).filter(|place| *place < until);
        std::iter::successors(next(from), move |place| next(place + 1))
    }

    /// From a bit of a level that is set to the place below it that `bit` chooses in each word.
    fn descend(&self, height: usize, bit_at: u32, bit: impl Fn(u64) -> u32) -> u32 {
        let below = self.levels[..height].iter().rev();
        below.fold(bit_at, |at, level| at * BITS + bit(level[at as usize]))
    }
}

/// Something at some places of a stream; room is taken by as much as is there at once.
#[derive(Clone, Debug)]
pub(crate) struct AtPlaces<T> {
    places: Places,
    /// Of every place of the stream, where its thing stands; of no meaning where there is none.
    slots: Vec<u32>,
    things: Vec<T>,
    /// Slots of things that were taken out.
    free: Vec<u32>,
}

impl<T> Default for AtPlaces<T> {
    fn default() -> Self {
        Self {
            places: Places::default(),
            slots: Vec::new(),
            things: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T: Copy> AtPlaces<T> {
    /// Forgets all and makes room for so many places.
    pub(crate) fn reset(&mut self, place_count: usize) {
        self.places.reset(place_count);
        self.slots.resize(place_count, 0);
        self.things.clear();
        self.free.clear();
    }

    /// Puts a thing at a place that has none.
    pub(crate) fn insert(&mut self, place: u32, thing: T) {
        self.places.insert(place);
        let slot = match self.free.pop() {
            Some(slot) => {
                self.things[slot as usize] = thing;
                slot
            }
            None => {
                self.things.push(thing);
                self.things.len() as u32 - 1
            }
        };
        self.slots[place as usize] = slot;
    }

    pub(crate) fn remove(&mut self, place: u32) -> Option<T> {
        let removed = *self.get_mut(place)?;
        self.places.remove(place);
        self.free.push(self.slots[place as usize]);
        Some(removed)
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        match self.places.contains(place) {
            true => self.things.get_mut(self.slots[place as usize] as usize),
            false => None,
        }
    }

    /// The first from `place` on.
    pub(crate) fn next_from(&self, place: u32) -> Option<(u32, T)> {
        self.at(self.places.next_from(place)?)
    }

    /// The last before `place`.
    pub(crate) fn last_before(&self, place: u32) -> Option<(u32, T)> {
        self.at(self.places.last_before(place)?)
    }

    fn at(&self, place: u32) -> Option<(u32, T)> {
        let slot = self.slots[place as usize];
        Some((place, *self.things.get(slot as usize)?))
    }

    /// The places at which there is something.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_the_set_that_a_tree_would_be() {
        let mut state = 7_u64;
        let mut random = |below: u32| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            ((state >> 33) % u64::from(below)) as u32
        };
        let mut places = Places::default();
        let mut things = AtPlaces::default();
        for count in [1, 2, 63, 64, 65, 700, 4_096, 5_000, 300_000, 3] {
            places.reset(count as usize);
            things.reset(count as usize);
            let mut tree = BTreeSet::new();
            for _ in 0..400 {
                let place = random(count);
                match random(3) {
                    0 => {
                        places.remove(place);
                        let was_there = tree.remove(&place);
                        assert_eq!(things.remove(place), was_there.then_some(place));
                    }
                    _ => {
                        places.insert(place);
                        if tree.insert(place) {
                            things.insert(place, place);
                        }
                    }
                }
                let from = random(count + 2);
                let next = tree.range(from..).next().copied();
                assert_eq!(places.next_from(from), next);
                assert_eq!(things.next_from(from), next.map(|place| (place, place)));
                let last = tree.range(..from).next_back().copied();
                assert_eq!(places.last_before(from), last, "before {from} of {count}");
                let found = things.last_before(from).map(|(place, _)| place);
                assert_eq!(found, last);
                let until = from + random(count);
                let all: Vec<u32> = places.between(from, until).collect();
                assert!(tree.range(from..until).copied().eq(all));
            }
        }
    }
}
