-- Events in blocks: no row for each event.

CREATE TABLE block (
  -- The stream * 2^20 + the block's place among the stream's, in no particular order.
  block_id INTEGER PRIMARY KEY,
  -- A bit for each event name in it: name_id modulo 64.
  names INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  columns BLOB NOT NULL,
  texts BLOB NOT NULL
) STRICT;

-- What the texts of blocks are packed with. Never changed, never removed.
CREATE TABLE dictionary (
  dictionary_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  -- CRC-32 of the bytes.
  checksum INTEGER NOT NULL
) STRICT;

-- What the texts of properties look like without their values. Numbers from 1 without a gap.
CREATE TABLE pattern (
  pattern_id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- An event's number is its import's first number + its line - 1.
ALTER TABLE import ADD COLUMN first_number INTEGER NOT NULL DEFAULT 0;
CREATE INDEX import_by_first_number ON import (first_number);

-- Copies of events that other imports brought and that do not count now: the best one of each import,
-- packed, by the stream of the event that counts.
CREATE TABLE copies (
  stream_id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- The number of the other copy; 0 where it was not noted yet.
ALTER TABLE conflict ADD COLUMN against INTEGER NOT NULL DEFAULT 0;
