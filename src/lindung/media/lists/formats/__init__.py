"""The files that partners send, each shape in a folder of its own with an example.

A line that cannot be read is reported with its number and the reason, and the rest goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from lindung.media.digests import open_regular
from lindung.media.lists.formats import bare, ncmec, objects, pdq_text, table, typed, vpdq
from lindung.media.lists.formats.source import Progress, Source, as_utf8, opening_of
from lindung.media.lists.reading import Bad, ListFormatError, Row, column_map

__all__ = ["Progress", "read_rows"]

# Asked in this order; a table takes what nobody else knows.
FORMATS = (ncmec, objects, typed, vpdq, pdq_text, bare, table)


def read_rows(
    path: Path, columns: str | Mapping[str, str] | None, progress: Progress | None = None
) -> Iterator[Row | Bad]:
    """Yield what the file holds. Raises OSError, and ListFormatError when no line can be a row."""
    names = column_map(columns)
    wanted = columns if isinstance(columns, Mapping) else {}
    with open_regular(path) as opened, as_utf8(opened) as file:
        total = os.fstat(file.fileno()).st_size
        opening = opening_of(file)
        if not opening:
            raise ListFormatError(f"{path.name} is empty.")
        source = Source(path, file, total, opening, names, wanted, progress)
        shape = next(each for each in FORMATS if each.recognises(source))
        yield from shape.rows(source)
