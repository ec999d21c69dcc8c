"""Reads of the guidance data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .schema import Contact, Country, GuidanceError, Law, Text, load

__all__ = ["Contact", "Country", "GuidanceError", "Law", "Text", "codes", "country"]

DATA = Path(__file__).with_name("data")
INTERNATIONAL = "XX"


def codes() -> list[str]:
    """The countries that have a file of their own."""
    return sorted(path.stem for path in DATA.glob("[A-Z][A-Z].yaml"))


@cache
def country(code: str) -> Country:
    """The guidance of a country, or the international minimum where there is none yet."""
    path = DATA / f"{code}.yaml"
    return load(path if code in codes() else DATA / f"{INTERNATIONAL}.yaml")
