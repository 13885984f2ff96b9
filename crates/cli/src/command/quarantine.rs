//! Rejected rows: listing them, writing them to a file, mending and reading them again.

use std::io::Write;
use std::path::Path;

use dwell_api::import::{self, ImportDetailRequest, ImportRow};
use dwell_api::quarantine::{
    self, Fix, FixGroup, FixGroupsRequest, FixKind, GroupFixes, RejectedExport,
    RejectedExportRequest, Retry, RetryRequest,
};
use dwell_api::{Cancel, Workspace};
use serde::Serialize;

use crate::Failure;
use crate::arguments::{Arguments, Choose, Mend};
use crate::output;
use crate::progress::Progress;

/// Rejected rows of one import, reason and field.
#[derive(Serialize)]
struct GroupRow<'a> {
    application: &'a str,
    import_id: i64,
    file: &'a str,
    first_line: u64,
    reason: &'a str,
    field: &'a str,
    rows: u64,
    cut_off: u64,
    message: &'a str,
    fixes: Vec<FixRow<'a>>,
}

/// What `retry` can be told of them.
#[derive(Serialize)]
struct FixRow<'a> {
    options: String,
    words: &'a str,
    mends: u64,
    sure: bool,
}

pub(super) fn groups(arguments: &Arguments) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let mut rows = output::rows(false);
    for import in rejecting(arguments, &workspace, None)? {
        for group in fix_groups(&workspace, import.import_id)? {
            let offers = group.offers.iter().filter_map(|offer| {
                Some(FixRow {
                    options: options_of(&offer.fixes),
                    words: &offer.title,
                    mends: offer.mends?,
                    sure: offer.is_sure,
                })
            });
            let rejects = &group.group;
            rows.write(&GroupRow {
                application: &import.application,
                import_id: import.import_id,
                file: &rejects.file,
                first_line: rejects.first_line,
                reason: &rejects.reason,
                field: &rejects.field,
                rows: rejects.row_count,
                cut_off: group.cut_off,
                message: &rejects.example,
                fixes: offers.collect(),
            })?;
        }
    }
    output::finish(rows)
}

/// Fixes as options of `retry`.
fn options_of(fixes: &[Fix]) -> String {
    let option = |fix: &Fix| match fix.kind {
        FixKind::TimeZone => format!("--time-zone {}", fix.value),
        FixKind::Offset => format!("--offset {}", fix.value),
        FixKind::DayFirst => "--day-first".to_owned(),
        FixKind::MonthFirst => "--month-first".to_owned(),
        FixKind::YearFirst => "--year-first".to_owned(),
        FixKind::DecimalComma => "--decimal-comma".to_owned(),
        FixKind::DefaultDevice => format!("--default-device {}", fix.value),
        FixKind::DefaultUser => format!("--default-user {}", fix.value),
        FixKind::Rename => format!("--rename {}={}", fix.value, fix.field),
        FixKind::AsProperty => format!("--rename {}=", fix.field),
        FixKind::Windows1252 => "--windows-1252".to_owned(),
        FixKind::Skip => "--skip".to_owned(),
    };
    fixes.iter().map(option).collect::<Vec<_>>().join(" ")
}

pub(super) fn export(arguments: &Arguments, choose: &Choose, file: &Path) -> Result<(), Failure> {
    let workspace = arguments.read()?;
    let imports = rejecting(arguments, &workspace, choose.import)?;
    let request = RejectedExportRequest {
        import_ids: imports.iter().map(|row| row.import_id).collect(),
        reason: choose.reason.clone(),
        field: choose.field.clone(),
    };
    let written = match file == Path::new("-") {
        true => {
            let mut out = std::io::stdout().lock();
            let written = quarantine::export(&workspace, &request, &mut out)?;
            out.flush()?;
            written
        }
        false => quarantine::export_file(&workspace, &request, file)?,
    };
    output::say(&export_words(&written));
    Ok(())
}

fn export_words(written: &RejectedExport) -> String {
    let mut words = format!("{} rejected rows written", written.rows);
    if written.cut_off > 0 {
        words.push_str(&format!(
            "; of {} only the first 4 KiB, as they are longer than 1 MiB",
            written.cut_off
        ));
    }
    let choices = written.choices.iter();
    let choices: Vec<String> = choices
        .map(|(field, column)| format!("--map {field}={column}"))
        .collect();
    if !choices.is_empty() {
        words.push_str(&format!("; import them with {}", choices.join(" ")));
    }
    words
}

pub(super) fn retry(arguments: &Arguments, mend: &Mend) -> Result<(), Failure> {
    let fixes = mend.fixes()?;
    let workspace = arguments.change()?;
    let mut tried = 0;
    for import in rejecting(arguments, &workspace, mend.choose.import)? {
        let groups = asked(&workspace, mend, import.import_id, &fixes)?;
        if groups.is_empty() {
            continue;
        }
        tried += 1;
        let request = RetryRequest {
            import_id: import.import_id,
            groups,
            dry_run: mend.dry_run,
        };
        let progress = Progress::new();
        let cancel = Cancel::default();
        let retry = quarantine::retry(&workspace, &request, &cancel, &mut |told| {
            progress.retry(&told);
        });
        progress.finish();
        let retry = retry?;
        match mend.json {
            true => {
                let mut rows = output::rows(false);
                rows.write(&retry)?;
                output::finish(rows)?;
            }
            false => output::say(&words(&retry, mend.dry_run)),
        }
    }
    match (tried, mend.suggested) {
        (0, true) => Err(Failure::Failed(
            "There are no rejected rows that a fix is suggested for: see dwell quarantine list \
             --groups."
                .to_owned(),
        )),
        (0, false) => Err(Failure::Failed(
            "There are no such rejected rows.".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The rejected rows of an import that are asked for, with what is said of them.
fn asked(
    workspace: &Workspace,
    mend: &Mend,
    import_id: i64,
    fixes: &[Fix],
) -> Result<Vec<GroupFixes>, Failure> {
    let all: Vec<GroupFixes> = match mend.suggested {
        true => fix_groups(workspace, import_id)?
            .into_iter()
            .filter_map(|group| {
                let sure = group.offers.into_iter().find(|offer| offer.is_sure)?;
                Some(GroupFixes {
                    reason: group.group.reason,
                    field: group.group.field,
                    fixes: sure.fixes,
                })
            })
            .collect(),
        false => import::show(workspace, &ImportDetailRequest { import_id })?
            .rejects
            .into_iter()
            .map(|group| GroupFixes {
                reason: group.reason,
                field: group.field,
                fixes: fixes.to_vec(),
            })
            .collect(),
    };
    let is =
        |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    let choose = &mend.choose;
    let chosen = all
        .into_iter()
        .filter(|group| is(&choose.reason, &group.reason) && is(&choose.field, &group.field));
    Ok(chosen.collect())
}

fn words(retry: &Retry, dry_run: bool) -> String {
    let (would, be) = match dry_run {
        true => ("would be ", "would stay"),
        false => ("", "are left"),
    };
    let mut words = format!(
        "{}: {} rows {would}mended, of which {} {would}stored and {} already there",
        retry.import.file_name, retry.mended, retry.stored, retry.duplicates
    );
    if retry.skipped > 0 {
        words.push_str(&format!("; {} {would}skipped", retry.skipped));
    }
    words.push_str(&format!("; {} {be}", retry.left));
    let cut_off: u64 = retry.groups.iter().map(|group| group.cut_off).sum();
    if cut_off > 0 {
        words.push_str(&format!(
            ", {cut_off} of them only in part: they are longer than 1 MiB"
        ));
    }
    words
}

fn fix_groups(workspace: &Workspace, import_id: i64) -> Result<Vec<FixGroup>, Failure> {
    let request = FixGroupsRequest { import_id };
    Ok(quarantine::groups(workspace, &request, &Cancel::default())?)
}

/// The imports with rejected rows, the first one first: the one that is named, or all.
fn rejecting(
    arguments: &Arguments,
    workspace: &Workspace,
    import_id: Option<i64>,
) -> Result<Vec<ImportRow>, Failure> {
    let mut rows = match import_id {
        Some(import_id) => vec![import::show(workspace, &ImportDetailRequest { import_id })?.row],
        None => import::list(workspace, arguments.application.as_deref().unwrap_or(""))?,
    };
    rows.retain(|row| row.quarantined > 0);
    rows.reverse();
    Ok(rows)
}

impl Mend {
    /// What was said of the rows.
    fn fixes(&self) -> Result<Vec<Fix>, Failure> {
        let with = |kind, value: &Option<String>| value.as_ref().map(|v| Fix::with(kind, v));
        let of = |kind, is_said: bool| is_said.then(|| Fix::of(kind));
        let renames = self.rename.iter().map(|(name, field)| match &**field {
            "" => Fix {
                field: name.clone(),
                ..Fix::of(FixKind::AsProperty)
            },
            field => Fix::rename(field, name),
        });
        let fixes: Vec<Fix> = of(FixKind::Skip, self.skip)
            .into_iter()
            .chain(of(FixKind::DayFirst, self.day_first))
            .chain(of(FixKind::MonthFirst, self.month_first))
            .chain(of(FixKind::YearFirst, self.year_first))
            .chain(of(FixKind::DecimalComma, self.decimal_comma))
            .chain(of(FixKind::Windows1252, self.windows_1252))
            .chain(with(FixKind::TimeZone, &self.time_zone))
            .chain(with(FixKind::Offset, &self.offset))
            .chain(with(FixKind::DefaultDevice, &self.default_device))
            .chain(with(FixKind::DefaultUser, &self.default_user))
            .chain(renames)
            .collect();
        if self.skip && self.choose.reason.is_none() && self.choose.import.is_none() {
            return Err(Failure::Usage(
                "--skip drops rows for good: say which with --reason or --import.".to_owned(),
            ));
        }
        Ok(fixes)
    }
}
