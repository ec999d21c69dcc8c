"""What the kernel is told of a process (Linux; elsewhere nothing happens).

Run as a file it starts a program behind Landlock, and imports nothing else (see `landlocked`):
`python -I -S processes.py RULES PROGRAM [ARGUMENT ...]`.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import json
import os
import signal
import stat
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
# linux/landlock.h; the numbers of the calls are the same on every architecture but alpha.
_CREATE, _ADD, _RESTRICT, _VERSION = 444, 445, 446, 1
_BENEATH, _PORT = 1, 2
_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # since version
_CONNECT, _BIND_AND_CONNECT = 2, 3  # TCP, since version 4
_SOCKETS_AND_SIGNALS = 3  # since version 6


class Access(enum.IntFlag):
    """What a Landlock rule lets a process do with a file, or with all below a folder."""

    EXECUTE, WRITE, READ, LIST = 1, 1 << 1, 1 << 2, 1 << 3
    REMOVE, MAKE, TRUNCATE, DEVICE = 1 << 5, 1 << 8, 1 << 14, 1 << 15
    ALL = (1 << 16) - 1
    OF_A_FILE = EXECUTE | WRITE | READ | TRUNCATE | DEVICE


Rules = Iterable[tuple[str | Path, int]]


def die_with(parent: int, death: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `death` to this process when `parent`, which started it, ends.

    The kernel ties this to the thread that forked. Ends this process where `parent` is gone
    already; 0 stands for a parent outside the process's own PID namespace.
    """
    _prctl(_PR_SET_PDEATHSIG, int(death))
    if parent and os.getppid() != parent:
        os._exit(1)


def no_new_privileges() -> None:
    """Forbid this process and its children every gain of power by execve (set-user-ID files)."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def landlock_version() -> int:
    """Which Landlock the kernel has (Linux 5.13 or newer); 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE, None, 0, _VERSION)))


def landlock(rules: Rules, ports: Iterable[int]) -> None:
    """Leave this process, and all it starts, only these paths and connections to these TCP ports.

    It needs no power and no namespace, and it cannot be undone. What is not there, or not this
    user's to open, stays forbidden. Raises OSError where the kernel refuses the whole.
    """
    version = landlock_version()
    if version < 1:
        raise OSError("This kernel has no Landlock.")
    handled = _HANDLED[max(since for since in _HANDLED if since <= version)]
    words = (
        handled,
        _BIND_AND_CONNECT if version >= 4 else 0,
        _SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    asked = struct.pack("QQQ", *words)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _landlock(_CREATE, asked, len(asked), 0)
    try:
        for path, access in rules:
            with contextlib.suppress(OSError):
                _allow(ruleset, Path(path), access & handled)
        for port in ports if version >= 4 else ():
            _landlock(_ADD, ruleset, _PORT, struct.pack("QQ", _CONNECT, port), 0)
        no_new_privileges()  # without it the next call is refused
        _landlock(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def landlocked(rules: Rules, ports: Iterable[int], command: Sequence[str]) -> list[str]:
    """The command that runs `command` behind Landlock, as `landlock` sets it."""
    told = json.dumps([[(str(path), int(access)) for path, access in rules], list(ports)])
    return [sys.executable, "-I", "-S", __file__, told, *command]


def _allow(ruleset: int, path: Path, access: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            access &= Access.OF_A_FILE
        _landlock(_ADD, ruleset, _BENEATH, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)


def _landlock(number: int, *arguments: int | bytes) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock refused: {os.strerror(code)}")
    return result


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    _rules, _ports = json.loads(sys.argv[1])
    landlock(_rules, _ports)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
