"""A further try of a capture survives the death of the worker that makes it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from .house import House, free_port, house
from .reporter import Reporter

pytestmark = pytest.mark.database


class Slow(BaseHTTPRequestHandler):
    """A site that answers only when it may."""

    may, asked = Event(), Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.may.wait(60)
        body = b"<!doctype html><title>Example</title><p>Example words"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def until(built: House, statement: str, expected: object) -> None:
    with built.connect("owner") as owner:
        end = time.monotonic() + 120
        while owner.execute(statement).fetchone() != (expected,):
            assert time.monotonic() < end, statement + built.logs()
            time.sleep(0.3)


@pytest.fixture
def built() -> Iterator[tuple[House, int]]:
    port = free_port()
    with house(LINDUNG_CAPTURE_ALLOW=f"127.0.0.1:{port}") as built:
        built.up()
        yield built, port


@pytest.mark.timeout(300)
def test_a_try_survives_a_killed_worker(built: tuple[House, int]) -> None:
    house_, port = built
    reporter = Reporter(house_.public)
    reporter.open_form()
    reporter.send(where=f"http://127.0.0.1:{port}/post", words="Example")
    reporter.close()
    until(house_, "SELECT count(*) FROM custody_evidence WHERE outcome = 'unreachable'", 1)
    server = ThreadingHTTPServer(("127.0.0.1", port), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with house_.connect("owner") as owner:
            owner.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = now()"
                " WHERE task_name = 'triage.capture_again'"
            )
        assert Slow.asked.wait(120), house_.logs()
        os.kill(house_.pids()["worker"], signal.SIGKILL)
        Slow.may.set()
        until(house_, "SELECT count(*) FROM custody_evidence WHERE outcome = 'complete'", 1)
    finally:
        server.shutdown()
        server.server_close()
    until(
        house_,
        "SELECT count(*) FROM procrastinate_jobs WHERE queue_name IN ('reports', 'captures')",
        0,
    )
    until(house_, "SELECT string_agg(attempt::text, ',') FROM custody_evidence", "1,2")
