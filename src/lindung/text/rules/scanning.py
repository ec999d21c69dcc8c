"""One pass over many posts at once: which terms stand where.

Compiled loops over folded code points. A post is seen in three views: as it is written, with
digits and signs that stand for letters read as letters (runs of one letter squeezed), and with
letters that stand apart put together. Words are hashed; phrases are walked in a trie of words.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lindung.text.normal.fold import fold
from lindung.text.normal.word_loops import (
    CURRENCY,
    DIGIT,
    FNV_START,
    FNV_STEP,
    GOES_ON,
    IDEOGRAPH,
    LETTER,
    MIX,
    SEPARATOR,
    SIGN,
    script_counts,
)
from lindung.text.rules.phrase_loops import scan_posts


@dataclass(frozen=True, slots=True)
class Hits:
    """Where terms stand, as parallel arrays ordered by post; `start`/`end` index folded points.

    `flags` has one byte of HAS_* per post.
    """

    post: NDArray[np.int32]
    term: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    flags: NDArray[np.uint8]


class Vocabulary:
    """Terms compiled for scanning. A term is words; a last `*` lets its last word go on.

    Those `as_written` are not looked for behind signs or in letters pulled apart.
    """

    def __init__(self, terms: list[str], as_written: Set[str] = frozenset()) -> None:
        self.terms = terms
        words: dict[int, int] = {}
        prefixes: dict[int, int] = {}
        skeletons: dict[int, int] = {}
        steps: dict[int, int] = {}
        ends = [-1]
        for number, term in enumerate(terms):
            tokens = split_words(term.removesuffix("*"))
            if not tokens:
                raise ValueError(f"the term {term!r} has no word in it")
            state = 0
            for place, token in enumerate(tokens):
                goes_on = term.endswith("*") and place == len(tokens) - 1
                word = words.setdefault(_hash(token), len(words) + 1)
                if term not in as_written:
                    skeletons.setdefault(_hash(word_skeleton(token)), word)
                if goes_on:
                    word |= GOES_ON
                    prefixes[_hash(token)] = word
                state = steps.setdefault((state << 24) | word, len(ends))
                if state == len(ends):
                    ends.append(-1)
            ends[state] = number
        self._arrays = (
            *hash_table(words),
            *hash_table(prefixes),
            *hash_table(skeletons),
            *hash_table(steps),
            np.array(ends, np.int32),
        )

    def scan(
        self, folded: NDArray[np.uint32], starts: NDArray[np.int64], origin: NDArray[np.int32]
    ) -> Hits:
        """All hits in posts `folded[starts[i]:starts[i + 1]]`, with the `origin` of each point."""
        classes, letters = character_tables()
        return Hits(*scan_posts(folded, starts, origin, classes, letters, *self._arrays))


def split_words(term: str) -> list[str]:
    """The words of a term as scanning sees them: one per Chinese character."""
    classes, _ = character_tables()
    tokens: list[str] = []
    last = SEPARATOR
    for character in fold(term).text:
        kind = int(classes[ord(character)])
        if kind in (LETTER, DIGIT) and kind == last:
            tokens[-1] += character
        elif kind in (LETTER, DIGIT, IDEOGRAPH, CURRENCY):
            tokens.append(character)
        last = kind
    return tokens


def _hash(word: str) -> int:
    value = int(FNV_START)
    for character in word:
        value = ((value ^ ord(character)) * int(FNV_STEP)) % 2**64
    return value


def word_skeleton(word: str) -> str:
    """A word with digits and signs read as letters, and no letter twice in a row."""
    _, letters = character_tables()
    out = ""
    for character in word:
        letter = chr(letters[ord(character)]) if ord(character) < 128 else character
        out += letter if not out.endswith(letter) else ""
    return out


def hash_table(entries: dict[int, int]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """An open-addressing hash table as two arrays; value 0 is empty."""
    size = 1 << max(4, (4 * len(entries)).bit_length())
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    for key, value in entries.items():
        place = ((key * int(MIX)) % 2**64 >> 32) & (size - 1)
        while values[place]:
            place = (place + 1) & (size - 1)
        keys[place], values[place] = key, value
    return keys, values


@functools.cache
def character_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """The class of every code point, and the letter an ASCII character may stand for."""
    classes = np.zeros(0x110000, np.uint8)
    for first, last in ((0, 0x3040), (0xA000, 0xAC00), (0xF900, 0x10600), (0x1E900, 0x1E960)):
        for point in range(first, last):
            category = unicodedata.category(chr(point))
            if category == "Nd":
                classes[point] = DIGIT
            elif category[0] == "L" or category in ("Mc", "Mn"):
                classes[point] = LETTER
            elif category == "Sc":
                classes[point] = CURRENCY
    classes[0xAC00:0xD7A4] = LETTER
    for first, last in ((0x3005, 0x3008), (0x3041, 0x3100), (0x3400, 0xA000), (0x20000, 0x32000)):
        classes[first:last] = IDEOGRAPH
    for sign in "@!|":
        classes[ord(sign)] = SIGN
    letters = np.arange(128, dtype=np.uint32)
    for sign, letter in zip("0134578@$!|l", "oieastbasiii", strict=True):
        letters[ord(sign)] = ord(letter)
    return classes, letters


def count_scripts(points: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Letters per post and script (LATIN to KANA) in posts as they were written."""
    counted: NDArray[np.int32] = script_counts(points, starts, character_tables()[0])
    return counted
