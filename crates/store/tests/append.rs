//! Imports against a naive model that keeps every copy of every event: what counts, what is counted,
//! and what is read back, whatever came twice, elsewhere or later.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::collections::{BTreeMap, BTreeSet};

use dwell_model::{Event, EventType, Key, PackedEvents, Properties, Value};
use dwell_store::table::event::{Appended, Appender, StreamPart, TouchedStream};
use dwell_store::table::import::Import;
use dwell_store::{Owner, Store, StoreError};
use tempfile::TempDir;

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

const START_MS: i64 = 1_700_000_000_000;

/// Which events come.
#[derive(Clone, Copy)]
struct Mix {
    ids: usize,
    devices: usize,
    users: usize,
    /// Within so many ms.
    span_ms: usize,
}

/// Ids of all kinds: a UUID, the text of its very bytes, one in upper case, any text, a blank one.
fn id(number: usize) -> Box<str> {
    let uuid = format!(
        "41424344-4546-4748-494a-{:012x}",
        0x6161_6161_6161 + number / 6
    );
    match number % 6 {
        0 => uuid.into(),
        1 => uuid.to_uppercase().into(),
        2 => format!(
            "ABCDEFGHIJaaaaa{}",
            char::from(b'a' + (number / 6 % 20) as u8)
        )
        .into(),
        3 => format!("é😀{number}").into(),
        4 => uuid.replace('-', "").into(),
        _ => format!("evt-{number}").into(),
    }
}

fn properties(random: &mut Random) -> Properties {
    let texts = [
        r#"{"screen":"home","ms":9007199254740993}"#,
        r#"{"ms":9007199254740993,"screen":"home"}"#,
        r#"{"a":"","b":null,"c":[1.10,"x"]}"#,
    ];
    match random.below(5) {
        4 => Properties::new(),
        3 => [("n".into(), Value::text(random.below(4).to_string()))]
            .into_iter()
            .fold(Properties::new(), |mut all, (key, value): (Box<str>, _)| {
                all.set(&key, value);
                all
            }),
        choice => Properties::from_json(texts[choice]).unwrap(),
    }
}

fn event(random: &mut Random, mix: Mix) -> Event {
    let key = |prefix: &str, number: usize| match number % 3 {
        0 => Key::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap(),
        _ => Key::parse(&format!("{prefix}{number}")).unwrap(),
    };
    let device = (!random.one_in(4)).then(|| key("d", random.below(mix.devices)));
    let user = (device.is_none() || random.one_in(2)).then(|| key("u", random.below(mix.users)));
    let skew_ms = if random.one_in(6) { 300_000 } else { 0 };
    let time_ms = START_MS + random.below(mix.span_ms) as i64 + skew_ms;
    let received_at_ms = (!random.one_in(3)).then(|| time_ms + random.below(4) as i64 * 1_000);
    let context = match random.below(3) {
        0 => Properties::new(),
        choice => Properties::from_json(&format!(r#"{{"os":"os{choice}"}}"#)).unwrap(),
    };
    Event {
        event_id: id(random.below(mix.ids)),
        id_is_derived: false,
        name: ["open", "close", "alias", "A b 😀"][random.below(4)].into(),
        event_type: [EventType::Custom, EventType::System][random.below(2)],
        time_ms,
        arrival_ms: received_at_ms.unwrap_or(time_ms),
        received_at_ms,
        sent_at_ms: random
            .one_in(3)
            .then(|| time_ms - random.below(2) as i64 * 500),
        skew_ms,
        user,
        device,
        source_session: random.one_in(3).then(|| key("s", random.below(3))),
        properties: properties(random),
        context,
    }
}

/// A copy of an event, with where it came from.
#[derive(Clone, Debug)]
struct Arrived {
    event: Event,
    import_id: i64,
    line: u64,
    number: i64,
}

impl Arrived {
    /// Whether it counts rather than another that came before (sessions, section 1).
    fn comes_before(&self, other: &Self) -> bool {
        let key = |copy: &Self| {
            let event = &copy.event;
            let sent = (event.received_at_ms, event.sent_at_ms);
            (event.arrival_ms, event.canonical_content(), sent)
        };
        key(self) < key(other)
    }

    fn differs_from(&self, other: &Self) -> bool {
        self.event.canonical_content() != other.event.canonical_content()
    }
}

/// One application in the naive way.
#[derive(Default)]
struct Application {
    application_id: i64,
    name: String,
    /// The copy that counts of each id.
    counts: BTreeMap<String, Arrived>,
    /// The best copy of each id and import.
    best: BTreeMap<(String, i64), Arrived>,
    devices: BTreeSet<Key>,
}

struct World {
    _folder: TempDir,
    store: Store,
    applications: Vec<Application>,
    next_number: i64,
    /// How events wait.
    memory_bytes: Option<usize>,
}

/// What is expected of a stream that an import touched.
fn touch(all: &mut BTreeMap<i64, TouchedStream>, stream_id: i64, event: &Event, is_added: bool) {
    let touched = all.entry(stream_id).or_insert(TouchedStream {
        stream_id,
        from_ms: event.time_ms,
        to_ms: event.time_ms,
        added: 0,
        has_replaced: false,
        has_alias: false,
    });
    touched.from_ms = touched.from_ms.min(event.time_ms);
    touched.to_ms = touched.to_ms.max(event.time_ms);
    touched.added += u64::from(is_added);
    touched.has_alias |= &*event.name == "alias";
}

impl World {
    fn new(application_count: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("w.dwell")).unwrap();
        let applications = (0..application_count)
            .map(|number| {
                let name = format!("shop {number}");
                let added = store.write(|writer| writer.add_application(&name, "UTC"));
                Application {
                    application_id: added.unwrap().application_id,
                    name,
                    ..Application::default()
                }
            })
            .collect();
        Self {
            _folder: folder,
            store,
            applications,
            next_number: 1,
            memory_bytes: None,
        }
    }

    /// Imports events with their lines, and holds what it says and what is there against the model.
    fn import(&mut self, of: usize, events: &[(Event, u64)], batch: usize) {
        let application = &mut self.applications[of];
        let application_id = application.application_id;
        let (appended, import_id) = self
            .store
            .write(|writer| {
                let import_id = writer.begin_import(application_id, "a.jsonl")?;
                let mut appender = Appender::new(writer, application_id, import_id)?;
                if let Some(bytes) = self.memory_bytes {
                    appender.limit_memory(bytes);
                }
                for events in events.chunks(batch) {
                    let mut packed = PackedEvents::default();
                    events
                        .iter()
                        .for_each(|(event, line)| packed.push(event, *line));
                    appender.append(&packed)?;
                }
                let mut told = 0;
                let appended = appender.finish(&mut |done, all| {
                    assert!(done < all);
                    told += 1;
                    Ok::<_, StoreError>(())
                })?;
                assert!(told > 0 || events.is_empty());
                let conflicts = appended.conflicts;
                let import = Import {
                    import_id,
                    read: events.len() as u64,
                    stored: appended.stored,
                    duplicates: appended.duplicates,
                    conflicts,
                    ..writer.import(import_id)?.expect("it was begun")
                };
                writer.finish_import(&import)?;
                Ok::<_, StoreError>((appended, import_id))
            })
            .unwrap();
        let mut groups: BTreeMap<String, Vec<Arrived>> = BTreeMap::new();
        for (event, line) in events {
            let copies = groups.entry(event.event_id.to_string()).or_default();
            copies.push(Arrived {
                event: event.clone(),
                import_id,
                line: *line,
                number: self.next_number + *line as i64 - 1,
            });
        }
        let stream = |event: &Event| stream_of(&self.store, application_id, event);
        let mut expected = Appended {
            first_number: self.next_number,
            ..Appended::default()
        };
        let mut touched: BTreeMap<i64, TouchedStream> = BTreeMap::new();
        let mut conflict_lines = Vec::new();
        let mut added: Vec<Arrived> = Vec::new();
        for (id, copies) in groups {
            let row_count = copies.len() as u64;
            let best = copies
                .into_iter()
                .reduce(|best, copy| {
                    let (best, loser) = match copy.comes_before(&best) {
                        true => (copy, best),
                        false => (best, copy),
                    };
                    conflict_lines.extend(best.differs_from(&loser).then_some(loser.line));
                    best
                })
                .unwrap();
            application
                .best
                .insert((id.clone(), import_id), best.clone());
            let known = application.counts.get(&id);
            expected.stored += u64::from(known.is_none());
            expected.duplicates += row_count - u64::from(known.is_none());
            if let Some(known) = known {
                conflict_lines.extend(known.differs_from(&best).then_some(best.line));
                if !best.comes_before(known) {
                    continue;
                }
                expected.has_replaced = true;
                let streams = [&known.event, &best.event].map(&stream);
                touch(&mut touched, streams[0], &known.event, false);
                touch(&mut touched, streams[1], &best.event, false);
                for stream_id in streams {
                    touched.get_mut(&stream_id).unwrap().has_replaced = true;
                }
            }
            touch(&mut touched, stream(&best.event), &best.event, true);
            added.push(best.clone());
            application.counts.insert(id, best);
        }
        for (event, _) in events {
            if let Some(device) = &event.device {
                expected.new_devices += u64::from(application.devices.insert(device.clone()));
            }
        }
        expected.conflicts = conflict_lines.len() as u64;
        expected.newest_arrival_ms = added.iter().map(|copy| copy.event.arrival_ms).max();
        added.sort_by_key(|copy| std::cmp::Reverse((copy.event.time_ms, copy.number)));
        let newest = added
            .iter()
            .take(8)
            .map(|copy| copy.event.event_id.to_string());
        expected.newest = newest.collect();
        expected.touched = touched.into_values().collect();
        assert_eq!(appended, expected);
        conflict_lines.sort_unstable();
        let conflicts = self
            .store
            .read(|reader| reader.conflicts(None, Some(import_id), u32::MAX))
            .unwrap();
        assert!(
            conflicts
                .iter()
                .all(|conflict| !conflict.differs.is_empty())
        );
        let lines: Vec<u64> = conflicts.iter().map(|conflict| conflict.line).collect();
        assert_eq!(lines, conflict_lines);
        let last_line = events.iter().map(|(_, line)| *line).max();
        self.next_number += last_line.unwrap_or(0) as i64;
    }

    /// Holds everything that can be read of all applications against the model.
    fn check(&self, random: &mut Random) {
        for application in &self.applications {
            self.check_events(application, random);
            self.check_copies(application);
        }
        let problems = self.store.read(|reader| {
            assert_eq!(reader.damaged_blocks()?, Vec::<String>::new());
            reader.disagreements()
        });
        assert_eq!(problems.unwrap(), Vec::<String>::new());
    }

    fn check_events(&self, application: &Application, random: &mut Random) {
        let application_id = application.application_id;
        let mut streams: BTreeMap<i64, Vec<&Arrived>> = BTreeMap::new();
        for copy in application.counts.values() {
            let stream_id = stream_of(&self.store, application_id, &copy.event);
            streams.entry(stream_id).or_default().push(copy);
        }
        let read = self.store.read(|reader| {
            for copy in application.counts.values() {
                if application.counts.len() > 2_000 && !random.one_in(500) {
                    continue;
                }
                let place = reader.event_place(application_id, &copy.event.event_id)?;
                let place = place.expect("it was stored");
                assert_eq!(place.event_number, copy.number);
                assert_eq!(place.time_ms, copy.event.time_ms);
                assert!(
                    streams[&place.stream_id]
                        .iter()
                        .any(|of| of.number == copy.number)
                );
                assert_stored(&reader.event_at(place)?, copy);
            }
            for absent in ["", "evt", "00000000-0000-4000-8000-000000000000"] {
                assert_eq!(reader.event_place(application_id, absent)?, None);
            }
            let ids: BTreeSet<i64> = reader.streams(application_id)?.into_iter().collect();
            assert_eq!(ids, streams.keys().copied().collect());
            for (stream_id, copies) in &mut streams {
                copies.sort_by_key(|copy| (copy.event.time_ms, copy.number));
                let times: Vec<i64> = copies.iter().map(|copy| copy.event.time_ms).collect();
                let mut ranges = vec![(i64::MIN, i64::MAX)];
                for _ in 0..3 {
                    let some = |random: &mut Random| {
                        times[random.below(times.len())] + random.below(3) as i64 - 1
                    };
                    ranges.push((some(random), some(random)));
                }
                for (from_ms, last_ms) in ranges {
                    let is_within =
                        |copy: &&&Arrived| (from_ms..=last_ms).contains(&copy.event.time_ms);
                    let mut wanted = copies.iter().filter(is_within);
                    reader.stream_range(*stream_id, from_ms, last_ms, |stored| {
                        assert_stored(&stored, wanted.next().expect("one more"));
                        Ok(())
                    })?;
                    assert!(wanted.next().is_none());
                    let numbers: Vec<i64> = copies.iter().map(|copy| copy.number).collect();
                    let first_number = numbers[random.below(numbers.len())];
                    let part = StreamPart {
                        from_ms,
                        last_ms,
                        first_number,
                    };
                    let is_new = |copy: &&&Arrived| copy.number >= first_number;
                    let mut wanted = copies.iter().filter(is_within).filter(is_new);
                    reader.stream(*stream_id, part)?.walk(|row| {
                        let copy = wanted.next().expect("one more");
                        assert_eq!(row.event_number(), copy.number);
                        assert_eq!(row.time_ms(), copy.event.time_ms);
                        assert_eq!(row.arrival_ms(), copy.event.arrival_ms);
                        assert_eq!(row.source_session(), copy.event.source_session);
                        assert_eq!(row.has_context(), !copy.event.context.is_empty());
                        if copy.number % 3 == 0 {
                            assert_eq!(row.properties()?, copy.event.properties);
                            assert_eq!(row.context()?, copy.event.context);
                        }
                        let mut id = String::new();
                        row.push_event_id(&mut id)?;
                        assert_eq!(id, &*copy.event.event_id);
                        Ok::<(), StoreError>(())
                    })?;
                    assert!(wanted.next().is_none());
                }
            }
            Ok(())
        });
        read.unwrap();
    }

    /// Each import that brought an event but not the copy that counts has its best one kept.
    fn check_copies(&self, application: &Application) {
        let by_number: BTreeMap<i64, (&String, &Arrived)> = application
            .counts
            .iter()
            .map(|(id, copy)| (copy.number, (id, copy)))
            .collect();
        let best_by_number: BTreeMap<i64, &Arrived> = application
            .best
            .values()
            .map(|copy| (copy.number, copy))
            .collect();
        let copies = self.store.read(|reader| {
            let mut copies = Vec::new();
            for stream_id in reader.streams(application.application_id)? {
                copies.extend(reader.copies_of(stream_id)?);
            }
            Ok(copies)
        });
        let copies = copies.unwrap();
        for kept in &copies {
            let (id, winner) = by_number[&kept.counts];
            let copy = best_by_number[&kept.number];
            let event = &copy.event;
            assert_eq!(id, &*event.event_id);
            assert_ne!(winner.import_id, copy.import_id);
            assert_eq!(kept.arrival_ms, event.arrival_ms);
            assert_eq!(kept.has_received, event.received_at_ms.is_some());
            assert_eq!(kept.sent_at_ms, event.sent_at_ms);
            match &kept.body {
                None => assert!(!copy.differs_from(winner)),
                Some(body) => assert_eq!(but_arrival(body), but_arrival(&event.native_json())),
            }
        }
        let is_kept = |((id, import_id), _): &((String, i64), Arrived)| {
            application.counts[id].import_id != *import_id
        };
        let expected = application.best.clone().into_iter().filter(is_kept).count();
        assert_eq!(copies.len(), expected, "{}", application.name);
    }
}

/// A line of the native format without what may differ between copies of one content.
fn but_arrival(line: &str) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
    let fields = value.as_object_mut().unwrap();
    for field in ["received_at", "sent_at", "timestamp"] {
        fields.remove(field);
    }
    value
}

fn stream_of(store: &Store, application_id: i64, event: &Event) -> i64 {
    let number = store.read(|reader| {
        Ok(match (&event.device, &event.user) {
            (Some(key), _) => reader
                .device_number(application_id, key)?
                .map(Owner::Device),
            (None, Some(key)) => reader.user_number(application_id, key)?.map(Owner::User),
            (None, None) => None,
        })
    });
    number.unwrap().expect("it is known").id()
}

#[track_caller]
fn assert_stored(stored: &dwell_store::table::event::StoredEvent, copy: &Arrived) {
    assert_eq!(stored.event, copy.event);
    assert_eq!(
        stored.event.properties.to_json(),
        copy.event.properties.to_json()
    );
    assert_eq!(stored.place.event_number, copy.number);
    assert_eq!((stored.import_id, stored.line), (copy.import_id, copy.line));
}

/// Some events, on lines that ascend with gaps.
fn events(random: &mut Random, mix: Mix, count: usize) -> Vec<(Event, u64)> {
    let mut line = 0;
    (0..count)
        .map(|_| {
            line += 1 + random.below(8) as u64 / 7;
            (event(random, mix), line)
        })
        .collect()
}

fn random_imports(random: &mut Random, world: &mut World, mix: Mix, imports: usize, most: usize) {
    for _ in 0..imports {
        let count = 1 + random.below(most);
        let mut some = events(random, mix, count);
        // Copies to the letter, and copies that only arrived later.
        for _ in 0..random.below(count + 1) / 3 {
            let mut copy = some[random.below(some.len())].0.clone();
            if random.one_in(2) {
                copy.arrival_ms += random.below(15) as i64 - 7;
                copy.received_at_ms = Some(copy.arrival_ms);
            }
            if random.one_in(3) {
                copy.sent_at_ms = Some(copy.time_ms - random.below(4) as i64);
            }
            let line = some.last().unwrap().1 + 1;
            some.push((copy, line));
        }
        let of = random.below(world.applications.len());
        // What came with other imports comes again: sooner or later, the same or not quite.
        let known: Vec<Event> = world.applications[of]
            .best
            .values()
            .map(|copy| copy.event.clone())
            .collect();
        for _ in 0..random.below(count.min(known.len()) + 1) {
            let mut copy = known[random.below(known.len())].clone();
            copy.arrival_ms += random.below(20) as i64 - 10;
            copy.received_at_ms = Some(copy.arrival_ms);
            if random.one_in(3) {
                copy.properties = properties(random);
            }
            let line = some.last().unwrap().1 + 1;
            some.push((copy, line));
        }
        world.import(of, &some, 1 + random.below(count));
        world.check(random);
    }
}

#[test]
fn random_imports_are_what_a_naive_model_says() {
    let mut random = Random(seed());
    for round in 0..24 {
        let mut world = World::new(1 + round % 2);
        let mix = Mix {
            ids: [6, 40, 300][round % 3],
            devices: 1 + random.below(4),
            users: 1 + random.below(3),
            span_ms: [1, 50, 100_000][round / 3 % 3],
        };
        let most = [8, 60][random.below(2)];
        random_imports(&mut random, &mut world, mix, 7, most);
    }
}

#[test]
fn a_stream_of_many_small_imports_stays_whole() {
    let mut random = Random(seed());
    let mut world = World::new(1);
    let mix = Mix {
        ids: 900,
        devices: 1,
        users: 1,
        span_ms: 5_000,
    };
    random_imports(&mut random, &mut world, mix, 45, 12);
    let connection = rusqlite::Connection::open(world.store.path()).unwrap();
    let most: i64 = connection
        .query_row(
            "SELECT max(count) FROM
               (SELECT count(*) AS count FROM block GROUP BY block_id >> 20)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(most <= 16, "{most} blocks of a few hundred events");
}

#[test]
fn events_that_wait_in_a_file_are_the_same() {
    let mut random = Random(seed());
    for memory_bytes in [0, 3_000] {
        let mut world = World::new(1);
        world.memory_bytes = Some(memory_bytes);
        let mix = Mix {
            ids: 200,
            devices: 900,
            users: 900,
            span_ms: 1_000,
        };
        random_imports(&mut random, &mut world, mix, 5, 120);
    }
}

#[test]
fn an_import_that_several_threads_pack_is_the_same() {
    let mut random = Random(seed());
    let mut world = World::new(1);
    world.memory_bytes = Some(500_000);
    let mix = Mix {
        ids: 200_000,
        devices: 2_500,
        users: 900,
        span_ms: 10_000_000,
    };
    for _ in 0..2 {
        let some = events(&mut random, mix, 21_000);
        world.import(0, &some, 1_000);
    }
    world.check(&mut random);
    let connection = rusqlite::Connection::open(world.store.path()).unwrap();
    let count = connection.query_row("SELECT count(*) FROM dictionary", [], |row| row.get(0));
    assert_eq!(count, Ok(1), "the second import is packed as the first");
}

#[test]
fn a_second_import_of_the_same_file_stores_nothing() {
    let mut random = Random(seed());
    let mut world = World::new(2);
    let mix = Mix {
        ids: 60,
        devices: 3,
        users: 2,
        span_ms: 1_000,
    };
    let some = events(&mut random, mix, 80);
    for _ in 0..3 {
        world.import(0, &some, 100);
    }
    // Another application has never heard of them.
    world.import(1, &some, 100);
    world.import(0, &[], 1);
    world.check(&mut random);
}

/// Ids of one fingerprint, which is the upper 40 bits of XXH3.
const COLLIDING: [&str; 2] = ["evt-216136", "evt-1726937"];

#[test]
fn ids_of_one_fingerprint_are_two_events() {
    let fingerprint = |id: &str| xxhash_rust::xxh3::xxh3_64(id.as_bytes()) >> 24;
    assert_eq!(fingerprint(COLLIDING[0]), fingerprint(COLLIDING[1]));
    let mut random = Random(seed());
    let mix = Mix {
        ids: 1,
        devices: 2,
        users: 2,
        span_ms: 3,
    };
    for _ in 0..40 {
        let mut world = World::new(1);
        for _ in 0..5 {
            let count = 1 + random.below(5);
            let mut some = events(&mut random, mix, count);
            for (event, _) in &mut some {
                event.event_id = COLLIDING[random.below(2)].into();
            }
            world.import(0, &some, 3);
            world.check(&mut random);
        }
    }
}

#[test]
fn an_export_without_device_ids_takes_the_place_of_one_with_them() {
    let mut random = Random(seed());
    let mut world = World::new(1);
    let mix = Mix {
        ids: 9_000,
        devices: 3,
        users: 2,
        span_ms: 1_000_000,
    };
    let mut some = events(&mut random, mix, 6_000);
    world.import(0, &some, 1_000);
    for (event, _) in &mut some {
        event.user = event.user.take().or_else(|| Key::parse("u1"));
        event.device = None;
        event.arrival_ms -= 10_000;
        event.received_at_ms = Some(event.arrival_ms);
    }
    world.import(0, &some, 1_000);
    world.check(&mut random);
}

#[test]
fn a_stream_in_which_no_context_comes_twice_is_read_as_it_came() {
    let mut random = Random(seed());
    let mut world = World::new(1);
    let mix = Mix {
        ids: 10,
        devices: 1,
        users: 1,
        span_ms: 1_000_000,
    };
    let mut some = events(&mut random, mix, 12_000);
    for (number, (event, _)) in (0..).zip(&mut some) {
        event.event_id = id(number);
        event.device = Key::parse("d");
        event.source_session = Key::parse(&format!("s{}", number / 2));
        event.context = Properties::from_json(&format!(r#"{{"battery":{number}}}"#)).unwrap();
    }
    world.import(0, &some, 4_000);
    world.check(&mut random);
}

#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let mut random = Random(seed());
    let world = World::new(1);
    let mix = Mix {
        ids: 100_000,
        devices: 5_000,
        users: 900,
        span_ms: 10_000_000,
    };
    let application_id = world.applications[0].application_id;
    let mut packed = PackedEvents::default();
    for (event, line) in events(&mut random, mix, 21_000) {
        packed.push(&event, line);
    }
    for stop_at in [0, 3] {
        let stopped = world.store.write(|writer| {
            let import_id = writer.begin_import(application_id, "a.jsonl")?;
            let mut appender = Appender::new(writer, application_id, import_id)?;
            appender.append(&packed)?;
            appender.finish(&mut |done, all| match done == stop_at {
                true => Err(StoreError::Missing(format!("{done} of {all}").into())),
                false => Ok(()),
            })
        });
        let error = stopped.unwrap_err();
        assert!(matches!(error, StoreError::Missing(_)), "{error}");
    }
    let connection = rusqlite::Connection::open(world.store.path()).unwrap();
    for table in [
        "import",
        "block",
        "dictionary",
        "pattern",
        "key_run",
        "key_page",
        "device",
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(
            connection.query_row(&sql, [], |row| row.get(0)),
            Ok(0),
            "{table}"
        );
    }
    world.check(&mut random);
}
