"""Bringing rows into a list: staged in temporary tables, then merged by a few statements.

Runs inside the caller's transaction, so an import is whole or not at all.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from lindung.media.lists.reading import Bad, ListFormatError, Row

BATCH = 50_000
KEEP_REJECTED = 1000

# `at` is the number of a row: where rows say different things of an entry, the last one counts.
STAGE = """
  DROP TABLE IF EXISTS temp.staged;
  CREATE TEMP TABLE staged (at INTEGER PRIMARY KEY, entry_id, category, tier, first, last);
  DROP TABLE IF EXISTS temp.carried;
  CREATE TEMP TABLE carried (entry_id, kind, value, quality, second);
  DROP TABLE IF EXISTS temp.gone;
  CREATE TEMP TABLE gone (at, entry_id);
  DROP TABLE IF EXISTS temp.revoked;
  CREATE TEMP TABLE revoked (at, kind, value);
  DROP TABLE IF EXISTS temp.doubted;
  CREATE TEMP TABLE doubted (entry_id, by_whom)
"""


@dataclass(slots=True)
class ImportResult:
    """What an import did: lines taken, live entries withdrawn, lines not taken.

    `rejected` holds the first thousand (line, why), the count is of all.
    """

    imported: int = 0
    withdrawn: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    rejected_count: int = 0

    def add(self, other: ImportResult) -> None:
        """Count what another import did to this one's."""
        self.imported += other.imported
        self.withdrawn += other.withdrawn
        self.rejected += other.rejected[: KEEP_REJECTED - len(self.rejected)]
        self.rejected_count += other.rejected_count


def import_rows(
    db: sqlite3.Connection,
    rows: Iterable[Row | Bad],
    listed: int,
    now: str,
    replace: bool,
    keep: bool = False,
) -> ImportResult:
    """Import rows into the list of that id; with `replace` withdraw what they do not name.

    With `keep` a known entry keeps the digests it had beside those it now carries.

    Raises ListFormatError for a replacement that is damaged or names no entry.
    """
    result, damage = _stage(db, rows, now)
    if replace:
        _refuse_damaged(result, damage)
    _merge(db, listed, keep)
    db.execute(
        """INSERT OR REPLACE INTO dispute (entry, by_whom, reason, at)
           SELECT entry.id, by_whom, 'said so in the list', ? FROM doubted
           JOIN entry ON entry.list = ? AND entry.entry_id = doubted.entry_id""",
        (now, listed),
    )
    result.withdrawn = _withdraw(db, listed, now)
    if replace:
        missing = _withdraw_missing(db, listed, now)
        if not result.imported and (missing or not _names_withdrawn(db)):
            raise ListFormatError(
                "It names no entry, so every entry would be withdrawn. Nothing was changed. "
                "To empty a list, remove it: lindung lists remove NAME."
            )
        result.withdrawn += missing
    return result


def _refuse_damaged(result: ImportResult, damage: list[Bad]) -> None:
    """A file of which we cannot read all may not withdraw what it seems to leave out."""
    if damage:
        first = damage[0]
        raise ListFormatError(
            f"{result.rejected_count} lines cannot be taken (line {first.line}: {first.why}), and "
            "what they stood for would be withdrawn. Nothing was changed: mend the file. "
            "`lindung lists add` takes the other lines and withdraws nothing."
        )


def _stage(
    db: sqlite3.Connection, rows: Iterable[Row | Bad], now: str
) -> tuple[ImportResult, list[Bad]]:
    """Read everything into temporary tables. Also returns the first lines that are damaged."""
    for statement in STAGE.split(";"):
        db.execute(statement)
    result = ImportResult()
    damage: list[Bad] = []
    taken = enumerate(rows)
    while batch := list(itertools.islice(taken, BATCH)):
        bad = [row for _, row in batch if isinstance(row, Bad)]
        good = [(at, row) for at, row in batch if isinstance(row, Row)]
        live = [(at, row) for at, row in good if not row.withdrawn]
        ended = [(at, row) for at, row in good if row.withdrawn]
        damage = damage or [row for row in bad if not row.harmless]
        rejected = [(row.line, row.why) for row in bad]
        result.add(ImportResult(len(live), 0, rejected, len(rejected)))
        db.executemany(
            "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?)",
            [
                (at, r.entry_id, r.category, r.tier, r.first_seen or now, r.last_seen or now)
                for at, r in live
            ],
        )
        db.executemany(
            "INSERT INTO carried VALUES (?, ?, ?, ?, ?)",
            [(r.entry_id, *item, r.quality, None) for _, r in live for item in r.values.items()]
            + [(r.entry_id, "frame", f, r.quality, at) for _, r in live for at, f in r.frames]
            + [(r.entry_id, "crop", code, q, None) for _, r in live for code, q in r.crops],
        )
        db.executemany(
            "INSERT INTO gone VALUES (?, ?)", [(at, r.entry_id) for at, r in ended if r.entry_id]
        )
        db.executemany(
            "INSERT INTO revoked VALUES (?, ?, ?)",
            [(at, *item) for at, r in ended if not r.entry_id for item in r.values.items()],
        )
        db.executemany(
            "INSERT INTO doubted VALUES (?, ?)",
            [(row.entry_id, by_whom) for _, row in good for by_whom in row.disputed_by],
        )
    return result, damage


def _merge(db: sqlite3.Connection, listed: int, keep: bool) -> None:
    """Bring the staged entries into the list: new ones, and what known ones now carry."""
    db.execute("DROP TABLE IF EXISTS temp.known")
    db.execute(
        """CREATE TEMP TABLE known AS SELECT DISTINCT entry.id, staged.entry_id
           FROM staged JOIN entry ON entry.list = ? AND entry.entry_id = staged.entry_id""",
        (listed,),
    )
    db.execute(
        """INSERT INTO entry (list, entry_id, category, tier, first_seen, last_seen)
           SELECT ?, entry_id, category, tier, first, last FROM staged WHERE true ORDER BY at
           ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, withdrawn = '',
             category = excluded.category, tier = excluded.tier""",
        (listed,),
    )
    if not keep and db.execute("SELECT 1 FROM known LIMIT 1").fetchone():
        db.execute("CREATE INDEX temp.carried_by ON carried (entry_id)")
        db.execute(
            """DELETE FROM signal WHERE id IN (SELECT signal.id FROM known
               JOIN signal ON signal.entry = known.id WHERE NOT EXISTS (SELECT 1 FROM carried
                 WHERE carried.entry_id = known.entry_id AND carried.kind = signal.kind
                 AND carried.value = signal.value))"""
        )
    db.execute(
        """INSERT OR IGNORE INTO signal (entry, kind, value, quality, second)
           SELECT entry.id, kind, value, quality, second FROM carried
           JOIN entry ON entry.list = ? AND entry.entry_id = carried.entry_id""",
        (listed,),
    )


def _withdraw(db: sqlite3.Connection, listed: int, now: str) -> int:
    """Withdraw by id, and by digest whatever carries it, unless a later row names the entry."""
    asked = "SELECT EXISTS (SELECT 1 FROM gone) OR EXISTS (SELECT 1 FROM revoked)"
    if not db.execute(asked).fetchone()[0]:
        return 0
    db.execute("CREATE INDEX temp.staged_by ON staged (entry_id, at)")
    return db.execute(
        """UPDATE entry SET withdrawn = :now WHERE withdrawn = '' AND id IN (
             SELECT entry.id FROM gone CROSS JOIN entry
               ON entry.list = :list AND entry.entry_id = gone.entry_id
               WHERE NOT EXISTS (SELECT 1 FROM staged
                 WHERE staged.entry_id = gone.entry_id AND staged.at > gone.at)
             UNION ALL SELECT entry.id FROM revoked CROSS JOIN signal
               ON signal.value = revoked.value AND signal.kind = revoked.kind
               JOIN entry ON entry.id = signal.entry AND entry.list = :list
               WHERE NOT EXISTS (SELECT 1 FROM staged
                 WHERE staged.entry_id = entry.entry_id AND staged.at > revoked.at))""",
        {"list": listed, "now": now},
    ).rowcount


def _names_withdrawn(db: sqlite3.Connection) -> bool:
    """Whether the rows name entries as withdrawn: a list of which nothing is left says so."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM gone)").fetchone()[0])


def _withdraw_missing(db: sqlite3.Connection, listed: int, now: str) -> int:
    """Withdraw every live entry that the staged rows do not name."""
    return db.execute(
        """UPDATE entry SET withdrawn = ? WHERE list = ? AND withdrawn = ''
           AND entry_id NOT IN (SELECT entry_id FROM staged)""",
        (now, listed),
    ).rowcount
