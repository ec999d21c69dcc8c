"""The store of hash lists: what partners say is known, and who said it.

The records live in one SQLite file (a change is whole or not at all, through SIGKILL and power
loss; readers never wait for the writer). Picture hashes are searched in the HammingIndex beside
it, which is derived from the records and catches up by itself.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lindung.media.digests import Digests
from lindung.media.index import CorruptIndexError
from lindung.media.lists import banks
from lindung.media.lists.banks import Negative
from lindung.media.lists.clips import by_video
from lindung.media.lists.database import FILE, StoreError, change, open_database, told
from lindung.media.lists.disputes import record_dispute
from lindung.media.lists.exporting import write_csv
from lindung.media.lists.formats import Progress, read_rows
from lindung.media.lists.matching import ListHit, by_digests, by_picture
from lindung.media.lists.merging import ImportResult, import_rows
from lindung.media.lists.pictures import Pictures
from lindung.media.lists.reading import Bad, Row
from lindung.media.pdq import RADIUS
from lindung.media.video import Frame

OWN_LIST = "own"  # what two people of the hotline confirmed: it comes from nowhere else
ENTRIES = """SELECT count(*) FILTER (WHERE withdrawn = ''), count(*) FILTER (WHERE withdrawn <> ''),
  count(*) FILTER (WHERE id IN (SELECT entry FROM dispute)) FROM entry WHERE list = ?"""
SIGNALS = """SELECT kind, count(*) FROM signal JOIN entry ON entry.id = signal.entry
  WHERE list = ? AND entry.withdrawn = '' GROUP BY kind"""


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
    enabled: bool = True
    radius: int | None = None
    share: int = 100


class ListStore:
    """A directory of hash lists. Open it after forking; threads may share one."""

    def __init__(self, directory: Path, connection: sqlite3.Connection) -> None:
        self.directory = directory
        self._db = connection  # for reading: what another thread has not committed is not seen
        self._pictures = Pictures(directory / "pictures")

    @classmethod
    def open(cls, directory: str | PathLike[str], *, create: bool = True) -> Self:
        """Open the store; with `create` make it when missing, else refuse what is no store.

        Raises StoreError, naming a corrupt file.
        """
        return cls(Path(directory), open_database(Path(directory), create=create))

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with told(self.directory / FILE, "cannot be read"):
            yield

    @contextmanager
    def _indexing(self, kept: str = "") -> Iterator[None]:
        """Say what is wrong with the picture index, and what was `kept` of a change."""
        derived = f"The picture index is derived from {FILE}: "
        try:
            yield
        except CorruptIndexError as error:
            again = f"delete {self.directory / 'pictures'} and it is made anew."
            raise StoreError(f"{kept}{error} {derived}{again}") from error
        except OSError as error:
            again = "it is made anew when that is mended."
            raise StoreError(f"{kept}{error}. {derived}{again}") from error

    def import_file(
        self,
        path: str | PathLike[str],
        list_name: str,
        columns: str | Mapping[str, str] | None = None,
        *,
        replace: bool = False,
        remember: bool = False,
        progress: Progress | None = None,
    ) -> ImportResult:
        """Import a hash list (CSV, TSV, JSON, JSON lines, bare digests) into the list of that name.

        `columns` names a map of columns.yaml or gives `{field: column}`. An entry that is already
        there is updated; with `replace` an entry that the file does not hold is withdrawn, and a
        file that is damaged or empty is refused. With `remember` the file is the list's source.
        `progress(bytes_done, bytes_total)` is called now and then. Malformed lines are counted and
        located in the result. When it is interrupted or fails, nothing has changed; when only the
        picture index fails, the StoreError says so and the records are kept.
        Raises OSError, ListFormatError, StoreError, and ValueError for a list of another source.
        """
        place = str(Path(path).absolute())
        source = {"kind": "file", "path": place, "columns": columns} if remember else None
        rows = read_rows(Path(path), columns, progress)
        return self.import_rows(rows, list_name, replace=replace, source=source)

    def import_rows(
        self,
        rows: Iterable[Row | Bad],
        list_name: str,
        *,
        replace: bool = False,
        checkpoint: str | None = None,
        source: Mapping[str, Any] | None = None,
        keep: bool = False,
    ) -> ImportResult:
        """Import rows from anywhere; `import_file` says how. A checkpoint is kept with them.

        With `keep` a known entry keeps the digests it had beside those it now carries.
        """
        now = _now()
        with change(self.directory) as db:
            listed = _list_id(db, list_name)
            if source is not None:
                _claim(db, listed, list_name, source)
            result = import_rows(db, rows, listed, now, replace, keep)
            db.execute(
                "UPDATE list SET changed = ?, problem = '', checkpoint = coalesce(?, checkpoint)"
                " WHERE id = ?",
                (now, checkpoint, listed),
            )
        done = f"{result.imported} taken, {result.withdrawn} withdrawn, and kept"
        with (
            self._reading(),
            self._indexing(f"{list_name}: {done}. Only the picture index failed: "),
        ):
            self._pictures.save(self._db)
        return result

    def remove(self, list_name: str) -> None:
        """Forget a list and everything it said. Raises KeyError when there is none of that name."""
        with change(self.directory) as db:
            if not db.execute("DELETE FROM list WHERE name = ?", (list_name,)).rowcount:
                raise KeyError(list_name)
        kept = f"{list_name} was removed. Only the picture index failed: "
        with self._reading(), self._indexing(kept):
            self._pictures.rebuild(self._db)

    def source(self, list_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where a list is fetched from, and how far that has come. Raises KeyError."""
        sql = "SELECT source, checkpoint FROM list WHERE name = ?"
        with self._reading():
            found = self._db.execute(sql, (list_name,)).fetchone()
        if found is None:
            raise KeyError(list_name)
        return json.loads(found[0]), json.loads(found[1])

    def set_source(self, list_name: str, source: Mapping[str, Any]) -> None:
        """Say where a list is fetched from; the list is made when it is new.

        Raises ValueError when its entries came from elsewhere.
        """
        with change(self.directory) as db:
            _claim(db, _list_id(db, list_name), list_name, source)

    def set_problem(self, list_name: str, problem: str) -> None:
        """Keep in words what the last fetch ran into."""
        text = problem.encode("utf-8", "backslashreplace").decode()  # it may name an odd path
        with change(self.directory) as db:
            db.execute("UPDATE list SET problem = ? WHERE name = ?", (text, list_name))

    def dispute(self, list_name: str, entry_id: str, by_whom: str, reason: str) -> None:
        """Record that somebody says this entry is wrong. Its hits go on, marked as disputed.

        Raises ValueError for words that cannot be kept, KeyError of a list, or of list and entry.
        """
        with change(self.directory) as db:
            record_dispute(db, list_name, entry_id, by_whom, reason, _now())

    def match_digests(
        self, *, md5: str | None = None, sha1: str | None = None, sha256: str | None = None
    ) -> list[ListHit]:
        """Every live entry that carries one of these digests (hex), the strongest digest first.

        An entry is named once. Raises ValueError for text that is not such a digest.
        """
        with self._reading():
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
        with self._reading(), self._indexing():
            if banks.is_like_negative(self._db, codes):
                return []
            found = self._pictures.search(self._db, codes, radius)
            draw = banks.drawn(codes[:1].tobytes())
            return by_picture(self._db, found, transforms, quality, draw)

    def match_video(
        self,
        frames: Sequence[Frame],
        *,
        radius: int = RADIUS,
        late: Callable[[int], object] | None = None,
    ) -> list[ListHit]:
        """Every live picture seen in a video, and every known clip that lies in it.

        `late` is told how many frames were looked at when the time for it ended. Raises
        StoreError, naming a corrupt file.
        """
        with self._reading(), self._indexing():
            return by_video(
                self._db,
                frames,
                lambda codes: self._pictures.search(self._db, codes, radius),
                late,
            )

    def set_bank(
        self,
        list_name: str,
        *,
        enabled: bool | None = None,
        radius: int | None = None,
        share: int | None = None,
    ) -> None:
        """Switch a list on or off, give it a distance in bits, a share of files in percent.

        Raises KeyError when there is none of that name, ValueError.
        """
        with change(self.directory) as db:
            banks.set_bank(db, list_name, enabled, radius, share)

    def add_negative(self, one: Negative) -> None:
        """Let what is like this meet nothing, until its day. Raises ValueError."""
        with change(self.directory) as db:
            banks.add_negative(db, one, _now())

    def negatives(self) -> list[Negative]:
        """The negative entries that hold today."""
        with self._reading():
            return banks.negatives(self._db)

    def is_negative(self, sums: Digests) -> bool:
        """Whether a file is one that meets nothing."""
        with self._reading():
            return any(
                banks.is_negative(self._db, kind, bytes.fromhex(getattr(sums, kind)))
                for kind in ("sha256", "sha1", "md5")
            )

    def export(self, list_name: str, path: str | PathLike[str]) -> int:
        """Write the live entries of a list as CSV, as `import_file` reads it; return how many.

        Entries that were withdrawn are named, to be removed. The file is put in place whole.
        Raises KeyError when there is no such list, OSError.
        """
        with self._reading():
            return write_csv(self._db, list_name, Path(path))

    def is_empty(self) -> bool:
        """Whether no list has a live entry, so that nothing can match."""
        sql = "SELECT NOT EXISTS (SELECT 1 FROM entry WHERE withdrawn = '')"
        with self._reading():
            return bool(self._db.execute(sql).fetchone()[0])

    def lists(self) -> list[ListStatus]:
        """What the store holds, by name."""
        found = []
        names = """SELECT id, name, changed, problem, enabled, radius, share FROM list
          ORDER BY name"""
        with self._reading():
            for listed, name, *rest in self._db.execute(names):
                live, gone, disputed = self._db.execute(ENTRIES, (listed,)).fetchone()
                signals = dict(self._db.execute(SIGNALS, (listed,)).fetchall())
                found.append(ListStatus(name, live, gone, disputed, signals, *rest))
        return found


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _list_id(db: sqlite3.Connection, name: str) -> int:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise ValueError(f"{name!r} cannot name a list: give 1 to 100 printable characters.")
    db.execute("INSERT OR IGNORE INTO list (name) VALUES (?)", (name,))
    (found,) = db.execute("SELECT id FROM list WHERE name = ?", (name,)).fetchone()
    return int(found)


def _claim(db: sqlite3.Connection, listed: int, name: str, source: Mapping[str, Any]) -> None:
    """Give a list its source. It has one: a sync withdraws what that one does not name."""
    if name == OWN_LIST:
        raise ValueError(
            f"The name {OWN_LIST!r} is kept for the hotline's own list, which its confirmed cases "
            "fill. Nothing was changed. Give this list another name."
        )
    sql = "SELECT source, EXISTS (SELECT 1 FROM entry WHERE list = list.id) FROM list WHERE id = ?"
    text, has_entries = db.execute(sql, (listed,)).fetchone()
    kept = json.loads(text)
    other = _origin(kept) != _origin(source)
    if other and has_entries:
        elsewhere = kept.get("path") or kept.get("exchange") or "no file or exchange that is known"
        raise ValueError(
            f"The entries of the list {name!r} are from {elsewhere}, and a list has one source: "
            "what that does not name is withdrawn by the next sync. Nothing was changed. "
            "Give the new list a name of its own, or remove the old one first."
        )
    sql = "UPDATE list SET source = ?, checkpoint = iif(?, '{}', checkpoint) WHERE id = ?"
    db.execute(sql, (json.dumps(source), other, listed))


def _origin(source: Mapping[str, Any]) -> dict[str, Any]:
    """What tells sources apart: not how they are read, or by whom."""
    return {key: source[key] for key in source if key not in ("columns", "credentials")}
