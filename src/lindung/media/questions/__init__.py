"""The further pictures that one picture is asked as, when it was not known as it stands.

People pass pictures on with a border, a caption, in a screenshot, in a collage, turned a little. A
looser distance would call strangers alike; so each of these is undone where cheap evidence says
that it was done, and the same strict question is asked again. At most MOST regions a picture, each
in its eight turns. Runs in the sandbox only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lindung.media import pdq
from lindung.media.questions import covered, layout, turning
from lindung.media.questions.crops import crops
from lindung.media.questions.question import DONE, PARTIAL, UNCOVERED, Question

__all__ = ["DONE", "MOST", "PARTIAL", "Question", "crops", "questions"]

MOST = 12  # regions of a picture
WORKING = 1024  # of the longer side, at most; regions are cut from that
SIDE = 384  # at which a region is hashed: an odd blur window, so that its turns are nearly exact
Bytes = NDArray[np.uint8]


def questions(pixels: Bytes, others: Mapping[str, Bytes] | None = None) -> Iterator[Question]:
    """Ask about uint8[height, width, 3], what is cheapest and likeliest first.

    `others` are the same picture seen otherwise, by words that say how (over black).
    """
    colours = Image.fromarray(pixels)
    image = colours.convert("L")
    yield turning.as_turned(pixels, image)
    for words, other in (others or {}).items():
        found = pdq.of_rgb(other)
        yield Question(words, found.codes, found.quality)
    image.thumbnail((WORKING, WORKING), Image.Resampling.BOX, reducing_gap=None)
    for number, (words, box) in enumerate(layout.boxes(image)):
        if number == MOST:
            break
        part = image.resize((SIDE, SIDE), Image.Resampling.BOX, box=box)
        found = pdq.of_luma(np.asarray(part))
        yield Question(words, found.codes, found.quality)
    for grey in covered.uncovered(colours):
        found = pdq.of_luma(grey)
        yield Question(UNCOVERED, found.codes, found.quality)
    yield from turning.straightened(image)
