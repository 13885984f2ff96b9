//! Our sessions beside those that the source named in its `session_id`s: where they agree, where
//! one of the source's lies in several of ours, and where ours holds several of the source's.
//!
//! Fed stream by stream; a stream is forgotten once it is counted. One id on two streams counts
//! once on each of them.

use dwell_model::{StartReason, Zone};
use rustc_hash::FxHashMap;

use super::words::{Clock, duration_words};

/// An event as the comparison sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceEvent {
    /// The source's session, by the stream's number; 0 is none.
    pub source_session: u32,
    /// When it happened, UTC ms.
    pub time_ms: i64,
}

/// One of our sessions.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a, K> {
    /// By what it is found again.
    pub key: K,
    /// Why it started.
    pub start_reason: StartReason,
    /// When, UTC ms.
    pub started_at_ms: i64,
    /// Its events in order.
    pub events: &'a [SourceEvent],
}

/// How a group of sessions that share events compares. Each session is in exactly one group: what
/// shares an event with it, directly or through others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One of the source's, one of ours, the same events.
    Agreed,
    /// One of the source's lies in several of ours.
    Split,
    /// One of ours holds several of the source's.
    Merged,
    /// Several of the source's lie in several of ours, each tied to the others.
    Both,
    /// As agreed, but some of the source's events are in none of ours.
    Partly,
    /// All events of one of the source's are in none of ours.
    Outside,
}

/// How many of one [`Kind`] there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Groups.
    pub group_count: u64,
    /// The source's sessions in them.
    pub source_count: u64,
    /// Ours in them.
    pub our_count: u64,
}

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    by_kind: [Tally; Kind::ALL.len()],
    split_by: FxHashMap<StartReason, u64>,
    /// Times that one of ours goes over from one of the source's to another: after a pause.
    pub merged_over_pause: u64,
    /// The same, but the two of the source's lie in each other.
    pub merged_interleaved: u64,
    /// Our sessions whose events have no id.
    pub ours_without_id: u64,
    /// Events of our sessions that have no id.
    pub events_without_id: u64,
    /// Events with an id that are in none of ours.
    pub events_outside: u64,
}

/// One group that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<K> {
    /// The stream's key, as it was fed.
    pub stream: K,
    /// How it compares.
    pub kind: Kind,
    /// Ours, in order; at most [`LISTED`].
    pub ours: Vec<Part<K>>,
    /// How many of ours there are.
    pub our_count: u64,
    /// The source's, by first event; at most [`LISTED`].
    pub sources: Vec<Source>,
    /// How many of the source's there are.
    pub source_count: u64,
}

/// One of our sessions in a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<K> {
    /// By what it is found again.
    pub key: K,
    /// When it started, UTC ms.
    pub started_at_ms: i64,
    /// Why. For all but the first of a split this is what split the source's session.
    pub start_reason: StartReason,
}

/// One of the source's sessions in a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The stream's number of it.
    pub source_session: u32,
    /// Its first event, UTC ms.
    pub first_ms: i64,
    /// Its last event, UTC ms.
    pub last_ms: i64,
}

/// A difference lists at most so many of ours, and so many of the source's.
pub const LISTED: usize = 20;

/// The comparison so far.
#[derive(Clone, Debug)]
pub struct Comparison<K> {
    counts: Counts,
    differences: Vec<Difference<K>>,
    limit: usize,
}

impl Kind {
    /// All of them, in the order in which people read them.
    pub const ALL: [Self; 6] = [
        Self::Agreed,
        Self::Split,
        Self::Merged,
        Self::Both,
        Self::Partly,
        Self::Outside,
    ];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Both => "both",
            Self::Partly => "partly",
            Self::Outside => "outside",
        }
    }
}

impl Counts {
    /// Those of one kind.
    pub fn of(&self, kind: Kind) -> Tally {
        self.by_kind[kind as usize]
    }

    /// How often a session of ours began for this reason in the midst of one of the source's.
    pub fn split_by(&self, reason: StartReason) -> u64 {
        self.split_by.get(&reason).copied().unwrap_or(0)
    }

    /// The source's sessions, all kinds.
    pub fn source_count(&self) -> u64 {
        self.by_kind.iter().map(|tally| tally.source_count).sum()
    }

    /// Ours, all kinds and those without an id.
    pub fn our_count(&self) -> u64 {
        let with_id: u64 = self.by_kind.iter().map(|tally| tally.our_count).sum();
        with_id + self.ours_without_id
    }
}

/// A source session of the stream at hand.
#[derive(Clone, Copy, Debug)]
struct Seen {
    source: Source,
    /// Its place in the stream's forest.
    node: usize,
    is_outside: bool,
}

impl<K: Copy> Comparison<K> {
    /// Nothing compared yet; lists at most `limit` differences of each kind, the first that come: a
    /// frequent kind must not keep the others off the list.
    pub fn new(limit: usize) -> Self {
        Self {
            counts: Counts::default(),
            differences: Vec::new(),
            limit,
        }
    }

    /// Counts one stream: its sessions in order, and its events that are in none of them.
    pub fn add_stream(&mut self, stream: K, ours: &[Ours<'_, K>], outside: &[SourceEvent]) {
        // Ours are the first nodes of the forest, the source's follow.
        let mut forest = Forest::new(ours.len());
        let mut seen: FxHashMap<u32, Seen> = FxHashMap::default();
        for (index, session) in ours.iter().enumerate() {
            let mut last_named = 0;
            for event in session.events {
                if event.source_session == 0 {
                    self.counts.events_without_id += 1;
                    continue;
                }
                let is_new = event.source_session != last_named;
                let node = note(&mut seen, &mut forest, event).node;
                if is_new {
                    forest.join(index, node);
                    last_named = event.source_session;
                }
            }
        }
        for event in outside.iter().filter(|event| event.source_session != 0) {
            self.counts.events_outside += 1;
            note(&mut seen, &mut forest, event).is_outside = true;
        }
        self.count_splits(ours);
        self.count_merges(ours, &seen);
        self.count_groups(stream, ours, &seen, &mut forest);
    }

    /// What is counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The groups that do not agree: the first ones, in the order in which the streams came.
    pub fn differences(&self) -> &[Difference<K>] {
        &self.differences
    }

    /// How many differences are not listed.
    pub fn left_off(&self) -> u64 {
        let all: u64 = Kind::ALL
            .into_iter()
            .filter(|kind| *kind != Kind::Agreed)
            .map(|kind| self.counts.of(kind).group_count)
            .sum();
        all - self.differences.len() as u64
    }

    /// A source session that an earlier one of ours holds as well was split by the start of ours.
    fn count_splits(&mut self, ours: &[Ours<'_, K>]) {
        let mut holder: FxHashMap<u32, usize> = FxHashMap::default();
        for (index, session) in ours.iter().enumerate() {
            let named = session.events.iter().map(|event| event.source_session);
            let mut is_split = false;
            for source_session in named.filter(|number| *number != 0) {
                let before = holder.insert(source_session, index);
                is_split |= before.is_some_and(|before| before != index);
            }
            if is_split {
                *self
                    .counts
                    .split_by
                    .entry(session.start_reason)
                    .or_default() += 1;
            }
        }
    }

    /// Neighbouring source sessions of one of ours, by first event in it.
    fn count_merges(&mut self, ours: &[Ours<'_, K>], seen: &FxHashMap<u32, Seen>) {
        let mut sources: Vec<Source> = Vec::new();
        for session in ours {
            let mut last_named = 0;
            sources.clear();
            for event in session.events {
                let number = event.source_session;
                if number != 0 && number != last_named {
                    last_named = number;
                    sources.extend(seen.get(&number).map(|seen| seen.source));
                }
            }
            if sources.len() < 2 {
                continue;
            }
            sources.sort_unstable_by_key(|source| (source.first_ms, source.source_session));
            sources.dedup();
            for pair in sources.windows(2) {
                match pair[1].first_ms < pair[0].last_ms {
                    true => self.counts.merged_interleaved += 1,
                    false => self.counts.merged_over_pause += 1,
                }
            }
        }
    }

    fn count_groups(
        &mut self,
        stream: K,
        ours: &[Ours<'_, K>],
        seen: &FxHashMap<u32, Seen>,
        forest: &mut Forest,
    ) {
        let mut groups: FxHashMap<usize, (Vec<usize>, Vec<Seen>)> = FxHashMap::default();
        for index in 0..ours.len() {
            let root = forest.root(index);
            groups.entry(root).or_default().0.push(index);
        }
        for known in seen.values() {
            let root = forest.root(known.node);
            groups.entry(root).or_default().1.push(*known);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        for (_, sources) in &mut groups {
            sources
                .sort_unstable_by_key(|known| (known.source.first_ms, known.source.source_session));
        }
        groups.sort_unstable_by_key(|(ours, sources)| {
            let first = sources.first();
            let first = first.map(|known| (known.source.first_ms, known.source.source_session));
            (ours.first().copied().unwrap_or(usize::MAX), first)
        });
        for (members, sources) in groups {
            let kind = match (members.len(), sources.as_slice()) {
                (_, []) => {
                    self.counts.ours_without_id += members.len() as u64;
                    continue;
                }
                (0, _) => Kind::Outside,
                (1, [one]) if one.is_outside => Kind::Partly,
                (1, [_]) => Kind::Agreed,
                (1, _) => Kind::Merged,
                (_, [_]) => Kind::Split,
                _ => Kind::Both,
            };
            let (our_count, source_count) = (members.len() as u64, sources.len() as u64);
            let tally = &mut self.counts.by_kind[kind as usize];
            tally.group_count += 1;
            tally.source_count += source_count;
            tally.our_count += our_count;
            if kind == Kind::Agreed || tally.group_count > self.limit as u64 {
                continue;
            }
            let part = |index: &usize| Part {
                key: ours[*index].key,
                started_at_ms: ours[*index].started_at_ms,
                start_reason: ours[*index].start_reason,
            };
            self.differences.push(Difference {
                stream,
                kind,
                ours: members.iter().take(LISTED).map(part).collect(),
                our_count,
                sources: sources
                    .iter()
                    .take(LISTED)
                    .map(|known| known.source)
                    .collect(),
                source_count,
            });
        }
    }
}

/// Takes an event into account for its source session.
fn note<'s>(
    seen: &'s mut FxHashMap<u32, Seen>,
    forest: &mut Forest,
    event: &SourceEvent,
) -> &'s mut Seen {
    let known = seen.entry(event.source_session).or_insert_with(|| Seen {
        source: Source {
            source_session: event.source_session,
            first_ms: event.time_ms,
            last_ms: event.time_ms,
        },
        node: forest.grow(),
        is_outside: false,
    });
    known.source.first_ms = known.source.first_ms.min(event.time_ms);
    known.source.last_ms = known.source.last_ms.max(event.time_ms);
    known
}

/// Which nodes hang together (union-find).
#[derive(Debug)]
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Self {
            parents: (0..count).collect(),
        }
    }

    fn grow(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[b] = a;
    }
}

impl<K> Difference<K> {
    /// The difference in a sentence; `name` gives the source's name of one of its sessions.
    pub fn words(&self, zone: Zone, name: impl Fn(u32) -> String) -> String {
        let Some(first) = self.sources.first() else {
            return String::new();
        };
        let clock = Clock::new(zone, first.first_ms);
        let named = name(first.source_session);
        let (our_count, source_count) = (self.our_count, self.source_count);
        match self.kind {
            Kind::Agreed => format!("{named} is one session here as well."),
            Kind::Split => format!(
                "{named} lies in {our_count} sessions: {}.",
                listed(self.ours.iter().skip(1), self.our_count - 1, |part| {
                    let reason = part.start_reason;
                    format!("one began at {} ({reason})", clock.at(part.started_at_ms))
                })
            ),
            Kind::Merged => {
                let gaps: Vec<&[Source]> = self.sources.windows(2).collect();
                format!(
                    "One session holds {source_count} of the source's, from {named} on: {}.",
                    listed(gaps.iter(), self.source_count - 1, |pair| {
                        let begins = format!(
                            "{} begins at {}",
                            name(pair[1].source_session),
                            clock.at(pair[1].first_ms)
                        );
                        match pair[1].first_ms - pair[0].last_ms {
                            ..0 => format!("{begins}, before the one before it ends"),
                            gap_ms => format!("{begins}, after {}", duration_words(gap_ms)),
                        }
                    })
                )
            }
            Kind::Both => format!(
                "{source_count} sessions of the source, from {named} on, lie across {our_count} \
                 sessions here: {}.",
                listed(self.ours.iter().skip(1), self.our_count - 1, |part| {
                    let reason = part.start_reason;
                    format!("one began at {} ({reason})", clock.at(part.started_at_ms))
                })
            ),
            Kind::Partly => {
                format!("{named} is one session here as well, but some of its events are in none.")
            }
            Kind::Outside => format!("{named} is no session here: none of its events is in one."),
        }
    }
}

/// The items in words, and how many more there are.
fn listed<T>(items: impl Iterator<Item = T>, count: u64, words: impl Fn(T) -> String) -> String {
    const IN_WORDS: usize = 5;
    let told: Vec<String> = items.take(IN_WORDS).map(words).collect();
    match count - told.len() as u64 {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

#[cfg(test)]
mod tests;
