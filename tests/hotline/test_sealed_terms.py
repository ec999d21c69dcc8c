"""A partner's terms work here and are written nowhere here."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from lindung.hotline.config import sealing
from lindung.hotline.console import context
from lindung.hotline.intake import services as intake
from lindung.hotline.intake.models import Report
from lindung.hotline.triage import selectors, services
from lindung.hotline.triage import terms as worker
from lindung.text import seal

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def nonsense() -> str:
    """A word that exists nowhere: made now, so that it stands in no file of this repository."""
    return "".join(secrets.choice("bdfgklmnprstvz") + secrets.choice("aeiou") for _ in range(5))


@pytest.fixture
def terms() -> Iterator[list[str]]:
    made = [nonsense() for _ in range(20)]
    folder: Path = settings.ENV.home / "lexicons"
    folder.mkdir()
    key = secrets.token_bytes(16)
    (folder / "partner.key").write_text(key.hex())
    text = seal(
        [(term, "example category") for term in made],
        key,
        partner="Example partner",
        version=1,
        valid_until=datetime.now(UTC).date() + timedelta(days=1),
    )
    (folder / "partner.json").write_text(text)
    yield made
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def dump() -> str:
    """Every row of every table as text; bytes show as hexadecimal digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows).casefold()


def test_no_term_of_a_sealed_list_reaches_the_database(terms: list[str]) -> None:
    words = f"RM20 membership, private group, ages 13-15 [redacted], {' '.join(terms)}"
    receipt = intake.receive(
        intake.Content((), words, ""),
        nonce="sealed",
        about="seen",
        danger=False,
        is_child=False,
        language="en",
    )
    assert receipt
    report = Report.objects.latest("received_at")
    services.examine(report.pk)
    assert worker.reader().read([words])[0].signals
    assert terms[0] in sealing.unseal(report.sealed)
    everything = dump()
    assert "priced-access" in everything
    stored = b"".join(file.read_bytes() for file in settings.ENV.home.glob("lexicons/*")).decode()
    for term in terms:
        assert term not in everything and term.encode().hex() not in everything
        assert term not in stored


def status() -> str:
    return subprocess.run(
        [sys.executable, "-m", "lindung", "status"],
        env=os.environ | {"LINDUNG_HOME": str(settings.ENV.home)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


SPOILED: dict[str, tuple[Callable[[str, bytes], tuple[str, str]], str, str]] = {
    "damaged": (lambda text, key: (text[:-9], key.hex()), "cannot be read", "tidak dapat dibaca"),
    "wrong key": (lambda text, key: (text, key[::-1].hex()), "does not open it", "partner.key"),
    "no key": (lambda text, key: (text, ""), "does not open it", "partner.key"),
    "ended": (
        lambda text, key: (re.sub(r"20\d\d-\d\d-\d\d", "2020-01-31", text), key.hex()),
        "has ended",
        "sudah tamat",
    ),
}


@pytest.mark.parametrize("spoil, english, malay", SPOILED.values(), ids=SPOILED)
def test_a_list_that_is_left_out_is_an_alarm_until_it_is_mended(
    terms: list[str],
    spoil: Callable[[str, bytes], tuple[str, str]],
    english: str,
    malay: str,
) -> None:
    folder: Path = settings.ENV.home / "lexicons"
    sound, key = (folder / "partner.json", folder / "partner.key")
    text, secret = sound.read_text(), bytes.fromhex(key.read_text())
    post = f"RM20 {terms[0]}"
    worker.reader()
    assert selectors.alarms() == []

    for file, content in zip((sound, key), spoil(text, secret), strict=True):
        file.write_text(content)
    worker.reader()
    (alarm,) = selectors.alarms()
    assert "partner.json" in alarm and english in alarm
    with translation.override("ms"):
        assert malay in selectors.alarms()[0]
    assert alarm in context._alarms()
    said = status()
    assert "lexicons/partner.json is not used" in said
    assert secret.hex() not in said + alarm

    for file, content in zip((sound, key), (text, secret.hex()), strict=True):
        file.write_text(content)
    assert worker.reader().lexicons and worker.reader().read([post])
    assert selectors.alarms() == []
    assert "partner.json" not in status()


def test_a_key_service_that_is_back_is_asked_again(
    terms: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the folder changes when a key that stands elsewhere can be had again."""
    key: Path = settings.ENV.home / "lexicons" / "partner.key"
    secret = key.read_text()
    key.write_text("env:EXAMPLE_PARTNER_KEY")
    worker.reader()
    assert selectors.alarms()
    monkeypatch.setenv("EXAMPLE_PARTNER_KEY", secret)
    monkeypatch.setattr(worker, "RETRY", 1e-9)
    assert worker.reader().lexicons
    assert selectors.alarms() == []
