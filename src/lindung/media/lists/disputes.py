"""Who says that an entry is wrong, and why."""

from __future__ import annotations

import sqlite3

from lindung.media.lists.reading import UNFIT

LONGEST = 1000  # characters of a reason
FIND = "SELECT id FROM entry WHERE list = ? AND entry_id = ?"


def checked_words(what: str, text: str) -> None:
    """Refuse words that cannot be kept. Raises ValueError."""
    if not text.strip() or UNFIT.search(text) or len(text) > LONGEST:
        raise ValueError(
            f"{text[:70]!r} cannot be kept as {what}: "
            f"give 1 to {LONGEST} characters and no control characters."
        )


def record_dispute(
    db: sqlite3.Connection, list_name: str, entry_id: str, by_whom: str, reason: str, now: str
) -> None:
    """Keep a dispute, in place of an earlier one of theirs.

    Raises ValueError for words that cannot be kept, KeyError of a list, or of list and entry.
    """
    checked_words("who disputes", by_whom)
    checked_words("the reason", reason)
    listed = db.execute("SELECT id FROM list WHERE name = ?", (list_name,)).fetchone()
    if listed is None:
        raise KeyError(list_name)
    entry = db.execute(FIND, (*listed, entry_id)).fetchone()
    if entry is None:
        raise KeyError(list_name, entry_id)
    said = (*entry, by_whom.strip(), reason.strip(), now)
    db.execute("INSERT OR REPLACE INTO dispute VALUES (?, ?, ?, ?)", said)
