"""The parts of a picture that people are left with when they cut its edges off.

They are asked for by putting their hashes on the hotline's own list, beside the picture's own: PDQ
bears some two per cent. Hashes only; nothing else of such a picture is ever kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lindung.media import pdq

SIDE = 384
ALL_ROUND = (0.018, 0.035, 0.05, 0.075, 0.1, 0.13)  # of each side
ONE_SIDE = (0.05, 0.1, 0.15, 0.2)  # of one of them
EVENLY = (0.05, 0.1, 0.15)  # of both opposite ones


def crops(image: Image.Image) -> list[tuple[str, NDArray[np.uint8], int]]:
    """What was cut off, uint8[32] and the quality, for each standard crop of a grey picture."""
    found = []
    for words, box in _boxes():
        left, top, right, bottom = box
        part = (
            left * image.width,
            top * image.height,
            (1 - right) * image.width,
            (1 - bottom) * image.height,
        )
        small = image.resize((SIDE, SIDE), Image.Resampling.BOX, box=part)
        one = pdq.of_luma(np.asarray(small))
        found.append((words, one.codes[0], one.quality))
    return found


def _boxes() -> list[tuple[str, tuple[float, float, float, float]]]:
    found = [(f"{part:.1%} of each side", (part,) * 4) for part in ALL_ROUND]
    names = ("left", "top", "right", "bottom")
    for number, name in enumerate(names):
        for part in ONE_SIDE:
            box = [0.0] * 4
            box[number] = part
            found.append((f"{part:.0%} at the {name}", (box[0], box[1], box[2], box[3])))
    for part in EVENLY:
        found.append((f"{part:.0%} left and right", (part, 0.0, part, 0.0)))
        found.append((f"{part:.0%} top and bottom", (0.0, part, 0.0, part)))
    return found
