//! What the demo promises: its size, its order, its bytes, and every case that the screens show.
//! Reads the files as an import would; must not know how they are made.
#![expect(clippy::unwrap_used, reason = "a test fails there, as it should")]

mod visits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use dwell_demo::{APPLICATIONS, DemoApplication, ENDS_AT_MS, MALFORMED_ROW_COUNT, lines};
use serde_json::Value;

const DAY_MS: i64 = 86_400_000;
const PHONE_ID: &str = "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2";

/// A line that an import takes.
struct Row {
    line: usize,
    fields: Value,
    /// By the device's clock.
    timestamp_ms: i64,
    received_ms: i64,
    /// The hash of everything but the arrival.
    content: u64,
}

impl Row {
    fn text(&self, key: &str) -> Option<&str> {
        self.fields[key].as_str()
    }

    fn name(&self) -> &str {
        self.text("name").unwrap()
    }

    fn property(&self, key: &str) -> &Value {
        &self.fields["properties"][key]
    }

    /// A field of the context, flat or in a group.
    fn context(&self, group: &str, key: &str) -> Option<&Value> {
        let context = &self.fields["context"];
        context[group].get(key).or_else(|| context.get(key))
    }
}

struct File {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    /// Lines that no import takes, from 1.
    malformed: Vec<usize>,
}

fn application(name: &str) -> &'static DemoApplication {
    APPLICATIONS
        .iter()
        .find(|application| application.name == name)
        .unwrap()
}

fn files() -> &'static [File; 2] {
    static FILES: OnceLock<[File; 2]> = OnceLock::new();
    FILES.get_or_init(|| ["casino", "shop"].map(|name| read(lines(application(name), ENDS_AT_MS))))
}

fn casino() -> &'static File {
    &files()[0]
}

fn shop() -> &'static File {
    &files()[1]
}

fn rows() -> impl Iterator<Item = &'static Row> {
    files().iter().flat_map(|file| &file.rows)
}

fn read(bytes: Vec<u8>) -> File {
    let (mut rows, mut malformed) = (Vec::new(), Vec::new());
    for (index, line) in bytes
        .strip_suffix(b"\n")
        .unwrap()
        .split(|&byte| byte == b'\n')
        .enumerate()
    {
        match row(index + 1, line) {
            Some(row) => rows.push(row),
            None => malformed.push(index + 1),
        }
    }
    File {
        bytes,
        rows,
        malformed,
    }
}

/// `None` where the line breaks a rule of sessions, section 1.
fn row(line: usize, bytes: &[u8]) -> Option<Row> {
    let fields: Value = serde_json::from_slice(bytes).ok()?;
    let name_length = fields["name"].as_str()?.trim().chars().count();
    let received_ms = time_ms(&fields["received_at"])?;
    let timestamp_ms = time_ms(&fields["timestamp"])?;
    let in_time = (315_532_800_000..=received_ms + DAY_MS).contains(&timestamp_ms);
    let of_someone = fields["user_id"].is_string() || fields["device_id"].is_string();
    let properties = fields.get("properties").unwrap_or(&Value::Null);
    let few_keys = properties.as_object().is_none_or(|map| map.len() <= 512);
    let good = (1..=200).contains(&name_length)
        && in_time
        && of_someone
        && few_keys
        && depth(&fields) <= 32;
    good.then_some(Row {
        line,
        fields,
        timestamp_ms,
        received_ms,
        content: content(std::str::from_utf8(bytes).ok()?),
    })
}

fn content(line: &str) -> u64 {
    let (before, after) = line.split_once("\"received_at\":\"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fnv(format!("{before}{after}").as_bytes())
}

fn depth(value: &Value) -> usize {
    value
        .as_object()
        .map_or(0, |map| 1 + map.values().map(depth).max().unwrap_or(0))
}

fn time_ms(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Some(
            chrono::DateTime::parse_from_rfc3339(text)
                .ok()?
                .timestamp_millis(),
        ),
        Value::Number(number) => {
            let number = number.as_i64()?;
            Some(if number < 100_000_000_000 {
                number * 1000
            } else {
                number
            })
        }
        _ => None,
    }
}

/// FNV-1a, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[track_caller]
fn at_least(count: usize, least: usize) {
    assert!(count >= least, "{count}, at least {least} expected");
}

fn named(name: &str) -> usize {
    rows().filter(|row| row.name() == name).count()
}

#[test]
fn the_bytes_are_the_same_everywhere_and_every_time() {
    const CASINO: u64 = 0x1674_1e94_a400_34be;
    const SHOP: u64 = 0x4a60_ee6e_9347_93b0;
    let renew = "the demo's bytes changed: if that was meant, look at the demo in the window and \
                 put the new hashes into this test";
    let hashes = (fnv(&casino().bytes), fnv(&shop().bytes));
    assert_eq!(
        hashes,
        (CASINO, SHOP),
        "{renew}: {:#018x}, {:#018x}",
        hashes.0,
        hashes.1
    );
    assert!(
        lines(application("casino"), ENDS_AT_MS) == casino().bytes,
        "not the same twice"
    );
}

#[test]
fn the_size_is_the_promised_one() {
    let event_count = rows().count();
    assert!(
        (190_000..=210_000).contains(&event_count),
        "{event_count} events"
    );
    let (mut people, mut devices) = (0, 0);
    for file in files() {
        let users: BTreeSet<&str> = file
            .rows
            .iter()
            .filter_map(|row| row.text("user_id"))
            .collect();
        let mut known = BTreeMap::new();
        for row in file.rows.iter() {
            if let Some(device_id) = row.text("device_id") {
                *known.entry(device_id).or_insert(false) |= row.text("user_id").is_some();
            }
        }
        people += users.len() + known.values().filter(|&&known| !known).count();
        devices += known.len();
    }
    assert!(
        (1_950..=2_150).contains(&people),
        "{people} users, unknown devices counted as one"
    );
    assert_eq!(devices, 2_600);
}

#[test]
fn lines_come_in_order_of_arrival_up_to_the_newest_moment() {
    for file in files() {
        assert!(file.rows.is_sorted_by_key(|row| row.received_ms));
        let begins_at_ms = ENDS_AT_MS - 60 * DAY_MS;
        for row in &file.rows {
            assert!(
                (begins_at_ms..ENDS_AT_MS).contains(&row.timestamp_ms),
                "{}",
                row.fields
            );
            assert!(row.received_ms <= ENDS_AT_MS, "{}", row.fields);
        }
        assert!(ENDS_AT_MS - file.rows.last().unwrap().received_ms < 60_000);
        assert!(file.rows[0].timestamp_ms - begins_at_ms < DAY_MS);
    }
    assert_eq!(casino().rows.last().unwrap().received_ms, ENDS_AT_MS);
}

#[test]
fn a_demo_of_another_moment_is_whole_too() {
    // A Sunday in spring, on the day of Europe's clock change.
    let ends_at_ms = 1_774_747_500_000;
    let file = read(lines(application("shop"), ends_at_ms));
    assert_eq!(file.malformed.len(), MALFORMED_ROW_COUNT);
    assert!(
        (80_000..120_000).contains(&file.rows.len()),
        "{}",
        file.rows.len()
    );
    let newest_ms = file.rows.last().unwrap().received_ms;
    assert!((ends_at_ms - 60_000..=ends_at_ms).contains(&newest_ms));
}

#[test]
fn malformed_rows_lie_amid_the_good_ones() {
    for file in files() {
        assert_eq!(
            file.malformed.len(),
            MALFORMED_ROW_COUNT,
            "{:?}",
            file.malformed
        );
        let (first, last) = (file.rows[0].line, file.rows.last().unwrap().line);
        assert!(
            file.malformed
                .iter()
                .all(|line| (first..last).contains(line))
        );
    }
    assert_eq!(2 * MALFORMED_ROW_COUNT, 12);
}

#[test]
fn events_come_late_one_by_one_and_in_whole_visits() {
    let late = |row: &&Row| row.received_ms - row.timestamp_ms >= 1_800_000;
    for file in files() {
        let within_grace = file.rows.iter().filter(late);
        at_least(within_grace.clone().count(), 1_000);
        at_least(
            within_grace
                .filter(|row| row.received_ms - row.timestamp_ms >= DAY_MS)
                .count(),
            100,
        );
        // Late rows of one device next to each other in the file, a hundredth of a second apart.
        let uploads = file.rows.windows(2).filter(|pair| {
            pair.iter().all(|row| late(&row))
                && pair[0].text("device_id") == pair[1].text("device_id")
                && pair[1].received_ms - pair[0].received_ms < 10
        });
        at_least(uploads.count(), 500);
    }
}

#[test]
fn some_events_come_twice_and_a_few_contradict_themselves() {
    for file in files() {
        let mut contents: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut duplicates, mut conflicts) = (0, 0);
        for row in &file.rows {
            let Some(event_id) = row.text("event_id") else {
                continue;
            };
            match contents.get(event_id) {
                None => {
                    contents.insert(event_id, row.content);
                }
                Some(content) if *content == row.content => duplicates += 1,
                Some(_) => conflicts += 1,
            }
        }
        let per_thousand = duplicates * 1000 / file.rows.len();
        assert!((3..=7).contains(&per_thousand), "{duplicates} duplicates");
        assert!((3..=20).contains(&conflicts), "{conflicts} conflicts");
    }
}

#[test]
fn some_events_of_the_web_have_no_id() {
    at_least(
        rows().filter(|row| row.text("event_id").is_none()).count(),
        1_000,
    );
    assert!(
        rows()
            .filter(|row| row.text("event_id").is_none())
            .all(|row| row.text("session_id").is_none())
    );
}

#[test]
fn a_few_clocks_are_wrong_by_minutes_and_by_an_hour() {
    let mut devices: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for row in rows() {
        if let Some(sent_ms) = time_ms(&row.fields["sent_at"]) {
            let skew_minutes = (row.received_ms - sent_ms + 30_000).div_euclid(60_000);
            devices
                .entry(skew_minutes)
                .or_default()
                .insert(row.text("device_id").unwrap());
        }
    }
    for minutes in [-60, -7, 7, 60] {
        at_least(devices[&minutes].len(), 2);
    }
    at_least(devices[&0].len(), 200);
}

#[test]
fn people_sign_in_later_change_and_sign_out() {
    at_least(named("identify"), 2_000);
    at_least(named("reset"), 200);
    at_least(named("CustomPropertyChanged"), 300);
    for file in files() {
        let mut first_is_anonymous: BTreeMap<&str, bool> = BTreeMap::new();
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in &file.rows {
            let Some(device_id) = row.text("device_id") else {
                continue;
            };
            first_is_anonymous
                .entry(device_id)
                .or_insert(row.text("user_id").is_none());
            users
                .entry(device_id)
                .or_default()
                .extend(row.text("user_id"));
        }
        let signed_in_later = users
            .iter()
            .filter(|(device, users)| !users.is_empty() && first_is_anonymous[*device]);
        at_least(signed_in_later.count(), 200);
        at_least(users.values().filter(|users| users.is_empty()).count(), 40);
        at_least(users.values().filter(|users| users.len() == 2).count(), 20);
    }
}

#[test]
fn an_identified_person_has_the_common_traits() {
    for row in rows().filter(|row| row.name() == "identify") {
        for key in ["name", "email", "plan", "country", "signup_date", "locale"] {
            assert!(row.property(key).is_string(), "{key} in {}", row.fields);
        }
        let email = row.property("email").as_str().unwrap();
        assert!(
            email.ends_with("@example.com") || email.ends_with("@example.org"),
            "{email}"
        );
        let (name, host) = email.split_once('@').unwrap();
        assert!(
            name.len() > 4 && host.is_ascii() && name.is_ascii(),
            "{email}"
        );
        // Nobody is identified before they signed up (a day for zones and clocks).
        let day = chrono::DateTime::from_timestamp_millis(row.timestamp_ms + DAY_MS).unwrap();
        let signed_up_on = row.property("signup_date").as_str().unwrap();
        assert!(signed_up_on <= day.date_naive().to_string().as_str());
    }
}

#[test]
fn people_live_in_many_zones_and_scripts() {
    let zone = |row: &Row| {
        row.context("locale", "timezone")?
            .as_str()
            .map(String::from)
    };
    let zones: BTreeSet<String> = rows().filter_map(zone).collect();
    at_least(zones.len(), 20);
    for zone in [
        "Europe/Lisbon",
        "America/Sao_Paulo",
        "Asia/Tokyo",
        "Asia/Kolkata",
        "Asia/Dubai",
    ] {
        assert!(zones.contains(zone), "{zone}");
    }
    let names: BTreeSet<&str> = rows()
        .filter(|row| row.name() == "identify")
        .filter_map(|row| row.property("name").as_str())
        .collect();
    for (script, range) in [
        ("Arabic", '\u{0621}'..='\u{064A}'),
        ("Hebrew", '\u{05D0}'..='\u{05EA}'),
        ("Cyrillic", '\u{0410}'..='\u{044F}'),
        ("Greek", '\u{0391}'..='\u{03C9}'),
        ("Han", '\u{4E00}'..='\u{9FFF}'),
        ("Hangul", '\u{AC00}'..='\u{D7A3}'),
        ("diacritics", '\u{00C0}'..='\u{017E}'),
    ] {
        let count = names
            .iter()
            .filter(|name| name.chars().any(|c| range.contains(&c)))
            .count();
        assert!(count >= 10, "{count} names in {script}");
    }
}

#[test]
fn lifecycle_events_bring_the_whole_context() {
    let lifecycle = [
        "session_started",
        "app_backgrounded",
        "app_foregrounded",
        "session_timeout",
        "app_terminated",
    ];
    for name in lifecycle {
        at_least(named(name), 500);
    }
    for row in rows().filter(|row| lifecycle.contains(&row.name())) {
        for (group, key) in [
            ("device", "device_model"),
            ("device", "os_version"),
            ("app", "app_version"),
            ("screen", "screen_logical_width"),
            ("system", "memory_available"),
            ("locale", "timezone"),
            ("session", "session_reason"),
        ] {
            assert!(
                row.context(group, key).is_some(),
                "{group} {key} in {}",
                row.fields
            );
        }
    }
    let flat = rows().filter(|row| row.fields["context"]["session_reason"].is_string());
    at_least(flat.count(), 100);
}

#[test]
fn devices_are_updated_and_travel() {
    let mut values: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        let Some(device_id) = row.text("device_id") else {
            continue;
        };
        for (group, key) in [
            ("app", "app_version"),
            ("device", "os_version"),
            ("locale", "timezone"),
        ] {
            if let Some(value) = row.context(group, key) {
                values
                    .entry((key, device_id))
                    .or_default()
                    .insert(value.to_string());
            }
        }
    }
    let changing = |key| {
        values
            .iter()
            .filter(|((k, _), seen)| *k == key && seen.len() > 1)
            .count()
    };
    at_least(changing("app_version"), 400);
    at_least(changing("os_version"), 150);
    at_least(changing("timezone"), 15);
}

#[test]
fn the_casino_plays_and_takes_back() {
    for (name, least) in [
        ("Bet", 30_000),
        ("Win", 8_000),
        ("BetWin", 4_000),
        ("BetRollback", 200),
        ("WinRollback", 100),
    ] {
        at_least(named(name), least);
    }
    let bets = || casino().rows.iter().filter(|row| row.name() == "Bet");
    at_least(
        bets()
            .filter(|row| row.property("bonus_bet_amount").is_number())
            .count(),
        500,
    );
    at_least(
        bets()
            .filter(|row| row.property("game_id").is_null())
            .count(),
        100,
    );
    let bet_wins = || casino().rows.iter().filter(|row| row.name() == "BetWin");
    at_least(
        bet_wins()
            .filter(|row| row.property("bet_amount").is_null())
            .count(),
        50,
    );
    let text = String::from_utf8_lossy(&casino().bytes[..200_000]);
    for amount in text.split("\"bet_amount\":").skip(1) {
        let number = amount.split([',', '}']).next().unwrap();
        assert_eq!(number.split_once('.').unwrap().1.len(), 2, "{number}");
    }
}

#[test]
fn the_shop_sells() {
    for (name, least) in [
        ("ProductViewed", 10_000),
        ("SearchPerformed", 3_000),
        ("ItemAddedToCart", 2_000),
        ("CheckoutStarted", 1_000),
        ("PurchaseCompleted", 800),
        ("ScreenViewed", 5_000),
        ("PaywallViewed", 500),
        ("CampaignShown", 500),
        ("PushReceived", 200),
        ("PushOpened", 100),
        // Of the backend: a user, no device.
        ("OrderShipped", 300),
    ] {
        at_least(named(name), least);
    }
    assert!(
        rows()
            .filter(|row| row.name() == "OrderShipped")
            .all(|row| row.text("device_id").is_none() && row.fields["timestamp"].is_i64())
    );
}

#[test]
fn a_catalog_finds_something_to_mend() {
    at_least(named("add_to_wishlist"), 100);
    at_least(named("OnboardingStep1Completed"), 20);
    let discounts = || rows().map(|row| row.property("discount"));
    at_least(discounts().filter(|value| value.is_number()).count(), 100);
    at_least(discounts().filter(|value| value.is_string()).count(), 100);
}

#[test]
fn the_lists_look_alive() {
    for file in files() {
        let active_within = |ms: i64| {
            let recent = file
                .rows
                .iter()
                .filter(|row| row.timestamp_ms >= ENDS_AT_MS - ms);
            recent
                .filter_map(|row| row.text("user_id"))
                .collect::<BTreeSet<_>>()
                .len()
        };
        at_least(active_within(DAY_MS), 100);
        at_least(active_within(1_800_000), 15);
    }
}

#[test]
fn the_evening_of_the_place_is_the_peak() {
    let mut hours = [0; 24];
    for row in rows().filter(|row| row.name() == "session_started") {
        let zone = row.context("locale", "timezone").unwrap().as_str().unwrap();
        let zone: chrono_tz::Tz = zone.parse().unwrap();
        let time = chrono::DateTime::from_timestamp_millis(row.timestamp_ms).unwrap();
        hours[chrono::Timelike::hour(&time.with_timezone(&zone)) as usize] += 1;
    }
    let sum = |range: std::ops::Range<usize>| hours[range].iter().sum::<usize>();
    assert!(
        sum(19..23) > 2 * sum(9..13) && sum(9..13) > 3 * sum(2..6),
        "{hours:?}"
    );
}

#[test]
fn the_star_of_the_casino_is_there_now() {
    let star = || {
        casino()
            .rows
            .iter()
            .filter(|row| row.text("user_id") == Some("u_7f3a91"))
    };
    let devices: BTreeSet<&str> = star().filter_map(|row| row.text("device_id")).collect();
    assert_eq!(devices.len(), 2);
    at_least(star().count(), 2_000);
    let identity = star().find(|row| row.name() == "identify").unwrap();
    assert_eq!(identity.property("name"), "Inês Carvalho");
    assert_eq!(identity.property("email"), "ines.carvalho@example.com");
    let phone =
        star().find(|row| row.context("device", "device_model") == Some(&"iPhone 15".into()));
    assert!(phone.is_some());
    let versions = |group, key| {
        let phone = star().filter(|row| row.text("device_id") == Some(PHONE_ID));
        let seen: Vec<&Value> = phone.filter_map(|row| row.context(group, key)).collect();
        (seen[0].clone(), seen[seen.len() - 1].clone())
    };
    assert_eq!(
        versions("app", "app_version"),
        ("1.9.8".into(), "2.1.0".into())
    );
    assert_eq!(versions("device", "os_version").1, "18.2.0");
    let others = casino().rows.iter().filter(|row| {
        devices.contains(row.text("device_id").unwrap_or_default())
            && row
                .text("user_id")
                .is_some_and(|user_id| user_id != "u_7f3a91")
    });
    assert_eq!(others.count(), 0);
    let late = star().find(|row| {
        row.name() == "PurchaseCompleted" && row.received_ms - row.timestamp_ms > 3 * 3_600_000
    });
    assert_eq!(late.unwrap().property("plan"), "annual");

    let visits = visits::of(&casino().rows);
    let of_star: Vec<_> = visits
        .iter()
        .filter(|visit| devices.contains(visit.device_id.as_str()))
        .collect();
    assert!(
        (180..=240).contains(&of_star.len()),
        "{} sessions",
        of_star.len()
    );
    assert!(of_star.iter().any(|visit| visit.is_open));
    let today_ms = ENDS_AT_MS - ENDS_AT_MS.rem_euclid(DAY_MS);
    at_least(
        of_star
            .iter()
            .filter(|visit| visit.started_ms >= today_ms)
            .count(),
        3,
    );
}

#[test]
fn visits_start_and_end_for_every_reason() {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for visit in files().iter().flat_map(|file| visits::of(&file.rows)) {
        *counts.entry(("start", visit.start_reason)).or_default() += 1;
        *counts.entry(("end", visit.end_reason)).or_default() += 1;
    }
    println!("{counts:?}");
    for (reason, least) in [
        (("start", "first"), 2_600),
        (("start", "forced"), 4_000),
        (("start", "timeout"), 3_000),
        (("start", "ended"), 200),
        (("start", "user_switched"), 30),
        (("start", "max_length"), 4),
        (("end", "timeout"), 6_000),
        (("end", "ended"), 1_500),
        (("end", "user_switched"), 30),
        (("end", "forced"), 50),
        (("end", "max_length"), 4),
        (("end", "open"), 30),
    ] {
        let count = counts.get(&reason).copied().unwrap_or(0);
        assert!(
            count >= least,
            "{reason:?}: {count}, at least {least} expected"
        );
    }
}
