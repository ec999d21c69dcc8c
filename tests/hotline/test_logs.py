"""What reaches a log names nobody and opens nothing."""

from __future__ import annotations

import logging

import pytest
from django.test import Client
from psycopg.errors import UniqueViolation
from pytest_django import Settings

from lindung.hotline.config.logs import Quiet

LINK = "/setup/a-live-one-time-link/"


def shown(name: str, words: object, *values: object, error: BaseException | None = None) -> str:
    told = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, "", 0, words, values, told)
    return Quiet().format(record)


def test_a_librarys_values_and_whole_sentences_are_left_out() -> None:
    for line in (
        shown("django.request", "Not Found: %s", LINK),
        shown("allauth", f"Sign-in of mei from 192.0.2.7 at {LINK}"),
        shown("waitress", "Client %s went", "192.0.2.7"),
    ):
        assert not any(word in line for word in ("mei", "192.0.2.7", LINK)), line


def test_an_exception_shows_its_class_place_and_code_and_not_its_text() -> None:
    try:
        try:
            raise UniqueViolation("Key (username)=(mei) already exists.")
        except UniqueViolation as error:
            raise ValueError("mei is there already") from error
    except ValueError as error:
        line = shown("django.request", "Internal Server Error: %s", LINK, error=error)
    assert "ValueError" in line and "UniqueViolation 23505" in line and "test_logs.py" in line
    assert "mei" not in line and LINK not in line


def test_our_own_words_stay() -> None:
    line = shown("lindung.hotline.referral", "Referral %s is stuck as %s", "EX-1", "queued")
    assert line.endswith("Referral EX-1 is stuck as queued")


@pytest.mark.django_db
def test_a_refused_link_is_logged_by_its_route(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    Client(HTTP_HOST="127.0.0.1").get(LINK)
    (record,) = [r for r in caplog.records if r.name == "django.request"]
    line = Quiet().format(record)
    assert "410 GET setup/<str:token>/" in line and LINK not in line
