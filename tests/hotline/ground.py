"""One hotline under a short folder of its own, run as a person would: by its command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

STANDIN = Path(__file__).with_name("standin")
LINDUNG = [sys.executable, "-P", "-m", "lindung"]


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Ground:
    """The environment, the commands and the process table of one home folder."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ld"))
        self.home.chmod(0o711)
        self.public, self.console = free_ports(2)
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("LINDUNG_")} | {
            "PYTHONPATH": str(STANDIN),
            "LINDUNG_HOME": str(self.home),
            "LINDUNG_PUBLIC_BIND": f"127.0.0.1:{self.public}",
            "LINDUNG_PUBLIC_URL": f"http://127.0.0.1:{self.public}",
            "LINDUNG_CONSOLE_BIND": f"127.0.0.1:{self.console}",
            "LINDUNG_CONSOLE_URL": f"http://127.0.0.1:{self.console}",
        }

    def start(self, *words: str, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*LINDUNG, *words],
            env=self.environ | extra,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **extra)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def up(self) -> str:
        done = self.run("up")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def parts(self) -> dict[str, dict[str, Any]]:
        shown = json.loads(self.run("status", "--json").stdout)
        return {part["name"]: part for part in shown["parts"]}

    def supervisor(self) -> int:
        state = json.loads((self.home / "run" / "state.json").read_text())
        return int(state["pid"])

    def who(self, port: int) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/who", timeout=5) as answer:
            return str(answer.read().decode())

    def processes(self) -> list[psutil.Process]:
        """Everything alive that belongs to this home: by its environment, folder or words."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                ours = process.environ().get("LINDUNG_HOME") == str(self.home)
                ours |= process.cwd().startswith(str(self.home))
                ours |= str(self.home) in " ".join(process.cmdline())
            except psutil.Error:
                continue
            if ours:
                found.append(process)
        return found

    def wait(self, what: Callable[[], bool], seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, f"not within {seconds} s"
            time.sleep(0.1)

    def none_left(self, seconds: float = 15) -> None:
        self.wait(lambda: not self.processes(), seconds)

    def close(self) -> None:
        self.run("stop")
        left = self.processes()
        for process in left:
            process.send_signal(signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)
        assert not left, left
