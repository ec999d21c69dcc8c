"""Objects with named fields, and Project VIC's, where a Media object has MediaFiles of their own.

Of Project VIC's categories, 1 to 3 are illegal somewhere; 0 is not categorised, 4 is for comparison
and 5 is not pertinent, so these flag nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lindung.media.lists.reading import Bad, Names, Row, has_digest, places, plain, row

HARMLESS = {"0", "4", "5"}
OWN = {"mediaid", "mediafiles", "mediasize", "victimidentified", "isprecategorized"}


def rows(number: int, item: dict[str, Any], names: Names, seen: set[str]) -> Iterator[Row | Bad]:
    """The rows of an object; the fields that it has are added to `seen`."""
    own = OWN & {plain(key) for key in item}
    for fields, titles in _fields(item, names):
        seen |= fields.keys()
        if own and fields.get("category", "").strip() in HARMLESS:
            words = f"Project VIC's category {fields['category']} is not of illegal material"
            yield Bad(number, words, harmless=True)
        else:
            yield row(number, fields, titles)


def _fields(item: dict[str, Any], names: Names) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """The fields of an object, once for each of its files that has a digest, and their names."""
    files = item.get("MediaFiles")
    inner = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    parts = [each for each in [item, *inner] if has_digest(places(list(each), names))]
    for part in parts or [item]:
        own = {plain(key) for key in part}
        merged = {key: value for key, value in item.items() if plain(key) not in own} | part
        keys = list(merged)
        at = places(keys, names)
        yield (
            {field: _text(merged[keys[place]]) for field, place in at.items()},
            {field: keys[place] for field, place in at.items()},
        )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
