"""One video in vPDQ, Meta's PDQ of frames: a text of `frame,quality,hash,second`, a frame a line.

The Python package prints `frame,hash,quality,second`; the threatexchange library keeps a JSON list
of `hash,quality,second`. Sources: vpdq in Meta's ThreatExchange repository. One file is one clip,
named by its file. Frames under quality 50 say too little, as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lindung.media.lists.formats.source import Source
from lindung.media.lists.reading import Bad, Row, row
from lindung.media.pdq import MIN_QUALITY

HEX, GRADE, SECOND = r"(?P<hash>[0-9a-fA-F]{64})", r"(?P<quality>\d{1,3})", r"(?P<second>[\d.]+)"
LINES = (
    re.compile(rf"\d+,{GRADE},{HEX},{SECOND}"),
    re.compile(rf"\d+,{HEX},{GRADE},{SECOND}"),
)
STRING = re.compile(rf"{HEX},{GRADE},{SECOND}")
FRAMES = 7200  # of a clip; as many as we look at of a video

Frame = tuple[str, str, str]  # hash, quality, second


def recognises(source: Source) -> bool:
    """Whether the first line is a frame."""
    return not source.wanted and _frame(source.opening[0].decode("latin-1")) is not None


def rows(source: Source) -> Iterator[Row | Bad]:
    """The clip, after what could not be read of it."""
    frames: list[Frame] = []
    for number, line in source.lines():
        found = None if isinstance(line, Bad) else _frame(line.strip())
        if isinstance(line, Bad):
            yield line
        elif found is None:
            yield Bad(number, "the line is not frame,quality,hash,second")
        else:
            frames.append(found)
    yield _clip(1, frames, source.path.stem)


def of_strings(number: int, strings: Any) -> Row | Bad:
    """The clip that a list of `hash,quality,second` is."""
    if not isinstance(strings, Sequence) or isinstance(strings, str):
        return Bad(number, "the vPDQ is not a list of hash,quality,second")
    found = [STRING.fullmatch(each) if isinstance(each, str) else None for each in strings]
    frames = [(one["hash"], one["quality"], one["second"]) for one in found if one]
    if len(frames) < len(found):
        return Bad(number, "a frame of the vPDQ is not hash,quality,second")
    return _clip(number, frames, "")


def is_strings(item: Any) -> bool:
    """Whether a JSON value is such a list."""
    return (
        isinstance(item, list)
        and bool(item)
        and all(isinstance(each, str) and STRING.fullmatch(each) for each in item)
    )


def _frame(line: str) -> Frame | None:
    found = next(filter(None, (shape.fullmatch(line) for shape in LINES)), None)
    return (found["hash"], found["quality"], found["second"]) if found else None


def _clip(number: int, frames: list[Frame], name: str) -> Row | Bad:
    good = [frame for frame in frames if int(frame[1]) >= MIN_QUALITY]
    if not good:
        return Bad(number, f"the video has no frame of quality {MIN_QUALITY} or more")
    if len(good) > FRAMES:
        return Bad(number, f"the video has more than {FRAMES} frames")
    try:
        shown = [f"{float(second):.3f}:{code}" for code, _, second in good]
    except ValueError:
        return Bad(number, "a frame's second is no number")
    name = name or f"vpdq:{good[0][0].casefold()}"
    return row(number, {"entry_id": name, "frames": " ".join(shown)})
