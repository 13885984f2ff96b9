//! That the quick way of reading a line and the careful one never differ.

use std::path::Path;

use super::*;
use crate::Options;
use crate::chunk::Rows;
use crate::tests::{GOOD, Random, SEEDS, options};

/// Reads lines both ways, holds the quick to the careful and answers how many lines are quick, of
/// how many.
fn check(lines: &[u8], options: &Options, replay: &str) -> (usize, usize) {
    let mut either = Parsed::new(options);
    let chunk = Chunk {
        first_line: 7,
        before: Lines.before(),
        bytes: lines.to_vec(),
    };
    read_rows(&chunk, &mut either);
    let mut careful = Parsed::new(options);
    read_with_care(7, lines, &mut careful);
    let is_same = either.events == careful.events
        && either.rejections == careful.rejections
        && either.derived == careful.derived;
    let (mut quick_count, mut row_count) = (0, 0);
    for (line, row) in rows_by_line(7, lines) {
        let one = |read: fn(&Chunk, &mut Parsed<'_>)| {
            let mut parsed = Parsed::new(options);
            let bytes = row.to_vec();
            let chunk = Chunk {
                first_line: line,
                before: Lines.before(),
                bytes,
            };
            read(&chunk, &mut parsed);
            parsed
        };
        let careful = one(|chunk, parsed| read_with_care(chunk.first_line, &chunk.bytes, parsed));
        row_count += 1;
        quick_count += std::str::from_utf8(row).map_or(0, |text| {
            let mut draft = Draft::default();
            let mut scan = Scan::new(text);
            let read = quick::read(&mut scan, &mut draft).and_then(|()| scan.end_line(0));
            let is_quick = read.is_some() && Parsed::new(options).push_good(line, &draft);
            usize::from(is_quick)
        });
        if is_same {
            continue;
        }
        let either = one(read_rows);
        let shown = String::from_utf8_lossy(row);
        assert_eq!(either.events, careful.events, "{shown} {replay}");
        assert_eq!(either.rejections, careful.rejections, "{shown} {replay}");
        assert_eq!(either.derived, careful.derived, "{shown} {replay}");
    }
    assert!(is_same, "lines differ only together, {replay}");
    (quick_count, row_count)
}

const UUIDS: &[&str] = &[
    "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2",
    "9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2",
    "9d41e7b052ac4f188b036f1a2c77d0c2",
    "{9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2}",
    "urn:uuid:9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2",
    "9d41e7b0-52ac-4f18-8b03-6f1a2c77d0cg",
    "9d41e7b052ac-4f18-8b03-6f1a2c77d0c2-",
];

const TIMES: &[&str] = &[
    "2026-03-10T10:00:00Z",
    "2026-03-10T10:00:00.123Z",
    "2026-03-10T10:00:00.1Z",
    "2026-03-10T10:00:00.123456789Z",
    "2026-03-10T10:00:00,5Z",
    "2026-03-10t10:00:00.999z",
    "2026-03-10 10:00:00.000",
    "2026-03-10T10:00:00+05:30",
    "2026-03-10T10:00:00.250-0800",
    "2026-03-10T10:00:00 UTC",
    "2026-03-10T23:59:60Z",
    "2026-03-10T23:59:61Z",
    "2026-02-29T10:00:00Z",
    "2024-02-29T10:00:00.000Z",
    "2026-13-01T10:00:00.000Z",
    "2026-00-10T10:00:00.000Z",
    "2026-04-31T10:00:00.000Z",
    "2026-04-00T10:00:00.000Z",
    "2026-03-10T24:00:00.000Z",
    "2026-03-10T10:60:00.000Z",
    "2026-03-10T10:00:00.Z",
    "2026-03-10T10:00:00.12:Z",
    "2026-03-1/T10:00:00.123Z",
    "1979-12-31T23:59:59.999Z",
    "1980-01-01T00:00:00.000Z",
    "0000-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    " 2026-03-10T10:00:00Z ",
    "1773136800",
    "yesterday",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "Bet",
    "SessionStarted",
    "checkout",
    " x ",
    "\u{a0}x\u{2003}",
    "Ünï\u{202e}\u{7f}",
    "custom",
    "system",
    "a\\nb",
    "\\\"",
    "a\\\\",
    "\\b\\f\\r\\t",
    "\\/",
    "\\u0041",
    "\\u000a",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\x",
    "a\0b",
    "a\tb",
    "https://dwell.example/a?b=c",
];

const OTHERS: &[&str] = &[
    "null",
    "true",
    "false",
    "nul",
    "True",
    "0",
    "-0",
    "00",
    "1.10",
    "1.",
    ".5",
    "-",
    "+1",
    "1e400",
    "1E-7",
    "1e",
    "1773136800",
    "1773136800.5",
    "1773136800123",
    "9007199254740993",
    "12345678901234567890123456789012",
    "9000000000000000000000000",
    "NaN",
    "{}",
    "{ }",
    "{\"a\":1}",
    "[]",
    "[ ]",
    "[1]",
    "[1,\"x\",null, true]",
    "[[1]]",
    "[{}]",
    "[1,]",
    "",
];

const NAMES: &[&str] = &[
    "event_id",
    "name",
    "timestamp",
    "user_id",
    "device_id",
    "received_at",
    "type",
    "sent_at",
    "session_id",
    "properties",
    "context",
    "plan",
    "nam\\u0065",
    "Name",
];

const PROPERTY_NAMES: &[&str] = &[
    "a",
    "b",
    "amount",
    "os_version",
    "device.os_version",
    "app.os_version",
    "device.colour",
    "theme.os_version",
    "locale",
    ".",
    "",
    "c\\n",
    "ü",
    "device",
    "event.a",
];

fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.below(from.len())]
}

/// Nothing mostly, or spaces.
fn space(random: &mut Random) -> &'static str {
    match random.below(200) {
        0 => " ",
        1 => "\t ",
        2 => "\r",
        _ => "",
    }
}

fn text(random: &mut Random) -> String {
    match random.below(40) {
        0 => "ß".repeat(198 + random.below(5)),
        1 => "x".repeat(190 + random.below(20)),
        2 => "x".repeat(995 + random.below(10)),
        3..20 => pick(random, UUIDS).to_owned(),
        20..30 => format!("{}{}", pick(random, TEXTS), pick(random, TEXTS)),
        _ => pick(random, TEXTS).to_owned(),
    }
}

fn scalar(random: &mut Random) -> String {
    match random.below(3) {
        0 => pick(random, OTHERS).to_owned(),
        _ => format!("\"{}\"", text(random)),
    }
}

fn map(random: &mut Random) -> String {
    map_of(random, 2)
}

/// A map that holds maps, so many levels of them at most.
fn map_of(random: &mut Random, levels: usize) -> String {
    if random.below(50) == 0 {
        return scalar(random);
    }
    let count = match random.below(60) {
        0 => 60 + random.below(10),
        1 => 508 + random.below(10),
        _ => random.below(7),
    };
    let mut fields = Vec::new();
    for number in 0..count {
        let name = match random.below(15) {
            0 => pick(random, PROPERTY_NAMES).to_owned(),
            _ => format!("key_{number}"),
        };
        let value = match random.below(24) {
            0 => scalar(random),
            20 if levels > 0 && count < 10 => map_of(random, levels - 1),
            1 => format!("[{},{}]", random.below(99), space(random)),
            2..12 => format!("{}.{}", random.below(99), random.below(99)),
            _ => format!("\"{number}\""),
        };
        let [before, behind, then] = [(); 3].map(|()| space(random));
        fields.push(format!("{before}\"{name}\"{behind}:{then}{value}"));
    }
    let [before, behind] = [(); 2].map(|()| space(random));
    format!("{before}{{{}{behind}}}", fields.join(","))
}

/// A line as a program might write it, of usual and of odd values.
fn line(random: &mut Random) -> String {
    let mut fields = Vec::new();
    for (place, name) in NAMES.iter().enumerate() {
        let is_usual = place < 5 || (9..11).contains(&place);
        let is_there = match is_usual {
            true => random.below(30) > 0,
            false => random.below(if place < 11 { 4 } else { 40 }) == 0,
        };
        if !is_there {
            continue;
        }
        let is_odd = random.below(80) == 0;
        let value = match *name {
            _ if is_odd => scalar(random),
            "timestamp" | "received_at" | "sent_at" => match random.below(8) {
                0 => format!("\"{}\"", pick(random, TIMES)),
                1 => (1_773_130_000_000 + random.below(5_000_000)).to_string(),
                _ => format!("\"2026-03-10T10:{:02}:07.500Z\"", random.below(60)),
            },
            "event_id" | "user_id" | "device_id" | "session_id" => {
                format!("\"{}\"", pick(random, UUIDS))
            }
            "name" => "\"Bet\"".to_owned(),
            "type" => "\"system\"".to_owned(),
            "properties" | "context" => map(random),
            _ => scalar(random),
        };
        let [before, behind, then] = [(); 3].map(|()| space(random));
        fields.push(format!("{before}\"{name}\"{behind}:{then}{value}"));
    }
    if random.below(20) == 0 && !fields.is_empty() {
        let copy = fields[random.below(fields.len())].clone();
        fields.push(copy);
    }
    if random.below(3) == 0 {
        let (a, b) = (
            random.below(fields.len() + 1),
            random.below(fields.len() + 1),
        );
        fields[a.min(b)..a.max(b)].reverse();
    }
    let [before, behind] = [(); 2].map(|()| space(random));
    format!("{before}{{{}{behind}}}{}", fields.join(","), space(random))
}

/// Spoils some bytes.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    const PIECES: &[&[u8]] = &[
        b"\"",
        b"\\",
        b"\\ud800",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xc3",
        b"1e999",
        b"-",
        b"null",
        b" ",
        b"\x1f",
        b"\x7f",
        b"\xe2\x80\xae",
        b"\x0c",
        b"0",
    ];
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len().max(1));
        if bytes.is_empty() {
            bytes.push(b'{');
        }
        match random.below(5) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => {
                bytes.remove(at);
            }
            3 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            _ => {
                let end = (at + random.below(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
}

#[test]
fn no_line_is_read_otherwise_for_being_usual() {
    const ROUNDS: u64 = 1_500;
    const LINES: usize = 40;
    let in_utc = options();
    let in_berlin = Options {
        zone: dwell_model::Zone::parse("Europe/Berlin").unwrap(),
        ..options()
    };
    let seeds: Vec<&str> = SEEDS.lines().chain([GOOD]).collect();
    let (mut quick_count, mut row_count) = (0, 0);
    let first_seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    for seed in first_seed.map_or(0..ROUNDS, |seed: u64| seed..seed + 1) {
        let mut random = Random(seed);
        let mut lines = Vec::new();
        for _ in 0..LINES {
            let mut bytes = match random.below(10) {
                0 => pick(&mut random, &seeds).as_bytes().to_vec(),
                _ => line(&mut random).into_bytes(),
            };
            if random.below(3) == 0 {
                mutate(&mut random, &mut bytes);
            }
            lines.extend(bytes);
            lines.extend(match random.below(12) {
                0 => &b"\r\n"[..],
                1 => b"\n\n",
                2 => b" \n",
                _ => b"\n",
            });
        }
        if random.below(2) == 0 {
            lines.pop();
        }
        let options = match seed % 2 {
            0 => &in_utc,
            _ => &in_berlin,
        };
        let replay = format!("replay with DWELL_TEST_SEED={seed}");
        let (quick, all) = check(&lines, options, &replay);
        quick_count += quick;
        row_count += all;
    }
    println!("{quick_count} of {row_count} lines were usual");
    if first_seed.is_none() {
        // Both ways were taken often enough to be compared.
        assert!(row_count >= 55_000);
        assert!((row_count / 6..row_count * 4 / 5).contains(&quick_count));
    }
}

#[test]
fn every_beginning_and_every_single_byte_of_a_usual_line_is_read_alike() {
    let usual = concat!(
        r#"{"event_id":"e1","name":"B","timestamp":"2026-03-10T10:00:00.5Z","user_id":"u","#,
        r#""type":"custom","received_at":1773136801,"properties":{"a":"x","b":[1.5e3,null]},"#,
        r#""context":{"app":{"l":-0}}}"#
    )
    .as_bytes();
    let options = options();
    let (quick_count, _) = check(usual, &options, "");
    assert_eq!(quick_count, 1);
    for length in 0..usual.len() {
        check(&usual[..length], &options, "");
        for byte in 0..=u8::MAX {
            let mut other = usual.to_vec();
            other[length] = byte;
            check(&other, &options, "");
        }
    }
}

#[test]
fn a_usual_line_is_read_the_quick_way() {
    let options = options();
    for quick in [
        GOOD,
        r#" {"name": "Bet", "timestamp": "2026-03-10T10:00:00Z", "user_id": "u1"} "#,
        r#"{"name":"Bet","timestamp":1773136800,"device_id":7,"user_id":null,"context":null}"#,
        r#"{"name":"ü","timestamp":1773136800,"user_id":7,"properties":{"a":"\"\n","b":[1, 2]}}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"properties":{"a":{"b":1, "c":[]}}}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"context":{"app":{"app_version":"1"}}}"#,
    ] {
        assert_eq!(check(quick.as_bytes(), &options, ""), (1, 1), "{quick}");
    }
    for careful in [
        r#"{"name":"B\u0065t","timestamp":1773136800,"device_id":7}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"properties":{"a":{"b":{"c":1}}}}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"properties":{"a":{"b":1},"a.b":2}}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"properties":{"a":{}}}"#,
        r#"{"name":"B","timestamp":1773136800,"user_id":7,"plan":"gold"}"#,
        r#"{"name":"B","timestamp":1773136800}"#,
        "{}",
    ] {
        assert_eq!(check(careful.as_bytes(), &options, ""), (0, 1), "{careful}");
    }
}

#[test]
fn names_that_are_too_long_together_are_read_with_care() {
    let options = options();
    for (name_bytes, quick_count) in [(100, 1), (8_000, 0), (20_000, 0)] {
        let fields: Vec<_> = (0..60).map(|i| format!(r#""k{i}":1"#)).collect();
        let (name, fields) = ("n".repeat(name_bytes), fields.join(","));
        let own = format!(r#","properties":{{"{name}":{{{fields}}}}}}}"#);
        let line = GOOD.replace('}', &own);
        assert_eq!(
            check(line.as_bytes(), &options, "").0,
            quick_count,
            "{name_bytes}"
        );
    }
}

#[test]
fn the_peers_data_is_read_alike_either_way() {
    let Some(folder) = std::env::var_os("DWELL_TEST_DATA") else {
        println!("skipped: DWELL_TEST_DATA does not point to the test data");
        return;
    };
    let mut line_count = 0;
    for case in Path::new(&folder).join("data").read_dir().unwrap() {
        let events = case.unwrap().path().join("events.jsonl");
        if let Ok(bytes) = std::fs::read(&events) {
            line_count += check(&bytes, &options(), &events.display().to_string()).1;
        }
    }
    assert!(line_count > 0);
}
