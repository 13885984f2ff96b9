//! Sessions by their figures and by day, against the plain list of all of them: random events in random
//! batches, every filter in every order, page after page.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;

use dwell_api::day::{self, DaysRequest};
use dwell_api::import::{self, ImportRequest};
use dwell_api::session::{self, FindSessions, SessionRow, SessionsRequest, StateName};
use dwell_api::{Cancel, Workspace, catalog, check, definition};
use dwell_model::{Value, Zone};
use tempfile::TempDir;

const SEED: u64 = 0x5eed_f168;
/// The evening before clocks go forward in Berlin.
const START_MS: i64 = 1_774_724_400_000;
const MINUTE_MS: i64 = 60_000;

type Takes = fn(&SessionRow) -> bool;
type Figure = fn(&SessionRow) -> i64;

const FILTERS: [(&str, Takes); 13] = [
    ("", |_| true),
    ("duration > 10m", |row| row.duration_ms > 600_000),
    ("duration > 10m and late_count > 0", |row| {
        row.duration_ms > 600_000 && row.late_count > 0
    }),
    ("not (duration > 10m or event_count = 1)", |row| {
        row.duration_ms <= 600_000 && row.event_count != 1
    }),
    ("engaged_ms = 0", |row| row.engaged_ms == 0),
    ("late_born", |row| row.late_born),
    ("late_born = false and state = active", |row| {
        !row.late_born && row.state == StateName::Active
    }),
    ("state in (closed, expired)", |row| {
        row.state != StateName::Active
    }),
    (
        "end_reason = open or start_reason in (first, late)",
        |row| row.end_reason == "open" || ["first", "late"].contains(&&*row.start_reason),
    ),
    ("end_reason != timeout", |row| row.end_reason != "timeout"),
    ("session_number <= 2", |row| {
        row.session_number.unwrap() <= 2
    }),
    ("start_kind = none and ended_at > 2026-03-30", |row| {
        row.start_kind == "none" && row.ended_at > 1_774_821_600_000
    }),
    ("started_at < 2026-03-29T12:00:00Z", |row| {
        row.started_at < 1_774_785_600_000
    }),
];

const ORDERS: [(&str, Figure); 4] = [
    ("", |row| row.started_at),
    ("duration", |row| row.duration_ms),
    ("event_count", |row| i64::from(row.event_count)),
    ("session_number", |row| {
        i64::from(row.session_number.unwrap())
    }),
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn import(workspace: &Workspace, folder: &TempDir, lines: &[String]) {
    let path = folder.path().join("events.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let request = ImportRequest {
        application: "app".to_owned(),
        path: path.to_string_lossy().into_owned(),
        time_zone: "UTC".to_owned(),
        ..ImportRequest::default()
    };
    let row = import::run(workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(row.quarantined, 0);
}

/// An event of one of a few people on one of their devices, at times long after it happened.
fn line(serial: usize, hour: i64, person_count: u64, dice: &mut Dice) -> String {
    let time_ms = START_MS + hour * 60 * MINUTE_MS + dice.below(400) as i64 * MINUTE_MS;
    let person = dice.below(person_count);
    let device = dice.below(2);
    let delay_ms = match dice.below(6) {
        0 => dice.below(50) as i64 * 60 * MINUTE_MS,
        _ => 0,
    };
    let user = match dice.below(3) {
        0 => String::new(),
        _ => format!(r#""user_id":"u{person}","#),
    };
    let name = ["ScreenViewed", "app_foregrounded", "SessionFinished"][dice.below(3) as usize];
    format!(
        r#"{{"event_id":"e{serial}","name":"{name}","timestamp":{time_ms},{user}"device_id":"d{person}-{device}","received_at":{}}}"#,
        time_ms + delay_ms
    )
}

/// All sessions, as the list without a choice tells them.
fn all(workspace: &Workspace, definition: &str) -> Vec<SessionRow> {
    let mut rows = Vec::new();
    let request = SessionsRequest {
        application: "app".to_owned(),
        definition: definition.to_owned(),
        ..SessionsRequest::default()
    };
    session::list(workspace, &request, |listed| {
        rows.push(listed.row);
        Ok(())
    })
    .unwrap();
    rows
}

/// All pages of a choice; adds to `read_count` where everything had to be read.
fn pages(workspace: &Workspace, request: &FindSessions, read_count: &mut usize) -> Vec<SessionRow> {
    let mut request = request.clone();
    let mut rows = Vec::new();
    loop {
        let mut is_read = false;
        let mut hear = |_, _| is_read = true;
        let page = session::page(workspace, &request, &Cancel::default(), &mut hear).unwrap();
        *read_count += usize::from(is_read);
        rows.extend(page.rows);
        request.after = page.next;
        if request.after.is_none() {
            assert_eq!(rows.len() as u64, page.total, "{}", request.filter);
            return rows;
        }
    }
}

fn check_choices(workspace: &Workspace, definition: &str, read_count: &mut usize) {
    let rows = all(workspace, definition);
    for (filter, takes) in FILTERS {
        for (order_by, key) in ORDERS {
            let mut expected: Vec<&SessionRow> = rows.iter().filter(|row| takes(row)).collect();
            expected.sort_by_key(|row| (key(row), row.started_at));
            for (descending, limit) in [(false, 50), (true, 500)] {
                let request = FindSessions {
                    application: "app".to_owned(),
                    definition: definition.to_owned(),
                    filter: filter.to_owned(),
                    order_by: order_by.to_owned(),
                    descending,
                    limit,
                    zone: "Europe/Berlin".to_owned(),
                    ..FindSessions::default()
                };
                let found = pages(workspace, &request, read_count);
                let keys = |row: &SessionRow| (key(row), row.started_at);
                let mut in_order: Vec<_> = expected.iter().map(|row| keys(row)).collect();
                if descending {
                    in_order.reverse();
                }
                let told: Vec<_> = found.iter().map(keys).collect();
                assert_eq!(told, in_order, "{filter} by {order_by}");
                // Those of one rank in any order: each once, and the whole of it.
                let by_id = |rows: Vec<SessionRow>| -> BTreeMap<String, SessionRow> {
                    rows.into_iter()
                        .map(|row| (row.session_id.clone(), row))
                        .collect()
                };
                let wanted = expected.iter().map(|row| (*row).clone()).collect();
                assert_eq!(by_id(found), by_id(wanted), "{filter}");
            }
        }
    }
}

fn middle(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let half = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => None,
        0 => Some((values[half - 1] + values[half]) as f64 / 2.0),
        _ => Some(values[half] as f64),
    }
}

fn check_days(workspace: &Workspace, definition: &str, person_of: impl Fn(&SessionRow) -> String) {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let request = DaysRequest {
        application: "app".to_owned(),
        definition: definition.to_owned(),
        zone: zone.name().to_owned(),
        with_single: true,
        as_of_ms: None,
    };
    let found = day::days(workspace, &request, &Cancel::default(), &mut |_, _| {}).unwrap();
    let rows = all(workspace, definition);
    let (open, closed): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.state == StateName::Active);
    assert_eq!(found.active_count, open.len() as u64);
    let mut days: BTreeMap<i64, Vec<&SessionRow>> = BTreeMap::new();
    for row in closed {
        days.entry(zone.local_date_at(row.started_at))
            .or_default()
            .push(row);
    }
    for told in &found.days {
        let of = days
            .remove(&zone.local_date_at(told.from_ms))
            .unwrap_or_default();
        let mut people: BTreeMap<String, i64> = BTreeMap::new();
        for row in &of {
            *people.entry(person_of(row)).or_default() += row.duration_ms;
        }
        assert_eq!(told.session_count, of.len() as u64, "{}", told.date);
        assert_eq!(told.person_count, people.len() as u64, "{}", told.date);
        assert_eq!(told.duration_ms, people.values().sum::<i64>());
        assert_eq!(
            told.median_person_ms,
            middle(people.into_values().collect())
        );
        let lengths = of.iter().map(|row| row.duration_ms).collect();
        assert_eq!(told.median_session_ms, middle(lengths));
    }
    assert!(days.is_empty(), "every session is in a day");
}

#[test]
fn chosen_sessions_and_days_are_those_of_the_whole_list_after_every_change() {
    println!("seed {SEED:#x}");
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let mut serial = 0;
    let mut lines = |count: usize, hour: i64, people: u64, dice: &mut Dice| -> Vec<String> {
        let all = (0..count).map(|_| {
            serial += 1;
            line(serial, hour, people, dice)
        });
        all.collect()
    };
    import(&workspace, &folder, &lines(350, 0, 40, &mut dice));
    let rules = r#"{"name": "by_user", "scope": "user", "limits": {"inactivity_seconds": 600},
        "grace_seconds": 7200}"#;
    definition::set(&workspace, "app", rules, &Cancel::default(), &mut |_, _| {}).unwrap();
    let mut read_count = 0;
    for (hour, count, people) in [(0, 0, 1), (1, 3, 40), (3, 1, 5), (8, 4, 60), (20, 2, 40)] {
        import(
            &workspace,
            &folder,
            &lines(count.max(1), hour, people, &mut dice),
        );
        for definition in ["visit", "by_user"] {
            check_choices(&workspace, definition, &mut read_count);
        }
        check_days(&workspace, "by_user", |row| row.stream.clone());
        // What is only tried leaves nothing behind.
        let report = check::run(&workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
        assert_eq!(report.problems, [""; 0]);
        let cancel = Cancel::default();
        cancel.cancel();
        let rules = rules.replace("600", "60");
        definition::set(&workspace, "app", &rules, &cancel, &mut |_, _| {}).unwrap_err();
    }
    assert_eq!(
        read_count, 2,
        "each definition is read once, and then what changed of it"
    );
    import(&workspace, &folder, &lines(400, 30, 60, &mut dice));
    for definition in ["visit", "by_user"] {
        check_choices(&workspace, definition, &mut read_count);
    }
    // Other rules are all other sessions.
    let rules = rules.replace("600", "1800");
    definition::set(
        &workspace,
        "app",
        &rules,
        &Cancel::default(),
        &mut |_, _| {},
    )
    .unwrap();
    check_choices(&workspace, "by_user", &mut read_count);
    check_days(&workspace, "by_user", |row| row.stream.clone());
}

#[test]
fn figures_of_gameplay_are_figures_like_the_others() {
    println!("seed {SEED:#x}");
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let rules = r#"{"name": "play", "limits": {"inactivity_seconds": 600}, "gameplay": {
        "bets": ["Bet"], "wins": ["Win"], "bet_amount": ["amount"], "win_amount": ["amount"],
        "game_id": "game"}}"#;
    let mut serial = 0;
    let mut read_count = 0;
    for count in [300, 1, 2, 1] {
        let lines: Vec<String> = (0..count)
            .map(|_| {
                serial += 1;
                let time_ms = START_MS + dice.below(4_000) as i64 * MINUTE_MS;
                let name = ["Bet", "Bet", "Win", "ScreenViewed"][dice.below(4) as usize];
                format!(
                    r#"{{"event_id":"e{serial}","name":"{name}","timestamp":{time_ms},"device_id":"d{}","properties":{{"amount":{}.{},"game":"g{}"}}}}"#,
                    dice.below(9),
                    dice.below(9),
                    dice.below(100),
                    dice.below(3)
                )
            })
            .collect();
        import(&workspace, &folder, &lines);
        if serial == 300 {
            definition::set(&workspace, "app", rules, &Cancel::default(), &mut |_, _| {}).unwrap();
        }
        let number = |row: &SessionRow, name: &str| -> Option<f64> {
            row.metrics.get(name)?.shown().parse().ok()
        };
        let bets = |row: &SessionRow| number(row, "gs_bets_count").unwrap_or(0.0);
        let total = |row: &SessionRow| number(row, "gs_total_bet_amount").unwrap_or(0.0);
        let games = |row: &SessionRow| match row.metrics.get("gs_all_game_ids") {
            Some(Value::List(ids)) => ids.len(),
            _ => 0,
        };
        let mut expected: Vec<SessionRow> = all(&workspace, "play")
            .into_iter()
            .filter(|row| (bets(row) >= 2.0 && total(row) > 5.5) || games(row) == 2)
            .collect();
        assert!(!expected.is_empty());
        expected.sort_by(|a, b| {
            let by_total = total(b).total_cmp(&total(a));
            by_total.then_with(|| b.started_at.cmp(&a.started_at))
        });
        let request = FindSessions {
            application: "app".to_owned(),
            definition: "play".to_owned(),
            filter: "gs_bets_count >= 2 and gs_total_bet_amount > 5.5 or gs_all_game_ids = 2"
                .to_owned(),
            order_by: "gs_total_bet_amount".to_owned(),
            descending: true,
            limit: 20,
            ..FindSessions::default()
        };
        let found = pages(&workspace, &request, &mut read_count);
        let keys = |rows: &[SessionRow]| -> Vec<(String, i64)> {
            rows.iter()
                .map(|row| (format!("{}", total(row)), row.started_at))
                .collect()
        };
        assert_eq!(keys(&found), keys(&expected));
    }
    assert!(
        read_count <= 2,
        "of one event few people's sessions are read again"
    );
}

#[test]
fn what_another_program_wrote_is_read_as_well() {
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.dwell");
    let workspace = Workspace::open(&path).unwrap();
    let lines = |from: usize, dice: &mut Dice| -> Vec<String> {
        (from..from + 30)
            .map(|serial| line(serial, 0, 9, dice))
            .collect()
    };
    import(&workspace, &folder, &lines(0, &mut dice));
    let reading = Workspace::open_read_only(&path).unwrap();
    let mut read_count = 0;
    check_choices(&reading, "visit", &mut read_count);
    import(&workspace, &folder, &lines(100, &mut dice));
    check_choices(&reading, "visit", &mut read_count);
    assert_eq!(read_count, 2);
}

#[test]
fn events_are_counted_by_name_and_application() {
    println!("seed {SEED:#x}");
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let mut lines: Vec<String> = (0..700)
        .map(|serial| line(serial, 0, 30, &mut dice))
        .collect();
    let count = |name: &str, lines: &[String]| {
        let name = format!("\"{name}\"");
        lines.iter().filter(|line| line.contains(&name)).count() as u64
    };
    let names = ["ScreenViewed", "SessionFinished", "app_foregrounded"];
    let expected = names.map(|name| (name.to_owned(), count(name, &lines)));
    import(&workspace, &folder, &lines);
    // Twice is once.
    lines.truncate(50);
    import(&workspace, &folder, &lines);
    let told = |application: &str| -> Vec<(String, u64)> {
        let cancel = Cancel::default();
        let rows = catalog::event_names(&workspace, application, &cancel, &mut |_, _| {}).unwrap();
        assert!(rows.iter().all(|row| row.first_seen <= row.last_seen));
        rows.into_iter()
            .map(|row| (row.name, row.event_count))
            .collect()
    };
    assert_eq!(told("app"), expected);
    let path = folder.path().join("events.jsonl");
    std::fs::write(&path, line(1, 0, 30, &mut dice)).unwrap();
    let request = ImportRequest {
        application: "other".to_owned(),
        path: path.to_string_lossy().into_owned(),
        time_zone: "UTC".to_owned(),
        ..ImportRequest::default()
    };
    import::run(&workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(told("app"), expected);
    assert_eq!(told("other").len(), 1);
    let cancel = Cancel::default();
    cancel.cancel();
    catalog::event_names(&workspace, "app", &cancel, &mut |_, _| {}).unwrap_err();
}

#[test]
fn a_choice_that_is_none_is_refused_and_reading_can_be_cancelled() {
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let lines: Vec<String> = (0..9).map(|serial| line(serial, 0, 9, &mut dice)).collect();
    import(&workspace, &folder, &lines);
    let ask = |filter: &str, order_by: &str, cancel: &Cancel| {
        let request = FindSessions {
            application: "app".to_owned(),
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
            limit: 10,
            ..FindSessions::default()
        };
        session::page(&workspace, &request, cancel, &mut |_, _| {})
    };
    let cancel = Cancel::default();
    cancel.cancel();
    let message = ask("", "", &cancel).unwrap_err().message;
    assert_eq!(message, "Cancelled: nothing was changed.");
    let cancel = Cancel::default();
    for (filter, order_by, part) in [
        (
            "bets > 3",
            "",
            "at character 1: there is no figure “bets”; there are started_at",
        ),
        (
            "duration > 1s and wins > 3",
            "",
            "at character 19: there is no figure “wins”",
        ),
        ("", "state", "no order by “state”"),
        ("", "bets", "no order by “bets”: there is no such figure"),
        ("duration >", "", "at character 11"),
    ] {
        let message = ask(filter, order_by, &cancel).unwrap_err().message;
        assert!(message.contains(part), "{message}");
    }
}
