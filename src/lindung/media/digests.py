"""MD5, SHA-1 and SHA-256 of a file, in one pass over its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """Lower-case hex digests of one file, and its length in bytes."""

    md5: str
    sha1: str
    sha256: str
    size: int


def digests(source: str | PathLike[str] | BinaryIO) -> Digests:
    """Digest a path, or a binary file from where it stands. Raises OSError when it cannot be read.

    MD5 and SHA-1 protect nothing here: they are what partners' lists are written in.
    """
    if isinstance(source, (str, PathLike)):
        with Path(source).open("rb") as file:
            return digests(file)
    sums = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        for each in sums:
            each.update(chunk)
    md5, sha1, sha256 = (each.hexdigest() for each in sums)
    return Digests(md5, sha1, sha256, size)
