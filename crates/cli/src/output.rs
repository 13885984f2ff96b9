//! Rows on standard output: JSON Lines, or CSV that no spreadsheet runs.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;
use serde_json::Value;

use crate::Failure;

/// Writes the rows of a list.
pub(crate) enum Rows {
    Json(BufWriter<StdoutLock<'static>>),
    Csv {
        writer: Box<csv::Writer<StdoutLock<'static>>>,
        has_head: bool,
    },
}

impl Rows {
    pub(crate) fn new(as_csv: bool) -> Self {
        let stdout = io::stdout().lock();
        match as_csv {
            true => Self::Csv {
                writer: Box::new(csv::Writer::from_writer(stdout)),
                has_head: false,
            },
            false => Self::Json(BufWriter::new(stdout)),
        }
    }

    pub(crate) fn write(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Json(writer) => {
                serde_json::to_writer(&mut *writer, row).map_err(io::Error::from)?;
                writer.write_all(b"\n")?;
            }
            Self::Csv { writer, has_head } => {
                let Value::Object(fields) = serde_json::to_value(row).map_err(io::Error::from)?
                else {
                    return Err(Failure::Failed("A row is no table row.".to_owned()));
                };
                if !*has_head {
                    writer.write_record(fields.keys()).map_err(io_error)?;
                    *has_head = true;
                }
                writer
                    .write_record(fields.values().map(cell))
                    .map_err(io_error)?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Json(mut writer) => writer.flush()?,
            Self::Csv { mut writer, .. } => writer.flush()?,
        }
        Ok(())
    }
}

/// Writes one object, indented.
pub(crate) fn object(value: &impl Serialize) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(())
}

/// Says something to a person, on standard error; where nobody listens there any more, that is no
/// failure (`eprintln!` would panic).
pub(crate) fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}

fn io_error(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Failure::Failed(format!("The output cannot be written: {other:?}.")),
    }
}

/// A value as a cell. Text that a spreadsheet would run as a formula gets an apostrophe before it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_runs() {
        assert_eq!(cell(&Value::from("=1+1")), "'=1+1");
        assert_eq!(cell(&Value::from("@x")), "'@x");
        assert_eq!(cell(&Value::from(-5)), "-5");
        assert_eq!(cell(&Value::from("plain")), "plain");
        assert_eq!(cell(&Value::Null), "");
    }
}
