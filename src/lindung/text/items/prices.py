"""Amounts of money, read from folded text; how they are written is data in `prices.yaml`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import yaml

from lindung.text.items.numbers import IN_HAN, IN_WORDS, value_of
from lindung.text.normal.fold import fold

# Letters of scripts that set spaces between words, as a class: Chinese may stand close to anything.
LETTERS = "a-zÀ-ÖØ-öø-῿"
LETTER = f"[{LETTERS}]"

_FACTS: dict[str, Any] = yaml.safe_load(
    files("lindung.text").joinpath("data/prices.yaml").read_text("utf-8")
)
CURRENCY_NAMES: dict[str, str] = {
    fold(name.rstrip("*")).text: code
    for code, names in _FACTS["currencies"].items()
    for name in names
}
SCALE_NAMES: dict[str, int] = {
    fold(name).text: scale for scale, names in _FACTS["scales"].items() for name in names
}
AMOUNTS: dict[str, str] = {
    name: value for value, names in _FACTS["amounts"].items() for name in names
}
ALONE: tuple[str, ...] = tuple(_FACTS["alone"])


def either(names: object) -> str:
    """The names as one expression, longer ones first."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))  # type: ignore[call-overload]


_GROUPS = r"\d{1,3}(?:[., ]\d{3}){1,4}(?!\d)(?:[.,]\d{1,2}(?!\d))?"
# what follows an age and no price: `RM20,13-15yo` is two things
_NO_AGE = r"(?!\d|\s?(?:[-–~至到岁歲]|yo\b|y/o|year|yr|tahun|thn|வய|vaya))"
_NUMBER = rf"{_GROUPS}|\d{{1,9}}(?:\.\d{{1,2}}(?!\d)|,\d{{1,2}}{_NO_AGE})?"
_SPACED = r"(?:(?<=\s)\d(?: \d){1,5}|\d(?:[.-]\d){2,5}|\d-0)(?![\d-]|\s?\d)"  # 2 0
_LOOKS = r"[\doil]{2,7}(?![a-z\d])"  # l0, 2o: letters that look like digits
_is_word = re.compile("[a-z]+(?: [a-z]+)?").fullmatch
_WORDS = either([name for name in CURRENCY_NAMES if _is_word(name)])
_SIGNS = either([name for name in CURRENCY_NAMES if not _is_word(name)])
_BEFORE = rf"(?:(?<!{LETTER})(?:{_WORDS})|{_SIGNS})"
_AFTER = rf"(?:(?:{_WORDS})(?!{LETTER}|\d)|(?:{_SIGNS})(?![{''.join(_FACTS['no_sign'])}]))"
_SCALE = rf"(?:\s?(?P<{{}}>{either(SCALE_NAMES)})(?![a-z]))"
_LEFT = r"(?<!\d)(?<!\d[.,])"
PRICE = re.compile(
    rf"(?P<before>{_BEFORE})(?:[\s.:=_-]{{0,3}})"
    rf"(?:(?P<spaced>{_SPACED})|(?P<n1>{_NUMBER})(?![a-z]*[oil]\d|[oil]+(?![a-z]))|(?P<looks>{_LOOKS})"
    rf"|(?P<w1>{IN_WORDS}|{IN_HAN}))(?:{_SCALE.format('s1')})?(?!\d)"
    rf"|{_LEFT}(?:(?P<n2>{_NUMBER})|(?P<w2>{IN_WORDS}|{IN_HAN}))"
    rf"(?:{_SCALE.format('s2')})?[\s-]?(?P<after>{_AFTER})"
    rf"|{_LEFT}(?<![$€£¥₹])(?<!{LETTER})(?:(?P<n3>{_NUMBER})|(?P<w3>{IN_WORDS}))\s?"
    rf"(?P<s3>{either(ALONE)})(?!{LETTER}|\d)(?!\s?(?:{either(_FACTS['no_money'])})s?\b)"
    rf"|(?<!{LETTER})(?P<amount>{either(AMOUNTS)})(?!{LETTER})"
)
_LETTER_DIGITS = str.maketrans("oil", "011")


def price_value(match: re.Match[str]) -> str | None:
    """`MYR 1500` for a match of PRICE: an ISO 4217 code, or the sign where it is ambiguous.

    None where what looks like an amount is none.
    """
    if match["amount"]:
        return AMOUNTS[match["amount"]]
    name = match["before"] or match["after"]
    currency = CURRENCY_NAMES[name] if name else "IDR"
    scale = SCALE_NAMES.get(match["s1"] or match["s2"] or match["s3"] or "", 1)
    amount = _amount(match)
    if not amount or (name == "块" and match["w2"] == "一"):  # 一块: together, a piece
        return None
    return f"{currency} {amount * scale:.2f}".removesuffix(".00")


def _amount(match: re.Match[str]) -> float | None:
    if words := match["w1"] or match["w2"] or match["w3"]:
        value = value_of(words)
        return None if value is None or (len(words) == 1 and words in "零〇") else float(value)
    if match["spaced"]:
        return float(re.sub(r"\D", "", match["spaced"]))
    if match["looks"]:
        looks = match["looks"]
        return float(looks.translate(_LETTER_DIGITS)) if any(map(str.isdigit, looks)) else None
    number = match["n1"] or match["n2"] or match["n3"]
    if re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+(?:[.,]\d{1,2})?", number):
        whole, cents = number, ""
        if found := re.search(r"[.,](\d{1,2})$", number):
            whole, cents = number[: found.start()], "." + found[1]
        number = re.sub(r"[., ]", "", whole) + cents
    return float(number.replace(",", "."))


TRIGGERS = sorted(  # one of these stands in every text with a price
    {*CURRENCY_NAMES, *ALONE, *AMOUNTS, "rm*", "myr*"}
    | {name + "*" for name in CURRENCY_NAMES if "\u0b80" <= name[0] <= "\u0bff"}
)
# Words that a disguise may hide.
WORDS = frozenset(
    name for name in CURRENCY_NAMES if name.isascii() and name.isalpha() and len(name) > 2
)
