//! The rules of sessions, section 1, one line at a time.

use dwell_model::time::format_utc;
use dwell_model::{Event, Key, Zone};

use super::{GOOD, Row, options, read_source, stream};
use crate::Options;

/// Tells that the lines after it are lines, whatever they begin with.
const FIRST: &str = r#"{"name":"First","timestamp":"2026-03-10T10:00:00Z","user_id":"u1"}"#;

fn event_of(line: &str, options: &Options) -> Result<Event, String> {
    let text = format!("{FIRST}\n{line}");
    let mut whole = read_source(stream(text.as_bytes()), options);
    let summary = whole.end.unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(summary.row_count, 2, "{line}");
    match whole.rejections.pop() {
        None => {
            let Some(Row { line: 2, event }) = whole.rows.pop() else {
                panic!("{line}")
            };
            Ok(event)
        }
        Some(rejection) => {
            assert_eq!(rejection.line, 2);
            assert_eq!(rejection.excerpt, line.as_bytes(), "{line}");
            let column = rejection
                .column
                .map_or("-".to_owned(), |column| column.to_string());
            let (code, reason) = (rejection.reason.code(), rejection.reason);
            if let Some(field) = reason.field().filter(|_| reason.to_string().contains(": ")) {
                assert!(reason.to_string().starts_with(field), "{reason}");
            }
            Err(format!("{code} @{column} {reason}"))
        }
    }
}

/// In what an event differs from [`GOOD`].
fn differences(event: &Event) -> String {
    let good = event_of(GOOD, &options()).unwrap();
    let key = |key: &Option<Key>| key.as_ref().map_or("-".to_owned(), Key::to_string);
    let time = |ms: Option<i64>| ms.map_or("-".to_owned(), format_utc);
    let all = |event: &Event| {
        [
            (
                "id",
                if event.id_is_derived {
                    "-".into()
                } else {
                    event.event_id.to_string()
                },
            ),
            ("name", event.name.to_string()),
            ("type", event.event_type.as_str().to_owned()),
            ("time", format_utc(event.time_ms)),
            ("raw", format_utc(event.raw_time_ms())),
            ("late_by_ms", (event.arrival_ms - event.time_ms).to_string()),
            ("received", time(event.received_at_ms)),
            ("sent", time(event.sent_at_ms)),
            ("user", key(&event.user)),
            ("device", key(&event.device)),
            ("session", key(&event.source_session)),
            ("properties", event.properties.to_json()),
            ("context", event.context.to_json()),
        ]
    };
    let pairs = all(event).into_iter().zip(all(&good));
    let differing = pairs.filter(|(this, good)| this.1 != good.1);
    differing
        .map(|(this, _)| format!("{}={}", this.0, this.1))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Holds a line to what it should give: in what the event differs from [`GOOD`], or
/// `code @column sentence`.
fn check(line: &str, expected: &str) {
    check_with(&options(), line, expected);
}

fn check_with(options: &Options, line: &str, expected: &str) {
    let actual = match event_of(line, options) {
        Ok(event) => differences(&event),
        Err(rejected) => rejected,
    };
    assert_eq!(actual, expected, "{}", &line[..line.len().min(300)]);
}

/// [`GOOD`] with more fields, of which those that it has already take their place.
fn check_with_fields(fields: &str, expected: &str) {
    check(&good_with(fields), expected);
}

fn good_with(fields: &str) -> String {
    format!("{},{fields}}}", &GOOD[..GOOD.len() - 1])
}

/// Where the first of the fields that [`good_with`] adds begins.
const ADDED_AT: usize = GOOD.len() + 1;

fn rejected(offset: usize, code: &str, sentence: &str) -> String {
    format!("{code} @{} {sentence}", ADDED_AT + offset)
}

#[test]
fn a_line_with_name_time_and_owner_is_an_event() {
    check(GOOD, "");
    check(&format!("  {GOOD}\t"), "");
    check_with_fields(r#""device_id":"d1""#, "device=d1");
    check(
        r#"{"name":"Bet","timestamp":1773136800,"device_id":"d1"}"#,
        "user=- device=d1",
    );
}

#[test]
fn the_name_is_trimmed_and_has_1_to_200_characters() {
    let long = "ß".repeat(200);
    check_with_fields(r#""name":" Bet\t""#, "");
    check_with_fields(r#""name":"Buy <b>\u0000</b>""#, "name=Buy <b>\0</b>");
    check_with_fields(&format!(r#""name":" {long} ""#), &format!("name={long}"));
    let too_long = rejected(
        7,
        "name_too_long",
        "name: it has 201 characters; 200 are the most.",
    );
    check_with_fields(&format!(r#""name":"{long}ß""#), &too_long);
    let no_name = rejected(7, "no_name", "The event has no name.");
    check_with_fields(r#""name":" \u00a0 ""#, &no_name);
    check_with_fields(r#""name":null"#, &no_name);
    check(
        r#"{"timestamp":1773136800,"user_id":"u1"}"#,
        "no_name @- The event has no name.",
    );
    check_with_fields(
        r#""name":7"#,
        &rejected(7, "wrong_type", "name: a number stands where text should."),
    );
}

#[test]
fn the_type_is_custom_or_system_and_else_follows_from_the_name() {
    check_with_fields(r#""type":"custom""#, "");
    check_with_fields(r#""type":"system""#, "type=system");
    check_with_fields(r#""type":null"#, "");
    check_with_fields(r#""type":"""#, "");
    check_with_fields(
        r#""name":"SessionStarted""#,
        "name=SessionStarted type=system",
    );
    check_with_fields(
        r#""name":"SessionStarted","type":"custom""#,
        "name=SessionStarted",
    );
    for (value, found) in [
        (r#""track""#, "“track”"),
        (r#""System""#, "“System”"),
        ("1", "1"),
        ("[]", "a list"),
    ] {
        let sentence = format!("type: {found} stands where custom or system should.");
        check_with_fields(
            &format!(r#""type":{value}"#),
            &rejected(7, "wrong_type", &sentence),
        );
    }
}

#[test]
fn a_timestamp_is_text_or_a_number_of_any_unit() {
    for same in [
        r#""2026-03-10T10:00:00Z""#,
        r#""2026-03-10 12:00:00+02:00""#,
        r#""1773136800""#,
        "1773136800",
        "1773136800.0009",
        "1773136800000",
        "1773136800000000",
        "1773136800000000001",
    ] {
        check_with_fields(&format!(r#""timestamp":{same}"#), "");
    }
    check_with_fields(
        r#""timestamp":1773136800.125"#,
        "time=2026-03-10T10:00:00.125Z raw=2026-03-10T10:00:00.125Z",
    );
    let no_time = rejected(12, "no_time", "The event has no timestamp.");
    check_with_fields(r#""timestamp":null"#, &no_time);
    check_with_fields(r#""timestamp":" ""#, &no_time);
    check(
        r#"{"name":"Bet","user_id":"u1"}"#,
        "no_time @- The event has no timestamp.",
    );
    for (value, shown) in [
        (r#""20/11/26 14.02""#, "20/11/26 14.02"),
        (r#""2026-02-30T10:00:00Z""#, "2026-02-30T10:00:00Z"),
        ("1e400", "1e400"),
        ("9000000000000000000000000", "9000000000000000000000000"),
        (r#""a\nb""#, "a\\nb"),
    ] {
        let sentence = format!("timestamp: “{shown}” is not a date that can be read.");
        check_with_fields(
            &format!(r#""timestamp":{value}"#),
            &rejected(12, "bad_time", &sentence),
        );
    }
    let long = "x".repeat(61);
    check_with_fields(
        &format!(r#""timestamp":"{long}""#),
        &rejected(
            12,
            "bad_time",
            &format!(
                "timestamp: “{}…” is not a date that can be read.",
                &long[1..]
            ),
        ),
    );
    check_with_fields(
        r#""timestamp":true"#,
        &rejected(
            12,
            "wrong_type",
            "timestamp: true or false stands where text or a number should.",
        ),
    );
}

#[test]
fn a_text_without_an_offset_is_read_in_the_zone_of_the_import() {
    let tokyo = Options {
        zone: Zone::parse("Asia/Tokyo").unwrap(),
        ..options()
    };
    let line =
        good_with(r#""timestamp":"2026-03-10T19:00:00","received_at":"2026-03-10 19:00:01""#);
    check_with(
        &tokyo,
        &line,
        "late_by_ms=1000 received=2026-03-10T10:00:01Z",
    );
    check_with(&tokyo, GOOD, "");
}

#[test]
fn the_arrival_is_received_at_or_else_the_time() {
    check_with_fields(
        r#""received_at":"2026-03-10T13:00:00Z""#,
        "late_by_ms=10800000 received=2026-03-10T13:00:00Z",
    );
    check_with_fields(r#""received_at":null,"sent_at":null"#, "");
    check_with_fields(r#""received_at":"","sent_at":" ""#, "");
    check_with_fields(
        r#""sent_at":"2026-03-10T09:00:00Z""#,
        "sent=2026-03-10T09:00:00Z",
    );
    for field in ["received_at", "sent_at"] {
        let sentence = format!("{field}: “soon” is not a date that can be read.");
        let at = field.len() + 3;
        check_with_fields(
            &format!(r#""{field}":"soon""#),
            &rejected(at, "bad_time", &sentence),
        );
        let sentence = format!("{field}: a map stands where text or a number should.");
        check_with_fields(
            &format!(r#""{field}":{{}}"#),
            &rejected(at, "wrong_type", &sentence),
        );
    }
}

#[test]
fn skew_is_added_to_the_time_and_both_are_kept() {
    let with = |sent: &str| format!(r#""received_at":"2026-03-10T10:00:09Z","sent_at":"{sent}""#);
    check_with_fields(
        &with("2026-03-10T09:55:10Z"),
        "late_by_ms=9000 received=2026-03-10T10:00:09Z sent=2026-03-10T09:55:10Z",
    );
    check_with_fields(
        &with("2026-03-10T08:57:00Z"),
        "time=2026-03-10T11:05:00Z late_by_ms=-3891000 received=2026-03-10T10:00:09Z \
         sent=2026-03-10T08:57:00Z",
    );
    check_with_fields(
        &with("2026-03-10T10:06:00Z"),
        "time=2026-03-10T09:55:00Z late_by_ms=309000 received=2026-03-10T10:00:09Z \
         sent=2026-03-10T10:06:00Z",
    );
}

#[test]
fn the_corrected_time_is_what_is_held_against_1980_and_the_arrival() {
    // The device's clock began again in 1970.
    let reset = r#""timestamp":60,"sent_at":120,"received_at":"2026-03-10T10:01:00Z""#;
    check_with_fields(
        reset,
        "time=2026-03-10T10:01:00Z raw=1970-01-01T00:01:00Z received=2026-03-10T10:01:00Z \
         sent=1970-01-01T00:02:00Z",
    );
    let ahead = concat!(
        r#""timestamp":"2027-01-01T00:00:00Z","sent_at":"2027-01-01T00:01:00Z","#,
        r#""received_at":"2026-03-10T10:01:00Z""#
    );
    check_with_fields(
        ahead,
        "raw=2027-01-01T00:00:00Z late_by_ms=60000 received=2026-03-10T10:01:00Z \
         sent=2027-01-01T00:01:00Z",
    );
    let behind = concat!(
        r#""timestamp":"1980-01-01T00:00:00Z","sent_at":"2026-03-10T10:06:00Z","#,
        r#""received_at":"2026-03-10T10:01:00Z""#
    );
    let sentence = "The time 1979-12-31T23:55:00Z is before 1980.";
    check_with_fields(behind, &rejected(12, "time_too_early", sentence));
}

#[test]
fn a_time_before_1980_is_too_early() {
    check_with_fields(
        r#""timestamp":"1980-01-01T00:00:00Z""#,
        "time=1980-01-01T00:00:00Z raw=1980-01-01T00:00:00Z",
    );
    for (value, shown) in [
        ("0", "1970-01-01T00:00:00Z"),
        (r#""1979-12-31T23:59:59.999Z""#, "1979-12-31T23:59:59.999Z"),
        ("-1", "1969-12-31T23:59:59Z"),
    ] {
        let sentence = format!("The time {shown} is before 1980.");
        check_with_fields(
            &format!(r#""timestamp":{value}"#),
            &rejected(12, "time_too_early", &sentence),
        );
    }
}

#[test]
fn a_time_is_at_most_24_hours_after_its_arrival_or_after_now() {
    check_with_fields(
        r#""timestamp":"2026-03-11T12:00:00Z""#,
        "time=2026-03-11T12:00:00Z raw=2026-03-11T12:00:00Z",
    );
    check_with_fields(
        r#""timestamp":"2026-03-11T12:00:00.001Z""#,
        &rejected(
            12,
            "time_in_future",
            "The time 2026-03-11T12:00:00.001Z is more than 24 hours in the future; it is \
             2026-03-10T12:00:00Z now.",
        ),
    );
    check_with_fields(
        r#""timestamp":"2031-01-02T00:00:00Z","received_at":"2031-01-01T00:00:00Z""#,
        "time=2031-01-02T00:00:00Z raw=2031-01-02T00:00:00Z late_by_ms=-86400000 \
         received=2031-01-01T00:00:00Z",
    );
    check_with_fields(
        r#""timestamp":"2026-03-10T10:00:00.001Z","received_at":"2026-03-09T10:00:00Z""#,
        &rejected(
            12,
            "time_in_future",
            "The time 2026-03-10T10:00:00.001Z is more than 24 hours after the event's arrival, \
             2026-03-09T10:00:00Z.",
        ),
    );
}

#[test]
fn one_of_user_and_device_is_needed() {
    for owner in [
        "",
        r#","user_id":null"#,
        r#","user_id":"","device_id":"  ""#,
        r#","session_id":"s1""#,
    ] {
        check(
            &format!(r#"{{"name":"Bet","timestamp":1773136800{owner}}}"#),
            "no_owner @- The event has neither a user_id nor a device_id.",
        );
    }
}

#[test]
fn ids_are_text_or_numbers_and_uuids_are_one_in_any_spelling() {
    check_with_fields(r#""user_id":9007199254740993"#, "user=9007199254740993");
    check_with_fields(r#""user_id":1.50"#, "user=1.50");
    check_with_fields(r#""user_id":" U1 ""#, "user= U1 ");
    check_with_fields(
        r#""device_id":"{9D41E7B0-52AC-4F18-8B03-6F1A2C77D0C2}""#,
        "device=9d41e7b0-52ac-4f18-8b03-6f1a2c77d0c2",
    );
    check_with_fields(r#""session_id":"s\u00e9\ud83d\ude00""#, "session=sé😀");
    for field in ["event_id", "user_id", "device_id", "session_id"] {
        for (value, found) in [
            ("true", "true or false"),
            (r#"["a"]"#, "a list"),
            (r#"{"a":1}"#, "a map"),
        ] {
            let sentence = format!("{field}: {found} stands where text or a number should.");
            check_with_fields(
                &format!(r#""{field}":{value}"#),
                &rejected(field.len() + 3, "wrong_type", &sentence),
            );
        }
    }
}

#[test]
fn an_event_id_is_kept_as_it_is_and_else_derived() {
    check_with_fields(r#""event_id":"E-1""#, "id=E-1");
    check_with_fields(r#""event_id":"a\u0000\n""#, "id=a\0\n");
    check_with_fields(r#""event_id":42"#, "id=42");
    for none in ["null", r#""""#, r#"" ""#] {
        check_with_fields(&format!(r#""event_id":{none}"#), "");
    }
    let most = "é".repeat(500);
    check_with_fields(&format!(r#""event_id":"{most}""#), &format!("id={most}"));
    check_with_fields(
        &format!(r#""event_id":"{most}x""#),
        &rejected(
            11,
            "event_id_too_long",
            "event_id: it has 1001 bytes; 1000 are the most.",
        ),
    );
}

#[test]
fn properties_are_flat_and_numbers_stay_as_they_were_written() {
    let cases = [
        ("{}", None),
        ("null", None),
        (
            r#"{"a":"x","b":1.10,"c":true,"d":null}"#,
            Some(r#"{"a":"x","b":1.10,"c":true,"d":null}"#),
        ),
        (
            r#"{"n":9007199254740993,"e":1E400}"#,
            Some(r#"{"n":9007199254740993,"e":1E400}"#),
        ),
        (
            r#"{"l":[1.0,"x",false,null],"m":[ ]}"#,
            Some(r#"{"l":[1.0,"x",false,null],"m":[]}"#),
        ),
        (
            r#"{"cart":{"items":3,"a":{"b":"c"}},"z":1}"#,
            Some(r#"{"cart.items":3,"cart.a.b":"c","z":1}"#),
        ),
        (r#"{"a":{"l":[1,2]}}"#, Some(r#"{"a.l":[1,2]}"#)),
        (
            r#"{"a":{},"b":{"c":{ }}}"#,
            Some(r#"{"a":"{}","b.c":"{ }"}"#),
        ),
        (
            r#"{"l":[{"id":1.0, "x":[]},[2],"t"]}"#,
            Some(r#"{"l":["{\"id\":1.0, \"x\":[]}","[2]","t"]}"#),
        ),
        (r#"{"a":1,"b":2,"a":3}"#, Some(r#"{"a":3,"b":2}"#)),
        (r#"{"a.b":1,"a":{"b":2}}"#, Some(r#"{"a.b":2}"#)),
        (
            r#"{"":0,"a":{"":1},"<b>\u202e":"\u0007"}"#,
            Some("{\"\":0,\"a.\":1,\"<b>\u{202e}\":\"\\u0007\"}"),
        ),
    ];
    for (properties, expected) in cases {
        let expected = expected.map_or(String::new(), |json| format!("properties={json}"));
        check_with_fields(&format!(r#""properties":{properties}"#), &expected);
    }
    for field in ["properties", "context"] {
        for (value, found) in [
            ("5", "a number"),
            (r#""""#, "text"),
            ("[]", "a list"),
            ("false", "true or false"),
        ] {
            let sentence = format!("{field}: {found} stands where a map should.");
            check_with_fields(
                &format!(r#""{field}":{value}"#),
                &rejected(field.len() + 3, "wrong_type", &sentence),
            );
        }
    }
    check_with_fields(
        r#""properties":5,"properties":{"a":1}"#,
        r#"properties={"a":1}"#,
    );
    check_with_fields(r#""properties":{"a":1},"properties":null"#, "");
}

#[test]
fn fields_of_the_line_without_a_meaning_are_properties() {
    check_with_fields(
        r#""plan":"gold","cart":{"items":3},"properties":{"amount":1}"#,
        r#"properties={"amount":1,"plan":"gold","cart.items":3}"#,
    );
    // Where a property has the name, neither is lost.
    check_with_fields(
        r#""amount":5,"properties":{"amount":1,"cart.items":2},"cart":{"items":3}"#,
        r#"properties={"amount":1,"cart.items":2,"event.amount":5,"event.cart.items":3}"#,
    );
    check_with_fields(
        r#""a":5,"event.a":6,"properties":{"a":1,"b":2},"bb":3"#,
        r#"properties={"a":1,"b":2,"event.a":5,"event.event.a":6,"bb":3}"#,
    );
    check_with_fields(
        r#""plan":"gold","plan":"free""#,
        r#"properties={"plan":"free"}"#,
    );
    check_with_fields(r#""nam\u0065":"Win""#, "name=Win");
}

#[test]
fn there_are_at_most_512_properties_after_flattening() {
    let map = |count: usize| {
        let fields: Vec<_> = (0..count).map(|i| format!(r#""k{i}":{i}"#)).collect();
        format!("{{{}}}", fields.join(","))
    };
    for field in ["properties", "context"] {
        let event = event_of(
            &good_with(&format!(r#""{field}":{}"#, map(512))),
            &options(),
        );
        let event = event.unwrap();
        assert_eq!(event.properties.len() + event.context.len(), 512);
        let nested = format!(r#""{field}":{{"a":{},"b":1}}"#, map(512));
        let rejected = event_of(&good_with(&nested), &options()).unwrap_err();
        let sentence = format!("{field}: there are more than 512, which is the most.");
        assert!(rejected.starts_with("too_many_properties @"), "{rejected}");
        assert!(rejected.ends_with(&sentence), "{rejected}");
    }
    let twice = map(512).replace('}', r#","k7":8}"#);
    assert!(event_of(&good_with(&format!(r#""properties":{twice}"#)), &options()).is_ok());
    // The fields of the line count as well.
    let both = format!(r#""properties":{},"more":1"#, map(512));
    assert!(
        event_of(&good_with(&both), &options())
            .unwrap_err()
            .starts_with("too_many")
    );
    let flat = map(513);
    let flat = &flat[1..flat.len() - 1];
    assert!(
        event_of(&good_with(flat), &options())
            .unwrap_err()
            .starts_with("too_many")
    );
}

#[test]
fn nested_names_are_not_multiplied_beyond_what_a_row_can_hold() {
    let fields: Vec<_> = (0..500).map(|i| format!(r#""k{i}":1"#)).collect();
    let under = |length: usize| format!(r#"{{"{}":{{{}}}}}"#, "n".repeat(length), fields.join(","));
    for field in ["properties", "context", "other"] {
        let row = |length| good_with(&format!(r#""{field}":{}"#, under(length)));
        assert!(event_of(&row(1_000), &options()).is_ok(), "{field}");
        let rejected = event_of(&row(500_000), &options()).unwrap_err();
        assert!(rejected.starts_with("names_too_long @"), "{rejected}");
        assert!(rejected.ends_with("1048576 is the most."), "{rejected}");
    }
    // Each is as long as ever where it stands once.
    let long = "n".repeat(1_000_000);
    assert!(event_of(&good_with(&format!(r#""{long}":1"#)), &options()).is_ok());
    // The fields of the row share what there is.
    let half = |name: &str| {
        format!(
            r#""{name}":{{"{long}":{{"a":1}}}}"#,
            long = "n".repeat(400_000)
        )
    };
    let fields = [half("x"), half("y")].join(",");
    assert!(event_of(&good_with(&fields), &options()).is_ok());
    let half = |name: &str| half(name).replace(r#""a":1"#, r#""a":1,"b":1"#);
    let fields = [half("x"), half("y")].join(",");
    let rejected = event_of(&good_with(&fields), &options()).unwrap_err();
    assert!(rejected.starts_with("names_too_long @"), "{rejected}");
}

#[test]
fn maps_and_lists_nest_at_most_32_levels_deep() {
    let maps =
        |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels), "1") + &"}".repeat(levels);
    let lists = |levels: usize| "[".repeat(levels) + "\"[[\\\"[\"" + &"]".repeat(levels);
    // The line's own braces are the first level.
    for (field, deepest) in [
        (
            format!(r#""properties":{}"#, maps(31)),
            format!(r#""properties":{}"#, maps(32)),
        ),
        (
            format!(r#""context":{}"#, maps(31)),
            format!(r#""context":{}"#, maps(32)),
        ),
        (
            format!(r#""properties":{{"l":{}}}"#, lists(30)),
            format!(r#""properties":{{"l":{}}}"#, lists(31)),
        ),
        (
            format!(r#""other":{}"#, maps(31)),
            format!(r#""other":{}"#, maps(32)),
        ),
        (
            format!(r#""other":{}"#, lists(31)),
            format!(r#""other":{}"#, lists(32)),
        ),
    ] {
        assert!(event_of(&good_with(&field), &options()).is_ok(), "{field}");
        let rejected = event_of(&good_with(&deepest), &options()).unwrap_err();
        assert!(rejected.starts_with("too_deep @"), "{rejected}");
        assert!(
            rejected.ends_with("nest more than 32 levels deep."),
            "{rejected}"
        );
    }
    for hostile in [
        lists(100_000),
        format!(r#"{{"properties":{}}}"#, maps(100_000)),
        good_with(&format!(r#""properties":{{"a":{}}}"#, lists(100_000))),
        good_with(&format!(r#""context":{}"#, maps(100_000))),
        good_with(&format!(r#""name":{}"#, lists(100_000))),
        "[".repeat(100_000),
        r#"{"a":"#.repeat(100_000),
    ] {
        assert!(event_of(&hostile, &options()).is_err());
    }
}

#[test]
fn context_comes_flat_or_by_group() {
    for (context, expected) in [
        (
            r#"{"os_version":"18.2.0","locale":"en_US","theme":"dark"}"#,
            r#"{"os_version":"18.2.0","locale":"en_US","theme":"dark"}"#,
        ),
        (
            r#"{"device":{"os_version":"18.2.0","colour":"red"},"locale":{"locale":"en_US"}}"#,
            r#"{"os_version":"18.2.0","device.colour":"red","locale":"en_US"}"#,
        ),
        (
            r#"{"app":{"device_model":"Mac14,2"},"x":{"y":1}}"#,
            r#"{"device_model":"Mac14,2","x.y":1}"#,
        ),
        (
            r#"{"os_version":"1","device":{"os_version":"2"}}"#,
            r#"{"os_version":"2"}"#,
        ),
        (r#"{"battery_level":0.80}"#, r#"{"battery_level":0.80}"#),
    ] {
        check_with_fields(
            &format!(r#""context":{context}"#),
            &format!("context={expected}"),
        );
    }
    check_with_fields(r#""context":null"#, "");
}

#[test]
fn what_is_not_json_says_where() {
    for (line, expected) in [
        ("hello", "not_json @1 The line is not JSON: expected value."),
        (
            r#"{"name":"Bet""#,
            "not_json @13 The line is not JSON: EOF while parsing an object.",
        ),
        (
            r#"{"name":"Bet"} x"#,
            "not_json @16 The line is not JSON: trailing characters.",
        ),
        (
            r#"{"name":"Bet"},"#,
            "not_json @15 The line is not JSON: trailing characters.",
        ),
        (
            r#"{"name":Bet}"#,
            "not_json @9 The line is not JSON: expected value.",
        ),
        (
            "{\"name\":\"a\tb\"}",
            "not_json @10 The line is not JSON: control character (\\u0000-\\u001F) found while \
             parsing a string.",
        ),
        (
            r#"{"name":01}"#,
            "not_json @10 The line is not JSON: invalid number.",
        ),
        (
            "{",
            "not_json @1 The line is not JSON: EOF while parsing an object.",
        ),
        (
            "[",
            "not_json @1 The line is not JSON: EOF while parsing a list.",
        ),
        (
            r#"[{"name":"Bet"}]"#,
            "not_an_object @- The row is a list; an event is a map in braces.",
        ),
        (
            "17",
            "not_an_object @- The row is a number; an event is a map in braces.",
        ),
        (
            " null",
            "not_an_object @- The row is null; an event is a map in braces.",
        ),
        ("{}", "no_name @- The event has no name."),
    ] {
        check(line, expected);
    }
}

#[test]
fn escapes_that_are_no_characters_are_not_json() {
    for (fields, offset) in [
        (r#""user_id":"\ud800""#, 11),
        (r#""user_id":"\udc00x""#, 11),
        (r#""user_id":"\ud800\u0041""#, 11),
        (r#""properties":{"a":"\ud83dx"}"#, 19),
        (r#""properties":{"l":[1,"\ud83d"]}"#, 22),
        (r#""context":{"\ud83d":1}"#, 12),
        (r#""\ud83d":1"#, 1),
    ] {
        let line = good_with(fields);
        let rejected = event_of(&line, &options()).unwrap_err();
        let column = rejected
            .strip_prefix("not_json @")
            .and_then(|rest| rest.split(' ').next());
        let column: usize = column
            .unwrap_or_else(|| panic!("{rejected}"))
            .parse()
            .unwrap();
        let escape = ADDED_AT + offset;
        assert!(
            (escape..escape + 13).contains(&column),
            "{column} {escape} {rejected} {line}"
        );
    }
}
