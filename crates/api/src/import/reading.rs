//! What can be said of how a source is read: its format, and the columns of a table.

use dwell_ingest::{ColumnField, FORMATS, Options};
use dwell_model::Zone;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ImportRequest;
use crate::error::{ApiError, Result};

/// The column of a table that somebody chose for a field of events.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
pub struct ColumnChoice {
    /// A field as events spell it: timestamp, user_id, …
    pub field: String,
    /// The column's name; blank for none, so that the column called like the field is a property.
    pub column: String,
}

/// What can be chosen of how a file is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct ImportChoices {
    /// The formats.
    pub formats: Vec<NamedChoice>,
    /// The fields of events that a column of a table can hold.
    pub column_fields: Vec<NamedChoice>,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct NamedChoice {
    /// Its name, to ask for it.
    pub name: String,
    /// As people read it.
    pub title: String,
}

/// What somebody said of how a source is to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    format: Option<String>,
    columns: Vec<dwell_ingest::ColumnChoice>,
}

impl Reading {
    pub(super) fn of(request: &ImportRequest) -> Result<Self> {
        let format = request.format.clone();
        if let Some(format) = format.as_deref().filter(|name| !formats().contains(name)) {
            return Err(ApiError::bad_input(format!(
                "There is no format “{format}”: it is one of {}.",
                formats().join(", ")
            )));
        }
        let chosen = request.columns.iter().flatten().map(|choice| {
            let field = ColumnField::parse(&choice.field).ok_or_else(|| {
                ApiError::bad_input(format!(
                    "Events have no field “{}” that a column can hold: it is one of {}.",
                    choice.field,
                    column_fields().join(", ")
                ))
            })?;
            Ok(dwell_ingest::ColumnChoice {
                field,
                column: choice.column.clone(),
            })
        });
        Ok(Self {
            format,
            columns: chosen.collect::<Result<_>>()?,
        })
    }

    pub(super) fn options(self, application: &str, zone: Zone, now_ms: i64) -> Options {
        Options {
            application: application.to_owned(),
            zone,
            now_ms,
            format: self.format,
            columns: self.columns,
            parallelism: 0,
            is_look: false,
        }
    }
}

/// The formats that can be asked for.
pub fn formats() -> Vec<&'static str> {
    let mut names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    names.dedup();
    names
}

/// The fields of events that a column of a table can hold.
pub fn column_fields() -> Vec<&'static str> {
    let fields = dwell_ingest::COLUMN_FIELDS.iter();
    fields.map(|(_, name, _)| *name).collect()
}

/// What can be chosen of how a file is read.
pub fn choices() -> ImportChoices {
    let choice = |name: &str, title: String| NamedChoice {
        name: name.to_owned(),
        title,
    };
    let title = |name: &str| {
        let spelt = FORMATS.iter().filter(|format| format.name == name);
        spelt.map(|format| format.title).collect::<Vec<_>>()
    };
    let formats = formats().into_iter();
    let fields = dwell_ingest::COLUMN_FIELDS.iter();
    ImportChoices {
        formats: formats
            .map(|name| choice(name, title(name).join(" or ")))
            .collect(),
        column_fields: fields
            .map(|(field, name, _)| choice(name, field.title().to_owned()))
            .collect(),
    }
}
