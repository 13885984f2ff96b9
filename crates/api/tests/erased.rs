//! Nothing that names somebody who was forgotten can be read in the bytes of the file or beside it.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::path::Path;

use dwell_api::forget::{self, ForgetRequest, Whom};
use dwell_api::import::{self, ImportRequest};
use dwell_api::{Cancel, Workspace, check, event};
use tempfile::TempDir;

const DEVICE: &str = "60c958a1-f202-480c-90e5-b3561b0f020e";
/// What only the one who is forgotten says, each in a place of its own.
const SAYS: [&str; 9] = [
    "person-of-the-test",
    "previous-of-the-person",
    "Quirina Xanthopoulos",
    "quirina@example.test",
    "Zwetschgenweg",
    DEVICE,
    "event-of-the-person",
    "session-of-the-person",
    "phone-of-the-person",
];

/// Lines of one batch: of the person, and of others on their own and on the person's shared device.
fn lines(batch: u64) -> Vec<String> {
    let mut lines = Vec::new();
    for number in 0..12 {
        let time_ms = 1_772_000_000_000 + (batch * 12 + number) * 40_000;
        let id = batch * 12 + number;
        lines.push(format!(
            r#"{{"event_id":"event-of-the-person-{id}","name":"identify","timestamp":{time_ms},
            "user_id":"person-of-the-test","device_id":"{DEVICE}","session_id":"session-of-the-person",
            "properties":{{"name":"Quirina Xanthopoulos","email":"quirina@example.test",
            "street":"Zwetschgenweg {id}"}},"context":{{"device_model":"phone-of-the-person"}}}}"#
        ));
        lines.push(format!(
            r#"{{"event_id":"anonymous-event-of-the-person-{id}","name":"View","timestamp":{time_ms},
            "device_id":"{DEVICE}","properties":{{"street":"Zwetschgenweg"}}}}"#
        ));
        lines.push(format!(
            r#"{{"event_id":"shared-event-of-the-person-{id}","name":"View","timestamp":{time_ms},
            "user_id":"person-of-the-test","device_id":"shared"}}"#
        ));
        lines.push(format!(
            r#"{{"event_id":"other-{id}","name":"identify","timestamp":{},
            "user_id":"other-{}","device_id":"shared","properties":{{"name":"Somebody {id}"}}}}"#,
            time_ms + 20_000,
            number % 3
        ));
        lines.push(format!(
            r#"{{"event_id":"o-{id}","name":"View","timestamp":{time_ms},
            "user_id":"u{id}","device_id":"d{}","properties":{{"at":"place {id}"}}}}"#,
            id % 50
        ));
    }
    lines.push(format!(
        r#"{{"event_id":"joins-{batch}","name":"alias","timestamp":1772000000000,
        "user_id":"person-of-the-test","properties":{{"previous_id":"previous-of-the-person"}}}}"#
    ));
    lines.push(
        r#"{"name":"rejected","user_id":"person-of-the-test","street":"Zwetschgenweg","#.to_owned(),
    );
    if batch > 0 {
        // A copy that says something else, of an event of another import.
        lines.push(format!(
            r#"{{"event_id":"o-0","name":"View","timestamp":1772000000000,"user_id":"person-of-the-test",
            "device_id":"d0","properties":{{"at":"Zwetschgenweg {batch}"}}}}"#
        ));
    }
    lines.iter().map(|line| line.replace('\n', " ")).collect()
}

fn import(workspace: &Workspace, folder: &Path, lines: &[String]) -> import::ImportRow {
    let path = folder.join("events.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let request = ImportRequest {
        application: "app".to_owned(),
        path: path.to_string_lossy().into_owned(),
        time_zone: "UTC".to_owned(),
        ..ImportRequest::default()
    };
    import::run(workspace, &request, &Cancel::default(), &mut |_| {}).unwrap()
}

/// What of the words that only they say is somewhere in the bytes.
fn said(bytes: &[u8]) -> Vec<&'static str> {
    let is_there = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let uuid = uuid_bytes();
    let mut said: Vec<_> = SAYS
        .into_iter()
        .filter(|word| is_there(word.as_bytes()))
        .collect();
    said.extend(is_there(&uuid).then_some("the device's 16 bytes"));
    said
}

fn uuid_bytes() -> Vec<u8> {
    let digits = DEVICE.replace('-', "");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The pages of a database file that are free, by its own list: (number, whether nothing is in it).
fn free_pages(file: &[u8]) -> Vec<(u32, bool)> {
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    let page_bytes = usize::from(u16::from_be_bytes([file[16], file[17]]));
    let page_at = |page: u32| (page as usize - 1) * page_bytes;
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let mut pages = Vec::new();
    let mut trunk = number(32);
    while trunk != 0 {
        let at = page_at(trunk);
        let leaf_count = number(at + 4) as usize;
        let rest = &file[at + 8 + leaf_count * 4..at + page_bytes];
        pages.push((trunk, is_blank(rest)));
        for leaf in 0..leaf_count {
            let leaf = number(at + 8 + leaf * 4);
            pages.push((leaf, is_blank(&file[page_at(leaf)..][..page_bytes])));
        }
        trunk = number(at);
    }
    assert_eq!(pages.len(), number(36) as usize);
    pages
}

#[test]
fn nothing_of_somebody_forgotten_is_left_in_the_bytes_of_the_file_or_its_log() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    let workspace = Workspace::open(&path).unwrap();
    for batch in 0..20 {
        import(&workspace, folder.path(), &lines(batch));
    }
    let beside = |end: &str| {
        let mut name = path.clone().into_os_string();
        name.push(end);
        std::fs::read(name).unwrap_or_default()
    };
    let all = || [beside(""), beside("-wal"), beside("-shm")].concat();
    assert!(!said(&all()).is_empty());
    let request = ForgetRequest {
        application: "app".to_owned(),
        whom: Whom::User,
        id: "previous-of-the-person".to_owned(),
        dry_run: false,
    };
    let gone = forget::run(&workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((gone.ids.len(), &gone.not_erased), (2, &None));
    assert_eq!(gone.events_removed, 20 * 12 * 3 + 20);
    assert_eq!(gone.rejected_rows_removed, 20);
    assert!(
        gone.copies_removed > 0 && gone.conflicts_removed > 0,
        "{gone:?}"
    );

    assert_eq!(beside("-wal").len(), 0, "the log is emptied");
    assert_eq!(said(&all()), [""; 0]);
    let file = beside("");
    let free = free_pages(&file);
    let unclean: Vec<_> = free.iter().filter(|(_, is_blank)| !is_blank).collect();
    assert_eq!(unclean, [&(0, true); 0]);

    let report = check::run(&workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
    assert!(report.ok, "{:?}", report.problems);
    let request = event::ExportRequest {
        application: "app".to_owned(),
        ..event::ExportRequest::default()
    };
    let mut count = 0;
    event::export(&workspace, &request, |row| {
        count += 1;
        let row = serde_json::to_string(&row).unwrap();
        assert_eq!(said(row.as_bytes()), [""; 0], "{row}");
        Ok(())
    })
    .unwrap();
    assert_eq!(count, 20 * 12 * 2);

    // It comes again, in good rows and bad ones, and nothing of it stays.
    let row = import(&workspace, folder.path(), &lines(3));
    assert_eq!(
        (row.stored, row.quarantined, row.forgotten),
        (0, 0, 12 * 3 + 3)
    );
    drop(workspace);
    assert_eq!(said(&all()), [""; 0]);
}
