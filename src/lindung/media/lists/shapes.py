"""Hash-list files (CSV, TSV, JSON, JSON lines, bare digests) read into rows.

A line that cannot be read is reported with its number and the reason, and the rest goes on.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from lindung.media.digests import open_regular
from lindung.media.lists.reading import (
    Bad,
    ListFormatError,
    Names,
    Row,
    column_map,
    has_digest,
    kind_of,
    places,
    plain,
    row,
    shown,
)

TYPED = re.compile(r"(pdq|(video_)?md5|sha1|sha256) [0-9a-fA-F]+")  # as threatexchange keeps them
MAX_LINE = 1 << 20
OPENING = 10  # lines that tell what shape a file has
BOM = b"\xef\xbb\xbf"

csv.field_size_limit(MAX_LINE)  # a clip's frames are one field: Python's own limit is 1,800 frames

Progress = Callable[[int, int], None]
Numbered = tuple[int, Any]  # a line or an item of a file; a Bad where it could not be read


def read_rows(
    path: Path, columns: str | Mapping[str, str] | None, progress: Progress | None = None
) -> Iterator[Row | Bad]:
    """Yield what the file holds. Raises OSError, and ListFormatError when no line can be a row."""
    names = column_map(columns)
    wanted = columns if isinstance(columns, Mapping) else {}
    with open_regular(path) as file:
        total = os.fstat(file.fileno()).st_size
        opening = _opening(file)
        if not opening:
            raise ListFormatError(f"{path.name} is empty.")
        if opening[0][:1] in (b"{", b"["):
            items = _json_items(file, opening, total, progress)
            yield from _from_objects(path.name, items, names, wanted)
        else:
            yield from _from_table(path.name, _lines(file, total, progress), names, wanted)


def _opening(file: BinaryIO) -> list[bytes]:
    """The first lines that are not blank."""
    lines = (line.removeprefix(BOM).strip() for line in iter(lambda: file.readline(MAX_LINE), b""))
    found = list(itertools.islice(filter(None, lines), OPENING))
    file.seek(0)
    return found


def _lines(file: BinaryIO, total: int, progress: Progress | None) -> Iterator[Numbered]:
    """Numbered lines of text up to MAX_LINE, with a Bad in place of an unreadable one."""
    number = 0
    while raw := file.readline(MAX_LINE):
        number += 1
        if progress and number % 20_000 == 0:
            progress(file.tell(), total)
        if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, Bad(number, "the line is longer than a megabyte")
            continue
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
        except UnicodeDecodeError:
            yield number, Bad(number, "the line is not UTF-8 text")
            continue
        if text.strip():
            yield number, text
    if progress:
        progress(total, total)


def _from_table(
    name: str, lines: Iterator[Numbered], names: Names, wanted: Mapping[str, str]
) -> Iterator[Row | Bad]:
    number, first = next(lines)
    if isinstance(first, Bad):
        raise ListFormatError(f"{name}: the first line is not text, so no columns are known.")
    delimiter = max(",;\t|", key=first.count)
    try:
        header = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise ListFormatError(
            f"{name}: the first line is not a row of a table ({error}). "
            "A line ends with a line feed, or with a carriage return and a line feed."
        ) from error
    if TYPED.fullmatch(first) and not wanted:
        delimiter, header, at = " ", ["", ""], {"hash_type": 0, "hash": 1}
        yield row(number, dict(zip(at, first.split(), strict=True)))
    elif len(header) == 1 and kind_of(header[0].strip()) and not wanted:
        at = {"hash": 0}  # a bare list of digests has no header
        yield row(number, {"hash": header[0]})
    else:
        at = places(header, names)
        have = shown(", ".join(header)[:300])
        _check_columns(name, wanted, at, have)
        if not has_digest(at) and "entry_id" not in at:
            raise ListFormatError(
                f"{name}: no column holds a digest. Its columns are: {have}. "
                "Give a column map, for example --column md5=NAME."
            )
    for number, line in lines:
        if isinstance(line, Bad):
            yield line
            continue
        try:  # a line at a time: a stray quote must not swallow the lines after it
            cells = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error as error:
            yield Bad(number, f"the line is not a row of the table: {error}")
            continue
        if len(cells) != len(header):
            yield Bad(number, f"the line has {len(cells)} columns, the first has {len(header)}")
            continue
        yield row(number, {field: cells[place] for field, place in at.items()})


def _check_columns(
    name: str, wanted: Mapping[str, str], found: Iterable[str], have: str = ""
) -> None:
    """Refuse a file that lacks a column which the caller named."""
    if missing := [wanted[field] for field in wanted if field not in found]:
        columns = f" Its columns are: {have}." if have else ""
        raise ListFormatError(f"{name} has no column called {', '.join(missing)}.{columns}")


def _json_items(
    file: BinaryIO, opening: list[bytes], total: int, progress: Progress | None
) -> Iterator[Numbered]:
    """The items of a JSON document, or of JSON lines: there a line stands by itself."""
    first, *rest = opening
    if not rest or _parsed(first) is None:
        try:
            document = json.loads(file.read().decode("utf-8-sig"))
            return iter(list(enumerate(_media(document), 1)))
        except (ValueError, RecursionError) as error:
            if not any(isinstance(_parsed(line), dict) for line in rest):
                raise ListFormatError(f"The file begins like JSON and is not: {error}.") from error
            file.seek(0)  # only the first lines are damaged
    return _json_lines(_lines(file, total, progress))


def _parsed(line: bytes) -> Any:
    """The JSON value that a line is, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json_lines(lines: Iterator[Numbered]) -> Iterator[Numbered]:
    for number, line in lines:
        try:
            yield number, line if isinstance(line, Bad) else json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, Bad(number, f"the line is not JSON: {error}")


def _media(found: Any) -> Iterator[Any]:
    """The objects that carry digests, wherever `value` and `Media` arrays hold them."""
    if isinstance(found, list):
        for item in found:
            inner = item.get("Media") if isinstance(item, dict) else None
            yield from _media(inner) if isinstance(inner, list) else [item]
    elif isinstance(found, dict):
        arrays = (found.get(name) for name in ("value", "Media"))
        yield from _media(next((each for each in arrays if isinstance(each, list)), [found]))
    else:
        yield found


def _from_objects(
    name: str, items: Iterable[Numbered], names: Names, wanted: Mapping[str, str]
) -> Iterator[Row | Bad]:
    seen: set[str] = set()
    for number, item in items:
        if isinstance(item, Bad):
            yield item
        elif not isinstance(item, dict):
            yield Bad(number, f"not an object with named fields but {reprlib.repr(item)}")
        else:
            try:
                for fields in _fields(item, names):
                    seen |= fields.keys()
                    yield row(number, fields)
            except (ListFormatError, RecursionError) as error:  # of this object alone
                yield Bad(number, str(error))
    _check_columns(name, wanted, seen)


def _fields(item: dict[str, Any], names: Names) -> Iterator[dict[str, str]]:
    """The fields of an object, once for each of its files (Project VIC) that has a digest."""
    files = item.get("MediaFiles")
    inner = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    parts = [each for each in [item, *inner] if has_digest(places(list(each), names))]
    for part in parts or [item]:
        own = {plain(key) for key in part}
        merged = {key: value for key, value in item.items() if plain(key) not in own} | part
        keys = list(merged)
        at = places(keys, names)
        yield {field: _text(merged[keys[place]]) for field, place in at.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
