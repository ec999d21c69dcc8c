"""Posts in, readings out: additive, explained, and silent where there is no basis."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lindung.text.items import triggers
from lindung.text.items.phones import HOME
from lindung.text.language import ABSTENTIONS, count_kinds, language_name, languages
from lindung.text.learning.model import Model
from lindung.text.normal.fold import code_points
from lindung.text.rules.condition import Slots
from lindung.text.rules.judge import Span, could_hold, holds
from lindung.text.rules.look import Batch, Look, Tables
from lindung.text.rules.policy import Leaf, Policy, Rule, load_policy, parse_policy
from lindung.text.rules.weighing import weigh
from lindung.text.sealed.lexicon import Lexicon

BATCH = 250_000  # characters scanned at once; bounds memory, not meaning
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
    `language.languages`, `no_basis` is 0, or where the reader abstains an index into
    `language.ABSTENTIONS`.
    """

    scores: NDArray[np.float64]
    signals: dict[int, tuple[Signal, ...]]
    languages: NDArray[np.uint8]
    no_basis: NDArray[np.uint8]


class Reader:
    """Reads posts by one policy. Picklable; safe to share between threads for reading."""

    def __init__(
        self,
        policy: Policy,
        lexicons: Iterable[Lexicon] = (),
        model: Model | None = None,
        *,
        region: str = HOME,
    ) -> None:
        self.policy = policy
        self.model = model
        self.lexicons = tuple(lexicons)
        self.region = region
        self._tables = Tables(self.policy, self.region)

    @classmethod
    def load(
        cls,
        policy: Path | str | None = None,
        lexicons: Iterable[Lexicon] = (),
        model: Model | None = None,
        *,
        region: str = HOME,
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
            silent = _silent(language_name(mask), ABSTENTIONS[no_basis])
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

    def _read_batch(self, posts: Sequence[str], offset: int) -> Arrays:
        batch = Batch(posts, self._tables.vocabulary, self.lexicons)
        n = len(posts)
        seen_terms = np.zeros((len(self._tables.sets), n), np.bool_)
        for row, members in enumerate(self._tables.members):
            seen_terms[row, batch.hits.post[members[batch.hits.term]]] = True
        words = count_kinds(batch.hits, self._tables.kinds, n)
        masks, no_basis = languages(batch.scripts, words)
        seen = {
            leaf: batch.sealed_posts(leaf.name)
            if leaf.kind == "lexicon"
            else self._could_see(leaf, seen_terms, batch.hits.flags)
            for leaf in self._tables.leaves
            if leaf.kind != "pattern"
        }
        could = {rule.id: could_hold(rule.when, seen, n) for rule in self.policy.rules}
        any_rule = np.logical_or.reduce([*could.values(), np.zeros(n, np.bool_)])
        learned = np.zeros(n)
        if self.model is not None:
            learned = self.model.probabilities(batch.folded, batch.folded_starts, masks)
            any_rule |= (learned >= self.model.line) & (no_basis == 0)
        scores = np.zeros(n)
        signals: dict[int, tuple[Signal, ...]] = {}
        for i in np.flatnonzero(any_rule).tolist():
            look = Look(self._tables, batch, i)
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
            return np.asarray(seen_terms[self._tables.sets[leaf.name]])
        could: NDArray[np.bool_] = (flags & triggers.FLAGS.get(leaf.name, 0)) != 0
        if leaf.name in triggers.TERMS:
            could |= seen_terms[self._tables.sets[f"entity {leaf.name}"]]
        return np.asarray(could)

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
        self._tables = Tables(self.policy, self.region)


def _signal(rule: Rule, look: Look, mask: int) -> Signal | None:
    known = {code for bit, code in enumerate(("en", "ms", "zh", "ta")) if mask >> bit & 1}
    if known and not known & rule.languages:
        return None
    weight, spans = rule.weight, None
    if isinstance(rule.when, Slots):
        if weighed := weigh(rule.when, look):
            weight, spans = min(weight, weighed[0]), weighed[1]
    else:
        spans = holds(rule.when, look)
    if spans is None:
        return None
    return Signal(rule.id, rule.version, weight, tuple(spans[:_MOST_SPANS]), rule.title)


def _learned(model: Model, look: Look, probability: float) -> tuple[Signal, ...]:
    """The model's reason, if it has one: what it adds, and the stretch that speaks most for it."""
    weight = model.adds(probability)
    if weight <= 0:
        return ()
    view = look.view
    part = model.strongest_part(code_points(view.text))
    spans = (Span(*view.span(*part), f"learned: {probability:.2f}"),) if part else ()
    return (Signal("learned", model.version, weight, spans, "like confirmed cases"),)
