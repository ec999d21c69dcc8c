"""Clips of a few seconds, of which a video that is looked at once a second shows a frame or two.

Such a clip is in a video when two different pictures of it are, at the clip's own pace, with
nothing else between them and no more missing at either end than lies between two looks. A clip that
is one picture all through is that picture: its hit is one by a frame, and never says "clip".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lindung.media.pdq import RADIUS

BRIEF = 5.0  # seconds between the first and the last known frame, at most
PACE = 0.3  # seconds by which a frame may come too early or too late
MISSING = 1.5  # seconds of the clip that may lie before the first and after the last frame seen

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


def shown_at_its_pace(pairs: Floats, looked: Floats, known: Floats, codes: Codes) -> Floats:
    """The seconds of the video at which a brief clip is shown; none where it is not.

    `pairs` are rows of second, known second, number of the known frame; `looked` the seconds of all
    usable frames of the video, in order; `known` and uint8[n, 32] `codes` the clip's frames.
    """
    numbers = pairs[:, 2].astype(np.int64)
    begins = pairs[:, 0] - pairs[:, 1]
    order = np.argsort(begins, kind="stable")
    pairs, numbers, begins = pairs[order], numbers[order], begins[order]
    for begin in np.unique(begins):
        low, high = np.searchsorted(begins, (begin - PACE, begin + PACE + 1e-6))
        seen = np.unique(pairs[low:high, 0])
        between = np.searchsorted(looked, seen[-1], "right") - np.searchsorted(looked, seen[0])
        if (
            len(seen) > 1
            and between == len(seen)
            and seen[0] - begin - known.min() <= MISSING
            and known.max() + begin - seen[-1] <= MISSING
            and not is_one_picture(codes[numbers[low:high]])
        ):
            return np.asarray(seen)
    return np.empty(0)


def is_one_picture(codes: Codes) -> bool:
    """Whether no two of uint8[n, 32] are different pictures."""
    return all(
        int(np.bitwise_count(codes[i + 1 :] ^ code).sum(axis=1).max(initial=0)) <= RADIUS
        for i, code in enumerate(codes)
    )
