"""The compiled loops that tell the words of a post apart, in three views, and its scripts."""

from __future__ import annotations

from typing import Any

import numpy as np

from lindung.runtime import compiled

SEPARATOR, LETTER, DIGIT, IDEOGRAPH, CURRENCY, SIGN = range(6)
HAS_NUMBER, HAS_AT, HAS_MARK, HAS_PHONE, HAS_LONG = 1, 2, 4, 8, 16
LATIN, HAN, TAMIL, OTHER, KANA = range(5)
FNV_START = np.uint64(0xCBF29CE484222325)
FNV_STEP = np.uint64(0x100000001B3)
MIX = np.uint64(0x9E3779B97F4A7C15)
_LONGEST_SPACED = 24
GOES_ON = 1 << 23  # marks a word of which only the beginning must stand there


@compiled
def find(keys: Any, values: Any, key: Any) -> Any:
    """The value of `key` in a `hash_table`, 0 where it has none."""
    mask = np.uint64(keys.size - 1)
    place = ((key * MIX) >> np.uint64(32)) & mask
    while values[place]:
        if keys[place] == key:
            return values[place]
        place = (place + np.uint64(1)) & mask
    return 0


@compiled
def add_hit(hits: Any, count: Any, post: Any, what: Any, start: Any, end: Any) -> Any:
    """A row more of post, term or category, start, end; the table grows where it is full."""
    if count == hits.shape[0]:
        larger = np.empty((2 * count, 4), np.int32)
        larger[:count] = hits
        hits = larger
    hits[count, 0] = post
    hits[count, 1] = what
    hits[count, 2] = start
    hits[count, 3] = end
    return hits, count + 1


@compiled
def plain_words(
    folded: Any,
    a: Any,
    b: Any,
    classes: Any,
    wk: Any,
    wv: Any,
    pk: Any,
    pv: Any,
    ids: Any,
    goes: Any,
    at: Any,
    to: Any,
) -> Any:
    """Words as written. Gives their number, the HAS_* flags, and if a word hides letters."""
    n = 0
    flags = 0
    digits = 0
    hides = False
    apart = 0
    spaced = False
    i = a
    while i < b:
        point = folded[i]
        kind = classes[point]
        j = i + 1
        if kind in (LETTER, DIGIT):
            h = (FNV_START ^ np.uint64(point)) * FNV_STEP
            goes[n] = 0
            repeats = 1
            while j < b and classes[folded[j]] == kind:
                repeats = repeats + 1 if folded[j] == folded[j - 1] else 1
                hides |= repeats == 3 and kind == LETTER
                h = (h ^ np.uint64(folded[j])) * FNV_STEP
                j += 1
                if kind == LETTER and j - i >= 2:
                    found = find(pk, pv, h)
                    if found:
                        goes[n] = found
            ids[n] = find(wk, wv, h)
            at[n] = i
            to[n] = j
            n += 1
            if kind == DIGIT:
                flags |= HAS_NUMBER
                digits += j - i
                hides |= (i > a and classes[folded[i - 1]] == LETTER) or (
                    j < b and classes[folded[j]] == LETTER
                )
                apart = apart if j - i == 1 else 0  # it may stand for a letter
            else:
                apart = apart + 1 if j - i == 1 else 0
                spaced |= apart == 3
            if j - i >= 15:
                flags |= HAS_LONG
        elif kind in (IDEOGRAPH, CURRENCY):
            ids[n] = find(wk, wv, (FNV_START ^ np.uint64(point)) * FNV_STEP)
            goes[n] = 0
            at[n] = i
            to[n] = j
            n += 1
            hides |= kind == CURRENCY
        else:
            if point == 64:
                flags |= HAS_AT
            if point in (46, 40, 91, 123, 47, 58, 61):  # . ( [ { / : =
                flags |= HAS_MARK
            hides |= kind == SIGN
        i = j
    if digits >= 7:
        flags |= HAS_PHONE | HAS_LONG
    return n, flags, hides, spaced


@compiled
def disguised_words(
    folded: Any,
    a: Any,
    b: Any,
    classes: Any,
    letters: Any,
    wk: Any,
    wv: Any,
    sk: Any,
    sv: Any,
    ids: Any,
    goes: Any,
    at: Any,
    to: Any,
) -> Any:
    """Words with digits and signs read as letters; only what is disguised changes."""
    n = 0
    i = a
    while i < b:
        kind = classes[folded[i]]
        j = i + 1
        if kind == IDEOGRAPH:
            ids[n] = find(wk, wv, (FNV_START ^ np.uint64(folded[i])) * FNV_STEP)
        elif kind == SEPARATOR:
            i = j
            continue
        else:
            has_letter = kind == LETTER
            disguised = kind != LETTER
            doubled = False
            h = FNV_START
            exact = FNV_START
            previous = np.uint32(0)
            repeats = 0
            j = i
            while j < b:
                point = folded[j]
                kind = classes[point]
                if kind in (SEPARATOR, IDEOGRAPH):
                    break
                if (
                    kind == SIGN
                    and point != 64
                    and (j + 1 >= b or classes[folded[j + 1]] == SEPARATOR)
                ):
                    break
                has_letter |= kind == LETTER
                disguised |= kind != LETTER
                repeats = repeats + 1 if j > i and point == folded[j - 1] else 1
                disguised |= repeats == 3
                exact = (exact ^ np.uint64(point)) * FNV_STEP
                letter = letters[point] if point < 128 else point
                doubled |= letter == previous
                if letter != previous:
                    h = (h ^ np.uint64(letter)) * FNV_STEP
                    previous = letter
                j += 1
            if j == i:
                i += 1
                continue
            ids[n] = find(sk, sv, h) if disguised and has_letter else find(wk, wv, exact)
            if doubled and has_letter and ids[n] == 0:
                ids[n] = find(sk, sv, h)
        goes[n] = 0
        at[n] = i
        to[n] = j
        n += 1
        i = j
    return n


@compiled
def joined_words(
    folded: Any, n: Any, letters: Any, sk: Any, sv: Any, ids: Any, goes: Any, at: Any, to: Any
) -> Any:
    """The words of `_disguised` with those put together whose letters stand apart.

    Three single letters or more in a row are cut greedily into the longest known words.
    """
    kept = 0
    first = 0
    while first < n:
        last = first
        while (
            last < n
            and to[last] - at[last] == 1
            and (last == first or at[last] - to[last - 1] <= 2)
        ):
            last += 1
        if last - first < 3:
            last = max(last, first + 1)
            for k in range(first, last):
                ids[kept], goes[kept], at[kept], to[kept] = ids[k], goes[k], at[k], to[k]
                kept += 1
        else:
            k = first
            while k < last:
                best, word = 0, 0
                h = FNV_START
                previous = np.uint32(0)
                for m in range(k, min(last, k + _LONGEST_SPACED)):
                    point = folded[at[m]]
                    letter = letters[point] if point < 128 else point
                    if letter != previous:
                        h = (h ^ np.uint64(letter)) * FNV_STEP
                        previous = letter
                    found = find(sk, sv, h)
                    if found and m > k:
                        best, word = m + 1, found
                if best:
                    ids[kept], goes[kept], at[kept], to[kept] = word, 0, at[k], to[best - 1]
                    kept += 1
                k = max(best, k + 1)
        first = last
    return kept


@compiled
def most_words(folded: Any, a: Any, b: Any, classes: Any) -> Any:
    """How many words a post can have in any view: its arrays are no longer than needed."""
    words = 1
    before = SEPARATOR
    for i in range(a, b):
        kind = classes[folded[i]]
        words += kind != SEPARATOR and (kind != before or kind not in (LETTER, DIGIT))
        before = kind
    return words


@compiled
def script_counts(points: Any, starts: Any, classes: Any) -> Any:
    scripts = np.zeros((starts.size - 1, 5), np.int32)
    for post in range(starts.size - 1):
        for i in range(starts[post], starts[post + 1]):
            point = points[i]
            kind = classes[point]
            if kind == LETTER:
                if point < 0x250 or 0xFF21 <= point < 0xFF5B or 0x1D400 <= point < 0x1D800:
                    scripts[post, LATIN] += 1
                elif 0x0B80 <= point < 0x0C00:
                    scripts[post, TAMIL] += 1
                elif not 0x300 <= point < 0x370:  # marks on letters are of any script
                    scripts[post, OTHER] += 1
            elif kind == IDEOGRAPH:
                scripts[post, KANA if 0x3041 <= point < 0x3100 else HAN] += 1
    return scripts
