"""Time authorities, revocation lists and witnesses that answer as they should not: real servers."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

Say = Callable[[bytes], object]
Behaviour = Callable[[Say], object]


def ok(body: bytes, status: bytes = b"200 OK") -> Behaviour:
    head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return lambda say: say(head + body)


def raw(*pieces: bytes) -> Behaviour:
    return lambda say: [say(piece) for piece in pieces]


def forever(first: bytes, piece: bytes, pause: float) -> Behaviour:
    """Never an end: only whoever asked can make one."""

    def behave(say: Say) -> None:
        say(first)
        for _ in itertools.repeat(0):
            say(piece)
            time.sleep(pause)

    return behave


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANY: dict[str, Behaviour] = {
    "nothing": raw(),
    "a garbage status line": raw(b"\x00\xff\x1b[2J\n\n"),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a status that is no number": raw(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status of many digits": raw(b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n"),
    "an unknown status": ok(b"x", b"799 What"),
    "headers without end": forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0),
    "a header without end": forever(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 999, 0),
    "headers that drip": forever(b"HTTP/1.1 200 OK\r\n", b"x", 0.05),
    "a body that drips": forever(b"HTTP/1.1 200 OK\r\n\r\n", b"0", 0.05),
    "a body without end": forever(b"HTTP/1.1 200 OK\r\n\r\n", b"0" * 65536, 0),
    "continue without end": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "silence": forever(b"", b"", 0.05),
    "broken chunks": raw(CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n"),
    "a chunk of a huge number": raw(CHUNKED, b"f" * 6000 + b"\r\nhello"),
    "a chunk that is cut off": raw(CHUNKED, b"ff\r\nhello"),
    "a negative chunk": raw(CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n"),
    "a length of many digits": raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx"
    ),
    "a negative length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
    "a body that is cut off": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nx"),
    "an empty body": ok(b""),
    "HTML": ok(b"<!doctype html><title>Sign in to this network</title>"),
    "control characters": ok(b"\x1b[2J\x1b[HAUTHENTIC\r\n\x07"),
    "an error": ok(b"out of order", b"500 Internal Server Error"),
    "not found": ok(b"no", b"404 Not Found"),
    "a redirection to itself": raw(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    ),
    "a redirection to a file": raw(
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"
    ),
    "DER of something else": ok(bytes.fromhex("3003020101")),
    "DER of a huge length": ok(bytes.fromhex("3084ffffffff") + b"0" * 99),
    "nested without end": ok(b"\x30\x80" * 40_000),
}


class RawServer:
    """Takes a whole request, then lets `behave` write what it likes to the socket."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._server.accept()
                threading.Thread(target=self._one, args=(line,), daemon=True).start()

    def _one(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            line.recv(1 << 16)
            self.behave(line.sendall)
            line.shutdown(socket.SHUT_WR)
            while line.recv(1 << 16):
                pass


@contextlib.contextmanager
def serving(behaviours: dict[str, Behaviour]) -> Iterator[dict[str, str]]:
    """A server for each behaviour; yields their addresses."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(RawServer(one)).url for name, one in behaviours.items()}
