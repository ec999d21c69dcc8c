"""Committed rows and raw connections with each process's own role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from lindung.evidence import find_chromium
from lindung.hotline.config import database, keys

if TYPE_CHECKING:  # Django is not set up yet when this file is read
    from .captured import Site
    from .mailbox import Mailbox

Connect = Callable[[str], psycopg.Connection]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for pages of our own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def role_passwords(django_db_setup: None, cluster: Path) -> Path:
    """Give each role its password, as `lindung migrate` does."""
    from lindung.hotline.config import env, migrate, postgres

    migrate.give_passwords(env.current())
    postgres.harden(cluster)
    return cluster


@pytest.fixture
def connect(role_passwords: Path) -> Iterator[Connect]:
    """Open a raw connection as one role: owner, public, console or worker."""
    opened: list[psycopg.Connection] = []

    def open_as(role: str) -> psycopg.Connection:
        connection = psycopg.connect(
            host=database.socket_folder(role_passwords),
            dbname=database.NAME,
            user=f"lindung_{role}",
            password=keys.read(role_passwords, f"db-{role}.key").decode(),
        )
        opened.append(connection)
        return connection

    yield open_as
    for connection in opened:
        connection.close()


def token(person: str) -> str:
    """What a person of the `rows` would hold after signing in."""
    return f"token of {person}"


def act_as(connection: psycopg.Connection, person: str) -> None:
    """Act by this person's sign-in from now on."""
    connection.execute("SELECT set_config('lindung.session', %s, false)", [token(person)])


class Rows:
    """Committed rows of one made-up case, written as the owner."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.ana, self.ben = self.person("analyst"), self.person("analyst")
        self.report = str(uuid4())
        self.execute(
            "INSERT INTO intake_report (id, receipt_hash, received_at, about, danger, is_child,"
            " language, sealed) VALUES (%s, %s, now(), 'seen', false, false, 'en', '')",
            [self.report, uuid4().bytes * 2],
        )
        self.item = str(uuid4())
        self.execute(
            "INSERT INTO casework_item (id, kind, value, display, url)"
            " VALUES (%s, 'words', %s, 'words', '')",
            [self.item, self.item],
        )
        self.case = self.one("SELECT casework_next_number()")
        self.execute(
            "INSERT INTO casework_case (number, status, danger, due_at, explanation, media_total,"
            " media_known) VALUES (%s, 'open', false, now(), '', 0, 0)",
            [self.case],
        )
        self.execute(
            "INSERT INTO casework_sighting (item_id, report_id, case_id) VALUES (%s, %s, %s)",
            [self.item, self.report, self.case],
        )
        self.authority = self.one(
            "INSERT INTO referral_authority (name, adapter, address, active)"
            " VALUES (%s, 'folder', 'test', true) RETURNING id",
            [str(uuid4())],
        )
        connection.commit()

    def execute(self, statement: str, values: list[object] | None = None) -> None:
        self.connection.execute(statement, values)

    def one(self, statement: str, values: list[object] | None = None) -> str:
        row = self.connection.execute(statement, values).fetchone()
        assert row is not None
        return str(row[0])

    def person(self, role: str) -> str:
        new = str(uuid4())
        self.execute(
            "INSERT INTO accounts_person (id, username, name, role, password, is_active,"
            " created_at) VALUES (%s, %s, 'Example', %s, '!', true, now())",
            [new, new, role],
        )
        self.execute(
            "INSERT INTO accounts_session (token_hash, person_id) VALUES (sha256(%s::bytea), %s)",
            [token(new), new],
        )
        return new


@pytest.fixture
def site(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    from lindung import evidence, media
    from lindung.hotline.custody import services as custody
    from lindung.hotline.triage import files

    from .captured import Site

    custody.make_keys()
    with media.ListStore.open(tmp_path / "lists") as store:
        made = Site(tmp_path, store)
        monkeypatch.setattr(files, "hash_lists", lambda: store)
        monkeypatch.setattr(evidence, "capture", made.capture)
        yield made


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    from .mailbox import Mailbox

    box = Mailbox()
    box.controller.start()
    yield box
    box.controller.stop()


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], None]:
    """Change a setting for one test."""
    from django.conf import settings

    def change(name: str, value: object) -> None:
        values = {**settings.ENV.values, f"LINDUNG_{name}": value}
        monkeypatch.setattr(settings, "ENV", replace(settings.ENV, values=values))

    return change


@pytest.fixture
def rows(connect: Connect) -> Rows:
    return Rows(connect("owner"))


def assess(connection: psycopg.Connection, case: str, person: str) -> str:
    new = str(uuid4())
    act_as(connection, person)
    connection.execute(
        "INSERT INTO casework_assessment (id, case_id, person_id, category, reason)"
        " VALUES (%s, %s, %s, 'offer', 'example')",
        [new, case, person],
    )
    connection.execute("UPDATE casework_case SET status = 'assessed' WHERE number = %s", [case])
    return new


def confirm(
    connection: psycopg.Connection, assessment: str, person: str, agrees: bool = True
) -> str:
    new = str(uuid4())
    act_as(connection, person)
    connection.execute(
        "INSERT INTO casework_confirmation (id, assessment_id, person_id, agrees, note)"
        " VALUES (%s, %s, %s, %s, '')",
        [new, assessment, person, agrees],
    )
    return new


def refer(
    connection: psycopg.Connection, rows: Rows, confirmation: str, letter: bytes = b""
) -> str:
    new = str(uuid4())
    act_as(connection, rows.ana)
    connection.execute(
        "INSERT INTO referral_referral (id, case_id, confirmation_id, authority_id, queued_by_id,"
        " sealed_letter, state, attempts, reference, last_error)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'queued', 0, '', '')",
        [new, rows.case, confirmation, rows.authority, rows.ana, letter],
    )
    return new
