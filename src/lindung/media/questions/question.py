"""One further picture that a picture is asked as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What may have been done to a picture, in words. What of it leaves a part of the file unasked about
# says nothing of the whole.
DONE = (
    "",
    "over black",
    "without its transparency",
    BORDER := "border trimmed",
    CUT_OUT := "cut out of a larger picture",
    UNCOVERED := "something laid over it taken off",
    *(f"turned by {degrees} degrees" for degrees in (1, 2, 3)),
)
PARTIAL = (CUT_OUT, UNCOVERED)


@dataclass(frozen=True, slots=True)
class Question:
    """What was done to a picture in words, and uint8[8, 32] and the quality of what it gave."""

    done: str
    codes: NDArray[np.uint8]
    quality: int
