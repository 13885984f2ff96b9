//! The files of an import, as they are kept: their names where they are several, and what the rows of
//! tables are read again with.

use dwell_store::Writer;
use dwell_store::table::import_part::ImportPart;
use dwell_store::table::import_table::ImportTable;

use crate::error::Result;

/// Keeps the files of events and, of a folder or an archive, those that are none.
pub(super) fn add(
    writer: &Writer<'_>,
    import_id: i64,
    summary: &dwell_ingest::Summary,
) -> Result<()> {
    let read = summary.parts.iter().filter(|part| !part.name.is_empty());
    let read = read.map(|part| ImportPart {
        name: part.name.clone(),
        format: part.format.to_owned(),
        first_line: Some(part.first_line),
        left_out: None,
    });
    let left_out = summary.left_out.iter().map(|file| ImportPart {
        name: file.name.clone(),
        format: String::new(),
        first_line: None,
        left_out: Some(file.sentence.clone()),
    });
    for part in read.chain(left_out) {
        writer.add_import_part(import_id, &part)?;
    }
    for part in &summary.parts {
        let Some(table) = &part.table else { continue };
        let choices = table.choices.iter();
        let choices = choices.map(|choice| (choice.field.name().to_owned(), choice.column.clone()));
        writer.add_import_table(
            import_id,
            &ImportTable {
                first_line: part.first_line,
                separator: char::from(table.separator).to_string(),
                header: table.header.clone(),
                choices: choices.collect(),
            },
        )?;
    }
    Ok(())
}
