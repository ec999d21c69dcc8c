"""What hangs blocks only itself, also through a worker that is killed meanwhile."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from nacl.public import PublicKey, SealedBox

from .conftest import Rows, assess, confirm, refer
from .house import House, house
from .reporter import Reporter

PATIENCE = 150
STATE = "SELECT state FROM referral_referral WHERE id = '{}'"


def dribble(connection: socket.socket) -> None:
    """A mail server's greeting that never comes to its end."""
    with connection, suppress(OSError):
        while True:
            connection.sendall(b"220-example\r\n")
            time.sleep(1)


@pytest.fixture
def mail_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            with suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    threading.Thread(target=dribble, args=[connection], daemon=True).start()

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]


def letter(built: House, adapter: str, address: str) -> str:
    """Queue a letter that two people decided."""
    with closing(built.connect("owner")) as owner:
        owner.autocommit = False
        rows = Rows(owner)
        owner.execute(
            "UPDATE referral_authority SET adapter = %s, address = %s WHERE id = %s",
            [adapter, address, rows.authority],
        )
        owner.commit()
        key = PublicKey((built.home / "keys" / "report.pub").read_bytes())
        with built.connect("console") as console, console.transaction():
            answer = confirm(console, assess(console, rows.case, rows.ana), rows.ben)
            console.execute(
                "UPDATE casework_case SET status = 'confirmed' WHERE number = %s", [rows.case]
            )
            return refer(console, rows, answer, SealedBox(key).encrypt(b"Example letter"))


def until(built: House, statement: str, expected: object) -> None:
    with closing(built.connect("owner")) as owner:
        end = time.monotonic() + PATIENCE
        while (found := owner.execute(statement).fetchone()) != (expected,):
            assert time.monotonic() < end, f"{statement}: {found}{built.logs()}"
            time.sleep(0.3)


@pytest.mark.timeout(600)
def test_a_hung_server_blocks_only_itself_also_through_a_killed_worker(mail_server: int) -> None:
    with house(
        LINDUNG_SMTP_URL=f"smtp://127.0.0.1:{mail_server}", LINDUNG_MAIL_FROM="hotline@example.org"
    ) as built:
        built.up()
        hung = [letter(built, "email", "desk@example.org") for _ in range(9)]
        sent = letter(built, "folder", "example")
        until(built, STATE.format(sent), "sent")
        os.kill(built.pids()["worker"], signal.SIGKILL)
        with closing(Reporter(built.public)) as reporter:
            reporter.open_form()
            reporter.send(words="Example", danger="yes")
        until(
            built,
            "SELECT count(*) FROM casework_sighting s JOIN intake_report r ON r.id = s.report_id"
            " WHERE r.danger",
            1,
        )
        until(built, "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'reports'", 0)
        again = letter(built, "folder", "example")
        until(built, STATE.format(again), "sent")
        # None of them is lost or stuck: each waits for its next try.
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'letters'"
        until(built, waiting, len(hung))
