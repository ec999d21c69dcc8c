"""A list as a CSV file for a partner, as `reading` takes it."""

from __future__ import annotations

import csv
import io
import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lindung.runtime import writing_whole

HEADER = ["entry_id", "category", "tier", "first_seen", "last_seen"]
HEADER += ["md5", "sha1", "sha256", "pdq", "quality", "frames", "action"]
KINDS = ("md5", "sha1", "sha256", "pdq")
FRAMES = 1000  # a line: no field is longer than Python's csv takes unless it is told
EXPORT = """SELECT entry_id, category, tier, first_seen, last_seen,
  kind, lower(hex(value)), quality, second FROM entry
  JOIN list ON list.id = entry.list JOIN signal ON signal.entry = entry.id
  WHERE list.name = ? AND entry.withdrawn = '' ORDER BY entry.id, signal.id"""
WITHDRAWN = """SELECT entry_id, category, tier, first_seen, last_seen FROM entry
  JOIN list ON list.id = entry.list
  WHERE list.name = ? AND entry.withdrawn <> '' ORDER BY entry.id"""


def write_csv(db: sqlite3.Connection, list_name: str, path: Path) -> int:
    """Write the live entries, put the file in place whole, and return how many there are.

    Entries that were withdrawn are named without digests, to be removed by who has them.

    Raises KeyError when there is no such list, OSError.
    """
    if not db.execute("SELECT 1 FROM list WHERE name = ?", (list_name,)).fetchone():
        raise KeyError(list_name)
    count = 0
    with writing_whole(path, mode=0o666) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        table = csv.writer(text)
        table.writerow(HEADER)
        rows = db.execute(EXPORT, (list_name,))
        for named, signals in itertools.groupby(rows, lambda row: row[:5]):
            table.writerows([*named, *line] for line in _lines([row[5:] for row in signals]))
            count += 1
        gone = db.execute(WITHDRAWN, (list_name,))
        table.writerows([*named, *[""] * 6, "remove"] for named in gone)
        text.detach()
    return count


def _lines(signals: Sequence[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The digest columns of one entry: a line holds one digest of a kind, all of one quality."""
    by_quality: dict[int | None, list[tuple[Any, ...]]] = defaultdict(list)
    for signal in signals:
        by_quality[signal[2]].append(signal)
    for quality, same in by_quality.items():
        columns = [[value for kind, value, *_ in same if kind == name] for name in KINDS]
        frames = [f"{second}:{value}" for kind, value, _, second in same if kind == "frame"]
        clips = [" ".join(frames[at : at + FRAMES]) for at in range(0, len(frames), FRAMES)]
        for *values, clip in itertools.zip_longest(*columns, clips):
            yield [*values, quality, clip, ""]
