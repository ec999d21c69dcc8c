"""What was laid over a picture, letters or a sticker, taken off and filled from around it.

Such a thing has one flat colour that a photograph has nowhere. The gap is filled with what lies
around it, blurred: PDQ looks at little else.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SIDE = 256  # at which it is looked for and filled
LEVELS = 16  # of each colour channel
LEAST, MOST = 0.012, 0.3  # of the picture in that colour
COLOURS = 2  # tried, the most frequent first
GROW = 9  # pixels by which the gap is larger than the colour: outlines, rings
HOLES = 15  # pixels across that are closed within it: eyes, the inside of letters
FLAT = 6  # values by which neighbours within a flat colour differ

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def uncovered(image: Image.Image) -> Iterator[Bytes]:
    """uint8[SIDE, SIDE] grey: a colour picture without what lies over it, for each such colour."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small.convert("L"), np.float32)
    for flat in _flat_colours(np.asarray(small, np.int16)):
        gap = _grown(flat)
        if gap.mean() < 0.6:
            yield _filled(grey, gap)


def _flat_colours(pixels: NDArray[np.int16]) -> Iterator[Flags]:
    """Where each frequent colour lies that is flat: its neighbours are the same."""
    level = pixels // (256 // LEVELS)
    key = (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]
    step = np.abs(np.diff(pixels, axis=1, prepend=pixels[:, :1])).max(axis=2)
    step = np.maximum(step, np.abs(np.diff(pixels, axis=0, prepend=pixels[:1])).max(axis=2))
    flat = step <= FLAT
    counts = np.bincount(key[flat], minlength=LEVELS**3)
    for colour in np.argsort(-counts)[:COLOURS]:
        here = (key == colour) & flat
        if LEAST <= here.mean() <= MOST:
            yield here


def _grown(here: Flags) -> Flags:
    """Closed by HOLES and grown by GROW, by blurs: rank filters take a hundred times as long."""
    wide = _blurred(here, HOLES // 2) > 0
    closed = _blurred(wide, HOLES // 2) == 255
    return np.asarray(_blurred(closed, GROW // 2) > 0)


def _blurred(here: Flags, radius: int) -> Bytes:
    return np.asarray(Image.fromarray(here).convert("L").filter(ImageFilter.BoxBlur(radius)))


def _filled(grey: NDArray[np.float32], gap: Flags) -> Bytes:
    """The gap filled from the nearest that is known, in ever wider rings."""
    known = (255 * ~gap).astype(np.uint8)
    values, out = (grey * ~gap).astype(np.uint8), grey.copy()
    missing = gap.copy()
    radius = 3
    while missing.any() and radius < SIDE:
        blur = ImageFilter.BoxBlur(radius)
        weight = np.asarray(Image.fromarray(known).filter(blur), np.float32)
        total = np.asarray(Image.fromarray(values).filter(blur), np.float32)
        reached = missing & (weight > 0.1 * 255)
        out[reached] = 255 * total[reached] / weight[reached]
        missing &= ~reached
        radius *= 2
    return np.asarray(np.clip(out, 0, 255) + 0.5, np.uint8)
