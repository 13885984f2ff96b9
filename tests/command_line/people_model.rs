//! People against a plain model of sessions, section 7: everything computed anew from all events,
//! with nothing remembered. Random histories of identify, alias, reset, anonymous events and copies
//! that change what counts, in files of random size and order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::runner::{Dwell, below, minute, shuffle};

const HISTORIES: u64 = 40;

#[derive(Clone, Debug)]
struct Told {
    id: String,
    name: &'static str,
    time_ms: i64,
    arrival_ms: i64,
    device: Option<String>,
    user: Option<String>,
    previous: Option<String>,
}

impl Told {
    fn event(&self) -> Value {
        let mut event = json!({
            "event_id": self.id, "name": self.name,
            "timestamp": self.time_ms, "received_at": self.arrival_ms
        });
        if let Some(device) = &self.device {
            event["device_id"] = json!(device);
        }
        if let Some(user) = &self.user {
            event["user_id"] = json!(user);
        }
        if let Some(previous) = &self.previous {
            event["properties"] = json!({"previous_id": previous});
        }
        event
    }
}

/// A history, copies with another content included. No two events of a device have one time, so
/// that their order is the same whatever a definition makes of their names.
fn history(state: &mut u64) -> Vec<Told> {
    let count = 4 + below(state, 16);
    let users = 2 + below(state, 4);
    let mut told = Vec::new();
    for index in 0..count {
        // The ids go against the times, so that neither order does for the other.
        let id = format!("e{:02}", count - index);
        let time_ms = minute(index as i64 * (1 + below(state, 25) as i64));
        let time_ms = time_ms + index as i64;
        let mut copies = vec![copy(state, users, id.clone(), time_ms)];
        if below(state, 5) == 0 {
            copies.push(copy(state, users, id, time_ms));
        }
        for (place, copy) in copies.iter_mut().enumerate() {
            copy.arrival_ms = time_ms + below(state, 3) as i64 * 3_600_000 + place as i64;
        }
        told.extend(copies);
    }
    told
}

fn copy(state: &mut u64, users: usize, id: String, time_ms: i64) -> Told {
    let device = Some(format!("d{}", below(state, 3)));
    let user = |state: &mut u64| Some(format!("u{}", below(state, users)));
    let (name, device, user, previous) = match below(state, 12) {
        0..=3 => ("A", device, None, None),
        4 | 5 => ("A", device, user(state), None),
        6 => ("A", None, user(state), None),
        7 => ("identify", device, user(state), None),
        8 => ("alias", device, user(state), user(state)),
        9 => ("alias", None, user(state), user(state)),
        _ => ("reset", device, None, None),
    };
    Told {
        id,
        name,
        time_ms,
        arrival_ms: time_ms,
        device,
        user,
        previous,
    }
}

/// Of copies the one that arrived first, in order.
fn that_count(told: &[Told]) -> Vec<Told> {
    let mut by_id: BTreeMap<&str, &Told> = BTreeMap::new();
    for one in told {
        let known = by_id.entry(&one.id).or_insert(one);
        if one.arrival_ms < known.arrival_ms {
            *known = one;
        }
    }
    let mut events: Vec<Told> = by_id.into_values().cloned().collect();
    events.sort_by_key(|event| (event.time_ms, event.id.clone()));
    events
}

/// Whom each event belongs to.
fn owners(events: &[Told]) -> BTreeMap<String, String> {
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    let mut profile: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        let Some(user) = &event.user else { continue };
        for id in event.previous.iter().chain([user]) {
            let first = seen.entry(id.clone()).or_insert(event.time_ms);
            *first = event.time_ms.min(*first);
            let next = profile.len();
            profile.entry(id.clone()).or_insert(next);
        }
        if let Some(previous) = &event.previous {
            let (from, to) = (profile[previous], profile[user]);
            for number in profile.values_mut().filter(|number| **number == from) {
                *number = to;
            }
        }
    }
    let canonical = |user: &String| -> String {
        let same = seen
            .iter()
            .filter(|(other, _)| profile[*other] == profile[user]);
        let first = same.min_by_key(|(other, first)| (**first, (*other).clone()));
        first.expect("at least the user itself").0.clone()
    };
    let mut owners = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let same = |other: &&Told| other.device.is_some() && other.device == event.device;
        let before = events[..index].iter().rev().filter(same);
        let last = before
            .take_while(|other| other.name != "reset")
            .find_map(|other| other.user.as_ref());
        let mut next = None;
        if event.name != "reset" {
            for other in events[index + 1..].iter().filter(same) {
                next = other.user.as_ref();
                if next.is_some() || other.name == "reset" {
                    break;
                }
            }
        }
        let user = event.user.as_ref().or(last).or(next);
        let owner = match (user, &event.device) {
            (Some(user), _) => canonical(user),
            (None, Some(device)) => device.clone(),
            (None, None) => unreachable!("every event has an owner"),
        };
        owners.insert(event.id.clone(), owner);
    }
    owners
}

fn check(seed: u64) {
    let mut state = seed;
    let told = history(&mut state);
    let wanted = owners(&that_count(&told));
    for is_set_first in [true, false] {
        // Whatever people's events do in sessions: here each is activity, so that none is in none.
        let definition = json!({
            "name": "person", "scope": "user", "limits": {"inactivity_seconds": 1800},
            "roles": [
                {"event": "identify", "role": "activity"}, {"event": "alias", "role": "activity"},
                {"event": "reset", "role": "activity"}
            ]
        });
        let dwell = Dwell::new();
        if is_set_first {
            dwell.define(&definition);
        }
        let mut lines = told.clone();
        shuffle(&mut lines, seed);
        while !lines.is_empty() {
            let size = 1 + below(&mut state, 8);
            let rest = lines.split_off(size.min(lines.len()));
            let events: Vec<Value> = lines.iter().map(Told::event).collect();
            dwell.take(&events);
            lines = rest;
        }
        if !is_set_first {
            dwell.define(&definition);
        }
        let what = format!("seed {seed}, set first: {is_set_first}, {told:#?}");
        let mut found = BTreeMap::new();
        let mut numbers: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
        for session in dwell.sessions("person") {
            let stream = session["stream"].as_str().expect("a stream");
            for id in session["event_ids"].as_array().expect("ids") {
                let id = id.as_str().expect("an id").to_owned();
                assert!(found.insert(id, stream.to_owned()).is_none(), "{what}");
            }
            let start = session["started_at"].as_i64().expect("ms");
            let number = session["session_number"].as_u64().expect("a number");
            numbers
                .entry(stream.to_owned())
                .or_default()
                .push((start, number));
        }
        assert_eq!(found, wanted, "{what}");
        for (stream, mut numbers) in numbers {
            numbers.sort();
            let numbers: Vec<u64> = numbers.into_iter().map(|(_, number)| number).collect();
            let counted: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, counted, "{stream} of {what}");
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for owner in wanted.values().filter(|owner| owner.starts_with('u')) {
            *counts.entry(owner.clone()).or_default() += 1;
        }
        let users: BTreeMap<String, u64> = dwell
            .rows(&["user", "list"])
            .iter()
            .map(|row| {
                let id = row["user_id"].as_str().expect("an id").to_owned();
                (id, row["event_count"].as_u64().expect("a count"))
            })
            .collect();
        assert_eq!(users, counts, "{what}");
        let devices: BTreeSet<String> = dwell
            .rows(&["device", "list"])
            .iter()
            .map(|row| row["device_id"].as_str().expect("an id").to_owned())
            .collect();
        let seen = that_count(&told);
        let seen: BTreeSet<String> = seen.into_iter().filter_map(|event| event.device).collect();
        assert_eq!(devices, seen, "{what}");
        dwell.check();
    }
}

#[test]
fn people_are_those_of_the_plain_model_for_any_split_and_order() {
    println!("seeds 0 to {}", HISTORIES - 1);
    for seed in 0..HISTORIES {
        check(seed);
    }
}
