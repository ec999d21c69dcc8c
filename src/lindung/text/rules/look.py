"""Posts folded and scanned together, and one of them looked at closely."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import re2
from numpy.typing import NDArray

from lindung.text.items import triggers
from lindung.text.items.entities import Entity, folded_entities
from lindung.text.language import ELSEWHERE_ONLY, kind_of_words
from lindung.text.normal.fold import Folded, code_points, fold_points
from lindung.text.rules.judge import Span, all_leaves
from lindung.text.rules.policy import Leaf, Policy
from lindung.text.rules.scanning import Hits, Vocabulary, count_scripts
from lindung.text.sealed.lexicon import Lexicon


class Tables:
    """What is derived from a policy for scanning; `members[sets[name]]` marks a list's terms."""

    def __init__(self, policy: Policy, region: str) -> None:
        self.region = region
        lists = {name: [term for term, _ in terms] for name, terms in policy.sets.items()}
        lists |= {f"entity {kind}": terms for kind, terms in triggers.TERMS.items()}
        spoken = {
            language: [t for terms in policy.sets.values() for t, code in terms if code == language]
            for language in ("en", "ms")
        }
        kinds = kind_of_words(spoken)
        numbers: dict[str, int] = {}
        for terms in (*lists.values(), kinds):
            for term in terms:
                numbers.setdefault(term, len(numbers))
        ours = {term for terms in lists.values() for term in terms}
        elsewhere = {word for word, kind in kinds.items() if kind == ELSEWHERE_ONLY}
        self.vocabulary = Vocabulary(list(numbers), elsewhere - ours)
        self.sets = {name: row for row, name in enumerate(lists)}
        self.members = np.zeros((len(lists), len(numbers)), np.bool_)
        for name, terms in lists.items():
            self.members[self.sets[name], [numbers[term] for term in terms]] = True
        self.kinds = np.zeros(len(numbers), np.uint8)  # of words that tell a language
        self.kinds[[numbers[word] for word in kinds]] = list(kinds.values())
        self.leaves = all_leaves([rule.when for rule in policy.rules])
        self.patterns = {name: re2.compile(p) for name, p in policy.patterns.items()}
        self.pattern_names = list(policy.patterns)
        self.pattern_set = re2.Set.SearchSet() if self.pattern_names else None
        if self.pattern_set is not None:
            for pattern in policy.patterns.values():
                self.pattern_set.Add(pattern)
            self.pattern_set.Compile()


class Batch:
    """Posts folded and scanned together."""

    def __init__(
        self, posts: Sequence[str], vocabulary: Vocabulary, lexicons: tuple[Lexicon, ...]
    ) -> None:
        self.posts = posts
        self.starts = np.zeros(len(posts) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, posts), np.int64, len(posts)), out=self.starts[1:])
        points = code_points("".join(posts))
        self.scripts = count_scripts(points, self.starts)
        self.folded, self.origin = fold_points(points, self.starts)
        self.folded_starts = np.searchsorted(self.origin, self.starts).astype(np.int64)
        self.hits: Hits = vocabulary.scan(self.folded, self.folded_starts, self.origin)
        self.hit_starts = np.searchsorted(self.hits.post, np.arange(len(posts) + 1))

        self.sealed = [
            (lexicon.categories, lexicon.scan(self.folded, self.folded_starts, self.origin))
            for lexicon in lexicons
        ]

    def sealed_posts(self, category: str) -> NDArray[np.bool_]:
        """Which posts have a sealed term of a category (or of any)."""
        seen = np.zeros(len(self.posts), np.bool_)
        for categories, hits in self.sealed:
            wanted = [category in ("any", name) for name in categories]
            seen[hits[np.array([*wanted, False])[hits[:, 1]], 0]] = True
        return seen


class Look:
    """One post, looked at closely; what is costly is done once and only if a rule asks."""

    def __init__(self, tables: Tables, batch: Batch, i: int) -> None:
        self.tables = tables
        self.batch = batch
        self.i = i
        self.hits = slice(int(batch.hit_starts[i]), int(batch.hit_starts[i + 1]))
        self.found: dict[Leaf, list[Span]] = {}

    def __call__(self, leaf: Leaf) -> list[Span]:
        if leaf not in self.found:
            self.found[leaf] = self._find(leaf)
        return self.found[leaf]

    def _find(self, leaf: Leaf) -> list[Span]:
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

    def spelled(self, leaf: Leaf) -> list[Span]:
        """As called, less what only an emoji says."""
        post = self.batch.posts[self.i]
        return [
            span for span in self(leaf) if any(c.isalnum() for c in post[span.start : span.end])
        ]

    @property
    def text(self) -> str:
        """The post as it was written."""
        return self.batch.posts[self.i]

    def named(self) -> list[tuple[int, int]]:
        """Spans of handles and links, in order."""
        kinds = ("account", "address", "group", "email")
        return [(e.start, e.end) for e in self.entities if e.kind in kinds]

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
        mine = self.tables.members[self.tables.sets[leaf.name], hits.term[self.hits]]
        starts = batch.origin[hits.start[self.hits][mine]] - batch.starts[self.i]
        ends = batch.origin[hits.end[self.hits][mine] - 1] - batch.starts[self.i] + 1
        spans = sorted(set(zip(starts.tolist(), ends.tolist(), strict=True)))
        return [Span(start, end, leaf.label) for start, end in spans]

    def pattern(self, leaf: Leaf) -> list[Span]:
        if self.tables.pattern_names.index(leaf.name) not in self.matched:
            return []
        view = self.view
        return [
            Span(*view.span(*match.span()), leaf.label)
            for match in self.tables.patterns[leaf.name].finditer(view.text)
            if match.end() > match.start()
        ]

    @functools.cached_property
    def matched(self) -> set[int]:
        """Which patterns match at all, in one pass."""
        found = self.tables.pattern_set
        return set(found.Match(self.view.text) or ()) if found is not None else set()

    @functools.cached_property
    def view(self) -> Folded:
        first, last = self.batch.folded_starts[self.i], self.batch.folded_starts[self.i + 1]
        text = self.batch.folded[first:last].tobytes().decode("utf-32-le")
        return Folded(text, self.batch.origin[first:last] - np.int32(self.batch.starts[self.i]))

    @functools.cached_property
    def entities(self) -> list[Entity]:
        return folded_entities(self.batch.posts[self.i], self.view, self.tables.region)
