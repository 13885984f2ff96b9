//! Copies of one event: which of them counts (sessions, section 1), and what differs between them.

use dwell_model::{Event, Properties};
use rusqlite::params;

use crate::error::Result;
use crate::file::Writer;
use crate::piece::{HAS_RECEIVED, HAS_SENT, IS_SYSTEM, Piece, Row};

/// Whether two copies say the same to the byte, but for their arrival: then they do not differ. Copies
/// for which this is false can still be equal in other words.
pub(super) fn is_same_text(piece: &Piece, row: &Row, other: &Piece, other_row: &Row) -> bool {
    let raw_ms = |row: &Row| row.time_ms.wrapping_sub(row.skew_ms);
    row.name_id == other_row.name_id
        && (row.flags ^ other_row.flags) & IS_SYSTEM == 0
        && raw_ms(row) == raw_ms(other_row)
        && row.user == other_row.user
        && piece.source_session(row) == other.source_session(other_row)
        && piece.properties_bytes(row) == other.properties_bytes(other_row)
        && piece.context_bytes(row) == other.context_bytes(other_row)
}

/// Whether a copy counts rather than another that says the same.
pub(super) fn same_comes_before(row: &Row, other: &Row) -> bool {
    let sent = |row: &Row| {
        (
            row.has(HAS_RECEIVED).then_some(row.arrival_ms),
            row.has(HAS_SENT).then_some(row.sent_at_ms),
        )
    };
    (row.arrival_ms, sent(row)) < (other.arrival_ms, sent(other))
}

impl Writer<'_> {
    /// Lists a copy that differs in more than its arrival from another one, which has a number.
    pub(super) fn note_conflict(
        &self,
        import_id: i64,
        line: u64,
        event_id: &str,
        differs: &str,
        against: i64,
    ) -> Result<()> {
        let mut note = self.connection.prepare_cached(
            "INSERT INTO conflict (import_id, line, event_id, differs, against)
             VALUES (?, ?, ?, ?, ?)",
        )?;
        note.execute(params![import_id, line, event_id, differs, against])?;
        Ok(())
    }
}

/// Whether a copy counts rather than another. Copies that are alike in arrival and content can still
/// have been sent at different times, which moves the corrected time.
pub(super) fn comes_before(copy: &Event, other: &Event) -> bool {
    let sent = |event: &Event| (event.received_at_ms, event.sent_at_ms);
    copy.arrival_ms
        .cmp(&other.arrival_ms)
        .then_with(|| copy.canonical_content().cmp(&other.canonical_content()))
        .then_with(|| sent(copy).cmp(&sent(other)))
        .is_lt()
}

/// How a copy stands to the one that it is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It counts from now on, the other one no more.
    Counts,
    /// The other one counts.
    Loses,
}

/// What differs between two copies beside their arrival, in words; `None` where nothing does.
pub(super) fn difference(other: &Event, copy: &Event, standing: Standing) -> Option<String> {
    if other.canonical_content() == copy.canonical_content() {
        return None;
    }
    let mut parts = Vec::new();
    let mut compare = |field: &str, a: String, b: String| {
        if a != b {
            parts.push(match standing {
                Standing::Loses => format!("{field}: {a} counts, this copy has {b}"),
                Standing::Counts => {
                    format!("{field}: this copy has {b} and counts now, before {a}")
                }
            });
        }
    };
    let text = |key: &Option<dwell_model::Key>| {
        key.as_ref()
            .map_or_else(|| "none".to_owned(), |key| format!("“{key}”"))
    };
    compare("name", other.name.to_string(), copy.name.to_string());
    compare(
        "type",
        other.event_type.as_str().to_owned(),
        copy.event_type.as_str().to_owned(),
    );
    compare(
        "timestamp",
        dwell_model::time::format_utc(other.raw_time_ms()),
        dwell_model::time::format_utc(copy.raw_time_ms()),
    );
    compare("user_id", text(&other.user), text(&copy.user));
    compare("device_id", text(&other.device), text(&copy.device));
    compare(
        "session_id",
        text(&other.source_session),
        text(&copy.source_session),
    );
    for (group, other, copy) in [
        ("properties", &other.properties, &copy.properties),
        ("context", &other.context, &copy.context),
    ] {
        let shown = |map: &Properties, key: &str| {
            map.get(key)
                .map_or_else(|| "none".to_owned(), |value| format!("“{}”", value.shown()))
        };
        for (key, _) in other.iter() {
            compare(
                &format!("{group}.{key}"),
                shown(other, key),
                shown(copy, key),
            );
        }
        for (key, _) in copy.iter().filter(|(key, _)| other.get(key).is_none()) {
            compare(
                &format!("{group}.{key}"),
                "none".to_owned(),
                shown(copy, key),
            );
        }
    }
    let mut words = parts.join("; ");
    if words.is_empty() {
        words = "values of another type".to_owned();
    }
    Some(match words.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    })
}
