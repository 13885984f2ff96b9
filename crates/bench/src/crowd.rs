//! A workspace of a million: that many people to search among, and, in another application, that many
//! sessions to sum up, whatever number of events the rest is measured with. Made from a seed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// People of the application [`PEOPLE`].
const PERSON_COUNT: u64 = 1_000_000;
/// Users of the application [`SESSIONS`], and sessions of each.
const USER_COUNT: u64 = 20_000;
const SESSIONS_A_USER: u64 = 50;
/// The application to search in.
pub(crate) const PEOPLE: &str = "people";
/// The application whose sessions are summed up.
pub(crate) const SESSIONS: &str = "sessions";
/// What people type who know how the id or a name begins: found by few, by many and by nobody.
pub(crate) const BEGINNINGS: [&str; 12] = [
    "user-0012345",
    "user-00",
    "u",
    "ann",
    "anna gar",
    "sm",
    "nguyen 77",
    "garcia",
    "zoe mül",
    "i",
    "user-0999",
    "nobody",
];
/// What people type who know some part.
pub(crate) const PARTS: [&str; 10] = [
    "345@ex",
    "pixel 8",
    "example.com",
    "rcia",
    "77",
    "-00a",
    "ios 1",
    "o",
    "ülle",
    "nowhere",
];
const FIRST_NAMES: [&str; 12] = [
    "Anna", "Ben", "Chloé", "David", "Emma", "Finn", "Inês", "Jonas", "Lea", "Omar", "Paula", "Zoe",
];
const LAST_NAMES: [&str; 10] = [
    "Garcia", "Schmidt", "Müller", "Nguyen", "Rossi", "Silva", "Smith", "Kowalska", "Dubois", "Ito",
];
const MODELS: [&str; 6] = [
    "Pixel 8",
    "Pixel 9 Pro",
    "iPhone15,3",
    "iPhone17,1",
    "SM-S921B",
    "SM-A556B",
];
const SYSTEMS: [&str; 3] = ["Android 15", "iOS 18.1", "iOS 17.6"];
/// 2025-03-01 UTC.
const FIRST_MS: u64 = 1_740_787_200_000;
const DAY_MS: u64 = 86_400_000;
const MINUTE_MS: u64 = 60_000;

/// A number that follows from another, without any pattern.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn one_of<'a>(all: &[&'a str], number: u64) -> &'a str {
    all[number as usize % all.len()]
}

/// Writes the events of one of the two applications.
pub(crate) fn write(application: &str, path: &Path) -> io::Result<()> {
    match application {
        PEOPLE => write_people(path),
        _ => write_sessions(path),
    }
}

/// Writes what every person tells of themselves, a line each.
fn write_people(path: &Path) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for number in 0..PERSON_COUNT {
        let dice = mixed(number);
        let time_ms = FIRST_MS + mixed(dice) % (90 * DAY_MS);
        let (first, last) = (one_of(&FIRST_NAMES, dice), one_of(&LAST_NAMES, dice >> 8));
        writeln!(
            to,
            r#"{{"event_id":"p{number}","name":"identify","timestamp":{time_ms},"user_id":"user-{:07}","device_id":"{:08x}-{:08x}","properties":{{"name":"{first} {last} {}","email":"{number}@example.com"}},"context":{{"device_model":"{}","operating_system":"{}"}}}}"#,
            dice % 10_000_000,
            dice >> 32,
            mixed(dice ^ 7) >> 32,
            dice % 1_000,
            one_of(&MODELS, dice >> 16),
            one_of(&SYSTEMS, dice >> 24),
        )?;
    }
    to.flush()
}

/// Writes the first and the last event of every session.
fn write_sessions(path: &Path) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for user in 0..USER_COUNT {
        for session in 0..SESSIONS_A_USER {
            let dice = mixed(user * SESSIONS_A_USER + session);
            // Two of one user can be on one day, and never near enough to be one.
            let start_ms = FIRST_MS + session * 36 * 60 * MINUTE_MS + dice % (24 * 60 * MINUTE_MS);
            let length_ms = mixed(dice) % (25 * MINUTE_MS);
            for (place, time_ms) in [start_ms, start_ms + length_ms].into_iter().enumerate() {
                writeln!(
                    to,
                    r#"{{"event_id":"s{user}-{session}-{place}","name":"ScreenViewed","timestamp":{time_ms},"user_id":"u{user}","device_id":"d{user}"}}"#,
                )?;
            }
        }
    }
    to.flush()
}
