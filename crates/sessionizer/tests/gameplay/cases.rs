//! The cases of `cases.json`, field by field. A session starts at 2025-11-20T14:58:20Z, which is
//! 1763650700000; times of events and of their closing count from there, in ms.

use std::collections::BTreeSet;

use dwell_model::Properties;
use dwell_model::definition::Gameplay;
use dwell_model::value::{Scalar, Value};
use dwell_sessionizer::gameplay::{Derived, Facts, GameSession, Member, Report, report};
use serde::Deserialize;

const CASES: &str = include_str!("cases.json");
const STARTED_AT_MS: i64 = 1_763_650_700_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    /// Another definition than the usual one.
    gameplay: Option<Gameplay>,
    user_id: Option<String>,
    #[serde(default)]
    occurrence: u32,
    closes_at: i64,
    /// Time, name, properties.
    events: Vec<(i64, String, Properties)>,
    derived: Vec<Event>,
    /// Fields among those of the figures.
    #[serde(default)]
    figures: Properties,
    /// Whether the figures have no other fields.
    #[serde(default)]
    figures_are_all: bool,
    /// Fields of each game session, where they are stated.
    games: Option<Vec<Properties>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    name: String,
    at: i64,
    /// Fields among those of the payload.
    #[serde(default)]
    payload: Properties,
    /// Whether the payload has no other fields.
    #[serde(default)]
    is_all: bool,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(CASES).unwrap()
}

fn computed(case: &Case) -> Report {
    let usual = crate::gameplay();
    let facts = Facts {
        started_at_ms: STARTED_AT_MS,
        closes_at_ms: STARTED_AT_MS + case.closes_at,
        user_id: case.user_id.as_deref().unwrap_or("u1"),
        occurrence: case.occurrence,
    };
    let members = case.events.iter().map(|(at, name, properties)| Member {
        time_ms: STARTED_AT_MS + at,
        name,
        properties,
    });
    report(case.gameplay.as_ref().unwrap_or(&usual), &facts, members)
}

fn game_fields(game: &GameSession) -> Properties {
    let mut fields = Properties::new();
    let amounts = &game.money.amounts;
    let mut number = |field: &str, number: String| {
        fields.set(field, Value::One(Scalar::Number(number.into())));
    };
    number("started_at_ms", game.bets.first_ms.to_string());
    number("ended_at_ms", game.bets.last_ms.to_string());
    number("all_bets_count", game.bets.count.to_string());
    number("bets_count", amounts.bets.count.to_string());
    number("wins_count", amounts.wins.count.to_string());
    number("total_bet", amounts.bets.total.to_string());
    number("total_win", amounts.wins.total.to_string());
    number("max_bet", amounts.bets.max.to_string());
    number("net_amount", amounts.net().to_string());
    number(
        "bet_rollbacks_count",
        amounts.bet_rollbacks.count.to_string(),
    );
    number("bet_rollbacks", amounts.bet_rollbacks.total.to_string());
    number(
        "win_rollbacks_count",
        amounts.win_rollbacks.count.to_string(),
    );
    number("win_rollbacks", amounts.win_rollbacks.total.to_string());
    for (currency, other) in &game.money.other_currencies {
        number(
            &format!("total_bet.{currency}"),
            other.bets.total.to_string(),
        );
    }
    fields.set("game_id", Value::text(game.game_id.clone()));
    fields.set("game_name", Value::text(game.game_name.clone()));
    fields.set(
        "game_session_id",
        Value::text(game.game_session_id.as_str()),
    );
    fields
}

fn check(place: &str, computed: &Properties, expected: &Properties, is_all: bool) {
    for (field, value) in expected.iter() {
        assert_eq!(computed.get(field), Some(value), "{place}: {field}");
    }
    if is_all {
        let names = |of: &Properties| of.iter().map(|(name, _)| name.to_owned()).collect();
        let (computed, expected): (BTreeSet<String>, BTreeSet<String>) =
            (names(computed), names(expected));
        assert_eq!(computed, expected, "{place}: its fields");
    }
}

#[test]
fn every_case_computed_by_hand_holds() {
    for case in cases() {
        let rule = &case.rule;
        let computed = computed(&case);
        let events = |(event, expected): (&Derived, &Event)| {
            let place = format!("{rule}: {} at {}", expected.name, expected.at);
            let stands = (event.name, event.time_ms - STARTED_AT_MS);
            assert_eq!(stands, (expected.name.as_str(), expected.at), "{place}");
            check(&place, &event.payload, &expected.payload, expected.is_all);
        };
        let names: Vec<_> = computed.events.iter().map(|event| event.name).collect();
        let expected: Vec<_> = case.derived.iter().map(|event| &event.name).collect();
        assert_eq!(names, expected, "{rule}: its derived events");
        computed.events.iter().zip(&case.derived).for_each(events);

        let figures = computed.figures.properties();
        check(rule, &figures, &case.figures, case.figures_are_all);

        if let Some(games) = &case.games {
            assert_eq!(
                computed.games.len(),
                games.len(),
                "{rule}: its game sessions"
            );
            for (index, (game, expected)) in computed.games.iter().zip(games).enumerate() {
                let place = format!("{rule}: game session {index}");
                check(&place, &game_fields(game), expected, false);
            }
        }
    }
}

#[test]
fn a_payload_is_valid_json_and_comes_back_as_it_was() {
    for case in cases() {
        for event in computed(&case).events {
            let json = event.payload.to_json();
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
            assert_eq!(Properties::from_json(&json).unwrap(), event.payload);
        }
    }
}
