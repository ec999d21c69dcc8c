"""Posts from a file, line by line; what is not a post is located and counted, never fatal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a feed: its number from 1, its post, or why it is none."""

    number: int
    text: str = ""
    sender: str = ""
    rejected: str | None = None


def read_lines(lines: Iterable[bytes], *, json_lines: bool) -> Iterator[Line]:
    """Posts of UTF-8 lines (LF, CR LF or CR): the line itself or its JSON `text` (and `sender`)."""
    number = 0
    for chunk in lines:
        for raw in (
            chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
        ):
            number += 1
            if raw.strip():
                yield _line(number, raw, json_lines)


def _line(number: int, raw: bytes, json_lines: bool) -> Line:
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return Line(number, rejected=f"not UTF-8 at byte {error.start + 1}")
    if not json_lines:
        return Line(number, text)
    try:
        # a number of any length is no reason to lose a post
        data = json.loads(text, parse_int=str)
    except json.JSONDecodeError as error:
        return Line(number, rejected=f"not JSON at column {error.colno}: {error.msg}")
    except RecursionError:
        return Line(number, rejected="JSON nested too deeply")
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return Line(number, rejected='no "text" in it, as in {"text": "…"}')
    sender = data.get("sender") or ""
    if not isinstance(sender, str):
        return Line(number, rejected='its "sender" is no text')
    return Line(number, data["text"], sender)
