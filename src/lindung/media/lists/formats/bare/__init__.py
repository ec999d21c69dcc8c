"""Bare digests, one a line, without a name: MD5, SHA-1, and 64 digits that may be either of two.

Sixty-four hex digits are a SHA-256 or a PDQ, and nothing tells which. Both are looked up: a PDQ is
the SHA-256 of no file, and the SHA-256 of a file lies within 31 bits of a picture once in 2^120.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lindung.media.lists.formats.source import Source
from lindung.media.lists.reading import Bad, Row, row

LINE = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


def recognises(source: Source) -> bool:
    """Whether the first line is a digest. A map of columns is for tables."""
    return not source.wanted and bool(LINE.fullmatch(source.opening[0].decode("latin-1")))


def rows(source: Source) -> Iterator[Row | Bad]:
    """A row a line."""
    for number, line in source.lines():
        if isinstance(line, Bad):
            yield line
        elif len(text := line.strip()) == 64:
            yield row(number, {"pdq": text, "sha256": text})
        else:
            yield row(number, {"hash": text})
