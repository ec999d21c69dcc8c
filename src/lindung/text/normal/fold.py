"""One way to see a text, with a map back: every span is right on the original.

Folding is per code point, so that it is linear and keeps an exact map: NFKC, case folding
(Unicode 5.18, default caseless matching), marks off Latin letters, look-alike letters (after
UTS 39) to their Latin twin, Traditional Chinese to Simplified, unseen characters away, emoji to
their Unicode name.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lindung.runtime import compiled

DROPPED = -1
_TABLE_SIZE = 0x110000
# Letters drawn like a Latin one, each before its twin: Cyrillic, Greek, Armenian, Latin's own.
_PAIRS = """
    аa вb еe ѕs іi јj кk мm нh оo рp сc тt уy хx ԁd ԛq ԝw һh ьb ӏl үy ґr
    αa βb εe ιi κk νv οo ρp τt υu χx ωw ϲc ϳj նu ոn սu օo աw ցg հh զq
    ıi ɨi łl øo đd ħh ŧt ɑa ɡg ɩi ɪi ʟl ɴn ʀr ʏy ᴀa ʙb ᴄc ᴅd ᴇe ɢg ʜh ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz
    ſs ƒf ɓb ɗd ɠg ƙk ɱm ɲn ƥp ɽr ʂs ƭt ʋv ƿp ⅼl ⲟo ⲣp ⲥc
"""
# Traditional characters before their Simplified ones: the same words in either script are one.
_SIMPLIFIED = {
    pair[0]: pair[1]
    for line in files("lindung.text").joinpath("data/simplified.txt").read_text("utf-8").split("\n")
    if not line.startswith("#")
    for pair in line.split()
}
_TWINS = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the folded view; `origin[i]` the original index of its character i.

    `origin` is None where both are the same length, character by character.
    """

    text: str
    origin: NDArray[np.int32] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span of the folded span `[start, end)`, which must not be empty."""
        if self.origin is None:
            return start, end
        return int(self.origin[start]), int(self.origin[end - 1]) + 1


def fold(text: str) -> Folded:
    """Fold one text. Never fails: lone surrogates become U+FFFD."""
    if text.isascii() and text.isprintable():
        return Folded(text.lower(), None)
    points, origin = fold_points(code_points(text))
    return Folded(points.tobytes().decode("utf-32-le"), origin)


def code_points(text: str) -> NDArray[np.uint32]:
    """The code points of a text, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def fold_points(
    points: NDArray[np.uint32], starts: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Folded code points and, for each, the index it came from.

    `starts` tells where each of several texts begins. What folds to several points and is repeated
    is spelled out once: emoji come in thousands.
    """
    begins = np.zeros(1, np.int64) if starts is None else starts
    folded: tuple[NDArray[np.uint32], NDArray[np.int32]] = _fold(points, begins, *fold_tables())
    return folded


@compiled
def _fold(points: Any, begins: Any, table: Any, starts: Any, long: Any) -> Any:
    size = 0
    last = np.uint32(0)
    for point in points:
        to = table[point]
        if to >= 0:
            size += 1
        elif to != DROPPED and point != last:
            size += starts[-to - 1] - starts[-to - 2]
        last = point
    for begin in begins:  # the first of a text is never a repetition
        if begin and begin < points.size and points[begin] == points[begin - 1]:
            to = table[points[begin]]
            if to < DROPPED:
                size += starts[-to - 1] - starts[-to - 2]
    folded = np.empty(size, np.uint32)
    origin = np.empty(size, np.int32)
    at = 0
    for text in range(begins.size):
        end = begins[text + 1] if text + 1 < begins.size else points.size
        last = np.uint32(0)
        for place in range(begins[text], end):
            point = points[place]
            to = table[point]
            if to >= 0:
                folded[at] = to
                origin[at] = place
                at += 1
            elif to != DROPPED and point != last:
                for k in range(starts[-to - 2], starts[-to - 1]):
                    folded[at] = long[k]
                    origin[at] = place
                    at += 1
            last = point
    return folded[:at], origin[:at]


@functools.cache
def fold_tables() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]:
    """What each code point folds to: a point, DROPPED, or `-2 - i` for the long form i."""
    table = np.arange(_TABLE_SIZE, dtype=np.int32)
    longer: list[str] = []
    for point in _worth_a_look():
        to = _folded_character(chr(point))
        if len(to) == 1:
            table[point] = ord(to)
        elif not to:
            table[point] = DROPPED
        else:
            table[point] = -2 - len(longer)
            longer.append(to)
    for traditional, simplified in _SIMPLIFIED.items():
        table[ord(traditional)] = ord(simplified)
    table[0xD800:0xE000] = 0xFFFD
    starts = np.zeros(len(longer) + 1, np.int32)
    np.cumsum([len(to) for to in longer], out=starts[1:])
    return table, starts, code_points("".join(longer)).copy()


def _worth_a_look() -> list[int]:
    ranges = [
        (0, 0x3400),
        (0xA000, 0xAC00),
        (0xF900, 0x10000),
        (0x10300, 0x10500),
        (0x1D400, 0x1D800),
        (0x1F000, 0x1FB00),
        (0x1FBF0, 0x1FBFA),
        (0x2F800, 0x2FA20),
        (0xE0000, 0xE01F0),
    ]
    return [point for first, end in ranges for point in range(first, end)]


def _folded_character(character: str) -> str:
    point = ord(character)
    if character in "\n\r\u2028\u2029":
        return "\n"
    if character in "，、":  # two things stand there, never a decimal
        return ", "
    if character == "\t" or point == 0 or character in "\u2800\u3164\uffa0\u115f\u1160":
        return " "
    if 0x1F1E6 <= point <= 0x1F1FF:  # regional indicators spell words
        return chr(point - 0x1F1E6 + ord("a"))
    for first in (0x1F130, 0x1F150, 0x1F170):  # letters in squares and circles
        if first <= point < first + 26:
            return chr(point - first + ord("a"))
    category = unicodedata.category(character)
    if category in ("Cf", "Cc", "Mn", "Me", "Cn") and (
        category != "Mn" or _is_decoration(point) or "VARIATION" in unicodedata.name(character, "")
    ):
        return ""
    if 0x1F3FB <= point <= 0x1F3FF:
        return ""
    if (
        category == "So"
        and point >= 0x2600
        and unicodedata.normalize("NFKC", character) == character
    ):
        return f" {unicodedata.name(character, 'symbol').lower().replace('-', ' ')} "
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    parts = "".join(
        part
        for part in unicodedata.normalize("NFD", plain)
        if not _is_decoration(ord(part)) and unicodedata.category(part) not in ("Cf", "Cc")
    )
    if not 0x0B80 <= point < 0x0C00:  # Tamil vowel signs stay in their parts, however typed
        parts = unicodedata.normalize("NFC", parts)
    if any(part.isspace() for part in parts):
        parts = " ".join(parts.split()) or " "
    return parts.translate(_TWINS)


def _is_decoration(point: int) -> bool:
    return (
        0x300 <= point < 0x370
        or 0x483 <= point < 0x48A
        or 0x1AB0 <= point < 0x1B00
        or 0x1DC0 <= point < 0x1E00
        or 0x20D0 <= point < 0x2100
        or 0xFE00 <= point < 0xFE10
        or 0xFE20 <= point < 0xFE30
        or 0x180B <= point < 0x180F
    )
