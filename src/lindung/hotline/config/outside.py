"""What the worker last counted: bundles without outside proof. Read by `status`, without Django."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from lindung.runtime import write_whole

_FILE = "outside.json"


def note(home: Path, *, lacking: int, wanted: int) -> None:
    """Keep how many bundles lack a stamp or a witness, and how many of both each is to have."""
    with suppress(OSError):
        write_whole(home / "run" / _FILE, json.dumps({"lacking": lacking, "wanted": wanted}))


def noted(home: Path) -> dict[str, int]:
    """The last note; empty where there is none that can be read."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        kept = json.loads((home / "run" / _FILE).read_text())
        return {name: int(kept[name]) for name in ("lacking", "wanted")}
    return {}


def words(found: dict[str, int]) -> str:
    """The note as one line for a person, or nothing."""
    if not found.get("lacking"):
        return ""
    count = found["lacking"]
    bundles = "1 sealed bundle has" if count == 1 else f"{count} sealed bundles have"
    if not found["wanted"]:
        return (
            f"{bundles} no outside proof: no time authority and no witness is set "
            "(LINDUNG_TIME_AUTHORITIES, LINDUNG_WITNESSES)."
        )
    return f"{bundles} not every time stamp and witness yet. They are asked again."
