"""A second look at folded text: letters pulled apart put together, digits read as letters.

The scan of terms has views of its own (`rules/scanning.py`); this one is for what expressions read.
"""

from __future__ import annotations

import re
from collections.abc import Set

import numpy as np

from lindung.text.normal.fold import Folded

_HAN = "㐀-鿿"
_ONE = rf"(?<![a-z0-9])[a-z0-9](?![a-z0-9])|[{_HAN}]"
_GAP = r"(?: |[.*|·•_/\\~-]{1,2})"
# three or more single characters, with the same sign between each two
_PULLED = re.compile(rf"(?:{_ONE})(?P<gap>{_GAP})(?:{_ONE})(?:(?P=gap)(?:{_ONE}))+")
_MIXED = re.compile(
    r"(?<![a-z0-9@$!|])(?=[a-z0-9@$!|]*[a-z])(?=[a-z0-9@$!|]*[0-9@$!|])[a-z0-9@$!|]{2,24}"
)
_MAYBE = re.compile(
    rf"[a-z][0-9@$!|]|[0-9@$!|][a-z]|([a-z])\1\1|(?:{_ONE}){_GAP}(?:{_ONE}){_GAP}(?:{_ONE})"
)
_UNDONE = re.compile(rf"(?P<stretched>(?P<letter>[a-z])(?P=letter){{2,}})|{_PULLED.pattern}")
_AS_LETTERS = str.maketrans("0134578@$!|", "oieastbasii")
_DIGITS = re.compile(r"\d+")


def revealed(view: Folded, words: Set[str]) -> Folded | None:
    """The view with disguises taken off, where there are any; `origin` indexes the given view.

    Digits inside a word are letters where that makes it one of `words`, else they stay digits.
    """
    text = view.text
    if not _MAYBE.search(text):
        return None
    parts: list[str] = []
    origin: list[int] = []
    at = 0
    for match in _UNDONE.finditer(text):
        parts.append(text[at : match.start()])
        origin += range(at, match.start())
        if match["stretched"]:
            kept = [match.start()]
        else:
            kept = [i for i in range(*match.span()) if text[i].isalnum()]
        parts.append("".join(text[i] for i in kept))
        origin += kept
        at = match.end()
    parts.append(text[at:])
    origin += range(at, len(text))
    plain = "".join(parts)
    read = _MIXED.sub(lambda match: _as_letters(match[0], words), plain)
    return Folded(read, np.array(origin, np.int32)) if read != text else None


def _as_letters(word: str, words: Set[str]) -> str:
    """`4ges` is ages, `13y0` is 13yo, `rm20` stays: never longer or shorter than it was."""
    for end in range(min(3, len(word)) + 1):  # a number may stand close before the word
        if word[:end] and not word[:end].isdigit():
            break
        if (letters := word[end:].translate(_AS_LETTERS)) in words:
            return word[:end] + letters
    for start in range(len(word) - 1, max(len(word) - 4, 0), -1):  # or behind it
        if word[start:].isdigit() and (letters := word[:start].translate(_AS_LETTERS)) in words:
            return letters + word[start:]
    return word
