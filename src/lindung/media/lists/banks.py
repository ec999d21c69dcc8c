"""How far each list is trusted: switched on or off, its distance, its share, and negative entries.

A negative entry is a picture or a file that was met and is known to be harmless: what is like it
meets nothing, until a day that whoever put it there named.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lindung.media.index.plan import MAX_RADIUS
from lindung.media.lists.disputes import checked_words
from lindung.media.lists.reading import digest

LIKE = 8  # bits within which a picture is like a negative one
LISTED = """SELECT kind, lower(hex(value)), by_whom, reason, until FROM negative
  WHERE until = '' OR until >= ?"""
HELD = """SELECT EXISTS (SELECT 1 FROM negative
  WHERE kind = ? AND value = ? AND (until = '' OR until >= ?))"""
PICTURES = "SELECT value FROM negative WHERE kind = 'pdq' AND (until = '' OR until >= ?)"


@dataclass(frozen=True, slots=True)
class Negative:
    """What meets nothing: a digest or PDQ (hex) of that kind, who says so, why, until which day."""

    kind: str
    value: str
    by_whom: str
    reason: str
    until: str


def set_bank(
    db: sqlite3.Connection, name: str, enabled: bool | None, radius: int | None, share: int | None
) -> None:
    """Change what is given of a list's settings. Raises KeyError, ValueError."""
    if radius is not None and not 0 <= radius <= MAX_RADIUS:
        raise ValueError(f"The distance is {radius} bits; it can be 0 to {MAX_RADIUS}.")
    if share is not None and not 0 <= share <= 100:
        raise ValueError(f"The share is {share} percent; it can be 0 to 100.")
    changed = db.execute(
        """UPDATE list SET enabled = coalesce(?, enabled), radius = coalesce(?, radius),
           share = coalesce(?, share) WHERE name = ?""",
        (enabled, radius, share, name),
    )
    if not changed.rowcount:
        raise KeyError(name)


def add_negative(db: sqlite3.Connection, one: Negative, now: str) -> None:
    """Keep a negative entry, in place of an earlier one of that value. Raises ValueError."""
    value = digest(one.kind, one.value)
    checked_words("who says so", one.by_whom)
    checked_words("the reason", one.reason)
    if one.until:
        dt.date.fromisoformat(one.until)
    said = (one.kind, value, one.by_whom.strip(), one.reason.strip(), one.until, now)
    db.execute("INSERT OR REPLACE INTO negative VALUES (?, ?, ?, ?, ?, ?)", said)


def negatives(db: sqlite3.Connection) -> list[Negative]:
    """Those that hold today."""
    return [Negative(*row) for row in db.execute(LISTED, (_today(),))]


def is_negative(db: sqlite3.Connection, kind: str, value: bytes) -> bool:
    """Whether a digest is one."""
    return bool(db.execute(HELD, (kind, value, _today())).fetchone()[0])


def is_like_negative(db: sqlite3.Connection, codes: NDArray[np.uint8]) -> bool:
    """Whether one of uint8[k, 32] is like a negative picture."""
    known = [value for (value,) in db.execute(PICTURES, (_today(),))]
    if not known:
        return False
    held = np.frombuffer(b"".join(known), np.uint8).reshape(-1, 32)
    far = np.bitwise_count(codes[:, np.newaxis] ^ held).sum(axis=2)
    return bool((far <= LIKE).any())


def drawn(value: bytes) -> int:
    """Which hundredth of all files this one is in: lists of a smaller share do not see it."""
    return zlib.crc32(value) % 100


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()
