//! JSON lists: the same events as JSON Lines, and their places.

use super::{GOOD, Random, SEEDS, Whole, options, read_bytes, read_source, stream};
use crate::{MAX_ROW_BYTES, Options};

fn events(whole: &Whole) -> Vec<dwell_model::Event> {
    whole.rows.iter().map(|row| row.event.clone()).collect()
}

fn lines(whole: &Whole) -> (Vec<u64>, Vec<u64>) {
    let good = whole.rows.iter().map(|row| row.line).collect();
    (good, whole.rejections.iter().map(|bad| bad.line).collect())
}

fn refused(text: &str) -> String {
    read_bytes(text.as_bytes()).end.unwrap_err().to_string()
}

#[test]
fn a_list_has_the_events_of_its_lines_however_it_is_spelt() {
    let parsed = |row: &str| serde_json::from_str::<serde_json::Value>(row).ok();
    let rows: Vec<&str> = SEEDS.lines().filter(|row| parsed(row).is_some()).collect();
    let expected = events(&read_bytes(rows.join("\n").as_bytes()));
    assert!(expected.len() > 3);
    let values: Vec<_> = rows.iter().filter_map(|row| parsed(row)).collect();
    let indented = serde_json::to_string_pretty(&values).unwrap();
    for text in [
        format!("[{}]", rows.join(",")),
        format!("  [\n{}\n]\n", rows.join(",\n")),
        format!("[{}\n]", rows.join("\r\n , ")),
        format!("[{}][{}]", rows[..2].join(","), rows[2..].join(",")),
    ] {
        let whole = read_bytes(text.as_bytes());
        assert_eq!(whole.end.as_ref().unwrap().format(), "native list");
        assert_eq!(events(&whole), expected, "{text}");
    }
    assert_eq!(read_bytes(indented.as_bytes()).rows.len(), expected.len());
}

#[test]
fn an_element_has_the_line_on_which_it_begins_or_the_next_free_one() {
    let whole = read_bytes(format!("[\n{GOOD},\n{{\"a\":\n1}},\n\n{GOOD}]").as_bytes());
    assert_eq!(lines(&whole), (vec![2, 6], vec![3]));
    let whole = read_bytes(format!("[{GOOD},{GOOD},17,{GOOD},\n{GOOD}]").as_bytes());
    assert_eq!(lines(&whole), (vec![1, 2, 4, 5], vec![3]));
}

#[test]
fn lines_are_unique_and_batches_the_same_over_many_stretches() {
    let seed = 0x5EED_0003;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let mut text = String::from("[");
    for index in 0..30_000 {
        if index > 0 {
            text.push_str([",", ",\n", " ,\n\n "][random.below(3)]);
        }
        match random.below(20) {
            0 => text.push_str("{\"name\":\n\"Bet ] } \\\" [\"}"),
            1 => text.push_str("[1,{}]"),
            _ => text.push_str(GOOD),
        }
    }
    text.push(']');
    let read = |parallelism| {
        let options = Options {
            parallelism,
            ..options()
        };
        read_source(stream(text.as_bytes()), &options)
    };
    let (one, three) = (read(1), read(3));
    assert_eq!(one.batches, three.batches);
    assert_eq!(one.end.unwrap().row_count, 30_000);
    let (good, bad) = lines(&three);
    let mut all = [good.clone(), bad.clone()].concat();
    assert!(good.is_sorted() && bad.is_sorted());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 30_000);
}

#[test]
fn bad_elements_are_rejected_alone() {
    let text = format!("[{GOOD},1,\"x\",null,[{GOOD}],{{\"name\":tru}},{{}},{GOOD}]");
    let whole = read_bytes(text.as_bytes());
    let codes: Vec<_> = whole
        .rejections
        .iter()
        .map(|bad| bad.reason.code())
        .collect();
    assert_eq!(
        codes,
        [
            "not_an_object",
            "not_an_object",
            "not_an_object",
            "not_an_object",
            "not_json",
            "no_name"
        ]
    );
    assert_eq!(whole.rejections[4].excerpt, b"{\"name\":tru}");
    assert_eq!(whole.rows.len(), 2);
    let whole = read_bytes(b"[1, 2, 3]");
    assert_eq!(whole.end.unwrap().rejection_count, 3);
    let mut bytes = format!("[{GOOD},{{\"name\":\"caf").into_bytes();
    bytes.extend(b"\xe9\"},");
    bytes.extend(format!("{GOOD}]").as_bytes());
    assert_eq!(lines(&read_bytes(&bytes)), (vec![1, 3], vec![2]));
}

#[test]
fn a_list_that_is_not_closed_or_broken_says_where() {
    let closed = "Copy or download it again.";
    for text in [
        format!("[{GOOD},\n{GOOD}"),
        format!("[{GOOD},\n{GOOD},\n{{\"name\":\"B"),
    ] {
        assert_eq!(
            refused(&text),
            format!(
                "events.jsonl is cut off: the list that begins it is not closed with ], after line \
                 2. {closed}"
            )
        );
    }
    assert!(refused("[").contains("is not closed with ], before the end of its first line"));
    assert_eq!(
        refused("[]"),
        "events.jsonl is empty: there are no events in it."
    );
    for (text, place) in [
        (
            format!("[\n{GOOD}\n{GOOD}]"),
            "line 3 a comma is missing between two values",
        ),
        (
            format!("[{GOOD},,{GOOD}]"),
            "line 1 a value is missing in the list",
        ),
        (
            format!("[{GOOD}]\nx"),
            "line 2 something follows the end of the list",
        ),
        (
            format!("[{GOOD},\n{{\n\"name\":\"B\n\"}},\n{GOOD}]"),
            "line 3 a text is not closed before the line ends",
        ),
    ] {
        assert_eq!(
            refused(&text),
            format!("events.jsonl is no JSON: on {place}.")
        );
    }
}

#[test]
fn an_element_that_is_too_long_is_rejected_and_the_next_is_read() {
    for length in [MAX_ROW_BYTES, 3 * MAX_ROW_BYTES] {
        let long = format!("{{\"a\":\"{}\",\n\"b\":[\"]\\\"\"]}}", "x".repeat(length));
        let whole = read_bytes(format!("[{GOOD},\n{long},\n{GOOD}]").as_bytes());
        assert_eq!(lines(&whole), (vec![1, 4], vec![2]), "{length}");
        assert_eq!(whole.rejections[0].reason.code(), "line_too_long");
        assert!(whole.rejections[0].truncated);
    }
}
