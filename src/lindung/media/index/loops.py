"""The compiled loops of the index: bucket building and the two searches.

A code is four uint64 words. A chunk is a run of bits of the code (start, width); the entries of
a chunk are the code numbers sorted by the chunk's value, `starts` tells where each value's bucket
begins, and an entry's sketch is the beginning of the next chunk of its code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from lindung.runtime import compiled

SKETCH = 16  # bits of a sketch, at most: it lies within a chunk
LANES = 32  # sketches compared at once: a cache line of them
# A query is scanned when it would pass over more than this part of all codes in its buckets, or
# fetch that part of them: each then costs some third of a scan. Few codes are looked up always.
PASSED, FETCHED, ALWAYS = 1, 16, 4096
AHEAD = 12  # how many items before its use a cache line is asked for
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Indexes = NDArray[np.uint32]
Sketches = NDArray[np.uint16]


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


@intrinsic
def _alike_machine(_context: Any, array: Any, _index: Any, _wanted: Any, _most: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = ir.IntType(SKETCH)
        vector = ir.VectorType(lane, LANES)

        def everywhere(value: Any) -> Any:
            one = builder.insert_element(
                ir.Constant(vector, ir.Undefined),
                builder.trunc(value, lane),
                ir.Constant(ir.IntType(32), 0),
            )
            return builder.shuffle_vector(
                one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
            )

        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        where = builder.bitcast(builder.gep(data, [arguments[1]]), vector.as_pointer())
        sketches = builder.load(where)
        sketches.align = SKETCH // 8
        insert: Any = cgutils.get_or_insert_function
        shape = ir.FunctionType(vector, [vector])
        count = insert(builder.module, shape, f"llvm.ctpop.v{LANES}i{SKETCH}")
        differ = builder.call(count, [builder.xor(sketches, everywhere(arguments[2]))])
        alike = builder.icmp_unsigned("<=", differ, everywhere(arguments[3]))
        return builder.zext(builder.bitcast(alike, ir.IntType(LANES)), ir.IntType(64))

    return types.uint64(array, types.int64, types.int64, types.int64), generate


_ones: Any = _ones_machine  # the number of one bits of a uint64: one machine instruction
_alike: Any = _alike_machine  # which of the LANES sketches from i on differ in so few bits
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
    codes: Words,
    chunk: tuple[int, int],
    sketch: tuple[int, int],
    starts: Indexes,
    entries: Indexes,
    sketches: Sketches,
) -> None:
    """Sort the code numbers by a chunk (counting sort) into entries[n], starts[2**width + 1].

    `chunk` and `sketch` are first bits and widths; sketches[n] go with the entries.
    """
    first, width = chunk
    for i in range(len(codes)):
        starts[_chunk(codes[i], first, width) + 1] += np.uint32(1)
    for value in range(1 << width):
        starts[value + 1] += starts[value]
    for i in range(len(codes)):
        value = _chunk(codes[i], first, width)
        entries[starts[value]] = i
        sketches[starts[value]] = _chunk(codes[i], sketch[0], sketch[1])
        starts[value] += np.uint32(1)
    for value in range(1 << width, 0, -1):
        starts[value] = starts[value - 1]
    starts[0] = 0


@compiled
def scan(
    codes: Words, queries: Words, radius: int, query: Ints, code: Ints, distance: Ints
) -> tuple[int, int, int]:
    """Look at every code for each query; write (query, code, distance) within the radius.

    Returns how many queries were answered, how many rows written, and the rows that the next query
    needs: when the room in the three arrays ends, the query that did not fit is not counted. Ask
    for the rest with more room.
    """
    found = 0
    for q in range(len(queries)):
        more = _scan(codes, queries[q], radius, code[found:], distance[found:], found == 0)
        if found + more > len(code):
            return q, found, more
        query[found : found + more] = q
        found += more
    return len(queries), found, 0


@compiled
def _scan(codes: Words, query: Words, radius: int, code: Ints, distance: Ints, count: bool) -> int:
    """Write the codes within the radius; how many, also past the room where `count`."""
    found = 0
    for i in range(len(codes)):
        far = _far(codes, i, query)
        if far <= radius:
            if found < len(code):
                code[found], distance[found] = i, far
            elif not count:
                return found + 1
            found += 1
    return found


@compiled
def look_up(
    codes: Words,
    entries: Indexes,
    sketches: Sketches,
    starts: Indexes,
    chunks: Ints,
    masks: Indexes,
    queries: Words,
    radius: int,
    query: Ints,
    code: Ints,
    distance: Ints,
) -> tuple[int, int, int]:
    """As `scan`, but only in the buckets near the query's chunks.

    A query whose buckets hold so much that a scan would be done by now is scanned.

    entries uint32[m, n], sketches uint16[m, n + LANES]; starts: the m bucket tables end to end;
    chunks int64[m, 7]: first bit, width, r (how many bits it may differ; -1: do not look), where
    its table begins in `starts`, the range in `masks` of the differences to try, how many bits
    chunk and sketch may differ together. A chunk is passed over four times (bounds, sketches,
    entries, codes), so that the cache misses of each pass overlap.
    """
    found, longest = 0, 1
    sketch = min(chunks[0, 1], SKETCH)
    for c in range(len(chunks)):
        longest = max(longest, chunks[c, 5] - chunks[c, 4])
    first, last = np.empty(longest, np.uint32), np.empty(longest, np.uint32)
    near = np.empty(4096, np.uint32)
    for q in range(len(queries)):
        more = passed = fetched = 0
        for c in range(len(chunks)):
            if chunks[c, 2] < 0:
                continue
            here = masks[chunks[c, 4] : chunks[c, 5]]
            key = _chunk(queries[q], chunks[c, 0], chunks[c, 1])
            total = _bounds(starts[chunks[c, 3] :], key, here, first, last)
            passed += total
            if passed > len(codes) // PASSED + ALWAYS:
                fetched = len(codes) + ALWAYS
                break
            if total >= len(near):
                near = np.empty(2 * total, np.uint32)
            wanted = _chunk(queries[q], chunks[(c + 1) % len(chunks), 0], sketch)
            total = _sift(sketches[c], first, last, here, wanted, chunks[c, 6], near)
            fetched += total
            if fetched > len(codes) // FETCHED + ALWAYS:
                break
            _number(entries[c], near[:total])
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
        if fetched > len(codes) // FETCHED + ALWAYS:
            more = _scan(codes, queries[q], radius, code[found:], distance[found:], found == 0)
        if found + more > len(code):
            return q, found, more
        query[found : found + more] = q
        found += more
    return len(queries), found, 0


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
def _sift(
    sketches: Sketches,
    first: Indexes,
    last: Indexes,
    masks: Indexes,
    wanted: int,
    budget: int,
    near: Indexes,
) -> Any:
    """Write where in those buckets chunk and sketch together differ within the budget."""
    total: Any = 0
    for k in range(len(masks)):
        if k + AHEAD < len(masks):
            for p in range(first[k + AHEAD], last[k + AHEAD], LANES):
                _fetch(sketches, p)
        spare = budget - np.int64(_ones(np.uint64(masks[k])))
        for p in range(first[k], last[k], LANES):
            alike = _alike(sketches, p, wanted, spare)
            if last[k] - p < LANES:
                alike &= (np.uint64(1) << np.uint64(last[k] - p)) - np.uint64(1)
            while alike:
                near[total] = p + _ones((alike - np.uint64(1)) & ~alike)
                total += 1
                alike &= alike - np.uint64(1)
    return total


@compiled
def _number(entries: Indexes, near: Indexes) -> None:
    """Put the number of its code in place of each entry."""
    for k in range(len(near)):
        if k + AHEAD < len(near):
            _fetch(entries, np.int64(near[k + AHEAD]))
        near[k] = entries[near[k]]


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
    sketch = min(chunks[0, 1], SKETCH)
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
