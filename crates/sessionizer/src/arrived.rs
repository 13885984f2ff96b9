//! Who of the members between two places arrived first and who last. Members are numbers to it.

/// A tree of ranges over the places of a stream; each holds the ranks of arrival of its first- and
/// its last-arrived member.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrived {
    /// The root is at 1, the children of `i` are at `2i` and `2i + 1`, the places come last.
    ranges: Vec<Ranks>,
}

/// The ranks of the members of a range; with none, `first` is above `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ranks {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

const NOBODY: Ranks = Ranks {
    first: u32::MAX,
    last: 0,
};

impl Ranks {
    fn and(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

impl Arrived {
    /// Forgets all members and makes room for so many places.
    pub(crate) fn reset(&mut self, place_count: usize) {
        self.ranges.clear();
        self.ranges
            .resize(2 * place_count.next_power_of_two(), NOBODY);
    }

    /// Makes the event at a place a member.
    pub(crate) fn insert(&mut self, place: u32, rank: u32) {
        let (first, last) = (rank, rank);
        self.set(place, Ranks { first, last });
    }

    /// Makes it none.
    pub(crate) fn remove(&mut self, place: u32) {
        self.set(place, NOBODY);
    }

    fn set(&mut self, place: u32, ranks: Ranks) {
        let mut index = self.ranges.len() / 2 + place as usize;
        self.ranges[index] = ranks;
        while index > 1 {
            index /= 2;
            self.ranges[index] = self.ranges[2 * index].and(self.ranges[2 * index + 1]);
        }
    }

    /// The ranks of the members from `from` on and before `until`.
    pub(crate) fn between(&self, from: u32, until: u32) -> Ranks {
        let place_count = self.ranges.len() / 2;
        let mut low = place_count + from as usize;
        let mut high = place_count + until as usize;
        let mut found = NOBODY;
        while low < high {
            if low % 2 == 1 {
                found = found.and(self.ranges[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                found = found.and(self.ranges[high]);
            }
            low /= 2;
            high /= 2;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_knows_its_first_and_last_arrived_members() {
        for place_count in 1..=17_u32 {
            let mut arrived = Arrived::default();
            arrived.reset(place_count as usize);
            let mut members: Vec<Option<u32>> = vec![None; place_count as usize];
            for step in 0..place_count * 3 {
                let place = step * 7 % place_count;
                if members[place as usize].is_some() && step % 2 == 0 {
                    members[place as usize] = None;
                    arrived.remove(place);
                } else {
                    members[place as usize] = Some(step * 11 % 29);
                    arrived.insert(place, step * 11 % 29);
                }
                for from in 0..=place_count {
                    for until in from..=place_count {
                        let inside = || members[from as usize..until as usize].iter().flatten();
                        let expected = Ranks {
                            first: inside().copied().min().unwrap_or(u32::MAX),
                            last: inside().copied().max().unwrap_or(0),
                        };
                        assert_eq!(arrived.between(from, until), expected, "{from}..{until}");
                    }
                }
            }
        }
    }
}
