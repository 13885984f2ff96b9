//! What can be said of rejected rows so that they can be read: the closed list, its words, and what each
//! means to the reader of rows.

use dwell_ingest::{ColumnChoice, ColumnField, DateOrder};
use dwell_model::Zone;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{ApiError, Result};
use crate::import::column_fields;

/// A kind of fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FixKind {
    /// Times without an offset are local in the zone that is the value.
    TimeZone,
    /// Times without an offset have the one that is the value: +02:00.
    Offset,
    /// Dates are written day first.
    DayFirst,
    /// Dates are written month first.
    MonthFirst,
    /// Dates are written year first, with four digits.
    YearFirst,
    /// A comma stands for the decimal point.
    DecimalComma,
    /// The value is the device of rows with neither a user nor a device.
    DefaultDevice,
    /// The value is the user of such rows.
    DefaultUser,
    /// The field stands under the name that is the value.
    Rename,
    /// What stands under the field's name is a property.
    AsProperty,
    /// The text is Windows-1252 or Latin-1.
    #[serde(rename = "windows_1252")]
    Windows1252,
    /// The rows are dropped.
    Skip,
}

/// What somebody says of rejected rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Fix {
    /// What.
    pub kind: FixKind,
    /// The field, where it is of one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(optional, as = "Option<String>")]
    pub field: String,
    /// What it needs to be told, if anything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[ts(optional, as = "Option<String>")]
    pub value: String,
}

impl Fix {
    /// A fix that needs to be told nothing.
    pub fn of(kind: FixKind) -> Self {
        Self::with(kind, "")
    }

    /// A fix with its value.
    pub fn with(kind: FixKind, value: &str) -> Self {
        Self {
            kind,
            field: String::new(),
            value: value.to_owned(),
        }
    }

    /// A field under another name.
    pub fn rename(field: &str, name: &str) -> Self {
        Self {
            kind: FixKind::Rename,
            field: field.to_owned(),
            value: name.to_owned(),
        }
    }

    /// As reading a row means it.
    pub(crate) fn from_reading(fix: &dwell_ingest::Fix) -> Self {
        use dwell_ingest::Fix as Reading;
        match fix {
            Reading::TimeZone(zone) => Self::with(FixKind::TimeZone, zone.name()),
            Reading::Offset(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                Self::with(FixKind::Offset, &format!("{sign}{hours:02}:{minutes:02}"))
            }
            Reading::DateOrder(DateOrder::DayFirst) => Self::of(FixKind::DayFirst),
            Reading::DateOrder(DateOrder::MonthFirst) => Self::of(FixKind::MonthFirst),
            Reading::DateOrder(DateOrder::YearFirst) => Self::of(FixKind::YearFirst),
            Reading::DecimalComma => Self::of(FixKind::DecimalComma),
            Reading::DefaultDevice(id) => Self::with(FixKind::DefaultDevice, id),
            Reading::DefaultUser(id) => Self::with(FixKind::DefaultUser, id),
            Reading::Rename(choice) => Self::rename(choice.field.name(), &choice.column),
            Reading::AsProperty(field) => Self {
                field: field.name().to_owned(),
                ..Self::of(FixKind::AsProperty)
            },
            Reading::Windows1252 => Self::of(FixKind::Windows1252),
        }
    }

    /// What it means to the reader of rows; `None` where it drops them.
    ///
    /// # Errors
    /// Where what it needs is missing, or is no such thing.
    pub(crate) fn reading(&self) -> Result<Option<dwell_ingest::Fix>> {
        use dwell_ingest::Fix as Reading;
        let value = self.value.trim();
        let given = |what: &str| match value {
            "" => Err(ApiError::bad_input(format!("Say {what}: it is missing."))),
            value => Ok(value.to_owned()),
        };
        Ok(Some(match self.kind {
            FixKind::TimeZone => Reading::TimeZone(
                Zone::parse(&given("the zone")?)
                    .map_err(|error| ApiError::bad_input(format!("{error}.")))?,
            ),
            FixKind::Offset => Reading::offset(&given("the offset")?).ok_or_else(|| {
                ApiError::bad_input(format!(
                    "“{value}” is no offset from UTC: it is written +02:00 or -03:30."
                ))
            })?,
            FixKind::DayFirst => Reading::DateOrder(DateOrder::DayFirst),
            FixKind::MonthFirst => Reading::DateOrder(DateOrder::MonthFirst),
            FixKind::YearFirst => Reading::DateOrder(DateOrder::YearFirst),
            FixKind::DecimalComma => Reading::DecimalComma,
            FixKind::DefaultDevice => Reading::DefaultDevice(given("the device")?),
            FixKind::DefaultUser => Reading::DefaultUser(given("the user")?),
            FixKind::Rename => Reading::Rename(ColumnChoice {
                field: self.column_field()?,
                column: given("the name that the field stands under")?,
            }),
            FixKind::AsProperty => Reading::AsProperty(self.column_field()?),
            FixKind::Windows1252 => Reading::Windows1252,
            FixKind::Skip => return Ok(None),
        }))
    }

    fn column_field(&self) -> Result<ColumnField> {
        ColumnField::parse(&self.field).ok_or_else(|| {
            ApiError::bad_input(format!(
                "Events have no field “{}”: it is one of {}.",
                self.field,
                column_fields().join(", ")
            ))
        })
    }

    /// Whether it says the same thing as another, of the same field.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        self.aspect() == other.aspect() && self.field == other.field
    }

    fn aspect(&self) -> u8 {
        match self.kind {
            FixKind::TimeZone | FixKind::Offset => 0,
            FixKind::DayFirst | FixKind::MonthFirst | FixKind::YearFirst => 1,
            FixKind::DecimalComma => 2,
            FixKind::DefaultDevice | FixKind::DefaultUser => 3,
            FixKind::Rename | FixKind::AsProperty => 4,
            FixKind::Windows1252 => 5,
            FixKind::Skip => 6,
        }
    }

    /// In a few words.
    pub fn title(&self) -> String {
        let (field, value) = (&self.field, &self.value);
        match self.kind {
            FixKind::TimeZone if value.is_empty() => "Read in another zone".to_owned(),
            FixKind::TimeZone => format!("Read in {value}"),
            FixKind::Offset => format!("Read as {value} from UTC"),
            FixKind::DayFirst => "Read as DD/MM/YY".to_owned(),
            FixKind::MonthFirst => "Read as MM/DD/YY".to_owned(),
            FixKind::YearFirst => "Read as YYYY/MM/DD".to_owned(),
            FixKind::DecimalComma => "Use , as decimal point".to_owned(),
            FixKind::DefaultDevice => "Give them a device".to_owned(),
            FixKind::DefaultUser => "Give them a user".to_owned(),
            FixKind::Rename if value.is_empty() => format!("Take {field} from…"),
            FixKind::Rename => format!("Take {field} from {value}"),
            FixKind::AsProperty => format!("Keep {field} as property"),
            FixKind::Windows1252 => "Read as Windows-1252".to_owned(),
            FixKind::Skip => "Skip these rows".to_owned(),
        }
    }
}

/// What a list of fixes means to the reader of rows.
pub(crate) fn readings(fixes: &[Fix]) -> Result<Vec<dwell_ingest::Fix>> {
    let read = fixes.iter().map(Fix::reading);
    Ok(read
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}
