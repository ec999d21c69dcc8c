"""Digests are those of the standard tools, whatever the size and the way in."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from lindung.media import digests


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_digests_are_those_of_hashlib_for_paths_and_files(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    path = tmp_path / "file"
    path.write_bytes(data)
    found = digests(path)
    assert found == digests(str(path)) == digests(io.BytesIO(data))
    assert found.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert found.sha1 == hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.size == size


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digests(tmp_path / "none")


def test_what_is_no_regular_file_is_an_oserror_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a named pipe, not a regular file"):
        digests(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a folder, not a regular file"):
        digests(tmp_path)
    (tmp_path / "link").symlink_to(__file__)
    assert digests(tmp_path / "link") == digests(__file__)
