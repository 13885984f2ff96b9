//! Batches by arrival, some of their events long after the grace: what is stored after each is what
//! all events together make from nothing.

use std::cell::Cell;
use std::io::Cursor;

use dwell_ingest::Source;
use dwell_model::Zone;
use dwell_sessionizer::Before;
use dwell_store::Writer;
use tempfile::TempDir;

use crate::derive::{self, Telling};
use crate::import::{Job, read_into};
use crate::workspace::find_application;
use crate::{ApiError, Cancel, Workspace, check, definition};

/// Walks that went on from where they stood, by what they knew of before.
#[derive(Clone, Copy, Debug, Default)]
struct Resumed {
    /// A stray held all back.
    held: u32,
    /// Nothing came before the first session that could change.
    later: u32,
    /// All was final, and the last row told why the next session starts.
    after_final: u32,
    /// By the events of the final sessions before.
    amid: u32,
}

thread_local! {
    static RESUMED: Cell<Resumed> = Cell::default();
}

/// A walk went on from where it stood.
pub(super) fn note_resumed(before: Before, keeps_first: bool) {
    let mut resumed = RESUMED.get();
    let count = match (before.is_held, keeps_first, before.last_final) {
        (true, ..) => &mut resumed.held,
        (_, true, _) => &mut resumed.later,
        (_, _, Some(_)) => &mut resumed.after_final,
        _ => &mut resumed.amid,
    };
    *count += 1;
    RESUMED.set(resumed);
}

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const START_MS: i64 = 1_772_000_000_000;

const DEFINITIONS: [&str; 8] = [
    r#"{"name":"visit","limits":{"inactivity_seconds":600},"grace_seconds":1800}"#,
    r#"{"name":"by-day","limits":{"day_in":"Europe/Rome"},"grace_seconds":7200}"#,
    r#"{"name":"roles","session_ids":"prefer","grace_seconds":1200,
        "limits":{"inactivity_seconds":600,"max_length_seconds":1800,"background_seconds":60},
        "roles":[{"event":"Start","role":"start"},{"event":"Quit","role":"end"},
                 {"event":"Hide","role":"background"},{"event":"Win","role":"passive"},
                 {"event":"Bet","role":"extend"},{"event":"Ping","role":"ignored"}]}"#,
    r#"{"name":"held","grace_seconds":0,"limits":{"inactivity_seconds":300,
        "max_length_seconds":3600,"foreground_holds":true},
        "roles":[{"event":"Start","role":"foreground"},{"event":"Hide","role":"background"},
                 {"event":"Ping","role":"ignored"}]}"#,
    r#"{"name":"by-user","scope":"user","limits":{"inactivity_seconds":900},"grace_seconds":3600,
        "roles":[{"event":"Win","role":"passive"},{"event":"Start","role":"start"}]}"#,
    r#"{"name":"plays","scope":"user","limits":{"inactivity_seconds":300},"grace_seconds":1800,
        "default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"},
                 {"event":"Quit","role":"end"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
    r#"{"name":"on-device","limits":{"inactivity_seconds":300},"grace_seconds":600,
        "default_role":"ignored",
        "roles":[{"event":"Bet","role":"activity"},{"event":"Win","role":"passive"}],
        "gameplay":{"bets":["Bet"],"wins":["Win"],"bet_amount":["amount"],"win_amount":["amount"],
                    "game_id":"game"}}"#,
    r#"{"name":"named","session_ids":"trust","grace_seconds":1800,
        "limits":{"inactivity_seconds":600,"max_length_seconds":86400}}"#,
];

/// Numbers that depend on the seed alone (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as i64
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }
}

/// Events as lines, in the order of their arrivals: of four devices, two of them one user's, most of
/// them at once, some an hour or a day later, some of them many at a time.
fn lines(random: &mut Random, count: usize) -> Vec<String> {
    let (mut lines, mut now_ms) = (Vec::new(), START_MS);
    let mut past_ms: Vec<i64> = vec![START_MS];
    while lines.len() < count {
        now_ms += match random.below(9) {
            0 => 31 * MINUTE_MS,
            1 => random.below(5 * HOUR_MS),
            2..=4 => random.below(11 * MINUTE_MS),
            _ => random.below(2 * MINUTE_MS),
        };
        let device = random.below(4);
        let (mut time_ms, burst) = match random.below(10) {
            0 => (now_ms - random.below(3 * HOUR_MS), 1),
            1 => (now_ms - random.below(30 * HOUR_MS), 1),
            // Amid what was before, or at its very instant.
            2 => (
                random.one(&past_ms) + random.one(&[0, 0, 1, -1, 400_000]),
                1,
            ),
            3 => (now_ms - random.below(9 * HOUR_MS), 1 + random.below(12)),
            4 => (random.one(&past_ms), 1 + random.below(6)),
            _ => (now_ms - random.below(3) * SECOND_MS, 1),
        };
        let is_at_once = random.below(3) == 0;
        for _ in 0..burst {
            let number = lines.len();
            let name = random.one(&[
                "View", "View", "View", "Bet", "Bet", "Win", "Start", "Hide", "Quit", "Ping",
            ]);
            let mut fields = vec![
                format!(r#""event_id":"{}{number}""#, random.one(&["e", "a", "z"])),
                format!(r#""name":"{name}","timestamp":{time_ms},"received_at":{now_ms}"#),
                format!(r#""device_id":"d{device}""#),
                format!(
                    r#""properties":{{"amount":{}.5,"game":"g{}"}}"#,
                    random.below(9),
                    random.below(2)
                ),
            ];
            if device > 0 && random.below(3) > 0 {
                fields.push(format!(r#""user_id":"u{}""#, device / 2));
            }
            if random.below(4) == 0 {
                fields.push(format!(r#""session_id":"s{}""#, random.below(3)));
            }
            match random.below(9) {
                0..3 => fields.push(format!(
                    r#""context":{{"app_version":"{}","timezone":"Europe/Rome"}}"#,
                    random.below(3)
                )),
                3 => fields.push(r#""context":{"app_version":"9"}"#.to_owned()),
                _ => {}
            }
            lines.push(format!("{{{}}}", fields.join(",")));
            past_ms.push(time_ms);
            time_ms = (time_ms + random.below(7 * MINUTE_MS)).min(now_ms);
            now_ms += i64::from(!is_at_once);
        }
        now_ms += 1;
    }
    lines
}

struct Stage {
    workspace: Workspace,
    _folder: TempDir,
}

impl Stage {
    fn new(definitions: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
        for json in definitions {
            let cancel = Cancel::default();
            definition::set(&workspace, "app", json, &cancel, &mut |_, _| {}).unwrap();
        }
        Self {
            workspace,
            _folder: folder,
        }
    }

    fn import(&self, lines: &[String]) {
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
            now_ms: START_MS + 100_000 * HOUR_MS,
        };
        let row = self
            .workspace
            .store
            .write(|writer| read_into(writer, job, source, &Cancel::default(), &mut |_| {}));
        assert_eq!(row.unwrap().quarantined, 0);
    }

    /// All that is derived is compared with what is made from nothing.
    fn check(&self, note: &str) {
        let report = check::run(&self.workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
        if !report.ok {
            let (stored, made) = self.both();
            let differs = |one: &&String, other: &[String]| !other.contains(one);
            let stored_alone: Vec<_> = stored.iter().filter(|one| differs(one, &made)).collect();
            let made_alone: Vec<_> = made.iter().filter(|one| differs(one, &stored)).collect();
            panic!(
                "{note}: {:?}\nstored {stored_alone:#?}\nmade {made_alone:#?}",
                report.problems
            );
        }
    }

    /// Sessions and strays as they are stored, and as they are made from nothing.
    fn both(&self) -> (Vec<String>, Vec<String>) {
        let all = |writer: &Writer<'_>| {
            let mut all = Vec::new();
            for stored in writer.definitions(1).unwrap() {
                let definition_id = stored.definition_id;
                for owner in writer.owners_of_sessions(definition_id).unwrap() {
                    let strays = writer.strays(definition_id, owner).unwrap();
                    all.push(format!("{} {owner:?} strays {strays:?}", stored.name));
                    let sessions =
                        writer.sessions_of_owner(definition_id, owner, i64::MIN, i64::MAX);
                    let sessions = sessions.unwrap().into_iter();
                    all.extend(sessions.map(|one| format!("{} {one:?}", stored.name)));
                }
            }
            all
        };
        let both = self.workspace.store.rehearse(|writer| {
            let stored = all(writer);
            writer.drop_derived()?;
            let application = find_application(writer, "app")?;
            derive::all(
                writer,
                &application,
                &Telling::nothing_stood(),
                &mut |_, _| Ok(()),
            )?;
            Ok::<_, ApiError>((stored, all(writer)))
        });
        both.unwrap()
    }
}

#[test]
fn batches_by_arrival_change_what_all_events_together_say() {
    let (from, count) = match std::env::var("DWELL_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (1, 16),
    };
    RESUMED.take();
    for seed in from..from + count {
        let mut random = Random((seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let stage = Stage::new(&DEFINITIONS);
        let event_count = 40 + random.below(120) as usize;
        let lines = lines(&mut random, event_count);
        let most = random.one(&[1, 3, 12]);
        let mut rest = &lines[..];
        let mut batch_count = 0;
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(rest.len().min(1 + random.below(most) as usize));
            stage.import(batch);
            rest = more;
            batch_count += 1;
            if batch_count % 7 == 0 {
                stage.check(&format!("DWELL_SEED={seed}, after {batch_count} batches"));
            }
        }
        stage.check(&format!("DWELL_SEED={seed}"));
    }
    let resumed = RESUMED.get();
    println!("{resumed:?}");
    for count_of in [
        resumed.held,
        resumed.later,
        resumed.after_final,
        resumed.amid,
    ] {
        assert!(count == 1 || count_of > 100, "{resumed:?}");
    }
}
