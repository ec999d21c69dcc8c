"""The note of the partners' lists of terms that are left out: the worker writes, others read."""

from __future__ import annotations

import json
from pathlib import Path

from lindung.runtime import write_whole

_NOTE = "lists-left-out.json"


def left_out(home: Path) -> dict[str, str]:
    """The file names of the lists that are left out, and why: `damaged`, `key` or `ended`."""
    try:
        noted: dict[str, str] = json.loads((home / _NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted


def note(home: Path, problems: dict[str, str]) -> None:
    """Keep what is left out; no note where nothing is. Raises OSError."""
    place = home / _NOTE
    if not problems:
        place.unlink(missing_ok=True)
        return
    write_whole(place, json.dumps(problems), mode=0o666)
