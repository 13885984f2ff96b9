//! Ids of gameplay and game sessions that people can read (sessions, section 8).

use dwell_model::time::date_of_days;
use rustc_hash::FxHashMap;

use super::Facts;

const DAY_MS: i64 = 86_400_000;

/// The id of a gameplay session; a later one of the same user and second gets a number.
pub(super) fn gameplay_session(facts: &Facts<'_>) -> String {
    let id = format!("{}_{}", second(facts.started_at_ms), facts.user_id);
    match facts.occurrence {
        0 => id,
        earlier => format!("{id}-{}", u64::from(earlier) + 1),
    }
}

/// The id of a game session, before [`Ids::distinct`].
pub(super) fn game_session(gameplay_session_id: &str, started_at_ms: i64, name: &str) -> String {
    format!("{gameplay_session_id}_{}_{name}", second(started_at_ms))
}

/// The ids given inside one gameplay session, each with the last number that was put behind it.
#[derive(Default)]
pub(super) struct Ids(FxHashMap<String, u64>);

impl Ids {
    /// The id itself, or with the first number from 2 on that makes it a new one. A game may be
    /// named like another with its number, so numbered ids count as given too.
    pub(super) fn distinct(&mut self, id: String) -> String {
        let Some(last) = self.0.get(&id).copied() else {
            self.0.insert(id.clone(), 1);
            return id;
        };
        let mut number = last + 1;
        let mut numbered = format!("{id}-{number}");
        while self.0.contains_key(&numbered) {
            number += 1;
            numbered = format!("{id}-{number}");
        }
        self.0.insert(id, number);
        self.0.insert(numbered.clone(), 1);
        numbered
    }
}

/// `yyyyMMddHHmmss`, UTC.
fn second(utc_ms: i64) -> String {
    let (year, month, day) = date_of_days(utc_ms.div_euclid(DAY_MS));
    let of_day = utc_ms.rem_euclid(DAY_MS) / 1_000;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_written_with_every_digit() {
        assert_eq!(second(315_532_800_000), "19800101000000");
        assert_eq!(second(1_763_650_700_999), "20251120145820");
        assert_eq!(second(1_709_251_199_999), "20240229235959");
    }

    #[test]
    fn a_numbered_id_is_given_once_too() {
        let mut ids = Ids::default();
        let given = ["a", "a", "a-2", "a", "a-2", "b", "a-5", "a", "a"]
            .map(|id| ids.distinct(id.to_owned()));
        let expected = [
            "a", "a-2", "a-2-2", "a-3", "a-2-3", "b", "a-5", "a-4", "a-6",
        ];
        assert_eq!(given, expected);
    }
}
