"""Malay is whole, and small words in templates are right."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import timezone, translation

import lindung.hotline
from lindung.hotline.web.templatetags import face
from lindung.hotline.web.words import FROM_BELOW, said
from lindung.text import NotUnderstood, canonicalise

HOTLINE = Path(lindung.hotline.__file__).parent


def catalogue(language: str) -> Path:
    return HOTLINE / "locale" / language / "LC_MESSAGES" / "django.po"


def test_no_malay_text_is_missing_or_doubtful() -> None:
    with catalogue("ms").open("rb") as file:
        messages = [m for m in read_po(file, locale="ms", abort_invalid=False) if m.id]
    assert len(messages) > 250
    assert [m.id for m in messages if m.fuzzy] == []
    assert [m.id for m in messages if not m.string or not all(m.string)] == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_every_text_of_the_code_is_in_the_catalogues(tmp_path: Path) -> None:
    """Runs makemessages on a copy: a new text makes this fail until `make messages` is run."""
    copy = tmp_path / "hotline"
    shutil.copytree(HOTLINE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--all", "--no-location", "--no-obsolete"],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    for language in ("en", "ms"):
        with (copy / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
            now = {m.id for m in read_po(file)}
        with catalogue(language).open("rb") as file:
            then = {m.id for m in read_po(file)}
        assert now - then == set()
        assert then - now == set()


@pytest.mark.parametrize(
    ("age", "words"),
    [
        ({"seconds": 20}, "now"),
        ({"minutes": 5}, "5 min ago"),
        ({"hours": 3}, "3 h ago"),
        ({"days": 3}, "3 days ago"),
        ({"hours": -3, "seconds": -9}, "in 3 h"),
    ],
)
def test_times_are_relative_with_the_exact_time_beside(age: dict[str, int], words: str) -> None:
    when = timezone.now() - dt.timedelta(**age)
    text = face.moment(when)
    assert f">{words}</time>" in text
    assert when.isoformat(timespec="seconds") in text
    assert "UTC" in text


def test_times_speak_malay() -> None:
    with translation.override("ms"):
        assert ">5 minit lalu</time>" in face.moment(timezone.now() - dt.timedelta(minutes=5))


def test_no_time_is_no_text() -> None:
    assert face.moment(None) == ""
    assert not face.past(None)


def test_a_telephone_number_becomes_a_link() -> None:
    assert face.tel("1-800-18-2327") == "tel:1800182327"
    assert face.tel("+60 3-2000 0000") == "tel:+60320000000"


def test_an_unknown_keyword_shows_as_itself() -> None:
    assert said("referral.sent", "deed") == "referral sent"
    assert said("zorblat", "deed") == "zorblat"


@pytest.mark.parametrize(
    "text",
    [
        "There is more than one link here. Put each link in a field of its own.",
        "Two-Factor Authentication",
        "Yes",
    ],
)
def test_texts_of_other_floors_and_of_the_sign_in_library_have_malay_too(text: str) -> None:
    with translation.override("ms"):
        assert translation.gettext(text) != text


def test_what_the_reading_of_links_says_is_among_our_words() -> None:
    """The text floor knows no gettext; its sentences must be listed word for word."""
    for broken in ("", "https://", "https://example.com https://example.org", "x" * 20_001):
        with pytest.raises(NotUnderstood) as refused:
            canonicalise(broken)
        assert str(refused.value) in FROM_BELOW
