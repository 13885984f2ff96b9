-- Ground truth: what people imported and typed.

CREATE TABLE application (
  application_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  zone TEXT NOT NULL
) STRICT;

CREATE TABLE definition (
  definition_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  name TEXT NOT NULL,
  json TEXT NOT NULL,
  UNIQUE (application_id, name)
) STRICT;

CREATE TABLE import (
  import_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  file_name TEXT NOT NULL,
  format TEXT NOT NULL,
  file_bytes INTEGER NOT NULL,
  time_zone TEXT NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  read_count INTEGER NOT NULL,
  stored_count INTEGER NOT NULL,
  duplicate_count INTEGER NOT NULL,
  conflict_count INTEGER NOT NULL,
  quarantined_count INTEGER NOT NULL,
  session_count INTEGER NOT NULL,
  new_person_count INTEGER NOT NULL,
  new_device_count INTEGER NOT NULL,
  seconds REAL NOT NULL,
  -- The ids of the newest events that it brought, the newest first, as a JSON list.
  newest TEXT NOT NULL
) STRICT;

CREATE TABLE quarantine (
  quarantine_id INTEGER PRIMARY KEY,
  import_id INTEGER NOT NULL REFERENCES import,
  line INTEGER NOT NULL,
  column_number INTEGER,
  reason TEXT NOT NULL,
  field TEXT NOT NULL,
  sentence TEXT NOT NULL,
  excerpt BLOB NOT NULL,
  is_truncated INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_by_import ON quarantine (import_id, reason, field);

-- A copy of an event that differs from the one that counted when it came.
CREATE TABLE conflict (
  conflict_id INTEGER PRIMARY KEY,
  import_id INTEGER NOT NULL REFERENCES import,
  line INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  differs TEXT NOT NULL
) STRICT;
CREATE INDEX conflict_by_import ON conflict (import_id);

CREATE TABLE event_name (
  name_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Keys are the 16 bytes of a UUID, or text.
CREATE TABLE user (
  user_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  key ANY NOT NULL,
  UNIQUE (application_id, key)
) STRICT;

CREATE TABLE device (
  device_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  key ANY NOT NULL,
  UNIQUE (application_id, key)
) STRICT;

-- Events, clustered by stream (the device, or the user where there is none) and time.
CREATE TABLE event (
  stream_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  event_number INTEGER NOT NULL,
  event_id ANY NOT NULL,
  name_id INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  arrival_ms INTEGER NOT NULL,
  received_at_ms INTEGER,
  sent_at_ms INTEGER,
  skew_ms INTEGER NOT NULL,
  user_id INTEGER,
  device_id INTEGER,
  source_session ANY,
  properties TEXT,
  context TEXT,
  import_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  PRIMARY KEY (stream_id, time_ms, event_number)
) STRICT, WITHOUT ROWID;

-- One row: the next event's number.
CREATE TABLE counter (
  next_event_number INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1);

-- Where the copy of an event stands that counts.
CREATE TABLE event_key (
  application_id INTEGER NOT NULL,
  event_id ANY NOT NULL,
  stream_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  event_number INTEGER NOT NULL,
  PRIMARY KEY (application_id, event_id)
) STRICT, WITHOUT ROWID;

-- Copies of events that other imports brought and that do not count now: the best one of each import.
-- A body of NULL says that only the arrival may differ from the copy that counts.
CREATE TABLE event_copy (
  application_id INTEGER NOT NULL,
  event_id ANY NOT NULL,
  import_id INTEGER NOT NULL,
  arrival_ms INTEGER NOT NULL,
  received_at_ms INTEGER,
  sent_at_ms INTEGER,
  line INTEGER NOT NULL,
  body TEXT,
  PRIMARY KEY (application_id, event_id, import_id)
) STRICT, WITHOUT ROWID;

-- Ids of sessions that were shown once and are no more: the event that gave the id still finds the
-- session that holds it now.
CREATE TABLE former_session (
  session_id BLOB NOT NULL,
  definition_id INTEGER NOT NULL,
  event_id ANY NOT NULL,
  PRIMARY KEY (session_id)
) STRICT, WITHOUT ROWID;

-- Derived: can be dropped and rebuilt from the above.

CREATE TABLE application_total (
  application_id INTEGER PRIMARY KEY,
  event_count INTEGER NOT NULL,
  newest_arrival_ms INTEGER
) STRICT;

-- Owners (the plain user, else the device) that have events in a stream.
CREATE TABLE stream_owner (
  stream_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  PRIMARY KEY (stream_id, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_owner_by_owner ON stream_owner (owner_id);

CREATE TABLE session (
  definition_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  session_id BLOB NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  start_reason TEXT NOT NULL,
  close_reason TEXT NOT NULL,
  start_kind TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  engaged_ms INTEGER NOT NULL,
  late_count INTEGER NOT NULL,
  is_late_born INTEGER NOT NULL,
  user_id INTEGER,
  device_id INTEGER,
  person_id INTEGER NOT NULL,
  first_arrived_id ANY NOT NULL,
  first_time_ms INTEGER NOT NULL,
  last_time_ms INTEGER NOT NULL,
  members BLOB NOT NULL,
  PRIMARY KEY (definition_id, owner_id, started_at_ms, session_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_by_id ON session (session_id);
CREATE INDEX session_by_person ON session (definition_id, person_id, started_at_ms, ended_at_ms, closes_at_ms);

-- One person's part of one stream.
CREATE TABLE person_stream (
  person_id INTEGER NOT NULL,
  stream_id INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  zone TEXT,
  zone_time_ms INTEGER,
  PRIMARY KEY (stream_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_stream_by_person ON person_stream (person_id);

-- The newest value of a custom property that one stream set.
CREATE TABLE person_property (
  person_id INTEGER NOT NULL,
  stream_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT,
  time_ms INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (stream_id, person_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_property_by_person ON person_property (person_id);

-- Known users, and devices on which nobody is known.
CREATE TABLE person (
  person_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL,
  name TEXT,
  name_folded TEXT NOT NULL,
  id_folded TEXT NOT NULL,
  search_text TEXT NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  properties TEXT NOT NULL,
  zone TEXT
) STRICT;
CREATE INDEX person_by_last_seen ON person (application_id, last_seen_ms, person_id);

-- What is known of a device: the newest value of each context field.
CREATE TABLE device_context (
  device_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  context TEXT NOT NULL,
  context_time_ms INTEGER
) STRICT;
CREATE INDEX device_context_by_last_seen ON device_context (application_id, last_seen_ms);
