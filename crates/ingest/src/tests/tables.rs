//! Tables: what columns become, places, and what is wrong with tables.

use dwell_model::Zone;

use super::{Whole, options, read_bytes, read_source, stream};
use crate::{ColumnChoice, ColumnField, Options, Reason};

fn choice(field: ColumnField, column: &str) -> ColumnChoice {
    ColumnChoice {
        field,
        column: column.to_owned(),
    }
}

fn read_with(text: &[u8], columns: &[ColumnChoice]) -> Whole {
    let options = Options {
        columns: columns.to_vec(),
        ..options()
    };
    read_source(stream(text), &options)
}

/// The properties of the first row.
fn properties(text: &str) -> String {
    let whole = read_bytes(text.as_bytes());
    assert!(whole.rejections.is_empty(), "{:?}", whole.rejections);
    whole.rows[0].event.properties.to_json()
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    read_bytes(bytes.as_ref()).end.unwrap_err().to_string()
}

fn codes(whole: &Whole) -> Vec<(u64, Option<u64>, &'static str)> {
    let codes = whole.rejections.iter();
    codes
        .map(|bad| (bad.line, bad.column, bad.reason.code()))
        .collect()
}

const HEAD: &str = "name,timestamp,user_id";

#[test]
fn a_row_is_the_event_that_json_would_be() {
    let json = r#"{"event_id":"e1","name":"Bet","type":"system","timestamp":1773136800,"received_at":"2026-03-10T10:00:05Z","sent_at":"2026-03-10T10:00:01Z","user_id":"u1","device_id":"007","session_id":"s","properties":{"amount":19.90,"big":9007199254740993,"plan":"a \"b\"","won":true},"context":{"os_version":"18.2"}}"#;
    let head = "event_id,name,type,timestamp,received_at,sent_at,user_id,device_id,session_id,amount,big,plan,won,empty,context.device.os_version";
    let row = r#"e1,Bet,system,1773136800,2026-03-10T10:00:05Z,"2026-03-10T10:00:01Z",u1,007,s,19.90,"9007199254740993","a ""b""",TRUE,,18.2"#;
    let expected = &read_bytes(json.as_bytes()).rows[0].event;
    for (separator, label) in [
        (",", "csv"),
        ("\t", "tsv"),
        (";", "csv with semicolons"),
        ("|", "csv with bars"),
    ] {
        let text = format!("\u{feff}{head}\r\n{row}\r\n").replace(',', separator);
        let whole = read_bytes(text.as_bytes());
        assert_eq!(whole.end.unwrap().format(), label);
        let mut event = whole.rows[0].event.clone();
        assert_eq!(whole.rows[0].line, 2);
        // A version is a number here, as nothing says that it is text.
        assert_eq!(event.context.to_json(), r#"{"os_version":18.2}"#);
        event.context = expected.context.clone();
        assert_eq!(&event, expected);
    }
}

#[test]
fn cells_are_numbers_as_written_true_or_false_or_text() {
    let cells = "1,-0.50,1e400,007,+1,1.,NaN,true,False,yes,null, x ,\"\",\"1,5\",\"\\\t\"";
    let names: Vec<String> = (b'a'..=b'o').map(|c| char::from(c).to_string()).collect();
    let text = format!("{HEAD},{}\nBet,1773136800,u,{cells}\n", names.join(","));
    assert_eq!(
        properties(&text),
        r#"{"a":1,"b":-0.50,"c":1e400,"d":"007","e":"+1","f":"1.","g":"NaN","h":true,"i":false,"j":"yes","k":"null","l":" x ","n":"1,5","o":"\\\t"}"#
    );
}

#[test]
fn a_map_in_a_cell_is_flattened_and_loses_nothing_to_other_columns() {
    let text = format!(
        "{HEAD},properties,plan,properties.plan\nBet,1773136800,u,\
         \"{{\"\"plan\"\":1,\"\"a\"\":{{\"\"b\"\":2.0}}}}\",gold,silver\n"
    );
    assert_eq!(
        properties(&text),
        r#"{"plan":1,"a.b":2.0,"event.plan":"gold","event.event.plan":"silver"}"#
    );
    let text = format!("{HEAD},plan,properties.plan\nBet,1773136800,u,gold,silver\n");
    assert_eq!(
        properties(&text),
        r#"{"event.plan":"gold","plan":"silver"}"#
    );
    let text = format!("{HEAD},properties,x\nBet,1773136800,u,hello,1\nBet,1773136800,u,{{,1\n");
    let whole = read_bytes(text.as_bytes());
    assert_eq!(
        codes(&whole),
        [(2, Some(18), "wrong_type"), (3, Some(18), "not_json")]
    );
    assert_eq!(
        whole.rejections[0].reason.to_string(),
        "properties: “hello” stands where a map in JSON should."
    );
}

#[test]
fn columns_are_found_by_usual_names_and_by_choice() {
    let row = "Bet,2026-03-10 11:00:00,u1";
    for head in [
        "Event Name;Event Time;User ID",
        "event;time;userId",
        "EVENT_TYPE;client_event_time;user-id",
    ] {
        let text = format!("{head}\n{}\n", row.replace(',', ";"));
        let event = &read_bytes(text.as_bytes()).rows[0].event;
        assert_eq!((&*event.name, event.time_ms), ("Bet", 1_773_140_400_000));
        assert!(event.properties.is_empty());
    }
    let text = format!("what,when,who\n{row}\n{row}x\n");
    assert_eq!(
        refused(&text),
        "No column of events.jsonl is the event's name. Say which one is: --map name=COLUMN. Its \
         first line has what, when, who."
    );
    let columns = [
        choice(ColumnField::Name, "what"),
        choice(ColumnField::Timestamp, "when"),
        choice(ColumnField::DeviceId, "who"),
    ];
    let options = Options {
        columns: columns.to_vec(),
        zone: Zone::parse("Europe/Berlin").unwrap(),
        ..options()
    };
    let whole = read_source(stream(text.as_bytes()), &options);
    assert_eq!(whole.rows[0].event.time_ms, 1_773_136_800_000);
    assert_eq!(
        whole.rows[0].event.device.as_ref().unwrap().to_string(),
        "u1"
    );
    let part = &whole.end.unwrap().parts[0];
    let targets: Vec<_> = part.columns.iter().map(|column| &*column.target).collect();
    assert_eq!(targets, ["name", "timestamp", "device_id"]);
    let whole = read_with(text.as_bytes(), &[choice(ColumnField::Name, "nope")]);
    assert_eq!(
        whole.end.unwrap_err().to_string(),
        "events.jsonl has no column “nope” for name. Its first line has what, when, who."
    );
    // A column that is called like a field, and is none.
    let text = "name,time,user_id,type\nBet,1773136800,u,slot\n";
    assert_eq!(
        codes(&read_bytes(text.as_bytes())),
        [(2, Some(18), "wrong_type")]
    );
    let whole = read_with(text.as_bytes(), &[choice(ColumnField::Type, "")]);
    assert_eq!(
        whole.rows[0].event.properties.to_json(),
        r#"{"type":"slot"}"#
    );
    let whole = read_with(super::GOOD.as_bytes(), &[choice(ColumnField::Name, "x")]);
    assert_eq!(
        whole.end.unwrap_err().to_string(),
        "events.jsonl is JSON, which has no columns: --map is for CSV and TSV."
    );
}

#[test]
fn headers_that_are_none_say_so() {
    assert_eq!(
        refused("name,time,user_id,a,b,a\nBet,1,u,,,\n"),
        "events.jsonl has two columns that are called “a”: the 4. and the 6. Give one of them \
         another name."
    );
    let text = "2026-03-10T10:00:00Z,Bet,u1\n2026-03-10T10:00:01Z,Bet,u1\n";
    assert_eq!(
        refused(text),
        "No column of events.jsonl is the event's name. Say which one is: --map name=COLUMN. Its \
         first line has 2026-03-10T10:00:00Z, Bet, u1."
    );
    assert!(refused("name,time\nBet,1\n").contains("is a user's or a device's id"));
    assert_eq!(
        refused(b"name,time,user_id,pr\xe9nom\nBet,1773136800,u,x\n"),
        "The first line of events.jsonl should name the columns, but it is not UTF-8 text: the \
         byte 0xE9 does not fit. Save the file as UTF-8 and import it again."
    );
    assert_eq!(
        refused(format!("{HEAD}\n")),
        "events.jsonl is empty: there are no events in it."
    );
    // Columns without a name are called by their place.
    assert_eq!(
        properties(",name,time,user_id,\n0,Bet,1773136800,u,x\n"),
        r#"{"column_1":0,"column_5":"x"}"#
    );
    assert_eq!(
        properties("sep=;\nname;time;user_id;price\nBet;1773136800;u;1,5\n"),
        r#"{"price":"1,5"}"#
    );
}

#[test]
fn bad_rows_are_rejected_alone_with_their_place() {
    let text = format!(
        "{HEAD},note\nBet,1773136800,u1,\"two\nlines\"\nBet,1773136800,u1\nBet,yesterday,u1,\n\
         Bet,1773136800,u1,\"open\nBet,1773136800,u1,x,,\nBet,1773136800,u1,x,,y\n\n\
         Bet,1773136800,u1,\"a\"b\n,1773136800,u1,\nBet,1773136800,u1,last"
    );
    let whole = read_bytes(text.as_bytes());
    let lines: Vec<_> = whole.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 7, 12]);
    assert_eq!(
        codes(&whole),
        [
            (4, Some(18), "wrong_cell_count"),
            (5, Some(5), "bad_time"),
            (6, Some(19), "quote_not_closed"),
            (8, Some(22), "wrong_cell_count"),
            (10, Some(22), "behind_quotes"),
            (11, None, "no_name"),
        ]
    );
    assert_eq!(whole.rejections[2].excerpt, b"Bet,1773136800,u1,\"open");
    let mut latin: Vec<u8> = format!("{HEAD},city\nBet,1773136800,u1,M").into_bytes();
    latin.extend(b"\xfcnchen\nBet,1773136800,u1,Bonn\n");
    let whole = read_bytes(&latin);
    assert_eq!(
        (whole.rows.len(), codes(&whole)),
        (1, vec![(2, Some(20), "not_utf8")])
    );
    assert!(whole.rejections[0].reason.to_string().contains("Latin-1"));
    assert_eq!(whole.rejections[0].reason, Reason::NotUtf8 { byte: 0xfc });
}

#[test]
fn batches_are_the_same_however_many_threads_read_a_table() {
    let mut text = format!("{HEAD},note\n");
    let mut random = super::Random(11);
    for index in 0..120_000 {
        let note = ["x", "\"a\nb\"", "\"open", "a\"b", "\"q\"\"q\"", ""][random.below(6)];
        text.push_str(&format!(
            "Bet,17731{:05},u{},{note}\n",
            index % 100_000,
            index % 9
        ));
    }
    let read = |parallelism| {
        let options = Options {
            parallelism,
            ..options()
        };
        read_source(stream(text.as_bytes()), &options)
    };
    let (one, three) = (read(1), read(3));
    assert!(one.batches.len() > 1);
    assert_eq!(one.batches, three.batches);
    let summary = one.end.unwrap();
    assert_eq!(
        summary.row_count,
        summary.event_count + summary.rejection_count
    );
    assert!(summary.row_count <= 120_000 && summary.event_count > 60_000);
}

#[test]
fn maps_in_cells_are_those_of_json_lines_usual_or_not() {
    let maps = [
        r#"{"a":1}"#,
        r#" { "a" : 1.50 , "b":{"c":[1, "x"]} } "#,
        r#"{"device":{"os_version":"18"},"os_version":"17"}"#,
        r#"{"a.b":1,"a":{"b":2}}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"\u0061":"\ud83d\ude00","n":null}"#,
        "{}",
        "null",
    ];
    for map in maps {
        let json = format!(
            r#"{{"name":"Bet","timestamp":1773136800,"user_id":"u","properties":{map},"context":{map}}}"#
        );
        let cell = format!("\"{}\"", map.replace('"', "\"\""));
        let csv = format!("{HEAD},properties,context\nBet,1773136800,u,{cell},{cell}\n");
        let (json, csv) = (read_bytes(json.as_bytes()), read_bytes(csv.as_bytes()));
        assert_eq!(json.rows[0].event, csv.rows[0].event, "{map}");
    }
}

#[test]
fn a_look_counts_what_columns_hold_and_says_what_is_missing() {
    let look = |text: &str, columns: &[ColumnChoice]| {
        let options = Options {
            columns: columns.to_vec(),
            is_look: true,
            ..options()
        };
        read_source(stream(text.as_bytes()), &options)
    };
    let fills = |whole: &Whole| {
        let columns = whole.batches[0].columns.iter();
        columns
            .map(|fill| {
                (
                    fill.column.name.clone(),
                    fill.column.target.clone(),
                    fill.row_count,
                )
            })
            .collect::<Vec<_>>()
    };
    let of = |name: &str, target: &str, count| (name.to_owned(), target.to_owned(), count);
    let text =
        "what,timestamp,user_id,amount\nBet,1773136800,u1,\nBet,bad,,2\n\nBet,1773136800,u2\n";
    let whole = look(text, &[]);
    assert_eq!(
        fills(&whole),
        [
            of("what", "properties.what", 3),
            of("timestamp", "timestamp", 3),
            of("user_id", "user_id", 2),
            of("amount", "properties.amount", 1),
        ]
    );
    let missing = whole.end.unwrap().parts[0].missing.unwrap();
    assert_eq!(missing.field, ColumnField::Name);
    assert!(whole.rows.is_empty());
    let chosen = look(text, &[choice(ColumnField::Name, "what")]);
    assert_eq!(fills(&chosen)[0], of("what", "name", 3));
    assert_eq!(chosen.end.unwrap().parts[0].missing, None);
    assert_eq!(chosen.rows.len(), 1);

    let lines = "{\"name\":\"Bet\",\"name\":\"Bet\",\"plan\":\"\",\"user_id\":\"u\"}\n{\"plan\":1,\"timestamp\":\"x\"}\nno\n";
    let fields = [
        of("name", "name", 1),
        of("user_id", "user_id", 1),
        of("plan", "properties.plan", 1),
        of("timestamp", "timestamp", 1),
    ];
    assert_eq!(fills(&look(lines, &[])), fields);
    let list = format!(
        "[{}]",
        lines.trim_end().replace('\n', ",").replace("no", "7")
    );
    assert_eq!(fills(&look(&list, &[])), fields);
    // Whoever imports pays nothing for it.
    assert_eq!(read_bytes(lines.as_bytes()).batches[0].columns, []);
}
