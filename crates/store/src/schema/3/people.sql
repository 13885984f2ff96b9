-- What is derived of streams, people and devices, and nothing of it twice. What the tables before this
-- held is derived anew.

DROP TABLE stream;
DROP TABLE stream_owner;
DROP TABLE person_stream;
DROP TABLE person;
DROP TABLE device_context;
DELETE FROM person_property;
ALTER TABLE application_total ADD COLUMN person_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE application_total ADD COLUMN device_count INTEGER NOT NULL DEFAULT 0;

-- Counts the changes of people and of sessions, so that what is kept of them in memory can be told to
-- be of now.
ALTER TABLE counter ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- Names of zones. Never removed.
CREATE TABLE zone (
  zone_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- What devices tell of themselves, as JSON by name: each text once, with the streams that tell it.
CREATE TABLE context (
  context_id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,
  stream_count INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX context_by_hash ON context (hash);

-- A stream as a whole; what deciding how little of it an import can change needs; and the part of its
-- one person, where all its events are of one.
CREATE TABLE stream (
  stream_id INTEGER PRIMARY KEY,
  first_seen_ms INTEGER NOT NULL,
  -- From the first event to the last.
  length_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  -- The longest that an event arrived after its time.
  max_lateness_ms INTEGER NOT NULL,
  -- The newest arrival - the last event.
  newest_arrival_lag_ms INTEGER NOT NULL,
  -- Whether a `reset` is among them.
  has_reset INTEGER NOT NULL,
  -- The one owner (the plain user, else the device) of its events; NULL: stream_owner has them.
  owner_id INTEGER,
  -- The one person; NULL: person_stream has them.
  person_id INTEGER,
  -- The zone that the person's newest context or property tells, and how long before the last event.
  zone_id INTEGER,
  zone_age_ms INTEGER,
  -- The newest value of each context field of a device, and the newest event with any, as above.
  context_id INTEGER,
  context_age_ms INTEGER,
  -- Whether all of that context is of the newest event with any, so that no earlier one changes it.
  is_newest_context INTEGER NOT NULL
) STRICT;
CREATE INDEX stream_by_person ON stream (person_id) WHERE person_id IS NOT NULL;
-- Owners that others are joined with: their person is another.
CREATE INDEX stream_by_owner ON stream (owner_id) WHERE owner_id <> person_id;

-- Owners of the events of streams with several.
CREATE TABLE stream_owner (
  stream_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (stream_id, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_owner_by_owner ON stream_owner (owner_id, first_seen_ms);

-- The parts of streams of several people.
CREATE TABLE person_stream (
  person_id INTEGER NOT NULL,
  stream_id INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  zone_id INTEGER,
  zone_time_ms INTEGER,
  PRIMARY KEY (stream_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_stream_by_person ON person_stream (person_id);

-- Every person's part of every stream.
CREATE VIEW part AS
  SELECT stream_id, person_id, first_seen_ms, first_seen_ms + length_ms AS last_seen_ms, event_count,
    zone_id, first_seen_ms + length_ms - zone_age_ms AS zone_time_ms
  FROM stream
  WHERE person_id IS NOT NULL
  UNION ALL
  SELECT stream_id, person_id, first_seen_ms, last_seen_ms, event_count, zone_id, zone_time_ms
  FROM person_stream;

-- Known users, and devices on which nobody is known: what the sum of their parts does not tell, and
-- the end of the last one, to list them by.
CREATE TABLE person (
  person_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  name TEXT,
  -- JSON; NULL where there are none.
  properties TEXT
) STRICT;
CREATE INDEX person_by_last_seen ON person (application_id, last_seen_ms);
