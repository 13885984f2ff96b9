//! What a child process measures through the questions that the window asks: it opens a workspace,
//! does one thing, and prints its figures as one line of JSON.

use std::fs;
use std::path::Path;
use std::time::Instant;

use dwell_api::day::{self, DaysRequest};
use dwell_api::person::{self, PeopleRequest, PersonKey, PersonKind};
use dwell_api::session::{self, FindSessions};
use dwell_api::timeline::TimelineRequest;
use dwell_api::what_if::{ExampleChoice, WhatIfRequest};
use dwell_api::{
    ApiError, Cancel, Workspace, catalog, definition, import, timeline, what_if, workspace,
};
use serde_json::{Value, json};

use crate::crowd;
use crate::usage;
use crate::walk::middle;

/// The application of the events.
pub(crate) const APPLICATION: &str = "bench";
/// Rules that the sessions are built by anew.
const OTHER_RULES: &str = r#"{"name": "visit", "limits": {"inactivity_seconds": 900,
    "max_length_seconds": 14400, "day_in": "Europe/Berlin"}}"#;
/// Rules that are tried first, and, with a number for it, the warm ones.
const TRIED: &str = r#"{"name": "visit", "limits": {"inactivity_seconds": TIMEOUT}}"#;
/// Rows of a list that are asked for.
const SEARCH_ROWS: u32 = 50;
/// Which sessions are found, and what they are ordered by.
const FILTERS: [(&str, &str); 3] = [
    ("duration > 10m and event_count >= 2", "duration"),
    ("start_reason = timeout or late_born", "started_at"),
    ("", "engaged"),
];
/// The lines of one live batch.
const BATCH_LINES: usize = 500;

/// Runs the measure of that name.
pub(crate) fn measure(name: &str, file: &Path, arguments: &[String]) -> Result<Value, String> {
    let began = Instant::now();
    let mut figures = match (name, arguments) {
        ("import", [events]) => imported(file, Path::new(events)),
        ("what-if", []) => tried(file),
        ("remove", []) => taken_back(file),
        ("rebuild", []) => rebuilt(file),
        ("late", [events]) => late(file, Path::new(events)),
        ("live", [events]) => live(file, Path::new(events)),
        ("crowd", []) => crowd(file),
        ("search", []) => searched(file),
        ("report", []) => reported(file),
        ("names", []) => named(file),
        ("start", [application]) => started(file, application),
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

fn request(application: &str, path: String) -> import::ImportRequest {
    import::ImportRequest {
        application: application.to_owned(),
        path,
        time_zone: "UTC".to_owned(),
        ..import::ImportRequest::default()
    }
}

/// Imports a million people and a million sessions.
fn crowd(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let input = file.with_extension("jsonl");
    let failed = |error: std::io::Error| format!("{}: {error}", input.display());
    for application in [crowd::PEOPLE, crowd::SESSIONS] {
        crowd::write(application, &input).map_err(failed)?;
        let request = request(application, input.display().to_string());
        import::run(&workspace, &request, &Cancel::default(), &mut |_| {}).map_err(said)?;
    }
    fs::remove_file(&input).map_err(failed)?;
    let rows = workspace::status(&workspace).map_err(said)?.applications;
    Ok(json!({"people": rows[0].person_count, "sessions": rows[1].session_count}))
}

/// Searches among a million people: as when somebody types, and again each time somebody was seen.
fn searched(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let began = Instant::now();
    person::prepare_search(
        &workspace,
        crowd::PEOPLE,
        &Cancel::default(),
        &mut |_, _| {},
    )
    .map_err(said)?;
    let first = began.elapsed().as_secs_f64();
    let ask = |search: &str, only_beginning: bool| {
        let request = PeopleRequest {
            application: crowd::PEOPLE.to_owned(),
            search: search.to_owned(),
            only_beginning,
            limit: SEARCH_ROWS,
            ..PeopleRequest::default()
        };
        let began = Instant::now();
        person::list(&workspace, &request).map_err(said)?;
        Ok::<_, String>(began.elapsed().as_secs_f64())
    };
    let all = |searches: &[&str], only_beginning: bool| {
        let rounds = (0..5)
            .flat_map(|_| searches)
            .map(|search| ask(search, only_beginning));
        rounds.collect::<Result<Vec<f64>, String>>()
    };
    // Everything that is read is in memory.
    all(&crowd::BEGINNINGS, true)?;
    let beginning = all(&crowd::BEGINNINGS, true)?;
    let part = all(&crowd::PARTS, false)?;
    let mut changed = Vec::new();
    for (index, search) in crowd::BEGINNINGS.iter().enumerate() {
        let seen = format!(
            r#"{{"event_id":"again{index}","name":"AppOpened","timestamp":1760000000000,"user_id":"user-{index:07}","device_id":"another{index}"}}"#
        );
        let request = request(crowd::PEOPLE, format!("again-{index}.jsonl"));
        import::run_stream(
            &workspace,
            &request,
            seen.as_bytes(),
            &Cancel::default(),
            &mut |_| {},
        )
        .map_err(said)?;
        changed.push(ask(search, true)?);
    }
    let slowest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    Ok(json!({
        "first_s": first,
        "beginning_worst_s": slowest(&beginning),
        "beginning_s": middle(beginning),
        "part_worst_s": slowest(&part),
        "part_s": middle(part),
        "changed_s": middle(changed),
    }))
}

/// Sums a million sessions up by day, and finds some of them by their figures.
fn reported(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open_read_only(file).map_err(said)?;
    let days = || {
        let request = DaysRequest {
            application: crowd::SESSIONS.to_owned(),
            zone: "Europe/Berlin".to_owned(),
            ..DaysRequest::default()
        };
        let began = Instant::now();
        let answer =
            day::days(&workspace, &request, &Cancel::default(), &mut |_, _| {}).map_err(said)?;
        let seconds = began.elapsed().as_secs_f64();
        let count: u64 = answer.days.iter().map(|day| day.session_count).sum();
        Ok::<_, String>((seconds, count + answer.active_count))
    };
    let (first, count) = days()?;
    let warm: Vec<f64> = (0..20)
        .map(|_| Ok(days()?.0))
        .collect::<Result<_, String>>()?;
    let mut found = Vec::new();
    for (filter, order_by) in FILTERS {
        let request = FindSessions {
            application: crowd::SESSIONS.to_owned(),
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
            descending: true,
            limit: SEARCH_ROWS,
            ..FindSessions::default()
        };
        for _ in 0..5 {
            let began = Instant::now();
            session::page(&workspace, &request, &Cancel::default(), &mut |_, _| {})
                .map_err(said)?;
            found.push(began.elapsed().as_secs_f64());
        }
    }
    Ok(
        json!({"first_s": first, "warm_s": middle(warm), "sessions": count, "find_s": middle(found)}),
    )
}

/// Counts the events of each name.
fn named(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open_read_only(file).map_err(said)?;
    let ask = || {
        let began = Instant::now();
        catalog::event_names(&workspace, APPLICATION, &Cancel::default(), &mut |_, _| {})
            .map_err(said)?;
        Ok::<_, String>(began.elapsed().as_secs_f64())
    };
    let seconds: Result<Vec<f64>, String> = (0..3).map(|_| ask()).collect();
    Ok(json!({"seconds": middle(seconds?)}))
}

/// Opens a workspace, and asks what the window shows first.
fn started(file: &Path, application: &str) -> Result<Value, String> {
    let began = Instant::now();
    let workspace = Workspace::open_read_only(file).map_err(said)?;
    workspace::status(&workspace).map_err(said)?;
    let request = PeopleRequest {
        application: application.to_owned(),
        limit: SEARCH_ROWS,
        ..PeopleRequest::default()
    };
    let page = person::list(&workspace, &request).map_err(said)?;
    let first = page.rows.first().ok_or("there is nobody")?;
    let request = TimelineRequest {
        application: application.to_owned(),
        definition: String::new(),
        person: first.person.clone(),
        zone: "Europe/Berlin".to_owned(),
        day_count: 14,
        last_day: None,
        as_of_ms: None,
    };
    timeline::show(&workspace, &request).map_err(said)?;
    Ok(json!({"seconds": began.elapsed().as_secs_f64()}))
}

/// Imports a file; the wall and CPU time of the process are its.
fn imported(file: &Path, events: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let request = import::ImportRequest {
        application: APPLICATION.to_owned(),
        path: events.display().to_string(),
        time_zone: "UTC".to_owned(),
        ..import::ImportRequest::default()
    };
    let row = import::run(&workspace, &request, &Cancel::default(), &mut |_| {}).map_err(said)?;
    if row.quarantined > 0 {
        return Err(format!("{} events were rejected", row.quarantined));
    }
    let sessions = workspace::status(&workspace).map_err(said)?.applications[0].session_count;
    Ok(json!({"sessions": sessions, "stored": row.stored}))
}

/// Takes the newest import back.
fn taken_back(file: &Path) -> Result<Value, String> {
    let workspace = Workspace::open(file).map_err(said)?;
    let imports = import::list(&workspace, APPLICATION).map_err(said)?;
    let newest = imports.iter().map(|row| row.import_id).max();
    let request = import::ImportRemovalRequest {
        import_id: newest.ok_or("there is no import")?,
        dry_run: false,
    };
    let removal = import::remove(&workspace, &request, &Cancel::default(), &mut |_| {});
    let removal = removal.map_err(said)?;
    Ok(json!({"events": removal.events_removed}))
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
            ..import::ImportRequest::default()
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
