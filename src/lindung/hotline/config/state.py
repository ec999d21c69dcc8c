"""What runs now: `$LINDUNG_HOME/run/state.json`, written by the supervisor, read by the others."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from lindung.runtime import UnusableFile, locked_or_not, read_bounded, write_whole

from . import child

FILE, MOST = "state.json", 1_000_000
STOP_SECONDS = 15.0
NOTED_AGAIN = 10.0  # seconds until a supervisor writes a spoilt note anew


@dataclass(frozen=True)
class PartState:
    """`started`: seconds since the epoch; `state`: up, starting or waiting (to be restarted)."""

    name: str
    address: str
    pid: int
    started: float
    state: str
    restarts: int
    ask: int


@dataclass(frozen=True)
class State:
    """`pid` and `started` are the supervisor's; `phase`: starting, up or stopping."""

    pid: int
    started: float
    phase: str
    parts: list[PartState]


def folder(home: Path) -> Path:
    run = home / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    return run


def write(home: Path, state: State) -> None:
    """Put the state on disk, whole or not at all. Raises OSError."""
    write_whole(folder(home) / FILE, json.dumps(asdict(state)))


def forget(home: Path) -> None:
    for name in (FILE, "worker.ready"):
        (home / "run" / name).unlink(missing_ok=True)


def read(home: Path) -> State | None:
    """What the last supervisor wrote, whether or not it still runs; None where that is no state."""
    try:
        raw = json.loads(read_bounded(home / "run" / FILE, MOST))
        parts = [PartState(**part) for part in raw.pop("parts")]
        found = State(**raw, parts=parts)
        _check(found, "pid started phase")
        for part in parts:
            _check(part, "name address pid started state restarts ask")
    except (UnusableFile, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return found


def _check(held: State | PartState, names: str) -> None:
    """Raise TypeError unless the fields have their types: the file may be anybody's."""
    kinds = {"pid": (int,), "restarts": (int,), "ask": (int,), "started": (int, float)}
    for name in names.split():
        if not isinstance(getattr(held, name), kinds.get(name, (str,))):
            raise TypeError(name)


def started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def running(home: Path) -> State | None:
    """The state, if its supervisor is alive. A spoilt note is waited for: it is written anew."""
    state, until = read(home), time.monotonic() + NOTED_AGAIN + 2
    while state is None and _held(home) and time.monotonic() < until:
        time.sleep(0.2)
        state = read(home)
    return state if state and child.find(state.pid, state.started) else None


def lock(home: Path) -> AbstractContextManager[bool]:
    """Hold the right to be this home's supervisor; yields False if another has it."""
    return locked_or_not(folder(home) / "lock")


def _held(home: Path) -> bool:
    """Whether a supervisor lives though its note cannot be read."""
    if not (home / "run" / FILE).exists():
        return False
    with lock(home) as ours:
        return not ours


def end_leftovers(home: Path) -> bool:
    """End what a killed supervisor left, the database last. True if there was anything."""
    state = read(home)
    if state is None:
        return False
    found = [
        (process, part.ask)
        for part in state.parts
        if (process := child.find(part.pid, part.started))
    ]
    for ask in (signal.SIGTERM, signal.SIGINT):
        child.end([process for process, wanted in found if wanted == ask], ask, patience=4)
    forget(home)
    return bool(found)


def stop(home: Path) -> bool:
    """End all of it within 15 seconds; False if nothing ran."""
    state = running(home) or read(home)
    if state is None:
        return False
    supervisor = child.find(state.pid, state.started)
    if supervisor is not None:
        until = time.monotonic() + STOP_SECONDS
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.send_signal(signal.SIGTERM)
        psutil.wait_procs([supervisor], timeout=until - time.monotonic())
        if supervisor.is_running():
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(supervisor.pid, signal.SIGKILL)
    return end_leftovers(home) or supervisor is not None
