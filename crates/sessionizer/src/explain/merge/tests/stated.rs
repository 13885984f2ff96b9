//! Cases stated by hand: each is told in words, and proven like the random ones.

use dwell_model::definition::Role;
use dwell_model::{Definition, StartKind};

use super::{Case, Kinds, Named, prove, utc};
use crate::Input;

/// A stream by time of 2026-11-20, role, user and source session.
#[track_caller]
fn check(definition: &str, events: &[(&str, Role, u32, u32)], expected: &str) {
    let definition = Definition::from_json(definition).unwrap();
    let name = |index: usize| match index {
        index if index + 1 == events.len() => "Last".to_owned(),
        _ => format!("E{}", index + 1),
    };
    let stream: Vec<Named> = events
        .iter()
        .enumerate()
        .map(|(index, (time, role, user, source_session))| Named {
            id: name(index),
            event: Input {
                time_ms: utc(&match time.contains('T') {
                    true => (*time).to_owned(),
                    false => format!("2026-11-20T{time}Z"),
                }),
                arrival_ms: 0,
                role: *role,
                start_kind: StartKind::None,
                user: *user,
                source_session: *source_session,
            },
        })
        .collect();
    let cases = Case::all(&definition, &stream);
    assert_eq!(cases.len(), 1, "not two sessions");
    prove(&cases[0], &mut Kinds::new(), "");
    assert_eq!(cases[0].joining().1, expected);
}

const VISIT: &str = r#"{"name":"v","limits":{"inactivity_seconds":1800,"background_seconds":60,
    "max_length_seconds":86400},"session_ids":"prefer"}"#;

#[test]
fn a_pause_is_told_with_the_timeout_and_the_window_that_would_do() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:31:05", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 31 min 6 s or more or an event between 10:01:05 and \
         10:30:00.",
    );
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":1800},"gap_at_timeout":"same"}"#,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:31:05", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 31 min 5 s or more or an event between 10:01:05 and \
         10:30:00.",
    );
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:30:00", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 30 min 1 s or more, a pause of exactly the limit \
         counted as the same session or an event between 10:00:00 and 10:30:00.",
    );
    // The window is of less than a second.
    check(
        VISIT,
        &[
            ("10:00:00.000", Role::Activity, 0, 0),
            ("10:59:59.001", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 1 h or more or an event between 10:29:59 and \
         10:30:00.",
    );
}

#[test]
fn a_long_pause_needs_several_events_and_may_be_beyond_every_timeout() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("12:00:00", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 2 h 1 s or more or at least 4 events between \
         10:00:00 and 12:00:00 that leave no pause of 30 min or more.",
    );
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":43200}}"#,
        &[
            ("2026-11-20T10:00:00Z", Role::Activity, 0, 0),
            ("2026-11-21T12:00:00Z", Role::Activity, 0, 0),
        ],
        "They would be one with at least 2 events between Fri 20 Nov 10:00:00 and 12:00:00 that \
         leave no pause of 12 h or more. No timeout is \
         long enough: it would have to be 26 h 1 s, and 24 h is the longest.",
    );
}

#[test]
fn several_events_after_a_background_one_begin_in_time() {
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":1800,"background_seconds":60},
            "gap_at_timeout":"same"}"#,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:00:01", Role::Background, 0, 0),
            ("11:00:00", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 59 min 59 s or more together with a background limit \
         of 59 min 59 s or more or at least 2 events between 10:00:01 and 11:00:00 that leave no \
         pause of more than 30 min, the first before 10:01:01.",
    );
}

#[test]
fn a_background_trip_may_need_a_longer_timeout_as_well() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Foreground, 0, 0),
            ("10:05:00", Role::Background, 0, 0),
            ("10:07:00", Role::Foreground, 0, 0),
        ],
        "They would be one with a background limit of 2 min 1 s or more or a return to the app \
         between 10:05:00 and 10:06:00.",
    );
    check(
        VISIT,
        &[
            ("10:05:00", Role::Foreground, 0, 0),
            ("10:05:00", Role::Background, 0, 0),
            ("10:35:30", Role::Foreground, 0, 0),
        ],
        "They would be one with a timeout of 30 min 31 s or more together with a background limit \
         of 30 min 31 s or more or a return to the app between 10:05:30 and 10:06:00.",
    );
    // Nothing comes between an instant and itself.
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":1800,"background_seconds":0}}"#,
        &[
            ("10:05:00", Role::Foreground, 0, 0),
            ("10:06:00", Role::Background, 0, 0),
            ("10:06:30", Role::Foreground, 0, 0),
        ],
        "They would be one with a background limit of 31 s or more.",
    );
}

#[test]
fn on_a_day_of_25_hours_a_background_limit_may_have_to_go() {
    check(
        r#"{"name":"v","limits":{"day_in":"Europe/Rome","background_seconds":60}}"#,
        &[
            ("2026-10-24T22:00:00Z", Role::Foreground, 0, 0),
            ("2026-10-24T22:00:00Z", Role::Background, 0, 0),
            ("2026-10-25T22:30:00Z", Role::Foreground, 0, 0),
        ],
        "They would be one with no background limit or a return to the app between Sat 24 Oct \
         22:00:00 and Sat 24 Oct 22:01:00.",
    );
}

#[test]
fn several_barriers_all_have_to_fall() {
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":1800,"day_in":"Europe/Rome"}}"#,
        &[
            ("22:50:00", Role::Activity, 1, 0),
            ("23:30:00", Role::Activity, 2, 0),
        ],
        "They would be one with all of these: a timeout of 40 min 1 s or more or an event between \
         23:00:00 and 23:20:00; and no day limit or the days of UTC; and u1 and u2 known to be one \
         user.",
    );
}

#[test]
fn a_day_limit_alone_gives_way_to_another_zone_or_to_a_timeout() {
    check(
        r#"{"name":"v","limits":{"day_in":"UTC"}}"#,
        &[
            ("2026-11-20T23:50:00Z", Role::Activity, 0, 0),
            ("2026-11-21T00:10:00Z", Role::Activity, 0, 0),
        ],
        "They would be one with a timeout of 24 h in place of the day limit or the days of \
         Pacific/Honolulu.",
    );
}

#[test]
fn the_maximum_is_for_the_length_of_both() {
    let events = |day: &'static str| {
        [
            ("2026-11-20T10:00:00Z", Role::Foreground, 0, 0),
            (day, Role::Activity, 0, 0),
        ]
    };
    check(
        r#"{"name":"v","limits":{"day_in":"UTC","inactivity_seconds":86400,
            "max_length_seconds":3600}}"#,
        &events("2026-11-20T12:30:00Z"),
        "They would be one with a maximum length of 2 h 30 min 1 s or more.",
    );
    check(
        r#"{"name":"v","limits":{"inactivity_seconds":86400,"max_length_seconds":86400,
            "foreground_holds":true}}"#,
        &events("2026-11-21T12:30:00Z"),
        "No change that is allowed would make them one. No maximum length beside foreground_holds \
         is long enough: it would have to be 26 h 30 min 1 s, and 24 h is the longest.",
    );
}

#[test]
fn a_forced_start_and_an_end_give_way_to_other_roles() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:01:00", Role::End, 0, 0),
            ("10:02:00", Role::Start, 0, 0),
        ],
        "They would be one with all of these: the role foreground for Last; and the role extend \
         for E2.",
    );
    // An end that found no session would find one.
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:40:00", Role::End, 0, 0),
            ("10:50:00", Role::Activity, 0, 0),
        ],
        "They would be one with all of these: the role extend for E2; and a timeout of 40 min 1 s \
         or more or an event between 10:10:00 and 10:30:00.",
    );
}

#[test]
fn an_end_of_one_time_with_a_background_event_would_stand_before_it() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 0),
            ("10:01:00", Role::Background, 0, 0),
            ("10:01:00", Role::End, 0, 0),
            ("10:03:00", Role::Activity, 0, 0),
        ],
        "They would be one with all of these: the role extend for E3; and a background limit of 2 \
         min 1 s or more or a return to the app between 10:01:00 and 10:02:00.",
    );
}

#[test]
fn another_session_of_the_source_gives_way_to_ignoring_them() {
    check(
        VISIT,
        &[
            ("10:00:00", Role::Activity, 0, 1),
            ("10:01:00", Role::Activity, 0, 2),
        ],
        "They would be one with the source's session ids ignored.",
    );
}
