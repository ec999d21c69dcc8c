"""The SQLite file of a store: opened, laid out, changed, and in words what went wrong with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

from lindung.media.index.directory import LOCK
from lindung.runtime import locked

FILE = "lists.sqlite3"
FORMAT = 2
SCHEMAS = ("schema.sql", "schema-2.sql")  # what each format adds to the one before
PATIENCE = 60.0  # seconds that a writer waits for another; a reader never waits

ADVICE = {
    sqlite3.SQLITE_BUSY: "Another process is writing to it: try again when that has ended.",
    sqlite3.SQLITE_LOCKED: "Another process is writing to it: try again when that has ended.",
    sqlite3.SQLITE_FULL: "Make room on the disk and try again.",
    sqlite3.SQLITE_IOERR: "See whether the disk is full or failing, and try again.",
    sqlite3.SQLITE_READONLY: "Run this as the user who owns the store.",
}
RESTORE = "Restore it from a backup, or import the lists anew into an empty folder."
ADVICE |= dict.fromkeys((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, 0), RESTORE)


class StoreError(RuntimeError):
    """The store cannot be read or written; the message names the file and what to do."""


@contextmanager
def told(file: Path, what: str) -> Iterator[None]:
    """Say that `what` failed, why, and what to do. Raises StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without SQLite's finer distinctions
        advice = ADVICE.get(code, "")
        raise StoreError(f"{file}: {what} ({error}). {advice}".strip()) from error


def open_database(directory: Path, *, create: bool) -> sqlite3.Connection:
    """A connection for reading. It takes no lock, unless the file is new. Raises StoreError."""
    file = directory / FILE
    try:
        if create:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not file.is_file():
            raise StoreError(f"{directory} holds no hash lists. `lindung lists add` makes them.")
        with told(file, "this store cannot be opened"):
            return _opened(file, create)
    except OSError as error:
        raise StoreError(f"{file}: this store cannot be opened ({error}).") from error


def _opened(file: Path, create: bool) -> sqlite3.Connection:
    db = _connect(file)
    try:
        version = _version(db)
        if version == 0 and not create:
            raise StoreError(f"{file} holds no hash lists. `lindung lists add` makes them.")
        if version > FORMAT:
            raise StoreError(f"{file} was written by a newer Lindung (format {version}).")
        if version < FORMAT or db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            with locked(file.parent / LOCK):  # SQLite does not wait for another that turns WAL on
                db.execute("PRAGMA journal_mode = WAL")
                _lay_tables(db)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def change(directory: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: all of it is kept, or nothing. One at a time; others wait."""
    file = directory / FILE
    with told(file, "not written"), closing(_connect(file)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            if db.in_transaction:  # on some failures, as a full disk, SQLite has rolled back
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def _connect(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def _lay_tables(db: sqlite3.Connection) -> None:
    """Lay the tables that are missing, once, whoever comes first."""
    db.execute("BEGIN IMMEDIATE")
    for name in SCHEMAS[_version(db) :]:
        for statement in files("lindung.media.lists").joinpath(name).read_text().split(";"):
            db.execute(statement)
    db.execute("COMMIT")
