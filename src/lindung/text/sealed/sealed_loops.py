"""The compiled loop of `lexicon.py`: grams of words in three views, asked of a table of tags."""

from __future__ import annotations

from typing import Any

import numpy as np

from lindung.runtime import compiled
from lindung.text.normal.word_loops import IDEOGRAPH, LETTER, SEPARATOR, SIGN, add_hit, find
from lindung.text.sealed.siphash import siphash

LONGEST = 4  # words, or Chinese characters, in one term
LONGEST_WORD = 64
_LONGEST_APART = 24
PLAIN, SKELETON, GLUED = 0xE000, 0xE001, 0xE002  # private-use points keep the views apart


@compiled
def scan_sealed(
    folded: Any, starts: Any, classes: Any, letters: Any, k0: Any, k1: Any, tags: Any, values: Any
) -> Any:
    posts = starts.size - 1
    hits = np.empty((64, 4), np.int32)
    count = 0
    gram = np.empty(LONGEST * (LONGEST_WORD + 1) + 1, np.uint32)
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
                gram[0] = PLAIN if view == 0 else SKELETON
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
                        while k < b and length < LONGEST_WORD:
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
                            hits, count = add_hit(hits, count, post, found - 1, i, k)
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
                    gram[0] = GLUED
                    for n in range(m, min(size, m + _LONGEST_APART)):
                        gram[n - m + 1] = folded[apart[n]]
                        if n - m >= 2:
                            found = find(tags, values, siphash(k0, k1, gram, n - m + 2))
                            if found:
                                hits, count = add_hit(
                                    hits, count, post, found - 1, apart[m], apart[n] + 1
                                )
                size = 0
                if single:
                    apart[0] = i
                    size = 1
    return hits[:count].copy()
