"""A picture that people passed on is known again, and the hit says what had been done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from lindung.media import ListStore, Sandbox, confirm, examine, hash_file, pdq
from lindung.media.questions import MOST, crops, questions
from tests.media.pictures import bits, encoded, landscape

Change = Callable[[Image.Image], Image.Image]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def bordered(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, 60, "white")


def letterboxed(image: Image.Image) -> Image.Image:
    return ImageOps.pad(image, (image.width, image.width * 6 // 5), color="black")


def screenshot(image: Image.Image) -> Image.Image:
    screen = Image.new("RGB", (1080, 1920), "white")
    draw = ImageDraw.Draw(screen)
    for line in range(30, 1900, 60):
        draw.text((40, line), "lorem ipsum dolor sit amet " * 3, fill="black", font_size=30)
    screen.paste(image.resize((1080, 810)), (0, 420))
    return screen


def collage(image: Image.Image) -> Image.Image:
    wide = Image.new("RGB", (1280, 960))
    for place, part in enumerate([landscape(640, 480, 90), image, landscape(640, 480, 91)]):
        wide.paste(part.resize((640, 480)), (place % 2 * 640, place // 2 * 480))
    return wide


def stuck_over(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).ellipse((200, 150, 330, 280), fill="#ffcc22")
    return image


def turned(image: Image.Image) -> Image.Image:
    return image.rotate(2, Image.Resampling.BICUBIC)


def turned_larger(image: Image.Image) -> Image.Image:
    return image.rotate(-2, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def mirrored(image: Image.Image) -> Image.Image:
    return ImageOps.mirror(bordered(image))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (bordered, "border trimmed"),
        (letterboxed, "border trimmed"),
        (screenshot, "cut out of a larger picture"),
        (collage, "cut out of a larger picture"),
        (stuck_over, "something laid over it taken off"),
        (turned, "turned by 2 degrees"),
        (turned_larger, "turned by 2 degrees"),
        (mirrored, "border trimmed, mirrored"),
    ],
)
def test_what_was_done_to_a_picture_is_undone(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, change: Change, words: str
) -> None:
    picture = landscape(640, 480, 8)
    (tmp_path / "a.png").write_bytes(encoded(picture, "PNG"))
    entry = confirm(store, "own", hash_file(tmp_path / "a.png", sandbox))
    (tmp_path / "b.jpg").write_bytes(encoded(change(picture), "JPEG", quality=88))
    found = examine(tmp_path / "b.jpg", store, sandbox)
    assert [(hit.entry_id, hit.kind) for hit in found.hits] == [(entry, "pdq")]
    assert found.hits[0].transform == words
    (tmp_path / "c.jpg").write_bytes(encoded(change(landscape(640, 480, 9)), "JPEG"))
    other = examine(tmp_path / "c.jpg", store, sandbox)
    assert other.hits == []
    assert 1 < len(other.questions) < MOST + 20


@pytest.mark.parametrize("turn", range(8))
@pytest.mark.parametrize("size", [(256, 192), (510, 300)])
def test_a_turned_picture_is_hashed_as_it_is(turn: int, size: tuple[int, int]) -> None:
    """Signs alone were up to 40 bits off at 256, where the blur's windows are even."""
    pixels = np.asarray(landscape(*size, 3))
    turns = [pixels, np.rot90(pixels), np.rot90(pixels, 2), np.rot90(pixels, 3)]
    turns += [pixels[::-1], pixels[:, ::-1], pixels.transpose(1, 0, 2)]
    turns += [pixels[::-1, ::-1].transpose(1, 0, 2)]
    asked = next(questions(pixels)).codes[turn]
    assert bits(asked, pdq.of_rgb(turns[turn]).codes[0]) <= 2


def test_transparency_is_seen_over_black_and_without(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    picture = landscape(640, 480, 8)
    shape = Image.new("L", picture.size, 255)
    ImageDraw.Draw(shape).rectangle((0, 0, 300, 300), fill=0)
    over_black = picture.copy()
    over_black.paste("black", (0, 0, 301, 301))
    clear = picture.copy()
    clear.putalpha(shape)
    (tmp_path / "b.png").write_bytes(encoded(clear, "PNG"))
    for known, words in ((picture, "without its transparency"), (over_black, "over black")):
        (tmp_path / "a.png").write_bytes(encoded(known, "PNG"))
        entry = confirm(store, "own", hash_file(tmp_path / "a.png", sandbox))
        (hit,) = examine(tmp_path / "b.png", store, sandbox).hits
        assert (hit.entry_id, hit.transform) == (entry, words)
        store.remove("own")


@pytest.mark.parametrize("part", [0.03, 0.05, 0.1])
def test_a_cut_picture_of_the_own_list_is_known(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, part: float
) -> None:
    picture = landscape(900, 700, 8)
    (tmp_path / "a.png").write_bytes(encoded(picture, "PNG"))
    whole = hash_file(tmp_path / "a.png", sandbox, full=True, further=True)
    assert len(whole.crops) == len(crops(picture.convert("L")))
    confirm(store, "own", whole)
    x, y = round(part * 900), round(part * 700)
    cut = picture.crop((x, y, 900 - x, 700 - y))
    (tmp_path / "b.jpg").write_bytes(encoded(cut, "JPEG"))
    (hit,) = examine(tmp_path / "b.jpg", store, sandbox).hits
    assert hit.kind == "pdq"
    assert part < 0.04 or hit.transform == "cut from the known picture"
    store.export("own", tmp_path / "out.csv")  # crops stay in the house
    again = ListStore.open(tmp_path / "again")
    again.import_file(tmp_path / "out.csv", "p")
    assert again.lists()[0].signals["pdq"] == 1


def test_a_hit_ends_the_asking(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(landscape(640, 480, 8), "PNG"))
    confirm(store, "own", hash_file(tmp_path / "a.png", sandbox))
    monkeypatch.setattr(sandbox, "ask_further", lambda *_, **__: pytest.fail("asked"))
    assert len(examine(tmp_path / "a.png", store, sandbox).hits) == 1


@pytest.mark.parametrize("size", [(1, 1), (5, 5), (40, 3000), (31, 31), (3000, 33)])
def test_odd_sizes_and_plain_pictures_are_asked_without_harm(size: tuple[int, int]) -> None:
    for colour in ("white", "#804020"):
        for asked in questions(np.asarray(Image.new("RGB", size, colour))):
            assert asked.codes.shape == (8, 32)
            assert asked.quality < 50


def test_documents_are_not_each_other() -> None:
    """Pages of text, with every question asked."""
    pages = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        sheet = Image.new("RGB", (620, 877), "white")
        draw = ImageDraw.Draw(sheet)
        for line in range(40, 840, 24):
            words = "".join(rng.choice(list("abcdefgh     "), rng.integers(10, 70)))
            draw.text((50, line), words, fill="black", font_size=16)
        pages.append(np.asarray(sheet))
    known = [pdq.of_rgb(page) for page in pages]
    for number, page in enumerate(pages):
        for asked in questions(page):
            for other, code in enumerate(known):
                if other != number and min(asked.quality, code.quality) >= 50:
                    assert min(bits(turn, code.codes[0]) for turn in asked.codes) > 31
