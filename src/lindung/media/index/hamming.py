"""HammingIndex: exact search of 256-bit codes within a radius, with additions and removals.

What is searched is one immutable state: a large base, up to ten thousand additions beside it, and
the ids removed from the base. A change makes a new state and puts it in place of the old one in one
step, so a search never waits and never sees half a change. A larger number of changes is merged
into a new base by a thread of its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lindung.media.index.container import CorruptIndexError
from lindung.media.index.directory import LOCK, load, publish, write
from lindung.media.index.immutable import Base, Ints, Words, scan
from lindung.media.index.plan import MAX_RADIUS
from lindung.runtime import locked

DELTA = 10_000


@dataclass(frozen=True, slots=True)
class Hits:
    """Three int64 arrays, one row a hit, sorted by query, distance, id: `query` is the row number
    in what was asked, `distance` is in bits."""

    query: Ints
    id: Ints
    distance: Ints

    def __len__(self) -> int:
        return len(self.query)


@dataclass(frozen=True, slots=True)
class _State:
    base: Base
    codes: Words  # the delta: added since the base was built
    ids: Ints
    stamps: Ints  # when each was added, counted in additions
    removed: Ints  # ids of the base that are gone, sorted
    live: int


class HammingIndex:
    """Codes uint8[n, 32] with ids int64[n]; an id may carry several codes, a code several ids."""

    def __init__(self, state: _State, radius: int) -> None:
        self._state = state
        self._radius = radius
        self._lock = threading.Lock()
        self._stamp = 0
        self._removed_meanwhile: list[Ints] | None = None
        self._merger: threading.Thread | None = None
        self._written: tuple[Base, list[str]] | None = None  # the base's file and digest

    @classmethod
    def build(cls, codes: ArrayLike, ids: ArrayLike, radius: int = 31) -> Self:
        """Build for searches within `radius` bits (0 to 35). Raises ValueError for wrong shapes."""
        _check_radius(radius)
        words, numbers = _checked(codes, ids)
        return cls(_fresh(Base.build(words, numbers, radius)), radius)

    def __len__(self) -> int:
        """How many (code, id) pairs it holds."""
        return self._state.live

    @property
    def nbytes(self) -> int:
        """Memory of the arrays in bytes, most of it shared with whoever maps the same file."""
        state = self._state
        extra = (state.codes, state.ids, state.stamps, state.removed)
        return state.base.nbytes + sum(array.nbytes for array in extra)

    @property
    def changes(self) -> int:
        """How many additions and removals stand beside the base."""
        return len(self._state.ids) + len(self._state.removed)

    def newest(self, span: int = 64) -> tuple[NDArray[np.uint8], Ints]:
        """The codes uint8[k, 32] whose ids are within `span` of the largest (at least 0), and
        their ids."""
        state = self._state
        largest = max(state.base.ids.max(initial=0), state.ids.max(initial=0))
        base = np.flatnonzero(state.base.ids > largest - span)
        base = base[~_among(state.base.ids[base], state.removed)]
        rows = np.searchsorted(state.base.posts, base, "right") - 1
        delta = np.flatnonzero(state.ids > largest - span)
        words = np.concatenate([state.base.codes[rows], state.codes[delta]])
        ids = np.concatenate([state.base.ids[base], state.ids[delta]])
        return words.view(np.uint8), ids

    def search(self, queries: ArrayLike, radius: int | None = None) -> Hits:
        """Everything within `radius` bits (the index's own unless given) of uint8[q, 32]."""
        radius = self._radius if radius is None else radius
        _check_radius(radius)
        words = _words(queries)
        state = self._state
        query, ids, distance = state.base.search(words, radius)
        if len(state.removed):
            kept = ~_among(ids, state.removed)
            query, ids, distance = query[kept], ids[kept], distance[kept]
        if len(state.ids):
            more, rows, far = scan(state.codes, words, radius)
            query = np.concatenate([query, more])
            ids = np.concatenate([ids, state.ids[rows]])
            distance = np.concatenate([distance, far])
        order = np.lexsort((ids, distance, query))
        return Hits(query[order], ids[order], distance[order])

    def add(self, codes: ArrayLike, ids: ArrayLike) -> None:
        """Add codes; the next search finds them. Many additions are merged in the background."""
        words, numbers = _checked(codes, ids)
        with self._lock:
            old = self._state
            self._stamp += 1
            stamps = np.full(len(numbers), self._stamp)
            self._state = replace(
                old,
                codes=_frozen(np.concatenate([old.codes, words])),
                ids=np.concatenate([old.ids, numbers]),
                stamps=np.concatenate([old.stamps, stamps]),
                live=old.live + len(numbers),
            )
        self._merge_when_large()

    def remove(self, ids: ArrayLike) -> None:
        """Remove every code of these ids. An id that is not there is passed over.

        Raises ValueError for what is no id.
        """
        numbers = np.unique(_numbers(ids))
        with self._lock:
            old = self._state
            kept = ~_among(old.ids, numbers)
            there = _among(old.base.ids, numbers)
            fresh = there & ~_among(old.base.ids, old.removed)
            self._state = replace(
                old,
                codes=_frozen(old.codes[kept]),
                ids=old.ids[kept],
                stamps=old.stamps[kept],
                removed=np.union1d(old.removed, old.base.ids[there]),
                live=old.live - int((~kept).sum()) - int(fresh.sum()),
            )
            if self._removed_meanwhile is not None:
                self._removed_meanwhile.append(numbers)
        self._merge_when_large()

    def merge(self) -> None:
        """Build a new base of all that is live, and put it in place. Searches go on meanwhile."""
        if running := self._merger:
            running.join()
        if self.changes:
            self._start_merge().join()

    def _merge_when_large(self) -> None:
        if self.changes > DELTA:
            self._start_merge()

    def _start_merge(self) -> threading.Thread:
        """The thread that merges: the one at work, or a new one."""
        with self._lock:
            if self._removed_meanwhile is None or self._merger is None:
                self._removed_meanwhile = []
                self._merger = threading.Thread(target=self._merge, daemon=True)
                self._merger.start()
            return self._merger

    def _merge(self) -> None:
        with self._lock:
            old, stamp = self._state, self._stamp
            self._removed_meanwhile = []
        try:
            words, ids = old.base.expand()
            kept = ~_among(ids, old.removed)
            words = np.concatenate([words[kept], old.codes])
            base = Base.build(words, np.concatenate([ids[kept], old.ids]), self._radius)
        except BaseException:
            with self._lock:
                self._removed_meanwhile = None
            raise
        with self._lock:
            now, gone = self._state, self._removed_meanwhile or []
            late = now.stamps > stamp
            removed = np.unique(np.concatenate([np.empty(0, np.int64), *gone]))
            removed = removed[_among(removed, np.sort(base.ids))]
            self._state = _State(
                base, _frozen(now.codes[late]), now.ids[late], now.stamps[late], removed, now.live
            )
            self._removed_meanwhile = None

    def save(self, path: str | PathLike[str]) -> None:
        """Write the index to a directory: whole or not at all, whatever is killed.

        The base is written once; after that only the changes are. One process may write at a
        time (a second one waits); readers never wait. Raises OSError.
        """
        place = Path(path).absolute()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(place / LOCK):
            with self._lock:
                state = self._state
            changes = {"codes": state.codes, "ids": state.ids, "removed": state.removed}
            delta = write(place, "delta", changes)
            fresh = {delta[0]}
            written = self._written
            if not written or written[0] is not state.base or not (place / written[1][0]).exists():
                written = (state.base, write(place, "base", state.base.arrays()))
                self._written = written
                fresh.add(written[1][0])
            files = {"base": written[1], "delta": delta}
            publish(place, {"radius": self._radius, "live": state.live, "files": files}, fresh)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Self:
        """Map a saved index. Raises FileNotFoundError, and CorruptIndexError naming the file.

        Files that changed since they were last verified are read through and compared with the
        manifest; all others are only mapped.
        """
        place = Path(path).absolute()
        manifest, arrays = load(place)
        delta = arrays["delta"]
        name, digest = manifest["files"]["base"]
        try:
            state = _State(
                Base.of_arrays(arrays["base"]),
                delta["codes"],
                delta["ids"],
                np.zeros(len(delta["ids"]), np.int64),
                delta["removed"],
                manifest["live"],
            )
        except (TypeError, KeyError, ValueError) as error:
            raise CorruptIndexError(f"{place / name}: {error}.") from error
        index = cls(state, manifest["radius"])
        index._written = (state.base, [name, digest])
        return index


def _fresh(base: Base) -> _State:
    none = np.empty(0, np.int64)
    return _State(base, _frozen(np.empty((0, 4), np.uint64)), none, none, none, len(base.ids))


def _frozen(words: Words) -> Words:
    """Contiguous and read-only, as a mapped file is: the loops are compiled for one kind only."""
    words = np.ascontiguousarray(words)
    words.flags.writeable = False
    return words


def _check_radius(radius: int) -> None:
    if not isinstance(radius, (int, np.integer)):
        raise ValueError(f"The radius is {radius!r}; it is a whole number of bits.")
    if not 0 <= radius <= MAX_RADIUS:
        raise ValueError(f"The radius is {radius} bits; it can be 0 to {MAX_RADIUS}.")


def _words(codes: ArrayLike) -> Words:
    array = np.asarray(codes)
    if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != 32:
        raise ValueError(f"Codes are uint8[n, 32], these are {array.dtype}{list(array.shape)}.")
    return np.array(array, order="C").view(np.uint64)


def _numbers(ids: ArrayLike) -> Ints:
    """Ids as a new array int64[n]."""
    array = np.array(ids).reshape(-1)
    if array.size and (array.dtype.kind not in "iu" or array.max() > np.iinfo(np.int64).max):
        raise ValueError(f"Ids are whole numbers of 64 bits with a sign, not {array.dtype}.")
    return array.astype(np.int64)


def _checked(codes: ArrayLike, ids: ArrayLike) -> tuple[Words, Ints]:
    words, numbers = _words(codes), _numbers(ids)
    if len(numbers) != len(words):
        raise ValueError(f"{len(words)} codes need that many ids, not {len(numbers)}.")
    return words, numbers


def _among(values: Ints, ordered: Ints) -> NDArray[np.bool_]:
    """Which values stand in a sorted array."""
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    at = np.searchsorted(ordered, values)
    return np.asarray(ordered[np.minimum(at, len(ordered) - 1)] == values)
