"""Folders for a while: gone with their block, or swept away once their process is dead."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_for_a_while(prefix: str, place: Path | None = None) -> Iterator[Path]:
    """Yield a new private folder in `place` (by default the system's for temporary files).

    It is removed when the block ends. While its process lives it is locked; what a killed one left
    is removed by the next of the same `prefix`, and by `sweep`. Raises OSError.
    """
    place = Path(place or tempfile.gettempdir())
    sweep(prefix, place)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        descriptor = _hold(folder, fcntl.LOCK_EX)
        if descriptor is not None:
            break
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def sweep(prefix: str, place: Path | None = None) -> int:
    """Remove this user's folders of that prefix whose process is dead; returns how many."""
    removed = 0
    for left in Path(place or tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if left.lstat().st_uid != os.geteuid():
                continue
            descriptor = _hold(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if descriptor is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(descriptor)
                removed += 1
    return removed


def _hold(folder: Path, how: int) -> int | None:
    """A lock on a folder that is there; None where another holds it or has removed it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, how)
        if os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
