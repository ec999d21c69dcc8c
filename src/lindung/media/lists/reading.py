"""Hash-list files (CSV, TSV, JSON, JSON lines, bare digests) read line by line into rows.

A line that cannot be read is reported with its number and the reason, and the rest goes on.
"""

from __future__ import annotations

import csv
import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import yaml

LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}  # bytes
FRAME = re.compile(r"\d{1,6}(\.\d{1,3})?:[0-9a-fA-F]{64}", re.ASCII)
ALIASES = {"videomd5": "md5", "hashmd5": "md5", "hashvideomd5": "md5", "hashpdq": "pdq"}
ALIASES |= {"hashsha1": "sha1", "hashsha256": "sha256", "imagepdq": "pdq"}
TYPED = re.compile(r"(pdq|(video_)?md5|sha1|sha256) [0-9a-fA-F]+")  # as threatexchange keeps them
MAX_LINE = 1 << 20
MAX_TEXT = 200

Names = Mapping[str, Sequence[str]]
Progress = Callable[[int, int], None]


class ListFormatError(ValueError):
    """The file as a whole is not a hash list we can read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a hash list: an entry and the digests it carries (raw bytes by kind)."""

    entry_id: str
    category: str
    tier: str
    first_seen: str
    last_seen: str
    values: dict[str, bytes]
    quality: int | None
    withdrawn: bool
    frames: tuple[tuple[float, bytes], ...] = ()  # of a clip: second, PDQ
    disputed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was not taken, and why."""

    line: int
    why: str


@functools.cache
def _maps() -> dict[str, Any]:
    text = files("lindung.media.lists").joinpath("columns.yaml").read_text("utf-8")
    maps: dict[str, Any] = yaml.safe_load(text)
    return maps


def column_map(columns: str | Mapping[str, str] | None) -> Names:
    """The names of each field: a map of ours by name, `{field: column}`, or the general one.

    Raises ListFormatError for a map or a field that does not exist.
    """
    maps = _maps()
    if columns is None or isinstance(columns, str):
        name = columns or "any"
        if name == "withdraw" or name not in maps:
            known = ", ".join(sorted(maps.keys() - {"withdraw"}))
            raise ListFormatError(f"There is no column map called {name!r}. There are: {known}.")
        found: Names = maps[name]
        return found
    if strange := sorted(columns.keys() - maps["any"].keys()):
        raise ListFormatError(
            f"The column map names {', '.join(strange)}. Fields are: {', '.join(maps['any'])}."
        )
    return {field: [column] for field, column in columns.items()}


def read_rows(
    path: Path, columns: str | Mapping[str, str] | None, progress: Progress | None = None
) -> Iterator[Row | Bad]:
    """Yield what the file holds. Raises OSError, and ListFormatError when no line can be a row."""
    names = column_map(columns)
    total = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1 << 16).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        if not head:
            raise ListFormatError(f"{path.name} is empty.")
        if head[:1] == b"[" or (head[:1] == b"{" and not _is_json_line(head)):
            yield from _from_json(file, names)
            return
        lines = _lines(file, total, progress)
        if head[:1] == b"{":
            yield from _from_json_lines(lines, names)
        else:
            yield from _from_table(path.name, lines, names)


def _is_json_line(head: bytes) -> bool:
    """Whether the first line is a JSON object by itself."""
    try:
        return "value" not in json.loads(head.split(b"\n", 1)[0])
    except ValueError:
        return False


def _lines(
    file: BinaryIO, total: int, progress: Progress | None
) -> Iterator[tuple[int, str | Bad]]:
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
    name: str, lines: Iterator[tuple[int, str | Bad]], names: Names
) -> Iterator[Row | Bad]:
    number, first = next(lines, (0, Bad(0, "")))
    if isinstance(first, Bad):
        raise ListFormatError(f"{name}: the first line is not text, so no columns are known.")
    delimiter = max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    if TYPED.fullmatch(first):
        delimiter, header, places = " ", ["", ""], {"hash_type": 0, "hash": 1}
        yield _row(number, dict(zip(places, first.split(), strict=True)))
    elif _kind_of(header[0].strip()) and len(header) == 1:  # a bare list of digests has no header
        places = {"hash": 0}
        yield _row(number, {"hash": header[0]})
    else:
        places = _places(header, names)
        if not places.keys() & (LENGTHS.keys() | {"hash", "entry_id", "frames"}):
            raise ListFormatError(
                f"{name}: no column holds a digest. Its columns are: {', '.join(header)[:300]}. "
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
        yield _row(number, {field: cells[place] for field, place in places.items()})


def _from_json_lines(lines: Iterator[tuple[int, str | Bad]], names: Names) -> Iterator[Row | Bad]:
    for number, line in lines:
        if isinstance(line, Bad):
            yield line
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Bad(number, f"the line is not JSON: {error}")
            continue
        yield from _from_object(number, found, names)


def _from_json(file: BinaryIO, names: Names) -> Iterator[Row | Bad]:
    """A JSON array of objects, or Project VIC's shape: value[].Media[].MediaFiles[]."""
    try:
        found = json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ListFormatError(f"The file begins like JSON and is not: {error}.") from error
    for number, item in enumerate(_media(found), 1):
        yield from _from_object(number, item, names)


def _media(found: Any) -> Iterator[Any]:
    """The objects that carry digests, wherever `value` and `Media` arrays hold them."""
    if isinstance(found, list):
        for item in found:
            inner = item.get("Media") if isinstance(item, dict) else None
            yield from _media(inner) if isinstance(inner, list) else [item]
    elif isinstance(found, dict):
        yield from _media(found.get("value", found.get("Media", [found])))
    else:
        yield found


def _from_object(number: int, item: Any, names: Names) -> Iterator[Row | Bad]:
    if not isinstance(item, dict):
        yield Bad(number, f"not an object with named fields but {str(item)[:40]!r}")
        return
    inner = [file for file in item.get("MediaFiles") or [] if isinstance(file, dict)]
    for part in [each for each in [item, *inner] if _has_digest(each, names)] or [item]:
        merged = {**item, **part}
        keys = list(merged)
        places = _places(keys, names)
        yield _row(number, {field: _text(merged[keys[at]]) for field, at in places.items()})


def _has_digest(item: Mapping[str, Any], names: Names) -> bool:
    return bool(_places(list(item), names).keys() & (LENGTHS.keys() | {"hash", "frames"}))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _places(header: Sequence[str], names: Names) -> dict[str, int]:
    """Where each field stands among the columns."""
    have = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    places: dict[str, int] = {}
    for field, known in names.items():
        place = next((have[_plain(n)] for n in known if _plain(n) in have), None)
        if place is not None:
            places[field] = place
    return places


def _kind_of(value: str) -> str | None:
    """The kind that a bare digest of this length is. 64 digits may be SHA-256 or PDQ: none."""
    kind = {32: "md5", 40: "sha1"}.get(len(value))
    return kind if kind and re.fullmatch(r"[0-9a-fA-F]+", value) else None


def _row(number: int, fields: Mapping[str, str]) -> Row | Bad:
    """Check one line. A row has a digest, or is a withdrawal of an entry by its id."""
    values: dict[str, bytes] = {}
    given: Iterable[tuple[str, str]] = [(k, fields.get(k, "").strip()) for k in LENGTHS]
    if bare := fields.get("hash", "").strip():
        kind = _plain(fields.get("hash_type", "")) or _kind_of(bare)
        kind = ALIASES.get(kind or "", kind)
        if not kind:
            return Bad(number, f"no kind is given for {bare[:70]!r}, and its length does not tell")
        if kind not in LENGTHS:
            return Bad(number, f"{kind!r} is not a kind we match ({', '.join(LENGTHS)})")
        given = [*given, (kind, bare)]
    for kind, text in given:
        if not text:
            continue
        try:
            value = bytes.fromhex(text)
        except ValueError:
            value = b""
        if len(value) != LENGTHS[kind] or len(text) != 2 * LENGTHS[kind]:
            return Bad(number, f"{text[:70]!r} is not a {kind} ({2 * LENGTHS[kind]} hex digits)")
        values[kind] = value
    withdrawn = fields.get("action", "").strip().casefold() in _maps()["withdraw"]
    entry_id = fields.get("entry_id", "").strip()
    frames = fields.get("frames", "").split()
    if any(not FRAME.fullmatch(frame) for frame in frames):
        return Bad(number, "the frames are not written as second:pdq, separated by spaces")
    if not values and not frames and not (withdrawn and entry_id):
        return Bad(number, "the line has no digest")
    if not entry_id and not values:
        return Bad(number, "a clip needs an id")
    if not entry_id:
        kind, value = next(iter(values.items()))
        entry_id = f"{kind}:{value.hex()}"
    texts = [
        fields.get(name, "").strip() for name in ("category", "tier", "first_seen", "last_seen")
    ]
    if any(len(text) > MAX_TEXT for text in [entry_id, *texts]):
        return Bad(number, f"a field is longer than {MAX_TEXT} characters")
    quality = fields.get("quality", "").strip()
    if quality and not (quality.isascii() and quality.isdigit() and int(quality) <= 100):
        return Bad(number, f"{quality!r} is not a PDQ quality (0 to 100)")
    category, tier, first, last = texts
    clip = tuple((float(at), bytes.fromhex(code)) for at, code in (f.split(":") for f in frames))
    grade = int(quality) if quality else None
    return Row(entry_id, category, tier, first, last, values, grade, withdrawn, clip)
