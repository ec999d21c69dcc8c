"""The compiled loops of `scan.py`: phrases, walked in a trie of words in each view of a post."""

from __future__ import annotations

from typing import Any

import numpy as np

from lindung.runtime import compiled
from lindung.text.normal.word_loops import (
    GOES_ON,
    add_hit,
    disguised_words,
    find,
    joined_words,
    most_words,
    plain_words,
)

_WIDEST_GAP = 6  # characters between the words of a phrase


@compiled
def _step(tk: Any, tv: Any, state: Any, way: Any, word: Any, goes: Any) -> Any:
    """From a state by a word: as it is, as one that may go on, or by its known beginning."""
    if way == 2:
        word = goes
    elif way == 1 and word:
        word |= GOES_ON
    if word == 0:
        return 0
    return find(tk, tv, (np.uint64(state) << np.uint64(24)) | np.uint64(word))


@compiled
def _unpictured(n: Any, ids: Any, goes: Any, at: Any, to: Any, origin: Any) -> Any:
    """Leave out words that one character is spelled out to. Gives how many are left."""
    kept = 0
    for k in range(n):
        if to[k] - at[k] == 1 or origin[at[k]] != origin[to[k] - 1]:
            ids[kept], goes[kept], at[kept], to[kept] = ids[k], goes[k], at[k], to[k]
            kept += 1
    return kept


@compiled
def _pictures(n: Any, at: Any, to: Any, origin: Any, gone: Any) -> Any:
    """How many points before each word are what a picture is spelled out to."""
    for k in range(1, n):
        gone[k] = 0
        for i in range(to[k - 1], at[k]):
            gone[k] += origin[i] == origin[i - 1] or origin[i] == origin[i + 1]


@compiled
def _walk(
    n: Any,
    ids: Any,
    goes: Any,
    at: Any,
    to: Any,
    gone: Any,
    tk: Any,
    tv: Any,
    ends: Any,
    post: Any,
    hits: Any,
    count: Any,
) -> Any:
    """Walk the trie from every word; hits grow as rows of post, term, start, end."""
    for first in range(n):
        for way in range(3):
            state = _step(tk, tv, 0, way, ids[first], goes[first])
            place = first
            while state:
                term = ends[state]
                if term >= 0:
                    hits, count = add_hit(hits, count, post, term, at[first], to[place])
                place += 1
                if place == n or at[place] - to[place - 1] - gone[place] > _WIDEST_GAP:
                    break
                step = 0
                for other in range(3):
                    if step == 0:
                        step = _step(tk, tv, state, other, ids[place], goes[place])
                state = step
    return hits, count


@compiled
def scan_posts(
    folded: Any,
    starts: Any,
    origin: Any,
    classes: Any,
    letters: Any,
    wk: Any,
    wv: Any,
    pk: Any,
    pv: Any,
    sk: Any,
    sv: Any,
    tk: Any,
    tv: Any,
    ends: Any,
) -> Any:
    posts = starts.size - 1
    flags = np.zeros(posts, np.uint8)
    longest = 1
    for post in range(posts):
        longest = max(longest, most_words(folded, starts[post], starts[post + 1], classes))
    ids = np.zeros(longest, np.int32)
    goes = np.zeros(longest, np.int32)
    at = np.zeros(longest, np.int64)
    to = np.zeros(longest, np.int64)
    gone = np.zeros(longest, np.int64)
    none = np.zeros(longest, np.int64)
    hits = np.empty((max(64, 2 * posts), 4), np.int32)
    count = 0
    for post in range(posts):
        a, b = starts[post], starts[post + 1]
        n, has, hides, spaced = plain_words(
            folded, a, b, classes, wk, wv, pk, pv, ids, goes, at, to
        )
        flags[post] = has
        pictured = False
        for view in range(3):
            if view == 1:
                if not (hides or spaced):
                    break
                n = disguised_words(
                    folded, a, b, classes, letters, wk, wv, sk, sv, ids, goes, at, to
                )
            elif view == 2:
                if not spaced:
                    break
                n = joined_words(folded, n, letters, sk, sv, ids, goes, at, to)
            hits, count = _walk(n, ids, goes, at, to, none, tk, tv, ends, post, hits, count)
            words = n
            n = _unpictured(n, ids, goes, at, to, origin)
            pictured |= n < words
            if pictured:  # a picture between two words parts no phrase
                _pictures(n, at, to, origin, gone)
                hits, count = _walk(n, ids, goes, at, to, gone, tk, tv, ends, post, hits, count)
    hits = hits[:count]
    return (
        hits[:, 0].copy(),
        hits[:, 1].copy(),
        hits[:, 2].copy(),
        hits[:, 3].copy(),
        flags,
    )
