//! Lists as files: the rows of the lists themselves, whole or not at all.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::path::PathBuf;

use dwell_api::export::{ExportList, ExportRequest, Exported};
use dwell_api::import::ImportRequest;
use dwell_api::person::{PersonKey, PersonKind};
use dwell_api::rows::RowFormat;
use dwell_api::{Cancel, ErrorCode, Result, Workspace, export, import};
use tempfile::TempDir;

/// Two people, one of whom nobody knows; names that a spreadsheet would run, a row that cannot be read
/// and a copy in conflict.
const EVENTS: &str = r#"
{"event_id":"=1+1","name":"@Read","timestamp":"2026-11-18T08:00:00Z","user_id":"-2+3","properties":{"name":"+Ada","=x":"=y"}}
{"event_id":"i","name":"identify","timestamp":"2026-11-18T08:01:00Z","user_id":"-2+3","properties":{"name":"=cmd|' /C calc'!A0"}}
{"event_id":"e3","name":"Read","timestamp":"2026-11-18T09:00:00Z","device_id":"d9"}
{"event_id":"e3","name":"Wrote","timestamp":"2026-11-18T09:00:00Z","device_id":"d9"}
=this is no event
"#;

struct Place {
    folder: TempDir,
    workspace: Workspace,
}

fn place() -> Place {
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let path = folder.path().join("events.jsonl");
    std::fs::write(&path, EVENTS.trim_start()).unwrap();
    let request = ImportRequest {
        application: "shop".to_owned(),
        path: path.to_str().unwrap().to_owned(),
        time_zone: "UTC".to_owned(),
        ..ImportRequest::default()
    };
    import::run(&workspace, &request, &Cancel::default(), &mut |_| ()).unwrap();
    Place { folder, workspace }
}

fn request(list: ExportList, format: RowFormat) -> ExportRequest {
    ExportRequest {
        application: "shop".to_owned(),
        list,
        format,
        person: None,
        definition: String::new(),
        search: String::new(),
        last_seen_hours: None,
        as_of_ms: None,
    }
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn export(&self, request: &ExportRequest, name: &str, cancel: &Cancel) -> Result<Exported> {
        export::run(
            &self.workspace,
            request,
            &self.path(name),
            cancel,
            &mut |_| (),
        )
    }

    fn text(&self, request: &ExportRequest) -> String {
        let done = self.export(request, "out", &Cancel::default()).unwrap();
        let text = std::fs::read_to_string(self.path("out")).unwrap();
        assert_eq!(
            (done.file_bytes, &*done.file_name),
            (text.len() as u64, "out")
        );
        text
    }

    /// The rows of a list as JSON.
    fn rows(&self, request: &ExportRequest) -> Vec<serde_json::Value> {
        let text = self.text(request);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What is left in the folder of files that were not finished.
    fn leftovers(&self) -> usize {
        let entries = self.folder.path().read_dir().unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().contains("export"))
            .count()
    }
}

const ALL: [ExportList; 6] = [
    ExportList::People,
    ExportList::Sessions,
    ExportList::Events,
    ExportList::Imports,
    ExportList::Quarantine,
    ExportList::Conflicts,
];

#[test]
fn no_cell_of_any_list_begins_as_a_formula_and_numbers_stay_numbers() {
    let place = place();
    for list in ALL {
        let text = place.text(&request(list, RowFormat::Csv));
        let mut reader = csv_of(&text);
        let rows = place.rows(&request(list, RowFormat::JsonLines));
        assert!(!rows.is_empty(), "{list:?}");
        let names = reader.remove(0);
        assert_eq!(reader.len(), rows.len(), "{list:?}");
        for (cells, row) in reader.iter().zip(&rows) {
            for (name, cell) in names.iter().zip(cells) {
                let value = &row[name];
                match value {
                    serde_json::Value::Number(number) => assert_eq!(*cell, number.to_string()),
                    _ => assert!(
                        !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                        "{cell}"
                    ),
                }
            }
        }
    }
    let events = place.text(&request(ExportList::Events, RowFormat::Csv));
    assert!(events.contains("'=1+1,'@Read,"), "{events}");
}

/// CSV without line breaks in its cells, as these lists have none.
fn csv_of(text: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        let (mut cells, mut is_quoted) = (vec![String::new()], false);
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            let cell = cells.last_mut().unwrap();
            match letter {
                '"' if is_quoted && letters.peek() == Some(&'"') => {
                    cell.push('"');
                    letters.next();
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(String::new()),
                other => cell.push(other),
            }
        }
        cells
    };
    text.lines().map(line).collect()
}

#[test]
fn a_list_of_one_person_has_theirs_alone_known_or_not() {
    let place = place();
    for (kind, id, events) in [
        (PersonKind::User, "-2+3", 2),
        (PersonKind::Anonymous, "d9", 1),
    ] {
        for list in [ExportList::Sessions, ExportList::Events] {
            let mut request = request(list, RowFormat::JsonLines);
            request.person = Some(PersonKey {
                kind,
                id: id.to_owned(),
            });
            let rows = place.rows(&request);
            let expected = if list == ExportList::Events {
                events
            } else {
                1
            };
            assert_eq!(rows.len(), expected, "{list:?} of {id}");
            let field = if kind == PersonKind::User {
                "user_id"
            } else {
                "device_id"
            };
            assert!(rows.iter().all(|row| row[field] == id), "{rows:?}");
        }
    }
    let mut people = request(ExportList::People, RowFormat::JsonLines);
    assert_eq!(place.rows(&people).len(), 2);
    people.search = "calc".to_owned();
    let found = place.rows(&people);
    assert_eq!((found.len(), &found[0]["user_id"]), (1, &"-2+3".into()));
}

#[test]
fn what_stands_there_is_replaced_by_all_rows_or_not_at_all() {
    let place = place();
    let path = place.path("kept.csv");
    std::fs::write(&path, "mine").unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let events = request(ExportList::Events, RowFormat::Csv);
    let error = place.export(&events, "kept.csv", &cancel).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    let mut unknown = request(ExportList::Sessions, RowFormat::Csv);
    unknown.definition = "nobody".to_owned();
    let error = place
        .export(&unknown, "kept.csv", &Cancel::default())
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(place.leftovers(), 0);
    assert_eq!(
        place
            .export(&events, "kept.csv", &Cancel::default())
            .unwrap()
            .row_count,
        3
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("application,event_id")
    );
    assert_eq!(place.leftovers(), 0);
}

#[test]
fn the_workspace_is_never_written_over_and_a_missing_folder_is_said() {
    let place = place();
    let events = request(ExportList::Events, RowFormat::Csv);
    for name in ["w.dwell", "w.dwell-wal", "./w.dwell"] {
        let error = place.export(&events, name, &Cancel::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::BadInput, "{name}");
    }
    let error = place
        .export(&events, "nowhere/x.csv", &Cancel::default())
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::Storage);
    assert!(error.message.contains("x.csv"), "{}", error.message);
    assert_eq!(
        place
            .rows(&request(ExportList::Events, RowFormat::JsonLines))
            .len(),
        3
    );
}
