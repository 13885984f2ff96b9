//! Sessions and events in words where time and arrival fall apart, and events without a session.

use dwell_model::definition::Role;
use dwell_model::{Definition, EndReason, StartKind, StartReason, Zone};

use super::utc;
use crate::explain::{
    Arrivals, Effect, EventQuestion, LateNote, LateQuestion, Owner, Question, Told, ToldEvent,
    explain, late_note, why_in_none,
};
use crate::{Input, Rules};

const VISIT: &str = r#"{"name":"visit","limits":{"inactivity_seconds":1800,
    "background_seconds":60,"max_length_seconds":86400}}"#;
const PREFER: &str = r#"{"name":"visit","limits":{"inactivity_seconds":1800},
    "session_ids":"prefer"}"#;
const TRUST: &str = r#"{"name":"ids","limits":{"inactivity_seconds":1800},"session_ids":"trust"}"#;
const USERS: &str = r#"{"name":"u","limits":{"inactivity_seconds":1800},"scope":"user"}"#;

fn definition(json: &str) -> Definition {
    Definition::from_json(json).unwrap()
}

/// A session of Tuesday, 10 March, that closes half an hour after `to` and takes late events for
/// 24 h more.
fn session(from: &str, to: &str) -> Told<'static> {
    let at = |time: &str| utc(&format!("2026-03-10T{time}Z"));
    Told {
        started_at_ms: at(from),
        ended_at_ms: at(to),
        closes_at_ms: at(to) + 1_800_000,
        expires_at_ms: at(to) + 88_200_000,
        start_reason: StartReason::First,
        close_reason: EndReason::Timeout,
        start_kind: StartKind::None,
        starting_event: "A",
        last_event: "B",
        user: Some("u1"),
        source_session: Some("s1"),
        late_born: false,
        arrivals: None,
    }
}

fn arrived(starting: &str, first: &str, latest: &str) -> Option<Arrivals> {
    Some(Arrivals {
        starting_ms: utc(starting),
        first_ms: utc(first),
        latest_ms: utc(latest),
    })
}

fn event(role: Role, time: &str, arrival: &str) -> ToldEvent<'static> {
    ToldEvent {
        name: "Win",
        role,
        time_ms: utc(time),
        arrival_ms: utc(arrival),
        user: None,
        source_session: None,
    }
}

#[test]
fn a_late_session_names_the_one_that_would_have_taken_its_event() {
    let definition = definition(VISIT);
    let late = Told {
        start_reason: StartReason::Late,
        arrivals: arrived(
            "2026-03-11T14:03:00Z",
            "2026-03-11T14:03:00Z",
            "2026-03-11T14:03:00Z",
        ),
        ..session("10:12:00", "10:12:00")
    };
    let started = |session: Told<'_>, previous: Option<Told<'_>>| {
        let question = Question {
            definition: &definition,
            owner: Owner::Device,
            session,
            previous,
            next: None,
            now_ms: utc("2026-03-12T00:00:00Z"),
            zone: Zone::UTC,
        };
        explain(&question).started
    };
    let taker = session("10:00:00", "10:31:00");
    assert_eq!(
        started(late, Some(taker)),
        "A belongs at 10:12:00, inside the session of 10:00:00 to 10:31:00, but arrived at Wed 11 \
         Mar 14:03, after that session became final at Wed 11 Mar 11:01, so it forms a session of \
         its own."
    );
    let after = Told {
        started_at_ms: utc("2026-03-10T10:40:00Z"),
        arrivals: None,
        ..late
    };
    assert_eq!(
        started(after, Some(taker)),
        "A belongs at 10:40:00, 9m after the session of 10:00:00 to 10:31:00, but arrived after \
         that session became final at Wed 11 Mar 11:01, so it forms a session of its own."
    );
    assert_eq!(
        started(late, None),
        "A arrived when the session that would have taken it was final, so it forms one of its own."
    );
}

#[test]
fn a_late_born_session_says_when_its_buffer_came_and_until_when_it_takes_more() {
    let definition = definition(VISIT);
    let born = Told {
        late_born: true,
        arrivals: arrived(
            "2026-03-12T14:03:01Z",
            "2026-03-12T14:03:00Z",
            "2026-03-12T14:05:00Z",
        ),
        ..session("10:00:00", "10:31:00")
    };
    let told = |session: Told<'_>, now: &str| {
        explain(&Question {
            definition: &definition,
            owner: Owner::Device,
            session,
            previous: None,
            next: None,
            now_ms: utc(now),
            zone: Zone::UTC,
        })
    };
    let explained = told(born, "2026-03-12T14:20:00Z");
    assert_eq!(
        explained.started,
        "The first session we have of this device, started by A. It is late-born: an offline \
         buffer that arrived together, from Thu 12 Mar 14:03 on, 2d 4h after it began."
    );
    assert_eq!(
        explained.ended,
        "No qualifying event for 30 min after 10:31:00. Late-born, it takes more events until Thu \
         12 Mar 14:35 (30m after its latest arrival)."
    );
    let past = told(born, "2026-03-12T14:35:00Z").ended;
    assert!(
        past.contains("it took more events until Thu 12 Mar 14:35"),
        "{past}"
    );
    let unknown = Told {
        arrivals: None,
        ..born
    };
    let explained = told(unknown, "2026-03-12T14:20:00Z");
    assert!(
        explained.started.ends_with("after its own grace."),
        "{}",
        explained.started
    );
    assert!(
        explained
            .ended
            .ends_with("were accepted until Wed 11 Mar 11:01 (grace 24 h)."),
        "{}",
        explained.ended
    );
}

#[test]
fn a_session_that_the_source_names_is_told_by_that_name() {
    let definition = definition(TRUST);
    let told = |session: Told<'_>, previous: Option<Told<'_>>, now: &str| {
        explain(&Question {
            definition: &definition,
            owner: Owner::Device,
            session,
            previous,
            next: None,
            now_ms: utc(now),
            zone: Zone::UTC,
        })
    };
    let first = Told {
        expires_at_ms: utc("2026-03-12T10:31:00Z"),
        ..session("10:00:00", "10:31:00")
    };
    let explained = told(first, None, "2026-03-10T12:00:00Z");
    assert_eq!(
        explained.started,
        "Named by the source as s1: its first session we have of this device, started by A."
    );
    assert_eq!(
        explained.ended,
        "No event of s1, as the source names it, for 30m after 10:31:00, so it is shown as closed; \
         an event of that name within 24 h of its last one still belongs to it. Late events are \
         still accepted until Thu 12 Mar 10:31 (48 h after its last event)."
    );
    let next = Told {
        started_at_ms: utc("2026-03-11T12:31:00Z"),
        start_reason: StartReason::Timeout,
        ..first
    };
    assert_eq!(
        told(next, Some(first), "2026-03-10T10:40:00Z").started,
        "First event of s1, as the source names it, after 1d 2h without activity; even a session \
         that the source names is parted by 24 h."
    );
    assert_eq!(
        told(first, None, "2026-03-10T10:40:00Z").ended,
        "Still open: it is shown as closed from 11:01:00 on unless an event comes."
    );
    // Events without an id are a stream with all limits.
    let unnamed = Told {
        source_session: None,
        ..first
    };
    assert_eq!(
        told(unnamed, None, "2026-03-10T10:40:00Z").started,
        "The first session we have of this device, started by A."
    );
}

#[test]
fn a_users_sessions_are_of_any_device_where_the_scope_says_so() {
    let started = |json: &str| {
        let definition = definition(json);
        let question = Question {
            definition: &definition,
            owner: Owner::User,
            session: session("10:00:00", "10:31:00"),
            previous: None,
            next: None,
            now_ms: 0,
            zone: Zone::UTC,
        };
        explain(&question).started
    };
    assert_eq!(
        started(USERS),
        "The first session we have of this user, on any device, started by A."
    );
    assert_eq!(
        started(VISIT),
        "The first session we have of this user, started by A."
    );
}

#[test]
fn an_event_in_no_session_says_why() {
    let why = |json: &str, event: ToldEvent<'_>, previous: Option<Told<'_>>| {
        why_in_none(&EventQuestion {
            definition: &definition(json),
            event,
            previous,
            zone: Zone::UTC,
        })
    };
    let win = event(
        Role::Passive,
        "2026-03-10T11:05:00Z",
        "2026-03-10T11:05:00Z",
    );
    let before = session("10:00:00", "10:31:00");
    let closed = |reason, json| {
        let previous = Told {
            close_reason: reason,
            ..before
        };
        why(json, win, Some(previous))
    };
    let cannot = "and Win cannot start one (its role is passive).";
    assert_eq!(
        why(
            VISIT,
            ToldEvent {
                role: Role::Ignored,
                ..win
            },
            Some(before)
        ),
        "Win is ignored by the definition “visit”."
    );
    assert_eq!(
        why(VISIT, win, None),
        format!("No session began before it, {cannot}")
    );
    assert_eq!(
        closed(EndReason::Timeout, VISIT),
        format!(
            "The session before closed 4m earlier at 11:01:00, by the 30 min timeout, {cannot}"
        )
    );
    assert_eq!(
        closed(EndReason::Background, VISIT),
        format!(
            "The session before closed 4m earlier at 11:01:00, by the 1 min background limit, \
             {cannot}"
        )
    );
    assert_eq!(
        closed(EndReason::MaxLength, VISIT),
        format!(
            "The session before closed 4m earlier at 11:01:00, by the 24 h maximum length, {cannot}"
        )
    );
    assert_eq!(
        closed(EndReason::Midnight, VISIT),
        format!(
            "The session before closed 4m earlier at 11:01:00, when its local day ended, {cannot}"
        )
    );
    assert_eq!(
        closed(EndReason::Ended, VISIT),
        format!("B ended the session before, 4m earlier at 11:01:00, {cannot}")
    );
    let next_day = Told {
        started_at_ms: before.started_at_ms - 84_840_000,
        ended_at_ms: before.ended_at_ms - 84_840_000,
        closes_at_ms: before.closes_at_ms - 84_840_000,
        ..before
    };
    assert_eq!(
        why(TRUST, win, Some(next_day)),
        format!(
            "The session before closed 8m earlier at 10:57:00, by the 24 h pause of a session that \
             its source names, {cannot}"
        )
    );
    let at_closing = ToldEvent {
        time_ms: before.closes_at_ms,
        ..win
    };
    assert_eq!(
        why(VISIT, at_closing, Some(before)),
        format!("The session before closed at this very moment, by the 30 min timeout, {cannot}")
    );
    let named = ToldEvent {
        source_session: Some("s2"),
        ..win
    };
    assert_eq!(
        why(TRUST, named, None),
        "No session of s2, as the source names it, began before it; Win cannot start one (its role \
         is passive)."
    );
    let late = event(
        Role::Passive,
        "2026-03-10T10:12:00Z",
        "2026-03-11T14:03:00Z",
    );
    assert_eq!(
        why(VISIT, late, Some(before)),
        format!(
            "It belongs at 10:12:00, inside the session of 10:00:00 to 10:31:00, but arrived at \
             Wed 11 Mar 14:03, after that session became final at Wed 11 Mar 11:01, {cannot}"
        )
    );
}

#[test]
fn an_event_of_somebody_else_or_settled_before_is_in_no_session() {
    let why = |json: &str, event: ToldEvent<'_>, previous: Told<'_>| {
        why_in_none(&EventQuestion {
            definition: &definition(json),
            event,
            previous: Some(previous),
            zone: Zone::UTC,
        })
    };
    let before = session("10:00:00", "10:31:00");
    let time = "2026-03-10T10:12:00Z";
    let other = ToldEvent {
        user: Some("u2"),
        source_session: Some("s2"),
        ..event(Role::Extend, time, time)
    };
    let cannot = "and Win cannot start one (its role is extend).";
    assert_eq!(
        why(VISIT, other, before),
        format!("It is of u2, while the session at its time is of u1, {cannot}")
    );
    let same_user = ToldEvent {
        user: Some("u1"),
        ..other
    };
    assert_eq!(
        why(PREFER, same_user, before),
        format!("It names the session s2, while the one at its time is s1, {cannot}")
    );
    assert_eq!(
        why(VISIT, same_user, before),
        format!("No session was open to it at its time, {cannot}")
    );
    let born_later = Told {
        late_born: true,
        arrivals: arrived(
            "2026-03-12T14:03:00Z",
            "2026-03-12T14:03:00Z",
            "2026-03-12T14:03:00Z",
        ),
        ..before
    };
    assert_eq!(
        why(VISIT, event(Role::Passive, time, time), born_later),
        "It lies inside the session of 10:00:00 to 10:31:00, whose first event arrived at Thu 12 \
         Mar 14:03; by then, from Wed 11 Mar 10:12 on, this event was settled as one without a \
         session, and Win cannot start one (its role is passive)."
    );
}

/// What is noted of an event of 10:12 in this session.
fn note(event: ToldEvent<'_>, session: Option<Told<'_>>, effect: Option<Effect>) -> LateNote {
    let question = LateQuestion {
        definition: &definition(VISIT),
        event,
        session,
        previous: None,
        effect,
        now_ms: utc("2026-03-11T00:00:00Z"),
        zone: Zone::UTC,
    };
    late_note(&question).unwrap()
}

#[test]
fn an_event_is_late_from_the_timeout_on() {
    let asked = |json: &str, arrival: &str| {
        let question = LateQuestion {
            definition: &definition(json),
            event: event(Role::Activity, "2026-03-10T10:12:00Z", arrival),
            session: None,
            previous: None,
            effect: None,
            now_ms: 0,
            zone: Zone::UTC,
        };
        late_note(&question).map(|note| note.explanation)
    };
    assert_eq!(asked(VISIT, "2026-03-10T10:41:59.999Z"), None);
    let at = asked(VISIT, "2026-03-10T10:42:00Z").unwrap();
    assert!(
        at.starts_with(
            "It arrived at 10:42:00, 30m after it happened; from the 30 min timeout on, an event \
             counts as late."
        ),
        "{at}"
    );
    let day = r#"{"name":"d","limits":{"day_in":"UTC"}}"#;
    assert_eq!(asked(day, "2026-03-10T10:41:59.999Z"), None);
    let at = asked(day, "2026-03-10T10:42:00Z").unwrap();
    assert!(
        at.contains("from 30 min on, an event counts as late"),
        "{at}"
    );
}

#[test]
fn a_late_event_says_what_it_did_to_its_session() {
    let of = session("10:00:00", "10:31:00");
    let late = event(
        Role::Activity,
        "2026-03-10T10:12:00Z",
        "2026-03-10T13:00:00Z",
    );
    let said = |effect| {
        let note = note(late, Some(of), effect);
        assert_eq!(note.delay_ms, 10_080_000);
        let start = "It arrived at 13:00:00, 2h 48m after it happened; from the 30 min timeout on, \
                     an event counts as late. The session had closed at 11:01:00 and was inside \
                     its 24 h grace. ";
        let end = " Late events are still accepted until Wed 11 Mar 11:01 (grace 24 h).";
        let did = note
            .explanation
            .strip_prefix(start)
            .unwrap_or(&note.explanation);
        (note.title, did.strip_suffix(end).unwrap_or(did).to_owned())
    };
    let cases = [
        (
            None,
            "Arrived late, still attached",
            "10:12:00 lies in it, so the event joined it and its figures were updated.",
        ),
        (
            Some(Effect::Counted),
            "Arrived late, still attached",
            "It is passive: it counts in the session and moves neither start nor end.",
        ),
        (
            Some(Effect::Backward {
                started_at_ms: utc("2026-03-10T10:20:00Z"),
            }),
            "Arrived late, extended its session backward",
            "It moved the session's start from 10:20:00 back to 10:12:00.",
        ),
        (
            Some(Effect::Forward {
                ended_at_ms: utc("2026-03-10T10:05:00Z"),
            }),
            "Arrived late, extended its session",
            "It moved the session's end from 10:05:00 to 10:12:00.",
        ),
        (
            Some(Effect::Bridged {
                session_count: 2,
                ended_at_ms: utc("2026-03-10T10:00:00Z"),
                started_at_ms: utc("2026-03-10T10:31:00Z"),
            }),
            "Arrived late, joined two sessions",
            "Without it there would be two, one to 10:00:00 and one from 10:31:00.",
        ),
        (
            Some(Effect::Made),
            "Arrived late, made its session",
            "Without it there would be no session.",
        ),
    ];
    for (effect, title, did) in cases {
        assert_eq!(said(effect), (title.to_owned(), did.to_owned()));
    }
}

#[test]
fn a_late_event_says_how_its_session_stood() {
    let of = session("10:00:00", "10:31:00");
    let open = event(
        Role::Activity,
        "2026-03-10T10:12:00Z",
        "2026-03-10T10:50:00Z",
    );
    let note_open = note(open, Some(of), None).explanation;
    assert!(
        note_open.contains("still open when it arrived; it closes at 11:01:00."),
        "{note_open}"
    );
    let past = event(
        Role::Activity,
        "2026-03-10T10:12:00Z",
        "2026-03-11T11:01:00Z",
    );
    let note_past = note(past, Some(of), None).explanation;
    assert!(
        note_past.contains("was due to be final at Wed 11 Mar 11:01, but it was not yet"),
        "{note_past}"
    );
    let born = Told {
        late_born: true,
        arrivals: arrived(
            "2026-03-11T11:01:00Z",
            "2026-03-11T11:01:00Z",
            "2026-03-11T11:01:00Z",
        ),
        ..of
    };
    let note_born = note(past, Some(born), None);
    assert_eq!(note_born.title, "Arrived late, in a late-born session");
    assert!(
        note_born
            .explanation
            .contains("which began with it. Late-born, it takes more events"),
        "{}",
        note_born.explanation
    );
    let none = note(past, None, None);
    assert_eq!(none.title, "Arrived late, in no session");
}

#[test]
fn a_late_event_that_forms_its_own_session_says_whose_it_would_have_been() {
    let arrival = "2026-03-11T14:03:00Z";
    let own = Told {
        start_reason: StartReason::Late,
        arrivals: arrived(arrival, arrival, arrival),
        ..session("10:12:00", "10:12:00")
    };
    let question = LateQuestion {
        definition: &definition(VISIT),
        event: event(Role::Activity, "2026-03-10T10:12:00Z", arrival),
        session: Some(own),
        previous: Some(session("10:00:00", "10:31:00")),
        effect: Some(Effect::Made),
        now_ms: utc("2026-03-12T00:00:00Z"),
        zone: Zone::UTC,
    };
    let note = late_note(&question).unwrap();
    assert_eq!(note.title, "Arrived too late, in a session of its own");
    assert!(
        note.explanation.contains(
            "It belongs inside the session of 10:00:00 to 10:31:00, but that session became final \
             at Wed 11 Mar 11:01, so it forms a session of its own."
        ),
        "{}",
        note.explanation
    );
}

#[test]
fn the_effect_of_an_event_is_how_its_session_would_be_without_it() {
    let rules = Rules::new(&definition(VISIT));
    let effect = |events: &[(&str, Role)], index: usize| {
        let inputs: Vec<Input> = events
            .iter()
            .map(|(time, role)| Input {
                time_ms: utc(&format!("2026-03-10T{time}Z")),
                arrival_ms: 0,
                role: *role,
                start_kind: StartKind::None,
                user: 0,
                source_session: 0,
            })
            .collect();
        Effect::of(&rules, &inputs, index)
    };
    let at = |time: &str| utc(&format!("2026-03-10T{time}Z"));
    let near = [
        ("10:00:00", Role::Activity),
        ("10:10:00", Role::Activity),
        ("10:15:00", Role::Passive),
        ("10:20:00", Role::Activity),
    ];
    assert_eq!(
        effect(&near, 0),
        Effect::Backward {
            started_at_ms: at("10:10:00")
        }
    );
    assert_eq!(effect(&near, 1), Effect::Inside);
    assert_eq!(effect(&near, 2), Effect::Counted);
    assert_eq!(
        effect(&near, 3),
        Effect::Forward {
            ended_at_ms: at("10:10:00")
        }
    );
    let far = [
        ("10:00:00", Role::Activity),
        ("10:29:00", Role::Extend),
        ("10:58:00", Role::Activity),
    ];
    assert_eq!(
        effect(&far, 1),
        Effect::Bridged {
            session_count: 2,
            ended_at_ms: at("10:00:00"),
            started_at_ms: at("10:58:00")
        }
    );
    assert_eq!(effect(&far[..1], 0), Effect::Made);
    assert_eq!(effect(&far[..2], 0), Effect::Made);
}
