//! The questions of the window, asked of a small workspace.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its fixture included, fails by a panic"
)]

use std::path::Path;

use dwell_api::event::{EventRequest, EventScope, EventsRequest};
use dwell_api::import::{
    ImportDetailRequest, ImportRemovalPhase, ImportRemovalProgress, ImportRemovalRequest,
    ImportRequest,
};
use dwell_api::person::{PeopleRequest, PersonKey, PersonKind, PersonRequest};
use dwell_api::session::{SessionRequest, StateName};
use dwell_api::timeline::TimelineRequest;
use dwell_api::workspace::ZoneRequest;
use dwell_api::{
    Cancel, ErrorCode, Workspace, definition, event, import, person, session, timeline, workspace,
};
use tempfile::TempDir;

struct Fixture {
    folder: TempDir,
    workspace: Workspace,
}

impl Fixture {
    fn new(lines: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        let fixture = Self { folder, workspace };
        if !lines.is_empty() {
            fixture.import(lines).unwrap();
        }
        fixture
    }

    fn request(&self, lines: &[&str]) -> ImportRequest {
        let path = self.folder.path().join("events.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "UTC".to_owned(),
            ..ImportRequest::default()
        }
    }

    fn import(&self, lines: &[&str]) -> dwell_api::Result<import::ImportRow> {
        let request = self.request(lines);
        import::run(&self.workspace, &request, &Cancel::default(), &mut |_| {})
    }

    fn people(&self, search: &str) -> person::PeoplePage {
        let request = PeopleRequest {
            application: "app".to_owned(),
            search: search.to_owned(),
            limit: 50,
            ..PeopleRequest::default()
        };
        person::list(&self.workspace, &request).unwrap()
    }

    fn names(&self, search: &str) -> Vec<String> {
        let rows = self.people(search).rows.into_iter();
        rows.map(|row| row.name.unwrap_or(row.person.id)).collect()
    }

    fn timeline(&self, person: &PersonKey, zone: &str, day_count: u32) -> timeline::Timeline {
        let request = TimelineRequest {
            application: "app".to_owned(),
            definition: String::new(),
            person: person.clone(),
            zone: zone.to_owned(),
            day_count,
            last_day: None,
            as_of_ms: None,
        };
        timeline::show(&self.workspace, &request).unwrap()
    }
}

fn user(id: &str) -> PersonKey {
    PersonKey {
        kind: PersonKind::User,
        id: id.to_owned(),
    }
}

const SHOP: &[&str] = &[
    r#"{"event_id":"a1","name":"PageViewed","timestamp":"2026-03-10T09:00:00Z","device_id":"d1"}"#,
    r#"{"event_id":"a2","name":"identify","timestamp":"2026-03-10T09:05:00Z","device_id":"d1","user_id":"u1","properties":{"name":"Inês Carvalho","email":"ines.carvalho@example.com","plan":"annual"}}"#,
    r#"{"event_id":"a3","name":"PageViewed","timestamp":"2026-03-10T09:10:00Z","device_id":"d1","received_at":"2026-03-10T12:00:00Z","properties":{"path":"/cart"}}"#,
    r#"{"event_id":"a4","name":"reset","timestamp":"2026-03-10T09:20:00Z","device_id":"d1"}"#,
    r#"{"event_id":"b1","name":"PageViewed","timestamp":"2026-03-11T20:00:00Z","device_id":"d2","context":{"device":{"device_model":"Pixel 8"},"locale":{"timezone":"Asia/Tokyo"}}}"#,
    r#"{"event_id":"b2","name":"identify","timestamp":"2026-03-11T20:01:00Z","device_id":"d2","user_id":"u2","properties":{"name":"عمر الفاروق"}}"#,
    r#"{"event_id":"c1","name":"PageViewed","timestamp":"2026-03-12T08:00:00Z","device_id":"d1"}"#,
    r#"{"event_id":"c2","name":"CustomPropertyChanged","timestamp":"2026-03-09T08:00:00Z","device_id":"d1","user_id":"u1","properties":{"key":"plan","newValue":"monthly"}}"#,
];

#[test]
fn people_are_found_by_any_part_without_case_or_accents() {
    let fixture = Fixture::new(SHOP);
    // The last seen first; d1 after its reset is nobody known.
    assert_eq!(fixture.names(""), ["d1", "عمر الفاروق", "Inês Carvalho"]);
    for search in [
        "ines",
        "INÊS",
        "carv",
        "u1",
        "example.com",
        "annual",
        " inês ",
    ] {
        assert_eq!(fixture.names(search), ["Inês Carvalho"], "{search}");
    }
    assert_eq!(fixture.names("عمر"), ["عمر الفاروق"]);
    for device in ["d2", "pixel"] {
        assert_eq!(fixture.names(device), ["عمر الفاروق"]);
    }
    let found = fixture.people("PIXEL").rows[0].found_in.clone().unwrap();
    assert_eq!((&*found.key, &*found.value), ("device", "Pixel 8"));
    assert_eq!(fixture.names("nobody"), [""; 0]);
    assert_eq!(fixture.names("%"), [""; 0]);
    let found = fixture.people("example.com").rows[0]
        .found_in
        .clone()
        .unwrap();
    assert_eq!(
        (&*found.key, &*found.value),
        ("email", "ines.carvalho@example.com")
    );
    assert_eq!(fixture.people("ines").rows[0].found_in, None);
}

#[test]
fn pages_of_people_join_without_gap_or_overlap() {
    let lines: Vec<String> = (0..57)
        .map(|i| {
            let minute = i % 5;
            format!(
                r#"{{"name":"A","timestamp":"2026-03-10T09:0{minute}:00Z","user_id":"u{i:02}"}}"#
            )
        })
        .collect();
    let fixture = Fixture::new(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let request = PeopleRequest {
            application: "app".to_owned(),
            search: "u".to_owned(),
            after,
            limit: 10,
            ..PeopleRequest::default()
        };
        let page = person::list(&fixture.workspace, &request).unwrap();
        assert_eq!(page.total, 57);
        seen.extend(
            page.rows
                .into_iter()
                .map(|row| (-row.last_seen_ms, row.person.id)),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 57);
    assert!(
        seen.windows(2).all(|pair| pair[0] < pair[1]),
        "in order, none twice"
    );
}

#[test]
fn a_persons_events_before_the_sign_in_are_theirs_and_those_after_a_reset_are_not() {
    let fixture = Fixture::new(SHOP);
    let request = PersonRequest {
        application: "app".to_owned(),
        definition: String::new(),
        person: user("u1"),
    };
    let ines = person::show(&fixture.workspace, &request).unwrap();
    assert_eq!((ines.event_count, ines.session_count), (5, 2));
    assert_eq!(ines.devices.len(), 1);
    let plan = ines
        .properties
        .iter()
        .find(|property| property.key == "plan")
        .unwrap();
    assert_eq!(
        plan.value, "annual",
        "the latest time wins, not the last line"
    );
    let page = event::list(
        &fixture.workspace,
        &EventsRequest {
            application: "app".to_owned(),
            scope: EventScope::Person(user("u1")),
            after: None,
            limit: 100,
            with_derived: false,
            as_of_ms: None,
        },
    )
    .unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| &*row.event_id).collect();
    assert_eq!(ids, ["a4", "a3", "a2", "a1", "c2"]);
    assert_eq!(page.rows[0].gap_ms, Some(600_000));
    assert_eq!(page.rows[4].gap_ms, None);
}

#[test]
fn a_session_is_explained_with_its_real_numbers() {
    let fixture = Fixture::new(SHOP);
    let days = fixture.timeline(&user("u1"), "Europe/Berlin", 5);
    assert_eq!(
        days.days[0].date, "2026-03-10",
        "opens on the last activity"
    );
    assert_eq!(days.offset, "UTC+1");
    let block = &days.days[0].sessions[0];
    assert!(
        (block.left - 10.0 / 24.0).abs() < 1e-9,
        "09:00 UTC is 10:00 in Berlin"
    );
    assert_eq!(block.late_at.len(), 1);
    assert_eq!(
        (days.days[0].session_count, days.days[0].duration_ms),
        (1, 1_200_000)
    );
    let request = SessionRequest {
        application: "app".to_owned(),
        session_id: block.session_id.clone(),
        zone: "Europe/Berlin".to_owned(),
        as_of_ms: None,
    };
    let shown = session::show(&fixture.workspace, &request).unwrap();
    assert_eq!(shown.row.end_reason, "ended");
    assert_eq!(shown.row.state, StateName::Expired);
    assert_eq!(shown.person, user("u1"));
    assert!(shown.why_ended.contains("10:20:00"), "{}", shown.why_ended);
    assert!(shown.why_ended.contains("reset"), "{}", shown.why_ended);
    assert_eq!(shown.strip.marks.len(), 4);
    assert_eq!(
        shown.strip.marks.iter().filter(|mark| mark.is_late).count(),
        1
    );
    assert_eq!(shown.strip.tail, None);
    assert_eq!(shown.ordinal, 2);
    let early = SessionRequest {
        as_of_ms: Some(shown.row.started_at + 1),
        ..request
    };
    let open = session::show(&fixture.workspace, &early).unwrap();
    assert_eq!(
        (open.row.state, &*open.row.end_reason),
        (StateName::Active, "open")
    );
}

#[test]
fn a_late_event_is_explained_and_its_context_shown() {
    let fixture = Fixture::new(SHOP);
    let show = |id: &str| {
        let request = EventRequest {
            application: "app".to_owned(),
            event_id: id.to_owned(),
            zone: "UTC".to_owned(),
        };
        event::show(&fixture.workspace, &request).unwrap()
    };
    let late = show("a3");
    assert_eq!(late.late.as_ref().unwrap().delay_ms, 10_200_000);
    assert!(late.sessions[0].session_id.is_some());
    assert_eq!((&*late.import_file, late.import_line), ("events.jsonl", 3));
    assert!(
        late.json
            .contains("\"received_at\": \"2026-03-10T12:00:00Z\""),
        "{}",
        late.json
    );
    let known = show("b2");
    assert!(known.context.is_empty());
    assert_eq!(known.context_then[0].group, "device");
    assert_eq!(known.context_then[0].fields[0].value, "Pixel 8");
    // c2 came a day before everything and cannot be in a session: it may start one.
    assert!(show("c2").sessions[0].session_id.is_some());
}

#[test]
fn days_of_clock_change_have_their_real_length() {
    let fixture = Fixture::new(&[
        r#"{"name":"A","timestamp":"2026-03-29T12:00:00Z","user_id":"u"}"#,
        r#"{"name":"A","timestamp":"2026-10-25T12:00:00Z","user_id":"u"}"#,
    ]);
    let hours = |day: &timeline::DayLane| (day.ends_at_ms - day.starts_at_ms) / 3_600_000;
    let autumn = fixture.timeline(&user("u"), "Europe/Berlin", 2);
    assert_eq!(hours(&autumn.days[0]), 25);
    assert_eq!(hours(&autumn.days[1]), 24);
    assert_eq!(autumn.earlier.as_deref(), Some("2026-03-29"));
    let request = TimelineRequest {
        application: "app".to_owned(),
        definition: String::new(),
        person: user("u"),
        zone: "Europe/Berlin".to_owned(),
        day_count: 1,
        last_day: autumn.earlier,
        as_of_ms: None,
    };
    let spring = timeline::show(&fixture.workspace, &request).unwrap();
    assert_eq!(hours(&spring.days[0]), 23);
    assert_eq!(spring.later.as_deref(), Some("2026-10-25"));
    let skipped = fixture.timeline(&user("u"), "Pacific/Apia", 3);
    assert_eq!(skipped.days.len(), 3);
}

#[test]
fn a_cancelled_import_changes_nothing() {
    let fixture = Fixture::new(&SHOP[..2]);
    let before = workspace::status(&fixture.workspace).unwrap();
    let lines: Vec<String> = (0..60_000)
        .map(|i| format!(r#"{{"name":"A","timestamp":1773136800,"user_id":"x{i}"}}"#))
        .collect();
    let request = fixture.request(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let cancel = Cancel::default();
    let mut told = 0;
    let result = import::run(&fixture.workspace, &request, &cancel, &mut |progress| {
        told += 1;
        if progress.read > 0 {
            cancel.cancel();
        }
    });
    assert_eq!(result.unwrap_err().code, ErrorCode::Cancelled);
    assert!(told > 0);
    let after = workspace::status(&fixture.workspace).unwrap();
    assert_eq!(after.applications, before.applications);
    // And it goes through when nobody cancels.
    let row = import::run(
        &fixture.workspace,
        &request,
        &Cancel::default(),
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(row.stored, 60_000);
}

#[test]
fn a_removal_tells_its_phases_in_order_and_a_cancelled_or_tried_one_changes_nothing() {
    let fixture = Fixture::new(&[
        r#"{"event_id":"1","name":"A","timestamp":"2026-05-01T10:00:00Z","user_id":"u"}"#,
        r#"{"event_id":"2","name":"A","timestamp":"2026-05-02T10:00:00Z","user_id":"v"}"#,
    ]);
    let remove = |dry_run: bool, cancel_in: Option<ImportRemovalPhase>| {
        let cancel = Cancel::default();
        let mut told: Vec<ImportRemovalProgress> = Vec::new();
        let request = ImportRemovalRequest {
            import_id: 1,
            dry_run,
        };
        let removal = import::remove(&fixture.workspace, &request, &cancel, &mut |progress| {
            if cancel_in == Some(progress.phase) {
                cancel.cancel();
            }
            told.push(progress);
        });
        (removal, told)
    };
    let events = || workspace::status(&fixture.workspace).unwrap().applications[0].event_count;

    for phase in [ImportRemovalPhase::Events, ImportRemovalPhase::Sessions] {
        let (removal, _) = remove(false, Some(phase));
        assert_eq!(removal.unwrap_err().code, ErrorCode::Cancelled, "{phase:?}");
        assert_eq!(events(), 2);
    }
    let (tried, _) = remove(true, None);
    assert_eq!(events(), 2);

    let (removal, told) = remove(false, None);
    let counts = |removal: import::ImportRemoval| (removal.events_removed, removal.sessions);
    assert_eq!(counts(removal.unwrap()), (2, 0));
    assert_eq!(counts(tried.unwrap()), (2, 0));
    assert_eq!(events(), 0);
    let mut phases: Vec<ImportRemovalPhase> = told.iter().map(|one| one.phase).collect();
    phases.dedup();
    assert_eq!(
        phases,
        [
            ImportRemovalPhase::Events,
            ImportRemovalPhase::Sessions,
            ImportRemovalPhase::Saving
        ]
    );
    assert!(told.is_sorted_by(|a, b| a.done <= b.done), "{told:?}");
    assert_eq!(told.last().map(|last| last.done), Some(1.0));
}

#[test]
fn an_imports_rejected_rows_stand_in_groups() {
    let fixture = Fixture::new(&[]);
    let row = fixture
        .import(&[
            r#"{"name":"A","timestamp":"2026-03-10T09:00:00Z","user_id":"u"}"#,
            "nonsense",
            r#"{"name":"A","timestamp":"soon","user_id":"u"}"#,
            r#"{"name":"A","timestamp":"later","user_id":"u"}"#,
        ])
        .unwrap();
    assert_eq!((row.read, row.stored, row.quarantined), (4, 1, 3));
    let request = ImportDetailRequest {
        import_id: row.import_id,
    };
    let detail = import::show(&fixture.workspace, &request).unwrap();
    assert_eq!(detail.row, row);
    let groups: Vec<_> = detail
        .rejects
        .iter()
        .map(|group| {
            (
                &*group.reason,
                &*group.field,
                group.row_count,
                group.first_line,
            )
        })
        .collect();
    assert_eq!(
        groups,
        [("bad_time", "timestamp", 2, 3), ("not_json", "", 1, 2)]
    );
    assert_eq!(detail.newest.len(), 1);
    assert!(detail.newest[0].session_id.is_some());
}

#[test]
fn what_is_wrong_in_a_request_is_said() {
    let fixture = Fixture::new(SHOP);
    let wrong_zone = ZoneRequest {
        application: "app".to_owned(),
        zone: "Mars".to_owned(),
    };
    let error = workspace::set_zone(&fixture.workspace, &wrong_zone).unwrap_err();
    assert_eq!(error.code, ErrorCode::BadInput);
    assert!(error.message.contains("Mars"), "{}", error.message);
    let zone = ZoneRequest {
        application: "app".to_owned(),
        zone: "Asia/Tokyo".to_owned(),
    };
    let status = workspace::set_zone(&fixture.workspace, &zone).unwrap();
    assert_eq!(status.applications[0].zone, "Asia/Tokyo");
    let request = PeopleRequest {
        application: "other".to_owned(),
        limit: 1,
        ..Default::default()
    };
    let error = person::list(&fixture.workspace, &request).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.message.contains("app"), "{}", error.message);
    assert!(!Path::new("other").exists());
}

#[test]
fn the_rules_page_estimates_a_rebuild_before_the_first_one_and_says_what_an_undo_brings_back() {
    let fixture = Fixture::new(SHOP);
    let request = definition::RulesRequest {
        application: "app".to_owned(),
    };
    let page = definition::rules(&fixture.workspace, &request).unwrap();
    let seconds = page.rebuild_seconds.unwrap();
    assert!(
        (0.0..1.0).contains(&seconds),
        "few events take no time: {seconds}"
    );
    let words: Vec<&str> = page.ranges.iter().map(|range| &*range.words).collect();
    assert_eq!(
        words,
        [
            "1 min to 24 h",
            "0 s to 24 h",
            "1 min to 7 days",
            "0 s to 24 h"
        ]
    );
    let name = &page.definitions[0].name;
    assert_eq!(page.definitions[0].undo, None);
    let apply = definition::ApplyRequest {
        application: "app".to_owned(),
        json: format!(r#"{{"name":"{name}","limits":{{"inactivity_seconds":600}}}}"#),
    };
    let never = Cancel::default();
    let page = definition::apply(&fixture.workspace, &apply, &never, &mut |_| {}).unwrap();
    let undo = page.definitions[0].undo.clone().unwrap();
    let rules = undo.rules.unwrap();
    assert!(rules.starts_with("Visit, 30 min timeout"), "{rules}");
    let back = format!("Back to {rules}, as until ");
    assert!(undo.words.starts_with(&back), "{}", undo.words);
    assert!(page.rebuild_seconds.is_some());
}
