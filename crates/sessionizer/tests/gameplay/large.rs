//! Sessions that a file can make large.

use dwell_model::{Properties, Value};
use dwell_sessionizer::gameplay::{Facts, Member, OTHER_CURRENCIES_LISTED, Report, report};

fn computed(bets: &[Properties]) -> Report {
    let facts = Facts {
        started_at_ms: 1_763_650_700_000,
        closes_at_ms: 1_763_650_700_000 + 100 * bets.len() as i64 + 300_000,
        user_id: "u1",
        occurrence: 0,
    };
    let members = bets.iter().zip(0..).map(|(properties, index)| Member {
        time_ms: facts.started_at_ms + 100 * index,
        name: "Bet",
        properties,
    });
    report(&crate::gameplay(), &facts, members)
}

fn bet(game: &str, currency: usize) -> Properties {
    let json = format!(r#"{{"bet_amount":0.01,"game_id":"{game}","currency":"C{currency}"}}"#);
    Properties::from_json(&json).unwrap()
}

#[test]
fn a_session_may_have_two_hundred_thousand_bets() {
    const BETS: usize = 200_000;
    let figures = computed(&vec![bet("g1", 0); BETS]).figures;
    assert_eq!(figures.money.amounts.bets.total.to_string(), "2000");
    assert_eq!(figures.bets.map(|bets| bets.count), Some(BETS as u64));
}

/// What grew with the square of their number would take minutes here.
#[test]
fn a_session_may_have_fifty_thousand_game_sessions() {
    const BETS: usize = 50_000;
    // Two games by turns, ten bets a second, both games of one name.
    let named = |index: usize| {
        let mut properties = bet(&format!("g{}", index % 2), 0);
        properties.set("game_name", Value::text("Gold"));
        properties
    };
    let report = computed(&(0..BETS).map(named).collect::<Vec<_>>());
    assert_eq!(report.games.len(), BETS);
    assert_eq!(report.events.len(), BETS);
    assert_eq!(report.figures.game_ids.len(), 2);

    // Each on a game of its own, in a currency of its own.
    let alone = |index: usize| bet(&format!("g{index}"), index);
    let report = computed(&(0..BETS).map(alone).collect::<Vec<_>>());
    assert_eq!(report.figures.game_ids.len(), BETS);
    assert_eq!(report.figures.money.other_currencies.len(), BETS - 1);
}

#[test]
fn a_payload_lists_so_many_other_currencies_and_counts_the_rest() {
    let key = "other_currencies_left_out";
    for (others, left_out) in [(31, None), (32, None), (33, Some("1")), (40, Some("8"))] {
        let bets: Vec<_> = (0..=others).map(|index| bet("g1", index)).collect();
        let report = computed(&bets);
        let properties = report.figures.properties();
        for listed in [&report.events[0].payload, &properties] {
            let shown = listed.get(key).map(|value| value.shown());
            assert_eq!(shown.as_deref(), left_out, "{others}");
            let totals = listed.iter().filter(|(name, _)| {
                name.starts_with("other_currencies.") && name.ends_with(".gs_total_bet_amount")
            });
            assert_eq!(totals.count(), others.min(OTHER_CURRENCIES_LISTED));
        }
        assert_eq!(report.figures.money.other_currencies.len(), others);
    }
}
