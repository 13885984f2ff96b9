//! Section 4 sentence by sentence: what comes late, and what is final then.

use dwell_model::definition::Role::{
    self, Activity, Background, End, Extend, Ignored, Passive, Start,
};
use dwell_model::time::parse_text;
use dwell_model::{Definition, StartKind, Zone};
use dwell_sessionizer::{Input, Rules, Walker};

const MINUTE_MS: i64 = 60_000;

/// Half an hour of inactivity, ten minutes of grace: a single event at 0 expires at 40.
const VISIT: &str = r#""limits":{"inactivity_seconds":1800},"grace_seconds":600"#;

/// An event: its time and its arrival in minutes, and its role.
type Event = (i64, i64, Role);

/// Checks the sessions of events that stand in order. Each is told in minutes: start, end and
/// closing; its reasons; its events' numbers; and a mark if it is late-born.
#[track_caller]
fn check(definition: &str, events: &[Event], expected: &[&str]) {
    let known: Vec<(Event, u32, u32)> = events.iter().map(|event| (*event, 0, 0)).collect();
    check_from("2026-03-10T00:00:00Z", definition, &known, expected);
}

/// The same from a first instant on, with the number of the user and of the source session.
#[track_caller]
fn check_from(first: &str, definition: &str, events: &[(Event, u32, u32)], expected: &[&str]) {
    let definition = Definition::from_json(&format!(r#"{{"name":"v",{definition}}}"#)).unwrap();
    let rules = Rules::new(&definition);
    let first_ms = parse_text(first, Zone::UTC).unwrap();
    let input = |((time, arrival, role), user, source_session): &(Event, u32, u32)| Input {
        time_ms: first_ms + time * MINUTE_MS,
        arrival_ms: first_ms + arrival * MINUTE_MS,
        role: *role,
        start_kind: StartKind::None,
        user: *user,
        source_session: *source_session,
    };
    let inputs: Vec<Input> = events.iter().map(input).collect();
    let in_order = |a: &Input, b: &Input| a.in_order("", b, "").is_le();
    assert!(inputs.is_sorted_by(in_order), "the case is not in order");
    let mut walker = Walker::new(&rules);
    let walk = walker.sessions(&inputs).clone();
    assert_eq!(walker.settle(&inputs), &walk, "the long way");
    let minutes = |at_ms: i64| (at_ms - first_ms) / MINUTE_MS;
    let told: Vec<String> = (0..)
        .zip(&walk.sessions)
        .map(|(number, session)| {
            let members = walk.session_of.iter().enumerate();
            let members: Vec<String> = members
                .filter(|(_, of)| **of == Some(number))
                .map(|(index, _)| index.to_string())
                .collect();
            assert_eq!(members.len(), session.event_count as usize);
            format!(
                "{}-{} closes {}, {} to {}: {}{}",
                minutes(session.started_at_ms),
                minutes(session.ended_at_ms),
                minutes(session.closes_at_ms),
                session.start_reason,
                session.close_reason,
                members.join(" "),
                if session.late_born { ", late-born" } else { "" }
            )
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn a_late_event_joins_until_the_session_expires_and_not_at_that_moment() {
    check(
        VISIT,
        &[(0, 0, Activity), (5, 39, Activity)],
        &["0-5 closes 35, first to timeout: 0 1"],
    );
    check(
        VISIT,
        &[(0, 0, Activity), (5, 40, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0",
            "5-5 closes 35, late to timeout: 1",
        ],
    );
}

#[test]
fn without_grace_a_session_is_final_when_it_closes() {
    let no_grace = r#""limits":{"inactivity_seconds":1800},"grace_seconds":0"#;
    check(
        no_grace,
        &[(0, 0, Activity), (5, 29, Activity), (6, 35, Activity)],
        &[
            "0-5 closes 35, first to timeout: 0 1",
            "6-6 closes 36, late to timeout: 2",
        ],
    );
}

#[test]
fn a_session_expires_48_hours_after_its_last_event_where_the_grace_lasts_longer() {
    // A day of 25 hours: the session closes at 1500 and its grace would last until 2940, but 48 h
    // after its last event is 2880.
    let definition = r#""limits":{"day_in":"Europe/Rome"}"#;
    let first = "2026-10-24T22:00:00Z";
    check_from(
        first,
        definition,
        &[((0, 0, Activity), 0, 0), ((1499, 2879, Activity), 0, 0)],
        &["0-1499 closes 1500, first to midnight: 0 1"],
    );
    check_from(
        first,
        definition,
        &[((0, 0, Activity), 0, 0), ((1499, 2880, Activity), 0, 0)],
        &[
            "0-0 closes 1500, first to midnight: 0",
            "1499-1499 closes 1500, late to midnight: 1",
        ],
    );
}

#[test]
fn a_late_event_extends_a_session_backward() {
    let events = [(0, 30, Activity), (20, 20, Activity)];
    check(VISIT, &events, &["0-20 closes 50, first to timeout: 0 1"]);
    check(
        VISIT,
        &[(0, 0, Activity), (40, 65, Activity), (60, 60, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0",
            "40-60 closes 90, timeout to timeout: 1 2",
        ],
    );
}

#[test]
fn a_session_that_is_extended_backward_reaches_its_maximum_length_earlier() {
    let definition = r#""limits":{"inactivity_seconds":1800,"max_length_seconds":3600}"#;
    let punctual = [(20, 20, Activity), (45, 45, Activity), (70, 70, Activity)];
    check(
        definition,
        &punctual,
        &["20-70 closes 80, first to max_length: 0 1 2"],
    );
    check(
        definition,
        &[(0, 79, Activity), punctual[0], punctual[1], punctual[2]],
        &[
            "0-45 closes 60, first to max_length: 0 1 2",
            "70-70 closes 100, max_length to timeout: 3",
        ],
    );
}

#[test]
fn a_late_event_bridges_two_sessions_into_one() {
    check(
        VISIT,
        &[(0, 0, Activity), (25, 39, Activity), (35, 35, Activity)],
        &["0-35 closes 65, first to timeout: 0 1 2"],
    );
}

#[test]
fn a_final_session_bridges_nothing() {
    check(
        VISIT,
        &[(0, 0, Activity), (25, 40, Activity), (35, 35, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0",
            "25-35 closes 65, late to timeout: 1 2",
        ],
    );
}

#[test]
fn a_late_event_that_ends_or_forces_parts_a_live_session() {
    check(
        VISIT,
        &[(0, 0, Activity), (10, 30, End), (20, 20, Activity)],
        &[
            "0-10 closes 10, first to ended: 0 1",
            "20-20 closes 50, ended to timeout: 2",
        ],
    );
    check(
        VISIT,
        &[(0, 0, Activity), (10, 30, Start), (20, 20, Activity)],
        &[
            "0-0 closes 10, first to forced: 0",
            "10-20 closes 50, forced to timeout: 1 2",
        ],
    );
}

#[test]
fn a_final_session_never_changes() {
    // What would end it, switch its user or be passive in it comes too late.
    check(
        VISIT,
        &[
            (0, 0, Activity),
            (5, 40, End),
            (6, 40, Passive),
            (7, 40, Extend),
            (8, 40, Background),
        ],
        &["0-0 closes 30, first to timeout: 0"],
    );
    // The next session had cut it short when it became final, and stays its end when that one
    // begins earlier.
    check(
        VISIT,
        &[(0, 0, Activity), (5, 25, Activity), (10, 10, Start)],
        &[
            "0-0 closes 10, first to forced: 0",
            "5-5 closes 10, late to forced: 1",
            "10-10 closes 40, forced to timeout: 2",
        ],
    );
}

#[test]
fn sessions_freeze_in_order_from_the_front() {
    // 0 and 100 are both long over at 200, and final one after the other. Beside what arrives then,
    // 101 finds the live session of 1 before it and no more the final one of 100.
    check(
        VISIT,
        &[
            (0, 0, Activity),
            (1, 200, Activity),
            (100, 100, Activity),
            (101, 200, Activity),
        ],
        &[
            "0-0 closes 30, first to timeout: 0",
            "1-1 closes 31, late to timeout: 1, late-born",
            "100-100 closes 130, timeout to timeout: 2",
            "101-101 closes 131, timeout to timeout: 3, late-born",
        ],
    );
}

#[test]
fn a_late_born_session_in_front_holds_later_ones_back() {
    // By itself the session of 100 would be final at 140.
    let held = [
        (0, 139, Activity),
        (100, 100, Activity),
        (110, 150, Activity),
    ];
    check(
        VISIT,
        &held,
        &[
            "0-0 closes 30, first to timeout: 0, late-born",
            "100-110 closes 140, timeout to timeout: 1 2",
        ],
    );
    check(
        VISIT,
        &held[1..],
        &[
            "100-100 closes 130, first to timeout: 0",
            "110-110 closes 140, late to timeout: 1, late-born",
        ],
    );
    // At 169 the late-born one is final, and with it the one behind.
    check(
        VISIT,
        &[held[0], held[1], (110, 169, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0, late-born",
            "100-100 closes 130, timeout to timeout: 1",
            "110-110 closes 140, late to timeout: 2, late-born",
        ],
    );
}

#[test]
fn a_late_batch_is_one_visit_until_the_inactivity_has_passed_since_its_latest_arrival() {
    check(
        VISIT,
        &[
            (0, 0, Activity),
            (5, 300, Activity),
            (6, 329, Activity),
            (7, 358, Activity),
            (8, 388, Activity),
        ],
        &[
            "0-0 closes 30, first to timeout: 0",
            "5-7 closes 37, late to timeout: 1 2 3, late-born",
            "8-8 closes 38, late to timeout: 4, late-born",
        ],
    );
}

#[test]
fn a_late_born_session_of_a_day_waits_half_an_hour_for_its_next_event() {
    check(
        r#""limits":{"day_in":"UTC"},"grace_seconds":0"#,
        &[
            (0, 2000, Activity),
            (5, 2029, Activity),
            (6, 2059, Activity),
        ],
        &[
            "0-5 closes 1440, first to midnight: 0 1, late-born",
            "6-6 closes 1440, late to midnight: 2, late-born",
        ],
    );
}

#[test]
fn a_session_is_late_born_by_its_first_arrived_event_passive_ones_too() {
    // A single event at 0 expires at 40.
    check(
        VISIT,
        &[(0, 39, Activity)],
        &["0-0 closes 30, first to timeout: 0"],
    );
    check(
        VISIT,
        &[(0, 40, Activity)],
        &["0-0 closes 30, first to timeout: 0, late-born"],
    );
    // With a passive one that came in time, it is final at 40 as others are.
    check(
        VISIT,
        &[(0, 40, Activity), (25, 35, Passive), (26, 45, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0 1",
            "26-26 closes 56, late to timeout: 2",
        ],
    );
}

#[test]
fn an_event_that_is_put_out_of_its_session_no_longer_counts_as_its_first_arrived() {
    // Once the end has put 20 out, what is left is late-born, and still takes 5.
    check(
        VISIT,
        &[
            (0, 45, Activity),
            (5, 47, Activity),
            (10, 46, End),
            (20, 43, Passive),
            (29, 44, Activity),
        ],
        &[
            "0-10 closes 10, first to ended: 0 1 2, late-born",
            "29-29 closes 59, ended to timeout: 4",
        ],
    );
}

#[test]
fn the_expiry_of_a_single_event_counts_the_maximum_length_and_the_day() {
    let short =
        r#""limits":{"inactivity_seconds":1800,"max_length_seconds":600},"grace_seconds":600"#;
    for (arrival, mark) in [(19, ""), (20, ", late-born")] {
        let session = format!("0-0 closes 10, first to max_length: 0{mark}");
        check(short, &[(0, arrival, Activity)], &[&session]);
    }
    let day = r#""limits":{"inactivity_seconds":1800,"day_in":"UTC"},"grace_seconds":600"#;
    for (arrival, mark) in [(1449, ""), (1450, ", late-born")] {
        let session = format!("1435-1435 closes 1440, first to midnight: 0{mark}");
        check(day, &[(1435, arrival, Activity)], &[&session]);
    }
}

#[test]
fn an_event_without_a_session_leaves_when_the_grace_has_passed_since_its_time_and_its_arrival() {
    let taken = ["0-0 closes 30, first to timeout: 0 1"];
    let gone = ["0-0 closes 30, first to timeout: 0"];
    let cases = [
        // Passive event's arrival, the session's arrival, what is found.
        (5, 14, taken),
        (5, 15, gone),
        // Of a clock ahead: until its time + grace.
        (-60, 14, taken),
        (-60, 15, gone),
        (12, 21, taken),
        (12, 22, gone),
    ];
    for (passive_arrival, arrival, expected) in cases {
        let events = [(0, arrival, Activity), (5, passive_arrival, Passive)];
        check(VISIT, &events, &expected);
    }
    // Put out of its session when that has passed, it leaves before the next event comes.
    check(
        VISIT,
        &[
            (0, 0, Activity),
            (3, 30, End),
            (4, 31, Activity),
            (5, 5, Passive),
        ],
        &[
            "0-3 closes 3, first to ended: 0 1",
            "4-4 closes 34, ended to timeout: 2",
        ],
    );
}

#[test]
fn an_event_without_a_session_stays_when_a_session_freezes() {
    // 35 is in none, and not of the session that is final at 40.
    check(
        r#""limits":{"inactivity_seconds":1800},"grace_seconds":1800"#,
        &[(0, 0, Activity), (32, 61, Activity), (35, 35, Passive)],
        &[
            "0-0 closes 30, first to timeout: 0",
            "32-32 closes 62, timeout to timeout: 1 2",
        ],
    );
}

#[test]
fn a_session_behind_final_ones_starts_by_the_newest_final_one_before_it() {
    // Nothing final stands before it.
    check(
        VISIT,
        &[(0, 200, Activity), (50, 50, Activity)],
        &[
            "0-0 closes 30, first to timeout: 0, late-born",
            "50-50 closes 80, first to timeout: 1",
        ],
    );
    let cases = [
        // What follows the session of 0 and arrives when that is final.
        ((29, 200, Activity), "29-29 closes 59, late"),
        ((30, 200, Activity), "30-30 closes 60, timeout"),
        ((29, 200, Start), "29-29 closes 59, forced"),
    ];
    for (event, told) in cases {
        let told = format!("{told} to timeout: 1, late-born");
        let final_one = "0-0 closes 30, first to timeout: 0";
        check(VISIT, &[(0, 0, Activity), event], &[final_one, &told]);
    }
}

#[test]
fn an_end_is_the_reason_from_its_time_on_and_before_it_the_session_was_valid() {
    let ended = "0-20 closes 20, first to ended: 0 2";
    check(
        VISIT,
        &[(0, 0, Activity), (10, 30, Activity), (20, 20, End)],
        &[ended, "10-10 closes 40, late to timeout: 1"],
    );
    check(
        VISIT,
        &[(0, 0, Activity), (20, 30, Activity), (20, 20, End)],
        &[ended, "20-20 closes 50, ended to timeout: 1"],
    );
}

#[test]
fn every_limit_of_a_final_session_is_a_reason() {
    let cases = [
        (
            r#""limits":{"inactivity_seconds":1800,"background_seconds":300}"#,
            Background,
            "background",
        ),
        (
            r#""limits":{"inactivity_seconds":1800,"max_length_seconds":300}"#,
            Activity,
            "max_length",
        ),
        (
            r#""limits":{"inactivity_seconds":1800,"day_in":"UTC"}"#,
            Activity,
            "midnight",
        ),
    ];
    for (limits, role, reason) in cases {
        let definition = format!(r#"{limits},"grace_seconds":600"#);
        let known: Vec<(Event, u32, u32)> = [(0, 0, Activity), (1, 1, role), (6, 300, Start)]
            .iter()
            .map(|event| (*event, 0, 0))
            .collect();
        let forced = known[2];
        let activity = ((6, 300, Activity), 0, 0);
        for (last, start_reason) in [(forced, "forced"), (activity, reason)] {
            let events = [known[0], known[1], last];
            let closes = if reason == "max_length" { 5 } else { 6 };
            let next = if reason == "max_length" { 11 } else { 36 };
            let by = if reason == "max_length" {
                reason
            } else {
                "timeout"
            };
            let expected = [
                format!("0-1 closes {closes}, first to {reason}: 0 1"),
                format!("6-6 closes {next}, {start_reason} to {by}: 2, late-born"),
            ];
            let expected = expected.each_ref().map(String::as_str);
            check_from("2026-03-10T23:54:00Z", &definition, &events, &expected);
        }
    }
}

#[test]
fn another_user_and_another_source_session_are_reasons_before_late() {
    let cases = [
        (r#""scope":"device""#, (1, 0), (2, 0), "user_switched"),
        (r#""scope":"user""#, (1, 0), (2, 0), "late"),
        (r#""session_ids":"prefer""#, (0, 1), (0, 2), "session_id"),
        (r#""session_ids":"ignore""#, (0, 1), (0, 2), "late"),
        (r#""session_ids":"prefer""#, (1, 1), (2, 2), "user_switched"),
        (r#""session_ids":"prefer""#, (1, 1), (1, 0), "late"),
    ];
    for (more, before, after, reason) in cases {
        check_from(
            "2026-03-10T00:00:00Z",
            &format!("{VISIT},{more}"),
            &[
                ((0, 0, Activity), before.0, before.1),
                ((10, 40, Activity), after.0, after.1),
            ],
            &[
                "0-0 closes 30, first to timeout: 0",
                &format!("10-10 closes 40, {reason} to timeout: 1"),
            ],
        );
    }
}

#[test]
fn the_newest_final_session_is_the_one_that_started_last() {
    // 20 is within 0, but 10 started later, and it was ended.
    check(
        VISIT,
        &[
            (0, 0, Activity),
            (10, 50, Activity),
            (11, 51, End),
            (20, 100, Activity),
        ],
        &[
            "0-0 closes 30, first to timeout: 0",
            "10-11 closes 11, late to ended: 1 2, late-born",
            "20-20 closes 50, ended to timeout: 3, late-born",
        ],
    );
}

#[test]
fn ignored_events_freeze_nothing() {
    // Were 500 to count, 0 would be final, and the newest before 30 the one that was ended at 11.
    check(
        VISIT,
        &[
            (0, 25, Activity),
            (10, 10, Activity),
            (11, 11, End),
            (30, 30, Activity),
            (31, 500, Ignored),
        ],
        &[
            "0-0 closes 30, first to timeout: 0",
            "10-11 closes 11, first to ended: 1 2",
            "30-30 closes 60, timeout to timeout: 3",
        ],
    );
}
