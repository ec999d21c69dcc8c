"""How far each list is trusted: on or off, its distance, its share, and what is to meet nothing."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from lindung.media import Digests, Examination, Frame, ListStore, Negative, match
from lindung.media.lists.database import FILE
from tests.media.test_media_commands import lindung

MD5, SHA1, SHA256 = "a" * 32, "1" * 40, "2" * 64


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    listed = tmp_path / "list.csv"
    listed.write_text(f"id,md5,pdq\n1,{MD5},{code(0).tobytes().hex()}\n")
    store = ListStore.open(tmp_path / "store")
    store.import_file(listed, "p", remember=True)
    store.import_file(listed, "q")
    return store


def code(flips: int) -> np.ndarray:
    bits = np.unpackbits(np.arange(32, dtype=np.uint8))
    bits[:flips] ^= 1
    return np.packbits(bits)


def names(store: ListStore, flips: int = 0) -> list[str]:
    return sorted(hit.list_name for hit in store.match_pdq(code(flips)[np.newaxis]))


def test_a_list_that_is_off_meets_nothing(store: ListStore) -> None:
    store.set_bank("p", enabled=False)
    assert names(store) == ["q"]
    assert [hit.list_name for hit in store.match_digests(md5=MD5)] == ["q"]
    assert [one.enabled for one in store.lists()] == [False, True]
    store.set_bank("p", enabled=True)
    assert names(store) == ["p", "q"]


def test_a_list_has_a_distance_of_its_own(store: ListStore) -> None:
    store.set_bank("p", radius=4)
    assert (names(store, 4), names(store, 5)) == (["p", "q"], ["q"])


def test_a_list_sees_its_share_of_the_files(store: ListStore) -> None:
    store.set_bank("p", share=50)
    seen = [name for flips in range(32) for name in names(store, flips)]
    assert seen.count("q") == 32
    assert 0 < seen.count("p") < 32
    assert names(store, 3) == names(store, 3)
    store.set_bank("p", share=0)
    assert names(store) == ["q"]


@pytest.mark.parametrize("wrong", [{"radius": 99}, {"share": 101}, {"share": -1}])
def test_a_setting_that_cannot_be_is_refused(store: ListStore, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="it can be 0 to"):
        store.set_bank("p", radius=wrong.get("radius"), share=wrong.get("share"))
    with pytest.raises(KeyError):
        store.set_bank("none", enabled=False)


def test_what_is_negative_meets_nothing_until_its_day(store: ListStore) -> None:
    hexed = code(0).tobytes().hex()
    store.add_negative(Negative("pdq", hexed, "analyst-1", "a company's logo", ""))
    assert (names(store, 8), names(store, 9)) == ([], ["p", "q"])
    store.add_negative(Negative("pdq", hexed, "analyst-1", "a company's logo", "2020-01-01"))
    assert names(store) == ["p", "q"]
    store.add_negative(Negative("sha256", SHA256, "analyst-1", "a test picture", "2999-01-01"))
    sums = Digests(MD5, SHA1, SHA256, 1)
    frame = Frame(0.0, np.tile(code(0), (8, 1)), 100)
    found = Examination("x", sums, "picture", frames=[frame])
    assert match(found, store) == []
    assert [one.reason for one in store.negatives()] == ["a test picture"]
    for wrong in (
        ("pdq", "zz", "a", "b", ""),
        ("md5", MD5, "", "b", ""),
        ("md5", MD5, "a", "b", "x"),
    ):
        with pytest.raises(ValueError):
            store.add_negative(Negative(*wrong))


def test_a_store_of_before_is_taken_over(tmp_path: Path) -> None:
    place = tmp_path / "old"
    place.mkdir()
    old = sqlite3.connect(place / FILE)
    old.executescript(files("lindung.media.lists").joinpath("schema.sql").read_text())
    old.execute("INSERT INTO list (name) VALUES ('p')")
    old.execute("INSERT INTO entry VALUES (1, 1, 'e', '', '', '', '', '')")
    old.execute("INSERT INTO signal VALUES (1, 1, 'pdq', ?, NULL, NULL)", (bytes(code(0)),))
    old.commit()
    old.close()
    with ListStore.open(place, create=False) as store:
        assert names(store) == ["p"]


def test_the_commands_show_and_set(tmp_path: Path, store: ListStore) -> None:
    place = ("--lists", store.directory)
    assert lindung("lists", "set", "p", *place, "--off", "--distance", 12).exit_code == 0
    said = ("--by", "analyst-1", "--why", "a logo", "--until", "2999-01-01")
    hexed = code(0).tobytes().hex()
    assert lindung("lists", "except", hexed, *place, *said).exit_code == 0
    shown = lindung("lists", "show", *place).stdout
    assert "p: OFF, within 12 bits, 100 %" in shown
    assert "1 live (1 md5, 1 pdq), 0 withdrawn, 0 disputed" in shown
    assert f"not to be met: pdq {hexed}, until 2999-01-01, says analyst-1: a logo" in shown
    assert lindung("lists", "set", "none", *place, "--off").exit_code == 1
    assert lindung("lists", "except", "zz", *place, *said).exit_code == 1
