"""The shape of a country's file, checked when it is loaded.

A file is refused with its path and the place in it, so that a wrong number never reaches a child.
A text is either one string or a mapping from language code to string, English always among them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

import yaml
from django.utils.translation import get_language

LINK = re.compile(r"https://[^\s/]+(/\S*)?")
NUMBER = re.compile(r"[0-9+][0-9 -]{2,20}")


class GuidanceError(ValueError):
    """A guidance file is wrong; the text says which file, where, and what it should be."""


@dataclass(frozen=True)
class Text:
    """Words in several languages; shows itself in the reader's, or else in English."""

    by_language: Mapping[str, str]

    def __str__(self) -> str:
        language = get_language() or "en"
        known = self.by_language
        return known.get(language) or known.get(language.split("-")[0]) or known["en"]


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to: at least one of `phone`, `whatsapp`, `email`, `web` or `note`."""

    name: Text
    source: str
    checked: dt.date
    phone: str = ""
    whatsapp: str = ""
    email: str = ""
    web: str = ""
    hours: Text | None = None
    note: Text | None = None
    for_children: bool = False


@dataclass(frozen=True)
class Law:
    """One provision. `second_hand`: read in a newspaper or a report, not in the law itself."""

    act: str
    section: str
    about: Text
    source: str
    checked: dt.date
    penalty: Text | None = None
    second_hand: bool = False


@dataclass(frozen=True)
class Country:
    """What the pages show for one country; `emergency` may be empty (see XX.yaml)."""

    code: str
    name: Text
    emergency: str
    helplines: tuple[Contact, ...]
    reporting: tuple[Contact, ...]
    laws: tuple[Law, ...] = field(default=())

    @property
    def for_a_child(self) -> list[Contact]:
        """The helplines in the order in which a child should see them."""
        return sorted(self.helplines, key=lambda contact: not contact.for_children)


def load(path: Path) -> Country:
    """Read one file. Raises GuidanceError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise GuidanceError(f"{path.name} is not YAML: {error}") from None
    country = cast("Country", _record(Country, raw, path.name))
    if country.code != path.stem:
        raise GuidanceError(f"{path.name}: code should be {path.stem!r}, like the file's name.")
    return country


def _record(kind: type[Any], raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise GuidanceError(f"{where}: should be a mapping of names to values.")
    known = {f.name: f for f in fields(kind)}
    for name in raw.keys() - known.keys():
        raise GuidanceError(f"{where}.{name}: unknown. Known are {', '.join(known)}.")
    values = {}
    for name, spec in known.items():
        if name in raw:
            values[name] = _value(str(spec.type), name, raw[name], f"{where}.{name}")
        elif spec.default is MISSING:
            raise GuidanceError(f"{where}.{name}: missing.")
    if kind is Contact and not any(
        values.get(name) for name in ("phone", "whatsapp", "email", "web", "note")
    ):
        raise GuidanceError(f"{where}: needs a phone, whatsapp, email, web or note.")
    return kind(**values)


def _value(kind: str, name: str, raw: Any, where: str) -> Any:
    match kind:
        case "Text" | "Text | None":
            return _text(raw, where)
        case "tuple[Contact, ...]" | "tuple[Law, ...]":
            record = Contact if "Contact" in kind else Law
            if not isinstance(raw, list):
                raise GuidanceError(f"{where}: should be a list.")
            return tuple(_record(record, part, f"{where}[{i}]") for i, part in enumerate(raw))
        case "dt.date":
            if not isinstance(raw, dt.date):
                raise GuidanceError(f"{where}: should be a date such as 2026-11-23.")
        case "bool":
            if not isinstance(raw, bool):
                raise GuidanceError(f"{where}: should be true or false.")
        case _:
            return _line(name, raw, where)
    return raw


def _line(name: str, raw: Any, where: str) -> str:
    if not isinstance(raw, str):
        raise GuidanceError(f"{where}: should be text; put it in quotation marks.")
    if name == "web" and not LINK.fullmatch(raw):
        raise GuidanceError(f"{where}: should begin with https://. It is {raw!r} now.")
    if name in ("phone", "whatsapp") and not NUMBER.fullmatch(raw):
        raise GuidanceError(f"{where}: should be digits, spaces and hyphens. It is {raw!r} now.")
    if name == "source" and not raw.strip():
        raise GuidanceError(f"{where}: say where this was read.")
    return raw


def _text(raw: Any, where: str) -> Text:
    words = {"en": raw} if isinstance(raw, str) else raw
    if not isinstance(words, dict) or not words.get("en"):
        raise GuidanceError(f"{where}: should be a text, or texts by language with `en`.")
    for language, text in words.items():
        if not isinstance(text, str) or not text.strip():
            raise GuidanceError(f"{where}.{language}: should be text.")
    return Text(words)
