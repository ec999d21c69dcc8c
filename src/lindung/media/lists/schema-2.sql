-- What format 2 adds: crops of own pictures, lists that are switched off, and negative entries.
DROP INDEX IF EXISTS signal_picture;
CREATE INDEX signal_picture ON signal (id) WHERE kind IN ('pdq', 'frame', 'crop');
ALTER TABLE list ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
-- In bits, the caller's where there is none, and the share of files in percent.
ALTER TABLE list ADD COLUMN radius INTEGER;
ALTER TABLE list ADD COLUMN share INTEGER NOT NULL DEFAULT 100;
CREATE TABLE negative (
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  by_whom TEXT NOT NULL,
  reason TEXT NOT NULL,
  until TEXT NOT NULL,  -- a day, ISO 8601, or nothing
  at TEXT NOT NULL,
  UNIQUE (kind, value)
) STRICT;
PRAGMA user_version = 2;
