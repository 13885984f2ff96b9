//! `session_ids: trust` (sessions, section 2): a stream of its own for each source session.

use dwell_model::definition::Role::{self, Activity, Background, End, Ignored, Passive};
use dwell_model::definition::SessionIds;
use dwell_model::{Definition, EndReason, Session, StartKind, StartReason};
use dwell_sessionizer::{Input, Rules, Walker, sessions, walk};

use super::random::{Random, seed};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

fn definition(limits: &str, more: &str) -> Definition {
    let json = format!(
        r#"{{"name":"v","session_ids":"trust",
            "limits":{{"inactivity_seconds":1800{limits}}}{more}}}"#
    );
    Definition::from_json(&json).unwrap()
}

/// An event that arrives at once.
fn event(time_ms: i64, source_session: u32) -> Input {
    Input {
        time_ms,
        arrival_ms: time_ms,
        role: Activity,
        start_kind: StartKind::None,
        user: 0,
        source_session,
    }
}

fn with_role(event: Input, role: Role) -> Input {
    Input { role, ..event }
}

#[test]
fn every_source_session_is_a_stream_of_its_own_and_sessions_stand_by_their_first_event() {
    let events = [
        event(0, 7),
        event(MINUTE_MS, 3),
        with_role(event(2 * MINUTE_MS, 3), Ignored),
        with_role(event(2 * MINUTE_MS, 3), Passive),
        event(3 * MINUTE_MS, 7),
        event(4 * MINUTE_MS, 0),
        event(5 * MINUTE_MS, 3),
    ];
    let walk = sessions(&Rules::new(&definition("", "")), &events);
    assert_eq!(
        walk.session_of,
        [Some(0), Some(1), None, Some(1), Some(0), Some(2), Some(1)]
    );
    let told = |session: &Session| {
        (
            session.first_event,
            session.last_extending,
            session.first_arrived,
            session.event_count,
            session.source_session,
            session.start_reason,
        )
    };
    assert_eq!(
        walk.sessions.iter().map(told).collect::<Vec<_>>(),
        [
            (0, 4, 0, 2, 7, StartReason::First),
            (1, 6, 1, 3, 3, StartReason::First),
            (5, 5, 5, 1, 0, StartReason::First),
        ]
    );
}

#[test]
fn inside_a_source_session_inactivity_counts_as_24_hours() {
    let day_ms = 24 * HOUR_MS;
    for (more, pause_ms) in [("", day_ms), (r#","gap_at_timeout":"same""#, day_ms + 1)] {
        let rules = Rules::new(&definition("", more));
        let one = sessions(&rules, &[event(0, 1), event(pause_ms - 1, 1)]);
        assert_eq!(one.sessions.len(), 1, "{more}");
        let two = sessions(&rules, &[event(0, 1), event(pause_ms, 1)]);
        assert_eq!(two.sessions.len(), 2, "{more}");
        assert_eq!(two.sessions[1].start_reason, StartReason::Timeout, "{more}");
    }
}

#[test]
fn inside_a_source_session_background_and_day_are_no_limits() {
    let limits = r#","background_seconds":60,"day_in":"UTC""#;
    let rules = Rules::new(&definition(limits, ""));
    let events = |source_session| {
        [
            event(0, source_session),
            with_role(event(MINUTE_MS, source_session), Background),
            event(3 * MINUTE_MS, source_session),
            event(24 * HOUR_MS - 1, source_session),
            event(24 * HOUR_MS, source_session),
        ]
    };
    assert_eq!(sessions(&rules, &events(1)).sessions.len(), 1);
    let plain = sessions(&rules, &events(0));
    let reasons = plain.sessions.iter().map(|session| session.start_reason);
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [
            StartReason::First,
            StartReason::Background,
            StartReason::Timeout,
            StartReason::Midnight,
        ]
    );
}

#[test]
fn inside_a_source_session_the_maximum_length_an_end_and_another_user_part() {
    let rules = Rules::new(&definition(r#","max_length_seconds":7200"#, ""));
    let known = |user, event| Input { user, ..event };
    let events = [
        event(0, 1),
        event(HOUR_MS, 1),
        event(2 * HOUR_MS, 1),
        with_role(event(2 * HOUR_MS + 1, 1), End),
        known(1, event(2 * HOUR_MS + 2, 1)),
        known(2, event(2 * HOUR_MS + 3, 1)),
    ];
    let reasons = |definition: &Definition| -> Vec<StartReason> {
        let walk = sessions(&Rules::new(definition), &events);
        let sessions = walk.sessions.iter();
        sessions.map(|session| session.start_reason).collect()
    };
    let parted = [
        StartReason::First,
        StartReason::MaxLength,
        StartReason::Ended,
        StartReason::UserSwitched,
    ];
    let limits = r#","max_length_seconds":7200"#;
    assert_eq!(reasons(&definition(limits, "")), parted);
    assert_eq!(
        reasons(&definition(limits, r#","scope":"user""#)),
        parted[..3]
    );
    assert_eq!(walk(&rules, &events), sessions(&rules, &events));
}

#[test]
fn a_trusted_session_is_shown_as_closed_by_the_configured_inactivity_and_takes_late_events_longer()
{
    let rules = Rules::new(&definition("", ""));
    let shown = sessions(&rules, &[event(0, 1)]).sessions[0];
    assert_eq!(shown.closes_at_ms, 30 * MINUTE_MS);
    assert_eq!(shown.close_reason, EndReason::Timeout);
    // 24 h of inactivity and 24 h of grace.
    assert_eq!(shown.expires_at_ms, 48 * HOUR_MS);

    let late = |arrival_ms| Input {
        arrival_ms,
        ..event(20 * HOUR_MS, 1)
    };
    let count = |arrival_ms| {
        sessions(&rules, &[event(0, 1), late(arrival_ms)])
            .sessions
            .len()
    };
    assert_eq!((count(48 * HOUR_MS - 1), count(48 * HOUR_MS)), (1, 2));

    let same = Rules::new(&definition("", r#","gap_at_timeout":"same""#));
    let shown = sessions(&same, &[event(0, 1)]).sessions[0];
    assert_eq!(shown.closes_at_ms, 30 * MINUTE_MS + 1);
}

#[test]
fn what_closes_a_trusted_session_before_the_configured_inactivity_is_shown_as_it_is() {
    let ended = [event(0, 1), with_role(event(MINUTE_MS, 1), End)];
    let rules = Rules::new(&definition("", ""));
    let session = sessions(&rules, &ended).sessions[0];
    assert_eq!(
        (session.closes_at_ms, session.close_reason),
        (MINUTE_MS, EndReason::Ended)
    );
    let rules = Rules::new(&definition(r#","max_length_seconds":600"#, ""));
    let session = sessions(&rules, &[event(0, 1)]).sessions[0];
    assert_eq!(
        (session.closes_at_ms, session.close_reason),
        (10 * MINUTE_MS, EndReason::MaxLength)
    );
    // With a day alone, nothing but the 24 h is there to be shown.
    let day = r#"{"name":"v","session_ids":"trust","limits":{"day_in":"UTC"}}"#;
    let rules = Rules::new(&Definition::from_json(day).unwrap());
    let session = sessions(&rules, &[event(HOUR_MS, 1)]).sessions[0];
    assert_eq!(
        (session.closes_at_ms, session.close_reason),
        (25 * HOUR_MS, EndReason::Timeout)
    );
}

#[test]
fn lateness_in_a_source_session_is_by_the_configured_inactivity() {
    let rules = Rules::new(&definition("", ""));
    let late = |delay_ms| Input {
        arrival_ms: delay_ms,
        ..event(0, 1)
    };
    let count = |delay_ms| sessions(&rules, &[late(delay_ms)]).sessions[0].late_count;
    assert_eq!((count(30 * MINUTE_MS - 1), count(30 * MINUTE_MS)), (0, 1));
}

#[test]
fn a_late_born_source_session_waits_24_hours_for_its_next_event() {
    let rules = Rules::new(&definition("", ""));
    let born_ms = 72 * HOUR_MS;
    let with_next = |arrival_ms| {
        let late = |time_ms, arrival_ms| Input {
            arrival_ms,
            ..event(time_ms, 1)
        };
        sessions(&rules, &[late(0, born_ms), late(1, arrival_ms)])
    };
    let one = with_next(born_ms + 24 * HOUR_MS - 1);
    assert_eq!(one.sessions.len(), 1);
    assert!(one.sessions[0].late_born);
    let two = with_next(born_ms + 24 * HOUR_MS);
    assert_eq!(two.sessions.len(), 2);
    assert_eq!(two.sessions[1].start_reason, StartReason::Late);
}

/// Each source session by itself, by the definition that trust makes of it.
#[test]
fn a_trusted_stream_is_its_parts() {
    let seed = seed();
    let mut session_count = 0;
    for trace in 0..5_000 {
        let mut random = Random(seed.wrapping_add(trace * 0x2545_f491));
        let mut definition = random.definition();
        let stream: Vec<Input> = random
            .stream(&definition)
            .into_iter()
            .map(|(_, event)| event)
            .collect();
        let note = format!(
            "DWELL_TEST_SEED={seed} trace {trace}\n{}",
            definition.to_json()
        );
        definition.session_ids = SessionIds::Ignore;
        let plain = definition.clone();
        definition.session_ids = SessionIds::Trust;
        let mut inside = plain.clone();
        inside.limits.inactivity_seconds = Some(86_400);
        inside.limits.background_seconds = None;
        inside.limits.day_in = None;

        let mut expected: Vec<Session> = Vec::new();
        for source_session in 0..3 {
            let of_part = |place: &u32| {
                stream[*place as usize].source_session == source_session
                    && stream[*place as usize].role != Ignored
            };
            let places: Vec<u32> = (0..stream.len() as u32).filter(of_part).collect();
            let part: Vec<Input> = places.iter().map(|place| stream[*place as usize]).collect();
            let rules = Rules::new(if source_session == 0 { &plain } else { &inside });
            let walk = sessions(&rules, &part);
            for (number, session) in (0..).zip(walk.sessions) {
                let mut session = Session {
                    first_event: places[session.first_event as usize],
                    last_extending: places[session.last_extending as usize],
                    first_arrived: places[session.first_arrived as usize],
                    ..session
                };
                if source_session != 0 {
                    let late = part.iter().zip(&walk.session_of).filter(|(event, of)| {
                        let delay_ms = event.arrival_ms - event.time_ms;
                        **of == Some(number) && delay_ms >= plain.late_after_ms()
                    });
                    session.late_count = late.count() as u32;
                    let wait_ms = plain.inactivity_ms().unwrap_or(i64::MAX / 2);
                    if session.ended_at_ms + wait_ms < session.closes_at_ms {
                        session.closes_at_ms = session.ended_at_ms + wait_ms;
                        session.close_reason = EndReason::Timeout;
                    }
                }
                expected.push(session);
            }
        }
        expected.sort_by_key(|session| session.first_event);

        let rules = Rules::new(&definition);
        let mut walker = Walker::new(&rules);
        let found = walker.sessions(&stream).clone();
        assert_eq!(found.sessions, expected, "{note}");
        assert_eq!(walker.settle(&stream), &found, "{note}");
        for (number, session) in (0..).zip(&found.sessions) {
            let events = found.session_of.iter().filter(|of| **of == Some(number));
            assert_eq!(events.count(), session.event_count as usize, "{note}");
            let first = found.session_of[session.first_event as usize];
            assert_eq!(first, Some(number), "{note}");
        }
        session_count += expected.len();
    }
    assert!(session_count > 10_000, "{session_count}");
}
