"""Turned for real, and turned back by a little.

PDQ's blur windows are half a pixel off where they are even, so a mirrored picture is not quite what
changed signs say: up to 40 bits at a width of 256. Hashing the picture's four mirror images costs
three more hashes and gives every turn exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lindung.media import pdq
from lindung.media.questions.question import Question

# For each turn of pdq.TRANSFORMS: mirrored left to right, top to bottom, and then transposed.
FLIPS = (
    (False, False, False),
    (True, False, True),
    (True, True, False),
    (False, True, True),
    (False, True, False),
    (True, False, False),
    (False, False, True),
    (True, True, True),
)
TRANSPOSED = pdq.TRANSFORMS.index("transposed")
EXACT = 512  # of the longer side up to which the picture itself is turned
LARGE = 384  # to which a larger one is brought before
FRAME, SIDE = 480, 256  # of the longer side before, of a picture turned back
PLAIN = 12  # grey values within and between corners of one colour
DEGREES = (2.0, -2.0, 1.0, -1.0, 3.0, -3.0)
Bytes = NDArray[np.uint8]


def as_turned(pixels: Bytes, image: Image.Image) -> Question:
    """The picture in its eight turns, each of them hashed and not derived."""
    if max(pixels.shape[:2]) > EXACT:
        image = image.copy()
        image.thumbnail((LARGE, LARGE), Image.Resampling.BOX, reducing_gap=None)
        pixels = np.asarray(image)[:, :, np.newaxis]
    found = {
        (left, top): pdq.of_rgb(pixels[:: -1 if top else 1, :: -1 if left else 1])
        for left in (False, True)
        for top in (False, True)
    }
    codes = [found[left, top].codes[TRANSPOSED * turned] for left, top, turned in FLIPS]
    return Question("", np.stack(codes), found[False, False].quality)


def straightened(image: Image.Image) -> Iterator[Question]:
    """The picture turned back by a few degrees: in its own frame, or out of a larger one.

    Either shows one colour in all four corners; where they differ nothing is asked.
    """
    image = image.copy()
    image.thumbnail((FRAME, FRAME), Image.Resampling.BOX, reducing_gap=None)
    grey = np.asarray(image, np.float32)
    if not _has_plain_corners(grey):
        return
    for degrees in DEGREES:
        for larger in (False, True):
            found = pdq.of_luma(_turned_back(grey, math.radians(degrees), larger))
            yield Question(f"turned by {abs(degrees):g} degrees", found.codes, found.quality)


def _has_plain_corners(grey: NDArray[np.float32]) -> bool:
    ends = (slice(2), slice(-2, None))
    corners = np.stack([grey[y, x] for y in ends for x in ends])
    return bool(np.ptp(corners) <= PLAIN)


def _turned_back(grey: NDArray[np.float32], turn: float, larger: bool) -> Bytes:
    """uint8[SIDE, SIDE]: what lies outside is taken to go on as it does at the edge."""
    height, width = grey.shape
    c, s = math.cos(turn), abs(math.sin(turn))
    inner = (width, height)
    if larger:  # width = w cos + h sin, height = h cos + w sin
        part = c * c - s * s
        inner = ((width * c - height * s) / part, (height * c - width * s) / part)
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
    x, y, s = x * inner[0], y * inner[1], math.sin(turn)
    column = np.clip(x * c + y * s + width / 2 - 0.5, 1, width - 2).astype(np.float32)
    row = np.clip(y * c - x * s + height / 2 - 0.5, 1, height - 2).astype(np.float32)
    left, top = column.astype(np.int32), row.astype(np.int32)
    a, b = column - left, row - top
    above = grey[top, left] * (1 - a) + grey[top, left + 1] * a
    below = grey[top + 1, left] * (1 - a) + grey[top + 1, left + 1] * a
    return np.asarray(above * (1 - b) + below * b + 0.5, np.uint8)
