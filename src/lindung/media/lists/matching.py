"""From a digest or a search result to hits: which entries of which lists, and how they match."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lindung.media.index import Hits
from lindung.media.lists import banks
from lindung.media.lists.reading import LENGTHS

ENTRY = """list.name, entry.entry_id, entry.category, entry.tier,
  EXISTS (SELECT 1 FROM dispute WHERE dispute.entry = entry.id)"""
JOINED = """FROM signal JOIN entry ON entry.id = signal.entry JOIN list ON list.id = entry.list
  WHERE entry.withdrawn = '' AND list.enabled AND list.share > ? AND"""
BY_VALUE = f"SELECT {ENTRY} {JOINED} signal.value = ? AND signal.kind = ?"
LOOKS = "signal.second, signal.kind, list.radius"
BY_ID = f"SELECT signal.id, {ENTRY}, entry.id, {LOOKS} {JOINED} signal.id IN ({{}})"


@dataclass(frozen=True, slots=True)
class ListHit:
    """One entry that matched.

    `kind` says by what (md5, sha1, sha256, pdq, clip), `distance` is in bits (0 for a digest),
    `quality` is the PDQ quality of what was asked about (None for a digest), `transform` says how
    the picture had been turned or mirrored, and which seconds of a video it was. `disputed` is true
    when somebody said that the entry is wrong; `whole` is false when only part of the file was met.
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
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """The live entry that a signal belongs to; `second` for a frame of a clip."""

    list_name: str
    entry_id: str
    category: str
    tier: str
    disputed: bool
    entry: int
    second: float | None
    cut: bool = False  # the signal is of a part of the entry's picture
    radius: int | None = None  # of its list, in bits; the caller's when None

    def reaches(self, distance: int) -> bool:
        """Whether its list lets it match from so far."""
        return self.radius is None or distance <= self.radius

    def hit(self, kind: str, distance: int, quality: int | None, transform: str) -> ListHit:
        return ListHit(
            self.list_name,
            self.entry_id,
            self.category,
            self.tier,
            kind,
            distance,
            quality,
            transform,
            self.disputed,
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
        if banks.is_negative(db, kind, value):
            return []
        for name, entry, category, tier, disputed in db.execute(
            BY_VALUE, (banks.drawn(value), value, kind)
        ):
            hit = ListHit(name, entry, category, tier, kind, disputed=bool(disputed))
            hits.setdefault((name, entry), hit)
    return list(hits.values())


def named(db: sqlite3.Connection, ids: NDArray[np.int64], draw: int = 0) -> dict[int, Named]:
    """The live entries of signals, by signal id, of lists that see this hundredth of files."""
    found: dict[int, Named] = {}
    wanted = np.unique(ids).tolist()
    for begin in range(0, len(wanted), 500):
        part = wanted[begin : begin + 500]
        for row in db.execute(BY_ID.format(",".join("?" * len(part))), [draw, *part]):
            number, name, entry_id, category, tier, disputed, entry, second, kind, radius = row
            said = (name, entry_id, category, tier)
            found[number] = Named(*said, bool(disputed), entry, second, kind == "crop", radius)
    return found


def by_picture(
    db: sqlite3.Connection,
    found: Hits,
    transforms: Sequence[str],
    quality: int | None,
    draw: int = 0,
) -> list[ListHit]:
    """Every live entry a picture met, each once, by its nearest; a frame of a clip says where."""
    known = named(db, found.id, draw)
    hits: dict[int, ListHit] = {}
    for i in np.lexsort((found.query, found.distance)).tolist():
        one = known.get(int(found.id[i]))
        if one is None or one.entry in hits or not one.reaches(int(found.distance[i])):
            continue
        words = [transforms[int(found.query[i])]]
        if one.second is not None:
            words.append(f"frame at {clock(one.second)} of the clip")
        if one.cut:
            words.append("cut from the known picture")
        distance, reason = int(found.distance[i]), ", ".join(filter(None, words))
        hits[one.entry] = one.hit("pdq", distance, quality, reason)
    return list(hits.values())


def clock(second: float) -> str:
    """Minutes and seconds, as people write them."""
    return f"{int(second) // 60:02d}:{int(second) % 60:02d}"
