//! Gameplay, from outside: a small file whose every figure was computed by hand.

use serde_json::{Value, json};

use super::runner::{Dwell, TEN, shuffle};

/// A gameplay event of user `u9`, so many ms after ten o'clock.
fn play(id: &str, name: &str, after_ms: i64, properties: &str) -> String {
    let time_ms = TEN + after_ms;
    format!(
        "{{\"event_id\":\"{id}\",\"name\":\"{name}\",\"timestamp\":{time_ms},\
         \"user_id\":\"u9\",\"device_id\":\"d\",\"properties\":{{{properties}}}}}"
    )
}

/// Two gameplay sessions. The first is played on g1, g2 and g1 again, with every kind of event.
fn evening() -> Vec<String> {
    let g1 = r#""game_id":"g1","game_name":"Book","currency":"EUR""#;
    let g2 = r#""game_id":"g2","currency":"EUR""#;
    let of = |game: &str, amounts: &str| format!("{game},{amounts}");
    vec![
        play("e00", "identify", 0, r#""name":"Nine""#),
        play(
            "e01",
            "Bet",
            0,
            &of(g1, r#""bet_amount":10,"bonus_bet_amount":0.50"#),
        ),
        play(
            "e02",
            "Win",
            30_000,
            &of(g1, r#""win_amount":4.25,"bonus_win_amount":0.75"#),
        ),
        // No game: the current one, g1.
        play("e03", "Bet", 60_000, r#""bet_amount":0.1,"currency":"EUR""#),
        // Without a name the id is the name.
        play("e04", "Bet", 90_000, &of(g2, r#""bet_amount":2"#)),
        play(
            "e05",
            "BetWin",
            120_000,
            &of(g2, r#""bet_amount":3,"win_amount":7.77"#),
        ),
        // No bet in it: passive, and a win alone.
        play("e06", "BetWin", 130_000, &of(g2, r#""win_amount":1.23"#)),
        // After g1 was left: in the whole session alone, not in what was told of g1.
        play("e07", "Win", 140_000, &of(g1, r#""win_amount":100"#)),
        play("e08", "Bet", 180_000, &of(g1, r#""bet_amount":20"#)),
        play(
            "e09",
            "Bet",
            190_000,
            r#""game_id":"g1","currency":"USD","bet_amount":5"#,
        ),
        play("e10", "BetRollback", 200_000, &of(g1, r#""amount":20"#)),
        play("e11", "WinRollback", 205_000, &of(g2, r#""amount":1.23"#)),
        // A game that was never bet on.
        play(
            "e12",
            "Win",
            420_000,
            r#""game_id":"g3","currency":"EUR","win_amount":0.01"#,
        ),
        // 300 s after the last bet the session is closed.
        play("e13", "Win", 490_000, &of(g1, r#""win_amount":9"#)),
        play("e14", "PageView", 500_000, ""),
        play("e15", "Bet", 7_200_000, &of(g2, r#""bet_amount":1.005"#)),
        play("e16", "PageView", 10_800_000, ""),
    ]
}

fn take(dwell: &Dwell, lines: &[String]) {
    dwell.import(&dwell.file("events.jsonl", lines.join("\n")));
}

fn played(dwell: &Dwell) -> Vec<Value> {
    dwell.sessions("gameplay")
}

/// Payloads of the derived events of that name, in their order, with the exact digits.
fn told(dwell: &Dwell, name: &str) -> Vec<(i64, Value)> {
    dwell
        .rows(&["event", "list", "--derived", "--definition", "gameplay"])
        .into_iter()
        .filter(|row| row["name"] == name)
        .map(|row| {
            assert_eq!(row["type"], "system");
            assert_eq!(row["user_id"], "u9");
            (row["time"].as_i64().expect("ms"), row["properties"].clone())
        })
        .collect()
}

/// Every field of `wanted` and no other, whatever their order.
fn same(found: &Value, wanted: &Value) {
    let (found, wanted) = (
        found.as_object().expect("a map"),
        wanted.as_object().expect("a map"),
    );
    for (field, value) in wanted {
        assert_eq!(found.get(field), Some(value), "{field} of {found:#?}");
    }
    let more: Vec<_> = found
        .keys()
        .filter(|key| !wanted.contains_key(*key))
        .collect();
    assert!(more.is_empty(), "{more:?} of {found:#?}");
}

const GS: &str = "20260310100000_u9";

fn holds(dwell: &Dwell) {
    let sessions = played(dwell);
    assert_eq!(sessions.len(), 2);
    let (first, second) = (&sessions[0], &sessions[1]);
    assert_eq!(first["stream"], "u9");
    assert_eq!(first["started_at"], TEN);
    assert_eq!(first["ended_at"], TEN + 190_000);
    assert_eq!(first["closes_at"], TEN + 490_000);
    assert_eq!(first["end_reason"], "timeout");
    assert_eq!(first["start_reason"], "first");
    assert_eq!(first["start_kind"], "none");
    assert_eq!(
        first["event_ids"],
        json!([
            "e01", "e02", "e03", "e04", "e05", "e06", "e07", "e08", "e09", "e10", "e11", "e12"
        ])
    );
    assert_eq!(second["event_ids"], json!(["e15"]));
    assert_eq!(second["session_number"], 2);

    let usd = |mut map: Value| {
        for (field, value) in [
            ("gs_bets_count", 1),
            ("gs_total_bet_amount", 5),
            ("gs_avg_bet_amount", 5),
            ("gs_max_bet_amount", 5),
            ("gs_wins_count", 0),
            ("gs_total_win_amount", 0),
            ("gs_avg_win_amount", 0),
            ("gs_max_win_amount", 0),
        ] {
            map[format!("other_currencies.USD.{field}")] = json!(value);
        }
        map
    };
    let ended = usd(json!({
        "gs_gameplay_session_id": GS,
        "gs_event_delay_seconds": 300,
        "gs_session_start_date": TEN,
        "gs_session_end_date": TEN + 190_000,
        "gs_session_length_seconds": 190,
        // 10.5 + 0.1 + 2 + 3 + 20
        "gs_bets_count": 5,
        "gs_total_bet_amount": 35.6,
        "gs_avg_bet_amount": 7.12,
        "gs_max_bet_amount": 20,
        // 5 + 7.77 + 1.23 + 100 + 0.01; the average is 22.802
        "gs_wins_count": 5,
        "gs_total_win_amount": 114.01,
        "gs_avg_win_amount": 22.8,
        "gs_max_win_amount": 100,
        "gs_all_game_ids": ["g1", "g2"]
    }));
    let mut metrics = ended.clone();
    for (field, value) in [
        ("currency", json!("EUR")),
        ("net_amount", json!(-78.41)),
        // Six bets in 190 s.
        ("bets_per_minute", json!(1.89)),
        ("bets_rollback_count", json!(1)),
        ("wins_rollback_count", json!(1)),
        ("total_rollback_bet_amount", json!(20)),
        ("total_rollback_win_amount", json!(1.23)),
        ("other_currencies.USD.bets_rollback_count", json!(0)),
        ("other_currencies.USD.wins_rollback_count", json!(0)),
        ("other_currencies.USD.total_rollback_bet_amount", json!(0)),
        ("other_currencies.USD.total_rollback_win_amount", json!(0)),
    ] {
        metrics[field] = value;
    }
    same(&first["metrics"], &metrics);

    let changes = told(dwell, "gs_game_session_changed");
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].0, TEN + 90_000);
    same(
        &changes[0].1,
        &json!({
            "gs_gameplay_session_id": GS,
            "gs_game_session_id": format!("{GS}_20260310100000_Book"),
            "gs_game_name": "Book",
            "gs_game_old_id": "g1",
            "gs_game_new_id": "g2",
            "gs_event_delay_seconds": 30,
            "gs_session_start_date": TEN,
            "gs_session_end_date": TEN + 60_000,
            "gs_session_length_seconds": 60,
            "gs_bets_count": 2,
            "gs_total_bet_amount": 10.6,
            "gs_avg_bet_amount": 5.3,
            "gs_max_bet_amount": 10.5,
            "gs_wins_count": 1,
            "gs_total_win_amount": 5,
            "gs_avg_win_amount": 5,
            "gs_max_win_amount": 5
        }),
    );
    assert_eq!(changes[1].0, TEN + 180_000);
    same(
        &changes[1].1,
        &json!({
            "gs_gameplay_session_id": GS,
            "gs_game_session_id": format!("{GS}_20260310100130_g2"),
            "gs_game_name": "g2",
            "gs_game_old_id": "g2",
            "gs_game_new_id": "g1",
            "gs_event_delay_seconds": 60,
            "gs_session_start_date": TEN + 90_000,
            "gs_session_end_date": TEN + 120_000,
            "gs_session_length_seconds": 30,
            "gs_bets_count": 2,
            "gs_total_bet_amount": 5,
            "gs_avg_bet_amount": 2.5,
            "gs_max_bet_amount": 3,
            "gs_wins_count": 2,
            "gs_total_win_amount": 9,
            "gs_avg_win_amount": 4.5,
            "gs_max_win_amount": 7.77
        }),
    );
    let ends = told(dwell, "gs_game_session_ended");
    assert_eq!(ends.len(), 2);
    assert_eq!(ends[0].0, TEN + 490_000);
    same(&ends[0].1, &ended);
    // One bet: 1.005 is rounded half up, and there is no win.
    assert_eq!(ends[1].0, TEN + 7_500_000);
    same(
        &ends[1].1,
        &json!({
            "gs_gameplay_session_id": "20260310120000_u9",
            "gs_event_delay_seconds": 300,
            "gs_session_start_date": TEN + 7_200_000,
            "gs_session_end_date": TEN + 7_200_000,
            "gs_session_length_seconds": 0,
            "gs_bets_count": 1,
            "gs_total_bet_amount": 1.005,
            "gs_avg_bet_amount": 1.01,
            "gs_max_bet_amount": 1.005,
            "gs_wins_count": 0,
            "gs_total_win_amount": 0,
            "gs_avg_win_amount": 0,
            "gs_max_win_amount": 0,
            "gs_all_game_ids": ["g2"]
        }),
    );

    let starts = told(dwell, "SessionStarted");
    assert_eq!(starts[0].0, TEN);
    same(
        &starts[0].1,
        &json!({"start_kind": "none", "start_reason": "first"}),
    );
    same(
        &starts[1].1,
        &json!({"start_kind": "none", "start_reason": "timeout"}),
    );
    let finishes = told(dwell, "SessionFinished");
    assert_eq!(finishes[0].0, TEN + 490_000);
    same(
        &finishes[0].1,
        &json!({"duration_seconds": 190, "event_count": 12, "end_reason": "timeout"}),
    );
    same(
        &finishes[1].1,
        &json!({"duration_seconds": 0, "event_count": 1, "end_reason": "timeout"}),
    );
    dwell.check();
}

#[test]
fn every_field_of_both_events_is_as_computed_by_hand_in_any_order() {
    for order in 0..6_u64 {
        let mut lines = evening();
        match order {
            0 | 1 => {}
            2 => lines.reverse(),
            seed => shuffle(&mut lines, seed),
        }
        let dwell = Dwell::new();
        if order == 1 {
            take(&dwell, &lines);
            dwell.object(&["definition", "preset", "gameplay"]);
        } else {
            dwell.object(&["definition", "preset", "gameplay"]);
            let size = if order == 5 { 1 } else { lines.len() };
            lines.chunks(size).for_each(|lines| take(&dwell, lines));
        }
        holds(&dwell);
    }
}

#[test]
fn gameplay_stands_beside_visits_and_leaves_them_alone() {
    let alone = Dwell::new();
    take(&alone, &evening());
    let dwell = Dwell::new();
    take(&dwell, &evening());
    dwell.object(&["definition", "preset", "gameplay"]);
    let names: Vec<_> = dwell
        .rows(&["definition", "list"])
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(names, ["visit", "gameplay"]);
    assert_eq!(dwell.sessions("visit"), alone.sessions("visit"));
    let all = dwell.rows(&["session", "list", "--events"]);
    let both: Vec<_> = dwell
        .sessions("visit")
        .into_iter()
        .chain(played(&dwell))
        .collect();
    assert_eq!(all, both);
    for session in dwell.sessions("visit") {
        assert_eq!(
            session["metrics"],
            json!({}),
            "a visit has no figures of its own"
        );
    }
    let bet = dwell.rows(&["event", "list"]);
    let bet = bet.iter().find(|row| row["event_id"] == "e01").expect("it");
    for definition in ["visit", "gameplay"] {
        let id = bet["sessions"][definition].as_str().expect("an id");
        assert_eq!(
            dwell.object(&["session", "show", id])["row"]["definition"],
            definition
        );
    }
    dwell.check();
}

#[test]
fn a_session_shows_its_game_sessions_with_the_wins_that_came_late() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    take(&dwell, &evening());
    let id = played(&dwell)[0]["session_id"].clone();
    let shown = dwell.object(&["session", "show", id.as_str().expect("an id")]);
    let games: Vec<_> = shown["games"]
        .as_array()
        .expect("games")
        .iter()
        .map(|game| {
            (
                game["game_id"].clone(),
                game["game_session_id"]
                    .as_str()
                    .expect("an id")
                    .replace(GS, ""),
                game["started_at_ms"].as_i64().expect("ms") - TEN,
                game["total_win_amount"].clone(),
            )
        })
        .collect();
    // The win of 100 names g1 and counts for its latest game session then, the first one.
    assert_eq!(
        games,
        [
            (json!("g1"), "_20260310100000_Book".into(), 0, json!("105")),
            (json!("g2"), "_20260310100130_g2".into(), 90_000, json!("9")),
            (
                json!("g1"),
                "_20260310100300_Book".into(),
                180_000,
                json!("0")
            ),
        ]
    );
}

#[test]
fn sums_are_exact_decimals() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    let bet = |id: usize, amount: &str| {
        let id_text = format!("e{id}");
        play(
            &id_text,
            "Bet",
            id as i64 * 1_000,
            &format!("\"bet_amount\":{amount}"),
        )
    };
    let amounts = [
        "0.1",
        "0.2",
        "0.30",
        "1e-7",
        "9007199254740993",
        "0.0000001",
    ];
    let lines: Vec<String> = amounts.iter().enumerate().map(|(i, a)| bet(i, a)).collect();
    take(&dwell, &lines);
    let ran = dwell.run(&["session", "list", "--definition", "gameplay"]);
    assert!(
        ran.stdout
            .contains("\"gs_total_bet_amount\":9007199254740993.6000002,"),
        "{}",
        ran.stdout
    );
    dwell.check();
}

#[test]
fn ids_that_would_be_equal_are_numbered() {
    let dwell = Dwell::new();
    let preset = dwell.object(&["definition", "preset", "gameplay"]);
    let mut definition = preset;
    let roles = definition["roles"].as_array_mut().expect("roles");
    roles.push(json!({"event": "Exit", "role": "end"}));
    dwell.define(&definition);
    let bet = |id: &str, at: i64, game: &str| {
        let more = format!("\"bet_amount\":1,\"game_id\":\"{game}\",\"game_name\":\"Same\"");
        play(id, "Bet", at, &more)
    };
    take(
        &dwell,
        &[
            bet("e1", 0, "g1"),
            bet("e2", 100, "g2"),
            bet("e3", 200, "g1"),
            play("e4", "Exit", 300, ""),
            bet("e5", 400, "g1"),
            play("e6", "Exit", 500, ""),
            bet("e7", 600, "g1"),
            play("e8", "PageView", 900_000, ""),
        ],
    );
    let ids: Vec<_> = played(&dwell)
        .iter()
        .map(|row| row["metrics"]["gs_gameplay_session_id"].clone())
        .collect();
    assert_eq!(ids, [GS.to_owned(), format!("{GS}-2"), format!("{GS}-3")]);
    let left: Vec<_> = told(&dwell, "gs_game_session_changed")
        .iter()
        .map(|(_, payload)| payload["gs_game_session_id"].clone())
        .collect();
    let id = format!("{GS}_20260310100000_Same");
    assert_eq!(left, [id.clone(), format!("{id}-2")]);
    let first = &played(&dwell)[0];
    assert_eq!(first["end_reason"], "ended");
    assert_eq!(first["closes_at"], TEN + 300);
    let ended = told(&dwell, "gs_game_session_ended");
    assert_eq!(ended.len(), 3);
    assert_eq!(
        ended[0].1["gs_event_delay_seconds"], 0,
        "100 ms, in whole seconds"
    );
    dwell.check();
}

#[test]
fn the_ids_name_the_user_of_the_profile() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    let anonymous = |id: &str, user: &str, at: i64| {
        play(id, "Bet", at, "\"bet_amount\":1").replace("\"u9\"", user)
    };
    take(
        &dwell,
        &[
            anonymous("e1", "null", 0),
            anonymous("e2", "\"u9\"", 1_000),
            play("e3", "alias", 2_000, "\"previous_id\":\"u1\"").replace("u9", "u10"),
            play("e4", "alias", 3_000, "\"previous_id\":\"u10\""),
        ],
    );
    let sessions = played(&dwell);
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["event_ids"], json!(["e1", "e2"]));
    assert_eq!(sessions[0]["metrics"]["gs_gameplay_session_id"], GS);
    dwell.check();
    // u10 was seen before: the profile is its, and so is the id.
    take(
        &dwell,
        &[play("e0", "PageView", -1_000, "").replace("u9", "u10")],
    );
    assert_eq!(played(&dwell)[0]["stream"], "u10");
    assert_eq!(
        played(&dwell)[0]["metrics"]["gs_gameplay_session_id"],
        "20260310100000_u10"
    );
    dwell.check();
}

#[test]
fn a_win_neither_starts_a_gameplay_session_nor_keeps_it_open() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    take(
        &dwell,
        &[
            play("e1", "Win", -1_000, "\"win_amount\":5"),
            play("e2", "Bet", 0, "\"bet_amount\":1"),
            play("e3", "Win", 299_999, "\"win_amount\":2"),
            play(
                "e4",
                "BetWin",
                299_999,
                "\"win_amount\":2,\"bet_amount\":null",
            ),
            play("e5", "Win", 300_000, "\"win_amount\":4"),
            play("e6", "BetWin", 400_000, "\"bonus_bet_amount\":1"),
        ],
    );
    let sessions = played(&dwell);
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["event_ids"], json!(["e2", "e3", "e4"]));
    assert_eq!(sessions[0]["closes_at"], TEN + 300_000);
    assert_eq!(sessions[0]["metrics"]["gs_total_win_amount"], 4);
    assert_eq!(
        sessions[0]["metrics"]["gs_bets_count"], 1,
        "null is no amount"
    );
    assert_eq!(sessions[1]["event_ids"], json!(["e6"]));
    assert_eq!(sessions[1]["metrics"]["gs_bets_count"], 1);
    assert_eq!(sessions[1]["metrics"]["gs_wins_count"], 0);
    dwell.check();
}

#[test]
fn a_late_bet_makes_a_new_revision_of_what_was_told() {
    let dwell = Dwell::new();
    dwell.object(&["definition", "preset", "gameplay"]);
    take(&dwell, &evening());
    let mut late: Value = serde_json::from_str(&play(
        "e99",
        "Bet",
        40_000,
        "\"bet_amount\":1,\"game_id\":\"g1\"",
    ))
    .expect("JSON");
    late["received_at"] = json!(TEN + 10_900_000);
    dwell.take(&[late]);
    let rows = dwell.rows(&["event", "list", "--derived", "--definition", "gameplay"]);
    let revisions: Vec<_> = rows
        .iter()
        .map(|row| {
            let revision = row["revision"].as_u64().expect("a number");
            (row["name"].as_str().expect("a name"), revision)
        })
        .collect();
    assert_eq!(
        revisions,
        [
            ("SessionStarted", 1),
            ("gs_game_session_changed", 2),
            ("gs_game_session_changed", 1),
            ("gs_game_session_ended", 2),
            ("SessionFinished", 2),
            ("SessionStarted", 1),
            ("gs_game_session_ended", 1),
            ("SessionFinished", 1),
        ]
    );
    assert_eq!(rows[1]["properties"]["gs_bets_count"], 3);
    dwell.check();
}
