"""A sealed list is not guessed out of a reader that is offered over a network."""

from __future__ import annotations

import datetime
import itertools
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lindung.text import ProbeGuard, Probing, Reader, seal
from lindung.text.sealed.lexicon import parse_lexicon

KEY = bytes(range(16))
LONG = "this is a post of the length that people really write to each other when they meet"
# Invented: syllables that make as many words as a dictionary has.
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
HAN = [chr(0x4E00 + n) for n in range(0, 20_000, 7)]


def word(n: int) -> str:
    return "".join(SYLLABLES[n // 70**k % 70] for k in range(3))


def han(n: int) -> str:
    return "".join(HAN[n * step % len(HAN)] for step in (1, 31, 977))


LISTS: dict[str, Callable[[int], str]] = {
    "one word": word,
    "a list": lambda n: " ".join(word(10 * n + k) for k in range(10)),
    "a list in a sentence": lambda n: f"it is the {word(2 * n)} and {word(2 * n + 1)} for RM20",
    "letters that stand apart": lambda n: "it is " + " ".join(word(n)),
    "digits for letters": lambda n: f"it is {word(n).translate(str.maketrans('aeio', '4310'))}",
    "joined by digits": lambda n: f"{word(3 * n)}5{word(3 * n + 1)}5{word(3 * n + 2)}",
    "Chinese": han,
    "Chinese with spaces": lambda n: " ".join(han(5 * n + k) for k in range(5)),
    "Chinese in a sentence": lambda n: f"我有{han(n)}的吗",
    "Tamil": lambda n: "அது " + "".join("கசடதபமயரலவ"[int(d)] for d in f"{n:05}"),
}


@pytest.mark.parametrize("form", LISTS)
def test_a_dictionary_is_refused_however_it_is_written(form: str) -> None:
    alarms: list[str] = []
    guard = ProbeGuard(alarms.append, lambda: 0.0, guesses=500)
    with pytest.raises(Probing):
        guard.admit("one", (LISTS[form](n) for n in range(1000)))
    with pytest.raises(Probing, match="Try again in 61 minutes"):
        guard.admit("one", ["hello"])
    guard.admit("other", ["hello"])
    assert alarms == ["one"]


def test_a_new_window_begins_with_nothing_counted() -> None:
    clock = [0.0]
    alarms: list[str] = []
    guard = ProbeGuard(alarms.append, lambda: clock[0], guesses=10, window=60)
    for start in (0, 61):
        clock[0] = start
        guard.admit("one", [word(n) for n in range(10)] * 3)
        with pytest.raises(Probing):
            guard.admit("one", [word(10)])
    assert alarms == ["one", "one"]


PLACES = {
    "en": ("{} sold me a broken {} near {} and wants {} for the repair, what can I do?",
           "my neighbour {} saw the {} in {} at {} and told the police about it"),
    "ms": ("{} jual {} rosak dekat {} dan minta {} untuk baiki, apa saya boleh buat?",
           "jiran saya {} nampak {} di {} pukul {} dan sudah lapor kepada polis"),
    "zh": ("{}在{}附近卖给我一个坏的{}，还要{}的修理费，我应该怎么办？",
           "我的邻居{}昨天在{}看到那个{}，{}的时候已经告诉警察了"),
    "ta": ("{} எனக்கு பழுதான {} விற்றார், {} அருகில், {} கேட்கிறார், என்ன செய்வது?",
           "என் அண்டை வீட்டு {} அந்த {} பார்த்தார், {} இல் {} மணிக்கு, காவல்துறையிடம் சொன்னார்"),
}  # fmt: skip


@pytest.mark.parametrize("language", PLACES)
def test_a_thousand_ordinary_posts_an_hour_are_admitted(language: str) -> None:
    draw = random.Random(1)
    known = [han(n)[:2] if language == "zh" else word(n) for n in range(20_000)]
    often = list(itertools.accumulate(1 / (n + 1) for n in range(20_000)))  # Zipf's law
    posts = [
        draw.choice(PLACES[language]).format(
            *draw.choices(known, cum_weights=often, k=3), f"RM{draw.randrange(900)}"
        )
        for _ in range(1000)
    ]
    ProbeGuard(pytest.fail, lambda: 0.0).admit("one", posts)


def test_the_posts_of_the_measurement_are_far_below_the_limit() -> None:
    text = Path(__file__).with_name("hard_negatives.yaml").read_text("utf-8")
    posts = [post for group in yaml.safe_load(text) for post in group["posts"]]
    ProbeGuard(pytest.fail, lambda: 0.0, guesses=1000).admit("one", posts * 20)


def test_learning_many_sealed_terms_is_limited_and_alarmed() -> None:
    """Where the guesses pass for prose, what the answers give away does not."""
    words = [f"zor{a}bla{b}" for a in "bdfgk" for b in "lmnpr"]
    until = datetime.date(2100, 1, 1)
    text = seal([(w, "x") for w in words], KEY, partner="example", version=1, valid_until=until)
    reader = Reader.load(lexicons=[parse_lexicon(text, KEY)])
    alarms: list[str] = []
    guard = ProbeGuard(alarms.append, lambda: 0.0, terms=10)
    for count, term in enumerate(words, start=1):
        posts = [f"{LONG} {term} RM20", f"{LONG} {term.upper()} RM20"]
        guard.admit("one", posts)
        readings = reader.read(posts)
        assert all(reading.signals for reading in readings)
        if count <= 10:
            guard.release("one", posts, readings)
            continue
        with pytest.raises(Probing):
            guard.release("one", posts, readings)
        break
    assert alarms == ["one"]


def test_a_new_caller_costs_the_same_among_many() -> None:
    clock = [0.0]
    guard = ProbeGuard(pytest.fail, lambda: clock[0])
    took: list[float] = []
    for lot in range(10):
        began = time.perf_counter()
        for n in range(2000):
            guard.admit(f"{lot} {n}", ["hello"])
        took.append(time.perf_counter() - began)
    assert min(took[-3:]) < 5 * min(took[:3])
    clock[0] = 3600
    guard.admit("last", ["hello"])
    assert list(guard._callers) == ["last"]


def test_a_caller_is_remembered_in_constant_memory() -> None:
    guard = ProbeGuard(lambda caller: None, lambda: 0.0, guesses=10**6)
    guard.admit("one", [word(n) for n in range(20_000)])
    known = guard._callers["one"]
    assert len(known.words) == 8192
    assert known.learned == set()


def test_threads_share_a_guard() -> None:
    alarms: list[str] = []
    guard = ProbeGuard(alarms.append, lambda: 0.0, guesses=1000)
    refused: list[int] = []

    def ask(thread: int) -> None:
        for n in range(400):
            try:
                guard.admit("one", [word(400 * thread + n)])
            except Probing:
                refused.append(thread)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # a word in some seventy falls on another's bit
    assert 560 <= len(refused) <= 640
    assert alarms == ["one"]
