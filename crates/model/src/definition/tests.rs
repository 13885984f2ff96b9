//! What a definition may say, and how it is refused.

use super::*;

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
    let condition = |condition: &str| {
        with(&format!(
            r#""roles":[{{"event":"E","role":"end","where":[{{{condition}}}]}}]"#
        ))
    };
    let cases = [
        (
            limits(r#""inactivity_seconds":5"#),
            "limits.inactivity_seconds: 5 is out of range, 60 to 86,400 allowed",
        ),
        (
            limits(r#""inactivity_seconds":-1"#),
            "limits.inactivity_seconds: -1 is out of range, 60 to 86,400 allowed",
        ),
        (
            limits(r#""inactivity_seconds":1234567"#),
            "limits.inactivity_seconds: 1,234,567 is out of range, 60 to 86,400 allowed",
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
             (up to inactivity_seconds)",
        ),
        (
            limits(r#""day_in":"UTC","background_seconds":86401"#),
            "limits.background_seconds: 86,401 is out of range, 0 to 86,400 allowed",
        ),
        (
            limits(r#""inactivity_seconds":60,"max_length_seconds":604801"#),
            "limits.max_length_seconds: 604,801 is out of range, 60 to 604,800 allowed",
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
            "limits.foreground_holds: it needs max_length_seconds, 60 to 86,400",
        ),
        (
            limits(r#""inactivity_seconds":60,"foreground_holds":true,"max_length_seconds":86401"#),
            "limits.foreground_holds: it needs max_length_seconds, 60 to 86,400",
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
            "grace_seconds: 86,401 is out of range, 0 to 86,400 allowed",
        ),
        (
            with(r#""scope":"session""#),
            "scope: unknown variant `session`, expected `device` or `user`",
        ),
        (
            with(r#""session_ids":"trust""#),
            "session_ids: trust is not supported by this version",
        ),
        (
            with(r#""session_ids":"obey""#),
            "session_ids: unknown variant `obey`, expected `ignore` or `prefer`",
        ),
        (
            with(r#""gameplay":{}"#),
            "gameplay: it is not supported by this version",
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
        assert_eq!(
            Preset::find(preset.key).map(|found| found.title),
            Some(preset.title)
        );
        let splits_at_midnight = preset.key.contains("day");
        let expected_zone = splits_at_midnight.then_some(rome);
        assert_eq!(definition.limits.day_in, expected_zone, "{}", preset.key);
    }
    assert_eq!(PRESETS[0].definition(rome), Definition::standard());
    assert_eq!(Preset::find("gameplay").map(|preset| preset.key), None);
}
