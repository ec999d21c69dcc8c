"""What the kernel is told of a child process (Linux; elsewhere nothing happens)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h


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


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
