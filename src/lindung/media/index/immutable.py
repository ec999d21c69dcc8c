"""The large, unchanging part of an index: unique codes, their bucket tables, their ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lindung.media.index import loops, plan
from lindung.media.index.container import Arrays

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
_Tables = tuple[Ints, NDArray[np.uint32]]  # as `loops.look_up` takes them
ARRAYS = ("codes", "posts", "ids", "chunks", "entries", "sketches", "starts")


@dataclass(frozen=True, slots=True)
class Base:
    """codes uint64[n, 4], sorted, each once; its ids are ids[posts[i] : posts[i + 1]].

    chunks int64[m, 2] (first bit, width); entries uint32[m, n]; sketches uint16[m, n + LANES];
    starts: the m bucket tables end to end.
    """

    codes: Words
    posts: NDArray[np.uint32]
    ids: Ints
    chunks: Ints
    entries: NDArray[np.uint32]
    sketches: NDArray[np.uint16]
    starts: NDArray[np.uint32]
    _plans: dict[int, _Tables | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def build(cls, codes: Words, ids: Ints, radius: int, chunks: plan.Chunks | None = None) -> Base:
        """Sort, collapse equal codes, choose the plan for this many, fill the buckets."""
        order = np.lexsort((ids, codes[:, 3], codes[:, 2], codes[:, 1], codes[:, 0]))
        codes, ids = codes[order], ids[order]
        new = np.ones(len(codes), np.bool_)
        new[1:] = (codes[1:] != codes[:-1]).any(axis=1)
        posts = np.append(np.flatnonzero(new), len(codes)).astype(np.uint32)
        codes = np.ascontiguousarray(codes[new])
        codes.flags.writeable = False
        chunks = plan.choose(len(codes), radius) if chunks is None else chunks
        entries = np.empty((len(chunks), len(codes)), np.uint32)
        sketches = np.zeros((len(chunks), len(codes) + loops.LANES), np.uint16)
        starts = np.zeros(sum((1 << width) + 1 for _, width in chunks), np.uint32)
        begin = 0
        for c, chunk in enumerate(chunks):
            end = begin + (1 << chunk[1]) + 1
            beyond, width = chunks[(c + 1) % len(chunks)]
            sketch = (beyond, min(width, loops.SKETCH))
            loops.fill_buckets(codes, chunk, sketch, starts[begin:end], entries[c], sketches[c])
            begin = end
        return cls.of_arrays(
            {
                "codes": codes,
                "posts": posts,
                "ids": ids,
                "chunks": np.array(chunks, np.int64).reshape(-1, 2),
                "entries": entries,
                "sketches": sketches,
                "starts": starts,
            }
        )

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> Base:
        """Take the arrays by name. Raises ValueError when they do not fit together."""
        for array in arrays.values():
            array.flags.writeable = False
        base = cls(**arrays)
        n, m = len(base.codes), len(base.chunks)
        tables = sum((1 << int(width)) + 1 for width in base.chunks[:, 1])
        if (
            base.codes.shape != (n, 4)
            or base.posts.shape != (n + 1,)
            or base.entries.shape != (m, n)
            or base.sketches.shape != (m, n + loops.LANES)
            or base.starts.shape != (tables,)
        ):
            raise ValueError("its arrays do not fit together")
        return base

    def arrays(self) -> Arrays:
        """The arrays by name, to be written."""
        return {name: getattr(self, name) for name in ARRAYS}

    @property
    def nbytes(self) -> int:
        """What the arrays hold, in bytes."""
        return sum(array.nbytes for array in self.arrays().values())

    def expand(self) -> tuple[Words, Ints]:
        """Every (code, id) again."""
        return np.repeat(self.codes, np.diff(self.posts).astype(np.int64), axis=0), self.ids

    def search(self, queries: Words, radius: int) -> tuple[Ints, Ints, Ints]:
        """(query, id, distance) of everything within the radius, in no order."""
        if radius not in self._plans:  # planned once: it takes longer than a query
            self._plans[radius] = _tables(self.chunks, radius, len(self.codes))
        if (tables := self._plans[radius]) is not None:
            held = (self.codes, self.entries, self.sketches, self.starts)
            query, code, distance = _collect(loops.look_up, (*held, *tables), queries, radius)
        else:
            query, code, distance = scan(self.codes, queries, radius)
        first = self.posts[code].astype(np.int64)
        count = self.posts[code + 1] - first
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        ids = self.ids[np.repeat(first, count) + within]
        return np.repeat(query, count), ids, np.repeat(distance, count)


def compile_loops() -> None:
    """Run every loop once, so that none needs to be compiled while somebody waits for an answer."""
    one = np.zeros((1, 4), np.uint64)
    base = Base.build(one, np.zeros(1, np.int64), 1, tuple((c * 12, 12) for c in range(21)))
    held = (base.codes, base.entries, base.sketches, base.starts)
    tables = _tables(base.chunks, 1, 1 << 30)
    assert tables is not None  # noqa: S101
    _collect(loops.look_up, (*held, *tables), one, 1)
    scan(base.codes, one, 1)


def scan(codes: Words, queries: Words, radius: int) -> tuple[Ints, Ints, Ints]:
    """(query, code number, distance) of everything within the radius, by looking at every code."""
    return _collect(loops.scan, (codes,), queries, radius)


def _collect(loop: Any, tables: Any, queries: Words, radius: int) -> tuple[Ints, Ints, Ints]:
    """Run a search loop, giving it more room until every query is answered."""
    parts: list[Ints] = []
    room, done = 1024 + 4 * len(queries), 0
    while done < len(queries):
        rows = np.empty((3, room), np.int64)
        answered, found, needed = loop(*tables, queries[done:], radius, rows[0], rows[1], rows[2])
        rows[0] += done
        parts.append(rows[:, :found])
        done += answered
        room = max(room, 4 * needed)  # where a query has so many, the next ones may have too
    query, code, distance = np.concatenate(parts, axis=1) if parts else np.empty((3, 0), np.int64)
    return query, code, distance


def _tables(held: Ints, radius: int, codes: int) -> _Tables | None:
    """The chunk table and the differences that `loops.look_up` takes; None to scan."""
    chunks = tuple((int(first), int(width)) for first, width in held)
    if not chunks or plan.search_cost(chunks, radius, codes) >= plan.SCANNED * codes:
        return None
    reach = plan.reaches(chunks, radius, codes)
    rows, masks, table, used = [], [], 0, 0
    for c, (first, width) in enumerate(chunks):
        tried = plan.masks(width, reach[c])
        budget = reach[c] + reach[(c + 1) % len(chunks)] + 1
        rows.append((first, width, reach[c], table, used, used + len(tried), budget))
        masks.append(tried)
        table += (1 << width) + 1
        used += len(tried)
    return np.array(rows, np.int64), np.concatenate(masks)
