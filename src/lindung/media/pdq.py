"""PDQ, the picture hash of the field: 256 bits that survive re-encoding and resizing.

Source: "TMK+PDQF: A Test-Drive of Facebook's Photo and Video Similarity Algorithms" and the
reference C++ in Meta's ThreatExchange repository. Two box blurs each way, 64 x 64 samples, a
cosine transform of 16 x 16 coefficients, one bit each: above the median or not.

`of_rgb` and `of_luma` keep the reference's own order of 32-bit additions, streamed through strips
of rows, so they give its very bits, also where a coefficient lies within rounding of the median.
`of_scaled` and `of_frequencies` take what a JPEG gives at less cost than its pixels, through the
linear form (`linear.py`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lindung.media import linear
from lindung.runtime import compiled

MIN_SIDE = 5
MIN_QUALITY = 50  # below it a hash says too little to be matched
RADIUS = 31  # bits within which two pictures are taken for the same
BANDS, LANES = 16, 16
SIDE = linear.SIDE
ALTERNATE = np.where(np.arange(BANDS) % 2, 1, -1).astype(np.float32)

TRANSFORMS = (
    "",
    "rotated 90",
    "rotated 180",
    "rotated 270",
    "flipped top to bottom",
    "mirrored",
    "transposed",
    "transposed along the other diagonal",
)
# What had been done to a picture when its turn k is the known one (degrees are counter-clockwise).
FOUND_AS = (*TRANSFORMS[:1], *TRANSFORMS[3:0:-1], *TRANSFORMS[4:])

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pdq:
    """A picture's hash. `codes` is uint8[8, 32]: as it is, then the seven turns of TRANSFORMS.

    `doubt` is in how many bits it changes when still less of the picture is used than was: 0 where
    all of it was. Natural pictures have 0 to 4, noise and fine patterns a dozen and more.
    """

    codes: Bytes
    quality: int
    doubt: int = 0

    @property
    def hex(self) -> str:
        """The hash of the picture as it is: 64 hex digits."""
        return bytes(self.codes[0]).hex()


def of_rgb(pixels: Bytes) -> Pdq:
    """PDQ of uint8[height, width, 3], bit for bit that of the reference."""
    return _of_strips(pixels)


def of_luma(pixels: Bytes) -> Pdq:
    """PDQ of uint8[height, width], taken as a grey picture."""
    return _of_strips(pixels[:, :, np.newaxis])


def _of_strips(pixels: Bytes) -> Pdq:
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        return Pdq(np.zeros((8, 32), np.uint8), 0)
    pixels = np.ascontiguousarray(pixels).view()
    pixels.flags.writeable = False  # the loop is compiled once, not again for Pillow's arrays
    return _finish(_samples(pixels))


def of_scaled(pixels: Bytes, height: int, width: int, scale: int, orientation: int = 1) -> Pdq:
    """PDQ of a `height` x `width` picture from its decode at 1/`scale`, uint8[h/scale, w/scale].

    `orientation` is the EXIF value (1 to 8) that the picture is to be turned by.
    """
    grid = pixels.astype(np.float32)
    return _of_grid(grid, height, width, linear.parabolas, scale, orientation)


def of_frequencies(
    frequencies: Floats, height: int, width: int, keep: int, orientation: int = 1
) -> Pdq:
    """PDQ of a `height` x `width` picture from `jpeg.low_frequencies`, turned as in `of_scaled`."""
    return _of_grid(frequencies, height, width, linear.waves, keep, orientation)


def _of_grid(
    grid: Floats, height: int, width: int, shapes: linear.Shapes, number: int, orientation: int
) -> Pdq:
    fine, coarse = (
        linear.samples(grid, height, width, shapes, number, orientation, less)
        for less in (False, True)
    )
    found = _finish(fine)
    other = _bits(_transform(coarse, _cosines())[0].reshape(1, -1))[0]
    return replace(found, doubt=int(np.bitwise_count(found.codes[0] ^ other).sum()))


def _finish(samples: Floats) -> Pdq:
    coefficients, quality = _transform(samples, _cosines())
    return Pdq(_codes(coefficients), int(quality))


@functools.cache
def _cosines() -> Floats:
    """The reference's float matrix float32[16, 64]: rows 1 to 16 of the cosine transform."""
    i, j = np.arange(1, BANDS + 1)[:, np.newaxis], np.arange(SIDE)[np.newaxis]
    scale = np.float64(np.float32(np.sqrt(2.0 / SIDE)))
    return np.asarray(scale * np.cos((np.pi / 2.0 / SIDE) * i * (2 * j + 1)), np.float32)


@compiled
def _transform(samples: Floats, cosines: Floats) -> tuple[Floats, int]:
    """The 16 x 16 coefficients and the quality (gradients of the samples, quantised)."""
    total = 0
    for i in range(SIDE):
        for j in range(SIDE):
            if i + 1 < SIDE:
                step = (samples[i, j] - samples[i + 1, j]) * np.float32(100) / np.float32(255)
                total += abs(int(step))
            if j + 1 < SIDE:
                step = (samples[i, j] - samples[i, j + 1]) * np.float32(100) / np.float32(255)
                total += abs(int(step))
    half = np.zeros((BANDS, SIDE), np.float32)
    for i in range(BANDS):
        for k in range(SIDE):
            for j in range(SIDE):
                half[i, j] += cosines[i, k] * samples[k, j]
    out = np.zeros((BANDS, BANDS), np.float32)
    turned = np.ascontiguousarray(cosines.T)
    for i in range(BANDS):
        for k in range(SIDE):
            for j in range(BANDS):
                out[i, j] += half[i, k] * turned[k, j]
    return out, min(total // 90, 100)


def _codes(coefficients: Floats) -> Bytes:
    """The hash and its seven turns: a turned picture's coefficients are these, signs changed."""
    a, down, across = coefficients, ALTERNATE[:, np.newaxis], ALTERNATE
    turned = [a, (a * across).T, a * down * across, (a * down).T]
    mirrored = [a * down, a * across, a.T, (a * down * across).T]
    return _bits(np.array(turned + mirrored, np.float32).reshape(8, -1))


def _bits(table: Floats) -> Bytes:
    """One code a row: which coefficients are above the row's median."""
    median = np.partition(table, 127, axis=1)[:, 127:128]
    return np.packbits(table > median, axis=1, bitorder="little")[:, ::-1].copy()


@compiled
def _box(strip: Floats, out: Floats, window: int) -> None:
    """Running means down a strip, each lane by itself: add, then subtract, then divide."""
    length, lanes = strip.shape
    half = (window + 2) // 2
    sums = np.zeros(lanes, np.float32)
    count = 0
    for i in range(length + half - 1):
        if i < length:
            count += 1
            for lane in range(lanes):
                sums[lane] += strip[i, lane]
        if i >= window:
            count -= 1
            for lane in range(lanes):
                sums[lane] -= strip[i - window, lane]
        if i >= half - 1:
            part = np.float32(count)
            for lane in range(lanes):
                out[i - half + 1, lane] = sums[lane] / part


@compiled
def _samples(pixels: Bytes) -> Floats:
    """The 64 x 64 samples after both blurs, in the reference's order of 32-bit operations.

    Rows come in strips of 16, held column by column, so that 16 running sums advance at once. What
    the first blur down the columns must still subtract waits in a ring of rows.
    """
    height, width, channels = pixels.shape
    window = (height + 127) // 128
    half = (window + 2) // 2
    strip = np.zeros((width, LANES), np.float32)
    blurred = np.zeros((width, LANES), np.float32)
    again = np.zeros((width, LANES), np.float32)
    twice = np.zeros((width, LANES), np.float32)
    ring = np.zeros((window + 1, width), np.float32)
    sums = np.zeros(width, np.float32)
    narrow = np.zeros((height, SIDE), np.float32)
    count = 0
    for i in range(height + half - 1):
        if i < height:
            if i % LANES == 0:
                for r in range(min(LANES, height - i)):
                    for x in range(width):
                        if channels == 1:
                            strip[x, r] = np.float32(pixels[i + r, x, 0])
                        else:
                            strip[x, r] = np.float32(
                                pixels[i + r, x, 0] * 0.299
                                + pixels[i + r, x, 1] * 0.587
                                + pixels[i + r, x, 2] * 0.114
                            )
                _box(strip, blurred, (width + 127) // 128)
            row = ring[i % (window + 1)]
            for x in range(width):
                row[x] = blurred[x, i % LANES]
                sums[x] += row[x]
            count += 1
        if i >= window:
            old = ring[(i - window) % (window + 1)]
            for x in range(width):
                sums[x] -= old[x]
            count -= 1
        o = i - half + 1  # the row that is now complete
        if o >= 0:
            part = np.float32(count)
            for x in range(width):
                again[x, o % LANES] = sums[x] / part
            if o % LANES == LANES - 1 or o == height - 1:
                _box(again, twice, (width + 127) // 128)
                for r in range(o % LANES + 1):
                    for k in range(SIDE):
                        narrow[o - o % LANES + r, k] = twice[(2 * k + 1) * width // 128, r]
    down = np.zeros((height, SIDE), np.float32)
    _box(narrow, down, window)
    samples = np.zeros((SIDE, SIDE), np.float32)
    for k in range(SIDE):
        samples[k] = down[(2 * k + 1) * height // 128]
    return samples
