"""What a rule asks for: leaves to be seen in a post, joined; and how little can fulfil it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import re2

from lindung.text.normal.fold import fold
from lindung.text.rules.scanning import split_words


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing to be seen: `name` is a term list, pattern, entity kind or lexicon category."""

    kind: str
    name: str
    label: str
    count: int = 1
    under: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """At least `least` of `of`, and where `within` is set, inside that many characters."""

    least: int
    of: tuple[Condition, ...]
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a post may say, by any of several signs, and what it then adds."""

    name: str
    adds: float
    of: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What makes a slot ordinary where it stands beside it: takes a share of what it adds."""

    leaf: Leaf
    explains: frozenset[str]
    share: float


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots weighed together inside `within` characters. No context takes a post off: it lowers.

    `takes` is what no single slot makes up for; the sum counts from `least` on, and only if all
    slots that are `needed` were filled.
    """

    slots: tuple[Slot, ...]
    contexts: tuple[Context, ...]
    needed: frozenset[str]
    takes: float
    least: float
    within: int


Condition = Leaf | Join | Not | Slots


def leaves(condition: Condition, *, wanted: bool = False) -> Iterator[Leaf]:
    """Every leaf of a condition; those under `not` too, unless only the wanted ones are asked."""
    if isinstance(condition, Leaf):
        yield condition
    elif isinstance(condition, Join):
        for part in condition.of:
            yield from leaves(part, wanted=wanted)
    elif isinstance(condition, Slots):
        for slot in condition.slots:
            yield from slot.of
        if not wanted:
            yield from (context.leaf for context in condition.contexts)
    elif not wanted:
        yield from leaves(condition.of)


def single_thing(
    condition: Condition, sets: Mapping[str, Sequence[str]], patterns: Mapping[str, str]
) -> str | None:
    """The one thing that alone would fulfil the condition, None where it takes two different ones.

    Repeating a thing changes nothing, and all sealed terms count as one thing. What a pattern
    matches is compared with the terms, not with entities or other patterns.
    """
    if _fulfilled(condition, frozenset()):
        return "nothing at all"
    asked = frozenset(leaves(condition, wanted=True))
    for leaf in asked:
        if leaf.kind != "terms" and _fulfilled(condition, {x for x in asked if _same(x, leaf)}):
            return f"{leaf.kind} {leaf.name}"
    lists = {leaf: _compiled(tuple(sets[leaf.name])) for leaf in asked if leaf.kind == "terms"}
    matchers = {leaf: re2.compile(patterns[leaf.name]) for leaf in asked if leaf.kind == "pattern"}
    for term in dict.fromkeys(term for leaf in lists for term in sets[leaf.name]):
        whole, begun = _grams(term)
        seen = {leaf for leaf, (exact, open_) in lists.items() if exact & whole or open_ & begun}
        seen |= {leaf for leaf, matcher in matchers.items() if matcher.search(_bare(term))}
        if _fulfilled(condition, seen):
            return f"the term {term!r}"
    return None


def _fulfilled(condition: Condition, seen: Set[Leaf]) -> bool:
    if isinstance(condition, Leaf):
        return condition in seen
    if isinstance(condition, Not):
        return True
    if isinstance(condition, Slots):
        filled = [slot for slot in condition.slots if not seen.isdisjoint(slot.of)]
        enough = sum(slot.adds for slot in filled) - condition.takes >= condition.least
        return enough and condition.needed <= {slot.name for slot in filled}
    return sum(_fulfilled(part, seen) for part in condition.of) >= condition.least


def _same(one: Leaf, other: Leaf) -> bool:
    return one.kind == other.kind and (one.kind == "lexicon" or one.name == other.name)


def _bare(term: str) -> str:
    return fold(term.removesuffix("*")).text


@functools.lru_cache(4096)
def _compiled(terms: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The terms as joined words: those that end where they end, and those that may go on."""
    joined = [(" ".join(split_words(_bare(term))), term.endswith("*")) for term in terms]
    return frozenset(t for t, on in joined if not on), frozenset(t for t, on in joined if on)


@functools.lru_cache(4096)
def _grams(term: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words in a row inside a term, and the beginnings of their last words."""
    words = split_words(_bare(term))
    spans = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    begun = {
        " ".join([*span[:-1], span[-1][:k]]) for span in spans for k in range(1, len(span[-1]) + 1)
    }
    return frozenset(map(" ".join, spans)), frozenset(begun)
