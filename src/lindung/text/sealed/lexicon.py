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
from numpy.typing import NDArray

from lindung.text.normal.fold import code_points
from lindung.text.rules.scanning import (
    character_tables,
    hash_table,
    split_words,
    word_skeleton,
)
from lindung.text.sealed.sealed_loops import (
    GLUED,
    LONGEST,
    LONGEST_WORD,
    PLAIN,
    SKELETON,
    scan_sealed,
)
from lindung.text.sealed.siphash import key_halves, siphash

FORMAT = "lindung-lexicon/1"


class LexiconError(ValueError):
    """A sealed list that cannot be used; the message is for people.

    `problem` is `damaged`, `key` (it does not open the list) or `ended` (its date is past).
    """

    def __init__(self, message: str, problem: str = "damaged") -> None:
        super().__init__(message)
        self.problem = problem


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

    def scan(
        self, folded: NDArray[np.uint32], starts: NDArray[np.int64], origin: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Rows of post, category, start, end (in folded points), ordered by post.

        `origin` is the place of each point in the original: a picture between two words of a term
        parts it no more than a space.
        """
        hits = self._scan(folded, starts)
        plain, kept = _without_pictures(folded, starts, origin)
        if not len(kept):
            return hits
        more = self._scan(plain, np.searchsorted(kept, starts))
        more[:, 2], more[:, 3] = kept[more[:, 2]], kept[more[:, 3] - 1] + 1
        seen = set(map(tuple, hits.tolist()))
        new = [row for row in more.tolist() if tuple(row) not in seen]
        rows = np.concatenate([hits, np.array(new, np.int32).reshape(-1, 4)])
        return rows[np.argsort(rows[:, 0], kind="stable")]

    def _scan(self, folded: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
        k0, k1 = key_halves(self.key)
        hits: NDArray[np.int32] = scan_sealed(
            folded, starts, *character_tables(), k0, k1, *self._table
        )
        return hits


def _without_pictures(
    folded: NDArray[np.uint32], starts: NDArray[np.int64], origin: NDArray[np.int32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The points of the posts that hold a picture, each picture a space, and where they stand."""
    pictured = np.zeros(len(folded), np.bool_)  # several points that one character is spelled as
    pictured[1:] = origin[1:] == origin[:-1]
    pictured[:-1] |= pictured[1:]
    if not pictured.any():
        return folded[:0], np.zeros(0, np.int64)
    posts = np.zeros(len(starts) - 1, np.bool_)
    posts[np.searchsorted(starts, np.flatnonzero(pictured), "right") - 1] = True
    gone = pictured.copy()  # its first point stays as the space, where none is before it
    gone[1:] &= pictured[:-1] | (folded[:-1] == ord(" "))
    kept = np.flatnonzero(np.repeat(posts, np.diff(starts)) & ~gone)
    plain = folded[kept]
    plain[pictured[kept]] = ord(" ")
    return plain, kept


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
        if not 1 <= len(words) <= LONGEST or max(map(len, words)) > LONGEST_WORD:
            raise LexiconError(
                f"Term {number} has {len(words)} words; a term has 1 to {LONGEST} words "
                f"(or Chinese characters) of at most {LONGEST_WORD} letters."
            )
        if category not in categories:
            categories.append(category)
        views = [
            chr(PLAIN) + " ".join(words),
            chr(SKELETON) + " ".join(map(word_skeleton, words)),
            chr(GLUED) + "".join(words),
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
    except LexiconError as error:
        raise LexiconError(f"{path}: {error}", error.problem) from None
    except UnicodeDecodeError as error:
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
        raise LexiconError(f"This key does not open it. Ask {lexicon.partner} for its key.", "key")
    if today > lexicon.valid_until:
        raise LexiconError(
            f"It was valid until {lexicon.valid_until}. Ask {lexicon.partner} for a newer list.",
            "ended",
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
