"""Confirmed cases from files: JSON lines of the hotline's own, or PAN12-style XML."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lindung.text.learn import Record


class RecordError(ValueError):
    """A line that is no record: where and why."""


def read_records(path: Path) -> list[Record]:
    """Records of JSON lines with text, label (0 or 1), time (ISO 8601), author and links.

    Raises RecordError with the line, OSError.
    """
    records = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                if data["label"] not in (0, 1) or not isinstance(data["text"], str):
                    raise ValueError("label is 0 or 1, text is a text")
                time = datetime.fromisoformat(data["time"])
                records.append(
                    Record(
                        data["text"],
                        int(data["label"]),
                        time if time.tzinfo else time.replace(tzinfo=UTC),
                        str(data["author"]),
                        tuple(map(str, data.get("links", []))),
                    )
                )
            except KeyError as error:
                raise RecordError(f"{path}, line {number}: {error} is missing.") from None
            except (TypeError, ValueError) as error:
                raise RecordError(f"{path}, line {number}: {error}.") from None
    return records


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
