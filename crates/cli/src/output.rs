//! Rows on standard output, as they are everywhere (`dwell_api::rows`), and words to a person.

use std::io::{self, StdoutLock, Write};

use dwell_api::rows::{RowFormat, RowWriter};
use serde::Serialize;

use crate::Failure;

/// Writes the rows of a list.
pub(crate) type Rows = RowWriter<StdoutLock<'static>>;

/// For rows that all have the fields of the first one.
pub(crate) fn rows(as_csv: bool) -> Rows {
    rows_with(as_csv, &[])
}

/// For rows that can lack some of these fields.
pub(crate) fn rows_with(as_csv: bool, columns: &[&str]) -> Rows {
    let format = match as_csv {
        true => RowFormat::Csv,
        false => RowFormat::JsonLines,
    };
    RowWriter::with_columns(io::stdout().lock(), format, columns)
}

/// Writes what is left of the rows.
pub(crate) fn finish(rows: Rows) -> Result<(), Failure> {
    rows.finish()?.flush()?;
    Ok(())
}

/// Writes one object, indented.
pub(crate) fn object(value: &impl Serialize) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(())
}

/// Says something to a person, on standard error; where nobody listens there any more, that is no
/// failure (`eprintln!` would panic). What somebody sent or called a file does not speak to the terminal.
pub(crate) fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "{}", harmless(sentence));
}

/// The text without what a terminal obeys, line ends aside.
pub(crate) fn harmless(text: &str) -> String {
    let speaks = |c: char| c.is_control() && c != '\n';
    text.replace(speaks, "\u{fffd}")
}
