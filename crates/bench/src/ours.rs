//! What a child process measures through the questions that the window asks: it opens a workspace,
//! does one thing, and prints its figures as one line of JSON.

use std::fs;
use std::path::Path;
use std::time::Instant;

use dwell_api::person::{PersonKey, PersonKind};
use dwell_api::timeline::TimelineRequest;
use dwell_api::what_if::{ExampleChoice, WhatIfRequest};
use dwell_api::{ApiError, Cancel, Workspace, definition, import, timeline, what_if, workspace};
use serde_json::{Value, json};

use crate::usage;
use crate::walk::middle;

const APPLICATION: &str = "bench";
/// Rules that the sessions are built by anew.
const OTHER_RULES: &str = r#"{"name": "visit", "limits": {"inactivity_seconds": 900,
    "max_length_seconds": 14400, "day_in": "Europe/Berlin"}}"#;
/// Rules that are tried first, and, with a number for it, the warm ones.
const TRIED: &str = r#"{"name": "visit", "limits": {"inactivity_seconds": TIMEOUT}}"#;
/// The lines of one live batch.
const BATCH_LINES: usize = 500;

/// Runs the measure of that name.
pub(crate) fn measure(name: &str, file: &Path, arguments: &[String]) -> Result<Value, String> {
    let began = Instant::now();
    let mut figures = match (name, arguments) {
        ("import", [events]) => imported(file, Path::new(events)),
        ("what-if", []) => tried(file),
        ("rebuild", []) => rebuilt(file),
        ("late", [events]) => late(file, Path::new(events)),
        ("live", [events]) => live(file, Path::new(events)),
        ("timeline", users) if !users.is_empty() => timelines(file, users),
        _ => return Err(format!("there is no measure {name} {arguments:?}")),
    }?;
    figures["wall_s"] = json!(began.elapsed().as_secs_f64());
    figures["cpu_s"] = json!(usage::cpu_seconds());
    figures["peak_mb"] = json!(usage::peak_mb());
    Ok(figures)
}

fn said(error: ApiError) -> String {
    error.message
}

/// Imports a file; the wall and CPU time of the process are its.
fn imported(file: &Path, events: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let request = import::ImportRequest {
        application: APPLICATION.to_owned(),
        path: events.display().to_string(),
        time_zone: "UTC".to_owned(),
    };
    let row = import::run(&workspace, &request, &Cancel::default(), &mut |_| {}).map_err(said)?;
    if row.quarantined > 0 {
        return Err(format!("{} events were rejected", row.quarantined));
    }
    let sessions = workspace::status(&workspace).map_err(said)?.applications[0].session_count;
    Ok(json!({"sessions": sessions, "stored": row.stored}))
}

fn tried(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let mut seconds = Vec::new();
    for timeout in [600, 900, 1_200, 2_400, 3_600, 5_400] {
        let request = WhatIfRequest {
            application: APPLICATION.to_owned(),
            definition: String::new(),
            json: TRIED.replace("TIMEOUT", &timeout.to_string()),
            examples: ExampleChoice::Most,
            zone: "Europe/Berlin".to_owned(),
        };
        let began = Instant::now();
        let answer = what_if::show(&workspace, &request, &Cancel::default()).map_err(said)?;
        seconds.push(began.elapsed().as_secs_f64());
        if answer.change.is_none() {
            return Err(format!("{:?}", answer.problem));
        }
    }
    let first = seconds.remove(0);
    Ok(json!({"first_s": first, "warm_s": middle(seconds)}))
}

fn rebuilt(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let began = Instant::now();
    definition::set(
        &workspace,
        APPLICATION,
        OTHER_RULES,
        &Cancel::default(),
        &mut |_, _| {},
    )
    .map_err(said)?;
    Ok(json!({"seconds": began.elapsed().as_secs_f64()}))
}

/// Takes events of the past in, with the sessions that they change.
fn late(file: &Path, events: &Path) -> Result<Value, String> {
    let began = Instant::now();
    let stored = imported(file, events)?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(json!({"seconds": seconds, "stored": stored["stored"]}))
}

/// Takes batches in as they come from a live source: from the bytes to the stored sessions.
fn live(file: &Path, events: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let text = fs::read_to_string(events).map_err(|error| error.to_string())?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut seconds = Vec::new();
    for (index, batch) in lines.chunks(BATCH_LINES).enumerate() {
        let bytes = batch.concat();
        let request = import::ImportRequest {
            application: APPLICATION.to_owned(),
            path: format!("batch-{index}.jsonl"),
            time_zone: "UTC".to_owned(),
        };
        let began = Instant::now();
        import::run_stream(
            &workspace,
            &request,
            bytes.as_bytes(),
            &Cancel::default(),
            &mut |_| {},
        )
        .map_err(said)?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    Ok(json!({"batch_s": middle(seconds)}))
}

/// The newest 14 days of the busiest user, who is named first, and of usual ones; warm.
fn timelines(file: &Path, users: &[String]) -> Result<Value, String> {
    let workspace = Workspace::open_read_only(file).map_err(said)?;
    let ask = |user: &String| {
        let request = TimelineRequest {
            application: APPLICATION.to_owned(),
            definition: String::new(),
            person: PersonKey {
                kind: PersonKind::User,
                id: user.clone(),
            },
            zone: "Europe/Berlin".to_owned(),
            day_count: 14,
            last_day: None,
            as_of_ms: None,
        };
        let began = Instant::now();
        let answer = timeline::show(&workspace, &request).map_err(said)?;
        let seconds = began.elapsed().as_secs_f64();
        match answer.days.iter().any(|day| !day.sessions.is_empty()) {
            true => Ok::<_, String>(seconds),
            false => Err(format!("the timeline of {user} is empty")),
        }
    };
    let (busiest, usual) = users.split_at(1);
    let warm = |users: &[String], rounds: usize| {
        for user in users {
            ask(user)?;
        }
        let times: Result<Vec<f64>, String> =
            (0..rounds).flat_map(|_| users.iter().map(ask)).collect();
        Ok::<_, String>(middle(times?))
    };
    Ok(json!({"usual_s": warm(usual, 5)?, "busiest_s": warm(busiest, 50)?}))
}
