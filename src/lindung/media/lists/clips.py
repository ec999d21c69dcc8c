"""Which listed pictures are seen in a video, and which known clips lie in it.

A known clip is in a video when half of its frames are; or five of them one after the other that are
a fifth of it; or fifteen one after the other. So what surrounds it does not matter, nor where it
was cut. Both sides must have three frames of it: one picture is never a clip, nor is a still. Clips
of a few seconds have a rule of their own (`brief.py`).
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lindung.media.index import Hits
from lindung.media.lists.brief import BRIEF, is_one_picture, shown_at_its_pace
from lindung.media.lists.matching import ListHit, Named, clock, named
from lindung.media.pdq import FOUND_AS
from lindung.media.video import Frame

FEWEST = 3  # frames that differ, of the known clip and of the video
ENOUGH = 0.5  # of the known clip's frames
RUN, RUN_ENOUGH, LONG_RUN = 5, 0.2, 15  # one after the other, at least this share; whatever share
APART = 2.5  # seconds between neighbours: a frame a second is looked at
NEAREST = 8  # known frames of a clip that one frame of the video is compared with
AT_ONCE = 64  # frames searched together; bounds what a still scene can meet
SECONDS = 20.0  # of matching a video: then what was seen so far decides

Search = Callable[[NDArray[np.uint8]], Hits]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Clip:
    """What a video showed of one clip: rows of second, known second, known frame, in order."""

    best: ListHit
    pairs: list[Floats] = field(default_factory=list)
    alike: tuple[int, int, float] = (0, 0, 0.0)  # known frames like one of the video; -bits; second


def by_video(
    db: sqlite3.Connection,
    frames: Sequence[Frame],
    search: Search,
    late: Callable[[int], object] | None = None,
) -> list[ListHit]:
    """Every live entry a video holds: pictures by their nearest frame, clips by their frames.

    Its parts are looked at in an order that covers all of it early, for at most SECONDS; when they
    end before it does, `late` is told of how many frames were looked at.
    """
    pictures: dict[int, ListHit] = {}
    clips: dict[int, _Clip] = {}
    until = time.monotonic() + SECONDS
    seen: list[Frame] = []
    for begin in _spread(len(frames)):
        if seen and time.monotonic() > until:
            if late:
                late(len(seen))
            break
        part = frames[begin : begin + AT_ONCE]
        seen += part
        found = search(np.concatenate([frame.codes for frame in part]))
        known = named(db, found.id)
        for rows in _by_frame_and_entry(found, known, len(FOUND_AS)):
            first = known[int(found.id[rows[0]])]
            frame = part[int(found.query[rows[0]]) // len(FOUND_AS)]
            turn = FOUND_AS[int(found.query[rows[0]]) % len(FOUND_AS)]
            distance = int(found.distance[rows[0]])
            if not first.reaches(distance):
                continue
            if first.second is None:
                place = ", ".join(filter(None, [turn, f"frame at {clock(frame.second)}"]))
                hit = first.hit("pdq", distance, frame.quality, place)
                if first.entry not in pictures or distance < pictures[first.entry].distance:
                    pictures[first.entry] = hit
                continue
            hit = first.hit("clip", distance, frame.quality, turn)
            clip = clips.setdefault(first.entry, _Clip(hit))
            if distance < clip.best.distance:
                clip.best = hit
            alike = (len(np.unique(found.id[rows])), -distance, frame.second)
            clip.alike = max(clip.alike, alike, key=lambda one: one[:2])
            ids = [int(found.id[row]) for row in rows[:NEAREST]]
            seconds = [known[number].second or 0.0 for number in ids]
            clip.pairs.append(
                np.array(
                    [(frame.second, at, number) for at, number in zip(seconds, ids, strict=True)]
                )
            )
    looked = np.sort([frame.second for frame in seen])
    for entry, clip in clips.items():
        if verdict := _verdict(db, entry, clip, looked):
            pictures[entry] = verdict
    return sorted(pictures.values(), key=lambda hit: hit.distance)


def _spread(frames: int) -> list[int]:
    """Where the parts of a video begin: the first, the middle, the quarters, and so on."""
    parts = range(0, frames, AT_ONCE)
    wide = max(len(parts) - 1, 1).bit_length()
    return sorted(parts, key=lambda begin: f"{begin // AT_ONCE:0{wide}b}"[::-1])


def _by_frame_and_entry(
    found: Hits, known: dict[int, Named], turns: int
) -> Iterator[NDArray[np.int64]]:
    """The rows of a search result by frame and entry, the nearest first in each."""
    live = np.array([int(number) in known for number in found.id], np.bool_)
    rows = np.flatnonzero(live)
    if not len(rows):
        return
    entries = np.array([known[int(number)].entry for number in found.id[rows]])
    frames = found.query[rows] // turns
    order = np.lexsort((found.distance[rows], entries, frames))
    rows, entries, frames = rows[order], entries[order], frames[order]
    new = np.flatnonzero((np.diff(entries) != 0) | (np.diff(frames) != 0)) + 1
    yield from np.split(rows, new)


def _verdict(db: sqlite3.Connection, entry: int, clip: _Clip, looked: Floats) -> ListHit | None:
    """The hit of a clip that is in the video, with its reason in words."""
    sql = "SELECT id, second, value FROM signal WHERE entry = ? AND kind = 'frame' ORDER BY id"
    known = db.execute(sql, (entry,)).fetchall()
    ids, seconds = ([row[column] for row in known] for column in (0, 1))
    clip_codes = np.frombuffer(b"".join(code for *_, code in known), np.uint8).reshape(-1, 32)
    pairs = np.concatenate(clip.pairs)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    pairs = pairs[np.isin(pairs[:, 2], ids)]  # the list may have changed meanwhile
    if not len(pairs):
        return None
    pairs[:, 2] = np.searchsorted(ids, pairs[:, 2])
    seen, shown = np.unique(pairs[:, 2]).astype(np.int64), np.unique(pairs[:, 0])
    brief = np.ptp(seconds) <= BRIEF
    moves = not brief or not is_one_picture(clip_codes[seen])
    share, run = len(seen) / len(ids), longest_run(pairs)
    enough = share >= ENOUGH or (run >= RUN and share >= RUN_ENOUGH) or run >= LONG_RUN
    if min(len(seen), len(shown)) >= FEWEST and enough and moves:
        return _in_words(clip, shown, f"{share:.0%} of the known clip")
    if not brief:
        return None
    if moves and len(shown := shown_at_its_pace(pairs, looked, np.array(seconds), clip_codes)):
        return _in_words(clip, shown, "all of a short known clip")
    count, bits, second = clip.alike
    if count == len(ids):
        like = "the only frame" if count == 1 else f"all {count} frames"
        words = [clip.best.transform, f"frame at {clock(second)}", f"like {like} of a short clip"]
        reason = ", ".join(filter(None, words))
        return replace(clip.best, kind="pdq", distance=-bits, transform=reason)
    return None


def _in_words(clip: _Clip, shown: Floats, how_much: str) -> ListHit:
    parts = [clip.best.transform, f"{_spans(shown.tolist())} of the video", how_much]
    return replace(clip.best, transform=", ".join(filter(None, parts)))


def longest_run(pairs: Floats) -> int:
    """How many known frames, at most, come in their own order and without a break in the video.

    Rows are second, known second, …, sorted by the first. Linear in the rows: each looks back no
    further than APART.
    """
    longest = 0
    before: deque[tuple[float, dict[float, int]]] = deque()
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-np.inf))
    for rows in np.split(pairs, starts[1:]):
        at = float(rows[0, 0])
        while before and at - before[0][0] > APART:
            before.popleft()
        here: dict[float, int] = {}
        for known in rows[:, 1].tolist():
            reached = [
                length
                for _, lengths in before
                for earlier, length in lengths.items()
                if 0 < known - earlier <= APART
            ]
            here[known] = 1 + max(reached, default=0)
        before.append((at, here))
        longest = max(longest, *here.values())
    return longest


def _spans(seconds: Sequence[float]) -> str:
    """Seconds as spans, at most five of them: 00:12-00:31, 01:02."""
    spans: list[list[float]] = []
    for second in seconds:
        if spans and second - spans[-1][1] <= APART:
            spans[-1][1] = second
        else:
            spans.append([second, second])
    words = [clock(a) if clock(a) == clock(b) else f"{clock(a)}-{clock(b)}" for a, b in spans[:5]]
    return ", ".join(words) + (", ..." if len(spans) > 5 else "")
