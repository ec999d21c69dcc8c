"""What `pdq-photo-hasher` prints: `hash,quality,file`, or with details `hash=…,quality=…,…`.

Source: the README of PDQ in Meta's ThreatExchange repository. The name of the file is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lindung.media.lists.formats.source import Source
from lindung.media.lists.reading import Bad, Row, row

PLAIN = re.compile(r"([0-9a-fA-F]{64})[,;\t ]\s*(\d{1,3})(?:[,;\t ].*)?")
DETAILED = re.compile(r"hash=([0-9a-fA-F]{64}),(?:[a-z]+=[^,]*,)*?quality=(\d{1,3})(?:,.*)?")


def recognises(source: Source) -> bool:
    """Whether the first line is one of them."""
    return not source.wanted and _of(source.opening[0].decode("utf-8", "replace")) is not None


def rows(source: Source) -> Iterator[Row | Bad]:
    """A row a line."""
    for number, line in source.lines():
        found = None if isinstance(line, Bad) else _of(line.strip())
        if isinstance(line, Bad):
            yield line
        elif found is None:
            yield Bad(number, "the line is not hash,quality,file")
        else:
            yield row(number, {"pdq": found[1], "quality": found[2]})


def _of(line: str) -> re.Match[str] | None:
    return PLAIN.fullmatch(line) or DETAILED.fullmatch(line)
