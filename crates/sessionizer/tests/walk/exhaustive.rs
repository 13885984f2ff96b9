//! All short streams: times just before, at and just after every limit of the session so far, with
//! all roles, users and source sessions.

use dwell_model::definition::Role;
use dwell_model::time::parse_text;
use dwell_model::{Definition, StartKind, Zone};
use dwell_sessionizer::{Input, Rules, Walker};

use super::naive::{Model, compare};

/// What a stream can be made of, beside times.
struct Alphabet {
    roles: &'static [Role],
    users: &'static [u32],
    source_sessions: &'static [u32],
}

const ALL_ROLES: Alphabet = Alphabet {
    roles: Role::ALL,
    users: &[0],
    source_sessions: &[0],
};

/// Without the two that differ least from others, so that longer streams can be tried.
const MOST_ROLES: Alphabet = Alphabet {
    roles: &[
        Role::Activity,
        Role::Passive,
        Role::Start,
        Role::Foreground,
        Role::Background,
        Role::End,
    ],
    ..ALL_ROLES
};

struct Search<'a> {
    definition: &'a Definition,
    alphabet: &'a Alphabet,
    walker: Walker<'a>,
    stream_count: u64,
}

/// Tries all streams of up to `length` events from `first_ms` on.
fn try_all(limits: &str, alphabet: &Alphabet, first: &str, length: usize) -> u64 {
    let json = format!(r#"{{"name":"v",{limits}}}"#);
    let definition = Definition::from_json(&json).unwrap();
    let rules = Rules::new(&definition);
    let first_ms = parse_text(first, Zone::UTC).unwrap();
    let mut search = Search {
        definition: &definition,
        alphabet,
        walker: Walker::new(&rules),
        stream_count: 0,
    };
    search.extend(&mut Vec::new(), &[first_ms], length);
    search.stream_count
}

impl Search<'_> {
    fn extend(&mut self, stream: &mut Vec<Input>, times_ms: &[i64], length: usize) {
        for &time_ms in times_ms {
            for &role in self.alphabet.roles {
                let is_in_order = stream
                    .last()
                    .is_none_or(|last| (last.time_ms, last.role.rank()) <= (time_ms, role.rank()));
                if !is_in_order {
                    continue;
                }
                for &user in self.alphabet.users {
                    for &source_session in self.alphabet.source_sessions {
                        let event = self.event(stream.len(), time_ms, role, user, source_session);
                        stream.push(event);
                        self.try_stream(stream, length);
                        stream.pop();
                    }
                }
            }
        }
    }

    fn try_stream(&mut self, stream: &mut Vec<Input>, length: usize) {
        compare(&mut self.walker, self.definition, stream, "");
        self.stream_count += 1;
        if stream.len() == length {
            return;
        }
        let model = Model {
            definition: self.definition,
            events: stream,
        };
        let last_ms = stream[stream.len() - 1].time_ms;
        let around = |at_ms: i64| [at_ms - 1, at_ms, at_ms + 1];
        let mut times_ms: Vec<i64> = model
            .limits_of_newest()
            .into_iter()
            .flat_map(around)
            .chain([last_ms])
            .collect();
        times_ms.retain(|time_ms| *time_ms >= last_ms);
        times_ms.sort_unstable();
        times_ms.dedup();
        self.extend(stream, &times_ms, length);
    }

    /// Arrivals are late, punctual, nearly late and very late by the place in the stream, so that
    /// the order of arrival is another than that of time.
    fn event(
        &self,
        place: usize,
        time_ms: i64,
        role: Role,
        user: u32,
        source_session: u32,
    ) -> Input {
        let late_ms = self.definition.late_after_ms();
        let delay_ms = [late_ms, 0, late_ms - 1, 2 * late_ms][place % 4];
        let start_kind = StartKind::ALL[place % 3];
        let arrival_ms = time_ms + delay_ms;
        Input {
            time_ms,
            arrival_ms,
            role,
            start_kind,
            user,
            source_session,
        }
    }
}

const TEN: &str = "2026-03-10T10:00:00Z";

/// Every limit alone, with each other, and on a tie.
const LIMITS: [&str; 12] = [
    r#""inactivity_seconds":60"#,
    r#""inactivity_seconds":60,"background_seconds":60"#,
    r#""inactivity_seconds":60,"background_seconds":20"#,
    r#""inactivity_seconds":60,"background_seconds":0"#,
    r#""inactivity_seconds":60,"max_length_seconds":60"#,
    r#""inactivity_seconds":60,"background_seconds":20,"max_length_seconds":90"#,
    r#""inactivity_seconds":60,"max_length_seconds":90,"foreground_holds":true"#,
    r#""inactivity_seconds":60,"background_seconds":20,"max_length_seconds":150,
       "foreground_holds":true"#,
    r#""inactivity_seconds":400,"background_seconds":350,"max_length_seconds":900"#,
    r#""day_in":"UTC""#,
    r#""day_in":"UTC","background_seconds":20"#,
    r#""day_in":"UTC","background_seconds":20,"max_length_seconds":60,"foreground_holds":true"#,
];

#[test]
fn every_stream_of_three_events_equals_the_naive_model() {
    let mut stream_count = 0;
    for limits in LIMITS {
        for gap in ["new", "same"] {
            let rest = format!(r#""limits":{{{limits}}},"gap_at_timeout":"{gap}""#);
            stream_count += try_all(&rest, &ALL_ROLES, TEN, 3);
        }
    }
    println!("{stream_count} streams");
    assert!(stream_count > 150_000, "{stream_count}");
}

#[test]
fn every_stream_of_four_events_equals_the_naive_model() {
    let mut stream_count = 0;
    for (limits, gap) in LIMITS.iter().zip(["new", "same"].iter().cycle()) {
        let rest = format!(r#""limits":{{{limits}}},"gap_at_timeout":"{gap}","grace_seconds":0"#);
        stream_count += try_all(&rest, &MOST_ROLES, TEN, 4);
    }
    println!("{stream_count} streams");
    assert!(stream_count > 1_000_000, "{stream_count}");
}

#[test]
fn every_stream_of_five_events_without_launches_and_ends_equals_the_naive_model() {
    let roles = &[Role::Activity, Role::Foreground, Role::Background];
    let alphabet = Alphabet { roles, ..ALL_ROLES };
    let mut stream_count = 0;
    for limits in [LIMITS[2], LIMITS[4], LIMITS[6]] {
        stream_count += try_all(&format!(r#""limits":{{{limits}}}"#), &alphabet, TEN, 5);
    }
    println!("{stream_count} streams");
    assert!(stream_count > 200_000, "{stream_count}");
}

#[test]
fn every_short_stream_of_users_and_source_sessions_equals_the_naive_model() {
    let users_only = Alphabet {
        roles: &[Role::Activity, Role::Extend, Role::Passive, Role::End],
        users: &[0, 1, 2],
        source_sessions: &[0],
    };
    let both = Alphabet {
        roles: &[Role::Activity, Role::Extend, Role::Passive],
        users: &[0, 1, 2],
        source_sessions: &[0, 1, 2],
    };
    let activity = Alphabet {
        roles: &[Role::Activity, Role::Start],
        ..both
    };
    let mut stream_count = 0;
    for scope in ["device", "user"] {
        for session_ids in ["ignore", "prefer"] {
            let rest = format!(
                r#""limits":{{"inactivity_seconds":60}},"scope":"{scope}",
                   "session_ids":"{session_ids}""#
            );
            stream_count += try_all(&rest, &both, TEN, 3);
            stream_count += try_all(&rest, &activity, TEN, 3);
        }
        let rest = format!(r#""limits":{{"inactivity_seconds":60}},"scope":"{scope}""#);
        stream_count += try_all(&rest, &users_only, TEN, 4);
    }
    println!("{stream_count} streams");
    assert!(stream_count > 400_000, "{stream_count}");
}

#[test]
fn every_short_stream_around_a_strange_midnight_equals_the_naive_model() {
    let places = [
        ("Africa/Cairo", "2025-04-24T21:59:30Z"),
        ("Africa/Cairo", "2025-10-30T20:59:59.999Z"),
        ("America/Havana", "2025-11-02T03:59:59Z"),
        ("America/Havana", "2025-11-02T04:59:59Z"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z"),
        ("America/St_Johns", "2006-10-29T02:29:45Z"),
        ("America/St_Johns", "2006-10-29T02:30:45Z"),
        ("America/St_Johns", "2006-10-29T03:00:00Z"),
        ("Europe/Rome", "2026-03-10T22:59:00.500Z"),
    ];
    let mut stream_count = 0;
    for (zone, first) in places {
        for more in [
            "",
            r#","inactivity_seconds":60"#,
            r#","inactivity_seconds":90,"background_seconds":30,"max_length_seconds":60"#,
            r#","inactivity_seconds":60,"max_length_seconds":86400,"foreground_holds":true"#,
        ] {
            let rest = format!(r#""limits":{{"day_in":"{zone}"{more}}}"#);
            stream_count += try_all(&rest, &MOST_ROLES, first, 3);
        }
    }
    println!("{stream_count} streams");
    assert!(stream_count > 100_000, "{stream_count}");
}
