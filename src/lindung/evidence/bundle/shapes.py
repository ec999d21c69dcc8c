"""The shapes that signed JSON may have: what is not named here is an error.

A shape takes a value and the place where it stands, and raises `Misshapen`. Everything that a
bundle or a trust file says passes through one, once, before anybody acts on it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import rfc8785

from lindung.evidence.log.notes import is_name
from lindung.runtime import visible

Shape = Callable[[Any, str], None]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_HEX = re.compile(r"[0-9a-f]*")


class Misshapen(ValueError):
    """A value that is not as it must be; the message says where and why."""


def canonical(raw: bytes) -> Any:
    """The value of a document in its one canonical form (RFC 8785); raises `Misshapen`."""
    try:
        value = json.loads(raw)
        same = rfc8785.dumps(value) == raw
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        same, value = False, None
    if not same:
        raise Misshapen("it is not in its one canonical form")
    return value


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `json.loads(object_pairs_hook=...)`: a key that stands twice is an error."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise Misshapen(f"“{visible(twice)}” stands twice")
    return found


def decoded(text: object, where: str = "it") -> bytes:
    """Base64 in its one spelling; raises `Misshapen` for every other."""
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise Misshapen(f"{where} is not base64 in its one spelling")
    return data


def moment(text: str) -> datetime:
    """A time that passed `time`, with its zone."""
    return datetime.fromisoformat(text)


def fail(where: str, wanted: str, value: object) -> None:
    raise Misshapen(f"{where} is not {wanted}: {visible(repr(value), 60)}")


def text(value: Any, where: str) -> None:
    if type(value) is not str:
        fail(where, "a text", value)


def count(value: Any, where: str) -> None:
    if type(value) is not int or not 0 <= value < 1 << 53:
        fail(where, "a whole number", value)


def facts(value: Any, where: str) -> None:
    """An object that a reader shows and never acts on."""
    if type(value) is not dict:
        fail(where, "an object", value)


def anything(value: Any, where: str) -> None:
    """A value that a reader shows and never acts on."""


def time(value: Any, where: str) -> None:
    text(value, where)
    try:
        if not _TIME.fullmatch(value):
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError:
        fail(where, "a time in UTC", value)


def name(value: Any, where: str) -> None:
    """A name of a signer, a log or a witness, as C2SP's signed notes have it."""
    text(value, where)
    if not is_name(value):
        fail(where, "a name (one word, no plus sign)", value)


def base64_of(length: int) -> Shape:
    """Base64, in its one spelling, of `length` bytes."""

    def shape(value: Any, where: str) -> None:
        if len(decoded(value, where)) != length:
            fail(where, f"{length} bytes in base64", value)

    return shape


def digest(length: int) -> Shape:
    """A digest of `length` bytes in lower-case hex."""

    def shape(value: Any, where: str) -> None:
        text(value, where)
        if len(value) != 2 * length or not _HEX.fullmatch(value):
            fail(where, f"a digest of {length} bytes", value)

    return shape


def matching(pattern: re.Pattern[str], wanted: str) -> Shape:
    def shape(value: Any, where: str) -> None:
        text(value, where)
        if not pattern.fullmatch(value):
            fail(where, wanted, value)

    return shape


def one_of(*values: str) -> Shape:
    def shape(value: Any, where: str) -> None:
        if type(value) is not str or value not in values:
            fail(where, f"one of {', '.join(values)}", value)

    return shape


def maybe(inner: Shape) -> Shape:
    """`inner`, or null."""

    def shape(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)

    return shape


def many(inner: Shape) -> Shape:
    """A list of `inner`."""

    def shape(value: Any, where: str) -> None:
        if type(value) is not list:
            fail(where, "a list", value)
        for number, one in enumerate(value):
            inner(one, f"{where}[{number}]")

    return shape


def mapping(key: Shape, inner: Shape) -> Shape:
    """An object whose keys are `key` and whose values are `inner`."""

    def shape(value: Any, where: str) -> None:
        facts(value, where)
        for one, held in value.items():
            key(one, f"a name in {where}")
            inner(held, f"{where}.{one}")

    return shape


def record(needed: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with the `needed` keys, maybe the `optional` ones, and no other."""
    known = {**needed, **(optional or {})}

    def shape(value: Any, where: str) -> None:
        facts(value, where)
        for key in value:
            if key not in known:
                raise Misshapen(f"{where} has an unknown key “{visible(key, 60)}”")
        for key in needed:
            if key not in value:
                raise Misshapen(f"{where} lacks “{key}”")
        for key, held in value.items():
            known[key](held, f"{where}.{key}")

    return shape
