"""CSV, TSV and other tables with a line of column names."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from lindung.media.lists.formats.source import MAX_LINE, Source
from lindung.media.lists.reading import (
    Bad,
    ListFormatError,
    Row,
    check_columns,
    has_digest,
    places,
    row,
    shown,
)

csv.field_size_limit(MAX_LINE)  # a clip's frames are one field: Python's own limit is 1,800 frames


def recognises(source: Source) -> bool:
    """Any text may be one: what is none is refused in words."""
    return True


def rows(source: Source) -> Iterator[Row | Bad]:
    """The lines after the first, by the names in it."""
    lines = source.lines()
    _, first = next(lines)
    if isinstance(first, Bad):
        raise ListFormatError(
            f"{source.name}: the first line is not text, so no columns are known."
        )
    delimiter = max(",;\t|", key=first.count)
    try:
        header = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise ListFormatError(
            f"{source.name}: the first line is not a row of a table ({error}). "
            "A line ends with a line feed, or with a carriage return and a line feed."
        ) from error
    at = places(header, source.names)
    have = shown(", ".join(header)[:300])
    check_columns(source.name, source.wanted, at, have)
    if not has_digest(at) and "entry_id" not in at:
        raise ListFormatError(
            f"{source.name}: no column holds a digest. Its columns are: {have}. "
            "Give a column map, for example --column md5=NAME."
        )
    titles = {field: header[place] for field, place in at.items()}
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
        yield row(number, {field: cells[place] for field, place in at.items()}, titles)
