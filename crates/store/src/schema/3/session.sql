-- Sessions in few bytes.

-- Derived: made anew by the program before anything is asked.
INSERT OR IGNORE INTO stale_application SELECT application_id FROM application;
DROP TABLE session;
DELETE FROM application_total;
DELETE FROM stream;
DELETE FROM stream_owner;
DELETE FROM alias_link;
DELETE FROM profile_user;
DELETE FROM person_stream;
DELETE FROM person_property;
DELETE FROM person;
DELETE FROM device_context;

-- A session. Its id follows from its definition and `first_arrived_id` (sessions, section 6); what is
-- usual is stored as 0 or NULL, which take no room.
CREATE TABLE session (
  definition_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  first_arrived_id ANY NOT NULL,
  -- ended_at_ms - started_at_ms
  length_ms INTEGER NOT NULL,
  -- length_ms - engaged_ms
  idle_ms INTEGER NOT NULL,
  -- closes_at_ms - ended_at_ms - 1,800,000
  wait_ms INTEGER NOT NULL,
  -- expires_at_ms - closes_at_ms - 86,400,000
  grace_ms INTEGER NOT NULL,
  -- The time of its last event of any role - ended_at_ms.
  tail_ms INTEGER NOT NULL,
  -- The arrival of the event first_arrived_id - started_at_ms.
  delay_ms INTEGER NOT NULL,
  -- Close reason + 16 * start reason + 256 * start kind + 1024 where it is late-born + 2048 where its
  -- stream has events of several people + 4096 where it can change though it has expired.
  -- Close reason: 1 ended, 2 midnight, 3 max_length, 4 background, 5 timeout, 6 forced,
  -- 7 user_switched, 8 session_id, 9 late.
  -- Start reason: 0 first, 1 forced, 2 ended, 3 timeout, 4 background, 5 midnight, 6 max_length,
  -- 7 user_switched, 8 session_id, 9 late. Start kind: 0 none, 1 cold, 2 warm.
  how INTEGER NOT NULL,
  event_count INTEGER NOT NULL,
  late_count INTEGER NOT NULL,
  -- The user and the device: NULL is what the owner is (none, where it is no such thing); 0 is none.
  user_id INTEGER,
  device_id INTEGER,
  -- NULL is the user, or the owner where it knows none.
  person_id INTEGER,
  -- Event numbers, ascending, as differences of 7 bits a byte, the lowest first. NULL is every event of
  -- the owner's streams from started_at_ms to the last that the definition does not ignore.
  members BLOB,
  -- Figures, derived events and game sessions of a gameplay session, as JSON.
  gameplay TEXT,
  PRIMARY KEY (definition_id, owner_id, started_at_ms, first_arrived_id)
) STRICT, WITHOUT ROWID;

-- The sessions of one person among those of others. All sessions of any other stream are of one.
CREATE INDEX session_of_shared_stream
ON session (definition_id, coalesce(person_id, nullif(user_id, 0) * 2 + 1, owner_id), started_at_ms)
WHERE how >= 2048;

-- The sessions of live applications that close after all that was told.
CREATE TABLE open_session (
  definition_id INTEGER NOT NULL,
  closes_at_ms INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  first_arrived_id ANY NOT NULL,
  PRIMARY KEY (definition_id, closes_at_ms, owner_id, started_at_ms, first_arrived_id)
) STRICT, WITHOUT ROWID;

-- What of an owner can change and is not among the newest of its sessions: sessions after which final
-- ones start, and events that wait for a session and came after the grace. The least integer as time
-- stands for more of them than are listed.
CREATE TABLE stray (
  definition_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  -- The start of the session, or the time of the event.
  time_ms INTEGER NOT NULL,
  is_session INTEGER NOT NULL,
  -- When it is final where nothing else changes; of a session the least integer where it has not
  -- expired yet.
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (definition_id, owner_id, time_ms, is_session)
) STRICT, WITHOUT ROWID;
