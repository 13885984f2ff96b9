//! Sessions and people are a pure function of the events: random events imported at once, in any split
//! and any order give the same answers, and what is stored is what a rebuild from nothing makes.
#![expect(
    clippy::unwrap_used,
    reason = "a test, its helpers included, fails by a panic"
)]

mod forget;

use std::collections::{BTreeMap, BTreeSet};

use dwell_api::import::ImportRequest;
use dwell_api::quarantine::{Fix, FixKind, GroupFixes, RetryRequest};
use dwell_api::session::{ListedSession, SessionsRequest};
use dwell_api::{
    Cancel, Workspace, check, definition, derived, event, import, person, quarantine, session,
};
use tempfile::TempDir;

/// Numbers that depend on the seed alone (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for index in (1..list.len()).rev() {
            list.swap(index, self.below(index as u64 + 1) as usize);
        }
    }
}

const MINUTE_MS: i64 = 60_000;
const START_MS: i64 = 1_772_000_000_000;

/// Definitions whose sessions follow from the events around them, so that a batch need not walk all.
const LOCAL: [&str; 7] = [
    r#"{"name":"by-day","limits":{"day_in":"Europe/Rome"}}"#,
    r#"{"name":"preferred","session_ids":"prefer",
        "limits":{"inactivity_seconds":600,"max_length_seconds":3600}}"#,
    r#"{"name":"held","limits":{"inactivity_seconds":600,"max_length_seconds":7200,
        "background_seconds":60,"foreground_holds":true},
        "roles":[{"event":"app_backgrounded","role":"background"},
                 {"event":"app_foregrounded","role":"foreground"}]}"#,
    r#"{"name":"passive","limits":{"inactivity_seconds":900},
        "roles":[{"event":"View","role":"passive"},{"event":"Bet","role":"extend"}]}"#,
    r#"{"name":"by-user","scope":"user","limits":{"inactivity_seconds":600}}"#,
    r#"{"name":"plays","scope":"user","limits":{"inactivity_seconds":300},"default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"},
                 {"event":"SessionStarted","role":"start"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
    r#"{"name":"on-device","limits":{"inactivity_seconds":300},"default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
];

/// Definitions of every other kind.
const OTHERS: [&str; 7] = [
    r#"{"name":"by-day","limits":{"day_in":"Europe/Rome"},"grace_seconds":0}"#,
    r#"{"name":"by-user","scope":"user","limits":{"inactivity_seconds":600},"grace_seconds":3600}"#,
    r#"{"name":"named","session_ids":"trust",
        "limits":{"inactivity_seconds":600,"max_length_seconds":259200}}"#,
    r#"{"name":"preferred","session_ids":"prefer","grace_seconds":1200,
        "limits":{"inactivity_seconds":600,"max_length_seconds":3600}}"#,
    r#"{"name":"plays","scope":"user","limits":{"inactivity_seconds":300},"default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
    r#"{"name":"passive","limits":{"inactivity_seconds":900},"grace_seconds":600,
        "roles":[{"event":"View","role":"passive"},{"event":"Bet","role":"extend"}]}"#,
    r#"{"name":"on-device","limits":{"inactivity_seconds":300},"default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
];

/// Events of a few devices and users, with late arrivals and copies; of `plain` ones each device has one
/// user at most, and none is reset or joined.
fn lines(random: &mut Random, count: usize, plain: bool) -> Vec<String> {
    let lateness = random.below(if plain { 3 } else { 4 });
    let (mut lines, mut time_ms) = (Vec::new(), START_MS);
    for number in 0..count {
        time_ms += match random.below(8) {
            0 => 31 * MINUTE_MS,
            1 => 9 * MINUTE_MS,
            2 => 0,
            3 => 300,
            _ => random.below(4) as i64 * MINUTE_MS,
        };
        let late_ms = match (lateness, random.below(6)) {
            (1, 0) => random.below(40) as i64 * MINUTE_MS,
            (2, 0 | 1) if plain => random.below(20) as i64 * 60 * MINUTE_MS,
            (2, 0 | 1) => random.below(60) as i64 * 60 * MINUTE_MS,
            (3, 0) => 25 * 60 * MINUTE_MS,
            _ => 0,
        };
        let name = match random.below(24) {
            0 | 1 if plain => "View",
            0 => "reset",
            1 => "alias",
            2 => "identify",
            3 => "app_backgrounded",
            4 => "app_foregrounded",
            5 => "SessionStarted",
            6..=9 => "Bet",
            10..=12 => "Win",
            _ => "View",
        };
        let mut fields = vec![
            format!(r#""event_id":"e{number}""#),
            format!(r#""name":"{name}""#),
            format!(r#""timestamp":{time_ms}"#),
        ];
        if late_ms > 0 {
            fields.push(format!(r#""received_at":{}"#, time_ms + late_ms));
        }
        let device = random.below(4);
        let has_user = match plain {
            true => device > 0 && random.below(3) == 0,
            false => name == "alias" || name == "identify" || random.below(3) == 0,
        };
        let has_device = plain || !has_user || random.below(6) != 0;
        if has_user {
            let user = if plain { device / 2 } else { random.below(4) };
            fields.push(format!(r#""user_id":"u{user}""#));
        }
        if has_device {
            fields.push(format!(r#""device_id":"d{device}""#));
        }
        if random.below(4) == 0 {
            fields.push(format!(r#""session_id":"s{}""#, random.below(3)));
        }
        fields.push(match name {
            "alias" => format!(r#""properties":{{"previous_id":"u{}"}}"#, random.below(6)),
            "identify" => format!(
                r#""properties":{{"plan":"p{}","name":"N{number}"}}"#,
                random.below(3)
            ),
            "Bet" | "Win" => format!(
                r#""properties":{{"amount":{}.{},"game":"g{}"}}"#,
                random.below(9),
                random.below(99),
                random.below(2)
            ),
            _ => r#""properties":{}"#.to_owned(),
        });
        if random.below(5) == 0 {
            let version = random.below(3);
            fields.push(format!(
                r#""context":{{"app_version":"{version}","timezone":"Europe/Rome"}}"#
            ));
        }
        let line = format!("{{{}}}", fields.join(","));
        if random.below(30) == 0 {
            // A copy that arrived otherwise, or says something else.
            lines.push(line.replace(
                r#""properties""#,
                &format!(
                    r#""received_at":{},"properties""#,
                    time_ms + random.below(50) as i64 * MINUTE_MS
                ),
            ));
        }
        lines.push(line);
    }
    // A field twice in one line is no event: the first one was meant.
    lines.retain(|line| line.matches("received_at").count() < 2);
    lines
}

struct Made {
    folder: TempDir,
    workspace: Workspace,
    file_count: usize,
}

impl Made {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        Self {
            folder,
            workspace,
            file_count: 0,
        }
    }

    fn define(&self, definitions: &[&str]) {
        for json in definitions {
            let cancel = Cancel::default();
            definition::set(&self.workspace, "app", json, &cancel, &mut |_, _| {}).unwrap();
        }
    }

    fn import(&mut self, lines: &[String]) {
        self.file_count += 1;
        let path = self
            .folder
            .path()
            .join(format!("{}.jsonl", self.file_count));
        std::fs::write(&path, lines.join("\n")).unwrap();
        let request = ImportRequest {
            application: "app".to_owned(),
            path: path.to_string_lossy().into_owned(),
            time_zone: "UTC".to_owned(),
            ..import::ImportRequest::default()
        };
        import::run(&self.workspace, &request, &Cancel::default(), &mut |_| {}).unwrap();
    }

    /// Everything that a person can ask for, without what is of the order of imports: the revisions.
    fn answers(&self) -> BTreeMap<String, Vec<String>> {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in definition::list(&self.workspace, "app").unwrap() {
            let request = SessionsRequest {
                application: "app".to_owned(),
                definition: row.name.clone(),
                with_events: true,
                ..SessionsRequest::default()
            };
            let list = answers.entry(row.name).or_default();
            session::list(&self.workspace, &request, |row: ListedSession| {
                list.push(serde_json::to_string(&row).unwrap());
                Ok(())
            })
            .unwrap();
        }
        let people = answers.entry("people".to_owned()).or_default();
        let everyone = person::PeopleWalk {
            application: "app".to_owned(),
            ..person::PeopleWalk::default()
        };
        person::walk(&self.workspace, &everyone, |row| {
            people.push(serde_json::to_string(&row).unwrap());
            Ok(())
        })
        .unwrap();
        people.sort();
        let request = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        let events = answers.entry("events".to_owned()).or_default();
        event::export(&self.workspace, &request, |row| {
            events.push(serde_json::to_string(&row).unwrap());
            Ok(())
        })
        .unwrap();
        events.sort();
        let told = answers.entry("derived".to_owned()).or_default();
        derived::list(&self.workspace, &request, None, |row| {
            told.push(format!(
                "{} {} {:?}",
                row.event_id, row.time, row.properties
            ));
            Ok(())
        })
        .unwrap();
        answers
    }

    fn take_back(&self, import_id: i64) -> import::ImportRemoval {
        let request = import::ImportRemovalRequest {
            import_id,
            dry_run: false,
        };
        let cancel = Cancel::default();
        import::remove(&self.workspace, &request, &cancel, &mut |_| {}).unwrap()
    }

    /// What is told of the imports, the first one first.
    fn figures(&self) -> Vec<(u64, u64, u64, u64)> {
        let imports = import::list(&self.workspace, "app").unwrap();
        let figures = imports
            .iter()
            .map(|row| (row.read, row.stored, row.duplicates, row.conflicts));
        figures.rev().collect()
    }

    /// Of every gameplay session its id with the definition before it, and the revision of its end.
    fn gameplay_ids(&self) -> Vec<(String, u32)> {
        let request = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        let mut ids = Vec::new();
        derived::list(&self.workspace, &request, Some(i64::MAX), |row| {
            if row.name == "gs_game_session_ended" {
                let id = row.properties.get("gs_gameplay_session_id").unwrap();
                let definition = row.sessions.keys().next().unwrap();
                ids.push((format!("{definition} {}", id.shown()), row.revision));
            }
            Ok(())
        })
        .unwrap();
        ids.sort();
        ids
    }

    fn check(&self, what: &str) {
        let report = check::run(&self.workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
        assert!(report.ok, "{what}: {:?}", report.problems);
    }
}

fn same(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let plain = seed.is_multiple_of(2);
    let definitions: &[&str] = if plain { &LOCAL } else { &OTHERS };
    let count = 15 + random.below(45) as usize;
    let mut lines = lines(&mut random, count, plain);
    let mut whole = Made::new();
    whole.define(definitions);
    whole.import(&lines);
    let expected = whole.answers();
    whole.check(&format!("seed {seed}, at once"));
    for way in [
        "in order, in parts",
        "shuffled, in parts",
        "backwards, one by one",
    ] {
        let mut made = Made::new();
        let defines_first = random.below(2) == 0;
        if defines_first {
            made.define(definitions);
        }
        let part = match way {
            "in order, in parts" => 1 + random.below(20) as usize,
            "shuffled, in parts" => {
                random.shuffle(&mut lines);
                1 + random.below(10) as usize
            }
            _ => {
                lines.reverse();
                1
            }
        };
        for chunk in lines.chunks(part) {
            made.import(chunk);
        }
        if !defines_first {
            made.define(definitions);
        }
        let found = made.answers();
        for (what, expected) in &expected {
            assert_eq!(&found[what], expected, "seed {seed}, {way}, {what}");
        }
        made.check(&format!("seed {seed}, {way}"));
    }
}

#[test]
fn any_order_and_any_split_gives_the_same() {
    let (from, count) = match std::env::var("DWELL_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (1, 16),
    };
    for seed in from..from + count {
        same(seed);
    }
}

/// A copy of an event: the same, arrived otherwise, sent otherwise, with other words, or of another
/// device.
fn copy_of(random: &mut Random, line: &str) -> String {
    let arrival = |ms: i64| format!(r#""received_at":{},"properties""#, START_MS + ms);
    let minutes = random.below(2_000) as i64 * MINUTE_MS;
    match random.below(7) {
        0 if !line.contains("received_at") => line.replace(r#""properties""#, &arrival(minutes)),
        1 if !line.contains("received_at") => line.replace(
            r#""properties""#,
            &format!(
                r#""sent_at":{},{}"#,
                START_MS + minutes - random.below(20) as i64 * MINUTE_MS,
                arrival(minutes)
            ),
        ),
        2 => line
            .replace(r#""properties":{"#, r#""properties":{"more":1.50,"#)
            .replace(",}", "}"),
        3 => line.replace(r#""device_id":"d1""#, r#""device_id":"d2""#),
        4 => line.replace(r#""user_id":"u1""#, r#""user_id":"u0""#),
        _ => line.to_owned(),
    }
}

#[test]
fn an_import_taken_back_was_never_there() {
    let mut kept = 0;
    for seed in 1..=14_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let plain = seed.is_multiple_of(2);
        let definitions: &[&str] = if plain { &LOCAL } else { &OTHERS };
        let count = 15 + random.below(40) as usize;
        let lines = lines(&mut random, count, plain);
        let mut files: [Vec<String>; 3] = Default::default();
        for line in &lines {
            for file in &mut files {
                if random.below(2) == 0 {
                    file.push(copy_of(&mut random, line));
                }
            }
        }
        let mut made = Made::new();
        made.define(definitions);
        for file in &files {
            made.import(file);
        }
        // One after the other goes: what is left is as if only the others had come.
        let gone = random.below(3) as usize;
        let also = (gone + 1 + random.below(2) as usize) % 3;
        for left in [vec![gone], vec![gone, also]] {
            let last = *left.last().unwrap();
            let removal = made.take_back(last as i64 + 1);
            kept += removal.events_kept;
            let mut others = Made::new();
            others.define(definitions);
            for (index, file) in files.iter().enumerate() {
                if !left.contains(&index) {
                    others.import(file);
                }
            }
            let what = format!("seed {seed} without {left:?}");
            let (found, expected) = (made.answers(), others.answers());
            for (about, expected) in &expected {
                assert_eq!(&found[about], expected, "{what}, {about}");
            }
            let (found, expected) = (made.figures(), others.figures());
            for (found, expected) in found.iter().zip(&expected) {
                let but_conflicts = |of: &(u64, u64, u64, u64)| (of.0, of.1, of.2);
                assert_eq!(but_conflicts(found), but_conflicts(expected), "{what}");
            }
            assert_eq!(found.len(), expected.len(), "{what}");
            if left.len() == 2 {
                assert_eq!(found, expected, "{what}");
            }
            made.check(&what);
        }
    }
    assert!(kept > 100, "{kept} events of two imports");
}

/// A line that is no event before its date is read day first, its name is found under another field, or
/// both.
fn broken(random: &mut Random, line: &str) -> String {
    let mut line = line.to_owned();
    let way = random.below(3);
    if way != 1 {
        let from = line.find(r#""timestamp":"#).unwrap() + 12;
        let to = from + line[from..].find(',').unwrap();
        let ms: i64 = line[from..to].parse().unwrap();
        let utc = dwell_model::time::format_utc(ms);
        let (date, clock) = utc.trim_end_matches('Z').split_once('T').unwrap();
        let mut date: Vec<&str> = date.split('-').collect();
        date.reverse();
        line.replace_range(from..to, &format!(r#""{} {clock}""#, date.join("/")));
    }
    if way != 0 {
        line = line.replace(r#""name":""#, r#""event":""#);
        // A person's own name among the properties is none of an event.
        if let Some((event, properties)) = line.split_once(r#""properties""#) {
            let properties = properties.replace(r#""event":""#, r#""name":""#);
            line = format!(r#"{event}"properties"{properties}"#);
        }
    }
    line
}

/// Without some ids that nothing else in the file has, so that they are made of the content; and some of
/// these lines twice. (Of rows that differ in their arrival alone one that is mended has the last id.)
fn without_ids(random: &mut Random, lines: &[String]) -> Vec<String> {
    let id = |line: &String| line[..line.find(',').unwrap()].to_owned();
    let mut all = Vec::new();
    for line in lines {
        let is_alone = lines.iter().filter(|other| id(other) == id(line)).count() == 1;
        if !is_alone || random.below(3) != 0 {
            all.push(line.clone());
            continue;
        }
        let line = line.replacen("event_id", "number", 1);
        if random.below(2) == 0 {
            all.push(line.clone());
        }
        all.push(line);
    }
    all
}

/// Reads all rejected rows of an import again, for each reason it has now; answers how many were mended.
fn mend(made: &Made, import_id: i64) -> u64 {
    let group = |reason: &str, field: &str, fix| GroupFixes {
        reason: reason.to_owned(),
        field: field.to_owned(),
        fixes: vec![fix],
    };
    let mut mended = 0;
    // What was said of a row in the first round holds in the second.
    for _ in 0..2 {
        let request = RetryRequest {
            import_id,
            groups: vec![
                group("bad_time", "timestamp", Fix::of(FixKind::DayFirst)),
                group("no_name", "name", Fix::rename("name", "event")),
            ],
            dry_run: false,
        };
        let retry = quarantine::retry(&made.workspace, &request, &Cancel::default(), &mut |_| {});
        mended += retry.unwrap().mended;
    }
    mended
}

#[test]
fn mended_rows_are_as_if_they_had_been_right_in_their_file() {
    let mut mended = 0;
    for seed in 1..=14_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let plain = seed.is_multiple_of(2);
        let definitions: &[&str] = if plain { &LOCAL } else { &OTHERS };
        let count = 15 + random.below(30) as usize;
        let lines = lines(&mut random, count, plain);
        let mut files: [Vec<String>; 3] = Default::default();
        for line in &lines {
            for file in &mut files {
                if random.below(2) == 0 {
                    file.push(copy_of(&mut random, line));
                }
            }
        }
        let files = files.map(|file| without_ids(&mut random, &file));
        let (mut right, mut made) = (Made::new(), Made::new());
        right.define(definitions);
        made.define(definitions);
        let mut waiting = Vec::new();
        for (file, import_id) in files.iter().zip(1..) {
            right.import(file);
            let break_some = |line: &String| match random.below(3) {
                0 => broken(&mut random, line),
                _ => line.clone(),
            };
            let mut with_faults: Vec<String> = file.iter().map(break_some).collect();
            // One row is good, or nothing is imported.
            with_faults[0].clone_from(&file[0]);
            made.import(&with_faults);
            waiting.push(import_id);
            if random.below(2) == 0 {
                mended += mend(
                    &made,
                    waiting.remove(random.below(waiting.len() as u64) as usize),
                );
            }
        }
        random.shuffle(&mut waiting);
        for import_id in waiting {
            mended += mend(&made, import_id);
        }
        // And so it stays when one of the imports goes.
        for gone in [None, Some(1 + random.below(3) as i64)] {
            for made in [&made, &right] {
                gone.map(|import_id| made.take_back(import_id));
            }
            let what = format!("seed {seed} without {gone:?}");
            let (found, expected) = (made.answers(), right.answers());
            for (about, expected) in &expected {
                assert_eq!(&found[about], expected, "{what}, {about}");
            }
            let but_conflicts = |made: &Made| {
                let figures = made.figures().into_iter();
                figures.map(|of| (of.0, of.1, of.2)).collect::<Vec<_>>()
            };
            assert_eq!(but_conflicts(&made), but_conflicts(&right), "{what}");
            let imports = import::list(&made.workspace, "app").unwrap();
            assert!(imports.iter().all(|row| row.quarantined == 0), "{what}");
            made.check(&what);
        }
    }
    assert!(mended > 200, "{mended} rows mended");
}

/// Bets of users and devices whose ids look like each other's, many in one second.
fn bets(random: &mut Random, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for number in 0..count {
        let time_ms =
            START_MS + random.below(4) as i64 * 30 * MINUTE_MS + random.below(1_600) as i64;
        let mut fields = vec![
            format!(r#""event_id":"e{number}""#),
            r#""name":"Bet""#.to_owned(),
            format!(r#""timestamp":{time_ms}"#),
            format!(
                r#""properties":{{"amount":{},"game":"g{}"}}"#,
                random.below(9),
                random.below(2)
            ),
        ];
        let ids = ["u", "u-2", "u-3", "u-2-2", "v"];
        let mut any = || ids[random.below(5) as usize];
        let (user, device) = (any(), any());
        let owner = random.below(3);
        if owner > 0 {
            fields.push(format!(r#""user_id":"{user}""#));
        }
        if owner < 2 {
            fields.push(format!(r#""device_id":"{device}""#));
        }
        if random.below(9) == 0 {
            let late_ms = random.below(40) as i64 * MINUTE_MS;
            fields.push(format!(r#""received_at":{}"#, time_ms + late_ms));
        }
        lines.push(format!("{{{}}}", fields.join(",")));
    }
    lines
}

#[test]
fn no_two_gameplay_sessions_of_a_definition_have_one_id_and_no_order_changes_whose_it_is() {
    for seed in 1..=12_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let count = 10 + random.below(30) as usize;
        let mut lines = bets(&mut random, count);
        let definitions = [LOCAL[5], LOCAL[6]];
        let mut whole = Made::new();
        whole.define(&definitions);
        whole.import(&lines);
        let ids = whole.gameplay_ids();
        let distinct: BTreeSet<&String> = ids.iter().map(|(id, _)| id).collect();
        assert!(
            !ids.is_empty() && distinct.len() == ids.len(),
            "seed {seed}: {ids:?}"
        );
        let expected = whole.answers();
        whole.check(&format!("seed {seed}, at once"));
        for part in [1, 4] {
            random.shuffle(&mut lines);
            let mut made = Made::new();
            made.define(&definitions);
            for chunk in lines.chunks(part) {
                made.import(chunk);
            }
            let found = made.answers();
            for (what, expected) in &expected {
                assert_eq!(
                    &found[what], expected,
                    "seed {seed}, parts of {part}, {what}"
                );
            }
            made.check(&format!("seed {seed}, parts of {part}"));
        }
    }
}

#[test]
fn a_session_on_another_device_takes_the_plain_id_and_what_was_told_of_the_first_follows() {
    let bet = |id: &str, time_ms: i64, device: &str| {
        format!(
            r#"{{"event_id":"{id}","name":"Bet","timestamp":{time_ms},"user_id":"u","device_id":"{device}"}}"#
        )
    };
    let mut made = Made::new();
    made.define(&[LOCAL[6]]);
    let hour = 60 * MINUTE_MS;
    made.import(&[
        bet("e1", START_MS + 500, "d1"),
        bet("e9", START_MS + hour, "d1"),
    ]);
    let [plain, numbered] =
        ["20260225061320_u", "20260225061320_u-2"].map(|id| format!("on-device {id}"));
    let later = "on-device 20260225071320_u".to_owned();
    assert_eq!(
        made.gameplay_ids(),
        [(plain.clone(), 1), (later.clone(), 1)]
    );
    made.import(&[bet("e2", START_MS, "d2")]);
    assert_eq!(made.gameplay_ids(), [(plain, 1), (numbered, 2), (later, 1)]);
    made.check("after the second device");
}
