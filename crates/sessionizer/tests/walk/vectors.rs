//! Cases that state the rules and what other systems' own tests assert, field by field.

use std::collections::BTreeMap;

use dwell_model::session::session_id;
use dwell_model::time::parse_text;
use dwell_model::{Definition, Properties, StartReason, Zone};
use dwell_sessionizer::{Input, Rules, sessions};
use serde::Deserialize;
use serde_json::value::RawValue;

const PEERS: &str = include_str!("../../../../tests/fixtures/vectors/peers.json");
const RULES: &str = include_str!("../../../../tests/fixtures/vectors/rules.json");

#[derive(Deserialize)]
struct Case<'a> {
    id: String,
    #[serde(borrow)]
    definition: &'a RawValue,
    events: Vec<Event>,
    sessions: Vec<Expected>,
}

#[derive(Clone, Deserialize)]
struct Event {
    event_id: String,
    name: String,
    timestamp: Time,
    received_at: Option<Time>,
    device_id: Option<String>,
    user_id: Option<String>,
    session_id: Option<String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Time {
    Ms(i64),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    stream: String,
    started_at: i64,
    ended_at: i64,
    event_ids: Vec<String>,
    closes_at: Option<i64>,
    expires_at: Option<i64>,
    start_reason: Option<StartReason>,
}

impl Time {
    fn ms(&self) -> i64 {
        match self {
            Self::Ms(ms) => *ms,
            Self::Text(text) => parse_text(text, Zone::UTC).unwrap(),
        }
    }
}

impl Event {
    fn arrival_ms(&self) -> i64 {
        self.received_at.as_ref().unwrap_or(&self.timestamp).ms()
    }

    fn stream(&self) -> &str {
        self.device_id
            .as_deref()
            .or(self.user_id.as_deref())
            .unwrap()
    }
}

/// Numbers names from 1 in the order of their coming; 0 is none.
#[derive(Default)]
struct Numbers(Vec<String>);

impl Numbers {
    fn of(&mut self, name: Option<&String>) -> u32 {
        let Some(name) = name else {
            return 0;
        };
        let known = self
            .0
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                self.0.push(name.clone());
                self.0.len() - 1
            });
        known as u32 + 1
    }
}

/// The sessions of a case as of its last arrival, by stream and start, each with its id.
fn sessions_of(definition: &Definition, events: &[Event]) -> Vec<(Expected, String)> {
    let rules = Rules::new(definition);
    let (mut users, mut source_sessions) = (Numbers::default(), Numbers::default());
    // Of copies with one id the one with the earliest arrival counts.
    let mut by_id: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in events {
        let kept = by_id.entry(&event.event_id).or_insert(event);
        if event.arrival_ms() < kept.arrival_ms() {
            *kept = event;
        }
    }
    let mut streams: BTreeMap<&str, Vec<(&Event, Input)>> = BTreeMap::new();
    for event in by_id.into_values() {
        let (role, start_kind) = rules.role_of(&event.name, || &event.properties);
        let input = Input {
            time_ms: event.timestamp.ms(),
            arrival_ms: event.arrival_ms(),
            role,
            start_kind,
            user: users.of(event.user_id.as_ref()),
            source_session: source_sessions.of(event.session_id.as_ref()),
        };
        streams
            .entry(event.stream())
            .or_default()
            .push((event, input));
    }
    let mut found = Vec::new();
    for (stream, mut events) in streams {
        events.sort_by(|(a, a_input), (b, b_input)| {
            a_input.in_order(&a.event_id, b_input, &b.event_id)
        });
        let inputs: Vec<Input> = events.iter().map(|(_, input)| *input).collect();
        let walked = sessions(&rules, &inputs);
        for (number, session) in (0..).zip(&walked.sessions) {
            let is_member = |index: &usize| walked.session_of[*index] == Some(number);
            let mut event_ids: Vec<String> = (0..events.len())
                .filter(is_member)
                .map(|index| events[index].0.event_id.clone())
                .collect();
            event_ids.sort();
            let first_arrived = &events[session.first_arrived as usize].0.event_id;
            let id = session_id("default", &definition.name, first_arrived).to_string();
            let session = Expected {
                stream: stream.to_owned(),
                started_at: session.started_at_ms,
                ended_at: session.ended_at_ms,
                event_ids,
                closes_at: Some(session.closes_at_ms),
                expires_at: Some(session.expires_at_ms),
                start_reason: Some(session.start_reason),
            };
            found.push((session, id));
        }
    }
    found
}

/// The sessions with only the fields that the case states.
fn as_stated(found: &[(Expected, String)], stated: &[Expected]) -> Vec<Expected> {
    let with = |(index, (session, _)): (usize, &(Expected, String))| {
        let mut session = session.clone();
        if let Some(stated) = stated.get(index) {
            session.closes_at = stated.closes_at.and(session.closes_at);
            session.expires_at = stated.expires_at.and(session.expires_at);
            session.start_reason = stated.start_reason.and(session.start_reason);
        }
        session
    };
    found.iter().enumerate().map(with).collect()
}

/// Whether a case passes in the order in which it was sent, backwards and rotated.
fn check(case: &Case<'_>) -> Result<(), String> {
    let definition = Definition::from_json(case.definition.get()).map_err(|e| e.to_string())?;
    let as_sent = sessions_of(&definition, &case.events);
    let found = as_stated(&as_sent, &case.sessions);
    if found != case.sessions {
        return Err(format!("found {found:#?}\nexpected {:#?}", case.sessions));
    }
    let mut events = case.events.clone();
    events.reverse();
    for _ in 0..events.len() {
        if sessions_of(&definition, &events) != as_sent {
            return Err("the order of import changes its sessions or their ids".to_owned());
        }
        events.rotate_left(1);
    }
    Ok(())
}

#[track_caller]
fn check_all(json: &str, case_count: usize) {
    let cases: Vec<Case<'_>> = serde_json::from_str(json).unwrap();
    assert_eq!(cases.len(), case_count);
    for case in cases {
        if let Err(problem) = check(&case) {
            panic!("{}: {problem}", case.id);
        }
    }
}

#[test]
fn every_case_of_other_systems_passes() {
    check_all(PEERS, 29);
}

#[test]
fn every_case_of_the_rules_passes() {
    check_all(RULES, 30);
}

#[test]
fn a_bridged_session_keeps_the_id_of_the_one_that_arrived_first() {
    let cases: Vec<Case<'_>> = serde_json::from_str(RULES).unwrap();
    let bridge = cases.iter().find(|case| case.id == "late-bridges").unwrap();
    let definition = Definition::from_json(bridge.definition.get()).unwrap();
    let ids = |events: &[Event]| -> Vec<String> {
        sessions_of(&definition, events)
            .into_iter()
            .map(|(_, id)| id)
            .collect()
    };
    let before = ids(&bridge.events[..2]);
    assert_eq!(before.len(), 2);
    assert_eq!(ids(&bridge.events), before[..1]);
}
