-- What an application's zone was before a person changed it: the newest is undone first.
CREATE TABLE application_edit (
  application_edit_id INTEGER PRIMARY KEY,
  application_id INTEGER NOT NULL REFERENCES application,
  zone TEXT NOT NULL,
  edited_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX application_edit_of ON application_edit (application_id, application_edit_id);
