//! Random traces: definitions of all kinds, and events whose times and arrivals lie around what the
//! events before them make decisive. Knows the model and no engine.

use std::fmt::Write as _;

use dwell_model::definition::Role;
use dwell_model::time::{format_utc, parse_text};
use dwell_model::{Definition, StartKind, Zone};
use dwell_sessionizer::Input;

use super::model::{Model, day_end};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Zones, and instants shortly before their clocks change: the clock goes back or forward at night,
/// at midnight, just after it, or over a whole day.
const CLOCK_CHANGES: [(&str, &str); 10] = [
    ("Europe/Rome", "2026-03-28T22:30:00Z"),
    ("Europe/Rome", "2026-10-24T21:30:00Z"),
    ("Africa/Cairo", "2025-04-24T21:00:00Z"),
    ("Africa/Cairo", "2025-10-30T20:00:00Z"),
    ("America/Havana", "2025-03-09T04:00:00Z"),
    ("America/Havana", "2025-11-02T03:30:00Z"),
    ("Pacific/Apia", "2011-12-30T09:30:00Z"),
    ("Pacific/Apia", "2011-12-29T08:00:00Z"),
    ("America/St_Johns", "2006-10-29T02:20:00Z"),
    ("UTC", "2026-03-10T23:50:00Z"),
];

/// One stream under one definition.
pub(crate) struct Trace {
    pub(crate) definition: Definition,
    /// In order.
    pub(crate) events: Vec<Input>,
}

impl Trace {
    /// As [`Model::new`].
    pub(crate) fn model(&self) -> Model<'_> {
        Model::new(&self.definition, &self.events)
    }

    /// The trace for people, one event a line.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.definition.to_json());
        for (place, event) in self.events.iter().enumerate() {
            let Input {
                time_ms,
                arrival_ms,
                role,
                start_kind,
                user,
                source_session,
            } = event;
            let (time, arrival) = (format_utc(*time_ms), format_utc(*arrival_ms));
            let _ = writeln!(
                text,
                "{place:3} {role:10} at {time} ({time_ms}) arrived {arrival} ({:+}) {start_kind} \
                 user {user} source session {source_session}",
                arrival_ms - time_ms
            );
        }
        text
    }

    /// The trace without every event that it can do without and still fail.
    pub(crate) fn shrunk(mut self, fails: impl Fn(&Self) -> bool) -> Self {
        let mut place = self.events.len();
        let mut has_shrunk = false;
        loop {
            if place == 0 {
                if !has_shrunk {
                    return self;
                }
                (place, has_shrunk) = (self.events.len(), false);
                continue;
            }
            place -= 1;
            let event = self.events.remove(place);
            match fails(&self) {
                true => has_shrunk = true,
                false => self.events.insert(place, event),
            }
        }
    }
}

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one trace under one seed.
    pub(crate) fn of_trace(seed: u64, trace: u64) -> Self {
        let mut random = Self(seed ^ trace.wrapping_mul(0x2545_f491_4f6c_dd1d));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: i64) -> i64 {
        (self.next() % end.max(1) as u64) as i64
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// A trace of up to 40 events, mostly far fewer.
    pub(crate) fn trace(&mut self) -> Trace {
        let length = match self.below(20) {
            0 => 20 + self.below(21),
            1..=5 => 10 + self.below(11),
            _ => 2 + self.below(9),
        };
        self.trace_of(length)
    }

    /// A trace of more than 80 events.
    pub(crate) fn long_trace(&mut self) -> Trace {
        let length = 80 + self.below(41);
        self.trace_of(length)
    }

    fn trace_of(&mut self, length: i64) -> Trace {
        let (zone, base) = self.one(&CLOCK_CHANGES);
        let definition = self.definition(zone);
        let base_ms = parse_text(base, Zone::UTC).unwrap() + self.below(2 * HOUR_MS);
        let events = self.events(&definition, base_ms, length as usize);
        Trace { definition, events }
    }

    fn definition(&mut self, zone: &str) -> Definition {
        let inactivity = self
            .chance(85)
            .then(|| self.one(&[60, 61, 300, 1_800, 1_800, 43_200, 86_400]));
        let day_in = (inactivity.is_none() || self.chance(35)).then_some(zone);
        let background = self.chance(40).then(|| {
            let end = inactivity.unwrap_or(86_400);
            self.one(&[0, 1, 30, 60, end - 1, end]).min(end)
        });
        let max_length = self
            .chance(50)
            .then(|| self.one(&[60, 90, 1_800, 3_600, 86_400, 604_800]));
        let holds = max_length.is_some_and(|seconds| seconds <= 86_400) && self.chance(50);
        let graces: &[i64] = match inactivity {
            // Where 48 h can be over before the grace.
            None | Some(86_400) => &[0, 600, 86_400, 86_400, 86_400],
            _ => &[0, 1, 600, 600, 3_600, 86_400, 86_400],
        };
        let json = serde_json::json!({
            "name": "v",
            "scope": self.one(&["device", "user"]),
            "session_ids": self.one(&["ignore", "ignore", "prefer", "trust"]),
            "limits": {
                "inactivity_seconds": inactivity,
                "background_seconds": background,
                "max_length_seconds": max_length,
                "day_in": day_in,
                "foreground_holds": holds,
            },
            "gap_at_timeout": self.one(&["new", "same"]),
            "grace_seconds": self.one(graces),
        });
        Definition::from_json(&json.to_string()).unwrap()
    }

    /// Events in order. They are made one after the other, each with regard to the sessions of
    /// those before it.
    fn events(&mut self, definition: &Definition, base_ms: i64, length: usize) -> Vec<Input> {
        let roles = match self.below(4) {
            0 => Role::ALL,
            1 => &[Role::Activity, Role::Activity, Role::Passive, Role::Extend],
            // Mostly activity, so that sessions grow long.
            _ => &[
                Role::Activity,
                Role::Activity,
                Role::Activity,
                Role::Activity,
                Role::Passive,
                Role::Foreground,
                Role::Background,
                Role::Extend,
                Role::End,
            ],
        };
        let (user_count, source_count) = (self.one(&[1, 1, 2, 3]), self.one(&[1, 2, 3]));
        let (pauses_ms, late_ms) = (pauses(definition), definition.late_after_ms());
        let is_jittery = self.chance(75);
        // Offline buffers: most events arrive with the one before.
        let batched_percent = self.one(&[0, 0, 0, 85]);
        let mut events: Vec<(String, Input)> = Vec::new();
        let (mut times_ms, mut arrivals_ms) = (vec![base_ms], vec![base_ms]);
        for ordinal in 0..length {
            if ordinal % 2 == 1 || ordinal < 4 {
                (times_ms, arrivals_ms) = decisive(definition, &events, base_ms);
            }
            let jitter_ms = match is_jittery {
                true => self.one(&[-1, 0, 0, 0, 1]),
                false => 0,
            };
            let newest_ms = events.iter().map(|(_, event)| event.time_ms).max();
            let newest_ms = newest_ms.unwrap_or(base_ms);
            let any_pause_ms = self.one(&pauses_ms);
            let some_pause_ms = self.below(any_pause_ms + 1);
            let time_ms = match self.below(10) {
                _ if self.chance(batched_percent - 10) => newest_ms + self.below(late_ms),
                0..3 => newest_ms + some_pause_ms,
                3 => newest_ms + any_pause_ms + jitter_ms,
                4..6 => self.one(&times_ms) + jitter_ms,
                6 => self.one(&times_ms) - any_pause_ms + jitter_ms,
                7 => self.one(&times_ms) - some_pause_ms,
                8 => self.one(&times_ms) + some_pause_ms,
                _ => self.one(&times_ms),
            };
            let source_session = self.below(source_count) as u32;
            let event = Input {
                time_ms,
                arrival_ms: 0,
                role: self.one(roles),
                start_kind: self.one(StartKind::ALL),
                user: self.below(user_count) as u32,
                source_session,
            };
            let before_ms = events.last().map(|(_, before)| before.arrival_ms);
            let arrival_ms = match before_ms {
                Some(before_ms) if self.chance(batched_percent) => before_ms.max(time_ms),
                None if self.chance(batched_percent) => {
                    time_ms + late_ms + definition.grace_ms() + self.below(2 * late_ms)
                }
                _ => self.arrival(definition, &event, &arrivals_ms, jitter_ms),
            };
            // Ids in no order of time, some of them beyond ASCII.
            let id = format!("{}{ordinal}", self.one(&["a", "b", "é", "Z", "~"]));
            events.push((
                id,
                Input {
                    arrival_ms,
                    ..event
                },
            ));
        }
        events.sort_by(|(a_id, a), (b_id, b)| a.in_order(a_id, b, b_id));
        events.into_iter().map(|(_, event)| event).collect()
    }

    fn arrival(
        &mut self,
        definition: &Definition,
        event: &Input,
        arrivals_ms: &[i64],
        jitter_ms: i64,
    ) -> i64 {
        let grace_ms = definition.grace_ms();
        let newest_ms = arrivals_ms[0];
        let arrival_ms = match self.below(13) {
            0..2 => event.time_ms + self.below(2_000),
            2 => event.time_ms,
            3..5 => newest_ms.max(event.time_ms) + self.below(2),
            5 => self.one(arrivals_ms),
            6..9 => self.one(arrivals_ms) + jitter_ms,
            9 => {
                let late_ms = definition.late_after_ms();
                let delays_ms = [grace_ms, late_ms, grace_ms + late_ms, 2 * DAY_MS];
                event.time_ms + self.one(&delays_ms) + jitter_ms
            }
            10 => event.time_ms + self.below(2 * grace_ms + 1),
            11 => event.time_ms + self.below(4 * (grace_ms + definition.late_after_ms())),
            _ => event.time_ms - self.one(&[1, HOUR_MS, DAY_MS]),
        };
        // Earlier ones are quarantined.
        arrival_ms.max(event.time_ms - DAY_MS)
    }
}

/// Pauses that matter to a definition.
fn pauses(definition: &Definition) -> Vec<i64> {
    let limits = &definition.limits;
    let mut pauses_ms = vec![0, 1, 299_999, 300_000, 300_001];
    for seconds in [
        limits.inactivity_seconds,
        limits.background_seconds,
        limits.max_length_seconds,
    ] {
        pauses_ms.extend(seconds.map(|seconds| seconds * 1_000));
    }
    // The commonest, once more.
    pauses_ms.extend(limits.inactivity_seconds.map(|seconds| seconds * 1_000));
    if limits.day_in.is_some() {
        pauses_ms.extend([10 * HOUR_MS, DAY_MS, DAY_MS + HOUR_MS]);
    }
    pauses_ms
}

/// The times around which the next event's time, and those around which its arrival, decides
/// something. The first arrival is the newest.
fn decisive(
    definition: &Definition,
    events: &[(String, Input)],
    base_ms: i64,
) -> (Vec<i64>, Vec<i64>) {
    let mut sorted = events.to_vec();
    sorted.sort_by(|(a_id, a), (b_id, b)| a.in_order(a_id, b, b_id));
    let events: Vec<Input> = sorted.into_iter().map(|(_, event)| event).collect();
    let newest_ms = events.iter().map(|event| event.arrival_ms).max();
    let mut times_ms = vec![base_ms];
    let mut arrivals_ms = vec![newest_ms.unwrap_or(base_ms)];
    let grace_ms = definition.grace_ms();
    let inactivity_ms = definition.late_after_ms();
    times_ms.extend(definition.limits.day_in.map(|zone| day_end(zone, base_ms)));
    for event in &events {
        let (time_ms, arrival_ms) = (event.time_ms, event.arrival_ms);
        times_ms.push(time_ms);
        arrivals_ms.extend([
            arrival_ms,
            arrival_ms.max(time_ms) + grace_ms,
            arrival_ms + inactivity_ms,
            time_ms + inactivity_ms + grace_ms,
        ]);
    }
    for session in &Model::new(definition, &events).sessions().sessions {
        times_ms.extend([
            session.started_at_ms,
            session.ended_at_ms,
            session.closes_at_ms,
            session.closes_at_ms,
        ]);
        // The expiry twice: around it most is decided.
        arrivals_ms.extend([session.expires_at_ms, session.expires_at_ms]);
        arrivals_ms.push(session.ended_at_ms + 2 * DAY_MS);
    }
    (times_ms, arrivals_ms)
}
