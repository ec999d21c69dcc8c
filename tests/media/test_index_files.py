"""A saved index: what is damaged is refused by name, what is whole is not read through again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lindung.media import CorruptIndexError, HammingIndex
from lindung.media.index import directory
from tests.media.test_index import make_codes


@pytest.mark.parametrize("which", ["base", "delta", "manifest"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "empty"])
def test_a_corrupt_file_is_refused_by_name(tmp_path: Path, which: str, damage: str) -> None:
    rng = np.random.default_rng(4)
    index = HammingIndex.build(make_codes(rng, 5000, "random"), np.arange(5000))
    index.add(make_codes(rng, 10, "random"), np.arange(10))
    index.save(tmp_path)
    HammingIndex.open(tmp_path)
    (path,) = tmp_path.glob(f"{which}*")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    changed = {"flip": bytes(data), "cut": bytes(data[:-5000]), "empty": b""}
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(changed[damage])
    with pytest.raises((CorruptIndexError, FileNotFoundError), match=path.name):
        HammingIndex.open(tmp_path)


def test_an_intact_index_is_not_read_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    HammingIndex.build(np.zeros((1, 32), np.uint8), [1]).save(tmp_path)
    read: list[Path] = []
    monkeypatch.setattr(directory, "file_digest", lambda path: read.append(path))
    HammingIndex.open(tmp_path)
    assert not read
    (tmp_path / "verified.json").unlink()  # as in a copy of the directory
    with pytest.raises(CorruptIndexError):
        HammingIndex.open(tmp_path)
    assert len(read) == 1


def test_a_base_is_written_once(tmp_path: Path) -> None:
    index = HammingIndex.build(np.zeros((1, 32), np.uint8), [1])
    index.save(tmp_path)
    (first,) = tmp_path.glob("base*")
    index.add(np.ones((1, 32), np.uint8), [2])
    index.save(tmp_path)
    assert [first] == list(tmp_path.glob("base*"))
    names = {
        file for file, _ in json.loads((tmp_path / "manifest.json").read_text())["files"].values()
    }
    assert names == {path.name for path in tmp_path.glob("*.arrays")}


def test_a_file_damaged_while_it_is_open_is_not_blessed_by_the_next_save(tmp_path: Path) -> None:
    """Saving once remembered the base as whole, however it looked by then."""
    codes = make_codes(np.random.default_rng(6), 5000, "random")
    HammingIndex.build(codes, np.arange(5000)).save(tmp_path)
    index = HammingIndex.open(tmp_path)
    (base,) = tmp_path.glob("base*")
    with base.open("r+b") as file:
        file.seek(base.stat().st_size // 2)
        file.write(b"damaged!")
    index.add(codes[:1], [7000])
    index.save(tmp_path)
    with pytest.raises(CorruptIndexError, match=base.name):
        HammingIndex.open(tmp_path)
