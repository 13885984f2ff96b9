//! A workspace of layout 2, where each event was a row, opens with every event to the letter; where
//! that cannot be, it stays as it was.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dwell_model::{Event, EventType, IdRef, Key, PackedEvents, Properties};
use dwell_store::table::event::Appender;
use dwell_store::table::import::Import;
use dwell_store::{Store, StoreError};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params};
use tempfile::TempDir;

/// What layout 2 was made with.
const LAYOUT_2: &str = concat!(
    include_str!("../src/schema/1.sql"),
    include_str!("../src/schema/2.sql"),
    "PRAGMA application_id = 0x4477656C;
     PRAGMA user_version = 2;"
);

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

fn seed() -> u64 {
    let seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(2_026);
    println!("DWELL_TEST_SEED={seed}");
    seed
}

/// An event as it was stored.
#[derive(Clone)]
struct Old {
    application_id: i64,
    event: Event,
    import_id: i64,
    line: u64,
}

const NAMES: [&str; 3] = ["open", "alias", "A b 😀"];

const TEXTS: [&str; 5] = [
    "",
    r#"{"screen":"home","ms":9007199254740993,"price":1.10}"#,
    r#"{"ms":123456789012345678901234567890,"screen":""}"#,
    r#"{"a":null,"b":[true,"x\n\"",-0,1e400],"ü":"😀"}"#,
    r#"{"note":"a\\b\u0000c"}"#,
];

fn key(prefix: &str, number: usize) -> Key {
    match number % 2 {
        0 => Key::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap(),
        _ => Key::parse(&format!("{prefix}{number}")).unwrap(),
    }
}

fn key_cell(key: &Key) -> Cell {
    match key {
        Key::Uuid(uuid) => Cell::Blob(uuid.as_bytes().to_vec()),
        Key::Text(text) => Cell::Text(text.to_string()),
    }
}

fn id_cell(id: &str) -> Cell {
    match IdRef::of(id) {
        IdRef::Uuid(uuid) => Cell::Blob(uuid.as_bytes().to_vec()),
        IdRef::Text(text) => Cell::Text(text.to_owned()),
    }
}

fn properties(random: &mut Random) -> Properties {
    match TEXTS[random.below(TEXTS.len())] {
        "" => Properties::new(),
        json => Properties::from_json(json).unwrap(),
    }
}

fn event(random: &mut Random, number: usize) -> Event {
    let device = (!random.one_in(5)).then(|| key("d", random.below(300) * random.below(2)));
    let user = (device.is_none() || random.one_in(2)).then(|| key("u", random.below(40)));
    let skew_ms = if random.one_in(6) { -300_000 } else { 0 };
    let time_ms = 1_700_000_000_000 + random.below(2_000) as i64;
    let received_at_ms = (!random.one_in(3)).then(|| time_ms + random.below(90_000) as i64);
    let is_system = random.one_in(3);
    Event {
        event_id: match number % 3 {
            0 => format!("{number:08x}-0000-4000-8000-{:012x}", random.next() >> 16).into(),
            1 => format!("{number:08X}-0000-4000-8000-0000000000AB").into(),
            _ => format!("evt-{number}").into(),
        },
        id_is_derived: random.one_in(4),
        name: NAMES[random.below(NAMES.len())].into(),
        event_type: [EventType::Custom, EventType::System][usize::from(is_system)],
        time_ms,
        arrival_ms: received_at_ms.unwrap_or(time_ms),
        received_at_ms,
        sent_at_ms: random.one_in(3).then(|| time_ms - random.below(9) as i64),
        skew_ms,
        user,
        device,
        source_session: random.one_in(3).then(|| key("s", random.below(30))),
        properties: properties(random),
        context: properties(random),
    }
}

/// Writes a workspace of layout 2 with some thousand events of two applications and of four imports,
/// one of which brought nothing.
fn write_layout_2(path: &Path, random: &mut Random) -> Vec<Old> {
    let mut connection = Connection::open(path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();
    connection.execute_batch(LAYOUT_2).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction
        .pragma_update(None, "defer_foreign_keys", true)
        .unwrap();
    let mut events: Vec<Old> = Vec::new();
    for application_id in 1..=2 {
        transaction
            .execute(
                "INSERT INTO application (application_id, name, zone)
                 VALUES (?1, 'shop ' || ?1, 'UTC')",
                [application_id],
            )
            .unwrap();
    }
    for (name_id, name) in (1..).zip(NAMES) {
        let add = "INSERT INTO event_name VALUES (?, ?)";
        transaction.execute(add, params![name_id, name]).unwrap();
    }
    let mut numbers: BTreeMap<(&str, i64, String), i64> = BTreeMap::new();
    let mut number_of = |table: &'static str, application_id: i64, key: &Key| {
        let known = (table, application_id, key.to_string());
        *numbers.entry(known).or_insert_with(|| {
            let add = format!("INSERT INTO {table} (application_id, key) VALUES (?, ?)");
            let row = params![application_id, key_cell(key)];
            transaction.execute(&add, row).unwrap();
            transaction.last_insert_rowid()
        })
    };
    let mut number = 0_i64;
    let imports = [(3, 1, 2_500), (5, 2, 700), (6, 1, 0), (9, 1, 900)];
    for (import_id, application_id, count) in imports {
        let mut line = random.below(3) as u64;
        let mut rejected: u64 = 0;
        let first = events.len();
        for _ in 0..count {
            line += 1;
            if random.one_in(9) {
                rejected += 1;
                transaction
                    .execute(
                        "INSERT INTO quarantine (import_id, line, reason, field, sentence, excerpt,
                           is_truncated)
                         VALUES (?, ?, 'not_json', '', 'It is not JSON.', x'00', 0)",
                        params![import_id, line],
                    )
                    .unwrap();
                line += 1;
            }
            // The second application has ids of the first.
            let of = match application_id {
                1 => events.len(),
                _ => events.len() - first,
            };
            let event = event(random, of);
            events.push(Old {
                application_id,
                event,
                import_id,
                line,
            });
        }
        transaction
            .execute(
                "INSERT INTO import VALUES (?, ?, 'a.jsonl', 'native', 1, 'UTC', 1, ?, ?, 0, 0, ?,
                   0, 0, 0, 1.0, '[]')",
                params![import_id, application_id, count + rejected, count, rejected],
            )
            .unwrap();
        for old in &events[first..] {
            number += 1;
            let event = &old.event;
            let user = event
                .user
                .as_ref()
                .map(|key| number_of("user", application_id, key));
            let device = event
                .device
                .as_ref()
                .map(|key| number_of("device", application_id, key));
            let stream_id = match (device, user) {
                (Some(device), _) => device * 2,
                (None, user) => user.unwrap() * 2 + 1,
            };
            let name_id = NAMES.iter().position(|name| **name == *event.name).unwrap() + 1;
            let json = |map: &Properties| (!map.is_empty()).then(|| map.to_json());
            let flags = u8::from(event.event_type == EventType::System)
                | u8::from(event.id_is_derived) << 1;
            let values = params![
                stream_id,
                event.time_ms,
                number,
                id_cell(&event.event_id),
                name_id,
                flags,
                event.arrival_ms,
                event.received_at_ms,
                event.sent_at_ms,
                event.skew_ms,
                user,
                device,
                event.source_session.as_ref().map(key_cell),
                json(&event.properties),
                json(&event.context),
                import_id,
                old.line,
            ];
            transaction
                .execute(
                    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                .unwrap();
            transaction
                .execute(
                    "INSERT INTO event_key VALUES (?, ?, ?, ?, ?)",
                    params![
                        application_id,
                        id_cell(&event.event_id),
                        stream_id,
                        event.time_ms,
                        number
                    ],
                )
                .unwrap();
        }
    }
    let copied = &events[0].event.event_id;
    transaction
        .execute(
            "INSERT INTO event_copy VALUES (1, ?, 9, 1800000000000, NULL, NULL, 5, '{}')",
            params![id_cell(copied)],
        )
        .unwrap();
    transaction
        .execute("UPDATE counter SET next_event_number = ?", [number + 1])
        .unwrap();
    transaction.commit().unwrap();
    events
}

fn workspace() -> (TempDir, PathBuf, Vec<Old>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    let events = write_layout_2(&path, &mut Random(seed()));
    (folder, path, events)
}

#[track_caller]
fn assert_all_there(store: &Store, events: &[Old]) {
    let read = store.read(|reader| {
        let mut numbers = BTreeSet::new();
        for old in events {
            let place = reader.event_place(old.application_id, &old.event.event_id)?;
            let stored = reader.event_at(place.expect("it was there"))?;
            assert_eq!(stored.event, old.event);
            assert_eq!(
                stored.event.properties.to_json(),
                old.event.properties.to_json()
            );
            assert_eq!((stored.import_id, stored.line), (old.import_id, old.line));
            assert!(numbers.insert(stored.place.event_number));
        }
        for application_id in 1..=2 {
            let mut times = Vec::new();
            for stream_id in reader.streams(application_id)? {
                let mut before = i64::MIN;
                reader.stream_range(stream_id, i64::MIN, i64::MAX, |stored| {
                    assert!(stored.place.time_ms >= before);
                    before = stored.place.time_ms;
                    times.push(before);
                    Ok(())
                })?;
            }
            let of_application = events
                .iter()
                .filter(|old| old.application_id == application_id);
            assert_eq!(times.len(), of_application.count());
        }
        assert_eq!(reader.damaged_blocks()?, Vec::<String>::new());
        assert_eq!(reader.disagreements()?, Vec::<String>::new());
        Ok(())
    });
    read.unwrap();
    assert_eq!(store.integrity().unwrap(), Vec::<String>::new());
}

/// Imports events into the first application; answers (stored, duplicates, conflicts).
fn import(store: &Store, events: &[Event]) -> Result<(u64, u64, u64), StoreError> {
    store.write(|writer| {
        let import_id = writer.begin_import(1, "again.jsonl")?;
        let mut packed = PackedEvents::default();
        for (line, event) in (1..).zip(events) {
            packed.push(event, line);
        }
        let mut appender = Appender::new(writer, 1, import_id)?;
        appender.append(&packed)?;
        let appended = appender.finish(&mut |_, _| Ok::<_, StoreError>(()))?;
        writer.finish_import(&Import {
            read: events.len() as u64,
            stored: appended.stored,
            duplicates: appended.duplicates,
            conflicts: appended.conflicts,
            ..writer.import(import_id)?.expect("it was begun")
        })?;
        Ok((appended.stored, appended.duplicates, appended.conflicts))
    })
}

#[test]
fn every_event_of_layout_2_is_there_to_the_letter() {
    let (_folder, path, events) = workspace();
    let mut told: Vec<(u64, u64)> = Vec::new();
    let store = Store::open_telling(&path, &mut |done, all| told.push((done, all))).unwrap();
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    assert!(told.iter().all(|(done, all)| done <= all));
    assert_all_there(&store, &events);
    let stale = store.read(|reader| reader.stale_applications()).unwrap();
    assert_eq!(stale.len(), 2, "what is derived is derived anew");
    drop(store);
    let connection = Connection::open(&path).unwrap();
    let tables =
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('event', 'event_key', 'event_copy')";
    assert_eq!(connection.query_row(tables, [], |row| row.get(0)), Ok(0));
    let dictionaries = "SELECT count(*) FROM dictionary";
    assert_eq!(
        connection.query_row(dictionaries, [], |row| row.get(0)),
        Ok(1)
    );
    // A second time there is nothing left to do.
    let store = Store::open(&path).unwrap();
    assert_all_there(&store, &events);
    let copies = store.read(|reader| {
        let mut copies = Vec::new();
        for stream_id in reader.streams(1)? {
            copies.extend(reader.copies_of(stream_id)?);
        }
        Ok(copies)
    });
    let copies = copies.unwrap();
    let [copy] = &copies[..] else {
        panic!("one copy is kept, not {copies:?}");
    };
    let first = "SELECT first_number FROM import WHERE import_id = 9";
    let first: i64 = connection.query_row(first, [], |row| row.get(0)).unwrap();
    assert_eq!((copy.number, copy.body.as_deref()), (first + 4, Some("{}")));
    assert_eq!(
        (copy.arrival_ms, copy.has_received),
        (1_800_000_000_000, false)
    );
    drop(store);
    assert_all_there(&Store::open_read_only(&path).unwrap(), &events);
}

#[test]
fn what_comes_again_after_the_migration_is_known() {
    let (_folder, path, mut events) = workspace();
    let store = Store::open(&path).unwrap();
    let of_first = events.iter().filter(|old| old.application_id == 1);
    let again: Vec<Event> = of_first.map(|old| old.event.clone()).collect();
    assert_eq!(import(&store, &again).unwrap(), (0, again.len() as u64, 0));
    assert_all_there(&store, &events);
    // One that arrived earlier counts now, one of another id is new.
    let mut earlier = events[0].event.clone();
    earlier.arrival_ms = 1;
    earlier.received_at_ms = Some(1);
    let mut other = events[1].event.clone();
    other.event_id = "another".into();
    let some = [earlier.clone(), other.clone()];
    assert_eq!(import(&store, &some).unwrap(), (1, 1, 0));
    let newest = store
        .read(|reader| Ok(reader.imports(None)?[0].import_id))
        .unwrap();
    events[0] = Old {
        event: earlier,
        import_id: newest,
        line: 1,
        ..events[0]
    };
    events.push(Old {
        event: other,
        import_id: newest,
        line: 2,
        ..events[1]
    });
    assert_all_there(&store, &events);
}

#[test]
fn a_workspace_that_cannot_be_brought_over_stays_as_it_was() {
    let damages = [
        ("event_id = x'0011'", "event_id"),
        ("import_id = 777", "import_id"),
        ("properties = char(123, 0, 125)", "properties"),
        ("context = CAST(x'7bff7d' AS TEXT)", "context"),
        ("flags = 300", "flags"),
        ("name_id = -1", "name_id"),
        ("stream_id = 2000000", "stream_id"),
    ];
    for (damage, column) in damages {
        let (folder, path, events) = workspace();
        let connection = Connection::open(&path).unwrap();
        let victim = "SELECT event_number FROM event WHERE length(properties) > 0
             ORDER BY event_number DESC LIMIT 1";
        let damaged = format!("UPDATE event SET {damage} WHERE event_number = ({victim})");
        assert_eq!(connection.execute(&damaged, []).unwrap(), 1);
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        let Err(error) = Store::open(&path) else {
            panic!("{damage} was not seen");
        };
        let StoreError::Damaged {
            table, column: of, ..
        } = &error
        else {
            panic!("{damage}: {error}");
        };
        assert_eq!((*table, *of), ("event", column), "{error}");
        assert!(
            std::fs::read(&path).unwrap() == before,
            "{damage} changed the file"
        );
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        // Once it is mended, it opens.
        let connection = Connection::open(&path).unwrap();
        let count = connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0));
        assert_eq!(count, Ok(events.len()));
        let mend = "DELETE FROM event WHERE event_id = x'0011' OR import_id = 777
               OR instr(properties, char(0)) OR context = CAST(x'7bff7d' AS TEXT) OR flags = 300
               OR name_id = -1 OR stream_id = 2000000";
        assert_eq!(connection.execute(mend, []).unwrap(), 1, "{damage}");
        drop(connection);
        Store::open(&path).unwrap();
    }
}
