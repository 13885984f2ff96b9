//! Longer streams at random; a failure names the seed that repeats it (`DWELL_TEST_SEED`).

use dwell_model::definition::Role;
use dwell_model::time::parse_text;
use dwell_model::{Definition, StartKind, Zone};
use dwell_sessionizer::{Input, Rules, sessions, walk};

use super::naive::compare_once;

const TRACES: u64 = 20_000;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }

    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn definition(&mut self) -> Definition {
        let inactivity = self
            .chance(80)
            .then(|| self.one(&[60, 61, 300, 1_800, 86_400]));
        let background = self.chance(50).then(|| {
            let end = inactivity.unwrap_or(86_400);
            self.one(&[0, 1, 30, 60, end]).min(end)
        });
        let max_length = self
            .chance(50)
            .then(|| self.one(&[60, 90, 3_600, 86_400, 604_800]));
        let zones = [
            "UTC",
            "Europe/Rome",
            "America/St_Johns",
            "Africa/Cairo",
            "Pacific/Apia",
        ];
        let day_in = (inactivity.is_none() || self.chance(30)).then(|| self.one(&zones));
        let holds = max_length.is_some_and(|seconds| seconds <= 86_400) && self.chance(50);
        let json = serde_json::json!({
            "name": "v",
            "scope": self.one(&["device", "user"]),
            "session_ids": self.one(&["ignore", "prefer"]),
            "limits": {
                "inactivity_seconds": inactivity,
                "background_seconds": background,
                "max_length_seconds": max_length,
                "day_in": day_in,
                "foreground_holds": holds,
            },
            "gap_at_timeout": self.one(&["new", "same"]),
            "grace_seconds": self.one(&[0, 600, 86_400]),
        });
        Definition::from_json(&json.to_string()).unwrap()
    }

    /// A stream with ids, in order; its pauses lie around the limits.
    pub(crate) fn stream(&mut self, definition: &Definition) -> Vec<(String, Input)> {
        let limits = &definition.limits;
        let mut pauses_s = vec![0, 1, 299, 300, 301];
        let set = [
            limits.inactivity_seconds,
            limits.background_seconds,
            limits.max_length_seconds,
        ];
        pauses_s.extend(set.into_iter().flatten());
        if limits.day_in.is_some() {
            pauses_s.extend([600, 3_600, 36_000]);
        }
        let firsts = [
            "2006-10-29T02:20:00Z",
            "2011-12-29T20:00:00Z",
            "2025-04-24T20:00:00Z",
            "2026-03-10T22:30:00Z",
        ];
        let mut time_ms = parse_text(self.one(&firsts), Zone::UTC).unwrap();
        let roles = match self.chance(30) {
            true => Role::ALL,
            // Mostly activity, so that sessions grow long.
            false => &[
                Role::Activity,
                Role::Activity,
                Role::Activity,
                Role::Passive,
                Role::Foreground,
                Role::Background,
            ],
        };
        let (user_count, source_count) = (self.one(&[1, 2, 3]), self.one(&[1, 2, 3]));
        let late_ms = definition.late_after_ms();
        let mut stream: Vec<(String, Input)> = (0..self.below(30))
            .map(|ordinal| {
                let pause_ms = self.one(&pauses_s) * 1_000;
                time_ms += match self.chance(60) {
                    true => self.below(pause_ms.min(20_000) + 1),
                    false => (pause_ms + self.below(4) - 1).max(0),
                };
                let arrival_ms = time_ms + self.one(&[0, 0, 5, late_ms - 1, late_ms, 3 * late_ms]);
                let event = Input {
                    time_ms,
                    arrival_ms,
                    role: self.one(roles),
                    start_kind: self.one(StartKind::ALL),
                    user: self.below(user_count) as u32,
                    source_session: self.below(source_count) as u32,
                };
                // Ids in no order of time, some of them beyond ASCII.
                (
                    format!("{}{ordinal}", self.one(&["a", "b", "é", "Z", "~"])),
                    event,
                )
            })
            .collect();
        stream.sort_by(|(a_id, a), (b_id, b)| a.in_order(a_id, b, b_id));
        stream
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index as i64 + 1) as usize);
        }
    }
}

pub(crate) fn seed() -> u64 {
    let seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(2_026);
    println!("DWELL_TEST_SEED={seed}");
    seed
}

#[test]
fn random_streams_equal_the_naive_model() {
    let seed = seed();
    let (mut session_count, mut event_count) = (0, 0);
    for trace in 0..TRACES {
        let mut random = Random(seed.wrapping_add(trace.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let definition = random.definition();
        let stream: Vec<Input> = random
            .stream(&definition)
            .into_iter()
            .map(|(_, event)| event)
            .collect();
        let note = format!("DWELL_TEST_SEED={seed} trace {trace}\n");
        compare_once(&definition, &stream, &note);
        session_count += walk(&Rules::new(&definition), &stream).sessions.len();
        event_count += stream.len();
    }
    println!("{TRACES} traces, {event_count} events, {session_count} sessions");
    assert!(
        session_count > 2 * TRACES as usize,
        "the traces are too dull: {session_count}"
    );
}

#[test]
fn the_order_in_which_events_come_does_not_matter() {
    let seed = seed();
    for trace in 0..2_000 {
        let mut random = Random(seed.wrapping_add(trace * 0x2545_f491));
        let definition = random.definition();
        let rules = Rules::new(&definition);
        let stream = random.stream(&definition);
        let mut shuffled = stream.clone();
        random.shuffle(&mut shuffled);
        shuffled.sort_by(|(a_id, a), (b_id, b)| a.in_order(a_id, b, b_id));
        let walk_of = |stream: &[(String, Input)]| {
            let inputs: Vec<Input> = stream.iter().map(|(_, event)| *event).collect();
            sessions(&rules, &inputs)
        };
        assert_eq!(
            walk_of(&shuffled),
            walk_of(&stream),
            "DWELL_TEST_SEED={seed} trace {trace}"
        );
    }
}

#[test]
fn ignored_events_may_be_there_or_be_left_out() {
    let seed = seed();
    for trace in 0..2_000 {
        let mut random = Random(seed.wrapping_add(trace * 0x2545_f491));
        let definition = random.definition();
        let rules = Rules::new(&definition);
        let all: Vec<Input> = random
            .stream(&definition)
            .into_iter()
            .map(|pair| pair.1)
            .collect();
        let without: Vec<Input> = all
            .iter()
            .filter(|event| event.role != Role::Ignored)
            .copied()
            .collect();
        let (with, without) = (sessions(&rules, &all), sessions(&rules, &without));
        let times = |walk: &dwell_sessionizer::Walk| -> Vec<_> {
            let sessions = walk.sessions.iter();
            sessions
                .map(|s| (s.started_at_ms, s.closes_at_ms, s.event_count))
                .collect()
        };
        assert_eq!(
            times(&with),
            times(&without),
            "DWELL_TEST_SEED={seed} trace {trace}"
        );
        for (event, session) in all.iter().zip(&with.session_of) {
            assert!(event.role != Role::Ignored || session.is_none());
        }
    }
}
