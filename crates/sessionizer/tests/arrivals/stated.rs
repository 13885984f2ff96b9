//! Cases of section 4 and of trust that are worked out by hand: they hold the model, and the engine
//! as well.

use dwell_model::definition::Role::{self, Activity, Background, End, Extend, Passive, Start};
use dwell_model::time::parse_text;
use dwell_model::{Definition, EndReason, StartKind, StartReason, Zone};
use dwell_sessionizer::{Input, Rules, Walk, sessions};

use super::model::Model;

const MINUTE_MS: i64 = 60_000;
const VISIT: &str = r#""limits":{"inactivity_seconds":1800},"grace_seconds":600"#;

/// An event's role and the minutes of its time and its arrival after ten o'clock; user, source
/// session.
struct At(Role, f64, f64, u32, u32);

/// A session: the places of its events, why it started, and when it closes and why.
type Expected<'a> = (&'a [usize], StartReason, f64, EndReason);

fn at(role: Role, time: impl Into<f64>, arrival: impl Into<f64>) -> At {
    At(role, time.into(), arrival.into(), 0, 0)
}

impl At {
    fn user(self, user: u32) -> Self {
        Self(self.0, self.1, self.2, user, self.4)
    }

    fn source_session(self, source_session: u32) -> Self {
        Self(self.0, self.1, self.2, self.3, source_session)
    }
}

fn ms(minutes: f64) -> i64 {
    let ten_ms = parse_text("2026-03-10T10:00:00Z", Zone::UTC).unwrap();
    ten_ms + (minutes * MINUTE_MS as f64).round() as i64
}

/// What the model and the engine find; both must be as expected.
#[track_caller]
fn check(definition: &str, events: &[At], expected: &[Expected<'_>]) -> Walk {
    let json = format!(r#"{{"name":"v",{definition}}}"#);
    let definition = Definition::from_json(&json).unwrap();
    let input = |at: &At| Input {
        time_ms: ms(at.1),
        arrival_ms: ms(at.2),
        role: at.0,
        start_kind: StartKind::None,
        user: at.3,
        source_session: at.4,
    };
    let events: Vec<Input> = events.iter().map(input).collect();
    let is_in_order = |pair: &[Input]| pair[0].in_order("", &pair[1], "").is_le();
    assert!(events.windows(2).all(is_in_order), "a case in no order");
    let model = Model::new(&definition, &events).sessions();
    let mut found = Vec::new();
    for (number, session) in (0..).zip(&model.sessions) {
        let mut places: Vec<usize> = (0..events.len()).collect();
        places.retain(|place| model.session_of[*place] == Some(number));
        let closes_at_ms = session.closes_at_ms;
        let close_reason = session.close_reason;
        found.push((places, session.start_reason, closes_at_ms, close_reason));
    }
    let expected: Vec<_> = expected
        .iter()
        .map(|(places, start, closes, close)| (places.to_vec(), *start, ms(*closes), *close))
        .collect();
    assert_eq!(found, expected, "the model");
    assert_eq!(sessions(&Rules::new(&definition), &events), model);
    model
}

use EndReason::{Background as InBackground, Ended as ByEnd, MaxLength, Midnight};
use EndReason::{Timeout, UserSwitched as ByUser};
use StartReason::{Ended, First, Forced, Late, Timeout as AfterTimeout, UserSwitched};

#[test]
fn a_session_takes_late_events_until_it_expires_and_not_at_its_expiry() {
    let (first, before, after) = (at(Activity, 0, 0), 39.99, 40);
    check(
        VISIT,
        &[first, at(Activity, 10, before)],
        &[(&[0, 1], First, 40.0, Timeout)],
    );
    let found = check(
        VISIT,
        &[at(Activity, 0, 0), at(Activity, 10, after)],
        &[(&[0], First, 30.0, Timeout), (&[1], Late, 40.0, Timeout)],
    );
    assert!(!found.sessions[1].late_born, "its own expiry is at 10:50");
}

#[test]
fn a_late_event_extends_a_session_backward() {
    let events = [at(Activity, 0, 25), at(Activity, 20, 20)];
    let found = check(VISIT, &events, &[(&[0, 1], First, 50.0, Timeout)]);
    assert_eq!(found.sessions[0].first_arrived, 1);
}

#[test]
fn a_late_event_bridges_two_sessions_unless_the_earlier_one_is_frozen() {
    let bridged = [
        at(Activity, 0, 0),
        at(Activity, 20, 39),
        at(Activity, 35, 35),
    ];
    check(VISIT, &bridged, &[(&[0, 1, 2], First, 65.0, Timeout)]);
    let frozen = [
        at(Activity, 0, 0),
        at(Activity, 20, 50),
        at(Activity, 40, 40),
    ];
    check(
        VISIT,
        &frozen,
        &[(&[0], First, 30.0, Timeout), (&[1, 2], Late, 70.0, Timeout)],
    );
}

#[test]
fn a_late_born_session_grows_until_a_quiet_time_after_its_latest_arrival() {
    let events = |last: f64| {
        [
            at(Activity, 0, 0),
            at(Activity, 5, 300),
            at(Passive, 6, 310),
            at(Activity, 7, last),
        ]
    };
    let found = check(
        VISIT,
        &events(339.99),
        &[
            (&[0], First, 30.0, Timeout),
            (&[1, 2, 3], Late, 37.0, Timeout),
        ],
    );
    assert!(found.sessions[1].late_born);
    check(
        VISIT,
        &events(340.0),
        &[
            (&[0], First, 30.0, Timeout),
            (&[1, 2], Late, 35.0, Timeout),
            (&[3], Late, 37.0, Timeout),
        ],
    );
}

#[test]
fn a_late_born_session_without_inactivity_waits_half_an_hour() {
    let day = r#""limits":{"day_in":"UTC"},"gap_at_timeout":"same","grace_seconds":0"#;
    let events = |last: f64| [at(Activity, 0, 900), at(Activity, 5, last)];
    let closes = 14.0 * 60.0;
    check(day, &events(929.99), &[(&[0, 1], First, closes, Midnight)]);
    check(
        day,
        &events(930.0),
        &[
            (&[0], First, closes, Midnight),
            (&[1], Late, closes, Midnight),
        ],
    );
}

#[test]
fn a_session_behind_a_late_born_one_is_held_back() {
    // The second one expires at 6:00, while the first waits for its buffer until 6:05.
    let events = |last: f64| {
        [
            at(Activity, 0, 335),
            at(Activity, 320, 320),
            at(Activity, 330, last),
        ]
    };
    let first: Expected<'_> = (&[0], First, 30.0, Timeout);
    check(
        VISIT,
        &events(364.99),
        &[first, (&[1, 2], AfterTimeout, 360.0, Timeout)],
    );
    check(
        VISIT,
        &events(365.0),
        &[
            first,
            (&[1], AfterTimeout, 350.0, Timeout),
            (&[2], Late, 360.0, Timeout),
        ],
    );
}

#[test]
fn an_event_after_the_end_of_a_frozen_session_follows_it_and_one_before_is_late() {
    check(
        VISIT,
        &[at(Activity, 0, 0), at(End, 10, 10), at(Activity, 11, 20)],
        &[(&[0, 1], First, 10.0, ByEnd), (&[2], Ended, 41.0, Timeout)],
    );
    check(
        VISIT,
        &[at(Activity, 0, 0), at(Activity, 5, 20), at(End, 10, 10)],
        &[(&[0, 2], First, 10.0, ByEnd), (&[1], Late, 35.0, Timeout)],
    );
    // At the same time, and before it in order: the session covers no instant from its end on.
    check(
        VISIT,
        &[at(Activity, 0, 0), at(Activity, 10, 20), at(End, 10, 10)],
        &[(&[0, 2], First, 10.0, ByEnd), (&[1], Ended, 40.0, Timeout)],
    );
}

#[test]
fn a_launch_is_forced_and_another_user_switches_after_a_frozen_session_too() {
    let first = || at(Activity, 0, 0).user(1);
    check(
        VISIT,
        &[first(), at(Start, 10, 50)],
        &[(&[0], First, 30.0, Timeout), (&[1], Forced, 40.0, Timeout)],
    );
    check(
        VISIT,
        &[first(), at(Activity, 10, 50).user(2)],
        &[
            (&[0], First, 30.0, Timeout),
            (&[1], UserSwitched, 40.0, Timeout),
        ],
    );
}

#[test]
fn only_its_limits_keep_a_frozen_session_from_taking_an_event_and_not_the_next_session() {
    // In order, the second one would be the first user's.
    check(
        VISIT,
        &[
            at(Activity, 0, 0).user(1),
            at(Activity, 10, 20).user(1),
            at(Activity, 10, 10).user(2),
        ],
        &[
            (&[0], First, 10.0, ByUser),
            (&[1], Late, 10.0, ByUser),
            (&[2], UserSwitched, 40.0, Timeout),
        ],
    );
}

#[test]
fn the_frozen_session_before_an_event_is_the_one_before_it_in_order() {
    check(
        VISIT,
        &[
            at(Activity, 0, 0),
            at(Activity, 20, 200),
            at(Activity, 100, 100),
            at(Activity, 110, 300),
        ],
        &[
            (&[0], First, 30.0, Timeout),
            (&[1], Late, 50.0, Timeout),
            (&[2], AfterTimeout, 130.0, Timeout),
            (&[3], Late, 140.0, Timeout),
        ],
    );
}

#[test]
fn an_event_without_a_session_waits_its_grace_after_its_time_and_its_arrival() {
    // Its arrival is later, then its time.
    for (arrival, gone) in [(20.0, 30.0), (-60.0, 15.0)] {
        let events = |start: f64| [at(Activity, 0, start), at(Extend, 5, arrival)];
        check(
            VISIT,
            &events(gone - 0.01),
            &[(&[0, 1], First, 35.0, Timeout)],
        );
        check(VISIT, &events(gone), &[(&[0], First, 30.0, Timeout)]);
    }
}

#[test]
fn a_late_extending_event_in_a_frozen_session_has_no_session() {
    for role in [Passive, Extend, Background, End] {
        let events = [at(Activity, 0, 0), at(role, 10, 40)];
        check(VISIT, &events, &[(&[0], First, 30.0, Timeout)]);
    }
}

#[test]
fn a_background_does_not_shorten_what_decides_a_late_birth() {
    let limits = r#""limits":{"inactivity_seconds":1800,"background_seconds":60,
        "max_length_seconds":600},"grace_seconds":60"#;
    // A single activity at 10:00 would expire at 10:11, this one at 10:02.
    let events = |arrival: f64| [at(Start, 0, arrival), at(Background, 0, arrival)];
    let expected: [Expected<'_>; 1] = [(&[0, 1], First, 1.0, InBackground)];
    assert!(!check(limits, &events(10.99), &expected).sessions[0].late_born);
    assert!(check(limits, &events(11.0), &expected).sessions[0].late_born);
}

#[test]
fn a_session_expires_48_hours_after_its_last_event() {
    let limits = r#""limits":{"inactivity_seconds":86400},"gap_at_timeout":"same""#;
    let hours = |hours: f64| hours * 60.0;
    let closes = |hours_later: f64| hours(24.0 + hours_later) + 1.0 / 60_000.0;
    let events = |arrival: f64| [at(Activity, 0, 0), at(Activity, hours(12.0), arrival)];
    check(
        limits,
        &events(hours(48.0) - 0.01),
        &[(&[0, 1], First, closes(12.0), Timeout)],
    );
    check(
        limits,
        &events(hours(48.0)),
        &[
            (&[0], First, closes(0.0), Timeout),
            (&[1], Late, closes(12.0), Timeout),
        ],
    );
}

#[test]
fn a_trusted_session_has_a_stream_of_its_own_and_is_shown_as_closed_by_the_inactivity() {
    let trust = r#""session_ids":"trust","limits":{"inactivity_seconds":1800,
        "max_length_seconds":10800,"background_seconds":60},"grace_seconds":600"#;
    let punctual = |role: Role, time: i32| at(role, time, time);
    let found = check(
        trust,
        &[
            punctual(Activity, 0).source_session(7),
            punctual(Background, 1),
            punctual(Activity, 2),
            punctual(Activity, 90).source_session(8),
            punctual(Activity, 100).source_session(8),
            punctual(Background, 100).source_session(7),
            punctual(Activity, 179).source_session(7),
            punctual(Activity, 185).source_session(7),
        ],
        &[
            (&[0, 5, 6], First, 180.0, MaxLength),
            (&[2], First, 32.0, Timeout),
            (&[3, 4], First, 130.0, Timeout),
            (&[7], StartReason::MaxLength, 215.0, Timeout),
        ],
    );
    let expires_at_ms: Vec<i64> = found.sessions.iter().map(|s| s.expires_at_ms).collect();
    let expected = [190.0, 42.0, 280.0, 375.0].map(ms);
    assert_eq!(expires_at_ms, expected, "from its real closing");
}
