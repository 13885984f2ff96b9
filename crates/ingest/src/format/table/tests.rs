//! Rows against the `csv` crate, and places of faults.

use super::row::{Cell, Fault, Row, next_row};
use crate::MAX_ROW_BYTES;
use crate::tests::Random;

/// All rows, as their first line's number and their texts, or their fault.
fn rows(bytes: &[u8]) -> Vec<Result<Vec<String>, Fault>> {
    let mut cells = Vec::new();
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some(row) = (!rest.is_empty())
        .then(|| next_row(rest, b',', true, &mut cells))
        .flatten()
    {
        let content = &rest[..row.content];
        rest = &rest[row.length..];
        if content.is_empty() {
            continue;
        }
        let text = std::str::from_utf8(content).unwrap();
        let texts = || cells.iter().map(|cell| cell.text(text).into_owned());
        all.push(
            row.fault
                .map_or_else(|| Ok(texts().collect()), |(_, f)| Err(f)),
        );
    }
    all
}

#[test]
fn well_formed_rows_are_those_of_the_csv_crate() {
    let seed = 0x5EED_0001;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let texts = [
        "", "a", "ü", "a b", "a,b", "\"", "a\"b", "\n", "\r\n", "x\ny", ",", "\"\"", "1",
    ];
    for round in 0..20_000 {
        let mut text = String::new();
        for _ in 0..1 + random.below(4) {
            for index in 0..1 + random.below(4) {
                if index > 0 {
                    text.push(',');
                }
                let cell = texts[random.below(texts.len())];
                let has_to = cell.contains([',', '"', '\n', '\r']);
                match has_to || random.below(3) == 0 {
                    true => text.push_str(&format!("\"{}\"", cell.replace('"', "\"\""))),
                    false => text.push_str(cell),
                }
            }
            text.push_str(["\n", "\r\n"][random.below(2)]);
        }
        if random.below(2) == 0 {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let expected: Vec<Result<Vec<String>, Fault>> = reader
            .records()
            .map(|record| Ok(record.unwrap().iter().map(str::to_owned).collect()))
            .collect();
        assert_eq!(rows(text.as_bytes()), expected, "round {round}: {text:?}");
    }
}

#[test]
fn rows_end_where_they_end_however_many_bytes_are_at_hand() {
    let seed = 0x5EED_0002;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let parts = ["a", "\"", "\"\"", ",", "\n", "\r\n", "ü", "bc,d", "\r"];
    let mut cells = Vec::new();
    for round in 0..50_000 {
        let text: String = (0..random.below(12))
            .map(|_| parts[random.below(parts.len())])
            .collect();
        let bytes = text.as_bytes();
        let Some(row) = next_row(bytes, b',', true, &mut cells) else {
            panic!("{text:?}");
        };
        assert!(row.length <= bytes.len() && row.content <= row.length);
        assert!(row.length > 0 || bytes.is_empty(), "{text:?}");
        let whole = cells.clone();
        for length in 0..=bytes.len() {
            // Whoever has fewer bytes says the same, or that they are not enough.
            let some = next_row(&bytes[..length], b',', false, &mut cells);
            if let Some(some) = some {
                assert_eq!(some, row, "round {round}: {text:?} {length}");
                assert!(some.fault.is_some() || cells == whole, "{text:?} {length}");
            }
        }
    }
}

#[test]
fn a_quotation_mark_that_is_not_closed_spoils_its_line_alone() {
    let ok = |cells: &[&str]| Ok(cells.iter().map(|cell| (*cell).to_owned()).collect());
    assert_eq!(
        rows(b"a,b\n\"c,d\ne,f\ng,h\n"),
        [
            ok(&["a", "b"]),
            Err(Fault::NotClosed),
            ok(&["e", "f"]),
            ok(&["g", "h"])
        ]
    );
    // The next quotation mark seems to close it.
    assert_eq!(
        rows(b"\"c,d\ne,\"f\"\ng,h"),
        [Err(Fault::NotClosed), ok(&["e", "f"]), ok(&["g", "h"])]
    );
    assert_eq!(
        rows(b"a,\"b\"c\nd,e\n"),
        [Err(Fault::BehindQuotes), ok(&["d", "e"])]
    );
    assert_eq!(rows(b"a\"b,5\" pipe\n"), [ok(&["a\"b", "5\" pipe"])]);
}

#[test]
fn a_row_of_several_lines_is_no_longer_than_a_row_can_be() {
    let mut cells: Vec<Cell> = Vec::new();
    for (length, is_good) in [(MAX_ROW_BYTES, true), (MAX_ROW_BYTES + 2, false)] {
        let text = format!("\"a\n{}\"", "b".repeat(length - 4));
        for (end, is_last) in [("", true), ("\nc,d\n", false)] {
            let text = format!("{text}{end}");
            let row = next_row(text.as_bytes(), b',', is_last, &mut cells).unwrap();
            let first_line = Row {
                length: 3,
                content: 2,
                fault: Some((0, Fault::NotClosed)),
            };
            assert_eq!(row == first_line, !is_good, "{length} {end:?} {row:?}");
            assert_eq!(row.fault.is_none(), is_good);
        }
    }
}
