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
import signal
import sys
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lindung.runtime import Access, die_with, landlock, landlock_version, no_new_privileges

PR_GET_PDEATHSIG, PR_CAPBSET_DROP = 2, 24
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc")
DEVICES = ("/dev/null", "/dev/urandom")
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
    libc = ctypes.CDLL(None)
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
        if death.value:  # the kernel forgets it with a change of user
            die_with(parent, signal.Signals(death.value))
    no_new_privileges()
    return _landlock(set(connect))


def _landlock(ports: set[int]) -> str:
    if not landlock_version():
        return "This kernel has no Landlock: the part can read what its user can read."
    rules = [(path, Access.READ | Access.LIST) for path in _readable()]
    rules += [(Path(device), Access.READ | Access.WRITE) for device in DEVICES]
    try:
        landlock(rules, ports)
    except OSError as error:
        return f"{error.strerror or error}."
    return ""


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
