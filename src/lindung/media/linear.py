"""The linear form of PDQ: both blurs and the sampling of one side are one matrix with 64 rows.

It is folded onto what a JPEG gives without its pixels (docs/media.md): the means of reduced blocks,
or the first frequencies of whole ones. A row reads a few blocks only, so it is kept as a band.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lindung.runtime import compiled

SIDE = 64  # samples a side
BLOCK = 8  # pixels of a JPEG's block

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Shapes = Callable[[int, bool], Floats]


@functools.cache
def parabolas(scale: int, coarse: bool = False) -> Floats:
    """How `scale` pixels follow from the means of the block before, their own, the next.

    float32[scale, 3, 1]: inside a block the picture is taken for the parabola with these means.
    When `coarse`, for flat, and the means are blurred.
    """
    x = (np.arange(scale) + 0.5) / scale - 0.5
    bend = (x * x + (1.0 / scale / scale - 1.0) / 12.0) / 2.0
    shapes = np.stack([bend - x / 2.0, 1.0 - 2.0 * bend, bend + x / 2.0], axis=1)
    if coarse:
        shapes[:] = 0.25, 0.5, 0.25
    return shapes[:, :, np.newaxis].astype(np.float32)


@functools.cache
def waves(keep: int, coarse: bool = False) -> Floats:
    """How a block's 8 pixels follow from its own first frequencies: float32[8, 1, keep].

    When `coarse`, from one fewer: the last is left out.
    """
    x, u = np.arange(BLOCK)[:, np.newaxis], np.arange(keep)
    shapes = np.cos((2 * x + 1) * u * np.pi / (2 * BLOCK)) * np.where(u, 0.5, np.sqrt(0.125))
    shapes *= u < keep - coarse
    return shapes[:, np.newaxis].astype(np.float32)


def samples(
    grid: Floats,
    height: int,
    width: int,
    shapes: Shapes,
    number: int,
    orientation: int,
    coarse: bool = False,
) -> Floats:
    """The 64 x 64 samples of a picture from its grid, turned by the EXIF orientation (1 to 8).

    `grid` is float32[blocks down * k, blocks across * k] in terms of `shapes(number)`, whose last
    axis is k. Raises ValueError when it is not of a picture of this size.
    """
    size, _, keep = shapes(number, coarse).shape
    if grid.shape != (-(-height // size) * keep, -(-width // size) * keep):
        raise ValueError(f"the grid {grid.shape} is not that of {height} x {width} pixels")
    rows = folded(height, shapes, number, coarse, orientation in (3, 4, 6, 7))
    columns = folded(width, shapes, number, coarse, orientation in (2, 3, 7, 8))
    found = _apply(grid, *rows, *columns)
    return np.ascontiguousarray(found.T) if orientation >= 5 else found


@functools.lru_cache(maxsize=256)
def folded(
    length: int, shapes: Shapes, number: int, coarse: bool, reverse: bool
) -> tuple[Ints, Floats]:
    """One side's matrix as a band: where each row begins int64[64], its weights float32[64, w].

    `reverse` for a side that is to be flipped.
    """
    return _fold(length, shapes(number, coarse), reverse)


@compiled
def _fold(length: int, shapes: Floats, reverse: bool) -> tuple[Ints, Floats]:
    size, reach, keep = shapes.shape
    blocks = (length + size - 1) // size
    window = (length + 127) // 128
    half = (window + 2) // 2
    wide = min(2 * window // size + 2 + reach, blocks)
    first, weights = np.zeros(SIDE, np.int64), np.zeros((SIDE, wide * keep))
    for k in range(SIDE):
        centre = (2 * k + 1) * length // 128
        begin, end = max(0, centre + half - window), min(length, centre + half)
        low, high = max(0, begin + half - window), min(length, end - 1 + half)
        if reverse:
            low = length - high
        start = min(max(low // size - reach // 2, 0), blocks - wide)
        first[k] = start * keep
        for middle in range(begin, end):
            second = range(max(0, middle + half - window), min(length, middle + half))
            weight = 1.0 / (end - begin) / len(second)
            for pixel in second:
                at = length - 1 - pixel if reverse else pixel
                for r in range(reach):
                    block = min(max(at // size + r - reach // 2, 0), blocks - 1) - start
                    for u in range(keep):
                        weights[k, block * keep + u] += weight * shapes[at % size, r, u]
    return first, weights.astype(np.float32)


@compiled
def _apply(grid: Floats, row: Ints, down: Floats, column: Ints, across: Floats) -> Floats:
    """down . grid . across, where both are bands."""
    line = np.empty(grid.shape[1], np.float32)
    out = np.empty((SIDE, SIDE), np.float32)
    for i in range(SIDE):
        line[:] = 0
        for t in range(down.shape[1]):
            weight, values = down[i, t], grid[row[i] + t]
            for x in range(len(line)):
                line[x] += weight * values[x]
        for j in range(SIDE):
            weights, values = across[j], line[column[j] :]
            total = np.float32(0)
            for t in range(len(weights)):
                total += weights[t] * values[t]
            out[i, j] = total
    return out
