-- The files of an import that is a folder or an archive, in order: those whose events it brought, of which
-- the first line of each is `first_line` of the import, and those that were left out, with why.
CREATE TABLE import_part (
  import_part_id INTEGER PRIMARY KEY,
  import_id INTEGER NOT NULL REFERENCES import,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  first_line INTEGER,
  left_out TEXT
) STRICT;
CREATE INDEX import_part_by_line ON import_part (import_id, first_line);
