"""The store of hash lists: what partners say is known, and who said it.

The records live in one SQLite file (a change is whole or not at all, through SIGKILL and power
loss; readers never wait for the writer). Picture hashes are searched in the HammingIndex beside
it, which is derived from the records and catches up by itself.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lindung.media.index import CorruptIndexError
from lindung.media.lists.exporting import write_csv
from lindung.media.lists.matching import ListHit, by_digests, by_picture, by_video
from lindung.media.lists.merging import ImportResult, import_rows
from lindung.media.lists.pictures import Pictures
from lindung.media.lists.reading import Bad, Row
from lindung.media.lists.shapes import Progress, read_rows
from lindung.media.pdq import FOUND_AS, RADIUS
from lindung.media.video import Frame

FILE = "lists.sqlite3"


ENTRIES = """SELECT count(*) FILTER (WHERE withdrawn = ''), count(*) FILTER (WHERE withdrawn <> ''),
  count(*) FILTER (WHERE id IN (SELECT entry FROM dispute)) FROM entry WHERE list = ?"""
SIGNALS = """SELECT kind, count(*) FROM signal JOIN entry ON entry.id = signal.entry
  WHERE list = ? AND entry.withdrawn = '' GROUP BY kind"""


class StoreError(RuntimeError):
    """The store cannot be read or written; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class ListStatus:
    """One list: its live entries and digests by kind, and when it last changed (UTC, ISO 8601)."""

    name: str
    entries: int
    withdrawn: int
    disputed: int
    signals: dict[str, int]
    changed: str
    problem: str


class ListStore:
    """A directory of hash lists. Open it after forking; threads may share one."""

    def __init__(self, directory: Path, connection: sqlite3.Connection) -> None:
        self.directory = directory
        self._db = connection  # for reading: what another thread has not committed is not seen
        self._pictures = Pictures(directory / "pictures")

    @classmethod
    def open(cls, directory: str | PathLike[str]) -> Self:
        """Open the store, and create it when missing. Raises StoreError, naming a corrupt file."""
        place = Path(directory)
        file = place / FILE
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            db = _connect(file)
            try:
                _create(db)
            except BaseException:
                db.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{file}: this store cannot be opened ({error}). "
                "Restore it from a backup, or import the lists anew into an empty directory."
            ) from error
        return cls(place, db)

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing. One at a time; others wait."""
        try:
            with closing(_connect(self.directory / FILE)) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.directory / FILE}: not written ({error}).") from error

    def import_file(
        self,
        path: str | PathLike[str],
        list_name: str,
        columns: str | Mapping[str, str] | None = None,
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> ImportResult:
        """Import a hash list (CSV, TSV, JSON, JSON lines, bare digests) into the list of that name.

        `columns` names a map of columns.yaml or gives `{field: column}`. An entry that is already
        there is updated; with `replace` an entry that the file does not hold is withdrawn.
        `progress(bytes_done, bytes_total)` is called now and then. Malformed lines are counted and
        located in the result. When it is interrupted or fails, nothing has changed.
        Raises OSError, ListFormatError, StoreError.
        """
        return self.import_rows(
            read_rows(Path(path), columns, progress), list_name, replace=replace
        )

    def import_rows(
        self,
        rows: Iterable[Row | Bad],
        list_name: str,
        *,
        replace: bool = False,
        checkpoint: str | None = None,
    ) -> ImportResult:
        """Import rows from anywhere; `import_file` says how. A checkpoint is kept with them."""
        now = _now()
        with self._change() as db:
            listed = _list_id(db, list_name)
            result = import_rows(db, rows, listed, now, replace)
            db.execute(
                "UPDATE list SET changed = ?, problem = '', checkpoint = coalesce(?, checkpoint)"
                " WHERE id = ?",
                (now, checkpoint, listed),
            )
        with _told(self.directory):
            self._pictures.save(self._db)
        return result

    def remove(self, list_name: str) -> None:
        """Forget a list and everything it said. Raises KeyError when there is none of that name."""
        with self._change() as db:
            if not db.execute("DELETE FROM list WHERE name = ?", (list_name,)).rowcount:
                raise KeyError(list_name)
        with _told(self.directory):
            self._pictures.rebuild(self._db)

    def source(self, list_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where a list is fetched from, and how far that has come. Raises KeyError."""
        sql = "SELECT source, checkpoint FROM list WHERE name = ?"
        found = self._db.execute(sql, (list_name,)).fetchone()
        if found is None:
            raise KeyError(list_name)
        return json.loads(found[0]), json.loads(found[1])

    def set_source(self, list_name: str, source: Mapping[str, Any]) -> None:
        """Say where a list is fetched from; the list is made when it is new."""
        with self._change() as db:
            listed = _list_id(db, list_name)
            db.execute("UPDATE list SET source = ? WHERE id = ?", (json.dumps(source), listed))

    def set_problem(self, list_name: str, problem: str) -> None:
        """Keep in words what the last fetch ran into."""
        with self._change() as db:
            db.execute("UPDATE list SET problem = ? WHERE name = ?", (problem, list_name))

    def dispute(self, list_name: str, entry_id: str, by_whom: str, reason: str) -> None:
        """Record that somebody says this entry is wrong. Its hits go on, marked as disputed."""
        sql = """INSERT OR REPLACE INTO dispute SELECT entry.id, ?, ?, ? FROM entry
                 JOIN list ON list.id = entry.list WHERE list.name = ? AND entry.entry_id = ?"""
        with self._change() as db:
            if not db.execute(sql, (by_whom, reason, _now(), list_name, entry_id)).rowcount:
                raise KeyError(f"{list_name}: {entry_id}")

    def match_digests(
        self, *, md5: str | None = None, sha1: str | None = None, sha256: str | None = None
    ) -> list[ListHit]:
        """Every live entry that carries one of these digests (hex), the strongest digest first.

        An entry is named once. Raises ValueError for text that is not such a digest.
        """
        with _told(self.directory):
            return by_digests(self._db, {"sha256": sha256, "sha1": sha1, "md5": md5})

    def match_pdq(
        self,
        codes: NDArray[np.uint8],
        *,
        quality: int | None = None,
        transforms: Sequence[str] = ("",),
        radius: int = RADIUS,
    ) -> list[ListHit]:
        """Every live entry within `radius` bits of one of uint8[k, 32], the nearest first.

        `transforms[i]` says in words what code i is of what was asked about. An entry is named
        once, by its nearest. Raises StoreError, naming a corrupt file, and ValueError.
        """
        with _told(self.directory):
            found = self._pictures.search(self._db, codes, radius)
            return by_picture(self._db, found, transforms, quality)

    def match_video(self, frames: Sequence[Frame], *, radius: int = RADIUS) -> list[ListHit]:
        """Every live picture seen in a video, and every known clip that lies in it.

        Raises StoreError, naming a corrupt file.
        """
        if not frames:
            return []
        codes = np.concatenate([frame.codes for frame in frames])
        with _told(self.directory):
            found = self._pictures.search(self._db, codes, radius)
            return by_video(
                self._db,
                found,
                [frame.second for frame in frames for _ in frame.codes],
                [FOUND_AS[i] for frame in frames for i in range(len(frame.codes))],
                [frame.quality for frame in frames for _ in frame.codes],
            )

    def export(self, list_name: str, path: str | PathLike[str]) -> int:
        """Write the live entries of a list as CSV, as `import_file` reads it; return how many.

        The file is put in place whole. Raises KeyError when there is no such list, OSError.
        """
        with _told(self.directory):
            return write_csv(self._db, list_name, Path(path))

    def lists(self) -> list[ListStatus]:
        """What the store holds, by name."""
        found = []
        for listed, name, changed, problem in self._db.execute(
            "SELECT id, name, changed, problem FROM list ORDER BY name"
        ):
            live, withdrawn, disputed = self._db.execute(ENTRIES, (listed,)).fetchone()
            signals = dict(self._db.execute(SIGNALS, (listed,)).fetchall())
            found.append(ListStatus(name, live, withdrawn, disputed, signals, changed, problem))
        return found


def _connect(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=60, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        db.execute(f"PRAGMA {setting}")
    return db


@contextmanager
def _told(directory: Path) -> Iterator[None]:
    """Say which file is damaged, and what to do."""
    try:
        yield
    except CorruptIndexError as error:
        raise StoreError(
            f"{error} The picture index is derived from {FILE}: "
            f"delete {directory / 'pictures'} and it is made anew."
        ) from error
    except sqlite3.Error as error:
        raise StoreError(
            f"{directory / FILE}: cannot be read ({error}). Restore it from a backup."
        ) from error


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _create(db: sqlite3.Connection) -> None:
    """Lay the tables, once, whoever comes first."""
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in files("lindung.media.lists").joinpath("schema.sql").read_text().split(";"):
            db.execute(statement)
    db.execute("COMMIT")
    if version > 1:
        raise sqlite3.DatabaseError(f"it was written by a newer Lindung (format {version})")


def _list_id(db: sqlite3.Connection, name: str) -> int:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise ValueError(f"{name!r} cannot name a list: give 1 to 100 printable characters.")
    db.execute("INSERT OR IGNORE INTO list (name) VALUES (?)", (name,))
    (found,) = db.execute("SELECT id FROM list WHERE name = ?", (name,)).fetchone()
    return int(found)
