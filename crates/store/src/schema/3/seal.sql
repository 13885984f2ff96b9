-- What the ground tables hold, as a sum of a hash of each row up to one: a byte that nothing else
-- refers to is found by it when it is another one.
CREATE TABLE seal (
  table_name TEXT PRIMARY KEY,
  through_id INTEGER NOT NULL,
  hash INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
