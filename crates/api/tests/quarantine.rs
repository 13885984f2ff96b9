//! Rejected rows by reason: which fixes are offered, what becomes of the rows with them, and how they
//! leave the workspace as a file.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its fixture included, fails by a panic"
)]

use std::path::PathBuf;

use dwell_api::import::{self, ColumnChoice, ImportRequest, ImportRow};
use dwell_api::quarantine::{
    self, Fix, FixGroup, FixGroupsRequest, FixKind, GroupFixes, RejectedExportRequest, Retry,
    RetryRequest,
};
use dwell_api::{Cancel, ErrorCode, Workspace, check, event};

struct Fixture {
    folder: tempfile::TempDir,
    workspace: Workspace,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.db")).unwrap();
        Self { folder, workspace }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn import(&self, name: &str, content: impl AsRef<[u8]>) -> ImportRow {
        self.file(name, content);
        self.import_path(name, &[])
    }

    fn import_path(&self, name: &str, columns: &[(&str, &str)]) -> ImportRow {
        let columns = columns.iter().map(|(field, column)| ColumnChoice {
            field: (*field).to_owned(),
            column: (*column).to_owned(),
        });
        let request = ImportRequest {
            application: "app".to_owned(),
            path: self.folder.path().join(name).to_string_lossy().into_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            columns: Some(columns.collect()),
            ..ImportRequest::default()
        };
        import::run(&self.workspace, &request, &Cancel::default(), &mut |_| {}).unwrap()
    }

    fn groups(&self, import_id: i64) -> Vec<FixGroup> {
        let request = FixGroupsRequest { import_id };
        quarantine::groups(&self.workspace, &request, &Cancel::default()).unwrap()
    }

    fn try_retry(
        &self,
        import_id: i64,
        (reason, field): (&str, &str),
        fixes: &[Fix],
        dry_run: bool,
    ) -> dwell_api::Result<Retry> {
        let request = RetryRequest {
            import_id,
            groups: vec![GroupFixes {
                reason: reason.to_owned(),
                field: field.to_owned(),
                fixes: fixes.to_vec(),
            }],
            dry_run,
        };
        quarantine::retry(&self.workspace, &request, &Cancel::default(), &mut |_| {})
    }

    fn retry(&self, import_id: i64, group: (&str, &str), fixes: &[Fix]) -> Retry {
        self.try_retry(import_id, group, fixes, false).unwrap()
    }

    fn events(&self) -> Vec<String> {
        let request = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        let mut events = Vec::new();
        event::export(&self.workspace, &request, |row| {
            events.push(serde_json::to_string(&row).unwrap());
            Ok(())
        })
        .unwrap();
        events.sort();
        events
    }

    fn check(&self) {
        let report = check::run(&self.workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
        assert!(report.ok, "{:?}", report.problems);
    }
}

const HEADER: &str = "name,timestamp,user_id,amount\n";
const TIME: (&str, &str) = ("bad_time", "timestamp");

/// The words of what is offered, with how many rows it mends and whether it is sure.
fn offers(group: &FixGroup) -> Vec<(&str, Option<u64>, bool)> {
    let offers = group.offers.iter();
    offers
        .map(|offer| (&*offer.title, offer.mends, offer.is_sure))
        .collect()
}

#[test]
fn a_wrong_order_of_day_and_month_is_found_and_mended_in_the_imports_zone() {
    let broken = Fixture::new();
    let rows = "Bet,2026-03-10 11:00:00,u1,1\nBet,20/02/26 14.02,u1,2\nBet,03/02/26 9.15,u2,3\n";
    let row = broken.import("a.csv", format!("{HEADER}{rows}"));
    assert_eq!((row.read, row.stored, row.quarantined), (3, 1, 2));
    let groups = broken.groups(row.import_id);
    let [group] = &groups[..] else {
        panic!("one group")
    };
    assert_eq!(
        offers(group),
        [
            ("Read as DD/MM/YY", Some(2), true),
            ("Read as MM/DD/YY", Some(1), false),
            ("Take timestamp from…", None, false),
            ("Skip these rows", None, false),
        ]
    );
    assert_eq!(group.value, "20/02/26 14.02");
    // As the window sends it: with the zone that it asked for.
    let fixes = &group.offers[0].fixes;
    assert_eq!(fixes[1], Fix::with(FixKind::TimeZone, "Europe/Berlin"));
    let before = broken.events();
    let tried = broken.try_retry(row.import_id, TIME, fixes, true).unwrap();
    assert_eq!((tried.mended, tried.stored, tried.left), (2, 2, 0));
    assert_eq!(broken.events(), before);
    let retry = broken.retry(row.import_id, TIME, fixes);
    assert_eq!((retry.mended, retry.stored, retry.left), (2, 2, 0));
    assert_eq!(
        (
            retry.import.read,
            retry.import.stored,
            retry.import.quarantined
        ),
        (3, 3, 0)
    );
    let right = Fixture::new();
    let rows = "Bet,2026-03-10 11:00:00,u1,1\nBet,2026-02-20 14:02:00,u1,2\n\
                Bet,2026-02-03 09:15:00,u2,3\n";
    right.import("a.csv", format!("{HEADER}{rows}"));
    assert_eq!(broken.events(), right.events());
    broken.check();
}

#[test]
fn dates_that_can_be_read_both_ways_are_nobodys_sure_fix() {
    let fixture = Fixture::new();
    let rows = "Bet,2026-03-10 11:00:00,u1,1\nBet,03/02/26 14.02,u1,2\n";
    let row = fixture.import("a.csv", format!("{HEADER}{rows}"));
    let groups = fixture.groups(row.import_id);
    assert_eq!(
        offers(&groups[0])[..2],
        [
            ("Read as DD/MM/YY", Some(1), false),
            ("Read as MM/DD/YY", Some(1), false)
        ]
    );
}

#[test]
fn rows_without_anybody_get_a_device_and_a_zone_asked_for_must_be_one() {
    let fixture = Fixture::new();
    let rows = "Bet,2026-03-10 11:00:00,u1,1\nBet,2026-03-10 12:00:00,,2\n";
    let row = fixture.import("a.csv", format!("{HEADER}{rows}"));
    let group = ("no_owner", "");
    let refused = |fix| {
        fixture
            .try_retry(row.import_id, group, &[fix], false)
            .unwrap_err()
    };
    let nobody = refused(Fix::of(FixKind::DefaultDevice));
    assert_eq!(nobody.code, ErrorCode::BadInput);
    let nowhere = refused(Fix::with(FixKind::TimeZone, "Nowhere"));
    assert!(nowhere.message.contains("Nowhere"), "{nowhere}");
    let gone = fixture.try_retry(99, group, &[], false).unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
    let retry = fixture.retry(
        row.import_id,
        group,
        &[Fix::with(FixKind::DefaultDevice, "kiosk")],
    );
    assert_eq!((retry.stored, retry.import.new_devices), (1, 1));
    assert!(fixture.events().iter().any(|event| event.contains("kiosk")));
    fixture.check();
}

#[test]
fn skipped_rows_count_as_never_read_and_rows_that_are_cut_off_can_only_be_skipped() {
    let fixture = Fixture::new();
    let long = "x".repeat(1_100_000);
    let lines = format!(
        "{}\n{long}\nno event\n",
        r#"{"name":"A","timestamp":1773136800,"user_id":"u"}"#
    );
    let row = fixture.import("a.jsonl", lines);
    assert_eq!((row.read, row.quarantined), (3, 2));
    let groups = fixture.groups(row.import_id);
    let long = groups
        .iter()
        .find(|group| group.group.reason == "line_too_long")
        .unwrap();
    assert_eq!(long.cut_off, 1);
    assert_eq!(offers(long), [("Skip these rows", None, false)]);
    let retry = fixture.retry(row.import_id, ("line_too_long", ""), &[]);
    assert_eq!((retry.left, retry.groups[0].cut_off), (1, 1));
    let skip = [Fix::of(FixKind::Skip)];
    let retry = fixture.retry(row.import_id, ("line_too_long", ""), &skip);
    let import = retry.import;
    assert_eq!(
        (
            retry.skipped,
            import.read,
            import.quarantined,
            import.skipped
        ),
        (1, 2, 1, 1)
    );
    let both = [Fix::of(FixKind::Skip), Fix::of(FixKind::DayFirst)];
    let mixed = fixture.try_retry(row.import_id, ("not_json", ""), &both, false);
    assert_eq!(mixed.unwrap_err().code, ErrorCode::BadInput);
    fixture.check();
}

#[test]
fn a_row_of_a_folder_is_mended_in_its_file_and_taken_back_with_its_import() {
    let fixture = Fixture::new();
    fixture.file(
        "in/a.csv",
        format!("{HEADER}Bet,20/02/26 10.00,u1,1\nBet,2026-03-10 11:00:00,u1,1\n"),
    );
    fixture.file(
        "in/b.jsonl",
        "{\"event\":\"Win\",\"timestamp\":1773136800,\"user_id\":\"u1\"}\n\
         {\"name\":\"Win\",\"timestamp\":1773136801,\"user_id\":\"u1\"}\n",
    );
    fixture.file(
        "in/c.csv",
        "event;time;user\nBet;20.02.26 10.01;u1\nBet;2026-03-10 11:00:09;u1\n",
    );
    let row = fixture.import_path("in", &[]);
    assert_eq!((row.stored, row.quarantined), (3, 3));
    let retry = fixture.retry(row.import_id, TIME, &[Fix::of(FixKind::DayFirst)]);
    assert_eq!((retry.mended, retry.import.quarantined), (2, 1));
    let groups = fixture.groups(row.import_id);
    assert_eq!(
        offers(&groups[0])[0],
        ("Take name from event", Some(1), true)
    );
    let retry = fixture.retry(
        row.import_id,
        ("no_name", "name"),
        &groups[0].offers[0].fixes,
    );
    assert_eq!((retry.mended, retry.import.stored), (1, 6));
    fixture.check();
    let request = import::ImportRemovalRequest {
        import_id: row.import_id,
        dry_run: false,
    };
    let removal = import::remove(
        &fixture.workspace,
        &request,
        &Cancel::default(),
        &mut |_| {},
    );
    assert_eq!(removal.unwrap().events_removed, 6);
    fixture.check();
}

#[test]
fn what_was_chosen_for_the_import_holds_when_its_rows_are_read_again() {
    let fixture = Fixture::new();
    fixture.file(
        "a.csv",
        "what,when,who\nBet,2026-03-10 11:00:00,u1\nBet,20.02.26 10.00,u2\n",
    );
    let columns = [("name", "what"), ("timestamp", "when"), ("user_id", "who")];
    let row = fixture.import_path("a.csv", &columns);
    let retry = fixture.retry(row.import_id, TIME, &[Fix::of(FixKind::DayFirst)]);
    assert_eq!(retry.mended, 1);
}

#[test]
fn exported_rows_stand_below_their_header_and_come_back_when_mended() {
    let fixture = Fixture::new();
    let rows = "Bet,2026-03-10 11:00:00,u1,1\r\nBet,\"soon,\nor not\",u1,2\r\nBet,never,u2,3\r\n";
    let first = fixture.import("a.csv", format!("{}\r\n{rows}", HEADER.trim_end()));
    let line = r#"{"name":"A","timestamp":1773136800,"user_id":"u"}"#;
    let second = fixture.import(
        "b.json",
        format!("[{line},\n{{\"name\":\"A\",\n\"user_id\":1}}]"),
    );
    let export = |import_ids: &[i64]| {
        let request = RejectedExportRequest {
            import_ids: import_ids.to_vec(),
            ..RejectedExportRequest::default()
        };
        let mut out = Vec::new();
        quarantine::export(&fixture.workspace, &request, &mut out)
            .map(|written| (written.rows, String::from_utf8(out).unwrap()))
    };
    let (count, text) = export(&[first.import_id]).unwrap();
    let expected = format!("{HEADER}Bet,\"soon,\nor not\",u1,2\nBet,never,u2,3\n");
    assert_eq!((count, &*text), (2, &*expected));
    let (_, lines) = export(&[second.import_id]).unwrap();
    assert_eq!(lines, "{\"name\":\"A\", \"user_id\":1}\n");
    let both = export(&[first.import_id, second.import_id]).unwrap_err();
    assert!(both.message.contains("one import"), "{both}");
    let mended = text.replace("never", "2026-03-10 12:00:00");
    let again = fixture.import("mended.csv", mended);
    assert_eq!((again.stored, again.quarantined), (1, 1));
    let path = fixture.folder.path().join("missing/out.csv");
    let request = RejectedExportRequest {
        import_ids: vec![first.import_id],
        ..RejectedExportRequest::default()
    };
    let unwritten = quarantine::export_file(&fixture.workspace, &request, &path).unwrap_err();
    assert!(unwritten.message.contains("out.csv"), "{unwritten}");
}
