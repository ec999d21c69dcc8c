"""The web server of the public and the console process: waitress, which itself waits for the slow.

A thread works only on what has arrived whole, and hands its answer over: however many connections
dawdle, they cost no thread. What is no proper HTTP is answered in the hotline's own face.
"""

from __future__ import annotations

import io
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from waitress import parser, server, task
from waitress.channel import HTTPChannel

from . import confine, keys, system_users
from .env import Env

MOST_CONNECTIONS = 4000
MOST_KEPT = 262_145  # bytes of a body that are kept; one more than a request may have
MOST_READ = 16 * 2**20  # bytes of a body that are read before the connection ends
QUIET = 30  # seconds without a byte after which a connection ends


class _Kept:
    """The beginning of a body, in memory; the rest is read and dropped.

    A browser shows our answer only once it has finished sending. The application then refuses the
    body by its length.
    """

    def __init__(self) -> None:
        self._kept = io.BytesIO()

    def append(self, piece: bytes) -> None:
        self._kept.seek(0, io.SEEK_END)
        self._kept.write(piece[: MOST_KEPT - self._kept.tell()])

    def getfile(self) -> io.BytesIO:
        self._kept.seek(0)
        return self._kept

    def close(self) -> None:
        self._kept.close()

    def __len__(self) -> int:
        return len(self._kept.getbuffer())


class _Parser(parser.HTTPRequestParser):  # type: ignore[misc]
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = _Kept()


class _Refusal(task.ErrorTask):  # type: ignore[misc]
    """What could not be read as a request, refused in words."""

    page = b""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'self'"),
        ]
        self.set_close_on_finish()
        self.content_length = len(self.page)
        self.write(self.page)


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    error_task_class = _Refusal


def options(env: Env) -> dict[str, Any]:
    """waitress's settings. No line names who connected, and no header names the server."""
    return {
        "threads": env["THREADS"],
        "connection_limit": MOST_CONNECTIONS,
        "asyncore_use_poll": True,
        "channel_timeout": QUIET,
        "cleanup_interval": 5,
        "backlog": 1024,
        "ident": None,
        "max_request_header_size": 32_768,
        "max_request_body_size": MOST_READ,
        "outbuf_overflow": MOST_READ,
        "clear_untrusted_proxy_headers": False,  # see web/source.py
        "expose_tracebacks": False,
    }


def serve(env: Env, process: str) -> None:
    """Serve until told to end. Does not return."""
    host, port = env[f"{process.upper()}_BIND"]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    with suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    from .wsgi import application

    _Refusal.page = _refusal()
    if process == "public":
        _become_public(env)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    built = server.create_server(application, sockets=[listening], **options(env))
    built.channel_class = _Channel
    built.run()


def _become_public(env: Env) -> None:
    """Read what this part needs, then be nobody: see confine.py."""
    keys.keep(env.home, keys.REPORTS["public"])
    address = urlsplit(env["DATABASE_URL"])
    ports = [address.port or 5432] if address.hostname else []
    if left := confine.give_up(system_users.of("public"), connect=ports):
        sys.stderr.write(f"{left}\n")


def _refusal() -> bytes:
    from django.test import RequestFactory
    from django.views.defaults import bad_request

    return bytes(bad_request(RequestFactory().get("/"), ValueError()).content)
