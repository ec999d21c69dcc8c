"""HammingIndex finds exactly what brute force finds, whatever was done to it, killed or not."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from numpy.typing import ArrayLike, NDArray

from lindung.media import HammingIndex
from lindung.media.index import hamming, immutable, plan

Codes = NDArray[np.uint8]
Pairs = list[tuple[Codes, int]]


def make_codes(rng: np.random.Generator, count: int, kind: str) -> Codes:
    """Random codes, or clusters with equal codes among them, or nearly all equal."""
    if kind == "random":
        return rng.integers(0, 256, (count, 32), dtype=np.uint8)
    centres = rng.integers(0, 256, (1 + count // 50 if kind == "clustered" else 1, 32), np.uint8)
    codes = centres[rng.integers(0, len(centres), count)]
    flips = rng.random((count, 256)) < rng.choice([0.0, 0.02, 0.08, 0.13], (count, 1))
    return codes ^ np.packbits(flips, axis=1)


def near(rng: np.random.Generator, codes: Codes, count: int) -> Codes:
    """Queries up to 40 bits from a code."""
    if not len(codes):
        return make_codes(rng, count, "random")
    chosen = codes[rng.integers(0, len(codes), count)]
    flips = np.zeros((count, 256), np.bool_)
    for row in flips:
        row[rng.choice(256, rng.integers(0, 41), replace=False)] = True
    return chosen ^ np.packbits(flips, axis=1)


def brute(
    codes: Codes, ids: NDArray[np.int64], queries: Codes, radius: int
) -> list[tuple[int, ...]]:
    found = []
    for q, query in enumerate(queries):
        far = np.bitwise_count(codes ^ query).sum(axis=1)
        found += [(q, int(far[i]), int(ids[i])) for i in np.flatnonzero(far <= radius)]
    return sorted(found)


def rows(index: HammingIndex, queries: Codes, radius: int | None = None) -> list[tuple[int, ...]]:
    hits = index.search(queries, radius)
    return list(zip(hits.query.tolist(), hits.distance.tolist(), hits.id.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([0, 1, 2, 50, 3000, 20_000]),
    st.sampled_from(["random", "clustered", "equal"]),
    st.integers(0, 35),
    st.integers(0, 35),
    st.integers(0, 2**32 - 1),
)
def test_it_finds_what_brute_force_finds(
    count: int, kind: str, built: int, asked: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    codes = make_codes(rng, min(count, 2000) if kind == "equal" else count, kind)
    ids = rng.integers(-(2**62), 2**62, len(codes))
    queries = near(rng, codes, 8)
    index = HammingIndex.build(codes, ids, radius=built)
    assert rows(index, queries, asked) == brute(codes, ids, queries, asked)
    assert rows(index, queries) == brute(codes, ids, queries, built)


@pytest.mark.parametrize("width", [12, 13, 17, 21])
@pytest.mark.parametrize("radius", [0, 7, 31, 35])
def test_every_plan_finds_everything(
    width: int, radius: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also plans that would not be chosen for so few codes; clusters fill some buckets."""
    rng = np.random.default_rng(width * 100 + radius)
    codes = np.concatenate([make_codes(rng, 3000, kind) for kind in ("random", "clustered")])
    ids = np.arange(len(codes))
    chunks = tuple((c * width, width) for c in range(256 // width))
    monkeypatch.setattr(plan, "choose", lambda *_: chunks)
    monkeypatch.setattr(plan, "SCANNED", 1e12)
    index = HammingIndex.build(codes, ids)
    queries = near(rng, codes, 40)
    assert rows(index, queries, radius) == brute(codes, ids, queries, radius)


@given(st.integers(0, 35), st.integers(1, 10**8))
@settings(deadline=None)
def test_a_plan_keeps_the_pigeonhole(radius: int, codes: int) -> None:
    chunks = plan.choose(codes, radius)
    used = [bit for first, width in chunks for bit in range(first, first + width)]
    assert len(used) == len(set(used))
    assert all(0 <= bit < 256 for bit in used)
    for asked in {0, radius, 35} if chunks else ():
        assert sum(r + 1 for r in plan.reaches(chunks, asked, codes)) > asked


@given(st.integers(5000, 10**8))
@settings(deadline=None)
def test_there_is_a_plan_for_every_size(codes: int) -> None:
    chunks = plan.choose(codes, 31)
    assert plan.search_cost(chunks, 31, codes) < plan.SCANNED * codes
    assert chunks


class Changes(RuleBasedStateMachine):
    """Any mix of add, remove, merge, save and open against a plain list."""

    @initialize(seed=st.integers(0, 2**32 - 1), count=st.sampled_from([0, 5, 4000]))
    def begin(self, seed: int, count: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.place = Path(tempfile.mkdtemp())
        codes = make_codes(self.rng, count, "clustered")
        ids = np.arange(count)
        self.pairs: Pairs = list(zip(codes, ids.tolist(), strict=True))
        self.index = HammingIndex.build(codes, ids)

    @rule(count=st.sampled_from([1, 3, 200]), again=st.booleans())
    def add(self, count: int, again: bool) -> None:
        source = np.array([c for c, _ in self.pairs[:50]], np.uint8).reshape(-1, 32)
        codes = near(self.rng, source, count)
        ids = self.rng.integers(0, 50 if again else 10**6, count)
        self.index.add(codes, ids)
        self.pairs += zip(codes, ids.tolist(), strict=True)

    @rule(count=st.sampled_from([1, 4]))
    def remove(self, count: int) -> None:
        ids = {int(self.rng.integers(0, 60)) for _ in range(count)}
        if self.pairs:
            ids.add(self.pairs[int(self.rng.integers(0, len(self.pairs)))][1])
        self.index.remove(list(ids))
        self.pairs = [(code, number) for code, number in self.pairs if number not in ids]

    @rule()
    def merge(self) -> None:
        self.index.merge()

    @rule()
    def save_and_open(self) -> None:
        self.index.save(self.place)
        self.index = HammingIndex.open(self.place)

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    @invariant()
    def the_same_is_found(self) -> None:
        codes = np.array([c for c, _ in self.pairs], np.uint8).reshape(-1, 32)
        ids = np.array([i for _, i in self.pairs], np.int64)
        queries = near(self.rng, codes, 5)
        radius = int(self.rng.integers(0, 36))
        assert len(self.index) == len(ids)
        assert rows(self.index, queries, radius) == brute(codes, ids, queries, radius)


Changes.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
test_any_mix_of_changes_finds_the_same = Changes.TestCase


def test_searches_go_on_while_a_merge_runs_and_changes_during_it_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    codes = make_codes(rng, 4000, "random")
    index = HammingIndex.build(codes, np.arange(4000))
    building, go_on = threading.Event(), threading.Event()
    build = immutable.Base.build

    def slow(*arguments: object) -> object:
        building.set()
        assert go_on.wait(20)
        return build(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(immutable.Base, "build", slow)
    monkeypatch.setattr(hamming, "DELTA", 10)
    extra = make_codes(rng, 20, "random")
    index.add(extra, np.arange(5000, 5020))  # more than DELTA: a merge begins by itself
    assert building.wait(20)
    index.remove([3, 5001])
    index.add(extra[:1], [3])
    index.add(codes[:1], [9000])
    index.remove([9000])
    expected = [(0, 0, 3), (0, 0, 5000)]
    assert rows(index, extra[:1]) == expected
    go_on.set()
    assert index._merger
    index._merger.join()
    assert rows(index, extra[:1]) == expected
    assert rows(index, codes[3:4]) == rows(index, extra[1:2]) == []
    assert rows(index, codes[:1]) == [(0, 0, 0)]
    assert len(index) == 4000 + 20 - 2 + 1


WRITER = """
import sys
import numpy as np
from lindung.media import HammingIndex
index = HammingIndex.open(sys.argv[1])
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    number += 1
    index.add(np.full((1, 32), number % 256, np.uint8), [number])
    if number % 3 == 0:
        index.merge()
    index.save(sys.argv[1])
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_what_it_had_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    codes = make_codes(rng, 20_000, "random")
    place = tmp_path / "index"
    HammingIndex.build(codes, -np.arange(20_000) - 1).save(place)
    saved = 0
    for attempt in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, place, str(saved)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.07 * attempt)
            writer.send_signal(signal.SIGKILL)
            told = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        index = HammingIndex.open(place)
        found = len(index) - 20_000
        assert found in {max([saved, *told]), max([saved, *told]) + 1}
        saved = found
        queries = near(rng, codes, 5)
        assert rows(index, queries) == brute(codes, -np.arange(20_000) - 1, queries, 31)
        for number in range(1, saved + 1):
            hits = index.search(np.full((1, 32), number % 256, np.uint8), 0)
            assert number in hits.id.tolist()
    index.save(place)
    assert len(list(place.glob("*.arrays"))) == 2


def test_a_reader_keeps_what_it_mapped_while_writers_replace_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    codes = make_codes(rng, 20_000, "random")
    index = HammingIndex.build(codes, np.arange(20_000))
    index.save(tmp_path)
    reader = HammingIndex.open(tmp_path)
    index.remove(np.arange(19_000))
    index.merge()
    index.save(tmp_path)
    assert rows(reader, codes[:3], 0) == [(0, 0, 0), (1, 0, 1), (2, 0, 2)]
    assert rows(HammingIndex.open(tmp_path), codes[:3], 0) == []


def test_wrong_questions_are_refused() -> None:
    index = HammingIndex.build(np.zeros((1, 32), np.uint8), [1])
    with pytest.raises(ValueError, match="0 to 35"):
        index.search(np.zeros((1, 32), np.uint8), 36)
    with pytest.raises(ValueError, match=r"uint8\[n, 32\]"):
        index.search(np.zeros((1, 31), np.uint8))
    with pytest.raises(ValueError, match="whole number of bits"):
        index.search(np.zeros((1, 32), np.uint8), 3.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 codes need that many"):
        HammingIndex.build(np.zeros((2, 32), np.uint8), [1])


@pytest.mark.parametrize("ids", [[1.5], [True], ["1"], [2**70], np.array([2**63], np.uint64)])
def test_what_is_no_id_is_refused_and_not_made_one(ids: ArrayLike) -> None:
    """1.5 and True once removed id 1, and 2**63 was added as a negative id."""
    code = np.zeros((1, 32), np.uint8)
    index = HammingIndex.build(code, [1])
    with pytest.raises(ValueError, match="whole numbers of 64 bits"):
        index.remove(ids)
    with pytest.raises(ValueError, match="whole numbers of 64 bits"):
        index.add(code, ids)
    assert rows(index, code) == [(0, 0, 1)]


def test_a_search_is_planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning it took ten times as long as the search itself."""
    planned: list[int] = []
    reaches = plan.reaches

    def counted(chunks: plan.Chunks, radius: int, codes: int) -> list[int]:
        planned.append(radius)
        return reaches(chunks, radius, codes)

    codes = make_codes(np.random.default_rng(0), 100_000, "random")
    index = HammingIndex.build(codes, np.arange(len(codes)))
    monkeypatch.setattr(plan, "reaches", counted)
    index.search(codes[:1])
    first = len(planned)
    for _ in range(20):
        index.search(codes[:1])
    assert len(planned) == first
    index.search(codes[:1], 12)
    assert len(planned) > first


@pytest.mark.parametrize("kind", ["equal", "near", "half"])
def test_where_hits_are_many_they_are_all_found(kind: str) -> None:
    """Such a set is scanned: its buckets hold nearly every code, in every chunk anew."""
    rng = np.random.default_rng(1)
    codes = make_codes(rng, 40_000, "random")
    part = slice(0, None if kind != "half" else 20_000)
    codes[part] = codes[0]
    if kind != "equal":
        codes[part] ^= np.packbits(rng.random((len(codes[part]), 256)) < 0.05, axis=1)
    chunks = tuple((c * 16, 16) for c in range(16))
    words = np.ascontiguousarray(codes).view(np.uint64)
    base = immutable.Base.build(words, np.arange(len(codes)), 31, chunks)
    asked = near(rng, codes[:100], 6)
    query, ids, distance = base.search(asked.view(np.uint64).reshape(-1, 4), 31)
    found = sorted(zip(query.tolist(), distance.tolist(), ids.tolist(), strict=True))
    assert found == brute(codes, np.arange(len(codes)), asked, 31)
    assert len(found) > 10_000
