"""What a browser that has no sandbox of its own is left with, by Linux's Landlock.

It reads the system's files, writes its own folder and connects to one port.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lindung.runtime import Access, landlocked

_READ = Access.EXECUTE | Access.READ | Access.LIST
_USE = _READ | Access.WRITE | Access.TRUNCATE | Access.MAKE | Access.REMOVE
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/proc", "/sys",
           "/dev", "/var/cache/fontconfig")  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
            "/dev/shm")  # fmt: skip # noqa: S108


def confined(port: int, folder: Path, command: Sequence[str]) -> list[str]:
    """The command that runs `command` with that port and that folder of its own."""
    rules = [(path, _READ) for path in (*_SYSTEM, str(Path(command[0]).resolve().parent))]
    rules += [(path, _USE) for path in _DEVICES]
    return landlocked([*rules, (folder, Access.ALL)], [port], command)
