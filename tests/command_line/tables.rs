//! Lists as CSV: the rows of JSON Lines, and nothing that a spreadsheet runs.

use serde_json::json;

use super::runner::{Dwell, minute};

#[test]
fn every_list_is_a_table_of_its_rows_and_no_cell_begins_as_a_formula() {
    let dwell = Dwell::new();
    dwell.take(&[
        json!({"event_id": "=1+1", "name": "@Bet", "timestamp": minute(0), "user_id": "+u",
            "properties": {"name": "-Ada", "amount": -5}}),
        json!({"event_id": "e2", "name": "Win", "timestamp": minute(1), "device_id": "=d",
            "received_at": minute(2)}),
        json!({"event_id": "e2", "name": "Won", "timestamp": minute(1), "device_id": "=d",
            "received_at": minute(3)}),
        json!({"event_id": "=none"}),
    ]);
    for list in [
        &["event", "list"][..],
        &["event", "list", "--derived"],
        &["session", "list"],
        &["user", "list"],
        &["device", "list"],
        &["catalog", "list"],
        &["imports", "list"],
        &["quarantine", "list"],
        &["quarantine", "list", "--conflicts"],
    ] {
        let rows = dwell.rows(list);
        assert!(!rows.is_empty(), "{list:?}");
        let table = dwell.run(&[list, &["--csv"]].concat());
        assert_eq!(table.status, 0, "{list:?}: {}", table.stderr);
        // No text of these lists has a line break in it.
        let lines: Vec<&str> = table.stdout.lines().collect();
        assert_eq!(lines.len(), rows.len() + 1, "{list:?}: {lines:?}");
        for (line, row) in lines[1..].iter().zip(&rows) {
            for text in row.as_object().expect("a row").values() {
                let Some(text) = text
                    .as_str()
                    .filter(|text| text.starts_with(['=', '+', '-', '@']))
                else {
                    continue;
                };
                let defused = format!("'{text}");
                assert!(line.contains(&defused), "{list:?}: {text} in {line}");
            }
        }
    }
    let events = dwell.run(&["event", "list", "--csv"]).stdout;
    assert!(
        events.contains(r#""{""name"":""-Ada"",""amount"":-5}""#),
        "{events}"
    );
}
