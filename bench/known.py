"""Known pictures as people pass them on: recall, false matches and cost beside plain pdqhash.

The pictures are those that packages ship, landscapes and objects: scikit-learn's and scikit-image's
samples, and Debian's mate-backgrounds. What is not installed is left out.
"""

from __future__ import annotations

import importlib.util
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bench import peer, show
from lindung.media import RADIUS, Question, pdq
from lindung.media.decode import further, hash_file, prepare
from lindung.media.questions import crops, questions

Codes = NDArray[np.uint8]
Change = Callable[[Image.Image, np.random.Generator], Image.Image]
WIDE = 720  # of the longer side
PAGES = 60  # of text, in columns, chats and forms
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


@dataclass
class Asked:
    """One changed picture: whose it is, its plain hash, and all that is asked about it."""

    owner: int  # the picture that it shows; -1 for a page of text, which is nobody's
    plain: pdq.Pdq
    further: list[Question]


def asked_about(pixels: Codes, owner: int) -> Asked:
    good = [one for one in questions(pixels) if one.quality >= pdq.MIN_QUALITY]
    return Asked(owner, pdq.of_rgb(pixels), good)


def known_codes(image: Image.Image, with_crops: bool) -> Codes:
    """What a list holds of a picture."""
    codes = [pdq.of_rgb(np.asarray(image)).codes[0]]
    if with_crops:
        cuts = crops(image.convert("L"))
        codes += [code for _, code, grade in cuts if grade >= pdq.MIN_QUALITY]
    return np.stack(codes)


def recall(kept: list[Image.Image], every: list[Asked]) -> list[tuple[str, str, str]]:
    """The share of pictures known again after each change; fills `every` for what follows."""
    theirs, rows = peer("pdqhash"), []
    small = [image.resize((256, image.height * 256 // image.width)) for image in kept]
    for name, change in changes(kept).items():
        plain = ours = 0
        for number, image in enumerate(kept):
            source = small[number] if "256" in name else image
            known = known_codes(source, "own list" in name)
            changed = change(source, np.random.default_rng(number))
            pixels = np.asarray(Image.open(io.BytesIO(saved(changed))).convert("RGB"))
            one = asked_about(pixels, number)
            if theirs is not None:
                code = np.packbits(theirs.compute(pixels)[0])
                plain += int(nearest(code[np.newaxis], known[:1])[0]) <= RADIUS
            forms = [one.plain.codes, *(asked.codes for asked in one.further)]
            ours += any(int(nearest(codes, known).min()) <= RADIUS for codes in forms)
            if "collage" not in name and "side by side" not in name:  # these show others for real
                every.append(one)
        rows.append((name, f"{plain / len(kept):.2f}", f"{ours / len(kept):.2f}"))
    return rows


def false_matches(every: list[Asked]) -> tuple[int, int]:
    """How many questions about one picture met another one, and of how many pairs."""
    listed = np.stack([one.plain.codes[0] for one in every])
    owners = np.array([one.owner for one in every])
    usable = np.array([one.plain.quality >= pdq.MIN_QUALITY for one in every])
    pairs = false = 0
    for place, one in enumerate(every):
        other = usable & (
            (owners != one.owner) if one.owner >= 0 else np.arange(len(every)) != place
        )
        for asked in one.further:
            far = nearest(asked.codes, listed[other])
            pairs += len(far)
            false += int((far <= RADIUS).sum())
    return false, pairs


def main() -> None:
    """Run everything and print the tables."""
    prepare()
    kept = [Image.open(path).convert("RGB") for path in pictures()]
    for image in kept:
        image.thumbnail((WIDE, WIDE))
    every: list[Asked] = []
    title = f"Recall over {len(kept)} pictures within {RADIUS} bits"
    show(title, ("what was done", "pdqhash", "lindung"), recall(kept, every))
    rng, grounds = np.random.default_rng(0), ["white", "#f0f2f5", "#121212"]
    pages = [screen((800, 1100), rng, grounds[number % 3]) for number in range(PAGES)]
    every += [asked_about(np.asarray(page), -1) for page in pages]
    false, pairs = false_matches(every)
    costs = list(_costs(kept))
    plain, more = (float(np.median([cost[side] for cost in costs])) * 1e3 for side in (0, 1))
    asked = np.mean([len(one.further) for one in every])
    figures = [
        ("false matches, every question asked", f"{false} of {pairs:,} pairs"),
        ("further questions a picture, when nothing is met", f"{asked:.1f}"),
        ("the plain question of a file, median", f"{plain:.1f} ms"),
        ("all further ones, when nothing is met, median", f"{more:.1f} ms"),
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
