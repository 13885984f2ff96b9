//! Taking an import back, as if it had never been.

use std::io::Cursor;

use dwell_ingest::{Options, Source};
use dwell_model::{Event, Zone};
use dwell_runtime::now_ms;
use dwell_store::Writer;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ImportRow, row_of};
use crate::Cancel;
use crate::derive::{Derivation, Telling};
use crate::error::{ApiError, ErrorCode, Result};
use crate::meter::{Meter, Phase};
use crate::workspace::{Workspace, find_application};

/// Asks to take an import back.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct ImportRemovalRequest {
    /// Number.
    pub import_id: i64,
    /// Only says what would go; nothing is changed.
    pub dry_run: bool,
}

/// What taking an import back is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportRemovalPhase {
    /// Taking its events out.
    Events,
    /// Building what changes of the sessions.
    Sessions,
    /// Making it durable.
    Saving,
}

/// How far taking an import back has come; sent at most 20 times a second.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportRemovalProgress {
    /// What it is doing.
    pub phase: ImportRemovalPhase,
    /// Done part of everything, 0 to 1.
    pub done: f64,
    /// Seconds left; null until it can be told.
    pub seconds_left: Option<u64>,
}

/// An import that was taken back, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct ImportRemoval {
    /// The import as it was.
    pub import: ImportRow,
    /// Events that are no more.
    pub events_removed: u64,
    /// Events that it had brought first and that another import brought as well: these stay.
    pub events_kept: u64,
    /// Sessions left in the application, over all definitions.
    pub sessions: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Takes an import back: its events, its rejected rows and its conflicts go, sessions and people are
/// derived anew where they change. An event that another import brought as well stays, by that
/// copy.
///
/// # Errors
/// Where there is no such import, on cancel, or where the workspace cannot be written; nothing was
/// changed then.
pub fn remove(
    workspace: &Workspace,
    request: &ImportRemovalRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportRemovalProgress),
) -> Result<ImportRemoval> {
    let change = |writer: &Writer<'_>| take_back(writer, request.import_id, cancel, tell);
    match request.dry_run {
        true => workspace.store.rehearse(change),
        false => workspace.write(change),
    }
}

fn take_back(
    writer: &Writer<'_>,
    import_id: i64,
    cancel: &Cancel,
    tell: &mut dyn FnMut(ImportRemovalProgress),
) -> Result<ImportRemoval> {
    let import = writer
        .import(import_id)?
        .ok_or_else(|| ApiError::not_found(format!("There is no import {import_id}.")))?;
    let application = find_application(writer, &import.application)?;
    let application_id = application.application_id;
    let telling = Telling::until_now(writer, application_id, now_ms())?;
    let mut tell = |phase, done, seconds_left| {
        tell(ImportRemovalProgress {
            phase,
            done,
            seconds_left,
        });
    };
    let mut meter = Meter::new(ImportRemovalPhase::Events, &mut tell);
    let mut say = |done, all| {
        meter.say(done, all);
        cancel.check()
    };
    let read = |line: &str| read_line(&application.name, line);
    let removed = writer.remove_import(&import, application_id, &read, &mut say)?;
    writer.rebuild_totals(application_id)?;
    let derivation = Derivation::new(writer, &application, &telling)?;
    meter.enter(ImportRemovalPhase::Sessions);
    let mut say = |done, all| {
        meter.say(done, all);
        cancel.check()
    };
    derivation.finish(&removed.touched, i64::MAX, &mut say)?;
    meter.enter(ImportRemovalPhase::Saving);
    Ok(ImportRemoval {
        import: row_of(import),
        events_removed: removed.events,
        events_kept: removed.kept,
        sessions: writer.totals(application_id)?.session_count,
        seconds: meter.began.elapsed().as_secs_f64(),
    })
}

impl Phase for ImportRemovalPhase {
    /// What follows the sessions, for people and totals, is not told of.
    fn part(self) -> (f64, f64) {
        match self {
            ImportRemovalPhase::Events => (0.0, 0.35),
            ImportRemovalPhase::Sessions => (0.35, 0.35),
            ImportRemovalPhase::Saving => (1.0, 0.0),
        }
    }
}

/// Reads a line of the native format that Dwell wrote itself.
pub(crate) fn read_line(application: &str, line: &str) -> Result<Event> {
    let source = Source::Stream {
        name: "a copy of an event".to_owned(),
        bytes_total: None,
        bytes: Box::new(Cursor::new(line.as_bytes())),
    };
    let options = Options {
        application: application.to_owned(),
        zone: Zone::UTC,
        // It was not in the future when it came.
        now_ms: i64::MAX,
        format: Some("native".to_owned()),
        columns: Vec::new(),
        parallelism: 1,
        is_look: false,
    };
    let mut found = None;
    let cancel = Cancel::default();
    let read = dwell_ingest::read(source, &options, cancel.flag(), &mut |batch| {
        let first = batch.events.iter().next();
        found = found
            .take()
            .or(first.and_then(|event| event.to_event().ok()));
        Ok::<(), ApiError>(())
    });
    found.filter(|_| read.is_ok()).ok_or_else(|| {
        let message = "a copy of an event that is kept cannot be read; run “dwell check”";
        ApiError::new(ErrorCode::Storage, message.to_owned())
    })
}
