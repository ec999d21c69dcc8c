"""MD5, SHA-1 and SHA-256 of a file, in one pass over its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
NO_FILES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


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
        with open_regular(source) as file:
            return digests(file)
    sums = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        for each in sums:
            each.update(chunk)
    md5, sha1, sha256 = (each.hexdigest() for each in sums)
    return Digests(md5, sha1, sha256, size)


def open_regular(path: str | PathLike[str]) -> BinaryIO:
    """Open a regular file for reading. Raises OSError, at once, for a pipe, a device, a folder."""
    name = os.fspath(path)
    if "\0" in name:
        raise OSError(errno.EINVAL, "its name holds a NUL character", name)
    found = Path(name).stat()
    if not stat.S_ISDIR(found.st_mode):  # a folder that may not be read says so when it is opened
        _check_regular(name, found)  # before that: opening may set a device going
    opened = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_regular(name, os.fstat(opened))
        return os.fdopen(opened, "rb")
    except OSError:
        os.close(opened)
        raise


def _check_regular(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = NO_FILES.get(stat.S_IFMT(found.st_mode), "something else")
        raise OSError(errno.EINVAL, f"it is {what}, not a regular file", name)
