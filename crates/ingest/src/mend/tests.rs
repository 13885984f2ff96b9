//! Each fix on rows of JSON and of tables, and what stays rejected with it.

use dwell_model::Event;

use super::*;
use crate::tests::options;

fn table(header: &str) -> Option<Table> {
    Some(Table {
        separator: b',',
        header: header.as_bytes().to_vec(),
        choices: Vec::new(),
    })
}

/// The event that a row is with these fixes, or its reason.
fn mend(table: Option<&Table>, row: &[u8], fixes: &[Fix]) -> Result<Event, &'static str> {
    let mender = Mender::new(options(), table, fixes).unwrap();
    let mended = mender.read([(7, row)].into_iter());
    assert_eq!(mended.events.len() + mended.rejections.len(), 1);
    match mended.events.iter().next() {
        Some(event) => {
            assert_eq!(event.line, 7);
            Ok(event.to_event().unwrap())
        }
        None => Err(mended.rejections[0].reason.code()),
    }
}

/// What importing one row gives.
fn right(row: &str) -> Event {
    let mended = Mender::new(options(), None, &[])
        .unwrap()
        .read([(7, row.as_bytes())].into_iter());
    mended.events.iter().next().unwrap().to_event().unwrap()
}

#[track_caller]
fn check(row: &str, reason: &str, fix: Fix, mended: &str) {
    assert_eq!(
        mend(None, row.as_bytes(), &[]).unwrap_err(),
        reason,
        "{row}"
    );
    let found = mend(None, row.as_bytes(), &[fix]).unwrap();
    assert_eq!(found, right(mended), "{row}");
}

fn rename(field: ColumnField, column: &str) -> Fix {
    Fix::Rename(ColumnChoice {
        field,
        column: column.to_owned(),
    })
}

#[test]
fn each_fix_makes_the_event_that_the_mended_row_is() {
    let good = r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":"u"}"#;
    let day = Fix::DateOrder(DateOrder::DayFirst);
    check(
        r#"{"name":"Bet","timestamp":"03/02/26 14.02","user_id":"u"}"#,
        "bad_time",
        day,
        good,
    );
    check(
        r#"{"name":"Bet","timestamp":"02/03/26 2:02 PM","user_id":"u"}"#,
        "bad_time",
        Fix::DateOrder(DateOrder::MonthFirst),
        good,
    );
    check(
        r#"{"name":"Bet","timestamp":"1770127320,5","user_id":"u"}"#,
        "bad_time",
        Fix::DecimalComma,
        r#"{"name":"Bet","timestamp":1770127320.5,"user_id":"u"}"#,
    );
    check(
        r#"{"event":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":"u"}"#,
        "no_name",
        rename(ColumnField::Name, "event"),
        good,
    );
    check(
        r#"{"name":"Bet","timestamp":"soon","when":"2026-02-03T14:02:00Z","user_id":"u"}"#,
        "bad_time",
        rename(ColumnField::Timestamp, "when"),
        // As with a table: what was called like the field is a property.
        r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":"u","properties":{"timestamp":"soon"}}"#,
    );
    check(
        r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z"}"#,
        "no_owner",
        Fix::DefaultDevice("kiosk".into()),
        r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","device_id":"kiosk"}"#,
    );
    check(
        r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":" "}"#,
        "no_owner",
        Fix::DefaultUser("u".into()),
        good,
    );
    check(
        r#"{"name":"Bet","type":"track","timestamp":"2026-02-03T14:02:00Z","user_id":"u"}"#,
        "wrong_type",
        Fix::AsProperty(ColumnField::Type),
        r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":"u","properties":{"type":"track"}}"#,
    );
}

#[test]
fn text_of_windows_1252_is_read_as_such_and_utf_8_as_utf_8() {
    let row = b"{\"name\":\"Caf\xe9 \x80\",\"timestamp\":1770127320,\"user_id\":\"u\"}";
    assert_eq!(mend(None, row, &[]).unwrap_err(), "not_utf8");
    let found = mend(None, row, &[Fix::Windows1252]).unwrap();
    assert_eq!(&*found.name, "Café €");
    let utf_8 = r#"{"name":"Café €","timestamp":1770127320,"user_id":"u"}"#;
    let found = mend(None, utf_8.as_bytes(), &[Fix::Windows1252]).unwrap();
    assert_eq!(found, right(utf_8));
}

#[test]
fn a_zone_or_an_offset_is_for_times_without_one() {
    let row = |time: &str| format!(r#"{{"name":"Bet","timestamp":"{time}","user_id":"u"}}"#);
    let berlin = Fix::TimeZone(Zone::parse("Europe/Berlin").unwrap());
    let ahead = Fix::offset("+01:00").unwrap();
    let day = Fix::DateOrder(DateOrder::DayFirst);
    let at = right(&row("2026-02-03T13:02:00Z"));
    for text in [
        "03/02/26 14.02",
        "2026-02-03 14:02:00",
        "2026-02-03T13:02:00Z",
    ] {
        for told in [&berlin, &ahead] {
            let found = mend(None, row(text).as_bytes(), &[day.clone(), told.clone()]).unwrap();
            assert_eq!(found, at, "{text} {told:?}");
        }
    }
}

#[test]
fn rows_of_a_table_are_read_by_its_header_and_what_is_chosen_now() {
    let table = table("when,time,event,user,amount\r\n");
    let table = table.as_ref();
    let row = b"2026-02-03T14:02:00Z,soon,Bet,u,5";
    assert_eq!(mend(table, row, &[]).unwrap_err(), "bad_time");
    let fixes = [rename(ColumnField::Timestamp, "when")];
    let found = mend(table, row, &fixes).unwrap();
    let mended = r#"{"name":"Bet","timestamp":"2026-02-03T14:02:00Z","user_id":"u","properties":{"time":"soon","amount":5}}"#;
    assert_eq!(found, right(mended));
    // What is not there cannot be taken, and what is needed cannot be done without.
    let fixes = [rename(ColumnField::Timestamp, "then")];
    assert_eq!(mend(table, row, &fixes).unwrap_err(), "bad_time");
    let without = [Fix::AsProperty(ColumnField::Name)];
    assert!(Mender::new(options(), table, &without).is_err());
}

#[test]
fn a_decimal_comma_is_found_where_there_is_one_way_to_find_it() {
    let table = table("name,time,user_id,price,note\n");
    let read = |row: &str| mend(table.as_ref(), row.as_bytes(), &[Fix::DecimalComma]);
    let price = |row: &str| read(row).map(|event| event.properties.to_json());
    assert_eq!(
        price("Buy,1770127320,42,29,99,x").unwrap(),
        r#"{"price":29.99,"note":"x"}"#
    );
    assert_eq!(
        price("Buy,1770127320,42,-1,5,x").unwrap(),
        r#"{"price":-1.5,"note":"x"}"#
    );
    // As good as it was.
    assert_eq!(
        price("Buy,1770127320,42,29,x").unwrap(),
        r#"{"price":29,"note":"x"}"#
    );
    assert_eq!(
        price("Buy,1770127320,42,29,99,1,5").unwrap(),
        r#"{"price":29.99,"note":1.5}"#
    );
    // Of the price or of the note, or no numbers at all.
    for row in [
        "Buy,1770127320,42,29,99,1",
        "Buy,1770127320,42,a,b,x",
        "Buy,1770127320,42,29,\"99\",x",
        "Buy,1770127320,42,29",
    ] {
        assert_eq!(price(row).unwrap_err(), "wrong_cell_count", "{row}");
    }
}

#[test]
fn likely_fixes_are_those_of_the_reason_and_of_the_names_there_are() {
    let names = ["Event Name", "user", "received_at", "uid", "name"].map(str::to_owned);
    assert_eq!(
        likely_fixes("no_name", "name", &names),
        [rename(ColumnField::Name, "Event Name")]
    );
    assert_eq!(
        likely_fixes("no_owner", "", &names),
        [
            rename(ColumnField::UserId, "user"),
            rename(ColumnField::UserId, "uid")
        ]
    );
    assert_eq!(
        likely_fixes("time_in_future", "timestamp", &names),
        [rename(ColumnField::Timestamp, "received_at")]
    );
    assert_eq!(likely_fixes("not_utf8", "", &names), [Fix::Windows1252]);
    assert_eq!(likely_fixes("not_json", "", &names), []);
}
