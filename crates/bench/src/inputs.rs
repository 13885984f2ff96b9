//! The same events as files of other forms: a table, and packed in the ways that exports come in. Must
//! not know how they are read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::value::RawValue;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// As `gzip` and `zstd` pack where nobody says how well.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// How events stand in a file.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// JSON Lines as they are.
    Lines,
    /// A table with a column for every property and context field.
    Csv,
    /// JSON Lines, packed.
    Gzip,
    /// The same by Zstandard.
    Zstandard,
    /// The same in an archive.
    Zip,
}

impl Form {
    pub(crate) const ALL: [Self; 5] = [
        Self::Lines,
        Self::Csv,
        Self::Gzip,
        Self::Zstandard,
        Self::Zip,
    ];

    /// As the table of figures says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Lines => "1 M events at most, JSON Lines",
            Self::Csv => "  the same as CSV",
            Self::Gzip => "  as JSON Lines in gzip",
            Self::Zstandard => "  in Zstandard",
            Self::Zip => "  in a ZIP archive",
        }
    }

    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Lines => "input.jsonl",
            Self::Csv => "input.csv",
            Self::Gzip => "input.jsonl.gz",
            Self::Zstandard => "input.jsonl.zst",
            Self::Zip => "input.zip",
        }
    }

    /// Writes the first so many lines of a file of events in this form.
    pub(crate) fn write(self, lines: &Path, count: usize, path: &Path) -> io::Result<()> {
        let mut to = BufWriter::with_capacity(1 << 20, File::create(path)?);
        match self {
            Self::Lines => io::copy(&mut first(lines, count)?, &mut to).map(drop)?,
            Self::Csv => table(lines, count, &mut to)?,
            Self::Gzip => {
                let mut packed = GzEncoder::new(&mut to, Compression::new(GZIP_LEVEL));
                io::copy(&mut first(lines, count)?, &mut packed)?;
                packed.finish().map(drop)?;
            }
            Self::Zstandard => {
                zstd::stream::copy_encode(first(lines, count)?, &mut to, ZSTD_LEVEL)?;
            }
            Self::Zip => {
                let mut archive = ZipWriter::new(&mut to);
                // More than 4 GiB may come to stand in one file.
                let options = SimpleFileOptions::default().large_file(true);
                archive.start_file("events.jsonl", options)?;
                io::copy(&mut first(lines, count)?, &mut archive)?;
                archive.finish().map(drop)?;
            }
        }
        to.flush()
    }
}

/// The first so many lines of a file.
fn first(path: &Path, count: usize) -> io::Result<impl Read> {
    let mut from = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut length, mut left) = (0, count);
    let mut line = Vec::new();
    while left > 0 {
        line.clear();
        match from.read_until(b'\n', &mut line)? {
            0 => break,
            bytes => length += bytes as u64,
        }
        left -= 1;
    }
    let from = BufReader::with_capacity(1 << 20, File::open(path)?);
    Ok(from.take(length))
}

/// A line with its values as they are written.
type Fields<'a> = BTreeMap<&'a str, &'a RawValue>;

/// Calls with every cell of a line: its column and its value in JSON.
fn each_cell(line: &str, each: &mut dyn FnMut(&str, &str)) -> io::Result<()> {
    let fields: Fields<'_> = serde_json::from_str(line)?;
    for (name, value) in &fields {
        match *name {
            "properties" | "context" => {
                let inner: Fields<'_> = serde_json::from_str(value.get())?;
                for (inner_name, value) in inner {
                    each(&format!("{name}.{inner_name}"), value.get());
                }
            }
            _ => each(name, value.get()),
        }
    }
    Ok(())
}

/// A table of the first so many lines of a file.
fn table(lines: &Path, count: usize, to: &mut dyn Write) -> io::Result<()> {
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    for line in BufReader::new(first(lines, count)?).lines() {
        each_cell(&line?, &mut |column, _| {
            if !columns.contains_key(column) {
                columns.insert(column.to_owned(), 0);
            }
        })?;
    }
    for (place, column) in columns.values_mut().enumerate() {
        *column = place;
    }
    let names: Vec<&str> = columns.keys().map(String::as_str).collect();
    writeln!(to, "{}", names.join(","))?;
    let mut cells = vec![String::new(); columns.len()];
    for line in BufReader::new(first(lines, count)?).lines() {
        cells.iter_mut().for_each(String::clear);
        each_cell(&line?, &mut |column, value| {
            cells[columns[column]].push_str(&cell(value));
        })?;
        writeln!(to, "{}", cells.join(","))?;
    }
    Ok(())
}

/// A value of JSON as a cell: texts without quotation marks where they need none.
fn cell(value: &str) -> String {
    let text = match value.starts_with('"') {
        true => serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()),
        false => value.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_cells_with_its_numbers_as_written() {
        let line = r#"{"name":"A","properties":{"amount":19.90,"say":"a, \"b\""}}"#;
        let mut cells = Vec::new();
        each_cell(line, &mut |column, value| {
            cells.push(format!("{column}={}", cell(value)));
        })
        .expect("it is JSON");
        assert_eq!(
            cells,
            [
                "name=A",
                "properties.amount=19.90",
                r#"properties.say="a, ""b""""#
            ]
        );
    }
}
