"""How good a model is for a queue that people work through, and whether it learned the right thing.

Tested on later posts of authors that no learned author is connected with. Source-artefact probes
train the same learner on text that cannot carry the meaning (function words only; punctuation
shape only): a model that a probe nearly equals has learned where posts came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lindung.text.language import FUNCTION_WORDS, language_name
from lindung.text.learn import Record, components, fit, fold_all, split

_ROUNDS = 200  # bootstrap resamples, by group of authors
_NEARLY = 0.9  # a probe with this share of the model's ranking power equals it
_PENALTY = 0.0078  # F-latency (Sadeque, Xu and Bethard 2018): half the credit is lost at ~140 posts
_WORDS = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())

Interval = tuple[float, float, float]  # the figure, and 95 % of resamples lie between the others


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one language (or `all`), each with its bootstrap interval."""

    language: str
    posts: int
    positives: int
    figures: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Report:
    """`refused` says why the model is not blessed; None blesses it."""

    learned_from: int
    tested_on: int
    measured: tuple[Measured, ...]
    probes: dict[str, float]
    refused: str | None


def evaluate(
    records: Sequence[Record],
    *,
    budget: int = 50,
    false_positive_rate: float = 0.01,
    prevalence: float = 0.001,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Train on the earlier part, measure on the later. `budget` is posts reviewed in a day,
    `prevalence` the share of bad posts where the model will work. Raises ValueError when there
    are too few records of either kind."""
    groups = components(records)
    learn, test = split(records, groups)
    labels = np.array([record.label for record in records])
    for name, part in (("learn from", learn), ("test on", test)):
        if len(set(labels[part].tolist())) < 2:
            raise ValueError(
                f"After splitting by time and connected author, {len(part)} posts are left to "
                f"{name}, all of one kind. More confirmed cases of different authors are needed."
            )
    tell("learning")
    scores, line = _scores(records, learn, test, groups, lambda text: text)
    tested = [records[i] for i in test]
    masks = fold_all([record.text for record in tested]).languages
    truth, units = labels[test], groups[test]

    def figures(part: NDArray[np.int64], draws: NDArray[np.int64]) -> dict[str, float]:
        return _figures(
            [tested[i] for i in part], draws, scores[part], truth[part], line,
            budget, false_positive_rate, prevalence,
        )  # fmt: skip

    tell("measuring")
    measured = [_measured("all", figures, np.arange(len(test)), truth, units)]
    for mask in np.unique(masks).tolist():
        part = np.flatnonzero(masks == mask)
        if len(set(truth[part].tolist())) == 2:
            measured.append(_measured(language_name(mask), figures, part, truth, units))
    probes = {}
    for name, view in PROBES.items():
        tell(f"probe: {name}")
        probes[name] = ranking(_scores(records, learn, test, groups, view)[0], truth)
    power = ranking(scores, truth)
    refused = None
    if power < 0.6:
        refused = f"it ranks hardly better than chance ({power:.2f}; chance is 0.50)"
    for name, probe in probes.items():
        if probe - 0.5 >= _NEARLY * (power - 0.5):
            refused = (
                f"the probe '{name}' ranks nearly as well ({probe:.2f} against {power:.2f}): "
                "it may have learned where posts came from, not what they say"
            )
    return Report(len(learn), len(test), tuple(measured), probes, refused)


def function_words_only(text: str) -> str:
    """The probe view that keeps only words that say nothing of the topic."""
    return " ".join(word for word in re.findall(r"\w+", text.casefold()) if word in _WORDS)


def punctuation_only(text: str) -> str:
    """The probe view that keeps shape: letters become a, digits 0, runs shortened."""
    shape = re.sub(r"[^\W\d_]+", "a", text)
    return re.sub(r"\d+", "0", shape)


PROBES: dict[str, Callable[[str], str]] = {
    "function words only": function_words_only,
    "punctuation shape only": punctuation_only,
}


def ranking(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Area under the ROC curve: how often a bad post ranks above an ordinary one."""
    order = np.argsort(np.argsort(scores, kind="stable")) + 1.0
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.bincount(inverse, weights=order) / counts)[inverse]
    bad = int(truth.sum())
    ordinary = len(truth) - bad
    return float((ranks[truth == 1].sum() - bad * (bad + 1) / 2) / (bad * ordinary))


def _scores(
    records: Sequence[Record],
    learn: NDArray[np.int64],
    test: NDArray[np.int64],
    groups: NDArray[np.int64],
    view: Callable[[str], str],
) -> tuple[NDArray[np.float64], float]:
    labels = np.array([records[i].label for i in learn])
    model = fit([view(records[i].text) for i in learn], labels, groups[learn])
    folded = fold_all([view(records[i].text) for i in test])
    return model.probabilities(folded.points, folded.starts, folded.languages), model.line


def _measured(
    language: str,
    figures: Callable[[NDArray[np.int64], NDArray[np.int64]], dict[str, float]],
    part: NDArray[np.int64],
    truth: NDArray[np.int64],
    units: NDArray[np.int64],
) -> Measured:
    point = figures(part, np.zeros(len(part), np.int64))
    rng = np.random.default_rng(0)
    members = {unit: part[units[part] == unit] for unit in np.unique(units[part]).tolist()}
    names = np.array(list(members))
    drawn: dict[str, list[float]] = {name: [] for name in point}
    for _ in range(_ROUNDS):
        drawn_now = [members[n] for n in rng.choice(names, len(names)).tolist()]
        resample = np.concatenate(drawn_now)
        # whoever is drawn twice counts as two authors, not as one who wrote everything twice
        draws = np.repeat(np.arange(len(drawn_now)), [len(one) for one in drawn_now])
        if len(set(truth[resample].tolist())) == 2:
            for name, value in figures(resample, draws).items():
                drawn[name].append(value)
    intervals = {
        name: (value, *map(float, np.quantile(drawn[name] or [value], [0.025, 0.975])))
        for name, value in point.items()
    }
    return Measured(
        language, len(part), int(truth[part].sum()),
        {name: (a, b, c) for name, (a, b, c) in intervals.items()},
    )  # fmt: skip


def _figures(
    records: Sequence[Record],
    draws: NDArray[np.int64],
    scores: NDArray[np.float64],
    truth: NDArray[np.int64],
    line: float,
    budget: int,
    false_positive_rate: float,
    prevalence: float,
) -> dict[str, float]:
    threshold = float(np.quantile(scores[truth == 0], 1 - false_positive_rate))
    recall = float((scores[truth == 1] > threshold).mean())
    corrected = recall * prevalence
    corrected /= max(corrected + false_positive_rate * (1 - prevalence), 1e-12)
    f_latency, delay = _latency(records, draws, scores, truth, line)
    return {
        "ranking": ranking(scores, truth),
        f"precision at {budget} a day": _daily_precision(records, scores, truth, budget),
        f"recall at {false_positive_rate:.1%} false positives": recall,
        f"precision at prevalence {prevalence:.2%}": corrected,
        "F-latency": f_latency,
        "messages to flag": delay,
        "calibration error": _calibration_error(scores, truth),
    }


def _daily_precision(
    records: Sequence[Record], scores: NDArray[np.float64], truth: NDArray[np.int64], budget: int
) -> float:
    days = np.array([record.time.toordinal() for record in records])
    right = seen = 0
    for day in np.unique(days):
        mine = np.flatnonzero(days == day)
        best = mine[np.argsort(-scores[mine], kind="stable")[:budget]]
        right += int(truth[best].sum())
        seen += len(best)
    return right / max(seen, 1)


def _latency(
    records: Sequence[Record],
    draws: NDArray[np.int64],
    scores: NDArray[np.float64],
    truth: NDArray[np.int64],
    line: float,
) -> tuple[float, float]:
    """F-latency over authors, and the median number of posts until a bad author is flagged."""
    delays: list[int] = []
    true = flagged = 0
    posts: dict[tuple[str, int], list[int]] = {}
    for i in sorted(range(len(records)), key=lambda i: records[i].time):
        posts.setdefault((records[i].author, int(draws[i])), []).append(i)
    for mine in posts.values():
        is_bad = bool(truth[mine].any())
        at = next((n for n, i in enumerate(mine, start=1) if scores[i] >= line), None)
        true += is_bad
        flagged += at is not None
        if is_bad and at is not None:
            delays.append(at)
    if not delays:
        return 0.0, float("nan")
    f1 = 2 * len(delays) / (true + flagged)
    median = float(np.median(delays))
    return f1 * (2 - 2 / (1 + float(np.exp(-_PENALTY * (median - 1))))), median


def _calibration_error(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(
        sum(
            abs(scores[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean()
            for b in np.unique(bins)
        )
    )
