"""A part gives up what it does not need, before it listens: user, capabilities, files, network.

`lindung up` as root gives the public part a system user of its own. Landlock (Linux 5.13) then
takes all of the file system away but what Python itself reads, also where everything runs as one
user. What the part needs of the home folder it has read by then.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pwd
import stat
import struct
import sys
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lindung.runtime import no_new_privileges

PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_CAPBSET_DROP = 1, 2, 24
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_FOLDER, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
# All rights on files and folders that each version of Landlock knows.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
NETWORK = 3  # bind and connect over TCP, since version 4
SCOPES = 3  # abstract sockets and signals, since version 6
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/dev/null", "/dev/urandom", "/proc")
LAST_CAPABILITY = 63
# Of the library these do things when they are imported, or need what a server has not.
LEFT = frozenset(
    {
        "antigravity",
        "this",
        "idlelib",
        "tkinter",
        "turtle",
        "turtledemo",
        "test",
        "tests",
        "lib2to3",
    }
    | {"site-packages", "distutils", "ensurepip", "msilib", "__phello__", "__hello__"}
)


def give_up(user: str | None, *, connect: Iterable[int] = ()) -> str:
    """Keep only what serving needs; `connect`: the TCP ports that may still be reached.

    Returns what could not be given up, in words; empty where everything was. Call it while there is
    one thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    death = ctypes.c_int(0)
    libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(death), 0, 0, 0)
    parent = os.getppid()
    if user is not None:
        _load_what_may_be_needed(user)
    if os.geteuid() == 0:
        for one in range(LAST_CAPABILITY + 1):
            libc.prctl(PR_CAPBSET_DROP, one, 0, 0, 0)
    if user is not None:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
        # The kernel forgets it with a change of user.
        libc.prctl(PR_SET_PDEATHSIG, death.value, 0, 0, 0)
        if death.value and os.getppid() != parent:
            sys.exit(1)
    no_new_privileges()
    return _landlock(libc, set(connect))


def _landlock(libc: ctypes.CDLL, ports: set[int]) -> str:
    version = libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return "This kernel has no Landlock: the part can read what its user can read."
    rights = FILE_RIGHTS[max(known for known in FILE_RIGHTS if known <= version)]
    words = [rights, NETWORK if version >= 4 else 0, SCOPES if version >= 6 else 0]
    asked = struct.pack("QQQ", *words)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = libc.syscall(CREATE_RULESET, asked, len(asked), 0)
    if ruleset < 0:
        return f"Landlock refused: {os.strerror(ctypes.get_errno())}."
    try:
        for path in _readable():
            _allow(libc, ruleset, path)
        for port in ports if version >= 4 else ():
            rule = struct.pack("=QQ", 2, port)
            libc.syscall(ADD_RULE, ruleset, 2, rule, 0)
        if libc.syscall(RESTRICT_SELF, ruleset, 0):
            return f"Landlock refused: {os.strerror(ctypes.get_errno())}."
    finally:
        os.close(ruleset)
    return ""


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there, or not this user's
    try:
        folder = stat.S_ISDIR(os.fstat(opened).st_mode)
        rights = READ_FILE | READ_FOLDER if folder else READ_FILE | WRITE_FILE
        libc.syscall(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def _readable() -> set[Path]:
    """Where Python, its packages and the system's libraries are."""
    ours = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, *sys.path) if p}
    ours.add(Path(__file__).resolve().parents[3])
    # Never a whole tree in which a home folder may lie.
    return {p for p in ours if len(p.parts) > 2} | {Path(p) for p in SYSTEM}


def _load_what_may_be_needed(user: str) -> None:
    """Import the library now, if that user will not be able to read it (a Python under /root)."""
    if _may_read(user, Path(os.__file__)):
        return
    root = Path(os.__file__).parent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own old modules
        for file in root.rglob("*.py"):
            steps = file.relative_to(root).with_suffix("").parts
            if LEFT.isdisjoint(steps) and steps[-1] != "__main__":
                with suppress(ImportError):  # another system's
                    importlib.import_module(".".join(steps).removesuffix(".__init__"))
        for name in sys.stdlib_module_names - sys.modules.keys() - LEFT:
            with suppress(ImportError):
                importlib.import_module(name)  # what is compiled


def _may_read(user: str, path: Path) -> bool:
    """Whether the folders above a file let that user through, and the file itself."""
    account = pwd.getpwnam(user)

    def lets(step: Path, bit: int) -> bool:
        found = step.stat()
        mine, group = found.st_uid == account.pw_uid, found.st_gid == account.pw_gid
        return bool(found.st_mode >> (6 if mine else 3 if group else 0) & bit)

    path = path.resolve()
    return lets(path, 4) and all(lets(step, 1) for step in path.parents)
