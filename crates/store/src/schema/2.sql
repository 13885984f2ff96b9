-- Late arrivals, people with aliases, gameplay, derived events, edits of definitions.

-- Ground truth.

-- The version of the zone data that a definition's sessions were built with, and how long building
-- them took for how many events, where they were built all at once.
ALTER TABLE definition ADD COLUMN zone_data TEXT NOT NULL DEFAULT '';
ALTER TABLE definition ADD COLUMN build_seconds REAL;
ALTER TABLE definition ADD COLUMN build_event_count INTEGER;

-- The moment up to which live events were told; null where an application has no live source.
ALTER TABLE application ADD COLUMN emitted_through_ms INTEGER;

-- What a person changed in a definition, to be undone, the newest first by number. A json of NULL says
-- that there was none before.
CREATE TABLE definition_edit (
  definition_edit_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  name TEXT NOT NULL,
  -- The number that it had, which an undo of its removal gives back.
  definition_id INTEGER,
  json TEXT,
  edited_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX definition_edit_by_name ON definition_edit (application_id, name);

-- The log of derived events that were told live, or told again in another form: without a row an event
-- is of revision 1 and came with an import.
CREATE TABLE emission (
  session_id BLOB NOT NULL,
  name TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  definition_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  emitted_at_ms INTEGER,
  is_withdrawn INTEGER NOT NULL,
  PRIMARY KEY (session_id, name, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX emission_by_definition ON emission (definition_id);

-- Applications whose derived tables an older program made: they are made anew before anything is asked.
CREATE TABLE stale_application (
  application_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO stale_application SELECT application_id FROM application;

-- Derived.

DROP TABLE stream_owner;
DROP TABLE session;
DELETE FROM application_total;
DELETE FROM person_stream;
DELETE FROM person_property;
DELETE FROM person;
DELETE FROM device_context;

-- What deciding how little of a stream an import can change needs of it.
CREATE TABLE stream (
  stream_id INTEGER PRIMARY KEY,
  event_count INTEGER NOT NULL,
  -- The longest that an event arrived after its time.
  max_lateness_ms INTEGER NOT NULL,
  -- Whether a `reset` is among them.
  has_reset INTEGER NOT NULL
) STRICT;

-- Owners (the plain user, else the device) that have events in a stream.
CREATE TABLE stream_owner (
  stream_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (stream_id, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_owner_by_owner ON stream_owner (owner_id, first_seen_ms);

-- Users that an `alias` of a stream joins, and when it first did.
CREATE TABLE alias_link (
  stream_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  previous_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY (stream_id, user_id, previous_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_link_by_user ON alias_link (user_id);
CREATE INDEX alias_link_by_previous ON alias_link (previous_id);

-- The profile of each user that was joined with others: the user of it that was seen first.
CREATE TABLE profile_user (
  user_id INTEGER PRIMARY KEY,
  profile_id INTEGER NOT NULL
) STRICT;
CREATE INDEX profile_user_by_profile ON profile_user (profile_id);

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
  first_arrival_ms INTEGER NOT NULL,
  first_time_ms INTEGER NOT NULL,
  last_time_ms INTEGER NOT NULL,
  members BLOB NOT NULL,
  -- Figures, derived events and game sessions of a gameplay session, as JSON.
  gameplay TEXT,
  PRIMARY KEY (definition_id, owner_id, started_at_ms, session_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_by_id ON session (session_id);
CREATE INDEX session_by_person ON session (definition_id, person_id, started_at_ms, ended_at_ms, closes_at_ms);
