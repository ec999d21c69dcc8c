"""A JPEG's low frequencies without decoding it: right where they are told, None everywhere else."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from lindung.media import decode, jpeg, pdq
from lindung.media.linear import waves
from tests.media.pictures import bits, encoded, landscape, large

Floats = NDArray[np.float32]


def told(data: bytes, keep: int = 8) -> Floats | None:
    width, height = Image.open(io.BytesIO(data)).size
    return jpeg.low_frequencies(io.BytesIO(data), height, width, keep)


def by_pillow(data: bytes, keep: int) -> Floats:
    """The same by decoding to luma and transforming each whole block."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    pixels = np.asarray(image, np.float32) - 128
    down, across = image.height // 8, image.width // 8
    blocks = pixels[: down * 8, : across * 8].reshape(down, 8, across, 8)
    wave = waves(8)[:, 0]
    found = np.einsum("yixj,iu,jv->yuxv", blocks, wave, wave)
    u = np.arange(8)
    found *= (u[:, None, None] + u < keep)[np.newaxis]
    return np.asarray(found[:, :keep, :, :keep].reshape(down * keep, across * keep))


def assert_right(data: bytes, keep: int) -> None:
    found, wanted = told(data, keep), by_pillow(data, keep)
    assert found is not None
    # the decoder rounds to whole grey levels: half of one a pixel, times 8 at the most
    assert np.abs(found[: wanted.shape[0], : wanted.shape[1]] - wanted).max() < 4.5


@settings(max_examples=60, deadline=None)
@given(
    st.integers(8, 200),
    st.integers(8, 200),
    st.sampled_from([1, 30, 75, 92, 100]),
    st.integers(0, 2),
    st.sampled_from([0, 1, 3]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 8),
)
def test_the_frequencies_are_those_of_the_decoded_picture(
    width: int,
    height: int,
    quality: int,
    subsampling: int,
    restart: int,
    optimize: bool,
    grey: bool,
    keep: int,
) -> None:
    picture = Image.blend(landscape(width, height), Image.new("RGB", (width, height), "grey"), 0.5)
    options: dict[str, Any] = {"quality": quality, "optimize": optimize}
    if restart:
        options["restart_marker_blocks"] = restart
    if not grey:
        options["subsampling"] = subsampling
    assert_right(encoded(picture.convert("L") if grey else picture, "JPEG", **options), keep)


def test_sharp_pictures_keep_the_longest_codes() -> None:
    noise = np.random.default_rng(0).integers(0, 2, (96, 96), dtype=np.uint8) * 80 + 90
    assert_right(encoded(Image.fromarray(noise), "JPEG", quality=100), 8)


def test_other_kinds_are_left_to_a_decoder() -> None:
    picture = landscape(64, 48)
    assert told(encoded(picture, "JPEG", progressive=True)) is None
    assert told(encoded(picture.convert("CMYK"), "JPEG")) is None
    assert told(encoded(picture, "JPEG", keep_rgb=True)) is None
    data = encoded(picture, "JPEG")
    assert jpeg.low_frequencies(io.BytesIO(data), 48, 65, 1) is None
    assert jpeg.low_frequencies(io.BytesIO(b""), 48, 64, 1) is None
    assert jpeg.low_frequencies(io.BytesIO(encoded(picture, "PNG")), 48, 64, 1) is None


def test_a_file_that_was_cut_off_anywhere_is_left_to_a_decoder() -> None:
    data = encoded(landscape(64, 48), "JPEG", restart_marker_blocks=2)
    assert told(data) is not None
    end = data.rindex(b"\xff\xd9")
    for length in range(0, end, 7):
        assert jpeg.low_frequencies(io.BytesIO(data[:length]), 48, 64, 3) is None
    assert told(data[:end]) is not None  # only the end mark is missing


def test_bytes_too_many_and_swapped_restarts_are_left_to_a_decoder() -> None:
    data = encoded(landscape(64, 48), "JPEG", restart_marker_blocks=2)
    first, second = data.index(b"\xff\xd0"), data.index(b"\xff\xd1")
    swapped = bytearray(data)
    swapped[first + 1], swapped[second + 1] = 0xD1, 0xD0
    assert told(bytes(swapped)) is None
    assert told(data[:first] + b"\x12\x34" + data[first:]) is None
    end = data.rindex(b"\xff\xd9")
    assert told(data[:end] + b"\x12\x34" + data[end:]) is None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_never_lead_out_of_the_file(data: st.DataObject) -> None:
    """The loops check every step; were one missing, this would crash the process."""
    options = {"restart_marker_blocks": 2} if data.draw(st.booleans()) else {}
    whole = bytearray(encoded(landscape(80, 64), "JPEG", **options))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(2, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = jpeg.low_frequencies(io.BytesIO(whole), 64, 80, 4)
    assert found is None or (found.shape == (32, 40) and np.isfinite(found).all())


def test_hashes_from_frequencies_are_within_two_bits_on_95_percent_and_four_on_all() -> None:
    """As for the scaled decode: at two megapixels and more; fewer kept frequencies are no worse."""
    pictures = large(12, 5)
    far = []
    for number, picture in enumerate(pictures):
        quality = 50 + number * 45 // len(pictures)
        data = encoded(picture, "JPEG", quality=quality, subsampling=number % 3)
        whole = pdq.of_rgb(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
        for keep in (1, 2):
            found = told(data, keep)
            assert found is not None
            reduced = pdq.of_frequencies(found, picture.height, picture.width, keep)
            assert abs(whole.quality - reduced.quality) <= 1
            far.append(bits(whole.codes[0], reduced.codes[0]))
    assert max(far) <= 4
    assert np.mean(np.array(far) <= 2) >= 0.95


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(1283, 905), (901, 1300)])
def test_orientation_is_honoured(orientation: int, size: tuple[int, int]) -> None:
    data = encoded(landscape(*size), "JPEG", quality=88)
    found = told(data, 3)
    assert found is not None
    turned = pdq.of_frequencies(found, size[1], size[0], 3, orientation)
    image = Image.open(io.BytesIO(data)).convert("RGB")
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    if orientation > 1:
        image = image.transpose(turn[orientation])
    assert bits(pdq.of_rgb(np.asarray(image)).codes[0], turned.codes[0]) <= 2


def contrast(data: bytes, times: int) -> bytes:
    """The same JPEG with luma steps so many times larger: a viewer clips what is too light."""
    at = data.index(b"\xff\xdb") + 5
    steps = bytes(min(255, times * step) for step in data[at : at + 64])
    return data[:at] + steps + data[at + 64 :]


def seen(path: Path, data: bytes, full: bool = False) -> decode.Decoded:
    path.write_bytes(data)
    return decode.hash_file(path, 10**8, 60, full)


@pytest.mark.parametrize("progressive", [False, True])
def test_what_a_viewer_clips_is_hashed_as_it_is_shown(tmp_path: Path, progressive: bool) -> None:
    """Frequencies know no lightest and no darkest: such a picture was up to 80 bits off."""
    file = tmp_path / "a.jpg"
    whole = encoded(landscape(1000, 900, 3), "JPEG", quality=90, progressive=progressive)
    assert seen(file, whole).reduced
    for times in (2, 3, 5):
        data = contrast(whole, times)
        found, shown = seen(file, data), seen(file, data, full=True)
        assert bits(found.frames[0].codes[0], shown.frames[0].codes[0]) <= 4
        assert not found.reduced or times < 5


def test_white_and_black_as_such_are_no_reason_to_decode_in_full(tmp_path: Path) -> None:
    pixels = np.asarray(landscape(1000, 900, 3)).copy()
    pixels[:300, :400], pixels[600:, 500:] = 255, 0
    for quality in (30, 60, 95):
        data = encoded(Image.fromarray(pixels), "JPEG", quality=quality)
        assert seen(tmp_path / "a.jpg", data).reduced


def test_a_damaged_grey_jpeg_is_hashed_as_it_is_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    whole = encoded(landscape(800, 900, 4).convert("L"), "JPEG", quality=80)
    for _ in range(40):
        data = bytearray(whole)
        for at in rng.integers(700, len(whole), 2):
            data[at] = rng.integers(256)
        found, shown = (seen(tmp_path / "a.jpg", bytes(data), full) for full in (False, True))
        assert bits(found.frames[0].codes[0], shown.frames[0].codes[0]) <= 6
