"""JSON documents and JSON lines: objects with named fields, and the shapes of known partners."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator
from typing import Any

from lindung.media.lists.formats import graph, stopncii, vic, vpdq
from lindung.media.lists.formats.source import Numbered, Source
from lindung.media.lists.reading import Bad, ListFormatError, Row, check_columns

PARTNERS = (stopncii, graph)
HOLDERS = ("value", "Media", "hashRecords", "data", "results")  # arrays of objects with digests


def recognises(source: Source) -> bool:
    """Whether it begins as JSON."""
    return source.opening[0][:1] in (b"{", b"[")


def rows(source: Source) -> Iterator[Row | Bad]:
    """Every object's rows, in the shape that the object has."""
    seen: set[str] = set()
    for number, item in _items(source):
        if isinstance(item, Bad):
            yield item
        elif vpdq.is_strings(item):
            yield vpdq.of_strings(number, item)
        elif not isinstance(item, dict):
            yield Bad(number, f"not an object with named fields but {reprlib.repr(item)}")
        else:
            try:
                yield from _of_object(number, item, source, seen)
            except (ListFormatError, RecursionError) as error:  # of this object alone
                yield Bad(number, str(error))
    check_columns(source.name, source.wanted, seen)


def _of_object(
    number: int, item: dict[str, Any], source: Source, seen: set[str]
) -> Iterator[Row | Bad]:
    if not source.wanted:
        for partner in PARTNERS:
            if partner.is_record(item):
                yield partner.record(number, item)
                return
    yield from vic.rows(number, item, source.names, seen)


def _items(source: Source) -> Iterator[Numbered]:
    """The items of a JSON document, or of JSON lines: there a line stands by itself."""
    first, *rest = source.opening
    if not rest or _parsed(first) is None:
        try:
            document = json.loads(source.file.read().decode("utf-8-sig"))
            return iter(list(enumerate(_media(document), 1)))
        except (ValueError, RecursionError) as error:
            if not any(isinstance(_parsed(line), dict) for line in rest):
                raise ListFormatError(f"The file begins like JSON and is not: {error}.") from error
            source.file.seek(0)  # only the first lines are damaged
    return _json_lines(source.lines())


def _parsed(line: bytes) -> Any:
    """The JSON value that a line is, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json_lines(lines: Iterator[Numbered]) -> Iterator[Numbered]:
    for number, line in lines:
        try:
            item = line if isinstance(line, Bad) else json.loads(line)
            if isinstance(item, dict):  # a page of an answer may be a line
                yield from ((number, each) for each in list(_media(item)))
            else:
                yield number, item
        except (ValueError, RecursionError) as error:
            yield number, Bad(number, f"the line is not JSON: {error}")


def _media(found: Any) -> Iterator[Any]:
    """The objects that carry digests, wherever the arrays of HOLDERS hold them."""
    if vpdq.is_strings(found):
        yield found
    elif isinstance(found, list):
        for item in found:
            inner = item.get("Media") if isinstance(item, dict) else None
            yield from _media(inner) if isinstance(inner, list) else [item]
    elif isinstance(found, dict):
        arrays = (found.get(name) for name in HOLDERS)
        yield from _media(next((each for each in arrays if isinstance(each, list)), [found]))
    else:
        yield found
