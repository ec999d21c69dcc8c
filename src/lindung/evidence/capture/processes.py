"""What the processes of a jail are, use and may use (Linux, /proc and cgroups)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_NOBODY = 65534
_USERS = range(61184, 65520)  # systemd's range for users that live as long as a process


def descendants(pid: int) -> Iterator[int]:
    """Every process below `pid` that /proc shows now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [pid]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting += found


def memory_of(pids: Iterable[int]) -> int:
    """The proportional memory of processes, bytes (shared pages are divided)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total


def sandboxed(pids: Iterable[int]) -> bool | None:
    """Whether every renderer among them is under a seccomp filter; None if there is none."""
    modes = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                status = Path(f"/proc/{pid}/status").read_text()
                modes.append("\nSeccomp:\t2" in status)
    return all(modes) if modes else None


def own_user() -> int:
    """The user that a browser runs as: where this process is root, one that nobody else is."""
    if own := os.geteuid():
        return own
    try:
        mapped = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    except OSError:
        mapped = []
    start = os.getpid() % len(_USERS)  # so that captures which start together take two
    taken = {_owner(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    free: list[int] = [*_USERS[start:], *_USERS[:start]]
    for user in free:
        if user not in taken and any(int(m[0]) <= user < int(m[0]) + int(m[2]) for m in mapped):
            return user
    return _NOBODY


def _owner(process: Path) -> int | None:
    try:
        return process.stat().st_uid
    except OSError:
        return None


class MemoryGroup:
    """A control group with a memory limit, where this process may make one."""

    def __init__(self, limit: int) -> None:
        self.path = _make(limit)

    def enter(self) -> None:
        """Put the calling process in, and so whatever it starts."""
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def close(self) -> None:
        if self.path:
            with contextlib.suppress(OSError):
                self.path.rmdir()


def _make(limit: int) -> Path | None:
    root = Path("/sys/fs/cgroup")
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        if controllers == "":  # version 2
            group, file = root / own.lstrip("/"), "memory.max"
        elif "memory" in controllers.split(","):
            group, file = root / "memory" / own.lstrip("/"), "memory.limit_in_bytes"
        else:
            continue
        for stale in group.glob("lindung-*"):  # of captures that were killed
            if not Path("/proc", stale.name.removeprefix("lindung-")).exists():
                with contextlib.suppress(OSError):
                    stale.rmdir()
        made = group / f"lindung-{os.getpid()}"
        try:
            made.mkdir()
        except OSError:
            continue
        try:
            (made / file).write_text(str(limit))
        except OSError:
            made.rmdir()
            continue
        return made
    return None
