"""Which chunks to cut a code into, and how far to look in each: the generalised pigeonhole.

If two codes differ in at most R bits, and every chunk c of one is allowed r_c differing bits with
sum(r_c + 1) > R, then some chunk differs in at most r_c bits: otherwise the chunks alone would hold
sum(r_c + 1) > R differences. So looking up, in every chunk, all values within r_c bits of the
query's finds everything. r_c = -1 leaves a chunk out.

More holds: walk round the chunks as a ring and add up (differences - r_c - 1). The whole round is
negative, so from some chunk on every partial sum is (the cycle lemma): that chunk c differs in at
most r_c bits, and together with the next one in at most r_c + r_next + 1. So an entry carries a
sketch, up to 16 bits of the next chunk, and nearly all codes of a bucket are passed over unfetched.

Sources: Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing",
2014; Qin et al., "GPH", 2018 (unequal r_c); Qin and Xiao, "Pigeonring", 2018 (the ring).
"""

from __future__ import annotations

import functools
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

BITS = 256
MAX_RADIUS = 35
BUCKET, CANDIDATE, SCANNED = 29.0, 0.9, 1.5  # nanoseconds, measured at 1 M and 10 M codes
ENTRY, START = 6, 4  # bytes: a code number and its sketch; where a bucket begins
MOST_BYTES, FREE_BYTES = 90, 1 << 28  # for all chunks: a code, or this much in any case
WIDTHS = range(12, 25)


Chunks = tuple[tuple[int, int], ...]  # first bit, width; none: look at every code


@functools.lru_cache(maxsize=4096)
def _ball(width: int, reach: int) -> int:
    """How many values lie within `reach` bits of one."""
    return sum(comb(width, k) for k in range(reach + 1))


def _cost(width: int, reach: int, codes: int) -> float:
    """Nanoseconds to look through one chunk, were the codes spread evenly."""
    return _ball(width, reach) * (BUCKET + CANDIDATE * codes / (1 << width))


def reaches(chunks: Chunks, radius: int, codes: int) -> list[int]:
    """The cheapest r_c with sum(r_c + 1) = radius + 1: each next bit where it costs least."""
    reach = [-1] * len(chunks)
    for _ in range(radius + 1):
        extra = [
            _cost(width, r + 1, codes) - (_cost(width, r, codes) if r >= 0 else 0.0)
            for (_, width), r in zip(chunks, reach, strict=True)
        ]
        reach[int(np.argmin(extra))] += 1
    return reach


def search_cost(chunks: Chunks, radius: int, codes: int) -> float:
    """Nanoseconds a query should take through these chunks."""
    found = reaches(chunks, radius, codes)
    return sum(
        _cost(width, reach, codes)
        for (_, width), reach in zip(chunks, found, strict=True)
        if reach >= 0
    )


def choose(codes: int, radius: int) -> Chunks:
    """The cheapest plan for so many codes: equal chunks of 12 to 24 bits, or none at all."""
    best: float = SCANNED * codes
    plan: Chunks = ()
    for width in WIDTHS:
        count = BITS // width
        if count * (ENTRY * codes + (START << width)) > max(MOST_BYTES * codes, FREE_BYTES):
            continue
        chunks = tuple((c * width, width) for c in range(count))
        cost = search_cost(chunks, radius, codes)
        if cost < best:
            best, plan = cost, chunks
    return plan


@functools.lru_cache(maxsize=64)
def masks(width: int, reach: int) -> NDArray[np.uint32]:
    """Every difference of at most `reach` bits in `width`, sorted: neighbours share cache lines."""
    found = [
        sum(1 << bit for bit in bits)
        for count in range(reach + 1)
        for bits in combinations(range(width), count)
    ]
    return np.sort(np.array(found, np.uint32))
