"""Any picture file to upright RGB and its PDQ. Runs in the sandbox only.

Formats: what Pillow reads, and HEIC through pi-heif. EPS is left out: it is a program.
"""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from lindung.media import jpeg, pdq
from lindung.media.linear import BLOCK
from lindung.media.questions import Question, crops, questions

KEPT = (2, 3)  # frequencies of a block, each way
MIN_FREQUENCIES = 225  # of a side, at least, are kept; fewer cost bits (decision 0006)
MIN_SCALED_SIDE = 300  # a scaled decode keeps at least this many rows and columns
UNSURE_QUALITY = range(48, 52)  # decoded in full to be sure
MOST_CLIPPED = 0.01  # of a reduced picture's pixels
MOST_DOUBT = 4  # bits; more is decoded in full
MAX_FRAMES = 512
ALWAYS = 16  # frames of an animation that are all hashed; after them every eighth,
LONG = 500  # and each that is shown for so many milliseconds
ENOUGH = 640  # of each side, of which further questions are asked
ORIENTATION = 0x0112


class UnreadableError(ValueError):
    """The file is not a picture we can hash; the message says why."""


class NotAPictureError(UnreadableError):
    """No format we know."""


@dataclass(slots=True)
class Decoded:
    """A picture's size as shown (upright), and the PDQ of its frames by frame number."""

    width: int
    height: int
    frames: dict[int, pdq.Pdq]
    reduced: bool = False  # hashed from less than all of it
    animated: bool = False
    note: str = ""


@dataclass(slots=True)
class Further:
    """The further pictures that one is asked as, and its standard crops for the own list."""

    questions: list[Question]
    crops: list[tuple[str, NDArray[np.uint8], int]]


def prepare() -> None:
    """Set Pillow up for hostile files: our own limits, and no plugin that runs a program."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # checked in `_hash_file`, with our own limit and words
    Image.preinit()
    Image.init()
    pi_heif.register_heif_opener()
    Image.ID[:] = [kind for kind in Image.ID if kind not in ("EPS", "WMF")]


def compile_loops() -> None:
    """Run every loop once, so that none needs to be compiled where no file may be written."""
    picture, file = Image.new("L", (BLOCK, BLOCK)), io.BytesIO()
    picture.save(file, "JPEG")
    found = jpeg.low_frequencies(file, BLOCK, BLOCK, KEPT[0])
    if found is not None:
        pdq.of_frequencies(found, BLOCK, BLOCK, KEPT[0])
    pdq.of_scaled(np.zeros((BLOCK, BLOCK), np.uint8), 2 * BLOCK, 2 * BLOCK, 2)
    pdq.of_rgb(np.zeros((BLOCK, BLOCK, 3), np.uint8))


def hash_file(path: Path, max_pixels: int, seconds: float, full: bool = False) -> Decoded:
    """Hash a picture file; with `full` never from less than all of it. Raises UnreadableError."""
    try:
        return _hash_file(path, max_pixels, seconds, full)
    except (OSError, SyntaxError, EOFError, ValueError) as error:
        if isinstance(error, UnidentifiedImageError):
            raise NotAPictureError("not a picture in a format we can read") from error
        if isinstance(error, (UnreadableError, FileNotFoundError)):
            raise UnreadableError(_words(error)) from error
        first = error
    with contextlib.suppress(Exception), _lenient():
        decoded = _hash_file(path, max_pixels, seconds, full=True)
        decoded.note = f"the file is damaged or cut short ({first}); hashed what could be read"
        return decoded
    raise UnreadableError(_words(first)) from first


def further(path: Path, max_pixels: int, with_crops: bool) -> Further:
    """The further questions of a picture's first frame. Raises UnreadableError."""
    try:
        with _lenient(), path.open("rb") as file, Image.open(file) as image:
            if image.width * image.height > max_pixels:
                raise UnreadableError("more pixels than the limit")
            image.draft("RGB", (ENOUGH, ENOUGH))  # a JPEG of twice that is read at half its size
            others = _seen_otherwise(image)
            pixels = upright_rgb(image)
    except (OSError, SyntaxError, EOFError, ValueError) as error:
        raise UnreadableError(_words(error)) from error
    grey = Image.fromarray(pixels).convert("L")
    return Further(list(questions(pixels, others)), crops(grey) if with_crops else [])


def _seen_otherwise(image: Image.Image) -> dict[str, NDArray[np.uint8]]:
    """A picture with transparency as it looks over black, and without any; by words."""
    if (
        "A" not in image.getbands()
        and "a" not in image.getbands()
        and ("transparency" not in image.info)
    ):
        return {}
    shown = image.convert("RGBA")
    if np.asarray(shown.getchannel("A")).min() == 255:
        return {}
    black = Image.new("RGBA", shown.size, "black")
    black.alpha_composite(shown)
    found = {"over black": black, "without its transparency": shown}
    for each in found.values():
        each.getexif()[ORIENTATION] = _orientation(image)
    return {words: np.asarray(_upright(each).convert("RGB")) for words, each in found.items()}


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


@contextlib.contextmanager
def _lenient() -> Iterator[None]:
    """Let Pillow fill what a cut-off file lacks."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _hash_file(path: Path, max_pixels: int, seconds: float, full: bool) -> Decoded:
    until = time.monotonic() + seconds
    # A file object and not a path: Pillow maps what it opens by path, and then gives turned raw
    # TIFFs garbled and dies with a file that is cut meanwhile.
    with path.open("rb") as file:
        with Image.open(file) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise UnreadableError(
                    f"{width} x {height} pixels are more than the limit of {max_pixels:,}"
                )
            if not full and (found := _reduced(image)):
                return found
        file.seek(0)
        with Image.open(file) as image:
            return _frames(image, max_pixels, until)


def _reduced(image: ImageFile.ImageFile) -> Decoded | None:
    """PDQ of a large JPEG from as little of it as will do, None where there is no such way."""
    width, height = image.size
    side = min(width, height)
    if image.format not in ("JPEG", "MPO") or image.mode not in ("L", "RGB"):
        return None
    orientation = _orientation(image)
    progressive = image.info.get("progressive")  # any other that cannot be read is odd, or damaged
    read = _scaled if progressive else _from_frequencies
    found = read(image, side, orientation)
    if found is None or found.quality in UNSURE_QUALITY or found.doubt > MOST_DOUBT:
        return None
    if orientation >= 5:
        width, height = height, width
    return Decoded(width, height, {0: found}, reduced=True)


def _from_frequencies(image: ImageFile.ImageFile, side: int, orientation: int) -> pdq.Pdq | None:
    keep = next((k for k in KEPT if side * k >= BLOCK * MIN_FREQUENCIES), 0)
    if not keep or image.fp is None:
        return None
    width, height = image.size
    found = jpeg.low_frequencies(image.fp, height, width, keep)
    return None if found is None else pdq.of_frequencies(found, height, width, keep, orientation)


def _scaled(image: ImageFile.ImageFile, side: int, orientation: int) -> pdq.Pdq | None:
    """From libjpeg's luma at the largest scale that is good enough.

    It gives ceil(side / scale) blocks from the top left corner; one that sticks out over the edge
    is taken for a whole one. Where much is black or white, more may have been clipped in full size.
    """
    width, height = image.size
    scale = next((s for s in (8, 4, 2) if side >= MIN_SCALED_SIDE * s), 1)
    if scale == 1:
        return None
    image.draft("L", (width // scale, height // scale))
    if image.size != (-(-width // scale), -(-height // scale)) or image.mode != "L":
        return None
    image.load()
    pixels = np.asarray(image)
    if np.isin(pixels, (0, 255)).mean() > MOST_CLIPPED:
        return None
    return pdq.of_scaled(pixels, height, width, scale, orientation)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a broken EXIF block says nothing
        return 1
    return value if value in range(1, 9) else 1


def _frames(image: Image.Image, max_pixels: int, until: float) -> Decoded:
    found: Decoded | None = None
    animated = bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    passed, why = 0, ""
    for number in range(MAX_FRAMES if animated else 1):
        if found and time.monotonic() > until:
            why = f"stopped after {number} frames: no time for more"
            break
        if number:
            try:
                image.seek(number)
            except (EOFError, OSError, ValueError, SyntaxError):
                break
            if number >= ALWAYS and number % 8 and (image.info.get("duration") or 0) < LONG:
                passed += 1
                continue
        if image.width * image.height > max_pixels:
            raise UnreadableError("a frame has more pixels than the limit")
        pixels = upright_rgb(image)
        if found is None:
            found = Decoded(pixels.shape[1], pixels.shape[0], {}, animated=animated)
        one = pdq.of_rgb(pixels)
        if not any((one.codes[0] == other.codes[0]).all() for other in found.frames.values()):
            found.frames[number] = one
    else:
        why = f"stopped after {MAX_FRAMES} frames" if animated else ""
    if found is None:
        raise UnreadableError("the file holds no frame")
    looked = f"{passed} short frames were passed over" if passed else ""
    found.note = "; ".join(filter(None, [why, looked]))
    return found


def upright_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """uint8[height, width, 3] as a viewer shows it: turned by EXIF, over white, 8 bits."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        image.load()
        turned: Any = Image.fromarray(_eight_bits(np.asarray(image)))
        turned.getexif()[ORIENTATION] = _orientation(image)
        image = turned
    elif image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        shown = image.convert("RGBA")
        white = Image.new("RGBA", shown.size, "white")
        white.alpha_composite(shown)
        white.getexif()[ORIENTATION] = _orientation(image)
        image = white
    return np.asarray(_upright(image).convert("RGB"))


def _upright(image: Image.Image) -> Image.Image:
    with contextlib.suppress(Exception):  # a broken EXIF block turns nothing
        return ImageOps.exif_transpose(image)
    return image


def _eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale deep pixels: 16 bits by 257, floats up to 1 by 255, all else from least to most."""
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize == 2:
        return np.asarray(np.round(pixels / 257), np.uint8)
    values = np.nan_to_num(np.asarray(pixels, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(float(values.min()), 0.0), float(values.max())
    if low == 0.0 and pixels.dtype.kind == "f" and high <= 1.0:
        high = 1.0
    elif low == 0.0 and high <= 255.0:
        high = 255.0
    elif low == 0.0 and pixels.dtype.kind in "iu" and high <= 65535.0:
        high = 65535.0
    return np.asarray(np.round((values - low) * (255.0 / (high - low or 1.0))), np.uint8)
