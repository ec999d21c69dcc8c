"""A linear model over keyed hashed character n-grams: weights, and no word to read in them.

An n-gram's place among the weights is its SipHash under a key that lives inside the artefact; the
artefact is encrypted (AES-256-GCM). Training is in `learn.py` and needs the extra `learn`; using
a model does not.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from lindung.runtime import compiled, write_whole
from lindung.text.sealed.siphash import key_halves, siphash

MAGIC = b"lindung-model/1\n"
BITS = 18  # 2**BITS weights
SHORTEST, LONGEST = 2, 5  # characters of an n-gram
_STRONGEST = 3.0  # the most a learned signal adds to a score


class ModelError(ValueError):
    """A model artefact that cannot be used; the message is for people."""


@dataclass(frozen=True, slots=True)
class Model:
    """`weights[bucket]` and `intercept` give a logit; `scales[language]` calibrates it.

    `scales` has rows (slope, offset) by language bit mask, 0 for all others. `line` is the
    probability from which the model says something.
    """

    version: int
    key: bytes
    weights: NDArray[np.float32]
    intercept: float
    scales: dict[int, tuple[float, float]]
    line: float

    def probabilities(
        self, folded: NDArray[np.uint32], starts: NDArray[np.int64], languages: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """The calibrated probability for each post."""
        logits = _logits(folded, starts, *key_halves(self.key), self.weights) + self.intercept
        scales = np.array([self.scales.get(mask, self.scales[0]) for mask in range(16)])
        chosen = scales[languages]
        bounded = np.clip(chosen[:, 0] * logits + chosen[:, 1], -500, 500)  # exp stays finite
        scaled: NDArray[np.float64] = 1 / (1 + np.exp(-bounded))
        return scaled

    def adds(self, probability: float) -> float:
        """What the model adds to a score: 0 at its line, more above it, never less."""
        if probability < self.line:
            return 0.0
        bounded = min(max(probability, 1e-6), 1 - 1e-6)
        logit = np.log(bounded / (1 - bounded)) - np.log(self.line / (1 - self.line))
        return round(min(float(logit), _STRONGEST), 3)

    def strongest_part(self, folded: NDArray[np.uint32]) -> tuple[int, int] | None:
        """The stretch of one folded post that speaks most for the model's signal."""
        first, last, best = _strongest(folded, *key_halves(self.key), self.weights)
        return (int(first), int(last)) if best > 0 else None


def save_model(model: Model, path: Path, secret: bytes) -> None:
    """Write the artefact, encrypted under a 256-bit key, whole or not at all. Raises OSError."""
    plain = io.BytesIO()
    about = {
        "version": model.version,
        "key": model.key.hex(),
        "intercept": model.intercept,
        "scales": {str(mask): scale for mask, scale in model.scales.items()},
        "line": model.line,
    }
    np.savez_compressed(plain, weights=model.weights, about=np.array(json.dumps(about)))
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(secret).encrypt(nonce, plain.getvalue(), MAGIC)
    write_whole(path, MAGIC + nonce + sealed, mode=0o666)


def load_model(path: Path, secret: bytes) -> Model:
    """Open an artefact. Raises ModelError, OSError."""
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise ModelError(f"{path}: this is not a model artefact.")
    body = data[len(MAGIC) :]
    try:
        plain = AESGCM(secret).decrypt(body[:12], body[12:], MAGIC)
    except (InvalidTag, ValueError):
        raise ModelError(f"{path}: this key does not open it, or it was changed.") from None
    try:
        return _model(plain)
    except (
        ArithmeticError, AttributeError, EOFError, KeyError, MemoryError, NotImplementedError,
        OSError, RecursionError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
    ):  # fmt: skip
        # without the cause: a part of the artefact must not stand in a message
        raise ModelError(f"{path}: the key opens it, but it holds no sound model.") from None


def _model(plain: bytes) -> Model:
    """The model in an opened artefact, looked over before anything is read with it."""
    with np.load(io.BytesIO(plain), allow_pickle=False) as arrays:
        weights, about = arrays["weights"], json.loads(str(arrays["about"]))
    if weights.dtype != np.float32 or weights.shape != (1 << BITS,):
        raise ValueError("weights of another kind or number")
    scales = {int(mask): (float(a), float(b)) for mask, (a, b) in about["scales"].items()}
    intercept, line = float(about["intercept"]), float(about["line"])
    key = bytes.fromhex(about["key"])
    numbers = np.array([intercept, *(number for scale in scales.values() for number in scale)])
    if not (np.isfinite(weights).all() and np.isfinite(numbers).all() and 0 < line < 1):
        raise ValueError("numbers that are none")
    if len(key) != 16 or 0 not in scales or not scales.keys() <= set(range(16)):
        raise ValueError("no key, or languages that are none")
    return Model(int(about["version"]), key, weights, intercept, scales, line)


def buckets(
    folded: NDArray[np.uint32], starts: NDArray[np.int64], key: bytes
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """The n-grams of each post as a CSR matrix: indices, values (unit length), row starts."""
    sizes = np.diff(starts)
    rows = np.zeros(len(starts), np.int64)
    np.cumsum(_count(sizes), out=rows[1:])
    indices = np.empty(rows[-1], np.int32)
    values = np.empty(rows[-1], np.float32)
    _fill(folded, starts, *key_halves(key), rows, indices, values)
    return indices, values, rows


def _count(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    lengths = range(SHORTEST, LONGEST + 1)
    counts: NDArray[np.int64] = np.zeros(len(sizes), np.int64)
    for n in lengths:
        counts += np.maximum(sizes - n + 1, 0)
    return counts


@compiled
def _fill(folded: Any, starts: Any, k0: Any, k1: Any, rows: Any, indices: Any, values: Any) -> Any:
    for post in range(starts.size - 1):
        at = rows[post]
        for i in range(starts[post], starts[post + 1]):
            for n in range(SHORTEST, LONGEST + 1):
                if i + n <= starts[post + 1]:
                    tag = siphash(k0, k1, folded[i : i + n], n)
                    indices[at] = np.int32(tag & np.uint64((1 << BITS) - 1))
                    at += 1
        size = rows[post + 1] - rows[post]
        for k in range(rows[post], rows[post + 1]):
            values[k] = 1 / np.sqrt(size)


@compiled
def _logits(folded: Any, starts: Any, k0: Any, k1: Any, weights: Any) -> Any:
    logits = np.zeros(starts.size - 1)
    mask = np.uint64(weights.size - 1)
    for post in range(starts.size - 1):
        total = 0.0
        count = 0
        for i in range(starts[post], starts[post + 1]):
            for n in range(SHORTEST, LONGEST + 1):
                if i + n <= starts[post + 1]:
                    total += weights[siphash(k0, k1, folded[i : i + n], n) & mask]
                    count += 1
        logits[post] = total / np.sqrt(max(count, 1))
    return logits


@compiled
def _strongest(folded: Any, k0: Any, k1: Any, weights: Any) -> Any:
    """The stretch with the largest sum of weights (Kadane), n-grams counted where they start."""
    mask = np.uint64(weights.size - 1)
    best, best_first, best_last = 0.0, 0, 0
    running, first = 0.0, 0
    for i in range(folded.size):
        if running <= 0:
            running, first = 0.0, i
        for n in range(SHORTEST, LONGEST + 1):
            if i + n <= folded.size:
                running += weights[siphash(k0, k1, folded[i : i + n], n) & mask]
        if running > best:
            best, best_first, best_last = running, first, i + 1
    return best_first, best_last, best
