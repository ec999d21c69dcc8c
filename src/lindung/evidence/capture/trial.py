"""A trial: whether this machine can capture now, tried with a page of our own on loopback."""

from __future__ import annotations

import http.server
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lindung.evidence.capture.capturing import CannotCapture, capture
from lindung.evidence.capture.policy import Isolation, Limits

_WORDS = "This page is a trial."
_PAGE = f"<!doctype html><title>Trial</title><p>{_WORDS}</p>".encode()
_LIMITS = Limits(total_seconds=60, step_seconds=30)


@dataclass(frozen=True)
class Trial:
    """`works`, and why not: one or more sentences with the remedy. `weaker` is as `Capture.weaker`:
    what will not hold the browser of a capture here."""

    works: bool
    problem: str = ""
    weaker: str = ""


def trial(isolation: Isolation = Isolation.SANDBOXED) -> Trial:
    """Capture a page of our own as any other would be, and look whether it was got; a few seconds.

    Never raises: what does not work is the answer.
    """
    try:
        with _page() as place, tempfile.TemporaryDirectory(prefix="lindung-trial-") as room:
            taken = capture(
                f"http://{place}/", Path(room), allow=[place], limits=_LIMITS, isolation=isolation
            )
    except (CannotCapture, OSError) as problem:
        return Trial(False, str(problem))
    if taken.text.strip() != _WORDS:
        return Trial(False, f"A page of our own could not be captured. {taken.problem or ''}")
    return Trial(True, weaker=taken.weaker)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: nobody reads about a trial page."""


@contextmanager
def _page() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
