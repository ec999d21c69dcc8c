"""Whatever is killed: every receipt has its report, and nothing is referred twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPException
from uuid import uuid4

import pytest
from nacl.public import PublicKey, SealedBox

from .conftest import Rows, assess, confirm, refer
from .house import House, house
from .reporter import Refused, Reporter

REPORTS, CLIENTS, REFERRALS, MOST_KILLS, PATIENCE = 500, 4, 20, 5, 240


def _report_until_received(built: House, number: int) -> str:
    """Send one report as a stubborn person would: the same form again, until a receipt shows."""
    until = time.monotonic() + PATIENCE
    with closing(Reporter(built.public, timeout=10)) as reporter:
        while True:
            try:
                if not reporter.hidden:
                    reporter.open_form()
                return reporter.send(words=f"Example report number {number}.")
            except (OSError, HTTPException, Refused):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)


@pytest.mark.timeout(600)
def test_500_reports_survive_sigkill_of_every_process() -> None:
    with house(LINDUNG_REPORTS_A_MINUTE="100000") as built:
        built.up()
        done = threading.Event()
        kills = {"public": 0, "console": 0, "worker": 0}

        def kill_at_random() -> None:
            chance = random.Random(7)
            while not done.wait(chance.uniform(0.2, 0.6)):
                name = chance.choice([name for name in kills if kills[name] < MOST_KILLS] or [""])
                with suppress(KeyError, ProcessLookupError):  # it is being started again
                    os.kill(built.pids()[name], signal.SIGKILL)
                    kills[name] += 1

        with built.connect("owner") as owner:
            owner.autocommit = False
            rows = Rows(owner)
            public_key = PublicKey((built.home / "keys" / "report.pub").read_bytes())
            letter = SealedBox(public_key).encrypt(b"Example letter")
            referrals = []
            for _ in range(REFERRALS):
                case = Rows(owner)
                with built.connect("console") as console, console.transaction():
                    answer = confirm(console, assess(console, case.case, case.ana), case.ben)
                    console.execute(
                        "UPDATE casework_case SET status = 'confirmed' WHERE number = %s",
                        [case.case],
                    )
                    case.authority = rows.authority
                    referrals.append(refer(console, case, answer, letter))
        killer = threading.Thread(target=kill_at_random)
        killer.start()
        try:
            with ThreadPoolExecutor(CLIENTS) as people:
                receipts = list(
                    people.map(lambda n: _report_until_received(built, n), range(REPORTS))
                )
        finally:
            done.set()
            killer.join()

        assert len(set(receipts)) == REPORTS
        assert all(len(receipt.split()) == 7 for receipt in receipts)
        assert min(kills.values()) > 0, kills
        with built.connect("owner") as owner:

            def count(statement: str) -> int:
                row = owner.execute(statement).fetchone()
                assert row is not None
                return int(row[0])

            reports = "SELECT count(*) FROM intake_report r WHERE octet_length(r.sealed) > 0"
            assert count(reports) == REPORTS
            examined = f"{reports} AND EXISTS (SELECT FROM casework_sighting s"
            examined += " WHERE s.report_id = r.id)"
            until = time.monotonic() + PATIENCE
            while count(examined) < REPORTS and time.monotonic() < until:
                time.sleep(0.5)
            assert count(examined) == REPORTS, built.logs()
            sightings = "SELECT count(*) FROM casework_sighting s JOIN intake_report r"
            sightings += " ON r.id = s.report_id WHERE octet_length(r.sealed) > 0"
            assert count(sightings) == REPORTS

            waiting = "SELECT count(*) FROM referral_referral WHERE state = 'queued'"
            while count(waiting) and time.monotonic() < until:
                time.sleep(0.5)
            sent = "SELECT count(*) FROM custody_entry WHERE kind = 'referral.sent'"
            assert count(sent) == REFERRALS
        letters = list((built.home / "outbox" / "test").glob("*/letter.txt"))
        assert sorted(path.parent.name for path in letters) == sorted(referrals)


def test_the_same_form_sent_twice_is_one_report() -> None:
    with house() as built:
        built.up()
        with closing(Reporter(built.public)) as reporter:
            reporter.open_form()
            words = f"Example {uuid4()}"
            first, again = reporter.send(words=words), reporter.send(words=words)
            changed = reporter.send(words=words + " and more")
        assert first == again != changed
        with built.connect("owner") as owner:
            assert owner.execute("SELECT count(*) FROM intake_report").fetchone() == (2,)
