"""The picture hashes of a store in a HammingIndex that is derived from the records.

The index holds every PDQ that was ever recorded, under its signal id; whether an entry is live is
asked of the records. So it only ever grows by the signals that are newer than its newest. A saved
one that is not of these records, as after a backup of them was put back, is derived anew.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lindung.media.index import HammingIndex, Hits
from lindung.media.index.hamming import DELTA
from lindung.media.index.plan import MAX_RADIUS

NEWEST = "SELECT max(id) FROM signal WHERE kind IN ('pdq', 'frame', 'crop')"
GIVEN = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'signal'"
KEPT = "SELECT id, value FROM signal WHERE id BETWEEN ? AND ?"
NEWER = "SELECT id, value FROM signal WHERE kind IN ('pdq', 'frame', 'crop') AND id > ? ORDER BY id"


class Pictures:
    """The index of one store, brought up to date with the records whenever it is asked."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._index: HammingIndex | None = None
        self._newest = 0
        self._seen: int | None = None  # the manifest that was opened

    def search(
        self, db: sqlite3.Connection, codes: NDArray[np.uint8], radius: int = MAX_RADIUS
    ) -> Hits:
        """Signal ids within the radius. Raises CorruptIndexError, OSError."""
        return self._current(db).search(codes, radius)

    def save(self, db: sqlite3.Connection) -> None:
        """Write the index, so that other processes need not derive it. For the writer only."""
        index = self._current(db)
        if index.changes > DELTA:  # not left to each process that opens it
            index.merge()
        index.save(self._place)
        self._seen = self._manifest_time()

    def rebuild(self, db: sqlite3.Connection) -> None:
        """Derive the index anew, without what has been deleted."""
        with self._lock:
            self._index, self._newest = _built(db, 0, None), _newest(db)
        self.save(db)

    def _manifest_time(self) -> int | None:
        try:
            return (self._place / "manifest.json").stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _current(self, db: sqlite3.Connection) -> HammingIndex:
        newest = _newest(db)
        with self._lock:
            if self._index is None or newest > self._newest:
                saved = self._manifest_time()
                if saved is not None and saved != self._seen:
                    index = HammingIndex.open(self._place)
                    last = _last(db, index)
                    self._index = None if last is None else index
                    self._newest, self._seen = last or 0, saved
                self._index = _built(db, self._newest if self._index else 0, self._index)
                self._newest = newest
            return self._index


def _newest(db: sqlite3.Connection) -> int:
    (newest,) = db.execute(NEWEST).fetchone()
    return int(newest or 0)


def _last(db: sqlite3.Connection, index: HammingIndex) -> int | None:
    """The newest signal that an index holds; None when it is not of these records.

    Ids are given once, but records that were put back, or made anew, give the same ones again. Then
    the newest of the index are other codes, or were never given here.
    """
    codes, ids = index.newest()
    if not len(ids):
        return 0
    last = int(ids.max())
    (given,) = db.execute(GIVEN).fetchone()
    kept = dict(db.execute(KEPT, (int(ids.min()), last)))
    held = {int(number): bytes(code) for number, code in zip(ids, codes, strict=True)}
    same = [kept[number] == code for number, code in held.items() if number in kept]
    return last if last <= given and same and all(same) else None


def _built(db: sqlite3.Connection, after: int, index: HammingIndex | None) -> HammingIndex:
    """The index with the signals after that one added; a new one when there is none."""
    rows = db.execute(NEWER, (after,))
    ids, codes = [np.empty(0, np.int64)], [np.empty((0, 32), np.uint8)]
    while batch := rows.fetchmany(100_000):
        ids.append(np.array([number for number, _ in batch], np.int64))
        codes.append(np.frombuffer(b"".join(c for _, c in batch), np.uint8).reshape(-1, 32))
    if index is None:
        return HammingIndex.build(np.concatenate(codes), np.concatenate(ids))
    index.add(np.concatenate(codes), np.concatenate(ids))
    return index
