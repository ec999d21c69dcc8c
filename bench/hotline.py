"""Reports a second with durable commit, beside a bare INSERT+COMMIT loop on the same database."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.hotline.house import House, house
from tests.hotline.reporter import Reporter

import bench

CLIENTS, SECONDS = 8, 15.0
BARE = "INSERT INTO bare (id, hash, sealed) VALUES (%s, %s, %s)"


def _measure(make: Callable[[], Callable[[], float]]) -> list[float]:
    """Run `CLIENTS` of them for `SECONDS`; each call returns the seconds it took."""
    begin = threading.Barrier(CLIENTS)

    def client(_: int) -> list[float]:
        one = make()
        begin.wait()
        until, times = time.monotonic() + SECONDS, []
        while time.monotonic() < until:
            times.append(one())
        return times

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [t for times in pool.map(client, range(CLIENTS)) for t in times]


def _reporting(built: House) -> Callable[[], float]:
    reporter = Reporter(built.public)
    reporter.open_form()

    def one() -> float:
        begun = time.perf_counter()
        reporter.send(words=f"Example report {uuid4()}")
        return time.perf_counter() - begun

    return one


def _inserting(built: House) -> Callable[[], float]:
    connection = built.connect("owner")
    sealed = b"\0" * 400

    def one() -> float:
        begun = time.perf_counter()
        connection.execute(BARE, [uuid4(), uuid4().bytes * 2, sealed])
        return time.perf_counter() - begun

    return one


def _row(name: str, times: list[float]) -> list[object]:
    cuts = statistics.quantiles(times, n=100)
    rate = len(times) / SECONDS
    return [name, f"{rate:,.0f}", f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}"]


def main() -> None:
    with house() as built:
        built.up()
        with built.connect("owner") as owner:
            owner.execute("CREATE TABLE bare (id uuid PRIMARY KEY, hash bytea, sealed bytea)")
        bare = _measure(lambda: _inserting(built))
        reports = _measure(lambda: _reporting(built))
    bench.show(
        f"Reports, durable commit, {CLIENTS} clients ({len(reports) / len(bare):.2f} of the limit)",
        ["what", "a second", "p50 ms", "p99 ms"],
        [_row("report over HTTP", reports), _row("limit: bare INSERT+COMMIT", bare)],
    )
