"""What a store says of a list that was imported: the tests of every format look at it so."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from lindung.media import ImportResult, ListStore
from lindung.media.lists.database import FILE, change

A, B, C = "a" * 32, "b" * 32, "c" * 32
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b20"


def example(name: str) -> Path:
    """The example that lies in a format's folder."""
    (found,) = [
        each
        for each in files("lindung.media.lists.formats").joinpath(name).iterdir()
        if each.name.startswith("example.")
    ]
    return Path(str(found))


def imported(tmp_path: Path, content: Path | str | bytes) -> tuple[ListStore, ImportResult]:
    """A new store with that file, or that text, on the list "p"."""
    path = content if isinstance(content, Path) else tmp_path / "list"
    if not isinstance(content, Path):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    store = ListStore.open(tmp_path / "store")
    return store, store.import_file(path, "p")


def live(store: ListStore) -> dict[str, list[str]]:
    """The live entries: their digests' kinds, and "disputed" where they are."""
    assert (store.directory / FILE).exists()
    with change(store.directory) as db:
        rows = db.execute(
            """SELECT entry_id, kind FROM entry JOIN signal ON signal.entry = entry.id
               WHERE withdrawn = '' ORDER BY entry.id, signal.id"""
        ).fetchall()
        doubted = {
            name
            for (name,) in db.execute(
                "SELECT entry_id FROM dispute JOIN entry ON entry.id = dispute.entry"
            )
        }
    found: dict[str, list[str]] = {}
    for name, kind in rows:
        found.setdefault(name, ["disputed"] if name in doubted else []).append(kind)
    return found
