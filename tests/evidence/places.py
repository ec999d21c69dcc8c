"""Kinds of hosts where the kernel refuses namespaces, made inside a user namespace or a chroot.

Run as a file: `python places.py KIND PROGRAM [ARGUMENT ...]`. Kinds: `container` (root, no
namespaces), `user` (not root, no namespaces), `chroot` (root in a plain folder).
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_USER, _MOUNTS = 0x10000000, 0x20000
_BIND, _PRIVATE, _RECURSIVE = 0x1000, 0x40000, 0x4000
_LIBC = ctypes.CDLL(None, use_errno=True)


def command(kind: str, *words: str) -> list[str]:
    """`words`, run in a place of this kind."""
    return [sys.executable, __file__, kind, *words]


def refusal(kind: str) -> str:
    """Why this machine cannot make a place of this kind; empty if it can."""
    tried = subprocess.run(command(kind, "true"), capture_output=True, text=True, check=False)
    return (tried.stderr.splitlines() or ["it ended"])[-1] if tried.returncode else ""


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _user_namespace(inside: int, ours: int, count: int) -> None:
    """A new user namespace; whoever may not map many maps itself alone."""
    ready, mapped = os.pipe(), os.pipe()
    parent = os.getpid()
    if (child := os.fork()) == 0:
        os.read(ready[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{parent}/{name}").write_text(f"{inside} {ours} {count}")
        os.write(mapped[1], b"x")
        os._exit(0)
    _check(_LIBC.unshare(_USER))
    os.write(ready[1], b"x")
    os.close(mapped[1])
    if not os.read(mapped[0], 1):
        raise OSError("the user namespace could not be mapped")
    os.waitpid(child, 0)


def _no_more_namespaces() -> None:
    for kind in ("user", "net", "pid", "mnt"):
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0")


def container() -> None:
    _user_namespace(0, 0, 65536)
    os.setgid(0)
    os.setuid(0)
    _no_more_namespaces()


def user() -> None:
    """The files are still ours: only the number is another, and all power is gone at exec."""
    _user_namespace(1000, os.geteuid(), 1)
    _no_more_namespaces()


def chroot() -> None:
    _check(_LIBC.unshare(_MOUNTS))
    _check(_LIBC.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
    root = Path(tempfile.mkdtemp(prefix="lindung-chroot-"))
    root.chmod(0o755)
    _check(_LIBC.mount(b"tmpfs", str(root).encode(), b"tmpfs", 0, None))  # so that nothing stays
    inner = root / "root"
    inner.mkdir()
    for entry in Path("/").iterdir():
        place = inner / entry.name
        if entry.is_symlink():
            place.symlink_to(entry.readlink())
        elif entry.is_dir():
            place.mkdir()
            source, target = str(entry).encode(), str(place).encode()
            _check(_LIBC.mount(source, target, None, _BIND | _RECURSIVE, None))
    here = Path.cwd()
    os.chroot(inner)
    os.chdir(here)


if __name__ == "__main__":
    {"container": container, "user": user, "chroot": chroot}[sys.argv[1]]()
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
