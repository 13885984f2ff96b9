//! Events are told when a clock passes them: in order, exactly once, whatever the clock and the
//! program do between. Every step opens the workspace anew.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use dwell_model::session::session_id;
use dwell_model::{EndReason, Properties, StartKind, StartReason};
use dwell_runtime::derived::{Play, PlayEvent};
use dwell_runtime::{Clock, Emitted, Scheduler, TurnedClock, emit_due, go_live, next_due, told_at};
use dwell_store::table::emission::{Emission, EmissionKey};
use dwell_store::table::session::{Members, SessionRecord};
use dwell_store::{Owner, Store, StoreError};
use tempfile::TempDir;
use uuid::Uuid;

/// Two applications, `live` with the definitions 1 and 2, `filed` with 3.
struct Stage {
    path: PathBuf,
    _folder: TempDir,
}

const LIVE: i64 = 1;

/// Far less than a writer waits for another one: whoever takes longer has waited.
const NO_WAIT: Duration = Duration::from_secs(4);

impl Stage {
    /// The first application is live from `now_ms` on.
    fn live_from(now_ms: i64) -> Self {
        let folder = TempDir::new().unwrap();
        let stage = Self {
            path: folder.path().join("w.dwell"),
            _folder: folder,
        };
        let change = stage.open().write(|writer| {
            for (name, definitions) in [("live", &["a", "b"][..]), ("filed", &["c"])] {
                let id = writer.add_application(name, "UTC")?.application_id;
                for definition in definitions {
                    writer.set_definition(id, definition, "{}")?;
                }
            }
            go_live(writer, LIVE, now_ms)
        });
        change.unwrap();
        stage
    }

    fn open(&self) -> Store {
        Store::open(&self.path).unwrap()
    }

    fn put(&self, sessions: &[SessionRecord]) {
        let change = self.open().write(|writer| {
            for session in sessions {
                writer.put_session(session)?;
            }
            Ok::<_, StoreError>(())
        });
        change.unwrap();
    }

    fn turn(&self, now_ms: i64) -> Vec<String> {
        words(&emit_due(&self.open(), &TurnedClock::new(now_ms)).unwrap())
    }

    fn told_until(&self) -> i64 {
        let store = self.open();
        store
            .read(|reader| reader.emitted_through_ms(LIVE))
            .unwrap()
            .unwrap()
    }

    fn next(&self) -> Option<i64> {
        self.open().read(next_due).unwrap()
    }

    fn log(&self, definition_id: i64, number: u32, name: &str) -> Option<Emission> {
        let key = key(definition_id, number, name);
        self.open().read(|reader| reader.emission(&key)).unwrap()
    }
}

/// The id of a definition's session that its event of that number gave it.
fn id_of(definition_id: i64, number: u32) -> Uuid {
    let (application, definition) = match definition_id {
        1 => ("live", "a"),
        2 => ("live", "b"),
        _ => ("filed", "c"),
    };
    session_id(application, definition, &number.to_string())
}

fn key(definition_id: i64, number: u32, name: &str) -> EmissionKey<'_> {
    EmissionKey {
        session_id: id_of(definition_id, number),
        name,
        ordinal: 0,
    }
}

/// “7 SessionStarted 1000”, with the revision where it is not the first.
fn words(emitted: &[Emitted]) -> Vec<String> {
    let word = |told: &Emitted| {
        let event = &told.event;
        let number = (0..10).find(|number| id_of(told.definition_id, *number) == told.session_id);
        let number = number.unwrap();
        let again = match told.revision {
            1 => String::new(),
            revision => format!(" revision {revision}"),
        };
        format!("{number} {} {}{again}", event.name, event.time_ms)
    };
    emitted.iter().map(word).collect()
}

/// A session of a definition by its number, from a start to a closing.
fn session(definition_id: i64, number: u32, from_ms: i64, closes_at_ms: i64) -> SessionRecord {
    SessionRecord {
        definition_id,
        owner: Owner::Device(1),
        session_id: id_of(definition_id, number),
        started_at_ms: from_ms,
        ended_at_ms: from_ms,
        closes_at_ms,
        expires_at_ms: closes_at_ms,
        start_reason: StartReason::First,
        close_reason: EndReason::Timeout,
        start_kind: StartKind::None,
        event_count: 1,
        engaged_ms: 0,
        late_count: 0,
        is_late_born: false,
        outlives_expiry: false,
        is_of_shared_stream: false,
        user_number: None,
        device_number: Some(1),
        person: Owner::Device(1),
        first_arrived_id: number.to_string().into(),
        first_arrival_ms: from_ms,
        last_time_ms: from_ms,
        members: Members::Run,
        gameplay: None,
    }
}

const NONE: [&str; 0] = [];

#[test]
fn events_are_told_when_the_clock_passes_them_and_once_over_restarts() {
    let stage = Stage::live_from(0);
    stage.put(&[
        session(1, 1, 100, 300),
        session(2, 2, 150, 250),
        session(1, 3, 300, 400),
    ]);
    assert_eq!(stage.next(), Some(100));
    assert_eq!(stage.turn(99), NONE);
    assert_eq!(stage.turn(100), ["1 SessionStarted 100"]);
    assert_eq!(stage.turn(100), NONE);
    assert_eq!(stage.next(), Some(150));
    assert_eq!(
        stage.turn(299),
        ["2 SessionStarted 150", "2 SessionFinished 250"]
    );
    // At one moment one session ends and the next one starts.
    assert_eq!(
        stage.turn(301),
        ["1 SessionFinished 300", "3 SessionStarted 300"]
    );
    assert_eq!(stage.next(), Some(400));
    assert_eq!(stage.turn(1_000), ["3 SessionFinished 400"]);
    assert_eq!(stage.next(), None);
    assert_eq!(stage.turn(2_000), NONE);
    let told = stage.log(2, 2, "SessionFinished");
    assert_eq!(told.and_then(|told| told.emitted_at_ms), Some(299));
}

#[test]
fn a_clock_that_jumps_back_tells_nothing_twice() {
    let stage = Stage::live_from(0);
    stage.put(&[session(1, 1, 100, 300)]);
    assert_eq!(stage.turn(200), ["1 SessionStarted 100"]);
    assert_eq!(stage.turn(50), NONE);
    assert_eq!(stage.told_until(), 200);
    assert_eq!(stage.turn(150), NONE);
    assert_eq!(stage.turn(250), NONE);
    assert_eq!(stage.turn(300), ["1 SessionFinished 300"]);
    assert_eq!(stage.turn(0), NONE);
    assert_eq!(stage.turn(300), NONE);
}

#[test]
fn a_clock_that_jumps_ahead_tells_all_in_order_of_time() {
    let stage = Stage::live_from(0);
    stage.put(&[
        session(2, 4, 500, 1_700_000_000_000),
        session(1, 1, 100, 300),
        session(1, 2, 50, 60),
    ]);
    let all = [
        "2 SessionStarted 50",
        "2 SessionFinished 60",
        "1 SessionStarted 100",
        "1 SessionFinished 300",
        "4 SessionStarted 500",
        "4 SessionFinished 1700000000000",
    ];
    assert_eq!(stage.turn(1_800_000_000_000), all);
}

#[test]
fn only_live_applications_are_told() {
    let stage = Stage::live_from(0);
    stage.put(&[session(3, 1, 100, 300)]);
    assert_eq!(stage.next(), None);
    assert_eq!(stage.turn(1_000), NONE);
    assert_eq!(stage.log(3, 1, "SessionStarted"), None);
}

#[test]
fn what_lies_before_an_application_went_live_came_with_imports() {
    let stage = Stage::live_from(200);
    stage.put(&[session(1, 1, 100, 300)]);
    // Going live again changes nothing.
    let again = stage.open().write(|writer| go_live(writer, LIVE, 5_000));
    again.unwrap();
    assert_eq!(stage.told_until(), 200);
    assert_eq!(stage.turn(300), ["1 SessionFinished 300"]);
    assert_eq!(stage.log(1, 1, "SessionStarted"), None);
}

#[test]
fn the_events_of_gameplay_are_told_in_their_place() {
    let stage = Stage::live_from(0);
    let event = |name: &str, time_ms| PlayEvent {
        name: name.into(),
        time_ms,
        payload: Properties::new(),
    };
    let changed = "gs_game_session_changed";
    let play = Play {
        events: vec![
            event(changed, 150),
            event(changed, 180),
            event("gs_game_session_ended", 300),
        ],
        ..Play::default()
    };
    stage.put(&[SessionRecord {
        gameplay: Some(play.to_json().into()),
        ..session(1, 1, 100, 300)
    }]);
    assert_eq!(
        stage.turn(170),
        ["1 SessionStarted 100", "1 gs_game_session_changed 150"]
    );
    assert_eq!(stage.next(), Some(180));
    let rest = [
        "1 gs_game_session_changed 180",
        "1 gs_game_session_ended 300",
        "1 SessionFinished 300",
    ];
    assert_eq!(stage.turn(300), rest);
    let second = EmissionKey {
        ordinal: 1,
        ..key(1, 1, changed)
    };
    let told = stage
        .open()
        .read(|reader| reader.emission(&second))
        .unwrap();
    assert_eq!(told.and_then(|told| told.emitted_at_ms), Some(300));
}

#[test]
fn one_that_waits_to_be_told_in_another_form_has_its_revision_already() {
    let stage = Stage::live_from(0);
    stage.put(&[session(1, 1, 100, 300)]);
    assert_eq!(stage.turn(300).len(), 2);
    stage.put(&[session(1, 1, 100, 900)]);
    let waits = Emission {
        revision: 2,
        emitted_at_ms: None,
        is_withdrawn: false,
    };
    let change = stage
        .open()
        .write(|writer| writer.note_emission(1, &key(1, 1, "SessionFinished"), &waits));
    change.unwrap();
    assert_eq!(stage.turn(899), NONE);
    assert_eq!(stage.turn(900), ["1 SessionFinished 900 revision 2"]);
    assert_eq!(stage.turn(901), NONE);
}

#[test]
fn the_log_decides_what_is_told() {
    let says = |revision, emitted_at_ms, is_withdrawn| Emission {
        revision,
        emitted_at_ms,
        is_withdrawn,
    };
    let cases = [
        (None, Some(says(1, Some(9), false))),
        (Some(says(1, Some(3), false)), None),
        (Some(says(4, None, false)), Some(says(4, Some(9), false))),
        (Some(says(2, Some(3), true)), Some(says(3, Some(9), false))),
    ];
    for (known, expected) in cases {
        assert_eq!(told_at(known, 9), expected, "{known:?}");
    }
}

#[test]
fn a_workspace_in_use_is_not_waited_for_and_told_later() {
    let stage = Stage::live_from(0);
    stage.put(&[session(1, 1, 100, 300)]);
    let (ours, theirs) = (stage.open(), stage.open());
    let clock = TurnedClock::new(200);
    // Another program writes, then this program itself.
    for writing in [&theirs, &ours] {
        let began = Instant::now();
        let change = writing.write(|_| {
            let failed = emit_due(&ours, &clock);
            assert!(matches!(failed, Err(StoreError::Locked(_))), "{failed:?}");
            Ok::<_, StoreError>(())
        });
        change.unwrap();
        assert!(began.elapsed() < NO_WAIT, "it waited");
    }
    assert_eq!(stage.told_until(), 0);
    assert_eq!(
        words(&emit_due(&ours, &clock).unwrap()),
        ["1 SessionStarted 100"]
    );
}

type Heard = Result<Vec<Emitted>, StoreError>;

fn start(store: &Arc<Store>, clock: &Arc<TurnedClock>) -> (Scheduler, Receiver<Heard>) {
    let (send, heard) = channel();
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let scheduler = Scheduler::start(Arc::clone(store), clock, move |told| {
        send.send(told).unwrap();
    });
    (scheduler.unwrap(), heard)
}

/// What is heard next; a bound, for a test that fails.
fn next_of(heard: &Receiver<Heard>) -> Heard {
    heard.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn the_scheduler_tells_when_the_clock_is_turned() {
    let stage = Stage::live_from(0);
    stage.put(&[session(1, 1, 100, 300)]);
    let (store, clock) = (Arc::new(stage.open()), Arc::new(TurnedClock::new(0)));
    let (scheduler, heard) = start(&store, &clock);
    clock.turn_to(100);
    assert_eq!(words(&next_of(&heard).unwrap()), ["1 SessionStarted 100"]);
    clock.turn_to(50);
    clock.turn_to(400);
    assert_eq!(words(&next_of(&heard).unwrap()), ["1 SessionFinished 300"]);
    stage.put(&[session(1, 2, 410, 500)]);
    clock.turn_to(410);
    assert_eq!(words(&next_of(&heard).unwrap()), ["2 SessionStarted 410"]);
    // Its start lies before what was told: that one is told by who writes the session.
    stage.put(&[SessionRecord {
        owner: Owner::Device(2),
        ..session(1, 3, 405, 460)
    }]);
    clock.turn_to(470);
    assert_eq!(words(&next_of(&heard).unwrap()), ["3 SessionFinished 460"]);
    let began = Instant::now();
    drop(scheduler);
    assert!(began.elapsed() < NO_WAIT, "it did not stop");
    // Nobody is left to tell.
    assert!(heard.recv().is_err());
}

#[test]
fn the_scheduler_looks_again_when_it_is_woken() {
    let stage = Stage::live_from(0);
    let (store, clock) = (Arc::new(stage.open()), Arc::new(TurnedClock::new(200)));
    let (scheduler, heard) = start(&store, &clock);
    stage.put(&[session(1, 1, 100, 300)]);
    scheduler.wake();
    assert_eq!(words(&next_of(&heard).unwrap()), ["1 SessionStarted 100"]);
}

#[test]
fn the_scheduler_comes_again_where_the_workspace_is_in_use_and_stops_meanwhile() {
    let stage = Stage::live_from(0);
    stage.put(&[session(1, 1, 100, 300)]);
    let (store, clock) = (Arc::new(stage.open()), Arc::new(TurnedClock::new(100)));
    let other = stage.open();
    let in_use = |heard: &Receiver<Heard>| {
        let failed = next_of(heard);
        assert!(matches!(failed, Err(StoreError::Locked(_))), "{failed:?}");
    };
    let change = other.write(|_| {
        let (scheduler, heard) = start(&store, &clock);
        in_use(&heard);
        let began = Instant::now();
        drop(scheduler);
        assert!(began.elapsed() < NO_WAIT, "it did not stop");
        Ok::<_, StoreError>(())
    });
    change.unwrap();
    let mut started = None;
    let change = other.write(|_| {
        let (scheduler, heard) = start(&store, &clock);
        in_use(&heard);
        clock.turn_to(200);
        in_use(&heard);
        started = Some((scheduler, heard));
        Ok::<_, StoreError>(())
    });
    change.unwrap();
    let (_scheduler, heard) = started.unwrap();
    clock.turn_to(300);
    assert_eq!(
        words(&next_of(&heard).unwrap()),
        ["1 SessionStarted 100", "1 SessionFinished 300"]
    );
}
