"""Whether a model is good enough for a queue, and whether it learned the right thing.

Tested on later posts of authors that no learned author is connected with. It is blessed only on
enough evidence, and only if it ranks better than chance and than every probe even at the lower end
of the interval: a narrow lead in a small sample is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lindung.text.language import language_name
from lindung.text.learning.figures import Indices, Interval, Scores, Work, figures, with_interval
from lindung.text.learning.learn import Record, components, fit, fold_all, split
from lindung.text.learning.probes import FUNCTION_WORDS_ONLY, PROBES, Probe, compare

LEAST_POSTS = 30  # tested posts of each kind, below which nothing is blessed
LEAST_GROUPS = 10  # groups of connected authors that wrote them
LEAST_POWER = 0.6  # ranking; chance is 0.5
_KEY = bytes(16)  # these models are thrown away, and the same cases give the same report
_HAVE_FUNCTION_WORDS = 0b0011  # en and ms


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one language (or `all`) with their bootstrap intervals; `unmeasured` says why
    others are missing."""

    language: str
    posts: int
    positives: int
    figures: dict[str, Interval]
    unmeasured: dict[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """`left_out` counts later posts of authors that were learned from, or are connected with one.

    `unprobed` says which probes were not run. `refused` says why the model is not blessed; None
    blesses it.
    """

    learned_from: int
    tested_on: int
    left_out: int
    measured: tuple[Measured, ...]
    probes: tuple[Probe, ...]
    unprobed: tuple[str, ...]
    refused: str | None


def evaluate(
    records: Sequence[Record],
    work: Work | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Train on the earlier part, measure on the later, where the model will do `work`.

    Raises ValueError when there are too few records of either kind.
    """
    task = _Task(records, work or Work(), tell)
    tell("learning")
    scores, line = task.scores(task.learn, task.test)
    tell("measuring")
    measured = task.measured(scores, line)
    probes, unprobed = task.probed(scores)
    refused = task.lacking(task.test) or _refused(measured[0], probes)
    return Report(
        len(task.learn),
        len(task.test),
        len(records) - len(task.learn) - len(task.test),
        measured,
        probes,
        unprobed,
        refused,
    )


def _refused(whole: Measured, probes: tuple[Probe, ...]) -> str | None:
    power, low, _ = whole.figures["ranking"]
    if low < LEAST_POWER:
        return (
            f"it may rank hardly better than chance ({power:.2f}, at worst {low:.2f}; chance 0.50)"
        )
    if "messages to flag" not in whole.figures:
        return "at its line it flagged no bad author"
    for probe in probes:
        if probe.equals:
            return (
                f"the probe '{probe.name}' ({probe.language}) ranks nearly as well "
                f"({probe.ranking:.2f} against {probe.model:.2f}): "
                "it may have learned where posts came from, not what they say"
            )
    return None


class _Task:
    """The records, divided; what is asked of all of them and of each language."""

    def __init__(self, records: Sequence[Record], work: Work, tell: Callable[[str], None]) -> None:
        if not (0 < work.prevalence < 1 and 0 < work.false_positive_rate < 1 <= work.budget):
            raise ValueError("Shares lie between 0 and 1, and a day's budget is at least 1.")
        if not records:
            raise ValueError("There is no record in it.")
        self.records, self.work, self.tell = records, work, tell
        self.groups = components(records)
        self.labels = np.array([record.label for record in records])
        self.learn, self.test = split(records, self.groups)
        left_out = len(records) - len(self.learn) - len(self.test)
        for name, part in (("learn from", self.learn), ("test on", self.test)):
            if len(set(self.labels[part].tolist())) < 2:
                raise ValueError(
                    f"After splitting by time and connected author, {len(self.learn)} posts are "
                    f"left to learn from and {len(self.test)} later ones to test on; {left_out} "
                    "later ones are left out, as their authors, or connected ones, had written "
                    f"before. Those to {name} must be of both kinds. More confirmed cases of "
                    "different authors are needed."
                )
        self.masks = fold_all([record.text for record in records]).languages

    def scores(
        self, learn: Indices, test: Indices, view: Callable[[str], str] = str
    ) -> tuple[Scores, float]:
        """What a model learned from some posts says of others, and its line."""
        texts = [view(self.records[i].text) for i in learn]
        model = fit(texts, self.labels[learn], self.groups[learn], key=_KEY)
        folded = fold_all([view(self.records[i].text) for i in test])
        return model.probabilities(folded.points, folded.starts, folded.languages), model.line

    def lacking(self, part: Indices) -> str | None:
        """What is missing for a judgement on some posts."""
        for label, kind in ((1, "bad"), (0, "ordinary")):
            mine = part[self.labels[part] == label]
            groups = len(np.unique(self.groups[mine]))
            if len(mine) < LEAST_POSTS or groups < LEAST_GROUPS:
                return (
                    f"too little to judge by: {len(mine)} {kind} posts of {groups} unconnected "
                    f"authors; at least {LEAST_POSTS} of {LEAST_GROUPS} are needed"
                )
        return None

    def measured(self, scores: Scores, line: float) -> tuple[Measured, ...]:
        found = []
        masks = self.masks[self.test]
        for mask in (None, *np.unique(masks).tolist()):
            mine = np.flatnonzero(np.ones(len(masks), bool) if mask is None else masks == mask)
            truth = self.labels[self.test[mine]]
            if len(set(truth.tolist())) < 2:
                continue

            def figure(
                part: Indices, draws: Indices, mine: Indices = mine
            ) -> dict[str, float | str]:
                chosen = mine[part]
                tested = self.test[chosen]
                return figures(
                    [self.records[i] for i in tested], draws, scores[chosen],
                    self.labels[tested], line, self.work,
                )  # fmt: skip

            known, unknown = with_interval(figure, truth, self.groups[self.test[mine]])
            language = "all" if mask is None else language_name(mask)
            found.append(Measured(language, len(mine), int(truth.sum()), known, unknown))
        return tuple(found)

    def probed(self, model: Scores) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
        """Every probe on all posts, and on each language that has enough of them."""
        probes = [
            self._probe(name, "all", self.learn, np.arange(len(self.test)), model)
            for name in PROBES
        ]
        wordless, few = [], []
        for mask in np.unique(self.masks[self.test]).tolist():
            language = language_name(mask)
            if not mask & _HAVE_FUNCTION_WORDS:
                wordless.append(language)
            learn = self.learn[self.masks[self.learn] == mask]
            mine = np.flatnonzero(self.masks[self.test] == mask)
            if len(learn) + len(mine) == len(self.learn) + len(self.test):
                continue  # one language only: that was `all`
            if self.lacking(learn) or self.lacking(self.test[mine]):
                few.append(language)
                continue
            probes += [
                self._probe(name, language, learn, mine, model)
                for name in PROBES
                if name != FUNCTION_WORDS_ONLY or mask & _HAVE_FUNCTION_WORDS
            ]
        unprobed = []
        if wordless:
            unprobed.append(f"{FUNCTION_WORDS_ONLY}: no probe for {', '.join(wordless)}")
        if few:
            unprobed.append(f"too few posts for probes of their own: {', '.join(few)}")
        return tuple(probes), tuple(unprobed)

    def _probe(
        self, name: str, language: str, learn: Indices, mine: Indices, model: Scores
    ) -> Probe:
        self.tell(f"probe: {name} ({language})")
        test = self.test[mine]
        probe, _ = self.scores(learn, test, PROBES[name])
        return compare(name, language, probe, model[mine], self.labels[test], self.groups[test])
