"""Posts in, readings out: additive, explained, and silent where there is no basis."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import re2
from numpy.typing import NDArray

from lindung.text import triggers
from lindung.text.entities import Entity, folded_entities
from lindung.text.fold import Folded, code_points, fold_points
from lindung.text.judge import Span, all_leaves, could_hold, holds
from lindung.text.language import FUNCTION_WORDS, language_name, languages
from lindung.text.lexicon import Lexicon
from lindung.text.model import Model
from lindung.text.policy import Leaf, Policy, Rule, load_policy, parse_policy
from lindung.text.scan import Hits, Vocabulary, count_scripts

BATCH = 4_000_000  # characters scanned at once; bounds memory, not meaning
_MOST_SPANS = 200  # spans kept for one reason


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason: the rule and its version, what it adds to the score, where it saw what."""

    rule: str
    version: int
    weight: float
    spans: tuple[Span, ...]
    title: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """`score` is the sum of the signals' weights; it orders a queue and decides nothing.

    `language` joins the languages seen (`en+ms`), `und` if none. `abstained` says why there is no
    basis to read the post, None where there is one. A low score never means safe.
    """

    score: float
    signals: tuple[Signal, ...]
    language: str
    abstained: str | None


@functools.cache
def _silent(language: str, abstained: str | None) -> Reading:
    """Posts with nothing to say share one reading per language."""
    return Reading(0.0, (), language, abstained)


@dataclass(frozen=True, slots=True)
class Arrays:
    """A batch read without a Python object per post. `scores[i]` is 0 where no rule holds.

    `signals` has the reasons of the few posts that have any; `languages` is the bit mask of
    `language.languages`, `no_basis` where the reader abstains.
    """

    scores: NDArray[np.float64]
    signals: dict[int, tuple[Signal, ...]]
    languages: NDArray[np.uint8]
    no_basis: NDArray[np.bool_]


class Reader:
    """Reads posts by one policy. Picklable; safe to share between threads for reading."""

    def __init__(
        self,
        policy: Policy,
        lexicons: Iterable[Lexicon] = (),
        model: Model | None = None,
        *,
        region: str = "MY",
    ) -> None:
        self.policy = policy
        self.model = model
        self.lexicons = tuple(lexicons)
        self.region = region
        self._compile()

    @classmethod
    def load(
        cls,
        policy: Path | str | None = None,
        lexicons: Iterable[Lexicon] = (),
        model: Model | None = None,
        *,
        region: str = "MY",
    ) -> Self:
        """A reader for the policy in a file (default: the shipped one). Raises PolicyError."""
        loaded = load_policy(Path(policy) if policy is not None else None)
        return cls(loaded, lexicons, model, region=region)

    def read(self, posts: Sequence[str]) -> list[Reading]:
        """One reading for each post, in order."""
        arrays = self.read_arrays(posts)
        readings: list[Reading] = []
        for i, (mask, no_basis) in enumerate(
            zip(arrays.languages.tolist(), arrays.no_basis.tolist(), strict=True)
        ):
            silent = _silent(language_name(mask), NO_BASIS if no_basis else None)
            if i in arrays.signals:
                silent = Reading(
                    float(arrays.scores[i]), arrays.signals[i], silent.language, silent.abstained
                )
            readings.append(silent)
        return readings

    def read_arrays(self, posts: Sequence[str]) -> Arrays:
        """`read` for bulk work: arrays, with objects only where there is something to say."""
        parts: list[Arrays] = []
        first = 0
        while first < len(posts) or not parts:
            last, size = first, 0
            while last < len(posts) and (last == first or size + len(posts[last]) <= BATCH):
                size += len(posts[last])
                last += 1
            parts.append(self._read_batch(posts[first:last], first))
            first = last
        return Arrays(
            np.concatenate([part.scores for part in parts]),
            {i: signals for part in parts for i, signals in part.signals.items()},
            np.concatenate([part.languages for part in parts]),
            np.concatenate([part.no_basis for part in parts]),
        )

    def look(self, posts: Sequence[str], leaves: Sequence[Leaf]) -> list[list[list[Span]]]:
        """For each post and each leaf, the spans where it is seen; no rule is asked."""
        batch = _Batch(posts, self._vocabulary, self.lexicons)
        return [[_Look(self, batch, i)(leaf) for leaf in leaves] for i in range(len(posts))]

    def _read_batch(self, posts: Sequence[str], offset: int) -> Arrays:
        batch = _Batch(posts, self._vocabulary, self.lexicons)
        n = len(posts)
        seen_terms = np.zeros((len(self._sets), n), np.bool_)
        for row, members in enumerate(self._members):
            seen_terms[row, batch.hits.post[members[batch.hits.term]]] = True
        masks, no_basis = languages(batch.scripts, batch.count(self._spoken))
        seen = {
            leaf: batch.sealed_posts(leaf.name)
            if leaf.kind == "lexicon"
            else self._could_see(leaf, seen_terms, batch.hits.flags)
            for leaf in self._leaves
            if leaf.kind != "pattern"
        }
        could = {rule.id: could_hold(rule.when, seen, n) for rule in self.policy.rules}
        any_rule = np.logical_or.reduce([*could.values(), np.zeros(n, np.bool_)])
        learned = np.zeros(n)
        if self.model is not None:
            learned = self.model.probabilities(batch.folded, batch.folded_starts, masks)
            any_rule |= (learned >= self.model.line) & ~no_basis
        scores = np.zeros(n)
        signals: dict[int, tuple[Signal, ...]] = {}
        for i in np.flatnonzero(any_rule).tolist():
            look = _Look(self, batch, i)
            found = tuple(
                signal
                for rule in self.policy.rules
                if could[rule.id][i] and (signal := _signal(rule, look, int(masks[i])))
            )
            if self.model is not None and not no_basis[i]:
                found += _learned(self.model, look, float(learned[i]))
            if found:
                signals[offset + i] = found
                scores[i] = sum(signal.weight for signal in found)
        return Arrays(scores, signals, masks, no_basis)

    def _could_see(
        self, leaf: Leaf, seen_terms: NDArray[np.bool_], flags: NDArray[np.uint8]
    ) -> NDArray[np.bool_]:
        if leaf.kind == "terms":
            return np.asarray(seen_terms[self._sets[leaf.name]])
        could = np.ones(len(flags), np.bool_)
        if leaf.name in triggers.FLAGS:
            could &= (flags & triggers.FLAGS[leaf.name]) != 0
        if leaf.name in triggers.TERMS:
            could &= seen_terms[self._sets[f"entity {leaf.name}"]]
        return could

    def _compile(self) -> None:
        """Derived tables; not pickled, but built again from the policy."""
        lists = {name: [term for term, _ in terms] for name, terms in self.policy.sets.items()}
        lists |= {f"entity {kind}": terms for kind, terms in triggers.TERMS.items()}
        words = {code: listed.split() for code, listed in FUNCTION_WORDS.items()}
        numbers: dict[str, int] = {}
        for terms in (*lists.values(), *words.values()):
            for term in terms:
                numbers.setdefault(term, len(numbers))
        self._vocabulary = Vocabulary(list(numbers))
        self._sets = {name: row for row, name in enumerate(lists)}
        self._members = np.zeros((len(lists), len(numbers)), np.bool_)
        for name, terms in lists.items():
            self._members[self._sets[name], [numbers[term] for term in terms]] = True
        self._spoken = np.zeros((len(words), len(numbers)), np.bool_)
        for row, (code, listed) in enumerate(words.items()):
            spoken = [term for terms in self.policy.sets.values() for term, c in terms if c == code]
            self._spoken[row, [numbers[word] for word in (*listed, *spoken)]] = True
        self._leaves = all_leaves([rule.when for rule in self.policy.rules])
        self._patterns = {name: re2.compile(p) for name, p in self.policy.patterns.items()}
        self._pattern_names = list(self.policy.patterns)
        self._pattern_set = re2.Set.SearchSet() if self._pattern_names else None
        if self._pattern_set is not None:
            for pattern in self.policy.patterns.values():
                self._pattern_set.Add(pattern)
            self._pattern_set.Compile()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "source": self.policy.source,
            "lexicons": self.lexicons,
            "model": self.model,
            "region": self.region,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.policy = parse_policy(state["source"])
        self.lexicons = state["lexicons"]
        self.model = state["model"]
        self.region = state["region"]
        self._compile()


NO_BASIS = "no basis to read this language"


class _Batch:
    """Posts folded and scanned together."""

    def __init__(
        self, posts: Sequence[str], vocabulary: Vocabulary, lexicons: tuple[Lexicon, ...]
    ) -> None:
        self.posts = posts
        self.starts = np.zeros(len(posts) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, posts), np.int64, len(posts)), out=self.starts[1:])
        points = code_points("".join(posts))
        self.scripts = count_scripts(points, self.starts)
        self.folded, self.origin = fold_points(points)
        self.folded_starts = np.searchsorted(self.origin, self.starts).astype(np.int64)
        self.hits: Hits = vocabulary.scan(self.folded, self.folded_starts)
        self.hit_starts = np.searchsorted(self.hits.post, np.arange(len(posts) + 1))

        self.sealed = [
            (lexicon.categories, lexicon.scan(self.folded, self.folded_starts))
            for lexicon in lexicons
        ]

    def sealed_posts(self, category: str) -> NDArray[np.bool_]:
        """Which posts have a sealed term of a category (or of any)."""
        seen = np.zeros(len(self.posts), np.bool_)
        for categories, hits in self.sealed:
            wanted = [category in ("any", name) for name in categories]
            seen[hits[np.array([*wanted, False])[hits[:, 1]], 0]] = True
        return seen

    def count(self, members: NDArray[np.bool_]) -> NDArray[np.int32]:
        """How many hits of each row of `members` each post has, as posts by rows."""
        counted = [
            np.bincount(self.hits.post[row[self.hits.term]], minlength=len(self.posts))
            for row in members
        ]
        return np.stack(counted, axis=1).astype(np.int32)


class _Look:
    """One post, looked at closely; what is costly is done once and only if a rule asks."""

    def __init__(self, reader: Reader, batch: _Batch, i: int) -> None:
        self.reader = reader
        self.batch = batch
        self.i = i
        self.hits = slice(int(batch.hit_starts[i]), int(batch.hit_starts[i + 1]))

    def __call__(self, leaf: Leaf) -> list[Span]:
        if leaf.kind == "terms":
            return self.terms(leaf)
        if leaf.kind == "entity":
            return [
                Span(entity.start, entity.end, f"{leaf.label}: {entity.value}")
                for entity in self.entities
                if entity.kind == leaf.name
                and (leaf.under is None or int(entity.value.split("-")[0] or 0) < leaf.under)
            ]
        if leaf.kind == "pattern":
            return self.pattern(leaf)
        return self.sealed(leaf)

    def sealed(self, leaf: Leaf) -> list[Span]:
        spans: set[Span] = set()
        for categories, hits in self.batch.sealed:
            first, last = np.searchsorted(hits[:, 0], [self.i, self.i + 1])
            for _, category, start, end in hits[first:last].tolist():
                if leaf.name in ("any", categories[category]):
                    origin = self.batch.origin[[start, end - 1]] - self.batch.starts[self.i]
                    spans.add(
                        Span(int(origin[0]), int(origin[1]) + 1, f"sealed: {categories[category]}")
                    )
        return sorted(spans)

    def terms(self, leaf: Leaf) -> list[Span]:
        hits, batch = self.batch.hits, self.batch
        mine = self.reader._members[self.reader._sets[leaf.name], hits.term[self.hits]]
        starts = batch.origin[hits.start[self.hits][mine]] - batch.starts[self.i]
        ends = batch.origin[hits.end[self.hits][mine] - 1] - batch.starts[self.i] + 1
        spans = sorted(set(zip(starts.tolist(), ends.tolist(), strict=True)))
        return [Span(start, end, leaf.label) for start, end in spans]

    def pattern(self, leaf: Leaf) -> list[Span]:
        if self.reader._pattern_names.index(leaf.name) not in self.matched:
            return []
        view = self.view
        return [
            Span(*view.span(*match.span()), leaf.label)
            for match in self.reader._patterns[leaf.name].finditer(view.text)
            if match.end() > match.start()
        ]

    @functools.cached_property
    def matched(self) -> set[int]:
        """Which patterns match at all, in one pass."""
        found = self.reader._pattern_set
        return set(found.Match(self.view.text) or ()) if found is not None else set()

    @functools.cached_property
    def view(self) -> Folded:
        first, last = self.batch.folded_starts[self.i], self.batch.folded_starts[self.i + 1]
        text = self.batch.folded[first:last].tobytes().decode("utf-32-le")
        return Folded(text, self.batch.origin[first:last] - np.int32(self.batch.starts[self.i]))

    @functools.cached_property
    def entities(self) -> list[Entity]:
        return folded_entities(self.batch.posts[self.i], self.view, self.reader.region)


def _signal(rule: Rule, look: _Look, mask: int) -> Signal | None:
    known = {code for bit, code in enumerate(("en", "ms", "zh", "ta")) if mask >> bit & 1}
    if known and not known & rule.languages:
        return None
    spans = holds(rule.when, look)
    if spans is None:
        return None
    return Signal(rule.id, rule.version, rule.weight, tuple(spans[:_MOST_SPANS]), rule.title)


def _learned(model: Model, look: _Look, probability: float) -> tuple[Signal, ...]:
    """The model's reason, if it has one: what it adds, and the stretch that speaks most for it."""
    weight = model.adds(probability)
    if weight <= 0:
        return ()
    view = look.view
    part = model.strongest_part(code_points(view.text))
    spans = (Span(*view.span(*part), f"learned: {probability:.2f}"),) if part else ()
    return (Signal("learned", model.version, weight, spans, "like confirmed cases"),)
