"""What runs now: `$LINDUNG_HOME/run/state.json`, written by the supervisor, read by the others."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from . import child

STOP_SECONDS = 15.0


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
    part = folder(home) / "state.part"
    part.write_text(json.dumps(asdict(state)))
    part.replace(folder(home) / "state.json")


def forget(home: Path) -> None:
    for name in ("state.json", "worker.ready"):
        (home / "run" / name).unlink(missing_ok=True)


def read(home: Path) -> State | None:
    """What the last supervisor wrote, whether or not it still runs."""
    try:
        raw = json.loads((home / "run" / "state.json").read_text())
    except FileNotFoundError:
        return None
    return State(**raw | {"parts": [PartState(**part) for part in raw["parts"]]})


def started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def running(home: Path) -> State | None:
    """The state, if its supervisor is alive."""
    state = read(home)
    return state if state and child.find(state.pid, state.started) else None


@contextlib.contextmanager
def lock(home: Path) -> Iterator[bool]:
    """Hold the right to be this home's supervisor; yields False if another has it."""
    with (folder(home) / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


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
    state = read(home)
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
