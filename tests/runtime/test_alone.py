"""The lowest floor costs nothing to import, and works where nothing can be written."""

from __future__ import annotations

import os
import subprocess
import sys


def test_importing_it_loads_no_compiler() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, lindung.runtime; print('numba' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"


def test_loops_compile_where_no_cache_can_be_kept() -> None:
    """As on a read-only install for a user without a home."""
    program = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from lindung.runtime import compiled\n"
        "import lindung.text\n"
        "@compiled\n"
        "def twice(x): return x + x\n"
        "print(twice(2))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"HOME": "/nonexistent"},
    )
    assert said.stdout == "4\n"
