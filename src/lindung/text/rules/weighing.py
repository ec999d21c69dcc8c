"""How much the slots of a post weigh together, and which ordinary context lowers which."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from lindung.text.rules.condition import Leaf, Slot, Slots
from lindung.text.rules.judge import Span

NEAR = 60  # characters in which a context explains a slot of the same clause
_CLAUSE_END = re.compile(r"[!?;\n。！？；]|\.(?=\s|$)")


class Post(Protocol):
    """A post looked at: its text, where a leaf is seen, and what it names."""

    @property
    def text(self) -> str: ...

    def __call__(self, leaf: Leaf) -> list[Span]: ...

    def spelled(self, leaf: Leaf) -> list[Span]: ...

    def named(self) -> Sequence[tuple[int, int]]:
        """Spans of handles and links, in order: what stands in a name explains nothing."""
        ...


def weigh(slots: Slots, post: Post) -> tuple[float, list[Span]] | None:
    """The most that a window of the post adds, with its spans; None where it is too little."""
    seen = {slot.name: sorted({s for leaf in slot.of for s in post(leaf)}) for slot in slots.slots}
    if not all(seen[name] for name in slots.needed):
        return None
    explained = _explainer(slots, post, seen)
    half = max(slots.within // 2, 1)
    windows: dict[int, dict[str, tuple[float, list[Span]]]] = {}
    for slot in slots.slots:
        for span in seen[slot.name]:
            worth = slot.adds * (1 - explained(slot, span))
            for window in {span.start // half, span.start // half - 1}:
                best, spans = windows.setdefault(window, {}).get(slot.name, (0.0, []))
                windows[window][slot.name] = (max(best, worth), [*spans, span][:_MOST])
    most: tuple[float, list[Span]] | None = None
    for filled in windows.values():
        weight = round(sum(worth for worth, _ in filled.values()) - slots.takes, 2)
        if weight < slots.least or not slots.needed <= filled.keys():
            continue
        if most is None or weight > most[0]:
            most = weight, sorted({span for _, spans in filled.values() for span in spans})
    return most


_FULL = 3  # different words of a context take its whole share: one word alone changes little
_MOST = 20  # spans kept of one slot in one window


def _explainer(
    slots: Slots, post: Post, seen: dict[str, list[Span]]
) -> Callable[[Slot, Span], float]:
    """For a slot's span, the share that the context beside it takes."""
    ends = [match.start() for match in _CLAUSE_END.finditer(post.text)]
    taken = sorted([*post.named(), *((s.start, s.end) for spans in seen.values() for s in spans)])
    contexts = [
        (context, spans, [span.start for span in spans])
        for context in slots.contexts
        if (spans := [s for s in post.spelled(context.leaf) if not _inside(s, taken)])
    ]

    def share(slot: Slot, span: Span) -> float:
        clause = bisect_right(ends, span.start)
        most = 0.0
        for context, spans, starts in contexts:
            if slot.name not in context.explains:
                continue
            first = bisect_left(starts, span.start - NEAR)
            last = min(bisect_right(starts, span.end + NEAR), first + _MOST)
            words = {
                post.text[other.start : other.end].casefold()
                for other in spans[first:last]
                if bisect_right(ends, other.start) == clause
            }
            most = max(most, context.share * min(1.0, len(words) / _FULL))
        return most

    return share


def _inside(span: Span, taken: Sequence[tuple[int, int]]) -> bool:
    place = bisect_right(taken, (span.start, 1 << 60))
    return any(
        start < span.end and span.start < end for start, end in taken[max(0, place - 4) : place + 1]
    )


def bound(slots: Slots, filled: Iterable[str]) -> bool:
    """Whether those slots could weigh enough, whatever the context."""
    names = set(filled)
    enough = sum(slot.adds for slot in slots.slots if slot.name in names) - slots.takes
    return slots.needed <= names and enough >= slots.least
