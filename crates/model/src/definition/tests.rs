//! What a definition may say, and how it is refused.

use super::*;
use crate::Properties;

/// The example of section 2, with nulls where it has them.
const EXAMPLE: &str = r#"{ "name": "visit", "scope": "device", "session_ids": "ignore",
  "limits": { "inactivity_seconds": 1800, "background_seconds": null,
              "max_length_seconds": 86400, "day_in": null, "foreground_holds": false },
  "gap_at_timeout": "new", "grace_seconds": 86400,
  "roles": [ { "event": "Win", "role": "passive" },
             { "event": "BetWin",
               "where": [ { "property": "bet_amount", "operator": "exists" } ],
               "role": "activity" } ],
  "default_role": "activity" }"#;

#[test]
fn the_whole_of_section_2_is_read_and_written_back() {
    let definition = Definition::from_json(EXAMPLE).unwrap();
    assert_eq!(definition.limits.inactivity_seconds, Some(1_800));
    assert_eq!(definition.limits.background_seconds, None);
    assert_eq!(definition.roles[0].role, Role::Passive);
    assert_eq!(definition.roles[1].conditions[0].operator, Operator::Exists);
    let compact: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&definition.to_json()).unwrap(),
        compact
    );
    for json in [definition.to_json(), definition.to_json_pretty()] {
        assert_eq!(Definition::from_json(&json).unwrap(), definition);
    }
}

#[test]
fn the_whole_of_section_8_is_read_and_written_back() {
    let gameplay = r#"{"bets":["Bet"],"wins":["Win"],"bet_wins":["BetWin"],
        "bet_rollbacks":["BetRollback"],"win_rollbacks":["WinRollback"],
        "bet_amount":["bet_amount","bonus_bet_amount"],
        "win_amount":["win_amount","bonus_win_amount"],"rollback_amount":["amount"],
        "game_id":"game_id","game_name":"game_name","currency":"currency"}"#;
    let json = format!(
        r#"{{"name":"g","scope":"user","limits":{{"inactivity_seconds":300}},
            "default_role":"ignored","gameplay":{gameplay}}}"#
    );
    let definition = Definition::from_json(&json).unwrap();
    assert_eq!(
        definition.gameplay,
        Some(Gameplay {
            bets: texts(["Bet"]),
            wins: texts(["Win"]),
            bet_wins: texts(["BetWin"]),
            bet_rollbacks: texts(["BetRollback"]),
            win_rollbacks: texts(["WinRollback"]),
            bet_amount: texts(["bet_amount", "bonus_bet_amount"]),
            win_amount: texts(["win_amount", "bonus_win_amount"]),
            rollback_amount: texts(["amount"]),
            game_id: Some("game_id".to_owned()),
            game_name: Some("game_name".to_owned()),
            currency: Some("currency".to_owned()),
        })
    );
    let written: serde_json::Value = serde_json::from_str(&definition.to_json()).unwrap();
    let expected: serde_json::Value = serde_json::from_str(gameplay).unwrap();
    assert_eq!(written["gameplay"], expected);
    assert_eq!(
        Definition::from_json(&definition.to_json_pretty()).unwrap(),
        definition
    );
}

#[test]
fn gameplay_may_be_absent_null_or_of_bet_wins_alone() {
    let gameplay_of = |more: &str| {
        let json = format!(r#"{{"name":"g","limits":{{"day_in":"UTC"}}{more}}}"#);
        Definition::from_json(&json).unwrap().gameplay
    };
    assert_eq!(gameplay_of(""), None);
    assert_eq!(gameplay_of(r#","gameplay":null"#), None);
    assert_eq!(
        gameplay_of(r#","gameplay":{"bet_wins":["Round"],"game_id":null}"#),
        Some(Gameplay {
            bet_wins: texts(["Round"]),
            ..Gameplay::default()
        })
    );
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[test]
fn a_trusted_source_session_waits_24_hours_whatever_the_inactivity() {
    let json = |more: &str| {
        format!(
            r#"{{"name":"v","session_ids":"trust","limits":{{"inactivity_seconds":60}}{more}}}"#
        )
    };
    let definition = Definition::from_json(&json("")).unwrap();
    assert_eq!(definition.session_ids, SessionIds::Trust);
    assert_eq!(definition.trusted_inactivity_ms(), 86_400_000);
    assert_eq!(definition.inactivity_ms(), Some(60_000));
    assert!(definition.to_json().contains(r#""session_ids":"trust""#));
    let same = Definition::from_json(&json(r#","gap_at_timeout":"same""#)).unwrap();
    assert_eq!(same.trusted_inactivity_ms(), 86_400_001);
}

#[test]
fn what_is_absent_has_its_default() {
    let json = r#"{"name": "v", "limits": {"day_in": "europe/rome", "foreground_holds": null}}"#;
    let definition = Definition::from_json(json).unwrap();
    assert_eq!(
        definition.to_json(),
        concat!(
            r#"{"name":"v","scope":"device","session_ids":"ignore","limits":{"#,
            r#""inactivity_seconds":null,"background_seconds":null,"max_length_seconds":null,"#,
            r#""day_in":"Europe/Rome","foreground_holds":false},"gap_at_timeout":"new","#,
            r#""grace_seconds":86400,"roles":[],"default_role":"activity"}"#,
        )
    );
    assert_eq!(definition.late_after_ms(), 1_800_000);
}

#[test]
fn values_of_conditions_come_back_as_they_were_written() {
    let json = r#"{"name":"v","limits":{"inactivity_seconds":60},"roles":[{"event":"E","where":[
        {"property":"a","operator":"eq","value":"x"},{"property":"b","operator":"gt","value":1.50},
        {"property":"c","operator":"neq","value":true}],"role":"end","start_kind":"warm"}]}"#;
    let written = Definition::from_json(json).unwrap().to_json();
    assert!(
        written.contains(r#""operator":"gt","value":1.50"#),
        "{written}"
    );
    assert_eq!(Definition::from_json(&written).unwrap().to_json(), written);
}

#[test]
fn what_is_wrong_is_refused_with_its_path_and_what_is_allowed() {
    let long_name = format!(
        r#"{{"name":"{}","limits":{{"day_in":"UTC"}}}}"#,
        "ü".repeat(101)
    );
    let limits = |limits: &str| format!(r#"{{"name":"v","limits":{{{limits}}}}}"#);
    let with = |more: &str| format!(r#"{{"name":"v","limits":{{"day_in":"UTC"}},{more}}}"#);
    let gameplay = |gameplay: &str| with(&format!(r#""gameplay":{{{gameplay}}}"#));
    let condition = |condition: &str| {
        with(&format!(
            r#""roles":[{{"event":"E","role":"end","where":[{{{condition}}}]}}]"#
        ))
    };
    let cases = [
        (
            limits(r#""inactivity_seconds":5"#),
            "limits.inactivity_seconds: 5 is out of range, 60 to 86,400 allowed (1 min to 24 h)",
        ),
        (
            limits(r#""inactivity_seconds":-1"#),
            "limits.inactivity_seconds: -1 is out of range, 60 to 86,400 allowed (1 min to 24 h)",
        ),
        (
            limits(r#""inactivity_seconds":1234567"#),
            "limits.inactivity_seconds: 1,234,567 is out of range, 60 to 86,400 allowed (1 min to 24 h)",
        ),
        (
            limits(r#""inactivity_seconds":1800.5"#),
            "limits.inactivity_seconds: 1800.5 is not a whole number of seconds that can be used",
        ),
        (
            limits(r#""inactivity_seconds":"30 min""#),
            "limits.inactivity_seconds: invalid type: string \"30 min\", \
             expected a whole number of seconds",
        ),
        (
            limits(r#""inactivity_seconds":1800,"background_seconds":1801"#),
            "limits.background_seconds: 1,801 is out of range, 0 to 1,800 allowed \
             (0 s to 30 min, up to inactivity_seconds)",
        ),
        (
            limits(r#""day_in":"UTC","background_seconds":86401"#),
            "limits.background_seconds: 86,401 is out of range, 0 to 86,400 allowed (0 s to 24 h)",
        ),
        (
            limits(r#""inactivity_seconds":60,"max_length_seconds":604801"#),
            "limits.max_length_seconds: 604,801 is out of range, 60 to 604,800 allowed \
             (1 min to 7 days)",
        ),
        (
            limits(r#""max_length_seconds":3600"#),
            "limits: at least one of inactivity_seconds and day_in is needed",
        ),
        (
            r#"{"name":"v"}"#.to_owned(),
            "limits: at least one of inactivity_seconds and day_in is needed",
        ),
        (
            limits(r#""inactivity_seconds":60,"foreground_holds":true"#),
            "limits.foreground_holds: it needs max_length_seconds, 60 to 86,400 (1 min to 24 h)",
        ),
        (
            limits(r#""inactivity_seconds":60,"foreground_holds":true,"max_length_seconds":86401"#),
            "limits.foreground_holds: it needs max_length_seconds, 60 to 86,400 (1 min to 24 h)",
        ),
        (
            limits(r#""day_in":"Europe/Berln""#),
            "limits.day_in: there is no time zone “Europe/Berln” \
             (IANA names look like Europe/Berlin)",
        ),
        (
            limits(r#""inactivity":60"#),
            "limits.inactivity: unknown field `inactivity`, expected one of \
             `inactivity_seconds`, `background_seconds`, `max_length_seconds`, `day_in`, \
             `foreground_holds`",
        ),
        (
            with(r#""grace_seconds":86401"#),
            "grace_seconds: 86,401 is out of range, 0 to 86,400 allowed (0 s to 24 h)",
        ),
        (
            with(r#""scope":"session""#),
            "scope: unknown variant `session`, expected `device` or `user`",
        ),
        (
            with(r#""session_ids":"obey""#),
            "session_ids: unknown variant `obey`, expected one of `ignore`, `prefer`, `trust`",
        ),
        (
            with(r#""gameplay":{}"#),
            "gameplay.bets: at least one event of bets or bet_wins is needed",
        ),
        (
            gameplay(r#""wins":["Win"],"bet_amount":["bet_amount"]"#),
            "gameplay.bets: at least one event of bets or bet_wins is needed",
        ),
        (
            gameplay(r#""bets":["Bet"],"wins":["Win"," "]"#),
            "gameplay.wins[1]: it is empty",
        ),
        (
            gameplay(r#""bets":["Bet"],"rollback_amount":[""]"#),
            "gameplay.rollback_amount[0]: it is empty",
        ),
        (
            gameplay(r#""bets":["Spin","Bet"],"win_rollbacks":["Undo","Bet"]"#),
            "gameplay.win_rollbacks[1]: “Bet” stands in gameplay.bets too",
        ),
        (
            gameplay(r#""bets":"Bet""#),
            "gameplay.bets: invalid type: string \"Bet\", expected a sequence",
        ),
        (
            gameplay(r#""bets":["Bet"],"game":"game_id""#),
            "gameplay.game: unknown field `game`, expected one of `bets`, `wins`, `bet_wins`, \
             `bet_rollbacks`, `win_rollbacks`, `bet_amount`, `win_amount`, `rollback_amount`, \
             `game_id`, `game_name`, `currency`",
        ),
        (
            with(r#""roles":[{"event":"E","role":"end"},{"event":" ","role":"end"}]"#),
            "roles[1].event: it is empty",
        ),
        (
            with(r#""roles":[{"event":"E","role":"starts"}]"#),
            "roles[0].role: unknown variant `starts`, expected one of `activity`, `extend`, \
             `passive`, `start`, `foreground`, `background`, `end`, `ignored`",
        ),
        (
            condition(r#""property":"p","operator":"eq""#),
            "roles[0].where[0].value: eq needs a value",
        ),
        (
            condition(r#""property":"p","operator":"eq","value":null"#),
            "roles[0].where[0].value: eq needs a value",
        ),
        (
            condition(r#""property":"p","operator":"exists","value":1"#),
            "roles[0].where[0].value: exists takes no value",
        ),
        (
            condition(r#""property":"p","operator":"gte","value":"10""#),
            "roles[0].where[0].value: gte compares with a number, this is a text",
        ),
        (
            condition(r#""property":"p","operator":"neq","value":[1]"#),
            "roles[0].where[0].value: neq compares with one value, this is a list",
        ),
        (
            condition(r#""property":"","operator":"exists""#),
            "roles[0].where[0].property: it is empty",
        ),
        (
            r#"{"name":" ","limits":{"day_in":"UTC"}}"#.to_owned(),
            "name: it is empty, 1 to 100 characters allowed",
        ),
        (long_name, "name: it has 101 characters, 1 to 100 allowed"),
        (
            r#"{"name":" v","limits":{"day_in":"UTC"}}"#.to_owned(),
            "name: it begins or ends with white space",
        ),
        (
            r#"{"limits":{"day_in":"UTC"}}"#.to_owned(),
            "missing field `name`",
        ),
        (
            "{\"name\":\n".to_owned(),
            "this is not valid JSON: EOF while parsing a value, line 2, column 0",
        ),
        (
            format!("{EXAMPLE} x"),
            "this is not valid JSON: trailing characters, line 9, column 32",
        ),
    ];
    for (json, expected) in cases {
        let error = Definition::from_json(&json).unwrap_err();
        assert_eq!(error.to_string(), expected, "{json}");
        // As a part of a larger document it is refused as well.
        assert!(serde_json::from_str::<Definition>(&json).is_err(), "{json}");
    }
}

#[test]
fn a_list_does_not_stand_for_a_map() {
    let limits = r#""limits": {"inactivity_seconds": 60}"#;
    let cases = [
        (r#"["v", "device"]"#.to_owned(), ""),
        (r#"{"name": "v", "limits": [1800]}"#.to_owned(), "limits"),
        (
            format!(r#"{{"name": "v", {limits}, "gameplay": [["Bet"]]}}"#),
            "gameplay",
        ),
        (
            format!(r#"{{"name": "v", {limits}, "roles": [["Win", "passive"]]}}"#),
            "roles[0]",
        ),
        (
            format!(
                r#"{{"name": "v", {limits}, "roles": [
                    {{"event": "Win", "role": "passive", "where": [["amount", "exists"]]}}]}}"#
            ),
            "roles[0].where[0]",
        ),
    ];
    for (json, path) in cases {
        let error = Definition::from_json(&json).unwrap_err();
        assert_eq!(error.path, path, "{json}: {error}");
        assert!(error.problem.contains("a map in braces"), "{error}");
        assert!(serde_json::from_str::<Definition>(&json).is_err(), "{json}");
    }
}

#[test]
fn the_ends_of_every_range_are_allowed() {
    for limits in [
        r#""inactivity_seconds":60,"background_seconds":60,"max_length_seconds":60"#,
        r#""inactivity_seconds":86400,"background_seconds":0,"max_length_seconds":604800"#,
        r#""inactivity_seconds":60.0,"max_length_seconds":86400,"foreground_holds":true"#,
        r#""day_in":"UTC","background_seconds":86400"#,
    ] {
        for grace in [0, 86_400] {
            let json = format!(r#"{{"name":"v","limits":{{{limits}}},"grace_seconds":{grace}}}"#);
            assert!(Definition::from_json(&json).is_ok(), "{json}");
        }
    }
}

#[test]
fn a_gap_at_the_timeout_that_stays_lengthens_three_limits_by_one_millisecond() {
    let limits = r#""inactivity_seconds":60,"background_seconds":10,"max_length_seconds":600"#;
    let json = |gap: &str| {
        format!(
            r#"{{"name":"v","limits":{{{limits}}},"gap_at_timeout":"{gap}","grace_seconds":5}}"#
        )
    };
    for (gap, more_ms) in [("new", 0), ("same", 1)] {
        let definition = Definition::from_json(&json(gap)).unwrap();
        assert_eq!(definition.inactivity_ms(), Some(60_000 + more_ms));
        assert_eq!(definition.background_ms(), Some(10_000 + more_ms));
        assert_eq!(definition.max_length_ms(), Some(600_000 + more_ms));
        assert_eq!(definition.grace_ms(), 5_000);
    }
}

#[test]
fn a_background_wait_counts_only_where_it_is_shorter() {
    let background_ms = |limits: &str| {
        let json = format!(r#"{{"name":"v","limits":{{{limits}}}}}"#);
        Definition::from_json(&json).unwrap().background_ms()
    };
    assert_eq!(
        background_ms(r#""inactivity_seconds":60,"background_seconds":60"#),
        None
    );
    assert_eq!(
        background_ms(r#""inactivity_seconds":60,"background_seconds":59"#),
        Some(59_000)
    );
    assert_eq!(
        background_ms(r#""day_in":"UTC","background_seconds":59"#),
        Some(59_000)
    );
    assert_eq!(background_ms(r#""inactivity_seconds":60"#), None);
}

#[test]
fn every_preset_is_valid_bears_its_key_and_reads_back() {
    let rome = Zone::parse("Europe/Rome").unwrap();
    for preset in PRESETS {
        let definition = preset.definition(rome);
        assert_eq!(definition.validate(), Ok(()), "{}", preset.key);
        assert_eq!(definition.name, preset.key);
        assert_eq!(
            Definition::from_json(&definition.to_json()).unwrap(),
            definition
        );
        let found = Preset::find(preset.key).map(|found| found.title);
        assert_eq!(found, Some(preset.title), "keys differ");
        for text in [preset.purpose, preset.basis] {
            assert!(text.ends_with('.') && !text.contains("  "), "{text}");
        }
        let says = |part: &str| preset.basis.contains(part);
        assert!(says("Documented") && says("Our choice:"), "{}", preset.key);
    }
    assert_eq!(PRESETS[0].definition(rome), Definition::standard());
    assert!(PRESETS.is_sorted_by_key(|preset| preset.kind));
    assert!(Preset::find("Visit").is_none());
}

#[test]
fn presets_have_the_limits_that_are_documented() {
    use GapAtTimeout::{New, Same};
    use Scope::{Device, User};
    let rome = Zone::parse("Europe/Rome").unwrap();
    let day = 86_400;
    // key, scope, inactivity, gap at the timeout, background, maximum, splits at midnight
    let cases = [
        ("visit", Device, 1_800, New, None, Some(day), false),
        ("web-visit", Device, 1_800, New, None, Some(day), false),
        ("calendar-day", Device, 0, New, None, None, true),
        (
            "visit-within-the-day",
            Device,
            1_800,
            New,
            None,
            Some(day),
            true,
        ),
        (
            "mobile-app",
            Device,
            1_800,
            New,
            Some(1_800),
            Some(day),
            false,
        ),
        (
            "app-in-the-foreground",
            Device,
            1_800,
            New,
            Some(30),
            Some(day),
            false,
        ),
        ("gameplay", User, 300, New, None, None, false),
        (
            "sdk-session-ids",
            Device,
            1_800,
            New,
            None,
            Some(3 * day),
            false,
        ),
        ("posthog", Device, 1_800, Same, None, Some(day), false),
        ("amplitude-web", Device, 1_800, Same, None, None, false),
        ("amplitude-mobile", Device, 300, New, None, Some(day), false),
        ("mixpanel", User, 1_800, New, None, Some(day), true),
        ("ga4", Device, 1_800, New, None, None, false),
        ("matomo", Device, 1_800, New, None, None, true),
        (
            "snowplow",
            Device,
            1_800,
            Same,
            Some(1_800),
            Some(3 * day),
            false,
        ),
        ("rudderstack", Device, 1_800, Same, None, None, false),
        ("plausible", Device, 1_860, New, None, None, false),
    ];
    let keys: Vec<_> = PRESETS.iter().map(|preset| preset.key).collect();
    assert_eq!(keys, cases.map(|case| case.0));
    for (key, scope, inactivity, gap, background, maximum, splits) in cases {
        let definition = Preset::find(key).unwrap().definition(rome);
        let expected = Limits {
            inactivity_seconds: (inactivity > 0).then_some(inactivity),
            background_seconds: background,
            max_length_seconds: maximum,
            day_in: splits.then_some(rome),
            foreground_holds: ["mobile-app", "app-in-the-foreground", "amplitude-mobile"]
                .contains(&key),
        };
        assert_eq!(definition.limits, expected, "{key}");
        assert_eq!(definition.scope, scope, "{key}");
        assert_eq!(definition.gap_at_timeout, gap, "{key}");
        let trusts = definition.session_ids == SessionIds::Trust;
        assert_eq!(trusts, key == "sdk-session-ids", "{key}");
        assert_eq!(definition.gameplay.is_some(), key == "gameplay", "{key}");
    }
}

#[test]
fn of_the_gameplay_preset_only_bets_keep_a_session_open() {
    let definition = Preset::find("gameplay").unwrap().definition(Zone::UTC);
    // event, properties, role
    let cases = [
        ("Bet", "{}", Role::Activity),
        ("Win", r#"{"bet_amount":1}"#, Role::Passive),
        (
            "BetWin",
            r#"{"bet_amount":0,"win_amount":2}"#,
            Role::Activity,
        ),
        ("BetWin", r#"{"bonus_bet_amount":5}"#, Role::Activity),
        ("BetWin", r#"{"win_amount":2}"#, Role::Passive),
        ("BetWin", r#"{"bet_amount":null}"#, Role::Passive),
        ("BetRollback", r#"{"amount":1}"#, Role::Passive),
        ("WinRollback", r#"{"amount":1}"#, Role::Passive),
        ("SessionStarted", "{}", Role::Ignored),
        ("identify", "{}", Role::Ignored),
        ("alias", "{}", Role::Ignored),
        ("reset", "{}", Role::Ignored),
    ];
    for (event, properties, expected) in cases {
        let properties = Properties::from_json(properties).unwrap();
        let rule = definition.roles.iter().find(|rule| {
            rule.event == event && rule.conditions.iter().all(|one| one.holds(&properties))
        });
        let role = rule.map_or(definition.default_role, |rule| rule.role);
        assert_eq!(role, expected, "{event} {properties:?}");
    }
}

/// The TypeScript of the window says what the JSON says.
#[cfg(feature = "types")]
#[test]
fn the_types_in_typescript_are_those_of_the_json() {
    use ts_rs::{Config, TS};

    /// A declaration on one line, without its comments.
    fn declared<T: TS>() -> String {
        let config = Config::new().with_large_int("number");
        let mut text = T::decl(&config);
        while let Some((before, after)) = text.split_once("/**") {
            let (_, after) = after.split_once("*/").unwrap();
            text = format!("{before}{after}");
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
    let cases = [
        (
            declared::<Definition>(),
            "type Definition = { name: string, scope: Scope, session_ids: SessionIds, \
             limits: Limits, gap_at_timeout: GapAtTimeout, grace_seconds: number, \
             roles: Array<RoleRule>, default_role: Role, gameplay?: Gameplay | null, };",
        ),
        (
            declared::<Limits>(),
            "type Limits = { inactivity_seconds: number | null, background_seconds: number | null, \
             max_length_seconds: number | null, day_in: string | null, \
             foreground_holds: boolean, };",
        ),
        (
            declared::<RoleRule>(),
            "type RoleRule = { event: string, where?: Array<Condition>, role: Role, \
             start_kind?: StartKind | null, };",
        ),
        (
            declared::<Condition>(),
            "type Condition = { property: string, operator: Operator, \
             value?: string | number | boolean | null, };",
        ),
        (
            declared::<Operator>(),
            "type Operator = \"exists\" | \"not_exists\" | \"eq\" | \"neq\" | \"gt\" | \"gte\" | \
             \"lt\" | \"lte\";",
        ),
        (
            declared::<SessionIds>(),
            r#"type SessionIds = "ignore" | "prefer" | "trust";"#,
        ),
        (
            declared::<Gameplay>(),
            "type Gameplay = { bets: Array<string>, wins: Array<string>, \
             bet_wins: Array<string>, bet_rollbacks: Array<string>, \
             win_rollbacks: Array<string>, bet_amount: Array<string>, \
             win_amount: Array<string>, rollback_amount: Array<string>, \
             game_id: string | null, game_name: string | null, currency: string | null, };",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}
