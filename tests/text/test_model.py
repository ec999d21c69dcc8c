"""A model artefact that its key opens but that holds no model: refused, with no part of it told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from lindung.text.learning.model import BITS, MAGIC, ModelError, load_model

SECRET = bytes.fromhex("ab" * 32)


def sound() -> dict[str, Any]:
    about = {"version": 1, "key": "00" * 16, "intercept": 0.0, "scales": {"0": [1, 0]}, "line": 0.5}
    return {"weights": np.zeros(1 << BITS, np.float32), "about": about}


def artefact(path: Path, plain: bytes) -> Path:
    nonce = bytes(12)
    path.write_bytes(MAGIC + nonce + AESGCM(SECRET).encrypt(nonce, plain, MAGIC))
    return path


def packed(weights: NDArray[Any], about: object) -> bytes:
    plain = io.BytesIO()
    np.savez(plain, weights=weights, about=np.array(json.dumps(about)))
    return plain.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": np.zeros(1 << BITS, np.float64)},
        {"weights": np.zeros((1 << BITS) - 1, np.float32)},
        {"weights": np.zeros((2, 1 << BITS), np.float32)},
        {"weights": np.full(1 << BITS, np.nan, np.float32)},
        {"weights": np.array([{}], object)},
        {"about": [[[]]]},
        {"about": None},
        {"about": {"version": 1}},
        *(
            {"about": {**sound()["about"], name: value}}
            for name, value in [
                ("key", "00"),
                ("key", "zorblat"),
                ("key", 7),
                ("intercept", float("inf")),
                ("intercept", None),
                ("scales", {}),
                ("scales", {"1": [1, 0]}),
                ("scales", {"0": [1]}),
                ("scales", {"0": [1, float("nan")]}),
                ("scales", {"0": [1, 0], "16": [1, 0]}),
                ("scales", [1, 0]),
                ("line", 0),
                ("line", float("nan")),
                ("version", float("inf")),
                ("version", "zorblat"),
            ]
        ),
    ],
)
def test_an_unsound_model_is_refused_in_words(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert load_model(artefact(tmp_path / "sound", packed(**sound())), SECRET).line == 0.5
    path = artefact(tmp_path / "model", packed(**{**sound(), **wrong}))
    with pytest.raises(ModelError, match="holds no sound model") as refusal:
        load_model(path, SECRET)
    assert "zorblat" not in str(refusal.value)


def test_a_model_cut_short_is_refused_in_words(tmp_path: Path) -> None:
    whole = packed(**sound())
    deep = io.BytesIO()
    np.savez(deep, weights=sound()["weights"], about=np.array("[" * 100_000))
    alone = io.BytesIO()
    np.save(alone, sound()["weights"])
    plains = [b"", b"PK", whole[:-9], whole[: len(whole) // 2], whole[1000:], deep.getvalue()]
    for plain in [*plains, alone.getvalue(), whole[:200] + b"\xff" * 99 + whole[299:]]:
        with pytest.raises(ModelError, match="holds no sound model"):
            load_model(artefact(tmp_path / "model", plain), SECRET)
    (tmp_path / "model").write_bytes(MAGIC + b"short")
    with pytest.raises(ModelError, match="does not open it"):
        load_model(tmp_path / "model", SECRET)
