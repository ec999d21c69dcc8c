"""Bringing rows into a list: staged in temporary tables, then merged by a few statements.

Runs inside the caller's transaction, so an import is whole or not at all.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from lindung.media.lists.reading import Bad, Row

BATCH = 50_000
KEEP_REJECTED = 1000


@dataclass(slots=True)
class ImportResult:
    """What an import did. `rejected` holds the first thousand (line, why), the count is of all."""

    imported: int = 0
    withdrawn: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    rejected_count: int = 0


def import_rows(
    db: sqlite3.Connection, rows: Iterable[Row | Bad], listed: int, now: str, replace: bool
) -> ImportResult:
    """Import rows into the list of that id; with `replace` withdraw what they do not name."""
    result = _stage(db, rows, now)
    _merge(db, listed, now)
    db.execute(
        """INSERT OR REPLACE INTO dispute (entry, by_whom, reason, at)
           SELECT entry.id, by_whom, 'said so in the list', ? FROM doubted
           JOIN entry ON entry.list = ? AND entry.entry_id = doubted.entry_id""",
        (now, listed),
    )
    if replace:
        result.withdrawn += _withdraw_missing(db, listed, now)
    return result


def _stage(db: sqlite3.Connection, rows: Iterable[Row | Bad], now: str) -> ImportResult:
    """Read everything into two temporary tables, so that the merge is a few statements."""
    db.execute("DROP TABLE IF EXISTS temp.staged")
    db.execute("DROP TABLE IF EXISTS temp.carried")
    db.execute("DROP TABLE IF EXISTS temp.doubted")
    db.execute("CREATE TEMP TABLE doubted (entry_id, by_whom)")
    db.execute("CREATE TEMP TABLE staged (entry_id, category, tier, first, last, gone)")
    db.execute("CREATE TEMP TABLE carried (entry_id, kind, value, quality, second)")
    result = ImportResult()
    taken = iter(rows)
    while batch := list(itertools.islice(taken, BATCH)):
        good = [row for row in batch if isinstance(row, Row)]
        bad = [(row.line, row.why) for row in batch if isinstance(row, Bad)]
        result.rejected_count += len(bad)
        result.rejected += bad[: KEEP_REJECTED - len(result.rejected)]
        db.executemany(
            "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    r.entry_id,
                    r.category,
                    r.tier,
                    r.first_seen or now,
                    r.last_seen or now,
                    r.withdrawn,
                )
                for r in good
            ],
        )
        db.executemany(
            "INSERT INTO carried VALUES (?, ?, ?, ?, ?)",
            [(r.entry_id, *item, r.quality, None) for r in good for item in r.values.items()]
            + [(r.entry_id, "frame", f, r.quality, at) for r in good for at, f in r.frames],
        )
        db.executemany(
            "INSERT INTO doubted VALUES (?, ?)",
            [(row.entry_id, by_whom) for row in good for by_whom in row.disputed_by],
        )
        result.withdrawn += sum(row.withdrawn for row in good)
        result.imported += sum(not row.withdrawn for row in good)
    return result


def _merge(db: sqlite3.Connection, listed: int, now: str) -> None:
    """Bring the staged rows into the list: new entries, changed entries, withdrawals."""
    db.execute("DROP TABLE IF EXISTS temp.known")
    db.execute(
        """CREATE TEMP TABLE known AS SELECT DISTINCT entry.id, staged.entry_id
           FROM staged JOIN entry ON entry.list = ? AND entry.entry_id = staged.entry_id
           WHERE NOT staged.gone""",
        (listed,),
    )
    db.execute(
        """INSERT INTO entry (list, entry_id, category, tier, first_seen, last_seen, withdrawn)
           SELECT ?, entry_id, category, tier, first, last, iif(gone, ?, '') FROM staged WHERE true
           ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, withdrawn = excluded.withdrawn,
             category = iif(excluded.withdrawn = '', excluded.category, category),
             tier = iif(excluded.withdrawn = '', excluded.tier, tier)""",
        (listed, now),
    )
    if db.execute(
        "SELECT 1 FROM known LIMIT 1"
    ).fetchone():  # a known entry keeps only what it now carries
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


def _withdraw_missing(db: sqlite3.Connection, listed: int, now: str) -> int:
    """Withdraw every live entry that the staged rows do not name."""
    return db.execute(
        """UPDATE entry SET withdrawn = ? WHERE list = ? AND withdrawn = ''
           AND entry_id NOT IN (SELECT entry_id FROM staged)""",
        (now, listed),
    ).rowcount
