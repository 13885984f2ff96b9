//! The list of people against one made by hand: random people, every needle, page after page.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fmt::Write;

use dwell_api::import::{self, ImportRequest};
use dwell_api::person::{self, PeopleRequest, PersonRow};
use dwell_api::{Cancel, Workspace, check};
use dwell_store::fold::fold;
use tempfile::TempDir;

const SEED: u64 = 0x5eed_9e09;
const NAMES: [&str; 6] = [
    "Inês Carvalho",
    "Anna Schmidt",
    "xa a a",
    "Łukasz an",
    "عمر الفاروق",
    "Schmidt Hanna",
];
const MODELS: [&str; 4] = ["Pixel 8", "iPhone15,3", "SM-Anna", "d1"];
const NEEDLES: [&str; 17] = [
    "a", "a a", "an", "ann", "anna", "anna s", "ines", "u", "u0", "U01", "d-1", "pixel", "com",
    "عمر", "%", "\n", "x@y",
];
const START_MS: i64 = 1_773_100_800_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Who the events tell of: one device each.
struct Somebody {
    id: String,
    name: Option<&'static str>,
    email: String,
    device: String,
    model: Option<&'static str>,
    last_seen_ms: i64,
}

impl Somebody {
    fn roll(number: usize, dice: &mut Dice) -> Self {
        Self {
            id: format!("U{number:02}{:x}", dice.below(4096)),
            name: NAMES.get(dice.below(9) as usize).copied(),
            email: format!("{:x}@y.com", dice.below(256)),
            device: format!("d-{number}{:x}", dice.below(4096)),
            model: MODELS.get(dice.below(6) as usize).copied(),
            last_seen_ms: START_MS,
        }
    }

    /// Is seen once more, at one of few moments of a round; sometimes with another name, or a device
    /// that tells something else.
    fn line(&mut self, round: i64, serial: usize, dice: &mut Dice) -> String {
        let time_ms = START_MS + round * 10_000 + dice.below(6) as i64 * 1_000;
        self.last_seen_ms = self.last_seen_ms.max(time_ms);
        if dice.below(4) == 0 {
            self.name = NAMES.get(dice.below(9) as usize).copied().or(self.name);
            self.model = MODELS.get(dice.below(6) as usize).copied().or(self.model);
        }
        let name = match self.name {
            Some(name) => format!(r#""name":"{name}","#),
            None => String::new(),
        };
        let context = match self.model {
            Some(model) => format!(r#","context":{{"device_model":"{model}"}}"#),
            None => String::new(),
        };
        format!(
            r#"{{"event_id":"e{serial}","name":"identify","timestamp":{time_ms},"user_id":"{}",
"device_id":"{}","properties":{{{name}"email":"{}"}}{context}}}"#,
            self.id, self.device, self.email
        )
        .replace('\n', "")
    }

    /// How well a search fits; `None` where it does not.
    fn rank(&self, needle: &str) -> Option<i64> {
        // Who says no name is shown by the e-mail.
        let name = fold(self.name.unwrap_or(&self.email));
        let id = fold(&self.id);
        let begins = name.starts_with(needle)
            || id.starts_with(needle)
            || name.contains(&format!(" {needle}"));
        let texts = [&*self.email, &*self.device, self.model.unwrap_or("")];
        let holds = |text: &str| fold(text).contains(needle);
        match begins {
            true => Some(0),
            false => (holds(&name) || holds(&id) || texts.into_iter().any(holds)).then_some(1),
        }
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

/// All pages of a search, each of which says how many there are.
fn pages(workspace: &Workspace, search: &str, only_beginning: bool, limit: u32) -> Vec<PersonRow> {
    let (mut after, mut rows, mut total) = (None, Vec::new(), 0);
    loop {
        let request = PeopleRequest {
            application: "app".to_owned(),
            search: search.to_owned(),
            only_beginning,
            after,
            limit,
            ..PeopleRequest::default()
        };
        let page = person::list(workspace, &request).unwrap();
        assert!(rows.is_empty() || total == page.total, "the total stays");
        total = page.total;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            assert_eq!(rows.len() as u64, total, "“{search}”");
            return rows;
        }
    }
}

#[test]
fn a_search_finds_whom_reading_everyone_would_in_the_same_order() {
    println!("seed {SEED:#x}");
    let mut dice = Dice(SEED);
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let mut people: Vec<Somebody> = (0..70).map(|n| Somebody::roll(n, &mut dice)).collect();
    let (mut serial, mut read_count) = (0, 0);
    // Everyone, then a few of them again: what is kept from the searches before must not be told.
    for (round, few) in (0..).zip([1, 7, 20, 30, 9, 5, 2]) {
        let mut lines = Vec::new();
        people.extend((0..few % 4).map(|n| Somebody::roll(n, &mut dice)));
        let first = dice.below(few as u64) as usize;
        for index in (first..people.len()).step_by(few).chain(70..people.len()) {
            serial += 1;
            lines.push(people[index].line(round, serial, &mut dice));
        }
        import(&workspace, &folder, &lines);
        let mut is_read = false;
        let mut hear = |_, _| is_read = true;
        person::prepare_search(&workspace, "app", &Cancel::default(), &mut hear).unwrap();
        read_count += usize::from(is_read);
        for needle in NEEDLES.iter().copied().chain([""]) {
            let folded = fold(needle.trim());
            let mut expected: Vec<_> = people
                .iter()
                .filter_map(|one| match &*folded {
                    "" => Some((0, one)),
                    folded => Some((one.rank(folded)?, one)),
                })
                .map(|(rank, one)| (rank, -one.last_seen_ms, fold(&one.id), &*one.id))
                .collect();
            expected.sort_unstable();
            let begin: Vec<_> = expected.iter().filter(|one| one.0 == 0).cloned().collect();
            for (only_beginning, limit) in [(false, 3), (false, 500), (true, 3), (true, 500)] {
                let found = pages(&workspace, needle, only_beginning, limit);
                let expected = if only_beginning { &begin } else { &expected };
                let mut told = String::new();
                for (row, one) in found.iter().zip(expected) {
                    let _ = writeln!(told, "{} {}", row.person.id, one.3);
                }
                assert_eq!(found.len(), expected.len(), "“{needle}”\n{told}");
                let same = |(row, one): (&PersonRow, &(i64, i64, String, &str))| {
                    row.person.id == one.3 && -row.last_seen_ms == one.1
                };
                let is_same = found.iter().zip(expected).all(same);
                assert!(is_same, "“{needle}” by {limit}\n{told}");
            }
        }
    }
    assert!(
        (1..=4).contains(&read_count),
        "of few changes nobody else is read again"
    );
    // Everyone a second time, without what was kept.
    drop(workspace);
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    person::prepare_search(&workspace, "app", &Cancel::default(), &mut |_, _| {}).unwrap();
    for needle in NEEDLES {
        let found = pages(&workspace, needle, false, 500);
        let begin = pages(&workspace, needle, true, 500);
        assert_eq!(found[..begin.len()], begin[..], "“{needle}”");
    }
    let report = check::run(&workspace, &Cancel::default(), &mut |_, _| {}).unwrap();
    assert_eq!(report.problems, [""; 0]);
}

#[test]
fn whoever_is_joined_is_found_by_all_ids_at_once() {
    let folder = TempDir::new().unwrap();
    let workspace = Workspace::open(&folder.path().join("w.dwell")).unwrap();
    let line = |serial: usize, user: &str, more: &str| {
        let time_ms = START_MS + serial as i64 * 1_000;
        format!(r#"{{"event_id":"e{serial}","timestamp":{time_ms},"user_id":"{user}",{more}}}"#)
    };
    let seen = r#""name":"AppOpened""#;
    import(
        &workspace,
        &folder,
        &[line(1, "carla", seen), line(2, "old-77", seen)],
    );
    let found = |needle: &str| -> Vec<String> {
        let rows = pages(&workspace, needle, false, 500).into_iter();
        rows.map(|row| row.person.id).collect()
    };
    assert_eq!(found("old-77"), ["old-77"]);
    let alias = r#""name":"alias","properties":{"previous_id":"old-77"}"#;
    import(&workspace, &folder, &[line(3, "carla", alias)]);
    let both = found("");
    assert_eq!(both.len(), 1, "they are one");
    for needle in ["old-77", "carla"] {
        assert_eq!(found(needle), both, "“{needle}”");
    }
    // Nobody knows of whoever is new.
    import(&workspace, &folder, &[line(4, "dora", seen)]);
    assert_eq!(found("dora"), ["dora"]);
}
