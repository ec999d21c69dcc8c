"""The jail: namespaces with loopback only, and nothing that outlives its parent (Linux).

`enter` forks a keeper and, inside new network, process and mount namespaces, the one process
that runs the browser. The jail's only way out is a listening socket that is opened inside
and handed to the guard outside. Where the kernel refuses namespaces the browser runs beside the
guard, and the record says so; whether it starts there without a sandbox is the operator's choice.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from lindung.evidence.capture.processes import MemoryGroup, descendants
from lindung.runtime import die_with

_NEWNS, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
_MS_REC, _MS_PRIVATE, _MS_SAFE = 0x4000, 0x40000, 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
_OPEN_TREE, _MOVE_MOUNT, _PIVOT_ROOT = 428, 429, {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_TREE_CLONE, _RECURSIVE, _EMPTY_PATH, _FROM_EMPTY, _TO_EMPTY = 1, 0x8000, 0x1000, 0x4, 0x40
_MNT_DETACH = 2
_PR_SET_CHILD_SUBREAPER = 36
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


@dataclass(frozen=True)
class Held:
    """What held the browser, as it goes into the record."""

    network_namespace: bool
    process_namespace: bool
    browser_uid: int
    memory_limit: str  # "control group", or "watched": measured four times a second
    weaker_because: str | None = None

    def facts(self) -> dict[str, object]:
        return {k: v for k, v in asdict(self).items() if v is not None}


@dataclass(frozen=True)
class Jail:
    """A running jail: the keeper's process id, the way out, and what holds it."""

    keeper: int
    listener: socket.socket
    held: Held

    def kill(self) -> None:
        """End everything that this process started; returns when it is gone."""
        while left := list(descendants(os.getpid())):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.01)


def enter(
    inside: Callable[[int], None], memory: MemoryGroup, user: int, *, namespaces: bool = True
) -> Jail:
    """Fork a jailed process that runs `inside(port of the way out)` and then ends.

    `user` is whom the browser runs as. With `namespaces=False`, or where the kernel refuses them,
    the isolation is the weaker one.
    """
    _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # so that `kill` finds what strayed
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    keeper = os.fork()
    if keeper == 0:
        ours.close()
        try:
            die_with(parent)
            memory.enter()
            _keep(inside, memory, theirs, namespaces)
        finally:
            os._exit(1)
    theirs.close()
    with ours:
        message, (descriptor, *_), _, _ = socket.recv_fds(ours, 4096, 1)
    _, held, reason = message.decode().split("\n", 2)
    limit = "control group" if memory.path else "watched"
    kept = Held(held == "1", held == "1", user, limit, reason or None)
    return Jail(keeper, socket.socket(fileno=descriptor), kept)


def _keep(
    inside: Callable[[int], None],
    memory: MemoryGroup,
    out: socket.socket,
    namespaces: bool,
) -> None:
    reason = "" if namespaces else "the operator's settings do not use namespaces"
    if namespaces and (number := _refusal()):
        reason = f"the kernel refused namespaces: {os.strerror(number)}"
    held = not reason
    if held:
        _unshare()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    port = listener.getsockname()[1]
    socket.send_fds(out, [f"jail\n{int(held)}\n{reason}".encode()], [listener.fileno()])
    out.close()
    listener.close()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            die_with(0 if held else parent)  # inside a process namespace the parent is 0
            if held:
                _mount_proc()
            inside(port)
        except Exception:  # the record has the sentence; whoever looks into it wants the place
            traceback.print_exc()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os._exit(0)


def _refusal() -> int:
    """The error number with which the kernel refuses namespaces, or 0.

    Tried in a child: some kernels make the namespace and then refuse what one does inside it.
    """
    child = os.fork()
    if child == 0:
        try:
            _unshare()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _unshare() -> None:
    """New network, process and mount namespaces, through a user namespace when not root."""
    uid, gid = os.geteuid(), os.getegid()
    flags = _NEWNET | _NEWPID | _NEWNS
    if uid:
        _check(_libc().unshare(_NEWUSER | flags))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    else:
        _check(_libc().unshare(flags))
        _settle_in_root()
    _check(_libc().mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    with socket.socket() as probe:  # bring loopback up
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _settle_in_root() -> None:
    """Make the root folder that this process has the root of its mount namespace.

    In a chroot it is not, and there the kernel lets nobody make a user namespace, which Chromium's
    sandbox needs. Where it is, nothing changes.
    """
    root, folder = (os.open(place, os.O_PATH | os.O_DIRECTORY) for place in ("/", "."))
    with Path("/proc/self/ns/mnt").open("rb") as namespace:
        _check(_libc().setns(namespace.fileno(), _NEWNS))  # to the namespace's own root
    if not os.path.samestat(os.fstat(root), Path("/").stat()):
        _check(_libc().mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        tree = _libc().syscall(_OPEN_TREE, root, b"", _TREE_CLONE | _RECURSIVE | _EMPTY_PATH)
        _check(min(tree, 0))
        _check(_libc().syscall(_MOVE_MOUNT, tree, b"", root, b"", _FROM_EMPTY | _TO_EMPTY))
        os.fchdir(tree)
        _check(_libc().syscall(_PIVOT_ROOT[platform.machine()], b".", b"."))
        _check(_libc().umount2(b".", _MNT_DETACH))
        os.chdir("/")
        os.close(tree)
    else:
        os.fchdir(folder)
    os.close(root)
    os.close(folder)


def _mount_proc() -> None:
    _check(_libc().mount(b"proc", b"/proc", b"proc", _MS_SAFE, None))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
