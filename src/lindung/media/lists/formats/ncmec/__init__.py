"""NCMEC's hash sharing, version 2: entries of images and videos in XML.

Source: the client in Meta's threatexchange library. `deletedImage` and `deletedVideo` are
withdrawals; negative feedback disputes an entry. A document type is refused, so are its entities.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from lindung.media.lists.formats.source import Source
from lindung.media.lists.reading import LENGTHS, Bad, ListFormatError, Row, row
from lindung.media.lists.said import disputed

ENTRIES = {"image": False, "video": False, "deletedimage": True, "deletedvideo": True}


class _Plain:
    """A file that ends where a document type is declared: it comes before any entry."""

    def __init__(self, source: Source) -> None:
        self._file, self._end = source.file, b""

    def read(self, size: int = -1, /) -> bytes:
        part = self._file.read(size)
        if b"<!DOCTYPE" in self._end + part:
            raise ListFormatError("The XML declares a document type, and no list needs one.")
        self._end = part[-len(b"<!DOCTYPE") :]
        return part


def recognises(source: Source) -> bool:
    """Whether it begins as XML."""
    return source.opening[0].startswith(b"<")


def rows(source: Source) -> Iterator[Row | Bad]:
    """A row an entry, in the order of the file."""
    wide = b"utf-16" in source.opening[0].lower()  # it has been brought to UTF-8 by now
    parser: Any = ET.XMLParser(encoding="utf-8" if wide else None)  # noqa: S314
    number = 0
    try:
        for _, element in ET.iterparse(_Plain(source), ("end",), parser):  # noqa: S314
            if _name(element) in ENTRIES:
                number += 1
                yield _entry(number, element)
                element.clear()
    except ET.ParseError as error:
        raise ListFormatError(f"{source.name} begins like XML and is not: {error}.") from error
    if not number:
        raise ListFormatError(f"{source.name}: the XML holds no entry of NCMEC's hash sharing.")
    if source.progress:
        source.progress(source.total, source.total)


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2].casefold()


def _child(element: ET.Element, name: str) -> ET.Element | None:
    return next((each for each in element if _name(each) == name), None)


def _entry(number: int, element: ET.Element) -> Row | Bad:
    member, own = _child(element, "member"), _child(element, "id")
    if member is None or own is None or not (own.text or "").strip() or not member.get("id"):
        return Bad(number, "the entry has no id or no member")
    deleted = ENTRIES[_name(element)]
    kind = _child(element, "classification")
    fields = {
        "entry_id": f"{member.get('id')}-{(own.text or '').strip()}",
        "category": (kind.text or "").strip() if kind is not None else "",
        "deleted": str(deleted),
    }
    prints = _child(element, "fingerprints")
    if not deleted and prints is not None:
        fields |= {_name(each): each.text or "" for each in prints if _name(each) in LENGTHS}
        if not fields.keys() & LENGTHS.keys():
            words = f"the entry {fields['entry_id']} has no digest that we match"
            return Bad(number, words, harmless=True)
    feedback = _child(element, "feedback")
    return disputed(number, row(number, fields), [] if feedback is None else _against(feedback))


def _against(feedback: ET.Element) -> list[str]:
    """The members who gave negative feedback on any fingerprint; "a member" where none is named."""
    found: list[str] = []
    for said in feedback:
        if _name(said) != "negativefeedback":
            continue
        members = [each for each in said.iter() if _name(each) == "member"]
        found += [(each.text or each.get("id") or "a member").strip() for each in members]
        found += [] if members else ["a member"]
    return found
