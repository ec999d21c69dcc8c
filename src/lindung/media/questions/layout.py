"""Where a picture lies within a picture: borders, bands, panels, told by straight edges.

A screenshot, a collage, a letterbox and a caption have this in common: the picture ends in straight
lines, along which grey values jump. So the longest such lines are taken, and the rectangles between
them are ranked by how much of their own sides jumps.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lindung.media.questions.question import BORDER, CUT_OUT

SIDE = 480  # of the longer side, at which lines are looked for
JUMP = 9  # grey values between neighbours across a line
LINES = 8  # of each direction that are looked at
NEAR = 3  # rows within which one line is told
LEAST = 0.12  # of a row that jumps, to be a line
SUPPORT = 0.4  # of each of a rectangle's inner sides that jumps, at least
SMALLEST = 0.05  # of the picture's area
FLAT, UNLIKE = 10, 14  # grey values within a border's row; between its rows
ALIKE = 0.9  # overlap of two rectangles that are one
PANELS = 9  # rectangles, at most

Box = tuple[float, float, float, float]  # left, top, right, bottom
Greys = NDArray[np.int16]
Flags = NDArray[np.bool_]


def boxes(image: Image.Image) -> Iterator[tuple[str, Box]]:
    """The rectangles of a grey picture that may be a picture of their own, and why, in words."""
    scale = max(1.0, max(image.size) / SIDE)
    size = (max(1, round(image.width / scale)), max(1, round(image.height / scale)))
    grey = np.asarray(image.resize(size, Image.Resampling.BOX), np.int16)
    across, down = image.width / size[0], image.height / size[1]
    kept: list[Box] = []
    for words, box in _candidates(grey):
        if any(_overlap(box, other) > ALIKE for other in kept):
            continue
        kept.append(box)
        yield (
            words,
            _refined(image, (box[0] * across, box[1] * down, box[2] * across, box[3] * down)),
        )


def _refined(image: Image.Image, box: Box) -> Box:
    """The same box with its sides where the picture in full size jumps most, nearby."""
    reach = max(2, round(1.5 * max(image.size) / SIDE))
    left, top, right, bottom = (round(each) for each in box)
    sides = []
    ends = (image.width, image.height)
    for number, at in enumerate((left, top, right, bottom)):
        end, turned = ends[number % 2], 1 - number % 2
        if at <= reach or at >= end - reach:
            sides.append(0 if at <= reach else end)
            continue
        if turned:
            strip = image.crop((at - reach, top, at + reach, bottom))
        else:
            strip = image.crop((left, at - reach, right, at + reach))
        grey = np.asarray(strip, np.int16)
        jump = np.abs(np.diff(grey, axis=turned)).mean(axis=1 - turned)
        sides.append(at - reach + 1 + int(np.argmax(jump)))
    return float(sides[0]), float(sides[1]), float(sides[2]), float(sides[3])


def _candidates(grey: Greys) -> Iterator[tuple[str, Box]]:
    height, width = grey.shape
    if min(height, width) < 32:
        return
    trimmed = _trimmed(grey)
    whole = (0.0, 0.0, float(width), float(height))
    if trimmed != whole:
        yield BORDER, trimmed
    yield from _panels(grey)


def _trimmed(grey: Greys) -> Box:
    """Without the uniform rows and columns at its edges."""
    top, left, (bottom, right) = 0, 0, grey.shape
    while True:
        before = (top, bottom, left, right)
        top += _uniform(grey[top:bottom, left:right])
        bottom -= _uniform(grey[top:bottom, left:right][::-1])
        left += _uniform(grey[top:bottom, left:right].T)
        right -= _uniform(grey[top:bottom, left:right][:, ::-1].T)
        if (top, bottom, left, right) == before or min(bottom - top, right - left) < 16:
            break
    if min(bottom - top, right - left) < 16:
        return 0.0, 0.0, float(grey.shape[1]), float(grey.shape[0])
    return float(left), float(top), float(right), float(bottom)


def _uniform(rows: Greys) -> int:
    """How many first rows are of one grey, and the next as well."""
    if not rows.size:
        return 0
    low, high = np.percentile(rows, (3, 97), axis=1)
    flat = (high - low <= FLAT) & (np.abs((low + high) / 2 - (low[0] + high[0]) / 2) <= UNLIKE)
    return int(len(flat) if flat.all() else np.argmin(flat))


def _panels(grey: Greys) -> Iterator[tuple[str, Box]]:
    """The rectangles between straight edges, the best supported first."""
    height, width = grey.shape
    rows = np.abs(np.diff(grey, axis=0)) >= JUMP  # [y - 1, x]: between rows y - 1 and y
    columns = np.abs(np.diff(grey, axis=1)) >= JUMP
    across, down = _lines(rows), _lines(columns.T)
    if len(across) + len(down) == 4:  # nothing but the picture's own edges
        return
    top, bottom, left, right = (
        side.ravel() for side in np.meshgrid(across, across, down, down, indexing="ij")
    )
    area = (bottom - top) * (right - left)
    fits = (bottom - top > 24) & (right - left > 24) & (area >= SMALLEST * height * width)
    fits &= area < 0.985 * height * width
    top, bottom, left, right, area = (each[fits] for each in (top, bottom, left, right, area))
    if not len(top):
        return
    by_row, by_column = _summed(rows), _summed(columns.T)
    sides = np.stack(
        [
            _support(by_row, top, left, right),
            _support(by_row, bottom, left, right),
            _support(by_column, left, top, bottom),
            _support(by_column, right, top, bottom),
        ]
    )
    inner = np.stack([top > 0, bottom < height, left > 0, right < width])
    fits = np.where(inner, sides, 1.0).min(axis=0) >= SUPPORT
    mean = np.where(inner, sides, 0.0).sum(axis=0) / inner.sum(axis=0)
    score = mean + 0.25 * np.sqrt(area / (height * width))
    score = np.where(fits, score, 0.0)
    kept: list[Box] = []
    for best in np.argsort(-score):
        if not score[best] or len(kept) == PANELS:
            return
        box = (float(left[best]), float(top[best]), float(right[best]), float(bottom[best]))
        if any(_overlap(box, other) > ALIKE for other in kept):
            continue
        kept.append(box)
        yield CUT_OUT, box


def _lines(jumps: Flags) -> NDArray[np.int64]:
    """Where rows begin after the longest lines, with the first row and the end."""
    share = jumps.mean(axis=1)
    wide = np.pad(share, 4, mode="edge")  # a line stands out; where all is fine grain none does
    share = share - np.median([wide[k : k + len(share)] for k in (0, 1, 2, 6, 7, 8)], axis=0)
    found: list[int] = []
    for at in np.argsort(-share)[: 6 * LINES]:
        if share[at] < LEAST or len(found) == LINES:
            break
        if all(abs(at + 1 - other) > NEAR for other in found) and NEAR < at < len(share) - NEAR:
            found.append(int(at) + 1)
    return np.array(sorted({0, *found, len(share) + 1}), np.int64)


def _summed(jumps: Flags) -> NDArray[np.int32]:
    """Running sums along the rows; a jump in the row before or after counts as well."""
    near = jumps.copy()
    near[1:] |= jumps[:-1]
    near[:-1] |= jumps[1:]
    return np.pad(np.cumsum(near, axis=1, dtype=np.int32), ((1, 1), (1, 0)))


def _support(
    summed: NDArray[np.int32],
    line: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
) -> NDArray[np.float64]:
    return np.asarray((summed[line, end] - summed[line, begin]) / np.maximum(end - begin, 1))


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return both / (areas - both)
