"""The compiled loops of the index: bucket building and the two searches.

A code is four uint64 words. A chunk is a run of bits of the code (start, width); the entries of
a chunk are the code numbers sorted by the chunk's value, and `starts` tells where each value's
bucket begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from lindung.media.compiled import compiled

NARROWEST = 12  # bits of a chunk, at least: a sketch lies within one
AHEAD = 12  # how many items before its use a cache line is asked for
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Indexes = NDArray[np.uint32]


@intrinsic
def _ones_machine(_context: Any, _word: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def _fetch_machine(_context: Any, array: Any, _index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        where = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        insert: Any = cgutils.get_or_insert_function
        prefetch = insert(builder.module, shape, "llvm.prefetch.p0")
        builder.call(prefetch, [where, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


_ones: Any = _ones_machine  # the number of one bits of a uint64: one machine instruction
_fetch: Any = _fetch_machine  # ask for the cache line of item i of a flat array, and go on


@compiled
def _far(codes: Words, i: int, query: Words) -> Any:
    """The distance in bits of code i from the query."""
    left = _ones(codes[i, 0] ^ query[0]) + _ones(codes[i, 1] ^ query[1])
    right = _ones(codes[i, 2] ^ query[2]) + _ones(codes[i, 3] ^ query[3])
    return np.int64(left + right)


@compiled
def _chunk(code: Words, first: int, width: int) -> Any:
    """The value of a chunk (at most 32 bits) of a code."""
    word, shift = first >> 6, np.uint64(first & 63)
    value = code[word] >> shift
    if (first & 63) + width > 64:
        value |= code[word + 1] << np.uint64(64 - (first & 63))
    return np.int64(value & np.uint64((1 << width) - 1))


@compiled
def fill_buckets(
    codes: Words, first: int, width: int, beyond: int, starts: Indexes, entries: Indexes
) -> None:
    """Sort the code numbers by a chunk (counting sort) into entries[n], starts[2**width + 1].

    An entry's upper bits are the sketch: bits of the code from `beyond` on.
    """
    low = id_bits(len(codes))
    sketch = sketch_bits(len(codes))
    for i in range(len(codes)):
        starts[_chunk(codes[i], first, width) + 1] += np.uint32(1)
    for value in range(1 << width):
        starts[value + 1] += starts[value]
    for i in range(len(codes)):
        value = _chunk(codes[i], first, width)
        entries[starts[value]] = i | (_chunk(codes[i], beyond, sketch) << low)
        starts[value] += np.uint32(1)
    for value in range(1 << width, 0, -1):
        starts[value] = starts[value - 1]
    starts[0] = 0


@compiled
def id_bits(codes: int) -> int:
    """How many bits of an entry number the code."""
    bits = 1
    while codes > 1 << bits:
        bits += 1
    return bits


@compiled
def sketch_bits(codes: int) -> int:
    """How many bits of an entry are left for the sketch."""
    return min(32 - id_bits(codes), NARROWEST)


@compiled
def scan(
    codes: Words, queries: Words, radius: int, query: Ints, code: Ints, distance: Ints
) -> tuple[int, int]:
    """Look at every code for each query; write (query, code, distance) within the radius.

    Returns how many queries were answered and how many rows written: when the room in the three
    arrays ends, the query that did not fit is not counted. Ask for the rest with more room.
    """
    found = 0
    for q in range(len(queries)):
        more = _scan_one(codes, queries[q], radius, code[found:], distance[found:])
        if found + more > len(code):
            return q, found
        query[found : found + more] = q
        found += more
    return len(queries), found


@compiled
def _scan_one(codes: Words, query: Words, radius: int, code: Ints, distance: Ints) -> int:
    found, room = 0, len(code)
    for i in range(len(codes)):
        far = _far(codes, i, query)
        if far <= radius:
            if found < room:
                code[found], distance[found] = i, far
            found += 1
    return found


@compiled
def look_up(
    codes: Words,
    entries: Indexes,
    starts: Indexes,
    chunks: Ints,
    masks: Indexes,
    queries: Words,
    radius: int,
    query: Ints,
    code: Ints,
    distance: Ints,
) -> tuple[int, int]:
    """As `scan`, but only in the buckets near the query's chunks.

    entries uint32[m, n]; starts: the m bucket tables end to end; chunks int64[m, 7]: first bit,
    width, r (how many bits it may differ; -1: do not look), where its table begins in `starts`, the
    range in `masks` of the differences to try, how many bits chunk and sketch may differ together.
    Three passes a chunk, so that the cache misses of each overlap: bounds, entries, codes.
    """
    found, longest = 0, 1
    for c in range(len(chunks)):
        longest = max(longest, chunks[c, 5] - chunks[c, 4])
    first, last = np.empty(longest, np.uint32), np.empty(longest, np.uint32)
    near = np.empty(4096, np.uint32)
    for q in range(len(queries)):
        more = 0
        for c in range(len(chunks)):
            if chunks[c, 2] < 0:
                continue
            here = masks[chunks[c, 4] : chunks[c, 5]]
            key = _chunk(queries[q], chunks[c, 0], chunks[c, 1])
            total = _bounds(starts[chunks[c, 3] :], key, here, first, last)
            if total >= len(near):
                near = np.empty(2 * total, np.uint32)
            beyond = chunks[(c + 1) % len(chunks), 0]
            total = _gather(entries[c], first, last, here, queries[q], beyond, chunks[c, 6], near)
            more = _compare(
                codes,
                near[:total],
                queries[q],
                radius,
                c,
                chunks,
                code[found:],
                distance[found:],
                more,
            )
        if found + more > len(code):
            return q, found
        query[found : found + more] = q
        found += more
    return len(queries), found


@compiled
def _bounds(starts: Indexes, key: int, masks: Indexes, first: Indexes, last: Indexes) -> Any:
    """Where the buckets of key ^ mask begin and end."""
    total: Any = 0
    for k in range(len(masks)):
        at = key ^ np.int64(masks[k])
        first[k], last[k] = starts[at], starts[at + 1]
        total += np.int64(last[k]) - np.int64(first[k])
    return total


@compiled
def _gather(
    entries: Indexes,
    first: Indexes,
    last: Indexes,
    masks: Indexes,
    query: Words,
    beyond: int,
    budget: int,
    near: Indexes,
) -> Any:
    """Write the codes of those buckets whose chunk and sketch together differ within the budget."""
    low = np.uint32(id_bits(len(entries)))
    sketch = np.uint32(_chunk(query, beyond, sketch_bits(len(entries))) << low)
    number = np.uint32((1 << low) - 1)
    total: Any = 0
    for k in range(len(masks)):
        if k + AHEAD < len(masks):
            _fetch(entries, np.int64(first[k + AHEAD]))
        spare = budget - np.int64(_ones(np.uint64(masks[k])))
        for p in range(first[k], last[k]):
            entry = entries[p]
            near[total] = entry & number
            total += np.int64(_ones(np.uint64((entry ^ sketch) >> low))) <= spare
    return total


@compiled
def _compare(
    codes: Words,
    near: Indexes,
    query: Words,
    radius: int,
    c: int,
    chunks: Ints,
    code: Ints,
    distance: Ints,
    found: int,
) -> int:
    """Write those of `near` that are within the radius and were not reached by an earlier chunk."""
    room, words = len(code), codes.reshape(-1)
    sketch = sketch_bits(len(codes))
    for k in range(len(near)):
        if k + AHEAD < len(near):
            _fetch(words, np.int64(near[k + AHEAD]) * 4)
        i = near[k]
        far = _far(codes, i, query)
        if far > radius:
            continue
        seen = False
        for e in range(c):
            differ = _differ(codes[i], query, chunks[e, 0], chunks[e, 1])
            beyond = _differ(codes[i], query, chunks[e + 1, 0], sketch)
            seen = seen or (differ <= chunks[e, 2] and differ + beyond <= chunks[e, 6])
        if not seen:
            if found < room:
                code[found], distance[found] = i, far
            found += 1
    return found


@compiled
def _differ(code: Words, query: Words, first: int, width: int) -> Any:
    """In how many bits of a chunk two codes differ."""
    return np.int64(_ones(np.uint64(_chunk(code, first, width) ^ _chunk(query, first, width))))
