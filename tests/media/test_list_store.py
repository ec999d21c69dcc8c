"""The store of lists: who may read while somebody writes, and what a broken one says."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lindung.media import ListStore, StoreError
from lindung.media.lists import database

MD5, MD5_B, PDQ = "a" * 32, "b" * 32, "3" * 64
FOURS = np.full((1, 32), 0x44, np.uint8)

HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


def listed(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with ListStore.open(tmp_path / "store") as store:
        store.import_file(listed(tmp_path / "l.csv", f"id,md5,pdq\n1,{MD5},{PDQ}\n"), "p")
    return tmp_path / "store"


def test_readers_never_wait_and_writers_are_told_who_is_in_the_way(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, place / database.FILE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin and writer.stdout
        writer.stdout.readline()
        began = time.monotonic()
        with ListStore.open(place) as store:
            assert len(store.match_digests(md5=MD5)) == 1
            assert store.lists()[0].entries == 1
            assert time.monotonic() - began < 10
            monkeypatch.setattr(database, "PATIENCE", 0.1)
            with pytest.raises(StoreError, match="Another process is writing") as said:
                store.remove("p")
            assert "backup" not in str(said.value)
        writer.stdin.write("go\n")


OPEN = """
import sys
from lindung.media import ListStore
print("ready", flush=True)
sys.stdin.readline()
for place in sys.argv[1:]:
    ListStore.open(place).close()
"""


def test_a_new_store_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, *(str(tmp_path / str(n)) for n in range(10))]
    pipe = subprocess.PIPE
    many = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
    for one in many:
        assert one.stdout
        one.stdout.readline()
    for one in many:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in many:
        one.communicate()
    assert [one.returncode for one in many] == [0] * 6


def test_what_is_no_store_is_refused_where_none_shall_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no hash lists"):
        ListStore.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / database.FILE).touch()
    with pytest.raises(StoreError, match="holds no hash lists"):
        ListStore.open(tmp_path / "other", create=False)
    assert (tmp_path / "other" / database.FILE).stat().st_size == 0


def test_a_store_of_a_newer_format_and_a_damaged_one_say_so(place: Path) -> None:
    store = ListStore.open(place)
    file = place / database.FILE
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(StoreError, match=r"newer Lindung \(format 3\)"):
        ListStore.open(place)
    db.execute("PRAGMA user_version = 2")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    store.close()
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xaa" * (len(data) - 4096))
    with ListStore.open(place, create=False) as store:
        for ask in (store.lists, store.is_empty, lambda: store.source("p")):
            with pytest.raises(StoreError, match="Restore it from a backup"):
                ask()


FULL = """
import resource, sys
from lindung.media import ListStore, StoreError
with ListStore.open(sys.argv[1]) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        store.import_file(sys.argv[2], "p")
    except StoreError as error:
        print(error)
"""


def test_a_full_disk_is_named_as_the_cause(place: Path, tmp_path: Path) -> None:
    many = "".join(f"{number},{number:032x}\n" for number in range(20_000))
    file = listed(tmp_path / "many.csv", f"id,md5\n{many}")
    command: list[str | Path] = [sys.executable, "-c", FULL, place, file]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "See whether the disk is full" in said
    assert "rollback" not in said
    with ListStore.open(place) as store:
        assert store.lists()[0].entries == 1


def test_a_damaged_picture_index_does_not_deny_what_was_kept(place: Path, tmp_path: Path) -> None:
    for damaged in (place / "pictures").iterdir():
        damaged.write_bytes(b"?")
    more = listed(tmp_path / "more.csv", f"id,md5,pdq\n2,{MD5_B},{'4' * 64}\n")
    with ListStore.open(place) as store:
        with pytest.raises(StoreError, match=r"1 taken, 0 withdrawn, and kept.*delete .*pict"):
            store.import_file(more, "p", remember=False)
        assert [hit.entry_id for hit in store.match_digests(md5=MD5_B)] == ["2"]
        with pytest.raises(StoreError, match=r"delete .*pictures"):
            store.match_pdq(FOURS)
    shutil.rmtree(place / "pictures")
    with ListStore.open(place) as store:
        assert [hit.entry_id for hit in store.match_pdq(FOURS)] == ["2"]
    (place / "pictures").write_text("in the way")
    with ListStore.open(place) as store, pytest.raises(StoreError, match="p was removed"):
        store.remove("p")
    with ListStore.open(place) as store:
        assert store.is_empty()


def pictures(tmp_path: Path, name: str, count: int) -> tuple[Path, list[NDArray[np.uint8]]]:
    codes = np.random.default_rng(len(name)).integers(0, 256, (count, 32), dtype=np.uint8)
    file = tmp_path / f"{name}.csv"
    lines = [f"{name}{i},{bytes(code).hex()}\n" for i, code in enumerate(codes)]
    file.write_text("id,pdq\n" + "".join(lines))
    return file, list(codes)


@pytest.mark.parametrize("how", ["put back", "made anew"])
@pytest.mark.parametrize("more", [1, 30])
def test_records_put_back_from_a_backup_get_a_picture_index_of_their_own(
    tmp_path: Path, how: str, more: int
) -> None:
    """The newer index once hid new entries, and named them for codes that they never had."""
    place = tmp_path / "store"
    (first, kept), (second, lost) = pictures(tmp_path, "a", 9), pictures(tmp_path, "bb", 9)
    third, new = pictures(tmp_path, "ccc", more)
    with ListStore.open(place) as store:
        store.import_file(first, "p")
    backup = (place / database.FILE).read_bytes()
    with ListStore.open(place) as store:
        store.import_file(second, "q")
    if how == "put back":
        (place / database.FILE).write_bytes(backup)
    else:
        (place / database.FILE).unlink()
    with ListStore.open(place) as store:
        store.import_file(third, "r")
    with ListStore.open(place) as store:
        (hit,) = store.match_pdq(new[0][np.newaxis])
        assert (hit.entry_id, hit.distance) == ("ccc0", 0)
        assert store.match_pdq(lost[0][np.newaxis]) == []
        assert len(store.match_pdq(kept[0][np.newaxis])) == (how == "put back")
