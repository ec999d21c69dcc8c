"""A partner's terms work here and are written nowhere here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from lindung.hotline.config import sealing
from lindung.hotline.intake import services as intake
from lindung.hotline.intake.models import Report
from lindung.hotline.triage import services
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
    services.reader.cache_clear()
    yield made
    services.reader.cache_clear()
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
    assert services.reader().read([words])[0].signals
    assert terms[0] in sealing.unseal(report.sealed)
    everything = dump()
    assert "priced-access" in everything
    stored = b"".join(file.read_bytes() for file in settings.ENV.home.glob("lexicons/*")).decode()
    for term in terms:
        assert term not in everything and term.encode().hex() not in everything
        assert term not in stored
