//! Which sessions are stored as runs and which with the numbers of their events, and that either way
//! the same events are in them.

use std::io::Cursor;
use std::path::PathBuf;

use dwell_ingest::Source;
use dwell_model::Zone;
use dwell_store::read::session::SessionFilter;
use dwell_store::table::session::Members;
use tempfile::TempDir;

use crate::import::{Job, read_into};
use crate::session::{self, SessionsRequest};
use crate::workspace::find_application;
use crate::{Cancel, Workspace, check, definition, event};

const MINUTE_MS: i64 = 60_000;
const START_MS: i64 = 1_774_684_800_000;

/// Sessions of ten minutes, open to late events for an hour.
const VISIT: &str = r#"{"name":"visit","limits":{"inactivity_seconds":600},"grace_seconds":3600,
    "roles":[{"event":"Ping","role":"ignored"},{"event":"Win","role":"passive"},
             {"event":"Start","role":"start"}]}"#;
const PERSON: &str = r#"{"name":"visit","scope":"user","limits":{"inactivity_seconds":600},
    "grace_seconds":3600,"roles":[{"event":"Ping","role":"ignored"}]}"#;
const TRUST: &str = r#"{"name":"visit","session_ids":"trust","grace_seconds":3600,
    "limits":{"inactivity_seconds":600,"max_length_seconds":86400}}"#;
const GAMEPLAY: &str = r#"{"name":"visit","scope":"user","limits":{"inactivity_seconds":300},
    "default_role":"ignored",
    "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"}],
    "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_wins":[],"bet_rollbacks":[],"win_rollbacks":[],
      "bet_amount":["bet_amount"],"win_amount":["win_amount"],"rollback_amount":["amount"],
      "game_id":"game_id","game_name":"game_name","currency":"currency"}}"#;

struct Stage {
    path: PathBuf,
    _folder: TempDir,
}

impl Stage {
    fn new(json: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let stage = Self {
            path: folder.path().join("w.dwell"),
            _folder: folder,
        };
        let (workspace, cancel) = (stage.open(), Cancel::default());
        definition::set(&workspace, "app", json, &cancel, &mut |_, _| {}).unwrap();
        stage
    }

    fn open(&self) -> Workspace {
        Workspace::open(&self.path).unwrap()
    }

    fn import(&self, events: &[Event]) -> &Self {
        let lines: Vec<String> = events.iter().map(Event::line).collect();
        let source = Source::Stream {
            name: "events".to_owned(),
            bytes_total: None,
            bytes: Box::new(Cursor::new(lines.join("\n").into_bytes())),
        };
        let job = Job {
            application: "app",
            application_zone: None,
            file_name: "events",
            zone: Zone::UTC,
            reading: crate::import::Reading::default(),
            now_ms: START_MS + 100_000 * MINUTE_MS,
        };
        let workspace = self.open();
        let row = workspace
            .store
            .write(|writer| read_into(writer, job, source, &Cancel::default(), &mut |_| {}));
        assert_eq!(row.unwrap().quarantined, 0);
        self
    }

    /// Sessions by start as “run” or “listed” and the ids of their events; the same when all is derived
    /// anew, and when it is asked by the event.
    fn sessions(&self) -> Vec<String> {
        let workspace = self.open();
        let report = check::run(&workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
        assert!(report.ok, "{:?}", report.problems);
        let mut found = Vec::new();
        let read = workspace.store.read(|reader| {
            let application = find_application(reader, "app").unwrap().application_id;
            let definition = reader.definitions(application)?[0].definition_id;
            reader.sessions(application, definition, &SessionFilter::default(), |one| {
                let kind = match one.members {
                    Members::Run => "run",
                    Members::Listed(_) => "listed",
                };
                found.push((one.started_at_ms, one.session_id.to_string(), kind));
                Ok(())
            })
        });
        read.unwrap();
        found.sort();
        let mut ids = Vec::new();
        let request = SessionsRequest {
            application: "app".to_owned(),
            with_events: true,
            ..SessionsRequest::default()
        };
        session::list(&workspace, &request, |listed| {
            ids.push((listed.row.session_id, listed.event_ids.unwrap()));
            Ok(())
        })
        .unwrap();
        let ids_of = |session_id: &str| {
            let mut same = ids.iter().filter(|(id, _)| id == session_id);
            same.next().unwrap().1.clone()
        };
        let all = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        event::export(&workspace, &all, |exported| {
            let event_id = serde_json::to_value(&exported.event).unwrap()["event_id"].clone();
            let event_id = event_id.as_str().unwrap().to_owned();
            let mut of = ids.iter().filter(|(_, ids)| ids.contains(&event_id));
            let expected = of.next().map(|(session_id, _)| session_id.clone());
            assert!(of.next().is_none(), "{event_id} is in two");
            assert_eq!(exported.sessions["visit"], expected, "{event_id}");
            let asked = event::EventRequest {
                application: "app".to_owned(),
                event_id,
                zone: "UTC".to_owned(),
            };
            let shown = event::show(&workspace, &asked);
            assert_eq!(shown.unwrap().sessions[0].session_id, expected);
            Ok(())
        })
        .unwrap();
        let word = |(_, id, kind): &(i64, String, &str)| format!("{kind} {}", ids_of(id).join(" "));
        found.iter().map(word).collect()
    }
}

/// An event of device `d`, punctual.
#[derive(Clone, Copy)]
struct Event {
    id: &'static str,
    name: &'static str,
    device: &'static str,
    user: Option<&'static str>,
    session: Option<&'static str>,
    minute: i64,
    arrives: i64,
    properties: &'static str,
}

fn at(id: &'static str, minute: i64) -> Event {
    Event {
        id,
        name: "View",
        device: "d",
        user: None,
        session: None,
        minute,
        arrives: minute,
        properties: "{}",
    }
}

fn named(name: &'static str, id: &'static str, minute: i64) -> Event {
    Event {
        name,
        ..at(id, minute)
    }
}

fn of(user: &'static str, device: &'static str, id: &'static str, minute: i64) -> Event {
    Event {
        user: Some(user),
        device,
        ..at(id, minute)
    }
}

impl Event {
    fn line(&self) -> String {
        let text = |name: &str, value: Option<&str>| match value {
            Some(value) => format!(r#","{name}":"{value}""#),
            None => String::new(),
        };
        format!(
            r#"{{"event_id":"{}","name":"{}","device_id":"{}","timestamp":{},"received_at":{},"properties":{}{}{}}}"#,
            self.id,
            self.name,
            self.device,
            START_MS + self.minute * MINUTE_MS,
            START_MS + self.arrives * MINUTE_MS,
            self.properties,
            text("user_id", self.user),
            text("session_id", self.session),
        )
    }
}

#[test]
fn all_events_from_first_to_last_are_a_run_ignored_ones_left_out() {
    let stage = Stage::new(VISIT);
    stage.import(&[
        at("a", 0),
        named("Ping", "b", 1),
        at("c", 2),
        named("Win", "d", 5),
        named("Ping", "e", 5),
        at("f", 60),
        named("Win", "g", 80),
    ]);
    assert_eq!(stage.sessions(), ["run a c d", "run f"]);
}

#[test]
fn sessions_that_share_an_instant_are_no_runs() {
    let stage = Stage::new(VISIT);
    stage.import(&[
        at("a", 0),
        at("b", 5),
        named("Start", "c", 5),
        named("Start", "d", 5),
        at("e", 6),
        at("f", 60),
    ]);
    // At one instant the starts come first: the last of them takes the rest.
    assert_eq!(
        stage.sessions(),
        ["run a", "listed c", "listed b d e", "run f"]
    );
}

#[test]
fn a_late_session_inside_another_makes_it_no_run() {
    let stage = Stage::new(VISIT);
    stage.import(&[at("a", 0), at("c", 8), at("d", 60)]);
    assert_eq!(stage.sessions(), ["run a c", "run d"]);
    let late = |id, minute| Event {
        arrives: 600,
        ..at(id, minute)
    };
    stage.import(&[late("b", 4)]);
    assert_eq!(stage.sessions(), ["listed a c", "run b", "run d"]);
    stage.import(&[late("e", 9)]);
    assert_eq!(stage.sessions(), ["listed a c", "listed b e", "run d"]);
}

#[test]
fn a_punctual_event_joins_a_run() {
    let stage = Stage::new(VISIT);
    stage.import(&[at("a", 0), at("c", 8), at("d", 60)]);
    stage.import(&[Event {
        arrives: 20,
        ..at("b", 4)
    }]);
    assert_eq!(stage.sessions(), ["run a b c", "run d"]);
    // And one that only the definition ignores.
    stage.import(&[named("Ping", "e", 5)]);
    assert_eq!(stage.sessions(), ["run a b c", "run d"]);
    stage.import(&[named("Start", "f", 8)]);
    assert_eq!(stage.sessions(), ["run a b", "run c f", "run d"]);
}

#[test]
fn a_person_with_devices_of_their_own_has_runs_over_all_of_them() {
    let stage = Stage::new(PERSON);
    stage.import(&[
        of("u", "d", "a", 0),
        of("u", "e", "b", 1),
        Event {
            name: "Ping",
            ..of("u", "e", "c", 1)
        },
        at("f", 3),
        of("u", "e", "g", 40),
    ]);
    assert_eq!(stage.sessions(), ["run a b f", "run g"]);
    // Somebody else comes to one of the devices.
    stage.import(&[of("v", "e", "h", 2)]);
    assert_eq!(stage.sessions(), ["listed a b f", "listed h", "listed g"]);
}

#[test]
fn a_device_of_several_people_has_runs_by_device() {
    let stage = Stage::new(VISIT);
    stage.import(&[of("u", "d", "a", 0), at("b", 1), of("v", "d", "c", 2)]);
    assert_eq!(stage.sessions(), ["run a b", "run c"]);
    stage.import(&[of("w", "d", "e", 30)]);
    assert_eq!(stage.sessions(), ["run a b", "run c", "run e"]);
}

#[test]
fn trusted_sessions_that_lie_in_each_other_are_no_runs() {
    let stage = Stage::new(TRUST);
    let trusted = |session, id, minute| Event {
        session: Some(session),
        ..at(id, minute)
    };
    stage.import(&[
        trusted("x", "a", 0),
        trusted("y", "b", 1),
        trusted("x", "c", 2),
        trusted("y", "d", 3),
        trusted("z", "e", 4),
    ]);
    assert_eq!(stage.sessions(), ["listed a c", "listed b d", "run e"]);
}

#[test]
fn gameplay_sessions_are_runs_of_what_is_played() {
    let stage = Stage::new(GAMEPLAY);
    let play = |name, id, minute, properties| Event {
        name,
        properties,
        ..of("u", "d", id, minute)
    };
    let bet = r#"{"bet_amount":2,"game_id":"g"}"#;
    stage.import(&[
        play("Bet", "a", 0, bet),
        of("u", "d", "b", 1),
        play("Win", "c", 2, r#"{"win_amount":3,"game_id":"g"}"#),
        play("Bet", "e", 3, bet),
        of("u", "d", "f", 3),
        // Wins and no bet: a session that is over takes none.
        play("Win", "g", 30, r#"{"win_amount":3,"game_id":"g"}"#),
        play("Bet", "h", 40, bet),
    ]);
    assert_eq!(stage.sessions(), ["run a c e", "run h"]);
}
