"""A minute's flood and 40 tarpit reports: what becomes of a child in danger, letters and others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException

from nacl.public import PublicKey, SealedBox
from tests.hotline.conftest import Rows, assess, confirm, refer
from tests.hotline.house import House, house
from tests.hotline.reporter import Refused, Reporter

import bench
from bench.hotlines import p99

CLIENTS, SECONDS, QUIET, PATIENCE = 32, 60.0, 15.0, 180.0
TARPITS, ADDRESSES = 40, 20
WORDS = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"


@contextmanager
def tarpits() -> Iterator[list[str]]:
    """Servers that take every connection and never say a word, as host:port."""
    servers = [socket.create_server((f"127.0.9.{n + 1}", 0), backlog=200) for n in range(TARPITS)]
    held: list[socket.socket] = []

    def hold(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                held.append(server.accept()[0])

    for server in servers:
        threading.Thread(target=hold, args=[server], daemon=True).start()
    try:
        yield ["{}:{}".format(*server.getsockname()) for server in servers]
    finally:
        for one in (*servers, *held):
            one.close()


def _sent(built: House, source: str, **fields: str) -> float:
    """One person opens the form and sends it; returns how long the answer to that took."""
    with closing(Reporter(built.public, source=source)) as reporter:
        reporter.open_form()
        begun = time.perf_counter()
        reporter.send(**fields)
        return time.perf_counter() - begun


def _polite(built: House, seconds: float, net: int) -> list[float]:
    """People who write once, one after the other, each from an address of their own."""
    until = time.monotonic() + seconds
    times: list[float] = []
    while time.monotonic() < until:
        source = f"127.{net}.{len(times) // 250}.{len(times) % 250 + 2}"
        times.append(_sent(built, source, words=f"Example {len(times)}"))
        time.sleep(0.1)
    return times


def _flooding(built: House, number: int, until: float, answers: dict[str, int]) -> None:
    reporter = Reporter(built.public, source=f"127.0.1.{number + 2}")
    while time.monotonic() < until:
        try:
            if not reporter.hidden:
                reporter.open_form()
            reporter.send(words=f"Example {time.monotonic_ns()}")
            answers["taken"] += 1
        except Refused as refused:
            answers[str(refused.status)] = answers.get(str(refused.status), 0) + 1
        except (OSError, HTTPException):
            answers["broken"] = answers.get("broken", 0) + 1
    reporter.close()


def _after(built: House, statement: str, holds: Callable[[object], bool]) -> float:
    """Seconds until the answer of a statement holds; PATIENCE when it never does."""
    begun = time.monotonic()
    with closing(built.connect("owner")) as owner:
        while time.monotonic() < begun + PATIENCE:
            row = owner.execute(statement).fetchone()
            if row and holds(row[0]):
                break
            time.sleep(0.2)
    return time.monotonic() - begun


def _letter(built: House) -> None:
    """Queue a letter that two people decided, as a folder of its own reads it."""
    with closing(built.connect("owner")) as owner:
        owner.autocommit = False
        rows = Rows(owner)
        public_key = PublicKey((built.home / "keys" / "report.pub").read_bytes())
        with built.connect("console") as console, console.transaction():
            answer = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            console.execute(
                "UPDATE casework_case SET status = 'confirmed' WHERE number = %s", [rows.case]
            )
            refer(console, rows, answer, SealedBox(public_key).encrypt(b"Example letter"))


def main() -> None:
    with tarpits() as slow, house(LINDUNG_CAPTURE_ALLOW=",".join(slow)) as built:
        built.up()
        _sent(built, "127.0.2.1", words="Example")  # what is compiled is compiled now
        seen = "SELECT count(*) FROM casework_sighting"
        _after(built, seen, lambda n: n == 1)
        quiet = _polite(built, QUIET, 3)
        answers = {"taken": 0}
        until = time.monotonic() + SECONDS
        for n, address in enumerate(slow):
            where = "\n".join(f"http://{address}/post/{i}" for i in range(ADDRESSES))
            _sent(built, f"127.0.4.{n + 2}", where=where, words="Example")
        flood = [
            threading.Thread(target=_flooding, args=[built, n, until, answers], daemon=True)
            for n in range(CLIENTS)
        ]
        for one in flood:
            one.start()
        time.sleep(SECONDS / 4)
        _letter(built)
        begun = time.monotonic()
        _sent(built, "127.0.5.2", words=WORDS, danger="yes")
        danger = _after(
            built,
            "SELECT count(*) FROM triage_signal s JOIN intake_report r ON r.id = s.report_id"
            " WHERE r.danger",
            lambda n: bool(n),
        )
        danger += time.monotonic() - begun - danger
        letter = _after(
            built, "SELECT count(*) FROM referral_referral WHERE sent_at IS NOT NULL", bool
        )
        busy = _polite(built, max(5.0, until - time.monotonic()), 6)
        clock = _after(
            built,
            "SELECT extract(epoch FROM now()) - max(defer_timestamp) < 60"
            " FROM procrastinate_periodic_defers WHERE task_name = 'referral.watch'",
            bool,
        )
        for one in flood:
            one.join()
        backlog = _after(
            built,
            "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'reports'",
            lambda n: n == 0,
        )
    bench.show(
        f"A flood of {SECONDS:.0f} s from {CLIENTS} clients, {TARPITS} reports of {ADDRESSES} "
        "addresses that never answer",
        ["what", "measured", "wanted"],
        [
            ["answers to the flood", str(answers), ""],
            ["a report of danger is a case, its words read, s", f"{danger:.1f}", "at most 60"],
            ["a letter is handed over, s", f"{letter:.1f}", ""],
            ["alarms go on, s", f"{clock:.1f}", ""],
            ["polite p99, quiet, ms", f"{p99(quiet):.0f}", ""],
            ["polite p99, in the flood, ms", f"{p99(busy):.0f}", ""],
            ["times", f"{p99(busy) / p99(quiet):.2f}", "at most 3"],
            ["backlog of reports after the flood is gone, s", f"{backlog:.0f}", "no hours"],
        ],
    )
