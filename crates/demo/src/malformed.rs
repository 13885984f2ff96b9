//! Rows that no import can take, one for every reason of the quarantine (sessions, section 1),
//! put amid the good ones. Must not know people or visits.

use crate::application::Kind;
use crate::line::write_time;

/// Malformed rows of one application.
pub(crate) const ROW_COUNT: usize = 6;

/// The rows, without line ends, each with the arrival that places it.
pub(crate) fn rows(kind: Kind, begins_at_ms: i64, ends_at_ms: i64) -> Vec<(i64, Vec<u8>)> {
    let write_row: [fn(&str) -> Vec<u8>; ROW_COUNT] = match kind {
        Kind::Shop => [
            cut_off,
            without_name,
            without_time,
            of_nobody,
            not_utf8,
            with_many_keys,
        ],
        Kind::Casino => [
            not_json,
            in_1970,
            in_2031,
            with_long_name,
            too_deep,
            with_blank_name,
        ],
    };
    let step_ms = (ends_at_ms - begins_at_ms) / ROW_COUNT as i64;
    let rows = write_row.iter().enumerate();
    rows.map(|(index, write_row)| {
        let at_ms = begins_at_ms + step_ms * index as i64 + step_ms / 2;
        let mut time = Vec::new();
        write_time(&mut time, at_ms);
        (at_ms, write_row(&String::from_utf8_lossy(&time)))
    })
    .collect()
}

fn cut_off(time: &str) -> Vec<u8> {
    let mut row = row(
        &format!(r#""name":"ProductViewed","timestamp":{time},"#),
        time,
    );
    row.truncate(row.len() - 12);
    row
}

fn not_json(_time: &str) -> Vec<u8> {
    "<html><head><title>502 Bad Gateway</title></head></html>".into()
}

fn without_name(time: &str) -> Vec<u8> {
    row(
        &format!(r#""timestamp":{time},"properties":{{"path":"/"}},"#),
        time,
    )
}

fn with_blank_name(time: &str) -> Vec<u8> {
    row(&format!(r#""name":"   ","timestamp":{time},"#), time)
}

fn with_long_name(time: &str) -> Vec<u8> {
    let name = "BonusClaimedInTheLobby".repeat(10);
    row(&format!(r#""name":"{name}","timestamp":{time},"#), time)
}

fn without_time(time: &str) -> Vec<u8> {
    row(r#""name":"ProductViewed","#, time)
}

fn in_1970(time: &str) -> Vec<u8> {
    row(r#""name":"Bet","timestamp":"1970-01-01T00:00:12Z","#, time)
}

fn in_2031(time: &str) -> Vec<u8> {
    row(r#""name":"Bet","timestamp":"2031-05-01T10:00:00Z","#, time)
}

fn of_nobody(time: &str) -> Vec<u8> {
    format!(r#"{{"name":"PageViewed","timestamp":{time},"received_at":{time}}}"#).into()
}

fn not_utf8(time: &str) -> Vec<u8> {
    let head = format!(r#"{{"name":"SearchPerformed","timestamp":{time},"received_at":{time},"#);
    // "café" as Latin-1 writes it.
    let tail = b"\"user_id\":\"u_000000\",\"properties\":{\"query\":\"caf\xe9\"}}";
    [head.as_bytes(), tail].concat()
}

fn with_many_keys(time: &str) -> Vec<u8> {
    let keys: Vec<String> = (1..=600)
        .map(|number| format!(r#""p{number}":{number}"#))
        .collect();
    let keys = keys.join(",");
    row(
        &format!(r#""name":"PageViewed","timestamp":{time},"properties":{{{keys}}},"#),
        time,
    )
}

fn too_deep(time: &str) -> Vec<u8> {
    let (open, close) = (r#"{"in":"#.repeat(40), "}".repeat(40));
    row(
        &format!(r#""name":"LobbyViewed","timestamp":{time},"properties":{open}1{close},"#),
        time,
    )
}

/// A row with `fields` (JSON, each with a comma behind it), an arrival and a user.
fn row(fields: &str, received_at: &str) -> Vec<u8> {
    format!(r#"{{{fields}"received_at":{received_at},"user_id":"u_000000"}}"#).into()
}
