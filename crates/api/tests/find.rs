//! What a few letters find, and whom it leads to.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use dwell_api::find::{FindRequest, FindScope, Found, NewestRequest};
use dwell_api::import::ImportRequest;
use dwell_api::session::SessionsRequest;
use dwell_api::{Cancel, ErrorCode, Workspace, find, import, session};
use tempfile::TempDir;

const UUID: &str = "9d41b0e2-1234-4abc-8def-0123456710c2";

/// Ana on her phone and, before she logged in there, on a tablet that Bo has too; somebody without a
/// name on a third device; and a shop whose events have other names.
const CASINO: &str = r#"
{"event_id":"e1","name":"BetPlaced","timestamp":"2026-11-20T10:00:00Z","user_id":"ana","device_id":"phone-1","properties":{}}
{"event_id":"e2","name":"BetPlaced","timestamp":"2026-11-20T11:00:00Z","device_id":"tablet-7"}
{"event_id":"e3","name":"LobbyViewed","timestamp":"2026-11-20T11:05:00Z","user_id":"ana","device_id":"tablet-7"}
{"event_id":"e4","name":"LobbyViewed","timestamp":"2026-11-20T11:06:00Z","user_id":"bo","device_id":"tablet-7"}
{"event_id":"e5","name":"LobbyViewed","timestamp":"2026-11-20T12:00:00Z","device_id":"9D41B0E2-1234-4abc-8def-0123456710c2"}
{"event_id":"e6","name":"bet_undone","timestamp":"2026-11-19T12:00:00Z","user_id":"ana","device_id":"phone-1"}
"#;
const SHOP: &str = r#"
{"event_id":"s1","name":"BetOnShoes","timestamp":"2026-11-20T13:00:00Z","device_id":"phone-1"}
"#;

struct Place {
    workspace: Workspace,
    _folder: TempDir,
}

fn place() -> Place {
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("find.dwell")).unwrap();
    for (application, lines) in [("casino", CASINO), ("shop", SHOP)] {
        let path = folder.path().join(format!("{application}.jsonl"));
        std::fs::write(&path, lines.trim_start()).unwrap();
        let request = ImportRequest {
            application: application.to_owned(),
            path: path.to_str().unwrap().to_owned(),
            time_zone: "UTC".to_owned(),
            ..ImportRequest::default()
        };
        let row = import::run(&workspace, &request, &Cancel::default(), &mut |_| ()).unwrap();
        assert_eq!(row.quarantined, 0);
    }
    Place {
        workspace,
        _folder: folder,
    }
}

impl Place {
    fn find(&self, scope: FindScope, text: &str) -> Found {
        let request = FindRequest {
            application: "casino".to_owned(),
            text: text.to_owned(),
            scope,
        };
        find::find(&self.workspace, &request, &Cancel::default()).unwrap()
    }

    fn newest(&self, name: &str) -> dwell_api::Result<find::FoundEvent> {
        let request = NewestRequest {
            application: "casino".to_owned(),
            name: name.to_owned(),
        };
        find::newest(&self.workspace, &request, &Cancel::default())
    }
}

#[test]
fn a_device_is_found_by_the_beginning_of_its_id_and_leads_to_its_people() {
    let place = place();
    let devices = |text: &str| {
        let found = place.find(FindScope::Everything, text).devices;
        let people = |device: &find::FoundDevice| -> Vec<String> {
            device
                .people
                .iter()
                .map(|person| person.id.clone())
                .collect()
        };
        found
            .iter()
            .map(|device| (device.device_id.clone(), people(device)))
            .collect::<Vec<_>>()
    };
    let of = |id: &str, people: &[&str]| {
        let people = people.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        vec![(id.to_owned(), people)]
    };
    assert_eq!(devices("tab"), of("tablet-7", &["ana", "bo"]));
    assert_eq!(devices(" phone-1 "), of("phone-1", &["ana"]));
    for beginning in ["9d4", "9D41B0E2-12", UUID] {
        assert_eq!(devices(beginning), of(UUID, &[UUID]), "{beginning}");
    }
    for none in ["ablet", "tablet-8", "9d5", ""] {
        assert_eq!(devices(none), [], "{none}");
    }
}

#[test]
fn a_session_and_an_event_are_found_by_their_whole_id_in_their_own_application() {
    let place = place();
    let mut ids = Vec::new();
    let request = SessionsRequest {
        application: "casino".to_owned(),
        ..SessionsRequest::default()
    };
    session::list(&place.workspace, &request, |row| {
        ids.push((row.row.session_id, row.row.started_at));
        Ok(())
    })
    .unwrap();
    assert!(ids.len() > 2);
    for (id, started_at_ms) in ids {
        let found = place.find(FindScope::Everything, &id).session.unwrap();
        assert_eq!((found.session_id, found.started_at_ms), (id, started_at_ms));
    }
    // The tablet was nobody's until Ana was seen on it: the event is hers (sessions, section 7).
    let event = place.find(FindScope::Events, "e2").event.unwrap();
    assert_eq!((&*event.name, &*event.person.id), ("BetPlaced", "ana"));
    assert_eq!(place.find(FindScope::Everything, "s1").event, None);
    assert_eq!(place.find(FindScope::People, "e2").event, None);
}

#[test]
fn names_of_events_that_begin_with_the_text_come_first() {
    let place = place();
    let names = |text: &str| place.find(FindScope::Events, text).event_names;
    assert_eq!(names("bet"), ["BetOnShoes", "BetPlaced", "bet_undone"]);
    assert_eq!(names("PLACED"), ["BetPlaced"]);
    assert_eq!(names("").len(), 4);
    let all = place.find(FindScope::Everything, "");
    assert_eq!((all.event_names.len(), all.people.len()), (0, 3));
}

#[test]
fn the_newest_event_of_a_name_is_found_with_its_person() {
    let place = place();
    let newest = |name: &str| {
        let found = place.newest(name).unwrap();
        (found.event_id, found.person.id)
    };
    assert_eq!(newest("BetPlaced"), ("e2".to_owned(), "ana".to_owned()));
    assert_eq!(newest("LobbyViewed"), ("e5".to_owned(), UUID.to_owned()));
    assert_eq!(newest("bet_undone"), ("e6".to_owned(), "ana".to_owned()));
    for name in ["BetOnShoes", "betplaced", "Nothing"] {
        let error = place.newest(name).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound, "{name}");
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[test]
fn what_nobody_waits_for_any_more_is_not_looked_for() {
    let place = place();
    let cancel = Cancel::default();
    cancel.cancel();
    let request = FindRequest {
        application: "casino".to_owned(),
        text: "ana".to_owned(),
        scope: FindScope::Everything,
    };
    let error = find::find(&place.workspace, &request, &cancel).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
}
