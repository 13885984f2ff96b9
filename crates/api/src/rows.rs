//! Rows of a list as text: JSON Lines, or CSV that no spreadsheet runs. It does not know which list,
//! nor where the text goes.

use std::io::{self, BufWriter, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RowFormat {
    /// An object a line.
    JsonLines,
    /// A line of names, then a line for each row; text that a spreadsheet would take for a formula has
    /// an apostrophe before it, and what is no plain value is JSON in its cell.
    Csv,
}

/// Writes the rows of one list.
pub struct RowWriter<W: Write>(Rows<W>);

enum Rows<W: Write> {
    Json(BufWriter<W>),
    Csv {
        writer: Box<csv::Writer<W>>,
        /// Known with the first row, unless the list said it before.
        columns: Vec<String>,
        has_head: bool,
    },
}

impl<W: Write> RowWriter<W> {
    /// For rows that all have the fields of the first one.
    pub fn new(out: W, format: RowFormat) -> Self {
        Self::with_columns(out, format, &[])
    }

    /// For rows that can lack some of these fields, and have no others.
    pub fn with_columns(out: W, format: RowFormat, columns: &[&str]) -> Self {
        Self(match format {
            RowFormat::JsonLines => Rows::Json(BufWriter::new(out)),
            RowFormat::Csv => Rows::Csv {
                writer: Box::new(csv::Writer::from_writer(out)),
                columns: columns.iter().map(|&name| name.to_owned()).collect(),
                has_head: false,
            },
        })
    }

    /// Writes a row, which is an object.
    ///
    /// # Errors
    /// Where `out` cannot be written; of CSV also where the row is no object, or has a field that the
    /// others do not have.
    pub fn write(&mut self, row: &impl Serialize) -> io::Result<()> {
        match &mut self.0 {
            Rows::Json(writer) => {
                serde_json::to_writer(&mut *writer, row)?;
                writer.write_all(b"\n")
            }
            Rows::Csv {
                writer,
                columns,
                has_head,
            } => {
                let Value::Object(fields) = serde_json::to_value(row)? else {
                    return Err(io::Error::other("a row is no table row"));
                };
                if columns.is_empty() {
                    *columns = fields.keys().cloned().collect();
                }
                if !*has_head {
                    writer.write_record(&*columns).map_err(io_error)?;
                    *has_head = true;
                }
                let cells = cells(fields, columns)?;
                writer.write_record(cells).map_err(io_error)
            }
        }
    }

    /// Writes what is left, and gives back where it was written to.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Rows::Json(writer) => writer.into_inner().map_err(io::IntoInnerError::into_error),
            Rows::Csv { writer, .. } => writer
                .into_inner()
                .map_err(|error| io::Error::from(error.error().kind())),
        }
    }
}

fn cells(mut fields: Map<String, Value>, columns: &[String]) -> io::Result<Vec<String>> {
    let cells = columns
        .iter()
        .map(|name| fields.remove(name).map_or_else(String::new, cell))
        .collect();
    match fields.keys().next() {
        None => Ok(cells),
        Some(other) => Err(io::Error::other(format!(
            "a row has a field that the others do not have: {other}"
        ))),
    }
}

/// A value as a cell.
fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn csv_of(columns: &[&str], rows: &[Value]) -> io::Result<String> {
        let mut writer = RowWriter::with_columns(Vec::new(), RowFormat::Csv, columns);
        for row in rows {
            writer.write(row)?;
        }
        Ok(String::from_utf8(writer.finish()?).unwrap_or_default())
    }

    #[test]
    fn a_cell_never_runs_and_a_number_stays_one() {
        for (value, expected) in [
            (json!("=1+1"), "'=1+1"),
            (json!("+49 30"), "'+49 30"),
            (json!("-5"), "'-5"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("\t=1"), "'\t=1"),
            (json!("\r=1"), "'\r=1"),
            (json!("1=1"), "1=1"),
            (json!(-5), "-5"),
            (json!(-0.25), "-0.25"),
            (json!(true), "true"),
            (json!(null), ""),
            (json!(["=1"]), r#"["=1"]"#),
            (json!({"=": "="}), r#"{"=":"="}"#),
        ] {
            assert_eq!(cell(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn separators_quotes_and_lines_inside_a_cell_stay_inside_it() {
        let row = json!({"a": "x,\"y\"\nz", "b": "=\"x\"", "=c": 1});
        let expected = "a,b,=c\n\"x,\"\"y\"\"\nz\",\"'=\"\"x\"\"\",1\n";
        assert_eq!(csv_of(&[], &[row]).ok().as_deref(), Some(expected));
    }

    #[test]
    fn a_row_can_lack_what_the_list_has_but_not_have_more() {
        let rows = [json!({"b": 1}), json!({"a": 2, "b": 3})];
        let text = csv_of(&["a", "b"], &rows);
        assert_eq!(text.ok().as_deref(), Some("a,b\n,1\n2,3\n"));
        assert!(csv_of(&["a"], &rows).is_err());
        assert!(csv_of(&[], &rows).is_err());
    }

    #[test]
    fn json_lines_are_as_they_came() {
        let mut writer = RowWriter::new(Vec::new(), RowFormat::JsonLines);
        writer.write(&json!({"a": "=1", "b": null})).ok();
        let text = writer.finish().ok();
        assert_eq!(text.as_deref(), Some(&b"{\"a\":\"=1\",\"b\":null}\n"[..]));
    }
}
