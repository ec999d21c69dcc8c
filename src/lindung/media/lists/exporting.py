"""A list as a CSV file for a partner, as `reading` takes it."""

from __future__ import annotations

import csv
import itertools
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HEADER = ["entry_id", "category", "tier", "first_seen", "last_seen"]
HEADER += ["md5", "sha1", "sha256", "pdq", "quality", "frames"]
EXPORT = """SELECT entry_id, category, tier, first_seen, last_seen,
  kind, lower(hex(value)), quality, second FROM entry
  JOIN list ON list.id = entry.list LEFT JOIN signal ON signal.entry = entry.id
  WHERE list.name = ? AND entry.withdrawn = '' ORDER BY entry.id, signal.id"""


def write_csv(db: sqlite3.Connection, list_name: str, path: Path) -> int:
    """Write the live entries, put the file in place whole, and return how many there are.

    Raises KeyError when there is no such list, OSError.
    """
    if not db.execute("SELECT 1 FROM list WHERE name = ?", (list_name,)).fetchone():
        raise KeyError(list_name)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADER)
            rows = db.execute(EXPORT, (list_name,))
            for named, signals in itertools.groupby(rows, lambda row: row[:5]):
                table.writerows([*named, *line] for line in _lines([row[5:] for row in signals]))
                count += 1
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _lines(signals: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The digest columns of one entry; one with several digests of a kind takes several lines."""
    kinds = ("md5", "sha1", "sha256", "pdq")
    columns = [[value for kind, value, *_ in signals if kind == name] for name in kinds]
    quality = max((grade for _, _, grade, _ in signals if grade is not None), default=None)
    frames = " ".join(f"{at}:{value}" for kind, value, _, at in signals if kind == "frame")
    for number, values in enumerate(itertools.zip_longest(*columns) if any(columns) else [()]):
        yield [*(values or [None] * len(kinds)), quality, "" if number else frames]
