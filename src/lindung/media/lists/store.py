"""The store of hash lists: what partners say is known, and who said it.

The records live in one SQLite file (a change is whole or not at all, through SIGKILL and power
loss; readers never wait for the writer). Picture hashes are searched in the HammingIndex beside
it, which is derived from the records and catches up by itself.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Self

from lindung.media.lists.merging import ImportResult, import_rows
from lindung.media.lists.reading import LENGTHS, Bad, Progress, Row, read_rows

FILE = "lists.sqlite3"


HIT = """SELECT list.name, entry.entry_id, entry.category, entry.tier,
  EXISTS (SELECT 1 FROM dispute WHERE dispute.entry = entry.id)
  FROM signal JOIN entry ON entry.id = signal.entry JOIN list ON list.id = entry.list
  WHERE signal.value = ? AND signal.kind = ? AND entry.withdrawn = ''"""
ENTRIES = """SELECT count(*) FILTER (WHERE withdrawn = ''), count(*) FILTER (WHERE withdrawn <> ''),
  count(*) FILTER (WHERE id IN (SELECT entry FROM dispute)) FROM entry WHERE list = ?"""
SIGNALS = """SELECT kind, count(*) FROM signal JOIN entry ON entry.id = signal.entry
  WHERE list = ? AND entry.withdrawn = '' GROUP BY kind"""


class StoreError(RuntimeError):
    """The store cannot be read or written; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class ListHit:
    """One entry that matched.

    `kind` says by what (md5, sha1, sha256, pdq), `distance` is in bits (0 for a digest), `quality`
    is the PDQ quality of what was asked about (None for a digest), `transform` says how the picture
    had been turned or mirrored, or which second of a video it was. `disputed` is true when
    somebody said that the entry is wrong.
    """

    list_name: str
    entry_id: str
    category: str
    tier: str
    kind: str
    distance: int = 0
    quality: int | None = None
    transform: str = ""
    disputed: bool = False


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
        self._db = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, directory: str | PathLike[str]) -> Self:
        """Open the store, and create it when missing. Raises StoreError, naming a corrupt file."""
        place = Path(directory)
        file = place / FILE
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            db = sqlite3.connect(file, timeout=60, isolation_level=None, check_same_thread=False)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA mmap_size = 4294967296")
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
        """One transaction, alone: all of it is kept, or nothing."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
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
        self, rows: Iterable[Row | Bad], list_name: str, *, replace: bool = False
    ) -> ImportResult:
        """Import rows from anywhere; `import_file` says how."""
        now = _now()
        with self._change() as db:
            listed = _list_id(db, list_name)
            result = import_rows(db, rows, listed, now, replace)
            db.execute("UPDATE list SET changed = ?, problem = '' WHERE id = ?", (now, listed))
        return result

    def remove(self, list_name: str) -> None:
        """Forget a list and everything it said. Raises KeyError when there is none of that name."""
        with self._change() as db:
            if not db.execute("DELETE FROM list WHERE name = ?", (list_name,)).rowcount:
                raise KeyError(list_name)

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
        hits: dict[tuple[str, str], ListHit] = {}
        for kind, text in (("sha256", sha256), ("sha1", sha1), ("md5", md5)):
            if text is None:
                continue
            value = bytes.fromhex(text)
            if len(value) != LENGTHS[kind]:
                raise ValueError(f"{text!r} is not a {kind}")
            for name, entry, category, tier, disputed in self._db.execute(HIT, (value, kind)):
                hit = ListHit(name, entry, category, tier, kind, disputed=bool(disputed))
                hits.setdefault((name, entry), hit)
        return list(hits.values())

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
