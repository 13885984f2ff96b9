//! Which fixes are worth trying for rows that were rejected for a reason.
//!
//! It must not know whether they help: that is found by reading the rows.

use super::{DateOrder, Fix};
use crate::format::table::bare;
use crate::{COLUMN_FIELDS, ColumnChoice, ColumnField};

/// Other names of ids, spelt as [`COLUMN_FIELDS`] spells names: they are not taken for a user or a device
/// before somebody says so.
const ID_NAMES: &[(ColumnField, &[&str])] = &[
    (
        ColumnField::UserId,
        &[
            "uid",
            "customerid",
            "accountid",
            "memberid",
            "playerid",
            "profileid",
            "distinctid",
        ],
    ),
    (
        ColumnField::DeviceId,
        &[
            "device",
            "anonymousid",
            "visitorid",
            "clientid",
            "deviceuuid",
            "installid",
            "did",
        ],
    ),
];

/// Fixes, each by itself, that may mend rows rejected for a reason of this code in this field (blank: the
/// whole row), of which some have these names. Those without a value that has to be typed.
pub fn likely_fixes(reason: &str, field: &str, names: &[String]) -> Vec<Fix> {
    let by_name = |field: ColumnField| renames(field, names);
    match (reason, ColumnField::parse(field)) {
        ("bad_time", Some(field)) => {
            let mut fixes = vec![
                Fix::DateOrder(DateOrder::YearFirst),
                Fix::DateOrder(DateOrder::DayFirst),
                Fix::DateOrder(DateOrder::MonthFirst),
                Fix::DecimalComma,
            ];
            match field {
                ColumnField::Timestamp => fixes.extend(by_name(field)),
                // An event can do without its arrival.
                _ => fixes.push(Fix::AsProperty(field)),
            }
            fixes
        }
        ("no_time" | "time_too_early" | "time_in_future", _) => by_name(ColumnField::Timestamp),
        ("no_name" | "name_too_long", _) => by_name(ColumnField::Name),
        ("no_owner", _) => {
            let mut fixes = by_name(ColumnField::UserId);
            fixes.extend(by_name(ColumnField::DeviceId));
            fixes
        }
        ("wrong_type" | "too_many_properties" | "names_too_long" | "too_deep", Some(field)) => {
            let mut fixes = by_name(field);
            fixes.push(Fix::AsProperty(field));
            fixes
        }
        ("event_id_too_long", Some(field)) => vec![Fix::AsProperty(field)],
        ("wrong_cell_count", _) => vec![Fix::DecimalComma],
        ("not_utf8", _) => vec![Fix::Windows1252],
        _ => Vec::new(),
    }
}

/// The field taken from names that it often has.
fn renames(field: ColumnField, names: &[String]) -> Vec<Fix> {
    let common = COLUMN_FIELDS.iter().find(|(known, ..)| *known == field);
    let other = ID_NAMES.iter().find(|(known, _)| *known == field);
    let common = common.map_or(&[][..], |(_, _, names)| names);
    let other = other.map_or(&[][..], |(_, names)| names);
    // An arrival is near the time, where that is not known.
    let arrival: &[&str] = match field {
        ColumnField::Timestamp => &["receivedat", "sentat"],
        _ => &[],
    };
    let mut fixes = Vec::new();
    for wanted in common.iter().chain(other).chain(arrival) {
        let found = names
            .iter()
            .filter(|name| bare(name) == *wanted && *name != field.name());
        for name in found {
            let fix = Fix::Rename(ColumnChoice {
                field,
                column: name.clone(),
            });
            if !fixes.contains(&fix) {
                fixes.push(fix);
            }
        }
    }
    fixes
}
