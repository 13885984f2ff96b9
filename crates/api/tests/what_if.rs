//! What other rules would change, held to what setting them in another workspace of the same events
//! really does.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

use std::collections::{BTreeMap, BTreeSet};

use dwell_api::import::ImportRequest;
use dwell_api::person::{PeopleRequest, PersonKind};
use dwell_api::session::{ListedSession, SessionsRequest};
use dwell_api::what_if::{ExampleChoice, RuleChange, SessionFigures, WhatIf, WhatIfRequest};
use dwell_api::{Cancel, ErrorCode, Workspace, definition, import, person, session, what_if};
use dwell_model::{Definition, Zone};
use tempfile::TempDir;

const ZONE: &str = "Europe/Rome";
const MINUTE_MS: i64 = 60_000;
/// A moment before a change of clocks in Rome.
const START_MS: i64 = 1_774_700_000_000;

/// Definitions of every kind, to be tried against each other.
const DEFINITIONS: [&str; 9] = [
    r#"{"name":"visit","limits":{"inactivity_seconds":1800,"max_length_seconds":86400}}"#,
    r#"{"name":"visit","limits":{"inactivity_seconds":1860},"grace_seconds":0}"#,
    r#"{"name":"visit","limits":{"inactivity_seconds":540},"gap_at_timeout":"same"}"#,
    r#"{"name":"visit","limits":{"day_in":"Europe/Rome"},"grace_seconds":3600}"#,
    r#"{"name":"visit","scope":"user","limits":{"inactivity_seconds":600}}"#,
    r#"{"name":"visit","session_ids":"prefer",
        "limits":{"inactivity_seconds":1800,"max_length_seconds":3600}}"#,
    r#"{"name":"visit","session_ids":"trust",
        "limits":{"inactivity_seconds":600,"max_length_seconds":259200}}"#,
    r#"{"name":"visit","scope":"user","limits":{"inactivity_seconds":300},"default_role":"ignored",
        "roles":[{"event":"Bet","where":[{"property":"amount","operator":"gt","value":3}],
                  "role":"activity"},{"event":"Bet","role":"passive"},
                 {"event":"Back","role":"end"}]}"#,
    r#"{"name":"visit","limits":{"inactivity_seconds":1800,"background_seconds":60},
        "roles":[{"event":"Back","role":"background"},{"event":"View","role":"extend"},
                 {"event":"SessionStarted","role":"start"}]}"#,
];

/// Numbers that depend on the seed alone (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// One event as it is imported.
#[derive(Clone)]
struct Line {
    id: String,
    time_ms: i64,
    arrival_ms: i64,
    json: String,
}

/// Events of a few devices and users, with equal times, late arrivals, resets and aliases.
fn lines(random: &mut Random, count: u64) -> Vec<Line> {
    let lateness = random.below(3);
    let mut time_ms = START_MS;
    let line = |number: u64| {
        time_ms += match random.below(9) {
            0 => 31 * MINUTE_MS,
            1 => 9 * MINUTE_MS,
            2 | 3 => 0,
            4 => 6 * 60 * MINUTE_MS,
            _ => random.below(6) as i64 * 20_000,
        };
        let arrival_ms = time_ms
            + match (lateness, random.below(6)) {
                (0, _) => 0,
                (1, 0) => 45 * MINUTE_MS,
                (2, 0) => random.below(60) as i64 * 60 * MINUTE_MS,
                _ => 900,
            };
        let id = format!("e{}", (number * 7_919) % 1_000);
        let name = match random.below(30) {
            0 => "reset",
            1 => "alias",
            2 => "identify",
            _ => random.of(&["View", "Bet", "Bet", "Back", "SessionStarted", "Click"]),
        };
        let user = format!("u{}", random.below(4));
        let device = match random.below(4) {
            0 => String::new(),
            _ => format!(r#","device_id":"d{}""#, random.below(3)),
        };
        let user = match (device.is_empty(), name, random.below(3)) {
            (false, "reset", _) | (false, "View" | "Bet" | "Click" | "Back", 1 | 2) => {
                String::new()
            }
            _ => format!(r#","user_id":"{user}""#),
        };
        let source = match random.below(3) {
            0 => format!(r#","session_id":"s{}""#, random.below(4)),
            _ => String::new(),
        };
        let json = format!(
            r#"{{"event_id":"{id}","name":"{name}","timestamp":{time_ms},"received_at":{arrival_ms}{user}{device}{source},"properties":{{"amount":{},"previous_id":"u{}"}}}}"#,
            random.below(8),
            random.below(4),
        );
        Line {
            id,
            time_ms,
            arrival_ms,
            json,
        }
    };
    (0..count).map(line).collect()
}

struct Fixture {
    folder: TempDir,
    workspace: Workspace,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        Self { folder, workspace }
    }

    fn of(lines: &[Line], rules: &str) -> Self {
        let fixture = Self::new();
        fixture.import(lines);
        fixture.set(rules);
        fixture
    }

    fn import(&self, lines: &[Line]) {
        let path = self.folder.path().join("events.jsonl");
        let json: Vec<&str> = lines.iter().map(|line| &*line.json).collect();
        std::fs::write(&path, json.join("\n")).unwrap();
        let request = ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "UTC".to_owned(),
            ..import::ImportRequest::default()
        };
        let row = import::run(&self.workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!((row.quarantined, row.duplicates), (0, 0));
    }

    fn set(&self, rules: &str) {
        let cancel = Cancel::default();
        definition::set(&self.workspace, "app", rules, &cancel, &mut |_, _| {}).unwrap();
    }

    fn ask(&self, rules: &str, examples: ExampleChoice) -> dwell_api::Result<WhatIf> {
        what_if::show(
            &self.workspace,
            &request(rules, examples),
            &Cancel::default(),
        )
    }

    fn change(&self, rules: &str) -> RuleChange {
        let answer = self.ask(rules, ExampleChoice::Most).unwrap();
        assert_eq!(answer.problem, None);
        answer.change.unwrap()
    }

    fn list(&self, user: Option<String>) -> Vec<ListedSession> {
        let request = SessionsRequest {
            application: "app".to_owned(),
            definition: "visit".to_owned(),
            user,
            device: None,
            from_ms: None,
            to_ms: None,
            as_of_ms: None,
            with_events: true,
            ..SessionsRequest::default()
        };
        let mut rows = Vec::new();
        session::list(&self.workspace, &request, |row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
        rows
    }

    /// Every session with its person.
    fn sessions(&self) -> Vec<(String, ListedSession)> {
        let request = PeopleRequest {
            application: "app".to_owned(),
            limit: 500,
            ..PeopleRequest::default()
        };
        let people = person::list(&self.workspace, &request).unwrap().rows;
        let mut persons = BTreeMap::new();
        for row in people
            .iter()
            .filter(|row| row.person.kind == PersonKind::User)
        {
            for session in self.list(Some(row.person.id.clone())) {
                persons.insert(session.row.session_id, row.person.id.clone());
            }
        }
        let all = self.list(None).into_iter();
        all.map(|session| {
            let person = persons.get(&session.row.session_id).cloned();
            let anonymous = || format!("on {}", session.row.device_id.as_ref().unwrap());
            (person.unwrap_or_else(anonymous), session)
        })
        .collect()
    }
}

fn request(rules: &str, examples: ExampleChoice) -> WhatIfRequest {
    WhatIfRequest {
        application: "app".to_owned(),
        definition: String::new(),
        json: rules.to_owned(),
        examples,
        zone: ZONE.to_owned(),
    }
}

type Sessions = [(String, ListedSession)];

fn events(session: &(String, ListedSession)) -> BTreeSet<&str> {
    let ids = session.1.event_ids.as_ref().unwrap();
    ids.iter().map(|id| &**id).collect()
}

/// The figures of one definition, from the list of its sessions.
fn figures(lines: &[Line], sessions: &Sessions, rules: &str) -> SessionFigures {
    let zone = Zone::parse(ZONE).unwrap();
    let late_after_ms = Definition::from_json(rules).unwrap().late_after_ms();
    let is_late = |line: &&Line| line.arrival_ms - line.time_ms >= late_after_ms;
    let late: BTreeSet<&str> = lines.iter().filter(is_late).map(|line| &*line.id).collect();
    let mut lengths: Vec<i64> = sessions.iter().map(|(_, of)| of.row.duration_ms).collect();
    lengths.sort_unstable();
    let count = lengths.len();
    let days: BTreeSet<_> = sessions
        .iter()
        .map(|(person, of)| (person, zone.local_date_at(of.row.started_at)))
        .collect();
    let attached = sessions.iter().filter(|(_, of)| !of.row.late_born);
    SessionFigures {
        session_count: count as u64,
        median_length_ms: (count > 0)
            .then(|| (lengths[(count - 1) / 2] + lengths[count / 2]).div_euclid(2)),
        sessions_per_person_day: (count > 0).then(|| count as f64 / days.len() as f64),
        one_event_count: sessions
            .iter()
            .filter(|(_, of)| of.row.event_count == 1)
            .count() as u64,
        late_count: late.len() as u64,
        late_attached_count: attached
            .map(|session| events(session).intersection(&late).count() as u64)
            .sum(),
    }
}

/// same, split, merged, otherwise, by sets of events.
fn fates(now: &Sessions, tried: &Sessions) -> [u64; 4] {
    let now: Vec<_> = now.iter().map(events).collect();
    let tried: Vec<_> = tried.iter().map(events).collect();
    let mut counts = [0; 4];
    for own in &now {
        let others: Vec<_> = tried
            .iter()
            .filter(|other| !other.is_disjoint(own))
            .collect();
        let union: BTreeSet<&str> = others
            .iter()
            .flat_map(|other| other.iter().copied())
            .collect();
        let fate = match others[..] {
            [only] if only == own => 0,
            [_, _, ..] if union == *own => 1,
            [only] if only.is_superset(own) => {
                let parts = now.iter().filter(|part| !part.is_disjoint(only));
                let parts: Vec<_> = parts.collect();
                let sum: usize = parts.iter().map(|part| part.len()).sum();
                let are_whole = parts.iter().all(|part| part.is_subset(only));
                if are_whole && sum == only.len() { 2 } else { 3 }
            }
            _ => 3,
        };
        counts[fate] += 1;
    }
    counts
}

/// People with a session that the other side does not have: its events, from when, to when.
fn changed_people(now: &Sessions, tried: &Sessions) -> u64 {
    let keys = |sessions: &Sessions| -> BTreeSet<(String, String, i64, i64)> {
        let key = |session: &(String, ListedSession)| {
            let events: Vec<_> = events(session).into_iter().collect();
            let row = &session.1.row;
            (
                session.0.clone(),
                events.join(" "),
                row.started_at,
                row.ended_at,
            )
        };
        sessions.iter().map(key).collect()
    };
    let (now, tried) = (keys(now), keys(tried));
    let changed: BTreeSet<_> = now
        .symmetric_difference(&tried)
        .map(|(person, ..)| person)
        .collect();
    changed.len() as u64
}

#[test]
fn what_is_promised_is_what_setting_the_definition_does() {
    let mut seen = [0; 4];
    for seed in 1..=14_u64 {
        println!("seed {seed}");
        let mut random = Random(seed * 0x9e37_79b9);
        let all = lines(&mut random, 90);
        let used = random.of(&DEFINITIONS);
        let first = Fixture::of(&all[..60], used);
        let second = Fixture::of(&all[..60], used);
        // The rest comes after a first try, which must not answer for it.
        for lines in [&all[..60], &all[..]] {
            if lines.len() == all.len() {
                first.import(&all[60..]);
                second.import(&all[60..]);
            }
            second.set(used);
            let now = second.sessions();
            for _ in 0..3 {
                let rules = random.of(&DEFINITIONS);
                println!("{used}\n{rules}");
                second.set(rules);
                let tried = second.sessions();
                let change = first.change(rules);
                assert_eq!(change.event_count, lines.len() as u64);
                assert_eq!(change.now, figures(lines, &now, used));
                assert_eq!(change.tried, figures(lines, &tried, rules));
                let fates = fates(&now, &tried);
                let told = [change.same, change.split, change.merged, change.otherwise];
                assert_eq!(told, fates);
                if used == rules {
                    assert_eq!(told, [now.len() as u64, 0, 0, 0]);
                }
                let by_person = changed_people(&now, &tried);
                assert_eq!(change.changed_person_count, by_person);
                assert_eq!(change.examples.is_empty(), change.changed_person_count == 0);
                for (sum, count) in seen.iter_mut().zip(fates) {
                    *sum += count;
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn the_curve_says_what_setting_each_timeout_alone_does() {
    for seed in 1..=6_u64 {
        println!("seed {seed}");
        let mut random = Random(seed * 0x51ed_270b);
        let (mut time_ms, mut all) = (START_MS, Vec::new());
        for number in 0..120 {
            time_ms += random.below(2_000).pow(2) as i64;
            if random.below(4) == 0 {
                // Exactly on a timeout.
                time_ms += random.below(60) as i64 * MINUTE_MS - time_ms % MINUTE_MS;
            }
            let (name, device) = (random.of(&["A", "E", "P", "I"]), random.below(3));
            all.push(Line {
                id: format!("e{number}"),
                time_ms,
                arrival_ms: time_ms,
                json: format!(
                    r#"{{"event_id":"e{number}","name":"{name}","timestamp":{time_ms},"device_id":"d{device}","user_id":"u{}"}}"#,
                    device / 2,
                ),
            });
        }
        for (scope, gap) in [("device", "new"), ("user", "new"), ("device", "same")] {
            let rules = |seconds: i64| {
                format!(
                    r#"{{"name":"visit","scope":"{scope}","gap_at_timeout":"{gap}",
                    "limits":{{"inactivity_seconds":{seconds}}},"roles":[
                    {{"event":"E","role":"extend"}},{{"event":"P","role":"passive"}},
                    {{"event":"I","role":"ignored"}}]}}"#
                )
            };
            let fixture = Fixture::of(&all, &rules(1_801));
            let curve = fixture.change(&rules(2_222)).curve;
            let timeouts: Vec<i64> = curve.iter().map(|point| point.timeout_seconds).collect();
            assert!(timeouts.is_sorted() && (100..=130).contains(&timeouts.len()));
            assert_eq!((timeouts[0], timeouts.last()), (60, Some(&86_400)));
            assert!(timeouts.contains(&1_801) && timeouts.contains(&2_222));
            for point in curve.iter().step_by(13) {
                fixture.set(&rules(point.timeout_seconds));
                let count = fixture.list(None).len() as u64;
                assert_eq!(point.session_count, count, "{scope} {gap} {point:?}");
            }
        }
    }
}

/// A day with one session, and one that is under way at midnight.
fn two_days() -> Vec<Line> {
    let line = |(number, (minute, device)): (usize, &(i64, &str))| {
        let time_ms = 1_773_100_800_000 + minute * MINUTE_MS;
        Line {
            id: format!("e{number}"),
            time_ms,
            arrival_ms: time_ms,
            json: format!(
                r#"{{"event_id":"e{number}","name":"A","timestamp":{time_ms},"device_id":"{device}"}}"#
            ),
        }
    };
    // 2026-03-10 00:00 UTC is 01:00 in Rome.
    let minutes = [
        (600, "d1"),
        (617, "d1"),
        (635, "d1"),
        (640, "d1"),
        (1_370, "d2"),
        (1_390, "d2"),
        (100, "d3"),
        (105, "d3"),
    ];
    minutes.iter().enumerate().map(line).collect()
}

#[test]
fn an_example_shows_the_day_and_says_why_with_its_numbers() {
    let fixture = Fixture::of(&two_days(), DEFINITIONS[0]);
    let shorter = r#"{"name":"visit","limits":{"inactivity_seconds":900}}"#;
    let change = fixture.change(shorter);
    assert_eq!((change.person_count, change.changed_person_count), (3, 2));
    assert_eq!((change.same, change.split), (1, 2));
    let [first, second] = &change.examples[..] else {
        panic!("{:?}", change.examples);
    };
    assert_eq!((&*first.person.id, &*first.date), ("d1", "2026-03-10"));
    assert_eq!(
        first.why,
        "Two pauses of 17 and 18 min split 1 session into 3"
    );
    assert_eq!((first.now.len(), first.tried.len()), (1, 3));
    assert_eq!(
        (first.from_ms, first.to_ms),
        (1_773_097_200_000, 1_773_183_600_000)
    );
    // From 23:50 to 00:10 in Rome: it belongs to the day of its start and is cut at that day's end.
    assert_eq!((&*second.person.id, &*second.date), ("d2", "2026-03-10"));
    assert_eq!(second.why, "A pause of 20 min splits 1 session into 2");
    assert_eq!(second.now[0].to_ms, second.to_ms);
    assert_eq!(second.tried.len(), 1);

    // The other way round.
    fixture.set(shorter);
    let change = fixture.change(DEFINITIONS[0]);
    assert_eq!((change.same, change.merged), (1, 5));
    assert_eq!(
        change.examples[0].why,
        "Two pauses of 17 and 18 min no longer part 3 sessions"
    );

    fixture.set(DEFINITIONS[0]);
    let by_day = r#"{"name":"visit","limits":{"inactivity_seconds":1800,"day_in":"Europe/Rome"}}"#;
    let change = fixture.change(by_day);
    assert_eq!(change.examples[0].why, "Split at 00:10: a new day begins");
    assert_eq!(change.examples[0].date, "2026-03-10");

    let nothing =
        r#"{"name":"visit","limits":{"inactivity_seconds":1800},"default_role":"ignored"}"#;
    let change = fixture.change(nothing);
    assert_eq!((change.otherwise, change.tried.session_count), (3, 0));
    assert_eq!(change.tried.median_length_ms, None);
    assert_eq!(change.tried.sessions_per_person_day, None);
    assert_eq!(
        change.examples[0].why,
        "2 events are left without a session"
    );
}

#[test]
fn time_in_the_background_is_told_as_such() {
    let line = |(number, (second, name)): (usize, &(i64, &str))| {
        let time_ms = 1_773_100_800_000 + second * 1_000;
        Line {
            id: format!("e{number}"),
            time_ms,
            arrival_ms: time_ms,
            json: format!(
                r#"{{"event_id":"e{number}","name":"{name}","timestamp":{time_ms},"device_id":"d"}}"#
            ),
        }
    };
    let seconds = [(0, "A"), (60, "Back"), (257, "A")];
    let lines: Vec<Line> = seconds.iter().enumerate().map(line).collect();
    let rules = |background: i64| {
        format!(
            r#"{{"name":"visit","limits":{{"inactivity_seconds":1800,
            "background_seconds":{background}}},"roles":[{{"event":"Back","role":"background"}}]}}"#
        )
    };
    let fixture = Fixture::of(&lines, &rules(300));
    let why = |rules: &str| fixture.change(rules).examples[0].why.clone();
    assert_eq!(
        why(&rules(180)),
        "Split at 01:04: 3 min 17 s in the background is now over the limit"
    );
    fixture.set(&rules(180));
    assert_eq!(
        why(&rules(300)),
        "Joined at 01:04: 3 min 17 s in the background is now within the limit"
    );
}

#[test]
fn random_examples_are_the_same_for_the_same_events() {
    let mut random = Random(7);
    let all = lines(&mut random, 90);
    let of = |fixture: &Fixture| {
        let answer = fixture.ask(DEFINITIONS[0], ExampleChoice::Random).unwrap();
        answer.change.unwrap().examples
    };
    let first = Fixture::of(&all, DEFINITIONS[0]);
    let examples = of(&first);
    assert!(examples.len() > 2);
    assert!(examples.iter().all(|example| example.why == "No change"));
    assert_eq!(of(&first), examples);
    // Other numbers of people inside.
    let mut turned = all;
    turned.reverse();
    assert_eq!(of(&Fixture::of(&turned, DEFINITIONS[0])), examples);
    // Which people are shown does not depend on what is tried.
    let tried = first.ask(DEFINITIONS[2], ExampleChoice::Random).unwrap();
    let people = |examples: &[what_if::ExampleDay]| -> Vec<_> {
        examples
            .iter()
            .map(|example| example.person.clone())
            .collect()
    };
    assert_eq!(people(&tried.change.unwrap().examples), people(&examples));
}

#[test]
fn a_wrong_definition_is_an_answer_that_names_the_field() {
    let fixture = Fixture::of(&two_days(), DEFINITIONS[0]);
    let wrong = r#"{"name":"visit","limits":{"inactivity_seconds":59}}"#;
    let answer = fixture.ask(wrong, ExampleChoice::Most).unwrap();
    let problem = answer.problem.unwrap();
    assert_eq!(problem.path, "limits.inactivity_seconds");
    assert!(problem.problem.contains("60 to 86,400"), "{problem:?}");
    assert_eq!(answer.change, None);
    let answer = fixture.ask("{", ExampleChoice::Most).unwrap();
    assert!(answer.problem.unwrap().problem.contains("not valid JSON"));
}

#[test]
fn what_does_not_exist_is_an_error() {
    type Change<'a> = &'a dyn Fn(&mut WhatIfRequest);
    let fixture = Fixture::of(&two_days(), DEFINITIONS[0]);
    let ask = |change: Change<'_>| {
        let mut request = request(DEFINITIONS[2], ExampleChoice::Most);
        change(&mut request);
        what_if::show(&fixture.workspace, &request, &Cancel::default()).map_err(|error| error.code)
    };
    assert!(ask(&|_| {}).is_ok());
    let cases: [(Change<'_>, ErrorCode); 3] = [
        (
            &|request| request.application = "b".into(),
            ErrorCode::NotFound,
        ),
        (
            &|request| request.definition = "b".into(),
            ErrorCode::NotFound,
        ),
        (&|request| request.zone = "b".into(), ErrorCode::BadInput),
    ];
    for (change, expected) in cases {
        assert_eq!(ask(change), Err(expected));
    }
}

#[test]
fn an_application_without_events_has_no_sessions_either_way() {
    let fixture = Fixture::new();
    fixture.set(DEFINITIONS[0]);
    let change = fixture.change(DEFINITIONS[2]);
    assert_eq!((change.event_count, change.person_count), (0, 0));
    assert_eq!(
        (change.now.session_count, change.tried.session_count),
        (0, 0)
    );
    assert_eq!(change.now.median_length_ms, None);
    assert!(change.examples.is_empty());
    assert!(change.curve.iter().all(|point| point.session_count == 0));
}

#[test]
fn a_try_that_is_cancelled_leaves_nothing_and_the_next_one_is_whole() {
    let all = lines(&mut Random(11), 90);
    let fixture = Fixture::of(&all, DEFINITIONS[0]);
    let cancel = Cancel::default();
    cancel.cancel();
    let request = request(DEFINITIONS[2], ExampleChoice::Most);
    let error = what_if::show(&fixture.workspace, &request, &cancel).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    let before = fixture.list(None);
    let mut change = fixture.change(DEFINITIONS[2]);
    let mut fresh = Fixture::of(&all, DEFINITIONS[0]).change(DEFINITIONS[2]);
    (change.seconds, fresh.seconds) = (0.0, 0.0);
    assert_eq!(change, fresh);
    assert_eq!(fixture.list(None), before);
}

#[test]
fn other_applications_do_not_count() {
    let fixture = Fixture::of(&two_days(), DEFINITIONS[0]);
    let path = fixture.folder.path().join("other.jsonl");
    std::fs::write(
        &path,
        r#"{"name":"A","timestamp":1773100800000,"user_id":"u"}"#,
    )
    .unwrap();
    let other = ImportRequest {
        application: "other".to_owned(),
        path: path.to_string_lossy().into_owned(),
        time_zone: "UTC".to_owned(),
        ..import::ImportRequest::default()
    };
    import::run(&fixture.workspace, &other, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(fixture.change(DEFINITIONS[2]).event_count, 8);
    let mut request = request(DEFINITIONS[2], ExampleChoice::Most);
    request.application = "other".to_owned();
    let answer = what_if::show(&fixture.workspace, &request, &Cancel::default()).unwrap();
    assert_eq!(answer.change.unwrap().event_count, 1);
    assert_eq!(fixture.change(DEFINITIONS[2]).event_count, 8);
}
