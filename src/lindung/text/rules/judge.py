"""Whether a rule holds for a post, and by which spans; and, for all posts at once, if it could."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lindung.text.rules.condition import Condition, Leaf, Not, Slots, leaves


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `[start, end)` of the original post, and what was seen there."""

    start: int
    end: int
    label: str


class Seen(Protocol):
    """Looks up where a leaf is seen in a post."""

    def __call__(self, leaf: Leaf) -> list[Span]: ...

    def spelled(self, leaf: Leaf) -> list[Span]:
        """The same, less what only a picture says: an emoji takes no post off the line."""


def holds(condition: Condition, seen: Seen) -> list[Span] | None:
    """The spans by which `condition` holds, None where it does not. `seen` looks one leaf up.

    `Not` holds with no span. Linear in the spans, but for sorting.
    """
    return _holds(condition, seen, seen)


def _holds(
    condition: Condition, look: Callable[[Leaf], list[Span]], seen: Seen
) -> list[Span] | None:
    if isinstance(condition, Leaf):
        spans = look(condition)
        return spans if len(spans) >= condition.count else None
    if isinstance(condition, Slots):  # weighed by itself: it is no part of another condition
        raise TypeError(condition)
    if isinstance(condition, Not):
        return None if _holds(condition.of, seen.spelled, seen) is not None else []
    parts: list[list[Span]] = []
    spare = len(condition.of) - condition.least
    for part in condition.of:
        found = _holds(part, look, seen)
        if found is not None:
            parts.append(found)
        elif spare == 0:
            return None
        else:
            spare -= 1
    if condition.within is None:
        return sorted({span for part in parts for span in part})
    return _near([sorted(part) for part in parts], condition.least, condition.within)


def _near(parts: list[list[Span]], least: int, within: int) -> list[Span] | None:
    """The first window of `within` characters with a span from at least `least` parts."""
    starts = [[span.start for span in part] for part in parts]
    for anchor in sorted({start for part in starts for start in part}):
        inside: list[list[Span]] = []
        for part, places in zip(parts, starts, strict=True):
            first = bisect_left(places, anchor)
            last = bisect_left(places, anchor + within)
            fits = [span for span in part[first:last] if span.end <= anchor + within]
            if fits:
                inside.append(fits)
        if len(inside) >= least:
            return sorted({span for part in inside for span in part})
    return None


def could_hold(
    condition: Condition, seen: Mapping[Leaf, NDArray[np.bool_]], posts: int
) -> NDArray[np.bool_]:
    """For each post, False only where the condition cannot hold; leaves not in `seen` may."""
    if isinstance(condition, Leaf):
        return seen.get(condition, np.ones(posts, np.bool_))
    if isinstance(condition, Not):
        return np.ones(posts, np.bool_)
    if isinstance(condition, Slots):
        most = np.full(posts, -condition.takes)
        needed = np.ones(posts, np.bool_)
        for slot in condition.slots:
            filled = np.zeros(posts, np.bool_)
            for leaf in slot.of:
                filled |= could_hold(leaf, seen, posts)
            most += slot.adds * filled
            if slot.name in condition.needed:
                needed &= filled
        return needed & (most >= condition.least - 1e-9)
    if condition.least == len(condition.of):
        all_of = np.ones(posts, np.bool_)
        for part in condition.of:
            all_of &= could_hold(part, seen, posts)
        return all_of
    counted = np.zeros(posts, np.int32)
    for part in condition.of:
        counted += could_hold(part, seen, posts)
    return counted >= condition.least


def all_leaves(conditions: list[Condition]) -> list[Leaf]:
    """Every different leaf of the conditions, in order."""
    return list(dict.fromkeys(leaf for condition in conditions for leaf in leaves(condition)))
