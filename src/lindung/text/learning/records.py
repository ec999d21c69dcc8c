"""Confirmed cases from files: JSON lines of the hotline's own, or PAN12-style XML."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lindung.text.learning.learn import Record


class RecordError(ValueError):
    """A line that is no record: where and why."""


def read_records(path: Path) -> list[Record]:
    """Records of JSON lines with text, label (0 or 1), time (ISO 8601), author and links.

    Raises RecordError with the line, OSError.
    """
    records = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    records.append(_record(line))
                except RecordError as error:
                    raise RecordError(f"{path}, line {number}: {error}.") from None
    return records


def _record(line: str) -> Record:
    """What is wrong is said without repeating what the line holds."""
    try:
        data = json.loads(line, parse_int=str)  # a number may be too long for an int
    except json.JSONDecodeError as error:
        raise RecordError(f"not JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise RecordError("JSON nested too deeply") from None
    if not isinstance(data, dict):
        raise RecordError("a record is an object with text, label, time and author")
    for name in ("text", "label", "time", "author"):
        if name not in data:
            raise RecordError(f"{name!r} is missing")
    links = data.get("links", [])
    if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
        raise RecordError("links is a list of texts")
    if not isinstance(data["text"], str):
        raise RecordError("text is a text")
    # a missing author must not become one that all such posts share
    if not isinstance(data["author"], str) or not data["author"]:
        raise RecordError("author is a text")
    if data["label"] not in ("0", "1"):
        raise RecordError("label is 0 or 1")
    try:
        time = datetime.fromisoformat(data["time"])
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise RecordError("time is like 2026-01-31T12:00:00+08:00") from None
    return Record(data["text"], int(data["label"]), time, data["author"], tuple(links))


def read_pan12(path: Path, predators: Path) -> list[Record]:
    """Records of a PAN12-style corpus: `conversation` elements of `message`s with author, time and
    text; `predators` lists the ids of the authors to find. Authors who talk are connected.

    The corpus has no dates; conversations count as days in the order of the file.
    Raises RecordError, OSError.
    """
    known = set(predators.read_text("utf-8").split())
    return list(_messages(path, known))


def _messages(path: Path, known: set[str]) -> Iterator[Record]:
    try:
        day = datetime(2000, 1, 1, tzinfo=UTC)
        for _, element in ET.iterparse(path):  # noqa: S314 - expat 2.4.1+ bounds its entities
            if element.tag != "conversation":
                continue
            day += timedelta(days=1)
            messages = element.findall("message")
            authors = tuple(dict.fromkeys((m.findtext("author") or "").strip() for m in messages))
            for place, message in enumerate(messages):
                author = (message.findtext("author") or "").strip()
                text = message.findtext("text") or ""
                if author and text.strip():
                    others = tuple(other for other in authors if other != author)
                    moment = day + timedelta(seconds=place)
                    yield Record(text, int(author in known), moment, author, others)
            element.clear()
    except ET.ParseError as error:
        raise RecordError(f"{path}: this is not XML: {error}.") from None
