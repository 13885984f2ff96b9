//! Every reason in words. The sessions come from the walk itself.

use dwell_model::definition::Role;
use dwell_model::time::parse_text;
use dwell_model::{Definition, Properties, StartReason, Zone};

use super::*;
use crate::{Input, Rules, walk};

mod late;

fn utc(text: &str) -> i64 {
    parse_text(text, Zone::UTC).unwrap()
}

/// A stream, its definition and a moment.
struct Story {
    definition: &'static str,
    zone: &'static str,
    /// Time, name, user, source session.
    events: &'static [(&'static str, &'static str, u32, u32)],
    now: &'static str,
}

const USERS: [Option<&str>; 3] = [None, Some("u1"), Some("u2")];
const SOURCE_SESSIONS: [Option<&str>; 3] = [None, Some("s1"), Some("s2")];

impl Story {
    /// What is told of each session, with and without its neighbours.
    fn told(&self) -> Vec<(Explanation, Explanation)> {
        let definition = Definition::from_json(self.definition).unwrap();
        let rules = Rules::new(&definition);
        let inputs: Vec<Input> = self
            .events
            .iter()
            .map(|(time, name, user, source_session)| {
                let (role, start_kind) = rules.role_of(name, Properties::new);
                let (time_ms, user, source_session) = (utc(time), *user, *source_session);
                Input {
                    time_ms,
                    arrival_ms: time_ms,
                    role,
                    start_kind,
                    user,
                    source_session,
                }
            })
            .collect();
        let sessions = walk(&rules, &inputs).sessions;
        let told: Vec<Told<'_>> = sessions
            .iter()
            .map(|session| Told {
                user: USERS[session.user as usize],
                source_session: SOURCE_SESSIONS[session.source_session as usize],
                ..Told::of(
                    session,
                    self.events[session.first_event as usize].1,
                    self.events[session.last_extending as usize].1,
                )
            })
            .collect();
        (0..told.len())
            .map(|index| {
                let question = Question {
                    definition: &definition,
                    owner: Owner::Device,
                    session: told[index],
                    previous: index.checked_sub(1).map(|before| told[before]),
                    next: told.get(index + 1).copied(),
                    now_ms: utc(self.now),
                    zone: Zone::parse(self.zone).unwrap(),
                };
                let alone = Question {
                    previous: None,
                    next: None,
                    ..question
                };
                (explain(&question), explain(&alone))
            })
            .collect()
    }

    /// The start of the last session and the end of the first, with and without the neighbours.
    #[track_caller]
    fn check(&self, started: [&str; 2], ended: [&str; 2]) {
        let told = self.told();
        let (last, last_alone) = &told[told.len() - 1];
        let (first, first_alone) = &told[0];
        assert_eq!([last.started.as_str(), &last_alone.started], started);
        assert_eq!([first.ended.as_str(), &first_alone.ended], ended);
    }
}

const VISIT: &str = r#"{"name":"visit",
    "limits":{"inactivity_seconds":1800,"background_seconds":60,"max_length_seconds":86400},
    "session_ids":"prefer",
    "roles":[{"event":"app_foregrounded","role":"foreground"},
             {"event":"app_backgrounded","role":"background"},
             {"event":"app_launched","role":"start"},
             {"event":"NewSession","role":"start","start_kind":"none"},
             {"event":"app_terminated","role":"end"}]}"#;

#[test]
fn a_timeout_is_told_with_the_pause_and_the_limit() {
    Story {
        definition: VISIT,
        zone: "Europe/Berlin",
        events: &[
            ("2026-11-20T07:37:08Z", "A", 0, 0),
            ("2026-11-20T10:22:08Z", "app_foregrounded", 0, 0),
        ],
        now: "2026-11-20T14:00:00Z",
    }
    .check(
        [
            "First event after 2h 45m without activity, longer than the 30 min timeout. The app \
             was still in memory, so this is a warm start.",
            "First event after the 30 min timeout. The app was still in memory, so this is a warm \
             start.",
        ],
        [
            "No qualifying event for 30 min after 08:37:08. Late events are still accepted until \
             Sat 21 Nov 09:07 (grace 24 h).",
            "No qualifying event for 30 min after 08:37:08. Late events are still accepted until \
             Sat 21 Nov 09:07 (grace 24 h).",
        ],
    );
}

#[test]
fn a_pause_of_exactly_or_just_over_the_timeout_is_told_as_such() {
    let started = |definition, second| {
        let events: &[_] = match second {
            0 => &[
                ("2026-11-20T10:00:00Z", "A", 0, 0),
                ("2026-11-20T10:30:00Z", "B", 0, 0),
            ],
            _ => &[
                ("2026-11-20T10:00:00Z", "A", 0, 0),
                ("2026-11-20T10:30:00.001Z", "B", 0, 0),
            ],
        };
        let story = Story {
            definition,
            zone: "UTC",
            events,
            now: "2026-11-20T14:00:00Z",
        };
        story.told()[1].0.started.clone()
    };
    assert_eq!(
        started(VISIT, 0),
        "First event after 30m without activity, exactly the 30 min timeout."
    );
    let same = r#"{"name":"v","limits":{"inactivity_seconds":1800},"gap_at_timeout":"same"}"#;
    assert_eq!(
        started(same, 1),
        "First event after just over 30m without activity, longer than the 30 min timeout."
    );
}

#[test]
fn the_first_session_and_one_still_open() {
    Story {
        definition: VISIT,
        zone: "Europe/Berlin",
        events: &[("2026-11-20T10:53:51Z", "ProductViewed", 0, 0)],
        now: "2026-11-20T11:23:50Z",
    }
    .check(
        ["The first session we have of this device, started by ProductViewed."; 2],
        ["Still open: it closes at 12:23:51 unless an event comes before."; 2],
    );
}

#[test]
fn a_background_trip_is_told_with_its_length_and_its_limit() {
    let events = &[
        ("2026-11-20T10:00:00Z", "app_launched", 0, 0),
        ("2026-11-20T10:05:00Z", "app_backgrounded", 0, 0),
        ("2026-11-20T10:36:05Z", "app_foregrounded", 0, 0),
    ];
    let ended = "The app went to the background at 10:05:00 and did not return within 1 min. Late \
                 events were accepted until Sat 21 Nov 10:06 (grace 24 h).";
    let story = Story {
        definition: VISIT,
        zone: "UTC",
        events,
        now: "2026-11-21T10:06:00Z",
    };
    story.check(
        [
            "The app was in the background for 31m 5s, longer than the 1 min background limit. The \
             app was still in memory, so this is a warm start.",
            "The app was in the background past the 1 min background limit. The app was still in \
             memory, so this is a warm start.",
        ],
        [ended, ended],
    );
    let told = Story {
        now: "2026-11-20T10:05:30Z",
        ..story
    }
    .told();
    assert_eq!(
        told[0].0,
        Explanation {
            started: "The first session we have of this device, started by app_launched. This \
                      counts as a cold start."
                .to_owned(),
            ended: "Still open, in the background: it closes at 10:06:00 unless an event comes \
                    before."
                .to_owned(),
        }
    );
    let at_once = r#"{"name":"v","limits":{"inactivity_seconds":60,"background_seconds":0},
        "grace_seconds":0,"roles":[{"event":"app_backgrounded","role":"background"}]}"#;
    let story = Story {
        definition: at_once,
        zone: "UTC",
        events: &[
            ("2026-11-20T10:00:00Z", "A", 0, 0),
            ("2026-11-20T10:00:30Z", "app_backgrounded", 0, 0),
        ],
        now: "2026-11-20T10:06:00Z",
    };
    assert_eq!(
        story.told()[0].0.ended,
        "The app went to the background at 10:00:30, which closes a session at once. It takes no \
         late events (grace 0 s)."
    );
}

#[test]
fn an_end_event_is_named() {
    let events = &[
        ("2026-11-20T10:00:00Z", "A", 0, 0),
        ("2026-11-20T10:53:51Z", "app_terminated", 0, 0),
        ("2026-11-20T10:54:51Z", "B", 0, 0),
    ];
    let ended = "No qualifying event for 30 min after 10:00:00. Late events are still accepted \
                 until Sat 21 Nov 10:30 (grace 24 h).";
    let story = Story {
        definition: VISIT,
        zone: "UTC",
        events,
        now: "2026-11-20T15:00:00Z",
    };
    // The end event came after the timeout: it is in no session and ended none.
    story.check(
        [
            "First event after 54m 51s without activity, longer than the 30 min timeout.",
            "First event after the 30 min timeout.",
        ],
        [ended, ended],
    );
    let events = &[
        ("2026-11-20T10:40:00Z", "A", 0, 0),
        ("2026-11-20T10:53:51Z", "app_terminated", 0, 0),
        ("2026-11-20T10:54:51Z", "B", 0, 0),
    ];
    let ended = "app_terminated closed it at 10:53:51. Late events are still accepted until Sat 21 \
                 Nov 10:53 (grace 24 h).";
    let story = Story { events, ..story };
    story.check(
        [
            "First activity after app_terminated ended the session before, 1m earlier at 10:53:51.",
            "First activity after the session before was ended.",
        ],
        [ended, ended],
    );
    let told = Story {
        now: "2026-11-20T10:50:00Z",
        ..story
    }
    .told();
    assert_eq!(
        told[0].0.ended,
        "Still open at that moment: app_terminated closed it at 10:53:51."
    );
}

#[test]
fn a_forced_start_names_its_event() {
    let late = "Late events are still accepted until Sat 21 Nov 10:01 (grace 24 h).";
    let story = Story {
        definition: VISIT,
        zone: "UTC",
        events: &[
            ("2026-11-20T10:00:00Z", "A", 0, 0),
            ("2026-11-20T10:01:00Z", "NewSession", 0, 0),
        ],
        now: "2026-11-20T15:00:00Z",
    };
    story.check(
        [
            "A new session was forced by NewSession, 1m after the last activity of the session \
             before.",
            "A new session was forced by NewSession.",
        ],
        [
            &format!("NewSession forced a new session at 10:01:00. {late}"),
            &format!("A new session was forced at 10:01:00. {late}"),
        ],
    );
    let told = Story {
        now: "2026-11-20T10:00:30Z",
        ..story
    }
    .told();
    assert_eq!(
        told[0].0.ended,
        "Still open at that moment: NewSession forced a new session at 10:01:00."
    );
}

#[test]
fn another_user_is_named_with_the_one_before() {
    let late = "Late events are still accepted until Sat 21 Nov 10:01 (grace 24 h).";
    Story {
        definition: VISIT,
        zone: "UTC",
        events: &[
            ("2026-11-20T10:00:00Z", "A", 1, 0),
            ("2026-11-20T10:01:00Z", "B", 2, 0),
        ],
        now: "2026-11-20T15:00:00Z",
    }
    .check(
        [
            "Another user, u2, was seen on this device; until then it was u1.",
            "Another user, u2, was seen on this device.",
        ],
        [
            &format!("Another user, u2, was seen on this device at 10:01:00. {late}"),
            &format!("Another user was seen on this device at 10:01:00. {late}"),
        ],
    );
}

#[test]
fn another_session_of_the_source_is_named_with_the_one_before() {
    let late = "Late events are still accepted until Sat 21 Nov 10:01 (grace 24 h).";
    Story {
        definition: VISIT,
        zone: "UTC",
        events: &[
            ("2026-11-20T10:00:00Z", "A", 0, 1),
            ("2026-11-20T10:01:00Z", "B", 0, 2),
        ],
        now: "2026-11-20T15:00:00Z",
    }
    .check(
        [
            "B names another session, s2; until then it was s1.",
            "B names another session, s2.",
        ],
        [
            &format!("B named another session, s2, at 10:01:00. {late}"),
            &format!("An event named another session at 10:01:00. {late}"),
        ],
    );
}

#[test]
fn the_maximum_length_is_told_with_the_moment_that_it_was_reached() {
    let definition = r#"{"name":"v","limits":{"inactivity_seconds":86400,
        "max_length_seconds":86400},"grace_seconds":600}"#;
    let story = Story {
        definition,
        zone: "UTC",
        events: &[
            ("2026-11-20T10:00:00Z", "A", 0, 0),
            ("2026-11-20T20:00:00Z", "B", 0, 0),
            ("2026-11-21T10:00:00Z", "C", 0, 0),
        ],
        now: "2026-11-21T10:05:00Z",
    };
    let ended = "It reached its maximum length of 24 h at Sat 21 Nov 10:00:00. Late events are \
                 still accepted until Sat 21 Nov 10:10 (grace 10 min).";
    story.check(
        [
            "The session before had reached its maximum length of 24 h at 10:00:00.",
            "The session before had reached its maximum length of 24 h.",
        ],
        [ended, ended],
    );
    let told = Story {
        now: "2026-11-21T00:00:00Z",
        ..story
    }
    .told();
    assert_eq!(
        told[0].0.ended,
        "Still open: it closes at Sat 21 Nov 10:00:00 at the latest, when it reaches its maximum \
         length of 24 h."
    );
}

#[test]
fn midnight_is_told_with_its_zone_and_its_instant() {
    let story = Story {
        definition: r#"{"name":"v","limits":{"day_in":"Europe/Rome"}}"#,
        zone: "Europe/Rome",
        events: &[
            ("2026-03-10T06:00:00Z", "A", 0, 0),
            ("2026-03-10T22:59:00Z", "B", 0, 0),
            ("2026-03-10T23:00:05Z", "C", 0, 0),
        ],
        now: "2026-03-10T23:30:00Z",
    };
    let ended = "It lasted until local midnight in Europe/Rome (Tue 10 Mar 23:00 UTC), which ends \
                 every session. Late events are still accepted until Thu 12 Mar 00:00 (grace \
                 24 h).";
    story.check(
        [
            "Local midnight in Europe/Rome (Tue 10 Mar 23:00 UTC) passed between the last activity \
             at Tue 10 Mar 23:59:00 and this event at 00:00:05.",
            "A new local day had begun.",
        ],
        [ended, ended],
    );
    let told = Story {
        now: "2026-03-10T20:00:00Z",
        ..story
    }
    .told();
    assert_eq!(
        told[0].0.ended,
        "Still open: it closes at local midnight in Europe/Rome (Tue 10 Mar 23:00 UTC) at the \
         latest."
    );
}

#[test]
fn a_day_without_midnight_and_one_in_utc_and_one_of_25_hours() {
    let ended = |definition, zone, first, now| {
        let story = Story {
            definition,
            zone,
            events: first,
            now,
        };
        story.told()[0].0.ended.clone()
    };
    assert_eq!(
        ended(
            r#"{"name":"v","limits":{"day_in":"Africa/Cairo"},"grace_seconds":0}"#,
            "UTC",
            &[("2025-04-24T12:00:00Z", "A", 0, 0)],
            "2025-04-25T12:00:00Z",
        ),
        "It lasted until the start of the local day in Africa/Cairo (01:00 there, Thu 24 Apr 22:00 \
         UTC), which ends every session. It takes no late events (grace 0 s)."
    );
    assert_eq!(
        ended(
            r#"{"name":"v","limits":{"day_in":"UTC"},"grace_seconds":1800}"#,
            "UTC",
            &[("2025-04-24T12:00:00Z", "A", 0, 0)],
            "2025-04-25T12:00:00Z",
        ),
        "It lasted until midnight in UTC (Fri 25 Apr 00:00), which ends every session. Late events \
         were accepted until Fri 25 Apr 00:30 (grace 30 min)."
    );
    assert_eq!(
        ended(
            r#"{"name":"v","limits":{"day_in":"Europe/Rome"}}"#,
            "Europe/Rome",
            &[("2026-10-24T22:00:00Z", "A", 0, 0)],
            "2026-10-26T12:00:00Z",
        ),
        "It lasted until local midnight in Europe/Rome (Sun 25 Oct 23:00 UTC), which ends every \
         session. Late events are still accepted until Mon 26 Oct 23:00 (48 h after its last \
         event)."
    );
}

#[test]
fn a_session_of_late_events_and_the_one_that_it_closed() {
    let definition = Definition::from_json(VISIT).unwrap();
    let session = Told {
        started_at_ms: 1_773_137_400_000,
        ended_at_ms: 1_773_137_400_000,
        closes_at_ms: 1_773_138_000_000,
        expires_at_ms: 1_773_224_400_000,
        start_reason: StartReason::Late,
        close_reason: EndReason::Late,
        start_kind: StartKind::None,
        starting_event: "B",
        last_event: "B",
        user: None,
        source_session: None,
        late_born: false,
        arrivals: None,
    };
    let told = explain(&Question {
        definition: &definition,
        owner: Owner::User,
        session,
        previous: None,
        next: Some(session),
        now_ms: 1_773_224_400_000,
        zone: Zone::UTC,
    });
    assert_eq!(
        told.started,
        "B arrived when the session that would have taken it was final, so it forms one of its own."
    );
    assert_eq!(
        told.ended,
        "A session of late events began at 10:20:00. Late events were accepted until Wed 11 Mar \
         10:20 (grace 24 h)."
    );
}

#[test]
fn no_role_and_no_reason_is_left_without_words() {
    let definition = Definition::from_json(VISIT).unwrap();
    for start_reason in StartReason::ALL {
        for close_reason in EndReason::ALL {
            for now_ms in [0, 1_500, 2_500] {
                let session = Told {
                    started_at_ms: 0,
                    ended_at_ms: 500,
                    closes_at_ms: 1_000,
                    expires_at_ms: 2_000,
                    start_reason: *start_reason,
                    close_reason: *close_reason,
                    start_kind: Role::Foreground.start_kind(),
                    starting_event: "A",
                    last_event: "B",
                    user: None,
                    source_session: None,
                    late_born: false,
                    arrivals: None,
                };
                let question = Question {
                    definition: &definition,
                    owner: Owner::User,
                    session,
                    previous: Some(session),
                    next: None,
                    now_ms,
                    zone: Zone::UTC,
                };
                let told = explain(&question);
                for sentence in [&told.started, &told.ended] {
                    let is_whole = sentence.ends_with('.') && !sentence.contains("  ");
                    assert!(
                        is_whole,
                        "{start_reason} {close_reason} {now_ms}: {sentence}"
                    );
                }
            }
        }
    }
}
