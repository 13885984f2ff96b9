//! Every change that is named is made, and the walk asked: they are one. With a second or a
//! millisecond less, or one barrier left standing, they are not.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use dwell_model::definition::{GapAtTimeout, SessionIds};
use dwell_model::time::parse_text;
use dwell_model::{Definition, Session, StartKind, Zone};

use super::*;
use crate::{Input, Rules, walk};

mod late;
mod stated;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    fn definition(&mut self) -> Definition {
        let inactivity = self
            .chance(80)
            .then(|| self.one(&[60, 61, 300, 1_800, 43_200, 86_400]));
        let background = self.chance(60).then(|| {
            let end = inactivity.unwrap_or(86_400);
            self.one(&[0, 1, 30, 60, end]).min(end)
        });
        let max_length = self
            .chance(50)
            .then(|| self.one(&[60, 90, 3_600, 86_400, 604_800]));
        let zones = ["UTC", "Europe/Rome", "America/St_Johns", "Africa/Cairo"];
        let day_in = (inactivity.is_none() || self.chance(40)).then(|| self.one(&zones));
        let holds = max_length.is_some_and(|seconds| seconds <= 86_400) && self.chance(50);
        let json = serde_json::json!({
            "name": "v",
            "scope": self.one(&["device", "device", "user"]),
            "session_ids": self.one(&["ignore", "prefer", "prefer", "trust"]),
            "limits": {
                "inactivity_seconds": inactivity,
                "background_seconds": background,
                "max_length_seconds": max_length,
                "day_in": day_in,
                "foreground_holds": holds,
            },
            "gap_at_timeout": self.one(&["new", "same"]),
        });
        Definition::from_json(&json.to_string()).unwrap()
    }

    fn stream(&mut self, definition: &Definition) -> Vec<Named> {
        let limits = &definition.limits;
        let mut pauses_s = vec![0, 1, 20, 3_600];
        let set = [
            limits.inactivity_seconds,
            limits.background_seconds,
            limits.max_length_seconds,
        ];
        pauses_s.extend(set.into_iter().flatten());
        let firsts = [
            "2006-10-29T02:20:00Z",
            "2025-04-24T20:00:00Z",
            "2026-03-10T22:30:00Z",
        ];
        let mut time_ms = utc(self.one(&firsts));
        let roles = match self.chance(50) {
            true => Role::ALL,
            false => &[
                Role::Activity,
                Role::Extend,
                Role::Foreground,
                Role::Background,
                Role::End,
            ],
        };
        let (user_count, source_count) = (self.one(&[1, 2, 3]), self.one(&[1, 2, 3]));
        let mut stream: Vec<Named> = (0..12)
            .map(|ordinal| {
                let pause_ms = self.one(&pauses_s) * 1_000;
                time_ms += match self.chance(40) {
                    true => self.below(pause_ms.min(20_000) + 1),
                    false => (pause_ms * self.one(&[1, 1, 1, 3]) + self.below(4) - 1).max(0),
                };
                // With another role it would stand elsewhere among events of its millisecond.
                let role = self.one(roles);
                let apart_ms = i64::from(role == Role::End);
                time_ms += apart_ms;
                let (time_ms, _) = (time_ms, time_ms += apart_ms);
                Named {
                    id: format!("e{ordinal:02}"),
                    event: Input {
                        time_ms,
                        arrival_ms: time_ms,
                        role,
                        start_kind: StartKind::None,
                        user: self.below(user_count) as u32,
                        source_session: self.below(source_count) as u32,
                    },
                }
            })
            .collect();
        if definition.session_ids == SessionIds::Trust {
            // One stream.
            for named in &mut stream {
                named.event.source_session = 1;
            }
        }
        sort(&mut stream);
        stream
    }
}

fn seed() -> u64 {
    let seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(2_026);
    println!("DWELL_TEST_SEED={seed}");
    seed
}

/// An event by whose id it is found again; the id is its name as well.
#[derive(Clone, Debug)]
struct Named {
    id: String,
    event: Input,
}

const USERS: [Option<&str>; 3] = [None, Some("u1"), Some("u2")];
const SOURCE_SESSIONS: [Option<&str>; 3] = [None, Some("s1"), Some("s2")];

fn utc(text: &str) -> i64 {
    parse_text(text, Zone::UTC).unwrap()
}

fn sort(stream: &mut [Named]) {
    stream.sort_by(|a, b| a.event.in_order(&a.id, &b.event, &b.id));
}

fn walk_of(definition: &Definition, stream: &[Named]) -> crate::Walk {
    let inputs: Vec<Input> = stream.iter().map(|named| named.event).collect();
    walk(&Rules::new(definition), &inputs)
}

/// Two sessions and their events from the first of the earlier to the last of the later.
struct Case {
    definition: Definition,
    stream: Vec<Named>,
    /// The events of both.
    members: Vec<String>,
    /// An event inside one of them is in none, because it is somebody else's.
    has_strangers: bool,
}

impl Case {
    /// All neighbours of a stream.
    fn all(definition: &Definition, stream: &[Named]) -> Vec<Self> {
        let walked = walk_of(definition, stream);
        walked
            .sessions
            .windows(2)
            .map(|pair| {
                let part = pair[0].first_event as usize..=pair[1].last_extending as usize;
                let stranger = |index: usize| {
                    let gap = pair[0].last_extending as usize..pair[1].first_event as usize;
                    walked.session_of[index].is_none()
                        && stream[index].event.role.extends()
                        && !gap.contains(&index)
                };
                Self {
                    definition: definition.clone(),
                    members: (part.clone())
                        .filter(|index| walked.session_of[*index].is_some())
                        .map(|index| stream[index].id.clone())
                        .collect(),
                    has_strangers: part.clone().any(stranger),
                    stream: stream[part].to_vec(),
                }
            })
            .collect()
    }

    fn joining(&self) -> (Joining, String) {
        let walked = walk_of(&self.definition, &self.stream);
        let [previous, next] = walked.sessions[..] else {
            panic!("not two sessions");
        };
        let told = |session: &Session| Told {
            user: USERS[session.user as usize],
            source_session: SOURCE_SESSIONS[session.source_session as usize],
            ..Told::of(
                session,
                &self.stream[session.first_event as usize].id,
                &self.stream[session.last_extending as usize].id,
            )
        };
        let indexed = || self.stream.iter().zip(&walked.session_of);
        let of_previous = indexed()
            .filter(|(named, session)| **session == Some(0) && named.event.role.extends())
            .map(|(named, _)| (named.event.time_ms, named.event.role));
        let between: Vec<Loose<'_>> = indexed()
            .take(next.first_event as usize)
            .skip(previous.last_extending as usize)
            .filter(|(_, session)| session.is_none())
            .map(|(named, _)| Loose {
                time_ms: named.event.time_ms,
                role: named.event.role,
                name: &named.id,
                user: USERS[named.event.user as usize],
                source_session: SOURCE_SESSIONS[named.event.source_session as usize],
            })
            .collect();
        let pair = Pair {
            definition: &self.definition,
            previous: told(&previous),
            app: AppState::after(of_previous),
            between: &between,
            next: told(&next),
            zone: Zone::UTC,
        };
        let joining = joining(&pair);
        let words = joining_words(&pair, &joining);
        (joining, words)
    }

    /// Whether they are one with these changes.
    fn is_one_with(&self, changes: &[&Change]) -> bool {
        let mut changed = Self {
            definition: self.definition.clone(),
            stream: self.stream.clone(),
            members: Vec::new(),
            has_strangers: self.has_strangers,
        };
        for change in changes {
            changed.apply(change);
        }
        sort(&mut changed.stream);
        let walked = walk_of(&changed.definition, &changed.stream);
        let session = |id: &str| {
            let index = changed.stream.iter().position(|named| named.id == id);
            walked.session_of[index.unwrap()]
        };
        let mut sessions = self.members.iter().map(|id| session(id));
        let first = sessions.next().flatten();
        first.is_some() && sessions.all(|session| session == first)
    }

    fn apply(&mut self, change: &Change) {
        let limits = &mut self.definition.limits;
        match change {
            Change::Timeout { seconds } => limits.inactivity_seconds = Some(*seconds),
            Change::Background { seconds } => limits.background_seconds = Some(*seconds),
            Change::NoBackground => limits.background_seconds = None,
            Change::SameAtLimit => self.definition.gap_at_timeout = GapAtTimeout::Same,
            Change::Event { from_ms, .. } => self.insert(*from_ms, Role::Extend),
            Change::Events {
                count,
                first_until_ms,
                wait_ms,
                ..
            } => {
                for ordinal in 0..*count {
                    self.insert(first_until_ms - 1 + ordinal * (wait_ms - 1), Role::Extend);
                }
            }
            Change::MaxLength { seconds } => limits.max_length_seconds = Some(*seconds),
            Change::NoMaxLength => limits.max_length_seconds = None,
            Change::DayIn(zone) => limits.day_in = Some(*zone),
            Change::NoDay => limits.day_in = None,
            Change::TimeoutForDay { seconds } => {
                (limits.day_in, limits.inactivity_seconds) = (None, Some(*seconds));
            }
            Change::Role { event, role } => {
                let named = self.stream.iter_mut().find(|named| named.id == *event);
                named.unwrap().event.role = *role;
            }
            Change::SameUser { user, other } => {
                let number = |name: &str| USERS.iter().position(|known| *known == Some(name));
                let (user, other) = (number(user).unwrap(), number(other).unwrap());
                for named in &mut self.stream {
                    if named.event.user as usize == other {
                        named.event.user = user as u32;
                    }
                }
            }
            Change::IgnoreSourceSessions => self.definition.session_ids = SessionIds::Ignore,
            Change::Grace { .. } | Change::Arrival { .. } => {}
        }
    }

    fn insert(&mut self, time_ms: i64, role: Role) {
        self.stream.push(Named {
            id: format!("more {}", self.stream.len()),
            event: Input {
                time_ms,
                arrival_ms: time_ms,
                role,
                start_kind: StartKind::None,
                user: 0,
                source_session: match self.definition.session_ids {
                    SessionIds::Trust => 1,
                    SessionIds::Ignore | SessionIds::Prefer => 0,
                },
            },
        });
    }
}

/// A change that is not quite enough.
fn less_than(change: &Change) -> Vec<Change> {
    match change.clone() {
        Change::Timeout { seconds } => vec![Change::Timeout {
            seconds: seconds - 1,
        }],
        Change::Background { seconds } => vec![Change::Background {
            seconds: seconds - 1,
        }],
        Change::MaxLength { seconds } => vec![Change::MaxLength {
            seconds: seconds - 1,
        }],
        Change::Event {
            from_ms, until_ms, ..
        } => [from_ms - 1, until_ms].map(event_at).to_vec(),
        Change::Events {
            count,
            after_ms,
            first_until_ms,
            before_ms,
            wait_ms,
        } => vec![Change::Events {
            count: count - 1,
            after_ms,
            first_until_ms,
            before_ms,
            wait_ms,
        }],
        _ => Vec::new(),
    }
}

fn event_at(time_ms: i64) -> Change {
    Change::Event {
        from_ms: time_ms,
        until_ms: time_ms + 1,
        in_background: false,
    }
}

/// One way through each barrier, all combinations.
fn routes(barriers: &[Barrier]) -> Vec<Vec<&[Change]>> {
    let mut routes = vec![Vec::new()];
    for barrier in barriers {
        routes = routes
            .into_iter()
            .flat_map(|route| {
                barrier.ways.iter().map(move |way| {
                    let mut longer = route.clone();
                    longer.push(way.as_slice());
                    longer
                })
            })
            .collect();
    }
    routes
}

/// The kinds of changes that were made.
type Kinds = HashSet<Discriminant<Change>>;

/// Proves one answer; gives the number of changes that were made.
fn prove(case: &Case, kinds: &mut Kinds, note: &str) -> usize {
    let (joining, words) = case.joining();
    let note = format!(
        "{note}{}\n{:#?}\n{joining:#?}\n{words}\n",
        case.definition.to_json(),
        case.stream
    );
    assert!(!joining.barriers.is_empty(), "{note}nothing parts them");
    assert!(!case.is_one_with(&[]), "{note}they are one");
    let changes_strangers = |change: &Change| {
        matches!(
            change,
            Change::SameUser { .. } | Change::IgnoreSourceSessions
        )
    };
    let mut proven = 0;
    for route in routes(&joining.barriers) {
        let all: Vec<&Change> = route.iter().copied().flatten().collect();
        if case.has_strangers && all.iter().any(|change| changes_strangers(change)) {
            continue;
        }
        let mut changed = case.definition.clone();
        let mut probe = Case {
            definition: case.definition.clone(),
            stream: case.stream.clone(),
            members: Vec::new(),
            has_strangers: false,
        };
        all.iter().for_each(|change| probe.apply(change));
        std::mem::swap(&mut changed, &mut probe.definition);
        assert_eq!(changed.validate(), Ok(()), "{note}not allowed: {all:?}");
        assert!(case.is_one_with(&all), "{note}not one with {all:?}");
        proven += all.len();
        kinds.extend(all.iter().map(|change| discriminant(*change)));
        // It loosens all limits at once.
        if all.contains(&&Change::SameAtLimit) {
            continue;
        }
        for skipped in 0..route.len() {
            let others: Vec<&Change> = (0..route.len())
                .filter(|index| *index != skipped)
                .flat_map(|index| route[index])
                .collect();
            assert!(!case.is_one_with(&others), "{note}one with {others:?}");
        }
        for (index, change) in all.iter().enumerate() {
            for less in less_than(change) {
                let mut others = all.clone();
                others[index] = &less;
                assert!(!case.is_one_with(&others), "{note}one with {others:?}");
            }
            if let Change::Event {
                from_ms, until_ms, ..
            } = change
            {
                for time_ms in [until_ms - 1, from_ms + (until_ms - from_ms) / 2] {
                    let inside = event_at(time_ms);
                    let mut others = all.clone();
                    others[index] = &inside;
                    assert!(case.is_one_with(&others), "{note}not one with {others:?}");
                }
            }
        }
    }
    proven
}

#[test]
fn what_is_named_makes_two_sessions_one_and_less_does_not() {
    let seed = seed();
    let (mut pair_count, mut proven) = (0, 0);
    let mut kinds = Kinds::new();
    for trace in 0..6_000_u64 {
        let mut random = Random(u64::wrapping_add(seed, trace.wrapping_mul(0x2545_f491)));
        let definition = random.definition();
        let stream = random.stream(&definition);
        for case in Case::all(&definition, &stream) {
            pair_count += 1;
            proven += prove(
                &case,
                &mut kinds,
                &format!("DWELL_TEST_SEED={seed} trace {trace}\n"),
            );
        }
    }
    println!("{pair_count} pairs, {proven} changes");
    // Its case is stated: it takes a day of 25 hours.
    kinds.insert(discriminant(&Change::NoBackground));
    // All but those of arrivals.
    assert_eq!(kinds.len(), 14, "some kind of change is never made");
    assert!(
        proven > pair_count && pair_count > 6_000,
        "too dull: {pair_count}, {proven}"
    );
}
