//! Game sessions, their figures and their events, against cases computed by hand and against a slow
//! second computation.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod large;
#[cfg(test)]
mod random;
#[cfg(test)]
mod slow;

#[cfg(test)]
use dwell_model::definition::Gameplay;

/// The names that the specification gives as its example (sessions, section 8).
#[cfg(test)]
fn gameplay() -> Gameplay {
    let json = r#"{
        "bets": ["Bet"],
        "wins": ["Win"],
        "bet_wins": ["BetWin"],
        "bet_rollbacks": ["BetRollback"],
        "win_rollbacks": ["WinRollback"],
        "bet_amount": ["bet_amount", "bonus_bet_amount"],
        "win_amount": ["win_amount", "bonus_win_amount"],
        "rollback_amount": ["amount"],
        "game_id": "game_id",
        "game_name": "game_name",
        "currency": "currency"
    }"#;
    serde_json::from_str(json).unwrap()
}
