"""Start a program that reads the system's files, writes its own folder and connects to one port.

By Linux's Landlock (5.13 or newer), which needs no power and no namespace: it holds a browser that
has no sandbox of its own. Run as a file, so that nothing else is imported:
`python -I -S confine.py PORT FOLDER PROGRAM [ARGUMENT ...]`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

# linux/landlock.h; the numbers of the calls are the same on every architecture but alpha.
_CREATE, _ADD, _RESTRICT, _VERSION = 444, 445, 446, 1
_READ, _WRITE_FILE = 0x1 | 0x4 | 0x8, 0x2  # execute, read a file, read a folder
_ALL_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}  # by version
_BENEATH, _PORT = 1, 2
_CONNECT, _BIND_AND_CONNECT = 2, 3
_SOCKETS_AND_SIGNALS = 3
_NO_NEW_PRIVS = 38
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/proc", "/sys",
           "/dev", "/var/cache/fontconfig")  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
            "/dev/shm")  # fmt: skip # noqa: S108


def version() -> int:
    """Which Landlock the kernel has; 0 where there is none."""
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _VERSION)))


def confine(port: int, folder: str, program: str) -> None:
    """Confine this process and all it starts. Raises OSError."""
    newest = version()
    files = _ALL_FILES[min(newest, max(_ALL_FILES))]
    attributes = struct.pack(
        "QQQ",
        files,
        _BIND_AND_CONNECT if newest >= 4 else 0,
        _SOCKETS_AND_SIGNALS if newest >= 6 else 0,
    )
    size = 24 if newest >= 6 else 16 if newest >= 4 else 8
    rules = _call(_CREATE, attributes, size, 0)
    for path in (*_SYSTEM, str(Path(program).resolve().parent)):
        _allow(rules, path, _READ)
    for path in _DEVICES:
        _allow(rules, path, files & (_READ | _WRITE_FILE | 0x4120))
    _allow(rules, folder, files)
    if newest >= 4:
        _call(_ADD, rules, _PORT, struct.pack("QQ", _CONNECT, port), 0)
    if ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError("no-new-privs was refused")
    _call(_RESTRICT, rules, 0)
    os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not Path(path).is_dir():
            access &= 0x1 | 0x2 | 0x4 | 0x4000 | 0x8000  # what a file can be asked for
        _call(_ADD, rules, _BENEATH, struct.pack("=Qi", access, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock refused: {os.strerror(code)}")
    return result


if __name__ == "__main__":
    confine(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606
