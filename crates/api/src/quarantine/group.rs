//! Rejected rows of an import by reason, with the fixes that each group can be given: how many of its rows
//! each would mend is found by reading all of them.

use dwell_runtime::now_ms;
use dwell_store::Reader;
use dwell_store::table::quarantine::{KeptRow, QuarantineGroup};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::fix::{Fix, FixKind};
use super::retry::{Menders, fixes_of, joined};
use crate::Cancel;
use crate::error::{ApiError, Result};
use crate::import::{RejectGroup, column_fields, reject_group};
use crate::person::answer;
use crate::workspace::Workspace;

/// Asks for the rejected rows of an import by reason.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct FixGroupsRequest {
    /// The import.
    pub import_id: i64,
}

/// Rejected rows with one reason and field, and what can be done about them.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct FixGroup {
    /// The rows.
    pub group: RejectGroup,
    /// What stands in the first one where something else should; blank where that is not one value.
    pub value: String,
    /// Those among them of which only the beginning was kept: they can only be skipped.
    pub cut_off: u64,
    /// What can be said of them, what helps most first; skipping is last.
    pub offers: Vec<FixOffer>,
}

/// Something that can be said of rejected rows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct FixOffer {
    /// In a few words.
    pub title: String,
    /// What is said. None: the rows are read again as they are.
    pub fixes: Vec<Fix>,
    /// How many of the rows it mends; null where that hangs on what is asked.
    pub mends: Option<u64>,
    /// Whether it is the one that is meant, as far as the rows tell.
    pub is_sure: bool,
    /// What a person has to say, or may say otherwise.
    pub asks: Option<Ask>,
}

/// The value of a fix that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
pub struct Ask {
    /// Its place among the fixes.
    pub fix: u32,
    /// What is asked for.
    pub label: String,
    /// What is to be typed or chosen.
    pub kind: AskKind,
    /// What there is to choose from; blank where anything can be typed.
    pub choices: Vec<String>,
}

/// What is to be typed or chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    /// An IANA zone.
    Zone,
    /// One of the choices.
    Choice,
    /// Any text.
    Text,
}

/// The names of so many rows of a group are looked at.
const NAMED_ROWS: u64 = 200;
/// So many names can be chosen from.
const MOST_NAMES: usize = 100;

/// The rejected rows of an import by reason, the largest group first.
///
/// # Errors
/// Where there is no such import, on cancel, or where the file cannot be read.
pub fn groups(
    workspace: &Workspace,
    request: &FixGroupsRequest,
    cancel: &Cancel,
) -> Result<Vec<FixGroup>> {
    answer(workspace, |reader| {
        let import_id = request.import_id;
        let import = reader
            .import(import_id)?
            .ok_or_else(|| ApiError::not_found(format!("There is no import {import_id}.")))?;
        let mut menders = Menders::of(reader, &import, now_ms())?;
        let groups = reader.quarantine_groups(import_id)?.into_iter();
        let mut groups: Vec<Tried> = groups.map(Tried::of).collect();
        each(reader, import_id, cancel, |rows| {
            for row in rows {
                let Some(group) = Tried::find(&mut groups, row) else {
                    continue;
                };
                if group.named < NAMED_ROWS && !row.is_truncated {
                    group.named += 1;
                    let mender = menders.with(row.file_first_line, &fixes_of(row)?)?;
                    if group.named == 1 {
                        let read = mender.read([(row.line, &row.bytes[..])].into_iter());
                        let reason = read.rejections.first().map(|rejection| &rejection.reason);
                        group.value = reason.and_then(|r| r.value()).unwrap_or_default();
                    }
                    for name in mender.names(&row.bytes) {
                        if group.names.len() < MOST_NAMES && !group.names.contains(&name) {
                            group.names.push(name);
                        }
                    }
                }
            }
            Ok(())
        })?;
        for group in &mut groups {
            group.try_likely();
        }
        each(reader, import_id, cancel, |rows| {
            for group in &mut groups {
                group.read(rows, &mut menders)?;
            }
            Ok(())
        })?;
        let zone = &*import.time_zone;
        Ok(groups.into_iter().map(|group| group.offer(zone)).collect())
    })
}

fn each(
    reader: &Reader<'_>,
    import_id: i64,
    cancel: &Cancel,
    mut take: impl FnMut(&[KeptRow]) -> Result<()>,
) -> Result<()> {
    let mut after_id = i64::MIN;
    loop {
        cancel.check()?;
        let rows = reader.kept_rows(import_id, after_id)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after_id = last.quarantine_id;
        take(&rows)?;
    }
}

/// A group while fixes are tried on it.
struct Tried {
    group: QuarantineGroup,
    value: String,
    names: Vec<String>,
    named: u64,
    cut_off: u64,
    /// Fixes with how many rows each mends; the first is none.
    tries: Vec<(Vec<Fix>, u64)>,
}

impl Tried {
    fn of(group: QuarantineGroup) -> Self {
        Self {
            group,
            value: String::new(),
            names: Vec::new(),
            named: 0,
            cut_off: 0,
            tries: vec![(Vec::new(), 0)],
        }
    }

    fn find<'g>(groups: &'g mut [Self], row: &KeptRow) -> Option<&'g mut Self> {
        groups.iter_mut().find(|group| group.has(row))
    }

    fn has(&self, row: &KeptRow) -> bool {
        self.group.reason == row.reason && self.group.field == row.field
    }

    fn try_likely(&mut self) {
        let (reason, field) = (&self.group.reason, &self.group.field);
        let likely = dwell_ingest::likely_fixes(reason, field, &self.names);
        let likely = likely.iter().map(|fix| (vec![Fix::from_reading(fix)], 0));
        self.tries.extend(likely);
    }

    /// Reads those of some rows that are of this group with each of the fixes.
    fn read(&mut self, rows: &[KeptRow], menders: &mut Menders) -> Result<()> {
        let of_group: Vec<&KeptRow> = rows.iter().filter(|row| self.has(row)).collect();
        let alike = |a: &&KeptRow, b: &&KeptRow| {
            a.file_first_line == b.file_first_line
                && a.fixes == b.fixes
                && a.is_truncated == b.is_truncated
        };
        for rows in of_group.chunk_by(alike) {
            if rows[0].is_truncated {
                self.cut_off += rows.len() as u64;
                continue;
            }
            let before = fixes_of(rows[0])?;
            for (fixes, mends) in &mut self.tries {
                let fixes = joined(&before, fixes);
                // A table that cannot do without a column is not mended by taking it away.
                let Ok(mender) = menders.with(rows[0].file_first_line, &fixes) else {
                    continue;
                };
                let read = mender.read(rows.iter().map(|row| (row.line, &row.bytes[..])));
                *mends += read.events.len() as u64;
            }
        }
        Ok(())
    }

    fn offer(self, zone: &str) -> FixGroup {
        let readable = self.group.row_count.saturating_sub(self.cut_off);
        let mut helping: Vec<&(Vec<Fix>, u64)> =
            self.tries.iter().filter(|(_, mends)| *mends > 0).collect();
        helping.sort_by_key(|(_, mends)| std::cmp::Reverse(*mends));
        let most = helping.first().map_or(0, |(_, mends)| *mends);
        let offers = helping.iter().map(|(fixes, mends)| {
            let rivals = helping
                .iter()
                .filter(|(other, count)| *count == most && is_rival(fixes, other));
            let is_guess = fixes.iter().any(is_guess);
            let offer = FixOffer {
                title: title(fixes),
                fixes: fixes.clone(),
                mends: Some(*mends),
                is_sure: *mends == most && !is_guess && rivals.count() == 0,
                asks: None,
            };
            offer.asking_zone(zone)
        });
        let mut offers: Vec<FixOffer> = offers.collect();
        if readable > 0 {
            offers.extend(self.asking(zone));
        }
        offers.push(FixOffer {
            title: Fix::of(FixKind::Skip).title(),
            fixes: vec![Fix::of(FixKind::Skip)],
            mends: None,
            is_sure: false,
            asks: None,
        });
        FixGroup {
            group: reject_group(self.group),
            value: self.value,
            cut_off: self.cut_off,
            offers,
        }
    }

    /// What may help with a word from a person.
    fn asking(&self, zone: &str) -> Vec<FixOffer> {
        let asked = |fix: Fix, label: &str, kind: AskKind, choices: Vec<String>| FixOffer {
            title: fix.title(),
            fixes: vec![fix],
            mends: None,
            is_sure: false,
            asks: Some(Ask {
                fix: 0,
                label: label.to_owned(),
                kind,
                choices,
            }),
        };
        let mut offers = Vec::new();
        let (reason, field) = (&*self.group.reason, &*self.group.field);
        if reason == "no_owner" {
            let device = Fix::of(FixKind::DefaultDevice);
            offers.push(asked(device, "Device", AskKind::Text, Vec::new()));
            let user = Fix::of(FixKind::DefaultUser);
            offers.push(asked(user, "User", AskKind::Text, Vec::new()));
        }
        if matches!(reason, "time_in_future" | "time_too_early") {
            let fix = Fix {
                field: String::new(),
                ..Fix::with(FixKind::TimeZone, zone)
            };
            let title = "Read in another zone".to_owned();
            let offer = asked(
                fix,
                "Zone of times without an offset",
                AskKind::Zone,
                Vec::new(),
            );
            offers.push(FixOffer { title, ..offer });
        }
        let is_of_field = column_fields().contains(&field) && field != "event_id";
        let fields: &[&str] = match (is_of_field, reason) {
            (true, _) => &[field],
            (_, "no_owner") => &["user_id", "device_id"],
            _ => &[],
        };
        for field in fields {
            let others = self.names.iter().filter(|name| name != field);
            let others: Vec<String> = others.cloned().collect();
            if !others.is_empty() {
                let fix = Fix::rename(field, "");
                offers.push(asked(fix, "Column", AskKind::Choice, others));
            }
        }
        offers
    }
}

impl FixOffer {
    /// Dates that are read in another order have a zone as well, where they tell none.
    fn asking_zone(mut self, zone: &str) -> Self {
        let is_date = |fix: &Fix| {
            matches!(
                fix.kind,
                FixKind::DayFirst | FixKind::MonthFirst | FixKind::YearFirst
            )
        };
        if self.fixes.iter().any(is_date) {
            self.asks = Some(Ask {
                fix: self.fixes.len() as u32,
                label: "Zone of times without an offset".to_owned(),
                kind: AskKind::Zone,
                choices: Vec::new(),
            });
            let zone = if zone.is_empty() { "UTC" } else { zone };
            self.fixes.push(Fix::with(FixKind::TimeZone, zone));
        }
        self
    }
}

/// Both can be meant: another order of the same dates, or another name of the same field.
fn is_rival(fixes: &[Fix], other: &[Fix]) -> bool {
    fixes != other
        && fixes.len() == other.len()
        && fixes.iter().zip(other).all(|(a, b)| a.replaces(b))
}

/// A time taken from another one is not the same time.
fn is_guess(fix: &Fix) -> bool {
    let name = fix.value.to_lowercase();
    fix.kind == FixKind::Rename
        && fix.field == "timestamp"
        && ["received", "sent"].iter().any(|word| name.contains(word))
}

fn title(fixes: &[Fix]) -> String {
    match fixes {
        [] => "Read them again".to_owned(),
        fixes => {
            let titles: Vec<String> = fixes.iter().map(Fix::title).collect();
            titles.join(", ")
        }
    }
}
