-- What rejected rows are read again with.

-- The tables (CSV and so on) among the files of an import, by the line of the import that is the file's
-- first: their first lines, and the columns that somebody chose, as a JSON list of [field, column].
CREATE TABLE import_table (
  import_table_id INTEGER PRIMARY KEY,
  import_id INTEGER NOT NULL REFERENCES import,
  first_line INTEGER NOT NULL,
  separator TEXT NOT NULL,
  header BLOB NOT NULL,
  choices TEXT NOT NULL
) STRICT;
CREATE INDEX import_table_by_line ON import_table (import_id, first_line);

-- What was said of a row that has its reason only since then, as a JSON list; NULL where nothing was.
ALTER TABLE quarantine ADD COLUMN fixes TEXT;

-- Rows that somebody dropped from the quarantine: they count as never read.
ALTER TABLE import ADD COLUMN skipped_count INTEGER NOT NULL DEFAULT 0;
