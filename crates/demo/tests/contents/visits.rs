//! The demo's sessions under the standard definition `visit` (timeout of 30 minutes, at most 24
//! hours, scope device), walked plainly by sessions, section 3. Rows that arrive after the grace
//! are taken as if in time: counts are all that is asked here.

use std::collections::BTreeMap;

use dwell_demo::ENDS_AT_MS;

use crate::{Row, time_ms};

const TIMEOUT_MS: i64 = 1_800_000;
const MAX_LENGTH_MS: i64 = 86_400_000;

pub(crate) struct Visit {
    pub(crate) device_id: String,
    pub(crate) started_ms: i64,
    pub(crate) start_reason: &'static str,
    pub(crate) end_reason: &'static str,
    pub(crate) is_open: bool,
    last_ms: i64,
    ended: bool,
    user_id: Option<String>,
}

impl Visit {
    /// The moment and the reason of its own close.
    fn closes(&self) -> (i64, &'static str) {
        if self.ended {
            return (self.last_ms, "ended");
        }
        let longest_ms = self.started_ms + MAX_LENGTH_MS;
        match self.last_ms + TIMEOUT_MS {
            silent_ms if silent_ms < longest_ms => (silent_ms, "timeout"),
            _ => (longest_ms, "max_length"),
        }
    }
}

/// All visits of one application's rows.
pub(crate) fn of(rows: &[Row]) -> Vec<Visit> {
    let mut streams: BTreeMap<&str, Vec<(i64, u8, &str, &Row)>> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        let Some(device_id) = row.text("device_id") else {
            continue;
        };
        let event_id = row.text("event_id").unwrap_or("");
        if !event_id.is_empty() && !seen.insert(event_id) {
            continue;
        }
        let key = (corrected_ms(row), rank(row.name()), event_id, row);
        streams.entry(device_id).or_default().push(key);
    }
    let mut visits = Vec::new();
    for (device_id, mut stream) in streams {
        stream.sort_by_key(|&(at_ms, rank, event_id, _)| (at_ms, rank, event_id));
        walk(device_id, &stream, &mut visits);
    }
    visits
}

fn walk(device_id: &str, stream: &[(i64, u8, &str, &Row)], visits: &mut Vec<Visit>) {
    let first = visits.len();
    for &(at_ms, rank, _, row) in stream {
        let user_id = row.text("user_id");
        let current = visits[first..].last();
        let start_reason = match current {
            None => Some("first"),
            Some(_) if rank == 0 => Some("forced"),
            Some(current) if current.ended => Some("ended"),
            Some(current) if at_ms >= current.closes().0 => Some(current.closes().1),
            Some(current) => {
                let users = user_id.zip(current.user_id.as_deref());
                users
                    .is_some_and(|(user, before)| user != before)
                    .then_some("user_switched")
            }
        };
        match start_reason {
            // What goes to the background or ends cannot start.
            Some(_) if rank > 2 => continue,
            Some(start_reason) => {
                if let Some(before) = visits[first..].last_mut()
                    && at_ms < before.closes().0
                {
                    before.end_reason = start_reason;
                }
                visits.push(Visit {
                    device_id: device_id.into(),
                    started_ms: at_ms,
                    start_reason,
                    end_reason: "",
                    is_open: false,
                    last_ms: at_ms,
                    ended: false,
                    user_id: user_id.map(String::from),
                });
            }
            None => {
                if let Some(current) = visits.last_mut() {
                    current.last_ms = at_ms;
                    current.ended = rank == 4;
                    current.user_id = user_id.map(String::from).or(current.user_id.take());
                }
            }
        }
    }
    for visit in &mut visits[first..] {
        let (closes_ms, reason) = visit.closes();
        visit.is_open = visit.end_reason.is_empty() && ENDS_AT_MS < closes_ms;
        if visit.end_reason.is_empty() {
            visit.end_reason = if visit.is_open { "open" } else { reason };
        }
    }
}

fn rank(name: &str) -> u8 {
    match name {
        "session_started" | "session_timeout" => 0,
        "app_foregrounded" => 1,
        "app_backgrounded" => 3,
        "app_terminated" | "reset" => 4,
        _ => 2,
    }
}

/// Skew of 5 minutes and more, to the nearest 5 minutes (sessions, section 1).
fn corrected_ms(row: &Row) -> i64 {
    let Some(sent_ms) = time_ms(&row.fields["sent_at"]) else {
        return row.timestamp_ms;
    };
    let skew_ms = row.received_ms - sent_ms;
    if skew_ms.abs() < 300_000 {
        return row.timestamp_ms;
    }
    row.timestamp_ms + (skew_ms + 150_000).div_euclid(300_000) * 300_000
}
