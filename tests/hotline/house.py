"""A whole hotline for one test: its own home, ports and processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from lindung.hotline.config import state


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class House:
    """`lindung up` in a temporary home."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.public = f"http://127.0.0.1:{free_port()}"
        self.console = f"http://127.0.0.1:{free_port()}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("LINDUNG_")}
        self.environ = inherited | {
            "LINDUNG_HOME": str(home),
            "LINDUNG_PUBLIC_URL": self.public,
            "LINDUNG_CONSOLE_URL": self.console,
            "LINDUNG_PUBLIC_BIND": self.public.removeprefix("http://"),
            "LINDUNG_CONSOLE_BIND": self.console.removeprefix("http://"),
            **settings,
        }

    def lindung(self, *words: str, start: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run the command; `start` is what runs it, in a place of another kind."""
        return subprocess.run(
            [*start, sys.executable, "-m", "lindung", *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def up(self) -> str:
        done = self.lindung("up")
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def logs(self) -> str:
        return "".join(
            f"\n== {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in sorted((self.home / "log").glob("*.log"))
        )

    def pids(self) -> dict[str, int]:
        """Process ids of the parts that are up now."""
        found = state.running(self.home)
        return {part.name: part.pid for part in found.parts if part.state == "up"} if found else {}

    def pause(self, name: str) -> None:
        """Keep a part from working, while it stays alive."""
        os.kill(self.pids()[name], signal.SIGSTOP)

    def python(self, words: str, *arguments: str) -> str:
        """What these lines print, run with this hotline's settings."""
        done = subprocess.run(
            [sys.executable, "-c", words, *arguments],
            env=self.environ, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def connect(self, role: str = "owner") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.home / "postgres" / "socket"),
            dbname="lindung",
            user=f"lindung_{role}",
            password=(self.home / "keys" / f"db-{role}.key").read_text(),
            autocommit=True,
        )


@contextmanager
def house(**settings: str) -> Iterator[House]:
    """A running hotline that is gone, with all it stored, at the end of the block."""
    home = Path(tempfile.mkdtemp(prefix="lnd-"))
    home.chmod(0o711)
    built = House(home, **settings)
    try:
        yield built
    finally:
        built.lindung("stop")
        shutil.rmtree(home, ignore_errors=True)
