"""Every format gives the picture's hash; hostile files end in words, within limits."""

from __future__ import annotations

import os
import struct
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lindung.media.sandbox import Limits, Sandbox, SandboxError
from tests.media.pictures import bits, encoded, landscape

PICTURE = landscape(640, 480, 5)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(seconds=8)) as sandbox:
        yield sandbox


def code(answer: dict[str, Any], frame: str = "0") -> np.ndarray:
    return np.frombuffer(bytes.fromhex(answer["frames"][frame][0]), np.uint8)[:32]


def deep(image: Image.Image, top: float, kind: str) -> Image.Image:
    grey = np.asarray(image.convert("L"), np.float64) * (top / 255)
    return Image.fromarray(grey.astype(kind))


def see_through(image: Image.Image) -> Image.Image:
    """The picture with invisible noise where it is white; a viewer shows white there."""
    pixels = np.asarray(image.convert("RGBA")).copy()
    pixels[:100, :, :3], pixels[:100, :, 3] = 0, 0
    return Image.fromarray(pixels)


def white_band(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image).copy()
    pixels[:100] = 255
    return Image.fromarray(pixels)


def exif_turned(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(image.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=85, exif=exif)


FORMATS: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda i: encoded(i, "JPEG", quality=60),
    "progressive jpeg": lambda i: encoded(i, "JPEG", progressive=True),
    "grey jpeg": lambda i: encoded(i.convert("L"), "JPEG"),
    "cmyk jpeg": lambda i: encoded(i.convert("CMYK"), "JPEG"),
    "exif-turned jpeg": exif_turned,
    "png": lambda i: encoded(i, "PNG"),
    "palette png": lambda i: encoded(i.quantize(64), "PNG"),
    "palette png, transparent": lambda i: encoded(i.quantize(63), "PNG", transparency=63),
    "rgba png": lambda i: encoded(i.convert("RGBA"), "PNG"),
    "la png": lambda i: encoded(i.convert("LA"), "PNG"),
    "16-bit png": lambda i: encoded(deep(i, 65535, "u2"), "PNG"),
    "16-bit tiff": lambda i: encoded(deep(i, 65535, "u2"), "TIFF"),
    "float tiff": lambda i: encoded(deep(i, 1.0, "f4"), "TIFF"),
    "wide float tiff": lambda i: encoded(deep(i, 9e4, "f4"), "TIFF"),
    "32-bit tiff": lambda i: encoded(deep(i, 2**31 - 1, "i4"), "TIFF"),
    "cmyk tiff": lambda i: encoded(i.convert("CMYK"), "TIFF", compression="tiff_lzw"),
    "jpeg tiff": lambda i: encoded(i, "TIFF", compression="jpeg"),
    "gif": lambda i: encoded(i, "GIF"),
    "webp": lambda i: encoded(i, "WEBP", quality=60),
    "avif": lambda i: encoded(i, "AVIF", quality=60),
    "jpeg 2000": lambda i: encoded(i, "JPEG2000"),
    "bmp": lambda i: encoded(i, "BMP"),
    "tga": lambda i: encoded(i, "TGA"),
    "ppm": lambda i: encoded(i, "PPM"),
    "half the size": lambda i: encoded(i.resize((320, 240)), "JPEG"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_encoding_stays_within_31_bits(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(PICTURE, "PNG"))
    original = code(sandbox.ask(path))
    path.write_bytes(FORMATS[name](PICTURE))
    answer = sandbox.ask(path)
    assert bits(code(answer), original) <= (0 if name == "rgba png" else 31)
    if name != "half the size":
        assert (answer["width"], answer["height"]) == PICTURE.size
    assert answer["frames"]["0"][1] >= 50
    assert not answer["note"]


def test_transparent_parts_are_white_as_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(see_through(PICTURE), "PNG"))
    found = code(sandbox.ask(path))
    path.write_bytes(encoded(white_band(PICTURE), "PNG"))
    assert bits(found, code(sandbox.ask(path))) == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_truncated_picture_is_hashed_and_says_so(
    sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "picture"
    data = encoded(PICTURE, kind)
    path.write_bytes(data[: len(data) * 9 // 10])
    try:
        answer = sandbox.ask(path)
    except SandboxError as error:  # WebP has no partial decode
        assert kind == "WEBP", error
        return
    path.write_bytes(data)
    assert "damaged or cut short" in answer["note"]
    assert bits(code(answer), code(sandbox.ask(path))) <= 60


def test_frames_of_an_animation_are_hashed(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "picture.gif"
    frames = [landscape(160, 120, n) for n in range(30)]
    path.write_bytes(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    answer = sandbox.ask(path)
    assert answer["animated"]
    assert [int(n) for n in answer["frames"]] == [*range(16), 16, 24]


def test_a_frame_that_is_shown_for_long_is_never_passed_over(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "picture.gif"
    frames = [landscape(80, 60, n) for n in range(30)]
    shown = [50] * 30
    shown[19] = 60_000
    path.write_bytes(
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=shown)
    )
    answer = sandbox.ask(path)
    assert [int(n) for n in answer["frames"]] == [*range(16), 16, 19, 24]
    assert answer["note"] == "11 short frames were passed over"


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16", "RGB"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_tiff_is_hashed_upright(
    sandbox: Sandbox, tmp_path: Path, mode: str, orientation: int
) -> None:
    """Raw TIFFs that Pillow maps into memory came out garbled."""
    turn = {3: "ROTATE_180", 6: "ROTATE_90", 8: "ROTATE_270"}[orientation]
    turned = PICTURE.transpose(Image.Transpose[turn])
    image = deep(turned, 65535, "uint16") if mode == "I;16" else turned.convert(mode)
    path = tmp_path / "picture.tiff"
    path.write_bytes(encoded(image, "TIFF", tiffinfo={0x0112: orientation}))
    answer = sandbox.ask(path)
    assert (answer["width"], answer["height"]) == PICTURE.size
    path.write_bytes(encoded(PICTURE, "PNG"))
    assert bits(code(answer), code(sandbox.ask(path))) <= 6


def test_noise_is_hashed_in_full_as_less_of_it_would_not_do(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    for options in ({}, {"progressive": True}):
        path = tmp_path / "picture.jpg"
        path.write_bytes(encoded(Image.fromarray(noise), "JPEG", **options))
        answer = sandbox.ask(path)
        assert not answer["reduced"]
        assert bits(code(answer), code(sandbox.ask(path, full=True))) == 0
    path.write_bytes(encoded(landscape(900, 700), "JPEG"))
    assert sandbox.ask(path)["reduced"]


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )


def endless_gif() -> bytes:
    frames = [landscape(64, 64, n) for n in range(4)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    start = data.index(b"\x21\xf9")
    return data[:start] + data[start:-1] * 5000 + b"\x3b"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "zero bytes": (b"", "not a picture"),
    "text": (b"hello" * 100, "not a picture"),
    "huge header": (png_header(100_000, 100_000), "more than the limit"),
    "program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "only a header": (encoded(PICTURE, "PNG")[:30], "not a picture|cut short|truncated|read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    data, words = HOSTILE[name]
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(SandboxError, match=words) as refused:
        sandbox.ask(path)
    assert str(refused.value)


def test_an_endless_gif_ends(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "picture.gif"
    path.write_bytes(endless_gif())
    began = time.monotonic()
    assert len(sandbox.ask(path)["frames"]) <= 4
    assert time.monotonic() - began < 8


def test_a_bomb_within_the_pixel_limit_meets_the_memory_limit(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(png_header(60_000, 60_000))
    with (
        Sandbox(Limits(memory=2 << 30, seconds=30, pixels=10**10)) as sandbox,
        pytest.raises(SandboxError, match="memory"),
    ):
        sandbox.ask(path)


def test_a_worker_that_holds_on_to_memory_is_replaced(tmp_path: Path) -> None:
    """One picture's leavings must not make the next one fail."""
    good, bomb = tmp_path / "good.png", tmp_path / "bomb.png"
    good.write_bytes(encoded(PICTURE, "PNG"))
    bomb.write_bytes(png_header(60_000, 60_000))
    with Sandbox(Limits(memory=1 << 30, seconds=30, pixels=10**10)) as sandbox:
        assert sandbox.ask(good)["width"] == 640
        assert sandbox._worker is None  # what it holds is more than its share of so little
        with pytest.raises(SandboxError, match="memory"):
            sandbox.ask(bomb)
        assert sandbox.ask(good)["width"] == 640


def test_a_file_that_never_ends_meets_the_time_limit_and_the_next_is_read(tmp_path: Path) -> None:
    pipe, good = tmp_path / "pipe", tmp_path / "good.png"
    os.mkfifo(pipe)
    good.write_bytes(encoded(PICTURE, "PNG"))
    with Sandbox(Limits(seconds=1)) as sandbox:
        sandbox.ask(good)
        with pytest.raises(SandboxError, match="longer than 1 seconds"):
            sandbox.ask(pipe)
        assert sandbox.ask(good)["width"] == 640


def test_a_killed_worker_is_said_and_replaced(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(encoded(PICTURE, "PNG"))
    with Sandbox(Limits(seconds=5)) as sandbox:
        sandbox.ask(good)
        assert sandbox._worker
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {sandbox._worker.pid}"])
        with pytest.raises(SandboxError, match="broke the picture reader"):
            sandbox.ask(pipe)
        killer.wait()
        assert sandbox.ask(good)["width"] == 640


def test_a_polyglot_is_hashed_as_the_picture_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    data = encoded(PICTURE, "PNG")
    path.write_bytes(data)
    original = code(sandbox.ask(path))
    path.write_bytes(data + b"PK\x03\x04" + bytes(1000) + encoded(landscape(64, 64), "GIF"))
    assert bits(code(sandbox.ask(path)), original) == 0


def test_heic_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    """landscape.heic is PICTURE at a quarter of its size, written once with pillow-heif."""
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(PICTURE, "PNG"))
    answer = sandbox.ask(Path(__file__).with_name("landscape.heic"))
    assert (answer["width"], answer["height"]) == (160, 120)
    assert bits(code(answer), code(sandbox.ask(path))) <= 31
