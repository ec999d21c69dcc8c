"""How often somebody may try, counted in the database, by where they come from."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from lindung.hotline.accounts import doors, sessions
from lindung.hotline.web import source, views

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def request(address: str, **headers: str) -> HttpRequest:
    made = RequestFactory().post("/")
    made.META |= {"REMOTE_ADDR": address, **headers}
    return made


def fail(address: str, name: str, door: str = "password", times: int = 100) -> int:
    """Fail until it is refused; how often it was allowed."""
    return sum(doors.attempt(request(address), door, name) is not None for _ in range(times))


@pytest.fixture
def name() -> str:
    return uuid4().hex


def test_few_tries_from_one_place_and_other_places_and_names_go_on(name: str) -> None:
    assert fail("192.0.2.1", name) == 8
    assert doors.attempt(request("192.0.2.2"), "password", name)
    assert doors.attempt(request("192.0.2.1"), "password", uuid4().hex)
    assert doors.attempt(request("192.0.2.1"), "code", name)


def test_one_person_has_a_whole_network_of_ipv6(name: str) -> None:
    assert sum(fail(f"2001:db8::{n:x}", name, times=1) for n in range(1, 20)) == 8


def test_what_was_good_does_not_count(name: str) -> None:
    for _ in range(20):
        number = doors.attempt(request("192.0.2.1"), "password", name)
        assert number is not None
        doors.good(number)


def test_from_everywhere_together_it_is_slow_and_locks_nobody_out_who_was_here(name: str) -> None:
    home = request("192.0.2.200")
    doors.came_in(home, name)
    allowed = sum(fail(f"198.51.100.{n}", name, times=2) for n in range(1, 100))
    assert allowed == 60
    assert doors.attempt(request("203.0.113.1"), "password", name) is None
    assert doors.attempt(home, "password", name)


def test_other_peoples_tries_erase_no_count(name: str) -> None:
    assert fail("192.0.2.1", name, "code") == 8
    for n in range(400):
        doors.attempt(request("198.51.100.1"), "code", f"{name}{n}")
    assert fail("192.0.2.1", name, "code") == 0


class TestProxy:
    @pytest.fixture
    def seen(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
        values = {**settings.ENV.values, "LINDUNG_PROXY": frozenset({"127.0.0.1"})}
        monkeypatch.setattr(settings, "ENV", replace(settings.ENV, values=values))
        return []

    def ask(self, seen: list[tuple[str, bool]], address: str, **headers: str) -> None:
        def view(asked: HttpRequest) -> HttpResponse:
            seen.append((source.network_of(asked), asked.is_secure()))
            assert not [name for name in asked.META if "FORWARDED" in name]
            return HttpResponse()

        source.from_proxy(view)(request(address, **headers))

    def test_the_last_word_of_our_own_proxy_is_believed(self, seen: list[tuple[str, bool]]) -> None:
        said = {"HTTP_X_FORWARDED_FOR": "192.0.2.9, 198.51.100.7"}
        self.ask(seen, "127.0.0.1", HTTP_X_FORWARDED_PROTO="https", **said)
        self.ask(seen, "127.0.0.1", HTTP_X_FORWARDED_FOR="not an address")
        assert seen == [("198.51.100.7", True), ("127.0.0.1", False)]

    def test_nobody_elses_is(self, seen: list[tuple[str, bool]]) -> None:
        said = {"HTTP_X_FORWARDED_FOR": "192.0.2.9", "HTTP_X_FORWARDED_PROTO": "https"}
        self.ask(seen, "203.0.113.5", **said)
        assert seen == [("203.0.113.5", False)]


def test_the_consoles_health_is_503_without_a_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def cursor(self) -> None:
            raise DatabaseError

    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    for module in (views, sessions):
        monkeypatch.setattr(module, "connection", Gone())
    answer = Client(HTTP_HOST="127.0.0.1", raise_request_exception=False).get("/healthz")
    assert answer.status_code == 503
