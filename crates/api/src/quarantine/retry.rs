//! Rejected rows, read again with fixes: what is good now becomes events of the import that rejected it,
//! as if it had been so in its file; the others stay, with their new reason.

use std::ops::Range;

use dwell_ingest::{Mended, Mender, Options, Table, derived_event_id};
use dwell_model::Zone;
use dwell_runtime::now_ms;
use dwell_store::Writer;
use dwell_store::table::event::{Appended, Appender, TouchedStream};
use dwell_store::table::import::Import;
use dwell_store::table::import_table::ImportTable;
use dwell_store::table::quarantine::{KeptRow, NewReason};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::fix::{Fix, FixKind, readings};
use crate::Cancel;
use crate::derive::{Derivation, Telling};
use crate::error::{ApiError, ErrorCode, Result};
use crate::import::{ImportRow, row_of, unread};
use crate::meter::{Meter, Phase};
use crate::workspace::{Workspace, find_application, parse_zone};

/// Asks to read rejected rows of an import again.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct RetryRequest {
    /// The import.
    pub import_id: i64,
    /// Which rows, and what is said of them.
    pub groups: Vec<GroupFixes>,
    /// Only says what would become of them; nothing is changed.
    pub dry_run: bool,
}

/// What is said of the rows that were rejected for one reason.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct GroupFixes {
    /// Stable code of the reason.
    pub reason: String,
    /// Its field; blank where the whole row is meant.
    pub field: String,
    /// None: the rows are read again as they are.
    pub fixes: Vec<Fix>,
}

/// What became of rows that were rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct GroupRetry {
    /// Stable code of the reason.
    pub reason: String,
    /// Its field.
    pub field: String,
    /// Events now.
    pub mended: u64,
    /// Dropped.
    pub skipped: u64,
    /// Still rejected, for the same reason or another one.
    pub left: u64,
    /// Those among them of which only the beginning is there, so that they cannot be read.
    pub cut_off: u64,
}

/// What became of rejected rows, or would.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Retry {
    /// The import as it is now.
    pub import: ImportRow,
    /// What was asked for, group by group.
    pub groups: Vec<GroupRetry>,
    /// Rows that are read now: stored + duplicates + forgotten.
    pub mended: u64,
    /// New events among them.
    pub stored: u64,
    /// Those whose event was already there.
    pub duplicates: u64,
    /// Duplicates that differ in more than their arrival.
    pub conflicts: u64,
    /// Left out as those of somebody who is to stay forgotten.
    pub forgotten: u64,
    /// Rows that were dropped.
    pub skipped: u64,
    /// Rows that were asked for and are rejected still.
    pub left: u64,
    /// How long it took.
    pub seconds: f64,
}

/// What reading rows again is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RetryPhase {
    /// Reading rows.
    Reading,
    /// Storing the events.
    Storing,
    /// Building what changes of the sessions.
    Sessions,
    /// Making it durable.
    Saving,
}

/// How far reading rows again has come; sent at most 20 times a second.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct RetryProgress {
    /// What it is doing.
    pub phase: RetryPhase,
    /// Done part of everything, 0 to 1.
    pub done: f64,
    /// Seconds left; null until it can be told.
    pub seconds_left: Option<u64>,
}

/// Reads rejected rows of an import again with fixes, in one transaction.
///
/// A row that is good now becomes an event of the import, with the number of its line, so that the
/// workspace is as if the row had been good when it was imported. The one exception: of rows without an id
/// that are equal but for their arrival, session or context, those that are mended have the last ids.
///
/// # Errors
/// Where there is no such import, a fix makes no sense, on cancel, or where the workspace cannot be written;
/// nothing was changed then.
pub fn retry(
    workspace: &Workspace,
    request: &RetryRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(RetryProgress),
) -> Result<Retry> {
    for group in &request.groups {
        let has_skip = group.fixes.iter().any(|fix| fix.kind == FixKind::Skip);
        if has_skip && group.fixes.len() > 1 {
            return Err(ApiError::bad_input(
                "Rows are either skipped or mended: say one of the two.",
            ));
        }
        readings(&group.fixes)?;
    }
    let change = |writer: &Writer<'_>| read_again(writer, request, cancel, tell);
    match request.dry_run {
        true => workspace.store.rehearse(change),
        false => workspace.write(change),
    }
}

fn read_again(
    writer: &Writer<'_>,
    request: &RetryRequest,
    cancel: &Cancel,
    tell: &mut dyn FnMut(RetryProgress),
) -> Result<Retry> {
    let mut tell = |phase, done, seconds_left| {
        tell(RetryProgress {
            phase,
            done,
            seconds_left,
        });
    };
    let mut meter = Meter::new(RetryPhase::Reading, &mut tell);
    let import_id = request.import_id;
    let mut import = writer
        .import(import_id)?
        .ok_or_else(|| ApiError::not_found(format!("There is no import {import_id}.")))?;
    let application = find_application(writer, &import.application)?;
    let application_id = application.application_id;
    let now_ms = now_ms();
    let telling = Telling::until_now(writer, application_id, now_ms)?;
    let mut appender = Appender::again(writer, application_id, import_id)?;
    let mut walk = Walk {
        writer,
        application_id,
        menders: Menders::of(writer, &import, now_ms)?,
        lines: Lines::of(writer, import_id)?,
        groups: request.groups.iter().map(GroupRetry::of).collect(),
        ordinals: FxHashMap::default(),
    };
    let mut done = 0;
    let mut after_id = i64::MIN;
    loop {
        let rows = writer.kept_rows(import_id, after_id)?;
        let Some(last) = rows.last() else { break };
        after_id = last.quarantine_id;
        cancel.check()?;
        meter.say(done, import.quarantined as usize);
        done += rows.len();
        walk.rows(&rows, request, &mut appender)?;
    }
    let groups = walk.groups;
    let sum = |of: fn(&GroupRetry) -> u64| groups.iter().map(of).sum::<u64>();
    let (mended, skipped, left) = (sum(|g| g.mended), sum(|g| g.skipped), sum(|g| g.left));
    let mut appended = Appended::default();
    if mended > 0 {
        meter.enter(RetryPhase::Storing);
        let mut derivation = Derivation::new(writer, &application, &telling)?;
        appended = derivation.store(appender, &mut |done, all| {
            meter.say(done, all);
            cancel.check()
        })?;
        match appended.has_replaced {
            true => writer.rebuild_totals(application_id)?,
            false => writer.add_to_totals(
                application_id,
                appended.stored - appended.preceded,
                appended.newest_arrival_ms,
            )?,
        }
        // Their numbers are among those of others: what is new in a stream is not told by them.
        let touched = appended.touched.iter().map(|stream| TouchedStream {
            has_replaced: true,
            ..*stream
        });
        let touched: Vec<TouchedStream> = touched.collect();
        meter.enter(RetryPhase::Sessions);
        let derived = derivation.finish(&touched, i64::MAX, &mut |done, all| {
            meter.say(done, all);
            cancel.check()
        })?;
        import.new_people += derived.new_people;
        import.new_devices += appended.new_devices;
        import.newest = newest(writer, application_id, &import.newest, &appended.newest)?;
    }
    import.read -= skipped;
    import.skipped += skipped;
    import.quarantined -= mended + skipped;
    import.stored += appended.stored;
    import.duplicates += appended.duplicates;
    import.conflicts += appended.conflicts;
    import.forgotten += appended.forgotten;
    import.sessions = writer.totals(application_id)?.session_count;
    meter.enter(RetryPhase::Saving);
    writer.finish_mending(&import)?;
    Ok(Retry {
        import: row_of(import),
        groups,
        mended,
        stored: appended.stored,
        duplicates: appended.duplicates,
        conflicts: appended.conflicts,
        forgotten: appended.forgotten,
        skipped,
        left,
        seconds: meter.began.elapsed().as_secs_f64(),
    })
}

/// The ids of the newest events of two lists of them.
fn newest(
    writer: &Writer<'_>,
    application_id: i64,
    before: &[String],
    came: &[String],
) -> Result<Vec<String>> {
    let most = before.len().max(came.len()).max(8);
    let mut dated = Vec::new();
    for id in before.iter().chain(came) {
        if let Some(place) = writer.event_place(application_id, id)? {
            dated.push((place.time_ms, place.event_number, id.clone()));
        }
    }
    dated.sort_unstable();
    dated.dedup();
    Ok(dated
        .into_iter()
        .rev()
        .take(most)
        .map(|(.., id)| id)
        .collect())
}

impl GroupRetry {
    fn of(group: &GroupFixes) -> Self {
        Self {
            reason: group.reason.clone(),
            field: group.field.clone(),
            mended: 0,
            skipped: 0,
            left: 0,
            cut_off: 0,
        }
    }
}

/// The lines of an import: the numbers of their events, and the files that they are in.
struct Lines {
    numbers: Range<i64>,
    /// The first line of each file, ascending.
    files: Vec<u64>,
}

impl Lines {
    fn of(writer: &Writer<'_>, import_id: i64) -> Result<Self> {
        let parts = writer.import_parts(import_id)?;
        let mut files: Vec<u64> = parts.iter().filter_map(|part| part.first_line).collect();
        files.sort_unstable();
        let numbers = writer.numbers_of(import_id)?;
        Ok(Self { numbers, files })
    }

    /// The numbers of the lines of the file that begins with this one.
    fn of_file(&self, first_line: u64) -> Range<i64> {
        let number = |line: u64| self.numbers.start + line.cast_signed() - 1;
        let next = self.files.iter().find(|first| **first > first_line);
        number(first_line)..next.map_or(self.numbers.end, |next| number(*next))
    }
}

/// What reads the rows of an import's files again, made when it is needed first.
pub(super) struct Menders {
    options: Options,
    tables: FxHashMap<u64, Table>,
    known: FxHashMap<(u64, Vec<Fix>), Mender>,
}

impl Menders {
    pub(super) fn of(
        reader: &dwell_store::Reader<'_>,
        import: &Import,
        now_ms: i64,
    ) -> Result<Self> {
        let zone = match &*import.time_zone {
            "" => Zone::UTC,
            name => parse_zone(name)?,
        };
        let tables = reader.import_tables(import.import_id)?.into_iter();
        let tables = tables.map(|table| Ok((table.first_line, layout(&table)?)));
        Ok(Self {
            options: Options {
                application: import.application.clone(),
                zone,
                now_ms,
                format: None,
                columns: Vec::new(),
                parallelism: 1,
                is_look: false,
            },
            tables: tables.collect::<Result<_>>()?,
            known: FxHashMap::default(),
        })
    }

    /// For rows of the file that begins with this line.
    pub(super) fn with(&mut self, file_first_line: u64, fixes: &[Fix]) -> Result<&Mender> {
        let key = (file_first_line, fixes.to_vec());
        if !self.known.contains_key(&key) {
            let table = self.tables.get(&file_first_line);
            let mender = Mender::new(self.options.clone(), table, &readings(fixes)?);
            self.known.insert(key.clone(), mender.map_err(unread)?);
        }
        self.known.get(&key).ok_or_else(|| {
            ApiError::new(
                ErrorCode::Storage,
                "The rows of a file cannot be read again.",
            )
        })
    }
}

fn layout(table: &ImportTable) -> Result<Table> {
    let damaged = || {
        let message = "what the rows of a table are read with is damaged; run “dwell check”";
        ApiError::new(ErrorCode::Storage, message)
    };
    let &[separator] = table.separator.as_bytes() else {
        return Err(damaged());
    };
    let choices = table.choices.iter().map(|(field, column)| {
        Some(dwell_ingest::ColumnChoice {
            field: dwell_ingest::ColumnField::parse(field)?,
            column: column.clone(),
        })
    });
    Ok(Table {
        separator,
        header: table.header.clone(),
        choices: choices.collect::<Option<_>>().ok_or_else(damaged)?,
    })
}

/// What was said of a row before.
pub(super) fn fixes_of(row: &KeptRow) -> Result<Vec<Fix>> {
    match &row.fixes {
        None => Ok(Vec::new()),
        Some(json) => serde_json::from_str(json).map_err(|error| {
            ApiError::new(
                ErrorCode::Storage,
                format!("Line {} of the quarantine is damaged: {error}.", row.line),
            )
        }),
    }
}

/// What was said before with what is said now, which takes the place of what was said of the same.
pub(super) fn joined(before: &[Fix], now: &[Fix]) -> Vec<Fix> {
    let kept = before
        .iter()
        .filter(|before| !now.iter().any(|now| now.replaces(before)));
    kept.chain(now).cloned().collect()
}

/// Reads the rejected rows of an import once more.
struct Walk<'w> {
    writer: &'w Writer<'w>,
    application_id: i64,
    menders: Menders,
    lines: Lines,
    groups: Vec<GroupRetry>,
    /// By file and content, how often the content came.
    ordinals: FxHashMap<(u64, Uuid), u32>,
}

impl Walk<'_> {
    fn rows(
        &mut self,
        rows: &[KeptRow],
        request: &RetryRequest,
        appender: &mut Appender<'_>,
    ) -> Result<()> {
        let mut wanted: Vec<(&KeptRow, usize, Vec<Fix>)> = Vec::new();
        for row in rows {
            let is_of = |group: &GroupFixes| group.reason == row.reason && group.field == row.field;
            let Some(index) = request.groups.iter().position(is_of) else {
                continue;
            };
            let (fixes, counts) = (&request.groups[index].fixes, &mut self.groups[index]);
            if fixes.iter().any(|fix| fix.kind == FixKind::Skip) {
                self.writer.remove_from_quarantine(row.quarantine_id)?;
                counts.skipped += 1;
            } else if row.is_truncated {
                counts.left += 1;
                counts.cut_off += 1;
            } else {
                wanted.push((row, index, joined(&fixes_of(row)?, fixes)));
            }
        }
        // Rows that are read alike are read together, in the order of their lines.
        let alike = |a: &(&KeptRow, usize, Vec<Fix>), b: &(&KeptRow, usize, Vec<Fix>)| {
            a.0.file_first_line == b.0.file_first_line && a.2 == b.2
        };
        for rows in wanted.chunk_by(alike) {
            let (file_first_line, fixes) = (rows[0].0.file_first_line, &rows[0].2);
            let mender = self.menders.with(file_first_line, fixes)?;
            let of_rows = rows.iter().map(|(row, ..)| (row.line, &row.bytes[..]));
            let mut mended = mender.read(of_rows);
            self.number(&mut mended, file_first_line)?;
            appender.append(&mended.events)?;
            self.settle(rows, &mended, fixes)?;
        }
        Ok(())
    }

    /// Gives events without an id of their own theirs.
    fn number(&mut self, mended: &mut Mended, file_first_line: u64) -> Result<()> {
        let numbers = self.lines.of_file(file_first_line);
        let mut unknown: Vec<Uuid> = Vec::new();
        for (_, content) in &mended.contents {
            let ordinals = &mut self.ordinals;
            if let std::collections::hash_map::Entry::Vacant(free) =
                ordinals.entry((file_first_line, *content))
            {
                free.insert(0);
                unknown.push(*content);
            }
        }
        // How many of the file are there already; nearly always none.
        while !unknown.is_empty() {
            let of = |content: &Uuid| (file_first_line, *content);
            let next = |content| self.ordinals.get(&of(content)).copied().unwrap_or(0);
            let ids = unknown
                .iter()
                .map(|content| derived_event_id(*content, next(content)));
            let ids: Vec<Uuid> = ids.collect();
            let found = self.writer.ids_at(self.application_id, &ids, &numbers)?;
            let mut is_there = found.into_iter();
            unknown.retain(|_| is_there.next().unwrap_or(false));
            for content in &unknown {
                *self.ordinals.entry(of(content)).or_default() += 1;
            }
        }
        for (index, content) in &mended.contents {
            let ordinal = self
                .ordinals
                .entry((file_first_line, *content))
                .or_default();
            let id = derived_event_id(*content, *ordinal);
            mended.events.set_event_id(*index, id);
            *ordinal += 1;
        }
        Ok(())
    }

    /// Takes rows that are events out of the quarantine, and gives the others their new reasons.
    fn settle(
        &mut self,
        rows: &[(&KeptRow, usize, Vec<Fix>)],
        mended: &Mended,
        fixes: &[Fix],
    ) -> Result<()> {
        let said = serde_json::to_string(fixes).unwrap_or_default();
        let mut rejections = mended.rejections.iter().peekable();
        for (row, index, _) in rows {
            let rejection = rejections.next_if(|rejection| rejection.line == row.line);
            let Some(rejection) = rejection else {
                self.groups[*index].mended += 1;
                self.writer.remove_from_quarantine(row.quarantine_id)?;
                continue;
            };
            self.groups[*index].left += 1;
            let (reason, field) = (&rejection.reason, rejection.reason.field().unwrap_or(""));
            // What did not help is not remembered.
            if (reason.code(), field) != (&*row.reason, &*row.field) {
                self.writer.reject_again(
                    row.quarantine_id,
                    &NewReason {
                        column: rejection.column,
                        reason: reason.code(),
                        field,
                        sentence: &reason.to_string(),
                        fixes: &said,
                    },
                )?;
            }
        }
        Ok(())
    }
}

impl Phase for RetryPhase {
    fn part(self) -> (f64, f64) {
        match self {
            RetryPhase::Reading => (0.0, 0.3),
            RetryPhase::Storing => (0.3, 0.4),
            RetryPhase::Sessions => (0.7, 0.3),
            RetryPhase::Saving => (1.0, 0.0),
        }
    }
}
