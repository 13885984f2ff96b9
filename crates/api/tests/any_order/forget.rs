//! Somebody who was forgotten was never there, whatever was imported or taken back before and after, and
//! does not come back.

use std::collections::BTreeMap;

use dwell_api::forget::{self, ForgetRequest, Forgetting, Whom};
use dwell_model::time::{parse_text, skew_ms};
use serde_json::Value;

use super::{Cancel, LOCAL, Made, OTHERS, Random, copy_of, event, import, lines};

impl Made {
    fn forget(&self, whom: Whom, id: &str, dry_run: bool) -> Forgetting {
        let request = ForgetRequest {
            application: "app".to_owned(),
            whom,
            id: id.to_owned(),
            dry_run,
        };
        forget::run(&self.workspace, &request, &Cancel::default(), &mut |_| {}).unwrap()
    }

    /// All events as they count.
    fn rows(&self) -> Vec<Row> {
        let request = event::ExportRequest {
            application: "app".to_owned(),
            ..event::ExportRequest::default()
        };
        let mut rows = Vec::new();
        event::export(&self.workspace, &request, |row| {
            rows.push(Row::of(&serde_json::to_value(&row).unwrap()));
            Ok(())
        })
        .unwrap();
        rows
    }

    fn same_as(&self, other: &Self, what: &str) {
        let (found, expected) = (self.answers(), other.answers());
        for (about, expected) in &expected {
            assert_eq!(&found[about], expected, "{what}, {about}");
        }
        self.check(what);
    }
}

/// What decides whose a row is.
#[derive(Clone)]
struct Row {
    id: String,
    name: String,
    user: Option<String>,
    device: Option<String>,
    previous: Option<String>,
    time_ms: i64,
}

impl Row {
    fn of(line: &Value) -> Self {
        let text = |field: &str| line[field].as_str().map(str::to_owned);
        let moment = |field: &str| match &line[field] {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => parse_text(text, dwell_model::Zone::UTC),
            _ => None,
        };
        let skew_ms = skew_ms(moment("received_at"), moment("sent_at"));
        Self {
            id: text("event_id").unwrap(),
            name: text("name").unwrap(),
            user: text("user_id"),
            device: text("device_id"),
            previous: line["properties"]["previous_id"]
                .as_str()
                .map(str::to_owned),
            time_ms: moment("timestamp").unwrap() + skew_ms,
        }
    }
}

/// Which rows go, told a second time: by the rules of sessions, section 7, over all events.
struct Theirs {
    ids: Vec<String>,
    devices: Vec<String>,
    moments: Vec<(String, i64, i64)>,
}

impl Theirs {
    fn of_device(device: &str) -> Self {
        Self {
            ids: Vec::new(),
            devices: vec![device.to_owned()],
            moments: Vec::new(),
        }
    }

    fn of_user(ids: &[String], rows: &[Row]) -> Self {
        let mut streams: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            if let Some(device) = &row.device {
                streams.entry(device).or_default().push(row);
            }
        }
        let mut moments = Vec::new();
        for (device, mut rows) in streams {
            rows.sort_by_key(|row| (row.time_ms, row.name == "reset", &row.id));
            let mut theirs: Vec<bool> = Vec::new();
            let (mut known, mut since): (Option<bool>, usize) = (None, 0);
            for row in &rows {
                if let Some(user) = &row.user {
                    let is_theirs = ids.contains(user);
                    if known.is_none() {
                        theirs[since..].fill(is_theirs);
                    }
                    known = Some(is_theirs);
                }
                theirs.push(known == Some(true));
                if row.name == "reset" {
                    known = None;
                    since = theirs.len();
                }
            }
            if !theirs.contains(&true) {
                continue;
            }
            if theirs.iter().all(|is_theirs| *is_theirs) {
                moments.push((device.to_owned(), i64::MIN, i64::MAX));
                continue;
            }
            // As the stream stands in the file, not by id.
            let mut of_run: Option<(i64, i64)> = None;
            for (row, is_theirs) in rows.iter().zip(&theirs) {
                match (is_theirs, &mut of_run) {
                    (true, Some(run)) => run.1 = row.time_ms,
                    (true, none) => *none = Some((row.time_ms, row.time_ms)),
                    (false, run) => {
                        moments.extend(run.take().map(|run| (device.to_owned(), run.0, run.1)));
                    }
                }
            }
            moments.extend(of_run.map(|run| (device.to_owned(), run.0, run.1)));
        }
        Self {
            ids: ids.to_vec(),
            devices: Vec::new(),
            moments,
        }
    }

    fn hold(&self, row: &Row) -> bool {
        let named = [&row.user, &row.previous];
        named
            .into_iter()
            .flatten()
            .any(|user| self.ids.contains(user))
            || row.device.as_ref().is_some_and(|device| {
                self.devices.contains(device)
                    || (row.user.is_none()
                        && self.moments.iter().any(|(of, from_ms, last_ms)| {
                            of == device && (*from_ms..=*last_ms).contains(&row.time_ms)
                        }))
            })
    }

    /// The lines that stay.
    fn without(&self, file: &[String]) -> Vec<String> {
        let stays = |line: &&String| !self.hold(&Row::of(&serde_json::from_str(line).unwrap()));
        file.iter().filter(stays).cloned().collect()
    }
}

#[test]
fn somebody_forgotten_was_never_there_and_does_not_come_back() {
    let (from, count): (u64, u64) = match std::env::var("DWELL_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (1, 16),
    };
    let mut gone = 0;
    for seed in from..from + count {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let plain = seed.is_multiple_of(2);
        let definitions: &[&str] = if plain { &LOCAL } else { &OTHERS };
        let count = 15 + random.below(40) as usize;
        let mut lines = lines(&mut random, count, plain);
        // Of two rows of one event in one file only one is kept: it has to be the same one for all.
        lines.dedup_by_key(|line| line.split(',').next().unwrap().to_owned());
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
        let removed = random.below(4) as usize;
        let removes_first = random.below(2) == 0;
        if removes_first && removed < 3 {
            made.take_back(removed as i64 + 1);
        }
        let (whom, id) = match random.below(4) {
            0 => (Whom::Device, format!("d{}", random.below(4))),
            _ => (Whom::User, format!("u{}", random.below(4))),
        };
        let what = format!("seed {seed} without {whom:?} {id}");
        let rows = made.rows();
        let before = made.answers();
        let tried = made.forget(whom, &id, true);
        assert_eq!(made.answers(), before, "{what}: only tried");
        let theirs = match whom {
            Whom::User => Theirs::of_user(&tried.ids, &rows),
            Whom::Device => Theirs::of_device(&id),
        };
        let mut forgotten = made.forget(whom, &id, false);
        forgotten.seconds = tried.seconds;
        assert_eq!(forgotten, tried, "{what}: as tried");
        gone += forgotten.events_removed;
        if !removes_first && removed < 3 {
            made.check(&what);
            made.take_back(removed as i64 + 1);
        }
        let mut others = Made::new();
        others.define(definitions);
        let left = (0..3).filter(|index| *index != removed);
        for index in left {
            let stay = theirs.without(&files[index]);
            if !stay.is_empty() {
                others.import(&stay);
            }
        }
        made.same_as(&others, &what);

        // What comes again, and what was never there, is left out.
        for file in &files {
            made.import(file);
            let stay = theirs.without(file);
            if !stay.is_empty() {
                others.import(&stay);
            }
            let row = &import::list(&made.workspace, "app").unwrap()[0];
            assert_eq!(row.forgotten, (file.len() - stay.len()) as u64, "{what}");
        }
        made.same_as(&others, &format!("{what}, imported again"));

        // Somebody may come back.
        forget::allow(&made.workspace, "app", &id).unwrap();
        for import in import::list(&made.workspace, "app").unwrap() {
            made.take_back(import.import_id);
        }
        let mut whole = Made::new();
        whole.define(definitions);
        for file in &files {
            made.import(file);
            whole.import(file);
        }
        made.same_as(&whole, &format!("{what}, allowed again"));
    }
    assert!(count == 1 || gone > 50, "{gone} events");
}
