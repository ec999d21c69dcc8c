"""What the value of a setting must look like: each parses one shape or raises ValueError."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit


def text(value: str) -> str:
    """Any text, without the space around it."""
    return value.strip()


def url(*schemes: str) -> Callable[[str], str]:
    """An address of one of these schemes, without a slash at its end."""

    def parse(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes or not (parts.netloc or parts.query):
            raise ValueError(value)
        return value.rstrip("/")

    return parse


def urls(*schemes: str) -> Callable[[str], tuple[str, ...]]:
    """Addresses of these schemes, separated by commas, each once."""
    one = url(*schemes)
    return lambda value: tuple(dict.fromkeys(one(part) for part in _parts(value)))


def optional(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """The same, or nothing."""
    return lambda value: parse(value) if value else ""


def address(value: str) -> tuple[str, int]:
    """`host:port`."""
    host, _, port = value.rpartition(":")
    if not host or not 0 < int(port) < 65536:
        raise ValueError(value)
    return host.strip("[]"), int(port)


def addresses(value: str) -> frozenset[str]:
    """`host:port`, separated by commas."""
    found = frozenset(_parts(value))
    for part in found:
        address(part)
    return found


def ip_addresses(value: str) -> frozenset[str]:
    """IP addresses, separated by commas, as a connection shows them."""
    return frozenset(str(ipaddress.ip_address(part)) for part in _parts(value))


def waits(value: str) -> tuple[timedelta, ...]:
    """Whole minutes, separated by commas, each from 1 to 100000."""
    return tuple(timedelta(minutes=whole(1, 100_000)(part)) for part in _parts(value))


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(value)
        return value

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def parse(value: str) -> int:
        if not low <= int(value) <= high:
            raise ValueError(value)
        return int(value)

    return parse


def country(value: str) -> str:
    """A two-letter code in capitals."""
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError(value)
    return value


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
