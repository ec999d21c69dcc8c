"""The words by which ages are said, as expressions over folded text; the words are data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from typing import Any

import yaml

from lindung.text.items.numbers import IN_WORDS
from lindung.text.items.prices import LETTER
from lindung.text.normal.fold import fold

Age = tuple[str, int, int]  # `13` or `13-15`, and the span in folded text

Read = Callable[[re.Match[str], str], Iterator[Age]]


FACTS: dict[str, Any] = yaml.safe_load(
    files("lindung.text").joinpath("data/ages.yaml").read_text("utf-8")
)
TAMIL = "[஀-௿]"
AROUND = 32  # characters in which a word beside an age says whose it is


def any_of(names: Iterable[str]) -> str:
    """The names as one expression; words of letters with edges, a trailing * goes on.

    The edge before words stands once, so that few places of a text are looked at twice.
    """
    words: list[str] = []
    others: list[str] = []
    for name in sorted(set(names), key=len, reverse=True):
        folded = fold(name.rstrip("*")).text
        expression = re.escape(folded).replace(r"\ ", r"\s?")
        if name.endswith("*"):
            expression += "[a-z]{0,6}" if folded.isascii() else f"{TAMIL}{{0,8}}"
        elif folded[-1].isascii() and folded[-1].isalnum():
            expression += f"(?!{LETTER}|\\d)"
        (words if folded[0].isascii() and folded[0].isalpha() else others).append(expression)
    edged = [f"(?<!{LETTER})(?:{'|'.join(words)})"] if words else []
    return "(?:" + "|".join([*edged, *others]) + ")"


def units(names: Iterable[str]) -> str:
    """As `_any`, but it may follow a digit at once."""
    return any_of(names).replace(f"(?<!{LETTER})", "")


def labels(names: Iterable[str]) -> str:
    """As `_any`, but a digit may follow at once."""
    return any_of(names).replace(f"(?!{LETTER}|\\d)", f"(?!{LETTER})")


DIGITS = r"(?:[1-9]\d?|0[1-9])"
_HAN, _FORMAL = "[一二三四五六七八九]", "[壹贰叁肆伍陆柒捌玖]"
HAN_AGE = rf"(?:{_HAN}?十{_HAN}?|{_HAN}|两|[壹一]?拾{_FORMAL}|壹{_FORMAL})"
N = rf"(?:(?<!\d){DIGITS}(?!\d)|{IN_WORDS}|{HAN_AGE})"
TO = (
    r"(?:\s?(?:-|–|—|~|/|&|\+|to|until|till|hingga|sampai|sampe|ke|到|至|முதல்|and|dan|or|atau|或"
    r"|mudhal)\s?)"
)
LABEL, UNIT, YEARS = labels(FACTS["labels"]), units(FACTS["units"]), units(FACTS["years"])
EACH_UNIT = rf"(?:{UNIT}|{YEARS})"
MEASURE = rf"(?:[.,:/]\d|\s?%|\s?(?:{units(FACTS['measures'])}))"
ALONE = r"(?<![\d:/$€£#.])(?<!\d\s)(?!(?<=\d,)\d(?!\d))"
NUMBER_LEFT = rf"{ALONE}(?<!\d-)(?<!{LETTER})"


def years(one: int | None, two: int | None = None) -> str | None:
    if one is None or not 0 < one < 100:
        return None
    return f"{one}-{two}" if two is not None and one < two < 100 else str(one)


def whole(match: re.Match[str], value: str | None) -> Iterator[Age]:
    if value is not None:
        yield value, *match.span()
