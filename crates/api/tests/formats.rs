//! Imports of tables, folders and archives: what is stored, and where it says that it stands.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its fixture included, fails by a panic"
)]

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use dwell_api::event::EventRequest;
use dwell_api::import::{
    self, ColumnChoice, ImportDetailRequest, ImportRemovalRequest, ImportRequest, ImportRow,
};
use dwell_api::{Cancel, ErrorCode, Workspace, check, event, quarantine};

const CSV: &str = "name,timestamp,user_id,event_id,amount\n\
                   Bet,2026-03-10 11:00:00,u1,c1,19.90\n\
                   Bet,yesterday,u1,c2,1\n";
const LINE: &str = r#"{"name":"Bet","timestamp":"2026-03-10T10:00:00Z","user_id":"u1"}"#;

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

    fn request(&self, path: &Path) -> ImportRequest {
        ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            ..ImportRequest::default()
        }
    }

    fn import(&self, request: &ImportRequest) -> dwell_api::Result<ImportRow> {
        import::run(&self.workspace, request, &Cancel::default(), &mut |_| {})
    }

    fn rejected_at(&self) -> Vec<(String, u64)> {
        let mut places = Vec::new();
        quarantine::list(&self.workspace, None, |row| {
            places.push((row.file, row.line));
            Ok(())
        })
        .unwrap();
        places
    }

    fn place_of(&self, event_id: &str) -> (String, u64) {
        let request = EventRequest {
            application: "app".to_owned(),
            event_id: event_id.to_owned(),
            zone: "UTC".to_owned(),
        };
        let detail = event::show(&self.workspace, &request).unwrap();
        (detail.import_file, detail.import_line)
    }
}

fn place(file: &str, line: u64) -> (String, u64) {
    (file.to_owned(), line)
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_table_is_stored_with_its_numbers_as_written_in_the_imports_zone() {
    let fixture = Fixture::new();
    let row = fixture
        .import(&fixture.request(&fixture.file("a.csv", CSV)))
        .unwrap();
    assert_eq!(
        (&*row.format, row.read, row.stored, row.quarantined),
        ("csv", 2, 1, 1)
    );
    let request = EventRequest {
        application: "app".to_owned(),
        event_id: "c1".to_owned(),
        zone: "UTC".to_owned(),
    };
    let detail = event::show(&fixture.workspace, &request).unwrap();
    assert_eq!(detail.time_ms, 1_773_136_800_000);
    assert_eq!(detail.properties[0].value, "19.90");
    assert_eq!(fixture.rejected_at(), [place("a.csv", 3)]);
    assert_eq!(fixture.place_of("c1"), place("a.csv", 2));
}

#[test]
fn columns_and_formats_can_be_chosen() {
    let fixture = Fixture::new();
    let path = fixture.file(
        "a.csv",
        "what,when,who\nBet,1773136800,u1\nBet,1773136801,u1\n",
    );
    let mut request = fixture.request(&path);
    let refused = fixture.import(&request).unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadInput);
    assert!(refused.message.contains("--map name=COLUMN"), "{refused}");
    let choice = |(field, column): (&str, &str)| ColumnChoice {
        field: field.to_owned(),
        column: column.to_owned(),
    };
    let columns = [("name", "what"), ("timestamp", "when"), ("user_id", "who")];
    request.columns = Some(columns.map(choice).to_vec());
    assert_eq!(fixture.import(&request).unwrap().stored, 2);
    request.columns = Some(vec![choice(("nobody", "who"))]);
    let refused = fixture.import(&request).unwrap_err();
    assert!(refused.message.contains("no field “nobody”"), "{refused}");
    request.columns = None;
    request.format = Some("csv".to_owned());
    assert!(fixture.import(&request).is_err());
    request.format = Some("spreadsheet".to_owned());
    let refused = fixture.import(&request).unwrap_err();
    assert_eq!(
        refused.message,
        "There is no format “spreadsheet”: it is one of native, csv."
    );
}

#[test]
fn rows_of_an_archive_and_of_a_folder_say_their_file_and_their_line_in_it() {
    let archive = zip(&[
        ("b.jsonl", &format!("{LINE}\nbad\n{{\"name\":1}}\n")),
        ("a.csv", CSV),
        ("notes.txt", "hello"),
    ]);
    let fixture = Fixture::new();
    let path = fixture.file("events.zip", &archive);
    let row = fixture.import(&fixture.request(&path)).unwrap();
    assert_eq!(
        (&*row.format, row.read, row.stored, row.quarantined),
        ("csv and native, ZIP", 5, 2, 3)
    );
    assert_eq!(
        fixture.rejected_at(),
        [
            place("events.zip/a.csv", 3),
            place("events.zip/b.jsonl", 2),
            place("events.zip/b.jsonl", 3)
        ]
    );
    assert_eq!(fixture.place_of("c1"), place("events.zip/a.csv", 2));
    let import_id = row.import_id;
    let detail = import::show(&fixture.workspace, &ImportDetailRequest { import_id }).unwrap();
    let files: Vec<_> = detail.files.iter().map(|file| &*file.name).collect();
    assert_eq!(files, ["a.csv", "b.jsonl", "notes.txt"]);
    assert!(detail.files[2].left_out.is_some() && detail.files[1].left_out.is_none());
    assert_eq!(detail.rejects[0].file, "events.zip/a.csv");

    // The same files in a folder bring nothing new, as each of them by itself does not.
    fixture.file("in/events.zip", &archive);
    let path = fixture.file("in/more/b.jsonl", LINE);
    let row = fixture
        .import(&fixture.request(&fixture.folder.path().join("in")))
        .unwrap();
    assert_eq!((row.stored, row.duplicates, row.quarantined), (0, 3, 3));
    assert_eq!(fixture.rejected_at()[3], place("in/events.zip/a.csv", 3));
    let row = fixture.import(&fixture.request(&path)).unwrap();
    assert_eq!((row.stored, row.duplicates), (0, 1));
}

#[test]
fn what_fails_in_one_file_leaves_nothing_of_the_others() {
    let fixture = Fixture::new();
    fixture.file("in/a.jsonl", LINE);
    fixture.file("in/b.json", format!("[{LINE}"));
    let refused = fixture.import(&fixture.request(&fixture.folder.path().join("in")));
    let message = refused.unwrap_err().message;
    assert!(message.contains("in/b.json is cut off"), "{message}");
    assert!(import::list(&fixture.workspace, "").unwrap().is_empty());
    let path = fixture.file("c.json", "[1,2]");
    let message = fixture.import(&fixture.request(&path)).unwrap_err().message;
    assert_eq!(
        message,
        "Nothing of c.json could be read: all its 2 rows are no event. Line 1: The row is a \
         number; an event is a map in braces."
    );
}

#[test]
fn a_preview_shows_the_first_rows_as_they_would_be_stored_and_writes_nothing() {
    let fixture = Fixture::new();
    let path = fixture.file("a.csv", CSV);
    let request = fixture.request(&path);
    let preview = import::preview(&request, &Cancel::default()).unwrap();
    assert!(preview.is_all);
    assert_eq!((preview.read, preview.good, preview.rejected), (2, 1, 1));
    let columns = preview.files[0].columns.iter();
    let targets: Vec<_> = columns
        .map(|column| (&*column.column, &*column.target))
        .collect();
    assert_eq!(
        targets,
        [
            ("name", "name"),
            ("timestamp", "timestamp"),
            ("user_id", "user_id"),
            ("event_id", "event_id"),
            ("amount", "properties.amount")
        ]
    );
    let filled: Vec<_> = preview.files[0].columns.iter().map(|c| c.filled).collect();
    assert_eq!(
        (preview.files[0].read, &filled[..]),
        (2, &[2, 2, 2, 2, 2][..])
    );
    assert_eq!((preview.names, preview.first_ms), (1, preview.last_ms));
    let event = preview.rows[0].event.as_ref().unwrap();
    assert_eq!((&*event.event_id, event.time_ms), ("c1", 1_773_136_800_000));
    assert_eq!(
        (
            &*event.properties[0].value_type,
            &*event.properties[0].value
        ),
        ("number", "19.90")
    );
    let reject = preview.rows[1].reject.as_ref().unwrap();
    assert_eq!((preview.rows[1].line, &*reject.reason), (3, "bad_time"));
    assert_eq!(preview.rejects[0].row_count, 1);
    assert!(import::list(&fixture.workspace, "").unwrap().is_empty());
    // It shows what an import stores.
    fixture.import(&request).unwrap();
    assert_eq!(fixture.place_of("c1"), place("a.csv", 2));
}

#[test]
fn a_preview_of_much_ends_early_and_names_the_files_it_saw() {
    let fixture = Fixture::new();
    let many = format!("{LINE}\n").repeat(100_000);
    let archive = zip(&[("a.csv", CSV), ("b.jsonl", &many), ("c.jsonl", LINE)]);
    let path = fixture.file("events.zip", archive);
    let preview = import::preview(&fixture.request(&path), &Cancel::default()).unwrap();
    assert!(!preview.is_all);
    let files: Vec<_> = preview.files.iter().map(|file| &*file.name).collect();
    assert_eq!(files, ["a.csv", "b.jsonl"]);
    assert_eq!(preview.rows.len(), 20);
    let places: Vec<_> = preview.rows[..4]
        .iter()
        .map(|row| (&*row.file, row.line))
        .collect();
    assert_eq!(
        places,
        [("a.csv", 2), ("a.csv", 3), ("b.jsonl", 1), ("b.jsonl", 2)]
    );
    assert!(preview.read > 20 && preview.read < 100_000);
    let path = fixture.file("bad.json", "[1");
    let refused = import::preview(&fixture.request(&path), &Cancel::default()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadInput);
}

#[test]
fn a_look_at_a_table_without_what_events_need_shows_its_columns_and_what_is_missing() {
    let fixture = Fixture::new();
    let table = "what;when;who\nBet;2026-03-10 10:00:00;u1\n";
    let path = fixture.file("a.csv", table);
    let mut request = fixture.request(&path);
    let preview = import::preview(&request, &Cancel::default()).unwrap();
    let sentence = "No column is the event's name.";
    assert_eq!(preview.problem.as_deref(), Some(sentence));
    let file = &preview.files[0];
    assert_eq!(file.missing.as_deref(), Some("name"));
    assert_eq!(file.columns.len(), 3);
    assert!(preview.rows.is_empty() && preview.rejects.is_empty());
    assert!(fixture.import(&request).is_err());
    let columns = [("name", "what"), ("timestamp", "when"), ("user_id", "who")];
    let columns = columns.map(|(field, column)| ColumnChoice {
        field: field.to_owned(),
        column: column.to_owned(),
    });
    request.columns = Some(columns.to_vec());
    let preview = import::preview(&request, &Cancel::default()).unwrap();
    assert_eq!((preview.problem, preview.good), (None, 1));
    fixture.import(&request).unwrap();

    // Among others it is left out, as what is no text is.
    let archive = zip(&[("a.csv", table), ("b.jsonl", LINE), ("n.txt", "hello")]);
    let path = fixture.file("events.zip", archive);
    let preview = import::preview(&fixture.request(&path), &Cancel::default()).unwrap();
    assert_eq!((preview.problem, preview.read, preview.good), (None, 1, 1));
    let files: Vec<_> = preview
        .files
        .iter()
        .map(|file| (&*file.name, file.problem.is_some()))
        .collect();
    assert_eq!(
        files,
        [("a.csv", true), ("b.jsonl", false), ("n.txt", true)]
    );
    assert_eq!(preview.left_out, 2);
    // Its rest is not read, as little as by an import.
    let long = table.repeat(100_000);
    let archive = zip(&[("a.csv", &long), ("b.jsonl", LINE)]);
    let path = fixture.file("long.zip", archive);
    let preview = import::preview(&fixture.request(&path), &Cancel::default()).unwrap();
    assert_eq!(
        (preview.problem, preview.good, preview.is_all),
        (None, 1, true)
    );
    assert!(preview.files[0].read < 100_000);
    // Where nothing else is there, what is missing is said.
    let path = fixture.file("alone.zip", zip(&[("a.csv", table)]));
    let preview = import::preview(&fixture.request(&path), &Cancel::default()).unwrap();
    let sentence = "a.csv: No column is the event's name.";
    assert_eq!(preview.problem.as_deref(), Some(sentence));
    let path = fixture.file("bad.jsonl", "{\"name\":\"Bet\"}\n");
    let preview = import::preview(&fixture.request(&path), &Cancel::default()).unwrap();
    let problem = preview.problem.unwrap();
    assert!(
        problem.contains("all its rows would be rejected"),
        "{problem}"
    );
}

#[test]
fn an_archive_is_taken_back_with_all_its_files() {
    let fixture = Fixture::new();
    let archive = zip(&[("a.csv", CSV), ("b.jsonl", LINE), ("notes.txt", "hello")]);
    let path = fixture.file("events.zip", archive);
    let import_id = fixture.import(&fixture.request(&path)).unwrap().import_id;
    let request = ImportRemovalRequest {
        import_id,
        dry_run: false,
    };
    import::remove(
        &fixture.workspace,
        &request,
        &Cancel::default(),
        &mut |_| {},
    )
    .unwrap();
    assert!(fixture.rejected_at().is_empty());
    // A later import with that number has the files that it brings, and no others.
    let path = fixture.file("a.csv", CSV);
    let import_id = fixture.import(&fixture.request(&path)).unwrap().import_id;
    let detail = import::show(&fixture.workspace, &ImportDetailRequest { import_id }).unwrap();
    assert!(detail.files.is_empty());
    assert_eq!(fixture.rejected_at(), [place("a.csv", 3)]);
    let checked = check::run(&fixture.workspace, &Cancel::default(), &mut |_, _| {});
    assert_eq!(checked.unwrap().problems, Vec::<String>::new());
}
