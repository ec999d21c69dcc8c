"""What one line of a hash list says: which column is which field, and a row, or why it is none."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from lindung.media.lists import words
from lindung.media.lists.words import State

LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}  # bytes
FRAME = re.compile(r"\d{1,6}(\.\d{1,3})?:[0-9a-fA-F]{64}", re.ASCII)
KIND = re.compile(r"(hash)?(image|photo|picture|file|media)?(hash)?(?P<kind>[a-z0-9]+?)(hash)?")
TEXTS = ("entry_id", "category", "tier", "first_seen", "last_seen")
MAX_TEXT = 200
# Control characters, line separators and half characters: they break whatever reads them later.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Fields of which a second column would be lost in silence; of the others the first present wins.
ONE_COLUMN = LENGTHS.keys() | {"hash", "hash_type", "frames", *words.FIELDS}
DOUBTER = "the list itself"

Names = Mapping[str, Sequence[str]]


class ListFormatError(ValueError):
    """The file as a whole is not a hash list we can take; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a hash list: an entry and the digests it carries (raw bytes by kind).

    A withdrawal without an entry_id is of every entry of the list that carries one of its digests.
    """

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
    crops: tuple[tuple[bytes, int], ...] = ()  # of an own picture: PDQ, quality


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was not taken, and why. A harmless one is whole, but nothing that we match."""

    line: int
    why: str
    harmless: bool = False


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
        if name not in maps:
            known = ", ".join(sorted(maps))
            raise ListFormatError(f"There is no column map called {name!r}. There are: {known}.")
        return _with_status(maps[name])
    if strange := sorted(columns.keys() - maps["any"].keys()):
        raise ListFormatError(
            f"The column map names {', '.join(strange)}. Fields are: {', '.join(maps['any'])}."
        )
    return _with_status({field: [column] for field, column in columns.items()})


def _with_status(names: Names) -> Names:
    """A map that also knows the columns of status: naming columns hides no withdrawal."""
    return {field: _maps()["any"][field] for field in words.FIELDS} | dict(names)


@functools.lru_cache(1000)
def plain(name: str) -> str:
    """A column's name as it is compared: without case, spaces, dashes and underscores."""
    return re.sub(r"[\s_-]", "", name).casefold()


def places(header: Sequence[str], names: Names) -> dict[str, int]:
    """Where each field stands among the columns. Raises ListFormatError where two are meant."""
    have: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        have.setdefault(plain(name), []).append(place)
    found: dict[str, int] = {}
    for field, known in names.items():
        at = [have[key] for key in dict.fromkeys(map(plain, known)) if key in have]
        if not at:
            continue
        if len(at[0]) > 1 or (len(at) > 1 and field in ONE_COLUMN):
            both = ", ".join(shown(header[place]) for each in at for place in each)
            raise ListFormatError(
                f"Several columns say what {field} is: {both}. "
                f"Name the one that is meant, for example --column {field}=NAME."
            )
        found[field] = at[0][0]
    return found


def check_columns(
    name: str, wanted: Mapping[str, str], found: Iterable[str], have: str = ""
) -> None:
    """Refuse a file that lacks a column which the caller named."""
    if missing := [wanted[field] for field in wanted if field not in found]:
        columns = f" Its columns are: {have}." if have else ""
        raise ListFormatError(f"{name} has no column called {', '.join(missing)}.{columns}")


def has_digest(fields: Iterable[str]) -> bool:
    """Whether one of these fields holds what can be matched."""
    return bool(set(fields) & (LENGTHS.keys() | {"hash", "frames"}))


def kind_of(value: str) -> str | None:
    """The kind that a bare digest of this length is. 64 digits may be SHA-256 or PDQ: none."""
    kind = {32: "md5", 40: "sha1"}.get(len(value))
    return kind if kind and re.fullmatch(r"[0-9a-fA-F]+", value) else None


@functools.lru_cache(1000)
def kind_named(name: str) -> str:
    """The kind of LENGTHS that a list means by a name (HASH_PDQ, VideoMD5, SHA-256), or nothing.

    A digest of a video is one as of any file; a video's PDQ is none of a picture.
    """
    found = KIND.fullmatch(plain(name))
    kind = found["kind"] if found else ""
    if kind.removeprefix("video") in ("md5", "sha1", "sha256"):
        kind = kind.removeprefix("video")
    return kind if kind in LENGTHS else ""


def shown(text: str) -> str:
    """Text of a file, fit for a terminal."""
    return UNFIT.sub("?", text)


def unfit(texts: Mapping[str, str]) -> str:
    """Why one of these fields cannot be kept; nothing when all can."""
    for field, text in texts.items():
        if UNFIT.search(text):
            return f"{field} holds a control character or half a character: {text[:70]!r}"
        if field in TEXTS and len(text) > MAX_TEXT:
            return f"{field} is longer than {MAX_TEXT} characters"
    return ""


def row(
    number: int,
    fields: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
    section: str = "any",
) -> Row | Bad:
    """Check one line. A row has a digest, or is a withdrawal of an entry by its id.

    `titles` are the columns' own names by field, `section` the words of status that hold.
    """
    given = {field: text.strip() for field, text in fields.items()}
    if why := unfit(given):
        return Bad(number, why)
    values = _digests(number, given)
    if isinstance(values, Bad):
        return values
    try:
        state = words.state(given, section)
    except words.UnknownWordError as error:
        return Bad(number, unknown_word((titles or {}).get(error.field, error.field), error.word))
    withdrawn = state in (State.WITHDRAWN, State.HARMLESS)
    entry_id, category, tier, first, last = (given.get(field, "") for field in TEXTS)
    frames = given.get("frames", "").split()
    if any(not FRAME.fullmatch(frame) for frame in frames):
        return Bad(number, "the frames are not written as second:pdq, separated by spaces")
    if not values and not frames and not (withdrawn and entry_id):
        return Bad(number, "the line has no digest")
    if not entry_id and not values:
        return Bad(number, "a clip needs an id")
    if not entry_id and not withdrawn:
        kind, value = next(iter(values.items()))
        entry_id = f"{kind}:{value.hex()}"
    quality = given.get("quality", "")
    if quality and not (re.fullmatch(r"0*\d{1,3}", quality, re.ASCII) and int(quality) <= 100):
        return Bad(number, f"{quality[:70]!r} is not a PDQ quality (0 to 100)")
    clip = tuple((float(at), bytes.fromhex(code)) for at, code in (f.split(":") for f in frames))
    grade = int(quality) if quality else None
    doubters = (DOUBTER,) if state is State.DISPUTED else ()
    return Row(
        entry_id, category, tier, first, last, values, grade, withdrawn, clip, disputed_by=doubters
    )


def unknown_word(column: str, word: str) -> str:
    """Why a line with such a word of status is not taken."""
    return (
        f"column {shown(column)[:70]}: {shown(word)[:70]!r} is no word of status that we know, so "
        "nobody is flagged by it. The words are in docs/media.md."
    )


def _digests(number: int, given: Mapping[str, str]) -> dict[str, bytes] | Bad:
    """The digests of a line as bytes, by kind."""
    named = [(kind, given.get(kind, "")) for kind in LENGTHS]
    if bare := given.get("hash", ""):
        name = given.get("hash_type", "")
        kind = kind_named(name) if name else kind_of(bare)
        if name and not kind:
            known = ", ".join(LENGTHS)
            return Bad(number, f"{name[:70]!r} is not a kind we match ({known})", harmless=True)
        if not kind:
            return Bad(number, f"no kind is given for {bare[:70]!r}, and its length does not tell")
        named.append((kind, bare))
    values: dict[str, bytes] = {}
    for kind, text in named:
        if not text:
            continue
        try:
            values[kind] = digest(kind, text)
        except ValueError as error:
            return Bad(number, str(error))
    return values


def digest(kind: str, text: str) -> bytes:
    """The bytes of a digest. Raises ValueError, in words, for what is none of that kind."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != LENGTHS[kind] or len(text) != 2 * LENGTHS[kind]:
        raise ValueError(f"{text[:70]!r} is not a {kind} ({2 * LENGTHS[kind]} hex digits)")
    return value
