"""Starts the parts of a running hotline, restarts one that dies, ends them all."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import child, state

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds before a restart; doubles from one to the other
STEADY_AFTER = 30.0  # seconds alive after which the wait is the first one again
START_SECONDS = 60.0
TICK = 0.05
LAST_LINES = 15


class PartFailed(RuntimeError):
    """A part did not come up; the text holds its last log lines."""


class Interrupted(RuntimeError):
    """We were asked to stop while starting."""


@dataclass(frozen=True)
class Part:
    """One process: how it is started, when it counts as up, where it can be opened.

    `command` prepares what the process needs and returns its words, at each start anew;
    `ready` is given the process id.
    """

    name: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[int], bool]
    environ: Mapping[str, str] | None = None
    address: str = ""
    user: str | None = None
    ask: signal.Signals = signal.SIGTERM


@dataclass
class Run:
    """A part as it runs now."""

    part: Part
    process: subprocess.Popen[bytes]
    since: float
    log_from: int
    up: bool = False
    restarts: int = 0
    wait: float = FIRST_WAIT
    again_at: float | None = None


@dataclass
class Supervisor:
    """Holds the parts of one home folder; `say` takes one line for the person who looks on."""

    home: Path
    say: Callable[[str], None]
    runs: dict[str, Run] = field(default_factory=dict)
    asked: bool = False
    unrecorded: bool = False

    def __post_init__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        (self.home / "log").mkdir(mode=0o700, exist_ok=True)
        self._record("starting")

    def _ask(self, *_: object) -> None:
        self.asked = True

    def log(self, name: str) -> Path:
        return self.home / "log" / f"{name}.log"

    def start(self, *parts: Part) -> None:
        """Start all of them at once and say so as each comes up.

        Raises PartFailed for the first that ends or is not up in time, and Interrupted.
        """
        for part in parts:
            self.runs[part.name] = self._launch(part)
        self._record("starting")
        waiting = [self.runs[part.name] for part in parts]
        while waiting:
            if self.asked:
                raise Interrupted
            for run in waiting:
                code = run.process.poll()
                took = time.monotonic() - run.since
                if code is None and run.part.ready(run.process.pid):
                    run.up = True
                    self.say(f"{run.part.name:<12}{took:5.1f} s   {run.part.address}".rstrip())
                elif code is not None or took > START_SECONDS:
                    how = _how(code) if code is not None else f"was not up after {took:.0f} s"
                    raise PartFailed(self._last_words(run.part.name, how, run.log_from))
            waiting = [run for run in waiting if not run.up]
            time.sleep(TICK)

    def once(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
        """Run one command to its end and return the lines that it printed."""
        begun, log = time.monotonic(), self.log(name)
        log_from = _size(log)
        with tempfile.TemporaryFile() as out:
            process = child.start(command, log, environ=environ, output=out.fileno())
            while process.poll() is None:
                if self.asked:
                    child.end_children([process])
                    raise Interrupted
                time.sleep(TICK)
            if process.returncode:
                raise PartFailed(self._last_words(name, _how(process.returncode), log_from))
            out.seek(0)
            lines = out.read().decode().splitlines()
        self.say(f"{name:<12}{time.monotonic() - begun:5.1f} s")
        return lines

    def watch(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Keep every part running until we are asked to stop; first of all, `on_ready()`."""
        self._record("up")
        on_ready()
        next_rotation = 0.0
        while not self.asked:
            now = time.monotonic()
            changed = [self._look_after(run, now) for run in self.runs.values()]
            # Noted anew also where the note was lost or spoilt meanwhile.
            if any(changed) or (now > next_rotation and state.read(self.home) is None):
                self._record("up")
            if now > next_rotation:
                self._rotate()
                next_rotation = now + state.NOTED_AGAIN
            time.sleep(TICK)

    def _rotate(self) -> None:
        for log in (self.home / "log").glob("*.log"):
            with suppress(OSError):  # a full disk: the log stays as it is
                child.rotate(log)

    def stop(self) -> None:
        """End everything; the database last, so that the others can finish what they do."""
        self._record("stopping")
        runs = [run for run in self.runs.values() if run.again_at is None]
        for ask, patience in ((signal.SIGTERM, 6.0), (signal.SIGINT, 4.0)):
            group = [run.process for run in runs if run.part.ask == ask]
            child.end_children(group, ask, patience)
        with suppress(OSError):
            state.forget(self.home)

    def _launch(self, part: Part) -> Run:
        since, log = time.monotonic(), self.log(part.name)
        command, log_from = part.command(), _size(log)
        process = child.start(command, log, environ=part.environ, death=part.ask, user=part.user)
        return Run(part, process, since, log_from)

    def _look_after(self, run: Run, now: float) -> bool:
        """One look at one part; True if something changed."""
        if run.again_at is not None:
            if now < run.again_at:
                return False
            try:
                fresh = self._launch(run.part)
            except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
                self.say(f"{run.part.name} cannot be started: {error}")
                run.again_at = now + run.wait
                run.wait = min(run.wait * 2, LONGEST_WAIT)
                return False
            run.process, run.since, run.log_from = fresh.process, fresh.since, fresh.log_from
            run.again_at = None
            return True
        code = run.process.poll()
        if code is None:
            if run.up or not run.part.ready(run.process.pid):
                if not run.up and now - run.since > START_SECONDS:
                    child.end_children([run.process], run.part.ask)
                return False
            run.up = True
            self.say(f"{run.part.name} is up again")
            return True
        if now - run.since > STEADY_AFTER:
            run.wait = FIRST_WAIT
        self.say(f"{run.part.name} {_how(code)}; starting it again in {run.wait:.1f} s")
        run.up, run.again_at = False, now + run.wait
        run.restarts += 1
        run.wait = min(run.wait * 2, LONGEST_WAIT)
        return True

    def _record(self, phase: str) -> None:
        parts = [
            state.PartState(
                name=run.part.name,
                address=run.part.address,
                pid=run.process.pid,
                started=state.started(run.process.pid),
                state="up" if run.up else "starting" if run.again_at is None else "waiting",
                restarts=run.restarts,
                ask=int(run.part.ask),
            )
            for run in self.runs.values()
        ]
        now = state.State(os.getpid(), state.started(os.getpid()), phase, parts)
        try:
            state.write(self.home, now)
        except OSError as error:  # a full disk: the parts matter more than the note about them
            if not self.unrecorded:
                self.say(f"What runs now cannot be noted: {error}")
            self.unrecorded = True
        else:
            self.unrecorded = False

    def _last_words(self, name: str, how: str, log_from: int) -> str:
        with self.log(name).open("rb") as file:
            file.seek(log_from)
            lines = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
        quoted = "".join(f"\n  {line}" for line in lines)
        return f"{name} did not come up: it {how}. The end of {self.log(name)}:{quoted}"


def _how(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
