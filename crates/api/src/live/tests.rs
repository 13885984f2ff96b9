//! What a live application tells, over imports and turns of the clock. Every step opens the
//! workspace anew.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::PathBuf;

use dwell_ingest::Source;
use dwell_model::{EndReason, Zone};
use dwell_runtime::derived::{Derived, derived_of};
use dwell_runtime::{TurnedClock, emit_due, go_live};
use dwell_store::StoreError;
use dwell_store::read::session::SessionFilter;
use dwell_store::table::emission::{Emission, EmissionKey};
use tempfile::TempDir;
use uuid::Uuid;

use crate::import::{Job, read_into};
use crate::workspace::{as_of_by, find_application};
use crate::{ApiError, Cancel, Workspace, check, definition, derived, event};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// 2026-03-28T08:00:00Z, the day before a change of clocks in Europe.
const START_MS: i64 = 1_774_684_800_000;

/// Sessions of ten minutes, open to late events for an hour.
const VISIT: &str = r#"{"name":"visit","limits":{"inactivity_seconds":600},"grace_seconds":3600}"#;

/// A derived event: its session, name and place.
type Key = (Uuid, String, u32);

struct Stage {
    path: PathBuf,
    _folder: TempDir,
}

impl Stage {
    /// The application `app` is live from [`START_MS`] on.
    fn live(definitions: &[&str]) -> Self {
        let stage = Self::filed(definitions);
        let workspace = stage.open();
        let change = workspace.store.write(|writer| {
            let application = find_application(writer, "app")?;
            go_live(writer, application.application_id, START_MS)?;
            Ok::<_, ApiError>(())
        });
        change.unwrap();
        stage
    }

    /// Applications without a live source.
    fn filed(definitions: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let stage = Self {
            path: folder.path().join("w.dwell"),
            _folder: folder,
        };
        for application in ["app", "other"] {
            for json in definitions {
                let (workspace, cancel) = (stage.open(), Cancel::default());
                definition::set(&workspace, application, json, &cancel, &mut |_, _| {}).unwrap();
            }
        }
        stage
    }

    fn open(&self) -> Workspace {
        Workspace::open(&self.path).unwrap()
    }

    /// Imports lines when a clock shows a moment.
    fn import_to(&self, application: &str, lines: &[String], now_ms: i64) {
        let lines: Vec<String> = lines.iter().map(|line| line.replace('\n', "")).collect();
        let bytes = lines.join("\n").into_bytes();
        let source = Source::Stream {
            name: "live".to_owned(),
            bytes_total: None,
            bytes: Box::new(Cursor::new(bytes)),
        };
        let job = Job {
            application,
            application_zone: None,
            file_name: "live",
            zone: Zone::UTC,
            reading: crate::import::Reading::default(),
            now_ms,
        };
        let cancel = Cancel::default();
        let workspace = self.open();
        let row = workspace
            .store
            .write(|writer| read_into(writer, job, source, &cancel, &mut |_| {}));
        assert_eq!(row.unwrap().quarantined, 0);
    }

    fn import(&self, lines: &[String], now_ms: i64) {
        self.import_to("app", lines, now_ms);
    }

    /// Turns the clock; answers what was told.
    fn turn(&self, now_ms: i64) -> Vec<(Key, Derived, u32)> {
        let told = emit_due(&self.open().store, &TurnedClock::new(now_ms)).unwrap();
        let one = |told: dwell_runtime::Emitted| {
            let key = (
                told.session_id,
                told.event.name.to_string(),
                told.event.ordinal,
            );
            (key, told.event, told.revision)
        };
        told.into_iter().map(one).collect()
    }

    /// Names, minutes since [`START_MS`] and revisions of what a turn tells.
    fn told(&self, now_ms: i64) -> Vec<String> {
        let word = |((_, name, _), event, revision): (Key, Derived, u32)| {
            let minute = (event.time_ms - START_MS) / MINUTE_MS;
            format!("{name} {minute} r{revision}")
        };
        self.turn(now_ms).into_iter().map(word).collect()
    }

    /// All events that follow from the sessions of `app`.
    fn events(&self) -> BTreeMap<Key, Derived> {
        let mut all = BTreeMap::new();
        let workspace = self.open();
        let read = workspace.store.read(|reader| {
            let application = reader.application("app")?.unwrap();
            let (id, filter) = (application.application_id, SessionFilter::default());
            for stored in reader.definitions(id)? {
                reader.sessions(id, stored.definition_id, &filter, |record| {
                    for event in derived_of(&record)? {
                        let key = (record.session_id, event.name.to_string(), event.ordinal);
                        all.insert(key, event);
                    }
                    Ok(())
                })?;
            }
            Ok(())
        });
        read.unwrap();
        all
    }

    fn log(&self, key: &Key) -> Option<Emission> {
        self.log_of([key])[0]
    }

    /// What the log says of each.
    fn log_of<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) -> Vec<Option<Emission>> {
        let workspace = self.open();
        let read = workspace.store.read(|reader| {
            let one = |key: &Key| {
                reader.emission(&EmissionKey {
                    session_id: key.0,
                    name: &key.1,
                    ordinal: key.2,
                })
            };
            keys.into_iter().map(one).collect::<Result<Vec<_>, _>>()
        });
        read.unwrap()
    }

    fn told_until(&self) -> i64 {
        let read = self.open().store.read(|reader| {
            let application = reader.application("app")?.unwrap();
            reader.emitted_through_ms(application.application_id)
        });
        read.unwrap().unwrap()
    }

    /// The one event of a name.
    fn only(&self, name: &str) -> (Key, Derived) {
        let mut found = self.events().into_iter().filter(|(key, _)| key.1 == name);
        let one = found.next().unwrap();
        assert!(found.next().is_none(), "there are several {name}");
        one
    }

    /// Names, revisions and times of emission of what is listed as of a moment.
    fn listed(&self, as_of_ms: i64) -> Vec<(String, u32, Option<i64>)> {
        let request = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        let mut listed = Vec::new();
        derived::list(&self.open(), &request, Some(as_of_ms), |row| {
            listed.push((row.name.clone(), row.revision, row.emitted_at));
            Ok(())
        })
        .unwrap();
        listed
    }

    fn check(&self, what: &str) {
        let report = check::run(&self.open(), &Cancel::default(), &mut |_, _| {}).unwrap();
        assert!(report.ok, "{what}: {:?}", report.problems);
    }
}

/// Minutes after [`START_MS`].
fn minute(minutes: i64) -> i64 {
    START_MS + minutes * MINUTE_MS
}

/// An event of one device that happened and arrived at these minutes.
fn view(id: &str, at: i64, arrived: i64) -> String {
    let (time_ms, arrival_ms) = (minute(at), minute(arrived));
    format!(
        r#"{{"event_id":"{id}","name":"View","device_id":"d",
             "timestamp":{time_ms},"received_at":{arrival_ms}}}"#
    )
}

fn says(revision: u32, emitted_at_ms: i64) -> Option<Emission> {
    Some(Emission {
        revision,
        emitted_at_ms: Some(emitted_at_ms),
        is_withdrawn: false,
    })
}

const NONE: [&str; 0] = [];

#[test]
fn a_session_is_told_at_its_start_and_when_it_closes() {
    let stage = Stage::live(&[VISIT]);
    stage.import(&[view("a", 1, 1)], minute(1));
    assert_eq!(stage.told(minute(1)), ["SessionStarted 1 r1"]);
    stage.import(&[view("b", 5, 5)], minute(5));
    assert_eq!(stage.told(minute(11)), NONE);
    assert_eq!(stage.told(minute(15) - 1), NONE);
    assert_eq!(stage.told(minute(15)), ["SessionFinished 15 r1"]);
    stage.check("told");
}

#[test]
fn a_late_event_after_the_end_is_told_as_the_next_revision_with_its_import() {
    let stage = Stage::live(&[VISIT]);
    stage.import(&[view("a", 1, 1), view("b", 5, 5)], minute(5));
    stage.told(minute(20));
    stage.import(&[view("c", 3, 21)], minute(21));
    let (finished, _) = stage.only("SessionFinished");
    let (started, _) = stage.only("SessionStarted");
    assert_eq!(stage.log(&finished), says(2, minute(21)));
    assert_eq!(stage.log(&started), says(1, minute(20)));
    assert_eq!(stage.told(minute(60)), NONE);
    let listed = [
        ("SessionStarted".to_owned(), 1, Some(minute(20))),
        ("SessionFinished".to_owned(), 2, Some(minute(21))),
    ];
    assert_eq!(stage.listed(minute(60)), listed);
    stage.check("late");
}

#[test]
fn bridging_takes_the_events_of_the_session_back_that_is_no_more() {
    let stage = Stage::live(&[VISIT]);
    stage.import(&[view("a", 1, 1)], minute(1));
    stage.import(&[view("c", 16, 16)], minute(16));
    stage.told(minute(30));
    let before = stage.events();
    assert_eq!(before.len(), 4);
    stage.import(&[view("b", 9, 31)], minute(31));
    let after = stage.events();
    assert_eq!(after.len(), 2);
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        let taken_back = Emission {
            revision: 2,
            emitted_at_ms: Some(minute(31)),
            is_withdrawn: true,
        };
        assert_eq!(stage.log(key), Some(taken_back), "{key:?}");
    }
    let (finished, event) = stage.only("SessionFinished");
    assert_eq!(event.time_ms, minute(26));
    assert_eq!(stage.log(&finished), says(2, minute(31)));
    assert_eq!(stage.told(minute(90)), NONE);
    stage.check("bridged");
}

#[test]
fn a_session_that_opens_again_is_told_again_when_the_clock_passes_its_new_end() {
    let stage = Stage::live(&[VISIT]);
    stage.import(&[view("a", 1, 1)], minute(1));
    stage.told(minute(12));
    // It was still there at minute 10, which nobody knew at minute 12: open until minute 20.
    stage.import(&[view("b", 10, 13)], minute(13));
    let (finished, _) = stage.only("SessionFinished");
    let waits = Emission {
        revision: 2,
        emitted_at_ms: None,
        is_withdrawn: false,
    };
    assert_eq!(stage.log(&finished), Some(waits));
    assert_eq!(stage.listed(minute(13)).len(), 1);
    // Once more, before it was told again: still one revision.
    stage.import(&[view("c", 14, 14)], minute(14));
    assert_eq!(stage.log(&finished), Some(waits));
    assert_eq!(stage.told(minute(23)), NONE);
    assert_eq!(stage.told(minute(25)), ["SessionFinished 24 r2"]);
    assert_eq!(stage.log(&finished), says(2, minute(25)));
    stage.check("opened again");
}

#[test]
fn what_was_due_before_it_arrived_is_told_with_its_import() {
    let stage = Stage::live(&[VISIT]);
    stage.told(minute(120));
    stage.import(&[view("a", 60, 121), view("b", 118, 121)], minute(121));
    let told: BTreeSet<_> = stage
        .events()
        .into_iter()
        .map(|(key, event)| (event.time_ms, stage.log(&key)))
        .map(|(time_ms, told)| {
            (
                time_ms,
                told.map(|told| (told.revision, told.emitted_at_ms)),
            )
        })
        .collect();
    let at_once = Some((1, Some(minute(121))));
    let expected = [
        (minute(60), at_once),
        (minute(70), at_once),
        (minute(118), at_once),
        (minute(128), None),
    ];
    assert_eq!(told, expected.into());
    assert_eq!(stage.told(minute(130)), ["SessionFinished 128 r1"]);
}

#[test]
fn an_application_without_a_live_source_tells_nothing_by_the_clock() {
    let stage = Stage::live(&[VISIT]);
    let lines = [view("a", 1, 1), view("b", 300, 300)];
    stage.import_to("other", &lines, minute(300));
    assert_eq!(stage.told(minute(400)), NONE);
    let filed = Stage::filed(&[VISIT]);
    filed.import(&lines, minute(400));
    filed.import(&[view("c", 600, 600)], minute(700));
    assert_eq!(filed.told(minute(800)), NONE);
    for key in filed.events().keys() {
        assert_eq!(filed.log(key), None);
    }
    // What a late event changes is noted all the same.
    filed.import(&[view("d", 2, 2)], minute(900));
    let changed = filed
        .events()
        .into_iter()
        .find(|(key, event)| key.1 == "SessionFinished" && event.time_ms == minute(12));
    assert_eq!(filed.log(&changed.unwrap().0), says(2, minute(900)));
}

#[test]
fn live_is_shown_as_of_the_wall_clock_and_a_file_as_of_its_newest_arrival() {
    let stage = Stage::live(&[VISIT]);
    for application in ["app", "other"] {
        stage.import_to(application, &[view("a", 1, 1)], minute(1));
    }
    let workspace = stage.open();
    let of = |name: &str, asked_ms| {
        let read = workspace.store.read(|reader| {
            let application = reader.application(name)?.unwrap();
            Ok(as_of_by(&TurnedClock::new(77), reader, &application, asked_ms).unwrap())
        });
        read.unwrap()
    };
    assert_eq!(of("app", None), 77);
    assert_eq!(of("app", Some(5)), 5);
    assert_eq!(of("other", None), minute(1));
}

#[test]
fn a_local_midnight_is_told_at_its_instant_whatever_the_clocks_do_that_night() {
    let stage = Stage::live(&[r#"{"name":"day","limits":{"day_in":"Europe/Rome"}}"#]);
    // 2026-03-29 has 23 hours in Rome: from 23:00Z to 22:00Z.
    let (start, end) = (15 * 60, (15 + 23) * 60);
    stage.import(&[view("a", start, start)], minute(start));
    let by_day = |told: Vec<(Key, Derived, u32)>, stage: &Stage| -> Vec<String> {
        let workspace = stage.open();
        let read = workspace.store.read(|reader| {
            let mut names = Vec::new();
            for ((session_id, name, _), _, _) in told {
                let record = reader.session(session_id)?.unwrap();
                if record.close_reason == EndReason::Midnight {
                    names.push(name);
                }
            }
            Ok::<_, StoreError>(names)
        });
        read.unwrap()
    };
    assert_eq!(
        by_day(stage.turn(minute(start)), &stage),
        ["SessionStarted"]
    );
    assert_eq!(by_day(stage.turn(minute(end) - 1), &stage), NONE);
    assert_eq!(by_day(stage.turn(minute(end)), &stage), ["SessionFinished"]);
}

/// Numbers that depend on the seed alone (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What had to be told of each event, by the rules alone: in which forms, and when.
#[derive(Default)]
struct Journal(BTreeMap<Key, Entry>);

#[derive(Default)]
struct Entry {
    /// Each telling: the form, or `None` where it was taken back.
    forms: Vec<Option<Derived>>,
    last_told_at_ms: i64,
    /// Told before, and to be told in another form.
    waits: bool,
}

impl Journal {
    /// After a step at `now_ms`; answers the keys that had to be told in it, with their revisions.
    fn follow(
        &mut self,
        events: &BTreeMap<Key, Derived>,
        told_until_ms: i64,
        now_ms: i64,
    ) -> BTreeSet<(Key, u32)> {
        let mut told = BTreeSet::new();
        for (key, event) in events {
            let entry = self.0.entry(key.clone()).or_default();
            let is_told = entry
                .forms
                .last()
                .is_some_and(|form| form.as_ref() == Some(event));
            if event.time_ms > told_until_ms {
                entry.waits = !entry.forms.is_empty();
            } else if entry.waits || !is_told {
                entry.forms.push(Some(event.clone()));
                entry.last_told_at_ms = now_ms;
                entry.waits = false;
                told.insert((key.clone(), entry.forms.len() as u32));
            }
        }
        for (key, entry) in &mut self.0 {
            let stands = entry.waits || entry.forms.last().is_some_and(Option::is_some);
            if stands && !events.contains_key(key) {
                entry.forms.push(None);
                entry.last_told_at_ms = now_ms;
                entry.waits = false;
            }
        }
        told
    }

    /// What the log has to say.
    fn log(&self) -> impl Iterator<Item = (&Key, Option<Emission>)> {
        self.0.iter().map(|(key, entry)| {
            let said = !entry.forms.is_empty();
            let emission = Emission {
                revision: entry.forms.len() as u32 + u32::from(entry.waits),
                emitted_at_ms: (!entry.waits).then_some(entry.last_told_at_ms),
                is_withdrawn: !entry.waits && entry.forms.last().is_some_and(Option::is_none),
            };
            (key, said.then_some(emission))
        })
    }
}

/// Events that arrive at a moment; some late, some ahead of it, some copies of earlier ones.
fn arrivals(random: &mut Random, count: &mut u64, now_ms: i64) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..=random.below(3) {
        let time_ms = match random.below(8) {
            0 => now_ms + random.below(30) as i64 * MINUTE_MS,
            1 | 2 => now_ms - random.below(40) as i64 * MINUTE_MS,
            3 => now_ms - random.below(30) as i64 * HOUR_MS,
            _ => now_ms,
        };
        let number = match random.below(12) {
            0 if *count > 0 => random.below(*count),
            _ => {
                *count += 1;
                *count
            }
        };
        let (name, properties) = match random.below(16) {
            0 => ("identify", r#"{"plan":"a"}"#.to_owned()),
            1 => (
                "alias",
                format!(r#"{{"previous_id":"u{}"}}"#, random.below(4)),
            ),
            2 => ("reset", "{}".to_owned()),
            3..=7 => (
                "Bet",
                format!(
                    r#"{{"amount":{},"game":"g{}"}}"#,
                    random.below(9),
                    random.below(2)
                ),
            ),
            _ => ("View", "{}".to_owned()),
        };
        let user = match name == "alias" || name == "identify" || random.below(3) == 0 {
            true => format!(r#""user_id":"u{}","#, random.below(4)),
            false => String::new(),
        };
        lines.push(format!(
            r#"{{"event_id":"e{number}","name":"{name}","device_id":"d{}",{user}
                 "timestamp":{time_ms},"received_at":{now_ms},"properties":{properties}}}"#,
            random.below(3)
        ));
    }
    lines
}

fn told_exactly_once(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let stage = Stage::live(&[
        VISIT,
        r#"{"name":"plays","scope":"user","limits":{"inactivity_seconds":300},
            "default_role":"ignored","roles":[{"event":"Bet","role":"activity"}],
            "gameplay":{"bets":["Bet"],"bet_amount":["amount"],"game_id":"game"}}"#,
    ]);
    let (mut journal, mut count) = (Journal::default(), 0);
    let (mut now_ms, mut told_until_ms) = (START_MS, START_MS);
    for step in 0..30 {
        now_ms += match random.below(10) {
            0 => -(random.below(180) as i64) * MINUTE_MS,
            1 => 25 * HOUR_MS,
            2 => 2 * HOUR_MS,
            _ => random.below(12) as i64 * MINUTE_MS,
        };
        let at = format!("seed {seed}, step {step}");
        if random.below(2) == 0 {
            let lines = arrivals(&mut random, &mut count, now_ms);
            stage.import(&lines, now_ms);
            journal.follow(&stage.events(), told_until_ms, now_ms);
        } else {
            told_until_ms = told_until_ms.max(now_ms);
            let told = stage.turn(now_ms);
            assert!(told.is_sorted_by_key(|(_, event, _)| event.time_ms), "{at}");
            let expected = journal.follow(&stage.events(), told_until_ms, now_ms);
            let number = told.len();
            let told: BTreeSet<_> = told.into_iter().map(|(key, _, r)| (key, r)).collect();
            assert_eq!(told.len(), number, "{at}: told twice");
            assert_eq!(told, expected, "{at}");
        }
        assert_eq!(stage.told_until(), told_until_ms, "{at}");
        let log = stage.log_of(journal.0.keys());
        for ((key, expected), found) in journal.log().zip(log) {
            assert_eq!(found, expected, "{at}: {key:?}");
        }
    }
    stage.check(&format!("seed {seed}"));
}

#[test]
fn whatever_arrives_and_however_the_clock_jumps_each_event_is_told_exactly_once() {
    let (from, count) = match std::env::var("DWELL_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (1, 10),
    };
    for seed in from..from + count {
        told_exactly_once(seed);
    }
}
