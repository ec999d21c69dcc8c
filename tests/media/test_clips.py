"""A clip is known by several of its frames, and never by one; a still scene takes no time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lindung.media import Digests, Examination, Frame, ListHit, ListStore, confirm
from lindung.media.lists import clips
from lindung.media.lists.brief import shown_at_its_pace
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


def frames(codes: Codes, first: float = 0.0, apart: float = 1.0) -> list[Frame]:
    """A frame every `apart` seconds. The seven turns of each match nothing."""
    rng = np.random.default_rng(len(codes))
    turns = rng.integers(0, 256, (len(codes), 8, 32), dtype=np.uint8)
    turns[:, 0] = codes
    return [Frame(first + i * apart, turns[i], 90) for i in range(len(codes))]


def known(
    store: ListStore, codes: Codes, name: str = "clip", apart: float = 1.0, plain: int = 0
) -> None:
    """List a clip; after its frames come so many that are too plain."""
    sums = Digests("0" * 32, "0" * 40, name.encode().hex().ljust(64, "0")[:64], 1)
    shown = frames(codes, apart=apart)
    shown += [replace(one, quality=9) for one in frames(scenes(plain, 99), len(codes))]
    found = Examination(name, digests=sums, kind="video", frames=shown, quality=90)
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
    known(store, title, "one usable frame", plain=2)
    known(store, scenes(5, 6, like=title[0]), "a title, and plain frames", plain=6)
    known(store, np.concatenate([title, scenes(1, 5)]), "two frames")
    known(store, scenes(60, 6, like=title[0]), "a still scene")
    assert hits(store, other, title) == []
    assert hits(store, other, np.repeat(title, 2, axis=0)) == []
    shown = {hit.entry_id for hit in hits(store, other, scenes(20, 7, like=title[0]))}
    assert shown == {"a still scene"}  # the same scene, and many frames of it on both sides


def test_a_clip_that_is_one_picture_is_named_by_a_frame_and_not_as_the_clip(
    store: ListStore,
) -> None:
    title, other = scenes(1, 3), scenes(200, 4)
    known(store, title, "one frame")
    known(store, scenes(8, 5, like=title[0]), "two seconds", apart=0.2)
    known(store, np.repeat(title, 60, axis=0), "a still")
    found = {hit.entry_id: hit for hit in hits(store, other, title, other)}
    assert {hit.kind for hit in found.values()} == {"pdq"}
    assert {name: hit.transform for name, hit in found.items()} == {
        "one frame": "frame at 03:20, like the only frame of a short clip",
        "two seconds": "frame at 03:20, like all 8 frames of a short clip",
        "a still": "frame at 03:20, like the only frame of a short clip",
    }
    assert hits(store, other) == []


def test_a_short_clip_is_known_by_two_pictures_at_its_pace(store: ListStore) -> None:
    clip, other = scenes(10, 12), scenes(30, 13)
    known(store, clip, apart=0.2)  # two seconds, looked at as a brief video is
    for first in range(4):
        shown = clip[first::5]  # a frame a second of it
        assert len(shown) == 2
        (hit,) = hits(store, other, shown, other)
        assert (hit.kind, hit.distance) == ("clip", 0)
        assert hit.transform == "00:30-00:31 of the video, all of a short known clip"
    one, two = clip[:1], clip[5:6]
    for parts in (
        (one,),  # one picture of it
        (two, one),  # in another order
        (one, other[:1], two),  # with something between
        (one, clip[2:3]),  # at another pace
        (one, one, one),  # standing still
    ):
        assert hits(store, other, *parts, other) == []


def test_a_short_clip_is_not_known_by_its_beginning(store: ListStore) -> None:
    clip, other = scenes(20, 14), scenes(30, 15)
    known(store, clip, apart=0.2)  # four seconds
    assert hits(store, other, clip[:6:5], other) == []
    (hit,) = hits(store, other, clip[:16:5], other)
    assert hit.kind == "clip"


@settings(deadline=None)
@given(
    st.floats(2.0, 3.8),
    st.floats(0.0, 0.99),
    st.integers(0, 2**32 - 1),
)
def test_a_short_clip_is_found_wherever_the_looks_fall(
    length: float, phase: float, seed: int
) -> None:
    """Each look is like the known frame that is nearest in time, and like no other."""
    rng = np.random.default_rng(seed)
    at = np.arange(0, length, 0.2)
    codes = rng.integers(0, 256, (len(at), 32), dtype=np.uint8)
    looked = np.arange(-20 + phase, 20)
    inside = looked[(looked >= 0) & (looked < length)]
    nearest = np.abs(inside[:, np.newaxis] - at).argmin(axis=1)
    pairs = np.column_stack([inside + 60, at[nearest], nearest])
    assert shown_at_its_pace(pairs, looked + 60, at, codes).tolist() == (inside + 60).tolist()
    one_picture = np.repeat(codes[:1], len(at), axis=0)
    assert not len(shown_at_its_pace(pairs, looked + 60, at, one_picture))
    assert not len(shown_at_its_pace(pairs[:1], looked + 60, at, codes))


def test_half_of_a_short_clip_is_not_enough_where_it_is_one_picture(store: ListStore) -> None:
    """A brief video is looked at five times a second: a title card once counted five frames."""
    title, other = scenes(1, 19)[0], scenes(30, 20)
    known(store, np.concatenate([scenes(5, 21, like=title), scenes(5, 22)]), apart=0.2)
    shown = frames(np.concatenate([other[:5], scenes(5, 23, like=title), other[5:9]]), apart=0.2)
    assert store.match_video(shown) == []


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


def test_matching_ends_in_time_and_has_covered_the_video(
    store: ListStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video of 2,000 still frames on a list of such took 51 seconds."""
    clip = scenes(8 * clips.AT_ONCE, 1)
    known(store, clip)
    begins = clips._spread(len(clip))
    assert sorted(begins) == list(range(0, len(clip), clips.AT_ONCE))
    assert begins[:2] == [0, 4 * clips.AT_ONCE]
    looked: list[int] = []
    (whole,) = store.match_video(frames(clip), late=looked.append)
    assert looked == []
    monkeypatch.setattr(clips, "SECONDS", -1.0)
    (part,) = store.match_video(frames(clip), late=looked.append)
    assert (part.kind, part.entry_id, looked) == ("clip", whole.entry_id, [clips.AT_ONCE])
