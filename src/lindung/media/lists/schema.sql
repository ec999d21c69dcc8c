-- One store of hash lists. Every change is one transaction, and `signal` ids are never used twice.
CREATE TABLE list (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL DEFAULT '{}',      -- JSON: where `sync` fetches it
  checkpoint TEXT NOT NULL DEFAULT '{}',  -- JSON: how far `sync` has come
  changed TEXT NOT NULL DEFAULT '',
  problem TEXT NOT NULL DEFAULT ''        -- what the last sync ran into, in words
) STRICT;
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  list INTEGER NOT NULL REFERENCES list ON DELETE CASCADE,
  entry_id TEXT NOT NULL,
  category TEXT NOT NULL,
  tier TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  withdrawn TEXT NOT NULL DEFAULT '',
  UNIQUE (list, entry_id)
) STRICT;
CREATE TABLE signal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  entry INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  quality INTEGER,
  second REAL,  -- where in a known clip a frame stands
  UNIQUE (entry, kind, value)
) STRICT;
CREATE INDEX signal_value ON signal (value, kind);
CREATE TABLE dispute (
  entry INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
  by_whom TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  UNIQUE (entry, by_whom)
) STRICT;
PRAGMA user_version = 1;
