"""A clip is known by several of its frames, and never by one; a still scene takes no time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lindung.media import Digests, Examination, Frame, ListHit, ListStore, confirm
from lindung.media.lists.clips import APART, longest_run

Codes = NDArray[np.uint8]


def scenes(count: int, seed: int, like: Codes | None = None) -> Codes:
    """Codes uint8[n, 32] of different scenes, or of one scene whose frames differ in few bits."""
    rng = np.random.default_rng(seed)
    if like is None:
        return rng.integers(0, 256, (count, 32), dtype=np.uint8)
    flips = np.zeros((count, 256), np.bool_)
    for row in flips:
        row[rng.choice(256, 5, replace=False)] = True
    return like ^ np.packbits(flips, axis=1)


def frames(codes: Codes, first: float = 0.0) -> list[Frame]:
    """A frame a second. The seven turns of each match nothing."""
    rng = np.random.default_rng(len(codes))
    turns = rng.integers(0, 256, (len(codes), 8, 32), dtype=np.uint8)
    turns[:, 0] = codes
    return [Frame(first + i, turns[i], 90) for i in range(len(codes))]


def known(store: ListStore, codes: Codes, name: str = "clip") -> None:
    sums = Digests("0" * 32, "0" * 40, name.encode().hex().ljust(64, "0")[:64], 1)
    found = Examination(name, digests=sums, kind="video", frames=frames(codes), quality=90)
    confirm(store, "own", found, entry_id=name)


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def hits(store: ListStore, *parts: Codes) -> list[ListHit]:
    return store.match_video(frames(np.concatenate(parts)))


def test_a_clip_is_known_by_half_of_it_or_by_a_run(store: ListStore) -> None:
    clip, other = scenes(100, 1), scenes(60, 2)
    known(store, clip)
    for part in (clip, clip[::2], clip[40:61], clip[40:55]):
        (hit,) = hits(store, other, part, other)
        assert (hit.kind, hit.distance) == ("clip", 0)
        assert f"{len(part):.0f}% of the known clip" in hit.transform
        assert hit.transform.startswith("01:00-")
    assert hits(store, other, clip[40:54]) == []  # too short a run, and too little of the clip
    assert hits(store, other, clip[::3]) == []


def test_one_picture_is_never_a_clip_however_short_the_clip_is(store: ListStore) -> None:
    title, other = scenes(1, 3), scenes(200, 4)
    known(store, title, "one usable frame")
    known(store, np.concatenate([title, scenes(1, 5)]), "two frames")
    known(store, np.repeat(title, 60, axis=0), "a still")
    known(store, scenes(60, 6, like=title[0]), "a still scene")
    assert hits(store, other, title) == []
    assert hits(store, other, np.repeat(title, 2, axis=0)) == []
    shown = {hit.entry_id for hit in hits(store, other, scenes(20, 7, like=title[0]))}
    assert shown == {"a still scene"}  # the same scene, and many frames of it on both sides


def test_to_confirm_again_by_digests_only_forgets_no_frame(store: ListStore) -> None:
    """A later case knows the same video by its digests alone."""
    clip = scenes(20, 11)
    known(store, clip)
    known(store, clip[:0])
    (hit,) = hits(store, clip)
    assert (hit.kind, hit.entry_id) == ("clip", "clip")


@pytest.mark.timeout(60)
def test_a_scene_that_stands_still_is_matched(store: ListStore) -> None:
    """Every frame resembles every other: this once took 94 s, in the cube of the frames."""
    one = scenes(1, 8)[0]
    known(store, scenes(1200, 9, like=one))
    (hit,) = hits(store, scenes(1200, 10, like=one))
    assert hit.kind == "clip"


def slow_longest_run(pairs: list[tuple[float, float]]) -> int:
    """The definition: chains of pairs that go on on both sides by at most APART."""
    best: dict[tuple[float, float], int] = {}
    for at, second in sorted(pairs):
        before = [
            length
            for (a, b), length in best.items()
            if 0 < at - a <= APART and 0 < second - b <= APART
        ]
        best[at, second] = 1 + max(before, default=0)
    return max(best.values())


@given(
    st.lists(
        st.tuples(st.integers(0, 12).map(float), st.integers(0, 12).map(float)),
        min_size=1,
        max_size=40,
    )
)
def test_the_longest_run_is_that_of_its_definition(pairs: list[tuple[float, float]]) -> None:
    assert longest_run(np.array(sorted(pairs))) == slow_longest_run(pairs)
