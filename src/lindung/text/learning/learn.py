"""Learning on the hotline's own confirmed cases. Needs the extra `learn` (scikit-learn)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lindung.text.language import count_words, languages
from lindung.text.learning.model import BITS, Model, buckets
from lindung.text.normal.fold import code_points, fold_points
from lindung.text.rules.scanning import count_scripts

_LEAST_TO_SCALE = 30  # posts of a language, for a calibration of its own
_QUIET = 0.02  # share of ordinary posts about which the model speaks


@dataclass(frozen=True, slots=True)
class Record:
    """One confirmed post: `label` is 1 for solicitation or grooming, `links` other authors."""

    text: str
    label: int
    time: datetime
    author: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """Texts folded together, with the language bit mask of each."""

    points: NDArray[np.uint32]
    starts: NDArray[np.int64]
    languages: NDArray[np.uint8]


def fold_all(texts: Sequence[str]) -> Folded:
    """Fold texts for training or scoring."""
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    points = code_points("".join(texts))
    folded, origin = fold_points(points, starts)
    folded_starts = np.searchsorted(origin, starts).astype(np.int64)
    counts = count_words(folded, folded_starts, origin)
    masks, _ = languages(count_scripts(points, starts), counts)
    return Folded(folded, folded_starts, masks)


def components(records: Sequence[Record]) -> NDArray[np.int64]:
    """For each record the number of its group of connected authors (union-find)."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for record in records:
        for other in (record.author, *record.links):
            parent[root(other)] = root(record.author)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(root(r.author), len(numbers)) for r in records], np.int64)


def split(
    records: Sequence[Record], groups: NDArray[np.int64], share: float = 0.7
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices to learn from and to test on: no author, nor a connected one, stands in both, and
    everything tested is later than everything learned from. Groups across the cut are learned
    from up to it and not tested."""
    times = np.array([record.time.timestamp() for record in records])
    cut = np.quantile(times, share)
    early = set(groups[times <= cut].tolist())
    tested = np.array([t > cut and g not in early for t, g in zip(times, groups, strict=True)])
    return np.flatnonzero(times <= cut), np.flatnonzero(tested)


def hold_out(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """A quarter of the groups, for calibration: drawn by `seed`, apart from those with bad posts,
    with ordinary ones and with both, so that the order of a file decides nothing."""
    rng = np.random.default_rng(seed)
    every = np.unique(groups)
    kinds = 2 * np.isin(every, groups[labels == 1]) + np.isin(every, groups[labels == 0])
    drawn = [rng.permutation(every[kinds == kind]) for kind in (1, 2, 3)]
    return np.isin(groups, np.concatenate([kind[: -(-len(kind) // 4)] for kind in drawn]))


def fit(
    texts: Sequence[str],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    key: bytes | None = None,
    seed: int = 0,
) -> Model:
    """Train, then calibrate per language on groups that were held back. Without `key` the model
    has a new one. Raises ValueError."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    folded = fold_all(texts)
    key = key or secrets.token_bytes(16)
    indices, values, rows = buckets(folded.points, folded.starts, key)
    matrix = csr_matrix((values, indices, rows), shape=(len(texts), 1 << BITS))
    held = hold_out(labels, groups, seed)
    for part in (held, ~held):
        if len(set(labels[part].tolist())) < 2:
            raise ValueError("There are too few authors of one kind to learn and calibrate on.")
    learner = LogisticRegression(C=10.0, solver="liblinear", class_weight="balanced")
    learner.fit(matrix[~held], labels[~held])
    weights = learner.coef_[0].astype(np.float32)
    intercept = float(learner.intercept_[0])
    logits = matrix @ weights + intercept
    scales = {0: _scale(logits[held], labels[held])}
    for mask in np.unique(folded.languages).tolist():
        mine = held & (folded.languages == mask)
        if mask and mine.sum() >= _LEAST_TO_SCALE and len(set(labels[mine].tolist())) == 2:
            scales[mask] = _scale(logits[mine], labels[mine])
    draft = Model(1, key, weights, intercept, scales, 0.5)
    ordinary = draft.probabilities(folded.points, folded.starts, folded.languages)[
        held & (labels == 0)
    ]
    line = float(np.clip(np.quantile(ordinary, 1 - _QUIET), 0.05, 0.95))
    return Model(1, key, weights, intercept, scales, line)


def _scale(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Platt scaling (1999): slope and offset of a logistic curve over the logits."""
    from sklearn.linear_model import LogisticRegression

    curve = LogisticRegression(C=1.0).fit(logits[:, None], labels)
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])
