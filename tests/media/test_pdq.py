"""PDQ is that of the reference bit for bit, and within two bits from a scaled JPEG decode."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lindung.media import pdq
from tests.media.pictures import SHARED, bits, encoded, landscape, large

Pixels = NDArray[np.uint8]


def reference(pixels: Pixels) -> tuple[NDArray[np.uint8], int]:
    """The eight codes uint8[8, 32] and the quality, by pdqhash."""
    vectors, quality = pdqhash.compute_dihedral(pixels)
    return np.packbits(np.array(vectors, np.uint8), axis=1), quality


def assert_same(pixels: Pixels) -> None:
    codes, quality = reference(pixels)
    found = pdq.of_rgb(pixels)
    assert found.quality == quality
    assert (found.codes == codes).all()
    assert found.hex == np.packbits(pdqhash.compute(pixels)[0].astype(np.uint8)).tobytes().hex()


def patterns(width: int, height: int, seed: int) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    yield rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    yield np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
    yield np.stack([(3 * x + y) % 256, x ^ y, x * y // 50], -1).astype(np.uint8)
    yield np.asarray(landscape(width, height, seed))


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 700), st.integers(5, 700), st.integers(0, 2**32 - 1))
def test_every_bit_and_the_quality_are_the_references(width: int, height: int, seed: int) -> None:
    for pixels in patterns(width, height, seed):
        assert_same(pixels)


@pytest.mark.parametrize("size", [(64, 64), (128, 129), (127, 128), (5, 4000), (3001, 2003)])
def test_sizes_on_the_edges_of_the_blur_are_the_references(size: tuple[int, int]) -> None:
    assert_same(np.asarray(landscape(*size)))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared pictures are not here")
def test_shared_pictures_are_the_references() -> None:
    paths = sorted(SHARED.glob("*/*.jpg"))
    assert len(paths) >= 24
    for path in paths:
        assert_same(np.asarray(Image.open(path).convert("RGB")))


def test_a_picture_too_small_to_hash_has_no_quality() -> None:
    assert pdq.of_rgb(np.full((4, 900, 3), 7, np.uint8)).quality == 0


def scaled(data: bytes, scale: int, orientation: int = 1) -> tuple[pdq.Pdq, pdq.Pdq]:
    """A JPEG's PDQ at full decode, and from its decode at 1/scale."""
    full = Image.open(io.BytesIO(data))
    small = Image.open(io.BytesIO(data))
    width, height = small.size
    small.draft("L", (width // scale, height // scale))
    return (
        pdq.of_rgb(np.asarray(ImageOps.exif_transpose(full).convert("RGB"))),
        pdq.of_scaled(np.asarray(small), height, width, scale, orientation),
    )


def test_scaled_decode_is_within_two_bits_on_95_percent_and_four_on_all() -> None:
    pictures = large(16, 3)
    far = []
    for number, picture in enumerate(pictures):
        options = {"quality": 50 + number * 45 // len(pictures), "subsampling": number % 3}
        data = encoded(picture, "JPEG", progressive=number % 2 == 0, **options)
        full, small = scaled(data, 4)
        far.append(bits(full.codes[0], small.codes[0]))
        assert abs(full.quality - small.quality) <= 1
    assert max(far) <= 4
    assert np.mean(np.array(far) <= 2) >= 0.95


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(1283, 905), (901, 1300)])
def test_scaled_decode_honours_exif_orientation(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(landscape(*size), "JPEG", quality=88, exif=exif)
    full, small = scaled(data, 2, orientation)
    assert bits(full.codes[0], small.codes[0]) <= 2


def test_turned_pictures_are_found_by_their_transform() -> None:
    picture = landscape(800, 600)
    codes = pdq.of_rgb(np.asarray(picture)).codes
    turns = {
        "rotated 90": Image.Transpose.ROTATE_90,
        "rotated 180": Image.Transpose.ROTATE_180,
        "rotated 270": Image.Transpose.ROTATE_270,
        "flipped top to bottom": Image.Transpose.FLIP_TOP_BOTTOM,
        "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
        "transposed": Image.Transpose.TRANSPOSE,
        "transposed along the other diagonal": Image.Transpose.TRANSVERSE,
    }
    for name, turn in turns.items():
        turned = pdq.of_rgb(np.asarray(picture.transpose(turn))).codes[0]
        far = [bits(turned, code) for code in codes]
        assert int(np.argmin(far)) == pdq.TRANSFORMS.index(name), name
        assert min(far) <= 31


def test_the_loop_is_compiled_for_one_kind_of_array_only() -> None:
    """The sandbox compiles before it gives up writing files; a second kind broke it there."""
    picture = landscape(64, 48)
    pdq.of_rgb(np.asarray(picture))  # read-only, as Pillow gives it
    pdq.of_rgb(np.asarray(picture).copy())
    pdq.of_rgb(np.asarray(picture)[:, ::-1])
    pdq.of_luma(np.asarray(picture.convert("L")))
    loop: Any = pdq._samples
    assert len(loop.signatures) == 1
