"""Whether this machine can capture: the worker tries it, the others read its answer.

Only the worker knows, because it captures as another user may not. It tries when it starts, and
every minute while the answer is no; the answer lies in `$LINDUNG_HOME/run/capture.json`.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from lindung.runtime import write_whole

from . import state
from .env import Env

if TYPE_CHECKING:  # the others only read: they need no browser
    from lindung.evidence import Trial

_FILE = "capture.json"


def run(env: Env) -> Trial:
    """Try now, and tell the others. Never raises."""
    from lindung.evidence import Isolation, trial

    found = trial(Isolation(env["CAPTURE_ISOLATION"]))
    with suppress(OSError):
        write_whole(state.folder(env.home) / _FILE, json.dumps(asdict(found)))
    return found


def forget(env: Env) -> None:
    """A new worker has not tried yet."""
    with suppress(OSError):
        (state.folder(env.home) / _FILE).unlink(missing_ok=True)


def answer(env: Env, wait: float = 0.0) -> Trial | None:
    """What the worker found, after at most `wait` seconds; None if it has not tried yet."""
    from lindung.evidence import Trial

    until = time.monotonic() + wait
    while True:
        with suppress(OSError, ValueError, TypeError):
            return Trial(**json.loads((env.home / "run" / _FILE).read_text()))
        if time.monotonic() >= until:
            return None
        time.sleep(0.1)


def words(found: Trial | None) -> str:
    """The answer as one line for a person."""
    if found is None:
        return "Whether captures can be made is not known yet: the worker has not tried."
    if not found.works:
        return f"Captures cannot be made: they wait. {found.problem}"
    if found.weaker == "sandbox":
        return "Captures are made in the weaker mode: the browser has no sandbox."
    if found.weaker:
        return "Captures are made beside the guard, in the browser's own sandbox."
    return "Captures can be made, in namespaces of their own."
