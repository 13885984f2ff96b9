-- Which streams may hold an id: fingerprints with numbers, in a few sorted runs of each set.
CREATE TABLE key_run (
  -- 1: event ids of an application, to streams. 2: session ids of a definition, to owners.
  set_kind INTEGER NOT NULL,
  set_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  pair_count INTEGER NOT NULL,
  page_count INTEGER NOT NULL,
  PRIMARY KEY (set_kind, set_id, run_id)
) STRICT, WITHOUT ROWID;

-- The pages of the runs. The number of a page is its run's number times 2^40 plus its first
-- fingerprint; a fingerprint stands in one page of a run alone.
CREATE TABLE key_page (
  page_id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
