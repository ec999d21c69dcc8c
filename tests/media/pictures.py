"""Benign pictures made by formula, and the shared ones where they are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

SHARED = Path(__file__).parents[3] / "shared/data/pdq"


def landscape(width: int, height: int, seed: int = 1) -> Image.Image:
    """Hills of noise with hard-edged blocks: the structure of a photograph, of nothing."""
    rng = np.random.default_rng(seed)
    field = np.zeros((height, width, 3))
    for octave in range(1, 8):
        grain = rng.integers(0, 256, (2**octave + 1, 2**octave + 1, 3), dtype=np.uint8)
        smooth = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
        field += np.asarray(smooth, float) * 0.75**octave
    for _ in range(10):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(1, width // 2 + 2), rng.integers(1, height // 2 + 2)
        field[y : y + h, x : x + w] += rng.normal(0, 60, 3)
    field -= field.min()
    return Image.fromarray((field * (255 / field.max())).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bits(a: np.ndarray, b: np.ndarray) -> int:
    """Hamming distance of two codes uint8[32]."""
    return int(np.unpackbits(a ^ b).sum())


def large(count: int, seed: int) -> list[Image.Image]:
    """Landscapes of 2 to 5 megapixels, and the shared pictures enlarged."""
    sizes = np.random.default_rng(seed).integers(1420, 2300, (count, 2)).tolist()
    pictures = [landscape(width, height, n) for n, (width, height) in enumerate(sizes)]
    if SHARED.exists():
        for path in sorted(SHARED.glob("*/*.jpg"))[::3]:
            with Image.open(path) as image:
                pictures.append(image.convert("RGB").resize((1999, 1301)))
    return pictures
