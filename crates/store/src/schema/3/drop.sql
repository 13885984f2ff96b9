-- The events stand in blocks now.

DROP TABLE event;
DROP TABLE event_key;
DROP TABLE event_copy;
