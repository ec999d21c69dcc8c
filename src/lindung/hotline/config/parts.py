"""The parts of a running hotline: the database and the three processes, each with its powers."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from lindung.runtime import write_whole

from . import database, postgres, state
from .env import Env, environ_of
from .supervisor import Part

LINDUNG = (sys.executable, "-P", "-m", "lindung")


class PortTaken(RuntimeError):
    """An address that a part should listen on is in use; the text names the setting."""


def embedded_database(env: Env) -> Part:
    return Part(
        "database",
        command=lambda: postgres.prepare(env.home),
        ready=lambda _: postgres.answers(env.home),
        address=f"embedded, under {env.home / 'postgres'}",
        user=postgres.account(),
        ask=signal.SIGINT,
    )


def processes(env: Env) -> list[Part]:
    """public, console and worker; each gets its own role's address by a file only we can read."""
    return [
        _process(env, "public", _answers_http(*env["PUBLIC_BIND"]), env["PUBLIC_URL"]),
        _process(env, "console", _answers_http(*env["CONSOLE_BIND"]), env["CONSOLE_URL"]),
        _process(env, "worker", lambda pid: worker_ready(env.home) == pid, ""),
    ]


def _process(env: Env, name: str, ready: Callable[[int], bool], address: str) -> Part:
    url = state.folder(env.home) / f"{name}.url"
    write_whole(url, database.url_of(env, name))
    return Part(
        name,
        command=lambda: (*LINDUNG, name),
        ready=ready,
        environ=environ_of(name, env.home, url),
        address=address,
    )


def worker_ready(home: Path) -> int | None:
    """The process id of the worker that last said it is ready."""
    try:
        return int((state.folder(home) / "worker.ready").read_text())
    except (OSError, ValueError):
        return None


def say_worker_ready(home: Path) -> None:
    """Called by the worker once it is connected to its database."""
    write_whole(state.folder(home) / "worker.ready", str(os.getpid()))


def _answers_http(host: str, port: int) -> Callable[[int], bool]:
    at = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104

    def ready(_: int) -> bool:
        connection = http.client.HTTPConnection(at, port, timeout=2)
        try:
            connection.request("GET", "/healthz", headers={"Host": "127.0.0.1"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready


def refuse_taken_ports(env: Env) -> None:
    """Raise PortTaken for the first address that cannot be listened on."""
    with ExitStack() as held:
        for name in ("PUBLIC_BIND", "CONSOLE_BIND"):
            host, port = env[name]
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            taken = held.enter_context(socket.socket(family))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind((host, port))
                taken.listen()
            except OSError as error:
                raise PortTaken(
                    f"LINDUNG_{name} is {host}:{port}, which cannot be used: {error.strerror}. "
                    f"End what listens there, or choose another port (LINDUNG_{name} and "
                    f"LINDUNG_{name.replace('BIND', 'URL')})."
                ) from None
