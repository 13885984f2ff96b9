//! Flipped bytes of what events are stored in are found and named, and nothing reads past them.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::path::{Path, PathBuf};

use dwell_model::{Event, EventType, Key, PackedEvents, Properties};
use dwell_store::table::event::{Appender, StreamPart};
use dwell_store::table::import::Import;
use dwell_store::{Store, StoreError};
use rusqlite::{Connection, params};
use tempfile::TempDir;

const EVENTS: usize = 21_000;
const DEVICES: usize = 700;

fn event(number: usize) -> Event {
    let time_ms = 1_700_000_000_000 + number as i64 * 50;
    let properties = format!(
        r#"{{"screen":"screen {}","ms":{},"item":"item-{}"}}"#,
        number % 7,
        number * 31 % 997,
        number * 7 % 113,
    );
    Event {
        event_id: format!("evt-{number}").into(),
        id_is_derived: false,
        name: ["open", "close"][number % 2].into(),
        event_type: EventType::Custom,
        time_ms,
        arrival_ms: time_ms,
        received_at_ms: None,
        sent_at_ms: None,
        skew_ms: 0,
        user: None,
        device: Key::parse(&format!("device {}", number % DEVICES)),
        source_session: None,
        properties: Properties::from_json(&properties).unwrap(),
        context: Properties::from_json(r#"{"os":"android","app_version":"4.5.6"}"#).unwrap(),
    }
}

/// Imports events; answers how many were new.
fn import(store: &Store, events: std::ops::Range<usize>) -> Result<u64, StoreError> {
    store.write(|writer| {
        let application = match writer.application("shop")? {
            Some(application) => application,
            None => writer.add_application("shop", "UTC")?,
        };
        let import_id = writer.begin_import(application.application_id, "a.jsonl")?;
        let mut packed = PackedEvents::default();
        for (line, number) in (1..).zip(events.clone()) {
            packed.push(&event(number), line);
        }
        let mut appender = Appender::new(writer, application.application_id, import_id)?;
        appender.append(&packed)?;
        let appended = appender.finish(&mut |_, _| Ok::<_, StoreError>(()))?;
        let Some(begun) = writer.import(import_id)? else {
            panic!("it was begun");
        };
        writer.finish_import(&Import {
            read: events.len() as u64,
            stored: appended.stored,
            duplicates: appended.duplicates,
            ..begun
        })?;
        Ok(appended.stored)
    })
}

fn workspace() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    let store = Store::open(&path).unwrap();
    assert_eq!(import(&store, 0..EVENTS).unwrap(), EVENTS as u64);
    assert_eq!(problems(&store), Vec::<String>::new());
    drop(store);
    (folder, path)
}

/// What a check of the file says.
fn problems(store: &Store) -> Vec<String> {
    assert_eq!(store.integrity().unwrap(), Vec::<String>::new());
    store
        .read(|reader| match reader.damaged_blocks()? {
            none if none.is_empty() => reader.disagreements(),
            damaged => Ok(damaged),
        })
        .unwrap()
}

/// A column of bytes.
struct Column {
    table: &'static str,
    key: &'static str,
    bytes: &'static str,
}

impl Column {
    /// The keys of all rows.
    fn rows(&self, connection: &Connection) -> Vec<i64> {
        let sql = format!("SELECT {} FROM {} ORDER BY 1", self.key, self.table);
        let mut all = connection.prepare(&sql).unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Flips one bit of a row at a part of its bytes, in thousandths.
    fn flip(&self, connection: &Connection, row: i64, thousandth: usize) {
        let Self { table, key, bytes } = self;
        let get = format!("SELECT {bytes} FROM {table} WHERE {key} = ?");
        let mut value: Vec<u8> = connection.query_row(&get, [row], |row| row.get(0)).unwrap();
        let at = value.len() * thousandth / 1_000;
        value[at] ^= 1 << (thousandth % 8);
        let set = format!("UPDATE {table} SET {bytes} = ? WHERE {key} = ?");
        assert_eq!(connection.execute(&set, params![value, row]).unwrap(), 1);
    }
}

/// What a flip does to reading every event.
fn read_all(store: &Store) -> Result<usize, StoreError> {
    store.read(|reader| {
        let mut count = 0;
        for stream_id in reader.streams(1)? {
            reader.stream_range(stream_id, i64::MIN, i64::MAX, |stored| {
                count += 1;
                let number: usize = stored.event.event_id[4..].parse().unwrap();
                assert_eq!(stored.event, event(number), "another event than was stored");
                Ok(())
            })?;
        }
        Ok(count)
    })
}

/// A file with the bytes of a workspace that nobody has open.
fn copy_of(path: &Path, name: &str) -> PathBuf {
    let copy = path.with_file_name(name);
    std::fs::write(&copy, std::fs::read(path).unwrap()).unwrap();
    copy
}

#[test]
fn a_flipped_byte_of_what_events_are_read_from_is_named() {
    let (_folder, path) = workspace();
    let columns = [
        ("block", "block_id", "columns"),
        ("block", "block_id", "texts"),
        ("dictionary", "dictionary_id", "bytes"),
        ("pattern", "pattern_id", "bytes"),
    ];
    for (table, key, bytes) in columns {
        let column = Column { table, key, bytes };
        for thousandth in [0, 1, 127, 500, 731, 999] {
            let copy = copy_of(&path, "copy.dwell");
            let connection = Connection::open(&copy).unwrap();
            let rows = column.rows(&connection);
            let row = rows[rows.len() * thousandth / 1_000];
            column.flip(&connection, row, thousandth);
            drop(connection);
            let store = Store::open(&copy).unwrap();
            let found = problems(&store);
            let place = format!("table {table}, row {row}, ");
            assert_eq!(found.len(), 1, "{place}: {found:?}");
            assert!(found[0].contains(&place), "{place}: {}", found[0]);
            assert!(
                found[0].ends_with("its checksum is another one"),
                "{}",
                found[0]
            );
            // Who asks for these events hears the same.
            let error = read_all(&store).unwrap_err();
            assert_eq!(error.to_string(), found[0]);
            // So does who would add to them, and nothing is changed.
            if table != "block" {
                let error = import(&store, EVENTS - 5..EVENTS + 5).unwrap_err();
                assert_eq!(error.to_string(), found[0]);
            }
            drop(store);
            std::fs::remove_file(&copy).unwrap();
        }
    }
}

#[test]
fn an_import_does_not_settle_with_a_damaged_block() {
    let (_folder, path) = workspace();
    let connection = Connection::open(&path).unwrap();
    let column = Column {
        table: "block",
        key: "block_id",
        bytes: "texts",
    };
    for row in column.rows(&connection) {
        column.flip(&connection, row, 400);
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(problems(&store).len(), 20, "no more are told at once");
    // Copies of what is there have to be compared with it.
    let error = import(&store, 0..10).unwrap_err();
    assert!(
        matches!(error, StoreError::Damaged { table: "block", .. }),
        "{error}"
    );
    // Others need it not.
    assert_eq!(import(&store, EVENTS..EVENTS + 10).unwrap(), 10);
    let count = "SELECT count(*) FROM import";
    assert_eq!(connection.query_row(count, [], |row| row.get(0)), Ok(2));
}

#[test]
fn a_flipped_byte_of_a_page_of_keys_is_found() {
    let (_folder, path) = workspace();
    let column = Column {
        table: "key_page",
        key: "page_id",
        bytes: "bytes",
    };
    for thousandth in (0..1_000).step_by(41) {
        let copy = copy_of(&path, "copy.dwell");
        let connection = Connection::open(&copy).unwrap();
        let rows = column.rows(&connection);
        let row = rows[rows.len() * thousandth / 1_000];
        column.flip(&connection, row, thousandth);
        drop(connection);
        let store = Store::open(&copy).unwrap();
        let found = problems(&store);
        assert_eq!(found.len(), 1, "{thousandth}: {found:?}");
        let is_named = found[0].contains("table key_page, row ")
            || found[0].contains("events and 21000 keys of events that do not belong together");
        assert!(is_named, "{thousandth}: {}", found[0]);
        // The events themselves are whole.
        assert_eq!(read_all(&store).unwrap(), EVENTS);
        drop(store);
        std::fs::remove_file(&copy).unwrap();
    }
}

#[test]
fn other_numbers_beside_a_block_are_found() {
    let (_folder, path) = workspace();
    let cases = [
        (
            "UPDATE block SET names = 0",
            "with a wrong mask of names",
            true,
        ),
        (
            "UPDATE block SET event_count = 1",
            "another number of events",
            true,
        ),
        (
            "DELETE FROM dictionary",
            "its dictionary 1 is missing",
            false,
        ),
        (
            "DELETE FROM pattern WHERE pattern_id = 1",
            "table pattern",
            false,
        ),
        (
            "UPDATE block SET block_id = block_id + 5 * 1048576
             WHERE block_id = (SELECT max(block_id) FROM block)",
            "30 events of no application",
            true,
        ),
        (
            "DELETE FROM block WHERE block_id = (SELECT max(block_id) FROM block)",
            "do not belong together",
            true,
        ),
        ("DELETE FROM key_run", "and 0 keys of events", true),
        ("DELETE FROM key_page", "and 0 keys of events", true),
    ];
    for (damage, sentence, is_readable) in cases {
        let copy = copy_of(&path, "copy.dwell");
        let connection = Connection::open(&copy).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);
        let store = Store::open(&copy).unwrap();
        let found = problems(&store);
        let is_told = found.iter().any(|found| found.contains(sentence));
        assert!(is_told, "{damage}: {found:?}");
        assert_eq!(read_all(&store).is_ok(), is_readable, "{damage}");
        drop(store);
        std::fs::remove_file(&copy).unwrap();
    }
}

#[test]
fn who_asks_again_for_damaged_texts_hears_so_again() {
    let (_folder, path) = workspace();
    let connection = Connection::open(&path).unwrap();
    let column = Column {
        table: "dictionary",
        key: "dictionary_id",
        bytes: "bytes",
    };
    column.flip(&connection, 1, 500);
    let store = Store::open(&path).unwrap();
    let mut count = 0;
    let read = store.read(|reader| {
        let stream_id = reader.streams(1)?[0];
        reader.stream(stream_id, StreamPart::WHOLE)?.walk(|row| {
            count += 1;
            assert!(row.properties().is_err());
            assert!(row.properties().is_err());
            assert!(row.context().is_err());
            Ok(())
        })
    });
    read.unwrap();
    assert_eq!(count, EVENTS / DEVICES);
}
