//! The events that follow from a stored session (sessions, section 9): SessionStarted,
//! SessionFinished and those of gameplay. Only the log of what was told is stored beside the
//! session. How figures and games are found is the sessionizer's, whom this file does not know.

use dwell_model::session::{EndReason, StartKind, StartReason};
use dwell_model::{Properties, Scalar, Value};
use dwell_store::table::emission::{Emission, EmissionKey};
use dwell_store::table::session::SessionRecord;
use dwell_store::{Reader, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A derived event of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// SessionStarted, SessionFinished, gs_game_session_changed or gs_game_session_ended.
    pub name: Box<str>,
    /// Its place among the session's events of that name, from 0.
    pub ordinal: u32,
    /// When it happens, UTC ms.
    pub time_ms: i64,
    /// What it says.
    pub payload: Properties,
}

/// What a gameplay definition says of a session, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// The session's figures.
    pub figures: Properties,
    /// gs_game_session_changed of each game that was left, and gs_game_session_ended.
    pub events: Vec<PlayEvent>,
    /// Its game sessions.
    pub games: Vec<GameRow>,
}

/// One of the two events of gameplay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlayEvent {
    /// Name.
    pub name: Box<str>,
    /// When it happens, UTC ms.
    pub time_ms: i64,
    /// What it says.
    pub payload: Properties,
}

/// A game session inside a gameplay session (sessions, section 8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct GameRow {
    /// Id of the game session.
    pub game_session_id: String,
    /// The game's id; null where no bet named one.
    pub game_id: Option<String>,
    /// The game's name for people.
    pub game_name: String,
    /// First bet, UTC ms.
    pub started_at_ms: i64,
    /// Last bet, UTC ms.
    pub ended_at_ms: i64,
    /// Bets.
    pub bets_count: u64,
    /// Wins.
    pub wins_count: u64,
    /// Sum of the bets as an exact decimal.
    pub total_bet_amount: String,
    /// Sum of the wins as an exact decimal.
    pub total_win_amount: String,
}

/// The name of the event at the start of a session.
pub const SESSION_STARTED: &str = "SessionStarted";
/// The name of the event at the closing of a session.
pub const SESSION_FINISHED: &str = "SessionFinished";

impl Play {
    /// As it is stored.
    pub fn to_json(&self) -> String {
        // Writing to memory cannot fail, and every number is a valid JSON number.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What is stored of a session's gameplay; `None` for a plain definition.
///
/// # Errors
/// Where what is stored cannot be read.
pub fn play_of(record: &SessionRecord) -> Result<Option<Play>, StoreError> {
    play(record.session_id, record.gameplay.as_deref())
}

fn play(session_id: Uuid, stored: Option<&str>) -> Result<Option<Play>, StoreError> {
    let Some(json) = stored else {
        return Ok(None);
    };
    let read = serde_json::from_str(json).map(Some);
    read.map_err(|error| StoreError::Damaged {
        table: "session",
        row: session_id.to_string(),
        column: "gameplay",
        reason: error.to_string(),
    })
}

/// What a session's derived events follow from, much less than its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    session_id: Uuid,
    started_at_ms: i64,
    ended_at_ms: i64,
    closes_at_ms: i64,
    event_count: u32,
    start_kind: StartKind,
    start_reason: StartReason,
    close_reason: EndReason,
    gameplay: Option<Box<str>>,
}

impl Grounds {
    /// Those of a session.
    pub fn of(record: &SessionRecord) -> Self {
        Self {
            session_id: record.session_id,
            started_at_ms: record.started_at_ms,
            ended_at_ms: record.ended_at_ms,
            closes_at_ms: record.closes_at_ms,
            event_count: record.event_count,
            start_kind: record.start_kind,
            start_reason: record.start_reason,
            close_reason: record.close_reason,
            gameplay: record.gameplay.clone(),
        }
    }

    /// The events, as [`derived_of`].
    ///
    /// # Errors
    /// As [`derived_of`].
    pub fn events(&self) -> Result<Vec<Derived>, StoreError> {
        let text = |key: &str, value: &str| (key.into(), Value::text(value));
        let number = |key: &str, value: String| {
            let number = Value::One(Scalar::Number(value.into()));
            (key.into(), number)
        };
        let mut all = vec![Derived {
            name: SESSION_STARTED.into(),
            ordinal: 0,
            time_ms: self.started_at_ms,
            payload: Properties::of_distinct(vec![
                text("start_kind", self.start_kind.as_str()),
                text("start_reason", self.start_reason.as_str()),
            ]),
        }];
        let play = play(self.session_id, self.gameplay.as_deref())?;
        for event in play.unwrap_or_default().events {
            let before = all.iter().rev().find(|other| other.name == event.name);
            all.push(Derived {
                ordinal: before.map_or(0, |before| before.ordinal + 1),
                name: event.name,
                time_ms: event.time_ms,
                payload: event.payload,
            });
        }
        let length_ms = self.ended_at_ms - self.started_at_ms;
        all.push(Derived {
            name: SESSION_FINISHED.into(),
            ordinal: 0,
            time_ms: self.closes_at_ms,
            payload: Properties::of_distinct(vec![
                number("duration_seconds", seconds(length_ms)),
                number("event_count", self.event_count.to_string()),
                text("end_reason", self.close_reason.as_str()),
            ]),
        });
        Ok(all)
    }
}

/// All events that are derived from a session, by time; those after the moment as of which it is
/// looked at have not happened yet.
///
/// # Errors
/// Where what is stored of its gameplay cannot be read.
pub fn derived_of(record: &SessionRecord) -> Result<Vec<Derived>, StoreError> {
    Grounds::of(record).events()
}

/// Those of them that have happened as of a moment, with what the log says of each.
///
/// # Errors
/// Where the file cannot be read.
pub fn happened(
    reader: &Reader<'_>,
    record: &SessionRecord,
    as_of_ms: i64,
) -> Result<Vec<(Derived, Emission)>, StoreError> {
    let mut found = Vec::new();
    for event in derived_of(record)? {
        if event.time_ms > as_of_ms {
            continue;
        }
        let emission = reader.emission(&key_of(record, &event))?;
        found.push((event, emission.unwrap_or(Emission::FIRST)));
    }
    Ok(found)
}

/// By what the log knows an event.
pub fn key_of<'a>(record: &SessionRecord, event: &'a Derived) -> EmissionKey<'a> {
    EmissionKey {
        session_id: record.session_id,
        name: &event.name,
        ordinal: event.ordinal,
    }
}

/// The id by which a derived event is shown and asked for.
pub fn id_of(record: &SessionRecord, event: &Derived) -> String {
    let (session_id, name) = (record.session_id, &event.name);
    match event.ordinal {
        0 => format!("{session_id}/{name}"),
        ordinal => format!("{session_id}/{name}/{ordinal}"),
    }
}

/// Milliseconds as seconds, exactly: 1903, 0.5.
fn seconds(ms: i64) -> String {
    match ms % 1_000 {
        0 => (ms / 1_000).to_string(),
        rest => format!("{}.{rest:03}", ms / 1_000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (ms, expected) in [
            (0, "0"),
            (500, "0.5"),
            (1_903_000, "1903"),
            (61_001, "61.001"),
        ] {
            assert_eq!(seconds(ms), expected);
        }
    }
}
