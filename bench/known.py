"""Known pictures as people pass them on: recall, false matches and cost beside plain pdqhash.

The pictures are those that packages ship, landscapes and objects: scikit-learn's and scikit-image's
samples, and Debian's mate-backgrounds. What is not installed is left out.
"""

from __future__ import annotations

import importlib.util
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bench import peer, show
from lindung.media import RADIUS, pdq
from lindung.media.decode import further, hash_file, prepare
from lindung.media.questions import crops, questions

Codes = NDArray[np.uint8]
Change = Callable[[Image.Image, np.random.Generator], Image.Image]
WIDE = 900  # of the longer side
SKIMAGE = "coffee.png camera.png motorcycle_left.png rocket.jpg chelsea.png hubble_deep_field.jpg"
SKIMAGE += " gravel.png brick.png ihc.png retina.jpg coins.png grass.png"
MATE = Path("/usr/share/backgrounds/mate/nature")
BICUBIC = Image.Resampling.BICUBIC


def pictures() -> Iterator[Path]:
    """The pictures that are here."""
    for package, folder, names in (
        ("sklearn", "datasets/images", "china.jpg flower.jpg"),
        ("skimage", "data", SKIMAGE),
    ):
        found = importlib.util.find_spec(package)
        for place in (found.submodule_search_locations or []) if found else []:
            yield from (p for p in (Path(place, folder, n) for n in names.split()) if p.exists())
    yield from sorted(MATE.glob("*.jpg"))


def screen(size: tuple[int, int], rng: np.random.Generator, ground: str) -> Image.Image:
    """A page of text in columns: a screenshot's, a document's, a chat's or a form's ground."""
    page = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(page)
    ink = "#dddddd" if ground == "#121212" else "#333333"
    for line in range(30, size[1] - 30, int(rng.integers(26, 60))):
        words = "".join(rng.choice(list("abcdefghij    "), int(rng.integers(5, size[0] // 12))))
        draw.text((30, line), words, fill=ink, font_size=int(rng.integers(14, 26)))
        if rng.random() < 0.2:
            draw.rectangle((20, line, int(rng.integers(60, size[0])), line + 40), outline=ink)
    return page


def phone(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    page = screen((1080, 2340), rng, ["white", "#121212"][int(rng.integers(2))])
    height = min(image.height * 1080 // image.width, 1600)
    page.paste(image.resize((1080, height), BICUBIC), (0, int(rng.integers(250, 500))))
    return page


def desktop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    page = screen((1920, 1080), rng, "#f0f2f5")
    height = int(rng.integers(500, 850))
    shown = image.resize((min(image.width * height // image.height, 1100), height), BICUBIC)
    x, y = int(rng.integers(350, 450)), int(rng.integers(120, 200))
    page.paste("#f0f2f5", (x - 20, y - 20, x + shown.width + 20, y + shown.height + 20))
    page.paste(shown, (x, y))
    return page


def caption(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    page = Image.new("RGB", (image.width, image.height * 6 // 5), "white")
    page.paste(image, (0, image.height // 5))
    draw = ImageDraw.Draw(page)
    draw.text((20, 15), "when somebody asks for a view", fill="black", font_size=image.width // 22)
    return page


def collage(image: Image.Image, others: list[Image.Image], across: int, down: int) -> Image.Image:
    page = Image.new("RGB", (across * 480, down * 360))
    for place, one in enumerate([*others[: across * down - 1], image]):
        page.paste(one.resize((480, 360), BICUBIC), (place % across * 480, place // across * 360))
    return page


def meme(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = image.copy()
    draw = ImageDraw.Draw(image)
    for y, words in ((0.02, "WHEN THE VIEW"), (0.83, "IS LIKE THIS")):
        place = (image.width / 2, image.height * y)
        draw.text(
            place, words, "white", anchor="ma", stroke_width=4, stroke_fill="black",
            font_size=image.width // 11,
        )  # fmt: skip
    return image


def sticker(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = image.copy()
    side = min(image.size) // 4
    x, y = (int(rng.integers(0, length - side)) for length in image.size)
    ImageDraw.Draw(image).ellipse((x, y, x + side, y + side), fill="#ffcc22", outline="black")
    return image


def cropped(part: float) -> Change:
    def cut(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        x, y = round(part * image.width), round(part * image.height)
        return image.crop((x, y, image.width - x, image.height - y))

    return cut


def changes(others: list[Image.Image]) -> dict[str, Change]:
    turn = Image.Transpose
    return {
        "mirrored": lambda im, rng: ImageOps.mirror(im),
        "turned 90": lambda im, rng: im.transpose(turn.ROTATE_90),
        "turned 180": lambda im, rng: im.transpose(turn.ROTATE_180),
        "mirrored at 256": lambda im, rng: ImageOps.mirror(im),
        "border": lambda im, rng: ImageOps.expand(
            im, im.width // 12, ["white", "black", "#335577"][int(rng.integers(3))]
        ),
        "letterbox": lambda im, rng: ImageOps.pad(im, (im.width, im.width * 6 // 5)),
        "pillarbox": lambda im, rng: ImageOps.pad(im, (im.height * 11 // 5, im.height)),
        "caption band": caption,
        "screenshot, phone": phone,
        "screenshot, desktop": desktop,
        "collage of four": lambda im, rng: collage(im, others[int(rng.integers(20)) :], 2, 2),
        "side by side": lambda im, rng: collage(im, others[int(rng.integers(20)) :], 2, 1),
        "meme text": meme,
        "sticker": sticker,
        "turned by 2 degrees": lambda im, rng: im.rotate(2, BICUBIC),
        "crop 2 % (own list)": cropped(0.02),
        "crop 5 % (own list)": cropped(0.05),
        "crop 10 % (own list)": cropped(0.10),
        "blurred": lambda im, rng: im.filter(ImageFilter.GaussianBlur(3)),
    }


def saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def nearest(codes: Codes, listed: Codes) -> Codes:
    """For each code uint8[n, 32] of a list, the least distance of uint8[8, 32]."""
    differ = np.bitwise_count(codes[:, np.newaxis] ^ listed[np.newaxis])
    return np.asarray(differ.sum(axis=2).min(axis=0))


def main() -> None:
    """Run everything and print the tables."""
    prepare()
    kept = [Image.open(path).convert("RGB") for path in pictures()]
    for image in kept:
        image.thumbnail((WIDE, WIDE))
    small = [image.resize((256, image.height * 256 // image.width)) for image in kept]
    rng = np.random.default_rng(0)
    grounds = ["white", "#f0f2f5", "#121212"]
    pages = [screen((800, 1100), rng, grounds[n % 3]) for n in range(90)]
    listed = np.stack([pdq.of_rgb(np.asarray(image)).codes[0] for image in [*kept, *pages]])
    graded = np.array([pdq.of_rgb(np.asarray(page)).quality for page in pages])
    theirs = peer("pdqhash")
    rows, asked, pairs, false = [], [0, 0], 0, 0
    for name, change in changes(kept).items():
        plain = ours = 0
        for number, image in enumerate(kept):
            source = small[number] if "256" in name else image
            known = pdq.of_rgb(np.asarray(source)).codes[:1]
            if "own list" in name:
                cuts = [code for _, code, grade in crops(source.convert("L")) if grade >= 50]
                known = np.stack([known[0], *cuts])
            changed = change(source, np.random.default_rng(number))
            pixels = np.asarray(Image.open(io.BytesIO(saved(changed))).convert("RGB"))
            first = pdq.of_rgb(pixels)
            if theirs is not None:
                code = np.packbits(theirs.compute(pixels)[0])
                plain += int(nearest(code[np.newaxis], known[:1])[0]) <= RADIUS
            met = int(nearest(first.codes, known).min()) <= RADIUS
            asked[0] += 1
            others = np.delete(listed, number, axis=0)
            for question in questions(pixels):  # all of them, so that every one may be wrong
                asked[1] += 1
                if question.quality < pdq.MIN_QUALITY:
                    continue
                met = met or int(nearest(question.codes, known).min()) <= RADIUS
                far = nearest(question.codes, others)
                pairs += len(far)
                if "collage" not in name and "side" not in name:  # these show others for real
                    false += int((far <= RADIUS).sum())
            ours += met
        rows.append((name, f"{plain / len(kept):.2f}", f"{ours / len(kept):.2f}"))
    for number, page in enumerate(pages):
        for question in questions(np.asarray(page)):
            if question.quality < pdq.MIN_QUALITY:
                continue
            far = nearest(question.codes, listed)
            far = np.delete(far, len(kept) + number)
            usable = np.delete(np.append(np.full(len(kept), 100), graded), len(kept) + number)
            pairs += len(far)
            false += int(((far <= RADIUS) & (usable >= pdq.MIN_QUALITY)).sum())
    title = f"Recall over {len(kept)} pictures within {RADIUS} bits"
    show(title, ("what was done", "pdqhash", "lindung"), rows)
    costs = list(_costs(kept))
    figures = [
        ("false matches, every question asked", f"{false} of {pairs:,} pairs"),
        ("further questions a picture", f"{asked[1] / asked[0]:.1f}"),
        ("one question, median", f"{np.median([one for one, _ in costs]) * 1e3:.1f} ms"),
        (
            "further ones when nothing is met, median",
            f"{np.median([m for _, m in costs]) * 1e3:.1f} ms",
        ),
    ]
    show("What it costs", ("what", "measured"), figures)


def _costs(kept: list[Image.Image]) -> Iterator[tuple[float, float]]:
    """Seconds of the plain hash of a file, decoded in full, and of all further questions."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jpg")
        for image in kept:
            path.write_bytes(saved(image))
            times = []
            for run in (
                lambda: hash_file(path, 10**9, 60, True),
                lambda: further(path, 10**9, False),
            ):
                began = time.perf_counter()
                run()
                times.append(time.perf_counter() - began)
            yield times[0], times[1]
