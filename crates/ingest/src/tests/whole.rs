//! What holds over whole files: order, derived ids, counts, and that no input breaks the reader.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};
use std::path::Path;

use super::{GOOD, Random, SEEDS, options, read_bytes, read_source, stream};
use crate::{Options, Source};

/// Some 6 MB: rows of many lengths, with and without ids, twins far apart, bad rows, blank lines.
fn mixed_file() -> Vec<u8> {
    let mut random = Random(11);
    let mut text = String::new();
    for number in 0..20_000 {
        let filling = "é".repeat(random.below(300));
        match random.below(10) {
            0 => text.push_str("not an event"),
            1 => {}
            2..5 => text.push_str(GOOD),
            5..7 => {
                let own = format!(r#","event_id":"e{number}","user_id":"{filling}x"}}"#);
                text.push_str(&GOOD.replace('}', &own));
            }
            _ => {
                let time = 1_773_100_000 + random.below(100);
                let own = format!(r#","timestamp":{time},"properties":{{"n":"{filling}"}}}}"#);
                text.push_str(&GOOD.replace("Bet", "Win").replace('}', &own));
            }
        }
        text.push_str(if random.below(5) == 0 { "\r\n" } else { "\n" });
    }
    text.into_bytes()
}

/// Gives a few bytes at a time, and now and then an interruption.
struct Trickle<'a> {
    bytes: &'a [u8],
    random: Random,
}

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.random.below(50) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = into.len().min(1 + self.random.below(9_000));
        self.bytes.read(&mut into[..length])
    }
}

#[test]
fn the_batches_are_the_same_however_many_threads_read_and_however_bytes_trickle_in() {
    let file = mixed_file();
    let with = |parallelism| Options {
        parallelism,
        ..options()
    };
    let serial = read_source(stream(&file[..]), &with(1));
    assert!(serial.batches.len() > 3, "{}", serial.batches.len());
    for parallelism in [2, 4, 0] {
        let parallel = read_source(stream(&file[..]), &with(parallelism));
        assert!(serial.batches == parallel.batches, "{parallelism}");
    }
    let trickle = Trickle {
        bytes: &file,
        random: Random(5),
    };
    let trickled = read_source(stream(trickle), &with(4));
    assert!(serial.rows == trickled.rows && serial.rejections == trickled.rejections);
}

#[test]
fn rows_and_rejections_are_in_the_order_of_the_file() {
    let file = mixed_file();
    let whole = read_bytes(&file);
    assert!(whole.rows.is_sorted_by(|a, b| a.line < b.line));
    assert!(whole.rejections.is_sorted_by(|a, b| a.line < b.line));
    let lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
    for rejection in &whole.rejections {
        let line = lines[rejection.line as usize - 1];
        assert_eq!(rejection.excerpt, line.strip_suffix(b"\r").unwrap_or(line));
    }
    for row in &whole.rows {
        let line = std::str::from_utf8(lines[row.line as usize - 1]).unwrap();
        assert!(
            line.contains(&format!(r#""name":"{}""#, row.event.name)),
            "{line}"
        );
    }
    let last = whole.batches.last().unwrap().progress;
    let summary = whole.end.unwrap();
    assert_eq!(
        (last.rows_read, last.bytes_read),
        (summary.row_count, file.len() as u64)
    );
    assert_eq!(
        summary.row_count,
        (whole.rows.len() + whole.rejections.len()) as u64
    );
}

#[test]
fn derived_ids_are_stable_and_count_equal_lines() {
    let file = mixed_file();
    let ids = |parallelism| -> Vec<Box<str>> {
        let options = Options {
            parallelism,
            ..options()
        };
        let rows = read_source(stream(&file[..]), &options).rows;
        rows.into_iter().map(|row| row.event.event_id).collect()
    };
    let first = ids(1);
    assert_eq!(first, ids(1));
    assert_eq!(first, ids(4));
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
}

#[test]
fn a_derived_id_is_made_of_the_content_and_its_ordinal_alone() {
    let ids = |application: &str, text: &str| -> Vec<String> {
        let options = Options {
            application: application.into(),
            ..options()
        };
        let rows = read_source(stream(text.as_bytes()), &options).rows;
        rows.into_iter()
            .map(|row| row.event.event_id.to_string())
            .collect()
    };
    let good = ids("casino", GOOD);
    // It never changes: this value is what stored events bear.
    assert_eq!(good, ["a0de027c-4c8f-5aec-8a76-a04a3563efa9"]);
    let line = |fields: &str| format!("{},{fields}}}", &GOOD[..GOOD.len() - 1]);
    for same in [
        r#""type":"system""#,
        r#""session_id":"s1""#,
        r#""context":{"locale":"en_US"}"#,
        r#""received_at":"2026-03-10T10:00:01Z""#,
        r#""received_at":"2026-03-10T12:00:00Z","sent_at":"2026-03-10T10:00:00Z""#,
        r#""timestamp":1773136800"#,
        r#""properties":{}"#,
        r#""event_id":"""#,
    ] {
        assert_eq!(ids("casino", &line(same)), good, "{same}");
    }
    let two = [
        r#""properties":{"a":1,"b":[2,"3"]}"#,
        r#""properties":{"b":[2,"3"],"a":1}"#,
    ];
    assert_eq!(ids("casino", &line(two[0])), ids("casino", &line(two[1])));
    let mut all = vec![good[0].clone(), ids("shop", GOOD)[0].clone()];
    for other in [
        r#""name":"Win""#,
        r#""timestamp":1773136801"#,
        r#""user_id":"u2""#,
        r#""device_id":"u1""#,
        r#""device_id":"u1","user_id":null"#,
        r#""properties":{"a":1}"#,
        r#""properties":{"a":"1"}"#,
        r#""properties":{"a":[1]}"#,
        r#""properties":{"a":null}"#,
        r#""properties":{"a":true}"#,
        r#""properties":{"a":false}"#,
        r#""properties":{"a":"","b":""}"#,
        r#""properties":{"a":["",""]}"#,
        r#""properties":{"a":"","":"b"}"#,
    ] {
        all.extend(ids("casino", &line(other)));
    }
    all.extend_from_slice(&ids("casino", &format!("{GOOD}\n{GOOD}\n{GOOD}"))[1..]);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 18);
    assert_eq!(all.len(), 18);
}

fn mutated(random: &mut Random) -> Vec<u8> {
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
        b"9223372036854775808",
        b"\xef\xbb\xbf",
        b" ",
    ];
    let mut bytes = format!("{GOOD}\n").into_bytes();
    let kept = bytes.len();
    let seeds: Vec<&str> = SEEDS.lines().collect();
    for _ in 0..40 {
        bytes.extend(seeds[random.below(seeds.len())].as_bytes());
        bytes.push(b'\n');
    }
    for _ in 0..random.below(60) {
        let at = kept + random.below(bytes.len() - kept);
        match random.below(4) {
            0 => bytes[at] = random.next() as u8,
            1 => {
                bytes.remove(at);
            }
            2 => {
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
    bytes
}

#[test]
fn no_line_breaks_the_reader_or_gets_lost() {
    const ROUNDS: u64 = 400;
    let first_seed = std::env::var("DWELL_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    for seed in first_seed.map_or(0..ROUNDS, |seed: u64| seed..seed + 1) {
        let bytes = mutated(&mut Random(seed));
        let whole = read_bytes(&bytes);
        let replay = format!("replay with DWELL_TEST_SEED={seed}");
        let summary = whole
            .end
            .unwrap_or_else(|error| panic!("{error}, {replay}"));
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let rows = lines
            .iter()
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .count();
        assert_eq!(summary.row_count, rows as u64, "{replay}");
        assert_eq!(summary.event_count, whole.rows.len() as u64, "{replay}");
        assert_eq!(
            summary.rejection_count,
            whole.rejections.len() as u64,
            "{replay}"
        );
        // Exported and imported again, the rejected rows are the same ones, for the same reasons.
        let exported: Vec<u8> = whole
            .rejections
            .iter()
            .flat_map(|bad| [&bad.excerpt[..], b"\n"].concat())
            .collect();
        if !exported.is_empty() {
            let again = read_bytes(&[GOOD.as_bytes(), b"\n", &exported].concat());
            assert_eq!(again.rows.len(), 1, "{replay}");
            let reasons = |rejections: &[crate::Rejection]| {
                rejections
                    .iter()
                    .map(|bad| (bad.column, bad.reason.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                reasons(&again.rejections),
                reasons(&whole.rejections),
                "{replay}"
            );
        }
    }
}

#[test]
fn every_event_of_the_peers_data_is_read() {
    let Some(folder) = std::env::var_os("DWELL_TEST_DATA") else {
        println!("skipped: DWELL_TEST_DATA does not point to the test data");
        return;
    };
    let mut read_count = 0;
    for case in Path::new(&folder).join("data").read_dir().unwrap() {
        let case = case.unwrap().path();
        let events = case.join("events.jsonl");
        if !events.exists() {
            continue;
        }
        let meta = std::fs::read(case.join("meta.json")).unwrap();
        let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
        let whole = read_source(Source::File(events), &options());
        let summary = whole.end.unwrap();
        assert_eq!(whole.rejections, [], "{}", case.display());
        assert_eq!(
            Some(summary.event_count),
            meta["n_events"].as_u64(),
            "{}",
            case.display()
        );
        read_count += 1;
    }
    assert!(
        read_count > 0,
        "no case in {}",
        Path::new(&folder).display()
    );
}
