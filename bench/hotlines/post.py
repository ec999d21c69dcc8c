"""A report over HTTP beside a bare Django view with one INSERT: same server, same database."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

from tests.hotline.house import House, free_port, house
from tests.hotline.reporter import Reporter

import bench
from bench.hotlines import p50, p99

CLIENTS, SECONDS, ROUNDS = 4, 5.0, 2
TABLE = "CREATE TABLE bare (id uuid PRIMARY KEY, hash bytea, sealed bytea)"


def measured(make: Callable[[], Callable[[], object]], seconds: float = SECONDS) -> list[float]:
    """Let `CLIENTS` of them work for some seconds; returns what each call took."""
    begin = threading.Barrier(CLIENTS)

    def client(_: int) -> list[float]:
        one = make()
        one()
        begin.wait()
        until, times = time.monotonic() + seconds, []
        while time.monotonic() < until:
            begun = time.perf_counter()
            one()
            times.append(time.perf_counter() - begun)
        return times

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [t for times in pool.map(client, range(CLIENTS)) for t in times]


def _report(built: House) -> Callable[[], object]:
    reporter = Reporter(built.public)
    reporter.open_form()
    return lambda: reporter.send(words=f"Example report {uuid4()}")


def _bare(port: int) -> Callable[[], object]:
    reporter = Reporter(f"http://127.0.0.1:{port}")
    return lambda: reporter.post("/", {"words": f"Example report {uuid4()}"})


def main() -> None:
    """Rounds of both in turn, so that a change of the machine's mood meets both."""
    with house(LINDUNG_REPORTS_A_MINUTE="1000000") as built:
        built.up()
        built.pause("worker")  # what is stored is measured here, not what is done with it
        with closing(built.connect("owner")) as owner:
            owner.execute(TABLE)
        port = free_port()
        words = [sys.executable, "-m", "bench.hotlines.bare_site", "127.0.0.1", str(port)]
        words += [str(built.home / "postgres" / "socket")]
        words += [(built.home / "keys" / "db-owner.key").read_text(), "8"]
        with subprocess.Popen(words) as server:
            try:
                _wait(port)
                bare, reports = [], []
                for _ in range(ROUNDS):
                    bare += measured(lambda: _bare(port))
                    reports += measured(lambda: _report(built))
            finally:
                server.terminate()
    total = ROUNDS * SECONDS
    rows = [
        [name, f"{len(times) / total:,.0f}", f"{p50(times):.1f}", f"{p99(times):.1f}"]
        for name, times in (("a report", reports), ("bare view, one INSERT", bare))
    ]
    ratio = p50(reports) / p50(bare)
    bench.show(
        f"POST, durable commit, {CLIENTS} clients: {ratio:.2f} times the bare view (at most 2)",
        ["what", "a second", "p50 ms", "p99 ms"],
        rows,
    )


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            Reporter(f"http://127.0.0.1:{port}").post("/", {"words": "first"})
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
