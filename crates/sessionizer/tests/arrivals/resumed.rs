//! A walk that goes on from where it stood, and knows no more of what was before than it has to, finds
//! what a walk over all events finds.

use std::collections::BTreeMap;

use dwell_model::Session;
use dwell_model::definition::{Role, SessionIds};
use dwell_sessionizer::{Before, Input, Rules, Stood, Walk, Walker};

use super::random::seed;
use super::traces::{Random, Trace};

/// A session and its events, by their places in the whole stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    session: Session,
    members: Vec<u32>,
    is_live: bool,
}

/// All that is kept from one batch to the next.
#[derive(Clone, Debug, Default)]
struct Known {
    /// By first event.
    sessions: BTreeMap<u32, Kept>,
    waiting: Vec<u32>,
}

/// What a walk found, by the places of the whole stream.
fn kept(walk: &Walk, places: &[u32]) -> BTreeMap<u32, Kept> {
    let place = |index: u32| places[index as usize];
    let mut all: Vec<Kept> = walk
        .sessions
        .iter()
        .map(|found| Kept {
            session: Session {
                first_event: place(found.first_event),
                last_extending: place(found.last_extending),
                first_arrived: place(found.first_arrived),
                ..*found
            },
            members: Vec::new(),
            is_live: false,
        })
        .collect();
    for (index, session) in (0..).zip(&walk.session_of) {
        if let Some(session) = session {
            all[*session as usize].members.push(place(index));
        }
    }
    all.into_iter()
        .map(|one| (one.session.first_event, one))
        .collect()
}

/// Whether anything of the pool was left out of what a walk in order tells.
fn is_in_order(rules: &Rules, events: &[Input]) -> bool {
    let is_in_time = |event: &Input| rules.takes_in_time(event.time_ms, event.arrival_ms);
    events.iter().all(is_in_time)
}

impl Known {
    /// As of some events, found from nothing.
    fn from_nothing(rules: &Rules, events: &[Input], places: &[u32]) -> Self {
        let here: Vec<Input> = places.iter().map(|place| events[*place as usize]).collect();
        let mut walker = Walker::new(rules);
        let mut known = Self::default();
        if is_in_order(rules, &here) {
            let newest_ms = here.iter().map(|event| event.arrival_ms).max().unwrap_or(0);
            known.sessions = kept(walker.walk(&here), places);
            for one in known.sessions.values_mut() {
                one.is_live = one.session.expires_at_ms > newest_ms;
            }
            let is_member = |place: &u32| {
                let mut all = known.sessions.values();
                all.any(|one| one.members.contains(place))
            };
            let waits =
                |place: &&u32| events[**place as usize].role != Role::Ignored && !is_member(place);
            known.waiting = places.iter().filter(waits).copied().collect();
        } else {
            known.sessions = kept(walker.settle(&here), places);
            known.keep_pooled(&walker, places);
        }
        known
    }

    fn keep_pooled(&mut self, walker: &Walker<'_>, places: &[u32]) {
        let pooled = walker.pooled().unwrap();
        for first in &pooled.sessions {
            let one = self.sessions.get_mut(&places[*first as usize]);
            one.unwrap().is_live = true;
        }
        let waiting = pooled.waiting.iter();
        self.waiting = waiting.map(|place| places[*place as usize]).collect();
    }

    /// Takes events that arrive after all before, knowing of those only what has to be known.
    fn take(&mut self, rules: &Rules, grace_ms: i64, events: &[Input], new: &[u32]) {
        let mut stood: BTreeMap<u32, Stood> = new.iter().map(|at| (*at, Stood::Not)).collect();
        for one in self.sessions.values().filter(|one| one.is_live) {
            stood.extend(one.members.iter().map(|at| (*at, Stood::InPool)));
        }
        // Who left the pool since may be among them.
        let arrival_ms = new.iter().map(|at| events[*at as usize].arrival_ms).min();
        let in_pool = |at: &&u32| {
            let event = &events[**at as usize];
            event.time_ms.max(event.arrival_ms) + grace_ms > arrival_ms.unwrap_or(0)
        };
        let waiting = self.waiting.iter().filter(in_pool);
        stood.extend(waiting.map(|at| (*at, Stood::InPool)));
        let starts: Vec<u32> = stood.keys().copied().collect();
        for at in starts {
            let mut before = self.sessions.range(..at).rev();
            if events[at as usize].role.starts()
                && let Some((first, one)) = before.find(|(_, one)| !one.is_live)
            {
                stood.extend(one.members.iter().map(|at| (*at, Stood::Final(*first))));
            }
        }
        let places: Vec<u32> = stood.keys().copied().collect();
        let inputs: Vec<Input> = places.iter().map(|place| events[*place as usize]).collect();
        let stood: Vec<Stood> = stood.into_values().collect();
        let mut walker = Walker::new(rules);
        let found = kept(walker.resume(&inputs, &stood, Before::default()), &places);
        self.sessions.retain(|_, one| !one.is_live);
        self.sessions.extend(found);
        self.keep_pooled(&walker, &places);
    }
}

/// Batches of events by arrival, each later than those before; a few arrivals each.
fn batches(random: &mut Random, events: &[Input]) -> Vec<Vec<u32>> {
    let mut by_arrival: Vec<u32> = (0..events.len() as u32).collect();
    by_arrival.sort_by_key(|place| events[*place as usize].arrival_ms);
    let same = |a: &u32, b: &u32| events[*a as usize].arrival_ms == events[*b as usize].arrival_ms;
    let mut batches: Vec<Vec<u32>> = Vec::new();
    let most = 1 + random.below(4);
    for arrival in by_arrival.chunk_by(same) {
        match batches.last_mut() {
            Some(last) if random.below(most) > 0 => last.extend(arrival),
            _ => batches.push(arrival.to_vec()),
        }
    }
    batches
}

/// How often something of note was there when a batch came.
#[derive(Debug, Default)]
struct Seen {
    batches: u32,
    finals: u32,
    waiting: u32,
    /// A live session had expired.
    outlived: u32,
    /// A live session stood before a final one.
    before_final: u32,
    /// What was final stayed out of the batch, but for the newest.
    spared: u32,
}

impl Seen {
    fn note(&mut self, known: &Known, newest_ms: i64) {
        let live = || known.sessions.values().filter(|one| one.is_live);
        let finals = known.sessions.values().filter(|one| !one.is_live);
        let last_final = finals.clone().map(|one| one.session.first_event).max();
        self.batches += 1;
        self.finals += u32::from(last_final.is_some());
        self.waiting += u32::from(!known.waiting.is_empty());
        self.outlived += u32::from(live().any(|one| one.session.expires_at_ms <= newest_ms));
        let is_before = |one: &Kept| Some(one.session.first_event) < last_final;
        self.before_final += u32::from(live().any(is_before));
        self.spared += u32::from(finals.count() > 2);
    }
}

fn hold(trace: &Trace, random: &mut Random, note: &str, seen: &mut Seen) {
    let rules = Rules::new(&trace.definition);
    let events = &trace.events;
    let batches = batches(random, events);
    let first = 1 + random.below(batches.len() as i64) as usize;
    let mut places: Vec<u32> = batches[..first.min(batches.len())].concat();
    places.sort_unstable();
    let mut known = Known::from_nothing(&rules, events, &places);
    for batch in batches.iter().skip(first) {
        let newest_ms = places.iter().map(|at| events[*at as usize].arrival_ms);
        seen.note(&known, newest_ms.max().unwrap());
        known.take(&rules, trace.definition.grace_ms(), events, batch);
        places.extend(batch);
        places.sort_unstable();
        let here: Vec<Input> = places.iter().map(|place| events[*place as usize]).collect();
        let mut walker = Walker::new(&rules);
        let expected = kept(walker.sessions(&here), &places);
        let found: BTreeMap<u32, Kept> = known.sessions.clone();
        let found: BTreeMap<u32, Kept> = found
            .into_iter()
            .map(|(first, one)| {
                (
                    first,
                    Kept {
                        is_live: false,
                        ..one
                    },
                )
            })
            .collect();
        let text = trace.to_text();
        assert_eq!(
            found, expected,
            "{note}\n{text}batches {batches:?}\nat {batch:?}"
        );
    }
}

#[test]
fn a_walk_that_goes_on_finds_what_a_walk_over_all_finds() {
    let seed = seed();
    let mut seen = Seen::default();
    for number in 0..8_000 {
        let mut random = Random::of_trace(seed ^ 0x4e5, number);
        let trace = match number % 40 {
            0 => random.long_trace(),
            _ => random.trace(),
        };
        if trace.definition.session_ids == SessionIds::Trust {
            continue;
        }
        let note = format!("DWELL_TEST_SEED={seed} trace {number}");
        hold(&trace, &mut random, &note, &mut seen);
    }
    println!("{seen:?}");
    for count in [
        seen.finals,
        seen.waiting,
        seen.outlived,
        seen.before_final,
        seen.spared,
    ] {
        assert!(count > 400, "{seen:?}");
    }
}
