"""Ask a third party over HTTP: one deadline for the whole exchange, and an answer with a bound.

Whatever the other side does (no HTTP, endless headers, a byte a second, a name that does not
resolve) ends as `NoAnswer`, in words, before the deadline.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from lindung.runtime import visible

_REDIRECTS = 3


class NoAnswer(Exception):
    """No usable answer came; the message says from where and why."""


@dataclass
class Deadline:
    """So many seconds from now for everything that is asked under it."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Seconds that are left; raises `TimeoutError` when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it took longer than {self.seconds:g} seconds")
        return left


Allowed = Callable[[str, str], bool]
"""Whether a host that resolved to an address may be asked."""


def ask(
    url: str,
    body: bytes | None = None,
    *,
    deadline: Deadline,
    most: int,
    kind: str = "",
    allowed: Allowed | None = None,
) -> tuple[int, bytes]:
    """The status and body of the answer to a POST of `body`, or to a GET, of at most `most` bytes.

    Redirections are followed for GET alone. Raises `NoAnswer`.
    """  # fmt: skip
    asked = visible(url)
    try:
        for _ in range(_REDIRECTS + 1):
            status, data, onward = _once(url, body, deadline, most, kind, allowed)
            if body is not None or onward is None or status not in (301, 302, 303, 307, 308):
                return status, data
            url = urljoin(url, onward)
        raise NoAnswer("it redirects too often")
    except TimeoutError:
        raise NoAnswer(f"{asked}: it took longer than {deadline.seconds:g} seconds") from None
    except NoAnswer as problem:
        raise NoAnswer(f"{asked}: {problem}") from None
    except OSError as error:
        words = visible(error.strerror or error)
        raise NoAnswer(f"{asked}: no connection ({words})") from None
    except Exception as error:  # parsers of hostile bytes: whatever they raise, it is no HTTP
        words = visible(f"{type(error).__name__}: {error}")
        raise NoAnswer(f"{asked}: the answer is not HTTP ({words})") from None


def _once(
    url: str, body: bytes | None, deadline: Deadline, most: int, kind: str, allowed: Allowed | None
) -> tuple[int, bytes, str | None]:
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host:
        raise NoAnswer("it is no http or https address")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(host, port, deadline)
    if allowed is not None and not allowed(host, address):
        raise NoAnswer(f"{visible(host)} is {address}, which is no public address")
    with socket.create_connection((address, port), timeout=deadline.left()) as plain:
        secured: socket.socket = plain
        if parts.scheme == "https":
            plain.settimeout(deadline.left())
            secured = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        with secured:
            line = http.client.HTTPConnection(host, port)
            line.sock = _Timed(secured, deadline)
            headers = {"Connection": "close"} | ({"Content-Type": kind} if kind else {})
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line.request("GET" if body is None else "POST", target, body, headers)
            answer = line.getresponse()
            data = answer.read(most + 1)
            if len(data) > most:
                raise NoAnswer(f"it answered with more than {most} bytes")
            if answer.length:
                raise NoAnswer("its answer is cut off")
            return answer.status, data, answer.getheader("Location")


def _resolve(host: str, port: int, deadline: Deadline) -> str:
    """One address of `host`. The system's resolver knows no deadline, so it gets a thread."""
    found: list[str] = []

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(answer[4][0]) for answer in answers)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(deadline.left())
    deadline.left()
    if not found:
        raise NoAnswer(f"there is no host {visible(host)}")
    return found[0]


class _Timed(io.RawIOBase):
    """A socket as http.client uses it: every single wait is cut to what is left of the whole."""

    def __init__(self, line: socket.socket, deadline: Deadline) -> None:
        self._line, self._deadline = line, deadline

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(self)

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._deadline.left())
        self._line.sendall(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._line.settimeout(self._deadline.left())
        return self._line.recv_into(buffer)

    def close(self) -> None:
        """The socket is closed by who opened it."""
