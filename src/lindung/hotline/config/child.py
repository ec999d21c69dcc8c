"""Child processes that cannot outlive us, and ending processes for certain."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

LOG_LIMIT = 10_000_000
PR_SET_PDEATHSIG = 1


def _die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """A step for the child, between fork and exec: on Linux, `death` when this process ends.

    The kernel ties this to the thread that forks, so children are started from the main thread.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def step() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return step


def start(
    command: Sequence[str],
    log: Path,
    *,
    environ: Mapping[str, str] | None = None,
    death: signal.Signals = signal.SIGTERM,
    user: str | None = None,
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, its words appended to `log` (mode 0600).

    `output`, an open file, takes its standard output instead.
    """
    with suppress(OSError):  # a full disk: the log goes on as it is
        rotate(log)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor if output is None else output,
            stderr=descriptor,
            cwd="/",
            env=environ,
            start_new_session=True,
            preexec_fn=_die_with_parent(death),
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    finally:
        os.close(descriptor)


def rotate(log: Path, limit: int = LOG_LIMIT) -> None:
    """Keep one older file: copy and truncate, because the child keeps the file open."""
    try:
        if log.stat().st_size <= limit:
            return
    except FileNotFoundError:
        return
    older = log.with_suffix(".log.1")
    part = log.with_suffix(".log.part")
    try:
        shutil.copy(log, part)  # with its mode
        part.replace(older)
    finally:
        part.unlink(missing_ok=True)
    os.truncate(log, 0)


def find(pid: int, started: float) -> psutil.Process | None:
    """The process with this id, if it is the one that started then and not a later namesake."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 2
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def with_descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    found = []
    for process in processes:
        try:
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def end(
    processes: Iterable[psutil.Process],
    ask: signal.Signals = signal.SIGTERM,
    patience: float = 6.0,
) -> None:
    """Ask each to end; after `patience` seconds kill it and whatever it had started."""
    asked = list(processes)
    everyone = with_descendants(asked)
    for process in asked:
        _send(process, ask)
    _, left = psutil.wait_procs(everyone, timeout=patience)
    for process in with_descendants(left):
        _send(process, signal.SIGKILL)
    psutil.wait_procs(left, timeout=2)


def end_children(
    children: Iterable[subprocess.Popen[bytes]],
    ask: signal.Signals = signal.SIGTERM,
    patience: float = 6.0,
) -> None:
    """`end`, for processes that we started."""
    children = list(children)
    end([psutil.Process(c.pid) for c in children if c.poll() is None], ask, patience)
    for gone in children:
        gone.wait()


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
