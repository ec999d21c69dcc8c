"""What a list's words of status mean (words.yaml). An unknown one is refused, never guessed."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Any

import yaml


class State(StrEnum):
    """What a list says of an entry, the weightiest last: of several words that one counts."""

    LIVE = "live"
    DISPUTED = "disputed"
    HARMLESS = "harmless"
    WITHDRAWN = "withdrawn"


# The fields that say it, and what their columns ask where they ask a question.
ASKED = {"deleted": State.WITHDRAWN, "harmless": State.HARMLESS, "disputed": State.DISPUTED}
FIELDS = ("action", "ended", "active", *ASKED)
ORDER = list(State)


class UnknownWordError(ValueError):
    """A field holds a word that we do not know: `field`, `word`."""

    def __init__(self, field: str, word: str) -> None:
        super().__init__(field, word)
        self.field, self.word = field, word


def plain(word: str) -> str:
    """A word as it is compared: without case, accents, spaces and punctuation."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in parts if each.isalnum())


@functools.cache
def _meanings() -> dict[str, dict[str, list[list[str]]]]:
    text = files("lindung.media.lists").joinpath("words.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@functools.cache
def _known(section: str) -> dict[str, State]:
    return {
        plain(word): State(meant)
        for name in dict.fromkeys(("any", section))
        for meant, lines in _meanings().get(name, {}).items()
        for word in itertools.chain.from_iterable(lines)
    }


@functools.cache
def _answers() -> dict[str, bool]:
    told = _meanings()["answers"]
    return {
        plain(word): said == "yes"
        for said, lines in told.items()
        for word in itertools.chain.from_iterable(lines)
    }


def state(given: Mapping[str, str], section: str = "any", now: dt.datetime | None = None) -> State:
    """What the fields of FIELDS say together; live when none says anything.

    Raises UnknownWordError.
    """
    found = [State.LIVE]
    for field in FIELDS:
        word = given.get(field, "").strip()
        if word:
            found.append(_said(field, word, section, now or dt.datetime.now(dt.UTC)))
    return max(found, key=ORDER.index)


def _said(field: str, word: str, section: str, now: dt.datetime) -> State:
    key = plain(word)
    known: State | None
    if field == "action":
        # A sign is not punctuation: "-1" and "+1" are no words.
        known = None if re.search(r"[-+]\s*\d", word) else _known(section).get(key)
    elif field == "ended":
        known = _ended(word, now)
    else:
        answer = _answers().get(key)
        yes, no = (State.LIVE, State.WITHDRAWN) if field == "active" else (ASKED[field], State.LIVE)
        known = None if answer is None else (yes if answer else no)
    if known is None:
        raise UnknownWordError(field, word)
    return known


def _ended(word: str, now: dt.datetime) -> State | None:
    """A time at which an entry ends, ISO 8601 or seconds since 1970; 0 and no-words for never."""
    if plain(word) in ("0", "null", "none", "never"):
        return State.LIVE
    try:
        if re.fullmatch(r"\d{9,11}", word, re.ASCII):
            ends = dt.datetime.fromtimestamp(int(word), dt.UTC)
        else:
            ends = dt.datetime.fromisoformat(word)
    except (ValueError, OverflowError, OSError):
        return None
    if ends.tzinfo is None:
        ends = ends.replace(tzinfo=dt.UTC)
    return State.WITHDRAWN if ends <= now else State.LIVE
