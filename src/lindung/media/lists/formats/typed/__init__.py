"""A kind and a value a line, of any kinds, as the threatexchange library keeps signals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lindung.media.lists.formats import vpdq
from lindung.media.lists.formats.source import Source
from lindung.media.lists.reading import Bad, Row, kind_named, row

# The library's signal types that are no digest of ours: whole lines of them are passed over.
OTHERS = {"url", "url_md5", "raw_text", "trend_query", "text_tlsh", "tlsh", "pdq_ocr", "vpdq"}
OTHERS |= {"video_tmk", "tmk", "photodna", "pdna", "ssdeep"}
LINE = re.compile(r"([A-Za-z0-9_]+)[ \t]+(\S.*)")


def recognises(source: Source) -> bool:
    """Whether every one of the first lines begins with a kind."""
    if source.wanted:
        return False
    found = [LINE.fullmatch(line.decode("utf-8", "replace")) for line in source.opening]
    return all(one and (one[1].casefold() in OTHERS or kind_named(one[1])) for one in found)


def rows(source: Source) -> Iterator[Row | Bad]:
    """A row a line; what is of a kind that we do not match is passed over."""
    for number, line in source.lines():
        found = None if isinstance(line, Bad) else LINE.fullmatch(line.strip())
        if isinstance(line, Bad):
            yield line
        elif found is None:
            yield Bad(number, "the line is not a kind and a value")
        elif found[1].casefold() == "vpdq":
            yield _clip(number, found[2])
        else:
            yield row(number, {"hash_type": found[1], "hash": found[2]})


def _clip(number: int, text: str) -> Row | Bad:
    try:
        return vpdq.of_strings(number, json.loads(text))
    except (ValueError, RecursionError):
        return Bad(number, "the vPDQ is not JSON")
