"""An export is the list itself: whatever a line may say is there after export and import."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lindung.media import OWN_LIST, ListFormatError, ListStore, withdraw
from lindung.media.lists import reading
from lindung.media.lists.reading import Row

MD5, MD5_B, SHA1 = "a" * 32, "b" * 32, "1" * 40


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def kept(store: ListStore) -> list[Any]:
    """All that a store says of its live entries, in no order."""
    return sorted(
        store._db.execute(
            """SELECT entry_id, category, tier, first_seen, last_seen, kind, hex(value),
               coalesce(quality, -1), coalesce(second, -1)
               FROM entry JOIN signal ON signal.entry = entry.id WHERE withdrawn = ''"""
        )
    )


TEXT = st.text(st.characters(), max_size=8)
PDQS = st.sampled_from(["3" * 64, "4" * 64, "5" * 64])
SECONDS = st.decimals(0, 999_999, places=3).map(lambda second: f"{second:f}")
FRAMES = st.lists(st.tuples(SECONDS, PDQS).map(":".join), max_size=4).map(" ".join)


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), strategy)


FIELDS = st.fixed_dictionaries(
    {
        "entry_id": st.one_of(st.sampled_from(["", "1", "2"]), TEXT),
        "category": TEXT,
        "tier": TEXT,
        "first_seen": TEXT,
        "last_seen": TEXT,
        "md5": maybe(st.sampled_from([MD5, MD5_B.upper()])),
        "sha1": maybe(st.just(SHA1)),
        "sha256": maybe(st.just("2" * 64)),
        "pdq": maybe(PDQS),
        "quality": maybe(st.integers(0, 100).map(str)),
        "frames": maybe(FRAMES),
        "action": maybe(st.sampled_from(["add", "remove"])),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(FIELDS, max_size=8))
def test_whatever_a_line_may_say_survives_export_and_import(lines: list[dict[str, str]]) -> None:
    rows = [reading.row(number, fields) for number, fields in enumerate(lines)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with ListStore.open(place / "one") as one, ListStore.open(place / "two") as two:
            one.import_rows([row for row in rows if isinstance(row, Row)], "p")
            one.export("p", place / "out.csv")
            assert two.import_file(place / "out.csv", "p").rejected == []
            assert kept(two) == kept(one)


@pytest.mark.parametrize("frames", [1, 1000, 1801, 15_000])
def test_a_long_clip_survives_export_and_import(
    tmp_path: Path, store: ListStore, frames: int
) -> None:
    clip = tuple((float(second), second.to_bytes(32, "big")) for second in range(frames))
    store.import_rows([Row("clip", "A", "", "", "", {}, 80, False, clip)], "p")
    assert store.export("p", tmp_path / "out.csv") == 1
    with (tmp_path / "out.csv").open() as file:
        field = max(len(cell) for line in file for cell in line.split(","))
    assert field < 131_072  # what other readers of CSV take, too
    other = ListStore.open(tmp_path / "other")
    assert other.import_file(tmp_path / "out.csv", "p").rejected == []
    assert kept(other) == kept(store)


def test_a_field_as_long_as_earlier_exports_wrote_them_is_read(
    tmp_path: Path, store: ListStore
) -> None:
    frames = " ".join(f"{second}:{second:064x}" for second in range(7200))
    with (tmp_path / "l.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "frames"], ["clip", frames]])
    assert store.import_file(tmp_path / "l.csv", "p").rejected == []
    assert store.lists()[0].signals == {"frame": 7200}


@pytest.mark.parametrize("left", [1, 0])
@pytest.mark.parametrize("replace", [True, False], ids=["sync", "add"])
def test_an_export_tells_partners_what_was_withdrawn(
    tmp_path: Path, store: ListStore, left: int, replace: bool
) -> None:
    """Also when nothing is left, and to a partner who only adds what the file says."""
    out, other = tmp_path / "out.csv", ListStore.open(tmp_path / "other")
    (tmp_path / "l.csv").write_text(f"id,md5\n1,{MD5}\n" + f"2,{MD5_B}\n" * left)
    store.import_file(tmp_path / "l.csv", OWN_LIST)
    store.export(OWN_LIST, out)
    other.import_file(out, "hotline")

    assert (withdraw(store, OWN_LIST, ["1"]), withdraw(store, OWN_LIST, ["1"])) == (1, 0)
    assert store.export(OWN_LIST, out) == left
    assert other.import_file(out, "hotline", replace=replace).withdrawn == 1
    assert other.match_digests(md5=MD5) == []
    assert len(other.match_digests(md5=MD5_B)) == left

    store.import_file(tmp_path / "l.csv", OWN_LIST)  # it was right after all
    store.export(OWN_LIST, out)
    other.import_file(out, "hotline", replace=replace)
    assert len(other.match_digests(md5=MD5)) == 1


def test_a_snapshot_that_names_only_withdrawals_withdraws_nothing_else(
    tmp_path: Path, store: ListStore
) -> None:
    (tmp_path / "l.csv").write_text(f"id,md5\n1,{MD5}\n2,{MD5_B}\n")
    store.import_file(tmp_path / "l.csv", "p")
    (tmp_path / "l.csv").write_text("id,md5,action\n1,,remove\n")
    with pytest.raises(ListFormatError, match="names no entry"):
        store.import_file(tmp_path / "l.csv", "p", replace=True)
    assert store.lists()[0].entries == 2


def test_an_export_replaces_no_pipe_device_or_folder(tmp_path: Path, store: ListStore) -> None:
    (tmp_path / "l.csv").write_text(f"md5\n{MD5}\n")
    store.import_file(tmp_path / "l.csv", "p")
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            store.export("p", out)
    assert (tmp_path / "pipe").is_fifo()
