"""Arrays in one file, mapped into memory and shared by every process that opens it.

Layout: a magic line, the length of a JSON header, the header (each array's name, type, shape and
offset), then the arrays, each on a page of its own. Never pickle. The file's SHA-256 stands in the
manifest that names it; checking it reads the whole file, so a file that was checked once is known
again by its size, inode and times of change.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"lindung arrays 1\n"
PAGE = 4096
Arrays = dict[str, NDArray[Any]]


class CorruptIndexError(RuntimeError):
    """A file of an index is damaged, missing or not one; the message names it."""


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write the file, sync it, and return its SHA-256. Raises OSError."""
    header: list[dict[str, Any]] = []
    offset = 0
    for name, array in arrays.items():
        header.append(
            {"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        )
        offset += -(-array.nbytes // PAGE) * PAGE
    text = json.dumps(header).encode()
    start = -(-(len(MAGIC) + 8 + len(text)) // PAGE) * PAGE
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def put(data: Any) -> None:
            file.write(data)
            digest.update(data)

        put((MAGIC + len(text).to_bytes(8, "little") + text).ljust(start, b"\0"))
        for array in arrays.values():
            put(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
            put(bytes(-array.nbytes % PAGE))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def map_arrays(path: Path) -> Arrays:
    """The arrays of a file, read-only, mapped and not read. Raises CorruptIndexError."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if mapped[: len(MAGIC)] != MAGIC:
            raise ValueError("it does not begin as one")
        at = len(MAGIC) + 8
        length = int.from_bytes(mapped[len(MAGIC) : at], "little")
        start = -(-(at + length) // PAGE) * PAGE
        arrays: Arrays = {}
        for each in json.loads(mapped[at : at + length]):
            count = int(np.prod(each["shape"], dtype=np.int64))
            dtype, offset = np.dtype(each["dtype"]), start + each["offset"]
            if count < 0 or dtype.hasobject or offset + count * dtype.itemsize > len(mapped):
                raise ValueError("an array lies outside it")
            flat = np.ndarray(count, dtype, mapped, offset)
            arrays[each["name"]] = flat.reshape(each["shape"])
        return arrays
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptIndexError(f"{path}: not an index file ({error}).") from error


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: Path) -> list[int]:
    """What changes whenever somebody writes to the file: size, inode, times of change."""
    status = path.stat()
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
