"""Where plaintext lies for the minutes between capture and seal, and how it never stays.

A folder's name begins with the process that made it; what a killed process left is removed when a
worker starts. Best is a `$LINDUNG_HOME/scratch` on memory or on an encrypted disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil


def _place(home: Path) -> Path:
    place = home / "scratch"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


@contextmanager
def scratch(home: Path) -> Iterator[Path]:
    """A private folder that is gone after the block."""
    with TemporaryDirectory(prefix=f"{os.getpid()}-", dir=_place(home)) as folder:
        yield Path(folder)


def clear(home: Path) -> None:
    """Remove what killed processes left; folders of living ones stay."""
    for left in _place(home).iterdir():
        owner = left.name.partition("-")[0]
        mine = owner == str(os.getpid())
        if mine or not owner.isdigit() or not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
