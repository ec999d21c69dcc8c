"""Figures for a queue that people work through, and how far chance moves them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lindung.text.learning.learn import Record

_ROUNDS = 200  # bootstrap resamples, by group of authors
_PENALTY = 0.0078  # F-latency (Sadeque, Xu and Bethard 2018): half the credit is lost at ~140 posts

Indices = NDArray[np.int64]
Scores = NDArray[np.float64]
Interval = tuple[float, float, float]  # the figure, and 95 % of resamples lie between the others


@dataclass(frozen=True, slots=True)
class Work:
    """Where a model will work: posts reviewed in a day, the share of ordinary posts that may be
    flagged, and the share of bad ones in the queue."""

    budget: int = 50
    false_positive_rate: float = 0.01
    prevalence: float = 0.001


def ranking(scores: Scores, truth: Indices) -> float:
    """Area under the ROC curve: how often a bad post ranks above an ordinary one."""
    order = np.argsort(np.argsort(scores, kind="stable")) + 1.0
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.bincount(inverse, weights=order) / counts)[inverse]
    bad = int(truth.sum())
    ordinary = len(truth) - bad
    return float((ranks[truth == 1].sum() - bad * (bad + 1) / 2) / (bad * ordinary))


def figures(
    records: Sequence[Record],
    draws: Indices,
    scores: Scores,
    truth: Indices,
    line: float,
    work: Work,
) -> dict[str, float | str]:
    """Each figure, or why there is none. `draws` tells apart authors drawn twice."""
    rate, prevalence = work.false_positive_rate, work.prevalence
    recall = _recall(scores, truth, rate)
    corrected: float | str = recall
    if not isinstance(recall, str):
        corrected = recall * prevalence / (recall * prevalence + rate * (1 - prevalence))
    f_latency, delay = _latency(records, draws, scores, truth, line)
    return {
        "ranking": ranking(scores, truth),
        f"precision at {work.budget} a day": _daily_precision(records, scores, truth, work.budget),
        f"recall at {rate:.1%} false positives": recall,
        f"precision at prevalence {prevalence:.2%}": corrected,
        "F-latency": f_latency,
        "messages to flag": delay,
        "calibration error": _calibration_error(scores, truth),
    }


def resamples(units: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Indices of posts as whole groups of authors are drawn again, and the number of the draw.

    Whoever is drawn twice counts as two authors, not as one who wrote everything twice.
    """
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(units == unit) for unit in np.unique(units)]
    for _ in range(_ROUNDS):
        drawn = [members[n] for n in rng.integers(0, len(members), len(members))]
        draws = np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
        yield np.concatenate(drawn), draws


def with_interval(
    figure: Callable[[Indices, Indices], dict[str, float | str]], truth: Indices, units: Indices
) -> tuple[dict[str, Interval], dict[str, str]]:
    """The figures of all posts with their intervals, and why others were not measured."""
    whole = figure(np.arange(len(truth)), np.zeros(len(truth), np.int64))
    drawn: dict[str, list[float]] = {name: [] for name in whole}
    for part, draws in resamples(units):
        if len(set(truth[part].tolist())) == 2:
            for name, value in figure(part, draws).items():
                if not isinstance(value, str):
                    drawn[name].append(value)
    measured, unmeasured = {}, {}
    for name, value in whole.items():
        if isinstance(value, str):
            unmeasured[name] = value
        else:
            low, high = np.quantile(drawn[name] or [value], [0.025, 0.975])
            measured[name] = (value, float(low), float(high))
    return measured, unmeasured


def _recall(scores: Scores, truth: Indices, rate: float) -> float | str:
    """The share of bad posts above the ordinary post at which the allowed ones are used up."""
    ordinary = np.sort(scores[truth == 0])[::-1]
    allowed = math.floor(len(ordinary) * rate + 1e-9)
    if allowed < 1:
        return f"that takes {math.ceil(1 / rate)} ordinary posts, and there are {len(ordinary)}"
    return float((scores[truth == 1] > ordinary[allowed]).mean())


def _daily_precision(
    records: Sequence[Record], scores: Scores, truth: Indices, budget: int
) -> float | str:
    """Over days with more posts than the budget: on others all are reviewed, in whatever order."""
    days = np.array([record.time.toordinal() for record in records])
    right = seen = 0
    for day in np.unique(days):
        mine = np.flatnonzero(days == day)
        if len(mine) > budget:
            best = mine[np.argsort(-scores[mine], kind="stable")[:budget]]
            right += int(truth[best].sum())
            seen += budget
    return right / seen if seen else f"no day has more than {budget} posts"


def _latency(
    records: Sequence[Record], draws: Indices, scores: Scores, truth: Indices, line: float
) -> tuple[float, float | str]:
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
        return 0.0, "no bad author was flagged"
    f1 = 2 * len(delays) / (true + flagged)
    median = float(np.median(delays))
    return f1 * (2 - 2 / (1 + math.exp(-_PENALTY * (median - 1)))), median


def _calibration_error(scores: Scores, truth: Indices) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return float(
        sum(
            abs(scores[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean()
            for b in np.unique(bins)
        )
    )
