"""The second factor at the door: a code that turned over is good, and only once."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from lindung.hotline.accounts.models import Person, Role
from lindung.hotline.demo.people import totp

pytestmark = [pytest.mark.django_db, pytest.mark.database]
WORDS = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXP"
STEP = 30
NOW = 1_700_000_000.0


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("time.time", lambda: NOW)
    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    cache.clear()
    person = Person.objects.create(username="ana", name="Example", role=Role.ANALYST)
    person.set_password(WORDS)
    person.save()
    auth.TOTP.activate(person, SECRET)
    return Client(HTTP_HOST="127.0.0.1")


def admitted(client: Client, code: str) -> bool:
    """Whether password and code let the person in."""
    client.logout()
    first = client.post("/accounts/login/", {"login": "ana", "password": WORDS})
    assert first.headers["Location"] == "/accounts/2fa/authenticate/"
    return bool(client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302)


def test_a_code_that_turned_over_while_it_was_typed_is_good(client: Client) -> None:
    assert admitted(client, totp(SECRET, NOW - STEP))


def test_a_code_of_two_steps_ago_is_refused(client: Client) -> None:
    assert not admitted(client, totp(SECRET, NOW - 2 * STEP))


def test_a_used_code_is_refused_for_as_long_as_it_would_be_good(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = totp(SECRET, NOW + STEP)
    assert admitted(client, code)
    monkeypatch.setattr("time.time", lambda: NOW + 1.5 * STEP)
    assert not admitted(client, f"{code[:3]} {code[3:]}")
    assert admitted(client, totp(SECRET, NOW + 2.5 * STEP))
