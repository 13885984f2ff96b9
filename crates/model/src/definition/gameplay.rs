//! Which events of a definition are bets and wins, and where their amounts stand (sessions, section
//! 8). What follows from them is the sessionizer's.

use serde::{Deserialize, Serialize};

use super::DefinitionError;

/// Event names and property names of gameplay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Gameplay {
    /// Events that are a bet.
    pub bets: Vec<String>,
    /// Events that are a win.
    pub wins: Vec<String>,
    /// Events that are a bet and a win, where each amount is there.
    pub bet_wins: Vec<String>,
    /// Events that take a bet back.
    pub bet_rollbacks: Vec<String>,
    /// Events that take a win back.
    pub win_rollbacks: Vec<String>,
    /// Properties that add up to the amount of a bet.
    pub bet_amount: Vec<String>,
    /// Properties that add up to the amount of a win.
    pub win_amount: Vec<String>,
    /// Properties that add up to the amount of a rollback.
    pub rollback_amount: Vec<String>,
    /// Property that names the game exactly.
    pub game_id: Option<String>,
    /// Property that names the game for people.
    pub game_name: Option<String>,
    /// Property that names the currency.
    pub currency: Option<String>,
}

impl Gameplay {
    /// The names of all its events.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        let kinds = [
            &self.bets,
            &self.wins,
            &self.bet_wins,
            &self.bet_rollbacks,
            &self.win_rollbacks,
        ];
        kinds.into_iter().flatten().map(String::as_str)
    }

    /// Checks what the types cannot say.
    pub(super) fn validate(&self) -> Result<(), DefinitionError> {
        let lists = [
            ("bets", &self.bets),
            ("wins", &self.wins),
            ("bet_wins", &self.bet_wins),
            ("bet_rollbacks", &self.bet_rollbacks),
            ("win_rollbacks", &self.win_rollbacks),
            ("bet_amount", &self.bet_amount),
            ("win_amount", &self.win_amount),
            ("rollback_amount", &self.rollback_amount),
        ];
        for (field, names) in lists {
            for (index, name) in names.iter().enumerate() {
                let path = || format!("gameplay.{field}[{index}]");
                if name.trim().is_empty() {
                    return Err(DefinitionError::new(path(), "it is empty"));
                }
                // A property that stands twice would be added up twice.
                if names[..index].contains(name) {
                    let problem = format!("“{name}” stands there twice");
                    return Err(DefinitionError::new(path(), problem));
                }
            }
        }
        let properties = [
            ("game_id", &self.game_id),
            ("game_name", &self.game_name),
            ("currency", &self.currency),
        ];
        for (field, name) in properties {
            if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
                let path = format!("gameplay.{field}");
                return Err(DefinitionError::new(path, "it is empty"));
            }
        }
        if self.bets.is_empty() && self.bet_wins.is_empty() {
            return Err(DefinitionError::new(
                "gameplay.bets",
                "at least one event of bets or bet_wins is needed",
            ));
        }
        // One event of two kinds would be counted by whichever is asked first.
        let kinds = &lists[..5];
        for (at, (field, names)) in kinds.iter().enumerate() {
            for (index, name) in names.iter().enumerate() {
                let earlier = kinds[..at].iter().find(|(_, others)| others.contains(name));
                if let Some((other, _)) = earlier {
                    let path = format!("gameplay.{field}[{index}]");
                    let problem = format!("“{name}” stands in gameplay.{other} too");
                    return Err(DefinitionError::new(path, problem));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_named_and_is_added_up_once() {
        let refused = |json: &str| {
            let gameplay: Gameplay = serde_json::from_str(json).unwrap();
            gameplay.validate().unwrap_err().to_string()
        };
        assert_eq!(
            refused(r#"{"bets":["Bet"],"bet_amount":["stake","bonus","stake"]}"#),
            "gameplay.bet_amount[2]: “stake” stands there twice"
        );
        for field in ["game_id", "game_name", "currency"] {
            assert_eq!(
                refused(&format!(r#"{{"bets":["Bet"],"{field}":" "}}"#)),
                format!("gameplay.{field}: it is empty")
            );
        }
    }
}
