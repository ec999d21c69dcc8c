"""From a digest or a search result to hits: which entries of which lists, and how they match."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lindung.media.index import Hits
from lindung.media.lists.reading import LENGTHS

ENOUGH = 0.5  # of the known clip's frames seen in a video: it is in there
RUN, RUN_ENOUGH = 5, 0.2  # or so many of them one after the other, and at least this share

ENTRY = """list.name, entry.entry_id, entry.category, entry.tier,
  EXISTS (SELECT 1 FROM dispute WHERE dispute.entry = entry.id)"""
JOINED = """FROM signal JOIN entry ON entry.id = signal.entry JOIN list ON list.id = entry.list
  WHERE entry.withdrawn = '' AND"""
BY_VALUE = f"SELECT {ENTRY} {JOINED} signal.value = ? AND signal.kind = ?"
BY_ID = f"SELECT signal.id, {ENTRY}, entry.id, signal.second {JOINED} signal.id IN ({{}})"


@dataclass(frozen=True, slots=True)
class ListHit:
    """One entry that matched.

    `kind` says by what (md5, sha1, sha256, pdq, clip), `distance` is in bits (0 for a digest),
    `quality` is the PDQ quality of what was asked about (None for a digest), `transform` says how
    the picture had been turned or mirrored, and which seconds of a video it was. `disputed` is true
    when somebody said that the entry is wrong.
    """

    list_name: str
    entry_id: str
    category: str
    tier: str
    kind: str
    distance: int = 0
    quality: int | None = None
    transform: str = ""
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """One row of a search: what was asked (its number), how far, and the signal it met."""

    query: int
    distance: int
    signal: int
    entry: int
    second: float | None
    named: tuple[str, str, str, str, bool]

    def hit(self, kind: str, quality: int | None, transform: str) -> ListHit:
        name, entry_id, category, tier, disputed = self.named
        return ListHit(
            name, entry_id, category, tier, kind, self.distance, quality, transform, disputed
        )


def by_digests(db: sqlite3.Connection, digests: Mapping[str, str | None]) -> list[ListHit]:
    """Every live entry with one of these digests (hex by kind), each entry once."""
    hits: dict[tuple[str, str], ListHit] = {}
    for kind, text in digests.items():
        if text is None:
            continue
        value = bytes.fromhex(text)
        if len(value) != LENGTHS[kind]:
            raise ValueError(f"{text!r} is not a {kind}")
        for name, entry, category, tier, disputed in db.execute(BY_VALUE, (value, kind)):
            hit = ListHit(name, entry, category, tier, kind, disputed=bool(disputed))
            hits.setdefault((name, entry), hit)
    return list(hits.values())


def _live(db: sqlite3.Connection, found: Hits) -> Iterator[_Found]:
    """The hits whose entries are live, the nearest first."""
    order = np.lexsort((found.query, found.distance))
    for begin in range(0, len(order), 500):
        part = order[begin : begin + 500]
        wanted = set(found.id[part].tolist())
        rows = db.execute(BY_ID.format(",".join("?" * len(wanted))), [*wanted])
        known = {row[0]: row[1:] for row in rows}
        for i in part.tolist():
            if row := known.get(int(found.id[i])):
                name, entry_id, category, tier, disputed, entry, second = row
                named = (name, entry_id, category, tier, bool(disputed))
                query, far = int(found.query[i]), int(found.distance[i])
                yield _Found(query, far, int(found.id[i]), entry, second, named)


def by_picture(
    db: sqlite3.Connection, found: Hits, transforms: Sequence[str], quality: int | None
) -> list[ListHit]:
    """Every live entry a picture met, each once, by its nearest; a frame of a clip says where."""
    hits: dict[int, ListHit] = {}
    for one in _live(db, found):
        words = transforms[one.query]
        if one.second is not None:
            words = ", ".join(filter(None, [words, f"frame at {clock(one.second)} of the clip"]))
        hits.setdefault(one.entry, one.hit("pdq", quality, words))
    return list(hits.values())


def by_video(
    db: sqlite3.Connection,
    found: Hits,
    seconds: Sequence[float],
    transforms: Sequence[str],
    qualities: Sequence[int],
) -> list[ListHit]:
    """Every live entry a video holds: pictures by their nearest frame, clips by their coverage.

    A known clip is in the video when half of its frames are, or five of them one after the other
    that are a fifth of it. So what surrounds it does not matter, and one frame is never enough.
    """
    hits: dict[int, ListHit] = {}
    clips: dict[int, list[_Found]] = defaultdict(list)
    for one in _live(db, found):
        if one.second is not None:
            clips[one.entry].append(one)
            continue
        words = [transforms[one.query], f"frame at {clock(seconds[one.query])}"]
        hit = one.hit("pdq", qualities[one.query], ", ".join(filter(None, words)))
        hits.setdefault(one.entry, hit)
    for entry, seen in clips.items():
        sql = "SELECT count(*) FROM signal WHERE entry = ? AND kind = 'frame'"
        (total,) = db.execute(sql, (entry,)).fetchone()
        share = len({one.signal for one in seen}) / total
        run = _longest_run(seen, seconds)
        if share >= ENOUGH or (run >= RUN and share >= RUN_ENOUGH):
            spans = _spans(sorted({seconds[one.query] for one in seen}))
            parts = [f"{spans} of the video", f"{share:.0%} of the known clip"]
            reason = ", ".join(filter(None, [transforms[seen[0].query], *parts]))
            hits[entry] = seen[0].hit("clip", qualities[seen[0].query], reason)
    return sorted(hits.values(), key=lambda hit: hit.distance)


def _longest_run(seen: Sequence[_Found], seconds: Sequence[float]) -> int:
    """How many known frames, at most, come in their own order and without a break in the video."""
    best: dict[float, tuple[float, int]] = {}
    longest = 0
    for one in sorted(seen, key=lambda one: (seconds[one.query], one.second or 0.0)):
        at, known = seconds[one.query], one.second or 0.0
        before = [
            length
            for known_before, (at_before, length) in best.items()
            if 0 < known - known_before <= 2.5 and 0 < at - at_before <= 2.5
        ]
        length = 1 + max(before, default=0)
        if at != best.get(known, (None, 0))[0] or length > best[known][1]:
            best[known] = (at, length)
        longest = max(longest, length)
    return longest


def _spans(seconds: Sequence[float]) -> str:
    """Seconds as spans, at most five of them: 00:12-00:31, 01:02."""
    spans: list[list[float]] = []
    for second in seconds:
        if spans and second - spans[-1][1] <= 2.5:
            spans[-1][1] = second
        else:
            spans.append([second, second])
    words = [clock(a) if clock(a) == clock(b) else f"{clock(a)}-{clock(b)}" for a, b in spans[:5]]
    return ", ".join(words) + (", ..." if len(spans) > 5 else "")


def clock(second: float) -> str:
    """Minutes and seconds, as people write them."""
    return f"{int(second) // 60:02d}:{int(second) % 60:02d}"
