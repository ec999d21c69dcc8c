"""Sealed lists of terms: the partner seals them, the product holds tags and no readable term.

A term becomes 64-bit tags (SipHash-2-4, one 128-bit key per partner) in three views: as written,
as a skeleton (digits and signs read as letters), and glued together (letters that stand apart).
Without the key the tags say nothing; with it they can be probed one guess at a time, which is
what `probing.ProbeGuard` limits. Rotation: the partner seals again under a new key, and both lists
are loaded until the old one's `valid_until`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lindung.text.fold import code_points
from lindung.text.loops import IDEOGRAPH, LETTER, SEPARATOR, SIGN, find
from lindung.text.scan import (
    character_tables,
    hash_table,
    split_words,
    word_skeleton,
)
from lindung.text.siphash import key_halves, siphash

FORMAT = "lindung-lexicon/1"
LONGEST = 4  # words, or Chinese characters, in one term
_LONGEST_WORD = 64
_LONGEST_APART = 24
_PLAIN, _SKELETON, _GLUED = 0xE000, 0xE001, 0xE002  # private-use points keep the views apart


class LexiconError(ValueError):
    """A sealed list, or a key for it, that cannot be used; the message is for people."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A sealed list, opened with its key. `entries` maps tags to the index of a category.

    What is printed of it shows neither. A pickled one (for a pool of processes) holds both.
    """

    partner: str
    version: int
    valid_until: datetime.date
    categories: tuple[str, ...]
    entries: dict[int, int] = field(repr=False)
    key: bytes = field(repr=False)
    _table: tuple[NDArray[np.uint64], NDArray[np.int32]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = hash_table({tag: index + 1 for tag, index in self.entries.items()})
        object.__setattr__(self, "_table", table)

    def scan(self, folded: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
        """Rows of post, category, start, end (in folded points), ordered by post."""
        k0, k1 = key_halves(self.key)
        hits: NDArray[np.int32] = _scan(folded, starts, *character_tables(), k0, k1, *self._table)
        return hits


def seal(
    terms: Iterable[tuple[str, str]],
    key: bytes,
    *,
    partner: str,
    version: int,
    valid_until: datetime.date,
) -> str:
    """The sealed list (JSON text) for pairs of term and category. Raises LexiconError."""
    k0, k1 = key_halves(key)
    categories: list[str] = []
    tags: dict[str, int] = {}
    for number, (term, category) in enumerate(terms, start=1):
        words = split_words(term)
        if not 1 <= len(words) <= LONGEST or max(map(len, words)) > _LONGEST_WORD:
            raise LexiconError(
                f"Term {number} has {len(words)} words; a term has 1 to {LONGEST} words "
                f"(or Chinese characters) of at most {_LONGEST_WORD} letters."
            )
        if category not in categories:
            categories.append(category)
        views = [
            chr(_PLAIN) + " ".join(words),
            chr(_SKELETON) + " ".join(map(word_skeleton, words)),
            chr(_GLUED) + "".join(words),
        ]
        for view in views:
            points = code_points(view)
            tags[f"{int(siphash(k0, k1, points, points.size)):016x}"] = categories.index(category)
    return json.dumps(
        {
            "format": FORMAT,
            "partner": partner,
            "version": version,
            "valid_until": valid_until.isoformat(),
            "key_check": _key_check(key),
            "categories": categories,
            "tags": dict(sorted(tags.items())),  # sorted: the order must not tell the term
        },
        indent=0,
    )


def open_lexicon(path: Path, key: bytes) -> Lexicon:
    """Open a sealed list. Raises LexiconError for a wrong key, format or date; OSError."""
    try:
        return parse_lexicon(path.read_text("utf-8"), key)
    except (LexiconError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: {error}") from None


def parse_lexicon(text: str, key: bytes, *, today: datetime.date | None = None) -> Lexicon:
    """Open the text of a sealed list. Raises LexiconError for a wrong key, format or date."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    try:
        data = json.loads(text, parse_constant=_no_number)
        form, check = data["format"], data["key_check"]
        lexicon = Lexicon(
            _text(data["partner"]),
            _whole(data["version"]),
            datetime.date.fromisoformat(data["valid_until"]),
            tuple(map(_text, data["categories"])),
            {_tag(tag): _whole(index) for tag, index in data["tags"].items()},
            key,
        )
        if not isinstance(data["categories"], list) or not lexicon.entries:
            raise ValueError("no list of categories, or no entry")
        if max(lexicon.entries.values()) >= len(lexicon.categories):
            raise ValueError("an entry without a category")
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise LexiconError(f"This is not a sealed list ({FORMAT}).") from None
    if form != FORMAT:
        raise LexiconError(f"This is a {form!r}; needed is {FORMAT!r}.")
    if check != _key_check(key):
        raise LexiconError(f"This key does not open it. Ask {lexicon.partner} for its key.")
    if today > lexicon.valid_until:
        raise LexiconError(
            f"It was valid until {lexicon.valid_until}. Ask {lexicon.partner} for a newer list."
        )
    return lexicon


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text")
    return value


def _whole(value: object) -> int:
    # True counts as 1 in Python, and a number past this is no index of anything
    if type(value) is not int or not 0 <= value < 2**31 - 1:
        raise ValueError("no whole number")
    return value


def _tag(value: str) -> int:
    if not re.fullmatch("[0-9a-f]{16}", value):
        raise ValueError("no tag")
    return int(value, 16)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _key_check(key: bytes) -> str:
    points = code_points(FORMAT)
    return f"{int(siphash(*key_halves(key), points, points.size)):016x}"


@njit(cache=True)
def _scan(folded, starts, classes, letters, k0, k1, tags, values):  # type: ignore[no-untyped-def]
    posts = starts.size - 1
    hits = np.empty((64, 4), np.int32)
    count = 0
    gram = np.empty(LONGEST * (_LONGEST_WORD + 1) + 1, np.uint32)
    apart = np.empty(_LONGEST_APART * 4, np.int64)
    for post in range(posts):
        a, b = starts[post], starts[post + 1]
        for view in range(2):
            i = a
            while i < b:
                if classes[folded[i]] == SEPARATOR or (view == 0 and classes[folded[i]] == SIGN):
                    i += 1
                    continue
                # grams of 1 to LONGEST words from here; the first word's end is where to go on
                size = 1
                gram[0] = _PLAIN if view == 0 else _SKELETON
                disguised = False
                j = i
                first_end = i
                for words in range(LONGEST):
                    k = j
                    kind = classes[folded[k]]
                    if words:
                        gram[size] = 32
                        size += 1
                    if kind == IDEOGRAPH:
                        gram[size] = folded[k]
                        size += 1
                        k += 1
                    else:
                        letter_in = False
                        sign_in = False
                        run = 0
                        length = 0
                        while k < b and length < _LONGEST_WORD:
                            here = classes[folded[k]]
                            if here in (SEPARATOR, IDEOGRAPH) or (view == 0 and here != kind):
                                break
                            if (
                                here == SIGN
                                and folded[k] != 64
                                and (k + 1 >= b or classes[folded[k + 1]] == SEPARATOR)
                            ):
                                break
                            letter_in |= here == LETTER
                            sign_in |= here != LETTER
                            run = run + 1 if k > j and folded[k] == folded[k - 1] else 1
                            sign_in |= run >= 3
                            point = folded[k]
                            if view == 1 and point < 128:
                                point = letters[point]
                            if view == 0 or length == 0 or gram[size - 1] != point:
                                gram[size] = point
                                size += 1
                                length += 1
                            k += 1
                        disguised |= letter_in and sign_in
                        if k == j:
                            k += 1
                    if words == 0:
                        first_end = k
                    if view == 0 or disguised:
                        found = find(tags, values, siphash(k0, k1, gram, size))
                        if found:
                            hits, count = _add(hits, count, post, found - 1, i, k)
                    gap = 0
                    while (
                        k < b
                        and gap <= 3
                        and (
                            classes[folded[k]] == SEPARATOR
                            or (view == 0 and classes[folded[k]] == SIGN)
                        )
                    ):
                        k += 1
                        gap += 1
                    if k >= b or gap > 3:
                        break
                    j = k
                i = max(first_end, i + 1)
        size = 0
        for i in range(a, b + 1):
            single = (
                i < b
                and classes[folded[i]] == LETTER
                and (i == a or classes[folded[i - 1]] != LETTER)
                and (i + 1 == b or classes[folded[i + 1]] != LETTER)
            )
            near = size == 0 or i - apart[size - 1] <= 3
            if single and near and size < apart.size:
                apart[size] = i
                size += 1
            elif i == b or single or classes[folded[i]] != SEPARATOR:
                for m in range(size - 2 if size >= 3 else 0):
                    gram[0] = _GLUED
                    for n in range(m, min(size, m + _LONGEST_APART)):
                        gram[n - m + 1] = folded[apart[n]]
                        if n - m >= 2:
                            found = find(tags, values, siphash(k0, k1, gram, n - m + 2))
                            if found:
                                hits, count = _add(
                                    hits, count, post, found - 1, apart[m], apart[n] + 1
                                )
                size = 0
                if single:
                    apart[0] = i
                    size = 1
    return hits[:count].copy()


@njit(cache=True)
def _add(hits, count, post, category, start, end):  # type: ignore[no-untyped-def]
    if count == hits.shape[0]:
        larger = np.empty((2 * count, 4), np.int32)
        larger[:count] = hits
        hits = larger
    hits[count, 0] = post
    hits[count, 1] = category
    hits[count, 2] = start
    hits[count, 3] = end
    return hits, count + 1
