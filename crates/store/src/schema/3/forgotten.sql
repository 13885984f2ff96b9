-- Who is to stay forgotten, without their ids: an import leaves out the rows that name them.

-- One row: what ids are hashed with. Another workspace has another one.
CREATE TABLE forgotten_salt (
  salt BLOB NOT NULL
) STRICT;
INSERT INTO forgotten_salt VALUES (randomblob(32));

-- What a person asked for, once.
CREATE TABLE forgetting (
  forgetting_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  -- 1 a user with all joined ids, 2 a device.
  kind INTEGER NOT NULL,
  forgotten_at_ms INTEGER NOT NULL,
  -- Events that went then.
  event_count INTEGER NOT NULL
) STRICT;

-- What a row is told by: the first 16 bytes of HMAC-SHA-256, keyed with the salt, of the application's
-- number, what the id is of (1 a user, 2 a device) and the id.
CREATE TABLE forgotten (
  forgotten_id INTEGER PRIMARY KEY,
  forgetting_id INTEGER NOT NULL REFERENCES forgetting,
  application_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  -- 1: every row of the id. 2: of a device, rows that name no user, from one moment to another, both
  -- included.
  kind INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX forgotten_by_application ON forgotten (application_id);

-- Rows left out as those of somebody forgotten. read = stored + duplicates + quarantined + these.
ALTER TABLE import ADD COLUMN forgotten_count INTEGER NOT NULL DEFAULT 0;
