//! The events that are measured with: what a real application sends, made from a seed.
//!
//! Few users do most (their activity falls like 1 / rank), each with 1 to 3 devices; sessions with
//! long-tailed pauses in and between them, in the hours of the day that people are awake; shopping
//! and, with a third of the users, betting. 2 % arrive late, 0.5 % twice, and lines stand in the
//! order of arrival. A line has about 466 bytes. Must not know what is measured.

use std::io::{self, Write};

use dwell_model::time::format_utc;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The first instant: 2025-03-01 UTC.
const FIRST_MS: i64 = 1_740_787_200_000;
const DAYS: i64 = 90;
/// So many events a user on average.
const EVENTS_A_USER: u64 = 50;
/// Copies of events that came before, of a thousand.
const COPIES_PER_MILLE: u64 = 5;

/// Names of events, in the order of [`Event::name`].
pub(crate) const NAMES: [&str; 15] = [
    "AppOpened",
    "AppForegrounded",
    "AppBackgrounded",
    "ScreenViewed",
    "ProductViewed",
    "SearchPerformed",
    "ItemAddedToCart",
    "CheckoutStarted",
    "PurchaseCompleted",
    "PaywallViewed",
    "TrialStarted",
    "PushOpened",
    "Bet",
    "Win",
    "Rollback",
];
const OPENED: u8 = 0;
const FOREGROUNDED: u8 = 1;
const BACKGROUNDED: u8 = 2;
const SCREEN: u8 = 3;
const BET: u8 = 12;
const WIN: u8 = 13;
const ROLLBACK: u8 = 14;
/// How often each of the names from [`SCREEN`] on comes while somebody browses.
const BROWSING: [u64; 9] = [45, 22, 10, 7, 3, 2, 5, 1, 5];
const SCREENS: [&str; 10] = [
    "home",
    "catalog",
    "product",
    "cart",
    "checkout",
    "profile",
    "settings",
    "offers",
    "inbox",
    "search_results",
];
const SOURCES: [&str; 5] = ["search_results", "push", "deeplink", "organic", "banner"];
const CATEGORIES: [&str; 6] = ["shoes", "books", "garden", "kitchen", "audio", "travel"];
const QUERIES: [&str; 6] = [
    "running shoes",
    "usb c cable",
    "gift card",
    "board game",
    "desk lamp",
    "café crème",
];
const GAMES: [&str; 8] = [
    "WILD BANDIT",
    "MAHJONG WAYS",
    "STARLIGHT PRINCESS 1000",
    "BOOK OF DEAD",
    "CRASH ROCKET",
    "ROULETTE LIVE",
    "FRUIT PARTY",
    "BIG BASS SPLASH",
];
/// Kind of device, system and its version.
const SYSTEMS: [(&str, &str, &str); 5] = [
    ("mobile", "ios", "18.2.0"),
    ("mobile", "android", "15"),
    ("tablet", "ios", "17.7.0"),
    ("desktop", "macos", "15.2"),
    ("desktop", "web", "131.0"),
];
/// Locale, zone, and hours that its days are after those of UTC.
const PLACES: [(&str, &str, i64); 6] = [
    ("en_US", "America/New_York", -5),
    ("de_DE", "Europe/Berlin", 1),
    ("en_GB", "Europe/London", 0),
    ("pt_BR", "America/Sao_Paulo", -3),
    ("ja_JP", "Asia/Tokyo", 9),
    ("es_MX", "America/Mexico_City", -6),
];
const VERSIONS: [&str; 4] = ["1.9.8", "2.0.3", "2.0.4", "2.1.0"];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    /// Dice of a number; those of different numbers are independent.
    fn new(number: u64) -> Self {
        let mut dice = Self(number.wrapping_mul(0xD1B5_4A32_D192_ED03) ^ 0x5EED);
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    fn per_mille(&mut self, chance: u64) -> bool {
        self.below(1_000) < chance
    }

    fn pick(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A number with a long tail: half of them are below the middle.
    fn around(&mut self, middle: f64, spread: f64) -> f64 {
        let unit = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let (radius, angle) = (unit(self.next()), unit(self.next()));
        let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
        middle * (spread * normal).exp()
    }
}

/// One event, before it is written as a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// When it arrived, UTC.
    pub(crate) arrival_ms: i64,
    /// When it happened, UTC.
    pub(crate) time_ms: i64,
    /// Its own number: its id and its properties follow from it.
    pub(crate) number: u32,
    /// Its user, 0 the busiest.
    pub(crate) user: u32,
    /// Which of the user's devices.
    pub(crate) device: u8,
    /// Index into [`NAMES`].
    pub(crate) name: u8,
}

/// Everything that a run needs.
pub(crate) struct Events {
    /// What is imported first, by arrival.
    pub(crate) history: Vec<Event>,
    /// 10,000 that arrive after it, and happened amid its sessions.
    pub(crate) late: Vec<Event>,
    /// Batches of 500 that arrive after those, as they happen.
    pub(crate) live: Vec<Vec<Event>>,
    /// A tenth as many as the history, of its people and days, after all of these.
    pub(crate) more: Vec<Event>,
}

/// Makes them; the same for the same number on every run of one machine.
pub(crate) fn make(event_count: usize) -> Events {
    let mut history = history(event_count);
    let mut dice = Dice::new(u64::MAX);
    let mut number = history.len() as u32;
    let mut next_number = || {
        number += 1;
        number
    };
    let mut now_ms = history.last().map_or(FIRST_MS, |last| last.arrival_ms);
    let mut another = |now_ms: &mut i64, is_live: bool| {
        let like = history[dice.below(history.len() as u64) as usize];
        *now_ms += 1 + dice.below(40) as i64;
        let time_ms = match is_live {
            true => *now_ms - dice.around(400.0, 0.8) as i64,
            false => like.time_ms + dice.below(10 * MINUTE_MS as u64) as i64,
        };
        Event {
            arrival_ms: (*now_ms).max(time_ms),
            time_ms,
            number: next_number(),
            name: SCREEN,
            ..like
        }
    };
    let late = (0..10_000).map(|_| another(&mut now_ms, false)).collect();
    let batch = |_| (0..500).map(|_| another(&mut now_ms, true)).collect();
    let live = (0..LIVE_BATCHES).map(batch).collect();
    let more = (0..event_count / 10)
        .map(|_| another(&mut now_ms, false))
        .collect();
    history.shrink_to_fit();
    Events {
        history,
        late,
        live,
        more,
    }
}

/// Batches of live events.
pub(crate) const LIVE_BATCHES: usize = 10;

fn history(event_count: usize) -> Vec<Event> {
    let copies = event_count as u64 * COPIES_PER_MILLE / 1_000;
    let own_count = event_count as u64 - copies;
    let users = (event_count as u64 / EVENTS_A_USER).max(1);
    let weight = |user: u64| 1.0 / (user as f64 + 1.0 + users as f64 / 1_000.0);
    let total: f64 = (0..users).map(weight).sum();
    let mut all: Vec<Event> = Vec::with_capacity(event_count);
    let mut part = 0.0;
    for user in 0..users {
        part += weight(user) / total;
        let up_to = match user + 1 == users {
            true => own_count as usize,
            false => (part * own_count as f64) as usize,
        };
        life_of(user as u32, up_to, &mut all);
    }
    let mut dice = Dice::new(1 << 40);
    for _ in 0..copies {
        let mut copy = all[dice.below(own_count) as usize];
        copy.arrival_ms += 1 + dice.around(20_000.0, 1.5) as i64;
        all.push(copy);
    }
    all.sort_unstable_by_key(|event| (event.arrival_ms, event.number));
    all
}

/// Adds the sessions of one user until there are `up_to` events.
fn life_of(user: u32, up_to: usize, all: &mut Vec<Event>) {
    let mut dice = Dice::new((1 << 32) + u64::from(user));
    let devices = 1 + [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][dice.below(10) as usize];
    let bets = dice.per_mille(300);
    let (_, _, hours) = PLACES[place_of(user)];
    let joined = dice.below(DAYS as u64 / 2) as i64;
    while all.len() < up_to {
        let size = (dice.around(8.0, 0.8) as usize).clamp(1, 400);
        let size = size.min(up_to - all.len());
        let day = joined + dice.below((DAYS - joined) as u64) as i64;
        let minute = dice.below(16 * 60).max(dice.below(16 * 60)) as i64;
        let local_ms = 7 * HOUR_MS + minute * MINUTE_MS + dice.below(60_000) as i64;
        let starts_ms = FIRST_MS + day * DAY_MS - hours * HOUR_MS + local_ms;
        let plays = bets && dice.per_mille(600);
        let device = dice.below(devices) as u8;
        visit(&mut dice, (user, device), starts_ms, size, plays, all);
    }
}

/// One session; 15 of 1,000 are sent hours later, all of them at once.
fn visit(
    dice: &mut Dice,
    (user, device): (u32, u8),
    starts_ms: i64,
    size: usize,
    plays: bool,
    all: &mut Vec<Event>,
) {
    let begin = all.len();
    let mut time_ms = starts_ms;
    let mut before = OPENED;
    for index in 0..size {
        let name = match index {
            0 => OPENED,
            _ if index + 1 == size && size > 2 => BACKGROUNDED,
            _ if before == BACKGROUNDED => FOREGROUNDED,
            _ if plays && index > 1 => bet_or_win(dice),
            _ if dice.per_mille(30) => BACKGROUNDED,
            _ => browsing(dice),
        };
        let (pause_ms, spread) = match name >= BET {
            true => (4_000.0, 0.8),
            false => (20_000.0, 1.4),
        };
        if index > 0 {
            time_ms += 1 + dice.around(pause_ms, spread) as i64;
        }
        let delay_ms = match dice.per_mille(5) {
            true => dice.around(4.0 * HOUR_MS as f64, 0.8),
            false => dice.around(400.0, 1.0),
        };
        all.push(Event {
            arrival_ms: time_ms + delay_ms as i64,
            time_ms,
            number: all.len() as u32,
            user,
            device,
            name,
        });
        before = name;
    }
    if dice.per_mille(15) {
        let upload_ms = dice
            .around(6.0 * HOUR_MS as f64, 1.0)
            .min(72.0 * HOUR_MS as f64);
        for (place, event) in (0..).zip(&mut all[begin..]) {
            event.arrival_ms = time_ms + upload_ms as i64 + place;
        }
    }
}

fn bet_or_win(dice: &mut Dice) -> u8 {
    match dice.below(100) {
        0..=64 => BET,
        65..=94 => WIN,
        95..=96 => ROLLBACK,
        _ => SCREEN,
    }
}

fn browsing(dice: &mut Dice) -> u8 {
    let mut left = dice.below(BROWSING.iter().sum());
    for (name, weight) in (SCREEN..).zip(BROWSING) {
        if left < weight {
            return name;
        }
        left -= weight;
    }
    SCREEN
}

fn place_of(user: u32) -> usize {
    Dice::new((2 << 32) + u64::from(user)).below(PLACES.len() as u64) as usize
}

/// The id of a user as it stands in the lines.
pub(crate) fn user_id(user: u32) -> String {
    format!("u_{:08x}", user.wrapping_mul(0x9E37_79B1))
}

/// Writes events as JSON Lines.
pub(crate) fn write_lines(events: &[Event], to: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(1_024);
    for event in events {
        line.clear();
        write_line(event, &mut line)?;
        to.write_all(&line)?;
    }
    to.flush()
}

fn uuid(dice: &mut Dice) -> String {
    let (high, low) = (dice.next(), dice.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFF,
        low >> 48 & 0x3FFF | 0x8000,
        low & 0xFFFF_FFFF_FFFF
    )
}

fn write_line(event: &Event, line: &mut Vec<u8>) -> io::Result<()> {
    let mut dice = Dice::new((3 << 32) + u64::from(event.number));
    let mut of_device =
        Dice::new((4 << 32) + (u64::from(event.user) << 2) + u64::from(event.device));
    let (kind, system, version) = SYSTEMS[of_device.below(SYSTEMS.len() as u64) as usize];
    let age = (event.time_ms - FIRST_MS).clamp(0, DAYS * DAY_MS - 1);
    let app = VERSIONS[(age / (DAYS * DAY_MS / VERSIONS.len() as i64 + 1)) as usize];
    let (locale, zone, _) = PLACES[place_of(event.user)];
    write!(
        line,
        r#"{{"event_id":"{}","name":"{}","user_id":"{}","device_id":"{}","#,
        uuid(&mut dice),
        NAMES[usize::from(event.name)],
        user_id(event.user),
        uuid(&mut of_device),
    )?;
    write!(
        line,
        r#""timestamp":"{}","received_at":"{}","properties":"#,
        format_utc(event.time_ms),
        format_utc(event.arrival_ms),
    )?;
    write_properties(event.name, &mut dice, line)?;
    write!(line, r#","context":{{"device_type":"{kind}","#,)?;
    write!(
        line,
        r#""operating_system":"{system}","os_version":"{version}","#,
    )?;
    writeln!(
        line,
        r#""app_version":"{app}","locale":"{locale}","timezone":"{zone}"}}}}"#
    )
}

fn write_properties(name: u8, dice: &mut Dice, line: &mut Vec<u8>) -> io::Result<()> {
    let cents = dice.below(20_000);
    let money = format!("{}.{:02}", cents / 100, cents % 100);
    let (few, many, yes) = (dice.below(9), dice.below(5_000), dice.per_mille(300));
    let (screen, source) = (dice.pick(&SCREENS), dice.pick(&SOURCES));
    match NAMES[usize::from(name)] {
        "AppOpened" => write!(
            line,
            r#"{{"cold_start":{yes},"source":"{source}","launch_ms":{many},"reason":"start"}}"#
        ),
        "AppForegrounded" => write!(
            line,
            r#"{{"app_state":"active","background_duration":{many}.{few},"charging":{yes}}}"#
        ),
        "AppBackgrounded" => write!(
            line,
            r#"{{"app_state":"background","screen_name":"{screen}","battery_level":0.{few}}}"#
        ),
        "ScreenViewed" => write!(
            line,
            r#"{{"screen_name":"{screen}","previous":"{}","load_ms":{many},"cached":{yes}}}"#,
            dice.pick(&SCREENS)
        ),
        "SearchPerformed" => write!(
            line,
            r#"{{"query":"{}","results":{many},"filters_used":{yes}}}"#,
            dice.pick(&QUERIES)
        ),
        "ProductViewed" | "ItemAddedToCart" => {
            let category = dice.pick(&CATEGORIES);
            write!(
                line,
                r#"{{"product_id":"sku_{many:05}","category":"{category}","price":{money},"#
            )?;
            write!(
                line,
                r#""currency":"EUR","in_stock":{yes},"source":"{source}"}}"#
            )
        }
        "CheckoutStarted" | "PurchaseCompleted" => {
            let order = dice.below(1 << 40);
            write!(line, r#"{{"order_id":"ord_{order:010x}","items":{few},"#)?;
            write!(
                line,
                r#""amount":{money},"currency":"EUR","coupon":{yes}}}"#
            )
        }
        "PaywallViewed" | "TrialStarted" => write!(
            line,
            r#"{{"plan":"annual","price":{money},"placement":"{screen}","discounted":{yes}}}"#
        ),
        "PushOpened" => write!(
            line,
            r#"{{"campaign_id":"cmp_{:03}","title":"Offer {few} for you","action":"open"}}"#,
            many % 40
        ),
        _ => {
            let (game, round) = (dice.pick(&GAMES), dice.below(1 << 32));
            write!(
                line,
                r#"{{"game_id":"{game}","round_id":"rnd_{round:08x}","#
            )?;
            write!(
                line,
                r#""amount":{money},"currency":"EUR","bonus":{yes},"device_seq":{few}}}"#
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_of_the_shape_that_is_promised() {
        let Events {
            history,
            late,
            live,
            more,
        } = make(20_000);
        assert_eq!(history, make(20_000).history, "the same every time");
        assert_eq!((history.len(), late.len()), (20_000, 10_000));
        assert_eq!(live.iter().map(Vec::len).sum::<usize>(), 500 * LIVE_BATCHES);
        let newest_ms = live.iter().flatten().map(|event| event.arrival_ms).max();
        assert_eq!(more.len(), 2_000);
        assert!(more.iter().all(|event| Some(event.arrival_ms) > newest_ms));
        assert!(history.is_sorted_by_key(|event| event.arrival_ms));
        let came_last_ms = history.last().unwrap().arrival_ms;
        assert!(late.iter().all(|event| event.arrival_ms > came_last_ms));
        let late_share = history
            .iter()
            .filter(|event| event.arrival_ms - event.time_ms > HOUR_MS)
            .count() as f64
            / 20_000.0;
        assert!((0.005..0.06).contains(&late_share), "{late_share}");
        let mut numbers: Vec<u32> = history.iter().map(|event| event.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 19_900, "one of 200 comes twice");

        let mut lines = Vec::new();
        write_lines(&history, &mut lines).unwrap();
        let average = lines.len() / 20_000;
        assert!((440..500).contains(&average), "{average} bytes a line");
        for line in lines.split(|byte| *byte == b'\n').take(2_000) {
            let event: serde_json::Value = serde_json::from_slice(line).unwrap();
            assert!(event["properties"].as_object().unwrap().len() >= 3);
        }
    }
}
