//! What other rules would change: a definition tried on the real events beside the one in use,
//! without writing anything.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use dwell_model::time::date_of_days;
use dwell_model::{Definition, Zone};
use dwell_store::Reader;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::person::{PersonKey, answer, key_of};
use crate::workspace::{Workspace, find_application, find_definition, parse_zone};

mod columns;
mod compare;
mod curve;
mod example;
mod figures;
mod find;
mod memory;
mod why;

use curve::Points;
use example::Example;
use figures::{Figures, Question};
use find::Finder;
pub(crate) use memory::Trials;
use memory::{Memory, Ready, Sizes};

/// Asks what a definition would change.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct WhatIfRequest {
    /// Application.
    pub application: String,
    /// The definition in use to compare with, by name; blank is the application's first.
    pub definition: String,
    /// The definition to try, as JSON.
    pub json: String,
    /// Which people are shown as examples.
    pub examples: ExampleChoice,
    /// IANA zone whose days are counted and shown.
    pub zone: String,
}

/// Which people are shown as examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExampleChoice {
    /// Those whose days change most.
    Most,
    /// Some of all people, the same ones for the same events.
    Random,
}

/// What a definition would change, or why it cannot be tried. One of both is set.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct WhatIf {
    /// What is wrong with the definition.
    pub problem: Option<FieldProblem>,
    /// What it would change.
    pub change: Option<RuleChange>,
}

/// What is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct FieldProblem {
    /// The field, for example `limits.inactivity_seconds`; blank where the whole is meant.
    pub path: String,
    /// What is wrong, and what is allowed, in words.
    pub problem: String,
}

/// What a definition would change.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RuleChange {
    /// Events looked at: all of the application.
    pub event_count: u64,
    /// People looked at.
    pub person_count: u64,
    /// With the definition in use.
    pub now: SessionFigures,
    /// With the one that is tried.
    pub tried: SessionFigures,
    /// Sessions in use that would hold exactly the same events.
    pub same: u64,
    /// Sessions in use whose events would lie in several sessions.
    pub split: u64,
    /// Sessions in use that would be one with others.
    pub merged: u64,
    /// Sessions in use that would lose or gain events otherwise.
    pub otherwise: u64,
    /// People with another number of sessions, or other sessions, on any day.
    pub changed_person_count: u64,
    /// People and the day that changes most for each, at most 20.
    pub examples: Vec<ExampleDay>,
    /// How many sessions there were if a pause of each length alone parted them, by length.
    pub curve: Vec<CurvePoint>,
    /// How long it took.
    pub seconds: f64,
}

/// Figures over all sessions of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
pub struct SessionFigures {
    /// Sessions.
    pub session_count: u64,
    /// Half of them are shorter; null where there is none.
    pub median_length_ms: Option<i64>,
    /// Sessions by days on which a person has any, averaged over those days.
    pub sessions_per_person_day: Option<f64>,
    /// Sessions of one event.
    pub one_event_count: u64,
    /// Events that arrived late, by the definition's own measure.
    pub late_count: u64,
    /// Those of them in a session that was not born of late events alone.
    pub late_attached_count: u64,
}

/// One person's local day under both definitions.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ExampleDay {
    /// Who.
    pub person: PersonKey,
    /// Their name, where it is known.
    pub name: Option<String>,
    /// The local date, `2026-11-20`.
    pub date: String,
    /// First instant of the day, UTC ms.
    pub from_ms: i64,
    /// First instant of the next day, UTC ms.
    pub to_ms: i64,
    /// Sessions that lie in it with the definition in use, by start.
    pub now: Vec<Span>,
    /// Sessions that lie in it with the one tried, by start.
    pub tried: Vec<Span>,
    /// What changes, in words: “A pause of 18 min splits 1 session into 2”.
    pub why: String,
}

/// From the first to the last event of a session, cut to its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Span {
    /// UTC ms.
    pub from_ms: i64,
    /// UTC ms.
    pub to_ms: i64,
}

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
pub struct CurvePoint {
    /// Inactivity timeout.
    pub timeout_seconds: i64,
    /// Sessions.
    pub session_count: u64,
}

/// What a definition would change, computed over all events of an application. Nothing is written;
/// a definition that is wrong is an answer and no error.
///
/// Sessions are compared by their events: the same ones are those that hold exactly the same
/// events; a session in use is *split* where its events lie in two tried sessions or more, and
/// these hold no others; it is *merged* where one tried session is the whole of it and of other
/// sessions in use; else it changes *otherwise*: events leave or enter it, or move to a part of
/// another.
///
/// # Errors
/// Where there is no such application, definition in use or zone, the file cannot be read, or on
/// cancel.
pub fn show(workspace: &Workspace, request: &WhatIfRequest, cancel: &Cancel) -> Result<WhatIf> {
    let began = Instant::now();
    let zone = parse_zone(&request.zone)?;
    let trials = &workspace.trials;
    let version = trials.version(&workspace.store)?;
    let thread_count = thread::available_parallelism().map_or(1, NonZero::get);
    let mut answer = attempt(
        workspace,
        request,
        zone,
        Source::Kept(version),
        thread_count,
        cancel,
    )?;
    if trials.version(&workspace.store)? != version {
        // Somebody wrote meanwhile, and every thread has a view of its own: what they saw may be of
        // two versions. One thread sees one.
        let anew = Source::Anew(Sizes {
            kept_events: 0,
            ..Sizes::USUAL
        });
        answer = attempt(workspace, request, zone, anew, 1, cancel)?;
    }
    if let Some(change) = &mut answer.change {
        change.seconds = began.elapsed().as_secs_f64();
    }
    Ok(answer)
}

/// Says that nobody tries rules any more: what that keeps in memory goes.
pub fn leave(workspace: &Workspace) {
    workspace.trials.forget();
}

/// Where events come from.
#[derive(Clone, Copy)]
enum Source {
    /// From what is kept as of a version of the file, as far as it is.
    Kept(i64),
    /// From the file; nothing of it is there for the next try.
    Anew(Sizes),
}

fn attempt(
    workspace: &Workspace,
    request: &WhatIfRequest,
    zone: Zone,
    source: Source,
    thread_count: usize,
    cancel: &Cancel,
) -> Result<WhatIf> {
    answer(workspace, |reader| {
        let application = find_application(reader, &request.application)?;
        let now = find_definition(reader, &application, &request.definition)?.definition;
        let tried = match Definition::from_json(&request.json) {
            Ok(tried) => tried,
            Err(error) => {
                return Ok(WhatIf {
                    problem: Some(FieldProblem {
                        path: error.path,
                        problem: error.problem,
                    }),
                    change: None,
                });
            }
        };
        cancel.check()?;
        let memory = match source {
            Source::Kept(version) => {
                let trials = &workspace.trials;
                trials.memory(reader, &application, version, cancel)?
            }
            Source::Anew(sizes) => Memory::new(reader, &application, 0, sizes)?.into(),
        };
        let points = Points::new(&now, &tried);
        let now = Ready::new(now, &memory.plan);
        let tried = Ready::new(tried, &memory.plan);
        let work = Work {
            memory: &memory,
            question: Question {
                now: &now.compiled.definition,
                tried: &tried.compiled.definition,
                zone,
                examples: request.examples,
                plan: &memory.plan,
                points: &points,
            },
            now: &now,
            tried: &tried,
            next: AtomicUsize::new(0),
            cancel,
        };
        let figures = work.share(workspace, reader, thread_count)?;
        let (mut change, examples) = figures.finish();
        for example in examples {
            change.examples.push(name(reader, example)?);
        }
        Ok(WhatIf {
            problem: None,
            change: Some(change),
        })
    })
}

/// The chunks of a try, shared by threads.
struct Work<'a> {
    memory: &'a Memory,
    question: Question<'a>,
    now: &'a Ready,
    tried: &'a Ready,
    next: AtomicUsize,
    cancel: &'a Cancel,
}

impl Work<'_> {
    /// Works with so many threads, this one with its own view of the file among them.
    fn share(
        &self,
        workspace: &Workspace,
        reader: &Reader<'_>,
        thread_count: usize,
    ) -> Result<Figures> {
        let others = thread_count
            .min(self.memory.chunk_count())
            .saturating_sub(1);
        thread::scope(|scope| {
            let others: Vec<_> = (0..others)
                .map(|_| scope.spawn(|| answer(workspace, |reader| self.take_chunks(reader))))
                .collect();
            let mut figures = self.take_chunks(reader);
            for other in others {
                let other = other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                figures = figures.and_then(|mut figures| {
                    figures.add(other?);
                    Ok(figures)
                });
            }
            figures
        })
    }

    /// Takes one chunk after the other until none is left; after a failure nobody takes any more.
    fn take_chunks(&self, reader: &Reader<'_>) -> Result<Figures> {
        let mut now = Finder::new(&self.now.compiled);
        let mut tried = Finder::new(&self.tried.compiled);
        let mut figures = Figures::new(&self.question);
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.memory.chunk_count() {
                return Ok(figures);
            }
            let noted = self.note_chunk(reader, index, &mut now, &mut tried, &mut figures);
            if let Err(error) = noted {
                self.next
                    .fetch_max(self.memory.chunk_count(), Ordering::Relaxed);
                return Err(error);
            }
        }
    }

    fn note_chunk(
        &self,
        reader: &Reader<'_>,
        index: usize,
        now: &mut Finder<'_>,
        tried: &mut Finder<'_>,
        figures: &mut Figures,
    ) -> Result<()> {
        let (memory, cancel) = (self.memory, self.cancel);
        let chunk = memory.chunk(reader, index, self.now, self.tried, now, cancel)?;
        let columns = &chunk.columns;
        let found = tried.find(
            columns,
            &chunk.tried_roles,
            Some(&mut figures.pauses),
            cancel,
        )?;
        cancel.check()?;
        figures.note(&self.question, columns, &chunk.now, &found);
        Ok(())
    }
}

/// An example with its person's name.
fn name(reader: &Reader<'_>, example: Example) -> Result<ExampleDay> {
    let found = reader.person(example.owner)?.ok_or_else(|| {
        ApiError::not_found("Somebody who has events is not in the list of people.")
    })?;
    let (year, month, day) = date_of_days(example.date);
    Ok(ExampleDay {
        person: key_of(example.owner, &found.key),
        name: found.name,
        date: format!("{year:04}-{month:02}-{day:02}"),
        from_ms: example.from_ms,
        to_ms: example.to_ms,
        now: example.now,
        tried: example.tried,
        why: example.why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{definition, import};
    use tempfile::TempDir;

    /// Some devices, each with a user of its own, and one user on all of them.
    fn workspace(folder: &TempDir) -> Workspace {
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        let mut lines = String::new();
        for number in 0..400_i64 {
            let (device, second) = (number % 20, number * number * 37 % 90_000);
            let user = match number % 7 {
                0 if device < 10 => "all".to_owned(),
                _ => format!("u{device}"),
            };
            let time_ms = 1_773_100_800_000 + second * 1_000;
            lines.push_str(&format!(
                r#"{{"event_id":"e{number}","name":"A","timestamp":{time_ms},"device_id":"d{device}","user_id":"{user}"}}"#
            ));
            lines.push('\n');
        }
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, lines).unwrap();
        let request = import::ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "UTC".to_owned(),
            ..import::ImportRequest::default()
        };
        import::run(&workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
        workspace
    }

    #[test]
    fn the_answer_does_not_depend_on_chunks_threads_or_what_is_kept() {
        let folder = TempDir::new().unwrap();
        let workspace = workspace(&folder);
        for scope in ["device", "user"] {
            let in_use = format!(
                r#"{{"name":"visit","scope":"{scope}","limits":{{"inactivity_seconds":3600}}}}"#
            );
            let never = Cancel::default();
            definition::set(&workspace, "app", &in_use, &never, &mut |_, _| {}).unwrap();
            for (seconds, examples) in [(60, ExampleChoice::Most), (4_000, ExampleChoice::Random)] {
                let request = WhatIfRequest {
                    application: "app".to_owned(),
                    definition: "visit".to_owned(),
                    json: format!(
                        r#"{{"name":"t","scope":"user","limits":{{"inactivity_seconds":{seconds}}}}}"#
                    ),
                    examples,
                    zone: "Asia/Kathmandu".to_owned(),
                };
                let ask = |source, thread_count| {
                    let zone = Zone::parse(&request.zone).unwrap();
                    attempt(&workspace, &request, zone, source, thread_count, &never).unwrap()
                };
                let mut shown = show(&workspace, &request, &never).unwrap();
                shown.change.as_mut().unwrap().seconds = 0.0;
                let version = workspace.trials.version(&workspace.store).unwrap();
                assert_eq!(ask(Source::Kept(version), 2), shown);
                for chunk_events in [1, 50, 1_000] {
                    for kept_events in [0, 1_000] {
                        let sizes = Sizes {
                            kept_events,
                            chunk_events,
                        };
                        for thread_count in [1, 3] {
                            assert_eq!(ask(Source::Anew(sizes), thread_count), shown);
                        }
                    }
                }
                assert!(shown.change.unwrap().examples.len() > 10);
            }
        }
    }
    #[test]
    fn what_is_kept_goes_when_a_job_begins_and_when_nobody_tries_any_more() {
        let folder = TempDir::new().unwrap();
        let workspace = workspace(&folder);
        let json = r#"{"name":"visit","limits":{"inactivity_seconds":60}}"#;
        let never = Cancel::default();
        let request = WhatIfRequest {
            application: "app".to_owned(),
            definition: "visit".to_owned(),
            json: json.to_owned(),
            examples: ExampleChoice::Most,
            zone: "UTC".to_owned(),
        };
        let keeps = || !workspace.trials.is_empty();
        let keep = || {
            show(&workspace, &request, &never).unwrap();
            assert!(keeps());
        };
        keep();
        leave(&workspace);
        assert!(!keeps());
        keep();
        let mut kept_while = Vec::new();
        let mut tell = |_, _| kept_while.push(keeps());
        definition::set(&workspace, "app", json, &never, &mut tell).unwrap();
        assert!(!kept_while.is_empty() && !kept_while.contains(&true));
        keep();
        let import = import::ImportRequest {
            application: "app".to_owned(),
            path: folder.path().join("events.jsonl").display().to_string(),
            time_zone: "UTC".to_owned(),
            ..import::ImportRequest::default()
        };
        let mut kept_while = Vec::new();
        let mut tell = |_| kept_while.push(keeps());
        import::run(&workspace, &import, &never, &mut tell).unwrap();
        assert!(!kept_while.is_empty() && !kept_while.contains(&true));
        let cancelled = Cancel::default();
        cancelled.cancel();
        assert!(show(&workspace, &request, &cancelled).is_err());
        assert!(!keeps(), "a try that was cancelled keeps nothing");
    }
}
